"""A run of the real stages that is small enough for a test."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.marks import agree
from support.repository import ROOT, TINY, set_params

from beamline import evaluate, prepare, train
from beamline.diagnosis.checks import CATALOGUE, Finding
from beamline.diagnosis.collect import evidence_from_directory
from beamline.diagnosis.evidence import Evidence

SMALL: dict[str, Any] = {
    **TINY,
    "tokenizer.vocabulary_size": 500,
    "train.num_train_epochs": 8,
    "train.learning_rate": 0.01,
    "train.tokens_per_batch": 1200,
    "train.threads": 1,
    "evaluate.threads": 1,
}


def small_run(directory: Path, changes: dict[str, Any]) -> Evidence:
    """Prepare, train and evaluate on the first English dialogues, in `directory`."""
    (directory / "data" / "tiny").mkdir(parents=True)
    for split, count in (("train", 96), ("validation", 20), ("test", 20)):
        lines = (ROOT / "data" / "english" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (directory / "data" / "tiny" / f"{split}.jsonl").write_text("".join(lines[:count]), encoding="utf-8")
    shutil.copy(ROOT / "params.yaml", directory)
    set_params(directory / "params.yaml", {**SMALL, **changes})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        prepare.main()
        train.main()
        evaluate.main()
    return evidence_from_directory(directory)


def find(run: Evidence, name: str) -> Finding:
    """What the check of that name finds; its mark has to agree with what is shown beside it."""
    finding = next(check for check in CATALOGUE if check.name == name)(run)
    assert agree(finding), finding
    return finding
