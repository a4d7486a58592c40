"""Faults that were written without looking at the checks. They are looked at once for each version of the checks.

They come from the issue's kinds and docs/diagnosis.md alone. `check`, `also` and `says` were decided before any of them
was diagnosed. Whoever changes a check after looking at these writes new ones. The order mixes the kinds: the first few
are a fair sample.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import corpus
import faulty_run
import torch
from fault import (
    Fault,
    Row,
    dialogue,
    in_split,
    reencode,
    references,
    with_params,
    with_prepared,
    with_raw,
    with_summaries,
    with_weights,
)
from support.repository import set_params

from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue, read_split, write_split

DIGITS = {"five": 5, "ten": 10, "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "ninety": 90}


def roll_embeddings(weights: dict[str, torch.Tensor]) -> None:
    """Give each token the embedding of the one before it, as a vocabulary that grew by one in front does."""
    weights["model.shared.weight"].copy_(weights["model.shared.weight"].roll(1, dims=0))


def transpose_squares(weights: dict[str, torch.Tensor]) -> None:
    """Transpose the matrices that still fit, as a conversion between frameworks may."""
    for name, tensor in weights.items():
        if "encoder.layers" in name and "proj.weight" in name:
            tensor.copy_(tensor.T.clone())


def swap_some_columns(splits: corpus.Splits) -> None:
    for row in splits["train"][::2]:
        row["dialogue"], row["summary"] = row["summary"], row["dialogue"]


def write_speakers_out(row: Row, number: int) -> None:
    row.update({name: row[name].replace("#Person", "Speaker ").replace("#", "") for name in ("dialogue", "summary")})


def mask_digits(directory: Path) -> None:
    """Prices in digits, and a tokenizer that writes every digit as 0, from the beginning."""

    def in_digits(splits: corpus.Splits) -> None:
        for row in (row for rows in splits.values() for row in rows):
            for name in row.keys() - {"id"}:
                row[name] = " ".join(str(DIGITS.get(word, word)) for word in row[name].split(" "))

    with_raw(in_digits)(directory)
    path = directory / "data" / "prepared" / "tokenizer" / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["normalizer"] = {"type": "Replace", "pattern": {"Regex": "[0-9]"}, "content": "0"}
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    reencode(directory)
    faulty_run.run_stages(directory, "train", "evaluate")


def escape_some(text: str, number: int) -> str:
    """Write a third of the texts as JSON has them, in ASCII."""
    return json.dumps(text)[1:-1] if number % 3 == 0 else text


def translate_some(splits: corpus.Splits) -> None:
    """Korean summaries of train in English, two of three."""
    translations = {
        korean.references[0].format(**dict(zip(korean.slots, source, strict=True))): english.references[0].format(
            **dict(zip(korean.slots, target, strict=True))
        )
        for korean, english in zip(corpus.KOREAN, corpus.ENGLISH, strict=True)
        for source, target in zip(product(*korean.slots.values()), product(*english.slots.values()), strict=True)
    }
    for number, row in enumerate(splits["train"]):
        row["summary"] = translations[row["summary"]] if number % 3 else row["summary"]


def repeat_three(splits: corpus.Splits) -> None:
    """Three dialogues in place of five sixths of train."""
    rows = splits["train"]
    for number, row in enumerate(rows[80:]):
        row.update({**rows[number % 3], "id": row["id"]})


def leak_nearly(splits: corpus.Splits) -> None:
    """The test dialogues with a word of goodbye, in train."""
    for number, row in enumerate(splits["test"]):
        text = f"{row['dialogue']}\n#Person1#: Goodbye!"
        splits["train"][number] = {"id": f"again-{number}", "dialogue": text, "summary": row["summary1"]}


def validate_on_test(splits: corpus.Splits) -> None:
    splits["validation"] = [
        {"id": f"copy-{row['id']}", "dialogue": row["dialogue"], "summary": row["summary1"]} for row in splits["test"]
    ]


def mix_in_another_training(directory: Path) -> None:
    """Every other summary from a short training with another seed."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", "evaluate", seed=7, train__num_train_epochs=6)(other)
    run = evidence_from_directory(other)
    assert run.predictions
    taken = run.predictions.summaries[::2]
    shutil.rmtree(other)
    with_summaries(lambda rows: [text for pair in zip(taken, rows[1::2], strict=True) for text in pair])(directory)


def repeat_last_word(text: str) -> str:
    """Write the last word nine times over without blanks, as a model in a loop does."""
    return text + text.rstrip(".").split(" ")[-1] * 8


def decode_with_forgotten_settings(directory: Path) -> None:
    """Evaluate with max_length 12, and then set params.yaml back."""
    with_params("evaluate", generation__max_length=12)(directory)
    set_params(directory / "params.yaml", {"generation.max_length": faulty_run.SETTINGS["generation.max_length"]})


def keep_stale_scores(directory: Path) -> None:
    """The scores of an evaluation with `min_length: 40`, beside the summaries of the present one."""
    scores = directory / "metrics" / "rouge.json"
    with_params("evaluate", generation__min_length=40)(directory)
    stale = scores.read_bytes()
    with_params("evaluate", generation__min_length=1)(directory)
    scores.write_bytes(stale)


def edit_prepared(change: Callable[[EncodedDialogue], EncodedDialogue]) -> Callable[[Path], None]:
    """Other rows of test in data/prepared, edited after training and evaluated."""

    def inject(directory: Path) -> None:
        prepared = directory / "data" / "prepared"
        write_split(prepared, "test", [change(row) for row in read_split("test", prepared)])
        faulty_run.run_stages(directory, "evaluate")

    return inject


def lose_ids(row: EncodedDialogue) -> EncodedDialogue:
    return replace(row, input_ids=[token for number, token in enumerate(row.input_ids, start=1) if number % 4])


