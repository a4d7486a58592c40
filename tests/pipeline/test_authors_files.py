"""Real datasets as their authors publish them, from their files to a diagnosis, with the commands of docs/data.md."""

from pathlib import Path

import pytest
from support.documentation import documented_commands
from support.repository import ROOT, tiny_repository

pytestmark = pytest.mark.extended

SHARED = ROOT.parent / "shared"
PLACES = {
    "dialogsum": SHARED / "dialogsum",
    "mts-dialog": SHARED / "real" / "mts-dialog",
    "aci-bench": SHARED / "real" / "aci-bench",
    "qmsum": SHARED / "real" / "qmsum",
}
DIALOGUES = {
    "dialogsum": (12460, 500, 500),
    "mts-dialog": (1201, 100, 200),
    "aci-bench": (67, 20, 40),
    "qmsum": (41, 9, 9),
}


@pytest.mark.parametrize("name", PLACES)
def test_authors_files_reach_a_diagnosis_with_the_documented_commands(tmp_path: Path, name: str) -> None:
    if not PLACES[name].is_dir():
        pytest.skip(f"{name} is not at {PLACES[name]}")
    clone = tiny_repository(tmp_path)
    clone.set({"train.num_train_epochs": 1, "train.max_examples": 200, "train.keep": 1})
    clone.commit("even smaller")
    (clone.path / name).symlink_to(PLACES[name])

    [importing] = [
        command for command in documented_commands("docs/data.md") if command.startswith(f"beamline import {name} ")
    ]
    said = clone.run("bash", "-c", importing).stdout.splitlines()
    clone.run("bash", "-c", said[-1].removeprefix("next: "))

    imported = clone.path / "data" / name
    counts = tuple(
        len((imported / f"{split}.jsonl").read_text(encoding="utf-8").splitlines())
        for split in ("train", "validation", "test")
    )
    assert counts == DIALOGUES[name]
    splits = clone.read("data/prepared/statistics.json")["splits"]
    assert tuple(splits[split]["dialogues"] for split in ("validation", "test")) == counts[1:]
    predictions = (clone.path / "reports" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(predictions) == counts[2]
    assert 0 <= clone.read("metrics/rouge.json")["test"]["rouge_f"] <= 1
    assert (clone.path / "reports" / "diagnosis.md").read_text(encoding="utf-8")
    assert clone.dvc("status").stdout.strip().endswith("up to date.")
