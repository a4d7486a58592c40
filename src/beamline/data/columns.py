"""Which columns of a record hold what. The names of columns that are known without being told are here alone."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from beamline.core.errors import BeamlineError, quote
from beamline.data.readers import Row

ID_COLUMNS = ("id", "fname")
DIALOGUE_COLUMN = "dialogue"
SUMMARY_COLUMN = "summary"  # of a data set: one column, or the stem of summary1, summary2, ...
# In a data set without the name above, the only one of these counts. They are what authors of dialogue data use.
OTHER_DIALOGUE_COLUMNS = (
    "dialog", "conversation", "conversations", "chat", "messages", "turns", "utterances", "utt",
    "transcript", "transcripts", "meeting_transcript", "meeting_transcripts",
)  # fmt: skip
OTHER_SUMMARY_COLUMNS = ("summaries", "note", "section_text", "abstract", "highlights")
PREDICTION_COLUMNS = ("prediction", "predictions", "summary")
REFERENCE_COLUMNS = ("references", "reference", "summary")


def find_columns(name: str, columns: Iterable[str]) -> list[str]:
    """Return the column of that name, or else the numbered ones that it is the stem of, in the order of their numbers.

    `summary` means `summary1`, `summary2`, ... if there is no column `summary`. Empty if there is neither.
    """
    if name in columns:
        return [name]
    numbered = [column for column in columns if re.fullmatch(re.escape(name) + r"\d+", column)]
    return sorted(numbered, key=lambda column: int(column.removeprefix(name)))


def choose_columns(row: Row, named: Sequence[str], usual: Sequence[str], taken: Sequence[str], fix: str) -> list[str]:
    """Return all columns that are `named`; else those of the first `usual` name that is there; else the only column.

    Columns that are `taken` for something else don't count. Raises `BeamlineError`, which ends with `fix`, if that
    gives none.
    """
    columns = [column for column in row.cells if column not in taken]
    found = {name: find_columns(name, columns) for name in named or usual}
    if named and all(found.values()):
        return [column for name in named for column in found[name]]
    if not named:
        if usual_columns := next(filter(None, found.values()), None):
            return usual_columns
        if len(columns) == 1:
            return columns
    missing = next((name for name in named if not found[name]), " or ".join(usual))
    raise BeamlineError(f"{row.where}: no column {missing}, found {', '.join(columns) or 'no other'}; {fix}")


def split_cells(row: Row, columns: Iterable[str]) -> Iterator[tuple[str, object]]:
    """Yield name and value of each cell; a list gives several values, named `summary[0]`, `summary[1]`, ...

    Raises `BeamlineError` if a column is missing.
    """
    for column in columns:
        if column not in row.cells:
            raise BeamlineError(f"{row.where}: no column {column}, found {', '.join(row.cells)}; every record needs it")
        value = row.cells[column]
        if isinstance(value, list) and value:
            yield from ((f"{column}[{index}]", item) for index, item in enumerate(value))
        else:
            yield column, value


def read_texts(row: Row, columns: Iterable[str]) -> list[str]:
    """Return the texts of these cells. Raises `BeamlineError` if a column is missing or a value is not text."""
    texts = []
    for name, value in split_cells(row, columns):
        if not isinstance(value, str):
            raise BeamlineError(f"{row.where}: {name} holds {json.dumps(value, default=str)[:60]}, expected text")
        texts.append(value)
    return texts


def find_id_column(row: Row) -> str | None:
    """Return the usual column of ids that the record has, or None."""
    return next((column for column in ID_COLUMNS if column in row.cells), None)


def read_id(row: Row) -> str | None:
    """Return the record's id as text; None if it has none, or an empty one."""
    column = find_id_column(row)
    value = None if column is None else row.cells[column]
    return None if value is None or value == "" else str(value)


def check_unique_ids(places: Iterable[tuple[str, str]]) -> None:
    """Raise `BeamlineError` if an id is there twice. places: where a record is, and its id."""
    first: dict[str, str] = {}
    for where, key in places:
        if (taken := first.setdefault(key, where)) != where:
            raise BeamlineError(f"{where}: id {quote(key)} is at {taken} already; give every record its own")
