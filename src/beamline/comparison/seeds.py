"""The noise of training: how far apart the same setting's scores are with other seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beamline.comparison.settings import Settings
from beamline.comparison.systems import System
from beamline.metrics.intervals import FloatArray

# The seed, and what moves the last digits only. (`tracking` isn't in dvc.lock: no stage depends on it.)
NO_SETTING = ("seed", "train.threads", "evaluate.threads", "evaluate.tokens_per_batch")


@dataclass(frozen=True)
class SeedSpread:
    """Systems that differ in the seed alone. systems: their indices. means: by column, in 0-1, float64 [seeds]."""

    systems: tuple[int, ...]
    seeds: tuple[object, ...]
    means: Mapping[str, FloatArray]

    def spread(self) -> dict[str, tuple[float, float, float]]:
        """Return each column's lowest and highest mean, and the seeds' standard deviation (with n - 1)."""
        return {
            name: (float(means.min()), float(means.max()), float(means.std(ddof=1)))
            for name, means in self.means.items()
        }


def seed_spreads(systems: Sequence[System], columns: Sequence[str]) -> list[SeedSpread]:
    """Return groups of systems that differ only in their seeds, with two seeds or more."""
    groups: list[tuple[Settings, dict[object, int]]] = []  # settings without the seed; seed -> system
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
            {name: np.array([np.nanmean(systems[index].scores[name]) for index in group.values()]) for name in columns},
        )
        for _, group in groups
        if len(group) > 1
    ]
