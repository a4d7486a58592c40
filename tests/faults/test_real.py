"""Runs and systems of the real world, in which nothing is broken: no cause is asserted, and what is unusual is true."""

import csv
import json
import shutil
from collections import defaultdict
from pathlib import Path

import faulty_run
import pytest
from support.repository import ROOT, set_params

from beamline.comparison.scoring import DEFAULTS, SEED
from beamline.core.records import Predictions
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.verdict import Verdict, judge, run_checks

SHARED = ROOT.parent / "shared"
pytestmark = [
    pytest.mark.extended,
    pytest.mark.skipif(not SHARED.is_dir(), reason="real dialogues are not in ../shared"),
]
# What is true of a model that saw 400 dialogues a few times, from nothing.
LEARNED_LITTLE = ("training_size", "training_length", "more_training", "overfitting")


def judge_texts(summaries: list[str], references: list[list[str]], dialogues: list[str] | None = None) -> Verdict:
    predictions = Predictions(ids=None, dialogues=dialogues, references=references, summaries=summaries)
    run = Evidence(seed=SEED, rouge=DEFAULTS, predictions=predictions)
    return judge(run, run_checks(run))


def read_jsonl(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_authors_outputs_on_dialogsum_have_no_cause_and_a_suspect_that_is_true() -> None:
    rows = read_jsonl(SHARED / "dialogsum" / "test.jsonl")
    summaries = (SHARED / "dialogsum" / "bart_large_outputs.txt").read_text(encoding="utf-8").splitlines()
    found = judge_texts(summaries, [[row[f"summary{number}"] for number in (1, 2, 3)] for row in rows])
    assert (found.causes, found.alarming) == ([], False)
    assert sum("##Person" in text for text in summaries) > len(summaries) / 2  # the authors' outputs do have them
    assert found.headline.startswith("nothing is broken") and 'have "#"' in found.headline


def test_the_authors_outputs_on_aci_bench_have_no_cause() -> None:
    directory = SHARED / "real" / "aci-bench"
    with (directory / "bart_large_outputs_test1.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (directory / "clinicalnlp_taskB_test1.csv").open(encoding="utf-8", newline="") as file:
        notes = {row["encounter_id"]: row["note"] for row in csv.DictReader(file)}
    column = "prediction" if "prediction" in rows[0] else "note"
    found = judge_texts([row[column] for row in rows], [[notes[row["encounter_id"]]] for row in rows])
    assert (found.causes, found.alarming) == ([], False)


def test_no_system_of_dialsummeval_gets_a_cause_and_only_truly_bad_ones_fail() -> None:
    systems: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in read_jsonl(SHARED / "people" / "dialsummeval.jsonl"):
        systems[row["system"]].append(row)
    alarming = []
    for name, rows in sorted(systems.items()):
        if name == "reference":
            continue
        found = judge_texts([row["summary"] for row in rows], [[row["reference"]] for row in rows])
        assert found.causes == [], name
        if found.alarming:
            alarming.append(name)
    # B copies turns of the dialogue: its summaries are three times as long, and repeat themselves.
    assert set(alarming) <= {"B", "D", "E"}


def test_400_dialogues_of_dialogsum_are_called_too_few_and_nothing_is_asserted(tmp_path: Path) -> None:
    data = tmp_path / "data" / "real"
    data.mkdir(parents=True)
    rows = read_jsonl(SHARED / "dialogsum" / "dev.jsonl")
    for name, chosen in (("train", rows[:400]), ("validation", rows[-100:])):
        (data / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in chosen), encoding="utf-8")
    shutil.copy(SHARED / "dialogsum" / "test.jsonl", data)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    settings = {"train.num_train_epochs": 5, "train.warmup_steps": 20}
    set_params(tmp_path / "params.yaml", {"data.path": "data/real", "data.leakage": "warn", **settings})
    faulty_run.run_stages(tmp_path, "prepare", "train", "evaluate")
    verdict = faulty_run.diagnose(tmp_path).verdict
    assert [cause.check.name for cause in verdict.causes if cause.check.name not in LEARNED_LITTLE] == []
    assert (verdict.cause if verdict.causes else verdict.suspect) in LEARNED_LITTLE
