"""Checks of the learning family: each finds its fault in a run that has it, and nothing in a healthy one."""

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from support.repository import set_params
from support.small_run import find, small_run

from beamline.core.errors import BeamlineError
from beamline.core.params import read_params
from beamline.diagnosis.checks import CATALOGUE, Kind, Status
from beamline.diagnosis.checks.learning.probe import name_fault, train_on
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.recorded import Epoch
from beamline.diagnosis.verdict import Result, judge
from beamline.training import batching

pytestmark = pytest.mark.extended

CAUSES = [check.name for check in CATALOGUE if check.family == "learning" and check.kind is not Kind.SYMPTOM]
DEFAULT_RUN = [(4.86, 2.78), (2.13, 1.33), (1.16, 0.84), (0.82, 0.70), (0.67, 0.65), (0.58, 0.60), (0.51, 0.54),
               (0.43, 0.48), (0.37, 0.462), (0.33, 0.456)]  # fmt: skip


def found(run: Evidence) -> dict[str, Status]:
    statuses = {name: find(run, name).status for name in CAUSES}
    return {name: status for name, status in statuses.items() if status in (Status.FAILURE, Status.WARNING)}


def with_losses(run: Evidence, losses: Sequence[tuple[float, float]], rate: float = 0.002) -> Evidence:
    """The run with other training curves: of each epoch the training and the validation loss."""
    return dataclasses.replace(
        run, epochs=[Epoch(number, *epoch, rate) for number, epoch in enumerate(losses, start=1)]
    )


def test_a_small_healthy_run_has_seen_too_few_dialogues_and_nothing_else(healthy: Evidence) -> None:
    assert found(healthy) == {"training_size": Status.FAILURE}


@pytest.mark.parametrize(
    ("rise", "status"), [(0.01, Status.FAILURE), (0.05, Status.WARNING), (0.5, Status.PASS)], ids=str
)
def test_few_dialogues_are_less_suspect_the_more_the_model_reads(
    healthy: Evidence, rise: float, status: Status
) -> None:
    run = dataclasses.replace(healthy)
    swapped = run.force_swapped("test")
    run.forced = dataclasses.replace(swapped, losses=[[loss / (1 + rise) for loss in row] for row in swapped.losses])
    assert find(run, "training_size").status is status


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (DEFAULT_RUN, {}),
        (DEFAULT_RUN[:1], {"training_length": Status.WARNING}),
        (DEFAULT_RUN[:2], {"training_length": Status.WARNING}),
        ([(6.77, 6.51), (6.32, 6.28)], {"training_length": Status.WARNING}),  # 16 steps, and still falling
        ([(5.51, 4.90), (4.77, 4.67), (4.51, 4.555)], {"training_length": Status.WARNING}),  # 78 steps
        ([(182.4, 122.5), (63.6, 26.3), (14.2, 6.0)], {"exploding_loss": Status.FAILURE}),
        ([(6.30, 6.29), (6.29, 6.28), (6.29, 6.28)], {"standing_loss": Status.FAILURE}),
        ([(4.9, 2.8), (2.1, 1.3), (4.0, 3.5)], {"exploding_loss": Status.FAILURE}),
        ([(float("nan"), float("nan"))], {"exploding_loss": Status.FAILURE}),
        ([(3.0, 2.0), (1.0, 1.0), (0.5, 1.2)], {"overfitting": Status.WARNING}),
        ([(5.6, 5.4), (5.2, 5.0), (4.9, 4.85), (4.8, 4.83)], {}),  # the rate of the last epoch had decayed
    ],
)
def test_curves_say_whether_training_worked(
    healthy: Evidence, losses: list[tuple[float, float]], expected: dict[str, Status]
) -> None:
    names = ("exploding_loss", "standing_loss", "training_length", "overfitting")
    run = with_losses(healthy, losses)
    found = {name: find(run, name).status for name in names}
    assert {name: status for name, status in found.items() if status in ("failure", "warning")} == expected


