"""What the curves of the training say: its learning rate, and its losses from epoch to epoch."""

import math

import numpy as np

from beamline.diagnosis.checks.check import Finding, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.loss_curves import NOTHING, read_loss_curves


@check("epochs")
def learning_rate_is_above_zero(run: Evidence) -> Finding:
    """A learning rate of 0 in every epoch: nothing was learnt.

    The rate is that of an epoch's last step. It decays to 0 behind the last step and not at it, so that 0 throughout
    comes from no schedule but that of a single step.
    """
    assert run.epochs is not None
    highest = max(each.learning_rate for each in run.epochs)
    if highest == 0 and _ended_warming_up(run):
        return not_applicable("training ended within its warm-up, whose first step has a rate of 0")
    if highest > 0:
        return passed("the learning rate was above 0", figure=highest, threshold="above 0")
    return failed(
        "the learning rate was 0 in every epoch: the weights are still those it began with",
        "set train.learning_rate: 0.002 from nothing, about 0.00005 for a checkpoint",
        figure=highest,
        threshold="above 0",
    )


@check("params", "recorded", "epochs", "splits", "codec")
def learning_rate_reaches_its_peak(run: Evidence) -> Finding:
    """A training that ended within its warm-up: it never got to the learning rate that was asked for.

    The rate rises from 0 in equal steps, and the first step behind the warm-up is the first at the peak. After s steps
    of a warm-up of w, all rates together come to s / w of those that decay from the peak in as many steps. Below a half
    more of the training is missing than was done, a failure; from there on a warning. Where the loss exploded, a higher
    rate is no cure.
    """
    assert run.params and run.recorded
    warmup, peak = run.params.train.warmup_steps, run.params.train.learning_rate
    steps, curves = run.recorded.train.get("steps"), read_loss_curves(run)
    if steps is None:
        return not_applicable("metrics/train.json does not say how many steps were trained")
    if not peak or curves.exploded:
        return not_applicable("the learning rate itself was wrong")
    threshold = f"above {warmup} steps"
    if not _ended_warming_up(run):
        return passed(f"{steps} steps were trained, {warmup} of them to warm up", figure=steps, threshold=threshold)
    return (failed if steps < 0.5 * warmup else warned)(
        f"training ended within its warm-up, after {steps} of {warmup} steps: the rate got to {curves.rate:.2g} and"
        f" never to its peak, {peak:.2g}",
        f"train.warmup_steps: {steps // 10}, a tenth of the steps; or train longer, with more train.num_train_epochs",
        figure=steps,
        threshold=threshold,
    )


@check("epochs", "splits", "codec")
def loss_falls(run: Evidence) -> Finding:
    """A loss that exploded, or never moved: the learning rate is far too high or far too low.

    Guessing evenly costs log(vocabulary) nats a token and guessing by word frequency their entropy, which any training
    that works leaves behind at once: the default run ends at a tenth of it. Exploded is a loss half as high again as
    guessing evenly (random weights cost at most a tenth more), or one that ends above its lowest by a tenth of all that
    it had gained. It stands still where it is not a tenth below word frequency and the last epoch brought neither a
    tenth of the whole fall nor 2 % of the loss: small runs at a good rate took 1.9 to 4 % there, at rates 3 to 30 times
    too high 0.1 to 2.1 %. The curves don't tell a rate that is too low from one that is too high, or from too few
    epochs; the advice says what does. One epoch alone can only have exploded.
    """
    curves = read_loss_curves(run)
    if not curves.rate:
        return not_applicable("the learning rate was 0, so that no loss could fall")
    figure, threshold = (
        curves.validation[-1],
        f"below {0.9 * curves.frequency:.2f} nats on either set, or still falling",
    )
    unexploded = f"at most {1.5 * curves.even:.2f} nats"
    advice = f"try a tenth of train.learning_rate, which was {curves.rate:.2g} at an epoch's end, and more warmup_steps"
    if not math.isfinite(curves.highest):
        meaning, figure, threshold = f"the loss became {curves.highest}", curves.highest, unexploded
    elif curves.exploded:
        figure, threshold = curves.highest, unexploded
        meaning = (
            f"the loss exploded: it was {curves.highest:.2f} nats a token; guessing evenly costs {curves.even:.2f}"
        )
    elif curves.rose_again:
        figure, threshold = curves.training[-1], f"at most {curves.highest_end:.2f} nats in training"
        meaning = (
            f"the training loss rose again, from {min(curves.training):.2f} to {curves.training[-1]:.2f} nats a token"
        )
    elif curves.stands_still:
        meaning = (
            f"the loss hardly falls at {figure:.2f} nats a token, {curves.last_fall:.1%} in the last epoch; word"
            f" frequencies cost {curves.frequency:.2f}"
        )
        advice = (
            f"try a tenth and ten times of train.learning_rate, which was {curves.rate:.2g} at an epoch's end, and"
            " three times the epochs: the loss that falls tells which of them was wrong"
        )
    elif curves.last_fall is None:
        meaning = f"after its one epoch the validation loss is {figure:.2f} nats a token: it did not explode"
        return passed(meaning, figure=figure, threshold=unexploded)
    else:
        return passed(f"the validation loss fell to {figure:.2f} nats a token", figure=figure, threshold=threshold)
    return failed(meaning, advice, figure=figure, threshold=threshold)


