"""The three splits of a directory: which files they are, every row that can't be used, and what leaks between them."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns, Data
from beamline.core.records import speaker_tags
from beamline.data.corpus import Corpus, check_corpus
from beamline.data.readers import describe_endings

USUAL = Columns(id=None, dialogue=None, summary=None)
GOOD = {"id": "a", "dialogue": "#Person1#: Hi.", "summary": "A greeting."}
ROWS, LEAKS = Path(".work/problems/rows.txt"), Path(".work/problems/leakage.jsonl")


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three splits in the directory `data` of the working directory."""
    monkeypatch.chdir(tmp_path)
    directory = Path("data")
    directory.mkdir()
    for split in ("train", "validation", "test"):
        write(directory / f"{split}.jsonl", *({"dialogue": f"{split} {n}", "summary": "s"} for n in (1, 2)))
    return directory


def write(path: Path, *records: Any) -> None:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")


def append(path: Path, *records: Any) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def check(directory: Path, leakage: Literal["error", "warn", "drop"] = "error") -> Corpus:
    return check_corpus(Data(path=str(directory), columns=USUAL, leakage=leakage))


def error_of(directory: Path) -> str:
    with pytest.raises(BeamlineError) as caught:
        check(directory)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def listed_leaks() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LEAKS.read_text(encoding="utf-8").splitlines()]


# Files


def test_a_corpus_has_its_splits_in_the_order_of_the_files(corpus: Path) -> None:
    read = check(corpus)
    assert [[record.dialogue for record in split] for split in (read.train, read.validation, read.test)] == [
        ["train 1", "train 2"], ["validation 1", "validation 2"], ["test 1", "test 2"],
    ]  # fmt: skip
    assert [record.id for record in read.train] == ["train-1", "train-2"]
    assert [len(split) for split in (read.train, read.validation, read.test)] == [2, 2, 2]
    assert (read.warnings, read.leaks) == ((), None)
    assert not Path(".work").exists()


@pytest.mark.parametrize("name", ["dev.jsonl", "val.JSONL", "Valid.jsonl", "validation.ndjson"])
def test_validation_has_several_names_in_any_case(corpus: Path, name: str) -> None:
    (corpus / "validation.jsonl").rename(corpus / name)
    assert len(check(corpus).validation) == 2


def test_a_missing_split_names_what_is_there(corpus: Path) -> None:
    (corpus / "validation.jsonl").rename(corpus / "held-out.jsonl")
    assert error_of(corpus) == (
        "data: no validation file; expected validation or valid or val or dev with the ending"
        f" {describe_endings()}, found held-out.jsonl, test.jsonl, train.jsonl"
    )


@pytest.mark.parametrize("second", ["dev.csv", "validation.parquet", "val.jsonl.gz"])
def test_two_files_for_one_split_are_named(corpus: Path, second: str) -> None:
    (corpus / second).touch()
    assert error_of(corpus) == f"data: validation.jsonl and {second} are both validation; keep one"


def test_a_path_that_is_no_directory(corpus: Path) -> None:
    assert error_of(corpus / "nowhere").startswith("data/nowhere: no such directory; expected train, validation (or")
    assert error_of(corpus / "train.jsonl").startswith("data/train.jsonl: a file; expected the directory that holds")


# Rows


def test_one_run_names_every_row_that_cannot_be_used(corpus: Path) -> None:
    append(corpus / "train.jsonl", {"dialogue": " ", "summary": "s"}, {**GOOD, "id": 1}, {**GOOD, "id": "1"})
    append(corpus / "test.jsonl", {"dialogue": "d", "summary": None}, {"dialogue": "e", "summary": ["s", "t"]})
    first = "data/train.jsonl:3: dialogue is empty; fix the record or remove it"
    assert error_of(corpus) == f"{first}; 4 rows have problems, all listed in {ROWS}"
    assert ROWS.read_text(encoding="utf-8").splitlines() == [
        first,
        "data/train.jsonl:5: id '1' is at data/train.jsonl:4 already; give every record its own",
        "data/test.jsonl:3: summary is empty; fix the record or remove it",
        "data/test.jsonl:4: number of references is 2, but 1 at data/test.jsonl:1;"
        " give every record of a split as many",
    ]


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [
        ("train.jsonl", '{"dialogue": "d", "summary": "s"}\n{\n{"dialogue": ""}\n[1]\n', [2, 3, 4]),
        ("train.csv", "dialogue,summary\nd,s\nd,s,more\n,s\nd\n", [3, 4, 5]),
        ("train.json", '[\n{"dialogue": "d", "summary": "s"}, 7, {"dialogue": null}]', ["record 2", "record 3"]),
    ],
)
def test_rows_that_cannot_be_read_are_among_them(corpus: Path, name: str, content: str, lines: list[Any]) -> None:
    (corpus / "train.jsonl").unlink()
    (corpus / name).write_text(content, encoding="utf-8")
    append(corpus / "test.jsonl", {"dialogue": "d", "summary": ""})
    assert f"{len(lines) + 1} rows have problems" in error_of(corpus)
    listed = ROWS.read_text(encoding="utf-8").splitlines()
    places = [f"data/{name}:{f' {line}' if isinstance(line, str) else line}: " for line in lines]
    assert all(row.startswith(place) for row, place in zip(listed, [*places, "data/test.jsonl:3: "], strict=True))


