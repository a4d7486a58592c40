"""Plain text is a file with a text a line, and nothing that only looks like one."""

import gzip
import json
from pathlib import Path

import pytest

from beamline.core.errors import BeamlineError
from beamline.data.plain_text import PLAIN_TEXT, read_plain_text
from beamline.data.readers import ENDINGS

RECORDS = [{"id": f"call-{n}", "summary": text} for n, text in enumerate(["Ana calls, then Ben.", "Ben waits.", ""])]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)


def read(path: Path, content: str | bytes) -> list[object]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [row.cells[PLAIN_TEXT] for row in read_plain_text(path)]


def error_of(path: Path, content: str | bytes) -> str:
    with pytest.raises(BeamlineError) as caught:
        read(path, content)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize("name", ["test.hypo", "test.target", "test.txt", "test"])
def test_a_line_is_a_text_whatever_the_ending(tmp_path: Path, name: str) -> None:
    assert read(tmp_path / name, "one\n\nthree\u2028still\x85three\r\nfour") == [
        "one", "", "three\u2028still\x85three", "four",
    ]  # fmt: skip
    assert read(tmp_path / name, "") == []
    assert read(tmp_path / name, "\n") == [""]


def test_utf16_as_powershell_writes_it_is_text(tmp_path: Path) -> None:
    assert read(tmp_path / "x.txt", "안녕\r\nb\r\n".encode("utf-16")) == ["안녕", "b"]


@pytest.mark.parametrize(
    "texts",
    [
        ["{laughs} Ana calls.", "{sighs}", "{Ana} and {Ben}"],
        ["[music]", "[1] Ana calls.", "[]", "[1, 2]"],
        ["{}", "Ana calls."],
        ['{"a": 1} is what Ana writes.', "Ben waits."],
        ['"Ana calls."', '"Ben waits."'],
        ["1", "2"],
        ["Ana calls, then Ben.", "Ben waits, then Ana."],
        ["Ana calls; Ben waits.", "Ben waits; Ana calls."],
        ["Summary, reference and prediction are words.", "So is id, here."],
        ["Ana\tcalls.", "Ben waits."],
        ["\tAna calls.", "Ben waits.\t"],
        ["Ana\tcalls."],
        ["id, summary"],
        ["Ana: {'a': 1}", "b'Ben waits.'"],
        ["Ana calls.", '{"a": 1}', "Ben waits."],
        ["PAR1 is what Parquet begins with.", "BZh, PK and version https://git-lfs are words, too."],
    ],
)
def test_texts_with_braces_tabs_and_commas_are_texts(tmp_path: Path, texts: list[str]) -> None:
    assert read(tmp_path / "x.txt", "\n".join(texts)) == texts


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        f"\n{LINES}",
        LINES[:-8],
        f"# by model 7\n{LINES}",
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        json.dumps({"data": RECORDS}, indent=2),
        json.dumps([record["summary"] for record in RECORDS], indent=0),
        "\n".join(json.dumps(record, indent=2) for record in RECORDS),
        "[\n" + ",\n".join(json.dumps(record) for record in RECORDS),
        "\n".join(map(repr, RECORDS)),
    ],
    ids=[
        "lines", "a blank line first", "lines, the last cut off", "lines after a remark", "an array",
        "an array over many lines", "an object over many lines", "an array of texts", "objects over many lines",
        "an array cut off", "Python's dicts",
    ],
)  # fmt: skip
def test_json_is_no_plain_text(tmp_path: Path, content: str) -> None:
    assert error_of(tmp_path / "x.txt", content) == (
        "x.txt: JSON, not plain text; change the ending of its name to .json"
    )


@pytest.mark.parametrize(
    ("content", "separators", "ending"),
    [
        ("id,prediction\n1,Ana calls\n2,Ben waits\n", "commas", ".csv"),
        (',prediction\n0,"Ana calls, then Ben."\n1,Ben waits\n', "commas", ".csv"),
        ('"ID","section_text","dialogue"\n1,"Ana\ncalls",Hi\n', "commas", ".csv"),
        ("fname;summary1;summary2\n1;Ana calls;Ana phones\n", "semicolons", ".csv"),
        ("id\tprediction\n1\tAna calls\n", "tabs", ".tsv"),
        ("\tPrediction\n0\tAna calls\n1\tBen\twaits\n", "tabs", ".tsv"),
        ("call-1\tAna calls\ncall-2\tBen waits\n", "tabs", ".tsv"),
        ("call-1\t-0.5\tAna calls\n\ncall-2\t-0.7\tBen waits\n", "tabs", ".tsv"),
    ],
)
def test_a_table_is_no_plain_text(tmp_path: Path, content: str, separators: str, ending: str) -> None:
    assert error_of(tmp_path / "x.hypo", content) == (
        f"x.hypo: a table whose columns {separators} separate, not plain text; keep the column of texts alone, or name"
        f" the columns in the first line and change the ending of the file's name to {ending}"
    )


def test_compressed_text_is_no_plain_text(tmp_path: Path) -> None:
    assert error_of(tmp_path / "x.txt", gzip.compress(b"Ana calls.\n")) == (
        "x.txt: compressed with gzip; unpack it with: gzip -d"
    )


def test_the_endings_that_are_proposed_are_read() -> None:
    assert {".json", ".csv", ".tsv"} <= set(ENDINGS)
