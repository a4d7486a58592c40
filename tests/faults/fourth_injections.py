"""What the faults of fourth_look.py do to a run."""

import json
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import torch
from fault import Row, checkpoints, reencode, with_params, with_summaries

from beamline.core.records import SPEAKER_TAG
from beamline.decoding.transformers_backend import Decoder
from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue, read_codec, read_split
from beamline.models.families.seq2seq import Seq2Seq
from beamline.models.padding import IGNORED_LABEL
from beamline.training import trainer
from beamline.training.batching import Collator

DIGITS = {
    "오천": "5,000", "만": "10,000", "이만": "20,000", "삼만": "30,000",
    "사만": "40,000", "오만": "50,000", "육만": "60,000", "구만": "90,000",
}  # fmt: skip


def swap_attentions(weights: dict[str, torch.Tensor]) -> None:
    """Swap the decoder's self-attention and cross-attention, as a wrong table of names does."""
    for name in [name for name in weights if "decoder" in name and ".self_attn." in name]:
        own, cross = weights[name], weights[name.replace("self_attn", "encoder_attn")]
        kept = own.clone()
        own.copy_(cross)
        cross.copy_(kept)


def copy_third_epoch(directory: Path) -> None:
    """The weights of the third epoch in every kept checkpoint, as a copy leaves them that took the wrong file."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", train__keep=14)(other)
    for checkpoint in checkpoints(directory):
        shutil.copy(other / "models" / "epoch-003" / "model.safetensors", checkpoint)
    shutil.rmtree(other)
    faulty_run.run_stages(directory, "evaluate")


def recognize_speech(row: Row, number: int) -> None:
    """Write a dialogue as a speech recognizer does: without capitals and punctuation."""
    turns = [turn.split(": ", 1) for turn in row["dialogue"].split("\n")]
    row["dialogue"] = "\n".join(f"{tag}: {re.sub('[.,?!]', '', text).lower()}" for tag, text in turns)


def decompose(turns: list[str]) -> list[str]:
    return [unicodedata.normalize("NFD", turn) for turn in turns]


def cut_windows(splits: corpus.Splits) -> None:
    """Dialogues of train and validation in two windows, each with the summary of the whole."""
    for split in ("train", "validation"):
        windows = []
        for row in splits[split]:
            turns = row["dialogue"].split("\n")
            for name, part in (("a", turns[:3]), ("b", turns[3:])):
                windows.append({**row, "id": f"{row['id']}-{name}", "dialogue": "\n".join(part)})
        splits[split] = windows


def shift_second_references(splits: corpus.Splits) -> None:
    """The second annotator's summaries of test, seven rows too low."""
    rows = splits["test"]
    second = [row["summary2"] for row in rows]
    for row, text in zip(rows, [*second[-7:], *second[:-7]], strict=True):
        row["summary2"] = text


def write_digits(text: str, number: int) -> str:
    return re.sub(rf"(?<= )({'|'.join(DIGITS)})( 원)", lambda found: f"{DIGITS[found[1]]}원", text)


def leak_tokenized(splits: corpus.Splits) -> None:
    """The test dialogues in train, in the tokenized form of an earlier release."""
    for number, row in enumerate(splits["test"]):
        text = re.sub(r"([.,?!])", r" \1", row["dialogue"])
        splits["train"][number] = {"id": f"tokenized-{number}", "dialogue": text, "summary": row["summary1"]}


def know_few_words(directory: Path) -> None:
    """A tokenizer that knows the 110 most frequent words of train, and no others, from the beginning."""
    faulty_run.run_stages(directory, "prepare")
    prepared = directory / "data" / "prepared"
    path = prepared / "tokenizer" / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    records = [row.record for row in read_split("train", prepared)]
    texts = [text for record in records for text in (record.dialogue, *record.references)]
    counts = Counter(word for text in texts for word in re.findall("▁?[^▁]+", mark_blanks(text)))
    tags = [token for token in tokenizer["added_tokens"] if not token["special"]]
    special = [token["content"] for token in tokenizer["added_tokens"] if token["special"]]
    words = [*special, *(word for word, _ in counts.most_common(110))]
    for number, tag in enumerate(tags, start=len(words)):
        tag["id"] = number
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True}
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer |= {
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"},
        "pre_tokenizer": metaspace,
        "decoder": metaspace,
        "post_processor": tokenizer["post_processor"]["processors"][-1],
    }
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    reencode(directory)
    faulty_run.run_stages(directory, "train", "evaluate")


