"""What an evaluation writes and shows: figures, plots, tables. All from plain texts and scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from beamline.core.records import Dialogue
from beamline.metrics.base import Corpus
from beamline.metrics.health import count_words
from beamline.metrics.intervals import Interval
from beamline.metrics.rouge import prepare_text
from beamline.metrics.scorer import Scores, column_means

SAMPLES = 50
_BIN_WIDTH = 0.05


def score_histogram(scores: Scores | None) -> list[dict[str, float]]:
    """Return plots/scores.json: how many dialogues have a headline score in each bin of 0.05.

    `score` is the bin's lower edge, so that the plot keeps its fields when the headline changes. Without scores, no bin
    has a dialogue.
    """
    edges = np.linspace(0, 1, round(1 / _BIN_WIDTH) + 1)
    values = np.zeros(0) if scores is None else scores.headline_scores
    counts, _ = np.histogram(values[~np.isnan(values)], bins=edges)
    return [
        {"score": round(float(edge), 2), "dialogues": int(count)}
        for edge, count in zip(edges[:-1], counts, strict=True)
    ]


def length_pairs(summaries: Sequence[str], references: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Return plots/lengths.json: words of each summary and the mean of its references, in the order of the data.

    Summaries without references are left out. There are no ids: DVC writes the file into a script of the plots' page,
    and a text of the data could end that script.
    """
    return [
        {
            "reference_words": float(np.mean([count_words(text) for text in texts])),
            "summary_words": count_words(summary),
        }
        for summary, texts in zip(summaries, references, strict=True)
        if texts
    ]


def sample_rows(
    dialogues: Sequence[Dialogue],
    model_reads: Sequence[str],
    summaries: Sequence[str],
    scores: Scores,
    corpus: Corpus,
) -> tuple[list[str], list[list[object]]]:
    """Return columns and rows of the first dialogues: raw, as the model reads them, and as ROUGE compares them.

    model_reads: the dialogues to show, at most `SAMPLES`, decoded from their token ids.
    """
    columns = scores.columns
    names = ["id", "dialogue", "model_reads", "reference", "reference_scored", "summary", "summary_scored", *columns]
    rows: list[list[object]] = []
    for index, (dialogue, read, summary) in enumerate(zip(dialogues, model_reads, summaries, strict=False)):
        reference = dialogue.references[0]
        rows.append(
            [
                dialogue.id,
                dialogue.dialogue,
                read,
                reference,
                prepare_text(reference, corpus.tokenizer, corpus.rouge.sentences),
                summary,
                prepare_text(summary, corpus.tokenizer, corpus.rouge.sentences),
                *(_number(values[index]) for values in columns.values()),
            ]
        )
    return names, rows


def score_metrics(
    validation: Scores, test: Scores | None, intervals: Mapping[str, Interval], health: Mapping[str, float]
) -> dict[str, Any]:
    """Return the scores of metrics/rouge.json: the columns of all metrics on both splits.

    `test` also has the health of the summaries, each column's `_interval` of `test`, and its `_undefined` if there are
    dialogues for which it is undefined: their number. `test_best` (or `test_mean`) has the columns under the other way
    to combine several references. `undefined` has the columns that couldn't be measured, with the reason, if any: all
    of them if test has no references, and thus no scores.
    """
    if test is None:
        undefined = dict.fromkeys(validation.columns, "test has no references")
        return {"validation": validation.means(), "test": dict(health), "undefined": undefined}
    other = "best" if test.references == "mean" else "mean"
    # Lists don't show in `dvc metrics diff`, so intervals are in the file without crowding the table.
    bounds = {f"{name}_interval": [interval.low, interval.high] for name, interval in intervals.items()}
    counts = {f"{name}_undefined": count for name, count in test.undefined_counts().items()}
    return {
        "validation": validation.means(),
        "test": {**test.means(), **health, **bounds, **counts},
        f"test_{other}": column_means(getattr(test, other)),
        **({"undefined": dict(test.undefined)} if test.undefined else {}),
    }


def score_table(metrics: Mapping[str, Any]) -> Table:
    """Return the mean of every column as a person reads it, times 100; or the reason why it is undefined.

    metrics: what `score_metrics` returns, and metrics/rouge.json holds.
    """
    table = Table()
    table.add_column("× 100")
    for name in ("validation", "test", "test, 95 % interval"):
        table.add_column(name, justify="right")
    validation, test = metrics["validation"], metrics["test"]
    for name in (name for name in test if f"{name}_interval" in test):
        low, high = test[f"{name}_interval"]
        bounds = f"{100 * low:.2f} to {100 * high:.2f}"
        if f"{name}_undefined" in test:
            bounds += f" ({test[f'{name}_undefined']} undefined)"
        table.add_row(
            name, f"{100 * validation[name]:.2f}" if name in validation else "", f"{100 * test[name]:.2f}", bounds
        )
    for name, reason in metrics.get("undefined", {}).items():
        table.add_row(name, f"{100 * validation[name]:.2f}" if name in validation else "", "", reason)
    return table


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
