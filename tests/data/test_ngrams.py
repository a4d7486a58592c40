"""Which dialogue has most of another one's n-grams."""

import random

import numpy as np
import pytest

from beamline.data import ngrams
from beamline.data.ngrams import NGRAM, NGramIndex


def invent(count: int, seed: int) -> list[str]:
    """Dialogues of 100 drawn words."""
    drawn = random.Random(seed)
    words = ["".join(drawn.choices("abcdefghijklmnop", k=drawn.randint(2, 8))) for _ in range(2000)]
    return [" ".join(drawn.choices(words, k=100)) for _ in range(count)]


def test_shares_are_those_that_a_person_counts() -> None:
    text = "".join(invent(1, seed=1)).replace(" ", "")[:100]  # 69 n-grams
    half = text[: NGRAM + 34] + "Q" * 50  # the first 35 of them
    shares, places = NGramIndex([text]).find_nearest(["nothing", half, text[:NGRAM], half])
    assert shares.tolist() == [pytest.approx(35 / 69)]
    assert places.tolist() in ([1], [3])


@pytest.mark.parametrize("limit", [4_000_000, 3_000], ids=["all n-grams", "a part of them"])
def test_every_copy_is_found_and_nothing_else(limit: int) -> None:
    test, train = invent(80, seed=1), invent(2500, seed=2)
    copied = {3: 0, 40: 999, 41: 1000, 79: 2499}
    for row, place in copied.items():
        train[place] = f"Well. {test[row].title()}!"
    index = NGramIndex(test, limit)
    assert len(index.known) <= limit
    shares, places = index.find_nearest(train)
    assert {row: int(places[row]) for row in np.flatnonzero(shares >= 0.9)} == copied
    assert np.delete(shares, list(copied)).max() < 0.2


def test_pairs_are_those_of_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    dialogues = invent(1200, seed=1)
    dialogues[1100] = f"Well. {dialogues[3]}"
    rows, others = NGramIndex(dialogues).find_pairs(dialogues, share=0.9)
    pairs = set(zip(rows.tolist(), others.tolist(), strict=True))
    assert pairs == {*((row, row) for row in range(1200)), (1100, 3), (3, 1100)}
    monkeypatch.setattr(ngrams, "_COMMON", 1)
    rows, others = NGramIndex(dialogues).find_pairs(dialogues, share=0.9)
    assert (1100, 3) not in zip(rows.tolist(), others.tolist(), strict=True)


def test_a_common_turn_is_no_copy() -> None:
    turn = "Good morning, how can I help you? I would like to book a table for Friday evening, please."
    test = [f"{turn} {text}" for text in invent(5, seed=1)]
    shares, _ = NGramIndex(test).find_nearest([turn, *(f"{turn} {text}" for text in invent(5, seed=2))])
    assert 0 < shares.max() < 0.2


@pytest.mark.parametrize(("test", "train"), [([], ["a"]), (["short"], ["short"]), (["x" * 99], []), (["", "!"], [""])])
def test_without_n_grams_nothing_is_near(test: list[str], train: list[str]) -> None:
    shares, places = NGramIndex(test).find_nearest(train)
    assert shares.tolist() == places.tolist() == [0] * len(test)
