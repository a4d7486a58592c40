"""The page in a real Chromium: clicks, search, filters, keys, links, planted scripts, and an accessibility checker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.browser import Reader, start_browser
from support.page_files import PLANTED, predictions, write_predictions, write_run

from beamline import report
from beamline.comparison.differences import compare_systems
from beamline.core import paths
from beamline.pages.html.comparison import comparison_page
from beamline.pages.html.page import render

pytestmark = pytest.mark.extended  # it needs optional packages, and a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with start_browser() as started:
        yield started


@pytest.fixture(scope="module")
def run_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("run")
    write_run(directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        report.main()
    return directory / paths.PAGE


@pytest.fixture(scope="module")
def comparison_html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("comparison")
    names = [str(directory / name) for name in ("first.jsonl", "second.jsonl", "third.jsonl")]
    for name in names:
        write_predictions(Path(name), better=name.endswith("third.jsonl"))
    page = directory / "page.html"
    page.write_text(render(comparison_page(compare_systems(names, force=False, rescore=False))), encoding="utf-8")
    return page


@pytest.fixture
def reader(browser: Any, run_html: Path) -> Iterator[Reader]:
    opened = Reader(browser, run_html)
    yield opened
    opened.close()
    assert opened.problems == []


def test_a_click_opens_a_dialogue_with_its_turns_references_and_scores(reader: Reader) -> None:
    reader.page.locator(".item").nth(4).click()
    assert reader.open == "talk-00004"
    text = reader.page.locator(".dialogue").inner_text()
    for part in ("Is the lamp broken?", "Anna repairs the lamp on Friday.", "Oscar comes on Tuesday.", "rougeLsum_f"):
        assert part in text
    assert reader.page.locator(".turns li").count() == 3


def test_words_are_marked_in_three_ways(reader: Reader) -> None:
    reader.page.locator(".item").nth(4).click()
    marked = {mark: reader.page.locator(f".summary .mark-{mark}").all_inner_texts() for mark in "rdn"}
    assert "broken" in " ".join(marked["r"])
    assert "Oscar" in " ".join(marked["n"])
    backgrounds = reader.page.evaluate(
        """() => ["r", "d", "n"].map((mark) => {
            const style = getComputedStyle(document.querySelector(`.legend-marks .mark-${mark}`));
            return [style.backgroundColor, style.textDecorationLine, style.textDecorationStyle].join(" ");
        })"""
    )
    assert len(set(backgrounds)) == 3


def test_hovering_a_sentence_marks_the_turns_that_it_takes_most_from(reader: Reader) -> None:
    reader.page.locator(".item").nth(4).click()
    sources = reader.page.locator(".turns .source")
    reader.page.locator(".sentence").nth(1).hover()
    assert sources.all_inner_texts() == ["#Person1#\nAnna comes on Friday for it."]
    reader.page.locator(".dialogue h2").hover()
    assert sources.count() == 0
    reader.page.locator(".sentence").nth(0).focus()  # from the keyboard, too
    assert "Is the lamp broken?" in sources.first.inner_text()


def test_search_finds_words_of_dialogues_and_summaries(reader: Reader) -> None:
    search = reader.page.get_by_role("searchbox")
    search.fill("violin zebra")
    assert reader.status == "0 of 60 dialogues"
    assert "No dialogue passes" in reader.page.locator(".list").inner_text()
    search.fill("VIOLIN")
    shown = predictions()
    having = [row for row, text in enumerate(shown.dialogues or []) if "violin" in text + shown.summaries[row]]
    assert reader.status == f"{len(having)} of 60 dialogues"
    assert reader.open == reader.listed[0]
    reader.page.get_by_role("button", name="Show all").click()
    assert reader.status == "60 of 60 dialogues"


def test_filters_by_speaker_length_score_and_findings(reader: Reader) -> None:
    reader.filter("Speaker", "דוד")
    assert reader.listed == ["talk-00003"]
    reader.filter("Speaker", "PERSON2")
    assert reader.status == "59 of 60 dialogues"
    reader.page.get_by_role("button", name="Show all").click()
    reader.filter("Turns, to", "2")
    assert reader.listed == ["talk-00002", "talk-00003"]
    reader.page.get_by_role("button", name="Show all").click()
    reader.filter("Score, to", "10")
    few = int(reader.status.split()[0])
    assert 0 < few < 60
    reader.page.get_by_role("button", name="Show all").click()
    reader.page.get_by_label("Words that the dialogue doesn't have").select_option("no")
    without = int(reader.status.split()[0])
    reader.page.get_by_label("Words that the dialogue doesn't have").select_option("yes")
    assert without + int(reader.status.split()[0]) == 60


def test_orders_by_score_and_by_what_is_unusual(reader: Reader) -> None:
    reader.order("Lowest score first")
    scores = [float(text) for text in reader.page.locator(".item .score").all_inner_texts()]
    assert scores == sorted(scores)
    reader.order("Highest score first")
    assert float(reader.page.locator(".item .score").first.inner_text()) >= scores[-1]
    reader.order("Most unusual first")
    assert reader.listed[0] in ("talk-00002", "talk-00003")


def test_another_order_or_filter_shows_the_top_of_the_list_and_keys_go_on(reader: Reader) -> None:
    top = "list => list.scrollTop"
    reader.page.locator(".item").nth(1).click()
    reader.order("Longest dialogue first")
    reader.order("Highest score first")
    rows = reader.page.locator(".item")
    assert reader.page.locator(".list").evaluate(top) == 0
    reader.filter("Turns, from", "99")
    reader.filter("Turns, from", "2")
    reader.page.keyboard.press("Escape")
    assert reader.page.locator(".list").evaluate(top) == 0
    before = reader.open
    reader.order("Lowest score first")
    assert reader.page.locator(".list").evaluate(top) == 0
    assert rows.first.get_attribute("aria-posinset") == "1"
    reader.page.keyboard.press("k")  # it is the last one now
    reader.page.locator(".item[aria-selected=true]").wait_for()
    assert reader.open != before
    assert reader.page.get_by_label("Order").input_value() == "worst"


def test_keys_step_search_and_filter(reader: Reader) -> None:
    press = reader.page.keyboard.press
    press("j")
    press("j")
    assert reader.open == "talk-00002"
    press("k")
    assert reader.open == "talk-00001"
    for key, code in (("ㅓ", "KeyJ"), ("л", "KeyK")):  # on keyboards of other scripts
        keys = f"new KeyboardEvent('keydown', {{ key: '{key}', code: '{code}', bubbles: true }})"
        reader.page.evaluate(f"document.body.dispatchEvent({keys})")
        reader.page.locator(".dialogue h2", has_text={"KeyJ": "talk-00002", "KeyK": "talk-00001"}[code]).wait_for()
    press("/")
    reader.page.keyboard.type("jj tent")
    assert reader.page.get_by_role("searchbox").input_value() == "jj tent"  # the letters stepped nowhere
    assert reader.page.locator(".dialogue").count() == 0
    press("Escape")
    assert reader.page.get_by_role("searchbox").input_value() == "jj tent"
    press("f")
    reader.page.locator("#filters :focus").wait_for()
    press("Escape")
    reader.page.get_by_role("button", name="Show all").click()
    reader.page.locator(".list").focus()
    press("ArrowDown")
    assert reader.open == "talk-00002"


def test_a_link_opens_the_same_dialogue_filters_and_order(browser: Any, run_html: Path, reader: Reader) -> None:
    reader.page.get_by_role("searchbox").fill("tent")
    reader.order("Lowest score first")
    reader.page.locator(".item").nth(2).click()
    other = Reader(browser, run_html, f"#{reader.page.url.partition('#')[2]}")
    assert (other.open, other.listed, other.status) == (reader.open, reader.listed, reader.status)
    other.page.evaluate("location.hash = 'id=talk-00020'")
    other.page.locator(".dialogue h2", has_text="talk-00020").wait_for()
    assert other.status == "60 of 60 dialogues"
    other.close()


def test_planted_scripts_are_shown_and_never_run(reader: Reader) -> None:
    reader.page.locator(".item").nth(2).click()
    text = reader.page.locator(".dialogue").inner_text()
    assert text.count(PLANTED) == 2  # in the dialogue and in the summary
    assert reader.page.locator("#reader script, #reader img").count() == 0
    assert reader.problems == []


def test_nothing_is_fetched(reader: Reader) -> None:
    assert [url for url in reader.requests if not url.startswith(("file:", "data:"))] == []
    assert sum(url.startswith("file:") for url in reader.requests) == 1
    blocked = reader.page.evaluate("fetch('file:///etc/hostname').then(() => 'read', () => 'refused')")
    assert blocked == "refused"
    reader.problems.clear()  # the browser says that it refused


def test_a_comparison_orders_by_change_and_shows_all_systems(browser: Any, comparison_html: Path) -> None:
    reader = Reader(browser, comparison_html)
    reader.order("Gained most first")
    changes = [
        float(text.replace("−", "-")) for text in reader.page.locator(".item .top span:nth-child(2)").all_inner_texts()
    ]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0
    assert reader.page.locator(".summary").count() == 3
    name = comparison_html.parent / "second.jsonl"
    reader.page.get_by_label("Scores and changes of").select_option(label=f"Scores of B: {name}")
    assert set(changes_in_view(reader)) == {"0.0"}
    assert reader.problems == []
    reader.close()


def changes_in_view(reader: Reader) -> list[str]:
    return list(reader.page.locator(".item .top span:nth-child(2)").all_inner_texts())


def test_ten_thousand_dialogues_open_with_a_few_rows_in_the_document(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, count=10_000)
    monkeypatch.chdir(tmp_path)
    report.main()
    reader = Reader(browser, tmp_path / paths.PAGE)
    assert reader.status == "10000 of 10000 dialogues"
    reader.page.locator(".list").evaluate("list => (list.scrollTop = list.scrollHeight)")
    reader.page.get_by_text("talk-09999").wait_for()
    assert reader.page.locator(".item").count() < 60
    reader.close()


@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    ],
    ids=["light", "dark", "phone"],
)
@pytest.mark.parametrize("link", ["", "#id=talk-00003&q=a&sort=worst"])
def test_an_accessibility_checker_finds_nothing(
    browser: Any, run_html: Path, comparison_html: Path, look: dict[str, Any], link: str
) -> None:
    checker = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for page in (run_html, comparison_html):
        reader = Reader(browser, page, link, **look)
        for details in reader.page.locator("details summary").all():
            details.click()
        if reader.page.get_by_role("button", name="Filters").is_visible():
            reader.page.get_by_role("button", name="Filters").click()
        found = checker.run(reader.page)
        assert found.violations_count == 0, found.generate_report()
        reader.close()


def test_on_a_phone_list_and_dialogue_take_turns_and_nothing_is_wider_than_the_screen(
    browser: Any, run_html: Path
) -> None:
    reader = Reader(browser, run_html, viewport={"width": 390, "height": 844}, has_touch=True)
    assert reader.page.evaluate("document.documentElement.scrollWidth") == 390
    assert not reader.page.locator(".dialogue").is_visible()
    reader.page.locator(".item").nth(1).tap()
    assert reader.open == "talk-00001"
    assert not reader.page.locator(".list").is_visible()
    reader.page.get_by_role("button", name="List").tap()
    reader.page.locator(".list").wait_for()
    reader.close()


def test_on_a_phone_links_open_dialogues_and_back_returns_to_the_list(browser: Any, run_html: Path) -> None:
    reader = Reader(browser, run_html, viewport={"width": 360, "height": 740}, has_touch=True)
    reader.page.evaluate("location.hash = 'id=talk-00020'")
    reader.page.locator(".dialogue h2", has_text="talk-00020").wait_for()
    reader.page.get_by_role("button", name="List").tap()
    reader.page.locator(".list").wait_for()
    for _ in range(2):
        reader.page.get_by_text("talk-00019").tap()
        reader.page.get_by_role("button", name="Next").tap()
        reader.page.locator(".dialogue h2", has_text="talk-00020").wait_for()
        reader.page.go_back()
        reader.page.locator(".item[aria-selected=true]", has_text="talk-00020").wait_for()
        assert not reader.page.locator(".dialogue").is_visible()
    reader.page.go_forward()
    reader.page.locator(".dialogue h2", has_text="talk-00020").wait_for()
    entries = reader.page.evaluate("history.length")
    reader.page.get_by_role("button", name="List").tap()
    reader.page.get_by_text("talk-00019").tap()
    reader.page.locator(".dialogue h2", has_text="talk-00019").wait_for()
    assert reader.page.evaluate("history.length") == entries
    reader.close()


def test_in_a_low_window_the_list_can_be_reached_below_open_filters(browser: Any, comparison_html: Path) -> None:
    reader = Reader(browser, comparison_html, viewport={"width": 844, "height": 390}, has_touch=True)
    reader.page.get_by_role("button", name="Filters").tap()
    reader.page.locator(".side").evaluate("side => (side.scrollTop = side.scrollHeight)")
    box = reader.page.locator(".list").bounding_box()
    assert box["height"] >= 200
    reader.page.locator(".item").nth(1).tap()
    assert reader.open == "talk-00001"
    reader.close()


def test_text_from_right_to_left_is_set_so(browser: Any, run_html: Path) -> None:
    reader = Reader(browser, run_html, "#id=talk-00003")
    directions = reader.page.locator(".turns .text, .summary .text").evaluate_all(
        "texts => texts.map((text) => getComputedStyle(text).direction)"
    )
    assert directions == ["rtl", "rtl", "rtl"]
    speaker, text = (reader.page.locator(f".turns .{part}").first.bounding_box() for part in ("speaker", "text"))
    assert speaker["x"] > text["x"]
    reader.page.locator(".item", has_text="talk-00004").click()
    assert reader.page.locator(".summary .text").evaluate("text => getComputedStyle(text).direction") == "ltr"
    reader.close()


def test_print_shows_the_figures_and_the_open_dialogue_alone(browser: Any, run_html: Path) -> None:
    reader = Reader(browser, run_html, "#id=talk-00005")
    reader.page.emulate_media(media="print")
    assert reader.page.locator(".scores").is_visible()
    assert reader.page.locator(".dialogue .turns").is_visible()
    assert not reader.page.locator(".side").is_visible()
    reader.close()


def test_paper_that_is_narrower_than_the_window_shows_the_first_dialogue(browser: Any, run_html: Path) -> None:
    reader = Reader(browser, run_html)
    reader.page.set_viewport_size({"width": 700, "height": 990})
    reader.page.emulate_media(media="print")
    assert reader.page.locator(".dialogue .turns").is_visible()
    reader.close()
