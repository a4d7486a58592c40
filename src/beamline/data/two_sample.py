"""What tells two sets of texts apart: a two-sample test over readable features, controlled for their number.

Classifier two-sample tests ask whether a classifier can tell the sides apart (Lopez-Paz and Oquab, ICLR 2017); here the
classifiers are single features, so that a difference has a name (Babbar, Guo and Rudin, JMLR 2025).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from beamline.core.excerpts import shorten, shorten_around, shorten_end
from beamline.data.features import GROUPS, TELLING, Feature, numbers, presences, tokens

TEXTS = 400  # of a side, drawn by the seed
LEAST = 0.1  # difference of the shares that is worth naming
LEVEL = 0.01  # of the whole test: in one of a hundred comparisons of equal sides anything is named
_PERMUTATIONS = 299
_THRESHOLDS = np.linspace(0.05, 0.95, 19)
_BONUS = 0.15  # of the shares' difference, for features that no writer has by habit
_THESE, _THOSE = "texts of this side", "texts of the other side"  # in a phrase, until the sides have names
_USUAL = 30  # words that few texts of a language do without


@dataclass(frozen=True)
class Difference:
    """A feature that one side has more often.

    phrase: what texts with it do, to follow "texts"; `name_sides` puts in the sides' names.
    share, other: how many of the texts and of the others have it, 0 to 1. examples: a text that has it, and one of the
    other side that hasn't.
    """

    group: str
    phrase: str
    share: float
    other: float
    examples: tuple[str, str]

    @property
    def size(self) -> float:
        """Return the difference of the shares, 0 to 1."""
        return abs(self.share - self.other)

    def sentence(self, texts: str, others: str) -> str:
        """Return what differs: "57% of test dialogues have at most 20 words, 2% of train dialogues"."""
        example = "; ".join(repr(text) for text in self.examples)
        phrase = self.name_sides(texts, others)
        return f"{self.share:.0%} of {texts} {phrase}, {self.other:.0%} of {others} (for instance {example})"

    def name_sides(self, texts: str, others: str) -> str:
        """Return the phrase, with the names of the sides if it speaks of one."""
        if self.group != "languages":
            return self.phrase
        return self.phrase.replace(_THESE, texts).replace(_THOSE, others)


def find_differences(texts: Sequence[str], others: Sequence[str], *, seed: int) -> list[Difference]:
    """Return the features that tell the sides apart, the one that does it best first; empty if none surely does.

    A feature counts if its shares differ by at least `LEAST`, and if no more than `LEVEL` of random divisions of all
    texts into two sides give any feature such a difference in standard errors (the permutation test of the maximum:
    Westfall and Young, 1993). Numbers are features at each of 19 thresholds. At most `TEXTS` of a side are compared.
    """
    sides = [_draw(side, seed) for side in (texts, others)]
    count = [len(side) for side in sides]
    if min(count) < 8:
        return []
    found_features = [presences(text) for text in (*sides[0], *sides[1])]
    for side, whose in zip(sides, (_THESE, _THOSE), strict=True):
        for row in _without_usual_words([*sides[0], *sides[1]], side):
            found_features[row].add(("languages", f"have none of the words that most {whose} have"))
    fewest = LEAST * min(count)  # with fewer, a feature can't make a difference that is worth naming
    matrix, features = _features([*sides[0], *sides[1]], found_features, fewest)
    rows = sum(count)
    pooled = np.asarray(matrix.sum(axis=0)).ravel() / rows
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / count[0] + 1 / count[1]))
    is_first = np.arange(rows) < count[0]
    generator = np.random.default_rng(seed)
    drawn = np.stack([is_first, *(generator.permutation(is_first) for _ in range(_PERMUTATIONS))], axis=1)
    having = matrix.T @ drawn.astype(np.float64)  # [features, divisions]
    gaps = having / count[0] - (pooled[:, None] * rows - having) / count[1]
    away = np.abs(gaps) / error[:, None]
    highest = away.max(axis=0)
    p_values = (highest[None, 1:] >= away[:, :1]).mean(axis=1) if len(features) else np.array([])
    found = np.flatnonzero((p_values < LEVEL) & (np.abs(gaps[:, 0]) >= LEAST))
    first = having[:, 0] / count[0]
    differences = [
        _difference(
            features[column], float(first[column]), float(first[column] - gaps[column, 0]), matrix, column, sides
        )
        for column in found.tolist()
    ]
    return sorted(differences, key=_order)


def _order(difference: Difference) -> tuple[float, int, int, int]:
    """Return the sort key: what tells most first; markup and languages before words that are as frequent by them."""
    size = difference.size + (_BONUS if difference.group in TELLING else 0)
    return (
        -round(size, 2),
        GROUPS.index(difference.group),
        (difference.share < difference.other) + ("have no" in difference.phrase),
        len(difference.phrase),
    )


def _draw(texts: Sequence[str], seed: int) -> list[str]:
    drawn = np.random.default_rng(seed).permutation(len(texts))[:TEXTS]
    return [texts[row] for row in drawn]


def _without_usual_words(texts: Sequence[str], others: Sequence[str]) -> list[int]:
    """Return the rows of texts that have none of the usual words of the others: they are in another language."""
    counts = Counter(word for text in others for word in {token.casefold() for token in tokens(text)} if word.isalpha())
    usual = {word for word, count in counts.most_common(_USUAL) if count >= len(others) / 10}
    return [row for row, text in enumerate(texts) if not usual & {token.casefold() for token in tokens(text)}]


def _features(
    texts: Sequence[str], found: Sequence[set[Feature]], fewest: float
) -> tuple[sparse.csc_array, list[Feature]]:
    """Return a matrix of ones, [texts, features], where a text has a feature, and the features in the same order.

    Features that fewer texts than `fewest` have are left out.
    """
    counts = Counter(feature for features in found for feature in features)
    features = sorted(feature for feature, count in counts.items() if fewest <= count <= len(texts) - 1)
    place = {feature: column for column, feature in enumerate(features)}
    entries = [(row, place[feature]) for row, own in enumerate(found) for feature in own if feature in place]
    columns = [_column(entries, len(texts), len(features))]
    measured = [numbers(text) for text in texts]
    for feature in measured[0]:
        values = np.array([row[feature] for row in measured])
        for threshold in np.unique(np.quantile(values, _THRESHOLDS)):
            columns.append(sparse.csc_array((values <= threshold).astype(np.float64)[:, None]))
            features.append((feature[0], f"have at most {threshold:.3g} {feature[1]}"))
    return sparse.hstack(columns, format="csc"), features


def _column(entries: list[tuple[int, int]], rows: int, columns: int) -> sparse.csc_array:
    places = np.array(entries, dtype=np.int64).reshape(-1, 2)
    return sparse.csc_array((np.ones(len(places)), (places[:, 0], places[:, 1])), shape=(rows, columns))


def _difference(
    feature: Feature, share: float, other: float, matrix: sparse.csc_array, column: int, sides: list[list[str]]
) -> Difference:
    has = np.asarray(matrix[:, [column]].toarray()).ravel() > 0
    own, theirs = has[: len(sides[0])], has[len(sides[0]) :]
    more = share >= other
    examples = (
        sides[0][int(np.flatnonzero(own == more)[0])],
        sides[1][int(np.flatnonzero(theirs != more)[0])],
    )
    return Difference(*feature, share, other, (_show(examples[0], feature), _show(examples[1], feature)))


def _show(text: str, feature: Feature) -> str:
    """Return a part of the text that shows the feature, or that it hasn't the feature."""
    group, phrase = feature
    if group == "ends" or phrase.endswith("in their last turn"):
        return shorten_end(text)
    quoted = re.search('"(.*)"', phrase)
    return shorten_around(text, tokens(quoted[1])) if quoted and group != "begins" else shorten(text)
