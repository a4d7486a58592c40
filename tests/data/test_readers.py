"""Every format of data files: what is written in it is what is read, whatever the compression, encoding and name."""

import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.repository import ROOT

from beamline.core.errors import BeamlineError
from beamline.data.readers import ENDINGS, FORMATS, describe_endings, read_rows, split_ending

Records = list[dict[str, str]]
RECORDS = [
    {"id": "1", "dialogue": "Ana: 'Hi',\nBen: \"안녕\"\t:)", "summary": "They greet\u2028each other; twice."},
    {"id": "2", "dialogue": " ", "summary": ""},
]
# No NUL, which is refused, and no halves of surrogate pairs, which UTF-8 can't hold.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def to_lines(records: Records) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def to_table(records: Records, delimiter: str) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, ["id", "dialogue", "summary"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue().encode()


def to_parquet(records: Records) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records, pa.schema([(name, pa.string()) for name in RECORDS[0]])), file)
    return file.getvalue()


def to_zstd(content: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


# By the usual ending. A new format needs its own here.
WRITERS: dict[str, Callable[[Records], bytes]] = {
    ".jsonl": to_lines,
    ".json": lambda records: json.dumps(records, indent=1).encode(),
    ".csv": lambda records: to_table(records, ","),
    ".tsv": lambda records: to_table(records, "\t"),
    ".parquet": to_parquet,
}
COMPRESSIONS = {".gz": gzip.compress, ".zst": to_zstd}


def content_of(ending: str, records: Records) -> bytes:
    """What a file with this ending, one of `ENDINGS`, holds."""
    compression = next((compression for compression in COMPRESSIONS if ending.endswith(compression)), "")
    plain = ending.removesuffix(compression)
    usual = next(kind.endings[0] for kind in FORMATS if plain in kind.endings)
    content = WRITERS[usual](records)
    return COMPRESSIONS[compression](content) if compression else content


def read(path: Path) -> Records:
    return [dict(row.cells) for row in read_rows(path)]  # type: ignore[arg-type]


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def error_of(path: Path) -> str:
    """The message that reading `path` ends with, without its directory."""
    with pytest.raises(BeamlineError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{path.parent}/", "")


# What is written is read


@pytest.mark.parametrize("ending", WRITERS)
@given(records=st.lists(st.fixed_dictionaries(dict.fromkeys(RECORDS[0], TEXT)), max_size=4))
def test_any_records_are_read_as_they_were_written(ending: str, records: Records) -> None:
    with TemporaryDirectory() as directory:
        path = write(Path(directory) / f"x{ending}", content_of(ending, records))
        assert read(path) == records


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_is_read_whatever_its_case(tmp_path: Path, ending: str) -> None:
    for written in (ending, ending.upper()):
        assert read(write(tmp_path / f"x{written}", content_of(ending, RECORDS))) == RECORDS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ending", [kind.endings[0] for kind in FORMATS if kind.is_text])
def test_a_byte_order_mark_says_the_encoding(tmp_path: Path, ending: str, encoding: str) -> None:
    text = content_of(ending, RECORDS).decode()
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    path = write(tmp_path / f"x{ending}", (mark + text).encode(encoding))
    assert read(path) == RECORDS
    assert read(write(tmp_path / f"x{ending}.gz", gzip.compress(path.read_bytes()))) == RECORDS


@pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)
def test_compression_is_seen_in_the_content(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    content = content_of(".csv", RECORDS)
    assert read(write(tmp_path / "named-plain.csv", compress(content))) == RECORDS
    assert read(write(tmp_path / "unpacked.csv.gz", content)) == RECORDS
    assert read(write(tmp_path / "in-two-parts.csv", compress(content[:20]) + compress(content[20:]))) == RECORDS


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        json.dumps({"data": RECORDS}),
        json.dumps({"version": "1", "data": RECORDS}, indent=2),
        to_lines(RECORDS),
        b"\n" + to_lines(RECORDS[:1]) + b"\n\n" + to_lines(RECORDS[1:]),
    ],
    ids=["array", "data", "data and more, indented", "lines", "lines, some of them blank"],
)
def test_json_is_an_array_or_an_object_with_data_or_lines(tmp_path: Path, content: bytes | str) -> None:
    assert read(write(tmp_path / "x.json", content)) == RECORDS


