"""Dialogues and summaries as tokens: whether they are cut, and whether the tokenizer knows them."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from beamline.core import excerpts
from beamline.core.records import SPEAKER_TAG
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.checks.data.differences import dialogue_differences, reference_differences, swapped_columns
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import beyond_reach
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import draw_rows
from beamline.models.encoding import Encoding
from beamline.models.truncation import shorten

_RETURNED = 400  # references of a split that are decoded again
_BYTES = 1.5  # in a token
_SMALL_VOCABULARY = 384  # 256 bytes and special tokens: ByT5's


@check(Kind.AUDIT, "The tokenizer takes the texts apart into too many tokens")
def tokenizer_fertility(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Measures how many bytes (UTF-8) of the references a token holds.

    Failure below 1.5, unless the vocabulary has at most 384 tokens: it is then made for single bytes or letters, as
    ByT5's is. Limits and settings that count tokens then mean something else. A tokenizer of another language does
    this, or one whose normalization takes letters apart. For comparison: the tokenizers of Qwen3, Gemma 3 and Llama 3
    have 3.3 to 5.6 bytes a token in English, Korean, Chinese and Russian. Rust et al., "How Good is Your Tokenizer?"
    (2021), show that tokenizers which split words more often go with weaker models.
    """
    texts = [row.record.references[0] for split in ("test", "train") for row in run.text_sample(split)]
    figure = sum(len(text.encode()) for text in texts) / sum(map(len, codec.encode_summaries(texts)))
    size, threshold = len(codec.tokenizer), f"at least {_BYTES}, or a vocabulary of at most {_SMALL_VOCABULARY} tokens"
    meaning = f"a token of the references holds {figure:.1f} bytes, with a vocabulary of {size:,} tokens"
    if figure >= _BYTES or size <= _SMALL_VOCABULARY:
        return passed(meaning, figure=figure, threshold=threshold)
    return failed(
        meaning,
        "choose a checkpoint (model.name) whose tokenizer was made for this language, or leave model.name empty",
        figure=figure,
        threshold=threshold,
        weight=1.0,
    )


@check(Kind.AUDIT, "Dialogues are cut, and summaries need what was cut off", follows=[tokenizer_fertility])
def cut_sources(run: Evidence, splits: Splits) -> Finding:
    """Measures how much of what references say is only in the part of dialogues that is cut off.

    Failure from 10 %, warning from 1 %. The measure takes what references and dialogues have in common (pieces of
    words, rare ones weigh more), and returns the share that the kept part lacks. Dialogues are cut at
    `tokenizer.max_source_tokens`. A cut that takes only greetings costs nothing.
    """
    sample = [*run.text_sample("test"), *run.text_sample("train")]
    texts = [dialogue.record.dialogue for dialogue in sample]
    shares = [min(1.0, len(dialogue.input_ids) / max(1, dialogue.source_tokens)) for dialogue in sample]
    overflow = run.codec.encoding.overflow if run.codec else "end"
    kept = [shorten(text, round(share * len(text)), overflow) for text, share in zip(texts, shares, strict=True)]
    figure = beyond_reach([dialogue.record.references[0] for dialogue in sample], texts, kept)
    cut = sum(share < 1 for share in shares) / len(shares)
    lengths = sorted(dialogue.source_tokens for dialogue in sample)
    meaning = f"{cut:.0%} of dialogues are cut, and lose {figure:.1%} of what summaries take from them"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    covering = lengths[int(0.95 * (len(lengths) - 1))]
    return (failed if figure >= 0.1 else warned)(
        meaning,
        f"set tokenizer.max_source_tokens: {covering}, which holds 95 % of the dialogues whole; or cut another part"
        " (tokenizer.overflow)",
        figure=figure,
        threshold="below 0.01",
        weight=figure,
    )


