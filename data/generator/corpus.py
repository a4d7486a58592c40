"""A corpus: three splits of records, drawn from the situations of one language and written as JSON lines."""

import json
import random
from pathlib import Path

from data.generator.english import ENGLISH
from data.generator.korean import KOREAN
from data.generator.script import LONGEST, SHORTEST, Language, Record, write_record

LANGUAGES = {"english": ENGLISH, "korean": KOREAN}
SIZES = {
    "english": {"train": 2400, "validation": 200, "test": 200},
    "korean": {"train": 1200, "validation": 100, "test": 100},
}
REFERENCES = {"train": 1, "validation": 1, "test": 3}


def draw_corpus(name: str) -> dict[str, list[Record]]:
    """Return the records of every split. No dialogue occurs twice, in or across splits."""
    seen: set[str] = set()
    splits = {}
    for split, size in SIZES[name].items():
        # A seed of text gives the same numbers in every process and on every machine.
        draw = random.Random(f"{name}-{split}-2026")
        splits[split] = _draw_split(LANGUAGES[name], size, REFERENCES[split], draw, seen)
    return splits


def write_corpus(name: str, directory: Path) -> None:
    """Write train, validation and test.jsonl into `directory`/`name`."""
    for split, records in draw_corpus(name).items():
        path = directory / name / f"{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [_row(record, f"{name}-{split}-{number:04}") for number, record in enumerate(records, start=1)]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8", newline="\n")


def _draw_split(language: Language, size: int, references: int, draw: random.Random, seen: set[str]) -> list[Record]:
    """Return `size` records. Situations take turns in a random order, so all occur equally often."""
    records: list[Record] = []
    while len(records) < size:
        for situation in draw.sample(language.situations, len(language.situations)):
            record = write_record(language, situation, references, draw)
            while not SHORTEST <= record.turns <= LONGEST or record.dialogue in seen:
                record = write_record(language, situation, references, draw)
            seen.add(record.dialogue)
            records.append(record)
    return records[:size]


def _row(record: Record, identifier: str) -> dict[str, str]:
    if len(record.summaries) == 1:
        summaries = {"summary": record.summaries[0]}
    else:
        summaries = {f"summary{number}": text for number, text in enumerate(record.summaries, start=1)}
    return {"id": identifier, "dialogue": record.dialogue, **summaries, "topic": record.topic}
