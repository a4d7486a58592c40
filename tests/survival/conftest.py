"""What the stages leave in a directory, made once; tests change copies of it."""

import shutil
from pathlib import Path

import pytest
from support.made_once import made_once
from support.repository import tiny_directory
from support.stage_process import finish, started


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with params.yaml, tiny data and what `prepare` made of it."""
    small = {"train.num_train_epochs": 4, "train.threads": 1, "train.save_seconds": 0}
    steps = {"train.tokens_per_batch": 440, "train.gradient_accumulation_steps": 2}  # an epoch's last has one

    def make(directory: Path) -> None:
        directory.mkdir()
        tiny_directory(directory, train=24, others=8, changes=small | steps)

    return made_once(tmp_path_factory, "prepared", make)


@pytest.fixture(scope="session")
def uninterrupted(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(directory: Path) -> None:
        shutil.copytree(prepared, directory)
        assert finish(started(directory)) == 0
        shutil.rmtree(directory / ".work")  # as evaluation leaves it

    return made_once(tmp_path_factory, "uninterrupted", make)


@pytest.fixture(scope="session")
def evaluated(uninterrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(directory: Path) -> None:
        shutil.copytree(uninterrupted, directory)
        assert finish(started(directory, "evaluate")) == 0
        (directory / "log.txt").unlink()

    return made_once(tmp_path_factory, "evaluated", make)


@pytest.fixture
def clone(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "run")
    return tmp_path / "run"
