"""Repairs of dialogues: changes that make dialogues of test like those of train, whichever side was changed."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from beamline.data.features import find_speaker
from beamline.data.two_sample import find_differences
from beamline.diagnosis.measures.repairs import read_as_utf_8, unescape

_CLEARER = 0.7  # share of the largest difference: a repair that leaves more does not fit the comparison
_STYLE = 0.5  # share of train's dialogues with the same label: it is then a style, and not a name

Repair = Callable[[str], str]


@dataclass(frozen=True)
class DialogueRepair:
    """A change that makes test dialogues like those of train. fault: what is wrong if the change gains points."""

    fault: str
    repair: Repair


def find_repairs(test: Sequence[str], train: Sequence[str], *, seed: int) -> Iterator[DialogueRepair]:
    """Yield repairs of test dialogues that remove at least 30 % of the largest difference from train, if any."""
    largest = _largest_difference(test, train, seed)
    if not largest:
        return
    for candidate in _candidates(train):
        repaired = [candidate.repair(text) for text in test]
        if repaired != list(test) and _largest_difference(repaired, train, seed) <= _CLEARER * largest:
            yield candidate


def _largest_difference(test: Sequence[str], train: Sequence[str], seed: int) -> float:
    return max((difference.size for difference in find_differences(test, train, seed=seed)), default=0.0)


def _candidates(train: Sequence[str]) -> Iterator[DialogueRepair]:
    """Yield every known repair. Some use the labels of train's speakers."""
    yield DialogueRepair("The turns of test or of train are in reverse order", _reverse_turns)
    yield DialogueRepair("HTML entities are in the dialogues of test", unescape)
    yield DialogueRepair("Dialogues of test are UTF-8 that was read as another encoding", read_as_utf_8)
    yield DialogueRepair("Line ends are written out in the dialogues of test", _write_line_ends)
    yield DialogueRepair("Dialogues of train are in lower case, and those of test are not", str.lower)
    yield DialogueRepair("Dialogues of train are in capital letters, and those of test are not", str.upper)
    yield DialogueRepair("Invisible characters are in the dialogues of test", _remove_invisible)
    forms: tuple[Literal["NFC", "NFD", "NFKC"], ...] = ("NFC", "NFD", "NFKC")
    for form in forms:
        fault = f"Dialogues of train are in the Unicode form {form}, and those of test are not"
        yield DialogueRepair(fault, partial(unicodedata.normalize, form))
    yield DialogueRepair(
        "Dialogues of train have no line ends, and those of test have", lambda text: " ".join(text.split())
    )
    if labels := _usual_labels(train):
        yield DialogueRepair(
            "Dialogues of test have no line ends, and those of train have", lambda text: _split_turns(text, labels)
        )
        yield DialogueRepair(
            "Speakers of test are written differently from those of train", lambda text: _rename_speakers(text, labels)
        )


def _reverse_turns(text: str) -> str:
    return "\n".join(text.splitlines()[::-1])


def _write_line_ends(text: str) -> str:
    return re.sub(r"\s*(?:\\r)?\\n\s*|\s*<br\s*/?>\s*", "\n", text)


def _remove_invisible(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Cf")


def _usual_labels(train: Sequence[str]) -> list[str]:
    """Return the usual label of the first speaker, the second and so on; empty if train has no usual label."""
    places: list[Counter[str]] = []
    for text in train:
        for place, label in enumerate(_labels(text)):
            if place == len(places):
                places.append(Counter())
            places[place][label] += 1
    usual = [counts.most_common(1)[0] for counts in places]
    return [label for label, _ in usual] if usual and usual[0][1] >= _STYLE * len(train) else []


def _labels(text: str) -> list[str]:
    """Return a dialogue's speakers as they are written, in the order of their first turns."""
    return list(dict.fromkeys(filter(None, map(find_speaker, text.splitlines()))))


def _split_turns(text: str, labels: Sequence[str]) -> str:
    return re.sub(rf"\s+(?={'|'.join(map(re.escape, labels))})", "\n", text)


def _rename_speakers(text: str, labels: Sequence[str]) -> str:
    usual = dict(zip(_labels(text), labels, strict=False))

    def rename(line: str) -> str:
        label = find_speaker(line)
        return line.replace(label, usual[label], 1) if label in usual else line

    return "\n".join(map(rename, text.splitlines()))
