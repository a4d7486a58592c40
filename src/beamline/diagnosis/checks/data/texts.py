"""Dialogues and summaries: whether they belong together, and whether train has the topics of test."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from beamline.core.excerpts import shorten
from beamline.core.records import Dialogue
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import belongs, cosines, overlaps
from beamline.diagnosis.measures.pairing import one_line
from beamline.diagnosis.parts import Splits
from beamline.encoding.prepared import EncodedDialogue, draw_rows
from beamline.metrics.intervals import Interval
from beamline.metrics.significance import difference_interval

_PAIRED = 300  # summaries of a split that are compared with every dialogue of as many
_SEARCHED = 2_000  # dialogues of a split in which suspicious summaries are looked for
_NEIGHBOURS = 1_000  # training dialogues among which a nearest one is looked for


@check(Kind.COUNT, "One summary is the reference of many dialogues")
def constant_references(run: Evidence, splits: Splits) -> Finding:
    """Counts the dialogues that have their split's most frequent reference.

    Failure from 10 % of the split's dialogues, warning from 2 %; both only if at least three dialogues have it. Second
    and further references are counted alone. Such a reference comes from a constant column, or is a placeholder. If
    references of other splits begin with it and go on, it is the beginning of summaries that were cut. Different
    dialogues seldom have the same reference: at most three do in data/english and data/korean, two in DialogSum.
    """
    figure, split, number, text, count = max(
        _most_frequent(dialogues, split, number)
        for split, dialogues in splits.items()
        for number in range(max(len(row.record.references) for row in dialogues))
    )
    place = f" in place {number + 1}" if number else ""
    meaning = f"{figure:.1%} of the dialogues of {split} have the same reference{place}"
    threshold = "below 0.02, or fewer than 3 times"
    if count < 3 or figure < 0.02:
        return passed(meaning, figure=figure, threshold=threshold)
    meaning, fault = f"{meaning}: {shorten(text)!r}", ""
    others = [one_line(row.record.references[0]) for other in splits.keys() - {split} for row in splits[other]]
    longer = sum(other.startswith(text) and other != text for other in others)
    if longer >= figure * len(others) / 2:
        fault = f"Summaries of {split} are cut off"
        meaning += f", with which {longer} of {len(others)} references of the other splits begin"
    return (failed if figure >= 0.1 else warned)(
        meaning,
        f"look at the summaries of {split} in data.path, and at data.columns.summary",
        figure=figure,
        threshold=threshold,
        weight=figure,
        fault=fault,
    )


@check(Kind.AUDIT, "Summaries belong to other dialogues")
def mismatched_pairs(run: Evidence, splits: Splits) -> Finding:
    """Estimates how many summaries belong to another dialogue, as after a shuffled column or a wrong join.

    Failure if more than 5 % of a split do, with 95 % confidence. Second and further references are judged alone. A
    summary is suspicious if it has less in common with its own dialogue than with the median dialogue. Half of the
    misplaced summaries are, so the estimate is twice the share of suspicious ones. It is 0 in data/english and
    data/korean, 0 to 3 % in DialogSum's splits, and 28 to 46 % if a third is swapped. Texts that are the summary of
    several dialogues are left out. A suspicious summary is looked for in the other dialogues of its split. If fewer
    than half are found, the suspicion weighs half: dialogues may also lack what their summaries say.
    """
    found = {
        (split, number): _swapped(run, [row.record for row in dialogues], number)
        for split, dialogues in splits.items()
        for number in range(max(len(row.record.references) for row in dialogues))
    }
    known = {place: swapped for place, swapped in found.items() if swapped}
    if not known:
        return not_applicable("no split has enough different summaries that share words with a dialogue")
    (split, number), swapped = max(known.items(), key=lambda item: item[1].interval.low)
    figure, interval = swapped.share, swapped.interval
    which = f"summaries of {split}" if not number else f"references of {split} in place {number + 1}"
    meaning = (
        f"about {figure:.0%} of the {which} belong to other dialogues"
        f" ({max(0, interval.low):.0%} to {min(1, interval.high):.0%})"
    )
    if interval.low <= 0.05:
        return passed(meaning, figure=figure, threshold="interval not above 0.05")
    right = [pair for other in known.values() for pair in other.right]
    elsewhere = _found_elsewhere(run, swapped.suspicious, splits[split], right)
    if elsewhere < 0.5:
        meaning += ", or their dialogues lack what they say: few are found with another dialogue"
    return failed(
        meaning,
        f"read ten pairs of {split} in data.path, and find the step that moved dialogues without their summaries",
        figure=figure,
        threshold="interval not above 0.05",
        weight=min(1.0, 2 * figure) * (1 if elsewhere >= 0.5 else 0.5),
    )


@check(Kind.AUDIT, "The training set lacks topics of test")
def missing_topics(run: Evidence, training_splits: Splits) -> Finding:
    """Estimates how many test dialogues are about something that the training dialogues lack.

    Failure if more than 25 % of test are far from train, with 95 % confidence. A test dialogue is far if its nearest
    training dialogue (cosine, TF-IDF) is farther away than the nearest one of 95 % of the training dialogues. By chance
    5 % of test are far: 0 to 7 % in data/english, data/korean and DialogSum, with 16 to 2,000 training dialogues. If
    train has only one of their topics, 96 % and more are far.
    """
    train = list(dict.fromkeys(one_line(dialogue.record.dialogue) for dialogue in training_splits["train"]))
    if len(train) < 8:
        return not_applicable("needs eight different training dialogues")
    drawn = np.random.default_rng(run.seed).permutation(len(train))[:_NEIGHBOURS]
    to_test, to_train = cosines(
        [dialogue.record.dialogue for dialogue in training_splits["test"]], [train[row] for row in drawn]
    )
    np.fill_diagonal(to_train, -1)
    far = to_test.max(axis=1) < np.quantile(to_train.max(axis=1), 0.05)
    figure, interval = float(far.mean()), difference_interval(far.astype(np.float64), seed=run.seed)
    meaning = f"{figure:.0%} of test dialogues are farther from train than 95 % of training dialogues are"
    if interval.low <= 0.25:
        return passed(meaning, figure=figure, threshold="interval not above 0.25")
    return failed(
        meaning,
        "add training dialogues like those of test to data.path, and train again",
        figure=figure,
        threshold="interval not above 0.25",
        weight=0.6 * figure,
    )


def _most_frequent(dialogues: Sequence[EncodedDialogue], split: str, number: int) -> tuple[float, str, int, str, int]:
    """Return the share of a split's dialogues with the most frequent reference in this place, and where it is."""
    different = {
        one_line(row.record.dialogue): one_line(row.record.references[number])
        for row in dialogues
        if len(row.record.references) > number
    }
    [(text, count)] = Counter(different.values()).most_common(1)
    return count / len(different), split, number, text, count


