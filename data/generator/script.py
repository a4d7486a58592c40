"""Dialogues and summaries from scripts: one situation is a few lines of text with alternatives and slots.

A script is read line by line, an indented line going on with the one above it. The sign at the start says
what the line is:

    ## booking a table          the situation's name
    @ phone                     which digressions suit it; without such a line, those that have no tone
    - dish: the soup | a pizza  values of a slot that this situation alone has, or in place of the shared ones
    A: Hello. | Good day. || B: Hello to you.
                                an exchange: turns between ||, their wordings between |, A to D the speakers
    * A: When? || B: On {day}.  exchanges that may change places with the starred ones next to them
    < A: And? || B: {day}, two. what a terse dialogue has in place of all starred exchanges
    + A: Busy today? || B: Yes. an optional exchange
    ~ day B: No, make it {day}, not {day.old}. || A: Noted.
                                a correction: everything before it says {day.old} in place
                                of {day}; a dialogue has one correction at the most
    = {A} books a table for {day}.
                                a wording of the summary

Slots are written {name}, {day}, {time2}: a trailing digit asks for another value of the same pool. In a
summary {A} is speaker A's tag; tags are numbered in the order in which the speakers begin. A particle after
a slot, as in {dish:을}, gets its right form from `Language.inflect`.

To write a situation: let every exchange fit after each that may come before it, and every wording after
each of the turn before; give one fact to a starred exchange; and let summaries use only slots that every
dialogue mentions, sharing most of their words.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

ROLES = "ABCD"
CORRECTION_SHARE = 0.45  # of dialogues of situations that have corrections
TERSE_SHARE = 0.4  # of dialogues; they have no optional exchanges, and the terse one if there is one
OPTIONAL_SHARES = (0.2, 0.4, 0.6)  # of the optional exchanges in other dialogues: some of them are chattier
DIGRESSIONS = (0, 1, 1, 2)  # in a dialogue, each as likely as the others
SHORTEST, LONGEST = 5, 16  # turns

_SLOT = re.compile(r"\{(\w+?)(\d?)(\.old)?(?::(\w+))?\}")
# Where {day}, {day2} and {day3} stand among the values drawn for a slot, and the one that is taken back.
_PLACES, _OLD = {"": 0, "2": 1, "3": 2}, 3

Turn = tuple[str, tuple[str, ...]]  # a role and its wordings


@dataclass(frozen=True)
class Exchange:
    """Turns that belong together. kind: the line's sign, '' if required; slot: what a correction corrects."""

    kind: str
    slot: str
    turns: tuple[Turn, ...]


@dataclass
class Situation:
    name: str
    tone: str = ""
    slots: dict[str, list[str]] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Language:
    """What all situations of a language share.

    pools: values of the common slots. digressions: by tone, exchanges that no summary mentions. inflect: a
    value and a particle to the value with the particle's right form. finish: a filled-in text to a
    well-formed one.
    """

    situations: Sequence[Situation]
    pools: Mapping[str, Sequence[str]]
    digressions: Mapping[str, Sequence[Exchange]]
    inflect: Callable[[str, str], str]
    finish: Callable[[str], str]


@dataclass(frozen=True)
class Record:
    topic: str
    dialogue: str
    summaries: tuple[str, ...]
    corrected: bool
    digressed: bool

    @property
    def turns(self) -> int:
        return self.dialogue.count("\n") + 1


def read_situations(script: str) -> list[Situation]:
    """Return every situation of a script, in its order. Raises `ValueError` naming a line that can't be read."""
    situations: list[Situation] = []
    for line in _lines(script):
        sign, _, rest = line.partition(" ")
        try:
            if sign == "##":
                situations.append(Situation(rest))
            elif sign == "@":
                situations[-1].tone = rest
            elif sign == "-":
                situations[-1].slots.update(read_pools(line))
            elif sign == "=":
                situations[-1].summaries.append(rest)
            else:
                situations[-1].exchanges.append(_read_exchange(line))
        except (ValueError, IndexError):
            raise ValueError(f"this line can't be read: {line}") from None
    return situations


def read_pools(script: str) -> dict[str, list[str]]:
    """Return slots and their values. The script has one slot a line."""
    pools = (line.removeprefix("- ").partition(": ") for line in _lines(script))
    return {name: values.split(" | ") for name, _, values in pools}


def read_digressions(script: str) -> dict[str, list[Exchange]]:
    """Return exchanges that may come between others, by the tone that the @ line above them names."""
    digressions: dict[str, list[Exchange]] = {}
    tone = ""
    for line in _lines(script):
        if line.startswith("@ "):
            tone = line.removeprefix("@ ")
        else:
            digressions.setdefault(tone, []).append(_read_exchange(f"% {line}"))
    return digressions


