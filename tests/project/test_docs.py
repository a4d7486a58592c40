"""The documentation against what it describes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.documentation import (
    DOCUMENTS,
    all_pages,
    documented_commands,
    fenced_blocks,
    read_document,
    table_rows,
)
from support.repository import ROOT

from beamline.core.params import read_params

README = read_document("README.md")
PAGES = {str(path.relative_to(ROOT)): path for path in all_pages()}


def read_metrics(name: str) -> Any:
    return json.loads((ROOT / "metrics" / name).read_text(encoding="utf-8"))


def test_readme_is_short() -> None:
    assert len(README.encode()) <= 8000


def test_readme_shows_the_committed_score_and_its_signature() -> None:
    rouge = read_metrics("rouge.json")
    low, high = rouge["test"]["rouge_f_interval"]
    assert f"{100 * rouge['test']['rouge_f']:.2f} ({100 * low:.2f} to {100 * high:.2f})" in README
    signature = next(line for block in fenced_blocks(README) for line in block.lines if "|seed:" in line)
    assert signature == rouge["signature"]


def test_readme_fits_80_columns_except_for_the_signature() -> None:
    wide = [line for line in README.splitlines() if len(line) > 80]
    assert wide == [read_metrics("rouge.json")["signature"]]


def test_every_page_is_among_those_whose_commands_are_run() -> None:
    pages = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(DOCUMENTS) == sorted({"README.md", *pages})


@pytest.mark.parametrize("name", DOCUMENTS[1:])
def test_blocks_of_commands_and_figures_fit_120_columns(name: str) -> None:
    wide = [line for block in fenced_blocks(read_document(name)) for line in block.lines if len(line) > 120]
    assert wide == []


def test_committed_results_are_those_of_the_committed_parameters() -> None:
    settings = read_metrics("generation.json")["settings"]
    params = read_params(ROOT / "params.yaml").generation.model_dump()
    assert settings == {name: params[name] for name in settings}


def test_default_run_is_neither_broken_nor_saturated() -> None:
    assert 0.47 <= read_metrics("rouge.json")["test"]["rouge_f"] <= 0.90


def test_the_table_of_faults_is_the_catalogue_that_the_tests_inject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests" / "faults")
    import catalogue

    expected = [(fault.name, fault.check.replace("_", " ")) for fault in catalogue.CATALOGUE]
    page = read_document("docs/faults.md")
    rows = table_rows(page, "| fault | the check that has to name it |")
    assert [(fault, check) for fault, check, _ in rows] == expected
    assert f"[{len(rows)} faults](docs/faults.md)" in README
    assert f"each of these {len(rows)} faults" in page


def test_the_table_of_parameters_names_every_section_and_the_stages_that_read_it() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    read_by = {
        section: {name for name, stage in stages.items() if section in {key.split(".")[0] for key in stage["params"]}}
        for section in read_params(ROOT / "params.yaml").model_dump()
    }
    read_by["tracking"] = {"train", "evaluate"}  # no stage depends on it, because it changes no result
    rows = table_rows(read_document("docs/experiments.md"), "| section | what it sets |")
    assert {
        section.strip("`"): set(re.sub(r" \(.*?\)", "", readers).split(", ")) for section, _, readers in rows
    } == read_by


def test_every_package_is_in_the_tree_and_in_the_layout() -> None:
    packages = {path.parent.name for path in (ROOT / "src" / "beamline").glob("*/__init__.py")}
    [tree] = [block for block in fenced_blocks(README) if "src/beamline/" in block.lines]
    assert {match[1] for line in tree.lines if (match := re.match(r"  (\w+)/ ", line))} == packages
    layout = table_rows(read_document("docs/architecture.md"), "| package | what it holds |")
    assert {package.strip("`") for package, _ in layout} == packages


@pytest.mark.parametrize("name", PAGES)
def test_no_link_to_another_file_or_heading_is_dead(name: str) -> None:
    page = PAGES[name]
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"https?:", target):
            path, _, heading = target.partition("#")
            linked = (page.parent / path) if path else page
            assert linked.exists(), target
            assert not heading or heading in anchors(linked), target


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_that_contributing_names_is_there() -> None:
    text = read_document("CONTRIBUTING.md")
    named = set(re.findall(r"`([\w/.-]+(?:\.py|\.md|\.yaml|\.txt|/))`", text))
    places = (ROOT, ROOT / "src" / "beamline", ROOT / "src" / "beamline" / "diagnosis" / "checks")
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


@pytest.mark.parametrize("name", DOCUMENTS[1:])
def test_every_page_of_docs_opens_with_who_needs_it(name: str) -> None:
    assert read_document(name).split("\n\n")[1].startswith("For everyone who")


def test_commands_of_beamline_name_subcommands_and_options_that_exist() -> None:
    typer_app = pytest.importorskip("beamline.cli").app
    from typer.main import get_command

    subcommands = get_command(typer_app).commands
    for command in [command for name in DOCUMENTS for command in documented_commands(name)]:
        if command.startswith("beamline "):
            _, subcommand, *words = command.split()
            options = {option for parameter in subcommands[subcommand].params for option in parameter.opts}
            assert {word for word in words if word.startswith("-")} <= options, command
