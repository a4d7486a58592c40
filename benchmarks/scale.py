"""How the time and memory of `prepare` and of training grow with the data: 10³ to 10⁶ dialogues varied from DialogSum.

python benchmarks/scale.py DIALOGSUM_DIRECTORY [--size 1000 --size 10000] [--output FILE.json]

`Variations` writes the dialogues, and says how they differ from DialogSum's. Validation and test are 500 each.

Time is wall and processor seconds of the whole stage, imports included, which take several. `prepare` of 100 dialogues
is what it takes to start. The slope is that of a line through the logarithms of dialogues and of wall seconds less this
start: 1 is linear.

Memory is the highest sum of the proportional set sizes (PSS) of all processes of the stage, twenty times a second.
For training, a process does what the stage does: it maps the split, plans an epoch's batches, and takes 200 optimizer
steps of the model of params.yaml.

A million dialogues take 1 GB of disk, three times that while they are trained on, and ten minutes or more.
tools/plot_scale.py draws what `--output` writes.
"""

import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
SIZES = [1_000, 10_000, 100_000, 1_000_000]
START = 100  # dialogues that take no time of their own
COLUMNS = (
    "prepare, s",
    "processor, s",
    "dialogues a second, without the start",
    "memory of prepare, MB",
    "memory of 200 training steps, MB",
)
SPLITS = {"train": "train", "validation": "dev", "test": "test"}  # names of DialogSum's files

NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")  # capitalized within a sentence
NUMBER = re.compile(r"\b\d+")  # not the one in #Person1#
SENTENCE = re.compile(r"(?<=[.?!]) ")
SYLLABLES = [first + vowel for first in "bcdfghjklmnprstvwz" for vowel in ("a", "e", "i", "o", "u", "ai", "en", "or")]


class Variations:
    """Dialogues varied from those of a file, without end: other names, numbers and sentences, and in another order.

    Half of the sentences of a dialogue come from others, and its turns are rotated. So no two are copies or near
    duplicates. The same seed gives the same dialogues, and more of them begin with fewer.
    """

    def __init__(self, path: Path, seed: int) -> None:
        with path.open(encoding="utf-8") as file:
            self.records = [json.loads(line) for line in file]
        self.random = random.Random(f"{seed} {path.name}")
        text = " ".join(record["dialogue"] for record in self.records)
        lower = set(re.findall(r"\b[a-z]+\b", text))
        self.names = {name for name in NAME.findall(text) if name.lower() not in lower}
        turns = [turn.partition(" ")[2] for record in self.records for turn in record["dialogue"].split("\n")]
        self.sentences = [sentence for turn in turns for sentence in SENTENCE.split(turn)]

    def __iter__(self) -> Iterator[dict[str, str]]:
        number = 0
        while True:
            record = self.random.choice(self.records)
            turns = [self.vary_turn(turn) for turn in record["dialogue"].split("\n")]
            start = self.random.randrange(len(turns))
            dialogue = "\n".join(turns[start:] + turns[:start])
            renamed = {name: self.draw_name() for name in {*NAME.findall(dialogue)} & self.names}
            texts = {name: text for name, text in record.items() if name.startswith("summary")} | {"dialogue": dialogue}
            yield {"id": f"{number}"} | {name: self.replace(text, renamed) for name, text in texts.items()}
            number += 1

    def vary_turn(self, turn: str) -> str:
        speaker, _, text = turn.partition(" ")
        sentences = [
            sentence if self.random.random() < 0.5 else self.random.choice(self.sentences)
            for sentence in SENTENCE.split(text)
        ]
        return " ".join([speaker, *sentences])

    def draw_name(self) -> str:
        return "".join(self.random.choices(SYLLABLES, k=3)).title()

    def replace(self, text: str, renamed: dict[str, str]) -> str:
        text = re.sub(r"\w+", lambda word: renamed.get(word[0], word[0]), text)
        return NUMBER.sub(lambda digits: str(self.random.randrange(10 ** len(digits[0]))), text)


