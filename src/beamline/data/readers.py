"""Records of JSON lines, CSV and Parquet files, whatever they hold, each with its place in the file."""

import ast
import csv
import io
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beamline.core.errors import BeamlineError, quote


@dataclass(frozen=True)
class Row:
    """A record as it is in its source. `where` opens every error about it: `data/train.csv:17`."""

    where: str
    cells: Mapping[str, object]


def read_rows(path: Path) -> Iterator[Row]:
    """Return the records of a JSON lines, CSV or Parquet file, whatever they hold.

    Raises `BeamlineError` for a file that can't be read: none there, another kind, damaged, not UTF-8, or with NUL
    bytes; for a line that is no JSON object; for CSV rows whose cells don't match the header.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        raise BeamlineError(f"{path}: unknown kind of file; expected one that ends in {' or '.join(READERS)}")
    return reader(path)


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without the byte order mark that it may begin with; line ends are as they are.

    Raises `BeamlineError` for a file that can't be read, that is not UTF-8, or that has a NUL byte.
    """
    try:
        text = _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BeamlineError(
            f"{path}:{line}: not UTF-8: byte 0x{error.object[error.start]:02x}; save the file as UTF-8"
        ) from None
    if (position := text.find("\0")) >= 0:
        line = text.count("\n", 0, position) + 1
        raise BeamlineError(f"{path}:{line}: a NUL byte; the file is damaged or not UTF-8: save it again as UTF-8")
    return text


def parse_jsonl(text: str, source: str) -> Iterator[Row]:
    """Yield the records of JSON lines. source: the file that they are from, as errors name it."""
    # Not splitlines(): it would also split at U+2028 and others that JSON allows inside a text.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield Row(where := f"{source}:{number}", _parse_object(line, where))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BeamlineError(f"{path}: can't be read: {error.strerror or error}") from None


def _read_jsonl(path: Path) -> Iterator[Row]:
    return parse_jsonl(read_text(path), str(path))


def _parse_object(line: str, where: str) -> dict[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        if _is_python_literal(line):
            raise BeamlineError(
                f"{where}: a Python literal (single quotes, None, True), not JSON;"
                " write each record with json.dumps(record, ensure_ascii=False)"
            ) from None
        reason = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else error
        raise BeamlineError(f"{where}: not JSON: {reason}; expected one JSON object a line") from None
    if not isinstance(value, dict):
        raise BeamlineError(f"{where}: expected one JSON object a line, found {quote(value)}")
    return value


def _is_python_literal(line: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, which would be a second line on the terminal
            return isinstance(ast.literal_eval(line), dict)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _read_csv(path: Path) -> Iterator[Row]:
    text = read_text(path)
    header_line = text.partition("\n")[0].rstrip("\r")
    # Seen here, because commas inside the texts and quotes after other separators would be blamed instead.
    if "," not in header_line and (";" in header_line or "\t" in header_line):
        raise BeamlineError(f"{path}:1: one column, found {quote(header_line)}; separate the columns with commas")
    previous = csv.field_size_limit(len(text) + 1)  # the module's default refuses cells above 128 KiB
    try:
        records = list(_csv_records(path, text))
    finally:
        csv.field_size_limit(previous)
    if not records:
        return
    line, header = records[0]
    if repeated := {name for name in header if header.count(name) > 1}:
        raise BeamlineError(f"{path}:{line}: column {quote(min(repeated))} is twice in the header; rename one")
    for line, cells in records[1:]:
        if len(cells) != len(header):
            raise BeamlineError(
                f"{path}:{line}: expected {len(header)} cells as in the header, found {len(cells)};"
                " put a cell with commas or line ends in double quotes"
            )
        yield Row(f"{path}:{line}", dict(zip(header, cells, strict=True)))


def _csv_records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that isn't a blank line, with the number of the physical line where it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise BeamlineError(
            f"{path}:{start}: not CSV: {error}; close the quotes of this record, and double those inside"
        ) from None


def _read_parquet(path: Path) -> Iterator[Row]:
    content = pa.BufferReader(_read_bytes(path))
    try:
        # Not read_table(): it takes a directory called `lang=en` for a column.
        records = pq.ParquetFile(content).read().to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BeamlineError(f"{path}: not a readable Parquet file: {' '.join(str(error).split())}") from None
    for number, record in enumerate(records, 1):
        yield Row(f"{path}: row {number}", record)


READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
