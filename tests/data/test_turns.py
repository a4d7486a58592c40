"""Dialogues that are given as turns, in every form that people keep them in."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.data.dialogues import to_dialogue
from beamline.data.readers import Row, read_rows

USUAL = Columns(id=None, dialogue=None, summary=None)
TURNS = [("Rosa", "Is the ferry late?"), ("Dr. Okafor", "By an hour."), ("Rosa", "Then I walk.")]
TEXT = "Rosa: Is the ferry late?\nDr. Okafor: By an hour.\nRosa: Then I walk."
OBJECTS = [{"speaker": speaker, "text": text} for speaker, text in TURNS]


def read(columns: Columns = USUAL, **cells: object) -> str:
    return to_dialogue(Row("x.jsonl:1", {"summary": "s", **cells}), columns, "x-1").dialogue


def error_of(columns: Columns = USUAL, **cells: object) -> str:
    with pytest.raises(BeamlineError) as caught:
        read(columns, **cells)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "cells",
    [
        {"dialogue": TEXT},
        {"dialogue": [f"{speaker}: {text}" for speaker, text in TURNS]},
        {"dialogue": OBJECTS},
        {"dialog": [{"Author": speaker, "Utterance": text, "act": 3} for speaker, text in TURNS]},
        {"conversations": [{"from": speaker, "value": text} for speaker, text in TURNS]},
        {"meeting_transcripts": [{"speaker": speaker, "content": text} for speaker, text in TURNS]},
        {"messages": [{"role": "user", "name": speaker, "content": text} for speaker, text in TURNS]},
        {"messages": [{"role": speaker, "content": [{"type": "text", "text": text}]} for speaker, text in TURNS]},
        {"turns": {"speaker": [speaker for speaker, _ in TURNS], "utterance": [text for _, text in TURNS]}},
        {"utt": [text for _, text in TURNS], "speaker": [speaker for speaker, _ in TURNS], "program": "Ferries"},
        {"transcript": json.dumps(OBJECTS)},
        {"transcript": repr(OBJECTS)},
        {"transcript": json.dumps({"name": [name for name, _ in TURNS], "text": [text for _, text in TURNS]})},
        {"chat": repr([f"{speaker}: {text}" for speaker, text in TURNS])},
        {"dialogue": [{"speaker": f"{speaker}:", "text": f" {text}\n"} for speaker, text in TURNS]},
        {"dialogue": [*OBJECTS, None, "", {"speaker": "Rosa", "text": None}, {"role": "tool", "content": " \n"}]},
    ],
    ids=[
        "text", "texts", "objects", "other case", "from and value", "qmsum", "name in a chat", "parts of content",
        "lists in an object", "mediasum", "json in a table", "repr in a table", "json of lists", "repr of texts",
        "colons and spaces", "turns without text",
    ],
)  # fmt: skip
def test_all_forms_of_turns_are_the_same_text(cells: dict[str, object]) -> None:
    assert read(**cells) == TEXT


def test_turns_come_the_same_from_json_parquet_and_csv(tmp_path: Path) -> None:
    """Parquet fills every key that one of the turns has with null in the others."""
    records = [{"id": "a", "dialogue": [*OBJECTS, {"name": "Lu", "content": "Wait!"}], "summary": "s"}]
    (tmp_path / "x.jsonl").write_text(json.dumps(records[0]), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(records), tmp_path / "x.parquet")
    with (tmp_path / "x.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)  # as pandas does, the repr of a list
    for ending in ("jsonl", "parquet", "csv"):
        [row] = read_rows(tmp_path / f"x.{ending}")
        assert to_dialogue(row, USUAL, "x-1").dialogue == f"{TEXT}\nLu: Wait!", ending


def test_a_list_beside_the_turns_that_is_no_speaker_is_left_alone() -> None:
    assert read(dialogue=["A: Hi.", "B: Hello."], author=["Lu"], role=["x", "y"]) == "A: Hi.\nB: Hello."


def test_what_is_odd_in_a_turn() -> None:
    turns = [
        {"speaker": 1, "text": "Two\nlines,\r\n  and a\u2028third."},
        {"speaker": None, "text": "Nobody."},
        {"speaker": "", "role": "guest", "text": "A role."},
        "No object.",
        {"role": "assistant", "content": ["Two", {"type": "text", "text": "parts."}]},
    ]
    assert read(dialogue=turns).split("\n") == [
        "Speaker 1: Two lines, and a third.", "Nobody.", "guest: A role.", "No object.", "assistant: Two parts.",
    ]  # fmt: skip


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
NAMES = WORDS.filter(lambda name: name == name.rstrip(":："))


@given(st.lists(st.tuples(NAMES, st.lists(WORDS, min_size=1).map(" ".join)), min_size=1))
def test_every_turn_is_a_line_and_comes_back_from_it(turns: list[tuple[str, str]]) -> None:
    objects = [{"speaker": speaker, "text": text} for speaker, text in turns]
    text = read(dialogue=objects)
    assert text.split("\n") == [f"{speaker}: {said}" for speaker, said in turns]
    assert text == read(dialogue=json.dumps(objects)) == read(dialogue=repr(objects))
    assert text == read(utt=[said for _, said in turns], speaker=[speaker for speaker, _ in turns])


@pytest.mark.parametrize(
    "text",
    ["[doctor] hi .\n[patient] hello . [laughs]", "{sighs} Well. {laughs}", "[1, two]", '["Ana": hi]', "['a' 'b']"],
)
def test_a_text_in_brackets_stays_a_text(text: str) -> None:
    assert read(dialogue=text) == text


USUAL_TURNS = (
    "expected a list of texts, or of objects with a speaker (speaker, name, author, sender, from, role)"
    " and a text (text, utterance, utt, content, message, value)"
)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            {"dialogue": [{"who": "Rosa", "said": "Hi."}]},
            f"dialogue[0] has no text, found 'who', 'said'; {USUAL_TURNS}: rename the key",
        ),
        (
            {"dialogue": [{"speaker": "Rosa", "text": "Hi.", "content": "Hello."}]},
            "dialogue[0]: text and content could both be what is said; leave only one of them",
        ),
        ({"dialogue": [["Rosa", "Hi."]]}, f"dialogue[0] is not a turn but ['Rosa', 'Hi.']; {USUAL_TURNS}"),
        ({"dialogue": ["Hi.", 7]}, f"dialogue[1] is not a turn but 7; {USUAL_TURNS}"),
        ({"dialogue": [{"text": 7}]}, "dialogue[0].text is not text but 7; give every turn a text"),
        (
            {"dialogue": [{"speaker": {"id": 3}, "text": "Hi."}]},
            "dialogue[0].speaker is not a name but {'id': 3}; write speakers as text",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0] holds no text but {'type': 'image_url'}; leave such parts out",
        ),
        (
            {"conversation": {"messages": [{"role": "user", "content": "Hi."}]}},
            f"conversation is an object with 'messages'; {USUAL_TURNS},"
            " or name the way to the turns: data.columns.dialogue: conversation.messages",
        ),
        (
            {"utt": ["Hi.", "Hello."], "speaker": ["Rosa"]},
            "utt has 2 turns, but 1 speakers; give every turn one",
        ),
        (
            {"transcript": "[{'speaker': 'Rosa', 'text': 'Hi.'}\n {'speaker': 'Lu', 'text': 'Hello.'}]"},
            "transcript looks like a list of turns, but is neither JSON nor Python's repr of one;"
            " write it with json.dumps(turns, ensure_ascii=False)",
        ),
        ({"transcript": '[["Rosa", "Hi."]]'}, f"transcript[0] is not a turn but ['Rosa', 'Hi.']; {USUAL_TURNS}"),
        ({"transcript": "[null, 7]"}, f"transcript[1] is not a turn but 7; {USUAL_TURNS}"),
        ({"transcript": " [] "}, "transcript is empty; fix the record or remove it"),
        ({"dialogue": []}, "dialogue is empty; fix the record or remove it"),
        ({"dialogue": [{"speaker": "Rosa", "text": ""}]}, "dialogue is empty; fix the record or remove it"),
        ({"dialogue": ["Hi\0"]}, "dialogue has a NUL character; fix the record or remove it"),
        (
            {"dialogue": 4},
            "dialogue is not text but 4; fix the record, or name the column that holds the dialogue in"
            " data.columns.dialogue",
        ),
        (
            {"transcript": "A: Hi.", "messages": ["B: Hi."]},
            "'messages' and 'transcript' could both hold the dialogue; name the one that does in data.columns.dialogue"
            " (beamline import: --dialogue)",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(cells: dict[str, object], message: str) -> None:
    assert error_of(**cells) == f"x.jsonl:1: {message}"


def test_usual_names_are_recognized_if_only_one_is_there() -> None:
    def summary_of(**cells: Any) -> tuple[str, ...]:
        return to_dialogue(Row("x.csv:2", {"dialogue": "d", **cells}), USUAL, "x-1").references

    assert summary_of(note="n", encounter_id="e") == ("n",)
    assert summary_of(section_header="h", section_text="t") == ("t",)
    assert summary_of(summaries=["s", "t"]) == ("s", "t")
    assert summary_of(summary="s", note="checked by Lu") == ("s",)
    with pytest.raises(BeamlineError, match="'note' and 'abstract' could both hold the summary"):
        summary_of(note="n", abstract="a")
    assert read(dialogue="d", transcript="t") == "d"
    assert read(Columns(id=None, dialogue="transcript", summary=None), dialogue="d", transcript="t") == "t"
