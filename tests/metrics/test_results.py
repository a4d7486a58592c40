import pytest

from beamline.core.records import Dialogue
from beamline.decoding.transformers_backend import Summary
from beamline.encoding.prepared import EncodedDialogue
from beamline.metrics.results import health, is_repetitive, length_pairs


def encoded(*references: str) -> EncodedDialogue:
    return EncodedDialogue(Dialogue("1", "a", references), [2], [[2]] * len(references), 1, [1] * len(references))


@pytest.mark.parametrize(
    ("text", "repetitive"),
    [
        ("", False),
        ("one", False),
        ("he goes home and she goes home", False),
        ("he goes home and then he goes home", True),
        ("no no no", False),
        ("no no no no", True),
        ("a b c a b d a b", True),
    ],
)
def test_repetition_is_three_words_twice_or_two_words_three_times(text: str, repetitive: bool) -> None:
    assert is_repetitive(text) == repetitive


def test_health_counts_what_is_not_as_it_should_be() -> None:
    summaries = [
        Summary("one two three four", tokens=4, finished=True),
        Summary("", tokens=0, finished=True),
        Summary("he goes home and he goes home", tokens=7, finished=False),
        Summary("fine", tokens=1, finished=True),
    ]
    dialogues = [encoded("one two", "one two three four")] * 4
    assert health(dialogues, summaries) == {
        "summary_words": 3.0,
        "reference_words": 3.0,
        "empty": 0.25,
        "unfinished": 0.25,
        "repetitive": 0.25,
    }
    assert length_pairs(dialogues[:1], summaries[:1]) == [{"reference_words": 3.0, "summary_words": 4}]
