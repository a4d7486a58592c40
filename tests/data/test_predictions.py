"""Predictions through real files: one type, whoever wrote them, and the stage's file byte for byte."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamline.core.errors import BeamlineError
from beamline.core.files import to_jsonl
from beamline.core.records import Dialogue, Predictions, pair_summaries
from beamline.data.columns import REFERENCE_COLUMNS
from beamline.data.predictions import join_references, parse_predictions, read_predictions
from beamline.data.readers import describe_endings

PREDICTIONS = Predictions(
    ids=["a", "b"],
    dialogues=["#Person1#: 안녕.", "Hi.\nHo."],
    references=[["one", "two"], ["three", "four"]],
    summaries=["one", ""],
)
TEXT = (
    '{"id": "a", "dialogue": "#Person1#: 안녕.", "references": ["one", "two"], "summary": "one",'
    ' "scores": {"rouge_f": 0.5, "other": null}}\n'
    '{"id": "b", "dialogue": "Hi.\\nHo.", "references": ["three", "four"], "summary": "",'
    ' "scores": {"rouge_f": 0.0, "other": 1.0}}\n'
)

HALF_PAIR = "has half of a surrogate pair, which is no character; fix the record or remove it"


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_what_is_written_is_what_is_read() -> None:
    text = to_jsonl(PREDICTIONS.to_rows({"rouge_f": np.array([0.5, 0.0]), "other": np.array([math.nan, 1.0])}))
    assert text == TEXT
    predictions, scores = parse_predictions(text, "main:reports/predictions.jsonl")
    assert predictions == PREDICTIONS
    assert scores["rouge_f"] == [0.5, 0.0]
    assert math.isnan(scores["other"][0])
    assert scores["other"][1] == 1.0


def test_a_file_and_a_text_of_it_are_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(TEXT, encoding="utf-8")
    assert read_predictions(path) == parse_predictions(TEXT, "x")[0]


def test_rows_are_selected_in_the_order_asked_for() -> None:
    assert PREDICTIONS.select([1, 0]).select([1, 0]) == PREDICTIONS
    nameless = Predictions(None, None, [["one"], ["two"]], ["a", "b"])
    assert nameless.select([1]) == Predictions(None, None, [["two"]], ["b"])


def test_summaries_are_paired_with_their_dialogues() -> None:
    paired = pair_summaries([Dialogue("a", "Hi.", ("one", "two"))], ["one"])
    assert paired == Predictions(["a"], ["Hi."], [("one", "two")], ["one"])


def test_ids_and_dialogues_that_some_rows_lack_are_none(tmp_path: Path) -> None:
    row = {"summary": "s", "references": ["r"]}
    path = write(tmp_path / "x.jsonl", row | {"fname": 7, "dialogue": "d"}, row)
    predictions = read_predictions(path)
    assert (predictions.ids, predictions.dialogues) == (None, None)


def test_numbered_references_and_the_other_name_of_ids_are_known(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {"fname": 7, "prediction": "s", "summary10": "c", "summary2": "b"})
    assert read_predictions(path) == Predictions(["7"], None, [["b", "c"]], ["s"])


def test_a_score_that_a_row_lacks_is_left_out() -> None:
    rows = [{"references": ["r"], "summary": "s", "scores": scores} for scores in ({"a": 1, "b": 0.5}, {"b": 0.25})]
    assert parse_predictions(to_jsonl(rows), "x")[1] == {"b": [0.5, 0.25]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"id": "a", "summary": "s", "references": ["r"]}] * 2,
            "x.jsonl:2: id 'a' is at x.jsonl:1 already; give every record its own",
        ),
        ([{"summary": "s", "references": ["r", None]}], "x.jsonl:1: references[1] holds null, expected text"),
        ([{"summary": "s\ud83d", "references": ["r"]}], f"x.jsonl:1: summary {HALF_PAIR}"),
        ([{"summary": "s", "references": ["r", "\udc00"]}], f"x.jsonl:1: references[1] {HALF_PAIR}"),
        ([{"summary": "s", "references": ["r"], "dialogue": "A: \ud800"}], f"x.jsonl:1: dialogue {HALF_PAIR}"),
        ([{"summary": ["s", "t"], "references": ["r"]}], "x.jsonl:1: 2 summaries, expected one; keep one of them"),
        (
            [{"summary": "s", "references": ["r", " "]}],
            "x.jsonl:1: blank reference in references[1]; write it, or remove the record from all files",
        ),
        (
            [{"id": "a", "summary": "s", "dialogue": "d", "rouge1": 0.5}],
            f"x.jsonl:1: no column {' or '.join(REFERENCE_COLUMNS)}, found 'id', 'dialogue', 'rouge1' beside 'summary';"
            " expected columns summary and references, as in reports/predictions.jsonl",
        ),
        (
            [{"summary": "s", "references": ["r"], "target": "t"}],
            "x.jsonl:1: references and target could both be the column that is meant;"
            " expected columns summary and references, as in reports/predictions.jsonl",
        ),
        ([], "x.jsonl: empty; expected one summary a line or a record"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[Any], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BeamlineError) as caught:
        read_predictions(write(Path("x.jsonl"), *rows))
    assert str(caught.value) == message


def test_a_blank_line_is_a_summary_and_no_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("blank.txt").write_text("one\n\n", encoding="utf-8")
    Path("full.txt").write_text("one\ntwo\n", encoding="utf-8")
    assert join_references(Path("blank.txt"), [Path("full.txt")]).summaries == ["one", ""]
    with pytest.raises(BeamlineError) as caught:
        join_references(Path("full.txt"), [Path("blank.txt")])
    assert str(caught.value) == "blank.txt:2: blank reference; write it, or remove the record from all files"


def test_a_blank_reference_of_several_is_refused_as_prepare_does(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("prediction,summary1,summary2\na,b,c\na,b,\n", encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"x\.csv:3: blank reference in summary2; "):
        read_predictions(path)


def test_columns_may_be_dotted_paths(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", {"input": {"gist1": "r", "gist2": "t"}, "output": {"summary": "s"}})
    joined = join_references(path, [path], column="output.summary", reference_columns=["input.gist"])
    assert (joined.summaries, joined.references) == (["s"], [["r", "t"]])


def test_a_row_without_the_path_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(Path("x.jsonl"), {"output": {"summary": "s"}, "target": "r"}, {"output": {}, "target": "r"})
    with pytest.raises(BeamlineError) as caught:
        join_references(path, [path], column="output.summary")
    assert str(caught.value) == ("x.jsonl:2: no column output.summary, found 'output', 'target'; every record needs it")


def test_numbers_and_texts_are_the_same_ids(tmp_path: Path) -> None:
    predictions = write(tmp_path / "x.jsonl", {"id": 1, "prediction": "s"}, {"id": 2.0, "prediction": "t"})
    references = tmp_path / "y.csv"
    references.write_text("ID,summary\n1,r\n2,r\n", encoding="utf-8")
    assert join_references(predictions, [references]).ids == ["1", "2"]


def test_plain_text_is_sent_to_the_commands_that_take_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("summaries.txt").write_text("one\n", encoding="utf-8")
    with pytest.raises(BeamlineError) as caught:
        read_predictions(Path("summaries.txt"))
    assert str(caught.value) == (
        "summaries.txt:1: plain text is for beamline score, or beamline diagnose --predictions;"
        " expected columns summary and references, as in reports/predictions.jsonl,"
        f" in a file that ends in {describe_endings()}"
    )


def test_a_nul_byte_in_plain_text_is_named_by_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("summaries.txt").write_bytes(b"one\ntw\0o\n")
    with pytest.raises(BeamlineError, match=r"^summaries.txt:2: a NUL byte; "):
        join_references(Path("summaries.txt"), [Path("summaries.txt")])
