"""What people bring that can't be used: one line that says what to do, exit code 1, and nothing lost or left.

The commands run as a person runs them, in a directory that holds only what the case wrote.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.command import Command, Outcome
from support.repository import ROOT

from beamline import prepare

RECORD = {"id": "1", "dialogue": "Ana: Lunch at noon?\nBen: Yes, at the corner.", "summary": "Ana and Ben have lunch."}
DRAWING = ("--split", "validation=0.1,test=0.1")
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
TURNS = "expected a list of texts, or of objects with a speaker"

Write = Callable[[], object]  # the files of a case, in the working directory


@dataclass(frozen=True)
class Case:
    """A bad input. write: makes its files. arguments: of the command. line: what it says; `...` is any text."""

    name: str
    write: Write
    arguments: tuple[str, ...]
    line: str


def lines(*records: Any) -> str:
    return "".join(f"{json.dumps(record)}\n" for record in records)


def numbered(count: int, **cells: Any) -> list[dict[str, Any]]:
    return [{**RECORD, "id": str(n), "dialogue": f"Ana: Lunch {n}?\nBen: Yes.", **cells} for n in range(count)]


def put(name: str, content: str | bytes) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def splits(**contents: str) -> Write:
    """Write train, validation and test .jsonl in `source`, or other contents in place of theirs."""

    def write() -> None:
        for split in ("train", "validation", "test"):
            put(f"source/{split}.jsonl", contents.get(split, lines({**RECORD, "dialogue": f"{split}: Lunch?"})))

    return write


def both(*writes: Write) -> Write:
    return lambda: [write() for write in writes]


def rename(old: str, new: str) -> Write:
    return lambda: Path(old).rename(new)


def alone(name: str, title: str, content: str | bytes, line: str, *options: str) -> Case:
    """The case of a file that is to be imported and split. line: without the name of the file, at its beginning."""
    return Case(title, lambda: put(name, content), (name, "own", *DRAWING, *options), f"{name}{line}")


def together(title: str, write: Write, line: str, *options: str) -> Case:
    """The case of a directory that is to be imported."""
    return Case(title, write, ("source", "own", *options), line)


def shares(title: str, text: str, line: str) -> Case:
    """The case of shares that can't be drawn."""
    return Case(
        title, lambda: put("a.jsonl", lines(RECORD)), ("a.jsonl", "own", "--split", text), f"--split {text}: {line}"
    )


def put_cut_parquet() -> None:
    pq.write_table(pa.Table.from_pylist([RECORD]), "a.parquet")
    put("a.parquet", Path("a.parquet").read_bytes()[:-20])


