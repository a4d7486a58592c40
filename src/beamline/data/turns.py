"""A dialogue that is given as turns, as one text: a line for each turn, `Speaker: what is said`."""

import ast
import json
from collections.abc import Iterable, Mapping, Sequence

from beamline.core.errors import BeamlineError, quote
from beamline.data.readers import Row

# The usual names of what a turn holds, in lower case. If a turn names its speaker twice, the first of these counts:
# in a chat, `name` tells two users apart, and `role` does not.
SPEAKER_KEYS = ("speaker", "name", "author", "sender", "from", "role")
TEXT_KEYS = ("text", "utterance", "utt", "content", "message", "value")

_FORMS = (
    f"a list of texts, or of objects with a speaker ({', '.join(SPEAKER_KEYS)}) and a text ({', '.join(TEXT_KEYS)})"
)


def join_turns(row: Row, column: str) -> object:
    """Return the turns of a cell as text, one turn a line. A cell that holds no turns is returned as it is.

    The cell holds a list of texts; a list of objects with the keys above; an object with a list for each of those keys;
    or one of these written as JSON or as Python's repr, as tables have it. What is said may be a list of parts, as in
    chats. If the cell is a list of texts, the record may have their speakers in a column `speaker`, as in MediaSum.

    A line end within a turn becomes a space. A turn without text is left out, and one without a speaker is its text
    only. Speaker 1 becomes `Speaker 1`. Raises `BeamlineError` for turns of another form.
    """
    place = f"{row.where}: {column}"
    cell = row.cells[column]
    value = _parse(cell, place) if isinstance(cell, str) else cell
    if isinstance(value, Mapping):
        value, speakers = _read_lists(value, place, column)
    elif isinstance(value, list):
        speakers = _find_list(row.cells, SPEAKER_KEYS[:1])
    if not isinstance(value, list):
        return value
    turns: Iterable[object] = value
    if speakers is not None and all(turn is None or isinstance(turn, str) for turn in value):
        if len(speakers) != len(value):
            raise BeamlineError(f"{place} has {len(value)} turns, but {len(speakers)} speakers; give every turn one")
        turns = ({"speaker": speaker, "text": text} for speaker, text in zip(speakers, value, strict=True))
    lines = (_to_line(turn, f"{place}[{index}]") for index, turn in enumerate(turns))
    return "\n".join(filter(None, lines))


def _parse(text: str, place: str) -> object:
    """Return the list or object that a text is the JSON or the Python form of; any other text as it is."""
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] not in ("[]", "{}"):
        return text
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        value = _parse_repr(stripped)
    if value is None and stripped.startswith("[{"):
        raise BeamlineError(
            f"{place} looks like a list of turns, but is neither JSON nor Python's repr of one;"
            " write it with json.dumps(turns, ensure_ascii=False)"
        )
    return text if value is None else value


def _parse_repr(text: str) -> object:
    """Return the list or dict whose repr a text is, or None.

    NumPy writes arrays without commas, and Python would read two texts side by side as one. So only a text that comes
    back the same counts.
    """
    if not text.startswith(("['", '["', "[{", "{'", '{"')):
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if repr(value) == text else None


def _read_lists(lists: Mapping[str, object], place: str, column: str) -> tuple[object, list[object] | None]:
    """Return the texts and the speakers of an object with a list for both; of a single turn, a list of it."""
    texts = _find_list(lists, TEXT_KEYS)
    if texts is not None:
        return texts, _find_list(lists, SPEAKER_KEYS)
    if any(key.lower() in TEXT_KEYS for key in lists):
        return [lists], None
    inner = next((key for key, value in lists.items() if isinstance(value, list)), None)
    way = "" if inner is None else f", or name the way to the turns: data.columns.dialogue: {column}.{inner}"
    raise BeamlineError(f"{place} is an object with {_names(lists)}; expected {_FORMS}{way}")


def _find_list(cells: Mapping[str, object], keys: Sequence[str]) -> list[object] | None:
    """Return the first list that is under one of these keys, in any case of letters."""
    found = (value for key in keys for name, value in cells.items() if name.lower() == key and isinstance(value, list))
    return next(found, None)


def _to_line(turn: object, place: str) -> str:
    """Return a turn as one line; empty if it has no text."""
    if turn is None or isinstance(turn, str):
        return _one_line(turn or "")
    if not isinstance(turn, Mapping):
        raise BeamlineError(f"{place} is not a turn but {quote(turn)}; expected {_FORMS}")
    named = [key for key in turn if key.lower() in TEXT_KEYS]
    if not named:
        raise BeamlineError(f"{place} has no text, found {_names(turn)}; expected {_FORMS}: rename the key")
    texts = {key: text for key in named if (text := _read_content(turn[key], f"{place}.{key}"))}
    if len(texts) > 1:
        raise BeamlineError(f"{place}: {' and '.join(texts)} could both be what is said; leave only one of them")
    speaker = next(filter(None, (_read_speaker(turn, key, place) for key in SPEAKER_KEYS)), "")
    text = next(iter(texts.values()), "")
    return f"{speaker}: {text}" if speaker and text else text


def _read_content(content: object, place: str) -> str:
    """Return what is said, on one line. content: a text, null, or a list of parts that are texts or hold one."""
    if content is None or isinstance(content, str):
        return _one_line(content or "")
    if not isinstance(content, list):
        raise BeamlineError(f"{place} is not text but {quote(content)}; give every turn a text")
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
    for index, part in enumerate(parts):
        if not isinstance(part, str):
            raise BeamlineError(f"{place}[{index}] holds no text but {quote(content[index])}; leave such parts out")
    return _one_line("\n".join(map(str, parts)))


def _read_speaker(turn: Mapping[str, object], key: str, place: str) -> str:
    """Return the speaker that a key names in a turn, or an empty text. A colon at its end does not count."""
    speaker = next((value for name, value in turn.items() if name.lower() == key and value is not None), "")
    if type(speaker) is int:
        return f"Speaker {speaker}"
    if not isinstance(speaker, str):
        raise BeamlineError(f"{place}.{key} is not a name but {quote(speaker)}; write speakers as text")
    return _one_line(speaker).rstrip(":： ")


def _one_line(text: str) -> str:
    return " ".join(filter(None, (line.strip() for line in text.splitlines())))


def _names(keys: Iterable[str]) -> str:
    return ", ".join(map(quote, keys)) or "nothing"
