"""The three stages with a tiny checkpoint, on 16 dialogues that are train, validation and test at once."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.checkpoints import Family, records
from support.repository import ROOT, set_params

from beamline import evaluate, prepare, train
from beamline.models.checkpoint import fingerprint

SETTINGS: dict[str, Any] = {
    "data.path": "data",
    "data.leakage": "warn",
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
    """A family's checkpoint, and the directory where the three stages run with it."""

    family: Family
    checkpoint: Path
    directory: Path

    def read(self, path: str) -> Any:
        return json.loads((self.directory / path).read_text(encoding="utf-8"))

    @property
    def best_checkpoint(self) -> Path:
        return self.directory / "models" / str(self.read("metrics/rouge.json")["checkpoint"])

    @property
    def predictions(self) -> list[dict[str, Any]]:
        lines = (self.directory / "reports/predictions.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def set_up(self, **changes: Any) -> None:
        (self.directory / "data").mkdir(parents=True)
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in records(self.family.texts)]
        for split in ("train", "validation", "test"):
            (self.directory / "data" / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
        shutil.copy(ROOT / "params.yaml", self.directory)
        own = {
            "model.name": str(self.checkpoint),
            "model.revision": fingerprint(self.checkpoint),
            "tokenizer.language": self.family.language,
            "train.num_train_epochs": self.family.epochs,
        }
        set_params(self.directory / "params.yaml", {**SETTINGS, **own, **changes})

    def run_stages(self, *, scored: bool = True) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.directory)
            prepare.main()
            train.main()
            if scored:
                evaluate.main()


def family_run(family: Family, directory: Path, **changes: Any) -> Run:
    """Save the family's checkpoint in `directory`, and run the stages with it."""
    family.save(directory / "checkpoint")
    run = Run(family, directory / "checkpoint", directory / "work")
    run.set_up(**changes)
    run.run_stages()
    return run


def compare_places(run: Run, directory: Path, **changes: Any) -> None:
    """Train an epoch from two copies of the checkpoint, and assert that nothing in the outputs tells which it was."""
    here, elsewhere = directory / "here", directory / "somewhere" / "else"
    for place in (here, elsewhere):
        shutil.copytree(run.checkpoint, place / "checkpoint")
        copy = Run(run.family, place / "checkpoint", place / "work")
        copy.set_up(**{**changes, "train.num_train_epochs": 1})
        copy.run_stages(scored=False)
    written, also = (read_outputs(place / "work") for place in (here, elsewhere))
    assert set(written) == set(also) != set()
    assert [path for path in written if written[path] != also[path]] == []


def read_outputs(directory: Path) -> dict[str, bytes]:
    """Return what the stages prepare and train wrote, by its path in `directory`."""
    paths = [path for output in ("data/prepared", "models") for path in (directory / output).rglob("*")]
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(paths) if path.is_file()}
