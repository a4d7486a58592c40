"""A third set of faults that were written without looking at the checks.

They come from what goes wrong in exports, joins, conversions and merges, and from docs/diagnosis.md alone. `check`,
`also` and `says` were decided before any of them was diagnosed. Whoever changes a check after looking at these writes
new ones. The order mixes the kinds: the first few are a fair sample.
"""

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
import torch
from fault import Fault, Row, checkpoints, in_split, references, with_params, with_raw, with_summaries, with_weights
from safetensors.torch import load_file, save_file

from beamline.encoding.prepared import read_split, write_split
from beamline.models.families import seq2seq
from beamline.models.padding import IGNORED_LABEL
from beamline.training import trainer
from beamline.training.batching import Collator


def misread(weights: dict[str, torch.Tensor]) -> None:
    """Read the bytes of bfloat16 numbers as float16, as a conversion does that only looks at their size."""
    for tensor in weights.values():
        tensor.copy_(tensor.to(torch.bfloat16).view(torch.float16))


def interleave_heads(weights: dict[str, torch.Tensor]) -> None:
    """Order the rows of values by dimension and then by head, as another framework lays them out."""
    heads = faulty_run.SETTINGS["model.scratch.attention_heads"]
    for name, tensor in weights.items():
        if "v_proj" in name:
            rows = tensor.reshape(heads, len(tensor) // heads, -1).transpose(0, 1)
            tensor.copy_(rows.reshape(tensor.shape).clone())


def prune(weights: dict[str, torch.Tensor]) -> None:
    """Set seven of ten weights of each matrix to zero, the smallest ones, to make the file smaller."""
    for tensor in weights.values():
        if tensor.dim() == 2:
            size = tensor.abs()
            tensor[size < size.flatten().quantile(0.7)] = 0.0


def merge_encoder(directory: Path) -> None:
    """The encoder of a training with another seed, as a merge leaves it that was applied by half."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", seed=7)(other)
    taken = load_file(checkpoints(other)[0] / "model.safetensors")
    shutil.rmtree(other)
    for checkpoint in checkpoints(directory):
        weights = load_file(checkpoint / "model.safetensors")
        weights |= {name: tensor for name, tensor in taken.items() if ".encoder." in name}
        save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})
    faulty_run.run_stages(directory, "evaluate")


def sort_vocabulary(directory: Path) -> None:
    """Number the tokens in alphabetical order, in each copy of the tokenizer that was trained with."""
    for folder in (directory / "data" / "prepared" / "tokenizer", *checkpoints(directory)):
        path = folder / "tokenizer.json"
        tokenizer = json.loads(path.read_text(encoding="utf-8"))
        vocabulary = tokenizer["model"]["vocab"]
        special = {token["content"] for token in tokenizer["added_tokens"]}
        plain = [token for token in vocabulary if token not in special]
        numbers = sorted(vocabulary[token] for token in plain)
        vocabulary.update(zip(sorted(plain), numbers, strict=True))
        path.write_text(json.dumps(tokenizer), encoding="utf-8")
    faulty_run.run_stages(directory, "evaluate")


def forget_prefix(directory: Path) -> None:
    """Train with a prefix before each dialogue, and prepare and evaluate without it."""
    with_params("prepare", "train", tokenizer__source_prefix="Summarize this dialogue between two people: ")(directory)
    with_params("prepare", "evaluate", tokenizer__source_prefix=None)(directory)


def lose_shards(directory: Path) -> None:
    """Train on the first of six shards, the only one that was written."""
    prepared = directory / "data" / "prepared"
    rows = list(read_split("train", prepared))
    write_split(prepared, "train", rows[: len(rows) // 6])
    faulty_run.run_stages(directory, "train", "evaluate")


def swap_speakers(text: str) -> str:
    return re.sub("#Person([12])#", lambda found: f"#Person{3 - int(found[1])}#", text)


def lose_blanks(row: Row, number: int) -> None:
    """Lose the blanks of every turn, as an export does that takes them for no-break spaces."""
    row["dialogue"] = re.sub("(?<!:) ", "", row["dialogue"])


def write_in_first_person(splits: corpus.Splits) -> None:
    """Summaries of train and validation as one of the two would tell them."""
    verbs = {"buys": "buy", "pays": "pay", "sells": "sell", "tells": "tell", "leaves": "leave", "wants": "want"}
    for row in (*splits["train"], *splits["validation"]):
        text = row["summary"].replace("#Person1#", "I" if "buys" in row["summary"] else "you")
        text = text.replace("#Person2#", "you" if "buys" in row["summary"] else "I")
        row["summary"] = " ".join(verbs.get(word, word) for word in text.split(" "))


def join_sessions(splits: corpus.Splits) -> None:
    """Each test dialogue after the one before it, as if nothing had ended the session."""
    rows = splits["test"]
    texts = [row["dialogue"] for row in rows]
    for row, earlier, text in zip(rows, [texts[-1], *texts[:-1]], texts, strict=True):
        row["dialogue"] = f"{earlier}\n{text}"


def give_away(splits: corpus.Splits) -> None:
    """The agent's closing note, which the summary was copied from, under each dialogue of train and validation."""
    for row in (*splits["train"], *splits["validation"]):
        row["dialogue"] += f"\nNote: {row['summary']}"


def join_by_position(splits: corpus.Splits) -> None:
    """Test references in the order of their ids as text (test-10 before test-2), dialogues in that of their numbers."""
    rows = splits["test"]
    names = ("summary1", "summary2")
    texts = [{name: row[name] for name in names} for row in sorted(rows, key=lambda row: row["id"])]
    for row, summaries in zip(rows, texts, strict=True):
        row.update(summaries)


def augment(splits: corpus.Splits) -> None:
    """Thirty dialogues, sixteen times each, every time with another first line."""
    rows = splits["train"]
    lines = [row["dialogue"].split("\n", 1)[0] for row in rows]
    chosen = [dict(row) for row in rows[:30]]
    for number, (row, line) in enumerate(zip(rows, lines, strict=True)):
        source = chosen[number % len(chosen)]
        row["dialogue"] = f"{line}\n{source['dialogue'].split(chr(10), 1)[1]}"
        row["summary"] = source["summary"]


def stop_at_second_speaker(text: str) -> str:
    """Cut at the second speaker's tag, the stop sequence of a program that writes chats."""
    return text[: text.index("#Person", 1)].strip() if "#Person" in text[1:] else text


def hide_names(text: str) -> str:
    """Star names out, as a filter of personal data does."""
    return re.sub(r"(?<!#)\b[A-Z][a-z]+\b", "***", text)


def repeat_one_batch(summaries: list[str]) -> list[str]:
    """The summaries of the last twelve rows for each twelve: one buffer for all batches."""
    return summaries[-12:] * (len(summaries) // 12)


def decode_beginnings(directory: Path) -> None:
    """Decode only the first 48 tokens of each dialogue, the limit of the program that decodes."""
    whole = seq2seq.source_tensors

    def cut(rows: Sequence[Sequence[int]], encoding: Any, length: int) -> dict[str, torch.Tensor]:
        return whole([row[:48] for row in rows], encoding, min(length, 48))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seq2seq, "source_tensors", cut)
        faulty_run.run_stages(directory, "evaluate")


class Prompted(Collator):
    """A collator that leaves the first six labels out of the loss, as a prompt's are."""

    def __call__(self, examples: Sequence[Any]) -> dict[str, torch.Tensor]:
        tensors = super().__call__(examples)
        labels = tensors["labels"].clone()
        labels[:, :6] = IGNORED_LABEL
        return {**tensors, "labels": labels}


def train_prompted(directory: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "Collator", Prompted)
        faulty_run.run_stages(directory, "train")
    faulty_run.run_stages(directory, "evaluate")


def drop_worst_rows(directory: Path) -> None:
    """Leave out the third of the summaries that scored lowest, and average the others."""
    path, scores = directory / "reports" / "predictions.jsonl", directory / "metrics" / "rouge.json"
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    order = sorted(range(len(rows)), key=lambda number: float(rows[number]["scores"]["rouge_f"]))
    kept = [rows[number] for number in sorted(order[len(rows) // 3 :])]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
    edit_scores(scores, {name: sum(row["scores"][name] for row in kept) / len(kept) for name in kept[0]["scores"]})


def edit_scores(path: Path, scores: dict[str, float]) -> None:
    """Other scores of test in metrics/rouge.json."""
    metrics = json.loads(path.read_text(encoding="utf-8"))
    metrics["test"] |= scores
    path.write_text(json.dumps(metrics, indent=2), encoding="utf-8")


def report_training_split(directory: Path) -> None:
    """Scores of an evaluation of sixty training dialogues, beside the summaries of test."""
    prepared, scores = directory / "data" / "prepared", directory / "metrics" / "rouge.json"
    other = shutil.copytree(directory, directory.parent / "other")
    write_split(other / "data" / "prepared", "test", read_split("train", prepared)[:60])
    faulty_run.run_stages(other, "evaluate")
    test = json.loads((other / "metrics" / "rouge.json").read_text(encoding="utf-8"))["test"]
    shutil.rmtree(other)
    edit_scores(scores, test)


THIRD_LOOK = (
    Fault("bfloat16 weights read as float16", "checkpoint_weights", with_weights(misread)),
    Fault(
        "the summary as a note under each training dialogue",
        "dialogue_differences",
        with_raw(give_away, "train", "evaluate"),
        says="[Nn]ote|last|end|long|length|turn|line|word|character|buys|tells",
    ),
    Fault(
        "#Person1# and #Person2# put back in the other order",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [swap_speakers(text) for text in rows]),
        language="korean",
    ),
    Fault(
        "gradients of 32 batches accumulated",
        "more_training",
        with_params("train", "evaluate", train__gradient_accumulation_steps=32, train__warmup_steps=4),
        language="korean",
        also=("training_length",),
    ),
    Fault(
        "a vocabulary put in alphabetical order after training",
        "prepared_ids",
        sort_vocabulary,
        also=("checkpoint_tokenizer",),
    ),
    Fault("the lowest third of the summaries left out of the score", "predicted_dialogues", drop_worst_rows),
    Fault(
        "first-person summaries in train",
        "reference_differences",
        with_raw(write_in_first_person, "train", "evaluate"),
        says=r"\bI\b|\byou\b|[Pp]erson|#|tag|speaker|begin|first",
    ),
    Fault(
        "decoded with a limit of 48 source tokens that is not in params.yaml",
        "predictions_of_checkpoint",
        decode_beginnings,
    ),
    Fault("one shard of six in data/prepared", "prepared_texts", lose_shards, language="korean", says="train"),
    Fault(
        "the heads' values in another layout", "checkpoint_weights", with_weights(interleave_heads), language="korean"
    ),
    Fault(
        "test dialogues that lost their blanks",
        "dialogue_differences",
        with_raw(in_split("test", lose_blanks), "evaluate"),
        says="word|blank|space|long|length|character",
    ),
    Fault(
        "summaries cut at the second speaker's tag",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [stop_at_second_speaker(text) for text in rows]),
    ),
    Fault("labels of a prompt masked that isn't there", "training_batches", train_prompted),
    Fault(
        "each test dialogue after the one before it",
        "dialogue_differences",
        with_raw(join_sessions, "evaluate"),
        language="korean",
        says="turn|long|length|word|character|line",
    ),
    Fault(
        "characters counted, in English",
        "other_tokenizers",
        with_params("evaluate", rouge__tokenizer="characters"),
        says="character",
    ),
    Fault("the encoder of another training", "checkpoint_weights", merge_encoder),
    Fault(
        "training summaries written twice",
        "reference_differences",
        with_raw(in_split("train", references(lambda text, _: f"{text} {text}")), "train", "evaluate"),
        says="long|length|twice|repeat|word|character|sentence|stop|[Pp]erson",
    ),
    Fault(
        "a source prefix that only training had",
        "checkpoint_tokenizer",
        forget_prefix,
        also=("training_batches",),
        says="prefix|batch",
    ),
    Fault(
        "thirty dialogues, sixteen times each with another first line",
        "duplicates",
        with_raw(augment, "train", "evaluate"),
        also=("training_size", "constant_references"),
    ),
    Fault(
        "one batch's summaries written for all batches",
        "predictions_of_checkpoint",
        with_summaries(repeat_one_batch),
        language="korean",
    ),
    Fault("the scores of training dialogues, reported as test's", "recorded_scores", report_training_split),
    Fault(
        "test references joined by position, in another order",
        "mismatched_pairs",
        with_raw(join_by_position, "evaluate"),
        language="korean",
        # In the best order of all, summaries find their references again.
        also=("row_order",),
    ),
    Fault("seven of ten weights pruned", "checkpoint_weights", with_weights(prune)),
    Fault(
        "names starred out in the summaries",
        "predictions_of_checkpoint",
        with_summaries(lambda rows: [hide_names(text) for text in rows]),
        also=("summary_differences",),
    ),
)
