"""What prepare says about the data: how much is cut, and who speaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.repository import ROOT, set_params

from beamline import prepare
from beamline.encoding.prepared import read_split


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where prepare runs: 12 dialogues a split of two turns each, half of them long."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for split in ("train", "validation", "test"):
        guest = "Lu" if split == "train" else "Bo"
        rows = [
            {"dialogue": f"Ana: {split} {n}{' soup' * 60 * (n % 2)}\n{guest}: no end", "summary": "They eat."}
            for n in range(12)
        ]
        (tmp_path / "data" / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return tmp_path


def run_prepare(**changes: Any) -> dict[str, Any]:
    values = {"data.path": "data", "tokenizer.vocabulary_size": 300, **changes}
    set_params(Path("params.yaml"), values)
    prepare.main()
    statistics: dict[str, Any] = json.loads(Path("data/prepared/statistics.json").read_text(encoding="utf-8"))
    return statistics


@pytest.mark.parametrize(
    ("overflow", "where", "kept"),
    [
        ("end", "at the end", ["Ana"]),
        ("start", "at the start", ["no end"]),
        ("middle", "in the middle", ["Ana", "no end"]),
    ],
)
def test_prepare_says_what_is_cut_and_how_much(
    directory: Path, capsys: pytest.CaptureFixture[str], overflow: str, where: str, kept: list[str]
) -> None:
    found = run_prepare(**{"tokenizer.max_source_tokens": 40, "tokenizer.overflow": overflow})
    split = found["splits"]["train"]
    assert split["truncated_sources"] == 6
    encoded = read_split("train")
    cut = [dialogue for dialogue in encoded if dialogue.source_tokens > 40]
    whole, left = sum(dialogue.source_tokens for dialogue in cut), sum(len(dialogue.input_ids) for dialogue in cut)
    assert split["truncated_sources_lost"] == pytest.approx((whole - left) / whole)
    assert (
        f"dialogues longer than tokenizer.max_source_tokens (40), cut {where}: 6 of 12 in train, which lose"
        f" {(whole - left) / whole:.1%} of their tokens; 6 of 12 in validation"
    ) in capsys.readouterr().out
    codec = prepare.TextCodec.load(Path("data/prepared/tokenizer"))
    [text] = codec.decode([cut[0].input_ids])
    assert [part for part in ("Ana", "no end") if part in text] == kept


def test_prepare_says_that_nothing_is_cut(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_prepare()
    assert {split["truncated_sources_lost"] for split in found["splits"].values()} == {0.0}
    assert (
        "dialogues longer than tokenizer.max_source_tokens (512), cut at the end: none\n"
        "summaries longer than tokenizer.max_target_tokens (128), cut at the end: none\n"
    ) in capsys.readouterr().out


def test_prepare_says_which_summaries_are_cut(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_prepare(**{"tokenizer.max_target_tokens": 2})
    [row] = {tuple(lengths) for lengths in (dialogue.target_tokens for dialogue in read_split("test"))}
    assert found["splits"]["test"]["truncated_targets_lost"] == pytest.approx((row[0] - 2) / row[0])
    assert (
        "summaries longer than tokenizer.max_target_tokens (2), cut at the end: 12 of 12 in train, which lose"
    ) in capsys.readouterr().out


def test_speakers_are_counted_by_their_turns(directory: Path) -> None:
    speakers = run_prepare()["speakers"]
    assert speakers == {"distinct": 3, "turns": {"Ana": 36, "Bo": 24, "Lu": 12}, "unseen_in_train": 1}
