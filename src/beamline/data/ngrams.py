"""Which dialogues have most of another one in common, by hashed n-grams."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from beamline.core.streams import batched

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

NGRAM = 32  # bytes, a power of two: about eight English words, or eleven Chinese characters
_COMMON = 1000  # dialogues with an n-gram, above which it makes no pairs
_BATCH = 1000  # dialogues that are hashed together

_DROPPED = bytes(code for code in range(1, 128) if not chr(code).isalnum())  # white space and punctuation of ASCII
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that powers keep all bits
_TABLE_BITS = np.uint64(22)


class NGramIndex:
    """The n-grams of some dialogues, to find out which other dialogues have most of them.

    An n-gram is `NGRAM` bytes in a row of a dialogue in UTF-8. Case, and white space and punctuation of ASCII, don't
    count. It needs no words, so it is the same in every script. A dialogue of fewer bytes has none.

    The share of a dialogue's n-grams that another one has is called containment (Broder, "On the resemblance and
    containment of documents", 1997). PaLM's authors called a text contaminated from 0.7 of its 8-grams of words
    (Chowdhery et al., 2022). docs/data.md has what this finds in DialogSum.

    limit: n-grams in memory. Of more, a random part stands for all.
    """

    def __init__(self, dialogues: Iterable[str], limit: int = 4_000_000) -> None:
        hashes, owners, thinning, count = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], 1, 0
        for texts in batched(dialogues, _BATCH):
            found, rows = _hash_ngrams(texts)
            kept = _keep_part(found, thinning)
            hashes.append(found[kept])
            owners.append(rows[kept] + count)
            count += len(texts)
            while sum(map(len, hashes)) > limit:
                thinning *= 2
                parts = [_keep_part(part, thinning) for part in hashes]
                hashes = [part[kept] for part, kept in zip(hashes, parts, strict=True)]
                owners = [part[kept] for part, kept in zip(owners, parts, strict=True)]
        self.known, columns = np.unique(np.concatenate(hashes), return_inverse=True)
        rows = np.concatenate(owners)
        self.owners = sparse.csr_array((np.ones(len(rows)), (columns, rows)), shape=(len(self.known), count))
        self.owners.data[:] = 1  # an n-gram that a dialogue has twice counts once
        self.sizes = np.maximum(1, self.owners.sum(axis=0))
        self.table = np.zeros(1 << int(_TABLE_BITS), np.bool_)
        self.table[_high_bits(self.known)] = True

    def find_nearest(self, dialogues: Iterable[str]) -> tuple[npt.NDArray[np.float64], Rows]:
        """Return the highest share of each indexed dialogue's n-grams that one of `dialogues` has, and which it is.

        Both are [indexed dialogues]. Shares are 0 to 1.
        """
        count = self.owners.shape[1]
        nearest, places = np.zeros(count), np.zeros(count, np.int64)
        for rows, owners, shares in self._compare(dialogues, np.ones(len(self.known), np.bool_)):
            order = np.flatnonzero(shares > nearest[owners])
            order = order[np.argsort(shares[order], kind="stable")]  # of several for one, the last is kept: the highest
            nearest[owners[order]] = shares[order]
            places[owners[order]] = rows[order]
        return nearest, places

    def find_pairs(self, dialogues: Iterable[str], share: float) -> tuple[Rows, Rows]:
        """Return pairs of one of `dialogues` and an indexed one, of whose n-grams it has at least `share`.

        Both are [pairs]. N-grams that more than `_COMMON` dialogues have count as not had: they are set phrases, and
        would make as many pairs as there are dialogues, squared.
        """
        rare = np.diff(self.owners.indptr) <= _COMMON
        found = [
            (rows[near], owners[near])
            for rows, owners, shares in self._compare(dialogues, rare)
            for near in [shares >= share]
        ]
        none = np.zeros(0, np.int64)
        return np.concatenate([none, *(rows for rows, _ in found)]), np.concatenate([none, *(own for _, own in found)])

    def _compare(
        self, dialogues: Iterable[str], counted: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[Rows, Rows, npt.NDArray[np.float64]]]:
        """Yield which of `dialogues` have n-grams of which indexed ones, and the share of them that they have.

        counted: [n-grams], those that count.
        """
        start = 0
        for texts in batched(dialogues, _BATCH):
            hashes, rows = _hash_ngrams(texts)
            possible = self.table[_high_bits(hashes)]  # most are not: a look-up costs less than a search
            hashes, rows = hashes[possible], rows[possible]
            columns = np.minimum(np.searchsorted(self.known, hashes), max(0, len(self.known) - 1))
            here = self.known[columns] == hashes if len(self.known) else np.zeros(len(hashes), np.bool_)
            here[here] = counted[columns[here]]
            shape = (len(texts), len(self.known))
            having = sparse.csr_array((np.ones(here.sum()), (rows[here], columns[here])), shape=shape)
            having.data[:] = 1
            common = (having @ self.owners).tocoo()
            yield common.row + start, common.col, common.data / self.sizes[common.col]
            start += len(texts)


def _hash_ngrams(texts: Sequence[str]) -> tuple[Hashes, Rows]:
    """Return the hash of every n-gram of the texts, and in which text each is.

    The hash of twice as many bytes comes from two hashes: h(ab) = h(a) * base + h(b), modulo 2^64.
    """
    kept = np.frombuffer("\0".join(texts).casefold().encode().translate(None, _DROPPED), np.uint8)
    rows = np.cumsum(kept == 0)
    if len(kept) < NGRAM:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    hashes, length, power = kept.astype(np.uint64), 1, _BASE
    while length < NGRAM:
        hashes = hashes[:-length] * power + hashes[length:]
        power, length = np.multiply(power, power), length * 2
    inside = rows[: 1 - NGRAM] == rows[NGRAM - 1 :]
    return hashes[inside] * _BASE, rows[: 1 - NGRAM][inside]


def _high_bits(hashes: Hashes) -> Hashes:
    return hashes >> (np.uint64(64) - _TABLE_BITS)


def _keep_part(hashes: Hashes, thinning: int) -> npt.NDArray[np.bool_]:
    """Return which hashes are of the random part of all: one of so many as `thinning` says, a power of two."""
    return (hashes >> np.uint64(32)) % np.uint64(thinning) == 0 if thinning > 1 else np.ones(len(hashes), np.bool_)