@pytest.mark.parametrize(
    "losses",
    [
        DEFAULT_RUN,
        [(6.3, 6.29)],  # one epoch, in which no loss has to get below word frequencies
        [(6.77, 6.51), (6.32, 6.28)],
        [(5.0, 3.0), (1.0, 0.9), (0.5, 0.87)],  # 3 % in the last epoch: a tenth of the whole fall is less
        [(6.87, 5.42), (5.37, 5.39), (5.29, 5.30)],
        [(182.4, 122.5), (63.6, 26.3), (14.2, 1.0)],
        [(4.9, 2.8), (2.1, 1.3), (4.0, 3.5)],
        [(0.10, 0.020), (0.05, 0.022)],  # 10 %, and less than 0.01 nats
    ],
)  # fmt: skip
def test_marks_agree_with_what_is_shown_of_the_curves(healthy: Evidence, losses: list[tuple[float, float]]) -> None:
    run = with_losses(healthy, losses)
    for name in ("exploding_loss", "training_length", "overfitting"):
        find(run, name)  # which compares them


def test_a_learning_rate_of_zero_is_the_one_cause(tmp_path: Path) -> None:
    run = small_run(tmp_path, {"train.learning_rate": 0.0, "train.num_train_epochs": 2})
    assert found(run)["rate_above_zero"] is Status.FAILURE
    assert find(run, "token_loss").status is Status.FAILURE
    assert find(run, "source_use").status is Status.FAILURE


def after_steps(run: Evidence, steps: int) -> Evidence:
    """The run as if its training had ended after so many steps."""
    assert run.recorded is not None
    recorded = dataclasses.replace(run.recorded, train={**run.recorded.train, "steps": steps})
    return dataclasses.replace(run, recorded=recorded)


def test_a_training_that_ended_within_its_warm_up_is_the_one_cause(tmp_path: Path) -> None:
    run = small_run(tmp_path, {"train.num_train_epochs": 1, "train.warmup_steps": 2_000, "train.learning_rate": 5e-5})
    assert found(run)["warmup"] is Status.FAILURE
    assert find(run, "training_length").status is not Status.PASS
    finding = find(run, "warmup")
    assert "instead of 5e-05" in finding.meaning
    assert "train.warmup_steps" in finding.advice


@pytest.mark.parametrize(
    ("steps", "status"),
    [(1, Status.FAILURE), (2, Status.FAILURE), (3, Status.WARNING), (5, Status.WARNING), (6, Status.PASS)],
)
def test_the_peak_is_behind_the_warm_up_of_five_steps(healthy: Evidence, steps: int, status: Status) -> None:
    assert find(after_steps(healthy, steps), "warmup").status is status


def test_the_only_step_of_a_warm_up_has_a_rate_of_zero_that_nobody_asked_for(healthy: Evidence) -> None:
    run = after_steps(with_losses(healthy, [(6.3, 6.3)], rate=0.0), 1)
    assert find(run, "rate_above_zero").status is Status.NOT_APPLICABLE
    assert find(run, "warmup").status is Status.FAILURE


def test_a_source_that_was_masked_away_is_proved_by_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Masking(batching.Collator):
        def __call__(self, examples: Any) -> dict[str, torch.Tensor]:
            tensors = super().__call__(examples)
            return {**tensors, "attention_mask": torch.zeros_like(tensors["attention_mask"])}

    monkeypatch.setattr("beamline.training.trainer.Collator", Masking)  # the fault: nothing of the diagnosis is changed
    run = small_run(tmp_path, {})
    finding = find(run, "training_batches")
    assert finding.status is Status.FAILURE
    assert "let the model read 0 tokens instead of " in finding.meaning


@pytest.mark.parametrize(
    ("smoothing", "status", "says"),
    [(0.1, Status.FAILURE, ""), (0.8, Status.WARNING, "train.label_smoothing_factor is unusual, too")],
)
def test_a_gain_at_a_higher_rate_is_a_cause_unless_another_setting_is_far_off(
    tmp_path: Path, smoothing: float, status: Status, says: str
) -> None:
    settings = {"train.learning_rate": 0.0003, "train.label_smoothing_factor": smoothing}
    finding = find(small_run(tmp_path, settings), "more_training")
    assert finding.meaning.startswith("32 more steps bring the loss on validation from ")
    assert finding.status is status
    assert finding.meaning.endswith(says)
    assert finding.fault == ("" if says else "The learning rate was too low")


