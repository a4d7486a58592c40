"""The subcommands that write what the pipeline reads: preset, import."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def preset(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="scratch, bart-base, kobart, t5-base, smollm2-135m or qwen3-0.6b.")
    ],
) -> None:
    """Write settings that belong together into params.yaml.

    Prints each value that changed, with its source. Comments stay. `scratch` takes back what the others set.
    """
    from rich.console import Console  # noqa: PLC0415

    from beamline.models.presets import apply_preset, preset_parts  # noqa: PLC0415
    from beamline.pages.terminal import print_terminal  # noqa: PLC0415

    print_terminal(preset_parts(name, apply_preset(name)), Console())


def import_(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A file, a directory of files, or the id of a hub dataset.")
    ],
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where to write; new or empty.")],
    revision: Annotated[
        str | None,
        typer.Option(metavar="REV", help="Of a hub dataset: commit, branch or tag.", show_default=False),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Of a hub dataset: its configuration, if it has several.", show_default=False
        ),
    ] = None,
    train: Annotated[
        str | None, typer.Option(metavar="FILE", help="File in SOURCE, or hub split.", show_default="by its name")
    ] = None,
    validation: Annotated[
        str | None, typer.Option(metavar="FILE", help="File in SOURCE, or hub split.", show_default="by its name")
    ] = None,
    test: Annotated[
        str | None, typer.Option(metavar="FILE", help="File in SOURCE, or hub split.", show_default="by its name")
    ] = None,
    id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of ids.", show_default="the usual names")
    ] = None,
    dialogue: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of dialogues, or a.b inside a.", show_default="the usual names"),
    ] = None,
    summary: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of summaries, or stem of summary1, ...", show_default="the usual names"
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="SHARES", help="Draw splits from train: validation=0.1,test=0.1.", show_default=False),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Draw rows with the same value together.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the drawing.")] = 42,
    queries: Annotated[
        Literal["whole", "all"], typer.Option(help="QMSum: the query for the whole meeting, or a row for each query.")
    ] = "whole",
) -> None:
    """Write a dataset as train, validation and test .jsonl.

    SOURCE has the splits in files such as train.csv, dev.json or MyTestSet.parquet, or --split draws them. Beside them,
    provenance.json says what determined these files.
    """
    from beamline.core.params import Columns  # noqa: PLC0415
    from beamline.data.importing import Choices, import_dataset  # noqa: PLC0415
    from beamline.data.splitting import parse_shares  # noqa: PLC0415

    choices = Choices(
        columns=Columns(id=id, dialogue=dialogue, summary=summary),
        parts={"train": train, "validation": validation, "test": test},
        shares={} if split is None else parse_shares(split),
        group=group,
        seed=seed,
        queries=queries,
    )
    for line in import_dataset(source, revision, config, directory, choices).describe(directory):
        typer.echo(line)
