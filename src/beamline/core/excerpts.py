"""Texts cut to what fits into a sentence."""

import re
from collections.abc import Sequence

_LENGTH = 60  # characters


def shorten(text: str, length: int = _LENGTH) -> str:
    """Return the text on one line, cut to `length` characters with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 3]}..."


def shorten_around(text: str, words: Sequence[str], length: int = _LENGTH) -> str:
    """Return `length` characters of the text on one line, around the first place that has these words in a row.

    Letter case does not matter. Without such a place, it is the beginning.
    """
    line = " ".join(text.split())
    found = re.search(r"\s*".join(map(re.escape, words)), line, re.IGNORECASE)
    if found is None or len(line) <= length:
        return shorten(line, length)
    start = max(0, min((found.start() + found.end() - length) // 2, len(line) - length))
    return f"{'...' if start else ''}{line[start : start + length]}{'...' if start + length < len(line) else ''}"


def shorten_end(text: str, length: int = _LENGTH) -> str:
    """Return the last `length` characters of the text on one line, with an ellipsis before them if it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"...{line[3 - length :]}"
