"""Which repairs a comparison of test with train suggests, and that they undo what was done."""

from collections.abc import Callable

import pytest
from support.corpus_evidence import corpus

from beamline.diagnosis.measures.dialogue_repairs import find_repairs

pytestmark = pytest.mark.slow

Change = Callable[[str], str]


def texts(language: str, split: str) -> list[str]:
    return [record.dialogue for record in corpus(language)[split][:40]]


def as_names(text: str) -> str:
    return text.replace("#Person1#:", "Customer:").replace("#Person2#:", "Clerk:")


CHANGES: dict[str, Change] = {
    "reverse order": lambda text: "\n".join(text.split("\n")[::-1]),
    "written differently from those of train": as_names,
    "HTML entities": lambda text: text.replace("?", "&#63;").replace("#", "&num;"),
    "have no line ends, and those of train have": lambda text: text.replace("\n", " "),
    "written out": lambda text: text.replace("\n", "\\n"),
    "Invisible": lambda text: text.replace(" ", " \u200b"),
}


@pytest.mark.parametrize("fault", CHANGES)
@pytest.mark.parametrize("language", ["english", "korean"])
def test_what_was_done_to_test_alone_is_undone(language: str, fault: str) -> None:
    test = texts(language, "test")
    changed = [CHANGES[fault](text) for text in test]
    repairs = {repair.fault: repair.repair for repair in find_repairs(changed, texts(language, "train"), seed=0)}
    [found] = [name for name in repairs if fault in name]
    assert [repairs[found](text) for text in changed] == test


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("Dialogues of train are in lower case", str.lower),
        ("Dialogues of train are in capital letters", str.upper),
        ("Dialogues of train have no line ends", lambda text: text.replace("\n", " ")),
        ("reverse order", CHANGES["reverse order"]),
        ("written differently from those of train", as_names),
    ],
)
def test_what_was_done_to_train_alone_is_done_to_test(fault: str, change: Change) -> None:
    train, test = [change(text) for text in texts("english", "train")], texts("english", "test")
    repairs = {repair.fault: repair.repair for repair in find_repairs(test, train, seed=0)}
    [found] = [name for name in repairs if fault in name]
    assert [repairs[found](text) for text in test] == [change(text) for text in test]


def as_windows_1252(text: str) -> str:
    """Return what a browser or a spreadsheet shows of UTF-8: bytes without a character there are control characters."""
    bytes_ = [bytes([byte]) for byte in text.encode()]
    return "".join(b.decode("latin-1" if b in b"\x81\x8d\x8f\x90\x9d" else "cp1252") for b in bytes_)


@pytest.mark.parametrize("misread", [lambda text: text.encode().decode("latin-1"), as_windows_1252])
def test_utf_8_that_was_read_as_another_encoding_is_read_again(misread: Change) -> None:
    test = texts("korean", "test")
    changed = [misread(text) if number % 5 < 3 else text for number, text in enumerate(test)]
    repairs = {repair.fault: repair.repair for repair in find_repairs(changed, texts("korean", "train"), seed=0)}
    [found] = [name for name in repairs if "UTF-8" in name]
    assert [repairs[found](text) for text in changed] == test
    for text in ("Café à 5 €, naïve façade…", "#Person1#: où?", "안녕", "é", "£5"):
        assert repairs[found](text) == text


def test_equal_splits_suggest_nothing_and_names_of_people_are_no_style() -> None:
    train, test = texts("english", "train"), texts("english", "test")
    assert list(find_repairs(test, train, seed=0)) == []
    named = [text.replace("#Person1#", f"Name{number}") for number, text in enumerate(train)]
    assert [repair.fault for repair in find_repairs(test, named, seed=0) if "Speakers" in repair.fault] == []
