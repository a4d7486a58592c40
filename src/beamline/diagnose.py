"""The `diagnose` stage: say why the score is what it is, with evidence.

python -m beamline.diagnose

It reads the run in the workspace. The command `beamline diagnose` also reads other runs, and files of any system.
"""

from itertools import chain
from pathlib import Path

import torch
import transformers
from rich.console import Console

from beamline.core import paths
from beamline.core.errors import run
from beamline.core.files import to_json, write_texts
from beamline.core.params import read_params
from beamline.diagnosis.collect import evidence_from_directory
from beamline.diagnosis.report import brief_parts, parts, to_metrics
from beamline.diagnosis.verdict import judge, run_checks
from beamline.encoding.prepared import read_split
from beamline.pages.markdown import to_markdown
from beamline.pages.terminal import print_terminal

NO_REFERENCES = (
    "nothing to diagnose, as test has no references;"
    f" score its summaries with: beamline score {paths.PREDICTIONS} REFERENCES"
)


def main() -> None:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(read_params().evaluate.threads)  # as in evaluate: their number changes the last digits

    if not read_split("test")[0].record.references:
        metrics = {"verdict": NO_REFERENCES, "cause": "none"}
        write_texts({paths.DIAGNOSIS_METRICS: to_json(metrics), paths.DIAGNOSIS: f"{NO_REFERENCES}\n"})
        print(NO_REFERENCES)
        return
    evidence = evidence_from_directory(Path())
    results = run_checks(evidence)
    verdict = judge(evidence, results)
    # Printed first: where nothing can be written, the verdict is known all the same.
    print_terminal(chain(evidence.notes, brief_parts(results, verdict, str(paths.DIAGNOSIS))), Console())
    write_texts(
        {
            paths.DIAGNOSIS_METRICS: to_json(to_metrics(results, verdict)),
            paths.DIAGNOSIS: to_markdown(chain(evidence.notes, parts(results, verdict))) + "\n",
        }
    )


if __name__ == "__main__":
    run(main)
