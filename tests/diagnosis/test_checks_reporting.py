"""Checks of the reporting family: files, curves and dashboards that don't belong to the run beside them."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.small_run import find

from beamline.diagnosis.checks import CATALOGUE, Status
from beamline.diagnosis.evidence import Evidence

pytestmark = pytest.mark.slow

NAMES = [each.name for each in CATALOGUE if each.family == "reporting"]


def found(run: Evidence) -> dict[str, Status]:
    statuses = {name: find(run, name).status for name in NAMES}
    return {name: status for name, status in statuses.items() if status in (Status.FAILURE, Status.WARNING)}


def with_summaries(run: Evidence, summaries: list[str]) -> Evidence:
    assert run.predictions is not None
    return dataclasses.replace(run, predictions=dataclasses.replace(run.predictions, summaries=summaries))


def with_recorded(run: Evidence, part: str, **values: Any) -> Evidence:
    assert run.recorded is not None
    return dataclasses.replace(
        run, recorded=dataclasses.replace(run.recorded, **{part: {**getattr(run.recorded, part), **values}})
    )


def test_the_files_of_a_run_belong_together(memorised: Evidence) -> None:
    assert found(memorised) == {}


def test_scores_of_other_predictions_are_noticed_and_measured(memorised: Evidence) -> None:
    assert memorised.recorded is not None
    scores = {**memorised.recorded.rouge["test"], "rouge_f": 0.5}
    finding = find(with_recorded(memorised, "rouge", test=scores), "scores_are_those_of_the_predictions")
    assert finding.status is Status.FAILURE
    assert finding.points == pytest.approx(50)


@pytest.mark.parametrize(
    ("field", "other", "status"),
    [
        ("|n:16|", "|n:15|", Status.FAILURE),
        ("|tok:english|", "|tok:words|", Status.FAILURE),
        ("|refs:1|", "|refs:3|", Status.FAILURE),
        ("rouge-score:0.1.2|", "rouge-score:0.1.1|", Status.WARNING),
    ],
)
def test_a_signature_of_another_measurement_is_noticed(
    memorised: Evidence, field: str, other: str, status: Status
) -> None:
    assert memorised.recorded is not None
    signature = memorised.recorded.rouge["signature"]
    assert field in signature
    run = with_recorded(memorised, "rouge", signature=signature.replace(field, other))
    assert found(run) == {"signature_is_current": status}


def test_the_kept_checkpoint_that_wrote_the_predictions_is_named(memorised: Evidence, tmp_path: Path) -> None:
    assert memorised.checkpoint is not None and memorised.params is not None and memorised.splits is not None
    # The other checkpoint is this one with a decoder that starts elsewhere.
    other = tmp_path / "epoch-099"
    shutil.copytree(memorised.checkpoint, other)
    path = other / "encoding.json"
    encoding = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**encoding, "decoder_start_token_id": encoding["eos_token_id"]}), encoding="utf-8")
    run = dataclasses.replace(memorised, kept=[memorised.checkpoint, other])
    summaries = run.summarize(
        run.model, run.load_codec_beside(other), memorised.params.generation, memorised.splits["test"]
    )
    finding = find(with_summaries(run, summaries), "predictions_are_of_this_checkpoint")
    assert finding.status is Status.FAILURE
    assert finding.meaning.endswith("epoch-099 wrote them")


def test_predictions_in_another_letter_case_are_recognised(memorised: Evidence) -> None:
    assert memorised.predictions is not None
    run = with_summaries(memorised, [each.upper() for each in memorised.predictions.summaries])
    finding = find(run, "predictions_are_of_this_checkpoint")
    assert finding.status is Status.FAILURE
    assert finding.meaning.endswith("letter case and speaker tags alone")


def test_predictions_that_nothing_here_writes_have_several_explanations(memorised: Evidence) -> None:
    assert memorised.predictions is not None
    run = with_summaries(memorised, ["something else"] * len(memorised.predictions.summaries))
    assert find(run, "predictions_are_of_this_checkpoint").status is Status.FAILURE
    [check] = [each for each in CATALOGUE if each.name == "predictions_are_of_this_checkpoint"]
    assert check.is_symptom


@pytest.mark.parametrize("name", ["parameters", "best_epoch", "validation_loss"])
def test_training_metrics_of_another_training_are_noticed(memorised: Evidence, name: str) -> None:
    finding = find(with_recorded(memorised, "train", **{name: 7}), "training_metrics_are_of_this_checkpoint")
    assert finding.status is Status.FAILURE
    assert f"{name} 7 in metrics/train.json" in finding.meaning


def test_curves_of_another_training_are_noticed(memorised: Evidence) -> None:
    assert memorised.epochs is not None
    higher = [dataclasses.replace(each, validation_loss=each.validation_loss + 1) for each in memorised.epochs]
    finding = find(dataclasses.replace(memorised, epochs=higher), "curves_are_of_this_training")
    assert finding.status is Status.FAILURE
    assert finding.figure == 2
