"""The README against what it describes."""

import json
import re

from support.repository import ROOT

from beamline.core.params import read_params

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_results_is_that_of_the_metrics_file() -> None:
    rouge = json.loads((ROOT / "metrics" / "rouge.json").read_text(encoding="utf-8"))
    low, high = rouge["test"]["rouge_f_interval"]
    assert f"{100 * rouge['test']['rouge_f']:.2f} ({100 * low:.2f} to {100 * high:.2f})" in README
    assert rouge["signature"] in README


def test_committed_results_are_those_of_the_committed_parameters() -> None:
    generation = json.loads((ROOT / "metrics" / "generation.json").read_text(encoding="utf-8"))
    params = read_params(ROOT / "params.yaml").generation.model_dump()
    assert generation["settings"] == {name: params[name] for name in generation["settings"]}


def test_default_run_is_neither_broken_nor_saturated() -> None:
    rouge = json.loads((ROOT / "metrics" / "rouge.json").read_text(encoding="utf-8"))
    assert 0.47 <= rouge["test"]["rouge_f"] <= 0.90


def test_the_catalogue_of_faults_is_the_one_that_the_tests_inject() -> None:
    source = (ROOT / "tests" / "faults" / "catalogue.py").read_text(encoding="utf-8")
    names = re.findall(r'Fault\(\s*"([^"]+)"', source)
    faults = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    table = faults.split("| fault | found |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| (\S+) \| (.+?) \| [+-]\d+\.\d \|$", table, re.MULTILINE)
    assert [name for name, _, _ in rows] == names
    assert all(found == "yes" and "no" not in named.split("*") for _, found, named in rows)
    assert f"[{len(rows)} faults](docs/faults.md)" in README
    assert f"Each of these {len(rows)} faults" in faults


def test_every_section_of_params_stands_in_the_table() -> None:
    table = README.split("## Parameters")[1].split("## How it works")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(
        read_params(ROOT / "params.yaml").model_dump()
    )


def test_every_module_stands_in_the_table() -> None:
    package = ROOT / "src" / "beamline"
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    modules |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    table = README.split("## How it works")[1]
    assert {name for name in modules if f"`{name}`" not in table and f"/{name}`" not in table} == set()
