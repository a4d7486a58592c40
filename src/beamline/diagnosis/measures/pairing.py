"""Which references a summary belongs to, and which dialogue a row of predictions belongs to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from beamline.core.errors import BeamlineError
from beamline.core.records import Predictions
from beamline.diagnosis.measures.overlap import overlaps, words
from beamline.encoding.prepared import EncodedDialogue
from beamline.metrics.intervals import FloatArray

IntArray = npt.NDArray[np.int64]

_ROWS = 1_000  # every pair of these is compared
_SHIFT = 5  # rows


@dataclass(frozen=True)
class Order:
    """An order in which summaries might belong to the references.

    name: what is wrong with the present order, in words that follow "summaries ". rows, belong: summary `rows[i]`
    belongs to the references of row `belong[i]`, int64. A shift leaves out the rows at the end that have no partner.
    is_named: whether it is one of a few orders that are known beforehand; False if it was fitted to these summaries.
    """

    name: str
    rows: IntArray
    belong: IntArray
    is_named: bool


def likely_orders(predictions: Predictions) -> Iterator[Order]:
    """Yield the likeliest named order, if it is likelier than the present one; then the best of all orders.

    An order is likely if summaries and references have much in common. Named orders are shifts by up to five rows, and
    the reverse. The best of all orders solves the assignment problem. At most 1,000 rows are compared.
    """
    count = min(_ROWS, len(predictions.summaries))
    common = overlaps(predictions.summaries[:count], [" ".join(texts) for texts in predictions.references[:count]])
    rows = np.arange(count)
    named = [Order("are in reverse order", rows, rows[::-1], is_named=True)]
    for size in range(1, min(_SHIFT, count - 1) + 1):
        plural = "s" if size > 1 else ""
        named.append(Order(f"are {size} row{plural} too low", rows[size:], rows[:-size], is_named=True))
        named.append(Order(f"are {size} row{plural} too high", rows[:-size], rows[size:], is_named=True))
    likeliest = max(named, key=lambda order: _mean(common, order))
    if _mean(common, likeliest) > float(np.diagonal(common).mean()):
        yield likeliest
    is_sorted = list(predictions.summaries) == sorted(predictions.summaries)
    name = "are sorted by their text" if is_sorted else "are in another order"
    yield Order(name, rows, linear_sum_assignment(-common)[1], is_named=False)


def find_rows(predictions: Predictions, test: Sequence[EncodedDialogue]) -> list[int | None]:
    """Return the row of test that each prediction belongs to, or None: by its dialogue, else its id, else its row."""
    if predictions.dialogues is not None:
        known, asked = (
            [one_line(dialogue.record.dialogue) for dialogue in test],
            [one_line(dialogue) for dialogue in predictions.dialogues],
        )
    elif predictions.ids is not None:
        known, asked = [dialogue.record.id for dialogue in test], list(predictions.ids)
    else:
        return [row if row < len(test) else None for row in range(len(predictions.summaries))]
    places: dict[str, list[int]] = {}
    for row, key in enumerate(known):  # a dialogue may be there twice, as in DialogSum
        places.setdefault(key, []).append(row)
    unread = {key: iter(rows) for key, rows in places.items()}
    return [next(unread.get(key, iter(())), None) for key in asked]


def share_half_their_words(references: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether one of the references has half of its words in common with one of the others.

    Speaker tags and case are ignored. It is true for two references of one dialogue after any post-processing, and
    false for references of two dialogues.
    """
    own, theirs = [set(words(text)) for text in references], [set(words(text)) for text in others]
    return any(len(left & right) >= len(left | right) / 2 for left in own for right in theirs)


def belong_to_split(predictions: Predictions, rows: Sequence[int], split: Sequence[EncodedDialogue]) -> bool:
    """Return whether most of these rows of predictions have a dialogue or a reference of `split`."""
    dialogues = {one_line(dialogue.record.dialogue) for dialogue in split}
    references = {" ".join(words(text)) for dialogue in split for text in dialogue.record.references}
    found = [
        bool(predictions.dialogues and one_line(predictions.dialogues[row]) in dialogues)
        or any(" ".join(words(text)) in references for text in predictions.references[row])
        for row in rows
    ]
    return sum(found) > len(found) / 2


def swap_texts(texts: Sequence[str], *, seed: int) -> list[str]:
    """Return the texts in an order in which every text is in another one's place.

    Lists of the same length are reordered in the same way. Raises `BeamlineError` for a single text.
    """
    if len(texts) < 2:
        raise BeamlineError("needs two dialogues or more")
    order = np.random.default_rng(seed).permutation(len(texts))
    moved = list(texts)
    for place, taken in zip(order, np.roll(order, 1), strict=True):
        moved[place] = texts[taken]
    return moved


def one_line(text: str) -> str:
    """Return `text` with single spaces for all white space. Dialogues are compared in this form."""
    return " ".join(text.split())


def _mean(common: FloatArray, order: Order) -> float:
    return float(common[order.rows, order.belong].mean())
