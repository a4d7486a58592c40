"""The paired tests against scipy's, against simulation, and by what must hold for any data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from beamline.metrics.intervals import FloatArray, Interval
from beamline.metrics.significance import difference_intervals, holm, randomization_p_values

differences = st.lists(st.integers(-64, 64).map(lambda value: value / 64), min_size=2, max_size=30).map(
    lambda values: np.array(values)[:, None]
)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def paired_scores(generator: np.random.Generator, dialogues: int) -> tuple[FloatArray, FloatArray]:
    """Two systems: a dialogue is as hard for both, a third of the summaries are the same, B is a little better."""
    difficulty = generator.beta(2, 3, size=dialogues)
    a, b = np.clip(difficulty + generator.normal([[0], [0.03]], 0.1, size=(2, dialogues)), 0, 1)
    return a, np.where(generator.random(dialogues) < 1 / 3, a, b)


@pytest.mark.parametrize(
    ("dialogues", "seed"), [(12, 1), (12, 2), (80, 3), pytest.param(500, 4, marks=pytest.mark.slow)]
)
def test_p_value_is_scipys(dialogues, seed):
    a, b = paired_scores(np.random.default_rng(seed), dialogues)
    scipys = stats.permutation_test(
        (a, b),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",  # pairs; with 12 dialogues it goes through all assignments
        n_resamples=20_000,
        vectorized=True,
        rng=np.random.default_rng(seed),
    ).pvalue
    ours = randomization_p_values((b - a)[:, None], seed=seed, permutations=20_000)[0]
    monte_carlo_error = np.sqrt(2 * scipys * (1 - scipys) / 20_000)
    assert ours == pytest.approx(scipys, abs=4 * monte_carlo_error + 2 / 20_000)


@pytest.mark.parametrize(("dialogues", "seed"), [(30, 1), (200, 2), pytest.param(500, 3, marks=pytest.mark.slow)])
def test_interval_is_scipys(dialogues, seed):
    a, b = paired_scores(np.random.default_rng(seed), dialogues)
    scipys = stats.bootstrap(
        (a, b),
        lambda x, y, axis: np.mean(y - x, axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=50_000,
        rng=np.random.default_rng(seed),
    )
    ours = difference_intervals((b - a)[:, None], seed=seed, resamples=50_000)[0]
    low, high = scipys.confidence_interval
    # A 2.5 % quantile of so many resamples is uncertain by about 1 % of their standard deviation.
    assert [ours.low, ours.high] == pytest.approx([low, high], abs=0.05 * scipys.standard_error)


def test_equal_systems_differ_significantly_in_5_of_100_test_sets():
    def equal_systems(generator: np.random.Generator) -> FloatArray:
        """Which of two summaries is whose is chance; two fifths of them are the same, some are far apart."""
        difficulty = generator.beta(2, 3, size=(100, 100))  # a test set is a column
        a, b = difficulty * generator.beta(5, 1, size=(2, 100, 100))
        return np.where(generator.random((100, 100)) < 0.4, 0, b - a)

    found = [
        randomization_p_values(equal_systems(np.random.default_rng(seed)), seed=1000 + seed, permutations=1000)
        for seed in range(40)
    ]
    assert 0.035 <= np.mean(np.array(found) < 0.05) <= 0.065


@pytest.mark.slow
@pytest.mark.parametrize(("dialogues", "share"), [(100, 1.0), (500, 1.0), (500, 0.5), (500, 0.1)])
def test_interval_holds_the_true_difference_in_95_of_100_test_sets(dialogues, share):
    """share: of the summaries that differ."""
    held, at_a_time, calls = 0, 100, 60
    truth = share * 0.6 / 3.5 - share * 0.4 / 3.5
    for seed in range(calls):
        generator = np.random.default_rng(seed)
        sizes = generator.beta(1, 2.5, size=(dialogues, at_a_time))
        signs = np.where(generator.random(sizes.shape) < 0.6, 1, -1)
        test_sets = sizes * signs * (generator.random(sizes.shape) < share)
        intervals = difference_intervals(test_sets, seed=1000 + seed, resamples=1500)
        held += sum(interval.low <= truth <= interval.high for interval in intervals)
    assert 0.935 <= held / (calls * at_a_time) <= 0.96


def test_identical_systems_have_p_1_and_an_interval_without_width():
    same = np.zeros((50, 3))
    assert randomization_p_values(same, seed=0) == [1.0] * 3
    assert difference_intervals(same, seed=0) == [Interval(0.0, 0.0)] * 3


def test_few_dialogues_that_differ_cannot_be_significant():
    """Three gains give a mean this far from 0 in 2 of 8 assignments of signs, whatever else is equal."""
    three = np.zeros((500, 1))
    three[[3, 30, 300], 0] = 0.1, 0.7, 0.3
    assert randomization_p_values(three, seed=0)[0] == pytest.approx(0.25, abs=0.02)


def test_sums_that_differ_by_rounding_only_count_as_equal():
    tenths = np.full((10, 1), 0.1)
    tenths[:5] = -0.1
    assert randomization_p_values(tenths, seed=0) == [1.0]


def test_p_value_is_never_0():
    assert randomization_p_values(np.full((100, 1), 0.5), seed=0, permutations=999) == [1 / 1000]


def test_one_dialogue_says_nothing_about_others():
    one = np.array([[0.4, -0.2]])
    assert difference_intervals(one, seed=0) == [Interval(-1.0, 1.0)] * 2
    assert randomization_p_values(one, seed=0) == [1.0, 1.0]


def test_seed_decides_and_the_scores_of_a_dialogue_stay_together():
    a, b = paired_scores(np.random.default_rng(1), 60)
    gains = np.column_stack([b - a, a - b, b - a])
    p = randomization_p_values(gains, seed=0)
    intervals = difference_intervals(gains, seed=0)
    assert p == randomization_p_values(gains, seed=0)
    assert p != randomization_p_values(gains, seed=1)
    assert p[0] == p[1] == p[2]
    assert intervals[0] == intervals[2]
    assert (intervals[1].low, intervals[1].high) == pytest.approx((-intervals[0].high, -intervals[0].low))


@settings(max_examples=60)
@given(differences, st.sampled_from([0.25, 2.0]))
def test_p_value_depends_on_neither_sign_nor_unit(values, factor):
    p = randomization_p_values(values, seed=0, permutations=200)
    assert 1 / 201 <= p[0] <= 1
    assert randomization_p_values(-values, seed=0, permutations=200) == p
    assert randomization_p_values(values * factor, seed=0, permutations=200) == p


@settings(max_examples=60)
@given(differences)
def test_interval_lies_between_the_lowest_and_the_highest_difference(values):
    interval = difference_intervals(values, seed=0, resamples=200)[0]
    assert values.min() - 1e-12 <= interval.low <= interval.high <= values.max() + 1e-12


def test_holm_gives_the_known_values():
    """The worked example of Wikipedia and GeeksforGeeks, "Holm-Bonferroni method": at 5 %, H4 and H1 are rejected.

    By hand: H4 4 × 0.005, H1 3 × 0.01, H3 2 × 0.03, and H2's 1 × 0.04 not below H3's.
    """
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.3, 0.5]) == pytest.approx([0.6, 0.6])
    assert holm([0.02]) == [0.02]


@given(p_values, st.randoms(use_true_random=False))
def test_holm_lies_between_no_correction_and_bonferronis(p, random):
    corrected = holm(p)
    for before, after in zip(p, corrected, strict=True):
        assert before <= after <= min(1, len(p) * before)
    order = list(range(len(p)))
    assert [corrected[i] for i in sorted(order, key=p.__getitem__)] == sorted(corrected)
    random.shuffle(order)
    assert holm([p[i] for i in order]) == [corrected[i] for i in order]