@pytest.mark.parametrize(
    ("losses", "fault"),
    [
        ({1: 0.77, 3: 0.50, 10: 2.97}, "Training was too short"),
        ({1: 0.90, 3: 0.95, 10: 1.20}, "Training was too short"),
        ({1: 1.71, 3: 1.53, 10: 1.10}, "The learning rate was too low"),
    ],
)
def test_a_short_training_is_told_from_a_low_rate(losses: dict[int, float], fault: str) -> None:
    assert name_fault(1.8, losses) == fault


def test_a_rate_that_became_0_long_before_the_end_is_a_cause(healthy: Evidence) -> None:
    rates = [0.0, 0.002, 0.001, 0.0, 0.0, 0.0]
    epochs = [Epoch(number, 3.0, 3.0, rate) for number, rate in enumerate(rates, start=1)]
    finding = find(dataclasses.replace(healthy, epochs=epochs), "rate_above_zero")
    assert (finding.status, finding.fault) == (Status.FAILURE, "The learning rate was 0 after 3 of 6 epochs")
    assert find(dataclasses.replace(healthy, epochs=epochs[:4]), "rate_above_zero").status is Status.PASS


def test_more_training_stops_after_a_step_if_there_is_no_time_for_all(healthy: Evidence) -> None:
    run = dataclasses.replace(healthy, seconds=1e-6)
    assert run.codec and run.params
    with pytest.raises(BeamlineError, match=r"left out: diagnose.seconds"):
        train_on(run, run.codec, run.params, run.training_examples(run.params), 0.001)


@pytest.mark.parametrize(
    ("settings", "key", "status"),
    [
        ({"train.label_smoothing_factor": 0.9}, "train.label_smoothing_factor is unusually high", Status.FAILURE),
        ({"train.learning_rate": 0.00001}, "train.learning_rate is unusually low", Status.FAILURE),
        (
            {"generation.num_beams": 4, "generation.length_penalty": -5.0},
            "generation.length_penalty is",
            Status.FAILURE,
        ),
        ({"generation.no_repeat_ngram_size": 1}, "generation.no_repeat_ngram_size is unusually low", Status.FAILURE),
        ({"train.weight_decay": 0.15}, "train.weight_decay is unusually high", Status.WARNING),
    ],
)
def test_settings_outside_their_usual_range_are_suspects(
    healthy: Evidence, settings: dict[str, Any], key: str, status: Status
) -> None:
    assert healthy.root is not None
    path = healthy.root / "unusual.yaml"
    shutil.copy(healthy.root / "params.yaml", path)
    set_params(path, settings)
    check = "unusual_decoding" if key.startswith("generation") else "unusual_settings"
    finding = find(dataclasses.replace(healthy, params=read_params(path)), check)
    assert finding.status is status
    assert finding.fault.startswith(key)


@pytest.mark.parametrize(("shared", "status"), [(20, Status.FAILURE), (1, Status.WARNING), (0, Status.PASS)])
def test_test_dialogues_in_validation_are_counted(healthy: Evidence, shared: int, status: Status) -> None:
    assert healthy.splits is not None
    test, validation = healthy.splits["test"], healthy.splits["validation"]
    run = dataclasses.replace(healthy, splits={**healthy.splits, "validation": [*test[:shared], *validation[shared:]]})
    finding = find(run, "test_in_validation")
    assert finding.status is status
    assert finding.figure == shared / len(test)


def test_a_few_validation_dialogues_in_train_do_not_explain_a_model_that_reads_nothing(healthy: Evidence) -> None:
    """As in DialogSum, whose train has 6 % of its validation: the choice of the checkpoint gains nothing without."""
    assert healthy.splits is not None
    train, validation = healthy.splits["train"], healthy.splits["validation"]
    leaked = dataclasses.replace(healthy, splits={**healthy.splits, "train": [*train[4:], *validation[:4]]})
    results = [
        Result(check, check(leaked)) for check in CATALOGUE if check.name in ("validation_in_train", "training_size")
    ]
    assert [(result.check.name, result.finding.status, result.finding.points) for result in results] == [
        ("validation_in_train", Status.FAILURE, 0.0), ("training_size", Status.FAILURE, None)
    ]  # fmt: skip
    verdict = judge(leaked, results)
    assert (verdict.cause, verdict.suspect) == ("unknown", "training_size")
    assert judge(leaked, results[:1]).cause == "validation_in_train"
