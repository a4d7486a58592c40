"""Write docs/page.png: the page of the run in the workspace, as README shows it.

pip install -c constraints.txt playwright
python tools/take_page_screenshot.py

It needs Chromium (on Debian: apt-get install chromium) and `reports/page.html`, which `dvc repro` writes.
"""

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = Path("reports/page.html")
PICTURE = Path("docs/page.png")
WIDTH, HEIGHT = 1280, 760


def main() -> None:
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=sandbox)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(f"{PAGE.resolve().as_uri()}#sort=worst")
        page.wait_for_selector("#reader[data-ready]")
        page.evaluate("document.getElementById('reader').scrollIntoView()")
        page.locator(".item").nth(1).click()
        page.locator(".sentence").first.hover()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
