"""What a comparison shows: the same parts for a terminal, as Markdown for a pull request, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from beamline.comparison.differences import HEADLINE, Comparison, Difference, SeedSpread, changed_settings
from beamline.comparison.systems import System
from beamline.core.report import Grid, Line

NOTE = (
    "Interval and p measure the noise of the test set: whether other dialogues would tell these systems apart as these"
    " do. They don't measure the noise of training: the same parameters with another seed give another model."
)
NO_SEEDS = "To see how far apart such models lie, train several and compare them all:"
SEVERAL_SEEDS = "dvc exp run --queue -S seed=1,2,3"
_CHANGES = 6  # settings named for each system


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
