"""What an evaluation shows: the health of its summaries, predictions one by one, plots, tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from rich.table import Table

from beamline.decoding.transformers_backend import Summary
from beamline.encoding.codec import TextCodec
from beamline.encoding.prepared import EncodedDialogue
from beamline.metrics.intervals import Interval
from beamline.metrics.rouge import RougeResult

SAMPLES = 50
_BIN_WIDTH = 0.05


def health(dialogues: Sequence[EncodedDialogue], summaries: Sequence[Summary]) -> dict[str, float]:
    """Mean lengths in words (between white space), and shares, 0 to 1, of summaries that are not what they should be.

    empty: no text. unfinished: cut by `max_length`, no end of sequence. repetitive: see `is_repetitive`.
    """
    return {
        "summary_words": float(np.mean([_words(each.text) for each in summaries])),
        "reference_words": float(np.mean([_words(text) for each in dialogues for text in each.record.references])),
        "empty": float(np.mean([not each.text for each in summaries])),
        "unfinished": float(np.mean([not each.finished for each in summaries])),
        "repetitive": float(np.mean([is_repetitive(each.text) for each in summaries])),
    }


def is_repetitive(text: str) -> bool:
    """Whether some three words in a row occur twice, or some two in a row three times."""
    words = text.split()
    triples = Counter(zip(words, words[1:], words[2:], strict=False))
    pairs = Counter(pairwise(words))
    return max(triples.values(), default=0) >= 2 or max(pairs.values(), default=0) >= 3


def prediction_rows(
    dialogues: Sequence[EncodedDialogue], summaries: Sequence[Summary], result: RougeResult
) -> list[dict[str, Any]]:
    """reports/predictions.jsonl: one row for each dialogue, in the order of the data."""
    columns = result.headline.columns()
    return [
        {
            "id": each.record.id,
            "dialogue": each.record.dialogue,
            "references": list(each.record.references),
            "summary": summary.text,
            "scores": {name: float(scores[index]) for name, scores in columns.items()},
        }
        for index, (each, summary) in enumerate(zip(dialogues, summaries, strict=True))
    ]


def score_histogram(result: RougeResult) -> list[dict[str, float]]:
    """plots/scores.json: how many dialogues have a `rouge_f` in each bin of 0.05; `rouge_f` is the bin's lower edge."""
    edges = np.linspace(0, 1, round(1 / _BIN_WIDTH) + 1)
    counts, _ = np.histogram(result.headline.columns()["rouge_f"], bins=edges)
    return [
        {"rouge_f": round(float(edge), 2), "dialogues": int(count)}
        for edge, count in zip(edges[:-1], counts, strict=True)
    ]


def length_pairs(dialogues: Sequence[EncodedDialogue], summaries: Sequence[Summary]) -> list[dict[str, Any]]:
    """plots/lengths.json: words of each summary beside the mean of its references, in the order of the data.

    Without ids: DVC writes a plot's file into a script of its page, where a text of the data could end that script.
    """
    return [
        {
            "reference_words": float(np.mean([_words(text) for text in each.record.references])),
            "summary_words": _words(summary.text),
        }
        for each, summary in zip(dialogues, summaries, strict=True)
    ]


def sample_rows(
    dialogues: Sequence[EncodedDialogue], summaries: Sequence[Summary], result: RougeResult, codec: TextCodec
) -> tuple[list[str], list[list[object]]]:
    """Columns and rows of the first `SAMPLES` test dialogues: raw, as the model sees them, and as they are scored."""
    columns = ["id", "dialogue", "model_reads", "reference", "reference_scored", "summary", "summary_scored", "rouge_f"]
    scores = result.headline.columns()["rouge_f"]
    rows: list[list[object]] = []
    for index, (each, summary) in enumerate(zip(dialogues[:SAMPLES], summaries, strict=False)):
        reference = each.record.references[0]
        rows.append(
            [
                each.record.id,
                each.record.dialogue,
                codec.tokenizer.decode(each.input_ids, clean_up_tokenization_spaces=False),
                reference,
                result.prepare(reference),
                summary.text,
                result.prepare(summary.text),
                float(scores[index]),
            ]
        )
    return columns, rows


def score_table(metrics: Mapping[str, Any], intervals: Mapping[str, Interval]) -> Table:
    """The scores as a person reads them, times 100."""
    table = Table()
    table.add_column("× 100")
    for name in ("validation", "test", "test, 95 % interval"):
        table.add_column(name, justify="right")
    for name, interval in intervals.items():
        table.add_row(
            name,
            f"{100 * metrics['validation'][name]:.2f}",
            f"{100 * metrics['test'][name]:.2f}",
            f"{100 * interval.low:.2f} to {100 * interval.high:.2f}",
        )
    return table


def _words(text: str) -> int:
    return len(text.split())