def test_what_ends_the_reading_of_one_file_does_not_hide_problems_of_another(corpus: Path) -> None:
    (corpus / "train.jsonl").write_bytes(b'{"dialogue": "", "summary": "s"}\n\xff\n{"dialogue": ""}')
    (corpus / "validation.jsonl").write_bytes(b"")
    append(corpus / "test.jsonl", {"dialogue": "d", "summary": ""})
    error_of(corpus)
    assert [line.split(";")[0] for line in ROWS.read_text(encoding="utf-8").splitlines()] == [
        "data/train.jsonl:1: dialogue is empty",
        "data/train.jsonl:2: not UTF-8: byte 0xff",
        "data/validation.jsonl: no records",
        "data/test.jsonl:3: summary is empty",
    ]


def test_a_single_row_needs_no_list_and_an_old_list_goes_away(corpus: Path) -> None:
    append(corpus / "test.jsonl", {"dialogue": "d"}, {"dialogue": "e"})
    error_of(corpus)
    assert ROWS.exists()
    write(corpus / "test.jsonl", {"dialogue": "d", "summary": ""})
    assert error_of(corpus) == "data/test.jsonl:1: summary is empty; fix the record or remove it"
    assert not ROWS.exists()


def test_a_list_holds_a_thousand_rows_of_a_kind_and_the_number_of_the_others(corpus: Path) -> None:
    write(
        corpus / "train.jsonl", *({"text": "d", "summary": "s"} for _ in range(1200)), {"dialogue": 7, "summary": "s"}
    )
    assert error_of(corpus).endswith(f"; 1201 rows have problems, all listed in {ROWS}")
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1002
    assert lines[1000].startswith("data/train.jsonl:1201: dialogue is not text but 7; fix the record, or name")
    assert lines[1001] == "... and 200 more rows: no column ..."


def test_lists_are_in_the_repository_of_a_temporary_run(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(corpus / "test.jsonl", {"dialogue": "d"}, {"dialogue": "e"})
    (tmp_path / "copy").mkdir()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path / "copy")
    assert error_of(tmp_path / "data").endswith(f"all listed in {tmp_path / ROWS}")
    assert (tmp_path / ROWS).exists()


# Leakage


def leak(corpus: Path, into: str) -> None:
    """Append to `into` the dialogues of test, with other white space."""
    append(corpus / f"{into}.jsonl", *({**GOOD, "id": f"{into}_{n}", "dialogue": f" test\r\n  {n} "} for n in (1, 2)))


def test_a_test_dialogue_that_is_in_train_is_an_error(corpus: Path) -> None:
    leak(corpus, "train")
    assert error_of(corpus) == (
        "data/test.jsonl:1: the dialogue of 'test-1' is also in train (data/train.jsonl:3, 'train_1');"
        f" test dialogues that are: 2 of 2, all listed in {LEAKS};"
        " remove them from one side, or set data.leakage: drop (train goes without them) or warn"
    )
    assert listed_leaks() == [
        {
            "test": [{"where": f"data/test.jsonl:{n}", "id": f"test-{n}"}],
            "train": [{"where": f"data/train.jsonl:{n + 2}", "id": f"train_{n}"}],
        }
        for n in (1, 2)
    ]


def test_leakage_that_is_let_pass_is_recorded_without_paths(corpus: Path) -> None:
    leak(corpus, "train")
    read = check(corpus, "warn")
    assert read.warnings == ("2 of 2 test dialogues are also in train, first test.jsonl:1 = train.jsonl:3",)
    assert (len(read.train), read.leaks) == (4, LEAKS)


def test_train_goes_without_what_is_in_test_or_validation(corpus: Path) -> None:
    leak(corpus, "train")
    append(corpus / "train.jsonl", {**GOOD, "id": "b", "dialogue": "validation 2"}, {**GOOD, "id": "c"})
    read = check(corpus, "drop")
    assert [record.id for record in read.train] == ["train-1", "train-2", "c"]
    assert len(read.train) == 3
    assert read.warnings == ("3 of 6 training dialogues are left out, as they are in test or validation",)
    assert len(listed_leaks()) == 3
    assert [len(read.validation), len(read.test)] == [2, 2]


