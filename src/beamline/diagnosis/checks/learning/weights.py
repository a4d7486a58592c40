"""The weights of the evaluated checkpoint: numbers that no training leaves."""

from pathlib import Path

import torch

from beamline.diagnosis.checks.check import Finding, Kind, check, failed, passed
from beamline.diagnosis.evidence import Evidence
from beamline.models.weights import iterate_weights

_SMALL = 1_000  # weights of a matrix below which it may be anything
_LEVELS = 256  # different values of a matrix: what eight bits can hold


@check(Kind.COUNT, "Weights are not finite numbers")
def finite_weights(run: Evidence, checkpoint: Path) -> Finding:
    """Counts weights that are NaN or infinite, as a cast to float16 leaves them. A single one is a failure."""
    for name, tensor in iterate_weights(checkpoint):
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            count = int((~torch.isfinite(tensor)).sum())
            meaning = f"{count:,} of {tensor.numel():,} weights of {name}"
            return failed(meaning, "train again: dvc repro --force --single-item train", figure=count, threshold="0")
    return passed("every weight is a finite number", figure=0, threshold="0")


@check(Kind.AUDIT, "A matrix of weights is constant, or has few different values")
def trained_weights(run: Evidence, checkpoint: Path) -> Finding:
    """Looks for matrices of one value (zeroed), of equal rows, and of at most 256 values (quantized to eight bits).

    Training leaves no such matrix of 1,000 weights or more.
    """
    odd = []
    for name, tensor in iterate_weights(checkpoint):
        if min(tensor.shape, default=0) < 2 or tensor.dim() < 2 or tensor.numel() < _SMALL:
            continue
        values = tensor.flatten()
        if bool((values == values[0]).all()):
            odd.append(f"all {values.numel():,} weights of {name} are {values[0].item():g}")
        elif values.numel() > 4 * _LEVELS and len(torch.unique(values)) <= _LEVELS:
            odd.append(f"the {values.numel():,} weights of {name} have {len(torch.unique(values))} different values")
    if not odd:
        return passed("no matrix of weights is constant or has few values", figure=0, threshold="0")
    more = f", and {len(odd) - 1} more like it" if len(odd) > 1 else ""
    advice = "evaluate the checkpoint that training saved: dvc checkout models; or train again"
    return failed(f"{odd[0]}{more}", advice, figure=len(odd), threshold="0", weight=0.9)
