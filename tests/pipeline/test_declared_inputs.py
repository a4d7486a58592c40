"""A stage reads what dvc.yaml declares for it, and nothing else: otherwise a stale result is called up to date."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.repository import ROOT, Repository, set_params

pytestmark = pytest.mark.slow

STAGES: dict[str, Any] = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
# Another healthy value for every key of params.yaml but tracking.wandb, which starts W&B.
OTHERS: dict[str, Any] = {
    "seed": 3,
    "data.path": "data/elsewhere",
    "data.columns.id": "number",
    "data.columns.dialogue": "talk",
    "data.columns.summary": "gist",
    "data.leakage": "drop",
    "tokenizer.vocabulary_size": 777,
    "tokenizer.max_source_tokens": 77,
    "tokenizer.max_target_tokens": 33,
    "tokenizer.source_prefix": "say: ",
    "tokenizer.language": "en_XX",
    "tokenizer.speaker_tokens": "none",
    "tokenizer.overflow": "middle",
    "padding.mode": "max_length",
    "padding.labels": "unmasked",
    "model.name": "models/elsewhere",
    "model.revision": "0" * 40,
    "model.prompt": "Briefly: {dialogue}",
    "model.system": "Be brief.",
    "model.scratch.family": "t5",
    "model.scratch.d_model": 48,
    "model.scratch.layers": 3,
    "model.scratch.attention_heads": 3,
    "model.scratch.ffn_dim": 96,
    "model.scratch.dropout": 0.3,
    "train.max_examples": 9,
    "train.num_train_epochs": 3,
    "train.tokens_per_batch": 999,
    "train.gradient_accumulation_steps": 3,
    "train.learning_rate": 0.03,
    "train.warmup_steps": 3,
    "train.weight_decay": 0.3,
    "train.max_grad_norm": 3.0,
    "train.label_smoothing_factor": 0.3,
    "train.precision": "bf16",
    "train.gradient_checkpointing": True,
    "train.lora.rank": 3,
    "train.lora.alpha": 3,
    "train.lora.dropout": 0.3,
    "train.lora.targets": ["q_proj"],
    "train.processes": 3,
    "train.threads": 1,
    "train.keep": 1,
    "train.save_seconds": 33,
    "generation.backend": "ctranslate2",
    "generation.compute_type": "int8",
    "generation.num_beams": 3,
    "generation.max_length": 33,
    "generation.min_length": 3,
    "generation.no_repeat_ngram_size": 2,
    "generation.early_stopping": False,
    "generation.do_sample": True,
    "generation.temperature": 0.3,
    "generation.top_k": 3,
    "generation.top_p": 0.3,
    "generation.repetition_penalty": 1.3,
    "generation.length_penalty": 0.3,
    "metrics.headline": "rouge1_f",
    "rouge.tokenizer": "words",
    "rouge.stemmer": False,
    "rouge.punctuation": "keep",
    "rouge.sentences": "newlines",
    "rouge.references": "best",
    "rouge.minimum_coverage": 0.3,
    "evaluate.validation_dialogues": 9,
    "evaluate.tokens_per_batch": 999,
    "evaluate.threads": 1,
    "tracking.project": "another",
}


def leaves(section: dict[str, Any], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for key, value in section.items():
        names |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"}
    return names


def test_another_value_is_known_for_every_parameter() -> None:
    assert set(OTHERS) | {"tracking.wandb"} == leaves(YAML(typ="safe").load(ROOT / "params.yaml"))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_ends_the_same_with_its_declared_inputs_alone(stage: str, finished: Repository, tmp_path: Path) -> None:
    declared = STAGES[stage]
    for dependency in declared["deps"]:
        name = dependency.replace("${data.path}", "data/tiny")
        place = shutil.copytree if (finished.path / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        place(finished.path / name, tmp_path / name)
    shutil.copy(finished.path / "params.yaml", tmp_path)
    undeclared = {key: value for key, value in OTHERS.items() if not covered(key, declared["params"])}
    set_params(tmp_path / "params.yaml", undeclared)

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        ["bash", "-c", declared["cmd"]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for output in [*declared["outs"], *(name for metric in declared.get("metrics", []) for name in metric)]:
        assert contents(tmp_path / output) == contents(finished.path / output)


def covered(key: str, declared: list[str]) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in declared)


def contents(path: Path) -> dict[str, bytes]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}
