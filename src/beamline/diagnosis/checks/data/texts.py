"""The dialogues and summaries themselves: whether they belong together, and train to test."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from beamline.core.excerpts import shorten
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import belongs, cosines
from beamline.diagnosis.measures.pairing import one_line
from beamline.diagnosis.parts import Splits
from beamline.encoding.prepared import EncodedDialogue
from beamline.metrics.intervals import Interval
from beamline.metrics.significance import difference_interval

_PAIRED = 300  # summaries of a split that are compared with every dialogue of as many
_NEIGHBOURS = 1_000  # training dialogues among which a nearest one is looked for


@check(Kind.COUNT, "One summary is the reference of many dialogues")
def constant_references(run: Evidence, splits: Splits) -> Finding:
    """Counts each split's most frequent reference: a constant column, a placeholder for what nobody wrote.

    Different dialogues seldom have the same one (at most three do in data/english and data/korean, two in DialogSum).
    A failure from a tenth of the dialogues on, and three times at least; a warning from 2 %.
    """
    figure, split, text, count = max(_most_frequent(dialogues, split) for split, dialogues in splits.items())
    meaning = f"the most frequent reference is that of {figure:.1%} of the dialogues of {split}"
    threshold = "below 0.02, or fewer than 3 times"
    if count < 3 or figure < 0.02:
        return passed(meaning, figure=figure, threshold=threshold)
    return (failed if figure >= 0.1 else warned)(
        f"{meaning}: {shorten(text)!r}",
        f"look at the summaries of {split} in data.path, and at data.columns.summary",
        figure=figure,
        threshold=threshold,
        weight=figure,
    )


@check(Kind.AUDIT, "Summaries belong to other dialogues")
def mismatched_pairs(run: Evidence, splits: Splits) -> Finding:
    """Estimates how many summaries were assigned to other dialogues: shuffled columns, a join that went wrong.

    Estimated for each split as twice the share of summaries that have less in common with their own dialogue than with
    the median one: 0 in data/english and data/korean, 0 to 3 % in DialogSum's splits, 28 to 46 % if a third is swapped.
    More than 5 % with 95 % confidence is a failure. Texts that summarize several dialogues are left out.
    """
    found = {split: _swapped(run, dialogues) for split, dialogues in splits.items()}
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
        f"read ten pairs of {split} in data.path: which step moved dialogues without their summaries?",
        figure=figure,
        threshold="interval not above 0.05",
        weight=min(1.0, 2 * figure),
    )


@check(Kind.AUDIT, "The training set lacks topics of test")
def missing_topics(run: Evidence, training_splits: Splits) -> Finding:
    """Estimates how many test dialogues are of a kind that train does not have.

    A test dialogue is far if its nearest training dialogue (cosine, TF-IDF) is farther than that of 19 in 20 training
    dialogues, each without itself. A twentieth of test is far by chance (0 to 7 % in data/english, data/korean and
    DialogSum, with 16 to 2,000 training dialogues), 96 % and more if train is one topic of theirs. More than a quarter,
    with 95 % confidence, is a failure.
    """
    train = list(dict.fromkeys(one_line(each.record.dialogue) for each in training_splits["train"]))
    if len(train) < 8:
        return not_applicable("needs eight different training dialogues")
    drawn = np.random.default_rng(run.seed).permutation(len(train))[:_NEIGHBOURS]
    to_test, to_train = cosines(
        [each.record.dialogue for each in training_splits["test"]], [train[row] for row in drawn]
    )
    np.fill_diagonal(to_train, -1)
    far = to_test.max(axis=1) < np.quantile(to_train.max(axis=1), 0.05)
    figure, interval = float(far.mean()), difference_interval(far.astype(np.float64), seed=run.seed)
    meaning = f"{figure:.0%} of test dialogues are farther from train than 19 in 20 training dialogues from the rest"
    if interval.low <= 0.25:
        return passed(meaning, figure=figure, threshold="interval not above 0.25")
    return failed(
        meaning,
        "add training dialogues like those of test to data.path, and train again",
        figure=figure,
        threshold="interval not above 0.25",
        weight=0.6 * figure,
    )


def _most_frequent(dialogues: Sequence[EncodedDialogue], split: str) -> tuple[float, str, str, int]:
    different = {one_line(each.record.dialogue): one_line(each.record.references[0]) for each in dialogues}
    [(text, count)] = Counter(different.values()).most_common(1)
    return count / len(different), split, text, count


def _swapped(run: Evidence, dialogues: Sequence[EncodedDialogue]) -> tuple[float, Interval] | None:
    """Return the share of swapped summaries, 0 to 1, with its interval; None if fewer than eight can be judged."""
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
