"""Dialogues that are in two splits, or twice in one."""

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from beamline.core.records import Predictions
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.checks.data.differences import dialogue_differences
from beamline.diagnosis.evidence import DECODINGS, Evidence
from beamline.diagnosis.measures.gain import POINT, gain_of_scores
from beamline.diagnosis.measures.overlap import shingle_likeness
from beamline.diagnosis.measures.pairing import one_line
from beamline.diagnosis.parts import Splits
from beamline.encoding.prepared import EncodedDialogue

_MUCH = 0.05  # share of a split
_BY_CHANCE = 1.25  # times the share of alike dialogues, which is as large where dialogues are alike by chance
_NEAR = 0.8  # Jaccard similarity of near duplicates
_AUGMENTED = 0.4  # the same of dialogues with one summary
_MANY_NEAR = 0.2  # share of a split
_ALIKE = 0.2  # the same
_DRAWN, _SEARCHED = 400, 4_000  # dialogues of a split that are compared with as many, for near duplicates


@check(Kind.COUNT, "Test dialogues are in the training set")
def test_in_train(run: Evidence, training_splits: Splits, predictions: Predictions | None = None) -> Finding:
    """Counts test dialogues that are also in the training set. White space is ignored.

    Failure if they are more than 5 % of test, or if the score without them is at least one point lower. Warning if they
    are fewer, or as large a share as of `alike dialogues`: then they may be in both by chance. The score measures
    memory. `prepare` refuses such data, unless `data.leakage` allows it.
    """
    test, train = ([one_line(row.record.dialogue) for row in training_splits[split]] for split in ("test", "train"))
    known = set(train)
    leaked = np.array([text in known for text in test])
    figure, meaning = float(leaked.mean()), f"{leaked.sum()} of {len(test)} test dialogues are also in train"
    if not leaked.any():
        return passed(meaning, figure=figure, threshold="0")
    points = _points_without(run, training_splits, predictions, leaked)
    much = figure > _MUCH or (points is not None and points <= -POINT)
    much = much and figure > _BY_CHANCE * _most_alike(training_splits)[0]
    return (failed if much else warned)(
        meaning,
        "take them out of train in data.path, and set data.leakage: error",
        figure=figure,
        threshold="0",
        points=points,
        weight=figure,
    )


@check(Kind.COUNT, "Validation dialogues are in the training set", follows=[dialogue_differences])
def validation_in_train(
    run: Evidence, training_splits: Splits, checkpoint: Path | None = None, kept: Sequence[Path] | None = None
) -> Finding:
    """Counts validation dialogues that are also in the training set. White space is ignored.

    Failure if they are more than 5 % of validation. Warning if they are fewer, or as large a share as of
    `alike dialogues`: in DialogSum 32 of 500 are (6 %). The validation loss then measures memory, too, and
    validation chooses the checkpoint. The points are what another choice gains on the dialogues of validation that are
    not in train.
    """
    return _shared(run, training_splits, "validation", "train", checkpoint, kept)


@check(Kind.COUNT, "Test dialogues are in the validation set", follows=[dialogue_differences])
def test_in_validation(
    run: Evidence, splits: Splits, checkpoint: Path | None = None, kept: Sequence[Path] | None = None
) -> Finding:
    """Counts test dialogues that are also in the validation set. White space is ignored.

    Failure if they are more than 5 % of test. Warning if they are fewer, or as large a share as of `alike dialogues`.
    The checkpoint is then chosen by the dialogues that it is scored on. The points are what another choice
    gains on the other dialogues of validation. A few of them have little effect (DialogSum has 6 of 500).
    """
    return _shared(run, splits, "test", "validation", checkpoint, kept)


