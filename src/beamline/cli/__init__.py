"""The command `beamline`: arguments only. Each subcommand calls one function of a package and shows what it returns.

Imports of packages that take long are inside the functions: --help needs none of them.
"""

import typer

from beamline.cli.inputs import import_, preset
from beamline.cli.measure import compare, diagnose, score
from beamline.cli.serving import export, summarize
from beamline.core.errors import run

app = typer.Typer(
    help="Score summaries, compare systems and find out why a score is low.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(score)
app.command()(compare)
app.command()(diagnose)
app.command()(preset)
app.command("import")(import_)
app.command()(summarize)
app.command()(export)


def main() -> None:
    """Run the command; a `BeamlineError` becomes one line on stderr and exit code 1."""
    run(_run_app)


def _run_app() -> None:
    app(prog_name="beamline")  # the same for `python -m beamline`, on whose name shell completion depends, too
