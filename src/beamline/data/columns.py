"""Which columns of a record hold what. The names of columns that are known without being told are here alone."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from beamline.core.errors import BeamlineError, quote
from beamline.data.readers import Row

ID_COLUMNS = ("id", "ID", "Id", "fname")
DIALOGUE_COLUMN = "dialogue"
SUMMARY_COLUMN = "summary"  # of a data set: one column, or the stem of summary1, summary2, ...
# In a data set without the name above, the only one of these counts. They are what authors of dialogue data use.
OTHER_DIALOGUE_COLUMNS = (
    "dialog", "conversation", "conversations", "chat", "messages", "turns", "utterances", "utt",
    "transcript", "transcripts", "meeting_transcript", "meeting_transcripts",
)  # fmt: skip
OTHER_SUMMARY_COLUMNS = ("summaries", "note", "section_text", "abstract", "highlights")

# `summary` comes last: it is a reference in data sets, and a prediction in what models write. It counts if no other
# name is there. The others say which of the two they are.
PREDICTION_COLUMNS = ("prediction", "predictions", "hypothesis", "predicted_summary", "generated_summary", "summary")
REFERENCE_COLUMNS = (
    "references", "reference", "reference_summary", "gold_summary", "target", "highlights", "summary",
)  # fmt: skip


def find_columns(name: str, columns: Iterable[str]) -> list[str]:
    """Return the column of that name, or else the numbered ones that it is the stem of, in the order of their numbers.

    `summary` means `summary1`, `summary2`, ... if there is no column `summary`. Empty if there is neither.
    """
    if name in columns:
        return [name]
    numbered = [column for column in columns if column.startswith(name) and column.removeprefix(name).isdecimal()]
    return sorted(numbered, key=lambda column: int(column.removeprefix(name)))


def add_paths(row: Row, names: Iterable[str]) -> Row:
    """Return the row with a column for every dotted path of `names`: `output.summary` is in the object `output`.

    A column that has the whole name is meant first. The last part of a path may be the stem of numbered names. A path
    that leads nowhere adds nothing.
    """
    added: dict[str, object] = {}
    for name in names:
        path, dot, last = name.rpartition(".")
        if not dot or find_columns(name, row.cells):
            continue
        inner: object = row.cells
        for part in path.split("."):
            inner = inner.get(part) if isinstance(inner, Mapping) else None
        if isinstance(inner, Mapping):
            added |= {f"{path}.{column}": inner[column] for column in find_columns(last, inner)}
    return Row(row.where, {**row.cells, **added}) if added else row


def choose_columns(row: Row, named: Sequence[str], usual: Sequence[str], taken: Sequence[str], fix: str) -> list[str]:
    """Return all columns that are `named`; without them, those of the `usual` name that is there.

    The last usual name counts only if none of the others is there. The only column left never counts: it may hold ids,
    dialogues or scores. Columns that are `taken` for something else don't count, either.

    Raises `BeamlineError`, which ends with `fix`, if a named column or every usual one is missing, or if it is not
    clear which usual one is meant.
    """
    columns = [column for column in row.cells if column not in taken]
    *clear, fallback = usual
    found = {name: find_columns(name, columns) for name in named or clear}
    if not named:
        found = {name: chosen for name, chosen in found.items() if chosen} or {
            fallback: find_columns(fallback, columns)
        }
        if len(found) > 1:
            raise BeamlineError(f"{row.where}: {' and '.join(found)} could both be the column that is meant; {fix}")
    if missing := next((name for name, chosen in found.items() if not chosen), None):
        raise BeamlineError(
            f"{row.where}: no column {missing if named else ' or '.join(usual)}, found {list_columns(columns)}"
            f"{' beside ' + list_columns(taken) if taken else ''}; {fix}"
        )
    return [column for chosen in found.values() for column in chosen]


def list_columns(columns: Iterable[str]) -> str:
    """Return the names as errors list them. They are in quotes, because tables of pandas have a column without name."""
    return ", ".join(map(quote, columns)) or "no other"


def split_cells(row: Row, columns: Iterable[str]) -> Iterator[tuple[str, object]]:
    """Yield name and value of each cell; a list gives several values, named `summary[0]`, `summary[1]`, ...

    Raises `BeamlineError` if a column is missing.
    """
    for column in columns:
        if column not in row.cells:
            raise BeamlineError(
                f"{row.where}: no column {column}, found {list_columns(row.cells)}; every record needs it"
            )
        value = row.cells[column]
        if isinstance(value, list) and value:
            yield from ((f"{column}[{index}]", item) for index, item in enumerate(value))
        else:
            yield column, value


def check_characters(row: Row, column: str, text: str) -> str:
    """Return the text. Raises `BeamlineError` for half of a surrogate pair, which JSON can escape and nothing write."""
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise BeamlineError(
            f"{row.where}: {column} has half of a surrogate pair, which is no character; fix the record or remove it"
        )
    return text


def read_texts(row: Row, columns: Iterable[str]) -> list[str]:
    """Return the texts of these cells. Raises `BeamlineError` if a column is missing or a value is not text."""
    texts = []
    for name, value in split_cells(row, columns):
        if not isinstance(value, str):
            raise BeamlineError(f"{row.where}: {name} holds {json.dumps(value, default=str)[:60]}, expected text")
        texts.append(check_characters(row, name, value))
    return texts


def find_id_column(row: Row) -> str | None:
    """Return the usual column of ids that the record has, or None."""
    return next((column for column in ID_COLUMNS if column in row.cells), None)


def read_id(row: Row) -> str | None:
    """Return the record's id as text; None if it has none, or an empty one.

    Raises `BeamlineError` for an id that is neither text nor a whole number.
    """
    column = find_id_column(row)
    if column is None or row.cells[column] in (None, ""):
        return None
    key = to_id(row.cells[column])
    if not isinstance(key, str):
        raise BeamlineError(f"{row.where}: {column} is not text but {quote(key)}; write ids as text")
    return key


def to_id(value: object) -> object:
    """Return a whole number as text, and everything else as it is.

    Text and numbers are the same ids, because CSV has only text. 7.0 is 7, because pandas makes that of a column of
    whole numbers in which one is missing.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if type(value) is int else value


def check_unique_ids(places: Iterable[tuple[str, str]]) -> None:
    """Raise `BeamlineError` if an id is there twice. places: where a record is, and its id."""
    first: dict[str, str] = {}
    for where, key in places:
        if (taken := first.setdefault(key, where)) != where:
            raise BeamlineError(f"{where}: id {quote(key)} is at {taken} already; give every record its own")
