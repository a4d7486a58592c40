"""Whether train and test differ in form: a two-sample test over readable features of their texts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from beamline.core.params import Params
from beamline.core.records import Dialogue
from beamline.data.features import ORDER
from beamline.data.two_sample import LEAST, Difference, find_differences
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.dialogue_repairs import find_repairs
from beamline.diagnosis.measures.gain import gain
from beamline.diagnosis.parts import Splits
from beamline.encoding.prepared import encode_split

_MUCH = 0.3  # difference of the shares: more than in any splits made by people that we know
_SUBJECT = ("lengths", "shares", *ORDER)  # groups of features that also differ with the topic, as words do
_DIVIDED = 0.9  # difference of the shares: topics overlap, and no such feature divides them so clearly
_NAMED = 3  # features in a sentence
_THRESHOLD = f"below {LEAST}"


@check(Kind.AUDIT, "Dialogues and summaries are swapped")
def swapped_columns(run: Evidence, splits: Splits) -> Finding:
    """Counts dialogues that have fewer characters than their summary.

    Failure if more than half of a split's dialogues do. A summary is usually shorter than its dialogue: at most 4 % of
    MTS-Dialog's are not. If most of these dialogues have more lines than their summaries, or if the summaries are less
    than twice as long as those of another split that has no such dialogues, nothing is swapped: the dialogues lost
    something, or the summaries got too long. The suspicion then weighs half.
    """
    shorter = {
        split: [row.record for row in dialogues if len(row.record.dialogue) < len(row.record.references[0])]
        for split, dialogues in splits.items()
    }
    shares = {split: len(records) / len(splits[split]) for split, records in shorter.items()}
    split, share = max(shares.items(), key=lambda item: item[1])
    meaning, threshold = f"{share:.0%} of the dialogues of {split} are shorter than their summaries", "at most 0.5"
    if share <= 0.5:
        return passed(meaning, figure=share, threshold=threshold)
    usual = [row.record.references[0] for other in splits if shares[other] <= 0.5 for row in splits[other]]
    if _are_swapped(shorter[split], usual):
        advice = f"set data.columns.dialogue and data.columns.summary, or exchange the two in {split}; then train again"
        return failed(meaning, advice, figure=share, threshold=threshold, weight=1.0)
    advice = f"read ten of them in {split} of data.path, and find what cuts dialogues or repeats summaries"
    return failed(
        meaning,
        advice,
        figure=share,
        threshold=threshold,
        weight=0.5,
        fault=f"Dialogues of {split} are shorter than their summaries",
    )


@check(Kind.COMPARISON, "Dialogues of train and test differ in form")
def dialogue_differences(run: Evidence, training_splits: Splits) -> Finding:
    """Compares test dialogues with train dialogues by lengths, turns, speakers, markup, case, scripts and words.

    Failure if the shares of dialogues that have a feature differ by 30 points or more, warning from 10 points. The
    feature that tells the two sets apart best is named, and up to two of other kinds that do it as well. A dialogue
    that is repeated counts once. In the real datasets that we know, no feature differs by 10 points.
    """
    return _judge(run.dialogue_differences, "dialogues")


@check(Kind.INTERVENTION, "Dialogues of test are written differently from those of train")
def repaired_dialogues(run: Evidence, training_splits: Splits, params: Params, checkpoint: Path) -> Finding:
    """Undoes a difference between test and train dialogues, decodes test again, and measures the gain.

    Failure if that gains at least one point, and the interval of the gain is above 0. The repairs are: the order of
    turns, the usual labels of train's speakers, line ends, entities, misread UTF-8, letter case, Unicode forms and
    invisible characters. A repair is tried if it removes at least 30 % of the largest difference.
    """
    threshold = "a gain below 1 point, or not surely above 0"
    test, train = ([row.record.dialogue for row in training_splits[split]] for split in ("test", "train"))
    tried = []
    for known in find_repairs(test, train, seed=run.seed) if run.dialogue_differences else []:
        run.afford()
        records = [replace(row.record, dialogue=known.repair(row.record.dialogue)) for row in run.sample("test")]
        repaired = encode_split(records, run.model_codec)
        summaries = run.summarize(run.model, run.model_codec, params.generation, repaired, description=known.fault)
        tried.append((gain(run, "test", summaries, run.rewritten), known.fault))
    if not tried:
        return passed("test and train are written alike, or no known repair makes them alike", threshold=threshold)
    brings, fault = max(tried, key=lambda item: item[0].points)
    meaning = f"with this undone in test the score changes by {brings}"
    if not brings.is_cause:
        return passed(f"{fault}; {meaning}", figure=brings.points, threshold=threshold)
    advice = "write both splits in data.path in the same way, and train again"
    return failed(meaning, advice, figure=brings.points, threshold=threshold, points=brings.points, fault=fault)


@check(Kind.COMPARISON, "References of train and test differ in form")
def reference_differences(run: Evidence, training_splits: Splits) -> Finding:
    """Compares first references of test with those of train, as `dialogue differences` compares dialogues.

    Failure from 30 points, warning from 10. DialogSum's references differ by 20 points, which is a warning: those of
    test are shorter.
    """
    test, train = ([row.record.references[0] for row in training_splits[split]] for split in ("test", "train"))
    return _judge(find_differences(test, train, seed=run.seed), "references")


def _are_swapped(shorter: Sequence[Dialogue], usual: Sequence[str]) -> bool:
    """Return whether the summaries of dialogues that are shorter look like dialogues. usual: summaries elsewhere."""
    more_lines = [record.dialogue.count("\n") > record.references[0].count("\n") for record in shorter]
    if np.mean(more_lines) > 0.5:
        return False
    length = np.median([len(record.references[0]) for record in shorter])
    return not usual or bool(length >= 2 * np.median([len(text) for text in usual]))


def _judge(differences: Sequence[Difference], what: str) -> Finding:
    if not differences:
        return passed(f"no feature tells test {what} from train {what}", figure=0.0, threshold=_THRESHOLD)
    first = differences[0]
    sides = (f"test {what}", f"train {what}")
    meaning = first.sentence(*sides)
    best_of_groups = {difference.group: difference for difference in reversed(differences)}
    for other in sorted(best_of_groups.values(), key=differences.index)[1:_NAMED]:
        if other.size > first.size - LEAST / 2:
            meaning += f"; {other.share:.0%} {other.name_sides(*sides)}, {other.other:.0%} of train {what}"
    is_reordered = what == "dialogues" and all(difference.group in ORDER for difference in differences)
    if is_reordered:
        meaning += "; only the order of turns differs"
    may_be_subject = first.group == "words" or (first.group in _SUBJECT and first.size < _DIVIDED)
    finding = failed if first.size >= _MUCH else warned
    return finding(
        meaning,
        f"treat both splits in data.path alike (or use {what} of one kind), and train again",
        figure=first.size,
        threshold=_THRESHOLD,
        weight=first.size * (0.5 if may_be_subject and not is_reordered else 1),
    )
