"""data/prepared: what `prepare` writes and the later stages read. Token ids are unpadded, beside their texts.

It is written and read a part at a time, so it may be larger than memory.
"""

import errno
import mmap
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.records import Dialogue
from beamline.core.streams import batched, read_ahead
from beamline.encoding.codec import TextCodec

SPLITS = ("train", "validation", "test")
SAMPLE = 80  # dialogues that a model is tried on: a score's interval is about 4 points wide

_BATCH = 1000  # dialogues that are Python objects at the same time
_CHARACTERS = 2_000_000  # of dialogues that are encoded together: a tokenizer's own objects are large
_ROW_GROUP = 1 << 25  # bytes that are written to Parquet together
_HELD = 200  # examples whose pages of a mapped file are held: the system maps 64 kB or more around each that is read

_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("dialogue", pa.string()),
        ("references", pa.list_(pa.string())),
        ("input_ids", pa.list_(pa.int32())),
        ("labels", pa.list_(pa.list_(pa.int32()))),
        ("source_tokens", pa.int32()),
        ("target_tokens", pa.list_(pa.int32())),
    ]
)


@dataclass(frozen=True)
class EncodedDialogue:
    """A dialogue with its token ids, within the limits. labels: one row for each reference.

    source_tokens, target_tokens: their lengths before truncation.
    """

    record: Dialogue
    input_ids: list[int]
    labels: list[list[int]]
    source_tokens: int
    target_tokens: list[int]


def encode_split(dialogues: Iterable[Dialogue], codec: TextCodec) -> list[EncodedDialogue]:
    """Return the dialogues of a split with their token ids, in their order."""
    return list(encode_dialogues(dialogues, codec))


def encode_dialogues(dialogues: Iterable[Dialogue], codec: TextCodec) -> Iterator[EncodedDialogue]:
    """Yield dialogues with their token ids, in their order.

    Fast tokenizers use all processors, and encode some dialogues while earlier ones are used.
    """
    return chain.from_iterable(read_ahead(_encode_batch(batch, codec) for batch in _cut_batches(dialogues)))


def _cut_batches(dialogues: Iterable[Dialogue]) -> Iterator[list[Dialogue]]:
    batch: list[Dialogue] = []
    characters = 0
    for dialogue in dialogues:
        batch.append(dialogue)
        characters += len(dialogue.dialogue)
        if len(batch) == _BATCH or characters >= _CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _encode_batch(dialogues: Sequence[Dialogue], codec: TextCodec) -> list[EncodedDialogue]:
    sources = codec.encode_dialogues([dialogue.dialogue for dialogue in dialogues])
    summaries = [text for dialogue in dialogues for text in dialogue.references]
    targets = iter(codec.encode_summaries(summaries) if summaries else ())  # tokenizers want a text
    encoded = []
    for dialogue, source in zip(dialogues, sources, strict=True):
        labels = [next(targets) for _ in dialogue.references]
        encoded.append(
            EncodedDialogue(
                dialogue,
                codec.truncate_dialogue(source),
                [codec.truncate_summary(row) for row in labels],
                len(source),
                [len(row) for row in labels],
            )
        )
    return encoded


class EncodedSplit(Sequence[EncodedDialogue]):
    """The dialogues of a split, each made when it is asked for.

    table: their columns. mapped: the file that holds them; None: they are in memory.
    """

    def __init__(self, table: pa.Table, mapped: mmap.mmap | None = None) -> None:
        self.table = table
        self._mapped = mapped

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @overload
    def __getitem__(self, index: int) -> EncodedDialogue: ...
    @overload
    def __getitem__(self, index: slice) -> list[EncodedDialogue]: ...
    def __getitem__(self, index: int | slice) -> EncodedDialogue | list[EncodedDialogue]:
        rows = range(len(self))[index]
        if isinstance(rows, range):
            return [self[row] for row in rows]
        [row] = self.table.slice(rows, 1).to_pylist()
        return _from_row(row)

    def read_texts(self) -> Iterator[str]:
        """Yield the dialogues as texts."""
        return chain.from_iterable(chunk.to_pylist() for chunk in self.table.column("dialogue").chunks)

    def read_target_tokens(self, rows: Sequence[int]) -> list[int]:
        """Return the lengths of all references of these rows, before truncation."""
        lengths: list[list[int]] = self.table.column("target_tokens").take(rows).to_pylist()
        return [length for row in lengths for length in row]

    def __iter__(self) -> Iterator[EncodedDialogue]:
        for start in range(0, len(self), _BATCH):
            yield from map(_from_row, self.table.slice(start, _BATCH).to_pylist())
            self.release()

    def release(self) -> None:
        """Take what was read of a mapped file out of this process's memory. The system keeps it while it has room."""
        if self._mapped is not None:
            self._mapped.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True)
class Example:
    """One dialogue with one reference, as token ids within the limits."""

    dialogue_id: str
    input_ids: list[int]
    labels: list[int]


