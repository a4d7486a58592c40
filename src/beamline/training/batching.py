"""Batches: which dialogues go together, and their tensors."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Sampler

from beamline.core.params import Padding
from beamline.encoding.prepared import Example, Examples
from beamline.models.encoding import Encoding
from beamline.models.families import find_family

IntArray = npt.NDArray[np.signedinteger]

BUCKET = 8  # tokens
_READ = 10_000  # lengths that are Python objects at the same time
SPREAD = (0, 4, 2, 6, 1, 5, 3, 7)  # eighths of the lengths, in the order of which successive batches are


class Collator:
    """Turns examples into the tensors of a batch, as the family of the model has them."""

    def __init__(self, encoding: Encoding, padding: Padding) -> None:
        self.encoding = encoding
        self.padding = padding
        self.family = find_family(encoding)

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        sources = [example.input_ids for example in examples]
        targets = [example.labels for example in examples]
        return self.family.collate(sources, targets, self.encoding, self.padding)


def measure_lengths(examples: Sequence[Example]) -> IntArray:
    """Return the numbers of tokens of each example's source and target: [examples, 2]."""
    if isinstance(examples, Examples):
        return examples.lengths
    lengths = [(len(example.input_ids), len(example.labels)) for example in examples]
    return np.array(lengths, np.int32).reshape(-1, 2)


def sort_by_length(lengths: IntArray, order: IntArray) -> IntArray:
    """Return the indices of `order` sorted by the lengths of their first side, then of the others.

    Indices of equal lengths keep their order. lengths: [indices, sides].
    """
    return order[np.lexsort(lengths[order].T[::-1])]


def group_by_budget(order: Sequence[int], lengths: Sequence[Sequence[int]] | IntArray, budget: int) -> list[list[int]]:
    """Cut `order` (indices) into batches whose padded size is at most `budget`.

    lengths: for each index, the lengths of the sides that are padded: of its source alone, or of source and target.
    An index that is longer than the budget has its own batch.
    """
    indices = np.asarray(order, np.int64)
    return [indices[batch].tolist() for batch in _cut(np.asarray(lengths)[indices], budget, minimum=1)]


class LengthBucketedBatches(Sampler[list[int]]):
    """Batches of examples of similar length within a token budget, in a new order for every epoch.

    Which examples share a batch depends on `seed` and the epoch alone, through a separate generator. So an epoch
    repeats whatever else draws random numbers, and a resumed run finds its place. Examples are sorted by the lengths of
    their sources, then of their targets, each rounded up to a multiple of `BUCKET`. Neighbors then change from epoch to
    epoch, while the number of batches, which the learning-rate schedule needs, stays the same.

    Successive batches of one length teach worse than mixed ones (benchmarks/README.md), so they have lengths far
    apart. Every two batches are one of the shorter and one of the longer half, every four come from all quarters, every
    eight from all eighths. An optimizer step, of one batch or of several, and the steps just before it have then seen
    all lengths. The order is van der Corput's (1935). Exclusive or with a number drawn for each eight varies it, and
    keeps halves, quarters and eighths in place.

    With n processes, each takes every n-th example of a batch. Batches are the same for any n, unless a batch has fewer
    than n examples.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        *,
        tokens_per_batch: int,
        seed: int,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.lengths = -(-measure_lengths(examples) // BUCKET) * BUCKET
        self.tokens_per_batch = tokens_per_batch
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        generator = np.random.default_rng([self.seed, epoch])
        self._order = sort_by_length(self.lengths, generator.permutation(len(self.lengths)))
        batches = _cut(self.lengths[self._order], self.tokens_per_batch, self.world_size)
        shares = [generator.permutation(share).tolist() for share in np.array_split(range(len(batches)), len(SPREAD))]
        self._batches: list[slice] = []
        while len(self._batches) < len(batches):
            drawn = generator.integers(len(SPREAD))
            cycle = [shares[eighth ^ drawn] for eighth in SPREAD]
            self._batches += [batches[share.pop()] for share in cycle if share]

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[int]]:
        return (self._order[batch][self.rank :: self.world_size].tolist() for batch in self._batches)


def _cut(lengths: IntArray, budget: int, minimum: int) -> list[slice]:
    """Return the place of each batch among indices that are in order. lengths: [indices, sides].

    minimum: every batch has so many indices, one for each process, unless it is the only one.
    """
    starts, longest = [0], [0] * lengths.shape[1]
    for start in range(0, len(lengths), _READ):
        for index, sides in enumerate(lengths[start : start + _READ].tolist(), start):
            longest = list(map(max, longest, sides))
            count = index - starts[-1]
            if count >= minimum and sum(longest) * (count + 1) > budget:
                starts.append(index)
                longest = sides
    if len(starts) > 1 and len(lengths) - starts[-1] < minimum:
        starts.pop()
    return [slice(start, end) for start, end in pairwise([*starts, len(lengths)])]
