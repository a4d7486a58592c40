"""Bring a dataset into the form that `data.path` takes, with its provenance beside it.

beamline import SOURCE DIRECTORY

A DVC dependency is a file, so a hub id can't be one. Once imported, `dvc add` keeps the files, and every run depends on
these bytes and not on what the hub holds that day.
"""

import json
import re
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beamline import __version__
from beamline.core.errors import BeamlineError
from beamline.core.files import hash_file, replaced_directory, write_json
from beamline.core.params import Columns
from beamline.data.canonical import USUAL, CanonicalRows, Samples, Unusable, Usable, to_cells
from beamline.data.dialogues import name_columns
from beamline.data.forms import Queries
from beamline.data.imported import LEFT_OUT, Imported, ImportedSplit
from beamline.data.leakage import describe_leaks, find_leaks
from beamline.data.problems import Problems
from beamline.data.sources import Part, choose_parts, open_source
from beamline.data.splits import NAMES, RawSplit, Scan, scan_split
from beamline.data.splitting import TRAIN, draw_splits

PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Choices:
    """What to take of a source, and how: the options of `beamline import`.

    columns: names instead of the usual ones. parts: the file or hub split that a split is, if its name doesn't tell.
    shares: of the splits that are drawn from train. group: column whose values stay on one side. seed: of the drawing.
    queries: which ones of a record with queries.
    """

    columns: Columns
    parts: Mapping[str, str | None]
    shares: Mapping[str, float]
    group: str | None
    seed: int
    queries: Queries


@dataclass(frozen=True)
class _Pool:
    """The samples of a part, and the splits that they go to.

    first: the first usable sample. which: [usable samples] int8, an index of `splits`.
    """

    samples: Samples
    first: Usable
    splits: Sequence[str]
    which: npt.NDArray[np.int8]
    scan: Scan

    @property
    def columns(self) -> Mapping[str, Sequence[str]]:
        """The columns that were taken, by role."""
        columns = self.first.sample.columns or name_columns(self.first.sample.row, self.samples.columns)
        return columns if self.samples.has_summaries else {**columns, "summary": []}

    def open_split(self, split: str) -> RawSplit:
        chosen = self._choose(split)
        rows = CanonicalRows(self.samples, chosen)
        part = self.samples.part
        return RawSplit(part.name, part.stem, rows, USUAL, self.samples.has_summaries, int(chosen.sum()))

    def scan_split(self, split: str) -> Scan:
        chosen = self._choose(split)
        return Scan(self.scan.ids[chosen], self.scan.dialogues[chosen], self.scan.references)

    def _choose(self, split: str) -> npt.NDArray[np.bool_]:
        chosen: npt.NDArray[np.bool_] = self.which == self.splits.index(split)
        return chosen


