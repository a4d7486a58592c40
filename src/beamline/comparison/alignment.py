"""Several systems brought to the same dialogues in the same order, or the reason why they are not comparable."""

from collections.abc import Sequence
from dataclasses import replace

from beamline.comparison.systems import System
from beamline.core.errors import BeamlineError, quote
from beamline.metrics import fields_to_compare, read_signature

INTERVALS_ONLY = ("bs", "seed")  # signature fields that move no score; every comparison has its own


def align(systems: Sequence[System], *, force: bool) -> tuple[list[System], list[str]]:
    """Return the systems with the same dialogues in the same order, and the problems that `force` overrode.

    Dialogues are paired by id, or by their place if a file has no ids. Raises `BeamlineError`, naming the field and
    both values, if test sets or signatures differ. With `force` it does not: it takes the dialogues that all systems
    have, and returns what differs. Signatures may differ in `INTERVALS_ONLY`.
    """
    if any(system.predictions.ids is None for system in systems):
        systems = [_numbered(system) for system in systems]
    first, *later = systems
    test_sets = list(filter(None, (_find_other_test_set(first, system) for system in later)))
    signatures = list(filter(None, (_find_other_signature(first, system) for system in later)))
    if test_sets and not force:
        raise BeamlineError(f"{test_sets[0]}; --force compares the dialogues that all have")
    if signatures and not force:
        raise BeamlineError(f"{signatures[0]}; --rescore scores all alike, --force compares them as they are")
    rows = [_rows_by_id(system) for system in systems]
    shared = [key for key in rows[0] if all(key in others for others in rows)]
    if not shared:
        raise BeamlineError(f"{first.name} and {later[0].name} have no dialogue in common")
    aligned = [system.select([own[key] for key in shared]) for system, own in zip(systems, rows, strict=True)]
    return aligned, test_sets + signatures


def _numbered(system: System) -> System:
    lines = [str(line) for line in range(1, len(system.predictions.summaries) + 1)]
    return replace(system, predictions=replace(system.predictions, ids=lines))


def _rows_by_id(system: System) -> dict[str, int]:
    return {key: row for row, key in enumerate(system.predictions.ids or ())}


def _find_other_test_set(first: System, later: System) -> str | None:
    """Return a sentence on how the test sets differ, or None if they are the same."""
    ours, theirs = _rows_by_id(first), _rows_by_id(later)
    for having, lacking, mine, others in ((first, later, ours, theirs), (later, first, theirs, ours)):
        if missing := next((key for key in mine if key not in others), None):
            return (
                f"test sets differ in their ids: {missing!r} is in {having.name} ({_count_dialogues(len(mine))}),"
                f" not in {lacking.name} ({_count_dialogues(len(others))})"
            )
    for key, row in ours.items():
        own, other, other_row = first.predictions, later.predictions, theirs[key]
        texts = {"references": (" | ".join(own.references[row]), " | ".join(other.references[other_row]))}
        if own.dialogues and other.dialogues:
            texts["dialogue"] = own.dialogues[row], other.dialogues[other_row]
        for field, (a, b) in texts.items():
            if a != b:
                shown = _cut_to_difference(a, b)
                return f"test sets differ in {field} of {key!r}: {shown[0]} in {first.name}, {shown[1]} in {later.name}"
    return None


def _count_dialogues(count: int) -> str:
    return f"{count} dialogue{'s' if count != 1 else ''}"


def _cut_to_difference(a: str, b: str) -> tuple[str, str]:
    common = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, common - 15)
    return quote(f"…{a[start:]}" if start else a), quote(f"…{b[start:]}" if start else b)


def _find_other_signature(first: System, later: System) -> str | None:
    """Return a sentence on how the signatures differ, or None if they measure the same."""
    mine, others = read_signature(first.signature), read_signature(later.signature)
    for field in fields_to_compare(mine, others):
        if field not in INTERVALS_ONLY and mine.get(field) != others.get(field):
            return (
                f"signatures differ in {field}: {mine.get(field, 'absent')} in {first.name},"
                f" {others.get(field, 'absent')} in {later.name}"
            )
    return None
