"""What a comparison shows: the same parts for a terminal and as Markdown for a pull request, and JSON."""

import json
from collections.abc import Iterator, Sequence
from string import ascii_uppercase
from typing import Any

from beamline.comparison.differences import Comparison, Difference, Pair
from beamline.comparison.seeds import SeedSpread
from beamline.comparison.settings import changed_settings
from beamline.comparison.systems import System
from beamline.core.report_parts import Grid, Line, hundred

NOTE = (
    "Interval and p measure the noise of the test set: would other dialogues show the same difference between these"
    " systems? They don't measure the noise of training: the same parameters with another seed give another model."
)
SEVERAL = "each interval is that of one difference alone, and p is corrected for all of them (Holm)"
NO_SEEDS = "To see how far apart such models are, train several and compare them all:"
SEVERAL_SEEDS = "dvc exp run --queue -S seed=1,2,3"
_CHANGES = 6  # settings named for each system


def comparison_parts(comparison: Comparison, dialogues: int) -> Iterator[Line | Grid]:
    """Yield the comparison from top to bottom. dialogues: how many to show that gained most, and that lost most."""
    for number, system in enumerate(comparison.systems):
        yield Line(f"{letter(number)}  {_describe(system, comparison.systems[0])}", "item")
    for problem in comparison.problems:
        yield Line(f"Not comparable, but --force: {problem}")
    yield _score_table(comparison)
    if len(set(comparison.signatures)) == 1:
        yield Line(comparison.signatures[0], "code")
    else:
        for number, signature in enumerate(comparison.signatures):
            yield Line(f"{letter(number)}  {signature}", "code")
    for number, pair in enumerate(comparison.pairs, start=1):
        yield from _dialogue_tables(comparison, pair, letter(number), dialogues)
    if comparison.seeds:
        yield _seed_table(comparison.seeds)
        yield Line(NOTE)
    else:
        yield from (Line(f"{NOTE} {NO_SEEDS}"), Line(SEVERAL_SEEDS, "code"))


def to_json(comparison: Comparison, dialogues: int) -> str:
    """Return the comparison as JSON, scores in 0-1. dialogues: as for `comparison_parts`."""
    first = comparison.systems[0]
    return json.dumps(
        {
            "systems": [
                {
                    "letter": letter(number),
                    "name": system.name,
                    "commit": system.commit,
                    "seed": system.settings.get("seed"),
                    "changed_settings": {
                        name: [mine, own] for name, mine, own in changed_settings(first.settings, system.settings)
                    },
                }
                for number, system in enumerate(comparison.systems)
            ],
            "comparisons": [
                {
                    "first": "A",
                    "later": letter(number),
                    "scores": {name: _difference_json(value) for name, value in pair.differences.items()},
                    "gained": [_dialogue_json(first, pair, index) for index in pair.gained(dialogues)],
                    "lost": [_dialogue_json(first, pair, index) for index in pair.lost(dialogues)],
                }
                for number, pair in enumerate(comparison.pairs, start=1)
            ],
            "seeds": [
                {
                    "systems": [letter(number) for number in group.systems],
                    "seeds": group.seeds,
                    "scores": {
                        name: dict(zip(("lowest", "highest", "standard_deviation"), spread, strict=True))
                        for name, spread in group.spread().items()
                    },
                }
                for group in comparison.seeds
            ],
            "dialogues": len(first.predictions.summaries),
            "signatures": comparison.signatures,
            "problems": comparison.problems,
            "note": NOTE,
        },
        ensure_ascii=False,
        indent=2,
    )


def letter(number: int) -> str:
    """Return A to Z, then A1 and so on."""
    rounds, position = divmod(number, len(ascii_uppercase))
    return f"{ascii_uppercase[position]}{rounds or ''}"


def _describe(system: System, first: System) -> str:
    """Return the system's name, its commit, and its settings that differ from the first's."""
    commit = f" ({system.commit})" if system.commit and not system.name.startswith(system.commit) else ""
    changes = [
        f"{name} changed" if " " in name else f"{name} {_show(mine)} → {_show(own)}"
        for name, mine, own in changed_settings(first.settings, system.settings)
    ]
    if len(changes) > _CHANGES:
        changes[_CHANGES:] = [f"and {len(changes) - _CHANGES} more"]
    return f"{system.name}{commit}{': ' if changes else ''}{', '.join(changes)}"


def _show(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _score_table(comparison: Comparison) -> Grid:
    dialogues = len(comparison.systems[0].predictions.summaries)
    caption = f"{dialogues} dialogues; rouge_f: mean of rouge1_f, rouge2_f and rougeL_f"
    first, *others = comparison.pairs
    rows = []
    if not others:
        for name, value in first.differences.items():
            rows.append([name, hundred(value.first), hundred(value.later), *_difference_cells(value), f"{value.p:.4f}"])
        return Grid(["× 100", "A", "B", "B - A", "95 % interval", "p"], rows, caption=caption)
    for name, first_value in first.differences.items():
        rows.append([name, "A", hundred(first_value.first), "", "", ""])
        for number, pair in enumerate(comparison.pairs, start=1):
            value = pair.differences[name]
            rows.append(["", letter(number), hundred(value.later), *_difference_cells(value), f"{value.p_holm:.4f}"])
    caption += f"; {SEVERAL}"
    return Grid(["× 100", "", "score", "minus A", "95 % interval", "p, Holm"], rows, caption=caption)


def _difference_cells(difference: Difference) -> list[str]:
    low, high = (hundred(bound, sign=True) for bound in (difference.interval.low, difference.interval.high))
    return [hundred(difference.difference, sign=True), f"{low} to {high}"]


def _dialogue_tables(comparison: Comparison, pair: Pair, later: str, dialogues: int) -> Iterator[Line | Grid]:
    first, system = comparison.systems[0].predictions, pair.system.predictions
    differ = sum(a != b for a, b in zip(first.summaries, system.summaries, strict=True))
    yield Line(f"{later}'s summary differs from A's in {differ} of {len(first.summaries)} dialogues.")
    if not dialogues:
        return
    for verb, indices in (("gained", pair.gained(dialogues)), ("lost", pair.lost(dialogues))):
        if not indices:
            yield Line(f"No dialogue {verb} from A to {later}.")
            continue
        several = max(len(first.references[index]) for index in indices) > 1
        yield Grid(
            columns=["id, change", "first reference" if several else "reference", "A", later],
            rows=[
                [
                    f"{(first.ids or [])[index]}\n{hundred(pair.changes[index], sign=True)}",
                    first.references[index][0],
                    first.summaries[index],
                    system.summaries[index],
                ]
                for index in indices
            ],
            title=f"{verb.capitalize()} most from A to {later}, in {comparison.headline} × 100",
            prose=True,
        )


def _seed_table(groups: Sequence[SeedSpread]) -> Grid:
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


def _difference_json(difference: Difference) -> dict[str, Any]:
    return {
        "first": difference.first,
        "later": difference.later,
        "difference": difference.difference,
        "interval": [difference.interval.low, difference.interval.high],
        "p": difference.p,
        "p_holm": difference.p_holm,
    }


def _dialogue_json(first: System, pair: Pair, index: int) -> dict[str, Any]:
    return {
        "id": (first.predictions.ids or [])[index],
        "references": first.predictions.references[index],
        "first": first.predictions.summaries[index],
        "later": pair.system.predictions.summaries[index],
        "change": float(pair.changes[index]),
    }
