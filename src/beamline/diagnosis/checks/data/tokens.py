"""What became of dialogues and summaries as tokens: whether they are whole, known, and come back as they were."""

from collections import Counter
from collections.abc import Sequence

from beamline.core.records import SPEAKER_TAG
from beamline.diagnosis.checks.check import TELL_APART, Explanation, Finding, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import beyond_reach
from beamline.metrics.intervals import FloatArray
from beamline.models.encoding import Encoding
from beamline.models.truncation import shorten

_PREPARE = "prepare the data again: dvc repro --force prepare"


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
def sources_are_whole(run: Evidence) -> Finding:
    """Dialogues cut to `tokenizer.max_source_tokens`: what is cut can't be summarized.

    Measured is the share of what references take from their dialogues (pieces of words, the rarer the heavier) that
    stands in the cut part alone. That every tenth word of a summary is beyond reach is a failure, every hundredth a
    warning; a cut that takes only greetings costs nothing.
    """
    assert run.splits
    sample = [*run.sample("test"), *run.sample("train")]
    texts = [each.record.dialogue for each in sample]
    shares = [min(1.0, len(each.input_ids) / max(1, each.source_tokens)) for each in sample]
    overflow = run.codec.encoding.overflow if run.codec else "end"
    kept = [shorten(text, round(share * len(text)), overflow) for text, share in zip(texts, shares, strict=True)]
    figure = beyond_reach([each.record.references[0] for each in sample], texts, kept)
    cut = sum(share < 1 for share in shares) / len(shares)
    meaning = f"{cut:.0%} of dialogues are cut, and with them {figure:.1%} of what summaries take from dialogues"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    return (failed if figure >= 0.1 else warned)(
        meaning,
        "raise tokenizer.max_source_tokens, or cut another part (tokenizer.overflow)",
        figure=figure,
        threshold="below 0.01",
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


def _size(labels: Sequence[int], encoding: Encoding) -> int:
    """How many tokens of a label row belong to the summary's text."""
    return sum(
        token not in (encoding.eos_token_id, encoding.pad_token_id, encoding.decoder_start_token_id) for token in labels
    )


def _loss(run: Evidence, texts: Sequence[str], returned: Sequence[str]) -> FloatArray:
    """What each text loses of its score against itself, 0 to 1, when another is in its place."""
    tokenizer = run.scorer.tokenizer if run.predictions else "auto"
    scorer = run.scorer_with([[text] for text in texts], tokenizer=tokenizer)
    whole, rest = (scorer.headline_scores(each) for each in (texts, returned))
    return whole - rest
