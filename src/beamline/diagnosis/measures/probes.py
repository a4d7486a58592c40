"""What a trained model does with dialogues, measured example by example, so that two measurements can be paired."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from transformers import PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Padding
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import Example
from beamline.metrics.intervals import FloatArray
from beamline.training.batching import IGNORED_LABEL, Collator, group_by_budget, lengths_of

_TOKENS_PER_BATCH = 12_000


@dataclass(frozen=True)
class Forced:
    """What the model makes of each example with teacher forcing, in the order of the examples.

    losses: negative log-likelihood of each label in nats. guesses: for each label, the token that the model ranks
    first. labels: those labels.
    """

    losses: list[list[float]]
    guesses: list[list[int]]
    labels: list[list[int]]

    @property
    def loss(self) -> FloatArray:
        """Mean loss of each example's labels, float64 [examples]."""
        return np.array([np.mean(row) for row in self.losses])

    @property
    def accuracy(self) -> float:
        """Share of labels, 0 to 1, that the model ranks first."""
        pairs = [pair for rows in zip(self.guesses, self.labels, strict=True) for pair in zip(*rows, strict=True)]
        return sum(guess == label for guess, label in pairs) / len(pairs)


@torch.inference_mode()
def force(
    model: PreTrainedModel,
    codec: TextCodec,
    examples: Sequence[Example],
    device: torch.device,
    *,
    attend: bool = True,
) -> Forced:
    """Teacher-force `examples`, in the mode (training or not) that the model is in.

    attend: False sets the source's attention mask to zero.
    Raises `BeamlineError` for a token that the model has no embedding for.
    """
    known = model.get_input_embeddings().num_embeddings
    highest = max(max(*each.input_ids, *each.labels) for each in examples)
    if highest >= known:
        raise BeamlineError(f"the model has embeddings for {known} tokens, the tokenizer gives token {highest}")
    collate = Collator(codec.encoding, Padding(mode="longest", labels="masked"))
    lengths = lengths_of(examples)
    order = sorted(range(len(examples)), key=lengths.__getitem__)
    losses: list[list[float]] = [[] for _ in examples]
    guesses: list[list[int]] = [[] for _ in examples]
    for batch in group_by_budget(order, lengths, _TOKENS_PER_BATCH):
        tensors = {name: each.to(device) for name, each in collate([examples[index] for index in batch]).items()}
        labels = tensors.pop("labels")
        if not attend:
            tensors["attention_mask"] = torch.zeros_like(tensors["attention_mask"])
        logits = model(**tensors, use_cache=False).logits.float()
        entropies = functional.cross_entropy(
            logits.transpose(1, 2), labels, ignore_index=IGNORED_LABEL, reduction="none"
        ).tolist()
        ranked = logits.argmax(dim=-1).tolist()
        for row, index in enumerate(batch):
            count = len(examples[index].labels)
            losses[index], guesses[index] = entropies[row][:count], ranked[row][:count]
    return Forced(losses, guesses, [each.labels for each in examples])
