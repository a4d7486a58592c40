"""Items that are not all in memory at once."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of `size` items in their order; the last one may be shorter."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items in their order; a thread makes the next one while one is used."""
    remaining = iter(items)
    with ThreadPoolExecutor(max_workers=1) as thread:
        upcoming = thread.submit(next, remaining, None)
        while (item := upcoming.result()) is not None:
            upcoming = thread.submit(next, remaining, None)
            yield item
