"""A second half of faults that were written without looking at the checks.

They come from the issue's kinds and docs/diagnosis.md alone. `check`, `also` and `says` were decided before any of them
was diagnosed. Whoever changes a check after looking at these writes new ones. The order mixes the kinds: the first few
are a fair sample.
"""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
import torch
from fault import (
    Fault,
    Row,
    checkpoints,
    dialogue,
    in_split,
    reencode,
    with_params,
    with_prepared,
    with_raw,
    with_summaries,
    with_weights,
)
from support.repository import set_params

from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue
from beamline.training import trainer
from beamline.training.batching import Collator

PLAIN = ("Rome", "Vienna", "Madrid", "Oslo", "Dublin", "Athens", "scarf", "bag", "vase", "kettle")
ACCENTED = ("Besançon", "Málaga", "Córdoba", "Zürich", "Kraków", "Orléans", "béret", "châle", "cafetière", "théière")


def swap_keys_and_values(weights: dict[str, torch.Tensor]) -> None:
    """Swap keys and values of the cross-attention, as a conversion does that cuts one matrix of both in two."""
    for name in [name for name in weights if "encoder_attn.k_proj" in name]:
        keys, values = weights[name], weights[name.replace("k_proj", "v_proj")]
        kept = keys.clone()
        keys.copy_(values)
        values.copy_(kept)


def move_positions(weights: dict[str, torch.Tensor]) -> None:
    """Move the decoder's positions by two rows: BART's first position is the third row, other models' the first."""
    positions = weights["model.decoder.embed_positions.weight"]
    positions.copy_(positions.roll(-2, dims=0))


def edit_beside_checkpoints(file: str, **values: Any) -> Callable[[Path], None]:
    """Other values in a JSON file of every kept checkpoint, evaluated."""

    def inject(directory: Path) -> None:
        for checkpoint in checkpoints(directory):
            path = checkpoint / file
            stored = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps({**stored, **values}), encoding="utf-8")
        faulty_run.run_stages(directory, "evaluate")

    return inject


def write_html(turns: list[str]) -> list[str]:
    return [re.sub(r"^(#\w+#): (.*)$", r"<b>\1</b>: \2<br>", turn) for turn in turns]


def mask_names(row: Row, number: int) -> None:
    """Take places, days and sums out of a dialogue, as a tool that protects private data does."""
    for topic in corpus.ENGLISH:
        for slot in topic.slots.keys() & {"place", "day", "price"}:
            row["dialogue"] = re.sub(rf"\b({'|'.join(topic.slots[slot])})\b", f"[{slot.upper()}]", row["dialogue"])


def cut_summaries(splits: corpus.Splits) -> None:
    """Summaries of train and validation from a database column of 45 characters."""
    for row in (*splits["train"], *splits["validation"]):
        row["summary"] = row["summary"][:45]


def repeat_test(splits: corpus.Splits) -> None:
    """Twelve test dialogues, five times each, as a join with five raters leaves them."""
    chosen = splits["test"][:12]
    splits["test"] = [{**row, "id": f"{row['id']}-{rater}"} for row in chosen for rater in range(5)]


def write_topics(row: Row, number: int) -> None:
    """Write what a tired annotator writes, in every other row."""
    if number % 2:
        row["summary"] = "#Person1# talks to #Person2# about " + (
            "shopping." if "euros" in row["dialogue"] else "travel."
        )


def translate_dialogues(splits: corpus.Splits) -> None:
    """Korean test dialogues in English, two of five."""
    translations = {
        korean.dialogue.format(**dict(zip(korean.slots, source, strict=True))): english.dialogue.format(
            **dict(zip(korean.slots, target, strict=True))
        )
        for korean, english in zip(corpus.KOREAN, corpus.ENGLISH, strict=True)
        for source, target in zip(product(*korean.slots.values()), product(*english.slots.values()), strict=True)
    }
    openings = corpus.ENGLISH_TALK[0]
    for number, row in enumerate(splits["test"]):
        if number % 5 < 2:
            _, rest = row["dialogue"].split("\n", 1)
            row["dialogue"] = f"#Person2#: {openings[number % len(openings)]}\n{translations[rest]}"


def write_accents(splits: corpus.Splits) -> None:
    accents = dict(zip(PLAIN, ACCENTED, strict=True))
    for row in (row for rows in splits.values() for row in rows):
        row.update({name: re.sub(r"\w+", lambda found: accents.get(found[0], found[0]), row[name]) for name in row})


def with_normalizer(
    normalizer: dict[str, Any], change: Callable[[corpus.Splits], None] = lambda splits: None
) -> Callable[[Path], None]:
    """A tokenizer with this normalizer, from the beginning."""

    def inject(directory: Path) -> None:
        with_raw(change)(directory)
        path = directory / "data" / "prepared" / "tokenizer" / "tokenizer.json"
        tokenizer = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**tokenizer, "normalizer": normalizer}), encoding="utf-8")
        reencode(directory)
        faulty_run.run_stages(directory, "train", "evaluate")

    return inject


def run_together(text: str) -> str:
    """End in a loop of two words without blanks."""
    words = text.split(" ")
    return " ".join(words[:4]) + "".join(words[2:4]) * 6


def echo_dialogues(directory: Path) -> None:
    """Summaries with their dialogue before them, as a decoder-only model's output has its input."""
    rows = [json.loads(line) for line in (directory / "data/tiny/test.jsonl").open(encoding="utf-8")]
    with_summaries(lambda summaries: [f"{row['dialogue']}\n{text}" for row, text in zip(rows, summaries, strict=True)])(
        directory
    )


