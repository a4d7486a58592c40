"""The one family of errors that are for people, and the one place where they are printed."""

import sys
from collections.abc import Callable


class BeamlineError(Exception):
    """Something the user can mend. The message is one line: where it is, what was expected, what to do."""


def run(main: Callable[[], None]) -> None:
    """Run a stage's or a command's `main`; a `BeamlineError` becomes one line on stderr and exit code 1."""
    try:
        main()
    except BeamlineError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("interrupted: earlier outputs are untouched", file=sys.stderr)
        raise SystemExit(130) from None
