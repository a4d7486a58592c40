"""What the faults of sixth_look.py do to a run."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
import torch
from fault import Row, checkpoints, with_params, with_weights
from fifth_injections import edit_tokenizer
from safetensors.torch import load_file
from third_look import edit_scores

from beamline.core.params import read_params
from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.codec import build_codec
from beamline.encoding.prepared import Example, encode_split, read_split, write_split
from beamline.models.padding import IGNORED_LABEL
from beamline.training import epochs, trainer
from beamline.training.batching import Collator

PERSONAL = {
    value
    for topic in corpus.ENGLISH
    for name, values in topic.slots.items()
    if name in ("who", "price", "place", "day")
    for value in values
}
GERMAN_TEMPLATES = (
    "#Person1# kauft {thing} in {colour} für {who} und zahlt #Person2# {price} Euro.",
    "#Person2# erzählt #Person1# von einer Reise nach {place} mit {vehicle} am {day}, um {sight} zu besuchen.",
)
GERMAN_VALUES = {
    "thing": "einen Schal, eine Lampe, einen Stuhl, eine Tasche, eine Uhr, eine Vase, einen Kessel, eine Decke",
    "colour": "Rot, Blau, Grün, Gelb, Schwarz, Weiß, Braun, Lila",
    "who": "die Schwester, den Bruder, den Freund, die Mutter, den Vater, den Lehrer, den Nachbarn, die Cousine",
    "price": "fünf, zehn, zwölf, zwanzig, dreißig, vierzig, fünfzig, neunzig",
    "place": "Paris, London, Rom, Wien, Madrid, Oslo, Dublin, Athen",
    "vehicle": "dem Zug, dem Bus, dem Flugzeug, dem Auto, dem Schiff, dem Fahrrad, dem Motorrad, dem Taxi",
    "day": "Montag, Dienstag, Mittwoch, Donnerstag, Freitag, Samstag, Sonntag, Weihnachtstag",
    "sight": "das Schloss, das Museum, den Strand, den Markt, den Garten, das Theater, den Hafen, die Bücherei",
}


def translate_half(row: Row, number: int) -> None:
    """The German release's summary in place of every second one."""
    if number % 2:
        return
    for topic, german in zip(corpus.ENGLISH, GERMAN_TEMPLATES, strict=True):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\w+)", re.escape(topic.references[0]))
        if found := re.fullmatch(pattern, row["summary"]):
            words = {name: GERMAN_VALUES[name].split(", ") for name in topic.slots}
            row["summary"] = german.format(
                **{name: words[name][topic.slots[name].index(value)] for name, value in found.groupdict().items()}
            )


def show_preview(row: Row, number: int) -> None:
    """What a list shows of a summary in place of the summary, in three of five rows."""
    if number % 5 < 3:
        row["summary"] = f"{row['summary'][:24].rstrip()}…"


def separate_channels(row: Row, number: int) -> None:
    """All turns of one speaker before those of the other, as a recording with a channel for each is transcribed."""
    row["dialogue"] = "\n".join(sorted(row["dialogue"].split("\n"), key=lambda turn: turn.partition(":")[0]))


def keep_first_channel(row: Row, number: int) -> None:
    row["dialogue"] = "\n".join(turn for turn in row["dialogue"].split("\n") if turn.startswith("#Person1#"))


def misread_part(row: Row, number: int) -> None:
    """Three in five dialogues written as UTF-8 and read as Latin-1, as those of one of two files."""
    if number % 5 < 3:
        row["dialogue"] = row["dialogue"].encode().decode("latin-1")


def lose_reference(splits: corpus.Splits) -> None:
    """The references of one dialogue lost at two fifths of the file, so that all below are of the next dialogue."""
    rows = splits["test"]
    for row, following in pairwise(rows[24:]):
        row |= {name: following[name] for name in ("summary1", "summary2")}
    rows.pop()


def add_note(text: str, number: int) -> str:
    """The text with the note that an annotation program exports after it."""
    annotator = ("김지수", "이하나", "박도윤")[number % 3]
    return f"{text} [작성 {annotator} 2023-04-{number % 28 + 1:02} 14:{number % 60:02}, 검수 완료]"


def rotate_projections(weights: dict[str, torch.Tensor]) -> None:
    """Keys in place of queries, values of keys, queries of values: a fused matrix split in another program's order."""
    for name in list(weights):
        if ".q_proj." in name:
            names = [name.replace("q_proj", kind) for kind in ("q_proj", "k_proj", "v_proj")]
            query, key, value = (weights[part].clone() for part in names)
            weights |= dict(zip(names, (key, value, query), strict=True))


def shift_embeddings(weights: dict[str, torch.Tensor]) -> None:
    """Embeddings one row too low from a row on, as after a token that was inserted and that the rows don't have."""
    for name, tensor in weights.items():
        if name.endswith("shared.weight"):
            tensor[320:] = tensor[319:-1].clone()


