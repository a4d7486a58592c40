"""Records of data files, whatever they hold, each with its place in the file. `FORMATS` lists the formats."""

import ast
import csv
import io
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from beamline.core.errors import BeamlineError, quote
from beamline.data.text_files import PARQUET_MARK, read_head, read_lines, refuse_other_content

_COMPRESSIONS = (".gz", ".zst")  # after the ending of a text format
_LONGEST_CELL = 1 << 26  # characters of CSV. A quote that is never closed would take the rest of the file into memory
_BATCH = 1000  # rows of Parquet in memory


@dataclass(frozen=True)
class Row:
    """A record as it is in its source. `where` opens every error about it: `data/train.csv:17`.

    problem: why it can't be read, in the words of an error. It then has no cells.
    """

    where: str
    cells: Mapping[str, object]
    problem: str = ""


@dataclass(frozen=True)
class Format:
    """A format of data files.

    endings: of file names, in lower case; the usual one is first. read: yields the records of a file, and holds only a
    few of them at a time if the format allows that. is_text: whether files may be compressed with gzip or zstd.
    """

    endings: tuple[str, ...]
    read: Callable[[Path], Iterator[Row]]
    is_text: bool = True


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the records of a file in any of `FORMATS`, as they are needed.

    Raises `BeamlineError` for what `read_all_rows` refuses, for a record that is no JSON object, and for rows whose
    cells don't match the header.
    """
    return map(_refuse_problem, read_all_rows(path))


def read_all_rows(path: Path) -> Iterator[Row]:
    """Yield the records of a file with those that can't be read, so that an error can name all of them.

    Raises `BeamlineError` for an unknown ending, and for a file that can't be read, is damaged or holds something else.
    """
    known = split_ending(path)
    if known is None:
        raise BeamlineError(f"{path}: unknown kind of file; expected one that ends in {describe_endings()}")
    return _READERS[known[1]](path)


def split_ending(path: Path) -> tuple[str, str] | None:
    """Return the stem of a data file's name and the ending by which it is read, in lower case; None for other files.

    `data/train.JSONL.gz` gives `("train", ".jsonl.gz")`.
    """
    name = path.name.lower()
    ending = next((ending for ending in ENDINGS if name.endswith(ending) and name != ending), None)
    return None if ending is None else (path.name[: -len(ending)], ending)


def describe_endings() -> str:
    """Return the usual ending of every format, as help texts and errors list them."""
    texts = ", ".join(kind.endings[0] for kind in FORMATS if kind.is_text)
    others = ", ".join(kind.endings[0] for kind in FORMATS if not kind.is_text)
    return f"{texts} (also {', '.join(_COMPRESSIONS)}) or {others}"


def parse_jsonl(lines: Iterable[str], source: str) -> Iterator[Row]:
    """Yield the records of JSON lines. source: the file that they are from, as errors name it.

    Raises `BeamlineError` for a record that is no JSON object.
    """
    return map(_refuse_problem, _parse_lines(lines, source))


def is_record(line: str) -> bool:
    """Return whether a line is a JSON object, or a Python dict, that holds something."""
    return line.startswith("{") and line.endswith("}") and line != "{}" and (_is_object(line) or _is_python_dict(line))


def _refuse_problem(row: Row) -> Row:
    if row.problem:
        raise BeamlineError(f"{row.where}: {row.problem}")
    return row


def _read_jsonl(path: Path) -> Iterator[Row]:
    return _parse_lines(read_lines(path), str(path))


def _parse_lines(lines: Iterable[str], source: str) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _parse_object(line.removesuffix("\n"), f"{source}:{number}")


def _parse_object(line: str, where: str) -> Row:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        if _is_python_dict(line):
            problem = (
                "a Python literal (single quotes, None, True), not JSON;"
                " write each record with json.dumps(record, ensure_ascii=False)"
            )
        else:
            reason = (
                f"{error.msg.removesuffix(' at')} at column {error.colno}"
                if isinstance(error, json.JSONDecodeError)
                else error
            )
            problem = f"not JSON: {reason}; expected one JSON object a line"
        return Row(where, {}, problem)
    if not isinstance(value, dict):
        return Row(where, {}, f"expected one JSON object a line, found {quote(value)}")
    return Row(where, value)


def _is_python_dict(line: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, which would be a second line on the terminal
            return isinstance(ast.literal_eval(line.strip()), dict)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _read_json(path: Path) -> Iterator[Row]:
    """Yield the records of an array, of `{"data": [...]}`, or of lines, which many publish under this name, too."""
    lines = read_lines(path)
    begun: list[str] = []
    for line in lines:
        begun.append(line)
        if len(filled := [line for line in begun if line.strip()]) == 2:
            if _is_object(filled[0]):
                yield from _parse_lines(chain(begun, lines), str(path))
                return
            break
    text = "".join(chain(begun, lines))
    if not text.strip():
        return
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if _is_python_dict(filled[0]):
            _refuse_problem(_parse_object(filled[0], f"{path}:{begun.index(filled[0]) + 1}"))
        raise BeamlineError(
            f"{path}:{error.lineno}: not JSON: {error.msg.removesuffix(' at')} at column {error.colno};"
            ' expected an array of objects, {"data": [...]} or one object a line'
        ) from None
    except RecursionError as error:
        raise BeamlineError(f"{path}: not JSON: {error}") from None
    if isinstance(value, dict):
        value = data if isinstance(data := value.get("data"), list) else [value]
    if not isinstance(value, list):
        raise BeamlineError(f"{path}: expected an array of objects, found {quote(value)}")
    for number, record in enumerate(value, 1):
        where = f"{path}: record {number}"
        is_object = isinstance(record, dict)
        yield Row(where, record) if is_object else Row(where, {}, f"expected a JSON object, found {quote(record)}")


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _read_table(path: Path, delimiter: str) -> Iterator[Row]:
    lines = _split_at_returns(read_lines(path))
    first = next(lines, "")
    skipped = 0
    if stated := re.fullmatch(r"sep=(.)\r?\n", first):  # for Excel
        delimiter, first, skipped = stated[1], next(lines, ""), 1
    names = {",": "commas", "\t": "tabs"}
    plural = names.get(delimiter, f"'{delimiter}'")
    # Seen here, because commas inside the texts and quotes after other separators would be blamed instead.
    if delimiter not in first and any(other in first for other in ",;\t"):
        header_line = quote(first.rstrip("\r\n"))
        raise BeamlineError(
            f"{path}:{skipped + 1}: one column, found {header_line}; separate the columns with {plural}"
        )
    header: list[str] | None = None
    for where, cells in _table_records(path, chain([first], lines), delimiter, skipped):
        if header is None:
            header = cells
            if repeated := {name for name in header if header.count(name) > 1}:
                raise BeamlineError(f"{where}: column {quote(min(repeated))} is twice in the header; rename one")
        elif len(cells) != len(header):
            yield Row(
                where,
                {},
                f"expected {len(header)} cells as in the header, found {len(cells)};"
                f" put a cell with {plural} or line ends in double quotes",
            )
        else:
            yield Row(where, dict(zip(header, cells, strict=True)))


def _split_at_returns(lines: Iterable[str]) -> Iterator[str]:
    r"""Yield lines that end at `\n`, `\r\n` or `\r`, as the csv module wants them. Old programs write `\r` alone."""
    for line in lines:
        if "\r" in line:
            yield from io.StringIO(line, newline="")
        else:
            yield line


def _table_records(path: Path, lines: Iterable[str], delimiter: str, skipped: int) -> Iterator[tuple[str, list[str]]]:
    """Yield each record that isn't a blank line, and the line where it starts. skipped: number of lines before."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        start = f"{path}:{reader.line_num + skipped + 1}"
        previous = csv.field_size_limit(_LONGEST_CELL)  # for this record only: the limit is the process's
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BeamlineError(
                f"{start}: not CSV: {error}; close the quotes of this record, and double those inside"
            ) from None
        finally:
            csv.field_size_limit(previous)
        if cells is None:
            return
        if cells:
            yield start, cells


