"""Stages in processes of their own, in a directory that is no repository: to be killed, stopped and looked at."""

import multiprocessing
import os
import signal
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

# Forked from a process that has everything imported, so that ten kills cost ten tiny trainings and not ten imports.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["beamline.prepare", "beamline.train", "beamline.evaluate"])


def run_in(directory: Path, stage: str = "train") -> None:
    # Tests that run in the background of a shell begin with interrupts ignored, and so does what they start.
    from beamline import evaluate, prepare, train
    from beamline.core import errors

    # Tests that run in the background of a shell begin with interrupts ignored, and so does what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    os.chdir(directory)
    with (directory / "log.txt").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    errors.run({"prepare": prepare, "train": train, "evaluate": evaluate}[stage].main)


def started(directory: Path, stage: str = "train") -> ForkServerProcess:
    process = PROCESSES.Process(target=run_in, args=(directory, stage))
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
        for part in ("data/prepared", "models", "model", "metrics", "plots", "reports")
        for path in sorted((directory / part).rglob("*"))
        if path.is_file()
    }


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


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def error_of(directory: Path) -> str:
    """The one line on which a failed run says why."""
    log = (directory / "log.txt").read_text()
    assert "Traceback" not in log
    [message] = [line for line in log.splitlines() if line.startswith("error: ")]
    return message
