"""Whether texts are in one language, by their scripts and common words. It needs no list of languages."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from beamline.diagnosis.measures.overlap import words

_COMMON = 30  # words of a language that few texts do without


def foreign_words(texts: Sequence[str], others: Sequence[str]) -> float:
    """Return the share, 0 to 1, of the most common words of `texts` that ten times fewer of the `others` have."""
    here, there = _count_texts(texts), _count_texts(others)
    common = [word for word, _ in here.most_common(_COMMON)]
    rare = [word for word in common if there[word] / len(others) < here[word] / len(texts) / 10]
    return len(rare) / max(1, len(common))


def scripts(texts: Sequence[str]) -> dict[str, float]:
    """Return each script's share of all letters, 0 to 1, the largest first; empty if there is no letter.

    A script is named by the first word of its letters' names in Unicode.
    """
    letters = Counter(letter for text in texts for word in words(text) for letter in word if letter.isalpha())
    counts: Counter[str] = Counter()
    for letter, count in letters.items():
        counts[unicodedata.name(letter, "unknown").split()[0].title()] += count
    return {script: count / counts.total() for script, count in counts.most_common()}


def _count_texts(texts: Sequence[str]) -> Counter[str]:
    """Return how many texts have each word."""
    return Counter(word for text in texts for word in set(words(text)))
