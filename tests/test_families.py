"""Every family through the real stages: 16 dialogues learnt by heart, saved, and read back by plain transformers."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from families import FAMILIES, Family, records
from repository import ROOT, set_params
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedModel

from beamline import evaluate, prepare, train
from beamline.checkpoint import Checkpoint, fingerprint
from beamline.model import load_pretrained
from beamline.params import read_params
from beamline.text import TextCodec

SETTINGS: dict[str, Any] = {
    "data.path": "data",
    "data.allow_leakage": True,
    "tokenizer.max_source_tokens": 96,
    "tokenizer.max_target_tokens": 96,
    "train.tokens_per_batch": 200,
    "train.learning_rate": 0.007,
    "train.threads": 1,
    "evaluate.threads": 1,
    "train.warmup_steps": 5,
    "train.keep": 1,
    "generation.max_length": 96,
    "generation.no_repeat_ngram_size": 0,
    "generation.repetition_penalty": 1.0,
}


@dataclass(frozen=True)
class Run:
    """A family's checkpoint, and the directory where the three stages ran with it."""

    family: Family
    checkpoint: Path
    directory: Path

    def read(self, path: str) -> Any:
        return json.loads((self.directory / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=FAMILIES)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    family, directory = FAMILIES[request.param], tmp_path_factory.mktemp(request.param)
    family.save(directory / "checkpoint")
    run = Run(family, directory / "checkpoint", directory / "work")
    with pytest.MonkeyPatch.context() as patch:
        set_up(run)
        patch.chdir(run.directory)
        prepare.main()
        train.main()
        evaluate.main()
    return run


def set_up(run: Run, **changes: Any) -> None:
    (run.directory / "data").mkdir(parents=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in records(run.family.texts)]
    for split in ("train", "validation", "test"):
        (run.directory / "data" / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
    shutil.copy(ROOT / "params.yaml", run.directory)
    own = {
        "model.name": str(run.checkpoint),
        "model.revision": fingerprint(run.checkpoint),
        "tokenizer.language": run.family.language,
        "train.num_train_epochs": run.family.epochs,
    }
    set_params(run.directory / "params.yaml", {**SETTINGS, **own, **changes})


def test_family_learns_16_dialogues_by_heart(run: Run) -> None:
    assert run.read("metrics/rouge.json")["test"]["rouge1_f"] >= 0.9
