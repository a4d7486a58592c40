"""Finding who speaks: the names that begin turns, and the lines that only look like turns."""

from collections import Counter

import pytest

from beamline.core.speakers import SpeakerCounts, count_openings, find_opening, split_opening


def turns(*dialogues: str) -> Counter[str]:
    counts = SpeakerCounts()
    for dialogue in dialogues:
        counts.update(dialogue)
    return counts.turns


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("#Person1#: Hi.", "#Person1#"),
        ("#PErson2# : Hi.", "#PErson2#"),
        ("Doctor:Hi.", "Doctor"),
        ("  Dr. Smith: Hi.", "Dr. Smith"),
        ("SD2000691: Hi.", "SD2000691"),
        ("Guest_family_1: Hi.", "Guest_family_1"),
        ("MR. BRIAN O'NEIL, FORMER CHAIRMAN: Hi.", "MR. BRIAN O'NEIL, FORMER CHAIRMAN"),
        ("3rd Speaker:", "3rd Speaker"),
        ("김민수: 네.", "김민수"),
        ("李雷：你好。", "李雷"),
        ("[doctor] hi .", "[doctor]"),
        ("[Speaker 1]: Hi.", "[Speaker 1]"),
        ("10:30 is fine.", None),
        ("At 10:30 we go.", None),
        ("http://example.org", None),
        ("See https://example.org", None),
        ("Really? Yes: now.", None),
        ("He told me just one single thing: go.", None),
        ('"Run: now"', None),
        ("[laughs]", None),
        ("[10:30] Hi.", None),
        ("#summer", None),
        ("#summer# is here", None),
        ("1: one", None),
        ("", None),
    ],
)
def test_what_a_line_begins_with(line: str, name: str | None) -> None:
    assert find_opening(line) == name


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        (" #Person1# :no space ", ("#Person1#", "no space")),
        ("小明：你好：", ("小明", "你好：")),
        ("[doctor] How: so?", ("[doctor]", "How: so?")),
        ("[doctor]: How?", ("[doctor]", "How?")),
        ("Ana:", ("Ana", "")),
        (" At 10:30 we go. ", (None, "At 10:30 we go.")),
    ],
)
def test_an_opening_is_split_from_what_is_said(line: str, parts: tuple[str | None, str]) -> None:
    assert split_opening(line) == parts


@pytest.mark.parametrize("colon", [": ", ":", " : ", "："])
@pytest.mark.parametrize("names", [("Ana", "Dr. Ruiz"), ("김민수", "선생님"), ("A", "B"), ("#Person1#", "#Person2#")])
def test_two_who_alternate_are_speakers_however_they_are_written(names: tuple[str, str], colon: str) -> None:
    first, second = names
    assert turns(f"{first}{colon}Hello.\n{second}{colon}Hi.") == {first: 1, second: 1}
    assert turns(f"{first}{colon}Hello.\n\n{second}{colon}Hi.\n{first}{colon}Bye.") == {first: 2, second: 1}


def test_speakers_in_brackets_need_no_colon() -> None:
    assert turns("[doctor] hi .\n[patient] hello : doctor .\n[doctor] so .") == {"[doctor]": 2, "[patient]": 1}


def test_a_line_within_a_turn_is_no_speaker() -> None:
    text = (
        "Ana: What do I need?\nBen: This.\nNote: bring a coat.\nPS: and a hat.\nAna: Fine.\nBen: Good.\nA list\nof it"
    )
    assert turns(text) == {"Ana": 2, "Ben": 2}
    assert count_openings(text)[1] == {"Note": 1, "PS": 1}
    assert turns("Ana: Hi.\n[laughs] Well.\nBen: Hi.\n[laughs] Yes.\nAna: Oh.\nBen: Ah.") == {"Ana": 2, "Ben": 2}


def test_texts_without_speakers_have_none() -> None:
    assert turns("Dear all,\nplease read: it matters.\nYours, Ana", "Note: one line only", "") == {}
    assert turns("Name: Ana\nAge: 5\nTown: Ghent\nStreet: Dam\nFloor: 3") == {}


def test_a_name_that_is_doubtful_in_one_dialogue_is_counted_if_another_makes_it_certain() -> None:
    letter = "A letter.\nWith lines.\nModerator: Thanks.\nAnd an end."
    assert turns(letter) == {}
    assert turns(letter, "Moderator: Hi.\nGuest: Hi.") == turns("Moderator: Hi.\nGuest: Hi.", letter)
    assert turns(letter, "Moderator: Hi.\nGuest: Hi.") == {"Moderator": 2, "Guest": 1}


def test_hashtags_begin_no_turns_and_odd_tags_do() -> None:
    assert turns("Ana: see #sun1#sea\nBen: nice #sun1#", "#Person1#: Go to #Place#.\n#PersonN#: Yes.") == {
        "Ana": 1, "Ben": 1, "#Person1#": 1, "#PersonN#": 1,
    }  # fmt: skip
