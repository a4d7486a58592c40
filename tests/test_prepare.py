"""The `prepare` stage refuses what evaluation would refuse, before a training is spent on it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.repository import ROOT, TINY, set_params, write_tiny_data

from beamline import prepare
from beamline.core.errors import BeamlineError
from beamline.metrics.tokenizers import korean_is_installed


def run_prepare(directory: Path, corpus: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiny_data(directory, corpus, 24, 8)
    (directory / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_params(directory / "params.yaml", TINY | changes)
    monkeypatch.chdir(directory)
    prepare.main()


@pytest.mark.parametrize(
    ("corpus", "changes", "message"),
    [
        ("korean", {"rouge.tokenizer": "english"}, r"'english' tokenizer throws away .*set rouge\.tokenizer"),
        (
            "english",
            {"metrics.headline": "rouge_1"},
            r"metrics\.headline: no column .rouge_1.; choose one",
        ),
    ],
)
def test_what_can_not_be_scored_is_refused_before_training(
    corpus: str, changes: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BeamlineError, match=message):
        run_prepare(tmp_path, corpus, changes, monkeypatch)
    assert not (tmp_path / "data/prepared").exists()


@pytest.mark.skipif(korean_is_installed(), reason="kiwipiepy is installed")
def test_a_tokenizer_without_its_package_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BeamlineError, match="pip install kiwipiepy"):
        run_prepare(tmp_path, "korean", {"rouge.tokenizer": "korean"}, monkeypatch)


def test_burmese_is_scored_with_the_tokenizer_that_auto_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data/tiny").mkdir(parents=True)
    for split, count in (("train", 12), ("validation", 4), ("test", 4)):
        rows = (
            f'{{"dialogue": "{split} {number}: ဈေးသွားမလား။\\nမသွားဘူး။", "summary": "သူ ဈေး {number} ကို မသွားဘူး။"}}\n'
            for number in range(count)
        )
        (tmp_path / f"data/tiny/{split}.jsonl").write_text("".join(rows), encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_params(tmp_path / "params.yaml", TINY)
    monkeypatch.chdir(tmp_path)
    prepare.main()
    assert (tmp_path / "data/prepared/test.parquet").is_file()


def test_a_special_token_in_a_text_is_refused_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny_data(tmp_path, "english", 24, 8)
    path = tmp_path / "data/tiny/train.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    rows[4]["summary"] += " </s>"
    rows[6]["dialogue"] = rows[6]["dialogue"].replace(" ", " <pad> ", 1)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_params(tmp_path / "params.yaml", TINY)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BeamlineError, match=r"train\.jsonl:5: the text has .</s>.*2 rows have problems") as caught:
        prepare.main()
    listed = Path(str(caught.value).rpartition(" ")[2]).read_text(encoding="utf-8")
    assert "train.jsonl:7: the text has '<pad>'" in listed
    assert not (tmp_path / "data/prepared").exists()


def test_prepare_ends_with_a_table_and_with_warnings_that_have_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_prepare(tmp_path, "english", {"tokenizer.max_source_tokens": 40}, monkeypatch)
    printed = capsys.readouterr().out
    assert re.search(r"train +24 +0 +\d+ +24 +\d+ +\d+ *\n +\d+ +\d+ *\n +\d+ +\d+ ", printed)
    assert re.search(r"warning: tokenizer.max_source_tokens: 40 cuts 40 of 40 dialogues; \d+ is room for half", printed)


def test_copies_within_a_split_are_counted_and_no_difference_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_data(tmp_path, "english", 60, 40)
    path = tmp_path / "data/tiny/test.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    copies = [json.dumps(json.loads(lines[0]) | {"id": f"copy{number}"}) for number in range(30)]
    path.write_text("\n".join(lines + copies) + "\n", encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_params(tmp_path / "params.yaml", TINY)
    monkeypatch.chdir(tmp_path)
    prepare.main()
    printed = capsys.readouterr().out
    assert "differs" not in printed
    assert "warning: 30 of 70 test dialogues are there already" in printed


@pytest.mark.parametrize("split", ["validation", "test"])
def test_splits_that_differ_in_form_are_named_before_training(
    split: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_data(tmp_path, "english", 60, 40)
    path = tmp_path / f"data/tiny/{split}.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("#Person", "Speaker "), encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_params(tmp_path / "params.yaml", TINY)
    monkeypatch.chdir(tmp_path)
    prepare.main()
    printed = capsys.readouterr().out
    assert re.search(rf"{split} differs from train: 100% of {split} dialogues .*, 0% of train dialogues", printed)
