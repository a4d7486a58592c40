"""The file itself: the same for the same run, whole, and safe. How it works in a browser is in test_in_browser.py."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.page_files import PLANTED, write_predictions, write_run

from beamline import report
from beamline.comparison.differences import compare_systems
from beamline.core import paths
from beamline.core.errors import BeamlineError
from beamline.pages.html.comparison import comparison_page
from beamline.pages.html.page import render


def read_data(html: str) -> Any:
    found = re.search(r'<script type="text/plain" id="data">([^<]*)</script>', html)
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_writes_the_same_page_again(run: Path) -> None:
    report.main()
    first = paths.PAGE.read_bytes()
    report.main()
    assert paths.PAGE.read_bytes() == first


def test_the_page_of_a_run_shows_verdict_scores_intervals_signature_and_settings(run: Path) -> None:
    report.main()
    html = paths.PAGE.read_text(encoding="utf-8")
    rouge = json.loads(paths.SCORES.read_text(encoding="utf-8"))
    low, high = rouge["test"]["rouge_f_interval"]
    for text in (
        "Nothing wrong found: the model is simply this good.",
        f"{100 * rouge['test']['rouge_f']:.2f}",
        f"{100 * low:.2f} to {100 * high:.2f}",
        rouge["signature"],
        "generation.num_beams",
        "Loss, in nats per token",
        "Distribution of scores",
    ):
        assert text in html, text


def test_the_page_holds_every_dialogue_with_its_texts_and_scores(run: Path) -> None:
    report.main()
    data = read_data(paths.PAGE.read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in paths.PREDICTIONS.read_text(encoding="utf-8").splitlines()]
    assert [record["id"] for record in data["dialogues"]] == [row["id"] for row in rows]
    assert [record["references"] for record in data["dialogues"]] == [row["references"] for row in rows]
    headline = data["columns"][data["headline"]]
    for record, row in zip(data["dialogues"], rows, strict=True):
        assert record["summaries"][0]["scores"][data["headline"]] == pytest.approx(row["scores"][headline], abs=1e-4)


def test_no_address_in_the_page_leads_anywhere(run: Path) -> None:
    report.main()
    html = paths.PAGE.read_text(encoding="utf-8")
    outside = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    assert re.findall(r"""(?:src|href)=["'](?!data:)[^"'#]""", outside) == []
    assert re.search("https?:", re.sub(r"data:text/javascript;base64,[\w+/=]+", "", outside)) is None
    assert "default-src &#39;none&#39;" in html


def test_texts_above_the_dialogues_are_escaped(run: Path) -> None:
    for name in ("<script>alert(1)</script>.jsonl", "other.jsonl"):
        write_predictions(run / name.replace("/", "_"))
    names = [name.replace("/", "_") for name in ("<script>alert(1)</script>.jsonl", "other.jsonl")]
    html = render(comparison_page(compare_systems(names, force=False, rescore=False)))
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert PLANTED not in html  # a dialogue: nothing of it is plain text in the file


def test_a_comparison_says_whether_the_difference_is_noise(run: Path) -> None:
    write_predictions(run / "same.jsonl")
    write_predictions(run / "better.jsonl", better=True)
    html = render(comparison_page(compare_systems(["same.jsonl", "better.jsonl"], force=False, rescore=False)))
    assert re.search(r"better\.jsonl scores [\d.]+ points more than same\.jsonl in rouge_f, and that is more", html)
    write_predictions(run / "again.jsonl")
    html = render(comparison_page(compare_systems(["same.jsonl", "again.jsonl"], force=False, rescore=False)))
    assert "again.jsonl and same.jsonl don&#39;t differ in rouge_f by more than noise." in html


def test_a_comparison_of_three_shows_each_later_system(run: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "c.jsonl"):
        write_predictions(run / name, better=name == "c.jsonl")
    html = render(comparison_page(compare_systems(["a.jsonl", "b.jsonl", "c.jsonl"], force=False, rescore=False)))
    assert "c.jsonl differs from a.jsonl in rouge_f by more than noise." in html
    assert [system["letter"] for system in read_data(html)["systems"]] == ["A", "B", "C"]


def test_a_run_whose_test_split_has_no_references_shows_its_summaries(run: Path) -> None:
    rows = [json.loads(line) for line in paths.PREDICTIONS.read_text(encoding="utf-8").splitlines()]
    unscored = [{**row, "references": [], "scores": {}} for row in rows]
    paths.PREDICTIONS.write_text("".join(json.dumps(row) + "\n" for row in unscored), encoding="utf-8")
    rouge = json.loads(paths.SCORES.read_text(encoding="utf-8"))
    undefined = dict.fromkeys(rouge["validation"], "test has no references")
    paths.SCORES.write_text(json.dumps({**rouge, "test": {"empty": 0.0}, "undefined": undefined}), encoding="utf-8")
    report.main()
    html = paths.PAGE.read_text(encoding="utf-8")
    assert "60 test dialogues, without references" in html
    assert "test has no references" in html
    [first, *_] = read_data(html)["dialogues"]
    assert (first["references"], first["summaries"][0]["scores"]) == ([], [None])


def test_a_single_dialogue_is_counted_in_the_singular(run: Path) -> None:
    for name in ("one.jsonl", "other.jsonl"):
        write_predictions(run / name, count=4)
        (run / name).write_text((run / name).read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    html = render(comparison_page(compare_systems(["one.jsonl", "other.jsonl"], force=False, rescore=False)))
    assert ">1 dialogue. " in html


def test_a_missing_file_is_named_with_what_to_run(run: Path) -> None:
    paths.DIAGNOSIS_METRICS.unlink()
    with pytest.raises(BeamlineError, match=r"metrics/diagnosis\.json: can't be read .*; run: dvc repro"):
        report.main()
