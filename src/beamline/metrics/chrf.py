"""chrF: how many character n-grams a prediction shares with its references.

Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015). It needs no tokenizer, so it sees every
script, and it gives credit for a word in another form.

The implementation is sacrebleu's, because its chrF is the one that papers report. Its defaults: character n-grams up to
6, no word n-grams, recall counts twice as much as precision (beta 2), white space ignored, upper case kept.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import numpy as np
import sacrebleu
from sacrebleu.metrics.chrf import CHRF

from beamline.metrics.base import Corpus, MetricScores

COLUMN = "chrf"


class ChrfMetric:
    """chrF of each prediction, 0-1 (sacrebleu's value divided by 100). A text without a character scores 0."""

    columns: ClassVar[Sequence[str]] = (COLUMN,)
    signature_fields: ClassVar[Sequence[str]] = (COLUMN,)
    undefined: Mapping[str, str] = {}

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._chrf = CHRF()

    def score(self, predictions: Sequence[str], needed: Collection[str]) -> MetricScores:
        # One reference at a time: sacrebleu takes the best of several, and `rouge.references` may ask for the mean.
        scores = [
            [self._chrf.sentence_score(prediction, [reference]).score / 100 for reference in references]
            for prediction, references in zip(predictions, self._corpus.references, strict=True)
        ]
        return MetricScores(
            mean={COLUMN: np.array([np.mean(example) for example in scores])},
            best={COLUMN: np.array([np.max(example) for example in scores])},
        )

    def signature(self) -> Mapping[str, str]:
        chrf = self._chrf
        return {COLUMN: f"c{chrf.char_order}+w{chrf.word_order}+b{chrf.beta}+v{sacrebleu.__version__}"}
