"""What the faults of fifth_look.py do to a run."""

import json
import re
import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
import torch
from fault import Row, checkpoints, patched, reencode, with_params, with_raw, with_weights
from third_look import edit_scores
from transformers import set_seed

from beamline import train
from beamline.core.params import read_params
from beamline.decoding.transformers_backend import until_end
from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.prepared import Example, read_codec
from beamline.models.families.seq2seq import source_tensors
from beamline.models.scratch import build_model
from beamline.training import epochs, trainer
from beamline.training.batching import Collator

VALUES = {value for topic in corpus.ENGLISH for values in topic.slots.values() for value in values}
averages: dict[str, torch.Tensor] = {}  # of the weights of the training in progress


def write_topic(row: Row, number: int) -> None:
    """The dataset's topic in place of the second summary."""
    row["summary2"] = "shopping" if "euros" in row["summary2"] else "travel"


def wrap_lines(row: Row, number: int) -> None:
    """Wrap the lines of a dialogue, as a mail program does."""
    row["dialogue"] = "\n".join(line for turn in row["dialogue"].split("\n") for line in textwrap.wrap(turn, 30))


def join_with_neighbours(splits: corpus.Splits) -> None:
    """Each training dialogue with its own and with another's summary, from a join by a key that two of them have."""
    rows = splits["train"]
    others = [*rows[9:], *rows[:9]]
    splits["train"] = [
        {**row, "id": f"{row['id']}-{name}", "summary": source["summary"]}
        for row, other in zip(rows, others, strict=True)
        for name, source in (("a", row), ("b", other))
    ]


def split_by_name(splits: corpus.Splits) -> None:
    """An article and a place of test that are in no dialogue of train and validation."""

    def choose(part: slice) -> corpus.Splits:
        topics = []
        for topic in corpus.ENGLISH:
            chosen = {name: values[part] for name, values in topic.slots.items() if name in ("thing", "place")}
            topics.append(replace(topic, slots={**topic.slots, **chosen}))
        return corpus.records(topics, corpus.ENGLISH_TALK, seed=0)

    splits |= {**choose(slice(7)), "test": choose(slice(7, None))["test"]}


def read_first_line(row: Row, number: int) -> None:
    """Read only the first line of a cell with several."""
    row["dialogue"] = row["dialogue"].split("\n")[0]


def write_key_words(text: str, number: int) -> str:
    return ", ".join(word for word in re.findall(r"\w+", text) if word in VALUES)


def shift_validation(splits: corpus.Splits) -> None:
    rows = splits["validation"]
    texts = [row["summary"] for row in rows]
    for row, text in zip(rows, [*texts[-2:], *texts[:-2]], strict=True):
        row["summary"] = text


def fill_with_last_turn(splits: corpus.Splits) -> None:
    """The last turn where the summary is missing, in three of five training dialogues."""
    for number, row in enumerate(splits["train"]):
        if number % 5 < 3:
            row["summary"] = row["dialogue"].split("\n")[-1].split(": ", 1)[1]


def enlarge_epsilon(*arguments: Any) -> Any:
    """Return the Trainer's arguments with an epsilon that makes steps of Adam as small as its gradients."""
    given = trainer.training_arguments(*arguments)
    given.adam_epsilon = 1.0
    return given


def step_once_per_epoch(directory: Path) -> None:
    """Train with a schedule that steps once for each epoch, and a warm-up that was meant for optimizer steps."""
    with_params(train__warmup_steps=350)(directory)
    patched(train, "SummarizationTrainer", OncePerEpoch, "train")(directory)


