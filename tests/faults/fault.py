"""What a fault is, and the ways to put one into a healthy run."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
import faulty_run
import pytest
import torch
from safetensors.torch import load_file, save_file
from support.repository import set_params

from beamline.diagnosis.collect import evidence_from_directory
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import SPLITS, EncodedDialogue, encode_split, read_codec, read_split, write_split

Row = dict[str, str]


@dataclass(frozen=True)
class Fault:
    """A fault, and the check that has to name it.

    name: as the table in docs/faults.md has it. check: of the verdict's first cause or, if none is proved, of its first
    suspect. inject: breaks the healthy run in the directory that it is given. language: of the healthy run. says: a
    pattern that the check's sentence has to match. also: checks of facts that are as true.
    """

    name: str
    check: str
    inject: Callable[[Path], None]
    language: str = "english"
    says: str = ""
    also: tuple[str, ...] = ()


def with_params(*stages: str, **values: Any) -> Callable[[Path], None]:
    """Other parameters, and the stages that they change; `__` in a name means the dot."""

    def inject(directory: Path) -> None:
        set_params(directory / "params.yaml", {name.replace("__", "."): value for name, value in values.items()})
        faulty_run.run_stages(directory, *stages)

    return inject


def with_raw(change: Callable[[corpus.Splits], None], *stages: str, **values: Any) -> Callable[[Path], None]:
    """Other dialogues, from the beginning."""

    def inject(directory: Path) -> None:
        splits: corpus.Splits = {
            split: [json.loads(line) for line in (directory / f"data/tiny/{split}.jsonl").open(encoding="utf-8")]
            for split in SPLITS
        }
        change(splits)
        corpus.write(directory / "data" / "tiny", splits)
        with_params("prepare", *stages, **values)(directory)

    return inject


def with_prepared(
    change: Callable[[EncodedDialogue, TextCodec], EncodedDialogue], splits: Sequence[str] = SPLITS
) -> Callable[[Path], None]:
    """Other token ids in data/prepared, trained on."""

    def inject(directory: Path) -> None:
        prepared = directory / "data" / "prepared"
        codec = read_codec(prepared)
        for split in splits:
            write_split(prepared, split, [change(dialogue, codec) for dialogue in read_split(split, prepared)])
        faulty_run.run_stages(directory, "train", "evaluate")

    return inject


def with_summaries(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """Other summaries in reports/predictions.jsonl."""

    def inject(directory: Path) -> None:
        predictions = evidence_from_directory(directory).predictions
        assert predictions is not None
        faulty_run.rewrite(directory, change(list(predictions.summaries)))

    return inject


def with_weights(change: Callable[[dict[str, torch.Tensor]], None]) -> Callable[[Path], None]:
    """Other weights in every kept checkpoint, evaluated."""

    def inject(directory: Path) -> None:
        spoil(directory, change)
        faulty_run.run_stages(directory, "evaluate")

    return inject


def patched(owner: Any, name: str, value: Any, *stages: str) -> Callable[[Path], None]:
    """Run the stages with other code, and then `evaluate`, if it is not one of them, with ours."""

    def inject(directory: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, value)
            faulty_run.run_stages(directory, *stages)
        if "evaluate" not in stages:
            faulty_run.run_stages(directory, "evaluate")

    return inject


def in_split(split: str, change: Callable[[Row, int], Any]) -> Callable[[corpus.Splits], None]:
    """Change every row of a split in place."""

    def apply(splits: corpus.Splits) -> None:
        for number, row in enumerate(splits[split]):
            change(row, number)

    return apply


def references(change: Callable[[str, int], str]) -> Callable[[Row, int], None]:
    """Change the references of a row."""

    def apply(row: Row, number: int) -> None:
        row.update({name: change(row[name], number) for name in ("summary", "summary1", "summary2") if name in row})

    return apply


def dialogue(change: Callable[[list[str]], list[str]]) -> Callable[[Row, int], None]:
    """Change the turns of a row."""

    def apply(row: Row, number: int) -> None:
        row["dialogue"] = "\n".join(change(row["dialogue"].split("\n")))

    return apply


def checkpoints(directory: Path) -> list[Path]:
    return [path.parent for path in sorted((directory / "models").glob("*/config.json"))]


def spoil(directory: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    for checkpoint in checkpoints(directory):
        weights = load_file(checkpoint / "model.safetensors")
        change(weights)
        save_file(weights, checkpoint / "model.safetensors", metadata={"format": "pt"})


def reencode(directory: Path) -> None:
    prepared = directory / "data" / "prepared"
    codec = read_codec(prepared)
    for split in SPLITS:
        write_split(prepared, split, encode_split([dialogue.record for dialogue in read_split(split, prepared)], codec))
