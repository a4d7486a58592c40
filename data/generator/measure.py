"""Print the figures about the corpora that data/README.md states, as lines of a table.

    python -m data.generator.measure

Needs rouge-score, which the rest of the generator doesn't.
"""

import re
from collections.abc import Iterable
from itertools import combinations
from statistics import mean

from rouge_score.rouge_scorer import RougeScorer

from data.generator.corpus import LANGUAGES, draw_corpus
from data.generator.script import Record

TAG = re.compile(r"#Person\d#:?")


def words(text: str) -> list[str]:
    """Return lower-cased words, with apostrophes ("o'clock") and without speaker tags."""
    return re.findall(r"[\w']+", TAG.sub("", text).lower())


def share(flags: Iterable[bool]) -> str:
    return f"{mean(flags):.0%}"


def agreement(records: Iterable[Record]) -> float:
    """Return how much the references of a dialogue have in common, 0 to 1: what a model can hope for.

    The mean of the F1 of ROUGE-1, -2 and -L over all pairs of references. Only English: rouge-score sees no
    letters but a to z.
    """
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    pairs = [pair for record in records for pair in combinations(record.summaries, 2)]
    return float(mean(score.fmeasure for pair in pairs for score in scorer.score(*pair).values()))


def figures(name: str) -> dict[str, str]:
    splits = draw_corpus(name)
    records = [record for split in splits.values() for record in split]
    lengths = [len(words(record.dialogue)) for record in records]
    turns = [record.turns for record in records]
    summaries = [summary for record in records for summary in record.summaries]
    texts = [text for record in records for text in (record.dialogue, *record.summaries)]
    vocabulary = {word for text in texts for word in words(text)}
    speakers = [len(set(re.findall(r"^#Person\d#", record.dialogue, re.MULTILINE))) for record in records]
    found = {
        "dialogues in train, validation, test": ", ".join(f"{len(split):,}" for split in splits.values()),
        "situations": str(len(LANGUAGES[name].situations)),
        "distinct words": f"{len(vocabulary):,}",
        "words of a dialogue: fewest, mean, most": f"{min(lengths)}, {mean(lengths):.1f}, {max(lengths)}",
        "turns of a dialogue: fewest, mean, most": f"{min(turns)}, {mean(turns):.1f}, {max(turns)}",
        "words of a summary, mean": f"{mean(len(words(summary)) for summary in summaries):.1f}",
        "dialogues with three or four speakers": share(count > 2 for count in speakers),
        "dialogues with a correction": share(record.corrected for record in records),
        "dialogues with a digression": share(record.digressed for record in records),
    }
    if name == "english":
        found["agreement of a dialogue's test references"] = f"{agreement(splits['test']):.3f}"
    return found


def main() -> None:
    for name in LANGUAGES:
        for what, figure in figures(name).items():
            print(f"| {name} | {what} | {figure} |")


if __name__ == "__main__":
    main()
