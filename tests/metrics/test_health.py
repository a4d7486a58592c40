import pytest

from beamline.metrics.health import health, is_repetitive


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
    summaries = ["one two three four", "", "he goes home and he goes home", "fine"]
    references = [("one two", "one two three four")] * 4
    assert health(summaries, [True, True, False, True], references) == {
        "summary_words": 3.0,
        "reference_words": 3.0,
        "empty": 0.25,
        "unfinished": 0.25,
        "repetitive": 0.25,
    }