LONG = lines(*numbered(500)).encode()
COLUMN = "name the one that holds the {0} in data.columns.{0} (beamline import: --{0})"
IMPORT = [
    # The source, and the place to write to
    Case("nothing there", lambda: None, ("nowhere.csv", "own"),
         "nowhere.csv: no such file or directory; if it is a hub dataset, give its --revision: a commit, or main, ..."),
    alone("a.jsonl", "a revision of a file", "", ": a local source has no --revision; leave it out", "--revision",
          "main"),
    together("a configuration of a directory", splits(), "source: a local source has no --config; leave it out",
             "--config", "spoken"),
    together("no data", lambda: put("source/README.md", "Hello."),
             "source: no data files; expected files that end in ..., found README.md"),
    together("data one level further down", lambda: put("source/data/train.csv", "id"),
             "source: no data files; expected files that end in ..., found data/"),
    together("a directory in use", both(splits(), lambda: put("own/kept.txt", "Mine.")),
             "own: exists already; name a new directory, or remove this one first"),
    together("a file in place of the directory", both(splits(), lambda: put("own", "Mine.")),
             "own: exists already; name a new directory, or remove this one first"),
    Case("a place that can't be written", both(splits(), lambda: put("file", "")), ("source", "file/own"),
         "file/own...: can't be written (Not a directory); make room or make it writable, then run again"),

    # What the file is
    alone("a.xlsx", "a workbook", b"PK\x03\x04rest", ": unknown kind of file; expected one that ends in ..."),
    alone("a.csv", "a workbook called CSV", b"PK\x03\x04rest",
          ": a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    alone("a.tsv", "an old workbook", b"\xd0\xcf\x11\xe0rest", ": an old Excel workbook; save the sheet as CSV"),
    alone("a.jsonl", "a Git LFS pointer", LFS, ": a Git LFS pointer, not the data; get the data with: git lfs pull"),
    alone("a.parquet", "a Git LFS pointer to Parquet", LFS,
          ": a Git LFS pointer, not the data; get the data with: git lfs pull"),
    alone("a.jsonl", "Parquet called JSON lines", b"PAR1\x15\x04\x15",
          ": a Parquet file; give its name the ending .parquet"),
    alone("a.parquet", "JSON lines called Parquet", lines(RECORD),
          ": not a readable Parquet file (...); get it again, or give its name the ending of what it holds"),
    Case("Parquet that is cut off", put_cut_parquet, ("a.parquet", "own", *DRAWING),
         "a.parquet: not a readable Parquet file (...); get it again, or give its name the ending of what it holds"),
    alone("a.jsonl.gz", "gzip that is cut off", gzip.compress(LONG)[:-200],
          ": can't be unpacked, as it is cut off or damaged (...); get it again"),
    alone("a.csv.zst", "zstd that is cut off", pa.compress(LONG, "zstd", asbytes=True)[:-50],
          ": can't be unpacked, as it is cut off or damaged (...); get it again"),
    alone("a.jsonl", "bzip2", b"BZh91AY&SYrest", ": compressed with bzip2; unpack it with: bzip2 -d"),
    alone("a.csv", "UTF-16 without its mark", "dialogue,summary\nHi,Hello\n".encode("utf-16-le"),
          ":1: a NUL byte; the file is damaged or not UTF-8: save it again as UTF-8"),
    alone("a.csv", "UTF-16 that is cut off", "dialogue,summary\nHi,Hello\n".encode("utf-16")[:-1],
          ": begins as UTF-16, but is not after line 1 (truncated data); save the file as UTF-8"),
    alone("a.csv", "Latin-1", "dialogue,summary\nAna: Café?,Ana asks.\n".encode("latin-1"),
          ":2: not UTF-8: byte 0xe9; save the file as UTF-8"),
    alone("a.jsonl", "an empty file", "", ": no records; expected at least one dialogue with its summary"),
    alone("a.csv", "a header only", "id,dialogue,summary\n", ": no records; expected at least one dialogue ..."),

    # How its records are written
    alone("a.jsonl", "a line that is no JSON", '{"dialogue": "Ana: Hi\n',
          ":1: not JSON: ...; expected one JSON object a line"),
    alone("a.jsonl", "Python literals", "{'dialogue': 'Ana: Hi', 'summary': None}\n",
          ":1: a Python literal (...), not JSON; write each record with json.dumps(record, ensure_ascii=False)"),
    alone("a.json", "an array of texts", '["Ana: Hi", "Ben: Hi"]',
          ": record 1: expected a JSON object, found 'Ana: Hi'"),
    alone("a.json", "JSON that is cut off", json.dumps([RECORD, RECORD])[:-9],
          ":1: not JSON: ...; expected an array of objects, {\"data\": [...]} or one object a line"),
    alone("a.csv", "semicolons", "id;dialogue;summary\n1;Hi;Hello\n",
          ":1: one column, ...; separate the columns with commas"),
    alone("a.csv", "a cell too many", "dialogue,summary\nAna: Hi, Ben,Hello\n",
          ":2: expected 2 cells as in the header, found 3; put a cell with commas or line ends in double quotes"),
    alone("a.csv", "quotes that are not closed", 'dialogue,summary\n"Ana: Hi,Hello\n',
          ":2: not CSV: ...; close the quotes of this record, and double those inside"),
    alone("a.csv", "a column that is there twice", "dialogue,summary,summary\nA,B,C\n",
          ":1: column 'summary' is twice in the header; rename one"),

    # What the records hold
    alone("a.csv", "ids only", "id\n1\n2\n", f":2: no column 'dialogue', found 'id'; {COLUMN.format('dialogue')}"),
    alone("a.jsonl", "a column that is not there", lines(RECORD),
          f":1: no column 'gist', found 'id', 'dialogue', 'summary'; {COLUMN.format('summary')}", "--summary", "gist"),
    alone("a.jsonl", "a path that leads nowhere", lines({"input": {"text": "A: Hi"}, "summary": "s"}),
          f":1: no column 'input.talk', found 'input', 'summary'; {COLUMN.format('dialogue')}",
          "--dialogue", "input.talk"),
    alone("a.jsonl", "turns of two kinds", lines({"dialogue": ["Ana: Hi", 7], "summary": "s"}),
          f":1: dialogue[1] is not a turn but 7; {TURNS} ..."),
    alone("a.jsonl", "turns without texts", lines({"dialogue": [{"speaker": "Ana"}], "summary": "s"}),
          f":1: dialogue[0] has no text, found 'speaker'; {TURNS} ...: rename the key"),
    alone("a.jsonl", "fewer speakers than turns", lines({"utt": ["Hi", "Hello"], "speaker": ["Ana"], "summary": "s"}),
          ":1: utt has 2 turns, but 1 speakers; give every turn one"),
    alone("a.jsonl", "blank summaries in all records", lines(*numbered(3, summary=" ")),
          ":1: summary is empty; fix the record or remove it"),
    alone("a.jsonl", "an id that is there twice", lines(*numbered(3), *numbered(1)),
          ":4: id '0' is at a.jsonl:1 already; give every record its own"),
    alone("a.jsonl", "many ids that are there twice", lines(*numbered(3), *numbered(3)),
          ":4: id '0' is at a.jsonl:1 already; ...; 3 rows have problems, all listed in .work/problems/rows.txt"),
    alone("a.jsonl", "different numbers of summaries", lines(*numbered(3), {**RECORD, "id": "x", "summary": ["A.",
          "B."]}),
          ":4: number of references is 2, but 1 at a.jsonl:1; give every record of a split as many"),
    alone("a.jsonl", "no queries", lines(*numbered(20)), ": the records have no queries; leave out --queries",
          "--queries", "all"),
    alone("a.jsonl", "meetings without queries",
          lines({"meeting_transcripts": [], "general_query_list": [], "specific_query_list": []}),
          ":1: no query in general_query_list; fix the record or remove it"),

    # Which file is which split
    together("two files for a split", both(splits(), lambda: put("source/test1.csv", "id"),
                                           rename("source/test.jsonl", "source/test2.jsonl")),
             "source: test1.csv and test2.jsonl could be test; choose one with --test FILE"),
    together("no file for a split", both(splits(), rename("source/validation.jsonl", "source/held-out.jsonl")),
             "source: no validation file, found held-out.jsonl, test.jsonl, train.jsonl;"
             " name it with --validation FILE, or draw it from train with --split validation=0.1"),
    Case("one file, and no splits", lambda: put("a.jsonl", lines(RECORD)), ("a.jsonl", "own"),
         "a.jsonl: no validation file, found a.jsonl; ... or draw it from train with --split validation=0.1"),
    together("a file that is not there", splits(),
             "source: --test eval.jsonl: no such file, found test.jsonl, train.jsonl, validation.jsonl",
             "--test", "eval.jsonl"),
    together("one file for two splits", splits(),
             "source: one file for two splits; name another one, or draw it with --split",
             "--test", "validation.jsonl"),
    together("a split to draw that is there", splits(),
             "source: test.jsonl is the test split; leave out test in --split, or name a single file as the source",
             "--split", "test=0.1"),

    # Drawing splits
    shares("a split with another name", "dev=0.1",
           "can't read 'dev=0.1'; expected shares such as validation=0.1,test=0.1"),
    shares("shares in percent", "test=10",
           "expected shares above 0, whose sum is below 1, because train gets the rest"),
    shares("shares that leave nothing", "validation=0.5,test=0.5",
           "expected shares above 0, whose sum is below 1, ..."),
    shares("a share of train", "train=0.8,test=0.2", "train gets what the others leave; leave out train=0.8"),
    alone("a.jsonl", "fewer dialogues than splits", lines(*numbered(2)),
          ": of 2 dialogues nothing is left for validation, because ...; give more dialogues, or change --split"),
    alone("a.jsonl", "one dialogue many times", lines(*({**RECORD, "id": n} for n in range(40))),
          ": of 40 dialogues nothing is left for validation, because ...; give more dialogues, or change --split"),
    alone("a.jsonl", "a group that is not there", lines(*numbered(20)),
          ":1: no column 'caller', found 'id', 'dialogue', 'summary'; name the one that holds the groups with --group",
          "--group", "caller"),
    together("a group, and nothing to draw", splits(),
             "--group: only needed if splits are drawn; add --split, or leave it out", "--group", "caller"),
]  # fmt: skip

PREPARE = [
    Case("no directory", lambda: None, (), "source: no such directory; expected ... beamline import SOURCE DIRECTORY)"),
    Case("a file", lambda: put("source", lines(RECORD)), (),
         "source: a file; expected ... beamline import SOURCE DIRECTORY)"),
    Case("no file for a split", both(splits(), rename("source/test.jsonl", "source/eval.jsonl")), (),
         "source: no test file; expected test with the ending ..., found eval.jsonl, train.jsonl, validation.jsonl"),
    Case("two files for a split", both(splits(), lambda: put("source/dev.csv", "id")), (),
         "source: validation.jsonl and dev.csv are both validation; keep one"),
    Case("many records that can't be used", splits(train=lines(*numbered(5), *numbered(4, summary=""))), (),
         "source/train.jsonl:6: summary is empty; fix the record or remove it; 4 rows have problems,"
         " all listed in .work/problems/rows.txt"),
    Case("test dialogues in train", splits(train=lines(*numbered(5)), test=lines(*numbered(3))), (),
         "source/test.jsonl:1: the dialogue of '0' is also in train ...: 3 of 3,"
         " all listed in .work/problems/leakage.jsonl; remove them from one side, or set data.leakage: ..."),
    Case("a Git LFS pointer", splits(test=LFS), (),
         "source/test.jsonl: a Git LFS pointer, not the data; get the data with: git lfs pull"),
]  # fmt: skip

SCORE = [
    Case("ids and predictions only", lambda: put("a.jsonl", lines({"id": 1, "prediction": "Hi."})), ("a.jsonl",),
         "a.jsonl:1: no column references or ..., found 'id' beside 'prediction'; name the one to read ..."),
    Case("a blank reference", lambda: put("a.csv", "id,prediction,reference\n1,Hi.,Hi.\n2,Hi.,\n"), ("a.csv",),
         "a.csv:3: blank reference in reference; write it, or remove the record from all files"),
    Case("files of different lengths", lambda: (put("a.txt", "Hi.\nHello.\n"), put("b.txt", "Hi.\n")), ("a.txt",
         "b.txt"),
         "b.txt: holds 1, but a.txt 2; give one reference for each summary, in order"),
    Case("an empty file", lambda: put("a.jsonl", ""), ("a.jsonl",),
         "a.jsonl: empty; expected one summary a line or a record"),
    Case("a workbook called CSV", lambda: put("a.csv", b"PK\x03\x04rest"), ("a.csv",),
         "a.csv: a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    Case("no file", lambda: None, ("a.csv",), "a.csv: can't be read: No such file or directory"),
]  # fmt: skip


def names(cases: list[Case]) -> list[str]:
    assert len({case.name for case in cases}) == len(cases)
    return [case.name for case in cases]


def check(case: Case, run: Callable[[], Outcome]) -> None:
    """Run what has to fail in the working directory, and check its line and what is there afterwards."""
    case.write()
    before = files()
    error = run().error
    begin, *middle, end = case.line.split("...") if "..." in case.line else (case.line, case.line)
    assert error.startswith(begin), error
    assert error.endswith(end), error
    assert all(text in error for text in middle), error
    lists = {path: content for path, content in files().items() if path.parts[0] == ".work"}
    assert {path: content for path, content in files().items() if path not in lists} == before
    assert [str(path) in error for path, content in lists.items() if content] == [True] * (".work/" in error)


def files() -> dict[Path, bytes | None]:
    """What is under the working directory; None for a directory."""
    return {path: path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


@pytest.mark.parametrize("case", IMPORT, ids=names(IMPORT))
def test_import_refuses(command: Command, case: Case) -> None:
    check(case, lambda: command.beamline("import", *case.arguments))


@pytest.mark.parametrize("case", PREPARE, ids=names(PREPARE))
def test_prepare_refuses(command: Command, case: Case) -> None:
    put("params.yaml", (ROOT / "params.yaml").read_text(encoding="utf-8").replace("path: data/english", "path: source"))
    Path("data").mkdir()
    check(case, lambda: command.stage(prepare.main))


@pytest.mark.parametrize("case", SCORE, ids=names(SCORE))
def test_score_refuses(command: Command, case: Case) -> None:
    check(case, lambda: command.beamline("score", *case.arguments))
