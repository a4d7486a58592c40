"""What the diagnosis looks at of a run, and what it says of that."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.corpus_evidence import PARAMS, corpus

from beamline.core.params import Params
from beamline.core.records import Dialogue
from beamline.diagnosis import collect
from beamline.diagnosis.collect import sample_training
from beamline.diagnosis.evidence import Evidence
from beamline.encoding.codec import build_codec
from beamline.encoding.prepared import EncodedSplit, draw_rows, encode_split, read_split, write_split


def prepared(directory: Path, dialogues: list[Dialogue]) -> EncodedSplit:
    codec = build_codec(PARAMS.tokenizer.model_copy(update={"vocabulary_size": 300}), ["a"], [])
    write_split(directory, "train", encode_split(dialogues, codec))
    return read_split("train", directory)


def with_seed(seed: int, **train: Any) -> Params:
    return PARAMS.model_copy(update={"seed": seed, "train": PARAMS.train.model_copy(update=train)})


def test_large_training_data_are_sampled_with_all_that_leaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = corpus("english")
    train = prepared(tmp_path, splits["train"][:60])
    copy = replace(train[41], record=replace(train[41].record, dialogue=f" {train[41].record.dialogue} "))
    one, two = with_seed(1), with_seed(2)
    assert sample_training(train, [copy], one) == list(train)
    monkeypatch.setattr(collect, "SAMPLED", 10)
    drawn = [row for row in train if row in sample_training(train, [], one)]
    assert len(drawn) == 10 and train[41] not in drawn
    assert sample_training(train, [], one) == drawn != sample_training(train, [], two)
    with_leak = sample_training(train, [copy], one)
    assert with_leak == sorted([*drawn, train[41]], key=list(train).index)


@pytest.mark.parametrize("sampled", [10, 1000])
def test_a_dialogue_that_training_did_not_take_does_not_leak(
    sampled: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "SAMPLED", sampled)
    train = prepared(tmp_path, corpus("english")["train"][:60])
    params = with_seed(1, max_examples=20)
    taken = draw_rows(60, 20, seed=1)
    looked_at = sample_training(train, list(train), params)
    assert [row.record for row in looked_at] == [train[row].record for row in taken]


def test_a_report_says_that_training_data_were_sampled() -> None:
    splits = corpus("english")
    run = Evidence(seed=0, rouge=PARAMS.rouge, splits={**splits, "train": splits["train"][:5]})
    assert run.notes == []
    [note] = replace(run, whole_train=splits["train"]).notes
    count = len(splits["train"])
    assert note.text == f"The checks looked at 5 of {count:,} training dialogues, drawn by the seed."
