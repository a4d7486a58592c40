"""Whether test is a test: what of it is in train or validation, and what is there twice."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from beamline.core.records import Predictions
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.gain import POINT
from beamline.diagnosis.measures.overlap import nearest_shingles
from beamline.diagnosis.measures.pairing import one_line
from beamline.diagnosis.parts import Splits
from beamline.encoding.prepared import EncodedDialogue

_MUCH = 0.05  # share of a split


@check(Kind.COUNT, "Test dialogues are in the training set")
def test_in_train(run: Evidence, training_splits: Splits, predictions: Predictions | None = None) -> Finding:
    """Counts test dialogues that are also in train, white space apart: the score then measures memory.

    A failure above 5 %, or if the score without them is at least a point lower; below that a warning. `prepare` refuses
    them unless `data.leakage` says otherwise.
    """
    test, train = ([one_line(each.record.dialogue) for each in training_splits[split]] for split in ("test", "train"))
    known = set(train)
    leaked = np.array([text in known for text in test])
    figure, meaning = float(leaked.mean()), f"{leaked.sum()} of {len(test)} test dialogues are also in train"
    if not leaked.any():
        return passed(meaning, figure=figure, threshold="0")
    points = _points_without(run, training_splits, predictions, leaked)
    much = figure > _MUCH or (points is not None and points <= -POINT)
    return (failed if much else warned)(
        meaning,
        "take them out of train in data.path, and set data.leakage: error",
        figure=figure,
        threshold="0",
        points=points,
        weight=figure,
    )


@check(Kind.COUNT, "Validation dialogues are in the training set")
def validation_in_train(run: Evidence, training_splits: Splits) -> Finding:
    """Counts validation dialogues that are also in train: validation then measures memory, too.

    The loss of validation chooses checkpoints, so overfitting can't be seen. A failure above 5 %, else a warning.
    """
    return _shared(training_splits, "validation", "train", "take them out of train in data.path")


@check(Kind.COUNT, "Test dialogues are in the validation set")
def test_in_validation(run: Evidence, splits: Splits) -> Finding:
    """Counts test dialogues that are also in validation: the checkpoint was chosen by what it is then judged by.

    A few blur the choice a little (DialogSum has 6 of 500). A failure above 5 %, else a warning.
    """
    return _shared(splits, "test", "validation", "take them out of validation in data.path")


@check(Kind.AUDIT, "Test dialogues are nearly in the training set")
def test_nearly_in_train(run: Evidence, training_splits: Splits, predictions: Predictions | None = None) -> Finding:
    """Counts test dialogues that are in train with a few words changed: near duplicates, which are half remembered.

    Two dialogues are near duplicates from a Jaccard similarity of 0.8 of their five-word shingles: the bound of Lee et
    al., "Deduplicating Training Data Makes Language Models Better" (2022). The templated dialogues of this repository
    reach 0.41 (English) and 0.50 (Korean), 99 of 100 of DialogSum's 0.67. A warning from 1 % on.
    """
    test, train = ([each.record.dialogue for each in training_splits[split]] for split in ("test", "train"))
    known = {one_line(text) for text in train}
    near = (nearest_shingles(test, train) >= 0.8) & np.array([one_line(text) not in known for text in test])
    figure = float(near.mean())
    meaning = f"{near.sum()} of {len(test)} test dialogues are nearly in train"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    return warned(
        meaning,
        "take them out of train in data.path, and train again",
        figure=figure,
        threshold="below 0.01",
        points=_points_without(run, training_splits, predictions, near),
        weight=figure,
    )


@check(Kind.AUDIT, "Dialogues are in a split more than once")
def duplicates(run: Evidence, splits: Splits) -> Finding:
    """Counts dialogues that a split has again, white space apart, and ids that it has twice.

    In train they weigh double; in test they narrow the interval. DialogSum has 1 in 1,000. A failure from 5 % on, or if
    an id is there twice; a warning from 1 % on.
    """
    found = []
    for split, dialogues in splits.items():
        texts = Counter(one_line(each.record.dialogue) for each in dialogues)
        ids = Counter(each.record.id for each in dialogues)
        repeated = sum(count - 1 for count in ids.values())
        found.append((1 - len(texts) / len(dialogues), repeated, split, max(texts.values())))
    share, repeated, split, most = max(found)
    meaning = f"{share:.1%} of the dialogues of {split} are there again, one of them {most} times"
    repeated_ids = sum(count for _, count, _, _ in found)
    if repeated_ids:
        meaning += f"; {repeated_ids} ids are there twice"
    advice = f"keep one of each in {split} of data.path"
    if repeated_ids or share >= _MUCH:
        return failed(meaning, advice, figure=share, threshold="below 0.01", weight=share)
    if share >= 0.01:
        return warned(meaning, advice, figure=share, threshold="below 0.01", weight=share)
    return passed(meaning, figure=share, threshold="below 0.01")


def _shared(splits: Splits, split: str, other: str, advice: str) -> Finding:
    known = {one_line(each.record.dialogue) for each in splits[other]}
    shared = sum(one_line(each.record.dialogue) in known for each in splits[split])
    share = shared / len(splits[split])
    meaning = f"{shared} of {len(splits[split])} {split} dialogues are also in {other}"
    if not shared:
        return passed(meaning, figure=share, threshold="0")
    return (failed if share > _MUCH else warned)(meaning, advice, figure=share, threshold="0", weight=share)


def _points_without(
    run: Evidence, splits: Splits, predictions: Predictions | None, leaked: npt.NDArray[np.bool_]
) -> float | None:
    """Return the points that the score gains without these test dialogues; None if there are no scores of them."""
    test: Sequence[EncodedDialogue] = splits["test"]
    if predictions is None or leaked.all():
        return None
    if list(predictions.dialogues or []) != [each.record.dialogue for each in test]:
        return None
    return 100 * float(run.scores[~leaked].mean() - run.scores.mean())
