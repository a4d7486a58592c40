"""What a few more steps of training bring, at the same rate, at three times and at ten times of it."""

import copy
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import torch
from transformers import PreTrainedModel

from beamline.core.params import Padding, Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed
from beamline.diagnosis.checks.learning.curves import training_length
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.gain import gain
from beamline.diagnosis.measures.loss_curves import read_loss_curves
from beamline.diagnosis.measures.usual_ranges import find_outside, training_ranges
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
_BETTER = 0.01  # share of the loss that tells one rate from another


@check(Kind.INTERVENTION, "Training ended too early")
def more_training(
    run: Evidence, splits: Splits, codec: TextCodec, params: Params, epochs: Sequence[Epoch], checkpoint: Path
) -> Finding:
    """Trains a copy of the checkpoint for 32 steps at 1, 3 and 10 times the rate, if something asks for it.

    That is if the loss was still falling or is near word frequencies, or the rate is outside its usual range. The copy
    with the lowest loss on validation's sample decodes it; a point more, surely, is a failure. If a higher rate brings
    a loss that is 1 % lower than the same rate, the rate was too low. It is left out if `diagnose.seconds` are over.
    """
    if params.train.lora.rank:
        return not_applicable("adapters were trained, and a copy of the merged weights would be trained whole")
    curves = read_loss_curves(run, epochs, splits, codec)
    rate = params.train.learning_rate
    unusual = [each.key for each in find_outside(training_ranges(params, None)) if "learning_rate" in each.key]
    if not curves.rate or not (training_length(run).is_found or not curves.is_learned or unusual):
        return passed("nothing asks for more training", threshold="below 1 point, or not sure")
    run.afford(4 / 12)
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
        return passed(meaning, figure=before - losses[best], threshold="below 1 point, or not sure")
    run.afford()
    summaries = run.summarize(models[best], run.model_codec, params.generation, run.sample("validation"))
    brings = gain(run, "validation", summaries, run.decode("validation"))
    meaning += f"; the best of them scores {brings} more"
    if not brings.is_cause:
        return passed(meaning, figure=brings.points, threshold="below 1 point, or not sure")
    low = losses[best] < losses[1] * (1 - _BETTER)
    return failed(
        meaning,
        f"train.learning_rate: {best * rate:.2g}" if low else f"train.num_train_epochs: {3 * len(epochs)}",
        figure=brings.points,
        threshold="below 1 point, or not sure",
        points=brings.points,
        fault="The learning rate was too low" if low else "Training was too short",
    )


def train_on(
    run: Evidence, codec: TextCodec, params: Params, training: Sequence[Example], rate: float
) -> PreTrainedModel:
    """Return a copy of the evaluated model after `STEPS` steps of AdamW. The rate rises for 4 steps and then decays."""
    model = copy.deepcopy(run.model).train()
    family, collate = find_family(codec.encoding), Collator(codec.encoding, params.padding)
    batches = LengthBucketedBatches(training, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=params.train.weight_decay)
    with torch.random.fork_rng():
        torch.manual_seed(params.seed)
        for step, batch in enumerate(islice(cycle(list(batches)), STEPS)):
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
    return model.eval()


def _loss(run: Evidence, codec: TextCodec, params: Params, model: PreTrainedModel, rows: Sequence[Example]) -> float:
    collate = Collator(codec.encoding, Padding(mode="longest", labels="masked"))
    groups = LengthBucketedBatches(rows, tokens_per_batch=params.train.tokens_per_batch, seed=params.seed)
    return measure_loss(model, [collate([rows[row] for row in group]) for group in groups], run.device).loss
