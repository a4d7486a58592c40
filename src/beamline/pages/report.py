"""The parts of a report, for a terminal and as Markdown for a pull request."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Line:
    """item: of the list that opens the report, a letter and what it stands for. code: for copying, so never broken."""

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


def print_terminal(parts: Iterator[Line | Grid], console: Console) -> None:
    previous = "item"
    for part in parts:
        kind = part.kind if isinstance(part, Line) else "grid"
        if kind != "code" and not kind == previous == "item":
            console.print()
        previous = kind
        if isinstance(part, Line):
            # Texts are printed as they are: a summary's [brackets] are no markup.
            console.print(Text(part.text), soft_wrap=part.kind == "code")
        else:
            console.print(_rich_table(part))


def _rich_table(grid: Grid) -> Table:
    table = Table(
        title=grid.title or None,
        title_justify="left",
        caption=grid.caption or None,
        caption_justify="left",
        show_lines=grid.prose,
    )
    for number, name in enumerate(grid.columns):
        # Folded, because a key or a command whose end is cut off can't be typed.
        if grid.prose:
            table.add_column(name, ratio=1 if number else None, overflow="fold")
        else:
            table.add_column(name, justify="left" if number < grid.labels else "right", overflow="fold")
    groups = any(not row[0] for row in grid.rows)
    for row, following in zip(grid.rows, [*grid.rows[1:], [""]], strict=True):
        table.add_row(*map(Text, row), end_section=groups and bool(following[0]))
    return table


def to_markdown(parts: Iterator[Line | Grid]) -> str:
    """GitHub's Markdown: numbers in the open, dialogues folded away."""
    lines: list[str] = []
    previous = ""
    for part in parts:
        kind = part.kind if isinstance(part, Line) else "grid"
        if lines and not kind == previous == "item":
            lines.append("")
        previous = kind
        if isinstance(part, Grid):
            lines += _markdown_table(part)
        elif part.kind == "code":
            lines.append(f"`{part.text}`")
        elif part.kind == "item":
            first, _, rest = part.text.partition("  ")
            lines.append(f"- **{first}** {_markdown_text(rest)}")
        else:
            lines.append(_markdown_text(part.text))
    return "\n".join(lines)


def _markdown_table(grid: Grid) -> Iterator[str]:
    if grid.prose:
        yield from ("<details>", f"<summary>{html.escape(grid.title)}</summary>", "")
    elif grid.title:
        yield from (f"**{_markdown_text(grid.title)}**", "")
    rules = ["---" if grid.prose or number < grid.labels else "---:" for number in range(len(grid.columns))]
    for cells in (grid.columns, rules):
        yield f"| {' | '.join(cells)} |"
    for row in grid.rows:
        yield f"| {' | '.join(map(_markdown_text, row))} |"
    if grid.prose:
        yield from ("", "</details>")
    elif grid.caption:
        yield from ("", _markdown_text(grid.caption))


def _markdown_text(text: str) -> str:
    """As plain text in one table cell: no markup of its own, and line ends kept."""
    escaped = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", html.escape(text, quote=False))
    return re.sub(r"\r\n|[\n\r\u2028\u2029]", "<br>", escaped)
