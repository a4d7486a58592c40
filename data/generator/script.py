"""Dialogues and summaries from scripts: one situation is a few lines of text with alternatives and slots.

A script is read line by line; the sign at the start of a line says what the line is:

    ## booking a table          the situation's name
    - dish: the soup | a pizza  values of a slot that this situation alone has
    A: Hello. | Good day. || B: Hello to you.
                                an exchange: turns between ||, a turn's wordings between |, A to D are the speakers
    * A: When? || B: On {day}.  exchanges that may change places with the starred ones next to them
    + A: Busy today? || B: Yes. an exchange that half of the dialogues have
    ~ day B: No, {day} is better, not {day.old}. || A: Noted.
                                a correction: where it stands, everything before it says {day.old} in place of {day}
    = {A} books a table for {day}.
                                a wording of the summary

Slots are written {name}, {day}, {time2}: a trailing digit asks for another value of the same pool. In a summary and in a
turn {A} is speaker A's tag. `Language.inflect` completes a slot with a particle behind it, as in {dish:을}.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

ROLES = "ABCD"
CORRECTION_SHARE = 0.4
OPTIONAL_SHARE = 0.5
SHORTEST, LONGEST = 5, 16  # turns

_SLOT = re.compile(r"\{(\w+?)(\d?)(\.old)?(?::(\w+))?\}")

Turn = tuple[str, tuple[str, ...]]  # a role and its wordings


@dataclass(frozen=True)
class Exchange:
    """Turns that belong together. kind: '' required, '*' movable, '+' optional, '~' a correction of `slot`."""

    kind: str
    slot: str
    turns: tuple[Turn, ...]


@dataclass
class Situation:
    name: str
    slots: dict[str, list[str]] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Language:
    """What all situations of a language share.

    pools: values of the common slots. digressions: exchanges that no summary mentions. inflect: a value and a particle
    to the value with the particle's right form. finish: a filled-in text to a well-formed one.
    """

    situations: Sequence[Situation]
    pools: Mapping[str, Sequence[str]]
    digressions: Sequence[Exchange]
    inflect: Callable[[str, str], str]
    finish: Callable[[str], str]


@dataclass(frozen=True)
class Record:
    topic: str
    dialogue: str
    summaries: tuple[str, ...]


def read_situations(script: str) -> list[Situation]:
    """Every situation of a script, in its order. Raises `ValueError` naming a line that can't be read."""
    situations: list[Situation] = []
    for number, line in enumerate(script.splitlines(), start=1):
        sign, _, rest = line.partition(" ")
        try:
            if sign == "##":
                situations.append(Situation(rest))
            elif sign == "-":
                name, _, values = rest.partition(": ")
                situations[-1].slots[name] = values.split(" | ")
            elif sign == "=":
                situations[-1].summaries.append(rest)
            elif line.strip():
                situations[-1].exchanges.append(read_exchange(line))
        except (ValueError, IndexError):
            raise ValueError(f"line {number} can't be read: {line}") from None
    return situations


def read_digressions(script: str) -> list[Exchange]:
    """Exchanges that may stand in any dialogue, one a line."""
    return [replace(read_exchange(line), kind="digression") for line in script.splitlines()]


def read_exchange(line: str) -> Exchange:
    kind, slot = "", ""
    if line[0] in "*+~":
        kind, line = line[0], line[2:]
    if kind == "~":
        slot, _, line = line.partition(" ")
    turns = []
    for turn in line.split(" || "):
        role, _, wordings = turn.partition(": ")
        if role not in ROLES or not wordings:
            raise ValueError(turn)
        turns.append((role, tuple(wordings.split(" | "))))
    return Exchange(kind, slot, tuple(turns))


def write_record(language: Language, situation: Situation, summaries: int, draw: random.Random) -> Record:
    """One dialogue of `situation`, with `summaries` of its wordings, all different."""
    exchanges = _arrange(situation, draw)
    values = _draw_values(language, situation, draw)
    corrected = [each.slot for each in exchanges if each.kind == "~"]
    exchanges = _digress(exchanges, language, draw)
    tags: dict[str, str] = {}
    turns: list[tuple[str, str]] = []
    for index, exchange in enumerate(exchanges):
        for role, _ in exchange.turns:
            tags.setdefault(role, f"#Person{len(tags) + 1}#")
        pending = {slot for slot in corrected if any(later.slot == slot for later in exchanges[index + 1 :])}
        own = values if exchange.kind != "digression" else _draw_distraction(language, values, draw)
        for role, wordings in exchange.turns:
            text = _fill(draw.choice(wordings), own, tags, pending, language)
            if turns and turns[-1][0] == role:  # one who goes on speaking doesn't begin a new turn
                text = f"{turns.pop()[1]} {text}"
            turns.append((role, text))
    chosen = draw.sample(situation.summaries, summaries)
    texts = tuple(_fill(text, values, tags, set(), language) for text in chosen)
    dialogue = "\n".join(f"{tags[role]}: {text}" for role, text in turns)
    return Record(situation.name, dialogue, texts)


def _arrange(situation: Situation, draw: random.Random) -> list[Exchange]:
    """The exchanges that this dialogue has, the movable ones shuffled among themselves."""
    arranged: list[Exchange] = []
    movable: list[Exchange] = []
    for exchange in situation.exchanges:
        if exchange.kind == "*":
            movable.append(exchange)
            continue
        arranged += draw.sample(movable, len(movable))
        movable = []
        share = {"+": OPTIONAL_SHARE, "~": CORRECTION_SHARE}.get(exchange.kind, 1)
        if draw.random() < share:
            arranged.append(exchange)
    return arranged + draw.sample(movable, len(movable))


def _digress(exchanges: list[Exchange], language: Language, draw: random.Random) -> list[Exchange]:
    """Put up to two digressions between exchanges, never first or last, within the number of turns allowed."""
    digressed = list(exchanges)
    for digression in draw.sample(language.digressions, draw.choice((0, 1, 1, 2))):
        if sum(len(each.turns) for each in digressed) + len(digression.turns) <= LONGEST:
            digressed.insert(draw.randint(1, len(digressed) - 1), digression)
    return digressed


def _draw_values(language: Language, situation: Situation, draw: random.Random) -> dict[str, list[str]]:
    """For every slot ten different values at the most: {day} is the first, {day.old} the second, {day2} the third..."""
    pools = {**language.pools, **situation.slots}
    return {name: draw.sample(list(pool), min(10, len(pool))) for name, pool in pools.items()}


def _draw_distraction(
    language: Language, values: Mapping[str, list[str]], draw: random.Random
) -> dict[str, list[str]]:
    """Values for a digression, none of them one that the dialogue itself may use."""
    return {
        name: draw.sample([value for value in pool if value not in values[name][:4]], 3)
        for name, pool in language.pools.items()
    }


def _fill(
    text: str, values: Mapping[str, list[str]], tags: Mapping[str, str], pending: set[str], language: Language
) -> str:
    def value(match: re.Match[str]) -> str:
        name, digit, old, particle = match.groups()
        if name in tags:
            filled = tags[name]
        else:
            number = int(digit) if digit else 1
            index = 1 if old or (name in pending and number == 1) else {1: 0, 2: 2, 3: 3}[number]
            filled = values[name][index]
        return language.inflect(filled, particle) if particle else filled

    return language.finish(_SLOT.sub(value, text))
