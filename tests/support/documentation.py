"""The documentation as tests read it: its files, its tables, and the commands in its fenced blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

from support.repository import ROOT

DOCUMENTS = (
    "README.md",
    "docs/experiments.md",
    "docs/comparing.md",
    "docs/summaries.md",
    "docs/faults.md",
    "docs/diagnosis.md",
    "docs/data.md",
    "docs/models.md",
    "docs/pretrained.md",
    "docs/decoding.md",
    "docs/resuming.md",
    "docs/scaling.md",
    "docs/architecture.md",
    "docs/study.md",
)
"""Pages whose commands are run, in the order in which a reader meets them."""


@dataclass(frozen=True)
class Block:
    """A fenced block. language: what follows the opening fence; a block of commands has none."""

    language: str
    lines: tuple[str, ...]


def read_document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def all_pages() -> list[Path]:
    """Return every Markdown file of the repository."""
    folders = (".", "docs", "benchmarks", "benchmarks/results", "data")
    return [path for folder in folders for path in sorted((ROOT / folder).glob("*.md"))]


def fenced_blocks(text: str) -> list[Block]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(language, tuple(body.splitlines())) for language, body in found]


def documented_commands(name: str) -> list[str]:
    """Return the commands of a page, one string each, lines that end in a backslash joined."""
    bodies = ["\n".join(block.lines) for block in fenced_blocks(read_document(name)) if not block.language]
    return [line for body in bodies for line in re.sub(r"\\\n\s*", "", body).splitlines() if line]


def table_rows(text: str, header: str) -> list[list[str]]:
    """Return the cells of the table whose first line starts with `header`, without its two lines of header."""
    table = text[text.index(header) :].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
