"""dvc.yaml against the code: no change of code, data, parameters or libraries leaves a stale result in the cache."""

import re
from pathlib import Path
from typing import Any

import grimp
import pytest
from ruamel.yaml import YAML
from support.repository import ROOT

from beamline.core import paths
from beamline.core.params import read_params
from beamline.training.work import find_training_code

PIPELINE = YAML(typ="safe").load(ROOT / "dvc.yaml")
STAGES = sorted(PIPELINE["stages"])
GRAPH = grimp.build_graph("beamline", cache_dir=None)


def source(module: str) -> Path:
    path = Path("src", *module.split("."))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


def imported_sources(stage: str) -> set[Path]:
    """Every file of this repository that the stage's module imports, `__init__.py` of each package included."""
    entry = f"beamline.{stage}"
    modules = {entry} | GRAPH.find_upstream_modules(entry)
    packages = {module.rpartition(".")[0] for module in modules} | {
        ".".join(module.split(".")[:depth]) for module in modules for depth in range(1, module.count(".") + 1)
    }
    return {source(module) for module in modules | packages if module}


def declared_code(stage: str) -> list[Path]:
    return [Path(name) for name in PIPELINE["stages"][stage]["deps"] if name.startswith("src/")]


def outputs(stage: str) -> set[Path]:
    entry = PIPELINE["stages"][stage]
    listed: list[Any] = [*entry.get("outs", []), *entry.get("metrics", [])]
    return {Path(name) for output in listed for name in ([output] if isinstance(output, str) else output)}


@pytest.mark.parametrize("stage", STAGES)
def test_every_module_that_a_stage_imports_is_declared_and_nothing_else(stage: str) -> None:
    imported, declared = imported_sources(stage), declared_code(stage)
    undeclared = [path for path in imported if not any(path.is_relative_to(place) for place in declared)]
    assert undeclared == []
    unused = [place for place in declared if not any(path.is_relative_to(place) for path in imported)]
    assert unused == []


@pytest.mark.parametrize("stage", STAGES)
def test_code_is_declared_as_packages_and_top_level_files(stage: str) -> None:
    for place in declared_code(stage):
        assert place.parent == Path("src/beamline"), place
        assert (ROOT / place).exists()
    assert len(PIPELINE["stages"][stage]["deps"]) <= 20
    assert "constraints.txt" in PIPELINE["stages"][stage]["deps"]


def test_neither_a_new_file_format_nor_a_new_check_retrains_a_model() -> None:
    declared = declared_code("train")
    for place in ("src/beamline/data/readers.py", "src/beamline/diagnosis/checks/metric.py"):
        assert (ROOT / place).is_file()
        assert not any(Path(place).is_relative_to(package) for package in declared)


def test_the_key_of_unfinished_training_covers_the_code_that_train_declares() -> None:
    declared = [ROOT / place for place in declared_code("train")]
    files = {path for place in declared for path in (place.rglob("*.py") if place.is_dir() else [place])}
    assert set(find_training_code()) == files


@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_its_own_module_from_the_tree_it_is_in(stage: str) -> None:
    command = PIPELINE["stages"][stage]["cmd"].split()
    assert command[0] == "PYTHONPATH=src"
    assert command[-3:] == ["python", "-m", f"beamline.{stage}"]


def test_outputs_are_those_of_core_paths() -> None:
    written = {value for name, value in vars(paths).items() if name.isupper()}
    within = {paths.CHECKPOINTS, paths.REPORTED}  # in another output
    no_outputs = {paths.PARAMS, paths.WORK, paths.PROBLEMS}
    assert set().union(*(outputs(stage) for stage in STAGES)) == written - within - no_outputs


@pytest.mark.parametrize("stage", STAGES)
def test_every_output_is_restored_by_the_run_cache(stage: str) -> None:
    """DVC keeps no run with a `persist` output, nor with an uncached one that is not a metric."""
    entry = PIPELINE["stages"][stage]
    assert all(isinstance(output, str) for output in entry["outs"])
    assert all(settings == {"cache": False} for metric in entry.get("metrics", []) for settings in metric.values())
    assert entry.keys() <= {"desc", "cmd", "deps", "params", "outs", "metrics"}


def test_declared_params_exist_and_every_section_but_tracking_has_a_stage() -> None:
    params = read_params(ROOT / "params.yaml").model_dump()
    declared = {name for stage in PIPELINE["stages"].values() for name in stage["params"]}
    for name in declared:
        value = params
        for part in name.split("."):
            assert part in value, f"{name} is not in params.yaml"
            value = value[part]
    assert {name.split(".")[0] for name in declared} == set(params) - {"tracking"}


def test_dvc_yaml_fits_on_a_few_screens() -> None:
    lines = (ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 42 * len(PIPELINE["stages"])


def test_analytics_are_off() -> None:
    assert re.search(r"analytics\s*=\s*false", (ROOT / ".dvc" / "config").read_text(encoding="utf-8"))
