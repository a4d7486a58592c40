"""What decides whether unfinished work may be resumed."""

from ruamel.yaml import YAML
from support.repository import ROOT

from beamline.training.work import CODE


def test_code_that_decides_is_what_dvc_yaml_declares_for_train() -> None:
    stage = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]["train"]
    declared = {path.removeprefix("src/beamline/") for path in stage["deps"] if path.startswith("src/")}
    assert set(CODE) == declared
