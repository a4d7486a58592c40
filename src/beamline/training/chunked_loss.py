"""The training loss without the logits of a whole batch in memory, for large vocabularies times many tokens.

Logits are [tokens, vocabulary], and a loss holds several tensors of that size at once: with the bias added, normalized,
and their gradient. `torch.nn.functional.linear_cross_entropy` computes a few hundred tokens at a time, gradients
included. It needs the input of the output layer, which transformers' models don't return, so a hook takes it there.
(Liger's loss, which transformers offers, is written for GPUs alone.)

It holds a separate gradient of the output layer's weight, [vocabulary, width], which costs more than it saves if the
batch is small.

It stays in single precision if the model computes in bf16. The sum over a batch, rounded to bf16, would be off by half
a percent.
"""

from typing import Any

import torch
from torch.nn import LinearCrossEntropyOptions, functional
from transformers import PreTrainedModel

from beamline.models.padding import IGNORED_LABEL

CHUNK = LinearCrossEntropyOptions(batch_chunk_size=512, chunking_method=None)  # tokens; fewer cost time


@torch.no_grad()
def has_plain_output(model: PreTrainedModel) -> bool:
    """Return whether the logits are what a linear layer gives, without an adapter in it or a change after it.

    Models cap logits or scale them under settings of many names, so it is tried what becomes of some.
    """
    layer = model.get_output_embeddings()
    if type(layer) is not torch.nn.Linear:
        return False
    given = torch.linspace(-100, 100, layer.out_features, device=model.device).expand(1, 2, -1)
    hook = layer.register_forward_hook(lambda _layer, _inputs, _output: given)
    ids = torch.zeros((1, 2), dtype=torch.int64, device=model.device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids
    training = model.training
    logits = model.eval()(**inputs, use_cache=False).logits
    model.train(training)
    hook.remove()
    bias = model.final_logits_bias if hasattr(model, "final_logits_bias") else 0
    return torch.equal(logits, given + bias)


class ChunkedLoss:
    """Cross-entropy of `model`'s predictions, summed over the labels that count.

    While `model` is in training mode, it returns logits of each row's first position only, and nothing but this loss
    may use them. Evaluation mode is unchanged.
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
        """Return the sum for the model's last call, in nats. Call it once for each call of the model.

        labels: [batch, target_length] int64.
        """
        hidden, self.hidden = self.hidden, None
        assert hidden is not None, "the model was not called in training mode"
        # Looked up every time: a model that moves to another device gets another buffer.
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
