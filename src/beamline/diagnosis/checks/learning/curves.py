"""What the curves of the training say: its learning rate, and its losses from epoch to epoch."""

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
    """Reads the learning rate of each epoch's last step: 0 in all of them means that nothing was learned.

    It decays to 0 after the last step and not at it, so 0 throughout comes from no schedule except that of one step.
    """
    highest = max(each.learning_rate for each in epochs)
    if highest == 0 and ended_warming_up(params, recorded):
        return not_applicable("training ended within its warm-up, whose first step has a rate of 0")
    if highest > 0:
        return passed("the learning rate was above 0", figure=highest, threshold="above 0")
    return failed(
        "the learning rate was 0 in every epoch: the weights are still those it began with",
        "set train.learning_rate: 0.002 from nothing, about 0.00005 for a checkpoint",
        figure=highest,
        threshold="above 0",
    )


@check(Kind.COUNT, "Training ended within its warm-up")
def warmup(run: Evidence, params: Params, recorded: Recorded, epochs: Sequence[Epoch]) -> Finding:
    """Counts the steps: a training of no more than `train.warmup_steps` never got to the rate that was asked for.

    After s steps of a warm-up of w, all rates together are s / w of those that decay from the peak in as many steps.
    Below a half is a failure, from there on a warning.
    """
    steps, peak, warmup = recorded.train.get("steps"), params.train.learning_rate, params.train.warmup_steps
    if steps is None:
        return not_applicable("metrics/train.json does not say how many steps were trained")
    if not peak:
        return not_applicable("the learning rate was 0")
    threshold = f"above {warmup} steps"
    if not ended_warming_up(params, recorded):
        return passed(f"{steps} steps were trained, {warmup} of them to warm up", figure=steps, threshold=threshold)
    rate = max(each.learning_rate for each in epochs)
    return (failed if steps < 0.5 * warmup else warned)(
        f"after {steps} of {warmup} steps the rate got to {rate:.2g} and never to its peak, {peak:.2g}",
        f"train.warmup_steps: {steps // 10}, a tenth of the steps; or train longer, with more train.num_train_epochs",
        figure=steps,
        threshold=threshold,
        weight=0.7,
    )


@check(Kind.COUNT, "The training loss exploded")
def exploding_loss(run: Evidence, epochs: Sequence[Epoch], splits: Splits, codec: TextCodec) -> Finding:
    """Compares the losses with guessing evenly, which costs log(vocabulary) nats a token.

    Exploded is a loss half as high again, of a model that ended no better than word frequencies, or a training loss
    that ends above its lowest by a tenth of all that it had gained. Random weights cost at most a tenth more.
    """
    curves = read_loss_curves(run, epochs, splits, codec)
    unexploded = f"at most {1.5 * curves.even:.2f} nats"
    advice = f"train.learning_rate: {curves.rate / 10:.2g}, a tenth, and more train.warmup_steps"
    if not math.isfinite(curves.highest):
        return failed(f"the loss became {curves.highest}", advice, threshold=unexploded)
    if curves.exploded:
        meaning = f"it was {curves.highest:.2f} nats a token; guessing evenly costs {curves.even:.2f}"
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
    """Looks for a loss that never moved: after several epochs it is above word frequencies and was not on its way down.

    A last epoch whose rate has decayed brings little in any training, so the fall of the whole training counts. The
    curves don't tell a rate that is too low from one that is too high.
    """
    curves = read_loss_curves(run, epochs, splits, codec)
    if not curves.rate or curves.exploded:
        return not_applicable("the learning rate was 0, or the loss exploded")
    figure, threshold = curves.validation[-1], f"below {curves.frequency:.2f} nats, or still falling"
    meaning = f"the loss is {figure:.2f} nats a token; word frequencies cost {curves.frequency:.2f}"
    if not curves.stands_still:
        return passed(meaning, figure=figure, threshold=threshold)
    advice = f"train.learning_rate: {curves.rate / 10:.2g} and {10 * curves.rate:.2g}; the loss that falls tells"
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

    It was if the last epoch took off 5 % and 0.01 nats (2 % while it is not a tenth below word frequencies), or a tenth
    of all that training had taken off; after one epoch alone, if the training loss is not below the validation loss.
    The learning rate has decayed to almost 0 by then, so more epochs would bring more than that.
    """
    curves = read_loss_curves(run, epochs, splits, codec)
    if not curves.rate or curves.exploded:
        return not_applicable("the learning rate was wrong: more epochs would change nothing")
    if curves.last_fall is None:
        below = "not " * curves.still_falls + "below"
        meaning = f"after one epoch the training loss is {below} the validation loss, {curves.validation[-1]:.2f}"
        threshold = "a training loss below the validation loss"
    else:
        meaning = f"the validation loss fell by {curves.last_fall:.1%} in the last of {len(epochs)} epochs"
        threshold = f"below {curves.least_fall:.2g}"
    if not curves.still_falls:
        if ended_warming_up(params, recorded):
            return not_applicable("training ended within its warm-up: what its epochs bring says nothing yet")
        return passed(meaning, figure=curves.last_fall, threshold=threshold)
    advice = f"train.num_train_epochs: {3 * len(epochs)} instead of {len(epochs)}"
    return warned(meaning, advice, figure=curves.last_fall, threshold=threshold, weight=0.6)


@check(Kind.AUDIT, "The model memorized the training dialogues")
def overfitting(run: Evidence, epochs: Sequence[Epoch]) -> Finding:
    """Looks whether the validation loss rose again while the training loss fell on.

    That is a rise of 5 % above its lowest, and of 0.01 nats.

    It costs little here, because evaluation chooses among the checkpoints with the lowest loss.
    """
    losses = [each.validation_loss for each in epochs]
    rise, best = losses[-1] / min(losses) - 1, epochs[int(np.argmin(losses))]
    meaning = (
        f"the validation loss ends {rise:.1%} above its lowest, {best.validation_loss:.2f} after epoch {best.epoch},"
        f" and the training loss at {epochs[-1].training_loss:.2f}"
    )
    if not math.isfinite(rise):
        return not_applicable("the validation loss was not always a number above 0")
    threshold = "at most 0.05, or 0.01 nats, or with a training loss that rose too"
    is_something = rise > 0.05 and losses[-1] - best.validation_loss >= NOTHING
    if not is_something or epochs[-1].training_loss >= best.training_loss:
        return passed(meaning, figure=rise, threshold=threshold)
    advice = "more dialogues, or more model.scratch.dropout; fewer train.num_train_epochs only save time"
    return warned(meaning, advice, figure=rise, threshold=threshold, weight=0.4)


def ended_warming_up(params: Params | None, recorded: Recorded | None) -> bool:
    """Return whether no step had the learning rate that was asked for; False if that isn't known."""
    if params is None or recorded is None:
        return False
    train = params.train
    return train.learning_rate > 0 and recorded.train.get("steps", math.inf) <= train.warmup_steps
