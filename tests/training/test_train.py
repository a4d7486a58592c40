"""The train stage by itself: settings that change how it computes, not what it learns from."""

import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.repository import ROOT, set_params, tiny_directory
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

from beamline import evaluate, train
from beamline.core.errors import BeamlineError
from beamline.core.params import read_params
from beamline.encoding.prepared import draw_rows, examples, read_split
from beamline.training.batching import LengthBucketedBatches

pytestmark = pytest.mark.slow

SOURCES = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with params.yaml, tiny data and what `prepare` made of it."""
    directory = tmp_path_factory.mktemp("prepared")
    tiny_directory(
        directory, train=48, others=12, changes={"model.scratch.dropout": 0.0, "train.tokens_per_batch": 1200}
    )
    return directory


def run(prepared: Path, directory: Path, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Train under `changes` in a copy of `prepared`; metrics/train.json."""
    shutil.copytree(prepared, directory, dirs_exist_ok=True)
    set_params(directory / "params.yaml", changes)
    monkeypatch.chdir(directory)
    train.main()
    metrics: dict[str, Any] = json.loads((directory / "metrics" / "train.json").read_text())
    return metrics


@pytest.fixture(scope="module")
def one_epoch(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        directory = tmp_path_factory.mktemp("one_epoch")
        run(prepared, directory, {"train.num_train_epochs": 1}, patch)
    return directory


@pytest.mark.extended
def test_two_processes_learn_what_one_learns(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run(prepared, tmp_path / "one", {}, monkeypatch)
    shutil.copytree(prepared, tmp_path / "two")
    set_params(tmp_path / "two" / "params.yaml", {"train.processes": 2, "train.threads": 1})
    subprocess.run([sys.executable, "-m", "beamline.train"], cwd=tmp_path / "two", env=SOURCES, check=True, timeout=300)
    together = json.loads((tmp_path / "two" / "metrics" / "train.json").read_text())
    assert (alone["processes"], together["processes"]) == (1, 2)
    assert together["steps"] == alone["steps"]
    assert together["validation_loss"] == pytest.approx(alone["validation_loss"], abs=1e-4)
    curve = "plots/training/plots/metrics/train/loss.tsv"
    one, two = ((tmp_path / name / curve).read_text().split()[3::2] for name in ("one", "two"))
    assert [float(loss) for loss in two] == pytest.approx([float(loss) for loss in one], abs=1e-4)


@pytest.mark.parametrize(
    "decoding",
    [
        {"generation.do_sample": True},
        pytest.param(
            {"generation.backend": "ctranslate2"},
            marks=pytest.mark.skipif(find_spec("ctranslate2") is None, reason="optional"),
        ),
    ],
    ids=str,
)
@pytest.mark.extended
def test_two_processes_write_what_one_writes(
    one_epoch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoding: dict[str, Any]
) -> None:
    written = []
    for count in (1, 2):
        directory = tmp_path / str(count)
        shutil.copytree(one_epoch, directory)
        changes = {"train.processes": count, "evaluate.threads": 1, "evaluate.tokens_per_batch": 500, **decoding}
        set_params(directory / "params.yaml", changes)
        monkeypatch.chdir(directory)
        monkeypatch.setenv("PYTHONPATH", SOURCES["PYTHONPATH"])
        evaluate.main()
        outputs = [path for part in ("metrics", "plots", "reports") for path in (directory / part).rglob("*.json*")]
        written.append({path.relative_to(directory): path.read_bytes() for path in outputs})
    assert Path("reports/predictions.jsonl") in written[0]
    assert written[0] == written[1]


def test_large_vocabulary_times_tokens_takes_the_loss_in_chunks_and_learns_the_same(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_chunks: list[int] = []

    def count(hidden: Tensor, *arguments: Any, **options: Any) -> Tensor:
        in_chunks.append(len(hidden))
        return linear_cross_entropy(hidden, *arguments, **options)

    linear_cross_entropy = functional.linear_cross_entropy
    monkeypatch.setattr(functional, "linear_cross_entropy", count)
    # Both hold all dialogues in one batch; the vocabulary is 600.
    whole = run(prepared, tmp_path / "whole", {"train.tokens_per_batch": 100_000}, monkeypatch)
    assert not in_chunks
    chunked = run(prepared, tmp_path / "chunked", {"train.tokens_per_batch": 200_000}, monkeypatch)
    assert len(in_chunks) == chunked["steps"] == whole["steps"]
    assert chunked["validation_loss"] == pytest.approx(whole["validation_loss"], abs=1e-5)


def test_accumulated_batches_make_one_step(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    single = run(prepared, tmp_path / "single", {}, monkeypatch)
    double = run(prepared, tmp_path / "double", {"train.gradient_accumulation_steps": 2}, monkeypatch)
    assert double["steps"] == -(-single["steps"] // 4) * 2  # of two epochs, each rounded up


def test_gradients_of_accumulated_batches_are_those_of_one_large_batch(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = {"train.tokens_per_batch": 100_000, "train.warmup_steps": 0}
    pieces = {**at_once, "train.tokens_per_batch": 700, "train.gradient_accumulation_steps": 100}
    large, accumulated = (
        run(prepared, tmp_path / str(len(changes)), changes, monkeypatch) for changes in (at_once, pieces)
    )
    assert large["steps"] == accumulated["steps"] == 2  # one an epoch
    assert accumulated["validation_loss"] == pytest.approx(large["validation_loss"], abs=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"train.precision": "bf16"},
        {"train.label_smoothing_factor": 0.1},
        {"train.weight_decay": 0.5},
        {"train.warmup_steps": 0},
        {"train.tokens_per_batch": 500},
        {"padding.mode": "max_length"},
        {"padding.labels": "unmasked"},
        {"seed": 0},
    ],
)
def test_each_setting_reaches_the_weights(
    one_epoch: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    changed = run(prepared, tmp_path, {"train.num_train_epochs": 1, **changes}, monkeypatch)
    plain, other = (load_file(directory / "models/epoch-001/model.safetensors") for directory in (one_epoch, tmp_path))
    assert any((plain[name] != other[name]).any() for name in plain)
    assert changed["precision"] == changes.get("train.precision", "fp32")


def test_the_same_settings_give_the_same_bytes(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        run(prepared, tmp_path / name, {"model.scratch.dropout": 0.1}, monkeypatch)
    for path in sorted((tmp_path / "first").rglob("*")):
        if path.is_file() and ".work" not in path.parts:  # its times differ
            assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes(), path


def test_loss_that_explodes_is_one_line_and_loses_nothing(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(prepared, tmp_path, {}, monkeypatch)
    before = (tmp_path / "models" / "checkpoints.json").read_bytes()
    with pytest.raises(BeamlineError, match=r"the loss is (nan|inf) at step \d+, ") as raised:
        run(tmp_path, tmp_path / "again", {"train.learning_rate": 1e30, "train.max_grad_norm": 1e30}, monkeypatch)
    [step] = re.findall(r"at step (\d+), ", str(raised.value))
    [named] = re.findall(r"of the dialogues (.*); lower train\.learning_rate", str(raised.value))
    assert set(named.split(", ")) == learnt_in_step(int(step), prepared)
    assert (tmp_path / "again" / "models" / "checkpoints.json").read_bytes() == before


@pytest.mark.parametrize(("batches_per_step", "step"), [(1, 3), (2, 2)])
def test_gradients_that_explode_under_a_finite_loss_are_one_line_and_spoil_no_saved_state(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches_per_step: int, step: int
) -> None:
    build = train.build_or_load_model

    def overflowing(*arguments: Any) -> PreTrainedModel:
        model = build(*arguments)
        calls = itertools.count(1)
        model.model.shared.weight.register_hook(lambda gradient: gradient * (math.inf if next(calls) == 3 else 1))
        return model

    monkeypatch.setattr(train, "build_or_load_model", overflowing)
    changes = {"train.save_seconds": 0, "train.gradient_accumulation_steps": batches_per_step}
    with pytest.raises(BeamlineError, match=rf"the gradients' norm is (nan|inf) at step {step}, ") as raised:
        run(prepared, tmp_path, changes, monkeypatch)
    [named] = re.findall(r"of the dialogues (.*); lower train\.learning_rate", str(raised.value))
    assert set(named.split(", ")) == learnt_in_step(step, tmp_path)
    for weights in tmp_path.glob(".work/train-*/checkpoint-*/model.safetensors"):
        assert all(np.isfinite(tensor).all() for tensor in load_file(weights).values())
    assert len(list(tmp_path.glob(".work/train-*/checkpoint-*"))) == step - 1


def test_another_number_of_processes_than_the_parameter_is_one_line(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LOCAL_RANK": "0", "WORLD_SIZE": "2"}.items():  # as torchrun does
        monkeypatch.setenv(name, value)
    with pytest.raises(BeamlineError, match=r"train\.processes: 1 in params\.yaml, but torchrun has started 2$"):
        run(prepared, tmp_path, {}, monkeypatch)
    assert not (tmp_path / ".work").exists()


@pytest.mark.extended
def test_fewer_dialogues_than_processes_is_one_line_of_each(prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    set_params(tmp_path / "params.yaml", {"train.processes": 2, "train.threads": 1, "train.max_examples": 1})
    command = [sys.executable, "-m", "beamline.train"]
    done = subprocess.run(command, cwd=tmp_path, env=SOURCES, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1
    *others, last = done.stderr.splitlines()
    assert set(others) == {"error: train.processes: 2 processes can't share 1 dialogues; lower it"}
    assert last == "error: train: one of the processes failed; its own message is above"


def learnt_in_step(step: int, directory: Path) -> set[str]:
    """The ids of the dialogues that an optimizer step, counted from 1, of the first epoch learns from."""
    params, rows = read_params(directory / "params.yaml"), examples(read_split("train"))
    count = params.train.gradient_accumulation_steps
    batches = LengthBucketedBatches(rows, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    learnt = list(batches)[(step - 1) * count : step * count]
    return {rows[index].dialogue_id for index in itertools.chain.from_iterable(learnt)}


def test_max_examples_draws_by_seed_and_keeps_the_order(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(prepared)
    dialogues = read_split("train")
    first = draw_rows(len(dialogues), 10, seed=1)
    assert first == draw_rows(len(dialogues), 10, seed=1) == sorted(set(first))
    assert first != draw_rows(len(dialogues), 10, seed=2)
    drawn = examples(dialogues, first)
    assert [example.dialogue_id for example in drawn] == [dialogues[row].record.id for row in first]
    assert list(drawn) == [examples(dialogues)[row] for row in first]
    assert draw_rows(len(dialogues), 1000, seed=1) == list(range(len(dialogues)))


def test_a_warm_up_that_is_longer_than_the_training_is_said_before_it_begins(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(prepared, tmp_path / "run", {"train.warmup_steps": 5_000, "train.num_train_epochs": 1}, monkeypatch)
    printed = capsys.readouterr().out
    assert "train: warning: train.warmup_steps: 5,000 steps of warm-up, and the training has " in printed
    assert printed.index("train: warning") < printed.index("epoch 1/1")
