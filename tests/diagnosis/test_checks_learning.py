"""Checks of the learning family: each finds its fault in a run that has it, and nothing in a healthy one."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from support.small_run import find, small_run

from beamline.diagnosis.checks import CATALOGUE, Status
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.recorded import Epoch
from beamline.training import batching

pytestmark = pytest.mark.extended

CAUSES = [each.name for each in CATALOGUE if each.family == "learning" and not each.is_symptom]
DEFAULT_RUN = [(4.86, 2.78), (2.13, 1.33), (1.16, 0.84), (0.82, 0.70), (0.67, 0.65), (0.58, 0.60), (0.51, 0.54),
               (0.43, 0.48), (0.37, 0.462), (0.33, 0.456)]  # fmt: skip


def found(run: Evidence) -> dict[str, Status]:
    statuses = {name: find(run, name).status for name in CAUSES}
    return {name: status for name, status in statuses.items() if status in (Status.FAILURE, Status.WARNING)}


def with_losses(run: Evidence, losses: Sequence[tuple[float, float]], rate: float = 0.002) -> Evidence:
    """The run with other training curves: of each epoch the training and the validation loss."""
    return dataclasses.replace(run, epochs=[Epoch(number, *each, rate) for number, each in enumerate(losses, start=1)])


def with_summaries(run: Evidence, summaries: Sequence[str]) -> Evidence:
    assert run.predictions is not None
    return dataclasses.replace(run, predictions=dataclasses.replace(run.predictions, summaries=summaries))


def written_with(run: Evidence, *, dropout: bool = False, **changes: Any) -> Evidence:
    """The run with test predictions that were decoded in another way than params.yaml says."""
    assert run.params is not None and run.splits is not None
    generation = run.params.generation.model_copy(update=changes)
    summaries = run.summarize(run.model, run.model_codec, generation, run.splits["test"], seed=7, dropout=dropout)
    return with_summaries(run, summaries)


def test_a_healthy_run_has_no_cause(healthy: Evidence) -> None:
    assert found(healthy) == {}


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (DEFAULT_RUN, {}),
        (DEFAULT_RUN[:1], {"training_is_long_enough": Status.WARNING}),
        (DEFAULT_RUN[:2], {"training_is_long_enough": Status.WARNING}),
        ([(6.77, 6.51), (6.32, 6.28)], {"training_is_long_enough": Status.WARNING}),  # 16 steps, and still falling
        ([(5.51, 4.90), (4.77, 4.67), (4.51, 4.555)], {"training_is_long_enough": Status.WARNING}),  # 78 steps
        ([(182.4, 122.5), (63.6, 26.3), (14.2, 6.0)], {"loss_falls": Status.FAILURE}),
        ([(6.87, 5.42), (5.37, 5.39), (5.29, 5.30)], {"loss_falls": Status.FAILURE}),
        ([(6.30, 6.29), (6.29, 6.28), (6.29, 6.28)], {"loss_falls": Status.FAILURE}),
        ([(4.9, 2.8), (2.1, 1.3), (4.0, 3.5)], {"loss_falls": Status.FAILURE}),
        ([(float("nan"), float("nan"))], {"loss_falls": Status.FAILURE}),
        ([(3.0, 2.0), (1.0, 1.0), (0.5, 1.2)], {"training_does_not_overfit": Status.WARNING}),
    ],
)  # fmt: skip
def test_curves_say_whether_training_worked(
    healthy: Evidence, losses: list[tuple[float, float]], expected: dict[str, Status]
) -> None:
    names = ("loss_falls", "training_is_long_enough", "training_does_not_overfit")
    run = with_losses(healthy, losses)
    assert {name: status for name, status in found(run).items() if name in names} == expected


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
    for name in ("loss_falls", "training_is_long_enough", "training_does_not_overfit"):
        find(run, name)  # which compares them


def test_whether_tags_are_trained_cannot_be_told_of_a_model_that_has_learnt_nothing(tmp_path: Path) -> None:
    run = small_run(tmp_path, {"train.num_train_epochs": 1, "train.learning_rate": 1e-7})
    assert find(run, "speaker_tags_are_trained").status is Status.NOT_APPLICABLE


def test_a_learning_rate_of_zero_is_the_one_cause(tmp_path: Path) -> None:
    run = small_run(tmp_path, {"train.learning_rate": 0.0, "train.num_train_epochs": 2})
    assert found(run) == {"learning_rate_is_above_zero": Status.FAILURE}
    assert find(run, "loss_beats_word_frequencies").status is Status.FAILURE
    assert find(run, "source_is_read").status is Status.FAILURE


def after_steps(run: Evidence, steps: int) -> Evidence:
    """The run as if its training had ended after so many steps."""
    assert run.recorded is not None
    recorded = dataclasses.replace(run.recorded, train={**run.recorded.train, "steps": steps})
    return dataclasses.replace(run, recorded=recorded)


def test_a_training_that_ended_within_its_warm_up_is_the_one_cause(tmp_path: Path) -> None:
    run = small_run(tmp_path, {"train.num_train_epochs": 1, "train.warmup_steps": 2_000, "train.learning_rate": 5e-5})
    assert found(run)["learning_rate_reaches_its_peak"] is Status.FAILURE
    assert [name for name, status in found(run).items() if status is Status.FAILURE] == [
        "learning_rate_reaches_its_peak"
    ]
    assert find(run, "training_is_long_enough").status is not Status.PASS
    finding = find(run, "learning_rate_reaches_its_peak")
    assert "never to its peak, 5e-05" in finding.meaning
    assert "train.warmup_steps" in finding.advice


@pytest.mark.parametrize(
    ("steps", "status"),
    [(1, Status.FAILURE), (2, Status.FAILURE), (3, Status.WARNING), (5, Status.WARNING), (6, Status.PASS)],
)
def test_the_peak_is_behind_the_warm_up_of_five_steps(healthy: Evidence, steps: int, status: Status) -> None:
    assert find(after_steps(healthy, steps), "learning_rate_reaches_its_peak").status is status


def test_the_only_step_of_a_warm_up_has_a_rate_of_zero_that_nobody_asked_for(healthy: Evidence) -> None:
    run = after_steps(with_losses(healthy, [(6.3, 6.3)], rate=0.0), 1)
    assert find(run, "learning_rate_is_above_zero").status is Status.NOT_APPLICABLE
    assert find(run, "learning_rate_reaches_its_peak").status is Status.FAILURE


def test_an_explosion_within_the_warm_up_calls_for_no_higher_rate(healthy: Evidence) -> None:
    run = after_steps(with_losses(healthy, [(182.4, 122.5), (63.6, 26.3)]), 3)
    assert find(run, "learning_rate_reaches_its_peak").status is Status.NOT_APPLICABLE
    assert find(run, "loss_falls").status is Status.FAILURE


def test_a_source_that_was_masked_away_is_the_one_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Masking(batching.Collator):
        def __call__(self, examples: Any) -> dict[str, torch.Tensor]:
            tensors = super().__call__(examples)
            return {**tensors, "attention_mask": torch.zeros_like(tensors["attention_mask"])}

    monkeypatch.setattr("beamline.training.trainer.Collator", Masking)  # the fault: nothing of the diagnosis is changed
    run = small_run(tmp_path, {})
    assert [name for name, status in found(run).items() if status is Status.FAILURE] == ["source_is_attended"]
    assert find(run, "source_is_read").status in (Status.FAILURE, Status.WARNING)


@pytest.mark.parametrize(("epochs", "seed"), [(1, 42), (1, 2), (2, 2)])
def test_a_short_training_is_undertrained_and_nothing_else(tmp_path: Path, epochs: int, seed: int) -> None:
    run = small_run(tmp_path, {"train.num_train_epochs": epochs, "seed": seed})
    assert found(run) == {"training_is_long_enough": Status.WARNING}
    symptoms = {find(run, each.name).status for each in CATALOGUE if each.family == "learning" and each.is_symptom}
    assert Status.FAILURE not in symptoms


def test_dropout_is_known_from_other_ways_of_decoding(healthy: Evidence) -> None:
    assert found(written_with(healthy, dropout=True)) == {"dropout_is_off": Status.FAILURE}
    assert found(written_with(healthy, max_length=12)) == {}
    assert found(written_with(healthy, no_repeat_ngram_size=1)) == {}


def test_edited_or_moved_summaries_are_not_called_dropout(healthy: Evidence) -> None:
    assert healthy.predictions is not None
    summaries = list(healthy.predictions.summaries)
    assert found(with_summaries(healthy, [text.lower() for text in summaries])) == {}
    assert found(with_summaries(healthy, summaries[1:] + summaries[:1])) == {}


def test_a_worse_checkpoint_than_another_one_kept_is_found_with_its_points(tmp_path: Path) -> None:
    run = small_run(tmp_path, {"train.num_train_epochs": 16, "train.keep": 16})
    first, last = (tmp_path / "models" / name for name in ("epoch-001", "epoch-016"))
    assert run.kept is not None and {first, last} <= {*run.kept}
    # Of these two alone: twenty dialogues show no difference that has to stand out among fifteen.
    run = dataclasses.replace(run, checkpoint=first, kept=[first, last])
    finding = find(written_with(run), "best_checkpoint_is_evaluated")
    assert finding.status is Status.FAILURE
    assert finding.points is not None and finding.points > 0


@pytest.mark.parametrize(("shared", "status"), [(20, Status.FAILURE), (1, Status.WARNING), (0, Status.PASS)])
def test_test_dialogues_in_validation_are_counted(healthy: Evidence, shared: int, status: Status) -> None:
    assert healthy.splits is not None
    test, validation = healthy.splits["test"], healthy.splits["validation"]
    run = dataclasses.replace(healthy, splits={**healthy.splits, "validation": [*test[:shared], *validation[shared:]]})
    finding = find(run, "validation_is_not_test")
    assert finding.status is status
    assert finding.figure == shared / len(test)
