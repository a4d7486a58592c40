"""The training curves: the learning rate, and the losses from epoch to epoch."""

import math
from collections.abc import Sequence

import numpy as np

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.loss_curves import NOTHING, read_loss_curves
from beamline.diagnosis.parts import Splits
from beamline.diagnosis.recorded import Epoch, Recorded
from beamline.encoding.codec import TextCodec


@check(Kind.COUNT, "The learning rate was 0")
def rate_above_zero(
    run: Evidence, epochs: Sequence[Epoch], params: Params | None = None, recorded: Recorded | None = None
) -> Finding:
    """Reads the learning rate at the last step of each epoch.

    Failure if it is 0 in every epoch: the model learned nothing. Failure if it became 0 before the last epoch: the
    epochs after that taught nothing. A schedule reaches 0 after its last step, and a warm-up begins at 0. Not
    applicable if training ended within its warm-up.
    """
    highest = max(epoch.learning_rate for epoch in epochs)
    if highest == 0 and ended_warming_up(params, recorded):
        return not_applicable("training ended within its warm-up, whose first step has a rate of 0")
    last = max((number for number, epoch in enumerate(epochs, start=1) if epoch.learning_rate > 0), default=0)
    if 0 < last < len(epochs) - 1:
        return failed(
            f"at the end of epoch {last + 1}, and of every epoch after it, the learning rate was 0",
            "let the schedule end with the last step, and train again",
            figure=0.0,
            threshold="above 0",
            fault=f"The learning rate was 0 after {last} of {len(epochs)} epochs",
        )
    if highest > 0:
        return passed("the learning rate was above 0", figure=highest, threshold="above 0")
    return failed(
        "the learning rate was 0 in every epoch: the weights are still the initial ones",
        "set train.learning_rate: 0.002 for a model from nothing, about 0.00005 for a checkpoint",
        figure=highest,
        threshold="above 0",
    )


@check(Kind.COUNT, "Training ended within its warm-up")
def warmup(run: Evidence, params: Params, recorded: Recorded, epochs: Sequence[Epoch]) -> Finding:
    """Compares the number of training steps with `train.warmup_steps`.

    Failure if less than half of the warm-up was trained. Warning if training was no longer than the warm-up. The
    learning rate then never reached `train.learning_rate`. After s of w warm-up steps, the sum of all rates is s / w of
    the sum of a schedule that decays from the peak in as many steps.
    """
    steps, peak, warmup = recorded.train.get("steps"), params.train.learning_rate, params.train.warmup_steps
    if steps is None:
        return not_applicable("metrics/train.json does not say how many steps were trained")
    if not peak:
        return not_applicable("the learning rate was 0")
    threshold = f"above {warmup} steps"
    if not ended_warming_up(params, recorded):
        return passed(f"{steps} steps were trained, {warmup} of them to warm up", figure=steps, threshold=threshold)
    rate = max(epoch.learning_rate for epoch in epochs)
    return (failed if steps < 0.5 * warmup else warned)(
        f"training ended after {steps} of {warmup} warm-up steps, at a rate of {rate:.2g} instead of {peak:.2g}",
        f"set train.warmup_steps: {steps // 10}, a tenth of the steps; or train longer (train.num_train_epochs)",
        figure=steps,
        threshold=threshold,
        weight=0.7,
    )


@check(Kind.COUNT, "The training loss exploded")
def exploding_loss(run: Evidence, epochs: Sequence[Epoch], splits: Splits, codec: TextCodec) -> Finding:
    """Compares the losses with the loss of guessing evenly, which is log(vocabulary) nats a token.

    Failure if a loss is not a finite number. Failure if a loss is above 1.5 times that of guessing evenly, and the
    model did not end a tenth below the loss of word frequencies. Failure if the training loss ends above its lowest
    value by more than a tenth of what it had gained. For comparison: random weights have a loss at most a tenth above
    that of guessing evenly.
    """
    curves = read_loss_curves(run, epochs, splits, codec)
    unexploded = f"at most {1.5 * curves.even:.2f} nats"
    advice = f"set train.learning_rate: {curves.rate / 10:.2g}, a tenth, and more train.warmup_steps"
    if not math.isfinite(curves.highest):
        return failed(f"the loss became {curves.highest}", advice, threshold=unexploded)
    if curves.exploded:
        meaning = f"the highest loss was {curves.highest:.2f} nats a token; guessing evenly costs {curves.even:.2f}"
        return failed(meaning, advice, figure=curves.highest, threshold=unexploded)
    if curves.rose_again:
        lowest = min(curves.training)
        meaning = f"the training loss rose again, from {lowest:.2f} to {curves.training[-1]:.2f} nats a token"
        bound = f"at most {curves.highest_end:.2f} nats in training"
        return failed(meaning, advice, figure=curves.training[-1], threshold=bound)
    meaning = f"the highest loss was {curves.highest:.2f} nats a token"
    return passed(meaning, figure=curves.highest, threshold=f"{unexploded}, or a model that recovered")


