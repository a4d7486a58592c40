"""Summaries that need no model. Any trained model has to beat them, and they show what a ROUGE score is worth.

The first utterances are the usual baselines of dialogue summarization (Gliwa et al., "SAMSum Corpus: A Human-annotated
Dialogue Dataset for Abstractive Summarization", 2019). The others copy from the training summaries.
"""

from collections.abc import Callable, Sequence

import numpy as np

from beamline.diagnosis.measures.tfidf import TrigramVectors

Baseline = Callable[[Sequence[str]], list[str]]  # from dialogues to a text for each


def from_dialogues() -> dict[str, Baseline]:
    """Return baselines that read only the dialogue, by name."""
    return {
        "first utterance": lambda dialogues: [first_utterances(dialogue, 1) for dialogue in dialogues],
        "first three utterances": lambda dialogues: [first_utterances(dialogue, 3) for dialogue in dialogues],
        "longest utterance": lambda dialogues: [longest_utterance(dialogue) for dialogue in dialogues],
    }


def from_training(dialogues: Sequence[str], summaries: Sequence[str], seed: int) -> dict[str, Baseline]:
    """Return baselines that copy one of `summaries`, by name.

    dialogues: those of the summaries, in the same order. The random and the typical summary do not depend on the
    dialogue.
    """
    return {
        "random training summary": lambda others: random_summaries(summaries, len(others), seed),
        "typical training summary": lambda others: [typical_summary(summaries)] * len(others),
        "nearest neighbour's summary": lambda others: nearest_summaries(dialogues, summaries, others),
    }


def first_utterances(dialogue: str, count: int) -> str:
    """Return the first `count` utterances with their speakers, a line for each as in the dialogue."""
    return "\n".join(_utterances(dialogue)[:count])


def longest_utterance(dialogue: str) -> str:
    """Return the utterance with the most characters; the first if there are several."""
    return max(_utterances(dialogue), key=len, default="")


def random_summaries(summaries: Sequence[str], count: int, seed: int) -> list[str]:
    """Return `count` of the summaries, drawn with replacement by `seed`."""
    drawn = np.random.default_rng(seed).integers(len(summaries), size=count)
    return [summaries[index] for index in drawn]


def typical_summary(summaries: Sequence[str]) -> str:
    """Return the medoid: the summary with the highest mean cosine similarity to all of them."""
    vectors = TrigramVectors(summaries).encode(summaries)
    return summaries[int((vectors @ np.asarray(vectors.mean(axis=0)).ravel()).argmax())]


def nearest_summaries(dialogues: Sequence[str], summaries: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return for each of `others` the summary of the most similar of `dialogues`."""
    vectors = TrigramVectors(dialogues)
    similarities = vectors.encode(others) @ vectors.encode(dialogues).T
    return [summaries[index] for index in np.asarray(similarities.argmax(axis=1)).ravel()]


def _utterances(dialogue: str) -> list[str]:
    return [line for line in dialogue.splitlines() if line.strip()]
