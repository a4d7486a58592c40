"""What follows an epoch: its figures, and the checkpoints that are kept."""

import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState

from beamline.core.errors import BeamlineError
from beamline.core.files import replaced_directory
from beamline.encoding.codec import TextCodec
from beamline.models.adapters import save_whole
from beamline.training.tracking import Tracker


@dataclass(frozen=True)
class KeptCheckpoint:
    """One of the checkpoints that evaluation chooses from. name: its directory in models/."""

    name: str
    epoch: int
    validation_loss: float
    validation_bits_per_byte: float
    validation_token_accuracy: float


class AfterEpoch(TrainerCallback):
    """Writes an epoch's figures to the tracker and the terminal, and keeps the best checkpoints in `directory`.

    `progress` is a bar to show during the training. A checkpoint that better ones have replaced stays in `directory`: a
    resumed training may go on from before they were there.
    """

    def __init__(
        self, directory: Path, codec: TextCodec, tracker: Tracker, keep: int, source_tokens: int, console: Console
    ) -> None:
        self.directory = directory
        self.codec = codec
        self.tracker = tracker
        self.keep = keep
        self.source_tokens = source_tokens
        self.console = console
        self.kept: list[KeptCheckpoint] = []
        self.epochs: list[dict[str, Any]] = []  # what the tracker was given
        self.training: dict[str, float] = {}
        self.started = time.monotonic()
        self.spent = 0.0  # seconds on the epoch that a resumed training is in, before it was killed
        self.progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeRemainingColumn(),
            console=console,
        )

    def state(self) -> dict[str, Any]:
        """Return what a resumed training needs to know of the epochs so far, for JSON."""
        return {
            "epochs": self.epochs,
            "kept": [asdict(checkpoint) for checkpoint in self.kept],
            "seconds": time.monotonic() - self.started,  # spent on the epoch that it is in
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned in an earlier process."""
        for epoch in state["epochs"]:
            self._track(**epoch)
        self.kept = [KeptCheckpoint(**checkpoint) for checkpoint in state["kept"]]
        self.spent = state["seconds"]

    def on_train_begin(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.global_step > 0:
            self.console.print(f"going on after step {state.global_step} of {state.max_steps}", highlight=False)
        self.task = self.progress.add_task("training", total=state.max_steps, completed=state.global_step)

    def on_epoch_begin(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.started, self.spent = time.monotonic() - self.spent, 0.0

    def on_step_end(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.progress.update(self.task, completed=state.global_step)

    def on_log(
        self, arguments: Any, state: TrainerState, control: TrainerControl, logs: dict[str, float], **_: Any
    ) -> None:
        if "loss" in logs:
            self.training = {"train/loss": logs["loss"], "train/learning_rate": logs["learning_rate"]}

    def on_evaluate(
        self,
        arguments: Any,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float],
        model: PreTrainedModel,
        **_: Any,
    ) -> None:
        epoch = round(state.epoch or 0)  # None before any training
        if not math.isfinite(metrics["validation_loss"]):
            found = metrics["validation_loss"]
            raise BeamlineError(f"train: the validation loss is {found} after epoch {epoch}; lower train.learning_rate")
        seconds = time.monotonic() - self.started
        speed = {"seconds": seconds, "source_tokens_per_second": self.source_tokens / seconds}
        validation = {name.replace("_", "/", 1): value for name, value in metrics.items()}
        self._track(epoch, {**self.training, **validation}, speed)
        self._print(epoch, arguments.num_train_epochs, metrics, speed)
        self._keep(KeptCheckpoint(f"epoch-{epoch:03}", epoch, **metrics), model)
        self.started = time.monotonic()

    def _track(self, epoch: int, tracked: dict[str, float], untracked: dict[str, float]) -> None:
        self.tracker.log_epoch(epoch, tracked, untracked)
        self.epochs.append({"epoch": epoch, "tracked": tracked, "untracked": untracked})

    def _print(self, epoch: int, epochs: float, metrics: dict[str, float], speed: dict[str, float]) -> None:
        figures = [
            f"epoch {epoch:>{len(str(int(epochs)))}}/{int(epochs)}",
            f"validation loss {metrics['validation_loss']:.3f}",
            f"bits/byte {metrics['validation_bits_per_byte']:.3f}",
            f"token accuracy {metrics['validation_token_accuracy']:.3f}",
        ]
        if self.training:  # nothing was trained before epoch 0
            figures.insert(1, f"loss {self.training['train/loss']:.3f}")
            figures.append(f"learning rate {self.training['train/learning_rate']:.2g}")
            figures.append(f"{speed['seconds']:.0f} s, {speed['source_tokens_per_second']:,.0f} source tokens/s")
        self.console.print("  ".join(figures), highlight=False, soft_wrap=True)

    def _keep(self, checkpoint: KeptCheckpoint, model: PreTrainedModel) -> None:
        """Save the checkpoint if it is among the best by validation loss."""
        ranked = sorted([*self.kept, checkpoint], key=lambda kept: (kept.validation_loss, kept.epoch))
        self.kept = ranked[: self.keep]
        if checkpoint in self.kept:
            with replaced_directory(self.directory / checkpoint.name) as directory:
                save_whole(model, directory)
                self.codec.save(directory)
