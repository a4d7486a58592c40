"""What was done to the summaries and not to their references, or the other way round."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

from beamline.core.records import SPEAKER_TAG, speaker_tags
from beamline.diagnosis.evidence import Evidence
from beamline.diagnosis.measures.overlap import words

_CLOSERS = "\"'”’»)]」』】）"
_QUOTED = re.compile(r"""^\s*["'“‘«「『].*["'”’»」』]\s*$""", re.DOTALL)


@dataclass(frozen=True)
class Feature:
    """Something of a text that post-processing takes away.

    name: in the plural, for a sentence. count: how much of it a text has. alike: makes a text that has it and one that
    lost it the same. is_possible: whether a text could have it.
    """

    name: str
    count: Callable[[str], int]
    alike: Callable[[str], str]
    is_possible: Callable[[str], bool] = bool


def _has_case(text: str) -> bool:
    return any(letter.isupper() or letter.islower() for letter in text)


def _capitals(text: str) -> int:
    """Return the number of capital letters. Those of speaker tags count only if no other letter has a case (Korean)."""
    untagged = SPEAKER_TAG.sub(" ", text)
    return sum(letter.isupper() for letter in (untagged if _has_case(untagged) else text))


TAGS = Feature(
    "speaker tags", lambda text: len(speaker_tags(text)), lambda text: " ".join(SPEAKER_TAG.sub(" ", text).split())
)
CAPITALS = Feature("capital letters", _capitals, str.lower, is_possible=_has_case)
COMPOSED = Feature(
    "composed characters (NFC)",
    lambda text: int(not unicodedata.is_normalized("NFD", text)),
    lambda text: unicodedata.normalize("NFC", text),
    is_possible=lambda text: not unicodedata.is_normalized("NFD", unicodedata.normalize("NFC", text)),
)
FINAL_STOPS = Feature(
    "full stops at their end",
    lambda text: int(text.rstrip().rstrip(_CLOSERS).endswith((".", "!", "?", "…", "。", "！", "？", "।", "۔"))),
    lambda text: text.rstrip(" \n\"'”’».!?…。！？।۔"),
)
BARE_ENDS = Feature(
    "ends without quotation marks",
    lambda text: int(not _QUOTED.match(text)),
    lambda text: text.strip(" \n\"'“”‘’«»「」『』"),
)


def side_without(run: Evidence, feature: Feature) -> Literal["predictions", "references"] | None:
    """Return the side that lost the feature, or None.

    A side lost it if it has less than a fiftieth of what the other side has, over at least ten different texts that
    could have it. The other side must have much: one for every four texts, and at least ten in all. A healthy model
    writes less of something than people do, but more than a fiftieth: the default run has 0.94 times the capital
    letters.
    """
    assert run.predictions
    summaries, references = run.predictions.summaries, list(chain.from_iterable(run.predictions.references))
    if _lacks(summaries, references, feature):
        return "predictions"
    return "references" if _lacks(references, summaries, feature) else None


def was_taken_away(run: Evidence, feature: Feature, side: Literal["predictions", "references"]) -> bool:
    """Return whether `side` lost the feature after it was written; True if this run can't show it.

    Predictions: a model may never have learned to write the feature, which is not post-processing. So the sample of
    test is decoded again. It must have much of the feature. Without sampling, half of its summaries must also have the
    words of the predictions, because decoding repeats itself up to rounding.
    References: those of train, from which the model learned, must have much of the feature.
    """
    if side == "references":
        return run.splits is None or _is_much(_references(run, "train"), feature)
    if run.checkpoint is None or run.splits is None or run.params is None:
        return True
    rewritten, written = run.rewritten, run.written
    same = np.mean([words(a) == words(b) for a, b in zip(rewritten, written, strict=True)])
    return _is_much(rewritten, feature) and (run.params.generation.do_sample or bool(same >= 0.5))


def _lacks(texts: Sequence[str], others: Sequence[str], feature: Feature) -> bool:
    possible = [text for text in texts if feature.is_possible(text)]
    frequency, expected = (sum(map(feature.count, texts)) / max(1, len(texts)) for texts in (possible, others))
    return len(set(possible)) >= 10 and frequency < expected / 50 and _is_much(others, feature)


def _is_much(texts: Sequence[str], feature: Feature) -> bool:
    total = sum(feature.count(text) for text in texts)
    return total >= max(10, len(texts) / 4)


def _references(run: Evidence, split: str) -> list[str]:
    return [text for dialogue in (run.splits or {})[split] for text in dialogue.record.references]
