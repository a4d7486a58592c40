"""ROUGE that says what it measured: for any script, with several references, a signature and confidence intervals.

The n-gram and LCS code is rouge-score's, through its public interface; what is added is everything around it that makes
two numbers comparable. All scores are in 0-1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from typing import Literal

import numpy as np
from rouge_score import rouge_scorer

from beamline import __version__
from beamline.core.errors import BeamlineError
from beamline.core.params import Rouge
from beamline.metrics.intervals import RESAMPLES, FloatArray, Interval, mean_intervals
from beamline.metrics.tokenizers import Tokenizer, build_tokenizer, choose_tokenizer, coverage, lost_words

TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
SCORES = ("rouge1_f", "rouge2_f", "rougeL_f", "rougeLsum_f", "rouge_f")

_CLOSERS = r"""["'”’»)\]」』】）]*"""
# Where words are spaced, a full stop without a space after it is a decimal point or a part of an address.
_SPACED_END = re.compile(rf"([.!?…]{_CLOSERS})\s+")
_UNSPACED_END = re.compile(rf"([。！？｡．؟۔।॥։።။។]+{_CLOSERS})\s*")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, none of them blank: one rule for all languages, for both sides of a comparison.

    A sentence ends at a newline, after `.`, `!`, `?` or `…` with white space behind it, and after the full stops and
    question marks of other scripts, closing quotes and brackets included. There is no list of abbreviations: "Ms.
    Dawson" is cut, on both sides alike. Thai, which ends sentences with a space, is cut at newlines only.
    """
    lines = _UNSPACED_END.sub(r"\1\n", _SPACED_END.sub(r"\1\n", text)).splitlines()
    return [line for line in lines if line.strip()]


def prepare_text(text: str, tokenizer: Tokenizer) -> str:
    """All that is done to a text before it is compared, predictions and references alike.

    Returns its tokens, separated by spaces, one sentence a line; empty for a text without tokens.
    """
    return "\n".join(" ".join(tokenizer.tokens(sentence)) for sentence in split_sentences(text))


@dataclass(frozen=True)
class ExampleScores:
    """Every example's scores against its references, in 0-1: float64 [examples, 4], columns in the order of `TYPES`."""

    precision: FloatArray
    recall: FloatArray
    f: FloatArray

    def columns(self) -> dict[str, FloatArray]:
        """Each name of `SCORES` to float64 [examples]; `rouge_f` is the mean of ROUGE-1, -2 and -L F1."""
        return dict(zip(SCORES, [*self.f.T, self.f[:, :3].mean(axis=1)], strict=True))

    def means(self) -> dict[str, float]:
        """Each name of `SCORES` to its mean over the examples."""
        return {name: float(scores.mean()) for name, scores in self.columns().items()}


@dataclass(frozen=True)
class RougeResult:
    """Scores of one set of predictions, under both ways to combine several references.

    `mean`: each reference scored, then averaged. `best`: the reference with the highest F1, for each ROUGE type apart.
    `references` says which one is the headline.

    A pair of which one side has no token scores 0, and 0 in ROUGE-2 if one side has a single token, even if both sides
    are the same text: rouge-score's convention.
    """

    mean: ExampleScores
    best: ExampleScores
    references: Literal["mean", "best"]
    tokenizer: Tokenizer
    seed: int

    @property
    def headline(self) -> ExampleScores:
        return self.mean if self.references == "mean" else self.best

    def prepare(self, text: str) -> str:
        """`text` as it was compared: see `prepare_text`."""
        return prepare_text(text, self.tokenizer)

    def intervals(self) -> dict[str, Interval]:
        """Each name of `SCORES` to the 95 % interval of its headline mean.

        By bootstrap over dialogues (a dialogue's references stay together), 10,000 resamples: see `mean_intervals`.
        """
        columns = self.headline.columns()
        intervals = mean_intervals(np.column_stack(list(columns.values())), seed=self.seed)
        return dict(zip(columns, intervals, strict=True))


class RougeScorer:
    """Scores predictions against the references that it was built with.

    references: one non-empty sequence of texts per example; their number may differ between examples.
    seed: of the bootstrap; it moves interval bounds, never a score.
    Raises `BeamlineError` for an example without a reference, for a missing tokenizer package, and if the tokenizer
    sees less than `params.minimum_coverage` of the references: a metric that can't see a language gives no number.
    """

    def __init__(self, params: Rouge, references: Sequence[Sequence[str]], *, seed: int) -> None:
        if not references:
            raise BeamlineError("references: there are none; at least one example is needed")
        for number, texts in enumerate(references, start=1):
            if not texts:
                raise BeamlineError(f"references: example {number} has none; give it at least one")
        texts = list(chain.from_iterable(references))
        name = choose_tokenizer(texts) if params.tokenizer == "auto" else params.tokenizer
        self._params = params
        self._seed = seed
        self._tokenizer = build_tokenizer(name, stemmer=params.stemmer)
        self.coverage = coverage(texts, self._tokenizer)
        if self.coverage < params.minimum_coverage:
            raise BeamlineError(self._explain_coverage(texts))
        self._references = [[prepare_text(text, self._tokenizer) for text in each] for each in references]

    @property
    def tokenizer(self) -> str:
        """Name of the tokenizer in use, `auto` resolved."""
        return self._tokenizer.name

    def score(self, predictions: Sequence[str]) -> RougeResult:
        """Score one prediction per example, in the order of the references.

        Raises `BeamlineError` if there are more or fewer predictions than examples.
        """
        if len(predictions) != len(self._references):
            raise BeamlineError(
                f"predictions: {len(predictions)} of them for {len(self._references)} examples; give one for each"
            )
        scorer = rouge_scorer.RougeScorer(TYPES, tokenizer=_PreparedText())
        mean, best = [], []
        for prediction, references in zip(predictions, self._references, strict=True):
            prepared = prepare_text(prediction, self._tokenizer)
            pairs = [scorer.score(reference, prepared) for reference in references]
            # [references, types, (precision, recall, F1)]
            scores = np.array([[pair[rouge_type] for rouge_type in TYPES] for pair in pairs], dtype=np.float64)
            mean.append(scores.mean(axis=0))
            best.append(scores[scores[:, :, 2].argmax(axis=0), np.arange(len(TYPES))])
        return RougeResult(
            mean=ExampleScores(*np.moveaxis(np.array(mean), 2, 0)),
            best=ExampleScores(*np.moveaxis(np.array(best), 2, 0)),
            references=self._params.references,
            tokenizer=self._tokenizer,
            seed=self._seed,
        )

    def signature(self, **extra: str) -> str:
        """Everything that can change a score or its interval, and nothing else, in the form of sacreBLEU.

        `extra` adds what only the caller knows: `signature(backend="transformers")`. A setting without effect here has
        one value, so that equal measurements have equal signatures: the stemmer of any tokenizer but `english` is `no`,
        `multi` of single references is `none`. `bs` and `seed` are the bootstrap's resamples and seed: intervals only.
        """
        counts = {len(each) for each in self._references}
        fewest, most = min(counts), max(counts)
        fields = {
            "rouge-score": version("rouge-score"),
            "beamline": __version__,
            "tok": self.tokenizer,
            "stem": "yes" if self.tokenizer == "english" and self._params.stemmer else "no",
            "refs": str(most) if fewest == most else f"{fewest}-{most}",
            "multi": self._params.references if most > 1 else "none",
            "sents": "punctuation",
            "n": str(len(self._references)),
            "bs": str(RESAMPLES),
            "seed": str(self._seed),
        }
        return "|".join(f"{key}:{value}" for key, value in (fields | self._tokenizer.versions | extra).items())

    def _explain_coverage(self, texts: Sequence[str]) -> str:
        choice = choose_tokenizer(texts)
        return (
            f"references: the '{self.tokenizer}' tokenizer throws away {1 - self.coverage:.1%} of their letters and"
            f" digits (for instance {', '.join(lost_words(texts, self._tokenizer))}), more than the allowed"
            f" {1 - self._params.minimum_coverage:.1%}; set rouge.tokenizer (--tokenizer) to"
            f" '{choice if choice != self.tokenizer else 'words'}'"
        )


class _PreparedText:
    """The tokenizer to hand to rouge-score for what `prepare_text` returns, so that no text is tokenized twice."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()
