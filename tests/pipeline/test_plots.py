"""The plots of dvc.yaml, drawn by real DVC with this repository's page and templates: they need no network."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.repository import ROOT, Repository
from support.tracked_stage import params_with

from beamline.core.files import write_json
from beamline.training.tracking import Tracker

pytestmark = pytest.mark.slow

PLOTS = YAML(typ="safe").load(ROOT / "dvc.yaml")["plots"]
TITLES = sorted(properties["title"] for plot in PLOTS for properties in plot.values())
CURVES = (
    "train/loss",
    "train/learning_rate",
    "validation/loss",
    "validation/bits_per_byte",
    "validation/token_accuracy",
)


class References(HTMLParser):
    """What a page asks for besides itself: every src and href of its elements. Scripts are not parsed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("src", "href")]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two revisions of results, `first` and the workspace, under this repository's DVC configuration."""
    repository = Repository(tmp_path_factory.mktemp("plots"))
    repository.init()
    repository.dvc("init", "--quiet")
    shutil.copytree(ROOT / ".dvc" / "plots", repository.path / ".dvc" / "plots")
    for name in ("config", "plots_page.html"):
        shutil.copy(ROOT / ".dvc" / name, repository.path / ".dvc" / name)
    YAML().dump({"plots": PLOTS}, repository.path / "dvc.yaml")
    write_results(repository.path, better=0)
    repository.commit("first")
    repository.git("tag", "first")
    write_results(repository.path, better=1)
    return repository


def write_results(root: Path, better: int) -> None:
    plots = root / "plots"
    with Tracker(
        params_with("disabled"), stage="train", experiment="e", root=root, curves=plots / "training"
    ) as tracker:
        for epoch in (1, 2, 3):
            tracker.log_epoch(epoch, dict.fromkeys(CURVES, 1 / (epoch + better)), {})
    write_json(plots / "scores.json", [{"score": 0.4, "dialogues": 3 - better}, {"score": 0.45, "dialogues": 7}])
    write_json(plots / "lengths.json", [{"reference_words": 17.5, "summary_words": 18 - better}])


def read_plots(page: str) -> dict[str, dict[str, Any]]:
    """The Vega-Lite specifications in a page, by title."""
    specifications = [json.loads(text) for text in re.findall(r"var spec = (.*);\n", page)]
    return {specification["title"]["text"]: specification for specification in specifications}


@pytest.mark.parametrize(
    ("command", "revisions"), [(["show"], {"workspace"}), (["diff", "first", "workspace"], {"first", "workspace"})]
)
def test_page_holds_every_plot_of_every_revision_and_asks_for_nothing(
    repository: Repository, command: list[str], revisions: set[str]
) -> None:
    repository.dvc("plots", *command, "--out", command[0])
    page = (repository.path / command[0] / "index.html").read_text(encoding="utf-8")
    assert References(page).found == []
    for library in ("vega=", "vegaLite=", "vegaEmbed="):
        assert library in page
    plots = read_plots(page)
    assert sorted(plots) == TITLES
    for title, plot in plots.items():
        assert {row["rev"] for row in plot["data"]["values"]} == revisions, title
        fields = {plot["encoding"][axis]["field"] for axis in ("x", "y")}
        assert all(fields <= row.keys() for row in plot["data"]["values"]), title
        assert "<DVC_METRIC" not in json.dumps(plot), title


def test_loss_of_training_and_validation_are_in_one_plot(repository: Repository) -> None:
    repository.dvc("plots", "show", "--out", "loss")
    page = (repository.path / "loss" / "index.html").read_text(encoding="utf-8")
    rows = read_plots(page)["Loss"]["data"]["values"]
    assert {row["filename"] for row in rows} == {"train/loss.tsv", "validation/loss.tsv"}