def test_train_without_any_dialogue_of_its_own_is_an_error(corpus: Path) -> None:
    (corpus / "train.jsonl").write_bytes((corpus / "validation.jsonl").read_bytes())
    with pytest.raises(BeamlineError, match=r"data/train\.jsonl: all 2 dialogues are also in test or validation"):
        check(corpus, "drop")


def test_overlap_with_validation_is_a_warning(corpus: Path) -> None:
    leak(corpus, "validation")
    append(corpus / "train.jsonl", {**GOOD, "dialogue": "validation 2"})
    assert check(corpus).warnings == (
        "2 of 2 test dialogues are also in validation, first test.jsonl:1 = validation.jsonl:3",
        "1 of 4 validation dialogues are also in train, first validation.jsonl:2 = train.jsonl:3",
    )
    check(corpus)
    (corpus / "validation.jsonl").write_text(json.dumps({"dialogue": "v", "summary": "s"}), encoding="utf-8")
    check(corpus)
    assert not LEAKS.exists(), "an old list would be taken for what is in these data"


SPOKEN = {
    "english": "#Person1#: My bicycle is broken, can you repair it? #Person2#: What happened? #Person1#: I fell off it"
    " on the way to work. #Person2#: Leave it here, it will be ready on {day}. #Person1#: That is very kind of you.",
    "chinese": "甲：我的自行车坏了，你能帮我修一下吗？乙：发生了什么事？甲：我上班的路上摔了一跤。"
    "乙：把车放在这里吧，{day}就能修好。甲：太感谢你了，我明天还要骑车去火车站接我的妹妹。",
    "thai": "ก: จักรยานของฉันเสีย คุณช่วยซ่อมให้หน่อยได้ไหม ข: เกิดอะไรขึ้น ก: ฉันล้มระหว่างทางไปทำงาน"
    " ข: ทิ้งไว้ที่นี่ก็ได้ จะเสร็จวัน{day} ก: ขอบคุณมาก คุณใจดีจริงๆ",
}


@pytest.mark.parametrize("language", SPOKEN)
def test_a_changed_word_is_a_near_duplicate_in_every_script(corpus: Path, language: str) -> None:
    text = SPOKEN[language]
    append(corpus / "test.jsonl", {"dialogue": text.format(day="7"), "summary": "s"})
    append(corpus / "train.jsonl", {"dialogue": text.format(day="12").upper().replace(" ", "  "), "summary": "s"})
    append(corpus / "train.jsonl", *({"dialogue": other, "summary": "s"} for other in SPOKEN.values() if other != text))
    assert check(corpus).warnings == ("1 of 3 test dialogues are nearly in train, first test.jsonl:3 = train.jsonl:3",)
    [near] = listed_leaks()
    assert 0.75 < near["share"] < 1
    assert (near["test"][0]["id"], near["train"][0]["id"]) == ("test-3", "train-3")


def test_dialogues_that_share_half_of_their_turns_are_no_near_duplicates(corpus: Path) -> None:
    first, second = (
        SPOKEN["english"],
        "I need a present for my mother. How about a book? A good idea, what does it cost?",
    )
    append(corpus / "test.jsonl", {"dialogue": first + second, "summary": "s"})
    append(corpus / "train.jsonl", {"dialogue": first, "summary": "s"})
    assert check(corpus).warnings == ()


def test_near_duplicates_are_named_by_their_rows_in_the_file(corpus: Path) -> None:
    """Rows that are left out before them don't move them."""
    leak(corpus, "train")
    append(corpus / "test.jsonl", {"dialogue": SPOKEN["english"], "summary": "s"})
    append(corpus / "train.jsonl", {"dialogue": SPOKEN["english"].upper(), "summary": "s"})
    assert check(corpus, "drop").warnings == (
        "1 of 3 test dialogues are nearly in train, first test.jsonl:3 = train.jsonl:5",
        "2 of 5 training dialogues are left out, as they are in test or validation",
    )


@pytest.mark.slow
def test_dialogsum_reads_with_its_three_references_and_its_overlaps(dialogsum: Path, corpus: Path) -> None:
    read = check(dialogsum)
    assert (len(read.train), len(read.validation), len(read.test)) == (12460, 500, 500)
    assert {len(record.references) for record in read.test} == {3}
    assert read.warnings == (
        "6 of 500 test dialogues are also in validation, first test.jsonl:60 = dev.jsonl:88",
        "32 of 500 validation dialogues are also in train, first dev.jsonl:43 = train.jsonl:2558",
        "3 of 500 test dialogues are nearly in train, first test.jsonl:157 = train.jsonl:7331",
        "50 of 500 validation dialogues are nearly in train, first dev.jsonl:10 = train.jsonl:4931",
    )
    assert {"#Person1#", "#PErson2#", "#PersonN#"} <= {
        tag for record in read.train for tag in speaker_tags(record.dialogue)
    }
