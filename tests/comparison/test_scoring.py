"""`beamline score` as a person uses it: every kind of file, its table, its JSON, its one-line errors."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from typer.testing import CliRunner

from beamline.cli import app
from beamline.cli.measure import score
from beamline.core.errors import BeamlineError
from beamline.core.params import Rouge
from beamline.data.columns import PREDICTION_COLUMNS, REFERENCE_COLUMNS

REFERENCES = ["Tom buys a red bicycle.", "Anna is late for work.", "They go home together."]
OTHERS = ["Tom gets himself a bicycle.", "Anna misses the bus.", "Both leave at the same time."]
SUMMARIES = ["Tom buys a bicycle.", "Anna is late.", "Nothing in common"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Summaries and references in the working directory, in every kind of file."""
    monkeypatch.chdir(tmp_path)
    write_lines("summaries.txt", SUMMARIES)
    write_lines("references.txt", REFERENCES)
    write_lines("others.txt", OTHERS)
    both = list(zip(REFERENCES, OTHERS, strict=True))
    write_jsonl("test.jsonl", [{"fname": f"t{i}", "summary1": a, "summary2": b} for i, (a, b) in enumerate(both)])
    write_csv("test.csv", [{"id": str(i), "dialogue": "…", "gold": text} for i, text in enumerate(REFERENCES)])
    write_csv("outputs.csv", [{"output": text, "length": "1"} for text in SUMMARIES])
    write_jsonl(
        "predictions.jsonl",
        [
            {"id": f"t{i}", "dialogue": "…", "references": pair, "summary": text, "scores": {"rouge1_f": 0}}
            for i, (pair, text) in enumerate(zip(both, SUMMARIES, strict=True))
        ],
    )
    return tmp_path


def write_lines(path, lines):
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_jsonl(path, rows):
    write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])


