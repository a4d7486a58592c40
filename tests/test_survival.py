"""What is left when a run is killed, the disk is full or a file is damaged: real processes, really killed."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from repository import ROOT, TINY, set_params

from beamline import prepare

# Forked from a process that has everything imported, so that ten kills cost ten tiny trainings and not ten imports.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["beamline.train"])
KILLS = 10


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with params.yaml, tiny data and what `prepare` made of it."""
    directory = tmp_path_factory.mktemp("prepared")
    (directory / "data" / "tiny").mkdir(parents=True)
    for split, count in (("train", 24), ("validation", 8), ("test", 8)):
        lines = (ROOT / "data" / "english" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (directory / "data" / "tiny" / f"{split}.jsonl").write_text("".join(lines[:count]), encoding="utf-8")
    shutil.copy(ROOT / "params.yaml", directory)
    small = {"train.num_train_epochs": 4, "train.tokens_per_batch": 800, "train.threads": 1, "train.save_seconds": 0}
    set_params(directory / "params.yaml", {**TINY, **small})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        prepare.main()
    return directory


@pytest.fixture(scope="module")
def uninterrupted(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("uninterrupted") / "run"
    shutil.copytree(prepared, directory)
    assert finish(started(directory)) == 0
    return directory


@pytest.fixture
def clone(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "run")
    return tmp_path / "run"


def train_in(directory: Path) -> None:
    from beamline import errors, train

    os.setsid()
    os.chdir(directory)
    with (directory / "log.txt").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    errors.run(train.main)


def started(directory: Path) -> ForkServerProcess:
    process = PROCESSES.Process(target=train_in, args=(directory,))
    process.start()
    return process


def finish(process: ForkServerProcess) -> int | None:
    process.join(120)
    return process.exitcode


def saved_steps(directory: Path) -> list[int]:
    return sorted(int(path.name.split("-")[1]) for path in directory.glob(".work/train-*/checkpoint-*"))


def results(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for part in ("models", "metrics", "plots")
        for path in sorted((directory / part).rglob("*"))
        if path.is_file()
    }


def test_killed_at_ten_moments_it_ends_as_if_it_had_never_been(uninterrupted: Path, clone: Path) -> None:
    moments = random.Random(5)
    killed = resumed = 0
    while killed < KILLS:
        before = saved_steps(clone)
        process = started(clone)
        # The first moments are those of starting, the last those of writing the outputs; between them it saves.
        wait_for(clone, process, step=max(before, default=0) + moments.randint(0, 6))
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        resumed += bool(before)
    assert resumed >= KILLS / 2, "most of them should have had something to go on from"
    assert finish(started(clone)) == 0
    assert results(clone) == results(uninterrupted)
    assert not list(clone.glob(".work/*")), "finished work is removed"


def test_what_was_saved_is_not_learnt_again(uninterrupted: Path, clone: Path) -> None:
    kill_after(clone, step=15)
    last = max(saved_steps(clone))
    assert finish(started(clone)) == 0
    assert f"going on after step {last} of " in (clone / "log.txt").read_text()
    assert results(clone) == results(uninterrupted)


def test_damaged_checkpoint_is_passed_over_for_the_one_before(uninterrupted: Path, clone: Path) -> None:
    kill_after(clone, step=15)
    before, last = saved_steps(clone)[-2:]
    [optimizer] = clone.glob(f".work/train-*/checkpoint-{last}/optimizer.pt")
    os.truncate(optimizer, optimizer.stat().st_size // 2)
    assert finish(started(clone)) == 0
    assert f"going on after step {before} of " in (clone / "log.txt").read_text()
    assert results(clone) == results(uninterrupted)


def test_how_often_it_saves_changes_nothing(uninterrupted: Path, clone: Path) -> None:
    set_params(clone / "params.yaml", {"train.save_seconds": 1000})
    assert finish(started(clone)) == 0
    assert results(clone) == results(uninterrupted)


@pytest.mark.parametrize("change", [{"seed": 7}, {"train.learning_rate": 0.001}, {"train.threads": 2}])
def test_work_of_other_settings_is_not_resumed(clone: Path, change: dict[str, float]) -> None:
    kill_after(clone, step=3)
    set_params(clone / "params.yaml", change)
    assert finish(started(clone)) == 0
    assert "going on" not in (clone / "log.txt").read_text()


def test_second_trainer_of_the_same_is_told_so(uninterrupted: Path, clone: Path) -> None:
    first = started(clone)
    wait_for(clone, first, step=1)
    os.kill(first.pid, signal.SIGSTOP)
    assert finish(started(clone)) == 1
    os.kill(first.pid, signal.SIGCONT)
    assert finish(first) == 0
    [message] = [line for line in (clone / "log.txt").read_text().splitlines() if line.startswith("error: ")]
    assert "another process is at work here" in message
    assert results(clone) == results(uninterrupted)


def wait_for(directory: Path, process: ForkServerProcess, step: int) -> None:
    """Until the checkpoint of `step` is saved."""
    while process.is_alive() and max(saved_steps(directory), default=0) < step:
        time.sleep(0.002)


def kill_after(directory: Path, step: int) -> None:
    process = started(directory)
    wait_for(directory, process, step)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
