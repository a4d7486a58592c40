"""Whether the model learned anything, and whether it reads its dialogue."""

import math
from pathlib import Path

import numpy as np

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Explanation, Finding, Kind, check, failed, passed, warned
from beamline.diagnosis.checks.data.differences import dialogue_differences, swapped_columns
from beamline.diagnosis.checks.data.texts import mismatched_pairs
from beamline.diagnosis.checks.labels import label_ends
from beamline.diagnosis.checks.learning.curves import standing_loss, training_length
from beamline.diagnosis.checks.learning.settings import unusual_settings
from beamline.diagnosis.checks.learning.weights import trained_weights
from beamline.diagnosis.checks.replay.training import checkpoint_weights, training_batches
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.probes import Forced
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.metrics.significance import difference_interval

_LITTLE = 0.02  # share of the loss: a model that reads loses more by another dialogue in place of the right one
_SOME = 0.1  # of the loss: less is lost by a model that reads a little
_FEW = {True: 5_000, False: 300}  # training dialogues, for a model from nothing and for a checkpoint


@check(Kind.AUDIT, "There are too few training dialogues")
def training_size(run: Evidence, splits: Splits, params: Params, kept: object) -> Finding:
    """Counts the training dialogues, and measures whether the model reads new ones.

    Failure if there are fewer than 5,000 for a model from nothing, or 300 for a checkpoint, and another dialogue in
    place of the right one raises the loss on test by less than 2 %. Warning if it does by less than 10 %: the model
    reads a little. For comparison: SAMSum has 14,700 training dialogues, DialogSum 12,500.
    """
    examples = run.force_swapped("test")
    count = len(splits["train"])
    share = _use(run, run.forced, examples)[0]
    few = _FEW[params.model.name is None]
    meaning = (
        f"the model saw {count:,} training dialogues; another dialogue in place of the right one raises its loss"
        f" by {share:.1%}"
    )
    threshold = f"at least {few:,}, or a model that reads"
    if count >= few or share >= _SOME:
        return passed(meaning, figure=count, threshold=threshold)
    advice = f"train on half of them (train.max_examples: {count // 2}): if the score falls, more will raise it"
    weight = 0.65 if count < few / 4 else 0.5
    return (failed if share < _LITTLE else warned)(meaning, advice, figure=count, threshold=threshold, weight=weight)


@check(
    Kind.SYMPTOM,
    "The model predicts the next token no better than word frequencies do",
    may_be=[training_length, standing_loss, unusual_settings, training_batches, checkpoint_weights, label_ends],
)
def token_loss(run: Evidence, splits: Splits, codec: TextCodec, checkpoint: Path) -> Finding:
    """Compares the loss on test, with teacher forcing, with that of the token frequencies in the training summaries.

    Failure if the interval of the gain, paired by dialogue, is not above 0. An untrained model has a loss of about
    log(vocabulary).
    """
    expected = np.array([run.frequency_losses[row].mean() for row in run.forced.labels])
    loss, even = float(run.forced.loss.mean()), math.log(len(codec.tokenizer))
    meaning = (
        f"a token costs {loss:.2f} nats with teacher forcing, {expected.mean():.2f} by word frequencies and"
        f" {even:.2f} by guessing evenly; {run.forced.accuracy:.1%} of the next tokens are right"
    )
    threshold = f"interval below {expected.mean():.2f} nats"
    if difference_interval(expected - run.forced.loss, seed=run.seed).low > 0:
        return passed(meaning, figure=loss, threshold=threshold)
    return failed(meaning, "", figure=loss, threshold=threshold)


@check(
    Kind.SYMPTOM,
    "The model hardly uses its dialogue",
    may_be=[
        training_size,
        training_length,
        training_batches,
        checkpoint_weights,
        trained_weights,
        mismatched_pairs,
        swapped_columns,
        dialogue_differences,
        unusual_settings,
        Explanation("These summaries can be predicted without the dialogue", "compare the trivial baselines"),
    ],
)
def source_use(run: Evidence, splits: Splits, codec: TextCodec, checkpoint: Path) -> Finding:
    """Gives the model another dialogue in place of the right one, and compares the loss of the references on test.

    Failure if the loss rises by less than 2 %, or if the paired interval of the rise is not above 0. A model that reads
    loses by that: the default run loses more than a nat a token.
    """
    share, sure, meaning = _use(run, run.forced, run.force_swapped("test"))
    threshold = f"at least {_LITTLE:g}, and an interval above 0"
    if sure and share >= _LITTLE:
        return passed(meaning, figure=share, threshold=threshold)
    training, swapped = run.forced_in_training, run.force_swapped("train")
    known, _, _ = _use(run, training, swapped)
    if known >= _LITTLE:
        meaning += f"; with training dialogues the loss rises by {known:.1%}: the model memorized those"
    return failed(meaning, "", figure=share, threshold=threshold)


def _use(run: Evidence, right: Forced, swapped: Forced) -> tuple[float, bool, str]:
    """Return by which share another dialogue raises the loss, whether the interval of the rise is above 0, and a
    sentence.
    """
    rise = swapped.loss - right.loss
    share = float(rise.mean() / right.loss.mean())
    meaning = (
        f"a token costs {right.loss.mean():.3f} nats, {swapped.loss.mean():.3f} with another dialogue in place of its"
        f" own ({share:+.1%})"
    )
    return share, difference_interval(rise, seed=run.seed).low > 0, meaning
