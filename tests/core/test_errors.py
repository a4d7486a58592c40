"""What every command does alike with arguments that it doesn't take: real processes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def command(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no stage could run: there is no params.yaml."""
    monkeypatch.chdir(tmp_path)


def test_help_of_a_stage_says_what_it_is_and_runs_nothing() -> None:
    asked = command("beamline.prepare", "--help")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.startswith("The `prepare` stage: ")
    assert "python -m beamline.prepare\n" in asked.stdout


def test_a_stage_takes_no_arguments() -> None:
    refused = command("beamline.prepare", "--nosuch")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: --nosuch: expected no arguments; set what it reads in params.yaml, or: dvc exp run -S KEY=VALUE\n"
    )


def test_a_line_is_one_write_which_those_of_other_processes_cannot_split() -> None:
    """torchrun runs its processes unbuffered; a socket of datagrams keeps writes apart."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        subprocess.run([sys.executable, "-u", "-m", "beamline.prepare", "--nosuch"], stderr=theirs, check=False)
        line = ours.recv(1000).decode()
    assert line.startswith("error: ")
    assert line.endswith("\n")


def test_a_command_with_options_explains_those_that_it_does_not_know() -> None:
    refused = command("beamline", "score", "--nosuch")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "No such option: --nosuch" in refused.stderr
