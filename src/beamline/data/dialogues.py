"""A row of a file as a `Dialogue` record: which columns hold what, and text that is text."""

import re

from beamline.core.errors import BeamlineError, quote
from beamline.core.params import Columns
from beamline.core.records import Dialogue
from beamline.data.columns import (
    DIALOGUE_COLUMN,
    SUMMARY_COLUMN,
    add_paths,
    find_columns,
    find_id_column,
    split_cells,
    to_id,
)
from beamline.data.readers import Row


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


def name_columns(row: Row, columns: Columns) -> dict[str, list[str]]:
    """Return by role the columns that `to_dialogue` takes from this row."""
    row = add_paths(row, [name for _, name in columns if name])
    id_column = columns.id or find_id_column(row)
    return {
        "id": [] if id_column is None else [id_column],
        "dialogue": [columns.dialogue or DIALOGUE_COLUMN],
        "summary": find_columns(columns.summary or SUMMARY_COLUMN, row.cells),
    }


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
            f" name the one that holds the {role} in data.columns.{role} (beamline import: --{role})"
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
