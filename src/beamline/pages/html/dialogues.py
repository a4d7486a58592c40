"""The dialogues of a page as plain data: turns, references, and each system's summary, word by word."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from beamline.core.records import Predictions
from beamline.core.speakers import count_openings, split_opening
from beamline.metrics.health import count_words
from beamline.metrics.intervals import FloatArray
from beamline.metrics.rouge import split_sentences
from beamline.metrics.support import WordSplitter

# Marks of a word: the references have it, only the dialogue has it, neither has it. What is between words has none.
IN_REFERENCES, IN_DIALOGUE, IN_NEITHER, UNMARKED = "r", "d", "n", ""

_MOST_SOURCES = 3  # turns marked for one sentence


@dataclass(frozen=True)
class Summaries:
    """A system's summaries, and their scores by column name: float64 [dialogues], 0-1, NaN if undefined."""

    predictions: Predictions
    scores: Mapping[str, FloatArray]


def dialogue_data(
    systems: Sequence[Summaries], columns: Sequence[str], headline: str, splitter: WordSplitter
) -> dict[str, Any]:
    """Return the data that the page's scripts read: one record a dialogue, scores in 0-1.

    systems: of the same dialogues in the same order. columns: the scores to show, the headline among them.
    A dialogue's `unusual` is by how many standard deviations it is unlike the others, see `_unusual`.
    """
    first = systems[0].predictions
    marked = [
        [_mark_summary(system.predictions, row, splitter) for row in range(len(first.summaries))] for system in systems
    ]
    unusual = _unusual(systems, marked, splitter)
    records = []
    for row, references in enumerate(first.references):
        records.append(
            {
                "id": str(row + 1) if first.ids is None else first.ids[row],
                "turns": split_turns(first.dialogues[row]) if first.dialogues else [],
                "references": list(references),
                "summaries": [
                    by_row[row] | {"scores": [_rounded(system.scores[name][row]) for name in columns]}
                    for system, by_row in zip(systems, marked, strict=True)
                ],
                "unusual": unusual[row],
            }
        )
    return {"columns": list(columns), "headline": list(columns).index(headline), "dialogues": records}


def split_turns(dialogue: str) -> list[tuple[str, str]]:
    """Return each line of a dialogue as speaker and text. The speaker is empty if the line doesn't begin with one."""
    speakers, _ = count_openings(dialogue)
    turns = []
    for line in filter(str.strip, dialogue.split("\n")):
        name, text = split_opening(line)
        turns.append((name, text) if name and name in speakers else ("", line.strip()))
    return turns


def _mark_summary(predictions: Predictions, row: int, splitter: WordSplitter) -> dict[str, Any]:
    """Return the sentences of a summary, each with its marked pieces and the turns that it takes most from."""
    dialogue = predictions.dialogues[row] if predictions.dialogues else None
    in_references = set().union(*map(splitter.tokens, predictions.references[row]))
    in_turns = [splitter.tokens(" ".join(turn)) for turn in split_turns(dialogue or "")]
    in_dialogue = set().union(*in_turns)
    summary = predictions.summaries[row]

    sentences = []
    for sentence in _whole_sentences(summary):
        pieces: list[list[str]] = []
        tokens: set[str] = set()
        for piece in splitter.split(sentence):
            tokens.update(piece.tokens)
            mark = UNMARKED
            if piece.tokens:
                known = in_references.issuperset(piece.tokens), in_dialogue.issuperset(piece.tokens)
                mark = IN_REFERENCES if known[0] else IN_DIALOGUE if known[1] else IN_NEITHER
            if pieces and pieces[-1][1] == mark:
                pieces[-1][0] += piece.text
            else:
                pieces.append([piece.text, mark])
        sentences.append({"pieces": _joined(pieces), "turns": _main_sources(tokens, in_turns)})
    findings = splitter.find_unsupported(summary, in_dialogue) if dialogue is not None else []
    return {"sentences": sentences, "findings": findings}


def _whole_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of `text` with the white space after each, so that together they are `text`."""
    start = 0
    for sentence, following in pairwise(split_sentences(text)):
        end = text.index(sentence, start) + len(sentence)
        place = text.index(following, end)
        yield text[start:place]
        start = place
    yield text[start:]


def _joined(pieces: list[list[str]]) -> list[list[str]]:
    """Return the pieces with a space between two words of one mark as part of them, which halves their number."""
    joined: list[list[str]] = []
    for text, mark in pieces:
        if len(joined) > 1 and joined[-1] == [" ", UNMARKED] and joined[-2][1] == mark:
            joined.pop()
            joined[-1][0] += f" {text}"
        else:
            joined.append([text, mark])
    return joined


def _main_sources(tokens: set[str], in_turns: Sequence[set[str]]) -> list[int]:
    """Return the indices of the turns that share most with a sentence, in the order of the dialogue.

    A word counts more if fewer turns have it. Turns count if they share at least half of what the best one shares.
    """
    turns_with = Counter(token for turn in in_turns for token in turn & tokens)
    weights = {token: math.log((1 + len(in_turns)) / count) for token, count in turns_with.items()}
    shared = [sum(weights[token] for token in sorted(turn & tokens)) for turn in in_turns]
    best = max(shared, default=0)
    order = sorted(range(len(shared)), key=lambda index: -shared[index])[:_MOST_SOURCES]
    return sorted(index for index in order if best > 0 and shared[index] >= best / 2)


def _unusual(
    systems: Sequence[Summaries], marked: Sequence[Sequence[Mapping[str, Any]]], splitter: WordSplitter
) -> list[float]:
    """Return by how many standard deviations each dialogue's summaries are unlike the others, at most.

    Three traits are looked at: the length beside that of the references, the share of content words that the dialogue
    doesn't have, and the share of words that are repeated.
    """
    traits = []
    for system, rows in zip(systems, marked, strict=True):
        predictions = system.predictions
        for row, summary in enumerate(predictions.summaries):
            words = [piece for piece in splitter.split(summary) if piece.tokens]
            content = [piece for piece in words if splitter.is_content(piece)]
            texts = predictions.references[row] or [summary]
            expected = np.mean([count_words(text) for text in texts])
            traits.append(
                (
                    math.log((1 + count_words(summary)) / (1 + expected)),
                    len(rows[row]["findings"]) / max(1, len(content)),
                    1 - len({piece.tokens for piece in words}) / max(1, len(words)),
                )
            )
    values = np.array(traits)
    deviations = values.std(axis=0)
    away = np.abs(values - values.mean(axis=0)) / np.where(deviations > 1e-9, deviations, np.inf)
    return [round(float(value), 2) for value in away.max(axis=1).reshape(len(systems), -1).max(axis=0)]


def _rounded(score: float) -> float | None:
    return None if math.isnan(score) else round(float(score), 4)
