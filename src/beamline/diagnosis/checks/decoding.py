"""Decoding: what search and its settings make of what the model knows, and what its summaries look like."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from transformers import GenerationConfig

from beamline.decoding.transformers_backend import resolve_generation
from beamline.diagnosis.checks.check import Explanation, Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.checks.symptom import UNDERTRAINED, noticed, seen
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.ablation import SAME, UNASKED, decode_with, find_other_tokens, follow_config, gain
from beamline.diagnosis.measures.likeness import share_equal
from beamline.metrics.health import is_repetitive
from beamline.metrics.significance import difference_interval, difference_intervals

_POINT = 1.0  # of ROUGE: as much as a hundred dialogues can tell
_BEAMS = 4

_CUT = Explanation("max_length is too low", "max_length, which decodes with enough room")
_LONG = Explanation("min_length is too high", "min_length, which decodes without it")
_BLOCKED = Explanation(
    "no_repeat_ngram_size or repetition_penalty forbid what the references say",
    "no_repeat_ngram_size and repetition_penalty, which decode without them",
)
_START = Explanation("decoding starts with another token than training", "decoder_start_token")
_ENDLESS = Explanation("the labels have no end of sequence", "labels_end")
_TARGETS = Explanation("the training summaries were cut, or are of another length", "targets_are_whole")
_UNREAD = Explanation("the model does not read its dialogue", "source_is_read, source_is_attended")
_LOOPS = Explanation("greedy search runs into loops", "generation.num_beams: 4, generation.no_repeat_ngram_size: 3")
_OTHERS = Explanation("another system wrote the summaries", "predictions_are_of_this_checkpoint")


@check("params", "splits", "checkpoint")
def search(run: Evidence) -> Finding:
    """How many points search accounts for: greedy against 4 beams, or as many as the run has, paired by dialogue.

    A warning only where the run searches less and the whole interval of what beams bring is above a point: then they
    are worth their cost. They rarely are (Meister et al., "If Beam Search Is the Answer, What Was the Question?",
    2020), and an undertrained model writes better summaries without them.
    """
    assert run.params
    own = run.params.generation
    beams = own.num_beams if own.num_beams > 1 else _BEAMS
    wide, narrow = (run.decode("test", num_beams=each, do_sample=False) for each in (beams, 1))
    brings = gain(run, wide, narrow)
    threshold = "interval not above 1 point" if own.num_beams == 1 else ""
    meaning = f"{beams} beams bring {brings} against greedy search on the same checkpoint"
    if own.num_beams == 1 and brings.low > _POINT:
        advice = f"generation.num_beams: {beams}, at about {beams} times the cost"
        return warned(meaning, advice, figure=brings.points, threshold=threshold, points=brings.points)
    return passed(meaning, figure=brings.points, threshold=threshold)


@check("params", "splits", "codec", "checkpoint")
def decoder_start_token(run: Evidence) -> Finding:
    """Decoding that starts, or ends, with another token than training: the model goes on from what it never saw.

    Training went by the encoding in data/prepared, `evaluate` goes by the one beside the checkpoint, other programs by
    the checkpoint's generation_config.json and config.json. A failure where the second differs from the first, or the
    predictions are what the others give; a warning where only other programs would go wrong.
    """
    assert run.codec and run.params
    generation, trained, tokenizer = run.params.generation, run.codec.encoding, run.codec.tokenizer

    def token_of(token: int | None) -> str:
        return "its prompt" if token is None else str(tokenizer.convert_ids_to_tokens(token))

    start, beside = trained.decoder_start_token_id, run.model_codec.encoding.decoder_start_token_id
    right = f"training started with {token_of(start)} and ended with {token_of(trained.eos_token_id)}"
    if beside != start:
        fixed = gain(run, decode_with(run, generation, decoder_start_token_id=start), run.rewritten)
        meaning = f"decoding starts with {token_of(beside)}, {right}; fixing it brings {fixed}"
        return failed(meaning, f"set decoder_start_token_id to {start} in encoding.json", points=fixed.points)
    others = find_other_tokens(run)
    if not others:
        return passed(f"{right}, and so does decoding")
    asked = ", ".join(f"{name} {value} ({token_of(value)})" for name, value in others.items())
    advice = f"set it to {start} for the start, {trained.eos_token_id} for the end, there and in config.json"
    if run.predictions and (same := share_equal(run.written, run.rewritten)) < SAME:
        wrong = decode_with(run, generation, **others)
        if share_equal(run.written, wrong) > max(same, 0.5):
            points = gain(run, run.rewritten, run.written).points
            return failed(f"the predictions followed the checkpoint's own {asked}; {right}", advice, points=points)
    return warned(f"other programs will follow the checkpoint's own {asked}; {right}", advice)


@check("params", "splits", "codec", "checkpoint")
def max_length(run: Evidence) -> Finding:
    """Summaries cut before they can say what the references say.

    Two things have to hold: references that need more tokens, start and end included, and an ablation in which the same
    model gains more than a point, by the whole interval, when it has room for all of them. So it is for all four
    settings: a point is as much as 100 dialogues can tell, and from none of them does the default run gain half of it.
    A setting that stands in the way of most references is a warning, even where this model gains nothing without it.
    """
    assert run.params and run.splits and run.codec
    limit = run.params.generation.max_length
    needed = [1 + tokens for each in run.splits["test"] for tokens in each.target_tokens]
    share = float(np.mean([tokens > limit for tokens in needed]))
    meaning = f"{share:.0%} of the references need more than max_length: {limit}, the longest {max(needed)} tokens"
    room = max(*needed, run.codec.encoding.max_target_tokens + 1)
    return _ablated(run, "max_length", room, share, meaning)


@check("params", "splits", "codec", "checkpoint")
def min_length(run: Evidence) -> Finding:
    """Summaries that may not end where the references do; two things have to hold, as for `max_length`."""
    assert run.params and run.splits
    limit = run.params.generation.min_length
    share = float(np.mean([tokens < limit for each in run.splits["test"] for tokens in each.target_tokens]))
    return _ablated(run, "min_length", 0, share, f"{share:.0%} of the references are shorter than min_length: {limit}")


@check("params", "splits", "codec", "checkpoint")
def no_repeat_ngram_size(run: Evidence) -> Finding:
    """Summaries that may not repeat what the references do (names, articles); as for `max_length`.

    In the default run 1.7 % of the references repeat three tokens in a row, 88 % a single one.
    """
    assert run.params
    size = run.params.generation.no_repeat_ngram_size
    share = float(np.mean([_repeats(row, size) for row in _reference_tokens(run)])) if size else 0.0
    meaning = f"{share:.1%} of the references repeat as many tokens in a row as no_repeat_ngram_size: {size} forbids"
    return _ablated(run, "no_repeat_ngram_size", 0, share, meaning)


@check("params", "splits", "codec", "checkpoint")
def repetition_penalty(run: Evidence) -> Finding:
    """A penalty on tokens that were written before, which the references write again; as for `max_length`.

    Their logits are divided by it (Keskar et al., "CTRL", 2019, who found 1.2 to work); 1 is none.
    """
    assert run.params
    penalty, rows = run.params.generation.repetition_penalty, _reference_tokens(run)
    share = 1 - sum(len(set(row)) for row in rows) / max(1, sum(map(len, rows))) if penalty != 1 else 0.0
    meaning = f"{share:.0%} of the references' tokens repeat one before them and pay repetition_penalty: {penalty:g}"
    return _ablated(run, "repetition_penalty", 1.0, share, meaning)


@check("params", "splits", "codec", "checkpoint", "predictions")
def generation_config_is_not_followed(run: Evidence) -> Finding:
    """Predictions that the checkpoint's own generation_config.json has steered, and not params.yaml.

    Plain generate() takes from it whatever its caller leaves open. A failure where the stored summaries are those that
    its settings give, by themselves or over those of params.yaml, and not those that params.yaml gives.
    """
    assert run.params and run.codec
    settings, config = run.params.generation, run.model.generation_config
    asked = resolve_generation(settings, run.codec.encoding.generation_tokens, config).overridden
    asked = {name: value for name, value in asked.items() if not name.endswith("token_id")}
    if not asked:
        return passed("the checkpoint's generation_config asks for no other settings")
    listed = ", ".join(f"{name}: {value}" for name, value in asked.items())
    own, threshold = share_equal(run.written, run.rewritten), f"at least {SAME}, or not by its settings"
    if own < SAME:
        theirs = max(
            share_equal(run.written, run.decode("test", **follow_config(base, config))) for base in (settings, UNASKED)
        )
        if theirs >= SAME:
            return failed(
                f"{theirs:.0%} of the predictions are what the checkpoint's generation_config gives ({listed}),"
                f" {own:.0%} what params.yaml gives",
                "evaluate by params.yaml alone: dvc repro --force --single-item evaluate",
                figure=own,
                threshold=threshold,
                points=gain(run, run.rewritten, run.written).points,
            )
    meaning = f"the checkpoint's generation_config asks for {listed}, and the predictions don't follow it"
    return passed(meaning, figure=own, threshold=threshold)


@check("params", "recorded")
def settings_are_in_force(run: Evidence) -> Finding:
    """Decoding with other settings than params.yaml has: metrics/generation.json says what was in force.

    Any difference is one too many. Settings that this kind of decoding does not read are listed, and are no fault.
    """
    assert run.params and run.recorded
    expected = resolve_generation(run.params.generation, {}, GenerationConfig())
    found = run.recorded.generation.get("settings", {})
    names = sorted(expected.settings.keys() | found.keys())
    differing = [name for name in names if expected.settings.get(name) != found.get(name)]
    if differing:
        listed = ", ".join(f"{name} {found.get(name)} and not {expected.settings.get(name)}" for name in differing)
        meaning = f"metrics/generation.json has {listed}, which params.yaml has now"
        return failed(meaning, "run: dvc repro", figure=len(differing), threshold="0")
    meaning = f"all {len(names)} settings were in force"
    if expected.ignored:
        reasons = " or ".join(sorted(set(expected.ignored.values())))
        meaning += f"; {', '.join(expected.ignored)} are not read ({reasons})"
    return passed(meaning, figure=0, threshold="0")


@check("params", "splits", "codec", "checkpoint", may_be=(_CUT, _LONG, _BLOCKED, _START, _LOOPS, UNDERTRAINED))
def free_running_keeps_up(run: Evidence) -> Finding:
    """A model that knows what comes next and still writes bad summaries: what is lost is lost in decoding.

    With teacher forcing, each token that the model ranks first is written down; that text never runs off, and is the
    level that free-running summaries can be expected to come near. Summaries of the default run have 0.9 of its
    ROUGE, of runs that were stopped after 3 or 4 epochs 0.57 to 0.76, because slips add up. Less than half, by the
    interval of the difference, is more than slips.
    """
    assert run.codec
    written = run.sample_scores("test", run.rewritten)
    forced = run.sample_scores("test", run.codec.decode(run.forced.guesses))
    figure, threshold = float(written.mean() / max(forced.mean(), 1e-9)), "interval not below 0.5"
    meaning = (
        f"summaries have a ROUGE of {100 * written.mean():.1f}, what the model ranks first behind the references' own"
        f" tokens {100 * forced.mean():.1f}"
    )
    if difference_interval(written - forced / 2, seed=run.seed).high < 0:
        return seen(run, meaning, figure=figure, threshold=threshold)
    return passed(meaning, figure=figure, threshold=threshold)


@check("recorded", may_be=(_CUT, _ENDLESS, UNDERTRAINED, _LOOPS))
def summaries_are_finished(run: Evidence) -> Finding:
    """Summaries that max_length has cut: the model wrote no end of sequence by itself.

    The default run has none. Where it is a tenth of them, the mean score is as much about the limit as about the model.
    """
    assert run.recorded
    share = run.recorded.rouge.get("test", {}).get("unfinished")
    if share is None:
        return not_applicable("metrics/rouge.json does not say how many were cut")
    return _share_of_summaries(run, share, "are cut by max_length")


@check("predictions", may_be=(_START, UNDERTRAINED, _TARGETS, _OTHERS))
def summaries_are_not_empty(run: Evidence) -> Finding:
    """Summaries without any text, which score 0; a tenth of them takes a tenth of the score."""
    assert run.predictions
    share = float(np.mean([not each.strip() for each in run.predictions.summaries]))
    return _share_of_summaries(run, share, "are empty")


@check("predictions", may_be=(_LOOPS, _ENDLESS, _LONG, UNDERTRAINED))
def summaries_do_not_repeat(run: Evidence) -> Finding:
    """Summaries that say the same words again, three in a row twice or two three times, more often than references do.

    In some languages and styles references repeat themselves too: their own share is taken off, dialogue by dialogue,
    and the interval of what is left has to be above 0.
    """
    assert run.predictions
    excess = [
        is_repetitive(summary) - np.mean([is_repetitive(text) for text in references])
        for summary, references in zip(run.predictions.summaries, run.predictions.references, strict=True)
    ]
    low = difference_interval(np.array(excess), seed=run.seed).low
    return _share_of_summaries(run, float(np.mean(excess)) if low > 0 else 0.0, "repeat themselves beyond references")


@check("predictions", may_be=(_CUT, _LONG, _BLOCKED, _TARGETS, _ENDLESS, UNDERTRAINED))
def summaries_are_as_long_as_references(run: Evidence) -> Finding:
    """Summaries of another length than the references, in characters, which need no language's words.

    At a ratio of 2/3 or 3/2 the F1 of a summary without any fault is 0.8; at half or twice, 2/3. The first is a
    warning, the second a failure, each only where the interval of the difference shows it.
    """
    assert run.predictions
    own = np.array([len(each) for each in run.predictions.summaries])
    references = np.array([np.mean([len(text) for text in texts]) for texts in run.predictions.references])
    ratio, threshold = float(own.mean() / max(references.mean(), 1)), "interval not outside 0.67 to 1.5"
    meaning = f"summaries have {own.mean():.0f} characters, references {references.mean():.0f}"
    for bound, finding in ((2.0, seen), (1.5, noticed)):
        sides = np.column_stack([own - references / bound, own - references * bound]) / max(*own, *references, 1)
        short, long = difference_intervals(sides, seed=run.seed)
        if short.high < 0 or long.low > 0:
            return finding(run, meaning, figure=ratio, threshold=threshold)
    return passed(meaning, figure=ratio, threshold=threshold)


@check("predictions", may_be=(UNDERTRAINED, _UNREAD, _START, _OTHERS))
def summaries_differ(run: Evidence) -> Finding:
    """One summary for many dialogues: the model has collapsed.

    The share of summaries that are no other's, against that of the references (the first of each dialogue): short
    corpora do repeat some. Half of it is a failure, nine tenths a warning; the default run has 0.98 of 1.
    """
    assert run.predictions
    summaries, references = run.predictions.summaries, [texts[0] for texts in run.predictions.references]
    figure = len(set(summaries)) / len(set(references))
    most = Counter(summaries).most_common(1)[0][1]
    meaning = f"{len(set(summaries))} different summaries of {len(summaries)} dialogues, one of them {most} times"
    if figure >= 0.9:
        return passed(meaning, figure=figure, threshold="at least 0.9")
    return (seen if figure < 0.5 else noticed)(run, meaning, figure=figure, threshold="at least 0.9")


def _ablated(run: Evidence, name: str, neutral: float, share: float, meaning: str) -> Finding:
    """What a setting costs that stands in the way of a `share` of the references: the sample decoded without it."""
    threshold = "0; or at most 0.5, and the gain's interval not above 1 point"
    if not share:
        return passed(f"{name} stands in no reference's way", figure=0.0, threshold=threshold)
    changes: dict[str, Any] = {name: neutral}
    brings = gain(run, run.decode("test", **changes), run.rewritten)
    meaning, advice = f"{meaning}; {neutral:g} instead brings {brings}", f"generation.{name}: {neutral:g}"
    if brings.low > _POINT:
        return failed(meaning, advice, figure=share, threshold=threshold, points=brings.points)
    if share > 0.5:
        return warned(meaning, advice, figure=share, threshold=threshold)
    return passed(meaning, figure=share, threshold=threshold, points=brings.points)


def _share_of_summaries(run: Evidence, share: float, what: str) -> Finding:
    meaning, threshold = f"{share:.1%} of the summaries {what}", "at most 0.02"
    if share <= 0.02:
        return passed(meaning, figure=share, threshold=threshold)
    return (seen if share > 0.1 else noticed)(run, meaning, figure=share, threshold=threshold)


def _reference_tokens(run: Evidence) -> list[list[int]]:
    """Labels of the test references without the end of sequence."""
    assert run.splits
    return [row[:-1] for each in run.splits["test"] for row in each.labels]


def _repeats(row: Sequence[int], size: int) -> bool:
    ngrams = list(zip(*(row[start:] for start in range(size)), strict=False))
    return len(set(ngrams)) < len(ngrams)
