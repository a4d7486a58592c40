"""The page of one run, from the files that its stages wrote."""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.params import Params
from beamline.core.report_parts import Grid, hundred
from beamline.data.predictions import parse_predictions
from beamline.metrics.intervals import FloatArray
from beamline.metrics.signature import signature_tokenizer
from beamline.metrics.support import WordSplitter
from beamline.pages.html.charts import Chart, histogram, line_chart
from beamline.pages.html.content import NamedSystem, Page, Score, ScoreTable, headline_first, plural
from beamline.pages.html.dialogues import Summaries, dialogue_data

LOSSES = {"training": "train/loss.tsv", "validation": "validation/loss.tsv"}


def run_page(params: Params) -> Page:
    """Return the page of the run in the workspace.

    Raises `BeamlineError` if a file of the run is missing or can't be read.
    """
    rouge, diagnosis = _read_json(paths.SCORES), _read_json(paths.DIAGNOSIS_METRICS)
    predictions, scores = parse_predictions(
        _read_text(paths.PREDICTIONS), str(paths.PREDICTIONS), needs_references=False
    )
    signature, headline = rouge["signature"], params.metrics.headline
    # Without references there are no scores; the page then shows a dash for each.
    unscored = {headline: [math.nan] * len(predictions.summaries)}
    columns = {name: np.array(values, dtype=np.float64) for name, values in (scores or unscored).items()}
    splitter = WordSplitter(signature_tokenizer(signature))
    return Page(
        title="Beamline: a run",
        verdict=f"{diagnosis['verdict'][:1].upper()}{diagnosis['verdict'][1:]}.",
        detail=_detail(rouge["test"], headline, len(predictions.summaries)),
        systems=[NamedSystem("", "Summary")],
        scores=_score_table(rouge, headline),
        signatures=[signature],
        settings=Grid(["setting", "value"], _settings(params), title="Settings"),
        charts=list(_charts(headline, columns[headline])),
        dialogues=dialogue_data(
            [Summaries(predictions, columns)], headline_first(columns, headline), headline, splitter
        ),
    )


def _charts(headline: str, scores: FloatArray) -> Iterator[Chart]:
    if losses := loss_chart({"": {name: _read_text(curve_path(name)) for name in LOSSES}}):
        yield losses
    if not np.isnan(scores).all():
        yield histogram("Distribution of scores", f"{headline} of a dialogue", [("dialogues", scores)])


def loss_chart(systems: Mapping[str, Mapping[str, str]]) -> Chart | None:
    """Return the losses over the epochs, or None if there are none.

    systems: by letter, empty for a single one; for each, the text of the file of each of `LOSSES`.
    """
    curves = [
        (f"{letter} {name}".strip(), _parse_curve(text), series if len(systems) > 1 else number, number == 1)
        for series, (letter, texts) in enumerate(systems.items())
        for number, (name, text) in enumerate(texts.items())
    ]
    return line_chart("Loss, in nats per token", "epoch", curves)


def curve_path(name: str) -> Path:
    """Return the file of one of `LOSSES`."""
    return paths.CURVES / "plots" / "metrics" / LOSSES[name]


def _parse_curve(text: str) -> dict[int, float]:
    rows = list(csv.reader(text.splitlines(), delimiter="\t"))[1:]
    return {int(step): float(value) for step, value in rows if math.isfinite(float(value))}


def _detail(test: Mapping[str, Any], headline: str, count: int) -> str:
    if headline not in test:
        return f"{plural(count, 'test dialogue')}, without references and so without scores"
    low, high = test[f"{headline}_interval"]
    return (
        f"{headline} {hundred(test[headline])}, 95 % interval {hundred(low)} to {hundred(high)},"
        f" on {plural(count, 'test dialogue')}"
    )


def _score_table(rouge: Mapping[str, Any], headline: str) -> ScoreTable:
    validation, test = rouge["validation"], rouge["test"]
    names = headline_first([name for name in test if f"{name}_interval" in test], headline)
    rows = []
    for name in names:
        low, high = test[f"{name}_interval"]
        cells = [
            hundred(validation[name]) if name in validation else "",
            hundred(test[name]),
            f"{hundred(low)} to {hundred(high)}",
        ]
        rows.append(Score(name, cells, (100 * low, 100 * test[name], 100 * high)))
    for name, reason in rouge.get("undefined", {}).items():
        rows.append(Score(name, [hundred(validation[name]) if name in validation else "", "", reason]))
    return ScoreTable(
        columns=["validation", "test", "95 % interval"],
        rows=rows,
        caption="× 100. rouge_f is the mean of rouge1_f, rouge2_f and rougeL_f.",
    )


def _settings(params: Params) -> list[list[str]]:
    """Return name and value of each parameter, without `tracking`, which changes no result."""
    return [
        [name, "" if value is None else json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value]
        for name, value in _flatten(params.model_dump(exclude={"tracking"}))
    ]


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for key, value in values.items():
        flat += _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return flat


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: can't be read ({error}); run: dvc repro") from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(_read_text(path))
    except ValueError as error:
        raise BeamlineError(f"{path}: not JSON ({error}); run: dvc repro") from None
