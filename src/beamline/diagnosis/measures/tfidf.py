"""TF-IDF on sparse matrices: which items are in which text, weighted by how few texts have them.

The definitions are those of Manning et al., "Introduction to Information Retrieval" (2008), chapter 6.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

from beamline.metrics.intervals import FloatArray

_BUCKETS = 2**20
_PRIMES = np.array([1_000_003, 10_007, 1], dtype=np.uint64)


def mark_presence(*groups: Iterable[set[str]]) -> list[sparse.csr_array]:
    """Return for each group a matrix [texts, items], with a one if a text has an item. All have the same columns."""
    columns: dict[str, int] = {}
    built = []
    for group in groups:
        found: list[int] = []
        ends = [0]
        for items in group:
            # Sorted: the order of a set differs from process to process, and with it the last digits of sums.
            found.extend(columns.setdefault(item, len(columns)) for item in sorted(items))
            ends.append(len(found))
        built.append((found, ends))
    return [
        sparse.csr_array((np.ones(len(found)), found, ends), shape=(len(ends) - 1, len(columns)))
        for found, ends in built
    ]


def weigh_items(*matrices: sparse.csr_array) -> FloatArray:
    """Return the inverse document frequency of each item in all texts: float64 [items], 0 if all have it.

    matrices: [texts, items] of ones. An item that no text has gets the weight of one that a single text has.
    """
    having = sum(np.asarray(matrix.sum(axis=0)).ravel() for matrix in matrices)
    return np.asarray(np.log(sum(matrix.shape[0] for matrix in matrices) / np.maximum(1, having)))


def scale_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix with rows of length 1, so that products of rows are cosines. Rows of zeros are unchanged."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix


class TrigramVectors:
    """Vectors of texts by their character trigrams: log-scaled frequencies, weighted by how few of `texts` have them.

    Trigrams need no tokenizer for any script, and see a Korean stem before its particles. Hashing needs no vocabulary.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        having = np.bincount(np.concatenate([np.unique(_trigrams(text)) for text in texts]), minlength=_BUCKETS)
        self.weights = np.log((1 + len(texts)) / (1 + having))

    def encode(self, texts: Sequence[str]) -> sparse.csr_array:
        """Return [texts, buckets] float64, with rows of length 1."""
        counted = [np.unique(_trigrams(text), return_counts=True) for text in texts]
        columns = np.concatenate([trigrams for trigrams, _ in counted])
        values = (1 + np.log(np.concatenate([counts for _, counts in counted]))) * self.weights[columns]
        starts = np.concatenate([[0], np.cumsum([len(trigrams) for trigrams, _ in counted])])
        return scale_rows(sparse.csr_array((values, columns, starts), shape=(len(texts), _BUCKETS)))


def _trigrams(text: str) -> np.ndarray:
    """Return the bucket of every three characters in a row, case folded. A shorter text is padded with spaces."""
    codes = np.frombuffer(f" {text.casefold()}  ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, 3)
    return (windows @ _PRIMES % _BUCKETS).astype(np.int64)
