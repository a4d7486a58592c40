"""Reading and checking dialogue files, through real files and the exact lines that a person gets to read."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.core.records import Dialogue, speaker_tags
from beamline.data.problems import Problems
from beamline.data.readers import ENDINGS, describe_endings
from beamline.data.splits import open_split, scan_split

USUAL = Columns(id=None, dialogue=None, summary=None)
GOOD = {"id": "a", "dialogue": "#Person1#: Hi.", "summary": "A greeting."}


def jsonl(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of problems are written beside the data of a test."""
    monkeypatch.chdir(tmp_path)


def read_split(path: Path, columns: Columns) -> tuple[Dialogue, ...]:
    """The dialogues of a file, checked as `prepare` does it."""
    split, problems = open_split(path, columns), Problems()
    scan_split(split, problems)
    problems.refuse_rows()
    return tuple(split)


def error_of(path: Path, columns: Columns = USUAL) -> str:
    """The message that reading `path` ends with, without its directory."""
    with pytest.raises(BeamlineError) as caught:
        read_split(path, columns)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{path.parent}/", "")


# What is recognised


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"fname": "train_0", "dialogue": "d", "summary": "s", "topic": "t"}, Dialogue("train_0", "d", ("s",))),
        ({"id": "13818513", "dialogue": "d", "summary": "s"}, Dialogue("13818513", "d", ("s",))),
        ({"id": 7, "dialogue": "d", "summary": ["s", "t"]}, Dialogue("7", "d", ("s", "t"))),
        (
            {"fname": "t", "dialogue": "d", "summary1": "s", "topic1": "x", "summary2": "t", "summary10": "u"},
            Dialogue("t", "d", ("s", "t", "u")),
        ),
        ({"dialogue": "d", "summary": "s"}, Dialogue("train-1", "d", ("s",))),
    ],
    ids=["dialogsum and the Korean competition", "samsum", "list of references", "numbered references", "no id"],
)
def test_usual_columns_are_recognised(tmp_path: Path, record: dict[str, Any], expected: Dialogue) -> None:
    assert read_split(jsonl(tmp_path / "train.jsonl", record), USUAL) == (expected,)


def test_columns_are_mapped_by_name_or_by_the_stem_of_numbered_ones(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl", {"key": "k", "talk": "d", "gist_1": "s", "gist_2": "t", "summary": "no"})
    assert read_split(path, Columns(id="key", dialogue="talk", summary="gist_")) == (Dialogue("k", "d", ("s", "t")),)


def test_parquet_holds_lists_of_references_and_its_directory_is_no_column(tmp_path: Path) -> None:
    path = tmp_path / "summary=x" / "test.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist([{"id": 1, "dialogue": "d", "summary": ["s", "t"]}]), path)
    assert read_split(path, USUAL) == (Dialogue("1", "d", ("s", "t")),)


def test_byte_order_mark_crlf_and_blank_lines_are_fine(tmp_path: Path) -> None:
    jsonl_path, csv_path = tmp_path / "train.jsonl", tmp_path / "train.csv"
    jsonl_path.write_bytes(b'\xef\xbb\xbf{"dialogue": "a\\r\\nb", "summary": "s"}\r\n\r\n')
    csv_path.write_bytes(b'\xef\xbb\xbfdialogue,summary\r\n"a\r\nb",s\r\n\r\n')
    assert read_split(jsonl_path, USUAL) == read_split(csv_path, USUAL) == (Dialogue("train-1", "a\nb", ("s",)),)


def test_unicode_line_separators_do_not_split_json_lines(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "train.jsonl", {**GOOD, "dialogue": "a\u2028b\x85c"})
    assert read_split(path, USUAL)[0].dialogue == "a\u2028b\x85c"


def test_csv_cells_may_exceed_the_csv_modules_limit(tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    path = tmp_path / "train.csv"
    path.write_text(f"dialogue,summary\n{'x' * (limit + 1)},s\n", encoding="utf-8")
    assert len(read_split(path, USUAL)[0].dialogue) == limit + 1
    assert csv.field_size_limit() == limit


def test_speaker_tags_are_found_with_the_odd_ones() -> None:
    text = "#Person1#: Dial #PhoneNumber#, #PErson2#.\n#PersonN#: #1 or #2#? C#! #Person1#은 #주소#"
    assert speaker_tags(text) == [
        "#Person1#", "#PhoneNumber#", "#PErson2#", "#PersonN#", "#Person1#", "#주소#",
    ]  # fmt: skip


# What is wrong with a file


def test_python_literals_are_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + repr({**GOOD, "topic": r"\d"}) + "\n", encoding="utf-8")
    assert error_of(path) == (
        "train.jsonl:2: a Python literal (single quotes, None, True), not JSON;"
        " write each record with json.dumps(record, ensure_ascii=False)"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"dialogue": "d", "summary": "s"}\n{"dialogue": "d"', "2: not JSON: Expecting ',' delimiter at column 17"),
        (b'{"dialogue": "d", "summary": "s"} {}', "1: not JSON: Extra data at column 35"),
        (b"[" * 5000, "1: not JSON: maximum recursion depth exceeded while decoding a JSON array"),
        (b'[\n{"dialogue": "d", "summary": "s"}\n]', "1: not JSON: Expecting value at column 2"),
    ],
    ids=["cut off", "two on a line", "nested", "a JSON array over many lines"],
)
def test_a_line_that_is_not_json(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)
    assert error_of(path).startswith(f"train.jsonl:{message}")
    assert "; expected one JSON object a line" in error_of(path)


