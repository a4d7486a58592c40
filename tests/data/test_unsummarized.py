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


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        (["monday/call.txt", "tuesday/call.txt"], ["monday/call.txt-1", "tuesday/call.txt-1"]),
        (["call.txt", "old/call.txt", "talk.txt"], ["call.txt-1", "old/call.txt-1", "talk-1"]),
        (["a/b/call.txt", "a/b/call.csv", "a/c/call.txt"], ["b/call.txt-1", "b/call.csv-1", "c/call.txt-1"]),
        (["a/call", "b/call.v2", "call-1.txt"], ["a/call-1", "b/call.v2-1", "call-1-1"]),
        (["a/one.txt", "b/two.csv"], ["one-1", "two-1"]),
    ],
)
def test_files_of_one_name_are_told_apart_by_their_paths(
    files: list[str], ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("dialogue\nA: Hi.\n" if name.endswith(".csv") else "A: Hi.\n", encoding="utf-8")
    assert [key for key, _ in read_sources([Path(name) for name in files], USUAL)] == ids
    absolute = [tmp_path / name if number % 2 else Path(name) for number, name in enumerate(files)]
    assert [key for key, _ in read_sources(absolute, USUAL)] == ids


def test_ids_in_files_of_one_name_stay(tmp_path: Path) -> None:
    files = [tmp_path / name / "call.jsonl" for name in ("a", "b")]
    for path in files:
        path.parent.mkdir()
        path.write_text(f'{{"id": "{path.parent.name}7", "dialogue": "A: Hi."}}\n', encoding="utf-8")
    assert [key for key, _ in read_sources(files, USUAL)] == ["a7", "b7"]


@pytest.mark.parametrize("again", ["call.txt", "call.txt.txt"])
def test_files_that_cannot_be_told_apart_are_refused(again: str, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("call.txt", "call.csv", again)]
    for path in files:
        path.write_text("dialogue\nA: Hi.\n", encoding="utf-8")
    with pytest.raises(BeamlineError, match=rf"{again}: its dialogues would have the ids of .*call\.txt;") as caught:
        list(read_sources(files, USUAL))
    assert "\n" not in str(caught.value)


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
