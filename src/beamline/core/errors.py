"""The errors that are for people, and the one place where they are printed."""

import gc
import os
import re
import sys
from collections.abc import Callable
from typing import NoReturn

_OUT_OF_MEMORY = re.compile(
    "out of memory|can't allocate memory|bad_alloc|STATUS_ALLOC_FAILED"
    "|could not create a memory|could not create a primitive$"  # oneDNN; its "descriptor" isn't for memory
)
_INTERRUPTED = 130  # the exit code of a shell's command that was interrupted, and of a typer app


class BeamlineError(Exception):
    """Something the user can fix. The message is one line: what is wrong, where, how to fix it."""


def quote(value: object) -> str:
    """Return `value` as errors show it: on one line, in quotes if it is text, cut after 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def out_of_memory(error: BaseException) -> bool:
    """Return whether memory, a GPU's or the machine's, ran out. torch has no single class for that."""
    return isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(str(error)) is not None


def run(main: Callable[[], None]) -> None:
    """Run a stage's or a command's `main`. A `BeamlineError` becomes one line on stderr and exit code 1."""
    # Imports make 400,000 objects that stay. Looking for garbage among them after every 700 new ones, and once more at
    # the end, took a fifth of a short program.
    gc.set_threshold(10_000)
    gc.freeze()
    try:
        if main.__module__ == "__main__":  # a stage; a typer app is of typer's module, and reads its arguments itself
            _take_no_arguments()
        main()
    except BeamlineError as error:
        _say(f"error: {error}{_restoring()}")
        raise SystemExit(1) from None
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        _say(f"error: out of memory ({reason}); take smaller batches, or a smaller model{_restoring()}")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        _end_interrupted()
    except SystemExit as end:
        if end.code == _INTERRUPTED:  # typer makes this of an interrupt, and says nothing
            _end_interrupted()
        raise
    finally:
        gc.freeze()


def _end_interrupted() -> NoReturn:
    _say(f"interrupted: nothing is left half-written{_restoring()}")
    raise SystemExit(_INTERRUPTED) from None


def _restoring() -> str:
    """Return what the line of a failed stage says last: DVC deleted the stage's earlier outputs before it began."""
    if "DVC_STAGE" not in os.environ:
        return ""
    return "; earlier results come back when you undo the change and run: dvc repro"


def _say(line: str) -> None:
    """Write line and line end at once. `print` writes two pieces, and unbuffered processes would mix their lines."""
    sys.stderr.write(f"{line}\n")


def _take_no_arguments() -> None:
    if "--help" in sys.argv[1:]:
        print((sys.modules["__main__"].__doc__ or "").strip())
        raise SystemExit(0)
    if sys.argv[1:]:
        raise BeamlineError(
            f"{sys.argv[1]}: expected no arguments; set what it reads in params.yaml, or: dvc exp run -S KEY=VALUE"
        )
