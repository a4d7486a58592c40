"""Dialogues without references, to be summarized: from files in any format of `data`, or from a pipe."""

import os
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

    A file with the ending of a table holds a dialogue a record. Any other file is the text of one dialogue. What is no
    file on a disk, as of the shell's `<(...)`, is read like standard input. A dialogue without an id is called after
    its file and number, see `name_files`. Raises `BeamlineError` for what can't be read
    or is no dialogue, and if files can't be told apart.
    """
    for path, name in zip(files, name_files(files), strict=True):
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("rb") as pipe:
                yield from read_pipe(pipe, columns, name)
        elif split_ending(path) is not None:
            number = 0
            for number, row in enumerate(read_rows(path), start=1):
                yield to_source(row, columns, f"{name}-{number}")
            if number == 0:
                raise BeamlineError(f"{path}: empty; expected a record for each dialogue")
        else:
            lines = [str(row.cells[PLAIN_TEXT]) for row in read_plain_text(path)]
            yield parse_text("\n".join(lines), str(path), f"{name}-1")


def name_files(files: Sequence[Path]) -> list[str]:
    """Return a different name for each file: its stem, or if others have the same, its path in their common directory.

    Raises `BeamlineError` for a file that is there twice.
    """
    directories: dict[str, list[Path]] = {}
    for path in files:
        directories.setdefault(path.stem, []).append(path.absolute().parent)
    names: dict[str, Path] = {}
    for path in files:
        shared = directories[path.stem]
        name = path.stem if len(shared) == 1 else str(path.absolute().relative_to(os.path.commonpath(shared)))
        if name in names:
            raise BeamlineError(
                f"{path}: its dialogues would have the ids of {names[name]}; name each file once, or rename one"
            )
        names[name] = path
    return list(names)


def read_pipe(pipe: BinaryIO, columns: Columns, name: str = PIPE) -> Iterator[tuple[str, str]]:
    """Yield id and text of each dialogue of piped bytes, decoded as those of a file. See `parse_sources`."""
    lines = (line.removesuffix("\n").removesuffix("\r") for line in decode_lines(pipe, Path(name)))
    return parse_sources("\n".join(lines), columns, name)


def parse_sources(text: str, columns: Columns, name: str = PIPE) -> Iterator[tuple[str, str]]:
    """Yield id and text of each dialogue of piped text: JSON lines if it begins with a brace, else one dialogue.

    Raises `BeamlineError` as `read_sources` does.
    """
    if text.lstrip().startswith("{"):
        for number, row in enumerate(parse_jsonl(text.split("\n"), name), start=1):
            yield to_source(row, columns, f"{name}-{number}")
    else:
        yield parse_text(text, name, f"{name}-1")


def parse_text(text: str, where: str, key: str) -> tuple[str, str]:
    """Return id and text of one dialogue in plain text. Raises `BeamlineError` if there is none."""
    if not text.strip():
        raise BeamlineError(f"{where}: empty; expected a dialogue, a turn a line")
    return to_source(Row(where, {"dialogue": text.strip("\n")}), Columns(id=None, dialogue=None, summary=None), key)
