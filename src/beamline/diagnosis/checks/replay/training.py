"""Replay of training: whether its batches are those of the collator, and its checkpoint is unchanged."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import count, islice
from pathlib import Path

import torch

from beamline.core.excerpts import shorten
from beamline.core.params import Padding, Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, not_applicable, passed, warned
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.ablation import find_other_tokens
from beamline.diagnosis.measures.stopwatch import Stopwatch
from beamline.diagnosis.parts import Splits
from beamline.diagnosis.recorded import Recorded
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import SAMPLE, Example, draw_rows, examples
from beamline.models.weights import hash_weights
from beamline.training.batching import Collator, LengthBucketedBatches
from beamline.training.loss import measure_loss
from beamline.training.record import BatchRecord, describe_environment

_TRAIN = "dvc repro --force --single-item train"
_ROUNDING = 1e-5  # of a loss, on the same device with the same number of threads
_DEVICES = 0.02  # of a loss, between devices and precisions
_FOR_DECODING = 1 / 3  # share of the time that the loss leaves
_NAMES = {
    "attention_mask": "the attention masks let the model read {found:,} tokens instead of {expected:,}",
    "labels": "the labels add up to {found:,} instead of {expected:,}",
    "decoder_input_ids": "the decoder's inputs add up to {found:,} instead of {expected:,}",
}


@check(Kind.REPLAY, "Training used other batches than the collator makes of data/prepared")
def training_batches(run: Evidence, splits: Splits, codec: TextCodec, params: Params, recorded: Recorded) -> Finding:
    """Makes the first 50 batches of the training again, and compares each tensor with the hash that training recorded.

    Failure if a single value differs. This covers the attention masks, the labels and the decoder's inputs of real
    batches.
    """
    taken = recorded.training.get("batches")
    if not taken:
        return not_applicable("this training recorded no batches")
    training = run.training_examples(params)
    world_size = int(recorded.training.get("processes", 1))
    batches = _batches(training, params.train.tokens_per_batch, params.seed, world_size)
    collate, record = Collator(codec.encoding, params.padding), BatchRecord()
    for batch in islice(_epochs(batches), taken["count"]):
        record.add(collate([training[index] for index in batch]))
    made = record.state()
    differing = [
        name
        for name in sorted({*made["tensors"], *taken["tensors"]})
        if made["tensors"].get(name) != taken["tensors"].get(name)
    ]
    if not differing:
        return passed(
            f"the first {made['count']} batches are what the collator makes",
            figure=0,
            threshold="0",
        )
    # A mask tells most, then labels. Token ids differ whenever the data differ.
    name = min(differing, key=lambda name: (name not in _NAMES, [*_NAMES].index(name) if name in _NAMES else 0))
    found, expected = (side["tensors"].get(name, {}).get("total", 0) for side in (taken, made))
    said = _NAMES.get(name, "{name} add up to {found:,} instead of {expected:,}")
    meaning = said.format(name=name.replace("_", " "), found=found, expected=expected)
    if name == "attention_mask" and found == 0:
        meaning += ": the whole source was masked"
    return failed(f"in the first {taken['count']} batches {meaning}", _TRAIN, figure=len(differing), threshold="0")


@check(Kind.REPLAY, "The tokenizer beside the checkpoint is not the one it was trained with")
def checkpoint_tokenizer(run: Evidence, codec: TextCodec, checkpoint: Path) -> Finding:
    """Compares the tokenizer beside the checkpoint with that of data/prepared.

    Failure if a token has another id, if a field of encoding.json differs, or if the two encode or decode a text of the
    sample differently. `decoder start` compares the decoder's start token, because it names that fault more exactly.
    """
    trained, beside = codec.tokenizer.get_vocab(), run.model_codec.tokenizer.get_vocab()
    moved = sum(beside.get(token) != index for token, index in trained.items()) + len(beside.keys() - trained.keys())
    encodings = [asdict(side.encoding) for side in (codec, run.model_codec)]
    differing = [name for name in encodings[0] if encodings[0][name] != encodings[1][name]]
    differing = [name for name in differing if name != "decoder_start_token_id"]
    threshold, figure = "0, and the same encoding.json and texts", moved
    if moved or differing:
        meaning = f"{moved:,} of {len(trained):,} tokens have another id beside the checkpoint than in data/prepared"
        if differing:
            meaning += f"; in encoding.json these differ: {', '.join(differing)}"
    else:
        sample = [dialogue.record for dialogue in run.text_sample("test")]
        texts = [text for record in sample for text in (record.dialogue, *record.references)]
        recoded = _find_recoded(texts, codec, run.model_codec)
        if not recoded:
            return passed("the checkpoint's tokenizer is the one it was trained with", figure=0.0, threshold=threshold)
        figure = len(recoded)
        meaning = f"{figure} of {len(texts)} texts are encoded or decoded differently, such as {shorten(recoded[0])!r}"
    advice = f"copy data/prepared/tokenizer into {checkpoint}, or run: dvc repro train"
    return failed(meaning, advice, figure=float(figure), threshold=threshold)


@check(Kind.REPLAY, "The weights of a checkpoint were changed after training")
def checkpoint_weights(run: Evidence, kept: Sequence[Path], recorded: Recorded) -> Finding:
    """Compares a hash of every kept checkpoint's weights with the hash that training recorded when it saved them.

    Failure if one of them differs.
    """
    hashes = {str(entry["name"]): str(entry.get("weights", "")) for entry in recorded.checkpoints}
    if not any(hashes.values()):
        return not_applicable("this training recorded no hash of its weights")
    found = {path: hash_weights(path) for path in kept}
    changed = [path for path, value in found.items() if value != hashes.get(path.name)]
    if not changed:
        return passed(f"{len(found)} checkpoints are as training saved them", figure=0, threshold="0")
    first = changed[0]
    meaning = (
        f"changed: {', '.join(path.name for path in changed)}; the weights of {first.name} have the hash"
        f" {found[first][:12]}, and training recorded {hashes.get(first.name, 'none')[:12]}"
    )
    return failed(meaning, f"dvc checkout models, or {_TRAIN}", figure=len(changed), threshold="0")


@check(Kind.REPLAY, "The checkpoint has another loss than training measured")
def checkpoint_loss(
    run: Evidence, splits: Splits, codec: TextCodec, params: Params, checkpoint: Path, recorded: Recorded
) -> Finding:
    """Measures the evaluated checkpoint's loss again, on the sample of validation that training measured.

    Failure if the loss differs by more than 0.001 %, which is rounding. If device, precision, number of threads or
    torch version are not those of the training, the limits are wider: warning above 0.2 %, failure above 2 %.
    """
    listed = {str(entry["name"]): entry for entry in recorded.checkpoints}.get(checkpoint.name, {})
    expected = listed.get("sample_loss")
    if expected is None:
        return not_applicable("this training recorded no loss on a sample")
    run.afford()
    sample = examples(splits["validation"], draw_rows(len(splits["validation"]), SAMPLE, params.seed))
    budget = int(recorded.train.get("tokens_per_batch", params.train.tokens_per_batch))
    collate = Collator(codec.encoding, Padding(mode=params.padding.mode, labels="masked"))
    groups = _batches(sample, budget, params.seed, 1)
    batches = (collate([sample[index] for index in group]) for group in groups)
    measured = measure_loss(run.model, _while_affordable(run, batches, len(groups)), run.device).loss
    gap = abs(measured - expected) / max(abs(expected), 1e-9)
    meaning = f"{measured:.6f} nats a token on a sample of validation; training measured {expected:.6f}"
    here = describe_environment(params.evaluate.threads, "fp32")
    differing = [name for name, value in here.items() if recorded.training.get(name) != value]
    limit = 0.1 * _DEVICES if differing else _ROUNDING
    threshold = f"a difference of at most {limit:g} of it"
    if differing:
        meaning += f" ({', '.join(differing)} differ)"
    if gap <= limit:
        return passed(meaning, figure=measured, threshold=threshold)
    finding = warned if differing and gap <= _DEVICES else failed
    return finding(meaning, f"dvc checkout models, or {_TRAIN}", figure=measured, threshold=threshold)


@check(Kind.REPLAY, "Decoding starts or ends with another token than training")
def decoder_start(run: Evidence, codec: TextCodec, params: Params, checkpoint: Path) -> Finding:
    """Compares the decoder's start token beside the checkpoint with that of data/prepared, which training used.

    Failure if they differ. Warning if only the start or end token in the checkpoint's config.json or
    generation_config.json differs: other programs follow these files.
    """

    def token_of(token: int | None) -> str:
        return "its prompt" if token is None else str(codec.tokenizer.convert_ids_to_tokens(token))

    start, beside = codec.encoding.decoder_start_token_id, run.model_codec.encoding.decoder_start_token_id
    right = f"training started with {token_of(start)} and ended with {token_of(codec.encoding.eos_token_id)}"
    if beside != start:
        meaning = f"decoding starts with {token_of(beside)}; {right}"
        return failed(meaning, f"set decoder_start_token_id to {start} in encoding.json")
    others = find_other_tokens(run)
    if not others:
        return passed(f"{right}, and so does decoding")
    asked = ", ".join(f"{name} {value} ({token_of(value)})" for name, value in others.items())
    end = codec.encoding.eos_token_id
    advice = f"in config.json and generation_config.json, set the start to {start} and the end to {end}"
    return warned(f"the checkpoint's own configuration has {asked}, which other programs follow; {right}", advice)


def _find_recoded(texts: Sequence[str], ours: TextCodec, theirs: TextCodec) -> list[str]:
    """Return the texts that two tokenizers of the same tokens encode or decode differently."""
    own, other = (codec.encode_summaries(texts) for codec in (ours, theirs))
    returned = zip(ours.decode(own), theirs.decode(own), strict=True)
    pairs = zip(texts, own, other, returned, strict=True)
    return [text for text, ids, others, (first, second) in pairs if ids != others or first != second]


def _while_affordable(
    run: Evidence, batches: Iterable[dict[str, torch.Tensor]], number: int
) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the batches. Raises `BeamlineError` after the first if there is no time for all and the decoding later."""
    watch = Stopwatch()
    for done, batch in enumerate(batches):
        if done == 1:
            run.afford((number - 1) * watch.seconds / run.seconds + _FOR_DECODING)
        yield batch


def _epochs(batches: LengthBucketedBatches) -> Iterator[list[int]]:
    """Yield the batches of one epoch after another, without end."""
    for epoch in count():
        batches.set_epoch(epoch)
        yield from batches


def _batches(rows: Sequence[Example], budget: int, seed: int, world_size: int) -> LengthBucketedBatches:
    return LengthBucketedBatches(rows, tokens_per_batch=budget, seed=seed, world_size=world_size)
