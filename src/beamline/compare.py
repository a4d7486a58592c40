"""Is B better than A, and is that more than noise? python -m beamline.compare A B [C]...

Each is a DVC experiment, a branch, tag or commit, `workspace`, or a file of predictions.
"""

from typing import Annotated

import typer

from beamline.core.errors import BeamlineError, run

SEED = 42

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B [C]...",
            help="Experiments, branches, tags, commits, 'workspace', or .jsonl, .csv, .parquet files of predictions.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Compare although signatures or test sets differ, the dialogues in common.")
    ] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score all summaries here, by the defaults of beamline.score.")
    ] = False,
    dialogues: Annotated[
        int, typer.Option(min=0, metavar="N", help="Dialogues to show: N that gained and N that lost most.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, scores in 0-1, instead of tables.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, fit for a pull request.")] = False,
) -> None:
    """Scores side by side with A's: the difference, its 95 % interval and p-value, and the dialogues behind it."""
    names = names or []
    if len(names) < 2:
        raise BeamlineError(f"expected two systems or more, found {len(names)}; for instance: main workspace")
    if as_json and as_markdown:
        raise BeamlineError("--json, --markdown: only one of them can be printed")

    # Imported here: they take a second or two, and --help needs none of them.
    from rich.console import Console  # noqa: PLC0415

    from beamline.comparison.differences import align, compare, comparison_signature, seed_spreads  # noqa: PLC0415
    from beamline.comparison.report import Report  # noqa: PLC0415
    from beamline.comparison.systems import read_systems  # noqa: PLC0415
    from beamline.pages.markdown import to_markdown  # noqa: PLC0415
    from beamline.pages.terminal import print_terminal  # noqa: PLC0415

    systems, problems = align(read_systems(names, rescore=rescore), force=force)
    report = Report(
        systems=systems,
        comparisons=compare(systems, seed=SEED),
        seeds=seed_spreads(systems),
        signatures=[comparison_signature(each, seed=SEED) for each in systems],
        problems=problems,
        dialogues=dialogues,
    )
    if as_json:
        typer.echo(report.to_json())
    elif as_markdown:
        typer.echo(to_markdown(report.parts()))
    else:
        print_terminal(report.parts(), Console())


if __name__ == "__main__":
    run(app)
