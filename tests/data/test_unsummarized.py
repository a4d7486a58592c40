import io
from pathlib import Path

import pytest

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.data.unsummarized import parse_sources, read_pipe, read_sources

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


@pytest.mark.parametrize(
    "content",
    [b'\xef\xbb\xbf{"dialogue": "A: Caf\xc3\xa9."}\r\n', "A: Café.\r\n".encode(), "A: Café.".encode("utf-16")],
)
def test_a_pipe_is_decoded_like_a_file(content: bytes) -> None:
    assert list(read_pipe(io.BufferedReader(io.BytesIO(content)), USUAL)) == [("stdin-1", "A: Café.")]


def test_a_pipe_that_is_not_utf_8_names_the_byte() -> None:
    with pytest.raises(BeamlineError, match="stdin:2: not UTF-8: byte 0xe9"):
        list(read_pipe(io.BufferedReader(io.BytesIO(b"A: Hi.\nB: Caf\xe9.")), USUAL))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.jsonl", ""),
        ("blank.jsonl", "\n\n"),
        ("head.csv", "id,dialogue\n"),
        ("none.json", "[]"),
        ("none.txt", " "),
    ],
)
def test_a_file_without_a_dialogue_is_an_error(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(BeamlineError, match=rf"{name}: empty; expected a"):
        list(read_sources([tmp_path / name], USUAL))
