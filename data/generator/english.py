"""The English corpus: shared slots, situations, and how a filled-in text is finished."""

import re

from data.generator.english_digressions import DIGRESSIONS
from data.generator.english_errands import ERRANDS
from data.generator.english_home import HOME
from data.generator.english_leisure import LEISURE
from data.generator.english_travel import TRAVEL
from data.generator.english_work import WORK
from data.generator.script import Language, read_digressions, read_pools, read_situations

POOLS = """\
- name: Alice | Ben | Carla | David | Emma | Frank | Grace | Henry | Iris | Jack | Karen | Leo | Maria | Nick
   | Olivia | Paul | Rosa | Sam | Tina | Victor | Wendy | Adam | Bella | Chris | Diana | Eric | Fiona | George
   | Hanna | Ivan | Julia | Kevin | Laura | Mark | Nina | Oscar | Peter | Ruth | Simon | Vera
- day: Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday
- time: eight o'clock | half past eight | nine o'clock | half past nine | ten o'clock | half past ten
   | eleven o'clock | noon | one o'clock | two o'clock | half past two | four o'clock | half past five
   | six o'clock
- place: the library | the station | the park | the market | the museum | the harbour | the town hall
   | the cinema | the bakery | the old bridge | the bookshop | the swimming pool | the bank | the church
   | the school | the theatre | the post office | the sports hall | the hospital | the fire station
   | the fountain | the castle | the zoo | the pharmacy | the police station | the stadium | the supermarket
   | the university | the art gallery | the lake
- number: two | three | four | five | six | seven | eight | nine | ten | twelve
- price: fifteen euros | twenty euros | thirty euros | forty euros | fifty euros | sixty euros | seventy euros
   | eighty euros | ninety euros
"""


def inflect(value: str, particle: str) -> str:
    raise ValueError(f"English has no particles, found {particle!r} after {value!r}")


def finish(text: str) -> str:
    """Return the text with a capital at the start of every sentence; values such as "the library" have none."""
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match[1] + match[2].upper(), text)


ENGLISH = Language(
    situations=read_situations(ERRANDS + HOME + LEISURE + TRAVEL + WORK),
    pools=read_pools(POOLS),
    digressions=read_digressions(DIGRESSIONS),
    inflect=inflect,
    finish=finish,
)
