"""A chapter opened by `make lab` runs cell by cell in JupyterLab, in a browser."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from small_report import project

from reportlib.inputs import demo
from reportlib.project import NOTEBOOKS

pytestmark = pytest.mark.full

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHAPTER = "20-uphold-rates.ipynb"
CELLS = """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .map(cell => cell.toJSON()).filter(cell => cell.cell_type === 'code')"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of JupyterLab as the command opens it, without its browser and password.

    On enough complaints that most pictures have something to show.
    """
    demo.write(tmp_path / "demo", scale=0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = {"IdentityProvider": {"token": ""}, "LabApp": {"expose_app_in_browser": True}}
    (tmp_path / "jupyter_server_config.json").write_text(json.dumps(config))
    options = ["--no-browser", "--allow-root", "--port", str(port)]
    given = project(tmp_path, tmp_path / "demo").params
    command = [Path(sys.executable).with_name("reportlib"), "lab", given, *options]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}/lab"
    try:
        _until(lambda: _answers(address) or running.poll() is not None, 300)
        assert running.poll() is None, (tmp_path / "log").read_text()
        yield address
    finally:
        os.killpg(running.pid, signal.SIGINT)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)


def _answers(address: str) -> bool:
    try:
        return bool(urlopen(address, timeout=5).status == 200)
    except (URLError, OSError):
        return False


def _until(true: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.5)


def test_a_chapter_runs_cell_by_cell(lab: str) -> None:
    before = (NOTEBOOKS / CHAPTER).read_bytes()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{lab}/tree/{CHAPTER}")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
        page.get_by_text("| Idle").wait_for(timeout=120_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        cells = _run(page)
        shown = page.locator(".jp-OutputArea-output table").filter(has_text="Complaints eligible").first
        expect(shown).to_be_visible(timeout=60_000)
        shown.scroll_into_view_if_needed()
        drawn = page.locator(".jp-OutputArea-output img").first
        expect(drawn).to_be_attached(timeout=60_000)
        assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        _until(lambda: not page.evaluate("jupyterapp.shell.currentWidget.content.model.dirty"), 60)
        if pictures := os.environ.get("LAB_PICTURE"):
            page.screenshot(path=pictures)
        browser.close()
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [output["output_type"] for output in outputs if output["output_type"] not in ("display_data",)] == []
    shows = ["".join(output["data"].get("text/html", "")) for output in outputs]
    assert sum("src='data:image/svg+xml" in html for html in shows) >= 5
    assert sum("<caption>" in html and "(synthetic)" in html for html in shows) >= 5
    assert (NOTEBOOKS / CHAPTER).read_bytes() == before  # though it was saved, with its outputs on the screen


def _run(page: Page) -> list[dict[str, Any]]:
    """The code cells, once each has run."""
    _until(lambda: all(cell["execution_count"] for cell in page.evaluate(CELLS)), 180)
    cells: list[dict[str, Any]] = page.evaluate(CELLS)
    return cells