def mark_blanks(text: str) -> str:
    """Write each blank as ▁, and take the speakers' tags out."""
    return SPEAKER_TAG.sub("", text).replace(" ", "▁").replace("\n", "▁")


def empty_some_labels(row: EncodedDialogue, codec: TextCodec) -> EncodedDialogue:
    """Leave two of five summaries empty, as `fillna` does where a batch of annotations is missing."""
    if sum(row.record.dialogue.encode()) % 5 > 1:
        return row
    return replace(
        row, record=replace(row.record, references=("",)), labels=[[codec.encoding.eos_token_id]], target_tokens=[1]
    )


def misread_encoding(text: str) -> str:
    return text.encode().decode("cp1252", errors="replace")


def join_pieces(directory: Path) -> None:
    """Join the tokens of each summary with blanks, in place of decoding them."""
    tokenizer = read_codec(directory / "data" / "prepared").tokenizer
    with_summaries(lambda rows: [" ".join(tokenizer.tokenize(text)) for text in rows])(directory)


def write_in_order_of_length(directory: Path) -> None:
    """Write summaries in the order in which they were decoded, the longest dialogue first."""
    lengths = [len(row.input_ids) for row in read_split("test", directory / "data" / "prepared")]
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    with_summaries(lambda rows: [rows[number] for number in order])(directory)


def fill_with_references(directory: Path) -> None:
    """A reference in place of every third summary, as a join leaves it whose two columns are both `summary`."""
    rows = [json.loads(line) for line in (directory / "data/tiny/test.jsonl").open(encoding="utf-8")]
    with_summaries(
        lambda texts: [
            text if number % 3 else row["summary1"] for number, (row, text) in enumerate(zip(rows, texts, strict=True))
        ]
    )(directory)


def score_first_reference(directory: Path) -> None:
    """Score against the first of two references alone, the only one that another loader sees."""
    predictions = evidence_from_directory(directory).predictions
    assert predictions is not None
    faulty_run.rewrite(directory, predictions.summaries, [texts[:1] for texts in predictions.references])


def report_other_training(directory: Path) -> None:
    """metrics/train.json of another branch, beside the models of this one."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", seed=7, train__num_train_epochs=6)(other)
    shutil.copy(other / "metrics" / "train.json", directory / "metrics")
    shutil.rmtree(other)


write_at_once, build_decoder = Seq2Seq.generate, Decoder.__init__


def stop_together(*arguments: Any) -> list[list[int]]:
    """End all summaries of a batch where the first one ends, as a loop does that stops at `any` in place of `all`."""
    rows = write_at_once(*arguments)
    end = arguments[3].eos_token_id
    first = min(row.index(end) if end in row else len(row) for row in rows)
    return [row[:first] for row in rows]


def never_copy(self: Decoder, *arguments: Any) -> None:
    """Decode with a setting that params.yaml doesn't have: no two tokens may be copied from the dialogue."""
    build_decoder(self, *arguments)
    self.config.encoder_no_repeat_ngram_size = 2


class Endless(Collator):
    """A collator that leaves the end of sequence out of the loss, as it does where that is also the padding."""

    def __call__(self, examples: Sequence[Any]) -> dict[str, torch.Tensor]:
        tensors = super().__call__(examples)
        labels = tensors["labels"]
        return {**tensors, "labels": labels.masked_fill(labels == self.encoding.eos_token_id, IGNORED_LABEL)}


class ShortSchedule(trainer.SummarizationTrainer):
    """A schedule that ends after three of fourteen epochs, as one does whose steps were counted for another run."""

    def create_scheduler(self, num_training_steps: int, *arguments: Any, **named: Any) -> Any:
        return super().create_scheduler(num_training_steps * 3 // 14, *arguments, **named)


def descend_plainly(*arguments: Any) -> Any:
    """Return the Trainer's arguments with plain gradient descent, and the rate that was meant for AdamW."""
    given = trainer.training_arguments(*arguments)
    given.optim = type(given.optim)("sgd")
    return given
