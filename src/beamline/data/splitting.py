"""Splits drawn by chance from one file, so that duplicates and groups stay on one side."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from beamline.core.errors import BeamlineError
from beamline.core.records import Dialogue
from beamline.data.leakage import NEAR
from beamline.data.ngrams import NGramIndex

TRAIN = "train"  # gets what the others don't
DRAWN = ("validation", "test")

Labels = npt.NDArray[np.uint64]  # of rows: those with the same one belong together

_NGRAMS = 16  # of a dialogue on average, which are enough to tell near duplicates


def parse_shares(text: str) -> dict[str, float]:
    """Return the share of each split that is drawn: `validation=0.1,test=0.1`.

    Raises `BeamlineError` for anything else, for shares outside of 0 to 1, and for shares that leave nothing to train.
    """
    shares: dict[str, float] = {}
    for item in text.split(","):
        name, equals, value = item.strip().partition("=")
        if name == TRAIN and equals:
            raise BeamlineError(f"--split {text}: train gets what the others leave; leave out {item.strip()}")
        if name not in DRAWN or not re.fullmatch(r"\d*\.?\d+", value) or name in shares:
            raise BeamlineError(
                f"--split {text}: can't read {item.strip()!r}; expected shares such as validation=0.1,test=0.1"
            )
        shares[name] = float(value)
    if not all(0 < share < 1 for share in shares.values()) or sum(shares.values()) >= 1:
        raise BeamlineError(
            f"--split {text}: expected shares above 0, whose sum is below 1, because train gets the rest"
        )
    return shares


def draw_splits(
    dialogues: Iterable[Dialogue], labels: Iterable[Labels], shares: Mapping[str, float], seed: int
) -> npt.NDArray[np.int8]:
    """Return the split of each row, [rows]: 0 is train, 1 the first of `shares`, 2 the second.

    Rows that have a label in common, or dialogues that are nearly the same (see `leakage.NEAR`), are one group, and so
    are groups with a row in common. Whole groups are drawn in random order, as long as they don't exceed the share. So
    a split is smaller than its share only if all groups left are larger than what it lacks.

    dialogues: iterated twice. labels: one array or more.
    """
    groups = _group_rows(dialogues, labels)
    sizes = np.bincount(groups)
    missing = [round(share * len(groups)) for share in shares.values()]
    split_of_group = np.zeros(len(sizes), np.int8)
    for group in np.random.default_rng(seed).permutation(len(sizes)).tolist():
        for split, count in enumerate(missing):
            if sizes[group] <= count:
                split_of_group[group] = split + 1
                missing[split] -= int(sizes[group])
                break
    return split_of_group[groups]


def _group_rows(dialogues: Iterable[Dialogue], labels: Iterable[Labels]) -> npt.NDArray[np.int32]:
    """Return the number of each row's group."""
    links = []
    for of_rows in labels:
        _, first, which = np.unique(of_rows, return_index=True, return_inverse=True)
        links.append((np.arange(len(which)), first[which]))
    count = len(links[0][0])
    index = NGramIndex((dialogue.dialogue for dialogue in dialogues), max(4_000_000, _NGRAMS * count))
    links.append(index.find_pairs((dialogue.dialogue for dialogue in dialogues), NEAR))
    rows, others = (np.concatenate(side) for side in zip(*links, strict=True))
    graph = sparse.coo_array((np.ones(len(rows), np.bool_), (rows, others)), shape=(count, count))
    groups: npt.NDArray[np.int32] = sparse.csgraph.connected_components(graph, directed=False)[1]
    return groups