def test_a_line_that_is_no_object(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "train.jsonl", GOOD, ["d", "s"])
    assert error_of(path) == "train.jsonl:2: expected one JSON object a line, found ['d', 's']"


@pytest.mark.parametrize(
    ("record", "role", "found"),
    [
        ({"dialogue": "d", "text": "s"}, "summary", "'dialogue', 'text'"),
        ({" dialogue": "d", "summary": "s"}, "dialogue", "' dialogue', 'summary'"),
        ({}, "dialogue", "none"),
    ],
)
def test_a_missing_column_lists_those_found(tmp_path: Path, record: dict[str, str], role: str, found: str) -> None:
    path = jsonl(tmp_path / "train.jsonl", record)
    assert error_of(path) == (
        f"train.jsonl:1: no column '{role}', found {found};"
        f" name the one that holds the {role} in data.columns.{role} (beamline import: --{role})"
    )


def test_a_mapped_column_that_is_missing_is_not_replaced_by_the_usual_one(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "train.jsonl", GOOD)
    assert error_of(path, Columns(id="key", dialogue=None, summary=None)).startswith("train.jsonl:1: no column 'key'")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"dialogue": ""}, "dialogue is empty"),
        ({"dialogue": " \n\u3000"}, "dialogue is empty"),
        ({"dialogue": None}, "dialogue is empty"),
        ({"dialogue": 3}, "dialogue is not text but 3"),
        ({"summary": " "}, "summary is empty"),
        ({"summary": []}, "summary is empty"),
        ({"summary": ["s", ""]}, "summary[1] is empty"),
        ({"summary": {"text": "x" * 99}}, "summary is not text but {'text': '" + "x" * 47 + "..."),
        ({"dialogue": "a\0b"}, "dialogue has a NUL character"),
        ({"dialogue": "\ud83d"}, "dialogue has half of a surrogate pair, which is no character"),
        ({"id": None}, "id is empty"),
        ({"id": True}, "id is not text but True"),
    ],
)
def test_cells_that_are_empty_or_no_text(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(f"{json.dumps({**GOOD, 'id': 'b'})}\n{json.dumps({**GOOD, **change})}\n", encoding="utf-8")
    [column] = change
    fix = f"fix the record, or name the column that holds the {column} in data.columns.{column}"
    end = fix if "is not text" in problem else "fix the record or remove it"
    assert error_of(path) == f"train.jsonl:2: {problem}; {end}"


def test_an_empty_numbered_reference_is_named(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("dialogue,summary1,summary2\nd,s,\n", encoding="utf-8")
    assert error_of(path) == "test.csv:2: summary2 is empty; fix the record or remove it"


def test_text_that_is_not_utf8_is_named_by_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(b"\xef\xbb\xbfdialogue,summary\nd,s\n" + "안녕,s\n".encode("cp949"))
    assert error_of(path) == "train.csv:3: not UTF-8: byte 0xbe; save the file as UTF-8"


@pytest.mark.parametrize(("name", "line"), [("train.csv", b"dialogue,summary\n"), ("train.jsonl", b"\n")])
def test_nul_bytes_are_named_by_line(tmp_path: Path, name: str, line: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(line + b'\n"a\0b",s\n')
    assert error_of(path) == f"{name}:3: a NUL byte; the file is damaged or not UTF-8: save it again as UTF-8"


@pytest.mark.parametrize(
    ("name", "content"), [("train.jsonl", ""), ("train.jsonl", "\n\n"), ("train.csv", ""), ("train.csv", "dialogue\n")]
)
def test_a_file_without_records(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert error_of(path) == f"{name}: no records; expected at least one dialogue with its summary"


def test_csv_rows_are_named_by_the_line_where_they_start(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(b'dialogue,summary\r\n"a\r\nb\r\nc",s\r\n\r\n"d\r\ne",s,more\r\n')
    assert error_of(path) == (
        "train.csv:6: expected 2 cells as in the header, found 3; put a cell with commas or line ends in double quotes"
    )


@pytest.mark.parametrize("record", ['"never closed,s\nd,s\n', '"a "quoted" word",s\n'])
def test_csv_quotes_that_do_not_match(tmp_path: Path, record: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(f"dialogue,summary\nd,s\n{record}", encoding="utf-8")
    assert error_of(path).startswith("train.csv:3: not CSV: ")
    assert error_of(path).endswith("; close the quotes of this record, and double those inside")


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("mark", ["", '"'], ids=["plain", "quoted"])
def test_csv_columns_that_no_commas_separate(tmp_path: Path, separator: str, mark: str) -> None:
    path = tmp_path / "train.csv"
    rows = [["id", "dialogue", "summary"], ["a", "Hi, you, there", "s"]]
    path.write_text("\n".join(separator.join(f"{mark}{cell}{mark}" for cell in row) for row in rows), encoding="utf-8")
    header = repr(separator.join(f"{mark}{name}{mark}" for name in rows[0]))
    assert error_of(path) == f"train.csv:1: one column, found {header}; separate the columns with commas"


def test_csv_columns_that_stand_twice(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("summary,dialogue,summary\ns,d,t\n", encoding="utf-8")
    assert error_of(path) == "train.csv:1: column 'summary' is twice in the header; rename one"


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(pa.Table.from_pylist([GOOD]), path)
    path.write_bytes(path.read_bytes()[:-9])
    assert error_of(path).startswith("train.parquet: not a readable Parquet file (")


def test_parquet_rows_are_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(pa.Table.from_pylist([GOOD, {**GOOD, "summary": None}]), path)
    assert error_of(path) == "train.parquet: row 2: summary is empty; fix the record or remove it"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_is_not_there_or_is_a_directory(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"train{ending}"
    assert error_of(path) == f"train{ending}: can't be read: No such file or directory"
    path.mkdir()
    assert error_of(path) == f"train{ending}: can't be read: Is a directory"


def test_an_unknown_kind_of_file(tmp_path: Path) -> None:
    assert (
        error_of(tmp_path / "x.txt") == f"x.txt: unknown kind of file; expected one that ends in {describe_endings()}"
    )


def test_references_are_as_many_for_every_record(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "test.jsonl", {"dialogue": "d", "summary": ["s", "t"]}, {"dialogue": "e", "summary": "s"})
    assert error_of(path) == (
        "test.jsonl:2: number of references is 1, but 2 at test.jsonl:1; give every record of a split as many"
    )


def test_an_id_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "test.jsonl", GOOD, {**GOOD, "id": "b"}, GOOD)
    assert error_of(path) == "test.jsonl:3: id 'a' is at test.jsonl:1 already; give every record its own"
