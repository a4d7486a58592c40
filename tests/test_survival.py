"""What is left when a run is killed, the disk is full or a file is damaged: real processes, really killed."""

import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from repository import set_params, tiny_directory

from beamline.errors import BeamlineError
from beamline.files import replaced_directory, writing
from beamline.model import load_model
from beamline.params import read_params
from beamline.work import work_directory

# Forked from a process that has everything imported, so that ten kills cost ten tiny trainings and not ten imports.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["beamline.prepare", "beamline.train", "beamline.evaluate"])
KILLS = 10


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with params.yaml, tiny data and what `prepare` made of it."""
    directory = tmp_path_factory.mktemp("prepared")
    small = {"train.num_train_epochs": 4, "train.threads": 1, "train.save_seconds": 0}
    steps = {"train.tokens_per_batch": 440, "train.gradient_accumulation_steps": 2}  # an epoch's last has one
    tiny_directory(directory, train=24, others=8, changes=small | steps)
    return directory


@pytest.fixture(scope="module")
def uninterrupted(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("uninterrupted") / "run"
    shutil.copytree(prepared, directory)
    assert finish(started(directory)) == 0
    shutil.rmtree(directory / ".work")  # as evaluation leaves it
    return directory


@pytest.fixture(scope="module")
def evaluated(uninterrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = shutil.copytree(uninterrupted, tmp_path_factory.mktemp("evaluated") / "run")
    assert finish(started(directory, "evaluate")) == 0
    (directory / "log.txt").unlink()
    return directory


@pytest.fixture
def clone(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "run")
    return tmp_path / "run"


def train_in(directory: Path, stage: str = "train") -> None:
    from beamline import errors, evaluate, prepare, train

    # Tests that run in the background of a shell begin with interrupts ignored, and so does what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    os.chdir(directory)
    with (directory / "log.txt").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    errors.run({"prepare": prepare, "train": train, "evaluate": evaluate}[stage].main)


def started(directory: Path, stage: str = "train") -> ForkServerProcess:
    process = PROCESSES.Process(target=train_in, args=(directory, stage))
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
        for part in ("data/prepared", "models", "metrics", "plots", "reports")
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
    assert finish(started(clone, "evaluate")) == 0
    assert not list(clone.glob(".work/*")), "finished work is removed"


def test_what_was_saved_is_not_learnt_again(uninterrupted: Path, clone: Path) -> None:
    kill_after(clone, step=15)
    last = max(saved_steps(clone))
    assert finish(started(clone)) == 0
    assert f"going on after step {last} of " in (clone / "log.txt").read_text()
    assert results(clone) == results(uninterrupted)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(("damage", "name"), [(truncate, "model.safetensors"), (flip_a_bit, "optimizer.pt")])
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


def wait_for(directory: Path, process: ForkServerProcess, step: int) -> None:
    """Until the checkpoint of `step` is saved."""
    while process.is_alive() and max(saved_steps(directory), default=0) < step:
        time.sleep(0.002)


def wait_for_line(directory: Path, process: ForkServerProcess, text: str) -> None:
    while text not in (directory / "log.txt").read_text():
        assert process.is_alive(), f"it ended without {text!r}"
        time.sleep(0.01)


def kill_after(directory: Path, step: int) -> None:
    process = started(directory)
    wait_for(directory, process, step)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def with_file_limit(directory: Path, stage: str, limit: int) -> None:
    """Run where no file may grow above `limit` bytes: writing fails as on a full disk, whoever runs it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    train_in(directory, stage)


@pytest.mark.parametrize(
    ("stage", "limit", "named"),
    [
        ("train", 200_000, r"\.work/train-.*too large"),  # the weights
        ("train", 300_000, r"\.work/train-.*(too large|whole)"),  # the optimizer's state
        ("prepare", 20_000, r"data/prepared.*too large"),  # the tokenizer
        ("evaluate", 2_000, r"reports/predictions\.jsonl.*too large"),
    ],
)
def test_full_disk_is_one_line_and_loses_nothing(
    evaluated: Path, tmp_path: Path, stage: str, limit: int, named: str
) -> None:
    directory = tmp_path / "run"
    shutil.copytree(evaluated, directory)
    process = PROCESSES.Process(target=with_file_limit, args=(directory, stage, limit))
    process.start()
    assert finish(process) == 1
    assert re.search(named, error_of(directory))
    assert results(directory) == results(evaluated)
    assert finish(started(directory, stage)) == 0
    assert results(directory) == results(evaluated)


