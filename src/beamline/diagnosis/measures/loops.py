"""Summaries that say the same again and again, in any script."""

import re
from collections import Counter

from beamline.data.features import tokens

_SHORTEST = 12  # characters that a repeated piece covers
_UNIT = re.compile(r"(\S.{0,39}?)\1{2,}", re.DOTALL)


def is_looped(text: str) -> bool:
    """Return whether a piece of the text follows itself twice, or three words occur twice, or two words three times.

    The piece has up to 40 characters, and with its repeats at least 12. Words are those of `features.tokens`; of
    scripts without spaces, in which these are characters, six of them have to occur twice.
    """
    line = " ".join(text.split())
    if any(len(match[0]) >= _SHORTEST for match in _UNIT.finditer(line)):
        return True
    words = [token for token in tokens(line) if token.isalnum() or token.startswith("#")]
    is_spaced = sum(map(len, words)) >= 2 * len(words)
    most = {size: _most_frequent(words, size) for size in (2, 3, 6)}
    return (most[3] >= 2 or most[2] >= 3) if is_spaced else most[6] >= 2


def _most_frequent(words: list[str], size: int) -> int:
    counts = Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))
    return max(counts.values(), default=0)
