"""Is the difference between two systems more than the noise of the test set? Paired tests on per-dialogue scores.

Both systems wrote summaries of the same dialogues, so everything here works on the differences, one row per dialogue.
What makes a dialogue hard for both systems cancels out. These tests can't see the noise of training: another seed gives
another model, and no resampling of one model's summaries says how far apart the two models are.
"""

from collections.abc import Sequence

import numpy as np

from beamline.metrics.intervals import RESAMPLES, FloatArray, Interval, resampled_means

PERMUTATIONS = 10_000
_CELLS = 2**20  # signs held in memory at a time: 8 MiB


def difference_intervals(differences: FloatArray, *, seed: int, resamples: int = RESAMPLES) -> list[Interval]:
    """Return 95 % intervals for the mean of each column of `differences`, [dialogues, scores] float64 in -1 to 1.

    The percentile interval of the paired bootstrap: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
    chapter 13; for such comparisons, Koehn, "Statistical Significance Tests for Machine Translation Evaluation" (2004).
    Dialogues are drawn with replacement, with both systems' scores. The interval goes from the 2.5 % to the 97.5 %
    quantile of the resamples' mean differences.

    `mean_intervals` has the studentized interval instead. Differences are not skewed as scores are, so both kinds hold
    the true value equally often. But two beam sizes often agree on nearly every dialogue. If a resample may draw none
    that differs, the studentized interval of a difference of 0.1 points spans a hundred points. Trust neither if fewer
    than about ten dialogues differ: an interval can't foresee dialogues of a kind that it never saw.

    One dialogue says nothing about others: its interval is the whole range.
    """
    if len(differences) == 1:
        return [Interval(-1.0, 1.0)] * differences.shape[1]
    means = resampled_means(differences, seed=seed, resamples=resamples)
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def difference_interval(differences: FloatArray, *, seed: int) -> Interval:
    """Return the interval of `difference_intervals` for one score; differences: [dialogues] float64 in -1 to 1."""
    return difference_intervals(differences[:, None], seed=seed)[0]


def randomization_p_values(differences: FloatArray, *, seed: int, permutations: int = PERMUTATIONS) -> list[float]:
    """Return two-sided p-values of the paired approximate-randomization test, one for each column of `differences`.

    differences: [dialogues, scores] float64, any unit.

    If the two systems are equally good, it is chance which of them wrote which summary of a dialogue. Swapping the two
    summaries turns the sign of the difference. p = (b + 1) / (m + 1): b of m random assignments of signs give a mean at
    least as far from 0 as the observed one. A dialogue has one sign for all its scores. Source: Noreen,
    "Computer-Intensive Methods for Testing Hypotheses" (1989). The added ones keep the test valid for any m.

    Unlike a t-test, it assumes nothing about the distribution of the scores. Unlike a p-value read from the bootstrap,
    it also keeps its level with few dialogues.

    Identical systems give 1. The smallest possible p is 1 / (m + 1), or 2 / 2 ** k if only k dialogues differ.
    """
    dialogues = len(differences)
    generator = np.random.default_rng(seed)
    # Sums that differ only by the order of adding count as equal.
    observed = np.abs(differences.sum(axis=0)) - 1e-12 * np.abs(differences).sum(axis=0)
    at_a_time = max(1, _CELLS // dialogues)
    as_far = np.zeros(differences.shape[1], dtype=np.int64)
    for start in range(0, permutations, at_a_time):
        rows = min(at_a_time, permutations - start)
        signs = 2.0 * generator.integers(0, 2, size=(rows, dialogues), dtype=np.int8) - 1.0
        as_far += (np.abs(signs @ differences) >= observed).sum(axis=0)
    return [(int(count) + 1) / (permutations + 1) for count in as_far]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values of several tests, corrected so that the chance of even one false alarm among them is 5 %.

    Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979). The smallest of k values is multiplied by k,
    the next by k - 1 and so on. No value falls below the one before it, and none exceeds 1. The tests need not be
    independent. It rejects whatever Bonferroni's correction rejects.
    """
    corrected = [0.0] * len(p_values)
    floor = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = floor
    return corrected
