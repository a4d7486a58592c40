"""The subcommands that put a trained model to use: summarize, export."""

from pathlib import Path
from typing import Annotated

import typer

from beamline.data.readers import describe_endings


def summarize(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help=f"A dialogue a row: {describe_endings()}; any other file is one dialogue. None: standard input.",
            show_default=False,
        ),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option("--rev", metavar="REV", help="The model of an experiment, branch, tag or commit."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Any checkpoint, for instance an exported one.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set-param", "-S", metavar="KEY=VALUE", help="Decode differently: -S generation.num_beams=4; repeatable."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write there instead of standard output; goes on after an interruption, by the same model.",
        ),
    ] = None,
) -> None:
    """Write summaries of new dialogues.

    A line of JSON for each dialogue, in order: id, summary, and findings: content words, numbers and names that the
    dialogue doesn't have. Without options, the model of the run in the workspace decodes as its scores were measured.
    """
    from beamline.serving.summarize import summarize as write_summaries  # noqa: PLC0415

    write_summaries(files or [], revision, model, changes or [], output)


def export(
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where to put it; new or empty.")],
    revision: Annotated[
        str | None,
        typer.Option("--rev", metavar="REV", help="The model of an experiment, branch, tag or commit."),
    ] = None,
    ctranslate2: Annotated[
        bool, typer.Option("--ctranslate2", help="Write the format of CTranslate2, which decodes faster.")
    ] = False,
    push_to: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Upload it to the hub, too: a private repository.", show_default=False),
    ] = None,
) -> None:
    """Write the chosen model for plain transformers.

    A model card is beside it. Its own generation settings are those of the reported scores.
    """
    from beamline.serving.export import export as write_export  # noqa: PLC0415

    typer.echo(write_export(directory, revision, ctranslate2=ctranslate2, push_to=push_to))