def import_dataset(name: str, revision: str | None, config: str | None, directory: Path, choices: Choices) -> Imported:
    """Write train, validation and test .jsonl and provenance.json into `directory`, whole or not at all.

    Records without a usable dialogue or summary are left out, and listed in a file: people can't always fix them where
    they are. name, revision, config: the source, as `open_source` takes it.

    Raises `BeamlineError` for a directory in use, for what `open_source`, `choose_parts` and `draw_splits` refuse, for
    a part without a usable record, for ids that are there twice, and for different numbers of summaries in a split.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BeamlineError(f"{directory}: exists already; name a new directory, or remove this one first")
    if choices.group is not None and not choices.shares:
        raise BeamlineError("--group: only needed if splits are drawn; add --split, or leave it out")
    source = open_source(name, revision, config)
    parts = choose_parts(source, choices.parts, choices.shares)
    pools = _scan_parts(parts, choices)
    if choices.shares:
        pools = [_draw(pool, choices) if TRAIN in pool.splits else pool for pool in pools]

    raw_splits = {split: pool.open_split(split) for pool in pools for split in pool.splits}
    scans = {split: pool.scan_split(split) for pool in pools for split in pool.splits}
    leaks = find_leaks(raw_splits, scans)
    splits = {
        split: ImportedSplit(pool.samples.part.name, len(raw_splits[split]), pool.columns)
        for split in NAMES
        for pool in pools
        if split in pool.splits
    }
    with replaced_directory(directory) as unfinished:
        left_out = _write_samples(unfinished, pools)
        provenance = {
            "beamline": __version__,
            "source": source.facts,
            "splits": {
                split: {
                    "from": parts.get(split, parts[TRAIN]).describe(),
                    "columns": written.columns,
                    "dialogues": written.dialogues,
                    "sha256": hash_file(unfinished / f"{split}.jsonl"),
                }
                for split, written in splits.items()
            },
            "drawn": {**choices.shares, "seed": choices.seed, "group": choices.group} if choices.shares else None,
            "queries": choices.queries if any(pool.first.sample.columns for pool in pools) else None,
            "left_out": left_out,
        }
        write_json(unfinished / PROVENANCE, provenance)
    return Imported(
        splits,
        left_out,
        describe_leaks(leaks, raw_splits, "also"),
        any({"test", TRAIN} <= leak.places.keys() for leak in leaks),
        source.facts.get("license"),
    )


def _scan_parts(parts: Mapping[str, Part], choices: Choices) -> list[_Pool]:
    """Read every part once, and raise `BeamlineError` for what no single record shows."""
    problems, scanned = Problems(), {}
    for split, part in parts.items():
        samples = Samples(part, choices.columns, choices.group, choices.queries)
        if split == "test" and not any(isinstance(item, Usable) for item in samples):
            samples = replace(samples, has_summaries=False)  # a model's may be written, and scored elsewhere
        rows = CanonicalRows(samples)
        raw = RawSplit(part.name, part.stem, rows, USUAL, needs_summary=samples.has_summaries)
        scanned[split] = (samples, scan_split(raw, problems))
    problems.refuse_rows()
    pools = []
    for split, (samples, scan) in scanned.items():
        first = next(item for item in samples if isinstance(item, Usable))
        pools.append(_Pool(samples, first, (split,), np.zeros(len(scan.ids), np.int8), scan))
    if choices.queries == "all" and not any(pool.first.sample.query for pool in pools):
        raise BeamlineError(f"{pools[0].samples.part.name}: the records have no queries; leave out --queries")
    return pools


def _draw(pool: _Pool, choices: Choices) -> _Pool:
    """Return the pool with its samples in the splits that are drawn from it."""
    records, groups = array("Q"), array("Q")
    for number, item in enumerate(item for item in pool.samples if isinstance(item, Usable)):
        records.append(item.record)
        groups.append(number if item.group is None else item.group)
    labels = [pool.scan.dialogues, np.array(records), np.array(groups)]
    which = draw_splits(pool.open_split(TRAIN), labels, choices.shares, choices.seed)
    splits = (TRAIN, *choices.shares)
    for number, split in enumerate(splits):
        if not (which == number).any():
            raise BeamlineError(
                f"{pool.samples.part.name}: of {len(which)} dialogues nothing is left for {split}, because duplicates"
                " and groups stay together; give more dialogues, or change --split"
            )
    return replace(pool, splits=splits, which=which)


def _write_samples(directory: Path, pools: Sequence[_Pool]) -> dict[str, dict[str, int]]:
    """Write the file of each split, and one that lists what is left out. Return the number for each reason, by part."""
    left_out: dict[str, Counter[str]] = {}
    with ExitStack() as opened, (directory / LEFT_OUT).open("w", encoding="utf-8") as listed:
        for pool in pools:
            files = [
                opened.enter_context((directory / f"{split}.jsonl").open("w", encoding="utf-8"))
                for split in pool.splits
            ]
            targets = iter(pool.which.tolist())
            for item in pool.samples:
                if isinstance(item, Unusable):
                    reasons = left_out.setdefault(pool.samples.part.name, Counter())
                    reasons[re.split(r"; |, found | but | at column ", item.problem)[0]] += 1
                    listed.write(f"{item.where}: {item.problem}\n")
                else:
                    files[next(targets)].write(json.dumps(to_cells(item.dialogue), ensure_ascii=False) + "\n")
    if not left_out:
        (directory / LEFT_OUT).unlink()
    return {part: dict(reasons.most_common()) for part, reasons in left_out.items()}