class Missorted(Collator):
    """A collator that sorts the sources of a batch by length, and forgets the targets."""

    def __call__(self, examples: Sequence[Any]) -> dict[str, torch.Tensor]:
        tensors = super().__call__(examples)
        moved = super().__call__(sorted(examples, key=lambda example: len(example.input_ids)))
        return {**tensors, **{name: moved[name] for name in ("input_ids", "attention_mask")}}


def train_missorted(directory: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "Collator", Missorted)
        faulty_run.run_stages(directory, "train")
    faulty_run.run_stages(directory, "evaluate")


def drop_label_tokens(row: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    """Drop three of ten label tokens, as word dropout does that was meant for the sources."""
    generator = random.Random(row.record.dialogue)
    return replace(
        row, labels=[[*(token for token in ids[:-1] if generator.random() > 0.3), ids[-1]] for ids in row.labels]
    )


def edit_scores(directory: Path) -> None:
    """The headline of a better run, written over this one's by hand."""
    path = directory / "metrics" / "rouge.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    metrics["test"]["rouge_f"] += 0.04
    path.write_text(json.dumps(metrics, indent=2), encoding="utf-8")


def score_best_reference(directory: Path) -> None:
    """Score by the best of two references, and then set params.yaml back."""
    with_params("evaluate", rouge__references="best")(directory)
    set_params(directory / "params.yaml", {"rouge.references": "mean"})


SECOND_LOOK = (
    Fault("keys and values swapped after training", "checkpoint_weights", with_weights(swap_keys_and_values)),
    Fault(
        "test dialogues in HTML",
        "dialogue_differences",
        with_raw(in_split("test", dialogue(write_html)), "evaluate"),
        also=("repaired_dialogues",),
        says="<|markup|HTML|turn|speaker",
    ),
    Fault(
        "a rate for fine-tuning, and a model from nothing",
        "unusual_settings",
        with_params("train", "evaluate", train__learning_rate=0.00005),
        # The cure is a higher rate, and both say so.
        also=("more_training", "standing_loss"),
        says="rate",
    ),
    Fault(
        "Korean predictions as JSON lists, escaped",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [json.dumps([text]) for text in rows]),
        language="korean",
        also=("leftovers",),
        says=r"\\u|escap|JSON|list|literal|left",
    ),
    Fault(
        "half of the training summaries name only the topic",
        "constant_references",
        with_raw(in_split("train", write_topics), "train", "evaluate"),
        also=("reference_differences",),
        says="train",
    ),
    Fault("rows of one process after the other's", "row_order", with_summaries(lambda rows: rows[::2] + rows[1::2])),
    Fault(
        "a tokenizer that takes Korean syllables apart",
        "tokenizer_round_trip",
        with_normalizer({"type": "NFKD"}),
        language="korean",
    ),
    Fault("the headline score edited by hand", "recorded_scores", edit_scores),
    Fault("a collator that sorts the sources alone", "training_batches", train_missorted),
    Fault(
        "training summaries cut at 45 characters",
        "reference_differences",
        with_raw(cut_summaries, "train", "evaluate"),
        says="end|last|long|short|length|stop|character|word",
    ),
    Fault(
        "a Korean `min_length` counted in characters",
        "min_length",
        with_params("evaluate", generation__min_length=40),
        language="korean",
    ),
    Fault(
        "`scale_embedding` changed in the checkpoint's config.json",
        "checkpoint_loss",
        edit_beside_checkpoints("config.json", scale_embedding=True),
    ),
    Fault(
        "places, days and prices masked in test only",
        "dialogue_differences",
        with_raw(in_split("test", mask_names), "evaluate"),
        says=r"\[|\]|PLACE|DAY|PRICE|place|day|price|capital|mark",
    ),
    Fault(
        "weight decay 10",
        "unusual_settings",
        with_params("train", "evaluate", train__weight_decay=10.0),
        says="weight.decay",
    ),
    Fault("the dialogue before each summary", "predictions_of_checkpoint", echo_dialogues),
    Fault(
        "the end token of another tokenizer beside the checkpoint",
        "decoder_start",
        edit_beside_checkpoints("encoding.json", eos_token_id=3),
        language="korean",
        also=("checkpoint_tokenizer",),
        says="end|eos",
    ),
    Fault("twelve test dialogues, five times each", "duplicates", with_raw(repeat_test, "evaluate"), says="test"),
    Fault(
        "a tokenizer that strips accents",
        "tokenizer_round_trip",
        with_normalizer(
            {"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}, write_accents
        ),
    ),
    Fault(
        "the better of two references, and params.yaml says their mean",
        "signature",
        score_best_reference,
        says="best|mean|reference|multi",
    ),
    Fault(
        "two fifths of the Korean test dialogues in English",
        "dialogue_differences",
        with_raw(translate_dialogues, "evaluate"),
        language="korean",
        says="script|Latin|Hangul|Korean|English|letter|word|language",
    ),
    Fault("three in ten label tokens dropped", "prepared_ids", with_prepared(drop_label_tokens, ("train",))),
    Fault(
        "Korean summaries that loop without blanks",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [run_together(text) for text in rows]),
        language="korean",
        also=("repeating_summaries",),
    ),
    Fault(
        "sampling from all tokens at temperature 1.5",
        "sampling",
        with_params("evaluate", generation__do_sample=True, generation__temperature=1.5, generation__top_k=0),
        says="sampl|temperature|top_k|greed",
    ),
    Fault("the decoder's positions moved by two rows", "checkpoint_weights", with_weights(move_positions), "korean"),
)
