"""Several processes of one stage: how torchrun starts them, how they end, and how they share decoding."""

import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import torch
from accelerate.utils import patch_environment
from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from beamline.core.errors import BeamlineError

Item = TypeVar("Item")
TAKEN = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)  # torchrun keeps its handlers for them
TIMEOUT = timedelta(days=7)  # the first process may wait for another run to end, and the others wait for the first
PARTED = re.compile("Connection (closed|reset) by peer|Broken pipe")  # gloo's error if another process has ended
LAUNCHED = "LOCAL_RANK"  # what torchrun sets in the processes that it starts, by hand or from here


def launch(stage: str, count: int, threads: int) -> None:
    """Run `python -m beamline.<stage>` in `count` processes of `threads` CPU threads each.

    Raises `BeamlineError` if one of them fails, and `KeyboardInterrupt` if this process is told to end. By then all of
    them have ended.
    """
    arguments = ["--standalone", f"--nproc-per-node={count}", "-m", f"beamline.{stage}"]
    handlers = {number: signal.getsignal(number) for number in TAKEN}
    logging.disable(logging.ERROR)  # torchrun's forty lines, when a process has said in one what is wrong
    try:
        with patch_environment(OMP_NUM_THREADS=threads, PYTHONFAULTHANDLER=1):
            torchrun.run(torchrun.parse_args(arguments))  # type: ignore[no-untyped-call]
    except ChildFailedError as error:
        if any(failure.exitcode == -signal.SIGKILL for failure in error.failures.values()):
            raise BeamlineError(
                f"{stage}: one of the processes was killed; if the system did it for lack of memory, take smaller"
                " batches, fewer processes or a smaller model"
            ) from None
        raise BeamlineError(f"{stage}: one of the processes failed; its own message is above") from None
    except SignalException:
        raise KeyboardInterrupt from None
    finally:
        logging.disable(logging.NOTSET)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def check_count(expected: int) -> None:
    """Raise `BeamlineError` if there are more or fewer processes than `expected`, as torchrun by hand may start."""
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started != expected:
        raise BeamlineError(f"train.processes: {expected} in params.yaml, but torchrun has started {started}")


def check_gpus(count: int) -> None:
    """Raise `BeamlineError` if this machine has GPUs, but fewer than it runs of the `count` processes.

    NCCL, which sums their gradients, can't join two processes on one GPU.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", str(count)))
    gpus = torch.cuda.device_count()
    if 0 < gpus < here:
        raise BeamlineError(
            f"train.processes: {here} processes need a GPU each, and this machine has {gpus}; lower it, or set"
            " CUDA_VISIBLE_DEVICES to nothing, which trains on the CPU"
        )


def run_and_leave(backend: str, main: Callable[[], None]) -> None:
    """Run `main`. A process that torchrun has started joins the others for it, and **ends here** afterwards.

    It ends without taking the interpreter apart: sometimes a thread of torch's that still ran aborted a process that
    had done all its work, and torchrun then stopped the others.

    If torchrun is killed, its processes are separate sessions and would train on, so they end with it.

    backend: torch's name for how processes talk, `gloo` or `nccl`. transformers' Trainer would join them by itself, but
    on a CPU with torch's own timeout of half an hour.
    """
    if LAUNCHED not in os.environ:
        main()
        return
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    torch.distributed.init_process_group(backend, timeout=TIMEOUT)
    try:
        main()
    except RuntimeError as error:
        if PARTED.search(str(error)) is None:
            raise
        raise SystemExit(1) from None  # another process has ended, and has said why
    torch.distributed.destroy_process_group()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def rank() -> int:
    """Return this process's number, from 0; process 0 is the one that writes."""
    return torch.distributed.get_rank() if torch.distributed.is_initialized() else 0


def device() -> torch.device:
    """Return where this process computes: on a separate GPU if there are enough."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get(LAUNCHED, "0")) % torch.cuda.device_count())


def share(items: Sequence[Item]) -> Sequence[Item]:
    """Return the items that this process is to do: every n-th of them if there are n processes."""
    if not torch.distributed.is_initialized():
        return items
    return items[rank() :: torch.distributed.get_world_size()]


def gather(done: list[Item]) -> list[Item]:
    """Return, in every process, what all of them made of their shares, in the order of the items."""
    if not torch.distributed.is_initialized():
        return done
    shares: list[list[Item]] = [[]] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(shares, done)
    return [shares[index % len(shares)][index // len(shares)] for index in range(sum(map(len, shares)))]
