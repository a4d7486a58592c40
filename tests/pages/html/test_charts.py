import numpy as np
import pytest

from beamline.pages.html.charts import HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, histogram, line_chart, nice_ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 4.8, [0, 2, 4, 6]),
        (0, 41, [0, 20, 40, 60]),
        (-0.7, 2.05, [-1, 0, 1, 2, 3]),
        (0.3, 0.3, [0.25, 0.5, 0.75, 1, 1.25, 1.5]),
    ],
)
def test_ticks_are_round_and_hold_the_values(low: float, high: float, ticks: list[float]) -> None:
    found = nice_ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert len(found) <= 7
    if low < high:
        assert found == ticks


def test_a_scale_without_width_puts_its_value_in_the_middle() -> None:
    assert Scale(1, 1, 0, 10).place(1) == 5


def test_curves_end_at_the_edges_of_the_drawing() -> None:
    chart = line_chart("Loss", "epoch", [("training", {1: 4.0, 2: 0.0}, 0, False)])
    assert chart is not None
    [line] = chart.lines
    first, last = [tuple(map(float, point.split(","))) for point in line.points.split()]
    assert first == (LEFT, TOP)
    assert last[0] == WIDTH - RIGHT
    assert last[1] < HEIGHT
    assert line_chart("Loss", "epoch", [("training", {}, 0, False)]) is None


def test_a_histogram_counts_every_defined_score_once() -> None:
    chart = histogram("Scores", "rouge_f", [("dialogues", np.array([0.0, 0.02, 0.5, 1.0, np.nan]))])
    assert chart.y_ticks[-1].label == "2"
    assert "half below 26" in chart.description
