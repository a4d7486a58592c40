"""Data: what the model was given to learn from, and whether test is a test of it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from beamline.bootstrap import FloatArray, Interval
from beamline.checks.check import TELL_APART, Explanation, Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.language import foreign_words, scripts
from beamline.diagnosis.overlap import belongs, beyond_reach, cosines, nearest_shingles
from beamline.diagnosis.pairing import one_line
from beamline.dialogues import SPEAKER_TAG
from beamline.prepared import EncodedDialogue
from beamline.significance import difference_intervals
from beamline.text import Encoding

_PAIRED = 300  # summaries of a split that are compared with every dialogue of as many
_NEIGHBOURS = 1_000  # training dialogues among which a nearest one is looked for
_FOREIGN = 0.66  # share of common words that are rare in another language
_PREPARE = "prepare the data again: dvc repro --force prepare"


@check("splits")
def test_is_not_in_train(run: Evidence) -> Finding:
    """Test dialogues that stand in train, white space apart: the score then measures memory.

    `prepare` refuses them unless `data.allow_leakage` says otherwise. A share of 1 % moves the score by a point at
    most, whatever is remembered: below it is a warning. Of validation the meaning says it too: those only blur the
    choice of a checkpoint.
    """
    assert run.splits
    test = [one_line(each.record.dialogue) for each in run.splits["test"]]
    train, validation = (
        {one_line(each.record.dialogue) for each in run.splits[split]} for split in ("train", "validation")
    )
    leaked = np.array([text in train for text in test])
    figure, in_validation = float(leaked.mean()), sum(text in validation for text in test)
    meaning = f"{leaked.sum()} of {len(test)} test dialogues also stand in train, {in_validation} in validation"
    if not leaked.any():
        return passed(meaning, figure=figure, threshold="0")
    report = failed if figure >= 0.01 else warned
    return report(
        meaning,
        "take them out of train in data.path, and set data.allow_leakage: false",
        figure=figure,
        threshold="0",
        points=_points_without(run, leaked),
    )


@check("splits")
def test_is_not_nearly_in_train(run: Evidence) -> Finding:
    """Test dialogues that stand in train with a few words changed: near duplicates, which are half remembered.

    Two dialogues are near duplicates from a Jaccard similarity of 0.8 of their five-word shingles: the bound of Lee et
    al., "Deduplicating Training Data Makes Language Models Better" (2022). The templated dialogues of this repository
    reach 0.41 (English) and 0.50 (Korean), 99 of 100 of DialogSum's 0.67. As with whole duplicates, a share below 1 %
    can't move the score by a point.
    """
    assert run.splits
    test, train = ([each.record.dialogue for each in run.splits[split]] for split in ("test", "train"))
    known = {one_line(text) for text in train}
    near = (nearest_shingles(test, train) >= 0.8) & np.array([one_line(text) not in known for text in test])
    figure = float(near.mean())
    meaning = f"{near.sum()} of {len(test)} test dialogues are nearly in train"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    return warned(
        meaning,
        "take near duplicates of test out of train in data.path",
        figure=figure,
        threshold="below 0.01",
        points=_points_without(run, near),
    )


@check("splits", "codec")
def targets_are_not_empty(run: Evidence) -> Finding:
    """References without a word, or whose labels hold nothing but special tokens: the model learns to write nothing.

    `prepare` refuses blank summaries, so that a single one means that something else wrote the file.
    """
    assert run.splits and run.codec
    rows = [
        (split, text, labels)
        for split, dialogues in run.splits.items()
        for each in dialogues
        for text, labels in zip(each.record.references, each.labels, strict=True)
    ]
    empty = Counter(split for split, text, labels in rows if not text.strip() or not _size(labels, run.codec.encoding))
    figure = empty.total() / len(rows)
    if not empty:
        return passed("no reference and no label row is empty", figure=figure, threshold="0")
    counts = ", ".join(f"{count} in {split}" for split, count in empty.items())
    return failed(
        f"{empty.total()} of {len(rows)} references are empty: {counts}", _PREPARE, figure=figure, threshold="0"
    )


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
    figure, interval = float(far.mean()), _interval(run, far.astype(np.float64))
    meaning = f"{figure:.0%} of test dialogues are farther from train than 19 in 20 training dialogues from the rest"
    if interval.low <= 0.25:
        return passed(meaning, figure=figure, threshold="interval not above 0.25")
    return failed(
        meaning,
        "add training dialogues of test's topics to data.path",
        figure=figure,
        threshold="interval not above 0.25",
    )


@check("splits")
def sources_are_whole(run: Evidence) -> Finding:
    """Dialogues cut to `tokenizer.max_source_tokens`: what stands behind the cut can't be summarized.

    Measured is the share of what references take from their dialogues (pieces of words, the rarer the heavier) that
    stands in the cut part alone. That every tenth word of a summary is beyond reach is a failure, every hundredth a
    warning; a cut that takes only greetings costs nothing.
    """
    assert run.splits
    sample = [*run.sample("test"), *run.sample("train")]
    texts = [each.record.dialogue for each in sample]
    shares = [min(1.0, len(each.input_ids) / max(1, each.source_tokens)) for each in sample]
    kept = [text[: round(share * len(text))] for text, share in zip(texts, shares, strict=True)]
    figure = beyond_reach([each.record.references[0] for each in sample], texts, kept)
    cut = sum(share < 1 for share in shares) / len(shares)
    meaning = f"{cut:.0%} of dialogues are cut, and with them {figure:.1%} of what summaries take from dialogues"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    return (failed if figure >= 0.1 else warned)(
        meaning, "raise tokenizer.max_source_tokens", figure=figure, threshold="below 0.01"
    )


@check("splits", "codec")
def targets_are_whole(run: Evidence) -> Finding:
    """Summaries cut to `tokenizer.max_target_tokens`: the model learns to stop in the middle.

    The points are what a model that writes exactly its labels would lose against the whole references (of test's
    sample; uncut ones lose nothing). From 1 on it is a warning, from 10 on a failure, as for sources.
    """
    assert run.splits and run.codec
    encoding = run.codec.encoding
    rows = [
        (text, labels, tokens)
        for each in run.sample("test")
        for text, labels, tokens in zip(each.record.references, each.labels, each.target_tokens, strict=True)
    ]
    # The end of a row is another check's business: one that only lacks its end of sequence is whole.
    cut = [(text, labels) for text, labels, tokens in rows if _size(labels, encoding) < tokens - 1]
    lost = 0.0
    if cut:
        written = run.codec.decode([labels for _, labels in cut])
        lost = 100 * float(_loss(run, [text for text, _ in cut], written).sum()) / len(rows)
    meaning = f"{len(cut) / len(rows):.0%} of references are cut, which puts {lost:.1f} ROUGE points beyond reach"
    if lost < 1:
        return passed(meaning, figure=lost, threshold="below 1 point")
    return (failed if lost >= 10 else warned)(
        meaning, "raise tokenizer.max_target_tokens", figure=lost, threshold="below 1 point", points=lost
    )


@check("splits", "codec")
def tokens_are_known(run: Evidence) -> Finding:
    """Words that the tokenizer doesn't know: all of them are one token, and none of them can be written.

    Speaker tags apart, which have their own check. A byte-level tokenizer has none; one unknown token in a hundred is
    about one in every third summary, a failure; one in a thousand a warning.
    """
    assert run.splits and run.codec
    encoding, unknown = run.codec.encoding, run.codec.tokenizer.unk_token_id
    threshold = "below 0.001"
    if unknown is None or unknown in (encoding.eos_token_id, encoding.pad_token_id):
        return passed("the tokenizer has no unknown token", figure=0.0, threshold=threshold)
    sample = [*run.sample("test"), *run.sample("train")]
    texts = [SPEAKER_TAG.sub(" ", text) for each in sample for text in (each.record.dialogue, *each.record.references)]
    tokens = [token for row in run.codec.encode_dialogues(texts) for token in row]
    figure = tokens.count(unknown) / len(tokens)
    meaning = f"{figure:.2%} of the tokens of dialogues and references are unknown to the tokenizer"
    if figure < 0.001:
        return passed(meaning, figure=figure, threshold=threshold)
    return (failed if figure >= 0.01 else warned)(
        meaning,
        "choose a checkpoint (model.name) whose tokenizer knows the language",
        figure=figure,
        threshold=threshold,
    )


@check(
    "splits",
    "codec",
    may_be=[
        Explanation("references cut to the token limit", "targets are whole"),
        Explanation("words that the tokenizer doesn't know", "tokens are known"),
        Explanation("speaker tags that are lost", "speaker tags are known"),
    ],
)
def references_survive_the_tokenizer(run: Evidence) -> Finding:
    """References that don't come back from token ids as they were: no model can write them.

    What test's first references lose in ROUGE when they are encoded, cut and decoded: the same bounds as for labels
    that are cut, 1 point for a warning and 10 for a failure. A byte-level tokenizer loses nothing.
    """
    assert run.splits and run.codec
    codec = run.codec
    texts = [each.record.references[0] for each in run.sample("test")]
    returned = codec.decode([codec.truncate_summary(row) for row in codec.encode_summaries(texts)])
    lost = 100 * float(_loss(run, texts, returned).mean())
    meaning = f"references lose {lost:.1f} ROUGE points on their way through the tokenizer"
    if lost < 1:
        return passed(meaning, figure=lost, threshold="below 1 point")
    return (failed if lost >= 10 else warned)(meaning, TELL_APART, figure=lost, threshold="below 1 point", points=lost)


def _points_without(run: Evidence, leaked: "np.typing.NDArray[np.bool_]") -> float | None:
    """ROUGE points that the score changes by without these test dialogues; None where there are no scores of them."""
    assert run.splits
    if run.predictions is None or leaked.all():
        return None
    test = [each.record.dialogue for each in run.splits["test"]]
    if list(run.predictions.dialogues or []) != test:
        return None
    return 100 * float(run.scores[~leaked].mean() - run.scores.mean())


def _size(labels: Sequence[int], encoding: Encoding) -> int:
    """How many tokens of a label row belong to the summary's text."""
    return sum(
        token not in (encoding.eos_token_id, encoding.pad_token_id, encoding.decoder_start_token_id) for token in labels
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
    doubled = _interval(run, wrong.astype(np.float64))
    return 2 * float(wrong.mean()), Interval(2 * doubled.low, 2 * doubled.high)


def _interval(run: Evidence, values: FloatArray) -> Interval:
    return difference_intervals(values[:, None], seed=run.seed)[0]


def _foreign(run: Evidence) -> float:
    assert run.splits
    test, train = ([each.record.dialogue for each in run.splits[split]] for split in ("test", "train"))
    return foreign_words(test, train)


def _loss(run: Evidence, texts: Sequence[str], returned: Sequence[str]) -> FloatArray:
    """What each text loses of its score against itself, 0 to 1, when another is in its place."""
    tokenizer = run.scorer.tokenizer if run.predictions else "auto"
    scorer = run.scorer_with([[text] for text in texts], tokenizer=tokenizer)
    whole, rest = (scorer.score(each).headline.columns()["rouge_f"] for each in (texts, returned))
    return whole - rest
