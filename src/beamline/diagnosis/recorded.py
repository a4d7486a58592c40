"""What a run wrote down about itself: its training curves and its metrics files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """A point of the training curves. Losses are in nats per token; the training loss is the epoch's mean."""

    epoch: int
    training_loss: float
    validation_loss: float
    learning_rate: float


@dataclass(frozen=True)
class Recorded:
    """The metrics files as they were written: metrics/rouge.json, metrics/generation.json, metrics/train.json."""

    rouge: Mapping[str, Any]
    generation: Mapping[str, Any]
    train: Mapping[str, Any]
