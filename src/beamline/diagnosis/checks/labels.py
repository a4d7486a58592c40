"""Labels and padding: which tokens the model learned to write, and which of them the loss counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.speakers import choose_speakers, count_speakers
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue
from beamline.models.encoding import Encoding
from beamline.models.padding import IGNORED_LABEL
from beamline.training.batching import Collator, LengthBucketedBatches
from beamline.training.record import BATCHES

_PREPARE = "write data/prepared again: dvc repro --force --single-item prepare"
_ADD_TAGS = f"add the tags to the tokenizer before encoding, as beamline.encoding.codec does; {_PREPARE}"
_NO_TAGS = "the training dialogues have no turns that begin with speaker tags, or tokenizer.speaker_tokens is none"


@check(Kind.COUNT, "The loss counts padding")
def padding_in_loss(run: Evidence, splits: Splits, codec: TextCodec, params: Params, kept: Sequence[object]) -> Finding:
    """Counts padding among the labels that the loss counted, in the first 50 batches of the training.

    Failure if there is any. A padded position has no correct answer, and the amount of padding depends on how batches
    are cut. It comes from `padding.labels: unmasked`, or from the prepared labels.
    """
    encoding = codec.encoding
    training = run.training_examples(params)
    batches = LengthBucketedBatches(training, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    collate = Collator(encoding, params.padding)
    counted = own = 0
    for batch in islice(batches, BATCHES):
        chosen = [training[index] for index in batch]
        counted += int((collate(chosen)["labels"] != IGNORED_LABEL).sum())
        own += sum(len(example.labels) - _padding(example.labels, encoding) for example in chosen)
    share = 1 - own / counted
    if share == 0:
        return passed("every label that the loss counts is a token of a summary", figure=0.0, threshold="0")
    advice = "set padding.labels: masked" if params.padding.labels == "unmasked" else _PREPARE
    return failed(f"{share:.1%} of the labels that the loss counts are padding", advice, figure=share, threshold="0")


@check(Kind.COUNT, "Labels do not end with exactly one end-of-sequence token")
def label_ends(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts label rows that do not end with exactly one end-of-sequence token.

    Failure if there is any, because the model can't learn where to stop. `prepare` writes no such row, so something
    else wrote the file. Padding after the end is ignored here: `padding in loss` counts it.
    """
    encoding = codec.encoding
    rows = [_summary(row, encoding) for row in _label_rows(splits)]
    right = sum(row[-1:] == [encoding.eos_token_id] and row.count(encoding.eos_token_id) == 1 for row in rows)
    share = right / len(rows)
    if right == len(rows):
        meaning = f"all {len(rows):,} label rows end with one end-of-sequence token"
        return passed(meaning, figure=share, threshold="1")
    meaning = f"{len(rows) - right:,} of {len(rows):,} label rows do not end with exactly one"
    return failed(meaning, _PREPARE, figure=share, threshold="1")


