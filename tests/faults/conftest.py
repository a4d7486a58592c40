"""Healthy runs, each made once; faults are put into copies."""

import shutil
from pathlib import Path

import corpus
import faulty_run
import pytest
from faulty_run import MakeRun
from support.made_once import made_once


@pytest.fixture(scope="session")
def healthy_runs(tmp_path_factory: pytest.TempPathFactory) -> MakeRun:
    """The directory of a finished healthy run on the corpus of a language; not to be changed."""

    def healthy(language: str) -> Path:
        def make(directory: Path) -> None:
            corpus.write(directory / "data" / "tiny", {"english": corpus.english, "korean": corpus.korean}[language]())
            faulty_run.start(directory, {})
            faulty_run.run_stages(directory, "prepare", "train", "evaluate")

        return made_once(tmp_path_factory, f"healthy-{language}", make)

    return healthy


@pytest.fixture
def healthy_copy(healthy_runs: MakeRun, tmp_path: Path) -> MakeRun:
    """A copy of a healthy run, to break."""

    def copy(language: str) -> Path:
        shutil.copytree(healthy_runs(language), tmp_path / "run")
        return tmp_path / "run"

    return copy
