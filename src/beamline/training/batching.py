"""Batches: which dialogues go together, and their tensors."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Sampler

from beamline.core.params import Padding
from beamline.encoding.prepared import Example
from beamline.models.encoding import Encoding
from beamline.models.families import find_family

BUCKET = 8  # tokens
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


def measure_lengths(examples: Sequence[Example]) -> list[tuple[int, int]]:
    """Return the numbers of tokens of each example's source and target."""
    return [(len(example.input_ids), len(example.labels)) for example in examples]


def group_by_budget(
    order: Sequence[int], lengths: Sequence[tuple[int, ...]], budget: int, minimum: int = 1
) -> list[list[int]]:
    """Cut `order` (indices) into batches whose padded size is at most `budget`.

    lengths: for each index, the lengths of the sides that are padded: of its source alone, or of source and target.
    minimum: every batch has so many indices, one for each process, unless it is the only one.
    An index that is longer than the budget has its own batch.
    """
    batches: list[list[int]] = [[]]
    longest: tuple[int, ...] = ()
    for index in order:
        longest = tuple(map(max, longest or lengths[index], lengths[index]))
        if len(batches[-1]) >= minimum and sum(longest) * (len(batches[-1]) + 1) > budget:
            batches.append([])
            longest = lengths[index]
        batches[-1].append(index)
    if len(batches) > 1 and len(batches[-1]) < minimum:
        batches[-2:] = [batches[-2] + batches[-1]]
    return batches


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
        self.lengths = [tuple(-(-length // BUCKET) * BUCKET for length in sides) for sides in measure_lengths(examples)]
        self.tokens_per_batch = tokens_per_batch
        self.seed = seed
        self.rank = rank
        self.world_size = world_size
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        generator = np.random.default_rng([self.seed, epoch])
        shuffled = generator.permutation(len(self.lengths)).tolist()
        order = sorted(shuffled, key=self.lengths.__getitem__)
        batches = group_by_budget(order, self.lengths, self.tokens_per_batch, self.world_size)
        shares = [generator.permutation(share).tolist() for share in np.array_split(range(len(batches)), len(SPREAD))]
        self.batches: list[list[int]] = []
        while len(self.batches) < len(batches):
            drawn = generator.integers(len(SPREAD))
            cycle = [shares[eighth ^ drawn] for eighth in SPREAD]
            self.batches += [batches[share.pop()] for share in cycle if share]

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        return (batch[self.rank :: self.world_size] for batch in self.batches)
