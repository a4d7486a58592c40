"""What a system was run with: the parameters, commands, code and data that its predictions depend on."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from beamline.core.params import PAST_VALUES, rename_past

Stages = Mapping[str, Mapping[str, Any]]
Settings = dict[str, object]


def read_settings(stages: Stages, output: Path) -> Settings:
    """Return everything that made `output`, from the stages of a dvc.lock. What params.yaml says may not have run yet.

    Only stages that `output` depends on count, directly or through others: a parameter that the diagnosis alone reads
    is no setting. Keys are the parameters' dotted names, `command of STAGE`, and `content of PATH` for code and data
    (the value is a hash). Files that a stage makes of the others are left out. A parameter that is younger than the run
    has the value that it would have had, and one that had another name has that of today.
    """
    upstream = find_upstream(stages, output)
    made = [PurePosixPath(out["path"]) for stage in upstream.values() for out in stage.get("outs", [])]
    parameters: Settings = {}
    others: Settings = {}
    for name, stage in upstream.items():
        others[f"command of {name}"] = stage["cmd"]
        for dependency in stage.get("deps", []):
            if not any(PurePosixPath(dependency["path"]).is_relative_to(path) for path in made):
                others[f"content of {dependency['path']}"] = dependency.get(dependency.get("hash", "md5"))
        for values in stage.get("params", {}).values():
            parameters |= dict(rename_past(key, value) for key, value in _flatten(values).items())
    if parameters:
        parameters |= {key: value for key, value in PAST_VALUES.items() if key not in parameters}
    return parameters | others


def find_upstream(stages: Stages, output: Path) -> Stages:
    """Return the stages that `output` depends on, the one that writes it included; none if no stage writes it."""
    found: set[str] = set()
    wanted = [PurePosixPath(output.as_posix())]
    while wanted:
        path = wanted.pop()
        for name, stage in stages.items():
            outputs = [PurePosixPath(out["path"]) for out in stage.get("outs", [])]
            if name not in found and any(path.is_relative_to(out) or out.is_relative_to(path) for out in outputs):
                found.add(name)
                wanted += [PurePosixPath(dependency["path"]) for dependency in stage.get("deps", [])]
    return {name: stage for name, stage in stages.items() if name in found}


def changed_settings(first: Settings, later: Settings) -> Iterator[tuple[str, object, object]]:
    """Yield name, the first's value and the later's for everything that differs; nothing if one of them is unknown."""
    if first and later:
        for name in first | later:
            mine, others = first.get(name), later.get(name)
            if mine != others:
                yield name, mine, others


def _flatten(values: Mapping[str, object], prefix: str = "") -> Settings:
    flat: Settings = {}
    for key, value in values.items():
        flat |= _flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
