"""transformers' Seq2SeqTrainer with this project's batches, loss and validation, in the memory that there is."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, Seq2SeqTrainer, Seq2SeqTrainingArguments, TrainerControl
from transformers.trainer_callback import PrinterCallback

from beamline.batching import Collator, LengthBucketedBatches
from beamline.chunked_loss import ChunkedLoss
from beamline.errors import BeamlineError
from beamline.files import writing
from beamline.learning import teacher_forced, training_loss
from beamline.params import Padding, Params
from beamline.prepared import Example
from beamline.text import TextCodec

# Vocabulary times tokens of a batch from which the loss in chunks saves more memory than it takes (benchmarks/loss.py).
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
        training: Sequence[Example],
        validation: Sequence[Example],
        validation_bytes: int,
    ) -> None:
        train = params.train
        large = len(codec.tokenizer) * train.tokens_per_batch >= LARGE and train.label_smoothing_factor == 0
        chunked = ChunkedLoss(model) if large else None
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
        self.params = params
        self.tokens_per_batch = train.tokens_per_batch  # less where memory didn't suffice: the batches are then cut
        # Padding never counts here, so that runs with masked and unmasked labels can be compared.
        self.validation_collator = Collator(codec.encoding, Padding(mode=params.padding.mode, labels="masked"))
        self.validation_bytes = validation_bytes
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> "EpochLoader":
        return EpochLoader(
            self.train_dataset,
            batch_sampler=self._batches(self.train_dataset, self.params.train.tokens_per_batch),
            collate_fn=self._collate_with_ids,
        )

    def training_step(
        self, model: torch.nn.Module, inputs: dict[str, Any], num_items_in_batch: torch.Tensor | int | None = None
    ) -> torch.Tensor:
        """The loss of one batch, whose gradients are added to the model's.

        Where memory doesn't suffice, the batch is done in halves, quarters and so on, and so are those that follow: the
        gradients are those of the whole batch, but for dropout, which draws anew.

        Raises `BeamlineError` where the loss is not a finite number, before it can spoil the weights; where memory
        doesn't suffice for one dialogue; and where it doesn't suffice while other processes wait for the gradients.
        """
        dialogues = inputs.pop("dialogues")
        before = [None if each.grad is None else each.grad.clone() for each in model.parameters()]
        while (loss := self._step_in_parts(model, inputs, num_items_in_batch)) is None:
            self._halve(dialogues)
            for parameter, gradient in zip(model.parameters(), before, strict=True):
                parameter.grad = None if gradient is None else gradient.clone()
        if not torch.isfinite(loss):
            raise BeamlineError(
                f"train: the loss is {loss.item()} at step {self.state.global_step + 1}, of the dialogues"
                f" {', '.join(dialogues)}; lower train.learning_rate, or look at these dialogues"
            )
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        batches = DataLoader(
            self.eval_dataset,
            batch_sampler=self._batches(self.eval_dataset, self.tokens_per_batch),
            collate_fn=self.validation_collator,
        )
        measured = teacher_forced(self.model, batches, self.args.device)
        metrics = {
            "validation_loss": measured.loss,
            "validation_bits_per_byte": measured.bits_per_byte(self.validation_bytes),
            "validation_token_accuracy": measured.accuracy,
        }
        self.control: TrainerControl = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _step_in_parts(
        self, model: torch.nn.Module, inputs: dict[str, torch.Tensor], num_items_in_batch: torch.Tensor | int | None
    ) -> torch.Tensor | None:
        """The loss of the batch, or nothing where memory didn't suffice."""
        parts = zip(*(each.chunk(self._parts) for each in inputs.values()), strict=True)
        try:
            losses = [
                super(SummarizationTrainer, self).training_step(
                    model, dict(zip(inputs, part, strict=True)), num_items_in_batch
                )
                for part in parts
            ]
        except RuntimeError as error:
            if not should_reduce_batch_size(error):
                raise
            return None
        return torch.stack(losses).sum()

    @property
    def _parts(self) -> int:
        """Into how many a batch is cut."""
        return round(self.params.train.tokens_per_batch / self.tokens_per_batch)

    def _halve(self, dialogues: list[str]) -> None:
        step = self.state.global_step + 1
        if self.args.world_size > 1:
            raise BeamlineError(f"train: out of memory at step {step}; lower train.tokens_per_batch")
        if self._parts >= len(dialogues):
            raise BeamlineError(
                f"train: out of memory at step {step}, even with one dialogue at a time ({', '.join(dialogues)});"
                " lower tokenizer.max_source_tokens, or take a smaller model"
            )
        self.tokens_per_batch //= 2
        clear_device_cache(garbage_collection=True)
        # Not by the console: where a progress bar is shown, it passes on what is printed.
        print(f"out of memory at step {step}: batches are done in parts of {self.tokens_per_batch} tokens from here on")

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

    def _batches(self, examples: Sequence[Example], tokens_per_batch: int) -> LengthBucketedBatches:
        return LengthBucketedBatches(
            examples,
            tokens_per_batch=tokens_per_batch,
            seed=self.params.seed,
            rank=self.args.process_index,
            world_size=self.args.world_size,
        )


class EpochLoader(DataLoader[Example]):
    """A loader that tells its batches which epoch it is, as the Trainer expects it of a loader."""

    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]


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
