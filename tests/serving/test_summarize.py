import io
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.diagnosis.evidence import Evidence
from beamline.serving.model import change_generation, open_model
from beamline.serving.summarize import summarize

pytestmark = pytest.mark.slow


@pytest.fixture
def run(healthy: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a run, a copy."""
    assert healthy.root is not None
    directory = shutil.copytree(healthy.root, tmp_path / "run")
    monkeypatch.chdir(directory)
    return directory


def reported() -> list[dict[str, Any]]:
    return [json.loads(line) for line in paths.PREDICTIONS.read_text(encoding="utf-8").splitlines()]


def written(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def pipe_of(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))


def test_by_default_the_reported_summaries_come_out_in_order(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    summarize([paths.PREDICTIONS], None, None, [], None)
    lines = written(capsys.readouterr().out)
    assert [(line["id"], line["summary"]) for line in lines] == [(row["id"], row["summary"]) for row in reported()]
    assert [list(line) for line in lines] == [["id", "summary", "findings"]] * len(lines)


def test_findings_are_words_of_the_summary_that_the_dialogue_lacks(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    summarize([paths.PREDICTIONS], None, None, [], None)
    for line, row in zip(written(capsys.readouterr().out), reported(), strict=True):
        for word in line["findings"]:
            assert word in row["summary"]
            assert word.lower() not in row["dialogue"].lower().split()


def test_a_pipe_is_one_dialogue_or_json_lines(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = reported()[:2]
    for text, ids in (
        (first["dialogue"] + "\n", ["stdin-1"]),
        (json.dumps(first) + "\n" + json.dumps({"dialogue": second["dialogue"]}) + "\n", [first["id"], "stdin-2"]),
    ):
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", pipe_of(text.encode()))
        summarize([], None, None, [], None)
        lines = written(capsys.readouterr().out)
        assert [line["id"] for line in lines] == ids
        assert lines[0]["summary"] == first["summary"]


def test_files_of_different_formats_are_read_one_after_the_other(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = reported()[:2]
    Path("talk.txt").write_text(first["dialogue"], encoding="utf-8")
    Path("calls.csv").write_text('dialogue\n"' + second["dialogue"].replace('"', '""') + '"\n', encoding="utf-8")
    capsys.readouterr()
    summarize([Path("talk.txt"), Path("calls.csv")], None, None, [], None)
    lines = written(capsys.readouterr().out)
    assert [line["id"] for line in lines] == ["talk-1", "calls-1"]
    assert lines[0]["summary"] == first["summary"]


def test_an_interrupted_output_goes_on_and_ends_the_same(run: Path) -> None:
    output = Path("out.jsonl")
    summarize([paths.PREDICTIONS], None, None, [], output)
    whole = output.read_bytes()
    lines = whole.splitlines(keepends=True)
    kept = b"".join(lines[:3])
    marked = kept.replace(b'"summary": "', b'"summary": "(kept) ')
    output.write_bytes(marked + lines[3][:10])  # the fourth line was cut off
    summarize([paths.PREDICTIONS], None, None, [], output)
    assert output.read_bytes() == marked + b"".join(lines[3:])
    summarize([paths.PREDICTIONS], None, None, [], output)
    assert output.read_bytes() == marked + b"".join(lines[3:])


@pytest.mark.parametrize("name", ["another.txt", "other.txt"])
def test_an_output_of_other_dialogues_is_refused_and_kept(run: Path, name: str) -> None:
    Path("another.txt").write_text("A: Hi.", encoding="utf-8")
    output = Path("out.jsonl")
    summarize([Path("another.txt")], None, None, [], output)
    before = output.read_bytes()
    Path(name).write_text("A: Hello.", encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"out\.jsonl: holds the summaries of other dialogues; give"):
        summarize([Path(name)], None, None, [], output)
    assert output.read_bytes() == before


def test_an_output_with_other_lines_is_refused_and_kept(run: Path) -> None:
    output = Path("out.jsonl")
    summarize([paths.PREDICTIONS], None, None, [], output)
    lines = output.read_text(encoding="utf-8").splitlines(keepends=True)
    output.write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"out\.jsonl:1: id '.*-0002', expected '.*-0001'; give --output another"):
        summarize([paths.PREDICTIONS], None, None, [], output)
    assert output.read_text(encoding="utf-8") == "".join(lines[1:])


def test_dialogues_that_were_added_later_follow(run: Path) -> None:
    talks, output = Path("talks.jsonl"), Path("out.jsonl")
    rows = paths.PREDICTIONS.read_text(encoding="utf-8").splitlines(keepends=True)
    talks.write_text("".join(rows[:2]), encoding="utf-8")
    summarize([talks], None, None, [], output)
    talks.write_text("".join(rows[:4]), encoding="utf-8")
    summarize([talks], None, None, [], output)
    assert [line["id"] for line in written(output.read_text(encoding="utf-8"))] == [row["id"] for row in reported()[:4]]


def test_an_interrupted_sampling_goes_on_and_ends_the_same(run: Path) -> None:
    talks, output = Path("talks.jsonl"), Path("out.jsonl")
    talks.write_text("".join(f'{{"dialogue": "A: Hello, number {row}."}}\n' for row in range(40)), encoding="utf-8")
    changes = ["generation.do_sample=true", "generation.max_length=12"]
    summarize([talks], None, None, changes, output)
    whole = output.read_bytes()
    for done in (5, 33):
        output.write_bytes(b"".join(whole.splitlines(keepends=True)[:done]))
        summarize([talks], None, None, changes, output)
        assert output.read_bytes() == whole


def test_a_named_pipe_is_read_like_standard_input(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = Path("dialogue.pipe")
    os.mkfifo(pipe)
    text = reported()[0]["dialogue"]
    writer = threading.Thread(target=lambda: pipe.write_text(text, encoding="utf-8"))
    writer.start()
    capsys.readouterr()
    summarize([pipe], None, None, [], None)
    writer.join()
    [line] = written(capsys.readouterr().out)
    assert (line["id"], line["summary"]) == ("dialogue-1", reported()[0]["summary"])


def test_an_output_of_another_model_or_decoding_is_refused_and_kept(run: Path) -> None:
    output = Path("out.jsonl")
    summarize([paths.PREDICTIONS], None, None, ["generation.max_length=9"], output)
    before = output.read_bytes()
    with pytest.raises(
        BeamlineError, match=r"another model or decoding wrote it \(different: generation\.max_length\)"
    ):
        summarize([paths.PREDICTIONS], None, None, [], output)
    Path("model", "tokenizer_config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"\(different: model\); give --output another"):
        summarize([paths.PREDICTIONS], None, None, ["generation.max_length=9"], output)
    assert output.read_bytes() == before


@pytest.mark.parametrize("content", ["a note without a line end", '{"id": "one"}\n'])
def test_a_file_that_summarize_did_not_write_is_refused_and_kept(run: Path, content: str) -> None:
    output = Path("notes.jsonl")
    output.write_text(content, encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"notes\.jsonl: exists, and no notes\.jsonl\.model\.json says"):
        summarize([paths.PREDICTIONS], None, None, [], output)
    assert output.read_text(encoding="utf-8") == content


def test_a_bad_row_is_known_before_the_first_summary(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("talks.jsonl").write_text('{"dialogue": "A: Hi."}\n{"text": "B: Hi."}\n')
    capsys.readouterr()
    with pytest.raises(BeamlineError, match=r"talks\.jsonl:2: no column 'dialogue'"):
        summarize([Path("talks.jsonl")], None, None, [], None)
    assert capsys.readouterr().out == ""


def test_a_model_from_elsewhere_decodes_as_params_yaml_says(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.move("model", "elsewhere")
    Path("elsewhere", "reported.json").unlink()
    capsys.readouterr()
    summarize([paths.PREDICTIONS], None, Path("elsewhere"), [], None)
    assert [line["summary"] for line in written(capsys.readouterr().out)] == [row["summary"] for row in reported()]


def test_a_change_decodes_differently(run: Path) -> None:
    with open_model(None, None, ["generation.max_length=6", "generation.num_beams=2"]) as model:
        assert (model.reported.generation.max_length, model.reported.generation.num_beams) == (6, 2)
        assert model.reported.generation.no_repeat_ngram_size == 3


def test_changes_that_are_valid_only_together_are_taken_in_any_order(run: Path) -> None:
    changes = ["generation.min_length=150", "generation.max_length=200"]
    for ordered in (changes, changes[::-1]):
        with open_model(None, None, ordered) as model:
            assert (model.reported.generation.min_length, model.reported.generation.max_length) == (150, 200)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("seed=1", "-S seed=1: expected KEY=VALUE with one of these keys: generation.backend, "),
        ("generation.beams=1", "-S generation.beams=1: expected KEY=VALUE"),
        ("generation.num_beams", "-S generation.num_beams: expected KEY=VALUE"),
        ("generation.num_beams=many", "-S generation.num_beams: expected a valid integer"),
        ("generation.min_length=500", r"-S generation: min_length \(500\) is above max_length"),
    ],
)
def test_a_change_that_params_yaml_would_refuse_is_one_line(run: Path, change: str, message: str) -> None:
    with open_model(None, None) as model, pytest.raises(BeamlineError, match=message):
        change_generation(model.reported.generation, [change])


def test_without_a_model_the_error_says_where_one_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for options, message in (
        ((None, None), "model: no model here; run dvc repro or dvc pull, or name one with --model"),
        ((None, Path("nowhere")), "--model: nowhere: no such directory"),
        (("main", Path("nowhere")), "--rev, --model: only one of them"),
    ):
        with pytest.raises(BeamlineError, match=message), open_model(*options):
            pass
