"""A row of a file as a `Dialogue` record: which columns hold what, and text that is text."""

from beamline.core.errors import BeamlineError, quote
from beamline.core.params import Columns
from beamline.core.records import Dialogue
from beamline.data.columns import (
    DIALOGUE_COLUMN,
    OTHER_DIALOGUE_COLUMNS,
    OTHER_SUMMARY_COLUMNS,
    SUMMARY_COLUMN,
    add_paths,
    check_characters,
    find_columns,
    find_id_column,
    split_cells,
    to_id,
)
from beamline.data.readers import Row
from beamline.data.turns import join_turns

# The first name counts if a record has it, and else the only one of the others.
_USUAL = {
    "dialogue": (DIALOGUE_COLUMN, OTHER_DIALOGUE_COLUMNS),
    "summary": (SUMMARY_COLUMN, OTHER_SUMMARY_COLUMNS),
}


def to_dialogue(row: Row, columns: Columns, default_id: str, *, needs_summary: bool = True) -> Dialogue:
    """Return the dialogue that `row` holds, by the names in `columns` or else the usual ones.

    needs_summary: False if the column of summaries may be missing. The dialogue then has no references.

    A dialogue may be given as turns: see `join_turns`. Raises `BeamlineError` for a row that can't be read, for a
    missing column, for several usual ones, and for a cell that is null, blank, not text, or not writable as UTF-8.
    """
    key, text = to_source(row, columns, default_id)
    row = add_paths(row, columns.named)
    return Dialogue(key, text, _references(row, columns.summary or _find_usual(row, "summary"), needs_summary))


def to_source(row: Row, columns: Columns, default_id: str) -> tuple[str, str]:
    """Return id and text of the dialogue that `row` holds, with or without references.

    Raises `BeamlineError` as `to_dialogue` does.
    """
    if row.problem:
        raise BeamlineError(f"{row.where}: {row.problem}")
    row = add_paths(row, columns.named)
    id_column = columns.id or find_id_column(row)
    column = columns.dialogue or _find_usual(row, "dialogue")
    key = _id(row, id_column) if id_column else default_id
    _cell(row, "dialogue", column)
    return key, _text(row, "dialogue", column, join_turns(row, column))


def name_columns(row: Row, columns: Columns) -> dict[str, list[str]]:
    """Return by role the columns that `to_dialogue` takes from this row."""
    row = add_paths(row, columns.named)
    id_column = columns.id or find_id_column(row)
    return {
        "id": [] if id_column is None else [id_column],
        "dialogue": [columns.dialogue or _find_usual(row, "dialogue")],
        "summary": find_columns(columns.summary or _find_usual(row, "summary"), row.cells),
    }


def _id(row: Row, column: str) -> str:
    return _text(row, "id", column, to_id(_cell(row, "id", column)))


def _references(row: Row, column: str, needed: bool) -> tuple[str, ...]:
    """Return the texts of a column, which may hold lists, or those of `summary1`, `summary2`, ..."""
    if not (names := find_columns(column, row.cells)) and needed:
        _cell(row, "summary", column)
    return tuple(_text(row, "summary", name, value) for name, value in split_cells(row, names))


def _find_usual(row: Row, role: str) -> str:
    """Return the usual column of a role; the first name if the record has none. Raises `BeamlineError` for several."""
    first, others = _USUAL[role]
    if find_columns(first, row.cells):
        return first
    found = [name for name in others if find_columns(name, row.cells)]
    if not found:
        return first
    if len(found) > 1:
        raise BeamlineError(
            f"{row.where}: {' and '.join(map(quote, found))} could both hold the {role};"
            f" name the one that does in data.columns.{role} (beamline import: --{role})"
        )
    return found[0]


def _cell(row: Row, role: str, column: str) -> object:
    if column not in row.cells:
        raise BeamlineError(
            f"{row.where}: no column '{column}', found {', '.join(map(quote, row.cells)) or 'none'};"
            f" name the one that holds the {role} in data.columns.{role} (beamline import: --{role})"
        )
    return row.cells[column]


def _text(row: Row, role: str, column: str, value: object) -> str:
    problem, fix = None, "fix the record or remove it"
    if value is None or value == []:
        problem = "is empty"
    elif not isinstance(value, str):
        problem = f"is not text but {quote(value)}"
        fix = f"fix the record, or name the column that holds the {role} in data.columns.{role}"
    elif not value.strip():
        problem = "is empty"
    elif "\0" in value:
        problem = "has a NUL character"
    if problem:
        raise BeamlineError(f"{row.where}: {column} {problem}; {fix}")
    assert isinstance(value, str)
    return check_characters(row, column, value).replace("\r\n", "\n").replace("\r", "\n")