def _read_parquet(path: Path) -> Iterator[Row]:
    head = read_head(path)
    if not head.startswith(PARQUET_MARK):
        refuse_other_content(head, path)

    import pyarrow as pa  # noqa: PLC0415  (half a second, which --help need not wait for)
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = 0
    try:
        # Not read_table(): it takes a directory called `lang=en` for a column.
        # Without a buffer, or with one filled ahead, a whole row group is in memory. It may be the whole file.
        with pq.ParquetFile(str(path), pre_buffer=False, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(_BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(f"{path}: row {number}", record)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BeamlineError(
            f"{path}: not a readable Parquet file ({' '.join(str(error).split())}); get it again, or give its name the"
            " ending of what it holds"
        ) from None


FORMATS = (
    Format((".jsonl", ".ndjson", ".jsonlines"), _read_jsonl),
    Format((".json",), _read_json),
    Format((".csv",), partial(_read_table, delimiter=",")),
    Format((".tsv",), partial(_read_table, delimiter="\t")),
    Format((".parquet",), _read_parquet, is_text=False),
)
_READERS = {
    ending + compression: kind.read
    for kind in FORMATS
    for compression in ("", *(_COMPRESSIONS if kind.is_text else ()))
    for ending in kind.endings
}
ENDINGS = tuple(_READERS)
