"""The subcommands that measure: score, compare, diagnose."""

from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import typer

from beamline.core.choices import Punctuation, References, Sentences, TokenizerName
from beamline.core.errors import BeamlineError
from beamline.data.columns import PREDICTION_COLUMNS, REFERENCE_COLUMNS
from beamline.data.readers import describe_endings


def score(
    predictions: Annotated[
        Path,
        typer.Argument(metavar="PREDICTIONS", help=f"Plain text, a summary a line, or {describe_endings()}."),
    ],
    references: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="REFERENCES",
            help="The same, in the same order; several files are several references. None: PREDICTIONS has them.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of PREDICTIONS; a.b is column b of the objects in column a.",
            show_default=" or ".join(PREDICTION_COLUMNS),
        ),
    ] = None,
    reference_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Column of REFERENCES, or the stem of summary1, summary2, ...; can be repeated.",
            show_default=" or ".join(REFERENCE_COLUMNS),
        ),
    ] = None,
    tokenizer: Annotated[
        TokenizerName,
        typer.Option(help="auto: by the script of the references."),
    ] = "auto",
    stemmer: Annotated[bool, typer.Option(help="Porter's, for the english tokenizer.")] = True,
    punctuation: Annotated[
        Punctuation, typer.Option(help="keep: it counts as tokens, for the tokenizers words and characters.")
    ] = "drop",
    sentences: Annotated[
        Sentences, typer.Option(help="Where a sentence of rougeLsum ends; newlines: as in rouge-score.")
    ] = "both",
    multi: Annotated[
        References,
        typer.Option("--references", help="Of several: the mean of their scores, or the highest for each ROUGE type."),
    ] = "mean",
    scores_path: Annotated[
        Path | None,
        typer.Option(
            "--each", metavar="FILE", help="Write each summary's scores there, as JSON lines.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, scores in 0-1, instead of the table.")] = False,
) -> None:
    """Score summaries against their references.

    Prints each score's mean with its 95 % interval, and the signature: scores are comparable if their signatures are
    the same.
    """
    from rich.console import Console  # noqa: PLC0415

    from beamline.comparison.scoring import DEFAULTS, score_files, score_parts, to_json  # noqa: PLC0415
    from beamline.pages.terminal import print_terminal  # noqa: PLC0415

    scored = score_files(
        predictions,
        references or [],
        column=column,
        reference_columns=reference_column or [],
        rouge=DEFAULTS.model_copy(
            update={
                "tokenizer": tokenizer,
                "stemmer": stemmer,
                "punctuation": punctuation,
                "sentences": sentences,
                "references": multi,
            }
        ),
        scores_path=scores_path,
    )
    if as_json:
        typer.echo(to_json(scored))
    else:
        print_terminal(score_parts(scored), Console())


def compare(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B [C]...",
            help=f"Experiments, branches, tags, commits, 'workspace', or files of predictions: {describe_endings()}.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Compare although signatures or test sets differ, the dialogues in common.")
    ] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score all predictions here, with the rouge settings of the first run.")
    ] = False,
    dialogues: Annotated[
        int, typer.Option(min=0, metavar="N", help="Dialogues to show: N that gained and N that lost most.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, scores in 0-1, instead of tables.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, fit for a pull request.")] = False,
    page: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write one HTML file, too: all dialogues, to read.", show_default=False
        ),
    ] = None,
) -> None:
    """Compare systems: is the difference more than noise?

    Prints the scores beside those of A, each difference with its 95 % interval and p-value, and the dialogues that
    gained and lost most.
    """
    if as_json and as_markdown:
        raise BeamlineError("--json, --markdown: only one of them can be printed")
    if page is not None and page.resolve() in [Path(name).resolve() for name in names or []]:
        raise BeamlineError(f"--html {page}: is read from; name another file")

    from rich.console import Console  # noqa: PLC0415

    from beamline.comparison.differences import compare_systems  # noqa: PLC0415
    from beamline.comparison.tables import comparison_parts, to_json  # noqa: PLC0415
    from beamline.pages.markdown import to_markdown  # noqa: PLC0415
    from beamline.pages.terminal import print_terminal  # noqa: PLC0415

    comparison = compare_systems(names or [], force=force, rescore=rescore)
    if page is not None:
        from beamline.core.files import write_text  # noqa: PLC0415
        from beamline.pages.html.comparison import comparison_page  # noqa: PLC0415
        from beamline.pages.html.page import render  # noqa: PLC0415

        write_text(page, render(comparison_page(comparison)))
    if as_json:
        typer.echo(to_json(comparison, dialogues))
    elif as_markdown:
        typer.echo(to_markdown(comparison_parts(comparison, dialogues)))
    else:
        print_terminal(comparison_parts(comparison, dialogues), Console())


def diagnose(
    revision: Annotated[
        str | None,
        typer.Option("--rev", metavar="REV", help="An experiment, branch, tag or commit.", show_default=False),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Summaries: plain lines, or {describe_endings()}.", show_default=False),
    ] = None,
    references: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Their references, in the same order; can be repeated.", show_default=False),
    ] = None,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of --predictions.", show_default=False)
    ] = None,
    reference_column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Column of the references; can be repeated.", show_default=False),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Somebody's checkpoint.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Dialogues to try it on.", show_default=False)
    ] = None,
    fail_on: Annotated[
        Literal["failure", "warning"] | None,
        typer.Option(help="End with exit code 1 if a check finds that, or worse.", show_default=False),
    ] = None,
) -> None:
    """Say why the score of a run is low, with evidence.

    Without options: of the run in the workspace. Prints the verdict and the checks that found something. The stage
    writes the full report, reports/diagnosis.md.
    """
    from rich.console import Console  # noqa: PLC0415

    from beamline.diagnosis.report import brief_parts  # noqa: PLC0415
    from beamline.diagnosis.sources import open_evidence  # noqa: PLC0415
    from beamline.diagnosis.verdict import judge, run_checks, stop_on  # noqa: PLC0415
    from beamline.pages.terminal import print_terminal  # noqa: PLC0415

    with open_evidence(
        revision,
        predictions,
        references or [],
        model,
        data,
        column=column,
        reference_columns=reference_column or [],
    ) as evidence:
        results = run_checks(evidence)
        print_terminal(chain(evidence.notes, brief_parts(results, judge(evidence, results))), Console())
    if fail_on is not None:
        stop_on(fail_on, results)
