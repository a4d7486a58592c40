"""Which part is left of a text that is longer than a model reads: `tokenizer.overflow`."""

from collections.abc import Sequence
from typing import TypeVar

from beamline.core.choices import Overflow

Text = TypeVar("Text", str, list[int])


def shorten(text: Text, length: int, overflow: Overflow) -> Text:
    """Return at most `length` tokens or characters of a text. overflow: the part that is cut.

    Of a text that is cut in its middle both ends are kept. The first has one more if `length` is odd.
    """
    if len(text) <= length:
        return text
    first = {"end": length, "start": 0, "middle": (length + 1) // 2}[overflow]
    return text[:first] + text[len(text) - (length - first) :]


def count_shared(ids: Sequence[int], others: Sequence[int]) -> int:
    """Return how many ids are the same at the beginning of both rows."""
    differing = (place for place, (id_, other) in enumerate(zip(ids, others, strict=False)) if id_ != other)
    return next(differing, min(len(ids), len(others)))
