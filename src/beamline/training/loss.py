"""What a model has learnt, measured with teacher forcing: it reads the reference and predicts its next token."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional
from transformers import PreTrainedModel
from transformers.modeling_outputs import Seq2SeqLMOutput

from beamline.core.memory import Parts
from beamline.training.batching import IGNORED_LABEL
from beamline.training.chunked_loss import ChunkedLoss


@dataclass(frozen=True)
class TeacherForced:
    """Sums over the tokens of the references, ends of sequence included. negative_log_likelihood: in nats."""

    negative_log_likelihood: float
    correct: int
    tokens: int

    @property
    def loss(self) -> float:
        """Mean negative log-likelihood of a token, in nats; depends on how the tokenizer cuts."""
        return self.negative_log_likelihood / self.tokens

    @property
    def accuracy(self) -> float:
        """Share of tokens, 0 to 1, that the model ranks first."""
        return self.correct / self.tokens

    def bits_per_byte(self, reference_bytes: int) -> float:
        """Bits that the model needs for a byte of the references' UTF-8.

        Bytes don't depend on the tokenizer, so models with different vocabularies can be compared, which their losses
        can't.
        """
        return self.negative_log_likelihood / math.log(2) / reference_bytes


@torch.no_grad()
def teacher_forced(
    model: PreTrainedModel, batches: Iterable[dict[str, torch.Tensor]], device: torch.device
) -> TeacherForced:
    """Sums over `batches` with dropout off; the model's mode is put back afterwards.

    Where there are several processes, each gives its own share of the batches and gets the sums over all.
    """
    was_training = model.training
    model.eval()
    total = torch.zeros(3, dtype=torch.float64, device=device)
    parts = Parts("teacher forcing")
    for batch in batches:
        sums = parts.of(len(batch["labels"]), partial(_sums, model, device, batch))
        total += torch.stack(sums).sum(dim=0)
    model.train(was_training)
    if torch.distributed.is_initialized():
        torch.distributed.all_reduce(total)
    likelihood, correct, tokens = total.tolist()
    return TeacherForced(likelihood, int(correct), int(tokens))


def _sums(model: PreTrainedModel, device: torch.device, batch: dict[str, torch.Tensor], rows: slice) -> torch.Tensor:
    """Of some rows of a batch, float64: negative log-likelihood, correct tokens, tokens."""
    inputs = {name: tensor[rows].to(device) for name, tensor in batch.items()}
    labels = inputs.pop("labels")
    logits = model(**inputs, use_cache=False).logits.float()
    counted = labels != IGNORED_LABEL
    losses = functional.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED_LABEL, reduction="none")
    correct = logits.argmax(dim=-1).eq(labels) & counted
    return torch.stack([losses.double().sum(), correct.sum().double(), counted.sum().double()])


def training_loss(
    outputs: Seq2SeqLMOutput,
    labels: torch.Tensor,
    num_items_in_batch: torch.Tensor | int,
    *,
    label_smoothing: float,
    chunked: ChunkedLoss | None,
) -> torch.Tensor:
    """Mean cross-entropy of a label over the whole optimizer step: every token weighs the same, whatever batch,
    accumulation step or process it is in.

    chunked: what computes it where the logits would take too much memory; without smoothing only.

    With smoothing, that share of a label's probability is spread evenly over the vocabulary (Szegedy et al.,
    "Rethinking the Inception Architecture for Computer Vision", 2016).
    """
    if chunked is not None:
        return chunked(labels) / num_items_in_batch
    summed = functional.cross_entropy(
        outputs.logits.float().flatten(0, 1),
        labels.flatten(),
        ignore_index=IGNORED_LABEL,
        reduction="sum",
        label_smoothing=label_smoothing,
    )
    return summed / num_items_in_batch
