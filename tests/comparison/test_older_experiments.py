"""Experiments that were made before code dependencies were packages and chrF was measured: still read and compared.

`older/` holds one as commit fd12ceb wrote it, with 8 dialogues and a few of its dependencies. Its files have other
names there, because DVC takes any dvc.yaml for a part of the repository's pipeline.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML
from support.repository import Repository

from beamline.comparison.differences import Comparison, compare_systems
from beamline.comparison.seeds import seed_spreads
from beamline.comparison.settings import changed_settings, read_settings
from beamline.comparison.systems import System, read_revision
from beamline.core import paths
from beamline.data.predictions import read_predictions
from beamline.metrics import read_signature

OLDER = Path(__file__).parent / "older"
FILES = {"pipeline.yaml": "dvc.yaml", "pipeline.lock": "dvc.lock", "rouge.json": "metrics/rouge.json"}
ROUGE = ["rouge1_f", "rouge2_f", "rougeL_f", "rougeLsum_f", "rouge_f"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The older experiment at the tag `older`, and a newer one in the workspace."""
    repository = Repository(tmp_path_factory.mktemp("older"))
    root = repository.path
    repository.init()
    repository.dvc("init", "--quiet")
    for source, target in FILES.items():
        (root / target).parent.mkdir(exist_ok=True)
        shutil.copy(OLDER / source, root / target)
    (root / "reports").mkdir()
    (root / "reports/.gitignore").write_text("/predictions.jsonl\n", encoding="utf-8")
    digest = hashlib.md5((OLDER / "predictions.jsonl").read_bytes()).hexdigest()
    cached = root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    cached.parent.mkdir(parents=True)
    shutil.copy(OLDER / "predictions.jsonl", cached)
    repository.commit("an experiment of an older version")
    repository.git("tag", "older")
    write_newer_experiment(root)
    return repository


def write_newer_experiment(root: Path) -> None:
    """With packages as dependencies, a new metric that one dialogue leaves undefined, and four beams."""
    lock = YAML(typ="safe").load(root / "dvc.lock")
    for stage in lock["stages"].values():
        kept = [entry for entry in stage["deps"] if not entry["path"].startswith("src/")]
        stage["deps"] = [*kept, {"path": "src/beamline/metrics", "hash": "md5", "md5": f"{0:032}.dir"}]
    lock["stages"]["evaluate"]["params"]["params.yaml"]["generation"]["num_beams"] = 4
    lock["stages"]["evaluate"]["params"]["params.yaml"]["metrics"] = {"headline": "rouge_f"}
    del lock["stages"]["diagnose"]["params"]["params.yaml"]["diagnose"]
    YAML(typ="safe").dump(lock, root / "dvc.lock")
    metrics = json.loads((root / "metrics/rouge.json").read_text(encoding="utf-8"))
    metrics["signature"] = metrics["signature"].replace("beamline:0.1.0", "scoring:1|headline:rouge_f")
    (root / "metrics/rouge.json").write_text(json.dumps(metrics), encoding="utf-8")
    rows = [json.loads(line) for line in (OLDER / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows):
        row["scores"] = {name: score * 0.9 for name, score in row["scores"].items()}
        row["scores"]["chrf"] = 0.5 + number / 100 if number else None
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "reports/predictions.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def inside(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.chdir(repository.path)
    yield repository


def compare(*names: str) -> Comparison:
    return compare_systems(names, force=False, rescore=False)


def test_an_older_experiment_is_compared_with_a_newer_one_in_the_columns_of_both(inside: Repository) -> None:
    comparison = compare("older", "workspace")
    [pair] = comparison.pairs
    assert list(pair.differences) == ROUGE
    older = json.loads((OLDER / "rouge.json").read_text(encoding="utf-8"))
    assert {name: value.first for name, value in pair.differences.items()} == pytest.approx(older["test"])
    assert pair.differences["rouge_f"].later == pytest.approx(0.9 * older["test"]["rouge_f"])
    first, later = map(read_signature, comparison.signatures)
    assert first == later
    assert (first["scoring"], first["headline"]) == ("1", "rouge_f")


def test_a_new_metric_is_compared_by_itself_over_the_dialogues_that_define_it(inside: Repository) -> None:
    [pair] = compare("workspace", "workspace").pairs
    assert list(pair.differences) == [*ROUGE, "chrf"]
    assert pair.differences["chrf"].first == pytest.approx(0.54)  # 0.51 to 0.57: without the first dialogue
    assert (pair.differences["chrf"].difference, pair.differences["chrf"].p) == (0, 1)


def test_settings_of_an_older_experiment_are_its_modules_and_parameters(inside: Repository) -> None:
    older, newer = (read_revision(name, scored=True).settings for name in ("older", "workspace"))
    changes = {name: (mine, others) for name, mine, others in changed_settings(older, newer)}
    assert changes["generation.num_beams"] == (1, 4)
    assert "metrics.headline" not in changes, "the older one would have had the same"
    assert {name for name in changes if name.startswith("content of ")} == {
        "content of src/beamline/__init__.py",
        "content of src/beamline/evaluate.py",
        "content of src/beamline/metrics",
        "content of src/beamline/params.py",
        "content of src/beamline/rouge.py",
        "content of src/beamline/train.py",
    }


def test_only_what_the_predictions_depend_on_is_a_setting() -> None:
    """The diagnosis reads predictions: its code and its parameters are no settings."""
    stages = YAML(typ="safe").load(OLDER / "pipeline.lock")["stages"]
    settings = read_settings(stages, paths.PREDICTIONS)
    assert {name for name in settings if name.startswith("command of ")} == {
        "command of prepare", "command of train", "command of evaluate",
    }  # fmt: skip
    assert "diagnose.fail_on" not in settings
    assert "content of src/beamline/diagnose.py" not in settings
    assert "content of data/english" in settings
    assert "content of data/prepared" not in settings, "a stage makes it of the others"


def change_diagnosis(stages: dict[str, Any], change: str) -> None:
    diagnose = stages["diagnose"]
    if change == "a check":
        [check] = [entry for entry in diagnose["deps"] if entry["path"] == "src/beamline/checks/check.py"]
        check["md5"] = "0" * 32
    elif change == "its command":
        diagnose["cmd"] = "another"
    else:
        diagnose["params"]["params.yaml"]["diagnose"]["fail_on"] = "failure"


@pytest.mark.parametrize("change", ["a check", "a parameter that diagnose alone reads", "its command"])
def test_a_change_of_the_diagnosis_changes_no_setting_and_splits_no_group_of_seeds(change: str) -> None:
    stages = YAML(typ="safe").load(OLDER / "pipeline.lock")["stages"]
    before = read_settings(stages, paths.PREDICTIONS)
    change_diagnosis(stages, change)
    after = read_settings(stages, paths.PREDICTIONS)
    assert list(changed_settings(before, after)) == []

    predictions = read_predictions(OLDER / "predictions.jsonl")
    scores = {"rouge_f": np.linspace(0, 1, 8)}
    systems = [
        System(name, "", predictions, scores, "", settings | {"seed": seed})
        for name, settings, seed in [("A", before, 1), ("B", after, 2)]
    ]
    [group] = seed_spreads(systems, ["rouge_f"])
    assert (group.systems, group.seeds) == ((0, 1), (1, 2))
