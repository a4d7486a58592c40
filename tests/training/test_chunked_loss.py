import copy
from pathlib import Path

import pytest
import torch
from support.checkpoints import FAMILIES
from torch.nn import functional

from beamline.models.padding import IGNORED_LABEL
from beamline.models.weights import load_model
from beamline.training.chunked_loss import ChunkedLoss


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
