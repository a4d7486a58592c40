"""What `beamline import` reads: a file, a directory of files or a dataset of the hub, and which part is which split."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from beamline.core.errors import BeamlineError
from beamline.core.files import hash_file
from beamline.data.hub import open_hub_dataset
from beamline.data.readers import Row, describe_endings, split_ending
from beamline.data.splits import NAMES, RowFile

_WORDS = {
    "train": re.compile("train(ing)?(set)?"),
    "validation": re.compile("(validation|valid|val|dev|development)(set)?"),
    "test": re.compile("test(ing)?(set)?"),
}


@dataclass(frozen=True)
class Part:
    """A file, or a split of a hub dataset.

    name: as people name it. stem: the name without an ending; a record without an id is called after it. records: may
    be iterated again.
    """

    name: str
    stem: str
    records: Iterable[Row]
    path: Path | None = None

    def describe(self) -> dict[str, object]:
        """Return what determines the records, for provenance."""
        if self.path is None:
            return {"name": self.name}
        return {"name": self.name, "sha256": hash_file(self.path)}


@dataclass(frozen=True)
class Source:
    """The parts that there are. kind: of the parts. facts: what they are of, for provenance."""

    name: str
    kind: str
    parts: Sequence[Part]
    facts: Mapping[str, object]


def open_source(name: str, revision: str | None, config: str | None) -> Source:
    """Return what is at a path, or in a dataset of the hub at a revision.

    Raises `BeamlineError` for a path without data files, options that don't go together, and everything that
    `open_hub_dataset` refuses.
    """
    path = Path(name)
    if path.exists():
        if given := [option for option, value in (("--revision", revision), ("--config", config)) if value is not None]:
            raise BeamlineError(f"{name}: a local source has no {given[0]}; leave it out")
        if not path.is_dir():
            return Source(name, "file", [_open_file(path)], {"name": path.name})
        present = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
        files = [entry for entry in present if entry.is_file() and split_ending(entry)]
        if not files:
            found = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in present]
            raise BeamlineError(
                f"{name}: no data files; expected files that end in {describe_endings()}, found {_list(found)}"
            )
        return Source(name, "file", [_open_file(file) for file in files], {"name": path.resolve().name})
    if revision is None:
        raise BeamlineError(
            f"{name}: no such file or directory; if it is a hub dataset, give its --revision: a commit, or main, whose"
            " commit is recorded"
        )
    dataset = open_hub_dataset(name, revision, config)
    return Source(name, "split", [Part(split.name, split.name, split) for split in dataset.splits], dataset.describe())


def choose_parts(source: Source, named: Mapping[str, str | None], drawn: Collection[str]) -> dict[str, Part]:
    """Return the part for each split, except for those that are `drawn` from the training part.

    A part is the one that is `named`. Without that, it is called as a split is, or has a split's name among the words
    of its name, as `MTS-Dialog-TrainingSet.csv` has. A file alone is the training part. Parts that differ in their
    endings alone have their whole name as their stem, so that their records don't get the same ids.

    Raises `BeamlineError` for a split that is missing, or that several parts could be.
    """
    if source.parts and source.name == str(source.parts[0].path):
        found: dict[str, Sequence[Part]] = {split: source.parts if split == "train" else [] for split in NAMES}
    else:
        found = {split: _find_parts(source.parts, split) for split in NAMES}
    for split, name in named.items():
        if name is not None:
            found[split] = [part for part in source.parts if part.name == name]
            if not found[split]:
                raise BeamlineError(f"{source.name}: --{split} {name}: no such {source.kind}, found {_names(source)}")
    chosen = {}
    for split, parts in found.items():
        if split in drawn:
            if parts:
                raise BeamlineError(
                    f"{source.name}: {parts[0].name} is the {split} split; leave out {split} in --split, or name a"
                    " single file as the source"
                )
            continue
        if not parts:
            drawing = "" if split == "train" else f", or draw it from train with --split {split}=0.1"
            raise BeamlineError(
                f"{source.name}: no {split} {source.kind}, found {_names(source)};"
                f" name it with --{split} {source.kind.upper()}{drawing}"
            )
        if len(parts) > 1:
            raise BeamlineError(
                f"{source.name}: {' and '.join(part.name for part in parts)} could be {split};"
                f" choose one with --{split} {source.kind.upper()}"
            )
        chosen[split] = parts[0]
    if len({part.name for part in chosen.values()}) < len(chosen):
        raise BeamlineError(
            f"{source.name}: one {source.kind} for two splits; name another one, or draw it with --split"
        )
    stems = [part.stem for part in chosen.values()]
    return {
        split: part if stems.count(part.stem) == 1 else replace(part, stem=part.name) for split, part in chosen.items()
    }


def _open_file(path: Path) -> Part:
    known = split_ending(path)
    return Part(path.name, path.name if known is None else known[0], RowFile(path), path)


def _find_parts(parts: Sequence[Part], split: str) -> list[Part]:
    exact = [part for part in parts if part.stem.lower() in NAMES[split]]
    return exact or [part for part in parts if _splits_in(part.stem) == {split}]


def _splits_in(name: str) -> set[str]:
    """Return the splits whose names are among the words of a name; words begin at capitals, and have letters only."""
    words = [word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    return {split for split, pattern in _WORDS.items() if any(pattern.fullmatch(word) for word in words)}


def _names(source: Source) -> str:
    return _list([part.name for part in source.parts])


def _list(names: Sequence[str]) -> str:
    return f"{', '.join(names[:10]) or 'nothing'}{', ...' if len(names) > 10 else ''}"
