"""Speakers of dialogues as their authors publish them. Their files say who speaks, so every turn can be checked."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.repository import ROOT

from beamline.core.params import Columns
from beamline.core.speakers import SpeakerCounts
from beamline.data.dialogues import to_dialogue
from beamline.data.readers import Row, read_rows

pytestmark = pytest.mark.slow

REAL = ROOT.parent / "shared" / "real"
SPEAKERS = {
    "mts-dialog": re.compile(r"^[ \t]*(\w+):", re.M),
    "aci-bench": re.compile(r"^(\[[a-z_]+\])[ \t]+\S", re.M),
    "dialogsum": re.compile(r"^[ \t]*(#\w+#)[ \t]*:", re.M),
}


def read(path: Path) -> Iterator[tuple[str, Row]]:
    columns = Columns(id=None, dialogue=None, summary="summary")
    for row in read_rows(path):
        yield to_dialogue(Row(row.where, {**row.cells, "summary": "s"}), columns, "x").dialogue, row


def count(paths: list[Path]) -> Counter[str]:
    counts = SpeakerCounts()
    for path in paths:
        for dialogue, _ in read(path):
            counts.update(dialogue)
    return counts.turns


def files(name: str) -> list[Path]:
    directory = REAL.parent / name if name == "dialogsum" else REAL / name
    found = [path for path in sorted(directory.glob("*.*")) if path.suffix in (".csv", ".jsonl")]
    if not found:
        pytest.skip(f"{directory} is not there; it is not part of the project")
    return [path for path in found if "outputs" not in path.name]


@pytest.mark.parametrize("name", SPEAKERS)
def test_every_turn_of_published_dialogues_has_its_speaker(name: str) -> None:
    paths = files(name)
    texts = [dialogue for path in paths for dialogue, _ in read(path)]
    assert count(paths) == Counter(speaker for text in texts for speaker in SPEAKERS[name].findall(text))


def test_every_turn_of_published_meetings_has_its_speaker() -> None:
    paths = files("qmsum")
    expected: Counter[str] = Counter()
    for path in paths:
        for row in read_rows(path):
            turns = row.cells["meeting_transcripts"]
            assert isinstance(turns, list)
            expected.update(turn["speaker"].strip() for turn in turns if turn["content"].strip())
    assert count(paths) == expected


@pytest.mark.parametrize("language", ["english", "korean"])
def test_every_turn_of_the_embedded_dialogues_has_its_speaker(language: str) -> None:
    paths = sorted((ROOT / "data" / language).glob("*.jsonl"))
    texts = [dialogue for path in paths for dialogue, _ in read(path)]
    assert count(paths) == Counter(speaker for text in texts for speaker in SPEAKERS["dialogsum"].findall(text))