def write_record(language: Language, situation: Situation, summaries: int, draw: random.Random) -> Record:
    """Return one dialogue of `situation`, with `summaries` of its wordings, all different."""
    exchanges = _digress(_arrange(situation, draw), language.digressions[situation.tone], draw)
    values = _draw_values({**language.pools, **situation.slots}, draw)
    distractions = _draw_distractions(language.pools, values, draw)
    tags: dict[str, str] = {}
    turns: list[tuple[str, str]] = []
    for index, exchange in enumerate(exchanges):
        said, pending = values, {later.slot for later in exchanges[index + 1 :]}
        if exchange.kind == "%":
            said, pending = distractions, set()
        for role, wordings in exchange.turns:
            tags.setdefault(role, f"#Person{len(tags) + 1}#")
            text = _fill(draw.choice(wordings), said, tags, pending, language)
            if turns and turns[-1][0] == role:  # one who goes on speaking doesn't begin a new turn
                text = f"{turns.pop()[1]} {text}"
            turns.append((role, text))
    chosen = draw.sample(situation.summaries, summaries)
    return Record(
        topic=situation.name,
        dialogue="\n".join(f"{tags[role]}: {text}" for role, text in turns),
        summaries=tuple(_fill(text, values, tags, set(), language) for text in chosen),
        corrected=any(exchange.kind == "~" for exchange in exchanges),
        digressed=any(exchange.kind == "%" for exchange in exchanges),
    )


def _lines(script: str) -> list[str]:
    """Return the script's lines, with indented lines joined to the line above."""
    return [line for line in re.sub(r"\n +", " ", script).splitlines() if line]


def _read_exchange(line: str) -> Exchange:
    kind, slot = "", ""
    if line[0] in "*+~<%":
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


def _arrange(situation: Situation, draw: random.Random) -> list[Exchange]:
    """Return the exchanges that this dialogue has, the movable ones shuffled among themselves."""
    kinds = {exchange.kind for exchange in situation.exchanges}
    terse = draw.random() < TERSE_SHARE
    optional_share = 0 if terse else draw.choice(OPTIONAL_SHARES)
    correction = None
    if "~" in kinds and draw.random() < CORRECTION_SHARE:
        correction = draw.choice([exchange for exchange in situation.exchanges if exchange.kind == "~"])

    arranged: list[Exchange] = []
    movable: list[Exchange] = []
    for exchange in situation.exchanges:
        if exchange.kind == "*":
            movable.append(exchange)
            continue
        arranged += [] if terse and "<" in kinds else draw.sample(movable, len(movable))
        movable = []
        wanted = {"": True, "<": terse, "~": exchange is correction, "+": draw.random() < optional_share}
        if wanted[exchange.kind]:
            arranged.append(exchange)
    return arranged


def _digress(exchanges: Sequence[Exchange], digressions: Sequence[Exchange], draw: random.Random) -> list[Exchange]:
    """Put digressions between exchanges, as many as drawn if there is room for them."""
    digressed = list(exchanges)
    missing = draw.choice(DIGRESSIONS)
    for digression in draw.sample(digressions, len(digressions)):
        places = _places(digression, digressed)
        turns = sum(len(exchange.turns) for exchange in [*digressed, digression])
        if missing and places and turns <= LONGEST:
            digressed.insert(draw.choice(places), digression)
            missing -= 1
    return digressed


def _places(digression: Exchange, exchanges: Sequence[Exchange]) -> list[int]:
    """Return the places where it is the turn of the digression's first speaker and, after it, of the one who goes on."""
    return [
        place
        for place in range(1, len(exchanges))
        if _last_role(exchanges[place - 1]) != _first_role(digression)
        and _last_role(digression) != _first_role(exchanges[place])
        and exchanges[place - 1].kind != "%"
        and exchanges[place].kind not in ("%", "~")  # a correction stays close to what it corrects
    ]


def _first_role(exchange: Exchange) -> str:
    return exchange.turns[0][0]


def _last_role(exchange: Exchange) -> str:
    return exchange.turns[-1][0]


def _draw_values(pools: Mapping[str, Sequence[str]], draw: random.Random) -> dict[str, list[str]]:
    """Return four different values for every slot, or all if there are fewer: three that hold, one taken back."""
    return {name: draw.sample(pool, min(4, len(pool))) for name, pool in pools.items()}


def _draw_distractions(
    pools: Mapping[str, Sequence[str]], values: Mapping[str, Sequence[str]], draw: random.Random
) -> dict[str, list[str]]:
    """Return values for digressions that the dialogue itself can't use."""
    others = {name: [value for value in pool if value not in values[name]] for name, pool in pools.items()}
    return _draw_values(others, draw)


def _fill(
    text: str,
    values: Mapping[str, Sequence[str]],
    tags: Mapping[str, str],
    pending: set[str],
    language: Language,
) -> str:
    def value(match: re.Match[str]) -> str:
        name, digit, old, particle = match.groups()
        if name in tags:
            filled = tags[name]
        else:
            filled = values[name][_OLD if old or name + digit in pending else _PLACES[digit]]
        return language.inflect(filled, particle) if particle else filled

    return language.finish(_SLOT.sub(value, text))
