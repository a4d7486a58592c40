"""The dialogues and summaries themselves: whether they belong together, and train to test."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from beamline.diagnosis.checks.check import Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.language import foreign_words, scripts
from beamline.diagnosis.measures.overlap import belongs, cosines
from beamline.diagnosis.measures.pairing import one_line
from beamline.encoding.prepared import EncodedDialogue
from beamline.metrics.intervals import Interval
from beamline.metrics.significance import difference_interval

_PAIRED = 300  # summaries of a split that are compared with every dialogue of as many
_NEIGHBOURS = 1_000  # training dialogues among which a nearest one is looked for
_FOREIGN = 0.66  # share of common words that are rare in another language


@check("splits")
def references_differ(run: Evidence) -> Finding:
    """One summary for many dialogues, or for all: a constant column, a placeholder for what nobody wrote.

    Counted is each split's most frequent reference. Different dialogues seldom have the same one (at most
    three do in data/english and data/korean, two in DialogSum). One that stands for a
    tenth, and three times at least, is no summary of them; from 2 % on it is worth a look.
    """
    assert run.splits
    figure, split, text, count = max(_most_frequent(dialogues, split) for split, dialogues in run.splits.items())
    meaning = f"the most frequent reference stands for {figure:.1%} of the dialogues of {split}"
    threshold = "below 0.02, or fewer than 3 times"
    if count < 3 or figure < 0.02:
        return passed(meaning, figure=figure, threshold=threshold)
    return (failed if figure >= 0.1 else warned)(
        f"{meaning}: {_shortened(text)!r}",
        f"look at the summaries of {split} in data.path, and at data.columns.summary",
        figure=figure,
        threshold=threshold,
    )


@check("splits")
def summaries_belong_to_their_dialogues(run: Evidence) -> Finding:
    """Summaries that were assigned to other dialogues: shuffled columns, a join that went wrong.

    Estimated for each split as twice the share of summaries that have less in common with their own dialogue than with
    the median one (see `diagnosis.overlap.belongs`): 0 in data/english and data/korean, 0 to 3 % in DialogSum's splits,
    28 to 46 % where a third is swapped. More than 5 % with 95 % confidence is a failure. Texts that summarize
    several dialogues are left out.
    """
    assert run.splits
    found = {split: _swapped(run, dialogues) for split, dialogues in run.splits.items()}
    known = {split: swapped for split, swapped in found.items() if swapped}
    if not known:
        return not_applicable("no split has enough different summaries that share words with a dialogue")
    split, (figure, interval) = max(known.items(), key=lambda item: item[1][1].low)
    meaning = (
        f"about {figure:.0%} of the summaries of {split} belong to other dialogues"
        f" ({max(0, interval.low):.0%} to {min(1, interval.high):.0%})"
    )
    if interval.low <= 0.05:
        return passed(meaning, figure=figure, threshold="interval not above 0.05")
    return failed(
        meaning,
        f"compare dialogues and summaries of {split} in data.path: which step moved one without the other?",
        figure=figure,
        threshold="interval not above 0.05",
    )


@check("splits")
def splits_share_a_language(run: Evidence) -> Finding:
    """Train in one language, test in another: nothing that was learnt applies.

    Of the 30 words that most test dialogues have, how many are at least ten times rarer in train? None in healthy data,
    even where train is 16 dialogues; up to 0.2 (English) and 0.5 (Korean, whose words carry particles) where train has
    a single topic; 0.83 to 1 between English, German and Spanish; all of them between scripts. References that are
    written in another script than those of train are a failure by themselves.
    """
    assert run.splits
    figure, threshold = _foreign(run), f"at most {_FOREIGN}, in one script"
    train, test = (scripts([each.record.references[0] for each in run.splits[split]]) for split in ("train", "test"))
    main = next(iter(test), "")
    meaning = f"{figure:.0%} of the most common words of test dialogues are rare in train"
    differ = bool(main) and train.get(main, 0) < 0.1
    if differ:
        meaning += f"; train's summaries are written in {next(iter(train), 'no')} letters, test's in {main}"
    if differ or figure > _FOREIGN:
        return failed(meaning, "give train and test of one language in data.path", figure=figure, threshold=threshold)
    return passed(meaning, figure=figure, threshold=threshold)


@check("splits")
def training_covers_test(run: Evidence) -> Finding:
    """A training set of one topic, or of another kind than test: the model is asked for what it has never seen.

    A test dialogue is far if its nearest training dialogue (cosine, TF-IDF) is farther than that of 19 in 20 training
    dialogues, each without itself. A twentieth of test is far by chance (0 to 7 % in data/english, data/korean and
    DialogSum, with 16 to 2,000 training dialogues), 96 % and more if train is one topic of theirs (every fifth was
    tried). More than a quarter, with 95 % confidence, is a failure: five times what chance gives, and enough that a
    training set that lacks half of test's topics doesn't pass. Another language is another check's finding.
    """
    assert run.splits
    if _foreign(run) > _FOREIGN:
        return not_applicable("train and test don't share a language")
    train = list(dict.fromkeys(one_line(each.record.dialogue) for each in run.splits["train"]))
    if len(train) < 8:
        return not_applicable("needs eight different training dialogues")
    drawn = np.random.default_rng(run.seed).permutation(len(train))[:_NEIGHBOURS]
    to_test, to_train = cosines([each.record.dialogue for each in run.splits["test"]], [train[row] for row in drawn])
    np.fill_diagonal(to_train, -1)
    far = to_test.max(axis=1) < np.quantile(to_train.max(axis=1), 0.05)
    figure, interval = float(far.mean()), difference_interval(far.astype(np.float64), seed=run.seed)
    meaning = f"{figure:.0%} of test dialogues are farther from train than 19 in 20 training dialogues from the rest"
    if interval.low <= 0.25:
        return passed(meaning, figure=figure, threshold="interval not above 0.25")
    return failed(
        meaning,
        "add training dialogues of test's topics to data.path",
        figure=figure,
        threshold="interval not above 0.25",
    )


def _most_frequent(dialogues: Sequence[EncodedDialogue], split: str) -> tuple[float, str, str, int]:
    different = {one_line(each.record.dialogue): one_line(each.record.references[0]) for each in dialogues}
    [(text, count)] = Counter(different.values()).most_common(1)
    return count / len(different), split, text, count


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _swapped(run: Evidence, dialogues: Sequence[EncodedDialogue]) -> tuple[float, Interval] | None:
    """The share of swapped summaries, 0 to 1, and its 95 % interval; None where fewer than eight can be judged."""
    counts = Counter(each.record.references[0] for each in dialogues)
    single = [each.record for each in dialogues if counts[each.record.references[0]] == 1]
    drawn = [single[row] for row in np.random.default_rng(run.seed).permutation(len(single))[:_PAIRED]]
    if len(drawn) < 8:
        return None
    wrong = ~belongs([each.references[0] for each in drawn], [each.dialogue for each in drawn])
    if len(wrong) < 8:
        return None
    doubled = difference_interval(wrong.astype(np.float64), seed=run.seed)
    return 2 * float(wrong.mean()), Interval(2 * doubled.low, 2 * doubled.high)


def _foreign(run: Evidence) -> float:
    assert run.splits
    test, train = ([each.record.dialogue for each in run.splits[split]] for split in ("test", "train"))
    return foreign_words(test, train)
