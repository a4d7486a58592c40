"""Learning: what training did to the model, and whether what was evaluated is what was learnt."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from beamline.bootstrap import FloatArray
from beamline.checks.check import Explanation, Finding, check, failed, not_applicable, passed, warned
from beamline.checks.symptom import seen
from beamline.diagnosis.curves import NOTHING, Curves
from beamline.diagnosis.evidence import SAMPLE, Evidence, first_references
from beamline.diagnosis.likeness import are_alike, plain, share_equal
from beamline.diagnosis.probes import Forced
from beamline.prepared import EncodedDialogue
from beamline.significance import difference_intervals, holm, randomization_p_values

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
    steps, curves = run.recorded.train.get("steps"), _curves(run)
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
    curves = _curves(run)
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
    if _interval(gain, run)[0] > 0:
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
    if _interval(gain, run)[0] > 0:
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
    if _interval(cost, run)[1] >= 0:
        return passed(meaning, figure=figure, threshold="interval not below 0 nats")
    if _interval(masked.loss - 0.9 * expected, run)[1] >= 0:
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
    curves = _curves(run)
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


@check("params", "splits", "checkpoint", "kept")
def best_checkpoint_is_evaluated(run: Evidence) -> Finding:
    """Another kept checkpoint that is better than the evaluated one, under the decoding that is reported.

    Both write summaries of the same validation dialogues; the differences of their scores are tested by randomization,
    corrected for how many others there are (Holm), so that checkpoints that are equally good raise no alarm. points is
    the difference on test.
    """
    assert run.kept is not None
    others = [each for each in run.kept if each != run.checkpoint]
    if not others:
        return passed("one checkpoint was kept, and it is the evaluated one")
    evaluated = run.sample_scores("validation", run.decode("validation"))
    scores = [run.sample_scores("validation", run.decode("validation", checkpoint=each)) for each in others]
    gains = np.stack(scores, axis=1) - evaluated[:, None]
    best = int(gains.mean(axis=0).argmax())
    gain, p_values = 100 * float(gains[:, best].mean()), holm(randomization_p_values(gains, seed=run.seed))
    meaning = f"on validation {others[best].name} has {gain:+.1f} ROUGE points against the evaluated checkpoint"
    threshold = "no other significantly better"
    if gain <= 0 or p_values[best] > 0.05:
        return passed(meaning, figure=gain, threshold=threshold)
    better = run.sample_scores("test", run.decode("test", checkpoint=others[best]))
    points = 100 * float((better - run.sample_scores("test", run.rewritten)).mean())
    advice = f"evaluate {others[best].name}: dvc repro --force --single-item evaluate"
    return failed(meaning, advice, figure=gain, threshold=threshold, points=points)


@check("params", "splits", "codec", "checkpoint", "kept", "predictions")
def dropout_is_off(run: Evidence) -> Finding:
    """Summaries that were written with dropout on: two evaluations give two results.

    The test sample is decoded again. Where a tenth of the summaries differ (rounding in other batches changes far
    fewer), they are compared with summaries that are written with dropout on: if they are as near to those decoded
    again, as long and as likely to the model, at the 1 % level of a randomization test, dropout made them. Summaries of
    another checkpoint, of other settings or in another order fail one of these, and other checks name those.
    """
    assert run.params and run.splits and run.kept is not None
    if run.params.generation.do_sample and len(run.splits["test"]) > SAMPLE:
        return not_applicable("sampling draws other summaries for a sample than for all dialogues")
    written, again, threshold = run.written, run.rewritten, "at least 0.9, or not as dropout would"
    same = share_equal(written, again)
    if same >= 0.9:
        return passed(f"{same:.0%} of the summaries are the same when decoded again", figure=same, threshold=threshold)
    differ = f"{1 - same:.0%} of the summaries differ when decoded again"
    sample = run.sample("test")
    drawn = run.summarize(run.model, run.model_codec, run.params.generation, sample, dropout=True)
    if _is_explained(run, written) or not are_alike(run, written, drawn):
        return passed(f"{differ}, but not as dropout would make them", figure=same, threshold=threshold)
    gains = run.sample_scores("test", again) - run.sample_scores("test", written)
    return failed(
        f"{differ}, as they would with dropout on",
        "call model.eval() before decoding, and evaluate again: dvc repro --force --single-item evaluate",
        figure=same,
        threshold=threshold,
        points=100 * float(gains.mean()),
    )


@check("splits")
def validation_is_not_test(run: Evidence) -> Finding:
    """Test dialogues that stand in validation: the checkpoint was chosen by what it is then judged by.

    Compared without regard to white space, as `prepare` does. A few blur the choice a little (DialogSum has 6 of 500);
    from a half on the choice is made by test dialogues.
    """
    assert run.splits
    validation = {_dialogue(each) for each in run.splits["validation"]}
    share = float(np.mean([_dialogue(each) in validation for each in run.splits["test"]]))
    meaning = f"{share:.1%} of the test dialogues also stand in validation"
    if share == 0:
        return passed(meaning, figure=share, threshold="0")
    finding = failed if share >= 0.5 else warned
    return finding(meaning, "remove them from validation in data.path", figure=share, threshold="0")


def _curves(run: Evidence) -> Curves:
    assert run.epochs is not None and run.splits and run.codec
    labels = [row for each in run.splits["validation"] for row in each.labels]
    frequency = float(run.frequency_losses[np.concatenate(labels)].mean())
    return Curves(run.epochs, math.log(len(run.codec.tokenizer)), frequency)


def _ended_warming_up(run: Evidence) -> bool:
    """Whether no step had the learning rate that was asked for; False where that isn't known."""
    if run.params is None or run.recorded is None:
        return False
    train = run.params.train
    return train.learning_rate > 0 and run.recorded.train.get("steps", math.inf) <= train.warmup_steps


def _swap(run: Evidence, dialogues: Sequence[EncodedDialogue], right: Forced) -> tuple[float, float, bool]:
    """Loss of a token, loss with each dialogue in the next one's place, and whether that costs anything for sure."""
    examples = first_references(dialogues)
    moved = [*examples[1:], *examples[:1]]
    swapped = run.force([replace(a, labels=b.labels) for a, b in zip(moved, examples, strict=True)])
    reads = _interval(swapped.loss - right.loss, run)[0] > 0
    return float(right.loss.mean()), float(swapped.loss.mean()), reads


def _interval(differences: FloatArray, run: Evidence) -> tuple[float, float]:
    interval = difference_intervals(differences[:, None], seed=run.seed)[0]
    return interval.low, interval.high


def _is_explained(run: Evidence, written: Sequence[str]) -> bool:
    """Whether summaries differ for another reason than dropout: moved rows, letter case and tags, a kept checkpoint."""
    assert run.kept is not None
    again = run.rewritten
    moved = sum(a != b and a in again for a, b in zip(written, again, strict=True))
    others = [run.decode("test", checkpoint=each) for each in run.kept if each != run.checkpoint]
    return (
        moved > share_equal(written, again) * len(again)
        or share_equal([*map(plain, written)], [*map(plain, again)]) >= 0.9
        or any(share_equal(written, each) >= 0.9 for each in others)
    )


def _dialogue(encoded: EncodedDialogue) -> str:
    return " ".join(encoded.record.dialogue.split())
