"""What a training records beside its checkpoints, so that a diagnosis can do its steps again and compare.

models/training.json holds where it ran and what its first batches were. models/checkpoints.json holds for each kept
checkpoint a hash of its weights, and its loss on all of validation and on a sample.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from beamline.training.work import processor

BATCHES = 50  # about 700 dialogues of 200 tokens: a share of padding is known to a percent


@dataclass
class RecordedTensor:
    """A tensor's values in the recorded batches. total: their sum. digest: SHA-256 over all of them, in order."""

    total: int = 0
    digest: str = ""


class BatchRecord:
    """The first batches that a model was trained on, in this process: a sum and a hash for each of their tensors."""

    def __init__(self) -> None:
        self.count = 0
        self.tensors: dict[str, RecordedTensor] = {}

    def add(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Record a batch, unless `BATCHES` are recorded. Values are integers: token ids, masks and labels."""
        if self.count == BATCHES:
            return
        self.count += 1
        for name, tensor in sorted(tensors.items()):
            values = tensor.detach().cpu().long().contiguous()
            recorded = self.tensors.setdefault(name, RecordedTensor())
            recorded.total += int(values.sum())
            shape = str(tuple(values.shape)).encode()
            recorded.digest = hashlib.sha256(recorded.digest.encode() + shape + values.numpy().tobytes()).hexdigest()

    def state(self) -> dict[str, Any]:
        """Return the record for JSON."""
        return {"count": self.count, "tensors": {name: asdict(tensor) for name, tensor in self.tensors.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned in an earlier process."""
        self.count = state["count"]
        self.tensors = {name: RecordedTensor(**tensor) for name, tensor in state["tensors"].items()}


def describe_environment(threads: int, precision: str) -> dict[str, Any]:
    """Return what decides the last digits of a loss here. precision: "bf16" or "fp32"."""
    return {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else processor(),
        "precision": precision,
        "threads": threads,
        "torch": torch.__version__,
    }