def interleave_queries(weights: dict[str, torch.Tensor]) -> None:
    """Both halves of each head interleaved in the queries and not in the keys, as rotary positions are converted."""
    for name, tensor in weights.items():
        if ".q_proj." in name:
            halves = tensor.unflatten(0, (4, 2, -1))
            tensor.copy_(halves.transpose(1, 2).flatten(0, 2))


def average_trainings(directory: Path) -> None:
    """The mean of the weights of two trainings that began with other seeds."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", seed=7)(other)
    theirs = load_file(checkpoints(other)[-1] / "model.safetensors")
    shutil.rmtree(other)
    with_weights(lambda weights: [tensor.lerp_(theirs[name], 0.5) for name, tensor in weights.items()])(directory)


def saved(change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Path], None]:
    """Change the weight matrices when a checkpoint is saved, and go on training those that were not changed."""

    def inject(directory: Path) -> None:
        write = epochs.save_whole

        def save(model: Any, path: Path) -> None:
            kept = {name: weight.clone() for name, weight in model.state_dict().items()}
            changed = {name: change(weight) for name, weight in kept.items() if weight.dim() > 1}
            model.load_state_dict({**kept, **changed})
            write(model, path)
            model.load_state_dict(kept)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(epochs, "save_whole", save)
            faulty_run.run_stages(directory, "train")
        faulty_run.run_stages(directory, "evaluate")

    return inject


def keep_signs(weight: torch.Tensor) -> torch.Tensor:
    """The mean size of the weights with the sign of each, and 0 for the small ones, as in models of 1.58 bits."""
    size = weight.abs().mean().clamp(min=1e-9)
    return torch.round(weight / size).clamp(-1, 1) * size


def write_in_order_of_decoding(directory: Path) -> None:
    """Summaries in the order in which they were decoded, the longest dialogue first."""
    run = evidence_from_directory(directory)
    assert run.predictions
    assert run.splits
    lengths = [len(row.input_ids) for row in run.splits["test"]]
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    faulty_run.rewrite(directory, [run.predictions.summaries[row] for row in order])


def cut_bytes(text: str) -> str:
    """The text in a column of 64 bytes."""
    return text.encode()[:64].decode(errors="ignore")


def redact(text: str) -> str:
    return re.sub(r"\w+", lambda word: "[REDACTED]" if word[0] in PERSONAL else word[0], text)


def keep_earlier_predictions(directory: Path) -> None:
    """The summaries of an earlier and shorter training, from a cache that goes by the name of the run."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", "evaluate", train__num_train_epochs=5)(other)
    predictions = evidence_from_directory(other).predictions
    assert predictions is not None
    shutil.rmtree(other)
    faulty_run.rewrite(directory, predictions.summaries)


class Unshifted(Collator):
    """A collator that expects the model to shift what the decoder reads."""

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        tensors = super().__call__(examples)
        labels = tensors["labels"]
        read = labels.masked_fill(labels == IGNORED_LABEL, self.encoding.pad_token_id)
        return {**tensors, "decoder_input_ids": read}


class TwoEpochs(trainer.SummarizationTrainer):
    """Has a schedule for two epochs, whatever the number of epochs is."""

    def create_scheduler(self, num_training_steps: int, *arguments: Any, **named: Any) -> Any:
        steps = 2 * num_training_steps // int(self.args.num_train_epochs)
        return super().create_scheduler(steps, *arguments, **named)


def encode_with_other_release(directory: Path) -> None:
    """Test encoded with the tokenizer of another release of the data, from before that was prepared again."""
    prepared = directory / "data" / "prepared"
    rows = corpus.korean(seed=5)["train"][:150]
    texts = chain.from_iterable((row["dialogue"], row["summary"]) for row in rows)
    codec = build_codec(read_params(directory / "params.yaml").tokenizer, texts, ["#Person1#", "#Person2#"])
    write_split(prepared, "test", encode_split([row.record for row in read_split("test", prepared)], codec))
    faulty_run.run_stages(directory, "evaluate")


def sort_vocabulary(directory: Path) -> None:
    """The newest tokens beside the checkpoint in order of the alphabet, as another program wrote it."""

    def sort(tokenizer: dict[str, Any]) -> None:
        vocabulary = tokenizer["model"]["vocab"]
        newest = sorted(token for token, number in vocabulary.items() if number >= 320)
        vocabulary |= dict(zip(newest, sorted(vocabulary[token] for token in newest), strict=True))

    for checkpoint in checkpoints(directory):
        edit_tokenizer(checkpoint / "tokenizer.json", sort)
    faulty_run.run_stages(directory, "evaluate")


def report_validation(directory: Path) -> None:
    """The scores of validation as those of test."""
    path = directory / "metrics" / "rouge.json"
    edit_scores(path, json.loads(path.read_text(encoding="utf-8"))["validation"])


def put_settings_back(directory: Path) -> None:
    """Decode with room for 14 tokens, left from a quick try, and put params.yaml back afterwards."""
    params = (directory / "params.yaml").read_bytes()
    with_params("evaluate", generation__max_length=14)(directory)
    (directory / "params.yaml").write_bytes(params)
