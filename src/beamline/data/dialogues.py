"""Files of dialogues with their summaries, read and checked: rows become `Dialogue` records.

What is checked here holds for everything after it: text is text, ids are unique, every dialogue of a split has as many
references, and no test dialogue is in the training data.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from beamline.core.errors import BeamlineError, quote
from beamline.core.params import Columns, Data
from beamline.core.records import Dialogue
from beamline.data.columns import (
    DIALOGUE_COLUMN,
    SUMMARY_COLUMN,
    add_paths,
    check_unique_ids,
    find_columns,
    find_id_column,
    split_cells,
    to_id,
)
from beamline.data.readers import ENDINGS, Row, describe_endings, read_rows

SPLITS = {"train": ("train",), "validation": ("validation", "dev"), "test": ("test",)}  # split: names of its file


@dataclass(frozen=True)
class Corpus:
    """The three splits, each in the order of its file, and what was found odd but let pass.

    `warnings` depend on the data alone (no absolute paths), so that a tracked file can hold them.
    """

    train: tuple[Dialogue, ...]
    validation: tuple[Dialogue, ...]
    test: tuple[Dialogue, ...]
    warnings: tuple[str, ...]


Located = dict[str, Dialogue]  # by `where`


def read_corpus(data: Data) -> Corpus:
    """Read the three splits in the directory `data.path`.

    A test dialogue that is also in train makes every score a measure of memory: an error, or with
    `data.allow_leakage` a warning. Overlaps with validation only blur the choice of a checkpoint: always a warning.
    Differences in white space are ignored.

    Raises `BeamlineError` for a path that is no directory, a split that is missing or there twice, leakage, and
    everything that `read_split` raises it for.
    """
    directory = Path(data.path)
    if not directory.is_dir():
        found = "a file; expected the directory that holds" if directory.exists() else "no such directory; expected"
        raise BeamlineError(
            f"{directory}: {found} train, validation (or dev) and test files"
            " (download a dataset of the hub with: beamline download ID --revision REVISION DIRECTORY)"
        )
    files = [_split_file(directory, split) for split in SPLITS]  # all are there before the first is read
    train, validation, test = (_read_located(path, data.columns) for path in files)

    leaks = _repeats(test, train)
    if leaks and not data.allow_leakage:
        where, source = next(iter(leaks.items()))
        raise BeamlineError(
            f"{where}: the dialogue of {quote(test[where].id)} is also in train ({source},"
            f" {quote(train[source].id)}); test dialogues that are: {len(leaks)} of {len(test)};"
            " remove them from one side, or set data.allow_leakage: true to make this a recorded warning"
        )
    overlaps = {
        "test dialogues are also in train": (leaks, test),
        "test dialogues are also in validation": (_repeats(test, validation), test),
        "validation dialogues are also in train": (_repeats(validation, train), validation),
    }
    return Corpus(
        train=tuple(train.values()),
        validation=tuple(validation.values()),
        test=tuple(test.values()),
        warnings=tuple(
            f"{len(repeats)} of {len(split)} {what}, first {_file_and_line(*next(iter(repeats.items())))}"
            for what, (repeats, split) in overlaps.items()
            if repeats
        ),
    )


def read_split(path: Path, columns: Columns) -> tuple[Dialogue, ...]:
    """Return the dialogues of one file, in its order; one without an id is called `train-1` after its file and number.

    Raises `BeamlineError` naming file and line (in Parquet, the row) for whatever makes a record unusable: see
    `read_rows` and `check_rows`.
    """
    return tuple(_read_located(path, columns).values())


def check_rows(rows: Iterable[Row], columns: Columns, source: str, split: str) -> Located:
    """Turn `rows` into dialogues; a row without an id is called after `split` and its number, from 1.

    Raises `BeamlineError` for what `to_dialogue` refuses, and for what no single row shows: no rows at all in
    `source`, an id that is there twice, or different numbers of references. Predictions are joined by id. A mean over
    references would mean something else for each dialogue if their number differed.
    """
    dialogues = {
        row.where: to_dialogue(row, columns, default_id=f"{split}-{number}") for number, row in enumerate(rows, 1)
    }
    if not dialogues:
        raise BeamlineError(f"{source}: no records; expected at least one dialogue with its summary")
    check_unique_ids((where, dialogue.id) for where, dialogue in dialogues.items())
    first, expected = next((where, len(dialogue.references)) for where, dialogue in dialogues.items())
    for where, dialogue in dialogues.items():
        if len(dialogue.references) != expected:
            raise BeamlineError(
                f"{where}: number of references is {len(dialogue.references)}, but {expected} at {first};"
                " give every record of a split as many"
            )
    return dialogues


def to_dialogue(row: Row, columns: Columns, default_id: str) -> Dialogue:
    """Return the dialogue that `row` holds, by the names in `columns` or else the usual ones.

    Raises `BeamlineError` for a missing column and for a cell that is null, blank, not text, or not writable as UTF-8.
    """
    row = add_paths(row, [name for _, name in columns if name])
    id_column = columns.id or find_id_column(row)
    dialogue_column = columns.dialogue or DIALOGUE_COLUMN
    return Dialogue(
        id=_id(row, id_column) if id_column else default_id,
        dialogue=_text(row, dialogue_column, _cell(row, "dialogue", dialogue_column)),
        references=_references(row, columns.summary or SUMMARY_COLUMN),
    )


def _read_located(path: Path, columns: Columns) -> Located:
    return check_rows(read_rows(path), columns, source=str(path), split=path.stem)


def _id(row: Row, column: str) -> str:
    return _text(row, column, to_id(_cell(row, "id", column)))


def _references(row: Row, column: str) -> tuple[str, ...]:
    """Return the texts of a column, which may hold lists, or those of `summary1`, `summary2`, ..."""
    if not (names := find_columns(column, row.cells)):
        _cell(row, "summary", column)
    return tuple(_text(row, name, value) for name, value in split_cells(row, names))


def _cell(row: Row, role: str, column: str) -> object:
    if column not in row.cells:
        raise BeamlineError(
            f"{row.where}: no column '{column}', found {', '.join(map(quote, row.cells)) or 'none'};"
            f" name the one that holds the {role} in data.columns.{role} (beamline download: --{role})"
        )
    return row.cells[column]


def _text(row: Row, column: str, value: object) -> str:
    problem = None
    if value is None or value == []:
        problem = "is empty"
    elif not isinstance(value, str):
        problem = f"is not text but {quote(value)}"
    elif not value.strip():
        problem = "is empty"
    elif "\0" in value:
        problem = "has a NUL character"
    elif not value.isascii() and re.search("[\ud800-\udfff]", value):
        problem = "has half of a surrogate pair, which is no character"
    if problem:
        raise BeamlineError(f"{row.where}: {column} {problem}; fix the record or remove it")
    assert isinstance(value, str)
    return value.replace("\r\n", "\n").replace("\r", "\n")


def _split_file(directory: Path, split: str) -> Path:
    paths = [directory / f"{name}{suffix}" for name in SPLITS[split] for suffix in ENDINGS]
    found = [path for path in paths if path.exists()]
    if len(found) > 1:
        raise BeamlineError(f"{directory}: {' and '.join(path.name for path in found)} are both {split}; keep one")
    if not found:
        present = sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
        raise BeamlineError(
            f"{directory}: no {split} file; expected {_either(SPLITS[split])} with the ending {describe_endings()},"
            f" found {', '.join(present[:10]) or 'nothing'}{', ...' if len(present) > 10 else ''}"
        )
    return found[0]


def _repeats(split: Located, earlier: Located) -> dict[str, str]:
    """Return where in `split` a dialogue of `earlier` is, and where in `earlier` it is first."""
    seen: dict[str, str] = {}
    for where, dialogue in earlier.items():
        seen.setdefault(" ".join(dialogue.dialogue.split()), where)
    texts = {where: " ".join(dialogue.dialogue.split()) for where, dialogue in split.items()}
    return {where: seen[text] for where, text in texts.items() if text in seen}


def _file_and_line(*wheres: str) -> str:
    return " = ".join(where.rpartition("/")[2] for where in wheres)


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
