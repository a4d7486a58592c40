"""Plain text: a file with a text a line. Its ending says nothing, so its content must be no JSON and no table."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from beamline.core.errors import BeamlineError
from beamline.data.columns import DIALOGUE_COLUMN, ID_COLUMNS, PREDICTION_COLUMNS, REFERENCE_COLUMNS
from beamline.data.readers import Row, is_record
from beamline.data.text_files import read_lines

PLAIN_TEXT = "(plain text)"  # the column of a file that has none

_USUAL_COLUMNS = {name.lower() for name in (DIALOGUE_COLUMN, *ID_COLUMNS, *PREDICTION_COLUMNS, *REFERENCE_COLUMNS)}
_SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}


def read_plain_text(path: Path) -> list[Row]:
    """Return the lines of a file as records of one column, `PLAIN_TEXT`. A blank line is an empty text.

    Raises `BeamlineError` for a file that can't be read, that is compressed, or that holds JSON or a table: scores of
    braces, names and ids would look like scores of texts. The whole content decides:

    - It is JSON if its first value, up to the end of a line, is an object or a list of objects or texts. It is JSON,
      too, if half of its lines are objects.
    - It is a table if its lines all have the same number of tabs between words. It is a table, too, if its first line
      is names of columns, half of them usual ones, and half of the other lines have the same separator. A single line
      is no table.

    So a text may begin with a brace, and may have tabs and commas.
    """
    lines = [line.removesuffix("\n").removesuffix("\r") for line in read_lines(path, unpack=False)]
    filled = [line for line in lines if line.strip()]
    if _holds_json(filled):
        raise BeamlineError(f"{path}: JSON, not plain text; change the ending of its name to .json")
    if separator := _find_separator(filled):
        raise BeamlineError(
            f"{path}: a table whose columns {_SEPARATORS[separator]} separate, not plain text; keep the column of texts"
            " alone, or name the columns in the first line and change the ending of the file's name to"
            f" {'.tsv' if separator == chr(9) else '.csv'}"
        )
    return [Row(f"{path}:{number}", {PLAIN_TEXT: line}) for number, line in enumerate(lines, 1)]


def _holds_json(lines: Sequence[str]) -> bool:
    text = "\n".join(lines).lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        value, end = None, 0
    items = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    if any(item and isinstance(item, dict | str) for item in items) and not text[end:].partition("\n")[0].strip():
        return True
    return 0 < len(lines) <= 2 * sum(is_record(line.strip().removesuffix(",")) for line in lines)


def _find_separator(lines: Sequence[str]) -> str | None:
    """Return what separates the columns if these lines are a table, or None."""
    if len(lines) < 2:
        return None
    if len(tabs := {line.strip().count("\t") for line in lines}) == 1 and tabs != {0}:
        return "\t"
    for separator in _SEPARATORS:
        header = [name.strip(' "').lower() for name in lines[0].split(separator)]
        usual = sum(name.rstrip("0123456789") in _USUAL_COLUMNS for name in header)
        alike = sum(separator in line for line in lines[1:])
        are_names = len(header) > 1 and all(re.fullmatch(r"[\w -]*", name) for name in header)
        if are_names and 2 * usual >= len(header) and 2 * alike >= len(lines) - 1:
            return separator
    return None
