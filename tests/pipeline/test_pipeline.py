"""The pipeline through real DVC, in a clone with tiny data and a tiny model."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.repository import Repository, tiny_repository

pytestmark = pytest.mark.slow

SCORES = ("rouge1_f", "rouge2_f", "rougeL_f", "rougeLsum_f", "rouge_f", "chrf")


@pytest.fixture
def clone(finished: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(finished.path, tmp_path / "clone", symlinks=True)
    return Repository(tmp_path / "clone")


def stages_that_ran(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", done.stdout)


def stages_that_would_run(repository: Repository) -> list[str]:
    """The stages with a change of their own; a dry run doesn't foresee that these change the inputs of later ones."""
    return re.findall(r"Running stage '(\w+)'", repository.dvc("repro", "--dry").stdout)


def test_second_repro_does_nothing(clone: Repository) -> None:
    again = clone.dvc("repro")
    assert "Running stage" not in again.stdout
    assert "up to date" in again.stdout
    assert clone.git("status", "--porcelain").stdout == ""


def test_beam_change_reruns_evaluation_and_what_follows_and_shows_in_every_score(clone: Repository) -> None:
    done = clone.dvc("exp", "run", "-S", "generation.num_beams=4")
    assert stages_that_ran(done) == ["evaluate", "diagnose", "report"]
    for stage in ("prepare", "train"):
        assert f"Stage '{stage}' didn't change, skipping" in done.stdout
    diff = clone.dvc("metrics", "diff", "--all").stdout
    for split in ("validation", "test"):
        for score in SCORES:
            assert f"{split}.{score} " in diff
    assert "_interval" not in diff
    clone.dvc("plots", "diff", "HEAD", "workspace")
    assert "<html" in (clone.path / "dvc_plots/index.html").read_text(encoding="utf-8")
    [name] = clone.dvc("exp", "list", "--name-only").stdout.split()
    clone.dvc("exp", "branch", name, "beams")
    assert "num_beams: 4" in clone.git("show", "beams:params.yaml").stdout
    clone.git("checkout", "--quiet", "--force", "HEAD")
    clone.dvc("exp", "apply", name)
    settings = clone.read("metrics/generation.json")
    assert settings["settings"]["num_beams"] == 4
    assert "length_penalty" in settings["settings"]


@pytest.mark.parametrize("change", [{"padding.mode": "max_length"}, {"padding.labels": "unmasked"}])
def test_padding_change_reruns_training_but_not_preparation(clone: Repository, change: dict[str, str]) -> None:
    clone.set(change)
    assert stages_that_would_run(clone) == ["train", "evaluate", "diagnose", "report"]


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ({"tokenizer.vocabulary_size": 700}, ["prepare", "report"]),
        ({"train.learning_rate": 0.1}, ["train", "diagnose", "report"]),
        ({"rouge.stemmer": False}, ["prepare", "evaluate", "diagnose", "report"]),
        ({"tracking.project": "another"}, []),
    ],
)
def test_a_change_reruns_from_the_stage_that_reads_it(
    clone: Repository, change: dict[str, Any], first: list[str]
) -> None:
    clone.set(change)
    assert stages_that_would_run(clone) == first


def test_a_setting_that_was_run_before_runs_nothing(clone: Repository) -> None:
    """Back and forth over beams, which decode anew, and over learning rates, which train anew."""
    for key, there, back in (("generation.num_beams", 2, 1), ("train.learning_rate", 0.1, 0.002)):
        results = {}
        for value in (there, back, there):
            done = clone.dvc("exp", "run", "-S", f"{key}={value}")
            found = {path: path.read_bytes() for path in outputs(clone)}
            if value in results or value == back:
                assert stages_that_ran(done) == []
            assert results.setdefault(value, found) == found
        assert results[there] != results[back]


@pytest.mark.extended
def test_cells_of_a_sweep_that_share_a_training_train_once(clone: Repository) -> None:
    clone.dvc("exp", "run", "--queue", "-n", "beams", "-S", "seed=7", "-S", "generation.num_beams=2,4", "evaluate")
    done = clone.dvc("exp", "run", "--run-all", "-j", "1")
    assert done.stdout.count("Running stage 'train'") == 1
    assert done.stdout.count("Running stage 'evaluate'") == 2


@pytest.mark.extended
def test_a_second_clone_pulls_the_run_cache_and_runs_nothing(clone: Repository, tmp_path: Path) -> None:
    """What was committed; DVC pushes no files of other runs, so that these travel as experiments (test_remote.py)."""
    clone.dvc("remote", "add", "--default", "team", str(tmp_path / "remote"))
    clone.commit("name the remote")
    clone.dvc("push", "--run-cache")
    clone.git("clone", "--quiet", ".", str(tmp_path / "second"))
    second = Repository(tmp_path / "second")
    second.dvc("pull", "--run-cache")
    assert stages_that_ran(second.dvc("repro")) == []
    assert second.git("status", "--porcelain").stdout == ""
    for path in outputs(clone):
        assert path.read_bytes() == (second.path / path.relative_to(clone.path)).read_bytes()