@check(Kind.COUNT, "Training summaries are cut", follows=[tokenizer_fertility, swapped_columns, reference_differences])
def cut_targets(run: Evidence, training_splits: Splits, codec: TextCodec) -> Finding:
    """Measures the highest score that is possible after the training summaries were cut.

    Failure if this ceiling is at most 90 of 100, warning if it is at most 99. The ceiling is what the cut costs
    the decoded labels of a sample of train, against the whole references. Summaries are cut at
    `tokenizer.max_target_tokens`, and a model that learns from them stops in the middle. A ceiling is no gain: how much
    of it this model would reach is unknown.
    """
    encoding = codec.encoding
    rows = [
        (text, labels, tokens)
        for dialogue in run.text_sample("train")
        for text, labels, tokens in zip(
            dialogue.record.references, dialogue.labels, dialogue.target_tokens, strict=True
        )
    ]
    # A row that only lacks its end-of-sequence token is whole: another check looks for this token.
    cut = [(text, labels) for text, labels, tokens in rows if _size(labels, encoding) < tokens - 1]
    lost = 0.0
    if cut:
        texts = [text for text, _ in cut]
        tokenizer = run.scorer.tokenizer if run.predictions else "auto"
        scorer = run.scorer_with([[text] for text in texts], tokenizer=tokenizer)
        # What the tokenizer itself loses is another check's business, so whole texts are encoded and decoded, too.
        whole, written = (codec.decode(ids) for ids in (codec.encode_summaries(texts), [labels for _, labels in cut]))
        lost = 100 * float((scorer.headline_scores(whole) - scorer.headline_scores(written)).sum()) / len(rows)
    ceiling = 100 - lost
    share = len(cut) / len(rows)
    meaning = f"{share:.0%} of the training summaries are cut: a score of at most {ceiling:.0f} of 100 can be reached"
    if lost < 1:
        return passed(meaning, figure=ceiling, threshold="above 99")
    longest = max(tokens for _, _, tokens in rows)
    return (failed if lost >= 10 else warned)(
        meaning,
        f"set tokenizer.max_target_tokens: {longest}, which holds the longest of them",
        figure=ceiling,
        threshold="above 99",
        ceiling=ceiling,
        weight=lost / 100,
    )


@check(
    Kind.COUNT,
    "The tokenizer does not know words of the texts",
    follows=[dialogue_differences, reference_differences],
)
def unknown_tokens(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts unknown tokens in dialogues and references. Speaker tags are left out: they have their own check.

    Failure from 1 % of all tokens, warning from 0.1 %. The model can neither read nor write these words. 1 % is about
    one unknown token in every third summary. A byte-level tokenizer has no unknown tokens.
    """
    encoding, unknown = codec.encoding, codec.tokenizer.unk_token_id
    threshold = "below 0.001"
    if unknown is None or unknown in (encoding.eos_token_id, encoding.pad_token_id):
        return passed("the tokenizer has no unknown token", figure=0.0, threshold=threshold)
    sample = [*run.text_sample("test"), *run.text_sample("train")]
    records = [dialogue.record for dialogue in sample]
    texts = [SPEAKER_TAG.sub(" ", text) for row in records for text in (row.dialogue, *row.references)]
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
    """Encodes references and decodes them again, and compares the texts. White space is ignored.

    Failure if more than 10 % of the references change, warning if more than 1 % do. No model can write what is lost
    here. The ceiling is the score of the returned texts against the references. A byte-level tokenizer loses nothing. A
    tokenizer that lower-cases, or that writes a space for an invisible character, fails by design. Choose another
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
    meaning = f"{share:.0%} of {len(texts)} references change if they are encoded and decoded"
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
    """Return what changed: the smallest difference that has to be ignored for the two texts to be equal."""

    def without(kinds: str, of: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", of) if unicodedata.category(c) not in kinds.split())

    if _bare(text.casefold()) == _bare(back.casefold()):
        return "letter case"
    if _bare(unicodedata.normalize("NFKC", text)) == _bare(unicodedata.normalize("NFKC", back)):
        return "Unicode form"
    if _bare(without("Cf", text)) == _bare(without("Cf", back)):
        return "invisible characters"
    if _bare(without("Cf Mn", text.casefold())) == _bare(without("Cf Mn", back.casefold())):
        return "accents and other marks"
    return "characters"