class Examples(Sequence[Example]):
    """Each dialogue once for every reference that it has, made when it is asked for. Only lengths are in memory.

    rows: those of the split that are among them, ascending; None: all.
    lengths: tokens of source and target, int32 [examples, 2].
    """

    def __init__(self, split: EncodedSplit, rows: Sequence[int] | None = None) -> None:
        self._split, self._read = split, 0
        self._parts = split.table.to_batches()
        self._starts = np.cumsum([0, *map(len, self._parts)])[:-1].tolist()  # the first row of each part
        indices, lengths = [np.zeros((0, 2), np.int32)], [np.zeros((0, 2), np.int32)]
        for start, part in zip(self._starts, self._parts, strict=True):
            summaries = part.column("labels")
            first, *_, last = ends = np.from_dlpack(summaries.offsets)  # to_numpy() imports pandas
            own = np.repeat(np.arange(len(part)), np.diff(ends))
            sources, targets = (
                np.diff(np.from_dlpack(column.offsets)) for column in (part.column("input_ids"), summaries.values)
            )
            indices.append(np.column_stack([own + start, np.arange(first, last)]).astype(np.int32))
            lengths.append(np.column_stack([sources[own], targets[first:last]]).astype(np.int32))
            split.release()
        self._indices, self.lengths = np.concatenate(indices), np.concatenate(lengths)
        if rows is not None:
            chosen = np.isin(self._indices[:, 0], rows)
            self._indices, self.lengths = self._indices[chosen], self.lengths[chosen]

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        chosen = range(len(self))[index]
        if isinstance(chosen, range):
            return [self[number] for number in chosen]
        row, summary = self._indices[chosen].tolist()
        number = bisect_right(self._starts, row) - 1
        part, row = self._parts[number], row - self._starts[number]
        labels = part.column("labels").values
        example = Example(
            part.column("id")[row].as_py(), _read_ids(part.column("input_ids"), row), _read_ids(labels, summary)
        )
        self._read += 1
        if self._read % _HELD == 0:
            self._split.release()
        return example


def examples(dialogues: Sequence[EncodedDialogue], rows: Sequence[int] | None = None) -> Examples:
    """Return the examples of a split, or of these rows of it, ascending."""
    return Examples(dialogues if isinstance(dialogues, EncodedSplit) else EncodedSplit(_to_table(dialogues)), rows)


def first_references(dialogues: Sequence[EncodedDialogue]) -> list[Example]:
    """Return each dialogue once, with the first of its references."""
    return [Example(dialogue.record.id, dialogue.input_ids, dialogue.labels[0]) for dialogue in dialogues]


def draw_rows(count: int, drawn: int, seed: int) -> list[int]:
    """Return `drawn` of `count` rows, all if there are fewer, drawn by the seed, ascending."""
    return sorted(np.random.default_rng(seed).choice(count, min(drawn, count), replace=False).tolist())


def write_split(directory: Path, split: str, dialogues: Iterable[EncodedDialogue]) -> None:
    """Write a split as Parquet, with checksums, into `directory`."""
    path = directory / f"{split}.parquet"
    with pq.ParquetWriter(path, _SCHEMA, write_page_checksum=True) as writer:
        waiting: list[pa.Table] = []
        for batch in batched(dialogues, _BATCH):
            waiting.append(_to_table(batch))
            if sum(table.nbytes for table in waiting) >= _ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting.clear()
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())


def read_split(split: str, directory: Path = paths.PREPARED) -> EncodedSplit:
    """Return what `write_split` wrote: in memory if it is one row group, else as a mapped file.

    Raises `BeamlineError` if the file is missing or damaged, or if there is no room to unpack it.
    """
    path = directory / f"{split}.parquet"
    try:
        with pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True) as packed:
            return _unpack(packed) if packed.num_row_groups > 1 else EncodedSplit(packed.read().cast(_SCHEMA))
    except (OSError, ValueError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise BeamlineError(
                f"{tempfile.gettempdir()}: no room to unpack {path}; make some, or name another directory in TMPDIR"
            ) from None
        raise BeamlineError(f"{path}: not readable ({str(error).splitlines()[0]}); run: dvc repro prepare") from None


def _unpack(packed: pq.ParquetFile) -> EncodedSplit:
    """Return all rows, in a temporary file without a name that is mapped."""
    with tempfile.TemporaryFile() as unpacked:
        with pa.ipc.new_file(unpacked, _SCHEMA) as writer:
            for batch in packed.iter_batches(_BATCH):
                writer.write_batch(batch.cast(_SCHEMA))
        unpacked.flush()
        mapped = mmap.mmap(unpacked.fileno(), 0, access=mmap.ACCESS_READ)
    split = EncodedSplit(pa.ipc.open_file(pa.py_buffer(mapped)).read_all(), mapped)
    split.release()
    return split


def read_codec(directory: Path = paths.PREPARED) -> TextCodec:
    """Return the tokenizer that `prepare` wrote. Raises `BeamlineError` if it is missing or unreadable."""
    return TextCodec.load(directory / "tokenizer")


def _to_table(dialogues: Sequence[EncodedDialogue]) -> pa.Table:
    rows: list[dict[str, Any]] = [
        {
            "id": dialogue.record.id,
            "dialogue": dialogue.record.dialogue,
            "references": list(dialogue.record.references),
            "input_ids": dialogue.input_ids,
            "labels": dialogue.labels,
            "source_tokens": dialogue.source_tokens,
            "target_tokens": dialogue.target_tokens,
        }
        for dialogue in dialogues
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _from_row(row: dict[str, Any]) -> EncodedDialogue:
    return EncodedDialogue(
        Dialogue(row["id"], row["dialogue"], tuple(row["references"])),
        row["input_ids"],
        row["labels"],
        row["source_tokens"],
        row["target_tokens"],
    )


def _read_ids(rows: pa.ListArray, number: int) -> list[int]:
    ids: list[int] = rows.values[rows.offsets[number].as_py() : rows.offsets[number + 1].as_py()].to_pylist()
    return ids
