"""Training that survives being killed: its state is saved now and then, and the next run goes on from there."""

import time
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState

from beamline.training.work import Work, read_progress


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
