"""Healthy runs, each made once; faults are put into copies."""

import shutil
from pathlib import Path

import corpus
import pipeline
import pytest
from pipeline import MakeRun


@pytest.fixture(scope="session")
def healthy_runs(tmp_path_factory: pytest.TempPathFactory) -> MakeRun:
    """The directory of a finished healthy run on the corpus of a language; not to be changed."""
    made: dict[str, Path] = {}

    def make(language: str) -> Path:
        if language not in made:
            directory = tmp_path_factory.mktemp(f"healthy-{language}")
            corpus.write(directory / "data" / "tiny", {"english": corpus.english, "korean": corpus.korean}[language]())
            pipeline.start(directory, {})
            pipeline.run_stages(directory, "prepare", "train", "evaluate")
            made[language] = directory
        return made[language]

    return make


@pytest.fixture
def healthy_copy(healthy_runs: MakeRun, tmp_path: Path) -> MakeRun:
    """A copy of a healthy run, to break."""

    def copy(language: str) -> Path:
        shutil.copytree(healthy_runs(language), tmp_path / "run")
        return tmp_path / "run"

    return copy
