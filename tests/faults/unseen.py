"""Faults of other kinds than the catalogue: those that the checks were developed with, and some set aside.

`SET_ASIDE` belongs to the first look, with held_out.py. docs/faults.md says what was found.
"""

import html
import json
import random
from pathlib import Path

import corpus
import faulty_run
import torch
from fault import (
    Fault,
    dialogue,
    in_split,
    reencode,
    references,
    spoil,
    with_params,
    with_raw,
    with_summaries,
    with_weights,
)

from beamline.diagnosis.collect import evidence_from_directory

GERMAN = (
    "{a} fragt {b} nach dem Preis und nimmt dann das Angebot an.",
    "{b} erzählt {a} von der Reise in den Süden und den vielen Bergen.",
    "{a} möchte etwas kaufen, aber {b} hat heute nur wenig Zeit.",
    "Am Ende verabreden sich {a} und {b} für den nächsten Morgen.",
)


def redraw_layer(weights: dict[str, torch.Tensor]) -> None:
    generator = torch.Generator().manual_seed(1)
    for name, tensor in weights.items():
        if "decoder.layers.0.fc" in name and tensor.dim() == 2:
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * tensor.std())


def zero_positions(weights: dict[str, torch.Tensor]) -> None:
    for name, tensor in weights.items():
        if "embed_positions" in name:
            tensor.zero_()


def zero_attention_output(weights: dict[str, torch.Tensor]) -> None:
    for name, tensor in weights.items():
        if "encoder_attn.out_proj.weight" in name:
            tensor.zero_()


def quantize(weights: dict[str, torch.Tensor]) -> None:
    for tensor in weights.values():
        if tensor.dim() == 2 and tensor.abs().max() > 0:
            step = tensor.abs().max() / 3
            tensor.copy_((tensor / step).round() * step)


def overflow(directory: Path) -> None:
    def to_infinity(weights: dict[str, torch.Tensor]) -> None:
        weights["model.decoder.layers.0.fc2.weight"][0, :3] = torch.inf

    spoil(directory, to_infinity)


def swap_columns(splits: corpus.Splits) -> None:
    for row in splits["train"]:
        row["dialogue"], row["summary"] = row["summary"], row["dialogue"]


def copy_validation(splits: corpus.Splits) -> None:
    splits["validation"] = [{**row, "id": f"copy-{row['id']}"} for row in splits["train"][: len(splits["validation"])]]


def repeat_train(splits: corpus.Splits) -> None:
    chosen = splits["train"][:48]
    splits["train"] = [{**row, "id": f"{row['id']}-{copy}"} for row in chosen for copy in range(10)]


def shift_train(splits: corpus.Splits) -> None:
    rows = splits["train"]
    for row, summary in zip(rows, [rows[-1]["summary"], *(row["summary"] for row in rows[:-1])], strict=True):
        row["summary"] = summary


