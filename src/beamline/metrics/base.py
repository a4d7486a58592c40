"""What a metric is: what it scores against, what it gives, and the protocol that every metric follows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import ClassVar, Protocol

from beamline.core.errors import BeamlineError
from beamline.core.params import Rouge
from beamline.metrics.intervals import FloatArray
from beamline.metrics.tokenizers import WordTokenizer, build_tokenizer, choose_tokenizer, coverage

Columns = Mapping[str, FloatArray]  # name of a column -> float64 [examples], 0-1; NaN: undefined for this example


@dataclass(frozen=True)
class Corpus:
    """What predictions are scored against, with the statistics of the whole corpus.

    rouge: `rouge` of params.yaml. Its `references` says how every metric combines several references of an example.
    references: at least one text per example; their number may differ between examples.
    dialogues: the source of each example. None: they are unknown.
    Raises `BeamlineError` if there is no example, or an example without a reference.
    """

    rouge: Rouge
    references: Sequence[Sequence[str]]
    dialogues: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if not self.references:
            raise BeamlineError("references: there are none; at least one example is needed")
        for number, texts in enumerate(self.references, start=1):
            if not texts:
                raise BeamlineError(f"references: example {number} has none; give it at least one")

    @cached_property
    def texts(self) -> list[str]:
        """Return all references, one after the other."""
        return list(chain.from_iterable(self.references))

    @cached_property
    def tokenizer(self) -> WordTokenizer:
        """Return the tokenizer that `rouge` names, or the one for the references' script if that is `auto`."""
        name = choose_tokenizer(self.texts) if self.rouge.tokenizer == "auto" else self.rouge.tokenizer
        return build_tokenizer(name, stemmer=self.rouge.stemmer, punctuation=self.rouge.punctuation)

    @cached_property
    def coverage(self) -> float:
        """Return the share, 0-1, of the references' letters and digits that `tokenizer` sees."""
        return coverage(self.texts, self.tokenizer)

    def check_count(self, predictions: Sequence[str]) -> None:
        """Raise `BeamlineError` unless there is one prediction per example."""
        if len(predictions) != len(self.references):
            raise BeamlineError(
                f"predictions: {len(predictions)} of them for {len(self.references)} examples; give one for each"
            )


@dataclass(frozen=True)
class MetricScores:
    """A metric's columns for one set of predictions, under both ways to combine several references.

    mean: each reference is scored, then the scores are averaged. best: the reference with the highest score counts.
    A metric that reads no reference gives the same columns twice.
    precision, recall: of columns that are an F-measure, combined as `rouge.references` says; most metrics have none.
    """

    mean: Columns
    best: Columns
    precision: Columns = field(default_factory=dict)
    recall: Columns = field(default_factory=dict)


class Metric(Protocol):
    """A way to score predictions against one corpus. `registry.METRICS` holds all of them.

    columns: names of the columns, which no other metric has.
    signature_fields: names of its fields in the signature, which no other metric has.
    """

    columns: ClassVar[Sequence[str]]
    signature_fields: ClassVar[Sequence[str]]

    def __init__(self, corpus: Corpus) -> None:
        """Raise `BeamlineError` if the metric can't score this corpus and a number would mislead."""

    @property
    def undefined(self) -> Mapping[str, str]:
        """Return the columns that this corpus doesn't allow, with the reason: "needs dialogues"."""

    def score(self, predictions: Sequence[str], needed: Collection[str]) -> MetricScores:
        """Score one prediction per example, in the order of the corpus.

        needed: the columns that the caller reads. Others, and those in `undefined`, may be left out.
        """

    def signature(self) -> Mapping[str, str]:
        """Return the value of each of `signature_fields`: what can change a score and is this metric's alone."""
