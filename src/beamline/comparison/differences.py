"""Several systems on one test set: how they differ, how sure that is, and in which dialogues."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beamline.comparison.alignment import INTERVALS_ONLY, align
from beamline.comparison.scoring import SEED
from beamline.comparison.seeds import SeedSpread, seed_spreads
from beamline.comparison.systems import System, read_systems
from beamline.core.errors import BeamlineError
from beamline.metrics import read_signature
from beamline.metrics.intervals import RESAMPLES, FloatArray, Interval
from beamline.metrics.significance import PERMUTATIONS, difference_intervals, holm, randomization_p_values


@dataclass(frozen=True)
class Difference:
    """A mean score of the first system and of a later one, in 0-1, and the difference: later minus first."""

    first: float
    later: float
    difference: float
    interval: Interval
    p: float
    p_holm: float


@dataclass(frozen=True)
class Pair:
    """A later system against the first.

    differences: by column name. changes: what each dialogue gained in the headline column, float64 [dialogues].
    """

    system: System
    differences: dict[str, Difference]
    changes: FloatArray

    def gained(self, count: int) -> list[int]:
        """Return the indices of the dialogues that gained most, the highest gain first; none that didn't gain."""
        order = np.argsort(-self.changes, kind="stable")[:count]
        return [int(index) for index in order if self.changes[index] > 0]

    def lost(self, count: int) -> list[int]:
        """Return the indices of the dialogues that lost most, the highest loss first; none that didn't lose."""
        order = np.argsort(self.changes, kind="stable")[:count]
        return [int(index) for index in order if self.changes[index] < 0]


@dataclass(frozen=True)
class Comparison:
    """Systems on the same dialogues in the same order, and every later one against the first.

    headline: the column by which dialogues gain and lose. problems: why it would be refused without --force.
    """

    systems: Sequence[System]
    pairs: Sequence[Pair]
    headline: str
    seeds: Sequence[SeedSpread]
    signatures: Sequence[str]
    problems: Sequence[str]


def compare_systems(names: Sequence[str], *, force: bool, rescore: bool) -> Comparison:
    """Compare experiments, branches, tags, commits, the workspace or files of predictions.

    force: although signatures or test sets differ. rescore: all scored here, see `rescore_systems`.
    Raises `BeamlineError` for fewer than two names, for what can't be read, and for what is not comparable.
    """
    if len(names) < 2:
        raise BeamlineError(f"expected two systems or more, found {len(names)}; for instance: main workspace")
    systems, problems = align(read_systems(names, rescore=rescore), force=force)
    columns = shared_columns(systems)
    return Comparison(
        systems=systems,
        pairs=pair_systems(systems, columns),
        headline=systems[0].headline,
        seeds=seed_spreads(systems, columns),
        signatures=[comparison_signature(system) for system in systems],
        problems=problems,
    )


def shared_columns(systems: Sequence[System]) -> list[str]:
    """Return the names of the columns that all systems have: an older experiment lacks those of newer metrics.

    A column that has no dialogue for which all systems define it is left out.

    Raises `BeamlineError` if the first system's headline is not one of them.
    """
    first = systems[0]
    for system in systems:
        if first.headline not in system.scores:
            raise BeamlineError(
                f"{system.name}: has no {first.headline}, the headline of {first.name}; --rescore scores all alike"
            )
    return [
        name
        for name in first.scores
        if all(name in system.scores for system in systems)
        and not np.isnan(sum(system.scores[name] for system in systems)).all()
    ]


def pair_systems(systems: Sequence[System], columns: Sequence[str]) -> list[Pair]:
    """Return every later system against the first, in these columns.

    A column is compared over the dialogues for which both systems define it. Its p-values are corrected over the
    systems; not over the columns, which measure nearly the same thing.
    """
    first, *later = systems
    differences = [{name: system.scores[name] - first.scores[name] for name in columns} for system in later]
    tests = _test_differences([column for by_name in differences for column in by_name.values()])
    corrected = {
        name: holm([p for _, p in tests[index :: len(columns)]]) for index, name in enumerate(columns)
    }  # by column, then by system
    pairs = []
    for number, (system, by_name) in enumerate(zip(later, differences, strict=True)):
        rows = dict(zip(columns, tests[number * len(columns) :], strict=False))
        found = {}
        for name, difference in by_name.items():
            defined = ~np.isnan(difference)
            before, after = float(first.scores[name][defined].mean()), float(system.scores[name][defined].mean())
            interval, p = rows[name]
            found[name] = Difference(before, after, after - before, interval, p, p_holm=corrected[name][number])
        pairs.append(Pair(system, found, np.nan_to_num(by_name[first.headline])))
    return pairs


def _test_differences(columns: Sequence[FloatArray]) -> list[tuple[Interval, float]]:
    """Return interval and p-value of each column's mean, over the dialogues for which it is defined.

    Columns that are defined for the same dialogues are tested together, with the same random draws.
    """
    groups: dict[bytes, list[int]] = {}
    for index, column in enumerate(columns):
        groups.setdefault(np.isnan(column).tobytes(), []).append(index)
    tests: dict[int, tuple[Interval, float]] = {}
    for indices in groups.values():
        matrix = np.column_stack([columns[index] for index in indices])
        matrix = matrix[~np.isnan(matrix[:, 0])]
        intervals = difference_intervals(matrix, seed=SEED)
        p_values = randomization_p_values(matrix, seed=SEED)
        tests |= dict(zip(indices, zip(intervals, p_values, strict=True), strict=True))
    return [tests[index] for index in range(len(columns))]


def comparison_signature(system: System) -> str:
    """Return the system's signature, with the comparison's settings instead of its own interval's `bs` and `seed`.

    bs: bootstrap resamples. ar: random assignments of the approximate-randomization test. seed: of both.
    """
    fields = {name: value for name, value in read_signature(system.signature).items() if name not in INTERVALS_ONLY}
    fields |= {"bs": str(RESAMPLES), "ar": str(PERMUTATIONS), "seed": str(SEED)}
    return "|".join(f"{name}:{value}" for name, value in fields.items())
