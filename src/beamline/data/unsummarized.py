"""Dialogues without references, to be summarized: from files in any format of `data`, or from a pipe."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from beamline.core.errors import BeamlineError
from beamline.core.params import Columns
from beamline.data.dialogues import to_source
from beamline.data.plain_text import PLAIN_TEXT, read_plain_text
from beamline.data.readers import Row, parse_jsonl, read_rows, split_ending
from beamline.data.text_files import decode_lines

PIPE = "stdin"


def read_sources(files: Sequence[Path], columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield id and text of each dialogue, file by file.

    A file with the ending of a table holds a dialogue a record. Any other file is the text of one dialogue. A dialogue
    without an id is called after its file and number. Raises `BeamlineError` for what can't be read or is no dialogue.
    """
    for path in files:
        if split_ending(path) is not None:
            number = 0
            for number, row in enumerate(read_rows(path), start=1):
                yield to_source(row, columns, f"{path.stem}-{number}")
            if number == 0:
                raise BeamlineError(f"{path}: empty; expected a record for each dialogue")
        else:
            lines = [str(row.cells[PLAIN_TEXT]) for row in read_plain_text(path)]
            yield parse_text("\n".join(lines), str(path), f"{path.stem}-1")


def read_pipe(pipe: BinaryIO, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield id and text of each dialogue of piped bytes, decoded as those of a file. See `parse_sources`."""
    lines = (line.removesuffix("\n").removesuffix("\r") for line in decode_lines(pipe, Path(PIPE)))
    return parse_sources("\n".join(lines), columns)


def parse_sources(text: str, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield id and text of each dialogue of piped text: JSON lines if it begins with a brace, else one dialogue.

    Raises `BeamlineError` as `read_sources` does.
    """
    if text.lstrip().startswith("{"):
        for number, row in enumerate(parse_jsonl(text.split("\n"), PIPE), start=1):
            yield to_source(row, columns, f"{PIPE}-{number}")
    else:
        yield parse_text(text, PIPE, f"{PIPE}-1")


def parse_text(text: str, where: str, key: str) -> tuple[str, str]:
    """Return id and text of one dialogue in plain text. Raises `BeamlineError` if there is none."""
    if not text.strip():
        raise BeamlineError(f"{where}: empty; expected a dialogue, a turn a line")
    return to_source(Row(where, {"dialogue": text.strip("\n")}), Columns(id=None, dialogue=None, summary=None), key)
