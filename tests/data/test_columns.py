"""Which columns are taken for what, and what is refused because it could be something else."""

from typing import Any

import pytest
from support.repository import ROOT

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.data.columns import PREDICTION_COLUMNS, REFERENCE_COLUMNS, add_paths, choose_columns, read_id
from beamline.data.dialogues import to_dialogue
from beamline.data.readers import Row


def row(*columns: str, **cells: Any) -> Row:
    return Row("x.jsonl:1", dict.fromkeys(columns, "a text") | cells)


def error_of(columns: Row, *, named: list[str], usual: tuple[str, ...], taken: list[str]) -> str:
    with pytest.raises(BeamlineError) as caught:
        choose_columns(columns, named, usual, taken, "do this")
    return str(caught.value)


@pytest.mark.parametrize("prediction", PREDICTION_COLUMNS)
@pytest.mark.parametrize("reference", REFERENCE_COLUMNS)
def test_usual_names_are_taken_for_what_they_say(prediction: str, reference: str) -> None:
    columns = row("id", "dialogue", prediction, reference, "rouge1")
    names = choose_columns(columns, [], PREDICTION_COLUMNS, [], "")
    assert names == [prediction]
    if reference != prediction:
        assert choose_columns(columns, [], REFERENCE_COLUMNS, names, "") == [reference]


@pytest.mark.parametrize("only", ["id", "dialogue", "", "rouge1_f", "length", "note", "output"])
@pytest.mark.parametrize("usual", [PREDICTION_COLUMNS, REFERENCE_COLUMNS], ids=["prediction", "reference"])
def test_the_only_column_left_is_not_taken(only: str, usual: tuple[str, ...]) -> None:
    missing = f"x.jsonl:1: no column {' or '.join(usual)}, found {only!r}"
    assert error_of(row(only), named=[], usual=usual, taken=[]) == f"{missing}; do this"
    assert error_of(row(only, "p"), named=[], usual=usual, taken=["p"]) == f"{missing} beside 'p'; do this"
    assert choose_columns(row(only), [only], usual, [], "") == [only]


def test_no_column_left_is_said() -> None:
    message = error_of(row("summary"), named=[], usual=REFERENCE_COLUMNS, taken=["summary"])
    assert message.endswith("found no other beside 'summary'; do this")


def test_two_names_that_say_the_same_are_refused() -> None:
    message = error_of(row("target1", "target2", "highlights"), named=[], usual=REFERENCE_COLUMNS, taken=[])
    assert message == "x.jsonl:1: target and highlights could both be the column that is meant; do this"


def test_a_dotted_path_leads_into_objects() -> None:
    cells = {"input": {"talk": {"text": "d"}}, "output": {"gist1": "s", "gist2": "t"}}
    assert to_dialogue(
        row(**cells), Columns(id=None, dialogue="input.talk.text", summary="output.gist"), "train-1"
    ).references == ("s", "t")
    assert add_paths(row(**cells), ["output.gist2"]).cells == cells | {"output.gist2": "t"}
    assert add_paths(row(**cells), ["output", "output.other", "none.gist", "output.gist1.more"]).cells == cells


def test_a_column_with_the_whole_name_comes_before_a_path() -> None:
    cells = {"output.gist": "literal", "output": {"gist": "inner"}}
    assert add_paths(row(**cells), ["output.gist"]).cells == cells


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"id": 7}, "7"),
        ({"id": "7"}, "7"),
        ({"id": 7.0}, "7"),
        ({"ID": 2**70 + 1}, str(2**70 + 1)),
        ({"Id": "a"}, "a"),
        ({"fname": "a"}, "a"),
        ({"id": "7.0"}, "7.0"),
        ({"id": ""}, None),
        ({"id": None}, None),
        ({"dialogue_id": "a"}, None),
    ],
)
def test_whole_numbers_and_texts_are_the_same_ids(cells: dict[str, Any], expected: str | None) -> None:
    assert read_id(row(**cells)) == expected
    if expected is not None:
        columns = Columns(id=None, dialogue=None, summary=None)
        assert to_dialogue(row("dialogue", "summary", **cells), columns, "train-1").id == expected


@pytest.mark.parametrize("value", [7.5, float("nan"), True, ["a"]])
def test_ids_that_are_neither_are_refused(value: object) -> None:
    with pytest.raises(BeamlineError, match=r"^x\.jsonl:1: id is not text but .*; write ids as text$"):
        read_id(row(id=value))


def test_the_documentation_lists_the_usual_names() -> None:
    text = (ROOT / "docs" / "comparing.md").read_text(encoding="utf-8")
    for usual in (PREDICTION_COLUMNS, REFERENCE_COLUMNS):
        assert f"| {', '.join(f'`{name}`' for name in usual)} |" in text
