"""dvc.yaml against the code: a change of code can't leave a stale result in the cache."""

import re
from pathlib import Path

import grimp
import pytest
from ruamel.yaml import YAML
from support.repository import ROOT

from beamline.core.params import read_params

PIPELINE = YAML(typ="safe").load(ROOT / "dvc.yaml")
STAGES = sorted(PIPELINE["stages"])


def source_of(module: str) -> str:
    path = Path("src", *module.split("."))
    return str(path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py"))


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_exactly_the_modules_that_the_entry_point_imports(stage: str) -> None:
    entry = f"beamline.{stage}"
    imported = {"beamline", entry} | grimp.build_graph("beamline", cache_dir=None).find_upstream_modules(entry)
    expected = {source_of(name) for name in imported}
    declared = {path for path in PIPELINE["stages"][stage]["deps"] if path.startswith("src/")}
    assert declared == expected


@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_its_own_module_from_the_tree_it_is_in(stage: str) -> None:
    command = PIPELINE["stages"][stage]["cmd"].split()
    assert command[0] == "PYTHONPATH=src"
    assert command[-3:] == ["python", "-m", f"beamline.{stage}"]


def test_declared_params_exist_and_every_section_but_tracking_has_a_stage() -> None:
    params = read_params(ROOT / "params.yaml").model_dump()
    declared = {name for stage in PIPELINE["stages"].values() for name in stage["params"]}
    for name in declared:
        value = params
        for part in name.split("."):
            assert part in value, f"{name} is not in params.yaml"
            value = value[part]
    assert {name.split(".")[0] for name in declared} == set(params) - {"tracking"}


def test_analytics_are_off() -> None:
    assert re.search(r"analytics\s*=\s*false", (ROOT / ".dvc" / "config").read_text(encoding="utf-8"))
