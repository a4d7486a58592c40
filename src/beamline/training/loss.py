"""The training loss, and what a model has learned.

With teacher forcing, a model reads the reference and predicts its next token.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from beamline.core.memory import Parts
from beamline.models.families import Family, choose_family
from beamline.models.padding import IGNORED_LABEL
from beamline.training.chunked_loss import ChunkedLoss


@dataclass(frozen=True)
class ForcedBatch:
    """What a model makes of a batch with teacher forcing; each tensor is [batch, target_length].

    losses: negative log-likelihood of each label in nats, float32, 0 if the label doesn't count.
    guesses: the token that the model ranks first, int64. labels: int64, `IGNORED_LABEL` for those that don't count.
    """

    losses: torch.Tensor
    guesses: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class TeacherForced:
    """Sums over the tokens of the references, ends of sequence included. negative_log_likelihood: in nats."""

    negative_log_likelihood: float
    correct: int
    tokens: int

    @property
    def loss(self) -> float:
        """Return the mean negative log-likelihood of a token, in nats. It depends on how the tokenizer cuts."""
        return self.negative_log_likelihood / self.tokens

    @property
    def accuracy(self) -> float:
        """Return the share of tokens, 0 to 1, that the model ranks first."""
        return self.correct / self.tokens

    def bits_per_byte(self, reference_bytes: int) -> float:
        """Return the bits that the model needs for a byte of the references' UTF-8.

        Bytes don't depend on the tokenizer, so models with different vocabularies can be compared by it.
        """
        return self.negative_log_likelihood / math.log(2) / reference_bytes


def force_batches(
    model: PreTrainedModel, batches: Iterable[dict[str, torch.Tensor]], device: torch.device
) -> Iterator[ForcedBatch]:
    """Teacher-force each of `batches`, as the family's `collate` makes them, in the mode that the model is in.

    A batch that memory can't hold is computed in parts. Raises `BeamlineError` if a single row is too large.
    """
    family, parts = choose_family(model.config, "model"), Parts("teacher forcing")
    for batch in batches:
        labels = batch["labels"].to(device)
        # Made before the logits: small results after them would split the memory that the next part wants whole.
        forced = ForcedBatch(torch.zeros(labels.shape, device=device), torch.zeros_like(labels), labels)
        parts.run(len(labels), partial(_force_rows, family, model, batch, forced))
        yield forced


@torch.no_grad()
def _force_rows(
    family: Family, model: PreTrainedModel, batch: dict[str, torch.Tensor], forced: ForcedBatch, rows: slice
) -> None:
    """Write the losses and guesses of these rows into `forced`."""
    labels = forced.labels[rows]
    inputs = {name: tensor[rows].to(labels.device) for name, tensor in batch.items() if name != "labels"}
    logits = family.predict(model, inputs).float()
    forced.losses[rows] = functional.cross_entropy(
        logits.transpose(1, 2), labels, ignore_index=IGNORED_LABEL, reduction="none"
    )
    forced.guesses[rows] = logits.argmax(dim=-1)


def measure_loss(
    model: PreTrainedModel, batches: Iterable[dict[str, torch.Tensor]], device: torch.device
) -> TeacherForced:
    """Return sums over `batches` with dropout off; the model's mode is restored afterwards.

    Each of several processes gives its share of the batches, and gets the sums over all.
    """
    was_training = model.training
    model.eval()
    total = torch.zeros(3, dtype=torch.float64, device=device)
    for forced in force_batches(model, batches, device):
        counted = forced.labels != IGNORED_LABEL
        correct = forced.guesses.eq(forced.labels) & counted
        total += torch.stack([forced.losses.double().sum(), correct.sum().double(), counted.sum().double()])
    model.train(was_training)
    if torch.distributed.is_initialized():
        torch.distributed.all_reduce(total)
    likelihood, correct_tokens, tokens = total.tolist()
    return TeacherForced(likelihood, int(correct_tokens), int(tokens))


def training_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    num_items_in_batch: torch.Tensor | int,
    *,
    label_smoothing: float,
    chunked: ChunkedLoss | None,
) -> torch.Tensor:
    """Return the mean cross-entropy of a label over the whole optimizer step.

    Every token weighs the same, whatever batch, accumulation step or process it is in.

    logits: [batch, target_length, vocabulary]; labels: [batch, target_length] int64; num_items_in_batch: the labels of
    the step that count. chunked: what computes the loss if the logits would take too much memory; without smoothing
    only.

    Smoothing spreads that share of a label's probability evenly over the vocabulary (Szegedy et al., "Rethinking the
    Inception Architecture for Computer Vision", 2016).
    """
    if chunked is not None:
        return chunked(labels) / num_items_in_batch
    summed = functional.cross_entropy(
        logits.float().flatten(0, 1),
        labels.flatten(),
        ignore_index=IGNORED_LABEL,
        reduction="sum",
        label_smoothing=label_smoothing,
    )
    return summed / num_items_in_batch
