"""A system's predictions: from reports/predictions.jsonl of any revision, or from files of any system."""

import math
from collections.abc import Sequence
from pathlib import Path

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.records import Predictions
from beamline.data.columns import (
    DIALOGUE_COLUMN,
    PREDICTION_COLUMNS,
    REFERENCE_COLUMNS,
    add_paths,
    check_characters,
    check_unique_ids,
    choose_columns,
    read_id,
    read_texts,
    split_cells,
)
from beamline.data.plain_text import PLAIN_TEXT, read_plain_text
from beamline.data.readers import Row, describe_endings, parse_jsonl, read_rows, split_ending

_RENAME = "rename the one to read"
_EXPECTED = f"expected columns summary and references, as in {paths.PREDICTIONS}"


def read_predictions(path: Path) -> Predictions:
    """Read a file that holds both summaries and references: reports/predictions.jsonl, or one with the same columns.

    Raises `BeamlineError` for a file that can't be read or holds nothing, for columns that are not there, for values
    that are not text, and for an id that is there twice.
    """
    return _to_predictions(_read_records(path))


def parse_predictions(
    text: str, source: str, *, needs_references: bool = True
) -> tuple[Predictions, dict[str, list[float]]]:
    """Return what the text of a reports/predictions.jsonl holds: predictions, and their scores by column name, in 0-1.

    source: the file as errors name it. needs_references: False if a test split without any is no error. The scores are
    those that every row has; null, for what is undefined, is NaN.
    Raises `BeamlineError` as `read_predictions` does.
    """
    rows = list(parse_jsonl(text.split("\n"), source))
    if not rows:
        raise BeamlineError(f"{source}: empty; expected one JSON object a line")
    return _to_predictions(rows, needs_references=needs_references), _read_scores(rows)


def join_references(
    path: Path,
    reference_paths: Sequence[Path],
    *,
    column: str | None = None,
    reference_columns: Sequence[str] = (),
    fixes: tuple[str, str] = (_RENAME, _RENAME),
    unique: bool = False,
) -> Predictions:
    """Read summaries of one file and references of others, whose rows are in the same order.

    Files are in any of `readers.FORMATS`, or plain text, a text a line. `path` may be one of `reference_paths`.
    column, reference_columns: names of columns, or dotted paths, instead of the usual ones. fixes: what an error
    proposes if the column of summaries or that of references is not found. unique: whether an id that is twice in a
    file is an error.

    Raises `BeamlineError` for a file that can't be read or holds nothing, for files with different numbers of rows or
    with ids in different orders, for columns that are not there, for values that are not text, and for blank
    references.
    """
    named = [column] if column else []
    rows = _read_records(path, [*named, *reference_columns])
    references_by_path = {
        other: rows if other == path else _read_records(other, reference_columns) for other in reference_paths
    }
    for other, other_rows in references_by_path.items():
        _check_order(path, rows, other, other_rows)
    if unique:
        for file_rows in (rows, *references_by_path.values()):
            _check_unique_ids(file_rows)

    names = _choose(rows[0], named, PREDICTION_COLUMNS, [], fixes[0])
    summaries = [_read_summary(row, names, fixes[0]) for row in rows]
    references: list[list[str]] = [[] for _ in rows]
    for other_rows in references_by_path.values():
        taken = names if other_rows is rows else []
        if PLAIN_TEXT in taken:
            raise BeamlineError(
                f"{rows[0].where}: plain text has no column of references; give a file of references, too"
            )
        other_names = _choose(other_rows[0], reference_columns, REFERENCE_COLUMNS, taken, fixes[1])
        for texts, row in zip(references, other_rows, strict=True):
            texts.extend(_read_references(row, other_names))
    return Predictions(_read_ids(rows), _read_dialogues(rows), references, summaries)


def _read_records(path: Path, named: Sequence[str] = ()) -> list[Row]:
    """Return the records of a table, or the lines of any other file as records of one column.

    named: columns that may be dotted paths.
    """
    is_table = split_ending(path) is not None
    rows = [add_paths(row, named) for row in read_rows(path)] if is_table else read_plain_text(path)
    if not rows:
        raise BeamlineError(f"{path}: empty; expected one summary a line or a record")
    return rows


