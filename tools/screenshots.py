"""Take the README's pictures of the current report: make screenshots."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
IMAGES = Path("docs/images")
WANTED = {
    "summary": ("#summary--every-verdict-at-a-glance", 1480),
    "uphold-rates": ("#uphold-rates--uphold-rate", 1100),
}  # by chapter, what is on top, and the height in pixels


def main(report: Path) -> None:
    if not report.exists():
        sys.exit(f"There is no {report}: run make annual-report first.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        for chapter, (first, height) in WANTED.items():
            page.set_viewport_size({"width": 1280, "height": height})
            page.goto((report / "chapters" / f"{chapter}.html").resolve().as_uri())
            page.locator(first).evaluate("shown => shown.scrollIntoView()")
            page.screenshot(path=IMAGES / f"{chapter}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
