"""Training that survives being killed: its state is saved now and then, and the next run goes on from there.

DVC removes or replaces a stage's outputs, and its temporary runs have a directory each, so that unfinished work lies
under the repository's root, in `.work/train-<key>`:

    checkpoint-120/        the Trainer's state after step 120; the newest two are there
    kept/epoch-003/        the checkpoints that evaluation is to choose from
    unfinished/            what is being written

A checkpoint is written in `unfinished`, and renamed once all of it is on disk: one that has its name is whole.
Some of its files are pickles (optimizer.pt, scheduler.pt, rng_state.pth), written by this program and read by it
without executing anything (`torch.load(weights_only=True)`, which is what transformers does).
"""

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState

from beamline.checkpoint import fingerprint
from beamline.files import clear, locked, sync, write_json, writing
from beamline.params import Params

PROGRESS = "progress.json"
SAVED = 2  # checkpoints; the older one is for the case that the newer one is damaged


class Work:
    """The directory of one unfinished training."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.unfinished = directory / "unfinished"
        self.kept = directory / "kept"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes out, and clear what a killed one left half-written.

        Raises `BeamlineError` where another process trains the same.
        """
        with writing(self.directory), locked(self.directory):
            clear(self.unfinished)
            self.kept.mkdir(exist_ok=True)
            yield

    def checkpoints(self) -> list[Path]:
        """The whole ones, the newest first."""
        found = [path for path in self.directory.glob("checkpoint-*") if self._is_whole(path)]
        return sorted(found, key=lambda path: int(path.name.split("-")[1]), reverse=True)

    def newest(self) -> Path | None:
        """The checkpoint to go on from; damaged ones, which a new one would take the place of, are deleted."""
        whole = self.checkpoints()
        for path in set(self.directory.glob("checkpoint-*")) - set(whole):
            self._delete(path)
        return whole[0] if whole else None

    def add(self, step: int, progress: dict[str, Any]) -> None:
        """Make what the Trainer has written for `step` in `unfinished` the newest checkpoint."""
        written = self.unfinished / f"checkpoint-{step}"
        sizes = {path.name: path.stat().st_size for path in written.iterdir()}
        write_json(written / PROGRESS, {**progress, "sizes": sizes})
        sync(written)
        written.rename(self.directory / written.name)
        sync(self.directory / written.name)
        for path in self.checkpoints()[SAVED:]:
            self._delete(path)
        needed = {each["name"] for path in self.checkpoints() for each in read_progress(path)["kept"]}
        for path in self.kept.iterdir():
            if path.name not in needed:
                self._delete(path)

    def remove(self) -> None:
        """Delete everything, in such an order that what a kill leaves of it is never taken for whole."""
        for path in self.directory.glob("checkpoint-*"):
            self._delete(path)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _delete(self, path: Path) -> None:
        doomed = path.rename(self.unfinished / f"{path.name}.deleted")
        shutil.rmtree(doomed, ignore_errors=True)

    def _is_whole(self, checkpoint: Path) -> bool:
        try:
            progress = read_progress(checkpoint)
            sizes = {path.name: path.stat().st_size for path in checkpoint.iterdir() if path.name != PROGRESS}
            return sizes == progress["sizes"] and all((self.kept / each["name"]).is_dir() for each in progress["kept"])
        except (OSError, ValueError, KeyError):
            return False


def read_progress(checkpoint: Path) -> dict[str, Any]:
    progress: dict[str, Any] = json.loads((checkpoint / PROGRESS).read_text(encoding="utf-8"))
    return progress


def work_directory(root: Path, params: Params, prepared: Path) -> Path:
    """Where the training that these settings, data, code, libraries and device determine keeps its unfinished work.

    Every module but those of the diagnosis counts as code: resuming the work of other code by mistake costs more than
    training again.
    """
    determining = {
        "params": params.model_dump(include={"seed", "padding", "model", "train"}, exclude={"train": {"save_seconds"}}),
        "prepared": fingerprint(prepared),
        "code": [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path(__file__).parent.glob("*.py"))],
        "libraries": {name: version(name) for name in ("torch", "transformers", "accelerate", "numpy")},
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
    }
    key = hashlib.sha256(json.dumps(determining, sort_keys=True).encode()).hexdigest()[:16]
    return root / ".work" / f"train-{key}"


class SaveProgress(TrainerCallback):
    """Has the Trainer save its state every `seconds` and at the end of an epoch, and puts it back into a resumed one.

    When a state is saved changes nothing that is learnt. The Trainer, whose output_dir is `work.unfinished`, restores
    weights, optimizer, schedule, random numbers and its place in the epoch by itself, and forgets the loss of the epoch
    that it is in.

    epochs: what is to be saved of the epochs so far, and restored: an object with `state()` and `restore()`, in
    the first of several processes only.
    """

    def __init__(self, trainer: Trainer, work: Work, seconds: float, epochs: Any | None) -> None:
        self.trainer = trainer
        self.work = work
        self.seconds = seconds
        self.epochs = epochs
        self.saved = time.monotonic()
        self.resumed: Path | None = None

    def train(self) -> None:
        """Train, from the newest checkpoint where there is one."""
        newest = [str(self.work.newest() or "") if self.epochs is not None else ""]
        if torch.distributed.is_initialized():
            torch.distributed.broadcast_object_list(newest)
        self.resumed = Path(newest[0]) if newest[0] else None
        self.trainer.add_callback(self)
        self.trainer.train(resume_from_checkpoint=newest[0] or None)

    def on_train_begin(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self.resumed is not None:
            progress = read_progress(self.resumed)
            self.trainer._tr_loss.fill_(progress["losses"][arguments.process_index])
            self.trainer._globalstep_last_logged = progress["logged"]
            self.trainer.parts.count = progress["parts"]
            if self.epochs is not None:
                self.epochs.restore(progress)

    def on_step_end(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        due = torch.tensor(time.monotonic() - self.saved >= self.seconds, device=arguments.device)
        if torch.distributed.is_initialized():
            torch.distributed.broadcast(due, 0)
        # After its last step, an epoch is saved when it has been validated.
        within_epoch = state.global_step % (state.max_steps // state.num_train_epochs) != 0
        control.should_save = control.should_save or (within_epoch and bool(due))

    def on_save(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        losses = self.trainer.accelerator.gather(self.trainer._tr_loss).reshape(-1).tolist()
        if self.epochs is not None:  # the gathering has waited for the files of the other processes
            self.work.add(
                state.global_step,
                {
                    "losses": losses,
                    "logged": self.trainer._globalstep_last_logged,
                    "parts": self.trainer.parts.count,
                    **self.epochs.state(),
                },
            )
        self.saved = time.monotonic()
