"""The gain of a change: the points of the same dialogues with it and without it, with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beamline.diagnosis.evidence import Evidence
from beamline.metrics.intervals import FloatArray, resampled_means

INTERVENTIONS = 25  # that a diagnosis may try; intervals are widened for this number (Bonferroni)
POINT = 1.0  # the smallest gain that is reported: a hundred dialogues can't measure less


@dataclass(frozen=True)
class Gain:
    """Points that a change gains, 100 × the headline score, with an interval corrected for all interventions."""

    points: float
    low: float
    high: float

    @property
    def is_cause(self) -> bool:
        """Return whether the gain is at least one point, and its interval is above 0."""
        return self.low > 0 and self.points >= POINT

    def __str__(self) -> str:
        return f"{self.points:+.1f} points ({self.low:+.1f} to {self.high:+.1f})"


def gain_of_scores(scores: FloatArray, others: FloatArray, *, seed: int) -> Gain:
    """Return the gain of `scores` over `others`, each float64 [dialogues] in 0-1, paired by dialogue.

    The interval is the percentile interval of the paired bootstrap at 1 - 0.05 / `INTERVENTIONS`. So all interventions'
    intervals together hold the true gains with 95 % confidence. For a single dialogue it is the whole range.
    """
    differences = scores - others
    if not differences.any():
        return Gain(0.0, 0.0, 0.0)
    if len(differences) == 1:
        return Gain(100 * float(differences[0]), -100.0, 100.0)
    tail = 0.025 / INTERVENTIONS
    low, high = np.quantile(resampled_means(differences[:, None], seed=seed)[:, 0], [tail, 1 - tail])
    return Gain(100 * float(differences.mean()), 100 * float(low), 100 * float(high))


def gain(run: Evidence, split: str, summaries: Sequence[str], others: Sequence[str]) -> Gain:
    """Return the gain of `summaries` over `others`, both of a split's sample."""
    if list(summaries) == list(others):
        return Gain(0.0, 0.0, 0.0)
    return gain_of_scores(run.sample_scores(split, summaries), run.sample_scores(split, others), seed=run.seed)