@check("epochs")
def training_does_not_overfit(run: Evidence) -> Finding:
    """Validation loss that rose again: the later epochs learnt the training dialogues by heart.

    5 % above its lowest, and 0.01 nats, below which nothing moves. It costs little here, where evaluation chooses among
    the checkpoints with the lowest loss.
    """
    assert run.epochs is not None
    losses = [each.validation_loss for each in run.epochs]
    rise, best = losses[-1] / min(losses) - 1, run.epochs[int(np.argmin(losses))]
    meaning = (
        f"the validation loss ends {rise:.1%} above its lowest, {best.validation_loss:.2f} after epoch {best.epoch},"
        f" and the training loss at {run.epochs[-1].training_loss:.2f}"
    )
    if not math.isfinite(rise):
        return not_applicable("the validation loss was not always a number above 0")
    threshold = "at most 0.05, or 0.01 nats, or with a training loss that rose too"
    is_something = rise > 0.05 and losses[-1] - best.validation_loss >= NOTHING
    if not is_something or run.epochs[-1].training_loss >= best.training_loss:
        return passed(meaning, figure=rise, threshold=threshold)
    advice = f"train.num_train_epochs: {best.epoch}, more dropout, or more dialogues"
    return warned(meaning, advice, figure=rise, threshold=threshold)


@check("epochs", "splits", "codec")
def training_is_long_enough(run: Evidence) -> Finding:
    """Undertrained: the loss was still falling when training ended.

    The validation loss lost 5 % and 0.01 nats in the last epoch (2 % while it is not a tenth below word frequencies),
    or a tenth of all that it had lost since the beginning; after one epoch alone, the training loss, the mean over
    that epoch, has not gone below it. The learning rate has decayed to almost 0 by then, so that what the last epoch
    still brings is the least that more of them would.
    Where the default run lost 5 % (epochs 8 to 10), it gained a point of ROUGE, as much as 100 dialogues can tell; its
    last epoch lost 1.3 %, after two epochs it would have been 50 %.
    """
    curves = read_loss_curves(run)
    if not curves.rate or curves.exploded:
        return not_applicable("the learning rate was wrong: more epochs would change nothing")
    if curves.last_fall is None:
        below = "not " * curves.still_falls + "below"
        meaning = f"after one epoch the training loss is {below} the validation loss, {curves.validation[-1]:.2f}"
        threshold = "a training loss below the validation loss"
    else:
        meaning = f"the validation loss fell by {curves.last_fall:.1%} in the last of {len(curves.epochs)} epochs"
        threshold = f"below {curves.least_fall:.2g}"
    if not curves.still_falls:
        if _ended_warming_up(run):
            return not_applicable("training ended within its warm-up: what its epochs bring says nothing yet")
        return passed(meaning, figure=curves.last_fall, threshold=threshold)
    advice = f"train.num_train_epochs: {3 * len(curves.epochs)} instead of {len(curves.epochs)}"
    return warned(f"undertrained: {meaning}", advice, figure=curves.last_fall, threshold=threshold)


def _ended_warming_up(run: Evidence) -> bool:
    """Whether no step had the learning rate that was asked for; False where that isn't known."""
    if run.params is None or run.recorded is None:
        return False
    train = run.params.train
    return train.learning_rate > 0 and run.recorded.train.get("steps", math.inf) <= train.warmup_steps
