"""Report parts in a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beamline.core.report_parts import Grid, Line


def print_terminal(parts: Iterator[Line | Grid], console: Console) -> None:
    """Print the parts, with an empty line between those that aren't items of one list."""
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
