"""Forms of well-known datasets, imported without a script, from small files of the same form."""

import json
import random
from pathlib import Path

import pytest
from data.test_import import Record, check, read_json, read_jsonl, write_jsonl
from support.command import Command

from beamline.data.forms import FORMS

WORDS = [one + other for one in ("be", "ka", "lo", "mi", "su", "te") for other in ("dan", "fer", "gol", "pin", "rut")]


def meeting(number: int) -> Record:
    """A record of QMSum, whose turns have words that no other meeting has."""
    generator = random.Random(number)
    turns = [{"speaker": f"PhD {n}", "content": " ".join(generator.choices(WORDS, k=20))} for n in range(3)]
    return {
        "topic_list": [],
        "general_query_list": [
            {"query": "Summarize the whole meeting.", "answer": f"All of {number}."},
            {"query": "Who spoke?", "answer": "Three."},
        ],
        "specific_query_list": [
            {"query": "What about point 1?", "answer": f"Point 1 of {number}.", "relevant_text_span": [["1", "1"]]}
        ],
        "meeting_transcripts": turns,
    }


@pytest.fixture
def meetings(tmp_path: Path) -> Path:
    for split, numbers in (("train", (1, 2)), ("dev", (3,)), ("test", (4,))):
        write_jsonl(tmp_path / "qmsum" / f"{split}.jsonl", [meeting(number) for number in numbers])
    return Path("qmsum")


def test_qmsum_gives_meetings_with_the_query_for_the_whole(command: Command, meetings: Path) -> None:
    done = command.beamline("import", str(meetings), "own")
    assert (
        done.out.splitlines()[0]
        == "own/train.jsonl: 2 dialogues of train.jsonl (meeting_transcripts, general_query_list)"
    )
    assert read_jsonl(Path("own/train.jsonl"))[1] == {
        "id": "train-2",
        "dialogue": "\n".join(f"{turn['speaker']}: {turn['content']}" for turn in meeting(2)["meeting_transcripts"]),
        "summary": "All of 2.",
    }
    assert read_json(Path("own/provenance.json"))["queries"] == "whole"
    assert check(Path("own"))


def test_qmsum_gives_every_query_before_the_meeting(command: Command, meetings: Path) -> None:
    done = command.beamline("import", str(meetings), "own", "--queries", "all")
    assert done.out.splitlines()[0].startswith("own/train.jsonl: 6 dialogues of train.jsonl")
    rows = read_jsonl(Path("own/train.jsonl"))
    assert [(row["id"], row["dialogue"].split("\n")[0], row["summary"]) for row in rows[3:]] == [
        ("train-2-1", "Summarize the whole meeting.", "All of 2."),
        ("train-2-2", "Who spoke?", "Three."),
        ("train-2-3", "What about point 1?", "Point 1 of 2."),
    ]
    assert rows[3]["dialogue"].split("\n")[1:] == rows[4]["dialogue"].split("\n")[1:]
    assert read_json(Path("own/provenance.json"))["queries"] == "all"
    assert check(Path("own"))


def test_queries_of_a_meeting_stay_on_one_side(command: Command, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "all.jsonl", [meeting(number) for number in range(20)])
    shares = ("--split", "validation=0.2,test=0.2")
    assert command.beamline("import", "all.jsonl", "own", "--queries", "all", *shares).code == 0
    of_split = [
        {row["id"].rsplit("-", 1)[0] for row in read_jsonl(tmp_path / "own" / f"{split}.jsonl")}
        for split in ("train", "validation", "test")
    ]
    assert [len(numbers) for numbers in of_split] == [12, 4, 4]
    assert len(set.union(*of_split)) == 20


def test_a_query_without_an_answer_is_left_out_alone(command: Command, meetings: Path) -> None:
    broken = meeting(5)
    broken["specific_query_list"].insert(0, {"query": "And then?", "answer": ""})
    write_jsonl(meetings / "train.jsonl", [broken, {**meeting(6), "general_query_list": []}])
    assert command.beamline("import", str(meetings), "all", "--queries", "all").code == 0
    ids = [row["id"] for row in read_jsonl(Path("all/train.jsonl"))]
    assert ids == ["train-1-1", "train-1-2", "train-1-4", "train-2-1"]
    assert command.beamline("import", str(meetings), "whole").code == 0
    assert Path("whole/left_out.txt").read_text() == (
        "qmsum/train.jsonl:2: no query in general_query_list; fix the record or remove it\n"
    )


def test_mediasum_gives_its_utterances_with_their_speakers(command: Command, tmp_path: Path) -> None:
    rows = [
        {
            "id": f"NPR-{n}", "program": "News", "date": "2020-01-01", "url": "", "title": "t",
            "summary": f"News {n}.", "utt": [f"Good morning {n}.", "Hello."], "speaker": ["HOST", "A GUEST"],
        }
        for n in range(10)
    ]  # fmt: skip
    (tmp_path / "news_dialogue.json").write_text(json.dumps(rows))
    done = command.beamline("import", "news_dialogue.json", "own", "--split", "validation=0.1,test=0.1")
    assert done.code == 0, done.err
    imported = [row for split in ("train", "validation", "test") for row in read_jsonl(Path("own", f"{split}.jsonl"))]
    assert {"id": "NPR-3", "dialogue": "HOST: Good morning 3.\nA GUEST: Hello.", "summary": "News 3."} in imported


def test_forms_are_told_apart_by_their_columns() -> None:
    assert all(not (one.columns <= other.columns) for one in FORMS for other in FORMS if one is not other)
