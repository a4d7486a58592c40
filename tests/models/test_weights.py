"""Models from nothing and from checkpoints: their size, their seeds, and where tags begin."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from support.causal_checkpoints import CAUSAL
from support.checkpoints import FAMILIES
from support.repository import ROOT
from torch.nn import functional
from transformers import AutoModelForSeq2SeqLM, MT5ForConditionalGeneration

from beamline.core.params import Params, Scratch, read_params
from beamline.encoding.codec import TextCodec, build_codec, load_codec
from beamline.encoding.prepared import Example
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.scratch import build_model
from beamline.models.weights import load_model, load_pretrained
from beamline.training.batching import Collator

TAGS = ["#Person1#", "#Person2#"]


@pytest.fixture(scope="module")
def params() -> Params:
    return read_params(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def codec(params: Params) -> TextCodec:
    """A built tokenizer that fills the vocabulary of params.yaml."""
    texts = ["".join(chr(0x4E00 + (7 * i + j) % 3000) for j in range(60)) for i in range(1000)]
    codec = build_codec(params.tokenizer, texts, TAGS)
    assert len(codec.tokenizer) == params.tokenizer.vocabulary_size
    return codec


@pytest.fixture(params=["bart", "t5"])
def scratch(request: pytest.FixtureRequest, params: Params) -> Scratch:
    return params.model.scratch.model_copy(update={"family": request.param})


def test_default_model_has_about_a_million_parameters(scratch: Scratch, codec: TextCodec) -> None:
    assert 0.8e6 < build_model(scratch, codec.encoding, len(codec.tokenizer)).num_parameters() < 1.6e6


def test_scratch_settings_reach_the_model(scratch: Scratch, codec: TextCodec) -> None:
    config = build_model(scratch, codec.encoding, len(codec.tokenizer)).config
    assert config.model_type == scratch.family
    assert (config.hidden_size, config.num_hidden_layers) == (scratch.d_model, scratch.layers)
    assert config.num_attention_heads == scratch.attention_heads
    assert getattr(config, "dropout_rate", getattr(config, "dropout", None)) == scratch.dropout
    assert config.vocab_size == len(codec.tokenizer)


def test_same_seed_same_weights_another_seed_others(scratch: Scratch, codec: TextCodec) -> None:
    def weights(seed: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(seed)
        return dict(build_model(scratch, codec.encoding, len(codec.tokenizer)).state_dict())

    first, again, other = weights(0), weights(0), weights(1)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(
        first["shared.weight" if scratch.family == "t5" else "model.shared.weight"],
        other["shared.weight" if scratch.family == "t5" else "model.shared.weight"],
    )


def test_scratch_model_takes_the_longest_that_params_allow(scratch: Scratch, codec: TextCodec) -> None:
    source = torch.full((1, codec.encoding.max_source_tokens), 7)
    target = torch.full((1, codec.encoding.max_target_tokens), 7)
    logits = build_model(scratch, codec.encoding, len(codec.tokenizer))(
        input_ids=source, decoder_input_ids=target
    ).logits
    assert logits.shape == (1, codec.encoding.max_target_tokens, len(codec.tokenizer))


def test_built_model_hides_no_unfinished_summary(scratch: Scratch, codec: TextCodec) -> None:
    model = build_model(scratch, codec.encoding, len(codec.tokenizer))
    assert model.generation_config.forced_eos_token_id is None
    assert model.generation_config.decoder_start_token_id == codec.encoding.decoder_start_token_id


@pytest.mark.parametrize("name", ["bart", "mt5", "marian", "bert2bert"])
def test_tags_start_at_the_mean_in_every_table_of_the_vocabulary(name: str, params: Params, tmp_path: Path) -> None:
    FAMILIES[name].save(tmp_path)
    published = AutoModelForSeq2SeqLM.from_pretrained(tmp_path)
    with torch.no_grad():
        for table in tables(published):
            table.normal_(mean=1.0)
    published.save_pretrained(tmp_path)
    fitted, codec = fit(tmp_path, params)
    new = list(codec.encoding.new_tokens)
    assert len(new) == 2
    for before, after in zip(tables(published), tables(fitted), strict=True):
        assert len(after) == len(codec.tokenizer)
        assert torch.equal(after[: len(before)], before)
        for row in after[new]:
            torch.testing.assert_close(row, before.mean(dim=0))


def test_rows_behind_the_vocabulary_neither_move_nor_count_in_the_mean(params: Params, tmp_path: Path) -> None:
    FAMILIES["t5"].save(tmp_path)
    published = AutoModelForSeq2SeqLM.from_pretrained(tmp_path)
    fitted, codec = fit(tmp_path, params)
    before, after = published.shared.weight, fitted.shared.weight
    assert len(codec.tokenizer) < len(before) == len(after)
    first, second = codec.encoding.new_tokens
    torch.testing.assert_close(after[first], before[:first].mean(dim=0))
    assert torch.equal(after[second + 1 :], before[second + 1 :])


def test_an_output_layer_of_its_own_outlives_new_tags_and_saving(params: Params, tmp_path: Path) -> None:
    """transformers 5.23 alone replaces it by the input embeddings here."""
    FAMILIES["mt5"].save(tmp_path / "published")
    published = MT5ForConditionalGeneration.from_pretrained(tmp_path / "published")
    fitted, _ = fit(tmp_path / "published", params)
    fitted.save_pretrained(tmp_path / "saved")
    again = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "saved")
    for model in (fitted, again):
        assert torch.equal(model.lm_head.weight[:-2], published.lm_head.weight)
        assert torch.equal(model.shared.weight[:-2], published.shared.weight)
    assert torch.equal(again.lm_head.weight, fitted.lm_head.weight)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_weight_that_wants_a_gradient_gets_one(name: str, params: Params, tmp_path: Path) -> None:
    """With several processes DDP waits for each."""
    FAMILIES[name].save(tmp_path)
    fitted, codec = fit(tmp_path, params, language=FAMILIES[name].language)
    rows = codec.encode_dialogues(["#Person1#: the soup is cold."])
    batch = Collator(codec.encoding, params.padding)([Example("t0", rows[0], codec.encode_summaries(["#Person2#"])[0])])
    labels = batch.pop("labels")
    loss = functional.cross_entropy(fitted(**batch, use_cache=False).logits.transpose(1, 2), labels)
    torch.autograd.backward(loss)
    wanting = {name for name, parameter in fitted.named_parameters() if parameter.requires_grad}
    assert {name for name, parameter in fitted.named_parameters() if parameter.grad is not None} == wanting


@pytest.mark.parametrize("name", FAMILIES)
def test_saved_model_names_the_tokens_that_it_generates_with(name: str, params: Params, tmp_path: Path) -> None:
    FAMILIES[name].save(tmp_path)
    fitted, codec = fit(tmp_path, params, language=FAMILIES[name].language)
    fitted.save_pretrained(tmp_path / "saved")
    saved = json.loads((tmp_path / "saved" / "generation_config.json").read_text(encoding="utf-8"))
    expected = codec.encoding.generation_tokens
    assert {key: saved.get(key) for key in expected} == expected


def fit(directory: Path, params: Params, **changes: Any) -> tuple[Any, TextCodec]:
    checkpoint = Checkpoint(str(directory), fingerprint(directory))
    settings = params.tokenizer.model_copy(update={"max_source_tokens": 64, "max_target_tokens": 64, **changes})
    codec = load_codec(settings, params.model, checkpoint, TAGS)
    return load_pretrained(checkpoint, codec.encoding, len(codec.tokenizer)), codec


def tables(model: Any) -> list[torch.Tensor]:
    """Every parameter and buffer with a row for each token, [vocabulary, width] or [vocabulary]."""
    size = getattr(model.config, "vocab_size", None) or model.config.decoder.vocab_size
    found = [*model.named_parameters(), *model.named_buffers()]
    flat = [tensor.squeeze(0) for _, tensor in found]
    return [tensor for tensor in flat if tensor.ndim in (1, 2) and tensor.shape[0] == size]


@pytest.mark.parametrize("name", ["bart", "smollm"])
@pytest.mark.parametrize(
    "settings",
    [{"temperature": 0.9, "top_p": 0.6}, {"num_beams": 1, "early_stopping": True, "length_penalty": 2.0}],
    ids=["sampling", "beams"],
)
def test_published_settings_without_effect_are_kept(
    name: str, settings: dict[str, Any], tmp_path: Path, params: Params
) -> None:
    {**FAMILIES, **CAUSAL}[name].save(tmp_path / "published")
    (tmp_path / "published" / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")
    checkpoint = Checkpoint(str(tmp_path / "published"), fingerprint(tmp_path / "published"))
    codec = load_codec(
        params.tokenizer.model_copy(update={"max_source_tokens": 100, "max_target_tokens": 24}),
        params.model,
        checkpoint,
        TAGS,
    )
    load_pretrained(checkpoint, codec.encoding, len(codec.tokenizer)).save_pretrained(tmp_path / "kept")
    kept = load_model(tmp_path / "kept").generation_config
    tokens = codec.encoding.generation_tokens
    assert {key: getattr(kept, key) for key in (*settings, *tokens)} == {**settings, **tokens}
    load_model(tmp_path / "kept").save_pretrained(tmp_path / "exported")
