"""What became of dialogues and summaries as tokens: whether they are whole and known."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from beamline.core import excerpts
from beamline.core.records import SPEAKER_TAG
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import beyond_reach
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import draw_rows
from beamline.models.encoding import Encoding
from beamline.models.truncation import shorten

_RETURNED = 400  # references of a split that are decoded again


@check(Kind.AUDIT, "Dialogues are cut, and with them what summaries tell")
def cut_sources(run: Evidence, splits: Splits) -> Finding:
    """Measures what references take from their dialogues after the cut at `tokenizer.max_source_tokens`.

    It is the share of what references and dialogues have in common (pieces of words, the rarer the heavier) that is in
    the cut part alone. Every tenth is a failure, every hundredth a warning; a cut that takes only greetings costs
    nothing.
    """
    sample = [*run.sample("test"), *run.sample("train")]
    texts = [each.record.dialogue for each in sample]
    shares = [min(1.0, len(each.input_ids) / max(1, each.source_tokens)) for each in sample]
    overflow = run.codec.encoding.overflow if run.codec else "end"
    kept = [shorten(text, round(share * len(text)), overflow) for text, share in zip(texts, shares, strict=True)]
    figure = beyond_reach([each.record.references[0] for each in sample], texts, kept)
    cut = sum(share < 1 for share in shares) / len(shares)
    lengths = sorted(each.source_tokens for each in sample)
    meaning = f"{cut:.0%} of dialogues are cut, and with them {figure:.1%} of what summaries take from dialogues"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    covering = lengths[int(0.95 * (len(lengths) - 1))]
    return (failed if figure >= 0.1 else warned)(
        meaning,
        f"tokenizer.max_source_tokens: {covering} holds 95 % of the dialogues whole; or cut another part"
        " (tokenizer.overflow)",
        figure=figure,
        threshold="below 0.01",
        weight=figure,
    )


@check(Kind.COUNT, "Training summaries are cut")
def cut_targets(run: Evidence, training_splits: Splits, codec: TextCodec) -> Finding:
    """Measures the ceiling that a cut at `tokenizer.max_target_tokens` leaves: the model learns to stop in the middle.

    The ceiling is the score of the labels, decoded, against the whole references of a sample of train: only those teach
    where to stop. Below 99 of 100 is a warning, below 90 a failure. It is no gain: nobody knows how much of it this
    model would reach.
    """
    encoding = codec.encoding
    rows = [
        (text, labels, tokens)
        for each in (training_splits["train"][row] for row in run.sample_rows("train"))
        for text, labels, tokens in zip(each.record.references, each.labels, each.target_tokens, strict=True)
    ]
    # The end of a row is another check's business: one that only lacks its end of sequence is whole.
    cut = [(text, labels) for text, labels, tokens in rows if _size(labels, encoding) < tokens - 1]
    lost = 0.0
    if cut:
        texts = [text for text, _ in cut]
        tokenizer = run.scorer.tokenizer if run.predictions else "auto"
        scorer = run.scorer_with([[text] for text in texts], tokenizer=tokenizer)
        written = scorer.headline_scores(codec.decode([labels for _, labels in cut]))
        lost = 100 * float((scorer.headline_scores(texts) - written).sum()) / len(rows)
    ceiling = 100 - lost
    share = len(cut) / len(rows)
    meaning = f"{share:.0%} of the training summaries are cut: at most {ceiling:.0f} of 100 points can be reached"
    if lost < 1:
        return passed(meaning, figure=ceiling, threshold="above 99")
    longest = max(tokens for _, _, tokens in rows)
    return (failed if lost >= 10 else warned)(
        meaning,
        f"tokenizer.max_target_tokens: {longest} holds the longest of them",
        figure=ceiling,
        threshold="above 99",
        ceiling=ceiling,
        weight=lost / 100,
    )


@check(Kind.COUNT, "The tokenizer does not know the words")
def unknown_tokens(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts tokens that are the unknown one: none of these words can be read or written.

    Speaker tags apart, which have their own check. A byte-level tokenizer has none; one unknown token in a hundred is
    about one in every third summary, a failure; one in a thousand a warning.
    """
    encoding, unknown = codec.encoding, codec.tokenizer.unk_token_id
    threshold = "below 0.001"
    if unknown is None or unknown in (encoding.eos_token_id, encoding.pad_token_id):
        return passed("the tokenizer has no unknown token", figure=0.0, threshold=threshold)
    sample = [*run.sample("test"), *run.sample("train")]
    texts = [SPEAKER_TAG.sub(" ", text) for each in sample for text in (each.record.dialogue, *each.record.references)]
    tokens = [token for row in codec.encode_dialogues(texts) for token in row]
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


@check(Kind.REPLAY, "The tokenizer changes the texts")
def tokenizer_round_trip(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Encodes references whole and decodes them again: what doesn't come back, no model can write.

    White space doesn't count. More than a tenth of references that come back as other texts is a failure, a hundredth a
    warning. The ceiling is the score of the returned texts against the references. A byte-level tokenizer loses
    nothing. One that lower-cases, or writes a space for an invisible character, fails by design: then choose another
    checkpoint if these characters matter.
    """
    texts = [
        reference
        for split in ("train", "test")
        for row in draw_rows(len(splits[split]), _RETURNED, run.seed)
        for reference in splits[split][row].record.references[:1]
    ]
    returned = codec.decode(codec.encode_summaries(texts))
    pairs = [(text, back) for text, back in zip(texts, returned, strict=True) if _bare(text) != _bare(back)]
    share, threshold = len(pairs) / len(texts), "at most 0.01"
    meaning = f"{share:.0%} of {len(texts)} references come back as other texts"
    if share <= 0.01:
        return passed(meaning, figure=share, threshold=threshold)
    changes = Counter(_name_change(text, back) for text, back in pairs)
    (change, _), (text, back) = changes.most_common(1)[0], pairs[0]
    meaning += f", mostly in {change}: {excerpts.shorten(text)!r} becomes {excerpts.shorten(back)!r}"
    scorer = run.scorer_with([[text] for text in texts], tokenizer="auto")
    ceiling = 100 * float(np.mean(scorer.headline_scores(returned)))
    advice = "choose a checkpoint (model.name) whose tokenizer keeps the texts, or leave model.name empty"
    finding = failed if share > 0.1 else warned
    return finding(meaning, advice, figure=share, threshold=threshold, ceiling=ceiling)


def _size(labels: Sequence[int], encoding: Encoding) -> int:
    """Return how many tokens of a label row belong to the summary's text."""
    return sum(
        token not in (encoding.eos_token_id, encoding.pad_token_id, encoding.decoder_start_token_id) for token in labels
    )


def _bare(text: str) -> str:
    return "".join(text.split())


def _name_change(text: str, back: str) -> str:
    """Return what tells the two texts apart: the least that has to be ignored for them to be equal."""

    def without(kinds: str, of: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", of) if unicodedata.category(c) not in kinds.split())

    if _bare(text.casefold()) == _bare(back.casefold()):
        return "letter case"
    if _bare(without("Cf", text)) == _bare(without("Cf", back)):
        return "invisible characters"
    if _bare(without("Cf Mn", text.casefold())) == _bare(without("Cf Mn", back.casefold())):
        return "accents and other marks"
    return "characters"
