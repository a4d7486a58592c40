"""How `make` ends: the scores, the verdict's sentence, and what to type next.

python -m beamline.pages.outcome
"""

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from beamline.core import paths
from beamline.core.errors import BeamlineError, run
from beamline.metrics.results import score_table


def main() -> None:
    scores, diagnosis = read_metrics(paths.SCORES), read_metrics(paths.DIAGNOSIS_METRICS)
    console = Console(width=80, highlight=False, markup=False)
    console.print(score_table(scores))
    console.print(f"Verdict: {diagnosis['verdict']}.")
    console.print(f"To read the summaries, open {paths.PAGE}")
    if diagnosis["cause"] == "none":
        console.print("Next: dvc exp run -S generation.num_beams=4")
    else:
        console.print(f"Next: read {paths.DIAGNOSIS}")


def read_metrics(path: Path) -> Any:
    """Return the content of a metrics file. Raises `BeamlineError` if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BeamlineError(f"{path}: can't be read ({error}); run: dvc repro") from None


if __name__ == "__main__":
    run(main)
