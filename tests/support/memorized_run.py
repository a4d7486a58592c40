"""A run of the real stages that knows its test dialogues by heart: what spoils its summaries is decoding alone."""

import json
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from support.repository import ROOT, set_params
from support.small_run import SMALL

from beamline import evaluate, prepare, train
from beamline.diagnosis.collect import evidence_from_directory
from beamline.diagnosis.evidence import Evidence

THINGS = ("a red car", "two old chairs", "fresh bread", "a winter coat")
PLACES = ("at the market", "in the small shop", "by the river", "near the station")

CHANGES: dict[str, Any] = {
    **SMALL,
    "data.leakage": "warn",
    "tokenizer.vocabulary_size": 400,
    "model.scratch.d_model": 64,
    "model.scratch.dropout": 0.0,
    "train.num_train_epochs": 40,
    "train.keep": 2,
    "generation.max_length": 60,
    "tracking.wandb": "disabled",
}


def memorised_run(directory: Path) -> Evidence:
    lines = [
        json.dumps(
            {
                "id": f"{number}",
                "dialogue": f"#Person1#: Where did you find {thing}?\n#Person2#: I bought it {place}.",
                "summary": f"#Person1# asks #Person2# about {thing}. #Person2# tells #Person1# that it was {place}.",
            }
        )
        for number, (thing, place) in enumerate(product(THINGS, PLACES))
    ]
    data = directory / "data" / "tiny"
    data.mkdir(parents=True)
    for split in ("train", "validation", "test"):
        (data / f"{split}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "params.yaml", directory)
    set_params(directory / "params.yaml", CHANGES)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        prepare.main()
        train.main()
        evaluate.main()
    return evidence_from_directory(directory)
