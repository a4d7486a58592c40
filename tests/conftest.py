from pathlib import Path

import pytest
from hypothesis import settings
from support.command import Command
from support.made_once import made_once
from support.memorized_run import memorised_run
from support.repository import Repository, tiny_repository
from support.small_run import small_run

from beamline.diagnosis.evidence import Evidence

REPOSITORY = Path(__file__).resolve().parent.parent

settings.register_profile("untimed", deadline=None)  # how long an example takes says more of the machine than of us
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real data sets beside the checkout; nothing in the clone needs them, so without them tests are skipped."""
    path = REPOSITORY.parent / "shared"
    if not path.is_dir():
        pytest.skip(f"the real data sets are not at {path}")
    return path


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `beamline` in a directory that is empty at first: `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="session")
def dialogsum(shared: Path) -> Path:
    return shared / "dialogsum"


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A small run in which nothing is wrong; copy it with dataclasses.replace before something is changed."""
    return small_run(tmp_path_factory.mktemp("healthy"), {})


@pytest.fixture(scope="session")
def memorised(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A small run that knows its test dialogues by heart; copy it with dataclasses.replace too."""
    return memorised_run(tmp_path_factory.mktemp("memorised"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A clone in which `dvc repro` ran, its results committed; tests take copies of it."""

    def make(directory: Path) -> None:
        repository = tiny_repository(directory)
        repository.dvc("repro")
        repository.commit("first results")

    return Repository(made_once(tmp_path_factory, "finished", make))
