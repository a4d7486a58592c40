"""Runs in which nothing is wrong: no failure, and no warning that isn't true."""

import json
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
from faulty_run import MakeRun
from support.repository import ROOT

pytestmark = pytest.mark.extended

T5 = {
    "model.scratch.family": "t5",
    "model.scratch.attention_heads": 16,
    "train.learning_rate": 0.01,
}
GREEDY: dict[str, Any] = {}
BEAMS = {"generation.num_beams": 4}
SAMPLING = {"generation.do_sample": True}
NO_PENALTIES = {"generation.repetition_penalty": 1.0, "generation.no_repeat_ngram_size": 0}


@pytest.fixture(scope="module")
def small_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("t5")
    corpus.write(directory / "data" / "tiny", corpus.english())
    faulty_run.start(directory, T5)
    faulty_run.run_stages(directory, "prepare", "train")
    return directory


@pytest.mark.parametrize("decoding", [GREEDY, BEAMS, SAMPLING, NO_PENALTIES], ids=str)
def test_a_sound_english_run_passes_every_check(healthy_copy: MakeRun, decoding: dict[str, Any]) -> None:
    assert_sound(healthy_copy("english"), decoding)


@pytest.mark.parametrize("decoding", [GREEDY, BEAMS], ids=str)
def test_a_sound_korean_run_passes_every_check(healthy_copy: MakeRun, decoding: dict[str, Any]) -> None:
    assert_sound(healthy_copy("korean"), decoding)


def test_a_sound_t5_run_passes_every_check(small_t5: Path) -> None:
    """With beams and without penalties: on some processors both gain two points for this model, and a check says so."""
    assert_sound(small_t5, {**T5, **BEAMS, **NO_PENALTIES})


def test_a_model_that_was_trained_too_briefly_is_called_undertrained_and_nothing_else(tmp_path: Path) -> None:
    corpus.write(tmp_path / "data" / "tiny", corpus.english())
    faulty_run.start(tmp_path, {"seed": 11, "train.num_train_epochs": 3})
    faulty_run.run_stages(tmp_path, "prepare", "train", "evaluate")
    verdict = faulty_run.diagnose(tmp_path).verdict
    first = verdict.cause if verdict.causes else verdict.suspect
    assert first in ("more_training", "training_length")


def test_greedy_search_alone_is_no_fault_and_its_cost_is_said(healthy_runs: MakeRun) -> None:
    diagnosis = faulty_run.diagnose(healthy_runs("english"))
    [search] = [result.finding for result in diagnosis.results if result.check.name == "search"]
    assert search.status.value == "pass"
    assert search.figure is not None
    assert abs(search.figure) < 5
    assert "num_beams is 1; num_beams: 4 changes the score by" in search.meaning


def test_the_committed_run_passes_every_check() -> None:
    diagnosis = json.loads((ROOT / "metrics" / "diagnosis.json").read_text(encoding="utf-8"))
    assert (diagnosis["count"]["failure"], diagnosis["count"]["warning"], diagnosis["cause"]) == (0, 0, "none")


def assert_sound(directory: Path, decoding: dict[str, Any]) -> None:
    if decoding:
        faulty_run.start(directory, decoding)
        faulty_run.run_stages(directory, "evaluate")
    diagnosis = faulty_run.diagnose(directory)
    assert diagnosis.named("failure", "warning") == []
    assert "nothing wrong found" in diagnosis.verdict.headline
