"""Whether train and test differ in form: a two-sample test over readable features of their texts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from beamline.core.params import Params
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
    MTS-Dialog's are not. The two are swapped if most of these summaries have more lines than their dialogues; else the
    dialogues may have lost their turns, and the suspicion weighs half.
    """
    shorter = {
        split: [row.record for row in dialogues if len(row.record.dialogue) < len(row.record.references[0])]
        for split, dialogues in splits.items()
    }
    split = max(splits, key=lambda name: len(shorter[name]) / len(splits[name]))
    share, meaning = len(shorter[split]) / len(splits[split]), f"dialogues of {split} are shorter than their summaries"
    if share <= 0.5:
        return passed(f"{share:.0%} of the {meaning}", figure=share, threshold="at most 0.5")
    longer = sum(record.references[0].count("\n") > record.dialogue.count("\n") for record in shorter[split])
    is_swapped = longer > len(shorter[split]) / 2
    exchange = "set data.columns.dialogue and data.columns.summary, or exchange the two in"
    return failed(
        f"{share:.0%} of the {meaning}",
        f"{exchange} {split}; then train again" if is_swapped else f"look at ten of them in {split} of data.path",
        figure=share,
        threshold="at most 0.5",
        weight=1.0 if is_swapped else 0.5,
        fault="" if is_swapped else f"D{meaning[1:]}",
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
    turns, the usual labels of train's speakers, line ends, entities, letter case, Unicode forms and invisible
    characters. A repair is tried if it removes at least 30 % of the largest difference.
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


def _judge(differences: Sequence[Difference], what: str) -> Finding:
    if not differences:
        return passed(f"no feature tells test {what} from train {what}", figure=0.0, threshold=_THRESHOLD)
    first = differences[0]
    meaning = first.sentence(f"test {what}", f"train {what}")
    best_of_groups = {difference.group: difference for difference in reversed(differences)}
    for other in sorted(best_of_groups.values(), key=differences.index)[1:_NAMED]:
        if other.size > first.size - LEAST / 2:
            meaning += f"; {other.share:.0%} {other.phrase}, {other.other:.0%} of train {what}"
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
