"""Cutting a text that is longer than a model reads."""

from hypothesis import given
from hypothesis import strategies as st

from beamline.models.truncation import Overflow, count_shared, shorten


@given(st.lists(st.integers()), st.integers(0, 12), st.sampled_from(["end", "start", "middle"]))
def test_what_is_left_is_as_long_as_asked_and_in_order(ids: list[int], length: int, overflow: Overflow) -> None:
    left = shorten(ids, length, overflow)
    assert len(left) == min(len(ids), length)
    kept = {"end": length, "start": 0, "middle": (length + 1) // 2}[overflow]
    expected = ids[:kept] + ids[kept + max(0, len(ids) - length) :]
    assert left == expected


def test_each_part_can_be_cut() -> None:
    assert [shorten("abcdefg", 3, overflow) for overflow in ("end", "start", "middle")] == ["abc", "efg", "abg"]
    assert shorten("abc", 3, "middle") == "abc"


def test_shared_ids_are_counted() -> None:
    assert [count_shared(ids, [1, 2, 3]) for ids in ([], [2], [1, 2], [1, 2, 4, 3], [1, 2, 3, 4])] == [0, 0, 2, 2, 3]
