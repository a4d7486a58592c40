import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from support.causal_checkpoints import CAUSAL
from support.checkpoints import FAMILIES
from torch.nn import functional
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    GraniteConfig,
    PreTrainedConfig,
    RecurrentGemmaConfig,
)

from beamline.models.padding import IGNORED_LABEL
from beamline.models.weights import load_model
from beamline.training.chunked_loss import ChunkedLoss, has_plain_output


@pytest.mark.parametrize("family", ["bart", "marian", "t5", "mt5", "led", "bert2bert"])
def test_loss_and_gradients_are_those_of_the_whole_logits(family: str, tmp_path: Path) -> None:
    FAMILIES[family].save(tmp_path)
    plain = load_model(tmp_path).train()
    chunked = copy.deepcopy(plain)
    loss = ChunkedLoss(chunked)
    # As a move to a GPU does: the model has other buffers after it.
    chunked._buffers.update({name: buffer.clone() for name, buffer in chunked._buffers.items()})
    if hasattr(plain, "final_logits_bias"):
        for model in (plain, chunked):
            model.final_logits_bias.fill_(0).add_(torch.arange(model.final_logits_bias.shape[1]) / 10)
    generator = torch.Generator().manual_seed(0)
    # 12 x 100 labels are more than two chunks.
    tokens = torch.randint(5, 60, (3, 12, 100), generator=generator)
    inputs = {"input_ids": tokens[0], "decoder_input_ids": tokens[1], "use_cache": False}
    labels = tokens[2].masked_fill(torch.rand(12, 100, generator=generator) < 0.2, IGNORED_LABEL)

    logits = plain(**inputs).logits
    expected = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
    expected.backward()
    assert chunked(**inputs).logits.shape[1] == 1
    found = loss(labels)
    found.backward()

    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    gradients = {name: parameter.grad for name, parameter in plain.named_parameters() if parameter.grad is not None}
    largest = max(parameter.abs().max() for parameter in gradients.values())
    for name, parameter in chunked.named_parameters():
        if name in gradients:
            assert parameter.grad is not None, name
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-4, atol=1e-6 * largest)
    with torch.autocast("cpu", torch.bfloat16):
        chunked(**inputs)
    found = loss(labels)
    assert found.dtype == torch.float32, "a sum that is rounded to bf16 would be off by half a percent"
    assert found.item() == pytest.approx(expected.item(), rel=1e-3)
    plain.eval()
    chunked.eval()
    with torch.no_grad():
        assert torch.equal(chunked(**inputs).logits, plain(**inputs).logits)


SIZE: dict[str, Any] = {
    "vocab_size": 50, "hidden_size": 16, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 2
}  # fmt: skip


@pytest.mark.parametrize(
    "config",
    [
        Gemma2Config(**SIZE, num_key_value_heads=1, head_dim=8, final_logit_softcapping=30.0),
        GraniteConfig(**SIZE, num_key_value_heads=1, logits_scaling=4.0),
        CohereConfig(**SIZE, num_key_value_heads=1, logit_scale=0.5, pad_token_id=0, bos_token_id=1, eos_token_id=2),
        RecurrentGemmaConfig(**SIZE, lru_width=16, attention_window_size=8),
    ],
    ids=lambda config: config.model_type,
)
def test_logits_that_are_changed_after_the_output_layer_are_found(config: PreTrainedConfig) -> None:
    assert not has_plain_output(AutoModelForCausalLM.from_config(config))


@pytest.mark.parametrize("name", ["bart", "t5", "marian", "led", "smollm", "gemma", "gpt2"])
def test_plain_logits_are_found_and_nothing_changes(name: str, tmp_path: Path) -> None:
    {**FAMILIES, **CAUSAL}[name].save(tmp_path)
    model = load_model(tmp_path).train()
    drawn = torch.get_rng_state()
    assert has_plain_output(model)
    assert all(module.training for module in model.modules())
    assert torch.equal(torch.get_rng_state(), drawn)
