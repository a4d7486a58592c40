"""How many summaries of the same dialogues are equal in two sets."""

from collections.abc import Sequence

import numpy as np

from beamline.core.records import SPEAKER_TAG


def share_equal(summaries: Sequence[str], others: Sequence[str]) -> float:
    """Return the share, 0 to 1, of summaries that equal the one in the same row of `others`."""
    return float(np.mean([a == b for a, b in zip(summaries, others, strict=True)]))


def simplify(text: str) -> str:
    """Return the text without letter case and speaker tags, with single spaces."""
    return " ".join(SPEAKER_TAG.sub("", text).casefold().split())
