"""Decoding: every setting against its neutral value, more beams, and the other kept checkpoints, on validation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, judge_ranges, passed, warned
from beamline.diagnosis.checks.data.differences import reference_differences, swapped_columns
from beamline.diagnosis.checks.data.tokens import tokenizer_fertility
from beamline.diagnosis.evidence import DECODINGS, Evidence
from beamline.diagnosis.measures.gain import gain
from beamline.diagnosis.measures.usual_ranges import decoding_ranges
from beamline.diagnosis.parts import Splits

_BEAMS = 4
# A model writes summaries as long as those of train, so these decide which settings of length gain.
_LENGTHS = (tokenizer_fertility, swapped_columns, reference_differences)
_THRESHOLD = "a gain below 1 point, or not surely above 0"


@check(Kind.INTERVENTION, "max_length cuts the summaries", follows=_LENGTHS)
def max_length(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Doubles max_length, or raises it to the length of the longest reference, if it cuts any summary.

    Failure if that gains at least one point, and the interval of the gain is above 0.
    """
    cut = float(np.mean([not summary.finished for summary in run.decode_whole("validation")]))
    if not cut:
        return passed("max_length cuts no summary", figure=0.0, threshold=_THRESHOLD)
    longest = max(tokens for dialogue in splits["validation"] for tokens in dialogue.target_tokens) + 1
    room = max(2 * params.generation.max_length, longest)
    return _try(run, f"{cut:.0%} of the summaries are cut by max_length", max_length=room)


@check(Kind.INTERVENTION, "min_length makes the summaries too long", follows=_LENGTHS)
def min_length(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Sets min_length to 0, if a summary ends as soon as min_length allows it.

    Failure if that gains at least one point, and the interval of the gain is above 0.
    """
    limit = params.generation.min_length
    held = float(np.mean([summary.tokens <= limit + 1 for summary in run.decode_whole("validation")]))
    if not held or limit <= 1:
        return passed("min_length lengthens no summary", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"{held:.0%} of the summaries are only as long as min_length requires ({limit})", min_length=0)


@check(Kind.INTERVENTION, "no_repeat_ngram_size forbids what the references say", follows=[tokenizer_fertility])
def no_repeat_ngram_size(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Sets no_repeat_ngram_size to 0.

    Failure if that gains at least one point, and the interval of the gain is above 0.
    """
    size = params.generation.no_repeat_ngram_size
    if not size:
        return passed("no_repeat_ngram_size is 0", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"no_repeat_ngram_size is {size}", no_repeat_ngram_size=0)


@check(Kind.INTERVENTION, "repetition_penalty forbids what the references say")
def repetition_penalty(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Sets repetition_penalty to 1, which is no penalty (Keskar et al., "CTRL", 2019, found 1.2 to work).

    Failure if that gains at least one point, and the interval of the gain is above 0.
    """
    penalty = params.generation.repetition_penalty
    if penalty == 1:
        return passed("repetition_penalty is 1", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"repetition_penalty is {penalty:g}", repetition_penalty=1.0)


@check(Kind.INTERVENTION, "length_penalty makes the summaries too short or too long", follows=_LENGTHS)
def length_penalty(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Sets length_penalty to 1, so that beams are ranked by the mean log-probability of a token.

    Failure if that gains at least one point, and the interval of the gain is above 0. It applies to beam search only.
    """
    penalty, beams = params.generation.length_penalty, params.generation.num_beams
    if penalty == 1 or beams == 1:
        return passed("length_penalty is 1, or there is no beam search", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"length_penalty is {penalty:g}", length_penalty=1.0)


@check(Kind.AUDIT, "A setting of decoding is outside its usual range")
def unusual_decoding(run: Evidence, params: Params, checkpoint: Path) -> Finding:
    """Compares settings of decoding with the ranges that papers and published checkpoints use.

    The rules are those of `unusual settings`.
    """
    return judge_ranges(decoding_ranges(params))


@check(Kind.INTERVENTION, "Sampling loses points")
def sampling(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Decodes greedily instead of sampling.

    Warning if that gains at least one point, and the interval of the gain is above 0: sampling may be on purpose.
    Failure if the whole interval is at 3 points or above, because temperature, top_k or top_p are then far off.
    """
    if not params.generation.do_sample:
        return passed("do_sample is false", figure=0.0, threshold=_THRESHOLD)
    settings = params.generation
    meaning = f"temperature is {settings.temperature:g}, top_k {settings.top_k}, top_p {settings.top_p:g}"
    return _try(run, meaning, costly=lambda brings: brings.low < 3, do_sample=False)


@check(Kind.INTERVENTION, "Another search finds better summaries")
def search(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Decodes with 4 beams instead of greedily, or greedily instead of with beams.

    Warning if 4 beams gain at least one point, and the interval of the gain is above 0: they take 4 times as long. They
    rarely gain anything (Meister et al., "If Beam Search Is the Answer, What Was the Question?", 2020). Failure if
    greedy decoding gains as much in a run with beams.
    """
    own = params.generation.num_beams
    if own > 1:
        return _try(run, f"num_beams is {own}", num_beams=1)
    run.afford(3 / DECODINGS)
    return _try(run, "num_beams is 1", costly=lambda brings: True, num_beams=_BEAMS, do_sample=False)


@check(Kind.INTERVENTION, "Another kept checkpoint is better than the evaluated one")
def other_checkpoint(run: Evidence, params: Params, splits: Splits, checkpoint: Path, kept: Sequence[Path]) -> Finding:
    """Decodes validation with every other kept checkpoint, under the reported decoding settings.

    Failure if one of them gains at least one point, and the interval of the gain is above 0.
    """
    others = [other for other in kept if other != checkpoint]
    if not others:
        return passed("one checkpoint was kept, and it is the evaluated one")
    before = run.decode("validation")
    gains = []
    for other in others:
        run.afford()
        gains.append((gain(run, "validation", run.decode("validation", checkpoint=other), before), other.name))
    brings, name = max(gains, key=lambda item: item[0].points)
    meaning = f"on validation, {name} changes the score by {brings}"
    if not brings.is_cause:
        return passed(meaning, figure=brings.points, threshold=_THRESHOLD)
    advice = f"evaluate {name}: dvc repro --force --single-item evaluate"
    return failed(meaning, advice, figure=brings.points, threshold=_THRESHOLD, points=brings.points)


def _try(run: Evidence, meaning: str, *, costly: Any = lambda brings: False, **changes: Any) -> Finding:
    """Return what changes of `generation` gain on validation.

    costly: whether the better value has a price, such as time. A gain is then a warning and not a failure.
    """
    run.afford()
    brings = gain(run, "validation", run.decode("validation", **changes), run.decode("validation"))
    name, value = next(iter(changes.items()))
    meaning = f"{meaning}; {name}: {value} changes the score by {brings}"
    if not brings.is_cause:
        return passed(meaning, figure=brings.points, threshold=_THRESHOLD)
    finding = warned if costly(brings) else failed
    return finding(
        meaning, f"set generation.{name}: {value}", figure=brings.points, threshold=_THRESHOLD, points=brings.points
    )
