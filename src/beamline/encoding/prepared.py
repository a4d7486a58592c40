"""data/prepared: what `prepare` writes and the later stages read. Token ids are unpadded, beside their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.records import Dialogue
from beamline.encoding.codec import TextCodec

SPLITS = ("train", "validation", "test")
SAMPLE = 80  # dialogues that a model is tried on: a score's interval is about 4 points wide

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


def encode_split(dialogues: Sequence[Dialogue], codec: TextCodec) -> list[EncodedDialogue]:
    """Return the dialogues of a split with their token ids, in their order."""
    sources = codec.encode_dialogues([dialogue.dialogue for dialogue in dialogues])
    targets = iter(codec.encode_summaries([text for dialogue in dialogues for text in dialogue.references]))
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


@dataclass(frozen=True)
class Example:
    """One dialogue with one reference, as token ids within the limits."""

    dialogue_id: str
    input_ids: list[int]
    labels: list[int]


def examples(dialogues: Sequence[EncodedDialogue]) -> list[Example]:
    """Return each dialogue once for every reference that it has."""
    return [
        Example(dialogue.record.id, dialogue.input_ids, labels) for dialogue in dialogues for labels in dialogue.labels
    ]


def first_references(dialogues: Sequence[EncodedDialogue]) -> list[Example]:
    """Return each dialogue once, with the first of its references."""
    return [Example(dialogue.record.id, dialogue.input_ids, dialogue.labels[0]) for dialogue in dialogues]


def draw_rows(count: int, drawn: int, seed: int) -> list[int]:
    """Return `drawn` of `count` rows, all if there are fewer, drawn by the seed, ascending."""
    return sorted(np.random.default_rng(seed).choice(count, min(drawn, count), replace=False).tolist())


def draw_dialogues(dialogues: Sequence[EncodedDialogue], count: int | None, seed: int) -> Sequence[EncodedDialogue]:
    """Return `count` dialogues drawn without replacement, in the order of the data, or all of them for None."""
    if count is None or count >= len(dialogues):
        return dialogues
    return [dialogues[row] for row in draw_rows(len(dialogues), count, seed)]


def write_split(directory: Path, split: str, dialogues: Sequence[EncodedDialogue]) -> None:
    """Write a split as Parquet, with checksums, into `directory`."""
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
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    pq.write_table(table, directory / f"{split}.parquet", write_page_checksum=True)


def read_split(split: str, directory: Path = paths.PREPARED) -> list[EncodedDialogue]:
    """Return what `write_split` wrote. Raises `BeamlineError` if the file is missing or damaged."""
    path = directory / f"{split}.parquet"
    try:
        rows = pq.read_table(path, schema=_SCHEMA, page_checksum_verification=True).to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise BeamlineError(f"{path}: not readable ({str(error).splitlines()[0]}); run: dvc repro prepare") from None
    return [
        EncodedDialogue(
            Dialogue(row["id"], row["dialogue"], tuple(row["references"])),
            row["input_ids"],
            row["labels"],
            row["source_tokens"],
            row["target_tokens"],
        )
        for row in rows
    ]


def read_codec(directory: Path = paths.PREPARED) -> TextCodec:
    """Return the tokenizer that `prepare` wrote. Raises `BeamlineError` if it is missing or unreadable."""
    return TextCodec.load(directory / "tokenizer")
