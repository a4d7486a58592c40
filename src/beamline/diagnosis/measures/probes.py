"""What a trained model predicts with teacher forcing, for each example, so that two measurements can be paired."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Padding
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import Example
from beamline.metrics.intervals import FloatArray
from beamline.training.batching import Collator, group_by_budget, measure_lengths, sort_by_length
from beamline.training.loss import force_batches

_TOKENS_PER_BATCH = 12_000


@dataclass(frozen=True)
class Forced:
    """Predictions of the model with teacher forcing, in the order of the examples.

    losses: negative log-likelihood of each label, in nats. guesses: the token that the model ranks first for each
    label. labels: those labels. All have a row for each example, with as many values as the example has labels.
    """

    losses: list[list[float]]
    guesses: list[list[int]]
    labels: list[list[int]]

    @property
    def loss(self) -> FloatArray:
        """Return the mean loss of each example's labels in nats, float64 [examples]."""
        return np.array([np.mean(row) for row in self.losses])

    @property
    def accuracy(self) -> float:
        """Return the share of labels, 0 to 1, that the model ranks first."""
        pairs = [pair for rows in zip(self.guesses, self.labels, strict=True) for pair in zip(*rows, strict=True)]
        return sum(guess == label for guess, label in pairs) / len(pairs)


def force(
    model: PreTrainedModel,
    codec: TextCodec,
    examples: Sequence[Example],
    device: torch.device,
    *,
    attend: bool = True,
) -> Forced:
    """Teacher-force `examples` in the mode (training or evaluation) that the model is in.

    attend: False sets the source's attention mask to zero. Raises `BeamlineError` for a token that the model has no
    embedding for, and for losses that are not finite numbers.
    """
    known = model.get_input_embeddings().num_embeddings
    highest = max(max(*example.input_ids, *example.labels) for example in examples)
    if highest >= known:
        raise BeamlineError(f"the model has embeddings for {known} tokens, and the tokenizer gives token {highest}")
    collate = Collator(codec.encoding, Padding(mode="longest", labels="masked"))
    lengths = measure_lengths(examples)
    order = sort_by_length(lengths, np.arange(len(examples)))
    groups = group_by_budget(order.tolist(), lengths, _TOKENS_PER_BATCH)
    batches = [collate([examples[index] for index in group]) for group in groups]
    if not attend:
        for batch in batches:
            batch["attention_mask"].zero_()
    losses: list[list[float]] = [[] for _ in examples]
    guesses: list[list[int]] = [[] for _ in examples]
    for group, forced in zip(groups, force_batches(model, batches, device), strict=True):
        for row, index in enumerate(group):
            count = len(examples[index].labels)
            losses[index] = forced.losses[row, :count].tolist()
            guesses[index] = forced.guesses[row, :count].tolist()
    measured = Forced(losses, guesses, [example.labels for example in examples])
    if not np.isfinite(measured.loss).all():
        raise BeamlineError("the model's losses are not finite numbers")
    return measured
