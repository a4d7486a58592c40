"""Scores of anybody's summaries, without a pipeline: what `beamline score` measures and shows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beamline.core.errors import BeamlineError
from beamline.core.files import write_jsonl
from beamline.core.params import Rouge
from beamline.core.records import Predictions
from beamline.core.report import Grid, Line
from beamline.data.predictions import join_references
from beamline.metrics.intervals import FloatArray, Interval, mean_intervals
from beamline.metrics.rouge import TYPES, RougeScorer

SEED = 42  # of the bootstrap
DEFAULTS = Rouge(tokenizer="auto", stemmer=True, references="mean", minimum_coverage=0.9)

_FIXES = ("name the one to read with --column", "name the one to read with --reference-column")


@dataclass(frozen=True)
class Scored:
    """Scores of predictions, in 0-1.

    columns: float64 [dialogues] by name. means: of each column by name, with several references combined as `mean` and
    as `best`. precision, recall: means by column name, of the columns that have them.
    references: how the columns combine several references. several: whether a dialogue has more than one.
    coverage: share of the references' letters and digits that the tokenizer sees.
    """

    columns: Mapping[str, FloatArray]
    means: Mapping[str, Mapping[str, float]]
    precision: Mapping[str, float]
    recall: Mapping[str, float]
    references: str
    several: bool
    coverage: float
    signature: str

    def intervals(self) -> dict[str, Interval]:
        """Return the 95 % interval of each column's mean."""
        intervals = mean_intervals(np.column_stack(list(self.columns.values())), seed=SEED)
        return dict(zip(self.columns, intervals, strict=True))


def score_predictions(predictions: Predictions, rouge: Rouge) -> Scored:
    """Score predictions against their references.

    Raises `BeamlineError` if the tokenizer is not installed or does not see enough of the references.
    """
    scorer = RougeScorer(rouge, predictions.references, seed=SEED)
    result = scorer.score(predictions.summaries)
    names = [f"{kind}_f" for kind in TYPES]
    return Scored(
        columns=result.headline.columns(),
        means={"mean": result.mean.means(), "best": result.best.means()},
        precision=dict(zip(names, result.headline.precision.mean(axis=0).tolist(), strict=True)),
        recall=dict(zip(names, result.headline.recall.mean(axis=0).tolist(), strict=True)),
        references=rouge.references,
        several=any(len(texts) > 1 for texts in predictions.references),
        coverage=scorer.coverage,
        signature=scorer.signature(),
    )


def score_files(
    predictions: Path,
    references: Sequence[Path],
    *,
    column: str | None,
    reference_columns: Sequence[str],
    rouge: Rouge,
    each: Path | None,
) -> Scored:
    """Score the summaries of one file against the references of others, or of the same file if `references` is empty.

    each: where to write the scores of every summary. Raises `BeamlineError` as `join_references` does, and if `each` is
    one of the other files.
    """
    inputs = [predictions, *references]
    if each is not None and each.resolve() in [path.resolve() for path in inputs]:
        raise BeamlineError(f"{each}: is read from; give --each another file")
    joined = join_references(
        predictions,
        references or [predictions],
        column=column,
        reference_columns=reference_columns,
        fixes=_FIXES,
    )
    scored = score_predictions(joined, rouge)
    if each is not None:
        write_jsonl(each, to_rows(joined, scored))
    return scored


def to_rows(predictions: Predictions, scored: Scored) -> list[dict[str, object]]:
    """Return a row for each summary: the number of its line, its id if there are ids, and its scores in 0-1."""
    return [
        {"line": row + 1}
        | ({} if predictions.ids is None else {"id": predictions.ids[row]})
        | {name: None if np.isnan(values[row]) else float(values[row]) for name, values in scored.columns.items()}
        for row in range(len(predictions.summaries))
    ]


def to_json(scored: Scored) -> str:
    return json.dumps(
        {
            "references": scored.references,
            **scored.means,
            "intervals": {name: [interval.low, interval.high] for name, interval in scored.intervals().items()},
            "coverage": scored.coverage,
            "signature": scored.signature,
        },
        indent=2,
    )


def score_parts(scored: Scored) -> Iterator[Line | Grid]:
    """Yield the table of scores, times 100, and the signature."""
    other = "best" if scored.references == "mean" else "mean"
    columns = ["× 100", f"F1, {scored.references}" if scored.several else "F1", "95 % interval", "precision", "recall"]
    rows = []
    for name, interval in scored.intervals().items():
        cells = [name, f"{100 * scored.means[scored.references][name]:.2f}"]
        cells.append(f"{100 * interval.low:.2f} to {100 * interval.high:.2f}")
        cells += [f"{100 * side[name]:.2f}" if name in side else "" for side in (scored.precision, scored.recall)]
        rows.append([*cells, f"{100 * scored.means[other][name]:.2f}"] if scored.several else cells)
    caption = "rouge_f: mean of rouge1_f, rouge2_f and rougeL_f"
    yield Grid([*columns, f"F1, {other}"] if scored.several else columns, rows, caption=caption)
    yield Line(scored.signature, "code")


def fields_to_compare(first: Mapping[str, str], later: Mapping[str, str]) -> list[str]:
    """Return the names of the signature fields that have to be equal for two sets of scores to be comparable."""
    return list({**first, **later})


def read_signature(signature: str) -> dict[str, str]:
    """Return the fields of a signature by their names.

    Signatures once had the release (`beamline:0.1.0`) in place of the scoring version and the headline column.
    """
    fields: dict[str, str] = {}
    for name, _, value in (field.partition(":") for field in signature.split("|")):
        fields |= {"scoring": "1", "headline": "rouge_f"} if name == "beamline" else {name: value}
    return fields
