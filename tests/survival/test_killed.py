"""What is left when a run is killed or interrupted, and how the next one goes on: real processes, really killed."""

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repository import set_params
from support.stage_process import (
    error_of,
    finish,
    flip_a_bit,
    kill_after,
    results,
    saved_steps,
    started,
    truncate,
    wait_for,
    wait_for_line,
)

from beamline.core.params import read_params
from beamline.training.work import work_directory

pytestmark = pytest.mark.slow

KILLS = 10


@pytest.mark.extended
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
    assert finish(started(clone, "evaluate")) == 0
    assert not list(clone.glob(".work/*")), "finished work is removed"


def test_what_was_saved_is_not_learnt_again(uninterrupted: Path, clone: Path) -> None:
    kill_after(clone, step=15)
    last = max(saved_steps(clone))
    assert finish(started(clone)) == 0
    assert f"going on after step {last} of " in (clone / "log.txt").read_text()
    assert results(clone) == results(uninterrupted)


def flip_a_bit_of_a_loss(path: Path) -> None:
    """It is still JSON, and still a number."""
    text = path.read_text()
    path.write_text(re.sub(r'("losses": \[\s*\d+\.)(\d)', lambda found: found[1] + str(int(found[2]) ^ 1), text))
    assert path.read_text() != text


@pytest.mark.parametrize(
    ("damage", "name"),
    [(truncate, "model.safetensors"), (flip_a_bit, "optimizer.pt"), (flip_a_bit_of_a_loss, "progress.json")],
)
def test_damaged_checkpoint_is_passed_over_for_the_one_before(
    uninterrupted: Path, clone: Path, damage: Callable[[Path], None], name: str
) -> None:
    kill_after(clone, step=15)
    before, last = saved_steps(clone)[-2:]
    [file] = clone.glob(f".work/train-*/checkpoint-{last}/{name}")
    damage(file)
    assert finish(started(clone)) == 0
    assert f"going on after step {before} of " in (clone / "log.txt").read_text()
    assert results(clone) == results(uninterrupted)


def test_damaged_kept_checkpoint_is_not_taken_for_a_result(uninterrupted: Path, clone: Path) -> None:
    kill_after(clone, step=15)
    for weights in clone.glob(".work/train-*/kept/epoch-001/model.safetensors"):
        flip_a_bit(weights)
    assert finish(started(clone)) == 0
    assert "going on" not in (clone / "log.txt").read_text(), "every checkpoint needs it"
    assert results(clone) == results(uninterrupted)


def test_what_is_finished_is_there_until_the_next_stage_begins(uninterrupted: Path, clone: Path) -> None:
    """DVC takes the outputs after the stage has ended; a kill until then mustn't cost the training."""
    assert finish(started(clone)) == 0
    shutil.rmtree(clone / "models")
    assert finish(started(clone)) == 0
    assert re.search(r"going on after step (\d+) of \1\n", (clone / "log.txt").read_text())
    assert results(clone) == results(uninterrupted)


def test_evaluation_leaves_what_other_trainings_finished_alone(uninterrupted: Path, clone: Path) -> None:
    """DVC may not have taken it yet: trainings of a queue finish side by side."""
    assert finish(started(clone)) == 0
    [work] = clone.glob(".work/train-*")
    other = shutil.copytree(work, work.with_name("train-another"))
    (other / "finished").write_text("[]")
    assert finish(started(clone, "evaluate")) == 0
    assert list(clone.glob(".work/*")) == [other]


def test_evaluation_leaves_unfinished_work_alone(uninterrupted: Path, clone: Path) -> None:
    kill_after(clone, step=15)
    shutil.copytree(uninterrupted / "models", clone / "models")
    steps = saved_steps(clone)
    assert finish(started(clone, "evaluate")) == 0
    assert saved_steps(clone) == steps


def test_how_often_it_saves_changes_nothing(uninterrupted: Path, clone: Path) -> None:
    set_params(clone / "params.yaml", {"train.save_seconds": 1000})
    assert finish(started(clone)) == 0
    assert results(clone) == results(uninterrupted)


