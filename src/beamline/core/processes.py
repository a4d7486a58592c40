"""Several processes of one stage, joined by torchrun: how they are started, and how they share decoding."""

import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from accelerate.utils import patch_environment
from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from beamline.core.errors import BeamlineError

Item = TypeVar("Item")
TAKEN = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)  # torchrun handles them, and leaves it so
TIMEOUT = timedelta(days=7)  # the first process may wait for another run to end, and the others wait for the first
PARTED = re.compile("Connection (closed|reset) by peer|Broken pipe")  # gloo, where another process has ended
LAUNCHED = "LOCAL_RANK"  # what torchrun sets in the processes that it starts, by hand or from here


def launch(stage: str, count: int, threads: int) -> None:
    """Run `python -m beamline.<stage>` in `count` processes of `threads` CPU threads each.

    Raises `BeamlineError` where one of them fails, and `KeyboardInterrupt` where this process is told to end; they have
    all ended then.
    """
    arguments = ["--standalone", f"--nproc-per-node={count}", "-m", f"beamline.{stage}"]
    handlers = {each: signal.getsignal(each) for each in TAKEN}
    logging.disable(logging.ERROR)  # forty lines of torchrun's, when a process has said in one what is wrong
    try:
        with patch_environment(OMP_NUM_THREADS=threads, PYTHONFAULTHANDLER=1):
            torchrun.run(torchrun.parse_args(arguments))  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        if any(each.exitcode == -signal.SIGKILL for each in error.failures.values()):
            raise BeamlineError(
                f"{stage}: one of the processes was killed; where the system did it for want of memory, take smaller"
                " batches, fewer processes or a smaller model"
            ) from None
        raise BeamlineError(f"{stage}: one of the processes failed; its own message stands above") from None
    except SignalException:
        raise KeyboardInterrupt from None
    finally:
        logging.disable(logging.NOTSET)
        for each, handler in handlers.items():
            signal.signal(each, handler)


def check_count(expected: int) -> None:
    """Raises `BeamlineError` where there are more or fewer processes than `expected`, by hand for instance."""
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != expected:
        raise BeamlineError(f"train.processes: {expected} in params.yaml, but torchrun has started {started}")


def check_gpus(count: int) -> None:
    """Raises `BeamlineError` where fewer GPUs are here than those of the `count` processes that run on this machine.

    NCCL, which sums their gradients, joins no two processes on one GPU.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", str(count)))
    gpus = torch.cuda.device_count()
    if 0 < gpus < here:
        raise BeamlineError(
            f"train.processes: {here} processes need a GPU each, and this machine has {gpus}; lower it, or set"
            " CUDA_VISIBLE_DEVICES to nothing, which trains on the CPU"
        )


@contextmanager
def joined(backend: str) -> Iterator[None]:
    """Let the processes that torchrun has started find each other; a process that is alone has nothing to find.

    At the end they leave the group, and end without taking the interpreter apart: now and then a thread of torch's that
    still ran aborted a process that had done all its work, and torchrun then stopped the others.

    Where torchrun is killed, its processes are sessions of their own and would train on: they end with it.

    backend: torch's name for how they talk, `gloo` or `nccl`. transformers' Trainer would join them by itself, but on a
    CPU with torch's own timeout of half an hour.
    """
    if LAUNCHED in os.environ:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        torch.distributed.init_process_group(backend, timeout=TIMEOUT)
    try:
        yield
    except RuntimeError as error:
        if PARTED.search(str(error)) is None:
            raise
        raise SystemExit(1) from None  # the other one has said why, or the first process does
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


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
