"""ROUGE of anybody's summaries, without a pipeline: python -m beamline.score PREDICTIONS [REFERENCES]..."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from beamline.core.errors import BeamlineError, run

if TYPE_CHECKING:  # Imported where they are used: they take a second or two, and --help needs none of them.
    from rich.table import Table

    from beamline.data.readers import Row
    from beamline.metrics.rouge import RougeResult, RougeScorer

SEED = 42
MINIMUM_COVERAGE = 0.9
PREDICTION_COLUMNS = ("prediction", "predictions", "summary")
REFERENCE_COLUMNS = ("references", "reference", "summary")
ID_COLUMNS = ("id", "fname")
PLAIN_TEXT = "(plain text)"  # the column of a file that has none
NEVER_PLAIN = (".jsonl", ".csv", ".parquet", ".json", ".tsv", ".xlsx")  # `read_rows` says which of them it can read

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def main(
    predictions: Annotated[
        Path, typer.Argument(metavar="PREDICTIONS", help="Plain text, a summary a line, or .jsonl, .csv, .parquet.")
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
        typer.Option(metavar="NAME", help="Column of PREDICTIONS.", show_default=" or ".join(PREDICTION_COLUMNS)),
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
        Literal["auto", "english", "words", "characters", "korean"],
        typer.Option(help="auto: by the script of the references."),
    ] = "auto",
    stemmer: Annotated[bool, typer.Option(help="Porter's, for the english tokenizer.")] = True,
    multi: Annotated[
        Literal["mean", "best"],
        typer.Option("--references", help="Of several: the mean of their scores, or the highest for each ROUGE type."),
    ] = "mean",
    each: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write each summary's scores there, as JSON lines.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, scores in 0-1, instead of the table.")] = False,
) -> None:
    """ROUGE of summaries against their references, with 95 % intervals and the signature of the measurement."""
    from beamline.core.params import Rouge  # noqa: PLC0415
    from beamline.metrics.rouge import RougeScorer  # noqa: PLC0415

    rows = read_file(predictions)
    reference_files = {path: rows if path == predictions else read_file(path) for path in references or [predictions]}
    for path, others in reference_files.items():
        check_order(predictions, rows, path, others)

    own = choose_columns(rows[0], [column] if column else [], PREDICTION_COLUMNS, option="--column")
    summaries = [one_text(row, own) for row in rows]
    reference_texts: list[list[str]] = [[] for _ in rows]
    for others in reference_files.values():
        taken = own if others is rows else []
        names = choose_columns(others[0], reference_column or [], REFERENCE_COLUMNS, taken, option="--reference-column")
        for texts, row in zip(reference_texts, others, strict=True):
            texts.extend(texts_of(row, names))

    params = Rouge(tokenizer=tokenizer, stemmer=stemmer, references=multi, minimum_coverage=MINIMUM_COVERAGE)
    scorer = RougeScorer(params, reference_texts, seed=SEED)
    result = scorer.score(summaries)
    if each:
        write_each(each, rows, result, inputs=[predictions, *reference_files])
    if as_json:
        typer.echo(to_json(scorer, result))
    else:
        from rich.console import Console  # noqa: PLC0415

        Console().print(to_table(result, several=any(len(texts) > 1 for texts in reference_texts)))
        typer.echo(scorer.signature())  # not by rich, which would break the line that people copy


def read_file(path: Path) -> "list[Row]":
    """The records of a table, or the lines of any other file as records of one column.

    Raises `BeamlineError` for a file that can't be read, isn't UTF-8 or holds nothing.
    """
    from beamline.data.readers import Row, read_rows  # noqa: PLC0415

    if path.suffix in NEVER_PLAIN:
        rows = list(read_rows(path))
    else:
        # Not splitlines(): it would also split at U+2028 and others that belong to a text.
        lines = _read_text(path).removesuffix("\n").split("\n")
        rows = [Row(f"{path}:{number}", {PLAIN_TEXT: line}) for number, line in enumerate(lines, start=1)]
        rows = rows if lines != [""] else []
    if not rows:
        raise BeamlineError(f"{path}: empty; expected one summary a line or a record")
    return rows


def check_order(path: Path, rows: "Sequence[Row]", other_path: Path, others: "Sequence[Row]") -> None:
    """Raise `BeamlineError` unless both files hold as many records and, where both have ids, the same in each place."""
    if len(rows) != len(others):
        raise BeamlineError(
            f"{other_path}: holds {len(others)}, but {path} {len(rows)}; give one reference for each summary, in order"
        )
    for row, other in zip(rows, others, strict=True):
        mine, theirs = _id(row), _id(other)
        if None not in (mine, theirs) and mine != theirs:
            raise BeamlineError(f"{other.where}: id is {theirs!r}, but {mine!r} at {row.where}; sort both alike")


def choose_columns(
    row: "Row", named: Sequence[str], usual: Sequence[str], taken: Sequence[str] = (), *, option: str
) -> list[str]:
    """The columns to read: all that are `named`, or the first of the `usual` ones that is there, or the only one.

    A name that isn't there stands for its numbered ones: `summary` for `summary1`, `summary2`, ... Columns that are
    `taken` don't count. Raises `BeamlineError` where that gives none.
    """
    columns = [name for name in row.cells if name not in taken]
    found = {name: [name] if name in columns else _numbered(name, columns) for name in named or usual}
    if named and all(found.values()):
        return [column for name in named for column in found[name]]
    if not named:
        if usual_ones := next(filter(None, found.values()), None):
            return usual_ones
        if len(columns) == 1:
            return columns
    if PLAIN_TEXT in taken:
        raise BeamlineError(f"{row.where}: plain text has no column of references; give a file of references, too")
    missing = next((name for name in named if not found[name]), " or ".join(usual))
    present = ", ".join(columns) or "no other"
    raise BeamlineError(f"{row.where}: no column {missing}, found {present}; name the one to read with {option}")


def one_text(row: "Row", columns: Sequence[str]) -> str:
    texts = texts_of(row, columns)
    if len(texts) > 1:
        raise BeamlineError(
            f"{row.where}: {len(texts)} summaries, expected one to score; name its column with --column"
        )
    return texts[0]


def texts_of(row: "Row", columns: Sequence[str]) -> list[str]:
    """The texts of a record, of which a list in a cell gives several. Raises `BeamlineError` for anything but text."""
    texts: list[str] = []
    for name in columns:
        if name not in row.cells:
            raise BeamlineError(f"{row.where}: no column {name}, found {', '.join(row.cells)}; every record needs it")
        value = row.cells[name]
        values = value if isinstance(value, list) and value else [value]
        for text in values:
            if not isinstance(text, str):
                raise BeamlineError(f"{row.where}: {name} holds {json.dumps(text, default=str)[:60]}, expected text")
            texts.append(text)
    return texts


def write_each(path: Path, rows: "Sequence[Row]", result: "RougeResult", inputs: Sequence[Path]) -> None:
    """A line for each summary: its number or id, and its headline scores in 0-1."""
    from beamline.core.files import write_jsonl  # noqa: PLC0415

    if path.resolve() in [each.resolve() for each in inputs]:
        raise BeamlineError(f"{path}: is read from; give --each another file")
    columns = result.headline.columns()
    write_jsonl(
        path,
        [
            {"line": number}
            | ({"id": _id(row)} if _id(row) is not None else {})
            | {name: float(scores[number - 1]) for name, scores in columns.items()}
            for number, row in enumerate(rows, start=1)
        ],
    )


def to_json(scorer: "RougeScorer", result: "RougeResult") -> str:
    report = {
        "references": result.references,
        "mean": result.mean.means(),
        "best": result.best.means(),
        "intervals": {name: [each.low, each.high] for name, each in result.intervals().items()},
        "coverage": scorer.coverage,
        "signature": scorer.signature(),
    }
    return json.dumps(report, indent=2)


def to_table(result: "RougeResult", *, several: bool) -> "Table":
    from rich.table import Table  # noqa: PLC0415

    table = Table(caption="rouge_f: mean of rouge1_f, rouge2_f and rougeL_f", caption_justify="left")
    other = "best" if result.references == "mean" else "mean"
    headers = [f"F1, {result.references}" if several else "F1", "95 % interval", "precision", "recall"]
    table.add_column("× 100")
    for header in [*headers, f"F1, {other}"] if several else headers:
        table.add_column(header, justify="right")
    other_means = (result.best if other == "best" else result.mean).means()
    precision, recall = result.headline.precision.mean(axis=0), result.headline.recall.mean(axis=0)
    means = result.headline.means()
    for index, (name, interval) in enumerate(result.intervals().items()):
        cells = [f"{100 * means[name]:.2f}", f"{100 * interval.low:.2f} to {100 * interval.high:.2f}"]
        cells += [f"{100 * side[index]:.2f}" if index < len(precision) else "" for side in (precision, recall)]
        table.add_row(name, *cells, *([f"{100 * other_means[name]:.2f}"] if several else []))
    return table


def _id(row: "Row") -> object:
    return next((row.cells[name] for name in ID_COLUMNS if name in row.cells), None)


def _numbered(stem: str, columns: Sequence[str]) -> list[str]:
    found = [name for name in columns if re.fullmatch(re.escape(stem) + r"\d+", name)]
    return sorted(found, key=lambda name: int(name.removeprefix(stem)))


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise BeamlineError(f"{path}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BeamlineError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None


if __name__ == "__main__":
    run(app)
