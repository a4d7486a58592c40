"""A real Chromium, driven by Playwright, for the page. Tests skip if one of the two is missing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

READY = "#reader[data-ready]"


def find_chromium() -> str:
    """Return the path of a Chromium or Chrome; skip the test if there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium here; on Debian: apt-get install chromium")


@contextmanager
def start_browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (requirements.txt)")
    executable = find_chromium()
    with sync_api.sync_playwright() as playwright:
        # Chromium has no sandbox for root, which is who runs tests in a container.
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=executable, args=sandbox)
        yield browser
        browser.close()


class Reader:
    """A page that is open in the browser. problems: what its scripts or the browser complained about."""

    def __init__(self, browser: Any, path: Path, link: str = "", **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        self.page = self.context.new_page()
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("dialog", lambda dialog: (self.problems.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"{path.as_uri()}{link}")
        self.page.wait_for_selector(READY)

    @property
    def open(self) -> str:
        """Return the id of the dialogue that is shown."""
        return str(self.page.locator(".dialogue h2").inner_text())

    @property
    def listed(self) -> list[str]:
        """Return the ids in view, from top to bottom."""
        return list(self.page.locator(".item .name").all_inner_texts())

    @property
    def status(self) -> str:
        return str(self.page.locator(".status span").first.inner_text())

    def filter(self, label: str, value: str) -> None:
        if not self.page.locator("#filters").count():
            self.page.get_by_role("button", name="Filters").click()
        self.page.get_by_label(label, exact=True).fill(value)

    def order(self, label: str) -> None:
        self.page.get_by_label("Order").select_option(label=label)

    def close(self) -> None:
        self.context.close()
