"""`beamline import` of local files, run as a person runs it: what it takes, writes and says."""

import csv
import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.command import Command

from beamline.core.params import Data
from beamline.data.canonical import USUAL
from beamline.data.corpus import Corpus, check_corpus
from beamline.data.splits import NAMES

Record = dict[str, Any]


def records(split: str, count: int = 3) -> list[Record]:
    return [{"id": f"{split}{n}", "dialogue": f"A: {split} {n}?\nB: Yes.", "summary": f"Of {n}."} for n in range(count)]


def write_jsonl(path: Path, rows: list[Record]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_csv(path: Path, rows: list[Record], encoding: str = "utf-8", delimiter: str = ",") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def read_jsonl(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_json(path: Path) -> Record:
    value: Record = json.loads(path.read_text(encoding="utf-8"))
    return value


def check(directory: Path) -> Corpus:
    """What `prepare` makes of it."""
    return check_corpus(Data(path=str(directory), columns=USUAL, leakage="error"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A directory `source` of three files, whose test dialogues have two summaries."""
    for split in ("train", "dev"):
        write_jsonl(tmp_path / "source" / f"{split}.jsonl", records(split))
    rows = [{**row, "summary1": row["summary"], "summary2": "Or so."} for row in records("test")]
    for row in rows:
        del row["summary"]
    write_jsonl(tmp_path / "source" / "test.jsonl", rows)
    return Path("source")


# What it writes and says


def test_files_of_one_name_give_their_dialogues_different_ids(command: Command, tmp_path: Path) -> None:
    for name in ("rest", "talks"):
        rows = [{"dialogue": row["dialogue"], "summary": row["summary"]} for row in records(name, 2)]
        write_jsonl(tmp_path / "source" / f"{name}.jsonl", rows)
    write_csv(tmp_path / "source" / "talks.csv", [{"dialogue": "A: Hi.\nB: Ho.", "summary": "They greet."}])
    parts = ("--train", "talks.csv", "--validation", "rest.jsonl", "--test", "talks.jsonl")
    assert command.beamline("import", "source", "own", *parts).code == 0
    ids = {split: [row["id"] for row in read_jsonl(Path("own", f"{split}.jsonl"))] for split in NAMES}
    assert ids == {
        "train": ["talks.csv-1"],
        "validation": ["rest-1", "rest-2"],
        "test": ["talks.jsonl-1", "talks.jsonl-2"],
    }


def test_a_directory_is_written_in_the_canonical_form(command: Command, source: Path) -> None:
    done = command.beamline("import", str(source), "data/own")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "data/own/train.jsonl: 3 dialogues of train.jsonl (id, dialogue, summary)",
        "data/own/validation.jsonl: 3 dialogues of dev.jsonl (id, dialogue, summary)",
        "data/own/test.jsonl: 3 dialogues of test.jsonl (id, dialogue, summary1, summary2)",
        "next: dvc add data/own && dvc exp run -S data.path=data/own",
    ]
    assert sorted(path.name for path in Path("data").rglob("*")) == [
        "own", "provenance.json", "test.jsonl", "train.jsonl", "validation.jsonl",
    ]  # fmt: skip
    assert read_jsonl(Path("data/own/train.jsonl")) == records("train")
    assert list(read_jsonl(Path("data/own/test.jsonl"))[0]) == ["id", "dialogue", "summary1", "summary2"]
    assert check(Path("data/own")).warnings == ()


def test_provenance_says_what_determined_the_files_and_nothing_else(command: Command, source: Path) -> None:
    command.beamline("import", str(source), "first")
    command.beamline("import", str(source.resolve()), "second")
    provenance = read_json(Path("first/provenance.json"))
    assert provenance == read_json(Path("second/provenance.json"))
    assert provenance.pop("beamline")
    splits = provenance.pop("splits")
    assert provenance == {"source": {"name": "source"}, "drawn": None, "queries": None, "left_out": {}}
    sums = subprocess.run(
        ["sha256sum", "source/dev.jsonl", "first/validation.jsonl"], capture_output=True, text=True, check=True
    )
    [of_source, of_split] = [line.split()[0] for line in sums.stdout.splitlines()]
    assert splits["validation"] == {
        "from": {"name": "dev.jsonl", "sha256": of_source},
        "columns": {"id": ["id"], "dialogue": ["dialogue"], "summary": ["summary"]},
        "dialogues": 3,
        "sha256": of_split,
    }


def test_records_that_cannot_be_used_are_left_out_counted_and_listed(command: Command, source: Path) -> None:
    rows = records("train", 6)
    rows[1]["dialogue"], rows[3]["summary"], rows[4]["summary"] = " ", "", None
    write_jsonl(source / "train.jsonl", rows)
    done = command.beamline("import", str(source), "own")
    assert done.out.splitlines()[3] == (
        "left out of train.jsonl: 2 because summary is empty, 1 because dialogue is empty;"
        " all listed in own/left_out.txt"
    )
    assert [line.partition(";")[0] for line in Path("own/left_out.txt").read_text().splitlines()] == [
        "source/train.jsonl:2: dialogue is empty",
        "source/train.jsonl:4: summary is empty",
        "source/train.jsonl:5: summary is empty",
    ]
    assert read_json(Path("own/provenance.json"))["left_out"] == {
        "train.jsonl": {"summary is empty": 2, "dialogue is empty": 1}
    }
    assert [row["id"] for row in read_jsonl(Path("own/train.jsonl"))] == ["train0", "train2", "train5"]
    assert check(Path("own"))


@pytest.mark.parametrize("cells", [{}, {"summary": ""}, {"summary": None}], ids=["no column", "empty", "null"])
def test_a_test_split_without_summaries_is_taken(command: Command, source: Path, cells: Record) -> None:
    rows = [{"id": row["id"], "dialogue": row["dialogue"], **cells} for row in records("test")]
    write_jsonl(source / "test.jsonl", rows)
    done = command.beamline("import", str(source), "own")
    assert done.out.splitlines()[2] == (
        "own/test.jsonl: 3 dialogues of test.jsonl (id, dialogue),"
        " without summaries: a model's are written, and not scored"
    )
    assert list(read_jsonl(Path("own/test.jsonl"))[0]) == ["id", "dialogue"]
    assert len(check(Path("own")).test) == 3


def test_a_record_that_is_no_json_is_left_out(command: Command, source: Path) -> None:
    with (source / "train.jsonl").open("a") as file:
        file.write('{"id": "cut", "dialogue": "A: H\n')
    done = command.beamline("import", str(source), "own")
    assert done.out.splitlines()[3] == (
        "left out of train.jsonl: 1 because not JSON: Unterminated string starting; all listed in own/left_out.txt"
    )


def test_a_dialogue_without_an_id_is_called_after_its_file_and_record(command: Command, source: Path) -> None:
    rows = [{"dialogue": text, "summary": "s"} for text in ("one", "", "three")]
    write_jsonl(source / "train.jsonl", rows)
    command.beamline("import", str(source), "own")
    assert [row["id"] for row in read_jsonl(Path("own/train.jsonl"))] == ["train-1", "train-3"]


def test_columns_are_named_by_dotted_paths(command: Command, source: Path) -> None:
    rows = [
        {"meta": {"key": n}, "input": {"talk": f"dialogue {n}"}, "gist": {"text1": "s", "text2": "t"}} for n in (7, 8)
    ]
    for split in ("train", "dev", "test"):
        write_jsonl(source / f"{split}.jsonl", rows)
    done = command.beamline(
        "import", str(source), "own", "--id", "meta.key", "--dialogue", "input.talk", "--summary", "gist.text"
    )
    assert done.out.splitlines()[0] == (
        "own/train.jsonl: 2 dialogues of train.jsonl (meta.key, input.talk, gist.text1, gist.text2)"
    )
    assert read_jsonl(Path("own/train.jsonl"))[0] == {
        "id": "7", "dialogue": "dialogue 7", "summary1": "s", "summary2": "t",
    }  # fmt: skip


def test_test_dialogues_in_train_make_the_next_command_drop_them(command: Command, source: Path) -> None:
    write_jsonl(source / "test.jsonl", [*records("test"), {**records("train")[1], "id": "again"}])
    lines = command.beamline("import", str(source), "own").out.splitlines()
    assert lines[3:] == [
        "warning: 1 of 4 test dialogues are also in train, first test.jsonl:4 = train.jsonl:2",
        "next: dvc add own && dvc exp run -S data.path=own -S data.leakage=drop",
    ]


def test_the_next_command_fits_the_place(
    command: Command, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def next_command(directory: str) -> str:
        return command.beamline("import", str(source.resolve()), directory).out.splitlines()[-1]

    absolute = source.resolve()
    (tmp_path / "clone" / ".dvc").mkdir(parents=True)
    (tmp_path / "clone" / "data").mkdir()
    monkeypatch.chdir(tmp_path / "clone")
    source = absolute
    assert next_command("data/my own") == (
        """next: dvc add 'data/my own' && dvc exp run -S 'data.path='"'"'data/my own'"'"''"""
    )
    assert next_command("../outside") == f"next: dvc exp run -S data.path={tmp_path}/outside"
    monkeypatch.chdir(tmp_path / "clone" / "data")
    assert next_command("own") == f"next: cd {tmp_path}/clone && dvc add data/own && dvc exp run -S data.path=data/own"


# Formats and names


@pytest.mark.parametrize(
    "name",
    [
        "train.json", "train.data.json", "train.jsonl.gz", "train.csv", "train.utf16.csv", "train.TSV", "train.csv.zst",
        "train.parquet",
    ],
)  # fmt: skip
def test_every_format_gives_the_same_dialogues(command: Command, source: Path, name: str) -> None:
    rows = [{**row, "dialogue": f'{row["dialogue"]} 안녕, "ß"'} for row in records("train")]
    (source / "train.jsonl").unlink()
    path = source / name
    if name == "train.json":
        path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    elif name == "train.data.json":
        path.write_text(json.dumps({"version": 2, "data": rows}), encoding="utf-8")
    elif name == "train.jsonl.gz":
        path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    elif name == "train.csv.zst":
        write_csv(source / "plain", rows)
        path.write_bytes(pa.compress((source / "plain").read_bytes(), "zstd", asbytes=True))
    elif name == "train.parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        write_csv(path, rows, "utf-16" if "utf16" in name else "utf-8", delimiter="\t" if name.endswith("TSV") else ",")
    done = command.beamline("import", str(source), "own", "--train", name)
    assert done.code == 0, done.err
    assert read_jsonl(Path("own/train.jsonl")) == rows


@pytest.mark.parametrize(
    "names",
    [
        ("MTS-Dialog-TrainingSet.jsonl", "MTS-Dialog-ValidationSet.jsonl", "MTS-Dialog-TestSet-1-MEDIQA.jsonl"),
        ("train.jsonl", "valid.jsonl", "clinicalnlp_taskB_test1.jsonl"),
        ("corpus.train.ndjson", "corpus.val.ndjson", "corpus.test.ndjson"),
        ("TRAIN.JSONL", "DEV.JSONL", "TEST.JSONL"),
        ("train.jsonl", "development-v2.jsonl", "testset.jsonl"),
    ],
)
def test_names_of_files_tell_the_splits(command: Command, tmp_path: Path, names: tuple[str, ...]) -> None:
    for split, name in zip(("train", "validation", "test"), names, strict=True):
        write_jsonl(tmp_path / "source" / name, records(split))
    (tmp_path / "source" / "README.md").write_text("Train, validation and test.")
    write_jsonl(tmp_path / "source" / "latest.jsonl", records("none"))
    write_jsonl(tmp_path / "source" / "train_dev_test.jsonl", records("none"))
    done = command.beamline("import", "source", "own")
    assert done.code == 0, done.err
    for split in ("train", "validation", "test"):
        assert read_jsonl(tmp_path / "own" / f"{split}.jsonl") == records(split)


def test_of_several_test_files_one_is_chosen_by_its_name(command: Command, source: Path) -> None:
    (source / "test.jsonl").rename(source / "test-2022.jsonl")
    write_jsonl(source / "test-2023.jsonl", records("newer"))
    assert command.beamline("import", str(source), "own").error == (
        "source: test-2022.jsonl and test-2023.jsonl could be test; choose one with --test FILE"
    )
    done = command.beamline("import", str(source), "own", "--test", "test-2023.jsonl")
    assert done.out.splitlines()[2].startswith("own/test.jsonl: 3 dialogues of test-2023.jsonl")


# Drawing splits


def test_a_single_file_is_split_by_the_seed(command: Command, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "all.jsonl", records("all", 50))

    def draw(directory: str, *options: str) -> dict[str, list[str]]:
        done = command.beamline("import", "all.jsonl", directory, "--split", "validation=0.1,test=0.2", *options)
        assert done.code == 0, done.err
        files = {split: read_jsonl(Path(directory, f"{split}.jsonl")) for split in ("train", "validation", "test")}
        return {split: [row["id"] for row in rows] for split, rows in files.items()}

    first, again, other = draw("first"), draw("again"), draw("other", "--seed", "7")
    assert first == again != other
    assert {split: len(ids) for split, ids in first.items()} == {"train": 35, "validation": 5, "test": 10}
    assert sorted(id for ids in first.values() for id in ids) == sorted(row["id"] for row in records("all", 50))
    assert read_json(Path("other/provenance.json"))["drawn"] == {
        "validation": 0.1, "test": 0.2, "seed": 7, "group": None,
    }  # fmt: skip
    assert check(Path("first")).warnings == ()


def test_a_missing_split_is_drawn_from_train(command: Command, source: Path) -> None:
    write_jsonl(source / "train.jsonl", records("train", 20))
    (source / "dev.jsonl").unlink()
    assert command.beamline("import", str(source), "own").error == (
        "source: no validation file, found test.jsonl, train.jsonl; name it with --validation FILE,"
        " or draw it from train with --split validation=0.1"
    )
    done = command.beamline("import", str(source), "own", "--split", "validation=0.25")
    assert [line.partition(" (")[0] for line in done.out.splitlines()[:3]] == [
        "own/train.jsonl: 15 dialogues of train.jsonl",
        "own/validation.jsonl: 5 dialogues of train.jsonl",
        "own/test.jsonl: 3 dialogues of test.jsonl",
    ]


def test_groups_stay_on_one_side(command: Command, tmp_path: Path) -> None:
    rows = [{**row, "meta": {"caller": n // 5}} for n, row in enumerate(records("all", 50))]
    write_jsonl(tmp_path / "all.jsonl", rows)
    shares = ("--split", "validation=0.2,test=0.2")
    assert command.beamline("import", "all.jsonl", "own", *shares, "--group", "meta.caller").code == 0
    callers = {row["id"]: row["meta"]["caller"] for row in rows}
    of_split = [
        {callers[row["id"]] for row in read_jsonl(tmp_path / "own" / f"{split}.jsonl")}
        for split in ("train", "validation", "test")
    ]
    assert [len(numbers) for numbers in of_split] == [6, 2, 2]
    assert not (of_split[0] & of_split[1] or of_split[0] & of_split[2] or of_split[1] & of_split[2])
