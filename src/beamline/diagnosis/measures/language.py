"""Whether texts are of one language, as far as that takes no list of languages: by their scripts and common words."""

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
    """Each script, by the first word of its letters' names in Unicode, to its share of all letters; the largest first.

    Empty where there is no letter.
    """
    letters = Counter(letter for text in texts for word in words(text) for letter in word if letter.isalpha())
    counts: Counter[str] = Counter()
    for letter, count in letters.items():
        counts[unicodedata.name(letter, "unknown").split()[0].title()] += count
    return {script: count / counts.total() for script, count in counts.most_common()}


def _count_texts(texts: Sequence[str]) -> Counter[str]:
    """In how many texts each word stands."""
    return Counter(word for text in texts for word in set(words(text)))
