"""The pipeline through real DVC on the Korean corpus and on real dialogues, with a tiny model."""

import re
from pathlib import Path

import pytest
from support.repository import tiny_repository

pytestmark = pytest.mark.extended


def test_korean_is_scored_by_a_tokenizer_that_sees_it(tmp_path: Path) -> None:
    repository = tiny_repository(tmp_path / "clone", corpus="korean")
    repository.dvc("repro", "evaluate")
    rouge = repository.read("metrics/rouge.json")
    assert re.search(r"tok:(korean|words)", rouge["signature"])
    assert rouge["coverage"] > 0.99
    repository.set({"rouge.tokenizer": "english"})
    blind = repository.dvc("repro", "evaluate", check=False)
    assert blind.returncode != 0
    [message] = [line for line in blind.stderr.splitlines() if line.startswith("error: ")]
    assert "the 'english' tokenizer throws away" in message
    repository.set({"rouge.tokenizer": "auto"})
    repository.dvc("repro", "evaluate")
    assert repository.read("metrics/rouge.json") == rouge


def test_dialogsum_runs_end_to_end(dialogsum: Path, tmp_path: Path) -> None:
    repository = tiny_repository(tmp_path / "clone")
    part = tmp_path / "dialogsum"
    part.mkdir()
    for split, count in (("train", 300), ("dev", 50), ("test", 50)):
        lines = (dialogsum / f"{split}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (part / f"{split}.jsonl").write_text("".join(lines[:count]), encoding="utf-8")
    repository.dvc("exp", "run", "-S", f"data.path={part}", "-S", "train.max_examples=200", "evaluate")
    assert repository.read("metrics/train.json")["dialogues"] == 200
    assert "refs:3|" in repository.read("metrics/rouge.json")["signature"]
    splits = repository.read("data/prepared/statistics.json")["splits"]
    assert (splits["train"]["dialogues"], splits["test"]["references_per_dialogue"]) == (300, 3)
