"""The scorer of all registered metrics: columns, means, intervals, what is undefined, and the headline."""

import numpy as np
import pytest
from support.toy_metrics import Copied, Ends

from beamline.comparison.scoring import DEFAULTS
from beamline.core.errors import BeamlineError
from beamline.metrics import METRICS, Scorer, registered_columns
from beamline.metrics.intervals import Interval
from beamline.metrics.rouge import SCORES

REFERENCES = [["a b c."], ["d e f.", "d e"], ["g h."], ["i j k l."]] * 5
PREDICTIONS = ["a b.", "d e", "h g.", ""] * 5
DIALOGUES = ["a b", "d. d", "x", "y"] * 5


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "ends", Ends)
    monkeypatch.setitem(METRICS, "copied", Copied)


def build(*, dialogues=None, multi="mean", seed=42, headline="rouge_f"):
    rouge = DEFAULTS.model_copy(update={"references": multi})
    return Scorer(rouge, REFERENCES, dialogues, headline=headline, seed=seed)


def test_columns_are_those_of_the_registered_metrics():
    scores = build().score(PREDICTIONS)
    assert list(scores.columns) == list(scores.means()) == list(scores.intervals()) == registered_columns()
    assert registered_columns()[: len(SCORES)] == list(SCORES)
    assert len(set(registered_columns())) == sum(len(metric.columns) for metric in METRICS.values())
    assert scores.undefined == scores.undefined_counts() == {}
    assert list(scores.precision) == list(scores.recall) == list(SCORES[:4])


def test_references_combine_alike_in_every_metric():
    mean, best = build(multi="mean").score(PREDICTIONS), build(multi="best").score(PREDICTIONS)
    for name in registered_columns():
        np.testing.assert_array_equal(mean.columns[name], best.mean[name])
        np.testing.assert_array_equal(best.columns[name], mean.best[name])
        assert (best.columns[name] >= mean.columns[name]).all()
        assert best.columns[name][1] > mean.columns[name][1]


def test_seed_moves_intervals_and_no_score():
    first, second = (build(seed=seed).score(PREDICTIONS) for seed in (0, 1))
    assert first.means() == second.means()
    assert first.intervals() != second.intervals()
    for name, interval in first.intervals().items():
        assert interval.low <= first.means()[name] <= interval.high


@pytest.mark.usefixtures("toys")
def test_another_metric_moves_no_interval():
    with_toys = build(dialogues=DIALOGUES).score(PREDICTIONS).intervals()
    assert list(with_toys) == registered_columns()
    del METRICS["ends"], METRICS["copied"]
    alone = build(dialogues=DIALOGUES).score(PREDICTIONS).intervals()
    assert alone == {name: with_toys[name] for name in alone}


@pytest.mark.usefixtures("toys")
def test_means_and_intervals_are_over_the_examples_for_which_a_column_is_defined():
    scores = build(dialogues=DIALOGUES).score(PREDICTIONS)
    assert np.isnan(scores.columns["ends"]).tolist() == [False, False, False, True] * 5
    assert scores.means()["ends"] == pytest.approx(2 / 3)
    assert scores.undefined_counts() == {"ends": 5}
    interval = scores.intervals()["ends"]
    assert 0 < interval.low < 2 / 3 < interval.high < 1


@pytest.mark.usefixtures("toys")
def test_a_column_that_needs_dialogues_is_undefined_without_them():
    with_dialogues, without = (build(dialogues=dialogues).score(PREDICTIONS) for dialogues in (DIALOGUES, None))
    assert with_dialogues.means()["copied"] > 0
    assert with_dialogues.undefined == {}
    assert without.undefined == {"copied": "needs dialogues"}
    for columns in (without.columns, without.mean, without.best, without.means(), without.intervals()):
        assert "copied" not in columns


@pytest.mark.usefixtures("toys")
def test_a_column_that_is_undefined_for_every_example_is_undefined():
    scores = build().score([""] * len(REFERENCES))
    assert scores.undefined["ends"] == "it is undefined for every example"
    assert "ends" not in scores.means()


def test_headline_alone_is_the_headline_column():
    for name in registered_columns():
        scorer = build(headline=name)
        np.testing.assert_array_equal(scorer.headline_scores(PREDICTIONS), scorer.score(PREDICTIONS).columns[name])


@pytest.mark.usefixtures("toys")
def test_headline_that_cannot_be_measured_is_an_error():
    with pytest.raises(BeamlineError) as unknown:
        build(headline="rouge_l")
    known = ", ".join(registered_columns())
    assert known.endswith(", ends, copied")
    assert str(unknown.value) == f"metrics.headline: no column 'rouge_l'; choose one of: {known}"
    with pytest.raises(BeamlineError, match=r"headline: copied can't be measured here: needs dialogues; choose one"):
        build(headline="copied")
    with pytest.raises(BeamlineError, match="ends can't be measured here: it is undefined for every example; choose"):
        build(headline="ends").headline_scores([""] * len(REFERENCES))


def test_as_many_predictions_as_examples_whatever_the_headline():
    for headline in (metric.columns[0] for metric in METRICS.values()):
        with pytest.raises(BeamlineError, match="1 of them for 20 examples"):
            build(headline=headline).headline_scores(["a"])


def test_one_example_has_the_whole_range_as_its_interval():
    rouge = DEFAULTS
    intervals = Scorer(rouge, [["a b"]], seed=42).score(["a"]).intervals()
    assert set(intervals.values()) == {Interval(0.0, 1.0)}
