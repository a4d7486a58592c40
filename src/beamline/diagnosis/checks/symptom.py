"""How a symptom is judged: a failure, but of a model that was still learning when training ended only a warning."""

from beamline.diagnosis.checks.check import TELL_APART, Explanation, Finding, failed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.loss_curves import read_loss_curves

UNDERTRAINED = Explanation(
    "training was too short", "training_is_long_enough; train.num_train_epochs: three times as many"
)


def seen(
    run: Evidence, meaning: str, *, figure: float | None = None, threshold: str = "", points: float | None = None
) -> Finding:
    if is_still_learning(run):
        meaning = f"{meaning} (the model was still learning)"
        return warned(meaning, TELL_APART, figure=figure, threshold=threshold, points=points)
    return failed(meaning, TELL_APART, figure=figure, threshold=threshold, points=points)


def noticed(
    run: Evidence, meaning: str, *, figure: float | None = None, threshold: str = "", points: float | None = None
) -> Finding:
    """The same where it is only unusual: a warning of any model."""
    return warned(meaning, TELL_APART, figure=figure, threshold=threshold, points=points)


def is_still_learning(run: Evidence) -> bool:
    """Whether the validation loss was falling when training ended; False where there are no curves."""
    if run.epochs is None or run.splits is None or run.codec is None:
        return False
    return read_loss_curves(run).still_falls
