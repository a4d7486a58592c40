"""What a change brings: the points of the same dialogues with it and without it, with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beamline.diagnosis.evidence import Evidence
from beamline.metrics.intervals import FloatArray, resampled_means

INTERVENTIONS = 24  # that a diagnosis may try; each interval is widened for so many (Bonferroni)
POINT = 1.0  # the least gain that is worth naming: as much as a hundred dialogues can tell


@dataclass(frozen=True)
class Gain:
    """Points, 100 × the headline score, that a change brings, with the interval that is corrected for all changes."""

    points: float
    low: float
    high: float

    @property
    def is_cause(self) -> bool:
        """Return whether the change surely brings something, and at least a point."""
        return self.low > 0 and self.points >= POINT

    def __str__(self) -> str:
        return f"{self.points:+.1f} points ({self.low:+.1f} to {self.high:+.1f})"


def gain_of_scores(scores: FloatArray, others: FloatArray, *, seed: int) -> Gain:
    """Return the gain of `scores` over `others`, each float64 [dialogues] in 0-1, paired by dialogue.

    The interval holds the true gain with 95 % confidence for all `INTERVENTIONS` together: the percentile interval of
    the paired bootstrap at 1 - 0.05 / `INTERVENTIONS`. Of a single dialogue it is the whole range.
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
    """Return the gain of `summaries` of a split's sample over `others`."""
    if list(summaries) == list(others):
        return Gain(0.0, 0.0, 0.0)
    return gain_of_scores(run.sample_scores(split, summaries), run.sample_scores(split, others), seed=run.seed)
