"""What separates two systems, and whether it is more than noise: python -m beamline.compare A B [C]...

A and B are DVC experiments, branches, tags or commits, `workspace`, or files of predictions.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Annotated, Any

import typer

from beamline.errors import BeamlineError, run

if TYPE_CHECKING:  # Imported where they are used: they take a second or two, and --help needs none of them.
    from rich.console import RenderableType

    from beamline.comparison import Comparison, SeedSpread
    from beamline.revisions import System

SEED = 42
NOTE = (
    "Interval and p measure the noise of the test set: whether other dialogues would tell these systems apart as these"
    " do. They don't measure the noise of training: another seed gives another model."
)
NO_SEEDS = (
    "To see how far seeds lie apart, train several of the same parameters and name them all here:"
    " dvc exp run --queue -S seed=1,2,3"
)
_SETTINGS_SHOWN = 6

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def main(
    systems: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B [C]...",
            help="Experiments, branches, tags, commits, 'workspace', or files of predictions. All are compared with A.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Compare though signatures or test sets differ, on the dialogues in common.")
    ] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score all here, as beamline.score does, whatever scored them before.")
    ] = False,
    dialogues: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show so many that gained and that lost most.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, scores in 0-1, instead of tables.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
) -> None:
    """Scores of two systems or more, their difference with its 95 % interval and p-value, and where it comes from."""
    names = systems or []
    if len(names) < 2:
        raise BeamlineError(f"expected two systems or more, found {len(names)}; such as: main workspace")
    if as_json and as_markdown:
        raise BeamlineError("--json and --markdown: choose one")

    from beamline.comparison import align, compare, comparison_signature, seed_spreads  # noqa: PLC0415
    from beamline.revisions import is_file, read_system  # noqa: PLC0415

    # A file's scores are measured here, so that a revision beside it has to be, too.
    rescore = rescore or any(map(is_file, names))
    aligned, problems = align([read_system(name, rescore=rescore) for name in names], force=force)
    report = Report(
        systems=aligned,
        problems=problems,
        comparisons=compare(aligned, seed=SEED),
        seeds=seed_spreads(aligned),
        signatures=[comparison_signature(each, seed=SEED) for each in aligned],
        dialogues=dialogues,
    )
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    elif as_markdown:
        typer.echo("\n".join(report.to_markdown()))
    else:
        from rich.console import Console  # noqa: PLC0415

        console = Console(highlight=False, markup=False)
        for part in report.to_terminal():
            console.print(part, soft_wrap=part in report.signature_lines())  # a line that people copy isn't broken


@dataclass(frozen=True)
class Grid:
    """A table, to be shown on a terminal or as Markdown. The first cell of a row is empty where it goes on."""

    columns: list[str]
    rows: list[list[str]]
    caption: str = ""
    texts: bool = False  # cells hold sentences, not numbers

    def to_rich(self) -> "RenderableType":
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(caption=self.caption or None, caption_justify="left", show_lines=self.texts)
        for number, name in enumerate(self.columns):
            table.add_column(
                name, justify="left" if self.texts or number == 0 else "right", ratio=number and self.texts
            )
        for row, following in zip(self.rows, [*self.rows[1:], ["end"]], strict=True):
            # Text, because a summary's [brackets] are no markup.
            table.add_row(*map(Text, row), end_section="" in row[:1] and bool(following[0]))
        return table

    def to_markdown(self) -> Iterator[str]:
        yield _markdown_row(self.columns)
        yield (
            "|"
            + "|".join(" --- " if self.texts or number == 0 else " ---: " for number in range(len(self.columns)))
            + "|"
        )
        yield from map(_markdown_row, self.rows)


@dataclass(frozen=True)
class Report:
    """All that is printed, in one order for the terminal, for Markdown and for JSON."""

    systems: "Sequence[System]"
    problems: Sequence[str]
    comparisons: "Sequence[Comparison]"
    seeds: "Sequence[SeedSpread]"
    signatures: Sequence[str]
    dialogues: int

    def heading(self) -> list[str]:
        """What each letter stands for, and what it was run with that A wasn't."""
        lines = []
        for number, system in enumerate(self.systems):
            commit = f" ({system.commit})" if system.commit and not system.name.startswith(system.commit) else ""
            changes = _changes(self.systems[0], system)
            lines.append(f"{letter(number)}  {system.name}{commit}{': ' if changes else ''}{changes}")
        return lines

    def scores(self) -> Grid:
        caption = f"{len(self.systems[0].summaries)} dialogues; rouge_f: mean of rouge1_f, rouge2_f and rougeL_f"
        if len(self.comparisons) == 1:
            rows = [
                [
                    name,
                    hundred(each.first),
                    hundred(each.later),
                    *self._difference(each.difference, each.interval, each.p),
                ]
                for name, each in self.comparisons[0].differences.items()
            ]
            return Grid(["× 100", "A", "B", "B - A", "95 % interval", "p"], rows, caption)
        rows = []
        for name, first in self.comparisons[0].differences.items():
            rows.append([name, "A", hundred(first.first), "", "", ""])
            for number, comparison in enumerate(self.comparisons, start=1):
                each = comparison.differences[name]
                cells = self._difference(each.difference, each.interval, each.p_holm)
                rows.append(["", letter(number), hundred(each.later), *cells])
        return Grid(["× 100", "", "F1", "minus A", "95 % interval", "p, Holm"], rows, caption)
