"""What a comparison shows: the same parts for a terminal, as Markdown for a pull request, and as JSON."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beamline.comparison import HEADLINE, Comparison, Difference, SeedSpread, changed_settings
from beamline.revisions import System

NOTE = (
    "Interval and p measure the noise of the test set: whether other dialogues would tell these systems apart as these"
    " do. They don't measure the noise of training: the same parameters with another seed give another model."
)
NO_SEEDS = "To see how far apart such models lie, train several and compare them all:"
SEVERAL_SEEDS = "dvc exp run --queue -S seed=1,2,3"
_CHANGES = 6  # settings named for each system


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


@dataclass(frozen=True)
class Report:
    """A finished comparison. problems: why it would be refused without --force. dialogues: how many to show."""

    systems: Sequence[System]
    comparisons: Sequence[Comparison]
    seeds: Sequence[SeedSpread]
    signatures: Sequence[str]
    problems: Sequence[str]
    dialogues: int

    def parts(self) -> Iterator[Line | Grid]:
        for number, system in enumerate(self.systems):
            yield Line(f"{letter(number)}  {_described(system, self.systems[0])}", "item")
        for problem in self.problems:
            yield Line(f"Not comparable, but --force: {problem}")
        yield _scores(self.comparisons, len(self.systems[0].summaries))
        if len(set(self.signatures)) == 1:
            yield Line(self.signatures[0], "code")
        else:
            yield from (Line(f"{letter(number)}  {each}", "code") for number, each in enumerate(self.signatures))
        for number, comparison in enumerate(self.comparisons, start=1):
            yield from self._dialogues(comparison, letter(number))
        if self.seeds:
            yield _seed_spreads(self.seeds)
            yield Line(NOTE)
        else:
            yield from (Line(f"{NOTE} {NO_SEEDS}"), Line(SEVERAL_SEEDS, "code"))

    def _dialogues(self, comparison: Comparison, later: str) -> Iterator[Line | Grid]:
        first = self.systems[0]
        differ = sum(a != b for a, b in zip(first.summaries, comparison.system.summaries, strict=True))
        yield Line(f"{later}'s summary differs from A's in {differ} of {len(first.summaries)} dialogues.")
        if not self.dialogues:
            return
        for verb, indices in (
            ("gained", comparison.gained(self.dialogues)),
            ("lost", comparison.lost(self.dialogues)),
        ):
            if not indices:
                yield Line(f"No dialogue {verb} from A to {later}.")
                continue
            several = max(len(first.references[index]) for index in indices) > 1
            yield Grid(
                columns=["id, change", "first reference" if several else "reference", "A", later],
                rows=[
                    [
                        f"{(first.ids or [])[index]}\n{hundred(comparison.changes[index], sign=True)}",
                        first.references[index][0],
                        first.summaries[index],
                        comparison.system.summaries[index],
                    ]
                    for index in indices
                ],
                title=f"{verb.capitalize()} most from A to {later}, in {HEADLINE} × 100",
                prose=True,
            )

    def to_json(self) -> str:
        first = self.systems[0]
        report = {
            "systems": [
                {"letter": letter(number), "name": each.name, "commit": each.commit, "seed": each.settings.get("seed")}
                | {"changed_settings": {name: [mine, own] for name, mine, own in changed_settings(first, each)}}
                for number, each in enumerate(self.systems)
            ],
            "comparisons": [
                {
                    "first": "A",
                    "later": letter(number),
                    "scores": {name: _difference_json(each) for name, each in comparison.differences.items()},
                    "gained": [self._dialogue_json(comparison, index) for index in comparison.gained(self.dialogues)],
                    "lost": [self._dialogue_json(comparison, index) for index in comparison.lost(self.dialogues)],
                }
                for number, comparison in enumerate(self.comparisons, start=1)
            ],
            "seeds": [
                {
                    "systems": [letter(number) for number in each.systems],
                    "seeds": each.seeds,
                    "scores": {
                        name: dict(zip(("lowest", "highest", "standard_deviation"), spread, strict=True))
                        for name, spread in each.spread().items()
                    },
                }
                for each in self.seeds
            ],
            "dialogues": len(first.summaries),
            "signatures": self.signatures,
            "problems": self.problems,
            "note": NOTE,
        }
        return json.dumps(report, ensure_ascii=False, indent=2)

    def _dialogue_json(self, comparison: Comparison, index: int) -> dict[str, Any]:
        first = self.systems[0]
        return {
            "id": (first.ids or [])[index],
            "references": first.references[index],
            "first": first.summaries[index],
            "later": comparison.system.summaries[index],
            "change": float(comparison.changes[index]),
        }


def letter(number: int) -> str:
    """A to Z, then A1 and so on."""
    rounds, position = divmod(number, len(ascii_uppercase))
    return f"{ascii_uppercase[position]}{rounds or ''}"


def hundred(value: float, *, sign: bool = False) -> str:
    """A score in 0-1 as it is printed, times 100; zero has no minus sign."""
    rounded = round(100 * float(value), 2) + 0.0
    return f"{rounded:+.2f}" if sign else f"{rounded:.2f}"


def _described(system: System, first: System) -> str:
    """Its name, its commit, and what it was run with that the first wasn't."""
    commit = f" ({system.commit})" if system.commit and not system.name.startswith(system.commit) else ""
    changes = [
        f"{name} changed" if " " in name else f"{name} {_value(mine)} → {_value(own)}"
        for name, mine, own in changed_settings(first, system)
    ]
    if len(changes) > _CHANGES:
        changes[_CHANGES:] = [f"and {len(changes) - _CHANGES} more"]
    return f"{system.name}{commit}{': ' if changes else ''}{', '.join(changes)}"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _scores(comparisons: Sequence[Comparison], dialogues: int) -> Grid:
    caption = f"{dialogues} dialogues; rouge_f: mean of rouge1_f, rouge2_f and rougeL_f"
    rows = []
    if len(comparisons) == 1:
        for name, each in comparisons[0].differences.items():
            rows.append([name, hundred(each.first), hundred(each.later), *_difference_cells(each), f"{each.p:.4f}"])
        return Grid(["× 100", "A", "B", "B - A", "95 % interval", "p"], rows, caption=caption)
    for name, first in comparisons[0].differences.items():
        rows.append([name, "A", hundred(first.first), "", "", ""])
        for number, comparison in enumerate(comparisons, start=1):
            each = comparison.differences[name]
            rows.append(["", letter(number), hundred(each.later), *_difference_cells(each), f"{each.p_holm:.4f}"])
    return Grid(["× 100", "", "F1", "minus A", "95 % interval", "p, Holm"], rows, caption=caption)


