"""Summaries: what they look like. These are symptoms, and each can have several causes."""

from collections import Counter
from pathlib import Path

import numpy as np

from beamline.core.excerpts import shorten
from beamline.core.params import Params
from beamline.core.records import Predictions
from beamline.diagnosis.checks.check import Explanation, Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.checks.data.tokens import cut_targets
from beamline.diagnosis.checks.decoding import max_length, min_length, no_repeat_ngram_size, repetition_penalty
from beamline.diagnosis.checks.labels import label_ends
from beamline.diagnosis.checks.learning.curves import training_length
from beamline.diagnosis.checks.learning.probe import more_training
from beamline.diagnosis.checks.learning.reading import training_size
from beamline.diagnosis.checks.replay.predictions import predictions_of_checkpoint
from beamline.diagnosis.checks.replay.training import decoder_start
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.loops import is_looped
from beamline.diagnosis.parts import Splits
from beamline.diagnosis.recorded import Recorded
from beamline.encoding.codec import TextCodec
from beamline.metrics.significance import difference_interval, difference_intervals

_LOOPS = Explanation(
    "Greedy search runs into loops", "generation.num_beams: 4, and generation.no_repeat_ngram_size: 3, one at a time"
)
_LEARNED_LITTLE = (training_size, training_length, more_training)


@check(
    Kind.SYMPTOM,
    "Summaries are far worse than the model's choices with teacher forcing",
    may_be=[max_length, min_length, no_repeat_ngram_size, repetition_penalty, decoder_start, *_LEARNED_LITTLE, _LOOPS],
)
def free_running(run: Evidence, params: Params, splits: Splits, codec: TextCodec, checkpoint: Path) -> Finding:
    """Compares the summaries' score with that of the model's first choices after the references' own tokens.

    Failure if summaries score less than half as high; the whole interval has to be below. The difference is lost in
    decoding. The default run's summaries have 0.9 of that score, those of runs stopped after 3 or 4 epochs 0.57 to
    0.76, because errors add up.
    """
    written = run.sample_scores("test", run.rewritten)
    forced = run.sample_scores("test", codec.decode(run.forced.guesses))
    figure = float(written.mean() / max(forced.mean(), 1e-9))
    meaning = (
        f"summaries score {100 * written.mean():.1f}; the model's first choices after the references' own tokens score"
        f" {100 * forced.mean():.1f}"
    )
    if difference_interval(written - forced / 2, seed=run.seed).high < 0:
        return failed(meaning, "", figure=figure, threshold="interval not below 0.5")
    return passed(meaning, figure=figure, threshold="interval not below 0.5")


@check(Kind.SYMPTOM, "Summaries are cut", may_be=[max_length, label_ends, *_LEARNED_LITTLE, _LOOPS])
def unfinished_summaries(run: Evidence, recorded: Recorded) -> Finding:
    """Reads from metrics/rouge.json the share of summaries that max_length cut.

    Failure above 10 %, warning above 2 %.
    """
    share = recorded.rouge.get("test", {}).get("unfinished")
    if share is None:
        return not_applicable("metrics/rouge.json does not say how many were cut")
    return _share_of_summaries(share, "are cut by max_length")


@check(
    Kind.SYMPTOM,
    "Summaries are empty",
    may_be=[decoder_start, cut_targets, predictions_of_checkpoint, *_LEARNED_LITTLE],
)
def empty_summaries(run: Evidence, predictions: Predictions) -> Finding:
    """Counts summaries without text. Failure above 10 %, warning above 2 %."""
    share = float(np.mean([not text.strip() for text in predictions.summaries]))
    return _share_of_summaries(share, "are empty")


@check(Kind.SYMPTOM, "Summaries repeat themselves", may_be=[_LOOPS, label_ends, min_length, *_LEARNED_LITTLE])
def repeating_summaries(run: Evidence, predictions: Predictions) -> Finding:
    """Counts summaries with a piece of text three times in a row, or with the same three words twice.

    Failure above 10 %, warning above 2 %. In some languages and styles references repeat themselves, too, so the
    references' share is subtracted, dialogue by dialogue. The interval of the rest has to be above 0.
    """
    looped = [text for text in predictions.summaries if is_looped(text)]
    excess = [
        is_looped(summary) - np.mean([is_looped(text) for text in references])
        for summary, references in zip(predictions.summaries, predictions.references, strict=True)
    ]
    low = difference_interval(np.array(excess, dtype=np.float64), seed=run.seed).low
    what = "repeat themselves, more than references do"
    if looped and low > 0:
        what += f", for example {shorten(looped[0])!r}"
    return _share_of_summaries(float(np.mean(excess)) if low > 0 else 0.0, what)


@check(
    Kind.SYMPTOM,
    "Summaries are much shorter or longer than references",
    may_be=[
        max_length,
        min_length,
        no_repeat_ngram_size,
        repetition_penalty,
        cut_targets,
        label_ends,
        *_LEARNED_LITTLE,
    ],
)
def summary_lengths(run: Evidence, predictions: Predictions) -> Finding:
    """Compares the lengths of summaries and references, in the tokens that the metric counts.

    Failure if summaries are less than half or more than twice as long as references; warning below 2/3 or above 3/2.
    The whole interval of the difference has to be outside. At a ratio of 2/3 or 3/2 the F1 of a summary without any
    other fault is 0.8; at half or twice it is 2/3.
    """
    tokenize = run.scorer.corpus.tokenizer.tokens
    own = np.array([len(tokenize(text)) for text in predictions.summaries])
    references = np.array([np.mean([len(tokenize(text)) for text in texts]) for texts in predictions.references])
    ratio, threshold = float(own.mean() / max(references.mean(), 1)), "interval not outside 0.67 to 1.5"
    meaning = f"summaries have {own.mean():.0f} tokens of the metric, references {references.mean():.0f}"
    for bound, finding in ((2.0, failed), (1.5, warned)):
        sides = np.column_stack([own - references / bound, own - references * bound]) / max(*own, *references, 1)
        short, long = difference_intervals(sides, seed=run.seed)
        if short.high < 0 or long.low > 0:
            return finding(meaning, "", figure=ratio, threshold=threshold)
    return passed(meaning, figure=ratio, threshold=threshold)


@check(Kind.SYMPTOM, "Many dialogues have the same summary", may_be=[decoder_start, *_LEARNED_LITTLE])
def same_summaries(run: Evidence, predictions: Predictions) -> Finding:
    """Divides the number of different summaries by the number of different references.

    Failure below 0.5, warning below 0.9. References of short corpora repeat, too. The default run has 0.98.
    """
    summaries, references = predictions.summaries, [texts[0] for texts in predictions.references]
    figure = len(set(summaries)) / len(set(references))
    [(text, most)] = Counter(summaries).most_common(1)
    meaning = (
        f"{most} of {len(summaries)} summaries are the same ({shorten(text)!r}); different summaries:"
        f" {len(set(summaries))}"
    )
    if figure >= 0.9:
        return passed(meaning, figure=figure, threshold="at least 0.9")
    return (failed if figure < 0.5 else warned)(meaning, "", figure=figure, threshold="at least 0.9")


def _share_of_summaries(share: float, what: str) -> Finding:
    meaning, threshold = f"{share:.1%} of the summaries {what}", "at most 0.02"
    if share <= 0.02:
        return passed(meaning, figure=share, threshold=threshold)
    return (failed if share > 0.1 else warned)(meaning, "", figure=share, threshold=threshold)
