"""Drawing splits: shares, seeds, and what stays on one side."""

import random
from collections.abc import Sequence

import numpy as np
import pytest

from beamline.core.errors import BeamlineError
from beamline.core.records import Dialogue
from beamline.data.splitting import draw_splits, parse_shares

SHARES = {"validation": 0.1, "test": 0.2}


def talk(seed: int, words: int = 60) -> str:
    """A dialogue of words that occur in no other."""
    generator = random.Random(seed)
    return " ".join("".join(generator.choices("abcdefghijklmnop", k=6)) for _ in range(words))


def draw(texts: Sequence[str], seed: int = 0, groups: Sequence[int] | None = None) -> list[int]:
    dialogues = [Dialogue(str(number), text, ("s",)) for number, text in enumerate(texts)]
    labels = np.array(range(len(texts)) if groups is None else groups, np.uint64)
    return draw_splits(dialogues, [labels], SHARES, seed).tolist()


def test_shares_are_exact_and_the_seed_decides() -> None:
    texts = [talk(number) for number in range(50)]
    first = draw(texts)
    assert [first.count(split) for split in range(3)] == [35, 5, 10]
    assert draw(texts) == first
    assert draw(texts, seed=1) != first


def test_every_row_may_be_drawn() -> None:
    texts = [talk(number) for number in range(20)]
    drawn = np.array([draw(texts, seed) for seed in range(60)])
    assert ((drawn == 2).mean(axis=0) > 0).all()
    assert abs((drawn == 2).mean() - 0.2) < 1e-9


def test_near_duplicates_stay_on_one_side() -> None:
    """Each dialogue is there three times: as it is, with a word changed, and with some words before it."""
    originals = [talk(number) for number in range(40)]
    changed = [text.replace(text.split()[30], "other") for text in originals]
    longer = [f"{talk(1000 + number, words=5)} {text}" for number, text in enumerate(originals)]
    for seed in range(5):
        first, second, third = np.array(draw([*originals, *changed, *longer], seed)).reshape(3, 40)
        assert (first == second).all()
        assert (first == third).all()
        assert [(first == split).sum() for split in range(3)] == [28, 4, 8]


def test_dialogues_with_phrases_in_common_are_no_near_duplicates() -> None:
    phrase = "good morning and thank you for calling how may I help you today"
    drawn = draw([f"{phrase} {talk(number)}" for number in range(50)])
    assert [drawn.count(split) for split in range(3)] == [35, 5, 10]


def test_groups_that_share_a_dialogue_are_one() -> None:
    """Rows 0 to 9 are of the first group, 10 to 19 of the second, and so on; rows 0 and 10 are the same."""
    texts = [talk(number) for number in range(100)]
    texts[10] = texts[0]
    drawn = np.array([draw(texts, seed, groups=[number // 10 for number in range(100)]) for seed in range(10)])
    drawn = drawn.reshape(10, 10, 10)
    assert (drawn == drawn[:, :, :1]).all()
    assert (drawn[:, 0] == drawn[:, 1]).all()


def test_a_group_larger_than_a_share_is_train() -> None:
    drawn = draw([talk(number) for number in range(20)], groups=[0] * 10 + list(range(1, 11)))
    assert set(drawn[:10]) == {0}
    assert [drawn.count(split) for split in range(3)] == [14, 2, 4]


def test_shares_are_read() -> None:
    assert parse_shares("validation=0.1,test=.05") == {"validation": 0.1, "test": 0.05}
    assert parse_shares("test=0.5") == {"test": 0.5}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "can't read ''; expected shares such as validation=0.1,test=0.1"),
        ("0.1", "can't read '0.1'; expected"),
        ("held-out=0.1", "can't read 'held-out=0.1'; expected"),
        ("test=ten", "can't read 'test=ten'; expected"),
        ("test=0.1,test=0.2", "can't read 'test=0.2'; expected"),
        ("train=0.8,test=0.2", "train gets what the others leave; leave out train=0.8"),
        ("test=0", "expected shares above 0, whose sum is below 1"),
        ("test=10", "expected shares above 0, whose sum is below 1"),
        ("validation=0.5,test=0.5", "expected shares above 0, whose sum is below 1"),
    ],
)
def test_other_shares_are_refused(text: str, problem: str) -> None:
    with pytest.raises(BeamlineError) as caught:
        parse_shares(text)
    assert str(caught.value).startswith(f"--split {text}: {problem}")
