"""All registered metrics over one corpus: what evaluate, compare, score and diagnose score with."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beamline.core.choices import References
from beamline.core.errors import BeamlineError
from beamline.core.params import Rouge
from beamline.metrics.base import Columns, Corpus, MetricScores
from beamline.metrics.intervals import RESAMPLES, FloatArray, Interval, mean_intervals
from beamline.metrics.invisible import is_invisibly_marked
from beamline.metrics.registry import METRICS, find_metric, registered_columns
from beamline.metrics.signature import SCORING_VERSION, write_signature

_INVISIBLE = "\N{SOFT HYPHEN}"

DEFAULT_HEADLINE = "rouge_f"  # if there is no params.yaml that names one


@dataclass(frozen=True)
class Scores:
    """Every metric's columns for one set of predictions.

    metrics: the scores of each metric, by its name, without undefined columns.
    references: which way to combine several references `columns` has.
    undefined: the columns that are undefined for all examples, with the reason. No other attribute holds them.
    headline: the column that chooses the checkpoint, see `metrics.headline` in params.yaml.
    seed: of the bootstrap; it moves interval bounds, never a score.
    """

    metrics: Mapping[str, MetricScores]
    references: References
    undefined: Mapping[str, str]
    headline: str
    seed: int

    @property
    def mean(self) -> Columns:
        """Return the columns with the mean over the references of each example."""
        return _joined(scores.mean for scores in self.metrics.values())

    @property
    def best(self) -> Columns:
        """Return the columns with the best of the references of each example."""
        return _joined(scores.best for scores in self.metrics.values())

    @property
    def columns(self) -> Columns:
        """Return `mean` or `best`, as `rouge.references` says: float64 [examples], 0-1, NaN if undefined."""
        return self.mean if self.references == "mean" else self.best

    @property
    def precision(self) -> Columns:
        """Return the precision in those of `columns` that are an F-measure."""
        return _joined(scores.precision for scores in self.metrics.values())

    @property
    def recall(self) -> Columns:
        """Return the recall in those of `columns` that are an F-measure."""
        return _joined(scores.recall for scores in self.metrics.values())

    @property
    def headline_scores(self) -> FloatArray:
        """Return the headline column: float64 [examples], 0-1."""
        return self.columns[self.headline]

    def means(self) -> dict[str, float]:
        """Return the mean of each of `columns` over the examples for which it is defined."""
        return column_means(self.columns)

    def undefined_counts(self) -> dict[str, int]:
        """Return for how many examples a column is undefined, without the columns that are defined for all."""
        counts = {name: int(np.isnan(scores).sum()) for name, scores in self.columns.items()}
        return {name: count for name, count in counts.items() if count}

    def intervals(self) -> dict[str, Interval]:
        """Return the 95 % interval of the mean of each of `columns`, over the examples for which it is defined.

        By bootstrap over examples (an example's references stay together), 10,000 resamples: see `mean_intervals`.
        """
        intervals: dict[str, Interval] = {}
        for scores in self.metrics.values():
            columns = scores.mean if self.references == "mean" else scores.best
            # A metric's columns are one matrix: a matrix product of another width may round differently.
            for names in _equally_defined(columns):
                matrix = np.column_stack([columns[name] for name in names])
                defined = matrix[~np.isnan(matrix[:, 0])]
                intervals |= dict(zip(names, mean_intervals(defined, seed=self.seed), strict=True))
        return {name: intervals[name] for name in self.columns}


class Scorer:
    """Scores predictions against one corpus with every registered metric.

    references: one non-empty sequence of texts per example. dialogues: the source of each example, if known.
    headline: the column that chooses the checkpoint, one of `registered_columns`.
    Raises `BeamlineError` for an unknown headline, for one that this corpus leaves undefined, for an example without a
    reference, for a missing package of a tokenizer, and if a metric refuses the corpus.
    """

    def __init__(
        self,
        rouge: Rouge,
        references: Sequence[Sequence[str]],
        dialogues: Sequence[str] | None = None,
        *,
        headline: str = DEFAULT_HEADLINE,
        seed: int,
    ) -> None:
        if headline not in (columns := registered_columns()):
            raise BeamlineError(f"metrics.headline: no column {headline!r}; choose one of: {', '.join(columns)}")
        self.corpus = Corpus(rouge, references, dialogues)
        self.headline = headline
        self._seed = seed
        self._metrics = {name: metric(self.corpus) for name, metric in METRICS.items()}
        self._undefined = {column: why for metric in self._metrics.values() for column, why in metric.undefined.items()}
        self._check_headline(self._undefined)

    @property
    def coverage(self) -> float:
        """Return the share, 0-1, of the references' letters and digits that the tokenizer sees."""
        return self.corpus.coverage

    @property
    def tokenizer(self) -> str:
        """Return the name of the tokenizer in use, `auto` resolved."""
        return self.corpus.tokenizer.name

    def score(self, predictions: Sequence[str]) -> Scores:
        """Score one prediction per example, in the order of the references, with every metric.

        Raises `BeamlineError` if there are more or fewer predictions than examples.
        """
        return self._score(predictions, {name: metric.columns for name, metric in self._metrics.items()})

    def headline_scores(self, predictions: Sequence[str]) -> FloatArray:
        """Return the headline column alone, float64 [examples], 0-1. Nothing else is measured, so it takes less time.

        Raises `BeamlineError` as `score` does.
        """
        return self._score(predictions, {find_metric(self.headline): [self.headline]}).headline_scores

    def signature(self, **extra: str) -> str:
        """Return everything that can change a score or its interval, and nothing else; see `metrics.signature`.

        `extra` adds what only the caller knows: `signature(backend="transformers")`. A setting without effect here has
        one value, so that equal measurements have equal signatures: the stemmer of any tokenizer but `english` is `no`,
        `multi` of single references is `none`. `bs` and `seed` are the bootstrap's resamples and seed: intervals only.
        """
        rouge, tokenizer = self.corpus.rouge, self.corpus.tokenizer
        counts = {len(texts) for texts in self.corpus.references}
        fewest, most = min(counts), max(counts)
        fields = {
            "scoring": str(SCORING_VERSION),
            "headline": self.headline,
            "tok": tokenizer.name,
            "stem": "yes" if tokenizer.name == "english" and rouge.stemmer else "no",
            "refs": str(most) if fewest == most else f"{fewest}-{most}",
            "multi": rouge.references if most > 1 else "none",
            "n": str(len(self.corpus.references)),
            "bs": str(RESAMPLES),
            "seed": str(self._seed),
            **tokenizer.versions,
        }
        for metric in self._metrics.values():
            fields |= metric.signature()
        return write_signature(fields | extra)

    def warn_of_invisible(self, predictions: Sequence[str]) -> str | None:
        """Return a sentence if the tokenizer cuts words at characters that nobody sees, such as direction marks."""
        if self.corpus.tokenizer.visible(_INVISIBLE) != _INVISIBLE:
            return None
        words = [word for text in (*predictions, *self.corpus.texts) for word in text.split()]
        cut = sum(map(is_invisibly_marked, words))
        if not cut:
            return None
        return (
            f"{cut} of {len(words)} words hold invisible characters, at which the {self.tokenizer} tokenizer cuts"
            " words in two; --tokenizer words (rouge.tokenizer) reads over them"
        )

    def _score(self, predictions: Sequence[str], needed: Mapping[str, Collection[str]]) -> Scores:
        """Return the scores of the metrics in `needed`, with the columns that are needed of each."""
        self.corpus.check_count(predictions)
        found = {name: self._metrics[name].score(predictions, columns) for name, columns in needed.items()}
        undefined = dict(self._undefined)
        for scores in found.values():
            for column, values in scores.mean.items():
                if np.isnan(values).all():
                    undefined.setdefault(column, "it is undefined for every example")
        self._check_headline(undefined)
        metrics = {name: _without(scores, undefined) for name, scores in found.items()}
        return Scores(metrics, self.corpus.rouge.references, undefined, self.headline, self._seed)

    def _check_headline(self, undefined: Mapping[str, str]) -> None:
        if self.headline in undefined:
            raise BeamlineError(
                f"metrics.headline: {self.headline} can't be measured here: {undefined[self.headline]};"
                f" choose one of: {', '.join(name for name in registered_columns() if name not in undefined)}"
            )


def column_means(columns: Columns) -> dict[str, float]:
    """Return the mean of each column over the examples for which it is defined."""
    return {name: float(np.nanmean(scores)) for name, scores in columns.items()}


def _without(scores: MetricScores, undefined: Mapping[str, str]) -> MetricScores:
    def defined(columns: Columns) -> Columns:
        return {name: values for name, values in columns.items() if name not in undefined}

    return MetricScores(defined(scores.mean), defined(scores.best), defined(scores.precision), defined(scores.recall))


def _joined(parts: Iterable[Columns]) -> Columns:
    return {name: scores for columns in parts for name, scores in columns.items()}


def _equally_defined(columns: Columns) -> list[list[str]]:
    """Return the names of the columns, in groups that are defined for the same examples."""
    groups: dict[bytes, list[str]] = {}
    for name, scores in columns.items():
        groups.setdefault(np.isnan(scores).tobytes(), []).append(name)
    return list(groups.values())