@dataclass(frozen=True)
class _Swapped:
    """An estimate of how many summaries belong to other dialogues.

    share: 0 to 1, with its interval. right, suspicious: the pairs that were judged.
    """

    share: float
    interval: Interval
    right: list[Dialogue]
    suspicious: list[Dialogue]


def _swapped(run: Evidence, records: Sequence[Dialogue], number: int) -> _Swapped | None:
    """Return an estimate for the references in one place; None if fewer than eight pairs can be judged."""
    pairs = [replace(row, references=row.references[number : number + 1]) for row in records]
    counts = Counter(text for pair in pairs for text in pair.references)
    single = [pair for pair in pairs if pair.references and counts[pair.references[0]] == 1]
    drawn = [single[row] for row in np.random.default_rng(run.seed).permutation(len(single))[:_PAIRED]]
    if len(drawn) < 8:
        return None
    judged = belongs([pair.references[0] for pair in drawn], [pair.dialogue for pair in drawn])
    right, suspicious = ([pair for pair, own in zip(drawn, judged, strict=True) if own is it] for it in (True, False))
    if len(right) + len(suspicious) < 8:
        return None
    wrong = np.array([False] * len(right) + [True] * len(suspicious), dtype=np.float64)
    doubled = difference_interval(wrong, seed=run.seed)
    return _Swapped(2 * float(wrong.mean()), Interval(2 * doubled.low, 2 * doubled.high), right, suspicious)


def _found_elsewhere(
    run: Evidence, suspicious: Sequence[Dialogue], dialogues: Sequence[EncodedDialogue], right: Sequence[Dialogue]
) -> float:
    """Return the share of suspicious summaries that have as much in common with another dialogue of their split as the
    median right pair of all splits has.

    Of a large split, a sample is looked through. The share is then corrected for those that can't be in it.
    """
    texts = [dialogues[row].record.dialogue for row in draw_rows(len(dialogues), _SEARCHED, run.seed)]
    pairs = [*suspicious, *right]
    common = overlaps([pair.references[0] for pair in pairs], [*texts, *(pair.dialogue for pair in right)])
    usual = np.median(np.diagonal(common[len(suspicious) :, len(texts) :])) if right else np.inf
    others = common[: len(suspicious), : len(texts)]
    for row, pair in enumerate(suspicious):
        others[row, [text == pair.dialogue for text in texts]] = 0.0
    return float((others.max(axis=1) >= usual).mean()) * len(dialogues) / len(texts)