def test_copying_that_fails_is_one_line(tmp_path: Path) -> None:
    """shutil gathers what goes wrong with each file in an error of its own."""
    (tmp_path / "kept" / "epoch-001").mkdir(parents=True)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "epoch-001").write_text("in the way")
    message = r"models/epoch-001: can't be written \(.*File exists.*\); make room"
    with pytest.raises(BeamlineError, match=message), writing(tmp_path / "models"):
        shutil.copytree(tmp_path / "kept", tmp_path / "models", dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("stage", "place", "kind"),
    [
        ("train", "models.unfinished", "file"),
        ("train", "plots/training.unfinished", "file"),
        ("train", ".work", "file"),
        ("train", "metrics/train.json.unfinished", "directory"),
        ("evaluate", "metrics/rouge.json.unfinished", "directory"),
    ],
)
def test_place_that_cannot_be_written_is_one_line_and_loses_nothing(
    evaluated: Path, tmp_path: Path, stage: str, place: str, kind: str
) -> None:
    """A file where a directory is to be made, or the reverse: unlike permissions, it also stops the superuser, who may
    run this."""
    directory = tmp_path / "run"
    shutil.copytree(evaluated, directory)
    set_params(directory / "params.yaml", {"seed": 7, "generation.num_beams": 2})  # so that new results would differ
    if kind == "file":
        (directory / place).write_text("in the way")
    else:
        (directory / place).mkdir()
    assert finish(started(directory, stage)) == 1
    assert place in error_of(directory)
    if kind == "file":
        (directory / place).unlink()
    assert results(directory) == results(evaluated)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
@pytest.mark.parametrize("name", ["train.parquet", "validation.parquet"])
def test_damaged_prepared_file_is_one_line_and_loses_nothing(
    uninterrupted: Path, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    directory = tmp_path / "run"
    shutil.copytree(uninterrupted, directory)
    damage(directory / "data" / "prepared" / name)
    before = results(directory)
    assert finish(started(directory)) == 1
    assert f"data/prepared/{name}: not readable" in error_of(directory)
    assert results(directory) == before


def test_truncated_weights_are_one_line(uninterrupted: Path, tmp_path: Path) -> None:
    weights = shutil.copytree(uninterrupted / "models" / "epoch-004", tmp_path / "checkpoint") / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    with pytest.raises(BeamlineError, match=r"checkpoint: .+"):
        load_model(weights.parent)


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


def test_interrupted_by_hand_several_processes_all_end(prepared: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(prepared, tmp_path / "run")
    set_params(directory / "params.yaml", {"train.processes": 2, "train.num_train_epochs": 400})
    process = started(directory)
    wait_for(directory, process, step=1)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert finish(process) == 130, (directory / "log.txt").read_text()
    assert (directory / "log.txt").read_text().endswith("interrupted: earlier outputs are untouched\n")
    assert not at_work_in(directory)


def test_killed_several_processes_all_end_and_the_next_ones_go_on(prepared: Path, tmp_path: Path) -> None:
    killed, whole = (shutil.copytree(prepared, tmp_path / name) for name in ("killed", "whole"))
    for directory in (killed, whole):
        set_params(directory / "params.yaml", {"train.processes": 2})
    assert finish(started(whole)) == 0, (whole / "log.txt").read_text()
    process = started(killed)
    wait_for(killed, process, step=3)
    os.killpg(process.pid, signal.SIGKILL)  # torchrun's own processes are sessions of their own
    process.join()
    saved = max(saved_steps(killed))
    assert saved < max(saved_steps(whole))
    assert finish(started(killed)) == 0, (killed / "log.txt").read_text()
    assert "going on after step" in (killed / "log.txt").read_text()
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


def error_of(directory: Path) -> str:
    """The one line on which a failed run says why."""
    log = (directory / "log.txt").read_text()
    assert "Traceback" not in log
    [message] = [line for line in log.splitlines() if line.startswith("error: ")]
    return message


def killed_between_renames(directory: Path) -> None:
    """Replace `directory` until the old one is aside, and be killed before the new one is in."""
    with replaced_directory(directory) as new:
        (new / "a").write_text("new")
        sys.addaudithook(
            lambda event, arguments: (
                os.kill(os.getpid(), signal.SIGKILL)
                if event == "os.rename" and Path(arguments[1]) == directory
                else None
            )
        )


def test_interrupted_between_renames_the_old_one_is_put_back(tmp_path: Path) -> None:
    directory = tmp_path / "models"
    directory.mkdir()
    (directory / "a").write_text("old")
    armed = [directory]

    def interrupt(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.rename" and armed and Path(str(arguments[1])) == armed[0]:
            armed.clear()
            raise KeyboardInterrupt

    sys.addaudithook(interrupt)
    with pytest.raises(KeyboardInterrupt), replaced_directory(directory):
        pass
    assert (directory / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_killed_while_replacing_a_directory_it_is_put_back(tmp_path: Path) -> None:
    directory = tmp_path / "models"
    directory.mkdir()
    (directory / "a").write_text("old")
    process = PROCESSES.Process(target=killed_between_renames, args=(directory,))
    process.start()
    assert finish(process) == -signal.SIGKILL
    assert not directory.exists()
    with pytest.raises(ZeroDivisionError), replaced_directory(directory):
        raise ZeroDivisionError
    assert (directory / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["models"]
