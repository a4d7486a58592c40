"""Repairs of texts: removing what programs leave in summaries, and restoring what they remove from one side."""

import ast
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from beamline.core.records import SPEAKER_TAG

_SPECIAL = re.compile(
    r"<(?:/?s|pad|unk|mask|n|bos|eos|sep|cls|extra_id_\d+|(?:start|begin|end)_of_\w+|0x[\da-f]{2}|([|｜])[^<>|｜\n]+\1)>"
    r"|\[(?:CLS|SEP|PAD|UNK|MASK|EOS|BOS|/?INST)\]",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,6}|[a-z]{2,8});", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_ESCAPE = re.compile(r"\\[nrt]|\\u[0-9a-f]{4}")
_LITERAL = re.compile(r"""^\s*(?:[brBRuU]{1,2}(?=['"])|\[\s*(?=[bBrRuU]?['"])).*['"]\s*\]?\s*$""", re.DOTALL)
_STOPS = ".!?…。！？।۔"
_FEWEST = 10  # different summaries that begin or end alike: of fewer, chance makes such


@dataclass(frozen=True)
class Leftover:
    """Something that a program leaves in texts. name: in the plural. is_there: whether a text has it."""

    name: str
    is_there: Callable[[str], bool]
    remove: Callable[[str], str]
    show: Callable[[str], str]


@dataclass(frozen=True)
class Feature:
    """Something that a program can remove from a text.

    name: in the plural, for a sentence. has: whether a text has it. repairs: each makes a text that has it equal to one
    that lost it. is_possible: whether a text could have it.
    """

    name: str
    has: Callable[[str], bool]
    repairs: Sequence[Callable[[str], str]]
    is_possible: Callable[[str], bool] = bool


