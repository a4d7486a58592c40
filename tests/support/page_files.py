"""The files of a run that the page reads, with texts of our own choice, so that no model is needed."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from support.repository import ROOT

from beamline.comparison.scoring import DEFAULTS, score_predictions
from beamline.core import paths
from beamline.core.files import to_jsonl
from beamline.core.records import Predictions
from beamline.metrics.results import score_metrics

PLANTED = "<script>alert('planted')</script><img src=x onerror=alert('planted')>"
THINGS = ("kettle", "bicycle", "umbrella", "sofa", "lamp", "camera", "violin", "tent", "carpet", "mirror")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
HEBREW = ("נועה: איפה המפתח של הדירה?\nדוד: הוא על השולחן במטבח.", "דוד אומר לנועה שהמפתח על השולחן במטבח.")


def predictions(count: int = 60, *, better: bool = False) -> Predictions:
    """Return dialogues about things and days. The third one holds `PLANTED`, the fourth one is Hebrew."""
    dialogues, references, summaries = [], [], []
    for number in range(count):
        thing, day = THINGS[number % 10], DAYS[number % 5]
        dialogues.append(f"#Person1#: Is the {thing} broken?\n#Person2#: Yes.\n#Person1#: Anna comes on {day} for it.")
        references.append((f"Anna repairs the {thing} on {day}.", f"The {thing} is broken, so Anna comes on {day}."))
        summaries.append(
            f"The {thing} is broken. Anna comes on {day}."
            if better
            else f"A {THINGS[number % 7]} is broken. Oscar comes on {DAYS[number % 3]}."
        )
    dialogues[2] = f"#Person1#: {PLANTED}\n#Person2#: What?"
    summaries[2] = f"{PLANTED} is what #Person1# says."
    dialogues[3], summaries[3] = HEBREW
    return Predictions([f"talk-{number:05}" for number in range(count)], dialogues, references, summaries)


def write_predictions(path: Path, count: int = 60, *, better: bool = False) -> None:
    """Write a file of predictions as `beamline compare` reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_jsonl(predictions(count, better=better).to_rows({})), encoding="utf-8")


def write_run(directory: Path, count: int = 60) -> None:
    """Write what the stages before `report` write, as far as `report` reads it. Scores repeat after 60 dialogues."""
    shutil.copy(ROOT / "params.yaml", directory)
    shown = predictions(count)
    scored = score_predictions(predictions(), DEFAULTS)
    columns = {name: np.resize(values, count) for name, values in scored.scores.columns.items()}
    scores, health = scored.scores, {"empty": 0.0}
    rouge: dict[str, Any] = score_metrics(scores, scores, scores.intervals(), health)
    files = {
        paths.PREDICTIONS: to_jsonl(shown.to_rows(columns)),
        paths.SCORES: json.dumps({**rouge, "signature": scored.signature}),
        paths.DIAGNOSIS_METRICS: json.dumps({"verdict": "nothing wrong found: the model is simply this good"}),
        paths.CURVES / "plots/metrics/train/loss.tsv": "step\tloss\n1\t4.5\n2\t2.25\n3\t1.5\n",
        paths.CURVES / "plots/metrics/validation/loss.tsv": "step\tloss\n1\t3.5\n2\t2.5\n3\t2.25\n",
    }
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
