import hashlib
import json
import random
from collections.abc import Iterable
from itertools import chain, pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from beamline.core.params import Padding
from beamline.encoding.prepared import Example
from beamline.models.encoding import Encoding
from beamline.models.padding import IGNORED_LABEL
from beamline.training.batching import Collator, LengthBucketedBatches, group_by_budget, measure_lengths

ENCODING = Encoding(
    max_source_tokens=8,
    max_target_tokens=6,
    source_prefix="",
    pad_token_id=0,
    eos_token_id=2,
    decoder_start_token_id=1,
    forced_first_token_id=None,
    new_tokens=(),
)
EXAMPLES = [Example("t0", [5, 6, 7, 2], [9, 2]), Example("t1", [5, 2], [8, 9, 2])]


def test_masked_labels_leave_padding_out_of_the_loss() -> None:
    batch = Collator(ENCODING, Padding(mode="longest", labels="masked"))(EXAMPLES)
    assert batch["labels"].tolist() == [[9, 2, IGNORED_LABEL], [8, 9, 2]]
    assert batch["decoder_input_ids"].tolist() == [[1, 9, 0], [1, 8, 9]]
    assert batch["input_ids"].tolist() == [[5, 6, 7, 2], [5, 2, 0, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]


def test_unmasked_labels_count_padding() -> None:
    batch = Collator(ENCODING, Padding(mode="longest", labels="unmasked"))(EXAMPLES)
    assert batch["labels"].tolist() == [[9, 2, 0], [8, 9, 2]]


def test_max_length_pads_every_batch_to_the_limits() -> None:
    batch = Collator(ENCODING, Padding(mode="max_length", labels="masked"))(EXAMPLES)
    assert batch["input_ids"].shape == (2, 8)
    assert batch["labels"].shape == (2, 6)


def examples_of(lengths: Iterable[tuple[int, int]]) -> list[Example]:
    return [Example(str(index), [0] * source, [0] * target) for index, (source, target) in enumerate(lengths)]


def drawn(count: int, longest: int) -> list[Example]:
    """Dialogues of 20 to `longest` tokens whose summaries are a tenth to a fourth as long."""
    lengths = random.Random(1)
    sources = [lengths.randint(20, longest) for _ in range(count)]
    return examples_of((source, round(source * lengths.uniform(0.1, 0.25))) for source in sources)


LENGTHS = st.lists(st.tuples(st.integers(1, 250), st.integers(1, 50)), min_size=1, max_size=80)


@given(LENGTHS, st.integers(50, 600), st.integers(1, 4), st.integers(0, 3))
def test_every_epoch_has_every_example_once_in_as_many_batches(
    lengths: list[tuple[int, int]], budget: int, world_size: int, epoch: int
) -> None:
    examples = examples_of(lengths)
    first = LengthBucketedBatches(examples, tokens_per_batch=budget, seed=0, world_size=world_size)
    count = len(first)
    for rank in range(world_size):
        first.rank = rank
        first.set_epoch(epoch)
        assert len(first) == count
    ranks = [
        LengthBucketedBatches(examples, tokens_per_batch=budget, seed=0, rank=rank, world_size=world_size)
        for rank in range(world_size)
    ]
    for sampler in ranks:
        sampler.set_epoch(epoch)
    seen = list(chain.from_iterable(chain.from_iterable(ranks)))
    assert sorted(seen) == list(range(len(lengths)))
    if len(lengths) >= world_size:
        assert all(batch for sampler in ranks for batch in sampler), (
            "a process without an example would hang the others"
        )


@given(LENGTHS, st.integers(50, 600))
def test_padded_size_stays_within_the_budget_unless_one_example_exceeds_it(
    lengths: list[tuple[int, int]], budget: int
) -> None:
    for batch in group_by_budget(range(len(lengths)), lengths, budget):
        sources, targets = zip(*(lengths[index] for index in batch), strict=True)
        assert len(batch) == 1 or (max(sources) + max(targets)) * len(batch) <= budget


def test_epochs_differ_and_repeat_whatever_else_draws_random_numbers() -> None:
    examples = drawn(200, longest=200)
    batches = LengthBucketedBatches(examples, tokens_per_batch=1000, seed=7)
    first = list(batches)
    batches.set_epoch(1)
    torch.rand(3)
    second = list(batches)
    again = LengthBucketedBatches(examples, tokens_per_batch=1000, seed=7)
    again.set_epoch(1)
    assert first != second
    assert list(again) == second
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}, "only their order changed"


def test_batches_are_those_that_earlier_results_were_trained_on() -> None:
    """Which dialogues share a batch, and the order of batches, for two processes too. A change moves every result."""
    examples, digest = drawn(3000, longest=400), hashlib.sha256()
    for world_size in (1, 2):
        for rank in range(world_size):
            batches = LengthBucketedBatches(examples, tokens_per_batch=2500, seed=42, rank=rank, world_size=world_size)
            for epoch in range(3):
                batches.set_epoch(epoch)
                digest.update(json.dumps(list(batches)).encode())
    assert digest.hexdigest() == "8b1174d00468283f86b4d7d81378ba4ab5c28f4ef99c193745d7a917cc8275b5"


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(40, 200), st.integers(20, 80)), min_size=40, max_size=120), st.integers(0, 3))
def test_successive_batches_are_of_lengths_far_apart(lengths: list[tuple[int, int]], seed: int) -> None:
    sampler = LengthBucketedBatches(examples_of(lengths), tokens_per_batch=250, seed=seed)
    batches = [[tuple(sampler.lengths[index]) for index in batch] for batch in sampler]
    whole = batches[: len(batches) // 8 * 8]
    assert whole
    for width in (2, 4, 8):
        groups = [sorted(whole[start : start + width]) for start in range(0, len(whole), width)]
        for shorter, longer in pairwise(zip(*groups, strict=True)):
            assert max(map(max, shorter)) <= min(map(min, longer)), f"not one of each of {width} shares"


def test_no_two_eights_of_batches_need_have_the_same_order() -> None:
    sampler = LengthBucketedBatches(drawn(2000, longest=200), tokens_per_batch=1000, seed=7)
    shortest = [min(tuple(sampler.lengths[index]) for index in batch) for batch in sampler]
    eights = [shortest[start : start + 8] for start in range(0, len(shortest) // 8 * 8, 8)]
    assert len({tuple(sorted(range(8), key=eight.__getitem__)) for eight in eights}) > 4


def test_bucketing_wastes_little() -> None:
    examples = drawn(2000, longest=400)
    batches = list(LengthBucketedBatches(examples, tokens_per_batch=4000, seed=7))
    sources, targets = (
        sum(lengths) / sum(max(lengths[index] for index in batch) * len(batch) for batch in batches)
        for lengths in measure_lengths(examples).T
    )
    assert sources > 0.95
    assert targets > 0.8, "sorted by the sources alone it would be 0.73"


@pytest.mark.parametrize("world_size", [2, 3])
def test_processes_share_the_batches_of_one(world_size: int) -> None:
    examples = drawn(120, longest=200)
    alone = list(LengthBucketedBatches(examples, tokens_per_batch=1000, seed=7))
    assert all(len(batch) >= world_size for batch in alone), "a smaller one would have to change"
    shares = [
        list(LengthBucketedBatches(examples, tokens_per_batch=1000, seed=7, rank=rank, world_size=world_size))
        for rank in range(world_size)
    ]
    for whole, *parts in zip(alone, *shares, strict=True):
        assert sorted(whole) == sorted(chain.from_iterable(parts))
