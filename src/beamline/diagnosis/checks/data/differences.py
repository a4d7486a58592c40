"""Whether train and test are alike in form: a two-sample test over readable features of their texts."""

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

_MUCH = 0.3  # difference of the shares: a third of the texts, and more than any pair of splits that people made has
_SUBJECT = ("lengths", "shares", "words", *ORDER)  # groups of features that differ with what texts are about, too
_THRESHOLD = f"below {LEAST}"


@check(Kind.AUDIT, "Dialogues and summaries are swapped")
def swapped_columns(run: Evidence, splits: Splits) -> Finding:
    """Counts dialogues of each split that are shorter, in characters, than their summary.

    A summary is shorter than what it sums up: at most 4 % of MTS-Dialog's are not. More than half is a failure.
    """
    shares = {
        split: sum(len(each.record.dialogue) < len(each.record.references[0]) for each in dialogues) / len(dialogues)
        for split, dialogues in splits.items()
    }
    split, share = max(shares.items(), key=lambda item: item[1])
    meaning = f"{share:.0%} of the dialogues of {split} are shorter than their summaries"
    if share <= 0.5:
        return passed(meaning, figure=share, threshold="at most 0.5")
    advice = f"set data.columns.dialogue and data.columns.summary, or exchange the two in {split}; then train again"
    return failed(meaning, advice, figure=share, threshold="at most 0.5", weight=1.0)


@check(Kind.COMPARISON, "Dialogues of train and test differ in form")
def dialogue_differences(run: Evidence, training_splits: Splits) -> Finding:
    """Compares dialogues of test with those of train: lengths, turns, speakers, markup, case, scripts, words.

    Named is the feature that tells them apart best (docs/diagnosis.md). A difference of 30 points of the shares is a
    failure, of 10 a warning: the real sets that we know have none of 10.
    """
    return _judge(run.dialogue_differences, "dialogues")


@check(Kind.INTERVENTION, "Dialogues of test are not written as those of train")
def repaired_dialogues(run: Evidence, training_splits: Splits, params: Params, checkpoint: Path) -> Finding:
    """Undoes what makes dialogues of test differ from those of train, if it can be undone, and decodes them again.

    Tried are turns in reverse order, the usual labels of train's speakers, line ends, entities, letter case, Unicode
    forms and invisible characters, each if it takes away a third of the largest difference. What surely brings a point
    is a failure.
    """
    threshold = "below 1 point, or not sure"
    test, train = ([each.record.dialogue for each in training_splits[split]] for split in ("test", "train"))
    tried = []
    for each in find_repairs(test, train, seed=run.seed) if run.dialogue_differences else []:
        run.afford()
        records = [replace(row.record, dialogue=each.repair(row.record.dialogue)) for row in run.sample("test")]
        repaired = encode_split(records, run.model_codec)
        summaries = run.summarize(run.model, run.model_codec, params.generation, repaired, description=each.fault)
        tried.append((gain(run, "test", summaries, run.rewritten), each.fault))
    if not tried:
        return passed("no repair that is known makes the two alike, or they are alike", threshold=threshold)
    brings, fault = max(tried, key=lambda item: item[0].points)
    meaning = f"with this undone in test they score {brings} more"
    if not brings.is_cause:
        return passed(f"{fault}; {meaning}", figure=brings.points, threshold=threshold)
    advice = "write both splits in data.path in the same way, and train again"
    return failed(meaning, advice, figure=brings.points, threshold=threshold, points=brings.points, fault=fault)


@check(Kind.COMPARISON, "References of train and test differ in form")
def reference_differences(run: Evidence, training_splits: Splits) -> Finding:
    """Compares first references of test with those of train, as dialogues are compared.

    DialogSum's differ by 20 points, which is a warning: references of test are shorter.
    """
    test, train = ([each.record.references[0] for each in training_splits[split]] for split in ("test", "train"))
    return _judge(find_differences(test, train, seed=run.seed), "references")


def _judge(differences: Sequence[Difference], what: str) -> Finding:
    if not differences:
        return passed(f"no feature tells test {what} from train {what}", figure=0.0, threshold=_THRESHOLD)
    first = differences[0]
    meaning = first.sentence(f"test {what}", f"train {what}")
    is_reordered = what == "dialogues" and all(each.group in ORDER for each in differences)
    if is_reordered:
        meaning += "; their words are alike, only the order of turns differs"
    finding = failed if first.size >= _MUCH else warned
    return finding(
        meaning,
        f"do to both splits in data.path what was done to one (or take {what} of one kind), and train again",
        figure=first.size,
        threshold=_THRESHOLD,
        weight=first.size * (0.5 if first.group in _SUBJECT and not is_reordered else 1),
    )
