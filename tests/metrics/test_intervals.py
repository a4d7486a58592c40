"""The interval against an independent implementation and against simulation."""

import numpy as np
import pytest
from scipy import stats

from beamline.metrics import intervals as bootstrap
from beamline.metrics.intervals import FloatArray, Interval, mean_intervals, resampled_means


def rouge1_like(generator: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    return generator.beta(2, 3, size=shape)  # mean 0.4


def rouge2_like(generator: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """A fifth of the examples share no bigram; the rest is skewed. Mean 0.8 / 6."""
    return generator.beta(0.5, 2.5, size=shape) * (generator.random(shape) > 0.2)


def weak_rouge2_like(generator: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Four fifths share no bigram. Mean 0.2 / 6."""
    return generator.beta(1, 5, size=shape) * (generator.random(shape) > 0.8)


@pytest.mark.parametrize(
    ("examples", "draw", "truth"),
    [
        (30, rouge1_like, 0.4),
        (100, rouge1_like, 0.4),
        (100, rouge2_like, 0.8 / 6),
        (500, rouge2_like, 0.8 / 6),
        (500, weak_rouge2_like, 0.2 / 6),
    ],
)
@pytest.mark.slow
def test_interval_holds_the_true_mean_in_95_of_100_test_sets(examples, draw, truth):
    assert 0.94 <= held_share(examples, draw, truth, studentized_intervals) <= 0.96


@pytest.mark.slow
def test_interval_of_few_skewed_scores_errs_on_the_long_side_where_percentiles_are_too_short():
    held = held_share(
        100, weak_rouge2_like, 0.2 / 6, lambda sets, seed: mean_intervals(sets, seed=seed, resamples=2000)
    )
    assert 0.94 <= held <= 0.97
    assert held_share(100, weak_rouge2_like, 0.2 / 6, percentile_intervals) < 0.93


def studentized_intervals(scores: FloatArray, seed: int) -> list[Interval]:
    return mean_intervals(scores, seed=seed, resamples=2000)


def percentile_intervals(scores: FloatArray, seed: int) -> list[Interval]:
    low, high = np.quantile(resampled_means(scores, seed=seed, resamples=2000), [0.025, 0.975], axis=0)
    return [Interval(*bounds) for bounds in zip(low, high, strict=True)]


def held_share(examples, draw, truth, intervals) -> float:
    """Share of simulated test sets whose interval holds the true mean; its standard error is 0.002."""
    simulations, at_a_time = 10_000, 100
    held = 0
    for seed in range(simulations // at_a_time):
        test_sets = draw(np.random.default_rng(seed), (examples, at_a_time))  # a test set is a column
        held += sum(interval.low <= truth <= interval.high for interval in intervals(test_sets, 1000 + seed))
    return held / simulations


def test_resampled_means_are_distributed_as_scipys():
    scores = rouge2_like(np.random.default_rng(1), (80, 1))
    ours = resampled_means(scores, seed=2, resamples=20_000)[:, 0]
    scipys = stats.bootstrap(
        (scores[:, 0],), np.mean, n_resamples=20_000, rng=np.random.default_rng(3)
    ).bootstrap_distribution
    points = [0.01, 0.1, 0.5, 0.9, 0.99]
    np.testing.assert_allclose(np.quantile(ours, points), np.quantile(scipys, points), rtol=0.015)


def test_seed_decides_the_interval_and_memory_limit_does_not(monkeypatch):
    scores = rouge1_like(np.random.default_rng(1), (70, 3))
    intervals = mean_intervals(scores, seed=0)
    assert mean_intervals(scores, seed=0) == intervals
    assert mean_intervals(scores, seed=1) != intervals

    means = resampled_means(scores, seed=0, resamples=1000)
    monkeypatch.setattr(bootstrap, "_CELLS", 100)
    np.testing.assert_allclose(resampled_means(scores, seed=0, resamples=1000), means, rtol=0, atol=1e-14)


def test_columns_of_an_example_are_drawn_together():
    score = rouge1_like(np.random.default_rng(1), (50, 1))
    means = resampled_means(np.hstack([score, 1 - score]), seed=0, resamples=500)
    np.testing.assert_allclose(means.sum(axis=1), 1)


def test_one_example_has_the_whole_range_and_equal_examples_have_none():
    assert mean_intervals(np.array([[0.3, 0.4]]), seed=0) == [Interval(0.0, 1.0)] * 2
    low_high = mean_intervals(np.tile([0.0, 0.1, 1.0], (10, 1)), seed=0)
    np.testing.assert_allclose([[interval.low, interval.high] for interval in low_high], [[0, 0], [0.1, 0.1], [1, 1]])


def test_interval_stays_in_the_range_and_holds_the_mean():
    scores = np.zeros((10, 3))
    scores[0] = [1.0, 0.01, 0.5]
    for mean, interval in zip(scores.mean(axis=0), mean_intervals(scores, seed=0), strict=True):
        assert 0 <= interval.low <= mean <= interval.high <= 1
