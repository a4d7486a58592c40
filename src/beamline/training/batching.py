"""Batches: which dialogues go together, how they are padded, and which labels count in the loss."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Sampler

from beamline.core.params import Padding
from beamline.encoding.codec import Encoding
from beamline.encoding.prepared import Example

IGNORED_LABEL = -100  # what torch's cross-entropy leaves out
BUCKET = 8  # tokens
SPREAD = (0, 4, 2, 6, 1, 5, 3, 7)  # eighths of the lengths, in the order of which successive batches are


class Collator:
    """Examples to the tensors that a sequence-to-sequence model takes.

    input_ids, attention_mask (LED: global_attention_mask): [batch, source_length] int64; labels, decoder_input_ids:
    [batch, target_length] int64.
    With `padding.mode: longest` the lengths are those of the longest example, with `max_length` the encoding's limits.

    The decoder's inputs are the labels shifted once to the right, made here and not in the model: models do it in
    different ways (mBART rotates the last token to the front), and label smoothing needs them outside the model.
    """

    def __init__(self, encoding: Encoding, padding: Padding) -> None:
        self.encoding = encoding
        self.fixed_length = padding.mode == "max_length"
        self.label_padding = IGNORED_LABEL if padding.labels == "masked" else encoding.pad_token_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        start = self.encoding.decoder_start_token_id
        sources = [example.input_ids for example in examples]
        targets = [example.labels for example in examples]
        source_length = self._length(sources, self.encoding.max_source_tokens)
        target_length = self._length(targets, self.encoding.max_target_tokens)
        return {
            **source_tensors(sources, self.encoding, source_length),
            "labels": pad_rows(targets, self.label_padding, target_length),
            "decoder_input_ids": pad_rows(
                [[start, *row[:-1]] for row in targets], self.encoding.pad_token_id, target_length
            ),
        }

    def _length(self, rows: Sequence[Sequence[int]], limit: int) -> int:
        return limit if self.fixed_length else max(len(row) for row in rows)


def source_tensors(rows: Sequence[Sequence[int]], encoding: Encoding, length: int) -> dict[str, torch.Tensor]:
    """What an encoder takes, each [len(rows), length] int64: the padded rows and the masks that belong to them."""
    tensors = {
        "input_ids": pad_rows(rows, encoding.pad_token_id, length),
        "attention_mask": pad_rows([[1] * len(row) for row in rows], 0, length),
    }
    if encoding.global_first_token:
        tensors["global_attention_mask"] = pad_rows([[1]] * len(rows), 0, length)
    return tensors


def pad_rows(rows: Sequence[Sequence[int]], value: int, length: int) -> torch.Tensor:
    """[len(rows), length] int64, each row padded at its end with `value`."""
    return torch.tensor([[*row, *[value] * (length - len(row))] for row in rows], dtype=torch.int64)


def lengths_of(examples: Sequence[Example]) -> list[tuple[int, int]]:
    """Of each example how many tokens its source and its target have."""
    return [(len(example.input_ids), len(example.labels)) for example in examples]


def group_by_budget(
    order: Sequence[int], lengths: Sequence[tuple[int, ...]], budget: int, minimum: int = 1
) -> list[list[int]]:
    """Cut `order` (indices) into batches whose padded size stays within `budget`.

    `lengths` are those of the sides that are padded, each to its longest: of sources alone, or of sources and targets.
    An index longer than the budget has a batch of its own. No batch but a lone one has fewer than `minimum` indices, so
    that each of `minimum` processes finds one in it.
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
    """Batches of examples of similar length within a token budget, in an order drawn anew for every epoch.

    Which examples share a batch depends on `seed` and the epoch alone, through a generator of its own: an epoch repeats
    whatever else draws random numbers, and a resumed run finds its place. Examples are sorted by the lengths of their
    sources, then of their targets, each rounded up to a multiple of `BUCKET`, so that neighbours change from epoch to
    epoch while the number of batches, which the learning-rate schedule is computed from, stays the same.

    Dialogues of one length alone teach worse than mixed ones (benchmarks/README.md), so successive batches are of
    lengths far apart: every two are of the shorter and the longer half, every four of all quarters, every eight of all
    eighths. Whether an optimizer step learns from one batch or from several, it and those just before it have seen all
    lengths. The order is van der Corput's (1935); exclusive or with a number drawn for each eight varies it and leaves
    halves, quarters and eighths in place.

    With several processes each takes every n-th example of the same batches: their number changes none in which each
    finds an example.
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
        self.lengths = [tuple(-(-length // BUCKET) * BUCKET for length in sides) for sides in lengths_of(examples)]
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
