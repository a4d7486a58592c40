"""Checks of the labels family: each finds its fault in the files that hold it, and nothing in a healthy run."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support.repository import set_params
from support.small_run import find

from beamline.core.params import read_params
from beamline.diagnosis.checks import CATALOGUE, Status
from beamline.diagnosis.evidence import Evidence
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue
from beamline.models.weights import load_model

pytestmark = pytest.mark.slow

NAMES = [check.name for check in CATALOGUE if check.family == "labels" or check.name == "token_embeddings"]


def relabelled(run: Evidence, change: Callable[[list[int]], list[int]]) -> Evidence:
    assert run.splits is not None
    return rewritten(
        run, lambda dialogue: dataclasses.replace(dialogue, labels=[change(row) for row in dialogue.labels])
    )


def rewritten(run: Evidence, change: Callable[[EncodedDialogue], EncodedDialogue]) -> Evidence:
    """The same run with other prepared data, and nothing measured yet."""
    assert run.splits is not None
    splits = {name: [change(dialogue) for dialogue in split] for name, split in run.splits.items()}
    return dataclasses.replace(run, splits=splits, whole_train=None)


def failures(run: Evidence) -> list[str]:
    return [name for name in NAMES if find(run, name).status is Status.FAILURE]


def with_codec(run: Evidence, change: Callable[[str], str]) -> TextCodec:
    """The run's tokenizer with a changed tokenizer.json."""
    assert run.root is not None
    directory = run.root / "changed"
    shutil.copytree(run.root / "data" / "prepared" / "tokenizer", directory, dirs_exist_ok=True)
    path = directory / "tokenizer.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    return TextCodec.load(directory)


def test_a_healthy_run_passes_every_check(healthy: Evidence) -> None:
    assert {find(healthy, name).status for name in NAMES} == {Status.PASS}


def test_unmasked_padding_is_counted(healthy: Evidence) -> None:
    assert healthy.root is not None
    path = healthy.root / "unmasked.yaml"
    shutil.copy(healthy.root / "params.yaml", path)
    set_params(path, {"padding.labels": "unmasked"})
    run = dataclasses.replace(healthy, params=read_params(path))
    assert failures(run) == ["padding_in_loss"]
    finding = find(run, "padding_in_loss")
    assert finding.figure is not None and 0 < finding.figure < 1
    assert finding.advice == "set padding.labels: masked"


def test_padding_in_the_prepared_labels_is_counted_and_nothing_else(healthy: Evidence) -> None:
    run = relabelled(healthy, lambda row: [*row, 0, 0])
    assert failures(run) == ["padding_in_loss"]
    assert "prepare" in find(run, "padding_in_loss").advice


def test_labels_without_an_end_are_found(healthy: Evidence) -> None:
    assert failures(relabelled(healthy, lambda row: row[:-1])) == ["label_ends"]


def test_labels_that_end_in_their_middle_are_found(healthy: Evidence) -> None:
    assert failures(relabelled(healthy, lambda row: [row[0], 2, *row[1:]])) == ["label_ends"]


def test_labels_that_are_shifted_twice_are_found(healthy: Evidence) -> None:
    run = relabelled(healthy, lambda row: [1, *row[:-1], 2])
    assert failures(run) == ["label_shift"]
    assert "'<s>'" in find(run, "label_shift").meaning


def test_tags_in_pieces_are_found(healthy: Evidence) -> None:
    codec = with_codec(healthy, lambda text: text.replace("#Person1#", "#Nobody#"))

    def encode(dialogue: EncodedDialogue) -> EncodedDialogue:
        source, *labels = codec.encode_dialogues([dialogue.record.dialogue]) + codec.encode_summaries(
            dialogue.record.references
        )
        lengths = [len(row) for row in labels]
        return dataclasses.replace(
            dialogue, input_ids=source, labels=labels, source_tokens=len(source), target_tokens=lengths
        )

    run = dataclasses.replace(rewritten(healthy, encode), codec=codec)
    assert find(run, "split_speaker_tags").status is Status.FAILURE
    assert "#Person1#" in find(run, "split_speaker_tags").meaning
    assert find(run, "unknown_speaker_tags").status is Status.PASS


def test_nothing_is_expected_of_tags_if_none_is_to_be_a_token(healthy: Evidence) -> None:
    assert healthy.params is not None
    tokenizer = healthy.params.tokenizer.model_copy(update={"speaker_tokens": "none"})
    run = dataclasses.replace(healthy, params=healthy.params.model_copy(update={"tokenizer": tokenizer}))
    for name in ("split_speaker_tags", "unknown_speaker_tags"):
        assert find(run, name).status is Status.NOT_APPLICABLE


