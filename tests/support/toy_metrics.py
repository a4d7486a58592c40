"""Metrics that a test registers: what adding a metric takes."""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import numpy as np

from beamline.metrics import Corpus, MetricScores


class Ends:
    """1 if the prediction ends with a full stop, else 0; undefined for an empty prediction."""

    columns: ClassVar[Sequence[str]] = ("ends",)
    signature_fields: ClassVar[Sequence[str]] = ("ends",)
    undefined: ClassVar[Mapping[str, str]] = {}

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def score(self, predictions: Sequence[str], needed: Collection[str]) -> MetricScores:
        ends = {"ends": np.array([float(text.endswith(".")) if text else np.nan for text in predictions])}
        return MetricScores(mean=ends, best=ends)

    def signature(self) -> Mapping[str, str]:
        return {"ends": "v1"}


class Copied:
    """Share of the prediction's words that are in its dialogue."""

    columns: ClassVar[Sequence[str]] = ("copied",)
    signature_fields: ClassVar[Sequence[str]] = ("copied",)

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    @property
    def undefined(self) -> Mapping[str, str]:
        return {} if self.corpus.dialogues else {"copied": "needs dialogues"}

    def score(self, predictions: Sequence[str], needed: Collection[str]) -> MetricScores:
        if not self.corpus.dialogues:
            return MetricScores({}, {})
        pairs = zip(predictions, self.corpus.dialogues, strict=True)
        shares = [np.mean([word in dialogue.split() for word in text.split() or [""]]) for text, dialogue in pairs]
        return MetricScores({"copied": np.array(shares)}, {"copied": np.array(shares)})

    def signature(self) -> Mapping[str, str]:
        return {"copied": "v1"}