def _first(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def show(text: str) -> str:
        found = pattern.search(text)
        return found[0] if found else ""

    return show


def _evaluate(text: str) -> str:
    """Return the text that a written-out literal holds: `b'Tom'`, `['Tom']`."""
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    values = value if isinstance(value, list | tuple) else [value]
    return " ".join(part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in values)


def unescape(text: str) -> str:
    """Return the text with HTML entities as characters, however often it was escaped."""
    while (plain := html.unescape(text)) != text:
        text = plain
    return text


def read_as_utf_8(text: str) -> str:
    """Return the text that was UTF-8 and was read as Latin-1 or Windows-1252: "cafÃ©" is "café".

    Other texts are returned as they are.
    """
    if text.isascii():
        return text
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return text


def _byte(character: str) -> bytes:
    """Return the byte that programs show as this character. Raises `UnicodeError` if none is.

    Windows-1252 leaves five bytes without a character; programs show those as Latin-1 does.
    """
    try:
        return character.encode("cp1252")
    except UnicodeError:
        return character.encode("latin-1")


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf"


def _visible(text: str) -> str:
    """Return the text without special tokens and invisible characters, which can follow its last full stop."""
    return "".join(c for c in _SPECIAL.sub(" ", text) if not _is_invisible(c))


def _has_case(text: str) -> bool:
    return any(letter.isupper() or letter.islower() for letter in text)


def _has_capitals(text: str) -> bool:
    """Return whether a text has capital letters. Speaker tags count only if no other letter has a case (Korean)."""
    untagged = SPEAKER_TAG.sub(" ", text)
    return any(letter.isupper() for letter in (untagged if _has_case(untagged) else text))


LEFTOVERS = (
    Leftover(
        "special tokens",
        lambda text: bool(_SPECIAL.search(text)),
        lambda text: " ".join(_SPECIAL.sub(" ", text).split()),
        _first(_SPECIAL),
    ),
    Leftover("HTML entities", lambda text: bool(_ENTITY.search(text)), unescape, _first(_ENTITY)),
    Leftover("percent-encoded characters", lambda text: bool(_PERCENT.search(text)), unquote, _first(_PERCENT)),
    Leftover(
        "written-out line ends",
        lambda text: bool(_ESCAPE.search(text)),
        lambda text: " ".join(_ESCAPE.sub(" ", text).split()),
        _first(_ESCAPE),
    ),
    Leftover(
        "UTF-8 characters read as another encoding",
        lambda text: read_as_utf_8(text) != text,
        read_as_utf_8,
        lambda text: text[next((place for place, c in enumerate(text) if not c.isascii()), 0) :][:4],
    ),
    Leftover(
        "quotes and brackets of a written-out string",
        lambda text: bool(_LITERAL.match(text)),
        _evaluate,
        lambda text: f"{text.strip()[:2]}…{text.strip()[-2:]}",
    ),
)
FEATURES = (
    Feature(
        "speaker tags",
        lambda text: bool(SPEAKER_TAG.search(text)),
        [lambda text: " ".join(SPEAKER_TAG.sub(" ", text).split())],
    ),
    Feature(
        "capital letters",
        _has_capitals,
        [str.lower],
        is_possible=_has_case,
    ),
    Feature(
        "composed characters (NFC)",
        lambda text: not unicodedata.is_normalized("NFD", text),
        [lambda text: unicodedata.normalize("NFC", text)],
        is_possible=lambda text: not unicodedata.is_normalized("NFD", unicodedata.normalize("NFC", text)),
    ),
    Feature(
        "full stops at their end",
        lambda text: _visible(text).rstrip(" \n\"'”’»)]」』】）").endswith(tuple(_STOPS)),
        [lambda text: _visible(text).rstrip(f" \n\"'”’»{_STOPS}")],
    ),
    Feature(
        "invisible characters",
        lambda text: any(map(_is_invisible, text)),
        [
            lambda text: "".join(c for c in text if not _is_invisible(c)),
            lambda text: "".join(" " if _is_invisible(c) else c for c in text),
        ],
    ),
)


def share_having(texts: Sequence[str], has: Callable[[str], bool]) -> float:
    """Return the share of texts, 0 to 1, for which `has` is true; 0 if there are none."""
    return sum(map(has, texts)) / max(1, len(texts))


def remove_dialogue(text: str, dialogue: str) -> str:
    """Return what follows the dialogue in a text that echoes it, on one line; any other text as it is.

    At least half of the dialogue's turns have to be there in their order, word for word: a prompt may be cut.
    """
    line, turns = " ".join(text.split()), [" ".join(turn.split()) for turn in dialogue.splitlines() if turn.strip()]
    end = found = 0
    for turn in turns:
        if (start := line.find(turn, end)) >= 0:
            end = start + len(turn)
            found += 1
    return line[end:].strip() if found >= max(min(2, len(turns)), len(turns) / 2) else text


def added_phrase(summaries: Sequence[str], references: Sequence[str]) -> tuple[str, bool, float] | None:
    """Return a phrase that most summaries begin or end with and hardly any reference does; None if there is none.

    With it: whether it is at the beginning, and the share of summaries that have it. Of such phrases, the longest of at
    most 12 words is returned. A summary that is there several times counts once, and ten have to have the phrase.
    """
    for at_beginning in (True, False):
        sides = (dict.fromkeys(summaries), references)
        rows, others = ([_line(text, at_beginning) for text in side] for side in sides)
        best: tuple[str, ...] = ()
        for size in range(1, 13):
            counts = Counter(tuple(row[:size]) for row in rows if len(row) > size)
            if not counts:
                break
            phrase, count = counts.most_common(1)[0]
            rare = sum(tuple(row[:size]) == phrase for row in others) <= 0.02 * len(others)
            if count >= max(_FEWEST, 0.5 * len(rows)) and rare:
                best = phrase
        if best:
            share = sum(tuple(row[: len(best)]) == best for row in rows) / len(rows)
            return " ".join(best if at_beginning else best[::-1]), at_beginning, share
    return None


def remove_phrase(text: str, phrase: str, at_beginning: bool) -> str:
    """Return the text on one line, without the phrase that `added_phrase` found."""
    line = " ".join(text.split())
    if at_beginning:
        return line.removeprefix(phrase).strip()
    return line.removesuffix(phrase).strip()


def _line(text: str, at_beginning: bool) -> list[str]:
    return text.split() if at_beginning else text.split()[::-1]
