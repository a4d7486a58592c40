from beamline.core.excerpts import shorten, shorten_around, shorten_end

LONG = "one two three four five six seven eight nine ten"


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert shorten("a\n b") == shorten_around("a\n b", ["b"]) == shorten_end("a\n b") == "a b"


def test_an_excerpt_shows_the_words_that_it_is_about() -> None:
    assert shorten(LONG, 20) == "one two three fou..."
    assert shorten_end(LONG, 20) == "...en eight nine ten"
    assert "Five six" in shorten_around(LONG.replace("five", "Five"), ["five", "six"], 20)
    assert shorten_around("Can it be? Yes, it can. " + LONG, ["nine", "ten"], 20).endswith("eight nine ten")
    assert shorten_around(LONG, ["eleven"], 20) == shorten(LONG, 20)
