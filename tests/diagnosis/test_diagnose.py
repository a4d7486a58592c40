"""The `diagnose` stage through real DVC, and the command on what it is given by hand."""

import csv
import json
import shutil
import sys
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.checkpoints import FAMILIES
from support.repository import ROOT, Repository, set_params, write_tiny_data

from beamline.cli import main
from beamline.core.errors import BeamlineError
from beamline.core.params import PAST_VALUES, read_params
from beamline.diagnosis.checks import CATALOGUE
from beamline.diagnosis.sources import evidence_from_checkpoint, evidence_from_files

pytestmark = pytest.mark.slow


@pytest.fixture
def clone(finished: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(finished.path, tmp_path / "clone", symlinks=True)
    return Repository(tmp_path / "clone")


def error_of(repository: Repository, *options: str) -> str:
    failed = repository.run("python", "-m", "beamline", "diagnose", *options, check=False)
    assert failed.returncode == 1
    [message] = failed.stderr.splitlines()
    return message


def make_params_older(path: Path) -> None:
    """Take away the keys that were added since the first version, and add a section that was removed since."""
    yaml = YAML()
    document = yaml.load(path)
    for key in PAST_VALUES:
        *sections, name = key.split(".")
        *parents, last = sections
        parent = reduce(getitem, parents, document)
        del parent[last][name]
        if not parent[last]:
            del parent[last]
    document["diagnose"] = {"fail_on": "none"}
    yaml.dump(document, path)


def write_korean_files(directory: Path) -> None:
    """Summaries and references that differ in a number alone, so that one check fails."""
    for name, verb in {"references": "샀다", "predictions": "봤다"}.items():
        lines = [f"가게에서 {number} 번 표를 {verb}.\n" for number in range(30)]
        (directory / f"{name}.txt").write_text("".join(lines), encoding="utf-8")


def test_every_check_is_counted_and_stands_in_the_report(finished: Repository) -> None:
    diagnosis = finished.read("metrics/diagnosis.json")
    assert sum(diagnosis["count"].values()) == len(CATALOGUE)
    report = (finished.path / "reports/diagnosis.md").read_text(encoding="utf-8")
    assert report.startswith("Verdict: ")
    for check in CATALOGUE:
        assert f"| {check.title} |" in report


def test_of_a_model_that_has_hardly_learned_nothing_is_proved_and_the_metric_is_not_blamed(
    finished: Repository,
) -> None:
    diagnosis = finished.read("metrics/diagnosis.json")
    assert diagnosis["cause"] in ("unknown", "more_training")
    assert diagnosis["suspect"] in ("training_length", "training_size", "unusual_settings")


@pytest.mark.extended
def test_metrics_diff_shows_what_changed(clone: Repository) -> None:
    clone.dvc("exp", "run", "-S", "generation.max_length=5")
    changes = json.loads(clone.dvc("metrics", "diff", "--json").stdout)["metrics/diagnosis.json"]
    assert any(name.startswith("count.") for name in changes)
    assert any(name.startswith("figures.") for name in changes)


def test_another_revision_is_diagnosed_without_touching_the_workspace(clone: Repository) -> None:
    shown = (clone.path / "reports/diagnosis.md").read_text(encoding="utf-8").splitlines()[0]
    make_params_older(clone.path / "params.yaml")
    clone.commit("params.yaml as an earlier version wrote it")
    clone.set({"generation.max_length": 5})
    before = clone.git("status", "--porcelain").stdout
    printed = clone.run("python", "-m", "beamline", "diagnose", "--rev", "HEAD").stdout
    assert shown.replace("\\", "")[:60] in printed
    assert clone.git("status", "--porcelain").stdout == before


def test_a_revision_that_is_not_in_the_cache_says_how_to_get_it(clone: Repository) -> None:
    shutil.rmtree(clone.path / ".dvc/cache")
    assert error_of(clone, "--rev", "HEAD") == (
        "error: HEAD: data/prepared is neither in git nor in the cache;"
        " get it with dvc pull, or check out and dvc repro"
    )


def test_summaries_of_another_system_get_the_checks_that_they_allow(clone: Repository, tmp_path: Path) -> None:
    write_korean_files(tmp_path)
    before = clone.git("status", "--porcelain").stdout
    printed = clone.run(
        "python", "-m", "beamline", "diagnose",
        "--predictions", str(tmp_path / "predictions.txt"), "--references", str(tmp_path / "references.txt"),
    ).stdout  # fmt: skip
    assert " checks passed, " in printed
    assert " did not apply\n" in printed
    assert "✗ │ alike references" in printed  # they differ in a number alone
    assert "padding in loss" not in printed
    assert printed.count("Verdict: ") == 1
    assert "│" not in printed[printed.index("Verdict: ") :]  # it is the last that is printed
    assert clone.git("status", "--porcelain").stdout == before


@pytest.mark.extended
def test_a_checkpoint_is_tried_on_somebodys_dialogues(clone: Repository) -> None:
    printed = clone.run(
        "python", "-m", "beamline", "diagnose", "--model", "models/epoch-002", "--data", "data/tiny"
    ).stdout
    assert " checks passed, " in printed
    assert "split speaker tags" not in printed
    assert "test in train" not in printed, "it is not what this model was trained on"
    assert clone.git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize(("asked", "taken"), [(64, 64), (512, 128)])
@pytest.mark.extended
def test_a_checkpoint_is_tried_within_its_own_positions(tmp_path: Path, asked: int, taken: int) -> None:
    write_tiny_data(tmp_path, "english", train=8, others=4)
    FAMILIES["bart"].save(tmp_path / "bart")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    set_params(tmp_path / "params.yaml", {"tokenizer.max_source_tokens": asked, "tokenizer.max_target_tokens": asked})
    params = read_params(tmp_path / "params.yaml")
    codec = evidence_from_checkpoint(tmp_path / "bart", tmp_path / "data/tiny", params).codec
    assert codec is not None
    assert (codec.encoding.max_source_tokens, codec.encoding.max_target_tokens) == (taken, taken)


def test_fail_on_ends_with_exit_code_1_after_the_report(finished: Repository) -> None:
    count = finished.read("metrics/diagnosis.json")["count"]
    before = finished.git("status", "--porcelain").stdout
    failed = finished.run("python", "-m", "beamline", "diagnose", "--fail-on", "warning", check=False)
    assert failed.returncode == 1
    [message] = failed.stderr.splitlines()
    assert message.startswith("error: --fail-on warning: ")
    assert "training length" in message
    assert message.count(", ") + 1 == count["warning"] + count["failure"]
    assert "│" not in failed.stdout[failed.stdout.index("Verdict: ") :]  # it is the last that is printed
    assert finished.git("status", "--porcelain").stdout == before, "only the stage writes the report"


def write_good_summaries(directory: Path, name: str) -> Path:
    """Summaries that people wrote with other people's as their references, in one file of two columns."""
    rows = [json.loads(line) for line in (ROOT / "data/english/test.jsonl").read_text(encoding="utf-8").splitlines()]
    path = directory / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "written", "wanted"])
        writer.writerows([row["id"], row["summary2"], row["summary1"]] for row in rows)
    return path