@check(Kind.COUNT, "Labels are shifted twice")
def label_shift(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts label rows that begin with the decoder's start token.

    Failure if there is any. The collator shifts labels and puts this token before them, so it is there twice. `prepare`
    removes it from all labels. The language code that mBART-50 writes first is another token.
    """
    start = codec.encoding.decoder_start_token_id
    if start is None:
        return not_applicable("a decoder-only model continues its prompt and has no start token")
    rows = _label_rows(splits)
    twice = sum(len(row) > 1 and row[0] == start for row in rows)
    name = codec.tokenizer.convert_ids_to_tokens(start)
    meaning = f"{twice / len(rows):.1%} of {len(rows):,} label rows begin with the decoder's start token, '{name}'"
    if twice:
        return failed(meaning, _PREPARE, figure=twice / len(rows), threshold="0")
    return passed(meaning, figure=0.0, threshold="0")


@check(Kind.COUNT, "References or label rows are empty")
def empty_labels(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts references without text, and label rows without a token of text.

    Failure if there is any: the model learns to write nothing. `prepare` refuses blank summaries, so something else
    wrote the file.
    """
    encoding = codec.encoding
    special = (encoding.eos_token_id, encoding.pad_token_id, encoding.decoder_start_token_id)
    rows = [
        (split, text, labels)
        for split, dialogues in splits.items()
        for dialogue in dialogues
        for text, labels in zip(dialogue.record.references, dialogue.labels, strict=True)
    ]
    empty = Counter(
        split for split, text, labels in rows if not text.strip() or all(token in special for token in labels)
    )
    figure = empty.total() / len(rows)
    if not empty:
        return passed("no reference and no label row is empty", figure=figure, threshold="0")
    counts = ", ".join(f"{count} in {split}" for split, count in empty.items())
    return failed(
        f"{empty.total()} of {len(rows)} references are empty: {counts}", _PREPARE, figure=figure, threshold="0"
    )


@check(Kind.COUNT, "Speaker tags became the unknown token")
def unknown_speaker_tags(run: Evidence, splits: Splits, codec: TextCodec, params: Params | None = None) -> Finding:
    """Counts speaker tags of the training texts that became the unknown token.

    Failure if there is any: these speakers look alike to the model. A tag counts if its token is missing from a row
    that has an unknown token.
    """
    tags = _read_tags(splits, codec, params)
    if not tags.total:
        return not_applicable(_NO_TAGS)
    share = tags.unknown / tags.total
    meaning = f"{share:.1%} of {tags.total:,} speaker tags are the unknown token"
    if not tags.unknown:
        return passed(meaning, figure=share, threshold="0")
    return failed(f"{meaning}: {', '.join(tags.lost)}", _ADD_TAGS, figure=share, threshold="0")


@check(Kind.COUNT, "Speaker tags are cut into pieces")
def split_speaker_tags(run: Evidence, splits: Splits, codec: TextCodec, params: Params | None = None) -> Finding:
    """Counts speaker tags of the training texts that are cut into pieces.

    Failure if there is any: the model has to spell these speakers, and misspells them. `prepare` gives a token to each
    tag that begins a turn in train. Hashtags and placeholders begin no turn and are ignored. Not applicable to
    decoder-only models, or if `tokenizer.speaker_tokens` is none.
    """
    if not codec.family.adds_tags:
        return not_applicable("a decoder-only model writes speaker tags in pieces that it knows")
    tags = _read_tags(splits, codec, params)
    if not tags.total:
        return not_applicable(_NO_TAGS)
    share = 1 - tags.in_pieces / tags.total
    meaning = f"{tags.in_pieces:,} of {tags.total:,} speaker tags are cut into pieces"
    if not tags.in_pieces:
        return passed(meaning, figure=share, threshold="1")
    return failed(f"{meaning}: {', '.join(tags.lost)}", _ADD_TAGS, figure=share, threshold="1")


def _label_rows(splits: Splits) -> list[list[int]]:
    return [row for split in splits.values() for dialogue in split for row in dialogue.labels]


def _summary(row: list[int], encoding: Encoding) -> list[int]:
    """Return a row of labels without a decoder start before it and padding after it, which other checks judge."""
    start = len(row) > 1 and row[0] == encoding.decoder_start_token_id
    end = len(row)
    while end > 1 and row[end - 1] == encoding.pad_token_id != encoding.eos_token_id:
        end -= 1
    return row[start:end]


def _padding(row: list[int], encoding: Encoding) -> int:
    """Return how much padding is in a row of labels. T5's padding token at the beginning is a decoder start."""
    if encoding.pad_token_id == encoding.eos_token_id:
        return max(0, row.count(encoding.eos_token_id) - 1)
    return row[row[0] == encoding.decoder_start_token_id :].count(encoding.pad_token_id)


@dataclass(frozen=True)
class _Tags:
    """Speaker tags in the training texts that were not cut: how many there are, and what those without their token
    became.
    """

    total: int
    in_pieces: int
    unknown: int
    lost: list[str]


def _read_tags(splits: Splits, codec: TextCodec, params: Params | None) -> _Tags:
    vocabulary, unknown_id = codec.tokenizer.get_vocab(), codec.tokenizer.unk_token_id
    if unknown_id in (codec.encoding.eos_token_id, codec.encoding.pad_token_id):  # as in GPT-2, which has none
        unknown_id = None
    speakers = set(choose_speakers(splits, params))
    total = missing = unknown = 0
    lost: set[str] = set()
    for text, row in _whole_texts(splits["train"]):
        tags, tokens = count_speakers(text, speakers), Counter(row)
        absent = {tag: max(0, count - tokens[vocabulary.get(tag, -1)]) for tag, count in tags.items()}
        total += tags.total()
        missing += sum(absent.values())
        unknown += 0 if unknown_id is None else min(sum(absent.values()), tokens[unknown_id])
        lost |= {tag for tag, count in absent.items() if count}
    return _Tags(total, missing - unknown, unknown, sorted(lost))


def _whole_texts(dialogues: Sequence[EncodedDialogue]) -> Iterator[tuple[str, list[int]]]:
    """Yield each text of which nothing was cut, with its token ids."""
    for dialogue in dialogues:
        if len(dialogue.input_ids) == dialogue.source_tokens:
            yield dialogue.record.dialogue, dialogue.input_ids
        targets = zip(dialogue.record.references, dialogue.labels, dialogue.target_tokens, strict=True)
        for text, row, tokens in targets:
            if len(row) == tokens:
                yield text, row
