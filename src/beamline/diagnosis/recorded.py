"""What a run recorded about itself: training curves, metrics files, and the record of its training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    """Files of a run as they were written.

    rouge, generation, train: the metrics files. checkpoints: models/checkpoints.json. training: models/training.json;
    empty for a run by a version that did not record it.
    """

    rouge: Mapping[str, Any]
    generation: Mapping[str, Any]
    train: Mapping[str, Any]
    checkpoints: Sequence[Mapping[str, Any]] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