def write_csv(path, rows):
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def run_score(*arguments):
    result = CliRunner().invoke(app, ["score", *arguments])
    if isinstance(result.exception, BeamlineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def run_json(*arguments):
    return json.loads(run_score(*arguments, "--json"))


def error_of(*arguments):
    with pytest.raises(BeamlineError) as caught:
        run_score(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.slow
def test_bart_large_has_its_known_scores(dialogsum):
    """rouge_score 0.1.2 with the default tokenizer and Porter's stemmer: see the README of shared/dialogsum."""
    predictions, references = str(dialogsum / "bart_large_outputs.txt"), str(dialogsum / "test.jsonl")
    report = run_json(predictions, references, "--reference-column", "summary1")
    measured = [100 * report["mean"][name] for name in ("rouge1_f", "rouge2_f", "rougeL_f")]
    assert measured == pytest.approx([45.909, 21.320, 38.710], abs=0.01)
    assert "|refs:3|multi:best|" in run_score(predictions, references, "--references", "best")


def test_table_shows_scores_intervals_and_at_its_end_the_signature(files):
    lines = run_score("summaries.txt", "test.jsonl").splitlines()
    assert lines[-1].startswith("scoring:2|headline:rouge_f|")
    assert "|tok:english|stem:yes|refs:2|multi:mean|" in lines[-1]
    headers = [cell.strip() for cell in lines[2].strip("┃").split("┃")]
    assert headers == ["× 100", "mean", "95 % interval", "precision", "recall", "best"]
    first = [cell.strip() for cell in lines[4].strip("│").split("│")]
    report = run_json("summaries.txt", "test.jsonl")
    low, high = report["intervals"]["rouge1_f"]
    assert first[:3] == ["rouge1_f", f"{100 * report['mean']['rouge1_f']:.2f}", f"{100 * low:.2f} to {100 * high:.2f}"]
    assert max(map(len, lines[:-1])) <= 80


def test_one_reference_needs_no_second_column(files):
    header = run_score("summaries.txt", "references.txt").splitlines()[2]
    assert "score " in header
    assert "best" not in header


@pytest.mark.parametrize(
    "arguments",
    [
        ["summaries.txt", "references.txt", "others.txt"],
        ["summaries.txt", "test.jsonl"],
        ["summaries.txt", "test.jsonl", "--reference-column", "summary1", "--reference-column", "summary2"],
        ["outputs.csv", "test.jsonl", "--column", "output"],
        ["outputs.csv", "test.csv", "others.txt", "--column", "output"],
        ["predictions.jsonl"],
        ["predictions.jsonl", "predictions.jsonl"],
        ["predictions.jsonl", "test.jsonl"],
        ["summaries.txt", "predictions.jsonl"],
    ],
)
def test_every_way_to_name_the_same_texts_gives_the_same_report(files, arguments):
    if arguments[1:2] == ["test.csv"]:
        (files / "test.csv").write_text("reference\n" + "\n".join(REFERENCES), encoding="utf-8")
    assert run_json(*arguments) == run_json("summaries.txt", "references.txt", "others.txt")


def test_each_writes_a_line_for_every_summary(files):
    report = run_json("predictions.jsonl", "--references", "best", "--each", "out/each.jsonl")
    rows = [json.loads(line) for line in (files / "out/each.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["line"], row["id"]) for row in rows] == [(1, "t0"), (2, "t1"), (3, "t2")]
    for name, mean in report["best"].items():
        assert sum(row[name] for row in rows) / 3 == pytest.approx(mean)


def test_options_reach_the_scorer(files):
    assert "|tok:words|stem:no|" in run_score("summaries.txt", "references.txt", "--tokenizer", "words")
    assert "|tok:english|stem:no|" in run_score("summaries.txt", "references.txt", "--no-stemmer")
    report = run_json("summaries.txt", "test.jsonl", "--references", "best")
    assert report["references"] == "best"
    assert "|multi:best|" in report["signature"]
    assert set(report["mean"]) == set(report["best"]) == set(report["intervals"])


def test_a_blank_line_is_an_empty_summary_and_windows_line_ends_are_line_ends(files):
    (files / "summaries.txt").write_bytes(b"\xef\xbb\xbfTom buys a bicycle.\r\n\r\nUnicode\xe2\x80\xa8keeps its line")
    run_score("summaries.txt", "references.txt", "--each", "each.jsonl")
    rows = [json.loads(line) for line in (files / "each.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["rouge1_f"] > 0 for row in rows] == [True, False, False]


def test_numbers_of_lines_that_differ(files):
    write_lines("short.txt", REFERENCES[:2])
    expected = "short.txt: holds 2, but summaries.txt 3; give one reference for each summary, in order"
    assert error_of("summaries.txt", "references.txt", "short.txt") == expected


def test_ids_in_another_order(files):
    write_jsonl("test.jsonl", [{"id": name, "summary": "a"} for name in ("t1", "t0", "t2")])
    expected = "test.jsonl:1: id is 't1', but 't0' at predictions.jsonl:1; sort both alike"
    assert error_of("predictions.jsonl", "test.jsonl") == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["outputs.csv", "references.txt"],
            f"outputs.csv:2: no column {' or '.join(PREDICTION_COLUMNS)}, found 'output', 'length';"
            " name the one to read with --column",
        ),
        (
            ["outputs.csv", "references.txt", "--column", "outputs"],
            "outputs.csv:2: no column outputs, found 'output', 'length'; name the one to read with --column",
        ),
        (
            ["summaries.txt", "test.csv"],
            f"test.csv:2: no column {' or '.join(REFERENCE_COLUMNS)}, found 'id', 'dialogue', 'gold';"
            " name the one to read with --reference-column",
        ),
        (
            ["summaries.txt", "test.jsonl", "--reference-column", "summary1", "--reference-column", "summary3"],
            "test.jsonl:1: no column summary3, found 'fname', 'summary1', 'summary2';"
            " name the one to read with --reference-column",
        ),
        (
            ["summaries.txt", "references.txt", "--column", "summary"],
            "summaries.txt:1: plain text has no column summary; leave out its name",
        ),
        (
            ["summaries.txt"],
            "summaries.txt:1: plain text has no column of references; give a file of references, too",
        ),
        (
            ["outputs.csv", "--column", "output"],
            f"outputs.csv:2: no column {' or '.join(REFERENCE_COLUMNS)}, found 'length' beside 'output';"
            " name the one to read with --reference-column, or give a file of references",
        ),
        (
            ["test.jsonl", "references.txt"],
            "test.jsonl:1: 2 summaries, expected one; name the one to read with --column",
        ),
    ],
)
def test_unknown_columns(files, arguments, message):
    assert error_of(*arguments) == message


def test_files_that_cannot_be_read(files):
    (files / "latin1.txt").write_bytes("schön\nüber\n".encode("latin-1"))
    (files / "empty.txt").touch()
    (files / "broken.jsonl").write_text('{"summary": "a"}\n{"summary": \n', encoding="utf-8")
    (files / "null.jsonl").write_text('{"summary": "a"}\n{"summary": null}\n{"summary": "b"}\n', encoding="utf-8")
    (files / "uneven.jsonl").write_text('{"summary": "a"}\n{"other": 1}\n{"summary": "b"}\n', encoding="utf-8")
    (files / "list.json").write_text("[]", encoding="utf-8")
    (files / "directory").mkdir()
    for name, message in {
        "absent.txt": "absent.txt: can't be read: No such file or directory",
        "absent.csv": "absent.csv: can't be read: No such file or directory",
        "directory": "directory: can't be read: Is a directory",
        "latin1.txt": "latin1.txt:1: not UTF-8: byte 0xf6; save the file as UTF-8",
        "list.json": "list.json: empty; expected one summary a line or a record",
        "empty.txt": "empty.txt: empty; expected one summary a line or a record",
        "null.jsonl": "null.jsonl:2: summary holds null, expected text",
        "uneven.jsonl": "uneven.jsonl:2: no column summary, found 'other'; every record needs it",
    }.items():
        assert error_of(name, "references.txt") == message
    assert error_of("broken.jsonl", "references.txt").startswith("broken.jsonl:2: not JSON")


def test_each_never_overwrites_an_input_and_says_where_it_cannot_write(files):
    assert error_of("summaries.txt", "references.txt", "--each", "./references.txt").startswith(
        "references.txt: is read"
    )
    message = error_of("summaries.txt", "references.txt", "--each", "summaries.txt/each.jsonl")
    assert message.startswith("summaries.txt: can't be written (File exists)")


def test_error_is_one_line_and_the_exit_code_1(files):
    command = [sys.executable, "-m", "beamline", "score", "summaries.txt", "absent.txt"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "error: absent.txt: can't be read: No such file or directory\n"


def test_a_language_that_the_tokenizer_cannot_see_gets_no_number(files):
    write_lines("references.txt", ["병원에 가서 건강검진을 받는다."] * 3)
    message = error_of("summaries.txt", "references.txt", "--tokenizer", "english", "--each", "each.jsonl")
    assert "throws away 100.0%" in message
    assert not (files / "each.jsonl").exists()


def test_scoring_imports_no_model_library():
    code = "import sys, beamline.comparison.scoring; print({'torch', 'transformers', 'dvc'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


def test_the_help_names_the_usual_columns():
    text = run_score("--help")
    for columns in (PREDICTION_COLUMNS, REFERENCE_COLUMNS):
        assert f"default: ({' or '.join(columns)})" in " ".join(text.split())


def test_choices_are_those_of_params():
    # Spelled out in the command because importing the schema would double the time of --help.
    options = get_type_hints(score)
    assert get_args(options["tokenizer"]) == get_args(Rouge.model_fields["tokenizer"].annotation)
    assert get_args(options["multi"]) == get_args(Rouge.model_fields["references"].annotation)
