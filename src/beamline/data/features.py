"""Readable features of a text: what a person would name to tell two sets of texts apart."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from beamline.core.records import SPEAKER_TAG

# Whole: entities, tags of markup, written-out escapes, speaker tags, words; any other character alone.
_TOKEN = re.compile(rf"&#?\w{{1,8}};|</?\w[^<>\n]{{0,20}}>|\\[nrtu]|{SPEAKER_TAG.pattern}|\w+|[^\w\s]")
_MARKUP = re.compile(r"&#?\w{1,8};|</?\w[^<>\n]{0,20}>|\\[nrtu]|\[/?[A-Z]{2,}\]|\bb['\"]|^\s*\[['\"]|\*\*|```")
_SPEAKER = re.compile(r"\s*(\[[^\]\n]{1,24}\]|\([^)\n]{1,24}\)|[^\s:][^:\n]{0,23}?)(\s*:)?(?=\s|$)")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_STOPS = ".!?…。！？।۔"
_CLOSERS = "\"'”’»)]」』】）"
FIRST, LAST = 1, 1  # turns

Feature = tuple[str, str]  # its group and what a text does that has it: ("ends", 'end with "."')

GROUPS = (
    "markup",
    "invisible",
    "languages",
    "speakers",
    "begins",
    "ends",
    "case",
    "scripts",
    "turns",
    "lengths",
    "shares",
    "words",
)
"""Groups of features, the most telling first: of features that separate equally well, the first is named."""
TELLING = ("markup", "invisible", "languages")
"""Groups of features that no writer has by habit."""
ORDER = ("begins", "ends", "turns")
"""Groups of features that change with the order of turns alone."""


def tokens(text: str) -> list[str]:
    """Return words, marks and markup of a text in order. Scripts without spaces between words give characters."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        found += list(token) if _UNSPACED.search(token) else [token]
    return found


def presences(text: str) -> set[Feature]:
    """Return the features that a text has or has not: words and pairs of them, markup, how it begins and ends."""
    turns = [line for line in text.splitlines() if line.strip()]
    lines = [tokens(line) for line in turns]
    cased = [token for line in lines for token in line]
    features: set[Feature] = {("words", f'have "{word.casefold()}"') for word in cased}
    # Pairs lie within a turn, so that the order of turns changes nothing but which is first and last.
    features |= {("words", f'have "{a} {b}"'.casefold()) for line in lines for a, b in pairwise(line)}
    features |= {("markup", f'have "{found.strip()}"') for found in _MARKUP.findall(text)}
    features |= {("invisible", f"have {unicodedata.name(c, f'U+{ord(c):04X}')}") for c in set(text) if _is_invisible(c)}
    features |= _ends(text, cased)
    features |= {("scripts", f"have {script} letters") for script in _scripts(text)}
    for label in filter(None, map(find_speaker, turns if len(turns) > 1 else [])):
        features.add(("speakers", f'have turns of "{_shape(label)}"'))
    if len(turns) > 2:
        for place, part in (("first", turns[:FIRST]), ("last", turns[-LAST:])):
            said = tokens(" ".join(part))
            features |= {("turns", f'have "{word.casefold()}" in their {place} turn') for word in said}
    return features


def find_speaker(line: str) -> str:
    """Return a turn's speaker as it is written at the beginning of its line, "Tom:" or "[doctor]"; "" if none is."""
    found = _SPEAKER.match(line)
    if found and (found[2] or found[1][0] in "[(" or SPEAKER_TAG.fullmatch(found[1])):
        return found[0].strip()
    return ""


def numbers(text: str) -> dict[Feature, float]:
    """Return the features of a text that are a number. A feature's phrase goes on from "have at most 12"."""
    words, turns = tokens(text), [line for line in text.splitlines() if line.strip()]
    counts = Counter(text)  # a text has few different characters
    size = max(1, len(text))

    def count(is_counted: Callable[[str], bool]) -> int:
        return sum(number for character, number in counts.items() if is_counted(character))

    capitals = count(lambda character: character.isalpha() and character.isupper())
    marks = count(lambda character: not character.isalnum() and not character.isspace())
    return {
        ("lengths", "words and marks"): len(words),
        ("lengths", "characters"): len(text),
        ("lengths", "lines"): len(turns),
        ("lengths", "words and marks in a line"): len(words) / max(1, len(turns)),
        ("shares", "% of capital letters"): 100 * capitals / max(1, count(str.isalpha)),
        ("shares", "% of digits"): 100 * count(str.isdigit) / size,
        ("shares", "% of marks"): 100 * marks / size,
        ("shares", "% of different words and marks"): 100 * len(set(words)) / max(1, len(words)),
    }


def _ends(text: str, cased: Sequence[str]) -> set[Feature]:
    stripped = text.strip()
    if not cased:
        return {("ends", "are empty")}
    features: set[Feature] = {
        ("begins", f'begin with "{cased[0]}"'),
        ("begins", f'begin with "{" ".join(cased[:3])}"'),
        ("ends", f'end with "{cased[-1]}"'),
        ("ends", f'end with "{" ".join(cased[-3:])}"'),
    }
    if not stripped.rstrip(_CLOSERS).endswith(tuple(_STOPS)):
        features.add(("ends", "end without a full stop"))
    untagged = SPEAKER_TAG.sub(" ", text)
    letters = [c for c in untagged if c.isalpha()]
    if any(c.islower() or c.isupper() for c in letters):
        if not any(c.isupper() for c in letters):
            features.add(("case", "have no capital letter"))
        if not any(c.islower() for c in letters):
            features.add(("case", "are in capital letters"))
    if unicodedata.normalize("NFC", text) != text:
        features.add(("case", "are in decomposed Unicode form"))
    if not SPEAKER_TAG.search(text):
        features.add(("speakers", "have no speaker tag"))
    return features


def _scripts(text: str) -> set[str]:
    letters = {c for c in text if c.isalpha()}
    return {unicodedata.name(letter, "unknown").split()[0].title() for letter in letters}


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Cc", "Zl", "Zp") and character not in "\n\r\t"


def _shape(speaker: str) -> str:
    """Return what a speaker looks like, with digits as 1 and a name as Name: "#Person1#:", "Name:", "[doctor]"."""
    digits = re.sub(r"\d+", "1", speaker)
    return re.sub(r"^[^\W\d_][\w .'-]*(?=\s*:?$)", "Name", digits)