@check(Kind.AUDIT, "The learning rate is far too high or far too low")
def standing_loss(run: Evidence, epochs: Sequence[Epoch], splits: Splits, codec: TextCodec) -> Finding:
    """Looks for a loss that did not move.

    Failure if, after two epochs or more, the loss is not below that of word frequencies, and was not on its way there.
    It was on its way if it fell by 10 % over the whole training, or by 1 % and was still falling at the end. The last
    epoch alone tells little, because its learning rate has decayed. The curves can't tell whether the rate is too low
    or too high.
    """
    curves = read_loss_curves(run, epochs, splits, codec)
    if not curves.rate or curves.exploded:
        return not_applicable("the learning rate was 0, or the loss exploded")
    figure, threshold = curves.validation[-1], f"below {curves.frequency:.2f} nats, or still falling"
    meaning = f"the loss is {figure:.2f} nats a token; word frequencies cost {curves.frequency:.2f}"
    if not curves.stands_still:
        return passed(meaning, figure=figure, threshold=threshold)
    advice = f"try train.learning_rate: {curves.rate / 10:.2g} and {10 * curves.rate:.2g}; keep the one that learns"
    return failed(meaning, advice, figure=figure, threshold=threshold, weight=0.6)


@check(Kind.AUDIT, "Training was too short")
def training_length(
    run: Evidence,
    epochs: Sequence[Epoch],
    splits: Splits,
    codec: TextCodec,
    params: Params | None = None,
    recorded: Recorded | None = None,
) -> Finding:
    """Looks whether the validation loss was still falling when training ended.

    Warning if the last epoch lowered it by 5 % (2 % if the model is not a tenth below the loss of word frequencies) and
    by 0.01 nats. Warning if the last epoch brought a tenth of the whole fall. After a single epoch: warning if the
    training loss is not below the validation loss. The learning rate is almost 0 at the end, so more epochs would lower
    the loss further.
    """
    curves = read_loss_curves(run, epochs, splits, codec)
    if not curves.rate or curves.exploded:
        return not_applicable("the learning rate was 0, or the loss exploded: more epochs would not help")
    if curves.last_fall is None:
        below = "not " * curves.still_falls + "below"
        meaning = f"after one epoch the training loss is {below} the validation loss, {curves.validation[-1]:.2f}"
        threshold = "a training loss below the validation loss"
    else:
        meaning = f"the validation loss fell by {curves.last_fall:.1%} in the last of {len(epochs)} epochs"
        threshold = f"below {curves.least_fall:.2g}"
    if not curves.still_falls:
        if ended_warming_up(params, recorded):
            return not_applicable("training ended within its warm-up, so its epochs tell nothing yet")
        return passed(meaning, figure=curves.last_fall, threshold=threshold)
    advice = f"set train.num_train_epochs: {3 * len(epochs)} instead of {len(epochs)}"
    return warned(meaning, advice, figure=curves.last_fall, threshold=threshold, weight=0.6)


@check(Kind.AUDIT, "The model memorized the training dialogues")
def overfitting(run: Evidence, epochs: Sequence[Epoch]) -> Finding:
    """Looks whether the validation loss rose again while the training loss kept falling.

    Warning if the validation loss ends more than 5 % and at least 0.01 nats above its lowest value, and the training
    loss ends below its value in that epoch. It costs little here, because evaluation chooses among the checkpoints with
    the lowest loss.
    """
    losses = [epoch.validation_loss for epoch in epochs]
    rise, best = losses[-1] / min(losses) - 1, epochs[int(np.argmin(losses))]
    meaning = (
        f"the validation loss ends {rise:.1%} above its lowest ({best.validation_loss:.2f} after epoch {best.epoch}),"
        f" and the training loss ends at {epochs[-1].training_loss:.2f}"
    )
    if not math.isfinite(rise):
        return not_applicable("the validation loss was not always a number above 0")
    threshold = "at most 0.05 or 0.01 nats, or the training loss rose, too"
    is_something = rise > 0.05 and losses[-1] - best.validation_loss >= NOTHING
    if not is_something or epochs[-1].training_loss >= best.training_loss:
        return passed(meaning, figure=rise, threshold=threshold)
    advice = "train on more dialogues, or raise model.scratch.dropout; fewer train.num_train_epochs only save time"
    return warned(meaning, advice, figure=rise, threshold=threshold, weight=0.4)


def ended_warming_up(params: Params | None, recorded: Recorded | None) -> bool:
    """Return whether training ended before its learning rate reached the peak; False if that isn't known."""
    if params is None or recorded is None:
        return False
    train = params.train
    return train.learning_rate > 0 and recorded.train.get("steps", math.inf) <= train.warmup_steps
