"""How much texts have in common, for many pairs at once: sparse matrices of what stands in which text.

ROUGE compares a thousand pairs a second; here a million pairs take less than that. What is compared are words, or
pieces of words where endings and particles hide that two words are one. Speaker tags don't count: every text has them.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from beamline.core.records import SPEAKER_TAG
from beamline.metrics.intervals import FloatArray
from beamline.metrics.tokenizers import fold

SHINGLE = 5  # words
_PIECE = 3  # characters

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of `text` in order, folded: white space, punctuation, case and speaker tags don't count."""
    return _WORD.findall(fold(SPEAKER_TAG.sub(" ", text)))


def pieces(text: str) -> set[str]:
    """Every three characters in a row of the words of `text`, the space before a word included.

    수영장에서 and 수영장은, "books" and "book", have most of their pieces in common.
    """
    spaced = {f" {word}" for word in words(text)}
    return {word[start : start + _PIECE] for word in spaced for start in range(max(1, len(word) - _PIECE + 1))}


def shingles(text: str) -> set[str]:
    """Every `SHINGLE` words in a row; of a shorter text, all its words."""
    of_text = words(text)
    return {" ".join(of_text[start : start + SHINGLE]) for start in range(max(1, len(of_text) - SHINGLE + 1))}


def nearest_shingles(texts: Sequence[str], others: Sequence[str]) -> FloatArray:
    """The highest Jaccard similarity of each text's shingles with those of one of the others, 0 to 1, float64 [texts].

    The measure of near duplicates since Broder, "On the resemblance and containment of documents" (1997).
    """
    of_texts, of_others = [shingles(text) for text in texts], [shingles(text) for text in others]
    known: set[str] = set().union(*of_texts)
    left, right = _presence(of_texts, [each & known for each in of_others])
    common = (left @ right.T).toarray()
    union = np.array([len(each) for each in of_texts])[:, None] + np.array([len(each) for each in of_others]) - common
    return np.asarray((common / union).max(axis=1))


def overlaps(texts: Sequence[str], others: Sequence[str]) -> FloatArray:
    """What every text has in common with every other, float64 [texts, others].

    The sum over their common pieces, each weighted by how few of the `others` it stands in (log of inverse document
    frequency), so that what all of them have counts nothing.
    """
    left, right = _presence([pieces(text) for text in texts], [pieces(text) for text in others])
    standing = np.maximum(1, np.asarray(right.sum(axis=0)).ravel())
    return np.asarray((left @ sparse.diags(np.log(len(others) / standing)) @ right.T).toarray())


def cosines(*groups: Sequence[str]) -> list[FloatArray]:
    """Cosine similarity of every text of each group with every text of the last group: TF-IDF of words, binary TF.

    Inverse document frequencies are those of all groups together. float64 [texts of the group, texts of the last].
    """
    matrices = _presence(*([set(words(text)) for text in group] for group in groups))
    standing = sum(np.asarray(matrix.sum(axis=0)).ravel() for matrix in matrices)
    weights = sparse.diags(np.log(sum(map(len, groups)) / standing))
    weighted = [matrix @ weights for matrix in matrices]
    lengths = [np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()) for matrix in weighted]
    units = [
        sparse.diags(1 / np.maximum(length, 1e-9)) @ matrix for length, matrix in zip(lengths, weighted, strict=True)
    ]
    return [np.asarray((matrix @ units[-1].T).toarray()) for matrix in units]


def belongs(summaries: Sequence[str], dialogues: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each summary has more in common with its own dialogue than with the median dialogue.

    Nearly every right pair has. A wrong one has it as often as not: its dialogue is then any of them. So the share of
    wrong pairs is twice the share for which this is False. Summaries that have nothing in common with any dialogue, as
    in another language, show nothing and are left out.
    """
    common = overlaps(summaries, dialogues)
    shown = common.max(axis=1) > 0
    return np.asarray((np.diagonal(common) > np.median(common, axis=1))[shown])


def beyond_reach(texts: Sequence[str], sources: Sequence[str], kept: Sequence[str]) -> float:
    """Of what texts have in common with their sources, the share, 0 to 1, that is not in the kept parts of them.

    Pieces are weighted as in `overlaps`.
    """
    whole = [pieces(source) for source in sources]
    standing = Counter(piece for found in whole for piece in found)
    lost = taken = 0.0
    for text, source, found, part in zip(texts, sources, whole, kept, strict=True):
        left = found if part == source else pieces(part)
        for piece in pieces(text) & found:
            weight = math.log(len(sources) / standing[piece])
            taken += weight
            lost += weight * (piece not in left)
    return lost / taken if taken else 0.0


def _presence(*groups: Iterable[set[str]]) -> list[sparse.csr_array]:
    """For each group a matrix [texts, items] of ones where an item stands in a text; columns are shared."""
    columns: dict[str, int] = {}
    built = []
    for group in groups:
        found: list[int] = []
        ends = [0]
        for items in group:
            found.extend(columns.setdefault(item, len(columns)) for item in items)
            ends.append(len(found))
        built.append((found, ends))
    return [
        sparse.csr_array((np.ones(len(found)), found, ends), shape=(len(ends) - 1, len(columns)))
        for found, ends in built
    ]
