import random
from pathlib import Path

import pytest
import torch
from support.repository import ROOT
from transformers import GenerationConfig, PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Generation, Padding, Scratch, read_params
from beamline.decoding.transformers_backend import Decoder, resolve_generation
from beamline.encoding.codec import TextCodec, build_codec
from beamline.models.scratch import build_model

PARAMS = read_params(ROOT / "params.yaml")
CPU = torch.device("cpu")
LONGEST = Padding(mode="longest", labels="masked")
SAID = ["#Person1#: the cat sat on the mat, and the dog sat on the log.", "#Person2#: where did they all go?"]
TEXTS = SAID * 20


@pytest.fixture(scope="module")
def codec() -> TextCodec:
    limits = {"vocabulary_size": 300, "max_source_tokens": 64, "max_target_tokens": 64}
    return build_codec(PARAMS.tokenizer.model_copy(update=limits), TEXTS, ["#Person1#", "#Person2#"])


@pytest.fixture
def model(codec: TextCodec) -> PreTrainedModel:
    torch.manual_seed(1)
    scratch = Scratch(family="bart", d_model=32, layers=1, attention_heads=2, ffn_dim=32, dropout=0.0)
    return build_model(scratch, codec.encoding, len(codec.tokenizer))


def generation(**changes: object) -> Generation:
    return PARAMS.generation.model_copy(update={"max_length": 12, **changes})


@pytest.fixture
def sources(codec: TextCodec) -> list[list[int]]:
    words = " ".join(SAID).split()
    draw = random.Random(3)
    texts = [" ".join(draw.choices(words, k=draw.randint(2, 20))) for _ in range(30)]
    return [codec.truncate_dialogue(row) for row in codec.encode_dialogues(texts)]


def texts(
    model: PreTrainedModel, codec: TextCodec, settings: Generation, sources: list[list[int]], *, budget: int = 200,
    seed: int = 0, padding: Padding = LONGEST,
) -> list[str]:  # fmt: skip
    decoder = Decoder(model, codec, settings, padding, CPU)
    summaries = decoder.summaries(sources, tokens_per_batch=budget, seed=seed, description="test")
    return [summary.text for summary in summaries]


@pytest.mark.slow
@pytest.mark.parametrize("num_beams", [1, 3])
def test_summaries_come_in_the_order_of_the_data_however_they_are_batched(
    model: PreTrainedModel, codec: TextCodec, sources: list[list[int]], num_beams: int
) -> None:
    settings = generation(num_beams=num_beams)
    one_by_one = [texts(model, codec, settings, [source])[0] for source in sources]
    assert len(set(one_by_one)) > 5, "the model must not answer everything alike"
    assert texts(model, codec, settings, sources) == one_by_one
    assert texts(model, codec, settings, sources, budget=5000) == one_by_one
    fixed = Padding(mode="max_length", labels="masked")
    assert texts(model, codec, settings, sources, padding=fixed) == one_by_one


def test_each_dialogue_is_encoded_once_for_all_its_beams(
    model: PreTrainedModel, codec: TextCodec, sources: list[list[int]]
) -> None:
    rows: list[int] = []
    model.get_encoder().register_forward_hook(lambda _, __, output: rows.append(len(output.last_hidden_state)))
    texts(model, codec, generation(num_beams=3), sources)
    assert len(rows) > 1, "one batch would prove less"
    assert sum(rows) == len(sources)


def test_a_checkpoints_own_settings_are_not_followed_but_reported(
    model: PreTrainedModel, codec: TextCodec, sources: list[list[int]], tmp_path: Path
) -> None:
    plain = texts(model, codec, generation(), sources)
    model.generation_config = GenerationConfig(num_beams=4, max_length=4, forced_bos_token_id=7, bad_words_ids=[[9]])
    decoder = Decoder(model, codec, generation(), LONGEST, CPU)
    assert decoder.resolved.overridden == {
        "bad_words_ids": [[9]],
        "forced_bos_token_id": 7,
        "max_length": 4,
        "num_beams": 4,
    }
    assert texts(model, codec, generation(), sources) == plain


def test_settings_without_effect_are_listed_with_the_reason() -> None:
    greedy = resolve_generation(generation(num_beams=1), {}, GenerationConfig())
    assert greedy.ignored["length_penalty"] == "needs num_beams above 1"
    assert greedy.ignored["temperature"] == "needs do_sample: true"
    assert "length_penalty" not in greedy.settings
    beams = resolve_generation(generation(num_beams=2, do_sample=True), {}, GenerationConfig())
    assert beams.ignored == {"compute_type": "needs backend: ctranslate2"}
    assert beams.settings["length_penalty"] == 2.0


def test_sampling_repeats_by_its_seed_and_leaves_the_global_generator_alone(
    model: PreTrainedModel, codec: TextCodec, sources: list[list[int]]
) -> None:
    settings = generation(do_sample=True)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = texts(model, codec, settings, sources, seed=0)
    assert torch.rand(1) == expected
    assert texts(model, codec, settings, sources, seed=0) == first
    assert texts(model, codec, settings, sources, seed=1) != first


def test_unfinished_summaries_are_told_from_finished_ones(
    model: PreTrainedModel, codec: TextCodec, sources: list[list[int]]
) -> None:
    with torch.no_grad():
        model.final_logits_bias[0, codec.encoding.eos_token_id] = -100.0
    never = Decoder(model, codec, generation(), LONGEST, CPU).summaries(
        sources[:3], tokens_per_batch=200, seed=0, description="test"
    )
    assert [(summary.finished, summary.tokens) for summary in never] == [(False, 11)] * 3
    with torch.no_grad():
        model.final_logits_bias[0, codec.encoding.eos_token_id] = 100.0
    at_once = Decoder(model, codec, generation(), LONGEST, CPU).summaries(
        sources[:3], tokens_per_batch=200, seed=0, description="test"
    )
    assert all(summary.finished and summary.tokens <= 1 for summary in at_once)


def test_max_length_above_the_positions_is_an_error(model: PreTrainedModel, codec: TextCodec) -> None:
    with pytest.raises(
        BeamlineError, match=r"generation\.max_length: the model has positions for 64 .*; set it to 64 or less"
    ):
        Decoder(model, codec, generation(max_length=65), LONGEST, CPU)