def test_metrics_can_be_read_in_a_clone_without_a_cache(finished: Repository, tmp_path: Path) -> None:
    finished.git("clone", "--quiet", str(finished.path), str(tmp_path / "bare"))
    bare = Repository(tmp_path / "bare")
    shown = json.loads(bare.dvc("metrics", "show", "--json").stdout)[""]["data"]
    assert set(shown) == {f"metrics/{name}.json" for name in ("train", "generation", "rouge", "diagnosis")}
    assert bare.read("metrics/generation.json")["settings"]["num_beams"] == 1
    assert not (bare.path / "reports/predictions.jsonl").exists()


def test_two_clones_end_with_the_same_lock(finished: Repository, tmp_path: Path) -> None:
    second = tiny_repository(tmp_path / "somewhere" / "else")
    second.dvc("repro")
    assert (second.path / "dvc.lock").read_text() == (finished.path / "dvc.lock").read_text()
    for result in ("metrics", "plots"):
        for path in (finished.path / result).rglob("*.json"):
            assert path.read_bytes() == (second.path / path.relative_to(finished.path)).read_bytes()


def test_metrics_hold_every_score_and_the_signature(finished: Repository) -> None:
    rouge = finished.read("metrics/rouge.json")
    for score in SCORES:
        assert 0 <= rouge["validation"][score] <= 1
        low, high = rouge["test"][f"{score}_interval"]
        assert low <= rouge["test"][score] <= high
    assert {"summary_words", "reference_words", "empty", "unfinished", "repetitive"} <= rouge["test"].keys()
    assert "tok:english" in rouge["signature"]
    kept = finished.read("models/checkpoints.json")
    assert rouge["checkpoint"] in [checkpoint["name"] for checkpoint in kept]
    assert kept == sorted(kept, key=lambda checkpoint: checkpoint["validation_loss"])


def test_predictions_are_in_the_order_of_the_data(finished: Repository) -> None:
    def ids(path: str) -> list[str]:
        return [json.loads(line)["id"] for line in (finished.path / path).read_text(encoding="utf-8").splitlines()]

    assert ids("reports/predictions.jsonl") == ids("data/tiny/test.jsonl")


def test_models_hold_weights_and_tokenizer_and_no_pickle(finished: Repository) -> None:
    names = {path.name for path in (finished.path / "models").rglob("*") if path.is_file()}
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl"))]
    for path in (finished.path / "models").rglob("*.json"):
        assert str(finished.path) not in path.read_text(encoding="utf-8")


def test_the_chosen_checkpoint_is_an_artifact_whose_weights_are_in_the_cache_once(
    clone: Repository, tmp_path: Path
) -> None:
    chosen = clone.path / "models" / clone.read("metrics/rouge.json")["checkpoint"]
    model = clone.path / "model"
    assert {path.name for path in model.iterdir()} == {path.name for path in chosen.iterdir()} | {"reported.json"}
    assert (model / "model.safetensors").read_bytes() == (chosen / "model.safetensors").read_bytes()
    cached = [path for path in (clone.path / ".dvc" / "cache").rglob("*") if path.is_file()]
    weights = (model / "model.safetensors").read_bytes()
    assert [path.read_bytes() for path in cached].count(weights) == 1

    clone.git("tag", "--annotate", "summarizer@v1.0.0", "--message", "First release")
    got = Repository(tmp_path / "elsewhere")
    got.path.mkdir()
    got.dvc("artifacts", "get", str(clone.path), "summarizer", "--out", "summarizer")
    names = [path.name for path in model.iterdir()]
    assert all((got.path / "summarizer" / name).read_bytes() == (model / name).read_bytes() for name in names)


def test_bad_data_is_one_line_and_dvc_repro_restores_the_earlier_results(clone: Repository) -> None:
    train = clone.path / "data" / "tiny" / "train.jsonl"
    before = train.read_text(encoding="utf-8")
    lines = before.splitlines(keepends=True)
    literal = "{'id': 'x', 'dialogue': 'a', 'summary': 'b'}\n"
    assert "data/tiny/train.jsonl:5" in failure_and_recovery(
        clone,
        spoil=lambda: train.write_text("".join([*lines[:4], literal, *lines[4:]]), encoding="utf-8"),
        undo=lambda: train.write_text(before, encoding="utf-8"),
    )


@pytest.mark.parametrize(
    ("key", "healthy"), [("data.leakage", "error"), ("train.keep", 2), ("generation.num_beams", 1)]
)
def test_bad_parameter_is_one_line_and_dvc_repro_restores_the_earlier_results(
    clone: Repository, key: str, healthy: object
) -> None:
    message = failure_and_recovery(
        clone, spoil=lambda: clone.set({key: "many"}), undo=lambda: clone.set({key: healthy})
    )
    assert re.match(rf"error: params\.yaml:\d+: {re.escape(key)}: expected .*, found 'many'", message)


