"""A full disk, a place that can't be written, a damaged file: one line each, and what was there is there still."""

import errno
import os
import re
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repository import set_params
from support.stage_process import PROCESSES, error_of, finish, flip_a_bit, results, run_in, started, truncate

from beamline.core.errors import BeamlineError
from beamline.core.files import locked, replaced_directory, write_texts, writing
from beamline.models.weights import load_model

pytestmark = pytest.mark.slow


def with_file_limit(directory: Path, stage: str, limit: int) -> None:
    """Run where no file may grow above `limit` bytes: writing fails as on a full disk, whoever runs it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    run_in(directory, stage)


@pytest.mark.parametrize(
    ("stage", "limit", "named"),
    [
        ("train", 200_000, r"\.work/train-.*too large"),  # the weights
        ("train", 300_000, r"\.work/train-.*(too large|whole)"),  # the optimizer's state
        ("prepare", 20_000, r"data/prepared.*too large"),  # the tokenizer
        ("evaluate", 2_000, r"model\.unfinished/.*too large"),
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
    """shutil collects the errors of all files in one error."""
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


@pytest.mark.parametrize(("stage", "place"), [("prepare", "data/prepared"), ("evaluate", "models")])
def test_place_where_another_run_is_at_work_is_one_line_before_anything_is_read(
    evaluated: Path, tmp_path: Path, stage: str, place: str
) -> None:
    """As where `dvc` alone was killed: the stage that it had started would write its results into those of the next."""
    directory = shutil.copytree(evaluated, tmp_path / "run")
    set_params(directory / "params.yaml", {"data.path": "missing"})
    (directory / "models" / "checkpoints.json").unlink()
    with locked(directory / f"{place}.unfinished"):
        assert finish(started(directory, stage)) == 1
    assert f"{place}.unfinished: another process is at work here" in error_of(directory)


def test_evaluation_leaves_nothing_beside_the_models(evaluated: Path) -> None:
    assert [path.name for path in evaluated.glob("models*")] == ["models"]


def test_truncated_weights_are_one_line(uninterrupted: Path, tmp_path: Path) -> None:
    weights = shutil.copytree(uninterrupted / "models" / "epoch-004", tmp_path / "checkpoint") / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    with pytest.raises(BeamlineError, match=r"checkpoint: .+"):
        load_model(weights.parent)


def interrupted_as_models_are_replaced(directory: Path) -> None:
    armed = [True]

    def interrupt(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.rename" and armed and Path(str(arguments[1])) == Path("models"):
            armed.clear()
            raise KeyboardInterrupt

    sys.addaudithook(interrupt)
    run_in(directory)


def test_interrupted_at_its_very_end_all_results_are_the_old_ones(evaluated: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(evaluated, tmp_path / "run")
    set_params(directory / "params.yaml", {"seed": 7})
    process = PROCESSES.Process(target=interrupted_as_models_are_replaced, args=(directory,))
    process.start()
    assert finish(process) == 130, (directory / "log.txt").read_text()
    assert results(directory) == results(evaluated)


def test_directory_in_the_place_of_a_file_is_seen_before_any_is_replaced(tmp_path: Path) -> None:
    first, second = tmp_path / "predictions.jsonl", tmp_path / "rouge.json"
    first.write_text("old")
    second.mkdir()
    with pytest.raises(BeamlineError, match=r"/rouge\.json: can't be written \(Is a directory\)"):
        write_texts({first: "new", second: "new"})
    assert first.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == [first, second]


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


def test_old_directory_that_cannot_be_removed_is_one_line_before_the_new_one_is_made(tmp_path: Path) -> None:
    """As where it is another user's."""
    previous = tmp_path / "models.previous"
    previous.mkdir()
    refused = [previous]

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.rmdir" and refused and Path(str(arguments[0])) == refused[0]:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(previous))

    sys.addaudithook(refuse)
    (tmp_path / "models").mkdir()
    expected = pytest.raises(BeamlineError, match=r"models\.previous: can't be written \(Permission denied\)")
    with expected, replaced_directory(tmp_path / "models"):
        pytest.fail("it should have been seen before")
    refused.clear()


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
