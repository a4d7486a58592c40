"""What a page holds, before it is HTML: text, tables and charts above, the dialogues below."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beamline.core.report_parts import Grid
from beamline.pages.html.charts import Chart, Scale, nice_ticks

_INTERVAL_WIDTH = 160


@dataclass(frozen=True)
class Score:
    """A row of the table of scores. drawn: low end, middle and high end of the interval, in points; None: not drawn."""

    name: str
    cells: Sequence[str]
    drawn: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class ScoreTable:
    """The table of scores. columns: names of the cells. with_zero: whether the scale of the intervals holds zero."""

    columns: Sequence[str]
    rows: Sequence[Score]
    caption: str
    with_zero: bool = False

    @property
    def scale(self) -> Scale:
        """Return the scale that all intervals are drawn on."""
        drawn = [0.0] * self.with_zero + [value for row in self.rows if row.drawn for value in row.drawn] or [0.0, 1.0]
        ticks = nice_ticks(min(drawn), max(drawn))
        return Scale(ticks[0], ticks[-1], 0, _INTERVAL_WIDTH)


@dataclass(frozen=True)
class NamedSystem:
    """A system as the page names it. letter: empty if it is the only one. details: what it was run with."""

    letter: str
    name: str
    details: str = ""


@dataclass(frozen=True)
class Page:
    """title, verdict, detail: the page's name and its conclusion, in a sentence and in a line of figures.

    settings: what was run, or what differs. dialogues: the data of the part that people read in, see
    `dialogues.dialogue_data`.
    """

    title: str
    verdict: str
    detail: str
    systems: Sequence[NamedSystem]
    scores: ScoreTable
    signatures: Sequence[str]
    settings: Grid
    charts: Sequence[Chart]
    dialogues: Mapping[str, Any]
    notes: Sequence[str] = field(default=())


def headline_first(names: Iterable[str], headline: str) -> list[str]:
    """Return the names of scores with the headline before the others."""
    return sorted(names, key=lambda name: name != headline)


def plural(count: int, noun: str) -> str:
    """Return how many there are, in words: "1 dialogue", "2 dialogues"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