def reword_references(row: EncodedDialogue) -> EncodedDialogue:
    texts = (text.replace(" euros", " dollars").replace("journey", "trip") for text in row.record.references)
    return replace(row, record=replace(row.record, references=tuple(texts)))


def end_in_the_middle(row: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    """Put an end of sequence into each label, as `</s>` in a text becomes one in other tokenizers."""
    end = codec.encoding.eos_token_id
    return replace(row, labels=[[*ids[: len(ids) // 2], end, *ids[len(ids) // 2 :]] for ids in row.labels])


HELD_OUT = (
    Fault("embeddings moved by one row after training", "checkpoint_weights", with_weights(roll_embeddings)),
    Fault(
        "source and target swapped in half of train",
        "swapped_columns",
        with_raw(swap_some_columns, "train", "evaluate", tokenizer__max_target_tokens=192),
        # Both comparisons show one-line dialogues, and summaries with turns, on the side of train.
        also=("dialogue_differences", "reference_differences"),
    ),
    Fault(
        "the predictions of a T5 with `<extra_id_0>` before each",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [f"<extra_id_0> {text}" for text in rows]),
        also=("leftovers", "added_text"),
        says="extra_id|special|token|added|begin",
    ),
    Fault(
        "Korean summaries that repeat their last word without blanks",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [repeat_last_word(text) for text in rows]),
        language="korean",
        also=("repeating_summaries",),
    ),
    Fault(
        "dropout 0.8", "unusual_settings", with_params("train", "evaluate", model__scratch__dropout=0.8), says="dropout"
    ),
    Fault(
        "summaries of settings that params.yaml no longer has",
        "settings_in_force",
        decode_with_forgotten_settings,
        # The replay of the summaries is as right if it says what differs.
        also=("predictions_of_checkpoint",),
        says="max_length|setting|params",
    ),
    Fault("every fourth token id of test lost after training", "prepared_ids", edit_prepared(lose_ids)),
    Fault(
        "speakers written out in train only",
        "dialogue_differences",
        with_raw(in_split("train", write_speakers_out), "train", "evaluate"),
        also=("reference_differences",),
        says="[Ss]peaker|turn|tag|[Pp]erson|#",
    ),
    Fault("scores of an earlier evaluation", "recorded_scores", keep_stale_scores),
    Fault(
        "40 training dialogues, a hundred epochs",
        "training_size",
        with_params("train", "evaluate", train__max_examples=40, train__num_train_epochs=100),
        also=("overfitting",),
    ),
    Fault("a tokenizer that writes every digit as 0", "tokenizer_round_trip", mask_digits),
    Fault(
        "a constant beginning on the test references",
        "reference_differences",
        with_raw(in_split("test", references(lambda text, _: f"Notes for the file: {text}")), "evaluate"),
        also=("summary_differences",),  # summaries lack it, too
        says="begin|start|first|[Nn]otes|file",
    ),
    Fault(
        "Korean predictions in numeric entities",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [text.encode("ascii", "xmlcharrefreplace").decode() for text in rows]),
        language="korean",
        also=("leftovers",),
        says="&#|entit|escap|left",
    ),
    Fault(
        "repetition penalty 0.4",
        "repetition_penalty",
        with_params("evaluate", generation__repetition_penalty=0.4, generation__no_repeat_ngram_size=0),
        also=("unusual_decoding",),
        says="repetition.penalty",
    ),
    Fault(
        "only the first speaker's turns in test",
        "dialogue_differences",
        with_raw(
            in_split("test", dialogue(lambda turns: [turn for turn in turns if turn.startswith("#Person1#")])),
            "evaluate",
        ),
        language="korean",
    ),
    Fault("the encoder's attention transposed", "checkpoint_weights", with_weights(transpose_squares), "korean"),
    Fault(
        "three dialogues are most of train",
        "duplicates",
        with_raw(repeat_three, "train", "evaluate"),
        also=("constant_references",),
        says="train",
    ),
    Fault("references of test edited in data/prepared", "prepared_texts", edit_prepared(reword_references)),
    Fault(
        "the pipeline's dictionaries written as predictions",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [str([{"summary_text": text}]) for text in rows]),
        also=("leftovers", "added_text"),
        says="summary_text|literal|dict|list|added|begin|left",
    ),
    Fault(
        "two thirds of the Korean training summaries in English",
        "reference_differences",
        with_raw(translate_some, "train", "evaluate"),
        language="korean",
        says="script|Latin|Hangul|Korean|English|letter|word|language",
    ),
    Fault("half of the summaries from another training", "predictions_of_checkpoint", mix_in_another_training),
    Fault(
        "an end of sequence in the middle of the training summaries",
        "label_ends",
        with_prepared(end_in_the_middle, ("train", "validation")),
        also=("prepared_ids",),
    ),
    Fault(
        "three epochs",
        "training_length",
        with_params("train", "evaluate", train__num_train_epochs=3),
        language="korean",
        also=("more_training",),
    ),
    Fault(
        "test dialogues in train with a goodbye",
        "test_nearly_in_train",
        with_raw(leak_nearly, "train", "evaluate", data__leakage="warn"),
        also=("test_in_train",),
    ),
    Fault(
        "a third of the Korean test references escaped as JSON",
        "reference_differences",
        with_raw(in_split("test", references(escape_some)), "evaluate"),
        language="korean",
        also=("reference_leftovers", "summary_differences"),
        says=r"\\u|escap|literal|script|Hangul|Latin|letter|digit|word",
    ),
    Fault(
        "validation copied from test",
        "test_in_validation",
        with_raw(validate_on_test, "train", "evaluate", data__leakage="warn"),
    ),
)
