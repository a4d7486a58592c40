"""Summaries that repeat themselves, in any script."""

import re
from collections import Counter

from beamline.data.features import tokens

_SHORTEST = 12  # characters that a repeated piece covers
_UNIT = re.compile(r"(\S.{0,39}?)\1{2,}", re.DOTALL)


def is_looped(text: str) -> bool:
    """Return whether a text repeats itself: the same piece three times in a row, or the same words again.

    The piece has up to 40 characters, and 12 or more with its repeats. Words, as in `features.tokens`: the same three
    words twice, or the same two words three times. In scripts without spaces a word is a character, and six have to
    occur twice.
    """
    line = " ".join(text.split())
    # With a space after its last word, a repeated piece of whole words is complete at the end of the text, too.
    if any(len(match[0]) >= _SHORTEST for match in _UNIT.finditer(f"{line} ")):
        return True
    words = [token for token in tokens(line) if token.isalnum() or token.startswith("#")]
    is_spaced = sum(map(len, words)) >= 2 * len(words)
    most = {size: _most_frequent(words, size) for size in (2, 3, 6)}
    return (most[3] >= 2 or most[2] >= 3) if is_spaced else most[6] >= 2


def _most_frequent(words: list[str], size: int) -> int:
    counts = Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))
    return max(counts.values(), default=0)
