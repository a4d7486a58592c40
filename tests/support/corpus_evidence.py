"""Evidence of a healthy small run without a model: the real corpora, and people's summaries for the model's."""

import functools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from support.marks import agree

from beamline.core.params import Columns, read_params
from beamline.core.records import Dialogue, Predictions, speaker_tags
from beamline.data.splits import open_split
from beamline.diagnosis.checks import CATALOGUE, Finding
from beamline.diagnosis.checks.check import PROVING
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.verdict import Result, Verdict, judge
from beamline.encoding.codec import build_codec
from beamline.encoding.prepared import encode_split

ROOT = Path(__file__).parents[2]
PARAMS = read_params(ROOT / "params.yaml")
COUNTS = {"train": 240, "validation": 40, "test": 40}

Splits = dict[str, list[Dialogue]]


@functools.cache
def read(language: str, split: str) -> tuple[Dialogue, ...]:
    path = ROOT / "data" / language / f"{split}.jsonl"
    return tuple(open_split(path, Columns(id=None, dialogue=None, summary=None)))


def corpus(language: str) -> Splits:
    return {split: list(read(language, split)[:count]) for split, count in COUNTS.items()}


def one_topic(language: str) -> list[Dialogue]:
    """The training dialogues of the first one's topic."""
    lines = (ROOT / "data" / language / "train.jsonl").read_text(encoding="utf-8").splitlines()
    topics = [json.loads(line)["topic"] for line in lines]
    return [record for record, topic in zip(read(language, "train"), topics, strict=True) if topic == topics[0]]


def evidence(splits: Splits, predictions: Predictions | None = None, **limits: Any) -> Evidence:
    """A run on these splits whose summaries of test are people's: the last reference, scored against the others."""
    if predictions is None:
        predictions = people(splits["test"])
        others = zip(splits["test"], predictions.references, strict=True)
        splits = {**splits, "test": [replace(row, references=references) for row, references in others]}
    texts = [text for record in splits["train"] for text in (record.dialogue, *record.references)]
    tags = sorted({tag for text in texts for tag in speaker_tags(text)})
    codec = build_codec(PARAMS.tokenizer.model_copy(update={"vocabulary_size": 1500, **limits}), texts, tags)
    return Evidence(
        seed=0,
        rouge=PARAMS.rouge,
        predictions=predictions,
        splits={split: encode_split(dialogues, codec) for split, dialogues in splits.items()},
        codec=codec,
    )


def people(dialogues: Sequence[Dialogue]) -> Predictions:
    return Predictions(
        ids=[record.id for record in dialogues],
        dialogues=[record.dialogue for record in dialogues],
        references=[record.references[:-1] or record.references for record in dialogues],
        summaries=[record.references[-1] for record in dialogues],
    )


def finding(name: str, run: Evidence) -> Finding:
    [check] = [check for check in CATALOGUE if check.name == name]
    found = check(run)
    assert agree(found), found
    return found


def findings(family: str, run: Evidence) -> dict[str, Finding]:
    return {check.name: check(run) for check in CATALOGUE if check.family == family}


def verdict_of(family: str, run: Evidence) -> Verdict:
    """The verdict of a family's checks alone."""
    return judge(run, [Result(check, check(run)) for check in CATALOGUE if check.family == family])


def failing_causes(family: str, run: Evidence) -> list[str]:
    """The checks of a family that fail and prove or measure a cause."""
    checks = [check for check in CATALOGUE if check.family == family and check.kind in PROVING]
    return [check.name for check in checks if check(run).status == "failure"]
