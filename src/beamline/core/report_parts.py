"""The parts of a report: lines and tables, whatever shows them. `pages` prints them and writes them as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Line:
    """A line of a report.

    item: of the list that opens the report, a letter and what it means. code: for copying, so never broken.
    """

    text: str
    kind: Literal["item", "text", "code"] = "text"


@dataclass(frozen=True)
class Grid:
    """A table. An empty first cell goes on with the row above. labels: columns before those of numbers.

    prose: the cells hold sentences, not numbers.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    caption: str = ""
    labels: int = 1
    prose: bool = False


def hundred(value: float, *, sign: bool = False) -> str:
    """Return a score in 0-1 as it is shown, times 100; zero has no minus sign."""
    rounded = round(100 * float(value), 2) + 0.0
    return f"{rounded:+.2f}" if sign else f"{rounded:.2f}"
