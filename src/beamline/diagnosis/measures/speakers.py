"""Speakers that have a token, and how often texts name them."""

from collections import Counter
from collections.abc import Collection

from beamline.core.params import Params
from beamline.core.records import SPEAKER_TAG, speaker_tags
from beamline.core.speakers import find_opening
from beamline.diagnosis.parts import Splits
from beamline.encoding.tags import choose_tags


def choose_speakers(splits: Splits, params: Params | None) -> list[str]:
    """Return the speakers that get a token by `tokenizer.speaker_tokens`, or by auto if params.yaml is missing."""
    which = "auto" if params is None else params.tokenizer.speaker_tokens
    return choose_tags((dialogue.record.dialogue for dialogue in splits["train"]), which)


def count_speakers(text: str, speakers: Collection[str]) -> Counter[str]:
    """Return how often each of the speakers is in a text: a tag anywhere, a name only if it begins a turn."""
    openings = (find_opening(line) for line in text.split("\n"))
    names = (name for name in openings if name is not None and not SPEAKER_TAG.fullmatch(name))
    return Counter(name for name in (*speaker_tags(text), *names) if name in speakers)