class OncePerEpoch(trainer.SummarizationTrainer):
    """Steps the schedule of the learning rate once for each epoch."""

    def create_scheduler(self, num_training_steps: int, *arguments: Any, **named: Any) -> Any:
        scheduler = super().create_scheduler(num_training_steps, *arguments, **named)
        steps = num_training_steps // int(self.args.num_train_epochs)
        scheduler.lr_lambdas = [lambda step, rate=rate: rate(1 + step // steps) for rate in scheduler.lr_lambdas]
        return scheduler


class Noisy(Collator):
    """A collator that takes two of five tokens from each dialogue, left from a denoising pre-training."""

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        tensors = super().__call__(examples)
        ids = tensors["input_ids"]
        generator = torch.Generator().manual_seed(int(ids.sum()))
        lost = torch.rand(ids.shape, generator=generator) < 0.4
        return {**tensors, "input_ids": ids.masked_fill(lost, self.encoding.pad_token_id)}


def train_before_correction(change: Callable[[corpus.Splits], None]) -> Callable[[Path], None]:
    """Train on data with a mistake, correct and prepare them, and forget to train again."""

    def inject(directory: Path) -> None:
        data = directory / "data" / "tiny"
        kept = shutil.copytree(data, directory / "kept")
        with_raw(change, "train")(directory)
        shutil.rmtree(data)
        shutil.move(kept, data)
        faulty_run.run_stages(directory, "prepare", "evaluate")

    return inject


class Averaging(trainer.SummarizationTrainer):
    """Keeps moving averages of the weights, which change by a thousandth in each step."""

    @torch.no_grad()
    def training_step(self, model: torch.nn.Module, *arguments: Any, **named: Any) -> torch.Tensor:
        for name, weight in model.state_dict().items():
            averages.setdefault(name, weight.clone()).lerp_(weight, 0.001)
        with torch.enable_grad():
            return super().training_step(model, *arguments, **named)


def save_averages(directory: Path) -> None:
    """Save moving averages of the weights, and report the loss of the weights themselves."""
    write = epochs.save_whole

    def save(model: Any, path: Path) -> None:
        kept = {name: weight.clone() for name, weight in model.state_dict().items()}
        model.load_state_dict(averages)
        write(model, path)
        model.load_state_dict(kept)

    averages.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epochs, "save_whole", save)
        patched(train, "SummarizationTrainer", Averaging, "train")(directory)


def add_difference_twice(directory: Path) -> None:
    """What training changed, added to the trained weights once more."""
    params, codec = read_params(directory / "params.yaml"), read_codec(directory / "data" / "prepared")
    set_seed(params.seed)
    before = build_model(params.model.scratch, codec.encoding, len(codec.tokenizer)).state_dict()
    with_weights(lambda weights: [tensor.add_(tensor - before[name]) for name, tensor in weights.items()])(directory)


def end_early(weights: dict[str, torch.Tensor]) -> None:
    """An output bias that makes the end of sequence (token 2) likely, of a model that wrote titles."""
    weights["final_logits_bias"][0, 2] = 12.0


def edit_tokenizer(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    change(tokenizer)
    path.write_text(json.dumps(tokenizer), encoding="utf-8")


def lose_decoder(directory: Path) -> None:
    """A tokenizer beside the checkpoint that lost its decoder when it was saved in another format."""
    for checkpoint in checkpoints(directory):
        edit_tokenizer(checkpoint / "tokenizer.json", lambda tokenizer: tokenizer.update(decoder=None))
    faulty_run.run_stages(directory, "evaluate")


def lose_merges(directory: Path) -> None:
    """A file of merges that was cut after training, in each copy of the tokenizer, and dialogues encoded with it."""

    def cut(tokenizer: dict[str, Any]) -> None:
        merges = tokenizer["model"]["merges"]
        tokenizer["model"]["merges"] = merges[: len(merges) // 2]

    for folder in (directory / "data" / "prepared" / "tokenizer", *checkpoints(directory)):
        edit_tokenizer(folder / "tokenizer.json", cut)
    reencode(directory)
    faulty_run.run_stages(directory, "evaluate")


def pad_left(rows: Sequence[Sequence[int]], encoding: Any, length: int) -> dict[str, torch.Tensor]:
    """Pad sources at their beginning, as decoder-only models need it."""
    tensors = source_tensors([row[::-1] for row in rows], encoding, length)
    return {name: tensor.flip(1) for name, tensor in tensors.items()}


def show_in_table(text: str) -> str:
    """The text as a table shows it, in 50 characters."""
    return text if len(text) <= 50 else text[:47] + "..."


def write_longest_turns(directory: Path) -> None:
    """The summaries of a baseline, under the name of the model's."""
    rows = [json.loads(line) for line in (directory / "data/tiny/test.jsonl").open(encoding="utf-8")]
    turns = [[turn.split(": ", 1)[1] for turn in row["dialogue"].split("\n")] for row in rows]
    faulty_run.rewrite(directory, [max(texts, key=len) for texts in turns])


@torch.no_grad()
def predict_with_labels(directory: Path) -> None:
    """The first choices of a model that reads the second reference while it writes: `predict_with_generate` is off."""
    run = evidence_from_directory(directory)
    assert run.splits and run.codec and run.params and run.model is not None
    collate, model = Collator(run.codec.encoding, run.params.padding), run.model.eval()
    summaries = []
    for row in run.splits["test"]:
        inputs = collate([Example(row.record.id, row.input_ids, row.labels[1])])
        del inputs["labels"]
        ids = model(**inputs).logits.argmax(-1)[0].tolist()
        summaries += run.codec.decode([until_end(ids, run.codec.encoding.eos_token_id)[0]])
    faulty_run.rewrite(directory, summaries)


def report_recall(directory: Path) -> None:
    """Recall in place of F1, as the columns of another program are read that begin with it."""
    run = evidence_from_directory(directory)
    assert run.predictions
    assert run.predictions.dialogues
    scorer = run.scorer_with(run.predictions.references, run.predictions.dialogues)
    means = {name: float(values.mean()) for name, values in scorer.score(run.predictions.summaries).recall.items()}
    means["rouge_f"] = (means["rouge1_f"] + means["rouge2_f"] + means["rougeL_f"]) / 3
    edit_scores(directory / "metrics" / "rouge.json", means)


def score_other_release(directory: Path) -> None:
    """References from another release of the data, whose test dialogues are others."""
    rows = corpus.english(seed=3)["test"]
    predictions = evidence_from_directory(directory).predictions
    assert predictions is not None
    faulty_run.rewrite(directory, predictions.summaries, [[row["summary1"], row["summary2"]] for row in rows])


def show_other_curves(directory: Path) -> None:
    """The curves of another training beside the models and metrics of this one."""
    other = shutil.copytree(directory, directory.parent / "other")
    with_params("train", seed=7, train__num_train_epochs=6)(other)
    shutil.rmtree(directory / "plots" / "training")
    shutil.copytree(other / "plots" / "training", directory / "plots" / "training")
    shutil.rmtree(other)
