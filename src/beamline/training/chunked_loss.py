"""The training loss without the logits of a whole batch in memory, for large vocabularies times many tokens.

Logits are [tokens, vocabulary], and a loss holds several of that size at once: with their bias added, normalized,
their gradient. `torch.nn.functional.linear_cross_entropy` makes them of a few hundred tokens at a time, and the
gradients with them. It needs what goes into the output layer, which transformers' models don't hand out, so that a hook
takes it there. (Liger's, which transformers offers, is written for GPUs alone.)

It holds a gradient of the output layer's weight of its own, [vocabulary, width], which a small batch doesn't earn back.

It stays in single precision where the model computes in bf16: the sum over a batch, rounded to bf16, would be off by
half a percent.
"""

from typing import Any

import torch
from torch.nn import LinearCrossEntropyOptions, functional
from transformers import PreTrainedModel

from beamline.training.batching import IGNORED_LABEL

CHUNK = LinearCrossEntropyOptions(batch_chunk_size=512, chunking_method=None)  # tokens; fewer cost time


class ChunkedLoss:
    """Cross-entropy of `model`'s predictions, summed over the labels that count.

    While `model` is in training mode, its own logits are those of each row's first position only: nothing but this loss
    may use them. In evaluation mode it is as it was.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.layer = model.get_output_embeddings()
        self.hidden: torch.Tensor | None = None
        self.layer.register_forward_pre_hook(self._keep_input)

    def _keep_input(self, layer: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[torch.Tensor] | None:
        if not layer.training:
            return None
        self.hidden = inputs[0]
        return (inputs[0][:, :1].detach(),)

    def __call__(self, labels: torch.Tensor) -> torch.Tensor:
        """Of the model's last call, in nats; labels: [batch, target_length], to be called once for each."""
        hidden, self.hidden = self.hidden, None
        assert hidden is not None, "the model was not called in training mode"
        # Looked up anew: a model that is moved to another device gets another buffer.
        bias = getattr(self.layer, "bias", None)
        if bias is None and hasattr(self.model, "final_logits_bias"):
            bias = self.model.final_logits_bias[0]
        return functional.linear_cross_entropy(
            hidden.flatten(0, 1).float(),
            self.layer.weight,
            labels.flatten(),
            linear_bias=bias,
            reduction="sum",
            ignore_index=IGNORED_LABEL,
            options=CHUNK,
        )
