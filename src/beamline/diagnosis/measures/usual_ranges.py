"""The ranges of settings that papers and published checkpoints use, with their sources."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from beamline.core.params import Params

FAR = 2.0  # times the bound: from here on a setting fails


@dataclass(frozen=True)
class Range:
    """A usual range. low, high: the bounds, both included. source: who uses which values."""

    key: str
    value: float
    low: float
    high: float
    source: str

    @property
    def distance(self) -> float:
        """Return the ratio of the value and the bound that it is beyond, above 1; at most 1 within the range."""
        if self.value < self.low:
            return self.low / self.value if self.value > 0 else math.inf
        return self.value / self.high if self.value > self.high > 0 else 1.0 if self.value <= self.high else math.inf


def find_outside(ranges: Iterable[Range]) -> list[Range]:
    """Return the settings that are outside their range, the farthest first."""
    return sorted((item for item in ranges if item.distance > 1), key=lambda item: -item.distance)


def training_ranges(params: Params, steps: int | None) -> Iterator[Range]:
    """Yield the settings of training that have a usual range. steps: of the training, if known."""
    train = params.train
    if train.learning_rate > 0:  # 0 has its own check
        yield _rate(params)
    yield Range("train.label_smoothing_factor", train.label_smoothing_factor, 0, 0.2, "0.1: Vaswani et al., 2017")
    yield Range("train.weight_decay", train.weight_decay, 0, 0.1, "0.01 to 0.1: Loshchilov and Hutter, 2019")
    yield Range("train.max_grad_norm", train.max_grad_norm, 0.1, 10, "0.1 to 1: BART, T5 and GPT-3")
    if params.model.name is None:
        yield Range("model.scratch.dropout", params.model.scratch.dropout, 0, 0.4, "0.1 to 0.3: Vaswani et al., 2017")
    if steps:
        share = min(1.0, train.warmup_steps / steps)  # an unfinished warm-up has its own check
        yield Range("train.warmup_steps / steps", share, 0, 0.6, "0.02 to 0.5: BERT, BART and Vaswani et al., 2017")


def decoding_ranges(params: Params) -> Iterator[Range]:
    """Yield the settings of decoding that have a usual range, if decoding reads them."""
    generation = params.generation
    if generation.num_beams > 1:
        yield Range("generation.length_penalty", generation.length_penalty, 0.1, 4, "0.6 to 2: GNMT and BART")
        yield Range("generation.num_beams", generation.num_beams, 1, 12, "4 to 8: BART and Pegasus")
    if generation.do_sample:
        yield Range("generation.temperature", generation.temperature, 0.1, 1.5, "0.7 to 1: Holtzman et al., 2020")
    yield Range("generation.repetition_penalty", generation.repetition_penalty, 1, 2, "1.2: CTRL, 2019")
    if generation.no_repeat_ngram_size:
        size = generation.no_repeat_ngram_size
        yield Range("generation.no_repeat_ngram_size", size, 2, 10, "3: Paulus et al., 2018, and BART")


def _rate(params: Params) -> Range:
    """Return the range of the peak rate. For a model from nothing, it is higher for a narrower model."""
    rate = params.train.learning_rate
    if params.model.name is not None:
        return Range("train.learning_rate", rate, 3e-6, 2e-3, "2e-5 to 1e-3: BART, Pegasus and T5, fine-tuned")
    usual = 0.26 / params.model.scratch.d_model
    source = "a fifth to five times of 0.26 / d_model: 0.002 here at 128, 0.0007 at 512 in Vaswani et al., 2017"
    return Range("train.learning_rate", rate, float(f"{usual / 5:.1g}"), float(f"{5 * usual:.1g}"), source)
