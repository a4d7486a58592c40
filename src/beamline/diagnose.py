"""The `diagnose` stage, and a command: why is my ROUGE so bad? python -m beamline.diagnose

Without options: the run in the workspace. Also another revision, somebody's summaries, or somebody's checkpoint.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beamline.core.errors import BeamlineError, run
from beamline.core.paths import DIAGNOSIS, DIAGNOSIS_METRICS

if TYPE_CHECKING:  # imported where it is used: it takes seconds, and --help needs none of it
    from beamline.diagnosis.evidence import Evidence
    from beamline.diagnosis.verdict import Result

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def main(
    revision: Annotated[
        str | None,
        typer.Option("--rev", metavar="REV", help="An experiment, branch, tag or commit.", show_default=False),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Summaries: plain lines, .jsonl, .csv, .parquet.", show_default=False),
    ] = None,
    references: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Their references, in the same order; can be repeated.", show_default=False),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Somebody's checkpoint.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Dialogues to try it on.", show_default=False)
    ] = None,
) -> None:
    """Say what is wrong with a run, with evidence: a verdict, and the checks behind it.

    Of the run in the workspace, metrics/diagnosis.json and reports/diagnosis.md are written.
    """
    if (predictions is None) != (not references):
        raise BeamlineError("--predictions, --references: each needs the other")
    if (model is None) != (data is None):
        raise BeamlineError("--model, --data: each needs the other")
    if sum(each is not None for each in (revision, predictions, model)) > 1:
        raise BeamlineError("--rev, --predictions, --model: only one of them can be diagnosed at a time")

    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    from beamline.core.params import read_params  # noqa: PLC0415
    from beamline.diagnosis.collect import of_checkpoint, of_directory, of_files, of_revision  # noqa: PLC0415

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if revision is not None:
        with of_revision(revision) as evidence:
            diagnose(evidence)
    elif predictions is not None:
        diagnose(of_files(predictions, references or []))
    elif model is not None and data is not None:
        diagnose(of_checkpoint(model, data, read_params()))
    else:
        params = read_params()
        torch.set_num_threads(params.evaluate.threads)  # as many as wrote the summaries: they change the last digits
        diagnose(of_directory(Path()), write=True)


def diagnose(evidence: "Evidence", *, write: bool = False) -> "list[Result]":
    """Run every check, print the verdict and what was found, and write the whole report if `write`."""
    from rich.console import Console  # noqa: PLC0415

    from beamline.core.files import to_json, write_texts  # noqa: PLC0415
    from beamline.diagnosis.report import brief_parts, parts, to_metrics  # noqa: PLC0415
    from beamline.diagnosis.verdict import judge, run_checks  # noqa: PLC0415
    from beamline.pages.markdown import to_markdown  # noqa: PLC0415
    from beamline.pages.terminal import print_terminal  # noqa: PLC0415

    results = run_checks(evidence)
    verdict = judge(evidence, results)
    if write:
        markdown = to_markdown(parts(results, verdict)) + "\n"
        write_texts({DIAGNOSIS_METRICS: to_json(to_metrics(results, verdict)), DIAGNOSIS: markdown})
    console = Console()
    print_terminal(brief_parts(results, verdict, str(DIAGNOSIS) if write else ""), console)
    console.print(f"Verdict: {verdict.headline}.", highlight=False, markup=False)  # again: the tables can be long
    return results


if __name__ == "__main__":
    run(app)
