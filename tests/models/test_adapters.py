"""Adapters: what they leave frozen, and merged weights that compute what the adapted model does."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from support.causal_checkpoints import CAUSAL
from support.checkpoints import FAMILIES
from support.repository import ROOT
from transformers import PreTrainedModel

from beamline.core.errors import BeamlineError
from beamline.core.params import Lora, Padding, read_params
from beamline.encoding.codec import TextCodec, load_codec
from beamline.models.adapters import add_adapter, count_parameters, save_whole
from beamline.models.checkpoint import Checkpoint, fingerprint
from beamline.models.weights import load_model, load_pretrained

PARAMS = read_params(ROOT / "params.yaml")
TAGS = ["#Person1#", "#Person2#"]
LORA = Lora(rank=2, alpha=8, dropout=0.0, targets="all-linear")
ALL = {**FAMILIES, **CAUSAL}
REFUSED = ("mt5", "marian", "bert2bert")  # peft can't train their new tokens alone


def adapted(directory: Path, name: str, lora: Lora = LORA) -> tuple[PreTrainedModel, TextCodec]:
    """A checkpoint with adapters that are not zero, as after a training."""
    ALL[name].save(directory)
    limits = {"max_source_tokens": 120, "max_target_tokens": 8, "language": ALL[name].language}
    checkpoint = Checkpoint(str(directory), fingerprint(directory))
    prompt = PARAMS.model.model_copy(update={"prompt": "{dialogue}\nShort:\n"})
    codec = load_codec(PARAMS.tokenizer.model_copy(update=limits), prompt, checkpoint, TAGS)
    model = add_adapter(load_pretrained(checkpoint, codec.encoding, len(codec.tokenizer)), lora, codec.encoding)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight.add_(0.1 * torch.randn_like(weight))
    return model, codec


def logits(model: PreTrainedModel, codec: TextCodec) -> torch.Tensor:
    sources = codec.encode_dialogues(["#Person1#: Where is #Person2#?"])
    batch = codec.family.collate(
        sources, codec.encode_summaries(["#Person1#."]), codec.encoding, Padding(mode="longest", labels="masked")
    )
    batch.pop("labels")
    with torch.no_grad():
        return codec.family.predict(model.eval(), batch)


@pytest.mark.parametrize("name", sorted(ALL.keys() - set(REFUSED)))
def test_merged_checkpoint_computes_what_the_adapted_model_does(name: str, tmp_path: Path) -> None:
    model, codec = adapted(tmp_path / "checkpoint", name)
    before = {key: weight.clone() for key, weight in model.state_dict().items()}
    save_whole(model, tmp_path / "kept")
    assert all(torch.equal(before[key], weight) for key, weight in model.state_dict().items())
    merged = load_model(tmp_path / "kept")
    torch.testing.assert_close(logits(merged, codec), logits(model, codec), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(
        logits(merged, codec), logits(load_base(tmp_path / "checkpoint", codec), codec), atol=1e-3
    )
    assert count_parameters(model) == count_parameters(merged)


def load_base(directory: Path, codec: TextCodec) -> PreTrainedModel:
    return load_pretrained(Checkpoint(str(directory), fingerprint(directory)), codec.encoding, len(codec.tokenizer))


@pytest.mark.parametrize("name", REFUSED)
def test_models_whose_speaker_tags_would_stay_untrained_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        BeamlineError, match=r"^train\.lora\.rank: adapters can't train the speaker tags .*set it to 0$"
    ):
        adapted(tmp_path, name)


@pytest.mark.parametrize(("name", "tables"), [("bart", 1), ("t5", 1), ("smollm", 0)])
def test_adapters_and_new_tokens_alone_are_trained(name: str, tables: int, tmp_path: Path) -> None:
    model, _ = adapted(tmp_path, name)
    trained = {key for key, weight in model.named_parameters() if weight.requires_grad}
    assert all("lora_" in key or "trainable_tokens_" in key for key in trained)
    assert sum("trainable_tokens_" in key for key in trained) == tables


def test_adapter_beside_the_weights_gives_the_same_model(tmp_path: Path) -> None:
    model, codec = adapted(tmp_path / "checkpoint", "bart")
    save_whole(model, tmp_path / "kept")
    base = load_base(tmp_path / "checkpoint", codec)
    again = PeftModel.from_pretrained(base, tmp_path / "kept" / "adapter")
    torch.testing.assert_close(logits(again, codec), logits(model, codec))


def test_equal_adapters_are_equal_files(tmp_path: Path) -> None:
    model, _ = adapted(tmp_path / "checkpoint", "smollm", LORA.model_copy(update={"targets": ["v_proj", "q_proj"]}))
    for name in ("first", "second"):
        save_whole(model, tmp_path / name)
    files = {path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file()}
    assert {str(path) for path in files} >= {"adapter/adapter_config.json", "adapter/adapter_model.safetensors"}
    assert all((tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes() for path in files)
    config: dict[str, Any] = json.loads((tmp_path / "first" / "adapter" / "adapter_config.json").read_text())
    assert config["target_modules"] == ["q_proj", "v_proj"]
    assert str(tmp_path) not in json.dumps(config)


@pytest.mark.parametrize("targets", [["nowhere"], ["q_proj", "nowhere"], ["proj", "nowhere"], ".*nowhere"])
def test_targets_that_the_model_lacks_are_one_line(targets: str | list[str], tmp_path: Path) -> None:
    with pytest.raises(BeamlineError, match=r"^train\.lora\.targets: [^\n]*(nowhere|named proj)[^\n]*$"):
        adapted(tmp_path, "smollm", LORA.model_copy(update={"targets": targets}))


def test_pattern_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BeamlineError, match=r"^train\.lora\.targets: '\*\(' is no pattern [^\n]*$"):
        adapted(tmp_path, "smollm", LORA.model_copy(update={"targets": "*("}))


def test_adapter_of_a_pattern_gives_the_same_model(tmp_path: Path) -> None:
    model, codec = adapted(tmp_path / "checkpoint", "smollm", LORA.model_copy(update={"targets": r".*\.[qv]_proj"}))
    save_whole(model, tmp_path / "kept")
    again = PeftModel.from_pretrained(load_base(tmp_path / "checkpoint", codec), tmp_path / "kept" / "adapter")
    torch.testing.assert_close(logits(again, codec), logits(model, codec))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("smollm", "embed_tokens"),
        ("smollm", "lm_head"),
        ("gpt2", "wte"),
        ("gpt2", "lm_head"),
        ("bart", "lm_head"),
        ("bart", "shared"),
    ],
)
def test_adapter_of_a_weight_that_another_module_shares_is_refused(name: str, target: str, tmp_path: Path) -> None:
    shared = rf"^train\.lora\.targets: \S*{target} shares its weights with \S+, and an adapter would .*; leave it out$"
    with pytest.raises(BeamlineError, match=shared):
        adapted(tmp_path, name, LORA.model_copy(update={"targets": [target]}))


def test_output_layer_that_shares_nothing_can_have_an_adapter(tmp_path: Path) -> None:
    model, codec = adapted(tmp_path / "checkpoint", "llama", LORA.model_copy(update={"targets": ["lm_head"]}))
    save_whole(model, tmp_path / "kept")
    torch.testing.assert_close(logits(load_model(tmp_path / "kept"), codec), logits(model, codec), atol=1e-4, rtol=1e-4)
