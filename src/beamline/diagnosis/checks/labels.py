"""Labels and padding: what the model was told to write, token by token, and what the loss counted."""

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


@check(Kind.COUNT, "Padding counts in the loss")
def padding_in_loss(run: Evidence, splits: Splits, codec: TextCodec, params: Params, kept: Sequence[object]) -> Finding:
    """Counts what the loss counts and is no token of a summary, in the first 50 batches of the training.

    None is right: a padded position has no answer that could be wrong, and how many there are depends on how the batch
    was cut. The collator puts it there (`padding.labels: unmasked`), or it is in the prepared labels.
    """
    encoding = codec.encoding
    training = run.training_examples(params)
    batches = LengthBucketedBatches(training, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    collate = Collator(encoding, params.padding)
    counted = own = 0
    for batch in islice(batches, BATCHES):
        chosen = [training[index] for index in batch]
        counted += int((collate(chosen)["labels"] != IGNORED_LABEL).sum())
        own += sum(len(each.labels) - _padding(each.labels, encoding) for each in chosen)
    share = 1 - own / counted
    if share == 0:
        return passed("every label that counts in the loss is a token of a summary", figure=0.0, threshold="0")
    advice = "set padding.labels: masked" if params.padding.labels == "unmasked" else _PREPARE
    return failed(f"{share:.1%} of the labels in the loss are padding", advice, figure=share, threshold="0")


@check(Kind.COUNT, "Labels do not end with one end of sequence")
def label_ends(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts label rows without an end of sequence, or with one in their middle: the model can't learn where to stop.

    `prepare` writes no such row, so a single exception means that something else wrote the file. Padding after the end
    is another check's business.
    """
    encoding = codec.encoding
    rows = [_summary(row, encoding) for row in _label_rows(splits)]
    right = sum(row[-1:] == [encoding.eos_token_id] and row.count(encoding.eos_token_id) == 1 for row in rows)
    share = right / len(rows)
    meaning = f"{share:.1%} of {len(rows):,} label rows end with one end of sequence"
    if right == len(rows):
        return passed(meaning, figure=share, threshold="1")
    return failed(meaning, _PREPARE, figure=share, threshold="1")


@check(Kind.COUNT, "Labels are shifted twice")
def label_shift(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts labels that begin with the decoder's start token. The collator puts it before them once more.

    `prepare` takes it out wherever it is, and the language code that mBART-50 writes first is another token.
    """
    start = codec.encoding.decoder_start_token_id
    if start is None:
        return not_applicable("a decoder-only model goes on from its prompt, and has no start token")
    rows = _label_rows(splits)
    twice = sum(len(row) > 1 and row[0] == start for row in rows)
    name = codec.tokenizer.convert_ids_to_tokens(start)
    meaning = f"{twice / len(rows):.1%} of {len(rows):,} label rows begin with the decoder's start token, '{name}'"
    if twice:
        return failed(meaning, _PREPARE, figure=twice / len(rows), threshold="0")
    return passed(meaning, figure=0.0, threshold="0")


@check(Kind.COUNT, "Label rows are empty")
def empty_labels(run: Evidence, splits: Splits, codec: TextCodec) -> Finding:
    """Counts references without a word, and label rows without a token: the model learns to write nothing.

    `prepare` refuses blank summaries, so a single one means that something else wrote the file.
    """
    encoding = codec.encoding
    special = (encoding.eos_token_id, encoding.pad_token_id, encoding.decoder_start_token_id)
    rows = [
        (split, text, labels)
        for split, dialogues in splits.items()
        for each in dialogues
        for text, labels in zip(each.record.references, each.labels, strict=True)
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
    """Counts tags of the training texts whose token is missing where an unknown one is: all speakers look alike."""
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
    """Counts tags of the training texts that are no single token: who did what is spelled out, and misspelled.

    `prepare` gives each tag that begins turns in train its token, so none may be in pieces. Hashtags and placeholders
    begin no turns. Nothing is expected if `tokenizer.speaker_tokens` is none.
    """
    if not codec.family.adds_tags:
        return not_applicable("a decoder-only model spells speaker tags in pieces that it knows")
    tags = _read_tags(splits, codec, params)
    if not tags.total:
        return not_applicable(_NO_TAGS)
    share = 1 - tags.in_pieces / tags.total
    meaning = f"{share:.1%} of {tags.total:,} speaker tags are not cut into pieces"
    if not tags.in_pieces:
        return passed(meaning, figure=share, threshold="1")
    return failed(f"{meaning}; cut are {', '.join(tags.lost)}", _ADD_TAGS, figure=share, threshold="1")


def _label_rows(splits: Splits) -> list[list[int]]:
    return [row for split in splits.values() for each in split for row in each.labels]


def _summary(row: list[int], encoding: Encoding) -> list[int]:
    """Return a row of labels without a decoder start before it or padding after it, which other checks judge."""
    start = len(row) > 1 and row[0] == encoding.decoder_start_token_id
    end = len(row)
    while end > 1 and row[end - 1] == encoding.pad_token_id != encoding.eos_token_id:
        end -= 1
    return row[start:end]


def _padding(row: list[int], encoding: Encoding) -> int:
    """Return how much padding is in a row of labels; T5's pad at its beginning is a decoder start."""
    if encoding.pad_token_id == encoding.eos_token_id:
        return max(0, row.count(encoding.eos_token_id) - 1)
    return row[row[0] == encoding.decoder_start_token_id :].count(encoding.pad_token_id)


@dataclass(frozen=True)
class _Tags:
    """Speaker tags in the training texts that are whole: how many, and what became of those without their token."""

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
    for each in dialogues:
        if len(each.input_ids) == each.source_tokens:
            yield each.record.dialogue, each.input_ids
        for text, row, tokens in zip(each.record.references, each.labels, each.target_tokens, strict=True):
            if len(row) == tokens:
                yield text, row
