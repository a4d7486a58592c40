"""ROUGE for any script and several references. All scores are in 0-1.

The n-gram and LCS code is rouge-score's, through its public interface. Added is how a text is cut into sentences and
tokens, and how the scores of several references combine.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import ClassVar

import numpy as np
from rouge_score import rouge_scorer

from beamline.core.choices import References, Sentences
from beamline.core.errors import BeamlineError
from beamline.metrics.base import Corpus, MetricScores
from beamline.metrics.intervals import FloatArray
from beamline.metrics.tokenizers import WordTokenizer, choose_tokenizer, lost_words

TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
_HEADLINE = ("rouge1", "rouge2", "rougeL")  # `rouge_f` is their mean
SCORES = ("rouge1_f", "rouge2_f", "rougeL_f", "rougeLsum_f", "rouge_f")

_CLOSERS = r"""["'”’»)\]」』】）]*"""
# If words are spaced, a full stop without a space after it is a decimal point or a part of an address.
_SPACED_END = re.compile(rf"([.!?…]{_CLOSERS})\s+")
_UNSPACED_END = re.compile(rf"([。！？｡．؟۔।॥։።။។]+{_CLOSERS})\s*")


def split_sentences(text: str, sentences: Sentences = "both") -> list[str]:
    """Return the sentences of `text`, none of them blank. Predictions and references of all languages have one rule.

    sentences: where they end, see `rouge.sentences` in params.yaml. `newlines` are `\\n` alone, as in rouge-score.
    Punctuation is `.`, `!`, `?` or `…` that white space follows, and the full stops and question marks of other
    scripts. Closing quotes and brackets belong to the sentence. There is no list of abbreviations: "Ms. Dawson" is cut,
    on both sides alike. Thai, which ends sentences with a space, has no such punctuation.
    """
    if sentences != "newlines":
        text = "\n".join(text.splitlines()) if sentences == "both" else " ".join(text.split())
        text = _UNSPACED_END.sub(r"\1\n", _SPACED_END.sub(r"\1\n", text))
    return [line for line in text.split("\n") if line.strip()]


def prepare_text(text: str, tokenizer: WordTokenizer, sentences: Sentences = "both") -> str:
    """Return `text` as ROUGE compares it: its tokens, separated by spaces, one sentence a line.

    Predictions and references are prepared alike. A text without tokens is empty.
    """
    found = split_sentences(tokenizer.visible(text), sentences)
    return "\n".join(" ".join(tokenizer.tokens(sentence)) for sentence in found)


@dataclass(frozen=True)
class ExampleScores:
    """Scores of every example against its references, 0-1: float64 [examples, types], in the order of `types`."""

    types: Sequence[str]
    precision: FloatArray
    recall: FloatArray
    f: FloatArray

    def columns(self) -> dict[str, FloatArray]:
        """Return float64 [examples] for each name of `SCORES` that `types` allow.

        `rouge_f` is the mean of ROUGE-1, -2 and -L F1.
        """
        columns = self.name_columns(self.f)
        if set(_HEADLINE).issubset(self.types):
            columns["rouge_f"] = self.f[:, [self.types.index(name) for name in _HEADLINE]].mean(axis=1)
        return columns

    def name_columns(self, scores: FloatArray) -> dict[str, FloatArray]:
        """Return float64 [examples] of `precision`, `recall` or `f`, by the name in `SCORES`."""
        return {f"{name}_f": column for name, column in zip(self.types, scores.T, strict=True)}

    def means(self) -> dict[str, float]:
        """Return the mean over the examples for each name of `columns`."""
        return {name: float(scores.mean()) for name, scores in self.columns().items()}


@dataclass(frozen=True)
class RougeResult:
    """Scores of one set of predictions, under both ways to combine several references.

    `mean`: each reference is scored, then the scores are averaged. `best`: the reference with the highest F1, chosen
    for each ROUGE type separately. `references` says which of the two is the headline.

    A pair scores 0 if one side has no token. It scores 0 in ROUGE-2 if one side has a single token, even if both sides
    are the same text. Both are rouge-score's conventions.
    """

    mean: ExampleScores
    best: ExampleScores
    references: References

    @property
    def headline(self) -> ExampleScores:
        """Return `mean` or `best`, as `references` says."""
        return self.mean if self.references == "mean" else self.best


class RougeScorer:
    """Scores predictions with ROUGE in full: F1, precision and recall, under both ways to combine references.

    Raises `BeamlineError` for a missing package of a tokenizer, and if the tokenizer sees less than
    `rouge.minimum_coverage` of the references: a metric that can't see a language gives no number.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        if corpus.coverage < corpus.rouge.minimum_coverage:
            raise BeamlineError(self._explain_coverage())
        self._references = [[self._prepare(text) for text in texts] for texts in corpus.references]

    def score(self, predictions: Sequence[str], types: Sequence[str] = TYPES) -> RougeResult:
        """Score one prediction per example, in the order of the references.

        types: some of `TYPES`, to save the time of the others; ROUGE-Lsum takes nearly as long as the rest together.
        Raises `BeamlineError` if there are more or fewer predictions than examples.
        """
        self.corpus.check_count(predictions)
        scorer = rouge_scorer.RougeScorer(types, tokenizer=_PreparedText())
        mean, best = [], []
        for prediction, references in zip(predictions, self._references, strict=True):
            prepared = self._prepare(prediction)
            pairs = [scorer.score(reference, prepared) for reference in references]
            # [references, types, (precision, recall, F1)]
            scores = np.array([[pair[rouge_type] for rouge_type in types] for pair in pairs], dtype=np.float64)
            mean.append(scores.mean(axis=0))
            best.append(scores[scores[:, :, 2].argmax(axis=0), np.arange(len(types))])
        return RougeResult(
            mean=ExampleScores(types, *np.moveaxis(np.array(mean), 2, 0)),
            best=ExampleScores(types, *np.moveaxis(np.array(best), 2, 0)),
            references=self.corpus.rouge.references,
        )

    def _prepare(self, text: str) -> str:
        return prepare_text(text, self.corpus.tokenizer, self.corpus.rouge.sentences)

    def _explain_coverage(self) -> str:
        corpus = self.corpus
        name, choice = corpus.tokenizer.name, choose_tokenizer(corpus.texts)
        return (
            f"references: the '{name}' tokenizer throws away {1 - corpus.coverage:.1%} of their letters and"
            f" digits (for instance {', '.join(lost_words(corpus.texts, corpus.tokenizer))}), more than the allowed"
            f" {1 - corpus.rouge.minimum_coverage:.1%}; set rouge.tokenizer (--tokenizer) to"
            f" '{choice if choice != name else 'words'}'"
        )


class RougeMetric:
    """The F1 of each ROUGE type, and `rouge_f`, the mean of ROUGE-1, -2 and -L."""

    columns: ClassVar[Sequence[str]] = SCORES
    signature_fields: ClassVar[Sequence[str]] = ("rouge-score", "sents", "punct")
    undefined: Mapping[str, str] = {}

    def __init__(self, corpus: Corpus) -> None:
        self._scorer = RougeScorer(corpus)
        self._signature = {
            "rouge-score": version("rouge-score"),
            "sents": corpus.rouge.sentences,
            "punct": corpus.tokenizer.punctuation,
        }

    def score(self, predictions: Sequence[str], needed: Collection[str]) -> MetricScores:
        types = [name for name in TYPES if f"{name}_f" in needed or (name in _HEADLINE and "rouge_f" in needed)]
        result = self._scorer.score(predictions, types)
        return MetricScores(
            mean=result.mean.columns(),
            best=result.best.columns(),
            precision=result.headline.name_columns(result.headline.precision),
            recall=result.headline.name_columns(result.headline.recall),
        )

    def signature(self) -> Mapping[str, str]:
        return self._signature


class _PreparedText:
    """The tokenizer to give to rouge-score for what `prepare_text` returns, so that no text is tokenized twice."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()