def _choose(row: Row, named: Sequence[str], usual: Sequence[str], taken: Sequence[str], fix: str) -> list[str]:
    if PLAIN_TEXT in row.cells:
        if named:
            raise BeamlineError(f"{row.where}: plain text has no column {named[0]}; leave out its name")
        return [PLAIN_TEXT]
    return choose_columns(row, named, usual, taken, fix)


def _to_predictions(rows: Sequence[Row], *, needs_references: bool = True) -> Predictions:
    if PLAIN_TEXT in rows[0].cells:
        raise BeamlineError(
            f"{rows[0].where}: plain text is for beamline score, or beamline diagnose --predictions; {_EXPECTED},"
            f" in a file that ends in {describe_endings()}"
        )
    names = choose_columns(rows[0], [], PREDICTION_COLUMNS, [], _EXPECTED)
    reference_names = choose_columns(rows[0], [], REFERENCE_COLUMNS, names, _EXPECTED)
    if all(row.cells.get(name) == [] for row in rows for name in reference_names):
        reference_names = []
    if not reference_names and needs_references:
        path = rows[0].where.rpartition(":")[0]
        raise BeamlineError(
            f"{path}: no references, as test had none; score these summaries with: beamline score {path} REFERENCES"
        )
    _check_unique_ids(rows)
    return Predictions(
        ids=_read_ids(rows),
        dialogues=_read_dialogues(rows),
        references=[_read_references(row, reference_names) for row in rows],
        summaries=[_read_summary(row, names, "keep one of them") for row in rows],
    )


def _read_summary(row: Row, names: Sequence[str], fix: str) -> str:
    texts = read_texts(row, names)
    if len(texts) > 1:
        raise BeamlineError(f"{row.where}: {len(texts)} summaries, expected one; {fix}")
    return texts[0]


def _read_references(row: Row, names: Sequence[str]) -> list[str]:
    """Return the references of a row. Raises `BeamlineError` for a blank one: every summary would score 0 by it."""
    texts = read_texts(row, names)
    for (name, _), text in zip(split_cells(row, names), texts, strict=True):
        if not text.strip():
            column = "" if name == PLAIN_TEXT else f" in {name}"
            raise BeamlineError(f"{row.where}: blank reference{column}; write it, or remove the record from all files")
    return texts


def _read_ids(rows: Sequence[Row]) -> list[str] | None:
    ids = [key for row in rows if (key := read_id(row)) is not None]
    return ids if len(ids) == len(rows) else None


def _check_unique_ids(rows: Sequence[Row]) -> None:
    check_unique_ids((row.where, key) for row in rows if (key := read_id(row)) is not None)


def _read_dialogues(rows: Sequence[Row]) -> list[str] | None:
    found = [(row, str(row.cells[DIALOGUE_COLUMN])) for row in rows if row.cells.get(DIALOGUE_COLUMN)]
    dialogues = [check_characters(row, DIALOGUE_COLUMN, text) for row, text in found]
    return dialogues if len(dialogues) == len(rows) else None


def _read_scores(rows: Sequence[Row]) -> dict[str, list[float]]:
    found = [scores if isinstance(scores := row.cells.get("scores"), dict) else {} for row in rows]
    return {
        name: [math.nan if scores[name] is None else float(scores[name]) for scores in found]
        for name in found[0]
        if all(name in scores and isinstance(scores[name], int | float | None) for scores in found)
    }


def _check_order(path: Path, rows: Sequence[Row], other_path: Path, others: Sequence[Row]) -> None:
    if len(rows) != len(others):
        raise BeamlineError(
            f"{other_path}: holds {len(others)}, but {path} {len(rows)}; give one reference for each summary, in order"
        )
    for row, other in zip(rows, others, strict=True):
        mine, theirs = read_id(row), read_id(other)
        if None not in (mine, theirs) and mine != theirs:
            raise BeamlineError(f"{other.where}: id is {theirs!r}, but {mine!r} at {row.where}; sort both alike")
