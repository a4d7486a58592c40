"""Decoding with a decoder-only model: lengths and penalties count the summary, and padding changes nothing."""

from pathlib import Path

import pytest
import torch
from support.causal_checkpoints import CAUSAL
from support.repository import ROOT
from transformers import AutoModelForCausalLM, PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Generation, Padding, read_params
from beamline.decoding.transformers_backend import Decoder, Summary
from beamline.encoding.codec import TextCodec, load_codec
from beamline.models.checkpoint import Checkpoint, fingerprint

PARAMS = read_params(ROOT / "params.yaml")
LONGEST = Padding(mode="longest", labels="masked")
DIALOGUES = ["#Person1#: Hello!", "#Person1#: Is it late?\n#Person2#: No.", "the cat sat on the mat " * 4]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("smollm")
    CAUSAL["smollm"].save(directory)
    return directory


@pytest.fixture(scope="module")
def codec(directory: Path) -> TextCodec:
    limits = {"max_source_tokens": 256, "max_target_tokens": 64}
    checkpoint = Checkpoint(str(directory), fingerprint(directory))
    return load_codec(PARAMS.tokenizer.model_copy(update=limits), PARAMS.model, checkpoint, [])


@pytest.fixture
def model(directory: Path) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(directory)


def settings(**changes: object) -> Generation:
    neutral = {"no_repeat_ngram_size": 0, "repetition_penalty": 1.0, "max_length": 12}
    return PARAMS.generation.model_copy(update={**neutral, **changes})


def decode(
    model: PreTrainedModel, codec: TextCodec, generation: Generation, dialogues: list[str], *,
    budget: int = 10_000, padding: Padding = LONGEST,
) -> list[Summary]:  # fmt: skip
    sources = codec.encode_dialogues(dialogues)
    decoder = Decoder(model, codec, generation, padding, torch.device("cpu"))
    return decoder.summaries(sources, tokens_per_batch=budget, seed=0, description="test")


@pytest.mark.parametrize("num_beams", [1, 3])
def test_padding_before_the_prompt_changes_no_summary(model: PreTrainedModel, codec: TextCodec, num_beams: int) -> None:
    generation = settings(num_beams=num_beams)
    one_by_one = [decode(model, codec, generation, [dialogue])[0] for dialogue in DIALOGUES]
    assert len({summary.text for summary in one_by_one}) > 1
    assert decode(model, codec, generation, DIALOGUES) == one_by_one
    fixed = Padding(mode="max_length", labels="masked")
    assert decode(model, codec, generation, DIALOGUES, padding=fixed) == one_by_one


class Prefers(torch.nn.Module):
    """An output layer that ranks these tokens above all others, the first of them highest."""

    def __init__(self, tokens: list[int], vocabulary: int) -> None:
        super().__init__()
        self.logits = torch.zeros(vocabulary)
        self.logits[tokens] = torch.arange(len(tokens), 0, -1.0) + 10

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.logits.expand(*hidden.shape[:2], -1)


@pytest.mark.parametrize("num_beams", [1, 3])
@pytest.mark.parametrize("penalty", [{"no_repeat_ngram_size": 1}, {"repetition_penalty": 1e4}])
def test_penalties_count_the_summary_and_not_the_prompt(
    model: PreTrainedModel, codec: TextCodec, penalty: dict[str, float], num_beams: int
) -> None:
    """A model that prefers words of its prompt may write each once, and none twice."""
    [prompt] = codec.encode_dialogues(["I like cats and dogs"])
    words = codec.tokenizer(" cats and dogs", add_special_tokens=False)["input_ids"]
    preferred = list(dict.fromkeys(words))
    assert set(preferred) < set(prompt)
    model.lm_head = Prefers(preferred, len(codec.tokenizer))
    expected = codec.decode([preferred])[0]
    [summary] = decode(
        model,
        codec,
        settings(num_beams=num_beams, max_length=len(preferred), **penalty),
        ["I like cats and dogs"],
    )
    assert sorted(summary.text.replace(" ", "")) == sorted(expected.replace(" ", ""))
    if num_beams == 1:
        assert summary.text == expected
        [free] = decode(model, codec, settings(max_length=4), ["I like cats and dogs"])
        assert free.text == codec.decode([preferred[:1] * 4])[0]


@pytest.mark.parametrize("length", [2, 5])
def test_lengths_count_the_tokens_of_the_summary_with_its_end(
    model: PreTrainedModel, codec: TextCodec, length: int
) -> None:
    end = codec.encoding.eos_token_id
    model.lm_head = Prefers([end], len(codec.tokenizer))
    [shortest] = decode(model, codec, settings(min_length=length, max_length=40), DIALOGUES[:1])
    assert (shortest.tokens + 1, shortest.finished) == (length, True)
    model.lm_head = Prefers([end + 1], len(codec.tokenizer))
    [longest] = decode(model, codec, settings(max_length=length), DIALOGUES[:1])
    assert (longest.tokens, longest.finished) == (length, False)


def test_prompt_and_summary_share_the_positions(model: PreTrainedModel, codec: TextCodec) -> None:
    with pytest.raises(BeamlineError, match=r"generation\.max_length: .* positions for 768 tokens, found 769"):
        Decoder(model, codec, settings(max_length=769), LONGEST, torch.device("cpu"))
    Decoder(model, codec, settings(max_length=768), LONGEST, torch.device("cpu"))
