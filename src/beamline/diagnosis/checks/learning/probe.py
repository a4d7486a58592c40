"""What a few more steps of training bring: at the same learning rate, at 3 times and at 10 times of it."""

import copy
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path

import torch
from transformers import PreTrainedModel

from beamline.core.params import Padding, Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.checks.data.differences import swapped_columns
from beamline.diagnosis.checks.data.texts import mismatched_pairs
from beamline.diagnosis.checks.learning.curves import training_length
from beamline.diagnosis.checks.learning.reading import training_size
from beamline.diagnosis.evidence import DECODINGS, Evidence
from beamline.diagnosis.measures.gain import gain
from beamline.diagnosis.measures.loss_curves import read_loss_curves
from beamline.diagnosis.measures.stopwatch import Stopwatch
from beamline.diagnosis.measures.usual_ranges import FAR, find_outside, training_ranges
from beamline.diagnosis.parts import Splits
from beamline.diagnosis.recorded import Epoch
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import Example, first_references
from beamline.models.families import find_family
from beamline.models.padding import IGNORED_LABEL
from beamline.training.batching import Collator, LengthBucketedBatches
from beamline.training.loss import measure_loss, training_loss

FACTORS = (1, 3, 10)  # of the learning rate
STEPS = 32
# By the step, the share of its time that a later one surely takes. The first is slower, but of a large model it tells.
_TELLING = {0: 0.1, 1: 1.0}
_BETTER = 0.01  # share of the loss that more training has to bring
_TOO_SHORT = "Training was too short"
_THRESHOLD = "a gain below 1 point, or not surely above 0"


@check(Kind.INTERVENTION, "Training ended too early", follows=[swapped_columns, mismatched_pairs])
def more_training(
    run: Evidence, splits: Splits, codec: TextCodec, params: Params, epochs: Sequence[Epoch], checkpoint: Path
) -> Finding:
    """Trains copies of the checkpoint for 32 steps, at 1, 3 and 10 times the learning rate, and measures the gain.

    It runs if the loss was still falling, if the model is not a tenth below the loss of word frequencies, if it hardly
    reads after few dialogues, or if the learning rate is unusual. The copy with the lowest validation loss decodes the
    sample of validation. Failure if that gains at least one point, and the interval of the gain is above 0; warning if,
    in addition, another setting of training is far outside its usual range, and may be the reason. If the same rate
    brings less than half of what a higher one does, the rate was too low; else training was too short. It is left out
    if the time of `diagnose.seconds` ran out, and for adapters.
    """
    if params.train.lora.rank:
        return not_applicable("adapters were trained, and this would train the merged weights")
    curves = read_loss_curves(run, epochs, splits, codec)
    rate = params.train.learning_rate
    unusual = find_outside(training_ranges(params, None))
    odd_rate = any(setting.key == "train.learning_rate" for setting in unusual)
    suspicious = training_length(run).is_found or not curves.is_learned or training_size(run).is_found or odd_rate
    if not curves.rate or not suspicious:
        return passed("nothing suggests that more training would help", threshold=_THRESHOLD)
    run.afford(4 / DECODINGS)
    training = run.training_examples(params)
    validation = first_references(run.sample("validation"))
    models, losses = {}, {}
    for factor in FACTORS:
        model = train_on(run, codec, params, training, factor * rate)
        models[factor], losses[factor] = model, _loss(run, codec, params, model, validation)
    before = _loss(run, codec, params, run.model, validation)
    best = min(losses, key=lambda factor: losses[factor])
    tried = ", ".join(f"{losses[factor]:.3f} at {factor * rate:.2g}" for factor in FACTORS)
    meaning = f"{STEPS} more steps bring the loss on validation from {before:.3f} to {tried}"
    if losses[best] >= before * (1 - _BETTER):
        return passed(meaning, figure=before - losses[best], threshold=_THRESHOLD)
    run.afford()
    summaries = run.summarize(models[best], run.model_codec, params.generation, run.sample("validation"))
    brings = gain(run, "validation", summaries, run.decode("validation"))
    meaning += f"; with the lowest loss the score changes by {brings}"
    if not brings.is_cause:
        return passed(meaning, figure=brings.points, threshold=_THRESHOLD)
    far = [setting.key for setting in unusual if setting.distance >= FAR and setting.key != "train.learning_rate"]
    if far:
        advice = f"set {far[0]} to a usual value first"
        return warned(f"{meaning}; {far[0]} is unusual, too", advice, figure=brings.points, threshold=_THRESHOLD)
    fault = name_fault(before, losses)
    longer, faster = f"set train.num_train_epochs: {3 * len(epochs)}", f"set train.learning_rate: {best * rate:.2g}"
    return failed(
        meaning,
        longer if fault == _TOO_SHORT else faster,
        figure=brings.points,
        threshold=_THRESHOLD,
        points=brings.points,
        fault=fault,
    )


def name_fault(before: float, losses: Mapping[int, float]) -> str:
    """Return what was wrong, from the loss before and after more steps, by factor of the learning rate."""
    is_low = before - losses[1] < (before - min(losses.values())) / 2
    return "The learning rate was too low" if is_low else _TOO_SHORT


def train_on(
    run: Evidence, codec: TextCodec, params: Params, training: Sequence[Example], rate: float
) -> PreTrainedModel:
    """Return a copy of the evaluated model after `STEPS` steps of AdamW. The rate rises for 4 steps and then decays.

    Raises `BeamlineError` if a step takes so long that there is no time for all.
    """
    model = copy.deepcopy(run.model).train()
    family, collate = find_family(codec.encoding), Collator(codec.encoding, params.padding)
    batches = LengthBucketedBatches(training, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=params.train.weight_decay)
    with torch.random.fork_rng():
        torch.manual_seed(params.seed)
        for step, batch in enumerate(islice(cycle(list(batches)), STEPS)):
            watch = Stopwatch()
            optimizer.param_groups[0]["lr"] = rate * min((step + 1) / 4, (STEPS - step) / (STEPS - 4))
            inputs = {name: tensor.to(run.device) for name, tensor in collate([training[row] for row in batch]).items()}
            labels = inputs.pop("labels")
            counted = (labels != IGNORED_LABEL).sum()
            smoothing = params.train.label_smoothing_factor
            loss = training_loss(
                family.predict(model, inputs), labels, counted, label_smoothing=smoothing, chunked=None
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), params.train.max_grad_norm)
            optimizer.step()
            if step in _TELLING:
                run.afford(_TELLING[step] * len(FACTORS) * STEPS * watch.seconds / run.seconds)
    return model.eval()


def _loss(run: Evidence, codec: TextCodec, params: Params, model: PreTrainedModel, rows: Sequence[Example]) -> float:
    collate = Collator(codec.encoding, Padding(mode="longest", labels="masked"))
    groups = LengthBucketedBatches(rows, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    return measure_loss(model, [collate([rows[row] for row in group]) for group in groups], run.device).loss
