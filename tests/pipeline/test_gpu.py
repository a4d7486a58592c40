"""What only a GPU shows. `make test` hides GPUs, its figures being a CPU's: run pytest tests/test_gpu.py by hand."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from support.repository import ROOT, set_params, tiny_directory
from support.stage_process import error_of, finish, kill_after, results, saved_steps, started

from beamline.training.trainer import gpu_has_bf16

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

KEPT = "epoch-003"
GPUS = torch.cuda.device_count()
# Trains where the GPU has so much memory and no more.
LITTLE_MEMORY = """
import sys, torch
from beamline.core import errors
from beamline import train
torch.cuda.set_per_process_memory_fraction(float(sys.argv[1]) / torch.cuda.get_device_properties(0).total_memory)
errors.run(train.main)
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("prepared")
    changes = {"train.num_train_epochs": 3, "train.save_seconds": 0, "train.tokens_per_batch": 1200}
    tiny_directory(directory, train=48, others=12, changes=changes)
    return directory


@pytest.fixture(scope="module")
def evaluated(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = changed(prepared, tmp_path_factory.mktemp("trained") / "run", {})
    for stage in ("train", "evaluate"):
        assert finish(started(directory, stage)) == 0, (directory / "log.txt").read_text()
    return directory


def changed(source: Path, directory: Path, changes: dict[str, Any]) -> Path:
    shutil.copytree(source, directory)
    set_params(directory / "params.yaml", changes)
    return directory


def train_metrics(directory: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((directory / "metrics" / "train.json").read_text())
    return metrics


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    sources = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=directory, env=sources, capture_output=True, text=True, check=False
    )


def test_a_run_repeats_bit_for_bit(prepared: Path, evaluated: Path, tmp_path: Path) -> None:
    again = changed(prepared, tmp_path / "again", {})
    for stage in ("train", "evaluate"):
        assert finish(started(again, stage)) == 0, (again / "log.txt").read_text()
    assert train_metrics(again)["precision"] == ("bf16" if gpu_has_bf16() else "fp32")
    assert results(again) == results(evaluated)


def test_a_killed_training_ends_as_one_that_was_not(prepared: Path, evaluated: Path, tmp_path: Path) -> None:
    killed = changed(prepared, tmp_path / "killed", {})
    for step in (2, 7):
        kill_after(killed, step)
    assert max(saved_steps(killed)) < train_metrics(evaluated)["steps"]
    for stage in ("train", "evaluate"):
        assert finish(started(killed, stage)) == 0, (killed / "log.txt").read_text()
    assert "going on after step" in (killed / "log.txt").read_text()
    assert results(killed) == results(evaluated)


def test_one_process_of_torchrun_learns_what_one_alone_learns(prepared: Path, evaluated: Path, tmp_path: Path) -> None:
    joined = changed(prepared, tmp_path / "joined", {})
    done = run(joined, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=1", "-m", "beamline.train")
    assert done.returncode == 0, done.stderr
    learnt = {path: content for path, content in results(joined).items() if path.startswith("models/")}
    assert f"models/{KEPT}/model.safetensors" in learnt
    assert learnt.items() <= results(evaluated).items()
    assert train_metrics(joined) == train_metrics(evaluated)


def test_batches_too_large_for_its_memory_are_done_in_parts(prepared: Path, tmp_path: Path) -> None:
    large = {
        "train.tokens_per_batch": 100_000,
        "train.precision": "fp32",
        "model.scratch.ffn_dim": 4096,
        "model.scratch.dropout": 0.0,
    }
    whole, parts = (changed(prepared, tmp_path / name, large) for name in ("whole", "parts"))
    assert finish(started(whole)) == 0, (whole / "log.txt").read_text()
    done = run(parts, "-c", LITTLE_MEMORY, str(400 * 2**20))
    assert done.returncode == 0, done.stderr
    count = 100_000 // train_metrics(parts)["tokens_per_batch"]
    assert count > 1
    assert f"train: out of memory at step 1, batches are done in {count} parts from here on" in done.stdout
    assert train_metrics(parts)["validation_loss"] == pytest.approx(train_metrics(whole)["validation_loss"], abs=1e-4)


def test_more_processes_than_gpus_are_one_line(prepared: Path, tmp_path: Path) -> None:
    directory = changed(prepared, tmp_path / "run", {"train.processes": GPUS + 1})
    assert finish(started(directory)) == 1
    assert f"train.processes: {GPUS + 1} processes need a GPU each, and this machine has {GPUS}" in error_of(directory)


@pytest.mark.skipif(GPUS < 2, reason="there is one GPU")
def test_two_gpus_learn_what_one_learns(prepared: Path, tmp_path: Path) -> None:
    exact = {"model.scratch.dropout": 0.0, "train.precision": "fp32"}
    alone, together = (
        changed(prepared, tmp_path / str(count), {**exact, "train.processes": count}) for count in (1, 2)
    )
    for directory in (alone, together):
        assert finish(started(directory)) == 0, (directory / "log.txt").read_text()
    loss = train_metrics(alone)["validation_loss"]
    assert train_metrics(together)["validation_loss"] == pytest.approx(loss, abs=1e-4)


def test_auto_decodes_whether_ctranslate2_finds_its_libraries_or_not(evaluated: Path, tmp_path: Path) -> None:
    """torch brings other versions of CUDA's than CTranslate2 is built for; it misses them when it first translates."""
    pytest.importorskip("ctranslate2")
    texts = []
    for backend in ("auto", "transformers"):
        directory = changed(evaluated, tmp_path / backend, {"generation.backend": backend})
        assert finish(started(directory, "evaluate")) == 0, (directory / "log.txt").read_text()
        rows = (directory / "reports" / "predictions.jsonl").read_text().splitlines()
        texts.append([json.loads(row)["summary"] for row in rows])
    assert texts[0] == texts[1]
