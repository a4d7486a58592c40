"""A test split without references: summaries are written, and everything says that scores are missing."""

import json
from pathlib import Path

import pytest
from support.repository import tiny_directory

from beamline import diagnose, evaluate, prepare, report, train
from beamline.core.errors import BeamlineError
from beamline.data.predictions import join_references, read_predictions


def remove_summaries(path: Path) -> list[str]:
    """Take the references out of a file of dialogues, and return the first of each."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    dialogues = [{name: text for name, text in row.items() if not name.startswith("summary")} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in dialogues), encoding="utf-8")
    return [row["summary1"] for row in rows]


@pytest.mark.slow
def test_summaries_are_written_for_a_test_split_without_references(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_directory(tmp_path, train=24, others=8, changes={"train.num_train_epochs": 1})
    references = remove_summaries(tmp_path / "data/tiny/test.jsonl")
    monkeypatch.chdir(tmp_path)
    for stage in (prepare, train, evaluate, diagnose, report):
        stage.main()
    warning = "test has no summaries (found 'id', 'dialogue', 'topic'): a model's are written, and not scored"
    assert json.loads(Path("data/prepared/statistics.json").read_text(encoding="utf-8"))["warnings"] == [warning]
    assert f"warning: {warning}" in capsys.readouterr().out

    scores = json.loads(Path("metrics/rouge.json").read_text(encoding="utf-8"))
    assert set(scores["test"]) == {"summary_words", "empty", "unfinished", "repetitive"}
    assert set(scores["undefined"]) == set(scores["validation"])
    assert set(scores["undefined"].values()) == {"test has no references"}
    assert json.loads(Path("metrics/diagnosis.json").read_text(encoding="utf-8"))["cause"] == "none"

    page = Path("reports/page.html").read_text(encoding="utf-8")
    assert "8 test dialogues, without references and so without scores" in page
    assert "test has no references" in page

    predictions = Path("reports/predictions.jsonl")
    with pytest.raises(BeamlineError, match="no references, as test had none; score these summaries with: beamline"):
        read_predictions(predictions)
    Path("references.txt").write_text("\n".join(references) + "\n", encoding="utf-8")
    later = join_references(predictions, [Path("references.txt")])
    assert [texts for (texts,) in later.references] == references


def test_a_summary_that_only_some_rows_of_test_have_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_directory(tmp_path, train=8, others=8, changes={})
    path = tmp_path / "data/tiny/test.jsonl"
    _, *others = path.read_text(encoding="utf-8").splitlines()
    remove_summaries(path)
    path.write_text("\n".join([*path.read_text(encoding="utf-8").splitlines()[:1], *others]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BeamlineError, match=r"test\.jsonl:2: number of references is 3, but 0 at .*test\.jsonl:1"):
        prepare.main()


@pytest.mark.parametrize("split", ["train", "validation"])
def test_train_and_validation_need_summaries(split: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_directory(tmp_path, train=8, others=8, changes={})
    path = tmp_path / f"data/tiny/{split}.jsonl"
    path.write_text('{"dialogue": "d"}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BeamlineError, match=rf"{split}\.jsonl:1: no column 'summary'"):
        prepare.main()
