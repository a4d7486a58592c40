"""Several systems on one test set: what sets them apart, how sure that is, and which dialogues it comes from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from beamline.comparison.systems import Settings, System
from beamline.core.errors import BeamlineError, quote
from beamline.metrics.intervals import RESAMPLES, FloatArray, Interval
from beamline.metrics.rouge import SCORES
from beamline.metrics.significance import PERMUTATIONS, difference_intervals, holm, randomization_p_values

HEADLINE = "rouge_f"  # the score by which dialogues gain and lose
INTERVALS_ONLY = ("bs", "seed")  # signature fields that move no score; every comparison has its own
# The seed, and what moves the last digits only. (`tracking` isn't in dvc.lock: no stage depends on it.)
NO_SETTING = ("seed", "train.threads", "evaluate.threads", "evaluate.tokens_per_batch")


@dataclass(frozen=True)
class Difference:
    """A score of the first system and of a later one, in 0-1, and what the difference (later minus first) is worth."""

    first: float
    later: float
    difference: float
    interval: Interval
    p: float
    p_holm: float


@dataclass(frozen=True)
class Comparison:
    """A later system against the first. changes: what each dialogue gained in `HEADLINE`, float64 [dialogues]."""

    system: System
    differences: dict[str, Difference]
    changes: FloatArray

    def gained(self, count: int) -> list[int]:
        """Indices of the dialogues that gained most, the highest gain first; none that didn't gain."""
        order = np.argsort(-self.changes, kind="stable")[:count]
        return [int(index) for index in order if self.changes[index] > 0]

    def lost(self, count: int) -> list[int]:
        order = np.argsort(self.changes, kind="stable")[:count]
        return [int(index) for index in order if self.changes[index] < 0]


@dataclass(frozen=True)
class SeedSpread:
    """Systems of which nothing but the seed differs. scores: test means in 0-1, float64 [seeds, scores]."""

    systems: tuple[int, ...]
    seeds: tuple[object, ...]
    scores: FloatArray

    def spread(self) -> dict[str, tuple[float, float, float]]:
        """Each score's lowest and highest mean, and the standard deviation between seeds (of a sample: n - 1)."""
        columns = zip(self.scores.min(axis=0), self.scores.max(axis=0), self.scores.std(axis=0, ddof=1), strict=True)
        return {name: (float(a), float(b), float(c)) for name, (a, b, c) in zip(SCORES, columns, strict=True)}


def compare(systems: Sequence[System], *, seed: int) -> list[Comparison]:
    """Every later system against the first, on the same dialogues in the same order.

    The p-values of one score are corrected over the systems, not over the scores, which measure nearly the same thing.
    """
    first, *later = systems
    differences = np.hstack([each.scores - first.scores for each in later])
    shape = len(later), len(SCORES)
    intervals = difference_intervals(differences, seed=seed)
    p_values = np.array(randomization_p_values(differences, seed=seed)).reshape(shape)
    corrected = np.array([holm(column) for column in p_values.T.tolist()]).T
    comparisons = []
    for number, system in enumerate(later):
        first_means, means = first.scores.mean(axis=0), system.scores.mean(axis=0)
        comparisons.append(
            Comparison(
                system,
                {
                    name: Difference(
                        first=float(first_means[index]),
                        later=float(means[index]),
                        difference=float(means[index] - first_means[index]),
                        interval=intervals[number * len(SCORES) + index],
                        p=float(p_values[number, index]),
                        p_holm=float(corrected[number, index]),
                    )
                    for index, name in enumerate(SCORES)
                },
                (system.scores - first.scores)[:, SCORES.index(HEADLINE)],
            )
        )
    return comparisons


