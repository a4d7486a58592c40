"""What the trained model predicts with teacher forcing, and whether it reads its source for that."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from beamline.diagnosis.checks.check import Explanation, Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.checks.symptom import seen
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.probes import Forced
from beamline.encoding.prepared import EncodedDialogue, first_references
from beamline.metrics.significance import difference_interval

_TOO_SHORT = Explanation("training is too short", "train.num_train_epochs: three times as many")
_RATE = Explanation("the learning rate is too low or too high", "train.learning_rate: a tenth, and ten times as much")
_LABELS = Explanation(
    "the prepared labels are not the references", "decode a few rows of data/prepared/train.parquet and read them"
)
_PAIRS = Explanation(
    "the training summaries belong to other dialogues", "read a few pairs, and summaries_belong_to_their_dialogues"
)
_MASKED = Explanation("the source was masked away in training", "source_is_attended, which tries the model without it")
_TEMPLATE = Explanation(
    "the summaries can be told without the dialogue", "compare the nearest-neighbour baseline with a random summary"
)


@check("splits", "codec", "checkpoint", may_be=(_TOO_SHORT, _RATE, _LABELS))
def loss_beats_word_frequencies(run: Evidence) -> Finding:
    """A model that predicts the next token no better than word frequencies would.

    Teacher-forced loss on test against the cross-entropy of the training summaries' token frequencies, paired by
    dialogue; an untrained model stands at log(vocabulary). Fails only where the interval shows that it is no better.
    """
    assert run.codec
    expected = np.array([run.frequency_losses[row].mean() for row in run.forced.labels])
    gain = expected - run.forced.loss
    loss, even = float(run.forced.loss.mean()), math.log(len(run.codec.tokenizer))
    meaning = (
        f"a token costs {loss:.2f} nats with teacher forcing, by word frequencies {expected.mean():.2f},"
        f" guessing evenly {even:.2f}"
    )
    threshold = f"interval below {expected.mean():.2f} nats"
    if difference_interval(gain, seed=run.seed).low > 0:
        return passed(meaning, figure=loss, threshold=threshold)
    return seen(run, f"nothing is learnt beyond word frequencies: {meaning}", figure=loss, threshold=threshold)


@check("splits", "codec", "checkpoint", may_be=(_TOO_SHORT, _RATE, _LABELS))
def teacher_forced_accuracy(run: Evidence) -> Finding:
    """A model that knows the next token no more often than the most frequent token is right.

    What search can make of a model is bounded by this: free-running summaries are rarely better than their next token.
    """
    labels = [token for row in run.forced.labels for token in row]
    usual = int(np.argmin(run.frequency_losses))
    gain = np.array(
        [
            np.mean(np.equal(guesses, row)) - np.mean(np.equal(row, usual))
            for guesses, row in zip(run.forced.guesses, run.forced.labels, strict=True)
        ]
    )
    chance = labels.count(usual) / len(labels)
    meaning = f"with teacher forcing {run.forced.accuracy:.1%} of the next tokens are right"
    threshold = f"interval above {chance:.3f}, always the most frequent"
    if difference_interval(gain, seed=run.seed).low > 0:
        return passed(meaning, figure=run.forced.accuracy, threshold=threshold)
    return seen(run, meaning, figure=run.forced.accuracy, threshold=threshold)


@check("splits", "codec", "checkpoint")
def source_is_attended(run: Evidence) -> Finding:
    """A model that was trained with its source masked away.

    Such a model predicts better when the attention mask is 0 than with the right one, to which it is not used; for any
    other it is the other way round once it has learnt something. In its first steps the source is noise to a sound
    model too: small ones were better without it until 5 % below the cost of word frequencies, and all were better with
    it from 12 %, so that a tenth is asked for, as in `loss_falls`. Measured on training dialogues, where no difference
    between the data sets can make the source misleading.
    """
    examples = first_references(run.sample("train"))
    right, masked = run.forced_in_training, run.force(examples, attend=False)
    expected = np.array([run.frequency_losses[row].mean() for row in right.labels])
    cost = masked.loss - right.loss
    figure = float(cost.mean())
    meaning = (
        f"a token of a training summary costs {right.loss.mean():.2f} nats, {masked.loss.mean():.2f} with the source"
        " masked"
    )
    if difference_interval(cost, seed=run.seed).high >= 0:
        return passed(meaning, figure=figure, threshold="interval not below 0 nats")
    if difference_interval(masked.loss - 0.9 * expected, seed=run.seed).high >= 0:
        return not_applicable(f"the model has learnt too little to tell what it attends to: {meaning}")
    return failed(
        f"{meaning}: it was trained with the source masked away",
        "make the attention mask 1 for every token of the source, in the collator, and train again",
        figure=figure,
        threshold="interval not below 0 nats",
    )


@check("splits", "codec", "checkpoint", may_be=(_TOO_SHORT, _MASKED, _PAIRS, _RATE, _TEMPLATE))
def source_is_read(run: Evidence) -> Finding:
    """A model that ignores its dialogue: another dialogue in its place changes nothing.

    Each dialogue is given the next one's place, and the loss of the references compared, paired. Any model that reads
    loses by that: the default run more than a nat a token on test, after half an epoch a fortieth, and both intervals
    are above 0. One that reads training dialogues alone has learnt them by heart, which too few of them explain.
    """
    right, swapped, reads = _swap(run, run.sample("test"), run.forced)
    meaning = f"a token costs {right:.2f} nats, {swapped:.2f} with another dialogue in place of its own"
    figure, threshold = swapped - right, "interval above 0 nats"
    if reads:
        return passed(meaning, figure=figure, threshold=threshold)
    training = run.sample("train")
    if _swap(run, training, run.force(first_references(training)))[2]:
        meaning = f"only training dialogues are read, no new ones: {meaning}"
        return warned(meaning, "train on more dialogues", figure=figure, threshold=threshold)
    return seen(run, f"the dialogue is not read: {meaning}", figure=figure, threshold=threshold)


def _swap(run: Evidence, dialogues: Sequence[EncodedDialogue], right: Forced) -> tuple[float, float, bool]:
    """Loss of a token, loss with each dialogue in the next one's place, and whether that costs anything for sure."""
    examples = first_references(dialogues)
    moved = [*examples[1:], *examples[:1]]
    swapped = run.force([replace(a, labels=b.labels) for a, b in zip(moved, examples, strict=True)])
    reads = difference_interval(swapped.loss - right.loss, seed=run.seed).low > 0
    return float(right.loss.mean()), float(swapped.loss.mean()), reads