@check(Kind.AUDIT, "Near duplicates of test dialogues are in the training set")
def test_nearly_in_train(run: Evidence, training_splits: Splits, predictions: Predictions | None = None) -> Finding:
    """Counts test dialogues that are in the training set with a few words changed.

    Warning from 1 % of test: the model half remembers them. Two dialogues are near duplicates if the Jaccard similarity
    of their five-word shingles is at least 0.8, the bound of Lee et al., "Deduplicating Training Data Makes Language
    Models Better" (2022). The templated dialogues of this repository reach 0.41 (English) and 0.50 (Korean). 99 of 100
    of DialogSum's reach at most 0.67.
    """
    test, train = ([row.record.dialogue for row in training_splits[split]] for split in ("test", "train"))
    known = {one_line(text) for text in train}
    near = (shingle_likeness(test, train).max(axis=1) >= _NEAR) & np.array(
        [one_line(text) not in known for text in test]
    )
    figure = float(near.mean())
    meaning = f"{near.sum()} of {len(test)} test dialogues have a near duplicate in train"
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


@check(Kind.AUDIT, "Dialogues with different summaries have the same text")
def alike_dialogues(run: Evidence, splits: Splits) -> Finding:
    """Counts dialogues of a split that have the text of another one, and another summary. White space is ignored.

    Failure from 20 % of a split, warning from 10 %. No model can know which summary is meant. Dialogues that have lost
    turns or speakers become alike, and then some of test are in train, too, although nobody copied them. 9 % of
    DialogSum's train do, 1 % of its validation.
    """
    share, split = _most_alike(splits)
    meaning = f"{share:.1%} of the dialogues of {split} have the text of another one, and another summary"
    if share < _ALIKE / 2:
        return passed(meaning, figure=share, threshold=f"below {_ALIKE / 2:g}")
    advice = (
        f"look in {split} of data.path for what tells them apart; several summaries of one dialogue belong into columns"
        " of one row"
    )
    finding = failed if share >= _ALIKE else warned
    return finding(meaning, advice, figure=share, threshold=f"below {_ALIKE / 2:g}", weight=share)


@check(Kind.AUDIT, "Dialogues are in a split more than once", follows=[alike_dialogues])
def duplicates(run: Evidence, splits: Splits) -> Finding:
    """Counts dialogues and ids that a split has more than once. White space is ignored.

    Failure if at least 5 % of a split's dialogues repeat another one, or if an id is repeated. Warning from 1 %.
    Repeated dialogues weigh double in train, and make the interval too narrow in test. 4.8 % of DialogSum's train do,
    at most 0.4 % of its other splits. Near duplicates are a failure from half of a split, a warning from a fifth. They
    are those of `test nearly in train`, and dialogues with the same summary whose similarity is at least 0.4, such as
    augmented copies. DialogSum has 1 to 5 %, data/english and data/korean none. 400 dialogues of a split, drawn by the
    seed, are compared with at most 4,000.
    """
    found, repeated_ids = [], 0
    for split, dialogues in splits.items():
        texts = Counter(one_line(row.record.dialogue) for row in dialogues)
        ids = Counter(row.record.id for row in dialogues)
        near = _share_nearly_repeated(dialogues, run.seed)
        again = 1 - len(texts) / len(dialogues)
        found.append((again + near * (near >= _MANY_NEAR), again, near, split, max(texts.values())))
        repeated_ids += sum(ids.values()) - len(ids)
    share, again, near, split, most = max(found)
    meaning = f"{again:.1%} of the dialogues of {split} repeat another one"
    if most > 1:
        meaning += f"; the most frequent is there {most} times"
    if near >= _MANY_NEAR:
        meaning += f"; about {near:.0%} repeat another one with a few words changed"
    if repeated_ids:
        meaning += f"; {repeated_ids} ids are repeated"
    advice = f"keep one copy of each dialogue in {split} of data.path"
    if repeated_ids or again >= _MUCH or near >= 0.5:
        return failed(meaning, advice, figure=share, threshold="below 0.01", weight=share)
    if share >= 0.01:
        return warned(meaning, advice, figure=share, threshold="below 0.01", weight=share)
    return passed(meaning, figure=share, threshold="below 0.01")


