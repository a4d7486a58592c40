"""What trusted scores cost: metrics.rouge, and all metrics with intervals, beside bare rouge-score, on DialogSum.

python benchmarks/rouge.py [DIALOGSUM_DIRECTORY]

The test set has 500 dialogues with 3 references each. The ways take turns, so that a machine that slows down slows all
of them; medians of 7 rounds, imports not counted. All stem, all compute ROUGE-1, -2, -L and -Lsum, and all read the
same texts, cut into sentences beforehand for rouge-score.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rouge_score import rouge_scorer, scoring

from beamline.comparison.scoring import DEFAULTS
from beamline.metrics import Corpus, Scorer
from beamline.metrics.rouge import TYPES, RougeScorer, split_sentences

ROUNDS = 7
PARAMS = DEFAULTS


def main(directory: Path) -> None:
    rows = [json.loads(line) for line in (directory / "test.jsonl").read_text(encoding="utf-8").split("\n") if line]
    references = [[row["summary1"], row["summary2"], row["summary3"]] for row in rows]
    predictions = (directory / "bart_large_outputs.txt").read_text(encoding="utf-8").split("\n")
    pairs = [
        ("\n".join(split_sentences(reference)), "\n".join(split_sentences(prediction)))
        for prediction, texts in zip(predictions, references, strict=True)
        for reference in texts
    ]

    def bare(types: tuple[str, ...]) -> list[dict[str, scoring.Score]]:
        scorer = rouge_scorer.RougeScorer(types, use_stemmer=True)
        return [scorer.score(reference, prediction) for reference, prediction in pairs]

    def aggregated() -> None:
        aggregator = scoring.BootstrapAggregator(n_samples=1000)
        for scores in bare(TYPES):
            aggregator.add_scores(scores)
        aggregator.aggregate()

    ways: dict[str, Callable[[], object]] = {
        "rouge-score, bare": lambda: bare(TYPES),
        "rouge-score, bare, without rougeLsum": lambda: bare(TYPES[:3]),
        "rouge-score, BootstrapAggregator, 1,000 resamples": aggregated,
        "beamline.metrics.rouge": lambda: RougeScorer(Corpus(PARAMS, references)).score(predictions),
        "all metrics, intervals, 10,000 resamples": lambda: (
            Scorer(PARAMS, references, seed=42).score(predictions).intervals()
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)

    medians = {name: statistics.median(times) for name, times in seconds.items()}
    baseline = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<50} {median:6.2f} s {median / baseline:6.2f} x bare")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/dialogsum"))
