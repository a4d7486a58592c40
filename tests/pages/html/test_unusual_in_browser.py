"""The page in a real Chromium with what is rare: a long dialogue, a long id, an undefined score."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.browser import Reader, start_browser

from beamline.core.records import Predictions
from beamline.core.report_parts import Grid
from beamline.metrics.support import WordSplitter
from beamline.metrics.tokenizers import build_tokenizer
from beamline.pages.html.content import NamedSystem, Page, ScoreTable
from beamline.pages.html.dialogues import Summaries, dialogue_data
from beamline.pages.html.page import render

pytestmark = pytest.mark.extended  # it needs optional packages, and a browser

LONG_ID = "a-very-long-id-" * 20
LONG = "\n".join(
    f"#Person{1 + turn % 2}#: The parcel {turn} goes to shelf number {turn + 1000}." for turn in range(200)
)
SHORT = "#Person1#: Is it raining?\n#Person2#: No."


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three dialogues of two systems: a long one, one with a long id, and one whose second score is undefined."""
    predictions = Predictions(
        ids=["long", LONG_ID, "unscored"],
        dialogues=[LONG, SHORT, SHORT],
        references=[("Parcels go to shelves. " * 20,), ("It is dry.",), ()],
        summaries=["Parcel 150 goes to shelf 1150. " + "Others go elsewhere. " * 40, "", "It is not raining."],
    )
    path = tmp_path_factory.mktemp("unusual") / "page.html"
    write_page(path, predictions, {"first": [0.5, 0.2, 0.4], "second": [0.6, 0.1, np.nan]})
    return path


def write_page(path: Path, predictions: Predictions, scores: dict[str, list[float]]) -> None:
    """Write the page of systems that have the same predictions. scores: by the name of a system."""
    systems = [Summaries(predictions, {"rouge_f": np.array(values)}) for values in scores.values()]
    splitter = WordSplitter(build_tokenizer("english", stemmer=True))
    page = Page(
        title=" and ".join(scores),
        verdict=f"{' and '.join(scores)} differ.",
        detail="",
        systems=[NamedSystem(letter, name) for letter, name in zip("ABCDEFGH", scores, strict=False)],
        scores=ScoreTable([], [], ""),
        signatures=[],
        settings=Grid([], []),
        charts=[],
        dialogues=dialogue_data(systems, ["rouge_f"], "rouge_f", splitter),
    )
    path.write_text(render(page), encoding="utf-8")


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_long_names_and_words_make_the_page_no_wider_than_the_window(browser: Any, tmp_path: Path, width: int) -> None:
    word = "a" * 2000
    predictions = Predictions([word], [f"{word[:50]}: {word}\nB: Yes."], [(word,)], [f"{word} {word[::2]}b."])
    write_page(tmp_path / "page.html", predictions, {f"experiments/{word[:300]}{number}": [0.5] for number in range(3)})
    reader = Reader(browser, tmp_path / "page.html", f"#id={word}", viewport={"width": width, "height": 800})
    for part in ("html", ".dialogue", ".texts", ".side"):
        wider = reader.page.evaluate(
            "part => { const box = document.querySelector(part); return box.scrollWidth - box.clientWidth; }", part
        )
        assert wider <= 0, part
    reader.close()


def test_a_click_on_a_sentence_goes_to_its_turns_in_a_long_dialogue(browser: Any, html: Path) -> None:
    reader = Reader(browser, html, "#id=long")
    turn = reader.page.locator(".turns li").nth(150)
    in_view = (
        "turn => { const { top, bottom } = turn.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"
    )
    assert not turn.evaluate(in_view)
    reader.page.locator(".sentence").first.click()
    assert turn.evaluate(in_view)
    reader.page.mouse.move(1, 1)  # what was clicked stays marked when the pointer leaves it
    assert reader.page.wait_for_selector(".turns li.source").is_visible()
    assert "source" in turn.get_attribute("class")
    reader.close()


def test_long_summaries_beside_a_long_dialogue_can_be_read_to_their_end(browser: Any, html: Path) -> None:
    reader = Reader(browser, html, "#id=long")
    texts = reader.page.locator(".texts")
    assert texts.evaluate("texts => texts.clientHeight <= innerHeight && texts.scrollHeight > texts.clientHeight")
    texts.evaluate("texts => (texts.scrollTop = texts.scrollHeight)")
    box = reader.page.locator(".references").bounding_box()
    assert box["y"] + box["height"] <= texts.bounding_box()["y"] + texts.bounding_box()["height"] + 1
    reader.page.emulate_media(media="print")
    assert texts.evaluate("texts => texts.scrollHeight === texts.clientHeight")
    reader.close()


def test_a_long_id_leaves_room_for_the_dialogue_on_a_phone(browser: Any, html: Path) -> None:
    reader = Reader(browser, html, f"#id={LONG_ID}", viewport={"width": 390, "height": 844})
    assert reader.page.locator(".dialogue > header").bounding_box()["height"] < 100
    assert reader.page.locator(".dialogue h2").get_attribute("title") == LONG_ID
    reader.close()


def test_search_and_speakers_are_found_however_accents_are_encoded(browser: Any, tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "Café José") for form in ("NFC", "NFD"))
    dialogues = [f"{name}: Hi.\nB: Hi." for name in (composed, decomposed)]
    predictions = Predictions(["1", "2"], dialogues, [(), ()], ["", ""])
    write_page(tmp_path / "page.html", predictions, {"first": [0.5, 0.5]})
    reader = Reader(browser, tmp_path / "page.html")
    for label in ("Search dialogues and summaries", "Speaker"):
        for text in (composed, decomposed):
            reader.filter(label, text)
            assert reader.status == "2 of 2 dialogues"
    reader.close()


def test_eight_systems_have_eight_colors(browser: Any, tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", Predictions(["1"], [SHORT], [()], [""]), {name: [0.5] for name in "abcdefgh"})
    for scheme in ("light", "dark"):
        reader = Reader(browser, tmp_path / "page.html", color_scheme=scheme)
        colors = reader.page.locator(".letter").evaluate_all(
            "letters => letters.map((letter) => getComputedStyle(letter).color)"
        )
        assert len(set(colors[:8])) == 8
        assert colors[8:] == colors[:8]  # of the summaries
        reader.close()


def test_an_undefined_score_is_last_in_every_order_and_within_no_limits(browser: Any, html: Path) -> None:
    reader = Reader(browser, html)
    for order in ("Lowest score first", "Highest score first", "Gained most first", "Lost most first"):
        reader.order(order)
        reader.page.locator(".item:nth-child(3) .name", has_text="unscored").wait_for()
    assert reader.page.locator(".item .top").nth(2).inner_text().split() == ["unscored", "–", "–"]
    reader.filter("Score, to", "15")
    assert reader.listed == [LONG_ID]
    reader.filter("Score, to", "")
    reader.filter("Score, from", "0")
    assert reader.status == "2 of 3 dialogues"
    assert reader.problems == []
    reader.close()
