"""Writes data/english and data/korean, the same bytes every time.

    python -m data.generator [--output DIRECTORY]
"""

import argparse
import json
import random
from pathlib import Path

from data.generator.english import ENGLISH
from data.generator.script import LONGEST, SHORTEST, Language, Record, write_record

SIZES = {
    "english": {"train": 2400, "validation": 200, "test": 200},
}
LANGUAGES = {"english": ENGLISH}
TEST_REFERENCES = 3


def write_corpus(name: str, directory: Path) -> None:
    """Write the splits of one corpus. No dialogue occurs twice, in or across splits."""
    seen: set[str] = set()
    for split, size in SIZES[name].items():
        references = TEST_REFERENCES if split == "test" else 1
        # A seed of text gives the same numbers in every version of Python.
        draw = random.Random(f"{name}-{split}-1")
        records = _draw_records(LANGUAGES[name], size, references, draw, seen)
        path = directory / name / f"{split}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(_row(record, f"{name}-{split}-{number:04}"), ensure_ascii=False) + "\n"
                 for number, record in enumerate(records, start=1)]
        path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _draw_records(
    language: Language, size: int, references: int, draw: random.Random, seen: set[str]
) -> list[Record]:
    """Situations take turns in a random order, so that each occurs as often as the others."""
    records: list[Record] = []
    while len(records) < size:
        for situation in draw.sample(language.situations, len(language.situations)):
            record = write_record(language, situation, references, draw)
            turns = record.dialogue.count("\n") + 1
            if SHORTEST <= turns <= LONGEST and record.dialogue not in seen and len(records) < size:
                seen.add(record.dialogue)
                records.append(record)
    return records


def _row(record: Record, identifier: str) -> dict[str, str]:
    if len(record.summaries) == 1:
        summaries = {"summary": record.summaries[0]}
    else:
        summaries = {f"summary{number}": text for number, text in enumerate(record.summaries, start=1)}
    return {"id": identifier, "dialogue": record.dialogue, **summaries, "topic": record.topic}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the embedded corpora.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1], help="default: this folder's parent")
    arguments = parser.parse_args()
    for name in LANGUAGES:
        write_corpus(name, arguments.output)


if __name__ == "__main__":
    main()
