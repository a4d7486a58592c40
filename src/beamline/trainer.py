"""transformers' Seq2SeqTrainer with this project's batches, loss and validation, and what happens after an epoch."""

import functools
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.utils.data import DataLoader
from transformers import (
    PreTrainedModel,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
    TrainerControl,
    TrainerState,
)
from transformers.trainer_callback import PrinterCallback

from beamline.batching import Collator, LengthBucketedBatches
from beamline.errors import BeamlineError
from beamline.files import replaced_directory, writing
from beamline.learning import teacher_forced, training_loss
from beamline.params import Padding, Params
from beamline.prepared import Example
from beamline.text import TextCodec
from beamline.tracking import Tracker


@dataclass(frozen=True)
class KeptCheckpoint:
    """One of the checkpoints that evaluation chooses from. name: its directory in models/."""

    name: str
    epoch: int
    validation_loss: float
    validation_bits_per_byte: float
    validation_token_accuracy: float


class SummarizationTrainer(Seq2SeqTrainer):
    """Subclassed for length-bucketed batches, and for a validation that sums over tokens.

    The Trainer's own mean of batch means would depend on how the batches were cut.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        arguments: Seq2SeqTrainingArguments,
        params: Params,
        codec: TextCodec,
        training: Sequence[Example],
        validation: Sequence[Example],
        validation_bytes: int,
    ) -> None:
        smoothing = params.train.label_smoothing_factor
        super().__init__(
            model,
            arguments,
            data_collator=Collator(codec.encoding, params.padding),
            train_dataset=training,
            eval_dataset=validation,
            compute_loss_func=functools.partial(training_loss, label_smoothing=smoothing),
        )
        self.params = params
        # Padding never counts here, so that runs with masked and unmasked labels can be compared.
        self.validation_collator = Collator(codec.encoding, Padding(mode=params.padding.mode, labels="masked"))
        self.validation_bytes = validation_bytes
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> "EpochLoader":
        return EpochLoader(
            self.train_dataset, batch_sampler=self._batches(self.train_dataset), collate_fn=self._collate_with_ids
        )

    def training_step(self, model: torch.nn.Module, inputs: dict[str, Any], *arguments: Any) -> torch.Tensor:
        """Raises `BeamlineError` where the loss is not a finite number, before it can spoil the weights."""
        dialogues = inputs.pop("dialogues")
        loss: torch.Tensor = super().training_step(model, inputs, *arguments)
        if not torch.isfinite(loss):
            raise BeamlineError(
                f"train: the loss is {loss.item()} at step {self.state.global_step + 1}, of the dialogues"
                f" {', '.join(dialogues)}; lower train.learning_rate, or look at these dialogues"
            )
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        batches = DataLoader(
            self.eval_dataset, batch_sampler=self._batches(self.eval_dataset), collate_fn=self.validation_collator
        )
        measured = teacher_forced(self.model, batches, self.args.device)
        metrics = {
            "validation_loss": measured.loss,
            "validation_bits_per_byte": measured.bits_per_byte(self.validation_bytes),
            "validation_token_accuracy": measured.accuracy,
        }
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _save_checkpoint(self, *arguments: Any) -> None:
        with writing(Path(self.args.output_dir)):
            try:
                super()._save_checkpoint(*arguments)
            except RuntimeError as error:  # torch.save has no name for a full disk
                reason = str(error).partition("\n")[0]
                raise BeamlineError(
                    f"{self.args.output_dir}: not written whole ({reason}); make room, then run again"
                ) from None

    def _collate_with_ids(self, examples: Sequence[Example]) -> dict[str, Any]:
        return {**self.data_collator(examples), "dialogues": [each.dialogue_id for each in examples]}

    def _batches(self, examples: Sequence[Example]) -> LengthBucketedBatches:
        return LengthBucketedBatches(
            [len(example.input_ids) + len(example.labels) for example in examples],
            tokens_per_batch=self.params.train.tokens_per_batch,
            seed=self.params.seed,
            rank=self.args.process_index,
            world_size=self.args.world_size,
        )


class EpochLoader(DataLoader[Example]):
    """A loader that tells its batches which epoch it is, as the Trainer expects it of a loader."""

    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]


class AfterEpoch(TrainerCallback):
    """Writes an epoch's figures to the tracker and the terminal, and keeps the best checkpoints in `directory`.

    One that better ones have driven out stays in `directory`: a training may have to go on from before they were there.
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
        self.epochs: list[dict[str, Any]] = []  # what the tracker was told
        self.training: dict[str, float] = {}
        self.started = time.monotonic()
        self.spent = 0.0  # seconds on the epoch that a resumed training begins in, before it was killed
        self.progress = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeRemainingColumn(),
            console=console,
        )

    def state(self) -> dict[str, Any]:
        """What a resumed training needs to know of the epochs so far, for JSON. seconds: spent on the one it is in."""
        return {
            "epochs": self.epochs,
            "kept": [asdict(each) for each in self.kept],
            "seconds": time.monotonic() - self.started,
        }

    def restore(self, state: dict[str, Any]) -> None:
        for each in state["epochs"]:
            self._track(**each)
        self.kept = [KeptCheckpoint(**each) for each in state["kept"]]
        self.spent = state["seconds"]

    def on_train_begin(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if state.global_step > 0:
            self.console.print(f"going on after step {state.global_step} of {state.max_steps}", highlight=False)
        self.task = self.progress.add_task("training", total=state.max_steps, completed=state.global_step)
        self.progress.start()

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
        epoch = round(state.epoch)
        if not math.isfinite(metrics["validation_loss"]):
            found = metrics["validation_loss"]
            raise BeamlineError(f"train: the validation loss is {found} after epoch {epoch}; lower train.learning_rate")
        seconds = time.monotonic() - self.started
        speed = {"seconds": seconds, "source_tokens_per_second": self.source_tokens / seconds}
        validation = {name.replace("_", "/", 1): value for name, value in metrics.items()}
        self._track(epoch, {**self.training, **validation}, speed)
        self._print(epoch, arguments.num_train_epochs, metrics, speed)
        self._keep(KeptCheckpoint(f"epoch-{epoch:03}", epoch, **metrics), model)

    def on_train_end(self, arguments: Any, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.progress.stop()

    def _track(self, epoch: int, tracked: dict[str, float], untracked: dict[str, float]) -> None:
        self.tracker.log_epoch(epoch, tracked, untracked)
        self.epochs.append({"epoch": epoch, "tracked": tracked, "untracked": untracked})

    def _print(self, epoch: int, epochs: float, metrics: dict[str, float], speed: dict[str, float]) -> None:
        self.console.print(
            f"epoch {epoch:>{len(str(int(epochs)))}}/{int(epochs)}"
            f"  loss {self.training['train/loss']:.3f}"
            f"  validation loss {metrics['validation_loss']:.3f}"
            f"  bits/byte {metrics['validation_bits_per_byte']:.3f}"
            f"  token accuracy {metrics['validation_token_accuracy']:.3f}"
            f"  learning rate {self.training['train/learning_rate']:.2g}"
            f"  {speed['seconds']:.0f} s, {speed['source_tokens_per_second']:,.0f} source tokens/s",
            highlight=False,
            soft_wrap=True,
        )

    def _keep(self, checkpoint: KeptCheckpoint, model: PreTrainedModel) -> None:
        """Save the checkpoint if it is among the best by validation loss."""
        ranked = sorted([*self.kept, checkpoint], key=lambda each: (each.validation_loss, each.epoch))
        self.kept = ranked[: self.keep]
        if checkpoint in self.kept:
            with replaced_directory(self.directory / checkpoint.name) as directory:
                model.save_pretrained(directory)
                self.codec.save(directory)


def training_arguments(params: Params, directory: Path) -> Seq2SeqTrainingArguments:
    train = params.train
    return Seq2SeqTrainingArguments(
        output_dir=str(directory),
        num_train_epochs=train.num_train_epochs,
        gradient_accumulation_steps=train.gradient_accumulation_steps,
        learning_rate=train.learning_rate,
        warmup_steps=train.warmup_steps,
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm,
        bf16=resolve_precision(train.precision) == "bf16",
        seed=params.seed,
        full_determinism=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),  # unless told so, processes without a GPU don't join
        eval_strategy="epoch",
        logging_strategy="epoch",
        logging_nan_inf_filter=False,  # it would hide a loss that is not a number
        save_strategy="epoch",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        ddp_find_unused_parameters=False,
        report_to="none",
    )


def resolve_precision(precision: str) -> str:
    if precision == "auto":
        return "bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "fp32"
    return precision
