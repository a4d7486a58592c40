"""Report parts as GitHub's Markdown."""

import html
import re
from collections.abc import Iterator

from beamline.core.report_parts import Grid, Line

# What a person types: a whole command after a colon, to the end of its clause; a command with its options elsewhere; a
# key, a column or a file. A special token, <|im_end|>, is text.
_PROGRAM = r"\b(?:dvc|git|beamline|pip)"
_AFTER_COLON = rf"(?<=: ){_PROGRAM} .+?(?=[;,)]|\.? \(|\.?\s*$|\. )"
_OPTION = r"-[\w-]+(?:[ =][\w.]+(?:=\w+)?)?"
_COMMAND = rf"{_PROGRAM} (?:exp run|[a-z]+)(?: {_OPTION})*\b"
_NAME = r"(?<![\w./<|-])[a-z]{2,}\w*(?:/\w+)*(?:[._]\w+)+(?:=\w+)?"
_CODE = re.compile(rf"{_AFTER_COLON}|{_COMMAND}|{_NAME}")


def to_markdown(parts: Iterator[Line | Grid]) -> str:
    """Return the parts as GitHub's Markdown: numbers in the open, dialogues folded away, keys and commands as code."""
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
            lines.append(f"- **{first}** {_own_text(rest)}")
        else:
            lines.append(_own_text(part.text))
    return "\n".join(lines)


def _markdown_table(grid: Grid) -> Iterator[str]:
    if grid.prose:
        yield from ("<details>", f"<summary>{html.escape(grid.title)}</summary>", "")
    elif grid.title:
        yield from (f"**{_plain_text(grid.title)}**", "")
    rules = ["---" if grid.prose or number < grid.labels else "---:" for number in range(len(grid.columns))]
    for cells in (grid.columns, rules):
        yield f"| {' | '.join(cells)} |"
    cell_text = _plain_text if grid.prose else _own_text  # prose is what people and models wrote
    for row in grid.rows:
        yield f"| {' | '.join(map(cell_text, row))} |"
    if grid.prose:
        yield from ("", "</details>")
    elif grid.caption:
        yield from ("", _own_text(grid.caption))


def _own_text(text: str) -> str:
    """Return text that Beamline wrote, for one table cell, with keys and commands in backticks."""
    found: list[str] = []
    end = 0
    for match in _CODE.finditer(text):
        found += [_plain_text(text[end : match.start()]), f"`{match[0]}`"]
        end = match.end()
    return "".join([*found, _plain_text(text[end:])])


def _plain_text(text: str) -> str:
    """Return any text for one table cell, with nothing read as markup. Line ends are kept."""
    escaped = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", html.escape(text, quote=False))
    return re.sub(r"\r\n|[\n\r\u2028\u2029]", "<br>", escaped)