def test_a_single_object_of_json_is_a_record(tmp_path: Path) -> None:
    assert read(write(tmp_path / "line.json", to_lines(RECORDS[:1]))) == RECORDS[:1]
    assert read(write(tmp_path / "indented.json", json.dumps(RECORDS[0], indent=2))) == RECORDS[:1]
    assert read(write(tmp_path / "empty.json", "\n")) == []


def test_lines_of_json_that_hold_data_are_records(tmp_path: Path) -> None:
    records = [{"data": [{"text": "a"}]}, {"data": [{"text": "b"}]}]
    path = write(tmp_path / "x.json", "".join(json.dumps(record) + "\n" for record in records))
    assert [row.cells for row in read_rows(path)] == records


def test_excels_hint_of_the_separator_is_no_header(tmp_path: Path) -> None:
    assert read(write(tmp_path / "x.csv", b"sep=,\r\n" + content_of(".csv", RECORDS))) == RECORDS
    path = write(tmp_path / "y.csv", "sep=;\na;b\n1;2,3\n4;5;6\n")
    rows = read_rows(path)
    assert next(rows).cells == {"a": "1", "b": "2,3"}
    with pytest.raises(
        BeamlineError, match=r"y\.csv:4: expected 2 cells as in the header, found 3; put a cell with ';' "
    ):
        next(rows)


