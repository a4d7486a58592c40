"""The weights of the evaluated checkpoint: values that training never leaves, and tokens without an embedding."""

from collections import Counter
from pathlib import Path

import torch

from beamline.core.params import Params
from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.speakers import choose_speakers, count_speakers
from beamline.diagnosis.parts import Splits
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import examples
from beamline.models.weights import iterate_weights

_SMALL = 1_000  # weights of a matrix below which it may be anything
_LEVELS = 256  # different values of a matrix: what eight bits can hold
_RESIZE = "resize the model's embeddings to the tokenizer and train it again: dvc repro --force --single-item train"


@check(Kind.COUNT, "Weights are not finite numbers")
def finite_weights(run: Evidence, checkpoint: Path) -> Finding:
    """Counts weights that are NaN or infinite, as a cast to float16 can leave them. Failure if there is any."""
    for name, tensor in iterate_weights(checkpoint):
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            meaning = f"{count:,} of {tensor.numel():,} weights of {name} are NaN or infinite"
            return failed(meaning, "train again: dvc repro --force --single-item train", figure=count, threshold="0")
    return passed("every weight is a finite number", figure=0, threshold="0")


@check(Kind.AUDIT, "A weight matrix is constant, or has few different values")
def trained_weights(run: Evidence, checkpoint: Path) -> Finding:
    """Looks for weight matrices with one value (zeroed), or at most 256 different values (quantized to eight bits).

    Failure if there is one of at least 1,000 weights (more than 1,024 for the second kind). Training leaves no such
    matrix.
    """
    odd = []
    for name, tensor in iterate_weights(checkpoint):
        if min(tensor.shape, default=0) < 2 or tensor.dim() < 2 or tensor.numel() < _SMALL:
            continue
        values = tensor.flatten()
        if bool((values == values[0]).all()):
            odd.append(f"all {values.numel():,} weights of {name} are {values[0].item():g}")
        elif values.numel() > 4 * _LEVELS and _have_few_levels(values):
            odd.append(f"the {values.numel():,} weights of {name} have {len(torch.unique(values))} different values")
    if not odd:
        return passed("no weight matrix is constant or has few different values", figure=0, threshold="0")
    more = f", and {len(odd) - 1} more like it" if len(odd) > 1 else ""
    advice = "evaluate the checkpoint that training saved: dvc checkout models; or train again"
    return failed(f"{odd[0]}{more}", advice, figure=len(odd), threshold="0", weight=0.9)


def _have_few_levels(values: torch.Tensor) -> bool:
    # Sorting a hundred million weights takes long, and a trained matrix shows in its first thousand.
    return all(len(torch.unique(part)) <= _LEVELS for part in (values[: 4 * _LEVELS], values))


@check(Kind.COUNT, "Tokens have no embedding, or speaker tags share one")
def token_embeddings(
    run: Evidence, splits: Splits, codec: TextCodec, checkpoint: object, params: Params | None = None
) -> Finding:
    """Compares the token ids of the training data with the embedding matrix, and the embeddings of speaker tags.

    Failure if a token id has no embedding. Failure if two speaker tags have the same embedding, and are ten times or
    more in the training summaries. New tags start at one mean, and any training separates them, so these were never
    trained.
    """
    model = run.model
    known = model.get_input_embeddings().num_embeddings
    highest = max(max(*example.input_ids, *example.labels) for example in examples(splits["train"]))
    if highest >= known:
        name = codec.tokenizer.convert_ids_to_tokens(highest)
        meaning = f"the model has embeddings for {known:,} tokens, and data/prepared has token {highest:,}, '{name}'"
        return failed(meaning, _RESIZE, figure=float(highest), threshold=f"below {known}")
    vocabulary = codec.tokenizer.get_vocab()
    speakers = set(choose_speakers(splits, params))
    texts = (text for dialogue in splits["train"] for text in dialogue.record.references)
    counts = sum((count_speakers(text, speakers) for text in texts), Counter[str]())
    frequent = [vocabulary[tag] for tag, count in counts.items() if count >= 10 and tag in vocabulary]
    rows = model.get_input_embeddings().weight[frequent]
    equal = len(frequent) - len(torch.unique(rows, dim=0)) if frequent else 0
    if equal:
        return failed(f"{equal + 1} speaker tags have the same embedding", _RESIZE, figure=float(equal), threshold="0")
    return passed("every token has an embedding, and no two speaker tags have the same", figure=0.0, threshold="0")
