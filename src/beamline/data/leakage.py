"""Dialogues that are in more than one split, whole or nearly."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from beamline.data.ngrams import NGramIndex
from beamline.data.splits import RawSplit, Scan

NEAR = 0.75  # share of a dialogue's n-grams that one training dialogue has


@dataclass(frozen=True)
class Place:
    """A row of a split. row: its number in the file, from 0. where, id: as people know it."""

    row: int
    where: str
    id: str


@dataclass(frozen=True)
class Leak:
    """Rows of several splits that hold one dialogue. share: of its n-grams, if they hold nearly the same; else None."""

    places: Mapping[str, Sequence[Place]]
    share: float | None = None

    def to_row(self) -> dict[str, object]:
        """Return the leak as a row of the list of leaks."""
        near = {} if self.share is None else {"share": round(self.share, 3)}
        return near | {
            split: [{"where": place.where, "id": place.id} for place in places] for split, places in self.places.items()
        }

    def without(self, split: str) -> "Leak":
        """Return the leak among the other splits; it may be none there."""
        return replace(self, places={name: places for name, places in self.places.items() if name != split})

    def name(self, *splits: str) -> str:
        """Return the first place in each of these splits, by file and line: `test.jsonl:1 = train.jsonl:3`."""
        return " = ".join(self.places[split][0].where.rpartition("/")[2] for split in splits)


def find_leaks(splits: Mapping[str, RawSplit], scans: Mapping[str, Scan]) -> list[Leak]:
    """Return the dialogues that are in several splits, white space apart, in the order of test, then validation."""
    common = {split: np.zeros(len(scan.dialogues), np.bool_) for split, scan in scans.items()}
    for one, other in combinations(scans, 2):
        common[one] |= np.isin(scans[one].dialogues, scans[other].dialogues)
        common[other] |= np.isin(scans[other].dialogues, scans[one].dialogues)
    groups: dict[int, dict[str, list[Place]]] = {}
    for split in ("test", "validation", "train"):
        for place in _locate(splits[split], np.flatnonzero(common[split]).tolist()):
            group = groups.setdefault(int(scans[split].dialogues[place.row]), {})
            group.setdefault(split, []).append(place)
    return [Leak(group) for group in groups.values()]


def find_near_leaks(splits: Mapping[str, RawSplit], leaks: Iterable[Leak]) -> list[Leak]:
    """Return the dialogues of test and validation that are nearly in train, without those that `leaks` has in train.

    They have at least `NEAR` of their n-grams in common with one training dialogue (see `NGramIndex`).
    """
    train, compared = splits["train"], {name: splits[name] for name in ("test", "validation")}
    index = NGramIndex(dialogue.dialogue for split in compared.values() for dialogue in split)
    shares, nearest = index.find_nearest(dialogue.dialogue for dialogue in train)
    training_rows = np.setdiff1d(np.arange(train.rows), list(train.left_out))[nearest]
    near = shares >= NEAR
    training = {place.row: place for place in _locate(train, training_rows[near].tolist())}
    known = {
        place.where
        for leak in leaks
        if "train" in leak.places
        for name in compared
        for place in leak.places.get(name, [])
    }
    found, start = [], 0
    for name, split in compared.items():
        for place in _locate(split, np.flatnonzero(near[start : start + len(split)]).tolist()):
            if place.where not in known:
                row = start + place.row
                found.append(Leak({name: [place], "train": [training[training_rows[row]]]}, float(shares[row])))
        start += len(split)
    return found


def describe_leaks(leaks: Sequence[Leak], splits: Mapping[str, RawSplit], how: str) -> list[str]:
    """Return a line for each two splits that have dialogues in common. A tracked file can hold it: it has no paths.

    how: "also" or "nearly".
    """
    lines = []
    for one, other in (("test", "train"), ("test", "validation"), ("validation", "train")):
        if common := [leak for leak in leaks if one in leak.places and other in leak.places]:
            count = sum(len(leak.places[one]) for leak in common)
            first = min(common, key=lambda leak: leak.places[one][0].row)
            what = f"{count} of {len(splits[one])} {one} dialogues are {how} in {other}"
            lines.append(f"{what}, first {first.name(one, other)}")
    return lines


def _locate(split: RawSplit, rows: Collection[int]) -> list[Place]:
    """Return the places of these rows, in the order of the file."""
    wanted = set(rows)
    read = enumerate(split.records) if wanted else ()
    return [Place(number, row.where, split.to_dialogue(number, row).id) for number, row in read if number in wanted]
