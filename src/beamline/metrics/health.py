"""The health of summaries: their lengths, and what is wrong with them that no metric says."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np


def health(summaries: Sequence[str], finished: Sequence[bool], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return mean lengths in words (between white space), and shares, 0-1, of summaries with a fault.

    finished: whether the model itself ended the summary. references: of each summary, or none at all.
    empty: no text. unfinished: cut by `max_length`, no end of sequence. repetitive: see `is_repetitive`.
    """
    reference_words = [count_words(text) for texts in references for text in texts]
    return {
        "summary_words": float(np.mean([count_words(text) for text in summaries])),
        **({"reference_words": float(np.mean(reference_words))} if reference_words else {}),
        "empty": float(np.mean([not text for text in summaries])),
        "unfinished": float(np.mean([not ended for ended in finished])),
        "repetitive": float(np.mean([is_repetitive(text) for text in summaries])),
    }


def is_repetitive(text: str) -> bool:
    """Return whether three words in a row occur twice, or two words in a row three times."""
    words = text.split()
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    pairs = Counter(pairwise(words))
    return max(triples.values(), default=0) >= 2 or max(pairs.values(), default=0) >= 3


def count_words(text: str) -> int:
    """Return the number of words of `text`, between white space."""
    return len(text.split())
