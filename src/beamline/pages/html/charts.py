"""Charts as plain geometry, which the template draws as SVG: lines over epochs, and the distribution of scores."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beamline.metrics.intervals import FloatArray

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 10, 34  # margins, for ticks and labels
_BINS = 20


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on a line from `start` to `end`, in units of the drawing."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return where a value is on the line, with one decimal."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Tick:
    """A labeled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Line:
    """points: of an SVG polyline. series: the number of its color. name: for the legend. dashed: for a second kind."""

    name: str
    points: str
    series: int
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing of `WIDTH` x `HEIGHT` units. description: what it shows, for people who can't see it."""

    title: str
    x_label: str
    lines: Sequence[Line]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    description: str
    filled: bool = False


def line_chart(title: str, x_label: str, curves: Sequence[tuple[str, Mapping[int, float], int, bool]]) -> Chart | None:
    """Return curves over whole numbers, or None if there is no point. curves: name, points, series, whether dashed."""
    steps = sorted({step for _, curve, _, _ in curves for step in curve})
    values = [value for _, curve, _, _ in curves for value in curve.values() if math.isfinite(value)]
    if not values:
        return None
    x = Scale(steps[0], steps[-1], LEFT, WIDTH - RIGHT)
    y_values = nice_ticks(min([0.0, *values]), max(values))
    y = Scale(y_values[0], y_values[-1], HEIGHT - BOTTOM, TOP)
    lines = [
        Line(
            name,
            " ".join(f"{x.place(step)},{y.place(value)}" for step, value in sorted(curve.items())),
            series,
            dashed,
        )
        for name, curve, series, dashed in curves
        if curve
    ]
    shown = steps[:: max(1, math.ceil(len(steps) / 8))]
    ends = ", ".join(f"{name} from {curve[min(curve)]:.2f} to {curve[max(curve)]:.2f}" for name, curve, _, _ in curves)
    return Chart(
        title=title,
        x_label=x_label,
        lines=lines,
        x_ticks=[Tick(x.place(step), str(step)) for step in shown],
        y_ticks=[Tick(y.place(value), f"{value:g}") for value in y_values],
        description=f"{title}, {ends}",
    )


def histogram(title: str, x_label: str, scores: Sequence[tuple[str, FloatArray]]) -> Chart:
    """Return how many dialogues have which score, a stepped line for each system. scores: name, float64 in 0-1."""
    edges = np.linspace(0, 1, _BINS + 1)
    counts = [np.histogram(values[~np.isnan(values)], bins=edges)[0] for _, values in scores]
    x = Scale(0, 100, LEFT, WIDTH - RIGHT)
    y_values = nice_ticks(0, max(1, *(int(count.max()) for count in counts)))
    y = Scale(0, y_values[-1], HEIGHT - BOTTOM, TOP)
    lines = []
    for series, ((name, _), count) in enumerate(zip(scores, counts, strict=True)):
        corners = [(0.0, 0)]
        for left, right, height in zip(edges[:-1], edges[1:], count, strict=True):
            corners += [(100 * left, height), (100 * right, height)]
        corners.append((100, 0))
        lines.append(Line(name, " ".join(f"{x.place(a)},{y.place(float(b))}" for a, b in corners), series))
    middles = ", ".join(f"{name} half below {100 * np.nanmedian(values):.0f}" for name, values in scores)
    return Chart(
        title=title,
        x_label=x_label,
        lines=lines,
        x_ticks=[Tick(x.place(value), str(value)) for value in range(0, 101, 20)],
        y_ticks=[Tick(y.place(value), f"{value:g}") for value in y_values],
        description=f"{title}: {middles}",
        filled=True,
    )


def nice_ticks(low: float, high: float) -> list[float]:
    """Return round values, at most seven, evenly spaced, from at most `low` to at least `high`."""
    spread = (high - low) or 1.0
    rough = spread / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]