def test_lines_that_end_as_on_old_computers(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", 'id,summary\r1,"a\rb"\r2,c\r')
    assert [(row.where.rpartition(":")[2], row.cells) for row in read_rows(path)] == [
        ("2", {"id": "1", "summary": "a\rb"}),
        ("4", {"id": "2", "summary": "c"}),
    ]


# Size


@pytest.mark.parametrize("ending", [".jsonl", ".json", ".csv", ".tsv"])
def test_text_is_read_as_it_is_needed(tmp_path: Path, ending: str) -> None:
    content = to_lines(RECORDS) if ending == ".json" else content_of(ending, RECORDS)
    path = write(tmp_path / f"x{ending}.gz", gzip.compress(content + content.splitlines()[-1] * 10_000)[:-20])
    rows = read_rows(path)
    assert [dict(next(rows).cells), dict(next(rows).cells)] == RECORDS
    with pytest.raises(BeamlineError, match="cut off or damaged"):
        list(rows)


def test_parquet_is_read_as_it_is_needed(tmp_path: Path) -> None:
    noise = [os.urandom(1000).hex() for _ in range(10_000)]
    pq.write_table(pa.table({"dialogue": noise}), tmp_path / "x.parquet", row_group_size=len(noise))
    rows = read_rows(tmp_path / "x.parquet")
    before = pa.total_allocated_bytes()
    assert next(rows).cells == {"dialogue": noise[0]}
    assert pa.total_allocated_bytes() - before < 8_000_000, "of 20 MB"
    assert sum(1 for _ in rows) == len(noise) - 1


# What is wrong with a file


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (POINTER, "a Git LFS pointer, not the data; get the data with: git lfs pull"),
        (zipped("train.csv"), "a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
        (b"\xfd7zXZ\x00\x00\x04", "compressed with xz; unpack it with: xz -d"),
    ],
    ids=["lfs", "zip", "xz"],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_no_data_is_named(tmp_path: Path, ending: str, content: bytes, message: str) -> None:
    assert error_of(write(tmp_path / f"train{ending}", content)) == f"train{ending}: {message}"


def test_what_is_no_data_is_named_inside_of_compressed_files(tmp_path: Path) -> None:
    assert "a Git LFS pointer" in error_of(write(tmp_path / "x.jsonl.gz", gzip.compress(POINTER)))
    assert error_of(write(tmp_path / "x.csv", gzip.compress(to_parquet(RECORDS)))) == (
        "x.csv: a Parquet file; give its name the ending .parquet"
    )
    assert error_of(write(tmp_path / "x.parquet", gzip.compress(to_parquet(RECORDS)))) == (
        "x.parquet: compressed with gzip; unpack it with: gzip -d"
    )


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_compressed_file_that_is_cut_off(tmp_path: Path, compression: str) -> None:
    content = COMPRESSIONS[compression](os.urandom(2000).hex().encode())
    message = error_of(write(tmp_path / f"x.jsonl{compression}", content[:-500]))
    assert message.startswith(f"x.jsonl{compression}: can't be unpacked, as it is cut off or damaged (")
    assert message.endswith("); get it again")


@pytest.mark.parametrize("ending", [*WRITERS, ".jsonl.gz", ".csv.zst"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damaged_files_are_read_or_refused_in_one_line(ending: str, data: st.DataObject) -> None:
    content = bytearray(content_of(ending, RECORDS))
    position = data.draw(st.integers(0, len(content) - 1))
    content[position : position + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    with TemporaryDirectory() as directory:
        path = write(Path(directory) / f"x{ending}", bytes(content))
        try:
            read(path)
        except BeamlineError as error:
            assert str(error).startswith(f"{path}:")
            assert "\n" not in str(error)


def test_utf16_that_is_cut_off(tmp_path: Path) -> None:
    content = "id,summary\n1,a\n".encode("utf-16")[:-1]
    assert error_of(write(tmp_path / "x.csv", content)).startswith("x.csv: begins as UTF-16, but is not after line ")


def test_utf16_without_its_mark(tmp_path: Path) -> None:
    assert error_of(write(tmp_path / "x.csv", "id,summary\n".encode("utf-16-le"))).startswith("x.csv:1: a NUL byte; ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"id": 1}, {"id": 2]', ":1: not JSON: Expecting ',' delimiter at column 21; expected an array of objects,"),
        ('[\n{"id": 1},\n]', ":3: not JSON: Expecting value at column 1; expected an array of objects,"),
        ("{'id': None}\n{'id': 2}\n", ":1: a Python literal (single quotes, None, True), not JSON; write each record"),
        ('{"id": 1}\n{"id": }\n', ":2: not JSON: Expecting value at column 8; expected one JSON object a line"),
        ('[{"id": 1}, "a"]', ": record 2: expected a JSON object, found 'a'"),
        ('"a"', ": expected an array of objects, found 'a'"),
        ("[" * 5000, ": not JSON: maximum recursion depth exceeded"),
    ],
)
def test_json_that_holds_no_records(tmp_path: Path, content: str, message: str) -> None:
    assert error_of(write(tmp_path / "x.json", content)).startswith(f"x.json{message}")


def test_columns_that_no_tabs_separate(tmp_path: Path) -> None:
    assert error_of(write(tmp_path / "x.tsv", "id,summary\n1,a\n")) == (
        "x.tsv:1: one column, found 'id,summary'; separate the columns with tabs"
    )


def test_a_quote_that_is_never_closed_takes_no_more_than_a_cell_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beamline.data.readers._LONGEST_CELL", 1000)
    path = write(tmp_path / "x.csv", 'id,summary\n1,"never closed\n' + "2,b\n" * 1000)
    assert error_of(path).startswith("x.csv:2: not CSV: field larger than field limit (1000); close the quotes")


# Names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train.jsonl", ("train", ".jsonl")),
        ("data/Train.JSONL.GZ", ("Train", ".jsonl.gz")),
        ("train.v2.csv", ("train.v2", ".csv")),
        ("train.txt", None),
        ("train.gz", None),
        ("train.parquet.gz", None),
        ("trainjsonl", None),
        (".csv", None),
    ],
)
def test_a_name_is_split_at_its_ending(name: str, expected: tuple[str, str] | None) -> None:
    assert split_ending(Path(name)) == expected


def test_the_usual_endings_are_listed() -> None:
    assert describe_endings() == ".jsonl, .json, .csv, .tsv (also .gz, .zst) or .parquet"
    assert set(WRITERS) == {kind.endings[0] for kind in FORMATS}


def test_the_documentation_names_every_ending() -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert [ending for ending in ENDINGS if f"`.{ending.split('.')[1]}`" not in text] == []