def failure_and_recovery(repository: Repository, spoil: Callable[[], object], undo: Callable[[], object]) -> str:
    """Return the one line of a failed `dvc repro`; the command that it names brings all results back without a run."""
    before = {path: path.read_bytes() for path in outputs(repository)}
    spoil()
    failed = repository.dvc("repro", check=False)
    assert failed.returncode != 0
    assert "Traceback" not in failed.stderr
    [message] = [line for line in failed.stderr.splitlines() if line.startswith("error: ")]
    assert message.endswith("; earlier results come back when you undo the change and run: dvc repro")
    undo()
    assert stages_that_ran(repository.dvc("repro")) == []
    assert {path: path.read_bytes() for path in outputs(repository)} == before
    assert repository.git("status", "--porcelain").stdout == ""
    return message


def outputs(repository: Repository) -> list[Path]:
    directories = ("data/prepared", "models", "model", "metrics", "plots", "reports")
    return [
        path for directory in directories for path in sorted((repository.path / directory).rglob("*")) if path.is_file()
    ]


@pytest.mark.extended
def test_killed_repro_goes_on_and_ends_with_the_same_lock(clone: Repository, tmp_path: Path) -> None:
    """While it trains, and when all is written that DVC still has to take; a second one meanwhile is told to wait."""
    clone.set({"train.save_seconds": 0, "train.num_train_epochs": 5})
    whole = Repository(shutil.copytree(clone.path, tmp_path / "whole", symlinks=True))
    whole.dvc("repro", "train")

    for moment in ("checkpoint-*", "finished"):
        running = clone.start_dvc("repro", "train")
        while not list(clone.path.glob(f".work/train-*/{moment}")):
            assert running.poll() is None
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGSTOP)
        second = clone.dvc("repro", "train", check=False)
        assert second.returncode != 0
        assert "lock" in second.stderr
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        before = (clone.path / "dvc.lock").read_bytes()
        assert before != (whole.path / "dvc.lock").read_bytes(), "it was killed after its end"

    again = clone.dvc("repro", "train")
    assert "going on after step" in again.stdout
    for name in ("dvc.lock", "metrics/train.json", "models/checkpoints.json"):
        assert (clone.path / name).read_bytes() == (whole.path / name).read_bytes()


@pytest.mark.extended
def test_queued_sweep_runs_on_two_workers_that_need_the_same_training(clone: Repository) -> None:
    clone.dvc("exp", "run", "--queue", "-n", "beams", "-S", "seed=7", "-S", "generation.num_beams=2,4", "evaluate")
    clone.dvc("queue", "start", "-j", "2")
    status = "Queued"
    deadline = time.monotonic() + 240
    while re.search("Queued|Running", status) and time.monotonic() < deadline:
        time.sleep(5)  # each look takes time from the two workers
        status = clone.dvc("queue", "status").stdout
    assert status.count("Success") == 2, status
    table = list(csv.DictReader(clone.dvc("exp", "show", "--csv", "--all-branches").stdout.splitlines()))
    shown = {row["Experiment"]: row for row in table if row["Experiment"].startswith("beams-")}
    assert sorted(row["generation.num_beams"] for row in shown.values()) == ["2", "4"]
    assert len({row["validation_loss"] for row in shown.values()}) == 1
    assert all(0 <= float(row["test.rouge_f"]) <= 1 for row in shown.values())


@pytest.mark.extended
def test_own_dialogues_brought_into_form_and_kept_by_dvc(clone: Repository) -> None:
    (clone.path / "data" / "tiny").rename(clone.path / "mine")
    said = clone.run("python", "-m", "beamline", "import", "mine", "data/my own").stdout.splitlines()
    clone.run("bash", "-c", said[-1].removeprefix("next: "))
    clone.git("add", "data")
    clone.dvc("exp", "run", "--temp", "-S", "data.path='data/my own'", "-S", "generation.num_beams=2", "prepare")
    assert clone.read("data/prepared/statistics.json")["splits"]["train"]["dialogues"] == 64


@pytest.mark.extended
def test_models_and_work_on_a_scratch_disk_that_the_user_linked(clone: Repository, tmp_path: Path) -> None:
    before = (clone.path / "dvc.lock").read_bytes()
    for name in ("models", ".work"):
        (tmp_path / "scratch" / name).mkdir(parents=True)
        shutil.rmtree(clone.path / name)
        (clone.path / name).symlink_to(tmp_path / "scratch" / name)
    assert stages_that_ran(clone.dvc("repro", "--force", "train")) == ["prepare", "train"]
    assert (tmp_path / "scratch/models/checkpoints.json").is_file()
    assert list((tmp_path / "scratch/.work").iterdir())
    assert all((clone.path / name).is_symlink() for name in ("models", ".work"))
    assert (clone.path / "dvc.lock").read_bytes() == before
