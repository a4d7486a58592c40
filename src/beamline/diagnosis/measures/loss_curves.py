"""What the training curves show: whether the loss moved, exploded, or was still falling at the end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.parts import Splits
from beamline.diagnosis.recorded import Epoch
from beamline.encoding.codec import TextCodec

_SLOW = 0.05  # of the loss in the last epoch
_HARDLY = 0.02  # the same, of a model that has learned next to nothing
NOTHING = 0.01  # nats per token: a summary of 20 tokens becomes a fifth likelier
_TENTH = 0.1


@dataclass(frozen=True)
class Curves:
    """Losses of the epochs, and two losses that need no model, in nats per token.

    even: the loss of guessing evenly, log(vocabulary); random weights have up to a tenth more. frequency: the loss of
    the validation references by the word frequencies of train.
    """

    epochs: Sequence[Epoch]
    even: float
    frequency: float

    @cached_property
    def validation(self) -> list[float]:
        """Return the validation loss after each epoch."""
        return [epoch.validation_loss for epoch in self.epochs]

    @cached_property
    def training(self) -> list[float]:
        """Return the mean training loss of each epoch, with dropout."""
        return [epoch.training_loss for epoch in self.epochs]

    @property
    def highest(self) -> float:
        """Return the highest training loss, or the last validation loss if that is higher."""
        return max(*self.training, self.validation[-1])

    @property
    def begun_at(self) -> float:
        """Return the loss at the beginning: that of guessing evenly, or of the first epoch if that is higher."""
        return max(self.even, self.training[0])

    @property
    def fall(self) -> float:
        """Return by how much the loss fell over the whole training, to the last validation loss."""
        return self.begun_at - self.validation[-1]

    @property
    def is_learned(self) -> bool:
        """Return whether the model ended a tenth below the loss of word frequencies, on train or on validation."""
        return min(self.validation[-1], self.training[-1]) < (1 - _TENTH) * self.frequency

    @property
    def exploded(self) -> bool:
        """Return whether a loss was above 1.5 times that of guessing evenly, and the model did not recover."""
        return self.highest > 1.5 * self.even and not self.is_learned

    @property
    def rose_again(self) -> bool:
        """Return whether the training loss ended above `highest_end`: it lost a tenth of what it had gained."""
        return self.training[-1] > self.highest_end and self.begun_at > min(self.training)

    @property
    def highest_end(self) -> float:
        """Return the training loss at which a tenth of what it had gained is lost again."""
        return (1 - _TENTH) * min(self.training) + _TENTH * self.begun_at

    @property
    def stands_still(self) -> bool:
        """Return whether the model is no better than word frequencies, and was not on its way there.

        A loss was on its way if it fell by a tenth in all, or by a hundredth and was still falling. The last epoch
        alone brings little, because its learning rate has decayed.
        """
        moved = self.fall >= _TENTH * self.begun_at or (self.still_falls and self.fall >= 0.01 * self.begun_at)
        return len(self.epochs) > 1 and min(self.validation[-1], self.training[-1]) >= self.frequency and not moved

    @property
    def last_fall(self) -> float | None:
        """Return the share of the validation loss that the last epoch removed; None after one epoch."""
        return 1 - self.validation[-1] / self.validation[-2] if len(self.epochs) > 1 else None

    @property
    def still_falls(self) -> bool:
        """Return whether the loss was still falling when training ended.

        True if the last epoch removed at least `least_fall` of the validation loss. After a single epoch: true if the
        training loss is not below the validation loss. False if the learning rate was 0 or the loss exploded.
        """
        if self.exploded or not self.rate:
            return False
        if self.last_fall is None:
            return self.training[-1] >= self.validation[-1]
        return self.last_fall >= self.least_fall

    @property
    def least_fall(self) -> float:
        """Return the share of the validation loss that the last of several epochs has to remove to count as falling.

        It is 5 %, and at least 0.01 nats. It is 2 % if the model is not a tenth below the loss of word frequencies,
        because the first steps are slow. It is a tenth of the whole fall, if that is less.
        """
        earlier = self.validation[-2]
        least = max(_SLOW if self.is_learned else _HARDLY, NOTHING / earlier)
        return min(least, _TENTH * self.fall / earlier) if self.fall > 0 else least

    @property
    def rate(self) -> float:
        """Return the highest learning rate at an epoch's end."""
        return max(epoch.learning_rate for epoch in self.epochs)


def read_loss_curves(run: Evidence, epochs: Sequence[Epoch], splits: Splits, codec: TextCodec) -> Curves:
    """Return the curves of a run's epochs, with the losses that need no model."""
    labels = [row for dialogue in splits["validation"] for row in dialogue.labels]
    frequency = float(run.frequency_losses[np.concatenate(labels)].mean())
    return Curves(epochs, math.log(len(codec.tokenizer)), frequency)
