"""Training that survives being killed: its state is saved regularly, and the next run goes on from there."""

import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState

from beamline.training.epochs import AfterEpoch
from beamline.training.trainer import SummarizationTrainer
from beamline.training.work import Work, read_progress


def share_newest(work: Work) -> str | None:
    """Return the newest checkpoint to go on from, or None. The first of several processes finds it for all."""
    if not torch.distributed.is_initialized():
        newest = work.newest()
        return None if newest is None else str(newest)
    found = [str(work.newest() or "") if torch.distributed.get_rank() == 0 else ""]
    torch.distributed.broadcast_object_list(found)
    return found[0] or None


class SaveProgress(TrainerCallback):
    """Has the Trainer save its state every `seconds` and at the end of an epoch, and puts it back into a resumed one.

    When a state is saved changes nothing that is learned. The Trainer, whose output_dir is `work.unfinished`, restores
    weights, optimizer, schedule, random numbers and its place in the epoch by itself. It forgets the loss of the epoch
    that it is in, so that is restored here.

    resumed: the checkpoint that the training goes on from. epochs: in the first of several processes, what is saved of
    the epochs so far, and restored.
    """

    def __init__(
        self, trainer: SummarizationTrainer, work: Work, seconds: float, resumed: str | None, epochs: AfterEpoch | None
    ) -> None:
        self.trainer = trainer
        self.work = work
        self.seconds = seconds
        self.resumed = resumed
        self.epochs = epochs
        self.saved = time.monotonic()

    def on_train_begin(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if self.resumed is not None:
            progress = read_progress(Path(self.resumed))
            self.trainer._tr_loss.fill_(progress["losses"][arguments.process_index])
            self.trainer._globalstep_last_logged = progress["logged"]
            self.trainer.parts.count = progress["parts"]
            self.trainer.batches.restore(progress["batches"])
            if self.epochs is not None:
                self.epochs.restore(progress)

    def on_step_end(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        due = torch.tensor(time.monotonic() - self.saved >= self.seconds, device=arguments.device)
        if torch.distributed.is_initialized():
            torch.distributed.broadcast(due, 0)
        # An epoch's last step is saved after the validation.
        within_epoch = state.global_step % (state.max_steps // state.num_train_epochs) != 0
        control.should_save = control.should_save or (within_epoch and bool(due))

    def on_save(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        losses = self.trainer.accelerator.gather(self.trainer._tr_loss).reshape(-1).tolist()
        if self.epochs is not None:  # gathering has waited for the files of the other processes
            self.work.add(
                state.global_step,
                {
                    "losses": losses,
                    "logged": self.trainer._globalstep_last_logged,
                    "parts": self.trainer.parts.count,
                    "batches": self.trainer.batches.state(),
                    **self.epochs.state(),
                },
            )
        self.saved = time.monotonic()
