"""How much texts have in common, for many pairs at once.

ROUGE compares a thousand pairs a second; this compares a million in less than a second. Texts are compared by words. If
endings and particles hide that two words are the same, they are compared by pieces of words. Speaker tags are left out:
every text has them.
"""

import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from beamline.core.records import SPEAKER_TAG
from beamline.diagnosis.measures.tfidf import mark_presence, scale_rows, weigh_items
from beamline.metrics.intervals import FloatArray
from beamline.metrics.tokenizers import fold

SHINGLE = 5  # words
_PIECE = 3  # characters

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of `text` in order, folded, without punctuation and speaker tags."""
    return _WORD.findall(fold(SPEAKER_TAG.sub(" ", text)))


def pieces(text: str) -> set[str]:
    """Return every three characters in a row of the words of `text`, including the space before a word.

    수영장에서 and 수영장은, "books" and "book", have most of their pieces in common.
    """
    spaced = {f" {word}" for word in words(text)}
    return {word[start : start + _PIECE] for word in spaced for start in range(max(1, len(word) - _PIECE + 1))}


def shingles(text: str) -> set[str]:
    """Return every `SHINGLE` words in a row; for a shorter text, all its words."""
    own = words(text)
    return {" ".join(own[start : start + SHINGLE]) for start in range(max(1, len(own) - SHINGLE + 1))}


def shingle_likeness(texts: Sequence[str], others: Sequence[str]) -> FloatArray:
    """Return the Jaccard similarity of each text with each of `others`, by shingles: 0 to 1, float64 [texts, others].

    It is the measure of near duplicates since Broder, "On the resemblance and containment of documents" (1997).
    """
    of_texts, of_others = [shingles(text) for text in texts], [shingles(text) for text in others]
    known: set[str] = set().union(*of_texts)
    left, right = mark_presence(of_texts, [found & known for found in of_others])
    common = (left @ right.T).toarray()
    sizes, other_sizes = (np.array([len(found) for found in side]) for side in (of_texts, of_others))
    return np.asarray(common / (sizes[:, None] + other_sizes - common))


def overlaps(texts: Sequence[str], others: Sequence[str]) -> FloatArray:
    """Return how much every text has in common with every other, float64 [texts, others].

    It is the sum over their common pieces, weighted by how few of the `others` have a piece. Pieces that all of them
    have weigh nothing.
    """
    left, right = mark_presence([pieces(text) for text in texts], [pieces(text) for text in others])
    return np.asarray((left @ sparse.diags(weigh_items(right)) @ right.T).toarray())


def cosines(*groups: Sequence[str]) -> list[FloatArray]:
    """Return the cosine similarity of every text of each group with every text of the last group.

    For each group: float64 [texts of the group, texts of the last]. Words are weighted by how few texts of all groups
    have them. How often a text has a word is not counted.
    """
    matrices = mark_presence(*([set(words(text)) for text in group] for group in groups))
    weights = sparse.diags(weigh_items(*matrices))
    units = [scale_rows(matrix @ weights) for matrix in matrices]
    return [np.asarray((unit @ units[-1].T).toarray()) for unit in units]


def belongs(summaries: Sequence[str], dialogues: Sequence[str]) -> list[bool | None]:
    """Return whether each summary has more in common with its own dialogue than with the median dialogue.

    It is True for nearly every correct pair, and for half of the wrong pairs, whose dialogue is a random one. So the
    share of wrong pairs is twice the share of False. It is None if a pair can't be judged: its summary has nothing in
    common with any dialogue, or its dialogue with any summary, because one of them is in another language.
    """
    common = overlaps(summaries, dialogues)
    shown = (common.max(axis=1) > 0) & (common.max(axis=0) > 0)
    own = np.diagonal(common) > np.median(common, axis=1)
    return [bool(right) if known else None for right, known in zip(own, shown, strict=True)]


def beyond_reach(texts: Sequence[str], sources: Sequence[str], kept: Sequence[str]) -> float:
    """Return the share, 0 to 1, of what texts have in common with their sources that the kept parts lack.

    Pieces are weighted as in `overlaps`.
    """
    own, whole, left = mark_presence(*([pieces(text) for text in side] for side in (texts, sources, kept)))
    weights = weigh_items(whole)
    taken = own.multiply(whole)
    total = float((taken @ weights).sum())
    lost = taken - taken.multiply(left)
    return float((lost @ weights).sum()) / total if total else 0.0
