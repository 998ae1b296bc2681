"""Axe finds no violation of any rule, in any state of any page, and nothing runs over a small screen."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from reportlib.build.render import html_chapters, html_report
from reportlib.gates.statement import statement

from .fixture import PAGE, report

pytestmark = pytest.mark.full

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
STATES: list[tuple[int, Any, bool]] = list(product((320, 1280), ("light", "dark"), (False, True)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    notebooks = [*report(), statement()]
    for name, html in {**html_chapters(notebooks, PAGE), "report.html": html_report(notebooks, PAGE)}.items():
        (folder / name).write_text(html)
    return folder


def look(browser: Browser, url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What axe and the browser say of a page in each of its states."""
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    for width, scheme, unfolded in STATES:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("open => document.querySelectorAll('details').forEach(one => one.open = open)", unfolded)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        violations = [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
        state = f"{width} px, {scheme}, {'unfolded' if unfolded else 'folded'}"
        yield state, {"violations": violations, "requests": asked[1:], "over": over}
    context.close()


NAMES = ["report.html", *html_chapters([*report(), statement()], PAGE)]


@pytest.mark.parametrize("name", NAMES)
def test_no_violation(browser: Browser, site: Path, name: str) -> None:
    for state, seen in look(browser, (site / name).as_uri()):
        assert seen == {"violations": [], "requests": [], "over": 0}, state


def test_page_obeys_its_own_policy(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((site / "report.html").as_uri())
    assert said == []
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(255, 255, 255)"
    page.close()


def test_link_to_figures_opens_the_fold_that_they_are_in(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "deaths-in-custody.html").as_uri())
    caption = page.locator("#caption-deaths-by-year")
    assert not caption.is_visible()
    page.get_by_role("link", name="See the figures").click()
    caption.wait_for(state="visible")
    page.close()


def test_paper_shows_what_a_screen_folds_but_no_code(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "deaths-in-custody.html").as_uri())
    page.emulate_media(media="print")
    shown = "name => document.querySelector(name).checkVisibility()"
    assert page.evaluate(shown, "#table-deaths-by-year tbody td")
    assert not page.evaluate(shown, "details.code")
    page.close()


def test_table_says_on_which_side_there_is_more(browser: Browser, site: Path) -> None:
    """A fade on that side, opaque at its edge, so that no half of a figure reads as another."""
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto((site / "uphold-rates.html").as_uri())
    region = page.locator("#table-uphold-rate-by-ethnicity .scroll")
    most = region.evaluate("one => one.scrollWidth - one.clientWidth")
    assert most > 100
    area = region.evaluate("one => parseFloat(getComputedStyle(one).gridTemplateColumns) - one.scrollWidth")
    assert abs(area) < 1, "the fade moves with the table"
    seen = []
    for place in (0, most / 2, most):
        region.evaluate("(one, place) => {one.scrollLeft = place}", place)
        page.wait_for_timeout(100)
        sides = "one => [one.querySelector('tbody th'), one].map(it => getComputedStyle(it, ':after').opacity)"
        seen.append(region.evaluate(sides))
    assert seen == [["0", "1"], ["1", "1"], ["1", "0"]]
    page.set_viewport_size({"width": 1600, "height": 800})
    assert region.evaluate(sides) == ["0", "0"]
    page.close()


def test_a_finding_stands_beside_its_picture_where_there_is_room(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "report.html").as_uri())
    gaps = """() => [...document.querySelectorAll(".say + figure")].map(figure => {
        const [said, drawn] = [figure.previousElementSibling, figure].map(one => one.getBoundingClientRect())
        const next = figure.nextElementSibling.getBoundingClientRect()
        return {below: drawn.top - said.bottom, beside: drawn.left - said.right,
            after: next.top - Math.max(said.bottom, drawn.bottom)}
    })"""
    for width, beside in ((390, False), (1200, False), (1366, True), (1920, True)):
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate(gaps)
        assert found
        assert all((pair["beside"] >= 0 if beside else pair["below"] >= 0) and pair["after"] >= 0 for pair in found)
    page.close()


def test_table_can_be_downloaded(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "uphold-rates.html").as_uri())
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Complaints upheld by ethnic group").click()
    assert download.value.suggested_filename == "uphold-rate-by-ethnicity.csv"
    text = Path(download.value.path()).read_text()
    assert text.splitlines()[1] == "Asian,192,620,31,28,34,0.94"
    page.close()