COLUMNS = ["--column", "written", "--reference-column", "wanted"]


def test_columns_of_one_csv_are_named_and_fail_on_passes_if_nothing_failed(tmp_path: Path) -> None:
    path = write_good_summaries(tmp_path, "both.csv")
    command = ["python", "-m", "beamline", "diagnose", "--predictions", str(path), *COLUMNS]
    done = Repository(tmp_path).run(*command, "--fail-on", "failure")
    assert done.stderr == ""
    assert "nothing" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("files", [["twice.jsonl"], ["once.txt", "twice.jsonl"]], ids=["together", "apart"])
def test_an_id_that_is_there_twice_is_refused_with_its_lines(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"summary": "Tom buys a hat.", "references": ["Tom gets a hat."]}
    rows = [row, row | {"id": "7"}, row | {"id": "7"}]  # an id that one row lacks is one all the same
    Path("twice.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    Path("once.txt").write_text("Tom buys a hat.\n" * 3, encoding="utf-8")
    predictions, *references = map(Path, files)
    with pytest.raises(BeamlineError, match=r"^twice\.jsonl:3: id '7' is at twice\.jsonl:2 already"):
        evidence_from_files(predictions, references)


def test_a_file_without_references_may_have_them_in_another(tmp_path: Path) -> None:
    path = tmp_path / "alone.jsonl"
    path.write_text('{"summary": "Tom buys a hat."}\n', encoding="utf-8")
    with pytest.raises(BeamlineError, match=r"give --reference-column or --references$"):
        evidence_from_files(path)


@pytest.mark.extended
def test_fail_on_failure_stops_on_a_failure(tmp_path: Path) -> None:
    write_korean_files(tmp_path)
    options = ["--predictions", "predictions.txt", "--references", "references.txt"]
    failed = Repository(tmp_path).run(
        "python", "-m", "beamline", "diagnose", *options, "--fail-on", "failure", check=False
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: --fail-on failure: ")
    assert "alike references" in failed.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--references", "a.txt"], "error: --references, --column, --reference-column: they need --predictions"),
        (["--model", "models"], "error: --model, --data: each needs the other"),
        (["--rev", "HEAD", "--model", "a", "--data", "b"], "error: --rev, --predictions, --model: only one"),
        (["--rev", "nothing"], "error: nothing: no such experiment, branch, tag, commit or file"),
        (["--model", "data/tiny", "--data", "data/tiny"], "error: model.name: data/tiny holds no config.json"),
        (["--model", "nowhere", "--data", "data/tiny"], "error: --model: nowhere: no such directory; expected that of"),
        (["--predictions", "no.txt", "--references", "no.txt"], "error: no.txt: can't be read"),
    ],
)
def test_what_cannot_be_diagnosed_is_one_line(
    finished: Repository,
    options: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(finished.path)
    monkeypatch.setattr(sys, "argv", ["beamline", "diagnose", *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(message)


def test_where_nothing_can_be_written_the_verdict_is_printed_all_the_same(clone: Repository) -> None:
    for name in ("metrics/diagnosis.json", "reports/diagnosis.md"):
        (clone.path / name).unlink()
        (clone.path / name).mkdir()  # as root, tests may write into what is read-only
    failed = clone.run("python", "-m", "beamline.diagnose", check=False)
    assert failed.returncode == 1
    assert failed.stdout.count("Verdict: ") == 1
    [message] = failed.stderr.splitlines()
    assert "metrics/diagnosis.json" in message


def test_a_run_whose_files_are_gone_says_what_to_run(clone: Repository) -> None:
    (clone.path / "reports/predictions.jsonl").unlink()
    assert "reports/predictions.jsonl" in error_of(clone)
