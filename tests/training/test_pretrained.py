"""Checkpoints as they are, and fine-tuned through adapters: through the real stages."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from support.causal_checkpoints import CAUSAL
from support.checkpoints import FAMILIES
from support.family_run import Run, family_run
from support.repository import set_params
from support.stage_process import finish, kill_after, results, started

from beamline import prepare, train
from beamline.core.errors import BeamlineError
from beamline.diagnosis.collect import evidence_from_directory
from beamline.diagnosis.verdict import run_checks
from beamline.models.weights import load_model

pytestmark = pytest.mark.slow

ALL = {**FAMILIES, **CAUSAL}
CHANGES = {"model.prompt": "{dialogue}\nShort:\n", "tokenizer.max_source_tokens": 120, "train.tokens_per_batch": 400}
LORA = {"train.lora.rank": 4, "train.lora.dropout": 0.1, "train.learning_rate": 0.01}


@pytest.fixture(scope="module", params=["smollm", pytest.param("bart", marks=pytest.mark.extended)])
def zero_shot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    directory = tmp_path_factory.mktemp("zero")
    return family_run(ALL[request.param], directory, **{**CHANGES, "train.num_train_epochs": 0})


def test_without_epochs_the_checkpoint_is_evaluated_as_it_is(zero_shot: Run) -> None:
    train_metrics = zero_shot.read("metrics/train.json")
    assert (train_metrics["steps"], train_metrics["best_epoch"]) == (0, 0)
    assert zero_shot.best_checkpoint.name == "epoch-000"
    before, after = (load_model(path).state_dict() for path in (zero_shot.checkpoint, zero_shot.best_checkpoint))
    same = [name for name in before if before[name].shape == after[name].shape]
    assert all(torch.equal(before[name], after[name]) for name in same)
    assert len(same) >= len(before) - 5, "tables with new tokens are longer"


def test_a_checkpoint_as_it_is_can_be_diagnosed(zero_shot: Run) -> None:
    assert len(run_checks(evidence_from_directory(zero_shot.directory))) > 30


@pytest.fixture(scope="module", params=["smollm", pytest.param("bart", marks=pytest.mark.extended)])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which `prepare` ran, for four epochs of adapters."""
    directory = tmp_path_factory.mktemp("adapters")
    ALL[request.param].save(directory / "checkpoint")
    run = Run(ALL[request.param], directory / "checkpoint", directory / "work")
    run.set_up(**{**CHANGES, **LORA, "train.num_train_epochs": 4, "train.save_seconds": 0})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(run.directory)
        prepare.main()
    return run.directory


def train_in(directory: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    set_params(directory / "params.yaml", changes)
    monkeypatch.chdir(directory)
    train.main()
    metrics: dict[str, Any] = json.loads(Path("metrics/train.json").read_text())
    return metrics


def test_adapters_learn_and_the_kept_weights_are_merged(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    before = train_in(tmp_path, monkeypatch, **{"train.num_train_epochs": 0})
    after = train_in(tmp_path, monkeypatch, **{"train.num_train_epochs": 4})
    assert after["validation_loss"] < before["validation_loss"] - 0.1
    assert after["parameters"] == before["parameters"]
    [kept] = (path.parent for path in tmp_path.glob("models/*/model.safetensors"))
    assert (kept / "adapter" / "adapter_model.safetensors").is_file()
    assert not [name for name in load_model(kept).state_dict() if "lora" in name]


@pytest.mark.extended
def test_killed_training_of_adapters_ends_as_if_it_had_never_been(prepared: Path, tmp_path: Path) -> None:
    for name in ("whole", "killed"):
        shutil.copytree(prepared, tmp_path / name)
    kill_after(tmp_path / "killed", step=3)
    for name in ("whole", "killed"):
        assert finish(started(tmp_path / name)) == 0
    assert "going on after step" in (tmp_path / "killed" / "log.txt").read_text()
    assert results(tmp_path / "killed") == results(tmp_path / "whole")


def test_gradient_checkpointing_learns_the_same(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = []
    for setting in (False, True):
        shutil.copytree(prepared, tmp_path / str(setting))
        changes = {"train.num_train_epochs": 1, "train.gradient_checkpointing": setting}
        losses.append(train_in(tmp_path / str(setting), monkeypatch, **changes)["validation_loss"])
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


@pytest.mark.extended
def test_bf16_learns_about_the_same(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    for precision in ("fp32", "bf16"):
        shutil.copytree(prepared, tmp_path / precision)
        losses.append(train_in(tmp_path / precision, monkeypatch, **{"train.precision": precision})["validation_loss"])
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], abs=0.1)


def test_adapters_need_a_checkpoint(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    with pytest.raises(BeamlineError, match=r"^train\.lora\.rank: a model from nothing has no weights to adapt"):
        train_in(tmp_path, monkeypatch, **{"model.name": None})
