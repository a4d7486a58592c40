"""Lists of what is wrong with rows of data: complete, in files outside the stages' outputs. An error names the file."""

import os
import re
from collections import Counter
from pathlib import Path

from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.core.files import write_text

_LISTED = 1000  # rows of one kind of problem; a missing column would be as many lines as there are rows


def list_path(name: str) -> Path:
    """Return where a list is: under the root of the repository, also in the temporary copies that DVC runs in."""
    root = Path(os.environ.get("DVC_ROOT", ".")).resolve()
    return (Path() if root == Path.cwd().resolve() else root) / paths.PROBLEMS / name


class Problems:
    """The rows that can't be used, collected so that one run shows them all.

    Of each kind, the first thousand are kept, and the others are counted. Messages are of one kind if they begin alike,
    up to the first value in them.
    """

    def __init__(self) -> None:
        self._path = list_path("rows.txt")
        self._messages: list[str] = []
        self._counts: Counter[str] = Counter()

    def add(self, error: BeamlineError) -> None:
        """Note what is wrong with a row. The error begins with the row's place, as in `train.csv:17: `."""
        message = str(error)
        kind = re.split(r"""["'\d]""", message.partition(": ")[2], maxsplit=1)[0]
        self._counts[kind] += 1
        if self._counts[kind] <= _LISTED:
            self._messages.append(message)

    def refuse_rows(self) -> None:
        """Raise `BeamlineError` with the first problem, and list all of them, if there are any."""
        self._path.unlink(missing_ok=True)
        count = self._counts.total()
        if count > 1:
            more = [
                f"... and {found - _LISTED} more rows: {kind.strip()} ...\n"
                for kind, found in self._counts.items()
                if found > _LISTED
            ]
            write_text(self._path, "".join([*(f"{message}\n" for message in self._messages), *more]))
            raise BeamlineError(f"{self._messages[0]}; {count} rows have problems, all listed in {self._path}")
        if count:
            raise BeamlineError(self._messages[0])
