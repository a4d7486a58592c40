"""Whether test is a test: what of it stands in train."""

import numpy as np

from beamline.diagnosis.checks.check import Finding, check, failed, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import nearest_shingles
from beamline.diagnosis.measures.pairing import one_line


@check("splits")
def test_is_not_in_train(run: Evidence) -> Finding:
    """Test dialogues that stand in train, white space apart: the score then measures memory.

    `prepare` refuses them unless `data.leakage` says otherwise. A share of 1 % moves the score by a point at
    most, whatever is remembered: below it is a warning. Of validation the meaning says it too: those only blur the
    choice of a checkpoint.
    """
    assert run.splits
    test = [one_line(each.record.dialogue) for each in run.splits["test"]]
    train, validation = (
        {one_line(each.record.dialogue) for each in run.splits[split]} for split in ("train", "validation")
    )
    leaked = np.array([text in train for text in test])
    figure, in_validation = float(leaked.mean()), sum(text in validation for text in test)
    meaning = f"{leaked.sum()} of {len(test)} test dialogues also stand in train, {in_validation} in validation"
    if not leaked.any():
        return passed(meaning, figure=figure, threshold="0")
    report = failed if figure >= 0.01 else warned
    return report(
        meaning,
        "take them out of train in data.path, and set data.leakage: error",
        figure=figure,
        threshold="0",
        points=_points_without(run, leaked),
    )


@check("splits")
def test_is_not_nearly_in_train(run: Evidence) -> Finding:
    """Test dialogues that stand in train with a few words changed: near duplicates, which are half remembered.

    Two dialogues are near duplicates from a Jaccard similarity of 0.8 of their five-word shingles: the bound of Lee et
    al., "Deduplicating Training Data Makes Language Models Better" (2022). The templated dialogues of this repository
    reach 0.41 (English) and 0.50 (Korean), 99 of 100 of DialogSum's 0.67. As with whole duplicates, a share below 1 %
    can't move the score by a point.
    """
    assert run.splits
    test, train = ([each.record.dialogue for each in run.splits[split]] for split in ("test", "train"))
    known = {one_line(text) for text in train}
    near = (nearest_shingles(test, train) >= 0.8) & np.array([one_line(text) not in known for text in test])
    figure = float(near.mean())
    meaning = f"{near.sum()} of {len(test)} test dialogues are nearly in train"
    if figure < 0.01:
        return passed(meaning, figure=figure, threshold="below 0.01")
    return warned(
        meaning,
        "take near duplicates of test out of train in data.path",
        figure=figure,
        threshold="below 0.01",
        points=_points_without(run, near),
    )


def _points_without(run: Evidence, leaked: "np.typing.NDArray[np.bool_]") -> float | None:
    """ROUGE points that the score changes by without these test dialogues; None where there are no scores of them."""
    assert run.splits
    if run.predictions is None or leaked.all():
        return None
    test = [each.record.dialogue for each in run.splits["test"]]
    if list(run.predictions.dialogues or []) != test:
        return None
    return 100 * float(run.scores[~leaked].mean() - run.scores.mean())