def _most_alike(splits: Splits) -> tuple[float, str]:
    """Return the largest share of a split's dialogues, 0 to 1, that have the text of another one and another summary.

    The summary is the first reference. With it comes the name of the split.
    """

    def share(dialogues: Sequence[EncodedDialogue]) -> float:
        summaries: defaultdict[str, list[str]] = defaultdict(list)
        for row in dialogues:
            summaries[one_line(row.record.dialogue)].append(one_line(row.record.references[0]))
        return sum(len(texts) for texts in summaries.values() if len(set(texts)) > 1) / len(dialogues)

    return max((share(dialogues), split) for split, dialogues in splits.items())


def _share_nearly_repeated(dialogues: Sequence[EncodedDialogue], seed: int) -> float:
    """Return the share of dialogues, without exact copies, that have a near duplicate in their split."""
    summary_of = {one_line(row.record.dialogue): one_line(row.record.references[0]) for row in dialogues}
    texts = list(summary_of)
    searched = [texts[row] for row in np.random.default_rng(seed).permutation(len(texts))[:_SEARCHED]]
    drawn = searched[:_DRAWN]
    likeness = shingle_likeness(drawn, searched)
    np.fill_diagonal(likeness, 0)
    summaries = np.array([summary_of[text] for text in searched], dtype=object)
    same = summaries[: len(drawn), None] == summaries[None, :]
    is_near = likeness >= np.where(same, _AUGMENTED, _NEAR)
    return float(is_near.any(axis=1).mean()) * len(texts) / len(dialogues)


def _shared(
    run: Evidence, splits: Splits, split: str, other: str, checkpoint: Path | None, kept: Sequence[Path] | None
) -> Finding:
    texts = {name: [one_line(dialogue.record.dialogue) for dialogue in splits[name]] for name in (split, other)}
    known = set(texts[other])
    shared = [text in known for text in texts[split]]
    share = float(np.mean(shared))
    meaning = f"{sum(shared)} of {len(shared)} {split} dialogues are also in {other}"
    if not any(shared):
        return passed(meaning, figure=share, threshold="0")
    advice = f"take them out of {other} in data.path"
    if share <= max(_MUCH, _BY_CHANCE * _most_alike(splits)[0]):
        return warned(meaning, advice, figure=share, threshold="0", weight=share)
    elsewhere = known if split == "validation" else set(texts[split])
    points = _points_of_choice(run, elsewhere, checkpoint, kept)
    return failed(meaning, advice, figure=share, threshold="0", points=points, weight=share)


def _points_of_choice(
    run: Evidence, elsewhere: Container[str], checkpoint: Path | None, kept: Sequence[Path] | None
) -> float | None:
    """Return what another kept checkpoint gains on validation dialogues that are not `elsewhere`, 0 if none does.

    None if that can't be measured.
    """
    if checkpoint is None or not kept:
        return None
    if len(kept) == 1:
        return 0.0
    alone = np.array([one_line(row.record.dialogue) not in elsewhere for row in run.sample("validation")])
    if not alone.any() or not run.can_afford(len(kept) / DECODINGS):
        return None
    scores = {
        other: run.sample_scores("validation", run.decode("validation", checkpoint=other))[alone] for other in kept
    }
    best = max(kept, key=lambda other: scores[other].mean())
    brings = gain_of_scores(scores[best], scores[checkpoint], seed=run.seed)
    return brings.points if brings.is_cause else 0.0


def _points_without(
    run: Evidence, splits: Splits, predictions: Predictions | None, leaked: npt.NDArray[np.bool_]
) -> float | None:
    """Return the points that the score gains without these test dialogues; None if their scores are unknown."""
    test: Sequence[EncodedDialogue] = splits["test"]
    if predictions is None or leaked.all():
        return None
    if list(predictions.dialogues or []) != [dialogue.record.dialogue for dialogue in test]:
        return None
    return 100 * float(run.scores[~leaked].mean() - run.scores.mean())