def test_work_of_another_seed_is_not_resumed(clone: Path) -> None:
    kill_after(clone, step=3)
    set_params(clone / "params.yaml", {"seed": 7})
    assert finish(started(clone)) == 0
    assert "going on" not in (clone / "log.txt").read_text()


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        ({"train.save_seconds": 1000}, True),
        ({"generation.num_beams": 4}, True),
        ({"seed": 7}, False),
        ({"train.threads": 2}, False),
        ({"padding.labels": "unmasked"}, False),
        ({"model.scratch.dropout": 0.2}, False),
    ],
)
def test_work_is_shared_where_the_settings_give_the_same_result(
    clone: Path, change: dict[str, float], shared: bool
) -> None:
    before = work_directory(clone, read_params(clone / "params.yaml"), clone / "data" / "prepared")
    set_params(clone / "params.yaml", change)
    after = work_directory(clone, read_params(clone / "params.yaml"), clone / "data" / "prepared")
    assert (before == after) is shared


def test_work_of_other_data_is_not_shared(clone: Path) -> None:
    params, data = read_params(clone / "params.yaml"), clone / "data" / "prepared"
    before = work_directory(clone, params, data)
    (data / "train.parquet").write_bytes((data / "validation.parquet").read_bytes())
    assert work_directory(clone, params, data) != before


def test_second_trainer_of_the_same_waits_and_takes_what_the_first_has_learnt(uninterrupted: Path, clone: Path) -> None:
    first = started(clone)
    wait_for(clone, first, step=1)
    os.kill(first.pid, signal.SIGSTOP)
    second = started(clone)
    wait_for_line(clone, second, "another run trains the same, waiting")
    os.kill(first.pid, signal.SIGCONT)
    assert (finish(first), finish(second)) == (0, 0)
    assert re.search(r"going on after step (\d+) of \1\n", (clone / "log.txt").read_text())
    assert results(clone) == results(uninterrupted)


def test_interrupted_by_hand_it_says_so_and_goes_on_next_time(uninterrupted: Path, tmp_path: Path) -> None:
    directory = tmp_path / "run"
    shutil.copytree(uninterrupted, directory)
    process = started(directory)
    wait_for(directory, process, step=1)
    os.kill(process.pid, signal.SIGINT)
    assert finish(process) == 130, (directory / "log.txt").read_text()
    assert "interrupted" in (directory / "log.txt").read_text()
    assert "Traceback" not in (directory / "log.txt").read_text()
    assert results(directory) == results(uninterrupted)
    assert finish(started(directory)) == 0
    assert "going on after step" in (directory / "log.txt").read_text()
    assert results(directory) == results(uninterrupted)


@pytest.mark.extended
def test_interrupted_by_hand_several_processes_all_end(prepared: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(prepared, tmp_path / "run")
    set_params(directory / "params.yaml", {"train.processes": 2, "train.num_train_epochs": 400})
    process = started(directory)
    wait_for(directory, process, step=1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert finish(process) == 130, (directory / "log.txt").read_text()
    assert (directory / "log.txt").read_text().endswith("interrupted: nothing is left half-written\n")
    assert not at_work_in(directory)


def ends(directory: Path, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while at_work_in(directory) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not at_work_in(directory)


@pytest.mark.extended
def test_killed_several_processes_all_end(prepared: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(prepared, tmp_path / "run")
    set_params(directory / "params.yaml", {"train.processes": 2, "train.num_train_epochs": 4000})
    process = started(directory)
    wait_for(directory, process, step=1)
    os.killpg(process.pid, signal.SIGKILL)  # torchrun's own processes are sessions of their own
    process.join()
    assert ends(directory)


@pytest.mark.extended
def test_one_of_several_processes_that_the_system_kills_is_one_line_and_the_next_ones_go_on(
    prepared: Path, tmp_path: Path
) -> None:
    killed, whole = (shutil.copytree(prepared, tmp_path / name) for name in ("killed", "whole"))
    for directory in (killed, whole):
        set_params(directory / "params.yaml", {"train.processes": 2})
    assert finish(started(whole)) == 0, (whole / "log.txt").read_text()
    process = started(killed)
    wait_for(killed, process, step=3)
    one = next(
        process for process in at_work_in(killed) if "beamline.train" in (process / "cmdline").read_text().split("\0")
    )
    os.kill(int(one.name), signal.SIGKILL)
    assert finish(process) == 1
    assert error_of(killed).startswith("error: train: one of the processes was killed; ")
    assert ends(killed)
    assert finish(started(killed)) == 0, (killed / "log.txt").read_text()
    [(after, last)] = re.findall(r"going on after step (\d+) of (\d+)\n", (killed / "log.txt").read_text())
    assert int(after) < int(last)
    assert results(killed) == results(whole)


def at_work_in(directory: Path) -> list[Path]:
    """The processes whose working directory it is."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += [process] if (process / "cwd").readlink() == directory else []
        except OSError:
            continue  # it has ended meanwhile
    return found
