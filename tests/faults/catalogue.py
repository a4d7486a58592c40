"""The faults, each put into a copy of a healthy run through its artefacts, and the check that has to name it."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
import torch
from fault import Fault, checkpoints, with_params, with_prepared, with_raw, with_summaries
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM

from beamline.core.params import read_params
from beamline.core.records import SPEAKER_TAG
from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.codec import TextCodec, build_codec
from beamline.encoding.prepared import SPLITS, EncodedDialogue, encode_split, read_split, write_split
from beamline.models.families.seq2seq import source_tensors
from beamline.training import trainer
from beamline.training.batching import Collator


def strip_tags(text: str) -> str:
    return " ".join(SPEAKER_TAG.sub("", text).split())


def blind(directory: Path) -> None:
    with_params("evaluate", rouge__tokenizer="english", rouge__minimum_coverage=0.0)(directory)


def blind_and_stripped(directory: Path) -> None:
    blind(directory)
    predictions = evidence_from_directory(directory).predictions
    assert predictions is not None
    references = [[strip_tags(text) for text in texts] for texts in predictions.references]
    faulty_run.rewrite(directory, [strip_tags(text) for text in predictions.summaries], references)


def score_validation(directory: Path) -> None:
    prepared = directory / "data" / "prepared"
    shutil.copy(prepared / "test.parquet", directory / "kept.parquet")
    shutil.copy(prepared / "validation.parquet", prepared / "test.parquet")
    faulty_run.run_stages(directory, "evaluate")
    shutil.move(directory / "kept.parquet", prepared / "test.parquet")


def constant_references(splits: corpus.Splits) -> None:
    for row in splits["test"]:
        row["summary1"] = row["summary2"] = "#Person1# talks to #Person2#."


def swap_a_third(splits: corpus.Splits) -> None:
    rows = splits["train"]
    moved = rows[: len(rows) // 3]
    summaries = [row["summary"] for row in moved]
    for row, summary in zip(moved, [*summaries[7:], *summaries[:7]], strict=True):
        row["summary"] = summary


def one_topic(splits: corpus.Splits) -> None:
    for split in ("train", "validation"):
        splits[split] = [row for row in splits[split] if "journey" in row["summary"]]


def leak(splits: corpus.Splits) -> None:
    for number, row in enumerate(splits["test"]):
        splits["train"][number] = {"id": f"leak-{number}", "dialogue": row["dialogue"], "summary": row["summary1"]}


def train_in_korean(splits: corpus.Splits) -> None:
    other = corpus.korean()
    splits |= {split: other[split] for split in ("train", "validation")}


def pad_labels(dialogue: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    limit, pad = codec.encoding.max_target_tokens, codec.encoding.pad_token_id
    return replace(dialogue, labels=[row + [pad] * (limit - len(row)) for row in dialogue.labels])


def drop_end(dialogue: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    return replace(dialogue, labels=[row[:-1] for row in dialogue.labels])


def shift(dialogue: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    return replace(dialogue, labels=[[codec.encoding.decoder_start_token_id, *row] for row in dialogue.labels])


def unknown_tags(dialogue: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    vocabulary = codec.tokenizer.get_vocab()
    tags = {index for token, index in vocabulary.items() if SPEAKER_TAG.fullmatch(token)}

    def lose(row: list[int]) -> list[int]:
        return [codec.tokenizer.unk_token_id if token in tags else token for token in row]

    return replace(dialogue, input_ids=lose(dialogue.input_ids), labels=[lose(row) for row in dialogue.labels])


def split_tags(directory: Path) -> None:
    prepared = directory / "data" / "prepared"
    splits = {split: read_split(split, prepared) for split in SPLITS}
    texts = [text for dialogue in splits["train"] for text in (dialogue.record.dialogue, *dialogue.record.references)]
    codec = build_codec(read_params(directory / "params.yaml").tokenizer, texts, tags=())
    codec.save(prepared / "tokenizer")
    for split, dialogues in splits.items():
        write_split(prepared, split, encode_split([row.record for row in dialogues], codec))
    faulty_run.run_stages(directory, "train", "evaluate")


def untrained_tags(directory: Path) -> None:
    for checkpoint in checkpoints(directory):
        vocabulary = TextCodec.load(checkpoint).tokenizer.get_vocab()
        tags = [index for token, index in vocabulary.items() if SPEAKER_TAG.fullmatch(token)]
        weights = load_file(checkpoint / "model.safetensors")
        rows = weights["model.shared.weight"]
        rows[tags] = rows.mean(dim=0)
        save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    faulty_run.run_stages(directory, "evaluate")


def other_tokenizer(directory: Path) -> None:
    texts = [row["dialogue"] for row in corpus.korean()["train"]]
    codec = build_codec(read_params(directory / "params.yaml").tokenizer, texts, tags=("#Person1#", "#Person2#"))
    for checkpoint in checkpoints(directory):
        codec.save(checkpoint)
    faulty_run.run_stages(directory, "evaluate")


class Unattending(Collator):
    """A trainer that masks the whole source away."""

    def __call__(self, examples: Sequence[Any]) -> dict[str, torch.Tensor]:
        tensors = super().__call__(examples)
        return {**tensors, "attention_mask": torch.zeros_like(tensors["attention_mask"])}


def train_without_source(directory: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "Collator", Unattending)
        faulty_run.run_stages(directory, "train")
    faulty_run.run_stages(directory, "evaluate")


def dropout_on(directory: Path) -> None:
    run = evidence_from_directory(directory)
    assert run.params and run.splits and run.codec
    test = run.splits["test"]
    faulty_run.rewrite(
        directory, run.summarize(run.model, run.codec, run.params.generation, test, seed=1, dropout=True)
    )


def worst_checkpoint(directory: Path) -> None:
    with_params("train", train__keep=10)(directory)
    listed = directory / "models" / "checkpoints.json"
    kept = json.loads(listed.read_text(encoding="utf-8"))
    listed.write_text(json.dumps(kept[-1:]), encoding="utf-8")
    faulty_run.run_stages(directory, "evaluate")
    listed.write_text(json.dumps(kept), encoding="utf-8")


def wrong_start(directory: Path) -> None:
    for checkpoint in checkpoints(directory):
        path = checkpoint / "encoding.json"
        encoding = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**encoding, "decoder_start_token_id": encoding["eos_token_id"]}), encoding="utf-8")
    faulty_run.run_stages(directory, "evaluate")


def generation_config(directory: Path) -> None:
    for checkpoint in checkpoints(directory):
        path = checkpoint / "generation_config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**config, "max_length": 10, "num_beams": 2}), encoding="utf-8")
    run = evidence_from_directory(directory)
    assert run.splits and run.checkpoint and run.codec
    model = AutoModelForSeq2SeqLM.from_pretrained(run.checkpoint)
    summaries = []
    for dialogue in run.splits["test"]:
        inputs = source_tensors([dialogue.input_ids], run.codec.encoding, len(dialogue.input_ids))
        summaries += run.codec.decode(model.generate(**inputs)[:, 1:].tolist())
    faulty_run.rewrite(directory, summaries)


METRIC = (
    Fault("ASCII-only ROUGE tokenizer on Korean, tags kept", "tokenizer_coverage", blind, "korean"),
    Fault("the same, tags stripped", "tokenizer_coverage", blind_and_stripped, "korean"),
    Fault(
        "tags stripped from one side only",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [*map(strip_tags, rows)]),
        says="speaker tags",
    ),
    Fault(
        "one side in lower case",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [text.lower() for text in rows]),
        says="letter case",
    ),
    Fault("predictions off by one row", "row_order", with_summaries(lambda rows: [*rows[1:], rows[0]])),
    Fault("wrong split scored", "predicted_dialogues", score_validation),
)
DATA = (
    Fault("references constant", "constant_references", with_raw(constant_references, "evaluate")),
    Fault(
        "a third of the training summaries of other dialogues",
        "mismatched_pairs",
        with_raw(swap_a_third, "train", "evaluate"),
    ),
    Fault("training set of one topic", "missing_topics", with_raw(one_topic, "train", "evaluate")),
    Fault("test dialogues in train", "test_in_train", with_raw(leak, "train", "evaluate", data__leakage="warn")),
    Fault(
        "train and test in different languages",
        "dialogue_differences",
        with_raw(train_in_korean, "train", "evaluate"),
    ),
    Fault(
        "targets truncated to 8 tokens",
        "cut_targets",
        with_params("prepare", "train", "evaluate", tokenizer__max_target_tokens=8),
    ),
    Fault(
        "sources truncated to 32 tokens",
        "cut_sources",
        with_params("prepare", "train", "evaluate", tokenizer__max_source_tokens=32),
    ),
)
LABELS = (
    Fault(
        "padding counted in the loss",
        "padding_in_loss",
        with_params("train", "evaluate", padding__labels="unmasked"),
    ),
    Fault("labels padded in preprocessing", "padding_in_loss", with_prepared(pad_labels, ("train", "validation"))),
    Fault("labels without end of sequence", "label_ends", with_prepared(drop_end)),
    Fault("labels shifted twice", "label_shift", with_prepared(shift)),
    Fault("speaker tags split into pieces", "split_speaker_tags", split_tags),
    Fault("speaker tags mapped to unknown", "unknown_speaker_tags", with_prepared(unknown_tags)),
    Fault("embeddings of the tags left untrained", "checkpoint_weights", untrained_tags),
    Fault("tokenizer of another model beside the checkpoint", "checkpoint_tokenizer", other_tokenizer),
)
LEARNING = (
    Fault("learning rate zero", "rate_above_zero", with_params("train", "evaluate", train__learning_rate=0.0)),
    Fault(
        "training ends within the warm-up",
        "warmup",
        with_params("train", "evaluate", train__warmup_steps=10_000),
    ),
    Fault("learning rate that explodes", "exploding_loss", with_params("train", "evaluate", train__learning_rate=1.0)),
    Fault("source attention mask all zero at training", "training_batches", train_without_source),
    Fault("dropout left on at evaluation", "predictions_of_checkpoint", dropout_on, says="dropout"),
    Fault("worst checkpoint instead of the best", "other_checkpoint", worst_checkpoint),
)
DECODING = (
    Fault("decoder start token wrong at generation", "decoder_start", wrong_start),
    Fault("`max_length: 8`", "max_length", with_params("evaluate", generation__max_length=8)),
    Fault("`min_length` above every reference", "min_length", with_params("evaluate", generation__min_length=60)),
    Fault(
        "`no_repeat_ngram_size: 1`",
        "no_repeat_ngram_size",
        with_params("evaluate", generation__no_repeat_ngram_size=1),
    ),
    Fault(
        "`repetition_penalty: 5`",
        "repetition_penalty",
        with_params("evaluate", generation__repetition_penalty=5.0),
    ),
    Fault(
        "generation_config overrides what was asked for",
        "predictions_of_checkpoint",
        generation_config,
        says="generation_config",
    ),
)
# In the order of docs/faults.md. Two files of tests run a part each, side by side.
CATALOGUE = (*METRIC, *DATA, *LABELS, *LEARNING, *DECODING)
OF_MEASUREMENT = (*METRIC, *DATA, *DECODING)
OF_TRAINING = (*LABELS, *LEARNING)
