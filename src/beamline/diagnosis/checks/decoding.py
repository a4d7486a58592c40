"""Decoding: each setting against its neutral value, more beams, and the other kept checkpoints, on validation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, judge_ranges, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.gain import gain
from beamline.diagnosis.measures.usual_ranges import decoding_ranges
from beamline.diagnosis.parts import Splits

_BEAMS = 4
_THRESHOLD = "below 1 point, or not sure"


@check(Kind.INTERVENTION, "max_length cuts the summaries")
def max_length(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Gives summaries twice the room, or as much as the longest reference needs, if any of them is cut."""
    cut = float(np.mean([not summary.finished for summary in run.decode_whole("validation")]))
    if not cut:
        return passed("max_length cuts no summary", figure=0.0, threshold=_THRESHOLD)
    longest = max(tokens for each in splits["validation"] for tokens in each.target_tokens) + 1
    room = max(2 * params.generation.max_length, longest)
    return _try(run, f"{cut:.0%} of the summaries are cut by max_length", max_length=room)


@check(Kind.INTERVENTION, "min_length makes the summaries too long")
def min_length(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Takes min_length away, if summaries end where it lets them."""
    limit = params.generation.min_length
    held = float(np.mean([summary.tokens <= limit + 1 for summary in run.decode_whole("validation")]))
    if not held or limit <= 1:
        return passed("min_length lengthens no summary", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"{held:.0%} of the summaries are as short as min_length: {limit} allows", min_length=0)


@check(Kind.INTERVENTION, "no_repeat_ngram_size forbids what the references say")
def no_repeat_ngram_size(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Takes no_repeat_ngram_size away."""
    size = params.generation.no_repeat_ngram_size
    if not size:
        return passed("no_repeat_ngram_size is 0", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"no_repeat_ngram_size is {size}", no_repeat_ngram_size=0)


@check(Kind.INTERVENTION, "repetition_penalty forbids what the references say")
def repetition_penalty(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Takes repetition_penalty away: 1 is none (Keskar et al., "CTRL", 2019, who found 1.2 to work)."""
    penalty = params.generation.repetition_penalty
    if penalty == 1:
        return passed("repetition_penalty is 1", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"repetition_penalty is {penalty:g}", repetition_penalty=1.0)


@check(Kind.INTERVENTION, "length_penalty makes the summaries too short or too long")
def length_penalty(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Sets length_penalty to 1, which is the mean log-probability of a token. Beam search alone reads it."""
    penalty, beams = params.generation.length_penalty, params.generation.num_beams
    if penalty == 1 or beams == 1:
        return passed("length_penalty is 1, or not read", figure=0.0, threshold=_THRESHOLD)
    return _try(run, f"length_penalty is {penalty:g}", length_penalty=1.0)


@check(Kind.AUDIT, "A setting of decoding is outside its usual range")
def unusual_decoding(run: Evidence, params: Params, checkpoint: Path) -> Finding:
    """Compares settings of decoding with the ranges that papers and published checkpoints use, as those of training."""
    return judge_ranges(decoding_ranges(params))


@check(Kind.INTERVENTION, "Sampling loses points")
def sampling(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Decodes greedily instead of sampling. That is a warning: whoever samples has a reason.

    From 3 points on, temperature, top_k or top_p are far off: a failure.
    """
    if not params.generation.do_sample:
        return passed("do_sample is false", figure=0.0, threshold=_THRESHOLD)
    settings = params.generation
    meaning = f"temperature is {settings.temperature:g}, top_k {settings.top_k}, top_p {settings.top_p:g}"
    return _try(run, meaning, costly=lambda brings: brings.low < 3, do_sample=False)


@check(Kind.INTERVENTION, "The search finds worse summaries than another")
def search(run: Evidence, params: Params, splits: Splits, checkpoint: Path) -> Finding:
    """Decodes with 4 beams instead of greedily, or greedily instead of with beams.

    Beams that bring a point are a warning, because they cost as many times the time. They rarely do (Meister et al.,
    "If Beam Search Is the Answer, What Was the Question?", 2020). Beams that lose one are a failure.
    """
    own = params.generation.num_beams
    if own > 1:
        return _try(run, f"num_beams is {own}", num_beams=1)
    run.afford(3 / 12)
    return _try(run, "num_beams is 1", costly=lambda brings: True, num_beams=_BEAMS, do_sample=False)


@check(Kind.INTERVENTION, "Another kept checkpoint is better than the evaluated one")
def other_checkpoint(run: Evidence, params: Params, splits: Splits, checkpoint: Path, kept: Sequence[Path]) -> Finding:
    """Decodes validation with each of the other kept checkpoints, under the decoding that is reported."""
    others = [each for each in kept if each != checkpoint]
    if not others:
        return passed("one checkpoint was kept, and it is the evaluated one")
    before = run.decode("validation")
    gains = []
    for other in others:
        run.afford()
        gains.append((gain(run, "validation", run.decode("validation", checkpoint=other), before), other.name))
    brings, name = max(gains, key=lambda item: item[0].points)
    meaning = f"on validation {name} brings {brings}"
    if not brings.is_cause:
        return passed(meaning, figure=brings.points, threshold=_THRESHOLD)
    advice = f"evaluate {name}: dvc repro --force --single-item evaluate"
    return failed(meaning, advice, figure=brings.points, threshold=_THRESHOLD, points=brings.points)


def _try(run: Evidence, meaning: str, *, costly: Any = lambda brings: False, **changes: Any) -> Finding:
    """Return what changes of `generation` bring on validation.

    costly: whether the change has a price that forbids to call its lack a fault: it is a warning then.
    """
    run.afford()
    brings = gain(run, "validation", run.decode("validation", **changes), run.decode("validation"))
    name, value = next(iter(changes.items()))
    meaning = f"{meaning}; {value} instead brings {brings}"
    if not brings.is_cause:
        return passed(meaning, figure=brings.points, threshold=_THRESHOLD)
    finding = warned if costly(brings) else failed
    return finding(
        meaning, f"generation.{name}: {value}", figure=brings.points, threshold=_THRESHOLD, points=brings.points
    )
