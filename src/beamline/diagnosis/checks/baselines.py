"""Baselines: whether the model is better than summaries that need no model."""

from collections.abc import Sequence

from beamline.core.errors import BeamlineError
from beamline.core.records import Predictions
from beamline.diagnosis.checks.check import Explanation, Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.checks.data.leakage import test_in_train
from beamline.diagnosis.checks.learning.curves import training_length
from beamline.diagnosis.checks.learning.probe import more_training
from beamline.diagnosis.checks.learning.reading import training_size
from beamline.diagnosis.checks.metric import predicted_dialogues, row_order, tokenizer_coverage
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.parts import Splits
from beamline.metrics.significance import difference_interval

_MARGIN = 0.05  # of the headline score
_UNINFORMED = ("random training summary", "typical training summary")
_WEAK = Explanation("The model is too small", "a larger one, or a checkpoint (model.name)")


@check(
    Kind.SYMPTOM,
    "The model is no better than a summary that ignores the dialogue",
    may_be=[tokenizer_coverage, row_order, predicted_dialogues, training_size, training_length, more_training, _WEAK],
)
def uninformed_baselines(run: Evidence, predictions: Predictions, splits: Splits) -> Finding:
    """Compares the scores with a training summary drawn at random, and with the one most like the others.

    Failure if the paired interval of the difference to the better of them is nowhere above 5 points: the model has at
    best learned how summaries sound. Warning if the interval is not above 0. The default run is 33 points above.
    """
    return _against(run, _UNINFORMED)


@check(
    Kind.SYMPTOM,
    "The model is no better than a copied utterance, or the summary of a similar dialogue",
    may_be=[training_size, training_length, more_training, test_in_train, _WEAK],
)
def informed_baselines(run: Evidence, predictions: Predictions) -> Finding:
    """Compares the scores with LEAD-1 and LEAD-3, the longest utterance, and the nearest training dialogue's summary.

    Warning if the paired interval of the difference to the best of them is not above 0. These baselines are good if
    dialogues follow templates, or begin with what matters.
    """
    return _against(run, [name for name in run.leads if name not in _UNINFORMED])


def gap_to_baselines(run: Evidence) -> str:
    """Return a sentence that compares the model with the best baseline; empty if no baseline is known."""
    try:
        leads = {name: 100 * float(lead.mean()) for name, lead in run.leads.items()}
        score = 100 * float(run.scores.mean())
    except BeamlineError:
        return ""
    if not leads:
        return ""
    name = min(leads, key=lambda name: leads[name])
    return f"{run.headline} {score:.1f}; best trivial baseline: {name}, {score - leads[name]:.1f}."


def _against(run: Evidence, names: Sequence[str]) -> Finding:
    known = [name for name in names if name in run.leads]
    if not known:
        return not_applicable("needs dialogues beside the predictions")
    name = min(known, key=lambda name: float(run.leads[name].mean()))
    lead = run.leads[name]
    figure, interval = 100 * float(lead.mean()), difference_interval(lead, seed=run.seed)
    side = "better" if figure >= 0 else "worse"
    meaning = (
        f"the model is {abs(figure):.1f} points {side} than the {name}"
        f" ({100 * interval.low:+.1f} to {100 * interval.high:+.1f})"
    )
    if known[0] in _UNINFORMED and interval.high <= _MARGIN:
        return failed(meaning, "", figure=figure, threshold="interval not below 5 points")
    if interval.low > 0:
        return passed(meaning, figure=figure, threshold="interval above 0 points")
    return warned(meaning, "", figure=figure, threshold="interval above 0 points")
