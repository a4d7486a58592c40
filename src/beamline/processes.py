"""Several processes of one stage, joined by torchrun: how they are started, and how they share decoding."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

from beamline.errors import BeamlineError

Item = TypeVar("Item")
SECONDS_TO_END = 60  # torchrun itself kills what hasn't ended after 30
LAUNCHED = "LOCAL_RANK"  # what torchrun sets in the processes that it starts, by hand or from here


def launch(stage: str, count: int, threads: int) -> None:
    """Run `python -m beamline.<stage>` in `count` processes of `threads` CPU threads each.

    Raises `BeamlineError` where one of them fails.
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONFAULTHANDLER": "1"}
    torchrun = subprocess.Popen([*command, "-m", f"beamline.{stage}"], env=environment)
    try:
        code = torchrun.wait()
    except KeyboardInterrupt:
        # torchrun, interrupted too, ends the processes; killed at once, it could leave them running.
        torchrun.wait(SECONDS_TO_END)
        raise
    if code != 0:
        raise BeamlineError(f"{stage}: one of the processes failed; its own message stands above")


@contextmanager
def joined() -> Iterator[None]:
    """Let the processes that torchrun has started find each other; a process that is alone has nothing to find."""
    if LAUNCHED in os.environ:
        torch.distributed.init_process_group("gloo")
    with parting():
        yield


@contextmanager
def parting() -> Iterator[None]:
    """Leave the group at the end, whoever joined it (transformers' Trainer does so by itself), and end the process.

    It ends without taking the interpreter apart: now and then a thread of torch's that still ran aborted a process that
    had done all its work, and torchrun then stopped the others.
    """
    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def rank() -> int:
    """This process's number, from 0, which is the one that writes."""
    return torch.distributed.get_rank() if torch.distributed.is_initialized() else 0


def device() -> torch.device:
    """Where this process computes: a GPU of its own where there are enough."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get(LAUNCHED, "0")) % torch.cuda.device_count())


def share(items: Sequence[Item]) -> Sequence[Item]:
    """What of `items` is this process's to do: every n-th, where there are n processes."""
    if not torch.distributed.is_initialized():
        return items
    return items[rank() :: torch.distributed.get_world_size()]


def gather(done: list[Item]) -> list[Item]:
    """What all processes have made of their shares, in the order of the items, in every process."""
    if not torch.distributed.is_initialized():
        return done
    shares: list[list[Item]] = [[]] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(shares, done)
    return [shares[index % len(shares)][index // len(shares)] for index in range(sum(map(len, shares)))]
