"""Items that are not all in memory at once."""

import threading
from collections.abc import Iterator

import pytest

from beamline.core.streams import batched, read_ahead


def test_batches_are_in_order_and_the_last_one_may_be_shorter() -> None:
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched([], 3)) == []


def test_the_next_item_is_made_while_one_is_used() -> None:
    begun = [threading.Event() for _ in range(5)]

    def make() -> Iterator[int]:
        for number, event in enumerate(begun):
            event.set()
            yield number

    seen = []
    for number in read_ahead(make()):
        if number < 4:
            assert begun[number + 1].wait(10)
        assert not any(event.is_set() for event in begun[number + 2 :]), "no more than one is made in advance"
        seen.append(number)
    assert seen == [0, 1, 2, 3, 4]


def test_an_error_comes_in_its_place() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("second")

    items = read_ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="second"):
        next(items)
