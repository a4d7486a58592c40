"""Replay of the records: whether the metrics files and the curves belong to this run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import GenerationConfig

from beamline.core.params import Params
from beamline.core.records import Predictions
from beamline.decoding.transformers_backend import resolve_generation
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.recorded import Epoch, Recorded
from beamline.metrics import SETTINGS, fields_to_compare, read_signature

_EQUAL = 1e-6  # the last digits of a score, which the order of adding can change
_EVALUATE = "dvc repro --force --single-item evaluate"


@check(Kind.REPLAY, "The recorded score was measured differently from params.yaml")
def signature(run: Evidence, predictions: Predictions, recorded: Recorded) -> Finding:
    """Compares the signature in metrics/rouge.json with the one that the predictions get today.

    Failure if a setting of the metric differs. Warning if only versions of packages differ: they rarely change a score,
    but `compare` refuses to compare such scores.
    """
    current = read_signature(run.reported_scorer.signature())
    before = read_signature(str(recorded.rouge.get("signature", "")))
    compared = [name for name in fields_to_compare(current, before) if name in current]
    differing = [name for name in compared if before.get(name) != current[name]]
    listed = ", ".join(f"{name}:{before.get(name, '')} instead of {current[name]}" for name in differing)
    if not differing:
        return passed("the signature in metrics/rouge.json belongs to these predictions", figure=0, threshold="0")
    finding = failed if SETTINGS.intersection(differing) else warned
    return finding(f"the signature in metrics/rouge.json has {listed}", _EVALUATE, figure=len(differing), threshold="0")


@check(Kind.REPLAY, "Scores in metrics/rouge.json are not those of the predictions")
def recorded_scores(run: Evidence, predictions: Predictions, recorded: Recorded) -> Finding:
    """Scores the predictions again as the run reported them, and compares the scores with metrics/rouge.json.

    Failure if a score differs by more than 0.0001 points, one in a million. Only the order of addition can change it at
    all.
    """
    measured, headline = run.reported_scorer.score(predictions.summaries).means(), run.headline
    before = _numbers(recorded.rouge.get("test"))
    # A column that is not recorded belongs to a metric that came later. The headline has to be there.
    gaps = {name: score - before.get(name, 0.0) for name, score in measured.items() if name in {headline, *before}}
    figure, points = 100 * max(gaps.values(), key=abs), 100 * gaps[headline]
    meaning = f"metrics/rouge.json has a test {headline} of {100 * before.get(headline, 0.0):.2f}; the predictions"
    meaning, threshold = f"{meaning} score {100 * measured[headline]:.2f}", "a difference of at most 0.0001 points"
    if max(map(abs, gaps.values())) <= _EQUAL:
        return passed(meaning, figure=figure, threshold=threshold)
    advice = f"reports/predictions.jsonl and metrics/rouge.json come from two evaluations; run: {_EVALUATE}"
    return failed(meaning, advice, figure=figure, threshold=threshold, points=points)


@check(Kind.REPLAY, "Decoding used other settings than params.yaml has now")
def settings_in_force(run: Evidence, params: Params, recorded: Recorded) -> Finding:
    """Compares the settings that decoding used, in metrics/generation.json, with params.yaml.

    Failure if one differs. Settings that this kind of decoding ignores are listed, and are no fault.
    """
    expected = resolve_generation(params.generation, {}, GenerationConfig())
    found = recorded.generation.get("settings", {})
    names = sorted(expected.settings.keys() | found.keys())
    differing = [name for name in names if expected.settings.get(name) != found.get(name)]
    if differing:
        listed = ", ".join(f"{name} {found.get(name)} instead of {expected.settings.get(name)}" for name in differing)
        meaning = f"metrics/generation.json has {listed}"
        return failed(meaning, "run: dvc repro", figure=len(differing), threshold="0")
    meaning = f"all {len(names)} settings were in force"
    if expected.ignored:
        reasons = " or ".join(sorted(set(expected.ignored.values())))
        meaning += f"; ignored: {', '.join(expected.ignored)} ({reasons})"
    return passed(meaning, figure=0, threshold="0")


@check(Kind.REPLAY, "metrics/train.json and models come from different trainings")
def training_metrics(run: Evidence, recorded: Recorded, checkpoint: Path, kept: Sequence[Path]) -> Finding:
    """Compares the number of parameters, the best epoch and its validation loss in metrics/train.json with models.

    Failure if one of them differs, or if the evaluated checkpoint is not among the kept ones.
    """
    listed = recorded.checkpoints
    found = {
        **(listed[0] if listed else {}),
        "best_epoch": listed[0].get("epoch") if listed else None,
        "parameters": sum(p.numel() for p in run.model.parameters()),
    }
    names = ("parameters", "best_epoch", "validation_loss")
    differing = [name for name in names if recorded.train.get(name) != found.get(name)]
    if checkpoint.name not in [entry.get("name") for entry in listed]:
        return failed(f"{checkpoint.name} was evaluated, and is not a kept checkpoint", "run: dvc repro evaluate")
    if differing:
        pairs = [f"{name} {recorded.train.get(name)} in metrics/train.json, {found.get(name)}" for name in differing]
        meaning = f"{'; '.join(pairs)} in models"
        return failed(meaning, "dvc checkout, or: dvc repro train", figure=len(differing), threshold="0")
    return passed("metrics/train.json has the size and the best loss of the model in models", figure=0, threshold="0")


@check(Kind.REPLAY, "The training curves come from another training")
def training_curves(run: Evidence, recorded: Recorded, epochs: Sequence[Epoch]) -> Finding:
    """Compares the validation loss of the best epoch in the training curves with metrics/train.json.

    Failure if the two differ.
    """
    losses = {epoch.epoch: epoch.validation_loss for epoch in epochs}
    best = recorded.train.get("best_epoch", 0)
    drawn, found = losses.get(best), recorded.train.get("validation_loss")
    if _numbers_are_equal(drawn, found):
        return passed("the curves have the best validation loss of metrics/train.json", figure=0, threshold="0")
    meaning = f"epoch {best} of the curves has a validation loss of {drawn}, and metrics/train.json {found}"
    return failed(meaning, "run: dvc repro --force train", figure=1, threshold="0")


def _numbers(values: Any) -> dict[str, float]:
    """Return the recorded values that are numbers, by name. Intervals, which are lists, are left out."""
    return {name: value for name, value in (values or {}).items() if isinstance(value, int | float)}


def _numbers_are_equal(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= _EQUAL * max(1.0, abs(other))
    return bool(one == other)
