"""What evaluate writes and shows, for whatever metrics are registered."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from support.repository import set_params
from support.toy_metrics import Copied, Ends

from beamline import evaluate
from beamline.comparison.scoring import DEFAULTS
from beamline.core.files import to_json
from beamline.core.records import Dialogue, pair_summaries
from beamline.diagnosis.evidence import Evidence
from beamline.metrics import METRICS, Scorer
from beamline.metrics.results import (
    length_pairs,
    sample_rows,
    score_histogram,
    score_metrics,
    score_table,
)

DIALOGUES = [Dialogue("1", "a b", ("a b c.",)), Dialogue("2", "d e", ("d e f.", "d"))]
SUMMARIES = ["a b.", ""]


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "ends", Ends)
    monkeypatch.setitem(METRICS, "copied", Copied)


def score(*, dialogues=None):
    rouge = DEFAULTS
    references = [dialogue.references for dialogue in DIALOGUES]
    return Scorer(rouge, references, dialogues, seed=42).score(SUMMARIES)


def printed(scores) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(score_table(score_metrics(scores, scores, scores.intervals(), {})))
    return capture.get()


@pytest.mark.usefixtures("toys")
def test_registered_metrics_are_in_the_predictions_the_metrics_and_the_table():
    scores = score(dialogues=["a x", "d"])
    [first, second] = pair_summaries(DIALOGUES, SUMMARIES).to_rows(scores.columns)
    assert (first["scores"]["ends"], first["scores"]["copied"]) == (1, 0.5)
    assert second["scores"]["ends"] is None
    metrics = score_metrics(scores, scores, scores.intervals(), {"empty": 0.5})
    assert metrics["validation"]["ends"] == metrics["test"]["ends"] == metrics["test_best"]["ends"] == 1
    assert metrics["test"]["ends_undefined"] == 1
    assert "rouge_f_undefined" not in metrics["test"]
    low, high = metrics["test"]["copied_interval"]
    assert low <= metrics["test"]["copied"] == 0.25 <= high
    assert "undefined" not in metrics
    assert "NaN" not in to_json(metrics)
    table = printed(scores)
    assert "ends" in table
    assert "(1 undefined)" in table


@pytest.mark.usefixtures("toys")
def test_a_column_that_needs_dialogues_is_written_with_its_reason():
    scores = score()
    metrics = score_metrics(scores, scores, scores.intervals(), {})
    assert metrics["undefined"] == {"copied": "needs dialogues"}
    assert "copied" not in metrics["test"]
    [line] = [line for line in printed(scores).splitlines() if "copied" in line]
    assert "needs dialogues" in line


def test_histogram_counts_headline_scores():
    rows = score_histogram(score())
    assert [row["score"] for row in rows] == [round(0.05 * number, 2) for number in range(20)]
    assert sum(row["dialogues"] for row in rows) == 2
    assert rows[0]["dialogues"] == 1


def test_lengths_are_words_of_each_summary_and_the_mean_of_its_references():
    assert length_pairs(["one two three four"], [("one two", "one two three four")]) == [
        {"reference_words": 3.0, "summary_words": 4}
    ]


def test_samples_show_what_the_model_reads_and_what_is_scored():
    scorer = Scorer(DEFAULTS, [["Walks, again"]], seed=42)
    dialogue = Dialogue("1", "a b", ("Walks, again",))
    names, [row] = sample_rows([dialogue], ["<s>a b</s>"], ["walked"], scorer.score(["walked"]), scorer.corpus)
    shown = dict(zip(names, row, strict=True))
    assert (shown["model_reads"], shown["reference_scored"], shown["summary_scored"]) == (
        "<s>a b</s>",
        "walk again",
        "walk",
    )
    assert shown["rouge1_f"] == pytest.approx(2 / 3)


@pytest.mark.usefixtures("toys")
@pytest.mark.slow
def test_evaluate_measures_registered_metrics_and_chooses_by_the_headline(
    healthy: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert healthy.root is not None
    run = tmp_path / "run"
    shutil.copytree(healthy.root, run)
    set_params(run / "params.yaml", {"metrics.headline": "copied"})
    monkeypatch.chdir(run)
    evaluate.main()

    metrics = json.loads((run / "metrics" / "rouge.json").read_text(encoding="utf-8"))
    before = json.loads((healthy.root / "metrics" / "rouge.json").read_text(encoding="utf-8"))
    assert {"chrf", "ends", "copied"} <= metrics["validation"].keys() & metrics["test"].keys()
    low, high = metrics["test"]["copied_interval"]
    assert low <= metrics["test"]["copied"] <= high
    assert "|headline:copied|" in metrics["signature"]
    assert "|ends:v1|copied:v1|" in metrics["signature"]
    if metrics["checkpoint"] == before["checkpoint"]:
        assert {name: metrics["test"][name] for name in before["test"]} == before["test"]
    rows = (run / "reports" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    scores = [json.loads(row)["scores"] for row in rows]
    assert np.mean([row["copied"] for row in scores]) == pytest.approx(metrics["test"]["copied"])
    assert "copied" in capsys.readouterr().out
