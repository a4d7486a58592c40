"""The English corpus: shared slots, digressions, and how a filled-in text is finished."""

import re

from data.generator.script import Language, read_digressions, read_situations

from data.generator.english_errands import ERRANDS
from data.generator.english_home import HOME
from data.generator.english_work import WORK

POOLS = {
    "name": (
        "Alice Ben Carla David Emma Frank Grace Henry Iris Jack Karen Leo Maria Nick Olivia Paul Rosa Sam Tina Victor "
        "Wendy Adam Bella Chris Diana Eric Fiona George Hanna Ivan Julia Kevin Laura Mark Nina Oscar Peter Ruth Simon Vera"
    ).split(),
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "time": [
        "eight o'clock", "half past eight", "nine o'clock", "half past nine", "ten o'clock", "half past ten",
        "eleven o'clock", "noon", "one o'clock", "two o'clock", "half past two", "three o'clock", "four o'clock",
        "half past five", "six o'clock", "seven o'clock",
    ],  # fmt: skip
    "place": [
        "the library", "the station", "the park", "the market", "the museum", "the harbour", "the town hall", "the cinema",
        "the bakery", "the old bridge", "the bookshop", "the swimming pool", "the bank", "the church", "the school",
        "the theatre", "the post office", "the sports hall",
    ],  # fmt: skip
    "number": "two three four five six seven eight nine ten twelve".split(),
    "price": [f"{value} euros" for value in "fifteen twenty thirty forty fifty sixty eighty ninety".split()],
}

DIGRESSIONS = """\
A: What weather we have today. || B: Yes, and they say it will rain until {day}. | I know, I forgot my umbrella again.
A: How was the traffic? || B: Terrible, I stood for {number} minutes near {place}. | Not bad, I took the road by {place}.
B: Did you watch the game on {day}? || A: Only the end of it. | No, I fell asleep at {time}.
B: That smells good, by the way. || A: It is only coffee from {place}. | {name} brought some cake this morning.
A: How is {name} doing? || B: Very well, still working at {place}. | Fine, we had lunch on {day}.
B: Is it always so noisy here? || A: They are building something next to {place}. | Only until {day}, luckily.
A: I like your scarf. || B: Thanks, it was only {price}. | Thank you, {name} gave it to me.
B: Sorry, my phone is ringing. || A: No problem, take your time. || B: It was only {name}, nothing important.
A: Have you seen the new film? || B: Not yet, {name} told me it is too long. | Yes, on {day}, with {name}.
B: I hardly slept last night. || A: Too much coffee? || B: No, the dog of {name} barked until {time}.
A: My bus was full again this morning. || B: You should take the one at {time}. | Mine too, I walked from {place}.
B: Your plants look healthy. || A: {name} waters them every {day}. | I do nothing, really.
"""


def inflect(value: str, particle: str) -> str:
    raise ValueError(f"English has no particles, found {particle!r} behind {value!r}")


def finish(text: str) -> str:
    """A capital at the start of every sentence; values such as "the library" stand there in lower case."""
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match[1] + match[2].upper(), text)


ENGLISH = Language(
    situations=[*read_situations(ERRANDS), *read_situations(HOME), *read_situations(WORK)],
    pools=POOLS,
    digressions=read_digressions(DIGRESSIONS),
    inflect=inflect,
    finish=finish,
)
