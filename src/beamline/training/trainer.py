"""transformers' Seq2SeqTrainer with this project's batches, loss and validation, and with parts if memory runs out."""

import functools
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerControl
from transformers.trainer_callback import PrinterCallback

from beamline.core.errors import BeamlineError
from beamline.core.files import writing
from beamline.core.memory import Parts
from beamline.core.params import Padding, Params
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import Example, Examples
from beamline.models.families import find_family
from beamline.training.batching import Collator, LengthBucketedBatches
from beamline.training.chunked_loss import ChunkedLoss, has_plain_output
from beamline.training.loss import measure_loss, training_loss
from beamline.training.record import BatchRecord

# Vocabulary times tokens of a batch. From here on, the loss in chunks saves memory (benchmarks/loss.py).
LARGE = 100_000_000


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
        training: Examples,
        validation: Examples,
        sample: Examples,
        validation_bytes: int,
    ) -> None:
        train = params.train
        large = len(codec.tokenizer) * train.tokens_per_batch >= LARGE and train.label_smoothing_factor == 0
        chunked = ChunkedLoss(model) if large and has_plain_output(model) else None
        super().__init__(
            model,
            arguments,
            data_collator=Collator(codec.encoding, params.padding),
            train_dataset=training,
            eval_dataset=validation,
            compute_loss_func=functools.partial(
                training_loss, label_smoothing=train.label_smoothing_factor, chunked=chunked
            ),
        )
        # Labels are what the logits predict, in every family: the Trainer must not count them as shifted.
        self._loss_shifts_labels = False
        self.params = params
        self.family = find_family(codec.encoding)
        # Processes wait for each other's gradients, part by part, and don't know each other's memory.
        self.parts = Parts("train", uncut="train.tokens_per_batch" if self.args.world_size > 1 else None)
        self.dialogues: list[str] = []  # of the optimizer step so far
        # Padding never counts here, so that runs with masked and unmasked labels can be compared.
        self.validation_collator = Collator(codec.encoding, Padding(mode=params.padding.mode, labels="masked"))
        self.validation_bytes = validation_bytes
        self.sample = sample  # of validation, whose loss a diagnosis measures again
        self.batches = BatchRecord()
        self.remove_callback(PrinterCallback)

    @property
    def tokens_per_batch(self) -> int:
        """Return the budget that is kept: less than the parameter if memory ran out."""
        return self.params.train.tokens_per_batch // self.parts.count

    def get_train_dataloader(self) -> "EpochLoader":
        return EpochLoader(
            self.train_dataset,
            batch_sampler=self._batches(self.train_dataset, self.params.train.tokens_per_batch),
            collate_fn=self._collate_with_ids,
        )

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Return the loss of one batch, as the Trainer does, but with the model called by its family."""
        labels = inputs.pop("labels")
        logits = self.family.predict(model, inputs)
        loss: torch.Tensor = self.compute_loss_func(logits, labels, num_items_in_batch)
        loss *= self.accelerator.num_processes  # of whose gradients DDP takes the mean
        return loss

    def training_step(
        self, model: torch.nn.Module, inputs: dict[str, Any], num_items_in_batch: torch.Tensor | int | None = None
    ) -> torch.Tensor:
        """Return the loss of one batch, and add its gradients to the model's.

        If memory runs out, this batch and all later ones are done in halves, quarters and so on. The gradients are
        those of the whole batch, except that dropout draws new random numbers.

        Raises `BeamlineError` if the loss is not a finite number, if memory can't hold one dialogue, and if memory
        runs out while other processes wait for the gradients.
        """
        dialogues = inputs.pop("dialogues")
        self.dialogues += dialogues
        self.batches.add(inputs)
        step = self.state.global_step + 1
        # A backward pass that runs out of memory has already added some gradients. So those of the step's earlier
        # batches are kept apart until this batch is done. Restarting the step, or autograd.grad in place of backward,
        # would need a copy of the Trainer's own loop or step. Several processes never do a batch in parts.
        earlier: dict[torch.nn.Parameter, torch.Tensor] = {}
        if self.args.world_size == 1:
            earlier = {weight: weight.grad for weight in model.parameters() if weight.grad is not None}
            model.zero_grad()

        def learn(rows: slice) -> torch.Tensor:
            part = {name: tensor[rows] for name, tensor in inputs.items()}
            loss: torch.Tensor = super(SummarizationTrainer, self).training_step(model, part, num_items_in_batch)
            return loss

        losses = self.parts.run(len(dialogues), learn, undo=model.zero_grad, where=f" at step {step}")
        loss = torch.stack(losses).sum()
        if not torch.isfinite(loss):
            raise BeamlineError(
                f"train: the loss is {loss.item()} at step {step}, of the dialogues"
                f" {', '.join(dialogues)}; lower train.learning_rate, or look at these dialogues"
            )
        for parameter, gradient in earlier.items():
            parameter.grad = gradient if parameter.grad is None else gradient.add_(parameter.grad)
        return loss

    def _clip_grad_norm(self, model: torch.nn.Module) -> Any:
        """Clip an optimizer step's gradients, and return their norm.

        Raises `BeamlineError` if it is not a finite number, which can happen with a finite loss: before it spoils the
        weights, and in all processes, as they have the same gradients.
        """
        norm = super()._clip_grad_norm(model)
        if not math.isfinite(norm):
            raise BeamlineError(
                f"train: the gradients' norm is {float(norm)} at step {self.state.global_step + 1}, of the dialogues"
                f" {', '.join(self.dialogues)}; lower train.learning_rate, or look at these dialogues"
            )
        self.dialogues.clear()
        return norm

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        batches = DataLoader(
            self.eval_dataset,
            batch_sampler=self._batches(self.eval_dataset, self.tokens_per_batch),
            collate_fn=self.validation_collator,
        )
        measured = measure_loss(self.model, batches, self.args.device)
        # Not through a loader, which draws from the generator of dropout: what is recorded must not change a training.
        rows = self._batches(self.sample, self.tokens_per_batch)
        sample = [self.validation_collator([self.sample[row] for row in batch]) for batch in rows]
        metrics = {
            "sample_loss": measure_loss(self.model, sample, self.args.device).loss,
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
            except RuntimeError as error:
                if "inline_container" not in str(error):  # torch.save's only name for a full disk
                    raise
                reason = str(error).partition("\n")[0]
                raise BeamlineError(
                    f"{self.args.output_dir}: not written whole ({reason}); make room, then run again"
                ) from None

    def _collate_with_ids(self, examples: Sequence[Example]) -> dict[str, Any]:
        return {**self.data_collator(examples), "dialogues": [example.dialogue_id for example in examples]}

    def _batches(self, examples: Sequence[Example], tokens_per_batch: int) -> LengthBucketedBatches:
        return LengthBucketedBatches(
            examples,
            tokens_per_batch=tokens_per_batch,
            seed=self.params.seed,
            rank=self.args.process_index,
            world_size=self.args.world_size,
        )


class EpochLoader(DataLoader[Example]):
    """A loader that tells its batches which epoch it is, as the Trainer expects."""

    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]


def training_arguments(params: Params, directory: Path) -> Seq2SeqTrainingArguments:
    """Return the Trainer's arguments for `params.train`. directory: where it writes its state."""
    train = params.train
    precision = resolve_precision(train.precision)
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(directory),
        num_train_epochs=train.num_train_epochs,
        gradient_accumulation_steps=train.gradient_accumulation_steps,
        learning_rate=train.learning_rate,
        warmup_steps=train.warmup_steps,
        weight_decay=train.weight_decay,
        max_grad_norm=train.max_grad_norm,
        bf16=precision == "bf16",
        tf32=True if precision == "bf16" and gpu_has_bf16() else None,  # for the loss in chunks, outside autocast
        activation_checkpointing=train.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},  # the other way needs inputs with gradients
        seed=params.seed,
        use_cpu=not torch.cuda.is_available(),  # needed for processes without a GPU to join
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
    # One process computes on one GPU. By default the Trainer would spread a batch over all GPUs (DataParallel).
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def repeat_exactly() -> None:
    """Make a GPU compute the same bits in every run. Call this before its first computation.

    transformers' `full_determinism` does this, too. But it also makes the CPU wait for every kernel
    (CUDA_LAUNCH_BLOCKING) and torch fill every new tensor. No result needs that, and steps took 1.6 times as long
    (benchmarks/README.md).
    """
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def resolve_precision(precision: str) -> str:
    """Return "bf16" or "fp32": what was asked, or what `auto` means on this machine."""
    if precision == "auto":
        return "bf16" if gpu_has_bf16() else "fp32"
    return precision


def gpu_has_bf16() -> bool:
    """Return whether there is a GPU that multiplies in bf16 and TF32 itself (since NVIDIA's Ampere)."""
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
