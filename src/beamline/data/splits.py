"""The three splits of a directory of dialogues: their files, their dialogues, and what holds for a whole split.

Every pass reads the files anew, a few rows at a time. What stays in memory are a few bytes for each dialogue.
"""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beamline.core.errors import BeamlineError, quote
from beamline.core.params import Columns
from beamline.core.records import Dialogue
from beamline.data.dialogues import to_dialogue
from beamline.data.problems import Problems
from beamline.data.readers import Row, describe_endings, read_all_rows, split_ending

Hashes = npt.NDArray[np.uint64]

NAMES = {"train": ("train",), "validation": ("validation", "valid", "val", "dev"), "test": ("test",)}  # of files


@dataclass(frozen=True)
class RowFile:
    """The records of a file, read anew by every iteration."""

    path: Path

    def __iter__(self) -> Iterator[Row]:
        return read_all_rows(self.path)


@dataclass(frozen=True)
class RawSplit:
    """The dialogues of a split, in the order of its records.

    source: what it is of, for errors. stem: a dialogue without an id is called `train-1` after it. records: may be
    iterated again. needs_summary: as in `to_dialogue`. rows: their number, once they are counted. left_out: rows, from
    0, that are not among the dialogues.
    """

    source: str
    stem: str
    records: Iterable[Row]
    columns: Columns
    needs_summary: bool = True
    rows: int = 0
    left_out: Collection[int] = frozenset()

    def __len__(self) -> int:
        return self.rows - len(self.left_out)

    def __iter__(self) -> Iterator[Dialogue]:
        """Yield the dialogues. Raises `BeamlineError` for what `read_all_rows` and `to_dialogue` refuse."""
        numbered = enumerate(self.records)
        return (self.to_dialogue(number, row) for number, row in numbered if number not in self.left_out)

    def to_dialogue(self, number: int, row: Row) -> Dialogue:
        """Return the dialogue of a record. number: from 0."""
        default_id = f"{self.stem}-{number + 1}"
        return to_dialogue(row, self.columns, default_id, needs_summary=self.needs_summary)


@dataclass(frozen=True)
class Scan:
    """What is kept of every row of a split: 64 bits for its id, and 64 bits for its dialogue.

    Dialogues that differ in white space only have the same bits. Among a million dialogues, two different ones have the
    same with a probability of 3e-8. references: their number for each dialogue.
    """

    ids: Hashes
    dialogues: Hashes
    references: int


def find_files(directory: Path) -> dict[str, Path]:
    """Return the file of each split. Raises `BeamlineError` if a split is missing, or there twice."""
    if not directory.is_dir():
        found = "a file; expected the directory that holds" if directory.exists() else "no such directory; expected"
        raise BeamlineError(
            f"{directory}: {found} train, validation (or dev) and test files"
            " (bring other data into this form with: beamline import SOURCE DIRECTORY)"
        )
    files = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    return {split: _find_file(directory, files, split) for split in NAMES}


def open_split(path: Path, columns: Columns) -> RawSplit:
    """Return the dialogues of a file, whose columns have these names or the usual ones."""
    return RawSplit(str(path), _stem(path), RowFile(path), columns)


def scan_split(split: RawSplit, problems: Problems) -> Scan:
    """Read a split once, note in `problems` what can't be used, and return what all rows have in short.

    A row is a problem if `to_dialogue` refuses it, if its id is there already, or if it has another number of
    references than the first. Predictions are joined by id. A mean over references would mean something else for each
    dialogue if their number differed. A file that can't be read to its end, or that is empty, is a problem, too.
    """
    ids, dialogues = array("Q"), array("Q")
    references: tuple[str, int] | None = None
    try:
        for number, row in enumerate(split.records):
            try:
                dialogue = split.to_dialogue(number, row)
            except BeamlineError as error:
                problems.add(error)
                ids.append(number)  # no other row's, as no hash is so small
                dialogues.append(number)
                continue
            ids.append(hash_text(dialogue.id))
            dialogues.append(hash_text(" ".join(dialogue.dialogue.split())))
            found = len(dialogue.references)
            first, expected = references = references or (row.where, found)
            if found != expected:
                how_many = f"number of references is {found}, but {expected} at {first}"
                problems.add(BeamlineError(f"{row.where}: {how_many}; give every record of a split as many"))
        if not ids:
            raise BeamlineError(f"{split.source}: no records; expected at least one dialogue with its summary")
        _find_repeated_ids(split, np.array(ids, np.uint64), problems)
    except BeamlineError as error:
        problems.add(error)
    return Scan(np.array(ids, np.uint64), np.array(dialogues, np.uint64), references[1] if references else 0)


def find_tokens(split: RawSplit, tokens: Sequence[str], problems: Problems) -> None:
    """Note in `problems` each row with a text that holds one of these special tokens of a tokenizer."""
    for number, row in enumerate(split.records):
        if number in split.left_out:
            continue
        dialogue = split.to_dialogue(number, row)
        text = "\n".join((dialogue.dialogue, *dialogue.references))
        if token := next((token for token in tokens if token in text), None):
            problems.add(
                BeamlineError(
                    f"{row.where}: the text has {quote(token)}, a special token of the tokenizer, which is no text;"
                    " take it out of the data, or write it differently"
                )
            )


def _find_repeated_ids(split: RawSplit, ids: Hashes, problems: Problems) -> None:
    _, groups, counts = np.unique(ids, return_inverse=True, return_counts=True)
    repeated = counts[groups] > 1
    if not repeated.any():
        return
    first: dict[str, str] = {}
    for number, row in enumerate(split.records):
        if repeated[number]:
            key = split.to_dialogue(number, row).id
            if (taken := first.setdefault(key, row.where)) != row.where:
                is_there = f"id {quote(key)} is at {taken} already"
                problems.add(BeamlineError(f"{row.where}: {is_there}; give every record its own"))


def hash_text(text: str) -> int:
    """Return 64 bits of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _find_file(directory: Path, files: Sequence[Path], split: str) -> Path:
    names = NAMES[split]
    found = [path for name in names for path in files if split_ending(path) and _stem(path).lower() == name]
    if len(found) > 1:
        raise BeamlineError(f"{directory}: {' and '.join(path.name for path in found)} are both {split}; keep one")
    if not found:
        present = [path.name for path in files]
        raise BeamlineError(
            f"{directory}: no {split} file; expected {' or '.join(names)} with the ending {describe_endings()},"
            f" found {', '.join(present[:10]) or 'nothing'}{', ...' if len(present) > 10 else ''}"
        )
    return found[0]


def _stem(path: Path) -> str:
    known = split_ending(path)
    return path.stem if known is None else known[0]
