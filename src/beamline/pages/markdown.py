"""Report parts as GitHub's Markdown."""

import html
import re
from collections.abc import Iterator

from beamline.core.report import Grid, Line


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
