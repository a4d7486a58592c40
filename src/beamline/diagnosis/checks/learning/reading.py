"""Whether the model has learned anything, and whether it reads its dialogue for that."""

import math
from pathlib import Path

import numpy as np

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Explanation, Finding, Kind, check, failed, passed
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

_LITTLE = 0.02  # of the loss, that another dialogue in place of the right one costs a model that reads
_FEW = {True: 5_000, False: 300}  # training dialogues, of a model from nothing and of a checkpoint


@check(Kind.AUDIT, "There are too few training dialogues")
def training_size(run: Evidence, splits: Splits, params: Params, kept: object) -> Finding:
    """Looks whether a model that saw few dialogues hardly uses new ones.

    Another dialogue in place of the right one costs it less than 2 % of its loss on test. From nothing, 5,000 dialogues
    are few (SAMSum and DialogSum have 14,700 and 12,500); for a checkpoint that can read, 300.
    """
    examples = run.force_swapped("test")
    count = min(len(splits["train"]), params.train.max_examples or len(splits["train"]))
    share = _use(run, run.forced, examples)[0]
    few = _FEW[params.model.name is None]
    meaning = f"{count:,} dialogues were trained on, and another one in its place costs the model {share:.1%}"
    threshold = f"at least {few:,}, or a model that reads"
    if count >= few or share >= _LITTLE:
        return passed(meaning, figure=count, threshold=threshold)
    advice = f"train on half of them (train.max_examples: {count // 2}): if that loses points, more will gain some"
    return failed(meaning, advice, figure=count, threshold=threshold, weight=0.65 if count < few / 4 else 0.5)


@check(
    Kind.SYMPTOM,
    "The model knows the next token no better than word frequencies",
    may_be=[training_length, standing_loss, unusual_settings, training_batches, checkpoint_weights, label_ends],
)
def token_loss(run: Evidence, splits: Splits, codec: TextCodec, checkpoint: Path) -> Finding:
    """Compares the teacher-forced loss on test with the cost of the training summaries' token frequencies.

    Paired by dialogue; a failure if the interval of the gain is not above 0. An untrained model is at log(vocabulary).
    """
    expected = np.array([run.frequency_losses[row].mean() for row in run.forced.labels])
    loss, even = float(run.forced.loss.mean()), math.log(len(codec.tokenizer))
    meaning = (
        f"a token costs {loss:.2f} nats with teacher forcing, by word frequencies {expected.mean():.2f},"
        f" guessing evenly {even:.2f}; {run.forced.accuracy:.1%} of the next tokens are right"
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
        Explanation("Summaries here can be told without the dialogue", "compare the trivial baselines"),
    ],
)
def source_use(run: Evidence, splits: Splits, codec: TextCodec, checkpoint: Path) -> Finding:
    """Gives each dialogue of test the next one's place and compares the loss of the references, paired.

    Any model that reads loses by that: the default run more than a nat a token. A failure if the interval holds 0, or
    if the loss rises by less than 2 %.
    """
    share, sure, meaning = _use(run, run.forced, run.force_swapped("test"))
    threshold = f"at least {_LITTLE:g}"
    if sure and share >= _LITTLE:
        return passed(meaning, figure=share, threshold=threshold)
    training, swapped = run.forced_in_training, run.force_swapped("train")
    known, _, _ = _use(run, training, swapped)
    if known >= _LITTLE:
        meaning += f"; of training dialogues it loses {known:.1%}: it has memorized those"
    return failed(meaning, "", figure=share, threshold=threshold)


def _use(run: Evidence, right: Forced, swapped: Forced) -> tuple[float, bool, str]:
    """Return by which share another dialogue raises the loss, whether it surely does, and a sentence."""
    rise = swapped.loss - right.loss
    share = float(rise.mean() / right.loss.mean())
    meaning = (
        f"a token costs {right.loss.mean():.3f} nats, {swapped.loss.mean():.3f} with another dialogue in place of its"
        f" own ({share:+.1%})"
    )
    return share, difference_interval(rise, seed=run.seed).low > 0, meaning
