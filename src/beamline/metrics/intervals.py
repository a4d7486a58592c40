"""Confidence intervals for the mean of per-example scores, by resampling the examples."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 10_000
_CELLS = 2**20  # counts drawn at a time: 8 MiB
_KEPT_CELLS = 8 * _CELLS  # of the counts that are kept for other scores of as many examples


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval, in the unit of the scores."""

    low: float
    high: float


def resampled_means(scores: FloatArray, *, seed: int, resamples: int = RESAMPLES) -> FloatArray:
    """Return the means of `resamples` samples, [resamples, columns]. Each draws as many examples as there are.

    scores: [examples, columns] float64, any unit. Examples are drawn with replacement. An example is drawn whole: its
    columns stay together, and so does what a row sums up (several references of one dialogue).
    """
    examples = len(scores)
    draw = _keep_counts if examples * resamples <= _KEPT_CELLS else _draw_counts
    return np.concatenate([counts @ scores for counts in draw(examples, seed, resamples)]) / examples


def _draw_counts(examples: int, seed: int, resamples: int) -> Iterator[FloatArray]:
    """Yield how often each example was drawn in each resample, [some resamples, examples].

    A product with such a matrix sums all columns of scores at once.
    """
    generator = np.random.default_rng(seed)
    at_a_time = max(1, _CELLS // examples)
    for start in range(0, resamples, at_a_time):
        rows = min(at_a_time, resamples - start)
        drawn = generator.integers(0, examples, size=(rows, examples)) + np.arange(rows)[:, None] * examples
        yield np.bincount(drawn.ravel(), minlength=rows * examples).reshape(rows, examples).astype(np.float64)


@lru_cache(maxsize=2)
def _keep_counts(examples: int, seed: int, resamples: int) -> tuple[FloatArray, ...]:
    """Return what `_draw_counts` yields. The next interval of as many examples takes about a sixth of the time."""
    return tuple(_draw_counts(examples, seed, resamples))


def mean_intervals(scores: FloatArray, *, seed: int, resamples: int = RESAMPLES) -> list[Interval]:
    """Return 95 % intervals for the mean of each column of `scores`, [examples, columns] float64 in 0-1.

    The studentized (bootstrap-t) interval: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 12.
    Let error be standard deviation / sqrt(examples), of the scores and of each resample. Let q be the quantiles over
    the resamples of (resample's mean - mean) / resample's error. The interval goes from mean - q(97.5 %) * error to
    mean - q(2.5 %) * error, cut to 0-1.

    The percentile interval is too short for skewed scores. For a weak model, whose ROUGE-2 is mostly 0, it holds the
    true mean in 92 % of test sets of 100 examples; this interval holds it in 96 %.

    One example says nothing about others: its interval is the whole range. The interval of equal scores has no width.
    """
    if len(scores) == 1:
        return [Interval(0.0, 1.0)] * scores.shape[1]
    mean = scores.mean(axis=0)
    # Rounding must not make equal scores differ.
    centered = np.where(np.ptp(scores, axis=0) == 0, 0, scores - mean)
    drawn = resampled_means(np.hstack([centered, centered**2]), seed=seed, resamples=resamples)
    shifts, squares = np.hsplit(drawn, 2)
    spreads = np.sqrt(np.maximum(squares - shifts**2, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        # A resample without spread is infinitely many errors away, or 0 errors if it is the mean itself (0 / 0).
        errors_away = np.nan_to_num(shifts / spreads, nan=0, posinf=np.inf, neginf=-np.inf)
    # Order statistics, because interpolating between infinities gives no number.
    lower, upper = np.quantile(errors_away, [0.025, 0.975], axis=0, method="inverted_cdf")
    spread = centered.std(axis=0)
    low, high = np.clip([mean - upper * spread, mean - lower * spread], 0, 1)
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]