def _difference_cells(each: Difference) -> list[str]:
    low, high = (hundred(bound, sign=True) for bound in (each.interval.low, each.interval.high))
    return [hundred(each.difference, sign=True), f"{low} to {high}"]


def _difference_json(each: Difference) -> dict[str, Any]:
    return {
        "first": each.first,
        "later": each.later,
        "difference": each.difference,
        "interval": [each.interval.low, each.interval.high],
        "p": each.p,
        "p_holm": each.p_holm,
    }


def _seed_spreads(groups: Sequence[SeedSpread]) -> Grid:
    rows = []
    for group in groups:
        seeds = ", ".join(f"{letter(number)}: {seed}" for number, seed in zip(group.systems, group.seeds, strict=True))
        for number, (name, (lowest, highest, deviation)) in enumerate(group.spread().items()):
            spread = f"{hundred(lowest)} to {hundred(highest)}"
            rows.append(["" if number else seeds, name, spread, hundred(deviation)])
    return Grid(
        ["seeds", "× 100", "lowest to highest", "standard deviation"],
        rows,
        title="Between seeds of the same code, data and parameters",
        labels=2,
    )


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
        if grid.prose:
            table.add_column(name, ratio=1 if number else None)
        else:
            table.add_column(name, justify="left" if number < grid.labels else "right")
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
