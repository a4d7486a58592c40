"""Scores of any system's summaries, without a pipeline: what `beamline score` measures and shows."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beamline.core.errors import BeamlineError
from beamline.core.files import write_jsonl
from beamline.core.params import Rouge
from beamline.core.records import Predictions
from beamline.core.report_parts import Grid, Line
from beamline.data.predictions import join_references
from beamline.metrics import DEFAULT_HEADLINE, Scorer, Scores
from beamline.metrics.scorer import column_means

SEED = 42  # of the bootstrap
DEFAULTS = Rouge(
    tokenizer="auto", stemmer=True, punctuation="drop", sentences="both", references="mean", minimum_coverage=0.9
)

_FIX = "name the one to read with --column"
_REFERENCE_FIX = "name the one to read with --reference-column"


@dataclass(frozen=True)
class Scored:
    """Scores of predictions, and how they were measured.

    several: whether a dialogue has more than one reference. coverage: the share of the references' letters and digits,
    0-1, that the tokenizer sees. warning: what a reader of the scores should know, or None.
    """

    scores: Scores
    several: bool
    coverage: float
    signature: str
    warning: str | None


def score_predictions(predictions: Predictions, rouge: Rouge, *, headline: str = DEFAULT_HEADLINE) -> Scored:
    """Score predictions against their references with every metric.

    Raises `BeamlineError` if the tokenizer is not installed or does not see enough of the references.
    """
    scorer = Scorer(rouge, predictions.references, predictions.dialogues, headline=headline, seed=SEED)
    return Scored(
        scores=scorer.score(predictions.summaries),
        several=any(len(texts) > 1 for texts in predictions.references),
        coverage=scorer.coverage,
        signature=scorer.signature(),
        warning=scorer.warn_of_invisible(predictions.summaries),
    )


def score_files(
    predictions: Path,
    references: Sequence[Path],
    *,
    column: str | None,
    reference_columns: Sequence[str],
    rouge: Rouge,
    scores_path: Path | None,
) -> Scored:
    """Score the summaries of one file against the references of others, or of the same file if `references` is empty.

    scores_path: the file that gets the scores of every summary, or None.
    Raises `BeamlineError` as `join_references` does, and if `scores_path` is one of the other files.
    """
    inputs = [predictions, *references]
    if scores_path is not None and scores_path.resolve() in [path.resolve() for path in inputs]:
        raise BeamlineError(f"{scores_path}: is read from; give --each another file")
    joined = join_references(
        predictions,
        references or [predictions],
        column=column,
        reference_columns=reference_columns,
        fixes=(_FIX, _REFERENCE_FIX if references else f"{_REFERENCE_FIX}, or give a file of references"),
    )
    scored = score_predictions(joined, rouge)
    if scores_path is not None:
        write_jsonl(scores_path, to_rows(joined, scored))
    return scored


def to_rows(predictions: Predictions, scored: Scored) -> list[dict[str, object]]:
    """Return a row for each summary: the number of its line, its id if there are ids, and its scores in 0-1."""
    columns = scored.scores.columns
    return [
        {"line": row + 1}
        | ({} if predictions.ids is None else {"id": predictions.ids[row]})
        | {name: None if np.isnan(values[row]) else float(values[row]) for name, values in columns.items()}
        for row in range(len(predictions.summaries))
    ]


def to_json(scored: Scored) -> str:
    """Return the scores and their signature as JSON, scores in 0-1."""
    scores = scored.scores
    report: dict[str, object] = {
        "references": scores.references,
        "mean": column_means(scores.mean),
        "best": column_means(scores.best),
        "intervals": {name: [interval.low, interval.high] for name, interval in scores.intervals().items()},
        "coverage": scored.coverage,
        "signature": scored.signature,
    }
    if scores.undefined:
        report["undefined"] = dict(scores.undefined)
    if scored.warning:
        report["warning"] = scored.warning
    return json.dumps(report, indent=2)


def score_parts(scored: Scored) -> Iterator[Line | Grid]:
    """Yield the table of scores, times 100, and the signature."""
    scores = scored.scores
    other = "best" if scores.references == "mean" else "mean"
    own = scores.references if scored.several else "score"
    columns = ["× 100", own, "95 % interval", "precision", "recall"]
    means, other_means = scores.means(), column_means(scores.best if other == "best" else scores.mean)
    sides = column_means(scores.precision), column_means(scores.recall)
    rows = []
    for name, interval in scores.intervals().items():
        cells = [name, f"{100 * means[name]:.2f}", f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"]
        cells += [f"{100 * side[name]:.2f}" if name in side else "" for side in sides]
        rows.append([*cells, f"{100 * other_means[name]:.2f}"] if scored.several else cells)
    caption = "rouge_f: mean of rouge1_f, rouge2_f and rougeL_f"
    yield Grid([*columns, other] if scored.several else columns, rows, caption=caption)
    if scored.warning:
        yield Line(scored.warning)
    for name, reason in scores.undefined.items():
        yield Line(f"{name} is undefined: {reason}")
    yield Line(scored.signature, "code")
