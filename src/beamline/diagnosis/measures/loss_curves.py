"""What the training curves come to: whether the loss moved, exploded, stood still, or was still falling at the end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.recorded import Epoch

_SLOW = 0.05  # of the loss in the last epoch
_HARDLY = 0.02  # the same, of a model that has learnt next to nothing
NOTHING = 0.01  # nats a token: a summary of 20 tokens becomes a fifth likelier
_TENTH = 0.1


@dataclass(frozen=True)
class Curves:
    """Losses of the epochs against two that need no model, in nats a token.

    even: what guessing evenly costs, log(vocabulary); random weights cost up to a tenth more. frequency: what the
    validation references cost by the word frequencies of train.
    """

    epochs: Sequence[Epoch]
    even: float
    frequency: float

    @cached_property
    def validation(self) -> list[float]:
        return [epoch.validation_loss for epoch in self.epochs]

    @cached_property
    def training(self) -> list[float]:
        """Means over an epoch, with dropout."""
        return [epoch.training_loss for epoch in self.epochs]

    @property
    def highest(self) -> float:
        return max(*self.training, self.validation[-1])

    @property
    def begun_at(self) -> float:
        return max(self.even, self.training[0])

    @property
    def fall(self) -> float:
        return self.begun_at - self.validation[-1]

    @property
    def is_learnt(self) -> bool:
        """Whether the model ended a tenth below word frequencies, on either set."""
        return min(self.validation[-1], self.training[-1]) < (1 - _TENTH) * self.frequency

    @property
    def exploded(self) -> bool:
        """Whether a loss was half as high again as guessing evenly, and never got over it."""
        return self.highest > 1.5 * self.even and not self.is_learnt

    @property
    def rose_again(self) -> bool:
        """Whether the training loss gave back a tenth of what it had gained."""
        return self.training[-1] > self.highest_end and self.begun_at > min(self.training)

    @property
    def highest_end(self) -> float:
        """The training loss at which a tenth of what it had gained is given back."""
        return (1 - _TENTH) * min(self.training) + _TENTH * self.begun_at

    @property
    def stands_still(self) -> bool:
        """Whether the model is no better than word frequencies, and more of the same would not have made it so."""
        moved = self.still_falls and self.fall >= 0.01 * self.begun_at
        return len(self.epochs) > 1 and not self.is_learnt and not moved

    @property
    def last_fall(self) -> float | None:
        """Share of the validation loss that the last epoch took off; None after one epoch."""
        return 1 - self.validation[-1] / self.validation[-2] if len(self.epochs) > 1 else None

    @property
    def still_falls(self) -> bool:
        """Whether the last epoch took 5 % off the validation loss and more than nothing, or a tenth of the whole fall.

        2 % are enough of a loss that is near the cost of word frequencies: there the first steps are slow. After one
        epoch: whether the training loss has not gone below the validation loss. Nothing falls for good where the rate
        was 0 or the loss exploded.
        """
        if self.exploded or not self.rate:
            return False
        if self.last_fall is None:
            return self.training[-1] >= self.validation[-1]
        return self.last_fall >= self.least_fall

    @property
    def least_fall(self) -> float:
        """From which share of the validation loss on the last of several epochs still brought something."""
        earlier = self.validation[-2]
        least = max(_SLOW if self.is_learnt else _HARDLY, NOTHING / earlier)
        return min(least, _TENTH * self.fall / earlier) if self.fall > 0 else least

    @property
    def rate(self) -> float:
        """The highest learning rate at an epoch's end."""
        return max(epoch.learning_rate for epoch in self.epochs)


def read_loss_curves(run: Evidence) -> Curves:
    assert run.epochs is not None and run.splits and run.codec
    labels = [row for dialogue in run.splits["validation"] for row in dialogue.labels]
    frequency = float(run.frequency_losses[np.concatenate(labels)].mean())
    return Curves(run.epochs, math.log(len(run.codec.tokenizer)), frequency)