def align(systems: Sequence[System], *, force: bool) -> tuple[list[System], list[str]]:
    """The systems with the same dialogues in the same order, and what keeps them from being comparable.

    Dialogues are paired by id, or by their place if a file has no ids. Raises `BeamlineError`, naming the field and
    both values, where test sets or signatures differ, except with `force`: then the dialogues that all systems have
    are compared, and what differs is returned to be said. Signatures may differ in `INTERVALS_ONLY`.
    """
    if any(each.ids is None for each in systems):
        systems = [replace(each, ids=[str(line) for line in range(1, len(each.summaries) + 1)]) for each in systems]
    first, *later = systems
    test_sets = list(filter(None, (_test_sets_differ(first, each) for each in later)))
    signatures = list(filter(None, (_signatures_differ(first, each) for each in later)))
    if test_sets and not force:
        raise BeamlineError(f"{test_sets[0]}; --force compares the dialogues that all have")
    if signatures and not force:
        raise BeamlineError(f"{signatures[0]}; --rescore scores all alike, --force compares them as they are")
    rows = [{key: row for row, key in enumerate(each.ids or ())} for each in systems]
    shared = [key for key in first.ids or () if all(key in each for each in rows)]
    if not shared:
        raise BeamlineError(f"{first.name} and {later[0].name} have no dialogue in common")
    aligned = [each.select([own[key] for key in shared]) for each, own in zip(systems, rows, strict=True)]
    return aligned, test_sets + signatures


def _test_sets_differ(first: System, later: System) -> str | None:
    ours, theirs = ({key: row for row, key in enumerate(each.ids or ())} for each in (first, later))
    for system, other, mine, others in ((first, later, ours, theirs), (later, first, theirs, ours)):
        if missing := next((key for key in mine if key not in others), None):
            return (
                f"test sets differ in their ids: {missing!r} is in {system.name} ({_dialogues(len(mine))}),"
                f" not in {other.name} ({_dialogues(len(others))})"
            )
    for key, row in ours.items():
        texts = {"references": (" | ".join(first.references[row]), " | ".join(later.references[theirs[key]]))}
        if first.dialogues and later.dialogues:
            texts["dialogue"] = first.dialogues[row], later.dialogues[theirs[key]]
        for field, (a, b) in texts.items():
            if a != b:
                shown = _from_where_they_differ(a, b)
                return f"test sets differ in {field} of {key!r}: {shown[0]} in {first.name}, {shown[1]} in {later.name}"
    return None


def _dialogues(count: int) -> str:
    return f"{count} dialogue{'s' if count != 1 else ''}"


def _from_where_they_differ(a: str, b: str) -> tuple[str, str]:
    same = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, same - 15)
    return quote(f"…{a[start:]}" if start else a), quote(f"…{b[start:]}" if start else b)


def _signatures_differ(first: System, later: System) -> str | None:
    mine, others = signature_fields(first), signature_fields(later)
    for field in mine | others:
        if field not in INTERVALS_ONLY and mine.get(field) != others.get(field):
            return (
                f"signatures differ in {field}: {mine.get(field, 'absent')} in {first.name},"
                f" {others.get(field, 'absent')} in {later.name}"
            )
    return None


def signature_fields(system: System) -> dict[str, str]:
    return dict(field.partition(":")[::2] for field in system.signature.split("|"))


def comparison_signature(system: System, *, seed: int) -> str:
    """The system's signature, with what decides this comparison in place of its own interval's `bs` and `seed`.

    bs: bootstrap resamples. ar: random assignments of the approximate-randomization test. seed: of both.
    """
    fields = {name: value for name, value in signature_fields(system).items() if name not in INTERVALS_ONLY}
    fields |= {"bs": str(RESAMPLES), "ar": str(PERMUTATIONS), "seed": str(seed)}
    return "|".join(f"{name}:{value}" for name, value in fields.items())


def seed_spreads(systems: Sequence[System]) -> list[SeedSpread]:
    """Groups of systems with two seeds or more whose code, data and parameters are otherwise the same."""
    groups: list[tuple[Settings, dict[object, int]]] = []  # seed -> system
    for index, system in enumerate(systems):
        if "seed" in system.settings:
            others = {name: value for name, value in system.settings.items() if name not in NO_SETTING}
            group = next((seeds for settings, seeds in groups if settings == others), None)
            if group is None:
                group = {}
                groups.append((others, group))
            group.setdefault(system.settings["seed"], index)
    return [
        SeedSpread(
            tuple(group.values()),
            tuple(group),
            np.array([systems[index].scores.mean(axis=0) for index in group.values()]),
        )
        for _, group in groups
        if len(group) > 1
    ]


def changed_settings(first: System, later: System) -> Iterator[tuple[str, object, object]]:
    """What the later system was run with that the first wasn't: name, the first's value, the later's."""
    if first.settings and later.settings:
        for name in first.settings | later.settings:
            mine, others = first.settings.get(name), later.settings.get(name)
            if mine != others:
                yield name, mine, others
