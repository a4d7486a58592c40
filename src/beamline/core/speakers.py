"""Who speaks in a dialogue: the names that begin its turns, as in `#Person1#:`, `Dr. Smith:`, `[doctor]`, `김민수：`.

A line within a turn may begin like a turn, too: "Note: bring a coat". So a single line decides nothing. A name begins
two lines of a dialogue, or the dialogue is one in which almost every line begins with a name.
"""

import re
from collections import Counter

from beamline.core.records import SPEAKER_TAG

_MOST_WORDS = 6  # of a name: "MR. BRIAN O'NEIL, FORMER CHAIRMAN" has five
_DENSE = 0.9  # share of the lines of a dialogue that begin like turns, from which on all of them are turns

_COLON = r"[ \t]*(?:：|:(?![\d/]))"  # no name is before the colon of a time or of an address
_FIRST_COLON = re.compile(rf"\A{_COLON}")
_OPENING = re.compile(
    rf"[ \t]*(?:(?P<tag>{SPEAKER_TAG.pattern}){_COLON}"
    rf"|(?P<bracketed>\[[^\W\d_][^\[\]\n]{{0,39}}\])(?:{_COLON}|[ \t]+\S)"
    rf"|(?P<name>\w[^:：\n?!;\"“”\[\]#]{{0,59}}?){_COLON})"
)
_LETTER = re.compile(r"[^\W\d_]")


class SpeakerCounts:
    """Counts the turns of every speaker of a corpus, one dialogue after the other."""

    def __init__(self) -> None:
        self._certain: Counter[str] = Counter()
        self._doubtful: Counter[str] = Counter()

    def update(self, dialogue: str) -> None:
        """Count the turns of a dialogue."""
        certain, doubtful = count_openings(dialogue)
        self._certain.update(certain)
        self._doubtful.update(doubtful)

    @property
    def turns(self) -> Counter[str]:
        """Return how many turns each speaker begins. A name that is doubtful here may be certain elsewhere."""
        return self._certain + Counter({name: self._doubtful[name] for name in self._certain})


def count_openings(dialogue: str) -> tuple[Counter[str], Counter[str]]:
    """Return how many lines each name begins: names that are certainly speakers, and names that are doubtful.

    A name is certain if it is a tag (`#Person1#`), or if it begins two lines. All names are certain if nine of ten
    lines begin with one, and the names are few enough for a dialogue. In a list of facts ("Age: 5", "Town: Ghent"),
    every line has another.
    """
    lines = [line for line in dialogue.split("\n") if line.strip()]
    openings = [name for line in lines if (name := find_opening(line)) is not None]
    bracketed = [name for name in openings if name.startswith("[")]
    if 2 * len(bracketed) > len(openings):
        openings = bracketed
    elif bracketed:  # "[laughs] Yes" is within a turn where others begin with a colon
        openings = [name for name in openings if not name.startswith("[")]
    names = Counter(openings)
    if len(lines) > 1 and len(openings) >= _DENSE * len(lines) and 2 * len(names) <= len(lines) + 2:
        return names, Counter()
    certain = Counter({name: count for name, count in names.items() if count > 1 or SPEAKER_TAG.fullmatch(name)})
    return certain, names - certain


def find_opening(line: str) -> str | None:
    """Return the name that a line begins with if it begins like a turn. A name in brackets is returned with them."""
    found = _OPENING.match(line)
    if found is None or found.lastgroup is None:
        return None
    name = found[found.lastgroup]
    if found.lastgroup == "name" and (not _LETTER.search(name) or len(name.split()) > _MOST_WORDS):
        return None
    return name


def split_opening(line: str) -> tuple[str | None, str]:
    """Return the name that a line begins with, as `find_opening` does, and what follows the name and its colon."""
    name = find_opening(line)
    if name is None:
        return None, line.strip()
    _, _, rest = line.partition(name)
    return name, _FIRST_COLON.sub("", rest).strip()