def german(text: str, number: int) -> str:
    return GERMAN[number // 3 % 4].format(a="#Person1#", b="#Person2#") if number % 3 == 0 else text


def lower_tokenizer(directory: Path) -> None:
    """A tokenizer whose normalizer lower-cases, from the beginning."""
    faulty_run.run_stages(directory, "prepare")
    path = directory / "data" / "prepared" / "tokenizer" / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["normalizer"] = {"type": "Lowercase"}
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    reencode(directory)
    faulty_run.run_stages(directory, "train", "evaluate")


def double_predictions(directory: Path) -> None:
    path = directory / "reports" / "predictions.jsonl"
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    half = rows[: len(rows) // 2]
    doubled = [*half, *({**row, "id": f"{row['id']}-again"} for row in half)]
    path.write_text("".join(json.dumps(row) + "\n" for row in doubled), encoding="utf-8")


def earlier_checkpoint(directory: Path) -> None:
    """The summaries of the worst of ten checkpoints."""
    with_params("train", "evaluate", train__keep=10)(directory)
    run = evidence_from_directory(directory)
    assert run.kept and run.splits and run.params and run.codec
    model = run.load_model_once(run.kept[-1])
    faulty_run.rewrite(directory, run.summarize(model, run.codec, run.params.generation, run.splits["test"]))


DEVELOPMENT = (
    Fault("a layer drawn anew after training", "checkpoint_weights", with_weights(redraw_layer)),
    Fault("positions zeroed after training", "checkpoint_weights", with_weights(zero_positions)),
    Fault(
        "speakers written as A and B in test only",
        "dialogue_differences",
        with_raw(
            in_split(
                "test", dialogue(lambda turns: [t.replace("#Person1#", "A").replace("#Person2#", "B") for t in turns])
            ),
            "evaluate",
        ),
        says="turns of|speaker",
        also=("repaired_dialogues",),
    ),
    Fault(
        "turns reversed in test only",
        "dialogue_differences",
        with_raw(in_split("test", dialogue(lambda turns: turns[::-1])), "evaluate"),
        says="turn",
        also=("repaired_dialogues",),
    ),
    Fault(
        "references of test escaped",
        "reference_leftovers",
        with_raw(
            in_split(
                "test",
                references(
                    lambda text, _: html.escape(text.replace("is for", 'isn\'t "for" & ')).replace(" a ", " &#97; ")
                ),
            ),
            "evaluate",
        ),
        also=("reference_differences",),
        says="entities|&",
    ),
    Fault(
        "a constant suffix on the training summaries",
        "reference_differences",
        with_raw(
            in_split("train", references(lambda text, _: f"{text} This is the end of the summary.")),
            "train",
            "evaluate",
        ),
        says="end of|summary",
        also=("added_text",),
    ),
    Fault(
        "special tokens left in the predictions",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [f"<s> {text} </s>" for text in rows]),
        says="special tokens",
        also=("leftovers",),
    ),
    Fault("predictions of half of the dialogues, twice", "predicted_dialogues", double_predictions),
    Fault("predictions of an earlier checkpoint", "predictions_of_checkpoint", earlier_checkpoint, says="wrote them"),
    Fault(
        "source and target swapped in train",
        "swapped_columns",
        with_raw(swap_columns, "train", "evaluate", tokenizer__max_target_tokens=192),
    ),
    Fault(
        "validation copied from train",
        "validation_in_train",
        with_raw(copy_validation, "train", "evaluate", data__leakage="warn"),
    ),
    Fault(
        "label smoothing 0.9",
        "unusual_settings",
        with_params("train", "evaluate", train__label_smoothing_factor=0.9),
        says="label_smoothing",
    ),
    Fault(
        "a rate 30 times too small",
        "unusual_settings",
        with_params("train", "evaluate", train__learning_rate=0.0002),
        says="learning_rate|learning rate",
        also=("more_training",),
    ),
    Fault(
        "24 training dialogues",
        "training_size",
        with_params("train", "evaluate", train__max_examples=24),
        also=("training_length", "more_training"),
    ),
    # These six were set aside at first, and were looked at before the first look.
    Fault("attention output zeroed after training", "checkpoint_weights", with_weights(zero_attention_output)),
    Fault("weights quantized to seven levels", "checkpoint_weights", with_weights(quantize)),
    Fault("infinities among the weights", "checkpoint_weights", overflow, also=("finite_weights",)),
    Fault(
        "half of each dialogue cut in test only",
        "dialogue_differences",
        with_raw(in_split("test", dialogue(lambda turns: turns[: len(turns) // 2])), "evaluate"),
    ),
    Fault(
        "a third of the test references in German",
        "reference_differences",
        with_raw(in_split("test", references(german)), "evaluate"),
        says="none of the words",
    ),
    Fault(
        "turns shuffled in train only",
        "dialogue_differences",
        with_raw(
            in_split("train", dialogue(lambda turns: random.Random(" ".join(turns)).sample(turns, len(turns)))),
            "train",
            "evaluate",
        ),
        says="turn",
    ),
)
SET_ASIDE = (
    Fault("the training summaries one row too low", "mismatched_pairs", with_raw(shift_train, "train", "evaluate")),
    Fault("48 training dialogues, ten times each", "duplicates", with_raw(repeat_train, "train", "evaluate")),
    Fault("a tokenizer that lower-cases", "tokenizer_round_trip", lower_tokenizer, says="letter case"),
    Fault(
        "the prompt echoed in the predictions",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [f"Summarize the dialogue in one sentence: {text}" for text in rows]),
        says="added",
        also=("added_text",),
    ),
    Fault(
        "line ends written out in the predictions",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [text.replace(" and ", "\\nand ") + "\\n" for text in rows]),
        also=("leftovers",),
    ),
    Fault(
        "byte strings written as predictions",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [str(text.encode()) for text in rows]),
        also=("leftovers",),
    ),
    Fault(
        "a rate 10 times too small",
        "unusual_settings",
        with_params("train", "evaluate", train__learning_rate=0.0006),
        says="learning_rate|learning rate|too short",
        also=("more_training", "training_length"),
    ),
    Fault(
        "length penalty -5 with beams",
        "length_penalty",
        with_params("evaluate", generation__num_beams=4, generation__length_penalty=-5.0),
        also=("unusual_decoding", "search"),
        says="length_penalty|search",
    ),
    Fault(
        "sampling at temperature 3",
        "sampling",
        with_params("evaluate", generation__do_sample=True, generation__temperature=3.0),
        also=("unusual_decoding",),
    ),
)
