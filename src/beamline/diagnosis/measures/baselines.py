"""Summaries that need no model: what any trained one has to beat, and what a score of ROUGE is worth beside it.

The leading utterances are the usual baselines of dialogue summarization (Gliwa et al., "SAMSum Corpus: A
Human-annotated Dialogue Dataset for Abstractive Summarization", 2019). The others copy from the training summaries.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

Summarizer = Callable[[Sequence[str]], list[str]]

_BUCKETS = 2**20
_PRIMES = np.array([1_000_003, 10_007, 1], dtype=np.uint64)


def from_dialogues() -> dict[str, Summarizer]:
    """Baselines that read nothing but the dialogue, by name."""
    return {
        "first utterance": lambda dialogues: [first_utterances(each, 1) for each in dialogues],
        "first three utterances": lambda dialogues: [first_utterances(each, 3) for each in dialogues],
        "longest utterance": lambda dialogues: [longest_utterance(each) for each in dialogues],
    }


def from_training(dialogues: Sequence[str], summaries: Sequence[str], seed: int) -> dict[str, Summarizer]:
    """Baselines that copy one of `summaries`, by name; `dialogues` are those that they belong to, in the same order.

    The random and the typical one don't even look at what they summarize.
    """
    return {
        "random training summary": lambda others: random_summaries(summaries, len(others), seed),
        "typical training summary": lambda others: [typical_summary(summaries)] * len(others),
        "nearest neighbour's summary": lambda others: nearest_summaries(dialogues, summaries, others),
    }


def first_utterances(dialogue: str, count: int) -> str:
    """The first `count` utterances, one a line as in the dialogue, speakers included."""
    return "\n".join(_utterances(dialogue)[:count])


def longest_utterance(dialogue: str) -> str:
    """The utterance with the most characters, the first of several."""
    return max(_utterances(dialogue), key=len, default="")


def random_summaries(summaries: Sequence[str], count: int, seed: int) -> list[str]:
    drawn = np.random.default_rng(seed).integers(len(summaries), size=count)
    return [summaries[index] for index in drawn]


def typical_summary(summaries: Sequence[str]) -> str:
    """The medoid: the one with the highest mean cosine similarity to all of them."""
    vectors = _Vectors(summaries).of(summaries)
    return summaries[int((vectors @ np.asarray(vectors.mean(axis=0)).ravel()).argmax())]


def nearest_summaries(dialogues: Sequence[str], summaries: Sequence[str], others: Sequence[str]) -> list[str]:
    """For each of `others` the summary of the most similar of `dialogues`."""
    vectors = _Vectors(dialogues)
    similarities = vectors.of(others) @ vectors.of(dialogues).T
    return [summaries[index] for index in np.asarray(similarities.argmax(axis=1)).ravel()]


class _Vectors:
    """TF-IDF of character trigrams, log-scaled and of unit length: Manning et al., "Introduction to Information
    Retrieval" (2008), chapter 6.

    Trigrams need no tokenizer for any script and see a Korean stem behind its particles; hashing spares a vocabulary.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        occurs = np.bincount(np.concatenate([np.unique(_trigrams(text)) for text in texts]), minlength=_BUCKETS)
        self.weights = np.log((1 + len(texts)) / (1 + occurs))

    def of(self, texts: Sequence[str]) -> sparse.csr_array:
        """[texts, buckets] float64."""
        counted = [np.unique(_trigrams(text), return_counts=True) for text in texts]
        columns = np.concatenate([trigrams for trigrams, _ in counted])
        values = (1 + np.log(np.concatenate([counts for _, counts in counted]))) * self.weights[columns]
        starts = np.concatenate([[0], np.cumsum([len(trigrams) for trigrams, _ in counted])])
        lengths = np.sqrt(np.add.reduceat(values**2, starts[:-1]))
        values /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(starts))
        return sparse.csr_array((values, columns, starts), shape=(len(texts), _BUCKETS))


def _trigrams(text: str) -> np.ndarray:
    """The bucket of every three characters in a row, case folded; a text of fewer is padded with spaces."""
    codes = np.frombuffer(f" {text.casefold()}  ".encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, 3)
    return (windows @ _PRIMES % _BUCKETS).astype(np.int64)


def _utterances(dialogue: str) -> list[str]:
    return [line for line in dialogue.splitlines() if line.strip()]
