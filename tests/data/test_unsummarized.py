from pathlib import Path

import pytest

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.data.unsummarized import parse_sources, read_sources

USUAL = Columns(id=None, dialogue=None, summary=None)


def test_records_keep_their_ids_and_others_are_called_after_file_and_number(tmp_path: Path) -> None:
    table, text = tmp_path / "calls.jsonl", tmp_path / "talk.txt"
    table.write_text('{"id": 7, "dialogue": "A: Hi."}\n{"dialogue": "B: Ho.", "summary": "ignored"}\n')
    text.write_text("\nA: One.\nB: Two.\n")
    assert list(read_sources([table, text], USUAL)) == [
        ("7", "A: Hi."),
        ("calls-2", "B: Ho."),
        ("talk-1", "A: One.\nB: Two."),
    ]


def test_a_pipe_that_begins_with_a_brace_is_json_lines() -> None:
    assert list(parse_sources('\n{"dialogue": "A: Hi."}\n', USUAL)) == [("stdin-1", "A: Hi.")]
    assert list(parse_sources("A: {Hi.}\n", USUAL)) == [("stdin-1", "A: {Hi.}")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "stdin: empty; expected a dialogue"),
        (' \n{"text": "x"}', "stdin:2: no column 'dialogue'"),
        ("{x", "not JSON"),
    ],
)
def test_a_pipe_without_a_dialogue_is_an_error(text: str, message: str) -> None:
    with pytest.raises(BeamlineError, match=message):
        list(parse_sources(text, USUAL))