def test_names_are_expected_to_be_tokens_if_all_speakers_are(healthy: Evidence) -> None:
    """The run itself has tokens for tags only. Its dialogues, encoded anew with other names, lack tokens for these."""
    assert healthy.params is not None and healthy.codec is not None
    tokenizer = healthy.params.tokenizer.model_copy(update={"speaker_tokens": "all"})
    params, codec = healthy.params.model_copy(update={"tokenizer": tokenizer}), healthy.codec

    def rename(dialogue: EncodedDialogue) -> EncodedDialogue:
        record = dataclasses.replace(
            dialogue.record, dialogue=dialogue.record.dialogue.replace("#Person1#", "Dr. Ruiz")
        )
        [source] = codec.encode_dialogues([record.dialogue])
        return dataclasses.replace(dialogue, record=record, input_ids=source, source_tokens=len(source))

    run = dataclasses.replace(rewritten(healthy, rename), params=params)
    assert find(run, "split_speaker_tags").meaning.endswith(" speaker tags are cut into pieces: Dr. Ruiz")
    assert find(dataclasses.replace(run, params=healthy.params), "split_speaker_tags").status is Status.PASS


def test_hashtags_in_pieces_are_no_fault(healthy: Evidence) -> None:
    assert healthy.codec is not None
    codec = healthy.codec

    def post(dialogue: EncodedDialogue) -> EncodedDialogue:
        record = dataclasses.replace(dialogue.record, dialogue=f"{dialogue.record.dialogue} #sun#sea")
        [source] = codec.encode_dialogues([record.dialogue])
        return dataclasses.replace(dialogue, record=record, input_ids=source, source_tokens=len(source))

    assert find(rewritten(healthy, post), "split_speaker_tags").status is Status.PASS


def test_unknown_tags_are_found(healthy: Evidence) -> None:
    assert healthy.codec is not None
    vocabulary = healthy.codec.tokenizer.get_vocab()
    tags = {vocabulary[tag] for tag in ("#Person1#", "#Person2#")}

    def lose(dialogue: EncodedDialogue) -> EncodedDialogue:
        source, *labels = [
            [3 if token in tags else token for token in row] for row in (dialogue.input_ids, *dialogue.labels)
        ]
        return dataclasses.replace(dialogue, input_ids=source, labels=labels)

    assert failures(rewritten(healthy, lose)) == ["unknown_speaker_tags"]


@pytest.mark.parametrize("rows", ["missing", "at one mean"])
def test_tags_that_the_model_was_not_trained_for_are_found(healthy: Evidence, tmp_path: Path, rows: str) -> None:
    assert healthy.checkpoint is not None and healthy.codec is not None
    checkpoint = Path(shutil.copytree(healthy.checkpoint, tmp_path / "model"))
    model, vocabulary = load_model(checkpoint), healthy.codec.tokenizer.get_vocab()
    tags = [vocabulary["#Person1#"], vocabulary["#Person2#"]]
    if rows == "missing":
        model.resize_token_embeddings(min(tags), mean_resizing=False)
    else:
        with torch.no_grad():
            weight = model.get_input_embeddings().weight
            weight[tags] = weight.mean(dim=0)
    model.save_pretrained(checkpoint)
    run = dataclasses.replace(healthy, checkpoint=checkpoint)
    assert failures(run) == ["token_embeddings"]


def test_another_tokenizer_beside_the_checkpoint_is_found(healthy: Evidence, tmp_path: Path) -> None:
    assert healthy.checkpoint is not None
    checkpoint = Path(shutil.copytree(healthy.checkpoint, tmp_path / "model"))
    codec = with_codec(healthy, lambda text: text.replace('"a": 69', '"?": 69').replace('"#Person1#"', '"#Nobody#"'))
    codec.save(checkpoint)
    run = dataclasses.replace(healthy, checkpoint=checkpoint, kept=[checkpoint])
    assert find(run, "checkpoint_tokenizer").status is Status.FAILURE


@pytest.mark.parametrize("part", ["decoder", "pre_tokenizer", "normalizer"])
def test_a_tokenizer_of_the_same_tokens_that_codes_differently_is_found(
    healthy: Evidence, part: str, tmp_path: Path
) -> None:
    """Files of conversions: without the decoder, with other pieces of words, with a normalizer for other texts."""
    assert healthy.checkpoint is not None
    checkpoint = Path(shutil.copytree(healthy.checkpoint, tmp_path / "model"))
    path = checkpoint / "tokenizer.json"
    file = json.loads(path.read_text(encoding="utf-8"))
    file[part] = {"type": "Lowercase"} if part == "normalizer" else None
    path.write_text(json.dumps(file), encoding="utf-8")
    finding = find(dataclasses.replace(healthy, checkpoint=checkpoint, kept=[checkpoint]), "checkpoint_tokenizer")
    assert finding.status is Status.FAILURE
    assert "texts are encoded or decoded differently" in finding.meaning


@pytest.mark.parametrize(
    "change", [lambda row: row[:-1], lambda row: [*row, 0, 0], lambda row: [row[1], row[0], *row[2:]]]
)
def test_any_other_token_id_is_seen_when_texts_are_encoded_again(
    healthy: Evidence, change: Callable[[list[int]], list[int]]
) -> None:
    assert find(healthy, "prepared_ids").status is Status.PASS
    assert find(relabelled(healthy, change), "prepared_ids").status is Status.FAILURE
