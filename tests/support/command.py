"""Run the command `beamline`, or a stage, in this process: what a person gets to see, without a second of start-up."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from beamline import cli
from beamline.core.errors import run


@dataclass(frozen=True)
class Outcome:
    """What a command ended with. out, err: what it wrote."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that a command failed with."""
        assert self.code == 1, self
        assert self.err.startswith("error: ")
        assert self.err.count("\n") == 1, self.err
        return self.err.removeprefix("error: ").rstrip("\n")


class Command:
    """Runs commands, and keeps what they write from the terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def beamline(self, *arguments: str) -> Outcome:
        """Run `beamline` with these arguments."""
        return self._run(cli.main, arguments)

    def stage(self, main: Callable[[], None]) -> Outcome:
        """Run a stage's `main` in the working directory."""
        return self._run(lambda: run(main), ())

    def _run(self, main: Callable[[], None], arguments: tuple[str, ...]) -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["beamline", *arguments])
        self._capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        captured = self._capsys.readouterr()
        assert isinstance(code, int)
        return Outcome(code, captured.out, captured.err)
