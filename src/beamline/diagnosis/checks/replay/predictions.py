"""Replay of decoding: whether the predictions are what the checkpoint writes, and if not, where they are from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from beamline.core.excerpts import shorten
from beamline.core.params import Params
from beamline.core.records import Predictions
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.ablation import SAME, UNASKED, follow_config
from beamline.diagnosis.measures.gain import gain
from beamline.diagnosis.measures.likeness import share_equal, simplify
from beamline.diagnosis.measures.pairing import one_line
from beamline.diagnosis.measures.repairs import LEFTOVERS
from beamline.diagnosis.parts import Splits
from beamline.diagnosis.recorded import Recorded
from beamline.training.record import describe_environment

_EVALUATE = "dvc repro --force --single-item evaluate"
_ELSEWHERE = 0.5  # share of equal summaries that another device or version may leave


@check(Kind.REPLAY, "The predictions are not what the checkpoint writes")
def predictions_of_checkpoint(
    run: Evidence,
    predictions: Predictions,
    params: Params,
    splits: Splits,
    checkpoint: Path,
    kept: Sequence[Path],
    recorded: Recorded,
) -> Finding:
    """Decodes a sample of test again under params.yaml, and compares the texts with reports/predictions.jsonl.

    Failure if fewer than 90 % of the summaries are equal. If device or torch version are not those of the training,
    this is a warning, and a failure below 50 %. Warning if one summary differs although the sample is all of test and
    the device and version are the same: the batches are then the same, too. In other batches, rounding changes a few
    summaries. To name the origin of the predictions, it also tries known leftovers, the other kept checkpoints, the
    checkpoint's own generation_config, and dropout. The points are the gain of decoding again.
    """
    if params.generation.do_sample and len(splits["test"]) > len(run.sample_rows("test")):
        return not_applicable("sampling draws other summaries for a sample than for all dialogues")
    written, rewritten = run.written, run.rewritten
    same = share_equal(written, rewritten)
    is_exact = len(written) == len(splits["test"]) and _is_here(recorded)
    threshold = f"at least {1 if is_exact else SAME}"
    meaning = f"{same:.0%} of the summaries are the same if {checkpoint.name} decodes again under params.yaml"
    if same == 1 or (same >= SAME and not is_exact):
        return passed(meaning, figure=same, threshold=threshold)
    meaning += _explain(run, params, written, rewritten, checkpoint, kept)
    points = gain(run, "test", rewritten, written).points
    # Rounding on another processor changes more summaries than other batches do, but never most of them.
    moved = recorded.training.get("torch") is None or same < _ELSEWHERE
    finding = failed if same < SAME and (moved or _is_here(recorded)) else warned
    return finding(meaning, _EVALUATE, figure=same, threshold=threshold, points=points, weight=1 - same)


def _is_here(recorded: Recorded) -> bool:
    here = describe_environment(int(recorded.training.get("threads", 0)), "fp32")
    return all(recorded.training.get(name) == here[name] for name in ("device", "torch"))


def _explain(
    run: Evidence,
    params: Params,
    written: Sequence[str],
    rewritten: Sequence[str],
    checkpoint: Path,
    kept: Sequence[Path],
) -> str:
    """Return what makes the predictions differ from the summaries decoded again, to follow a sentence; empty if
    unknown.
    """
    rows = [row for row, (a, b) in enumerate(zip(written, rewritten, strict=True)) if a != b]
    pairs = [(written[row], rewritten[row]) for row in rows]
    found, expected = ([one_line(pair[side]) for pair in pairs] for side in (0, 1))
    for leftover in LEFTOVERS:
        if share_equal([one_line(leftover.remove(text)) for text in found], expected) >= SAME:
            shown = next((leftover.show(text) for text in found if leftover.is_there(text)), "")
            return f"; the others have {leftover.name} that the model did not write, {shown!r}; {_example(pairs)}"
    if share_equal([*map(simplify, found)], [*map(simplify, expected)]) >= SAME:
        return f"; the others differ only in letter case and speaker tags; {_example(pairs)}"
    if sum(a in rewritten for a, _ in pairs) > len(pairs) / 2:
        return "; most of the others belong to other dialogues: the rows were moved"
    writers = [(f"{other.name} wrote them", {"checkpoint": other}) for other in kept if other != checkpoint]
    config = run.model.generation_config
    for base in (params.generation, UNASKED):
        writers.append(("its own generation_config.json gives them", follow_config(base, config)))
    for what, changes in writers:
        if not run.can_afford():
            break
        others = run.decode("test", **changes)
        if share_equal([a for a, _ in pairs], [others[row] for row in rows]) >= SAME:
            return f"; the others differ: {what}"
    if np.mean([bool(b) and b in a for a, b in zip(found, expected, strict=True)]) >= SAME:
        return f"; text was added to the others; {_example(pairs)}"
    return f"; {_example(pairs)}{_dropout(run, params, written, rewritten)}"


def _dropout(run: Evidence, params: Params, written: Sequence[str], rewritten: Sequence[str]) -> str:
    """Return a hint if the predictions differ from these summaries as much as summaries written with dropout on do."""
    if not run.can_afford():
        return ""
    drawn = run.summarize(run.model, run.model_codec, params.generation, run.sample("test"), dropout=True)
    near, drawn_near = (np.array(_nearness(side, rewritten)) for side in (written, drawn))
    if abs(near.mean() - drawn_near.mean()) < 0.1 and near.mean() > 0.3:
        return "; dropout changes about as much, so it may have been on while decoding (model.eval() not called)"
    return ""


def _nearness(texts: Sequence[str], others: Sequence[str]) -> list[float]:
    """Return the share of words, 0 to 1, that each text has in common with the text in the same row of `others`."""
    pairs = [(set(a.split()), set(b.split())) for a, b in zip(texts, others, strict=True)]
    return [len(a & b) / max(1, len(a | b)) for a, b in pairs]


def _example(pairs: Sequence[tuple[str, str]]) -> str:
    return f"for example {shorten(pairs[0][0])!r}, and decoded again {shorten(pairs[0][1])!r}"
