"""The embedded corpora: the committed files are what the committed script writes."""

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from support.repository import ROOT

from beamline.core.records import speaker_tags

SIZES = {
    "english": {"train": 2400, "validation": 200, "test": 200},
    "korean": {"train": 1200, "validation": 100, "test": 100},
}


def read(corpus: str, split: str) -> list[dict[str, Any]]:
    lines = (ROOT / "data" / corpus / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_script_writes_the_committed_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "data.generator", "--output", tmp_path], cwd=ROOT, check=True)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
    assert written == {path: (ROOT / "data" / path).read_bytes() for path in written}
    assert len(written) == 6


@pytest.mark.parametrize("corpus", SIZES)
def test_sizes_situations_turns_and_references(corpus: str) -> None:
    rows = {split: read(corpus, split) for split in SIZES[corpus]}
    assert {split: len(dialogues) for split, dialogues in rows.items()} == SIZES[corpus]
    every = list(chain.from_iterable(rows.values()))
    assert len({row["topic"] for row in every}) >= 25
    assert {row["topic"] for row in rows["test"]} == {row["topic"] for row in every}
    assert all(5 <= row["dialogue"].count("\n") + 1 <= 16 for row in every)
    assert max(len(set(speaker_tags(row["dialogue"]))) for row in every) == 4
    for row in rows["test"]:
        assert len({row["summary1"], row["summary2"], row["summary3"]}) == 3
    dialogues = [row["dialogue"] for row in every]
    assert len(set(dialogues)) == len(dialogues)


@pytest.mark.parametrize("corpus", SIZES)
def test_summaries_name_only_speakers_of_their_dialogue(corpus: str) -> None:
    for split in SIZES[corpus]:
        for row in read(corpus, split):
            for name, text in row.items():
                if name.startswith("summary"):
                    assert set(speaker_tags(text)) <= set(speaker_tags(row["dialogue"])), row["id"]
                    assert "{" not in text + row["dialogue"]