def write_corpus(dialogsum: Path, directory: Path, dialogues: int) -> None:
    directory.mkdir(parents=True)
    for split, name in SPLITS.items():
        count = dialogues if split == "train" else 500
        with (directory / f"{split}.jsonl").open("w", encoding="utf-8") as file:
            for record in islice(Variations(dialogsum / f"{name}.jsonl", seed=1), count):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_params(directory: Path, data: Path) -> None:
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["data"]["path"] = str(data)
    params["tokenizer"]["vocabulary_size"] = 8000
    yaml.dump(params, directory / "params.yaml")


def measure(command: list[str], directory: Path) -> dict[str, float]:
    """Return wall and processor seconds of a command, and the highest memory of it and all that it started, in MB."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_WAIT_POLICY": "passive"}
    before, start, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    with subprocess.Popen(command, cwd=directory, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(proportional_set, find_tree(process.pid))))
            time.sleep(0.05)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0, command
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 2), "processor": round(processor, 2), "memory": round(peak / 1000)}


def find_tree(root: int) -> list[int]:
    """Return the numbers of a process and of all that it started."""
    found = [root]
    for number in found:
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def proportional_set(process: int) -> int:
    """Return the memory of a process in kB, with its share of what several have in common; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def train_steps(steps: int = 200) -> None:
    """Do what the train stage does in the working directory, and stop after so many optimizer steps."""
    import torch  # noqa: PLC0415  (not needed to measure)
    import transformers  # noqa: PLC0415

    from beamline.core.params import read_params  # noqa: PLC0415
    from beamline.encoding.prepared import examples, read_codec, read_split  # noqa: PLC0415
    from beamline.train import build_or_load_model  # noqa: PLC0415
    from beamline.training.trainer import SummarizationTrainer, training_arguments  # noqa: PLC0415

    params, codec = read_params(), read_codec()
    torch.set_num_threads(params.train.threads)
    arguments = training_arguments(params, Path("unfinished"))
    arguments.max_steps = steps
    arguments.eval_strategy = arguments.save_strategy = transformers.IntervalStrategy.NO
    training, validation = (examples(read_split(split)) for split in ("train", "validation"))
    model = build_or_load_model(params, codec)
    SummarizationTrainer(
        model, arguments, params, codec, training, validation, sample=validation, validation_bytes=1
    ).train()


def fit_slope(rows: list[dict[str, Any]], start: float) -> float:
    """Return the slope of the logarithm of seconds above that of dialogues."""
    sizes, seconds = ([row["dialogues"] for row in rows], [row["prepare"]["wall"] - start for row in rows])
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(seconds, 0.01)), 1)[0])


def main(
    dialogsum: Annotated[Path | None, typer.Argument(metavar="DIALOGSUM_DIRECTORY")] = None,
    size: Annotated[list[int] | None, typer.Option(help="Dialogues, instead of 10³ to 10⁶.")] = None,
    output: Annotated[Path | None, typer.Option(help="JSON file for the figures.")] = None,
    train: Annotated[bool, typer.Option("--train", hidden=True)] = False,
) -> None:
    if train:
        return train_steps()
    assert dialogsum is not None
    stage, steps = [sys.executable, "-m", "beamline.prepare"], [sys.executable, str(Path(__file__)), "--train"]
    rows: list[dict[str, Any]] = []
    for dialogues in [START, *(size or SIZES)]:
        with tempfile.TemporaryDirectory() as name:
            write_corpus(dialogsum, Path(name, "raw"), dialogues)
            write_params(Path(name), Path(name, "raw"))
            row: dict[str, Any] = {
                "dialogues": dialogues,
                "prepare": measure(stage, Path(name)),
                "train": measure(steps, Path(name)),
            }
        print(row, flush=True)
        rows.append(row)
    started, *rows = rows
    print(f"| dialogues | {' | '.join(COLUMNS)} |\n|{' ---: |' * (len(COLUMNS) + 1)}")
    for row in rows:
        wall, processor, memory = row["prepare"].values()
        rate = row["dialogues"] / (wall - started["prepare"]["wall"])
        print(
            f"| {row['dialogues']:,} | {wall} | {processor} | {rate:,.0f} | {memory:,} | {row['train']['memory']:,} |"
        )
    slope = fit_slope(rows, started["prepare"]["wall"])
    print(f"start: {started['prepare']['wall']} s; slope: {slope:.2f}")
    if output is not None:
        output.write_text(
            json.dumps({"start": started, "rows": rows, "slope": slope}, indent=2) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    typer.run(main)
