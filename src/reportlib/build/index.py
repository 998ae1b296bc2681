"""The pages over all editions of a year, those made last and those published: where each is, how much it could show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nbformat.v4 import new_markdown_cell, new_notebook

from reportlib.archive.runs import kept_run
from reportlib.build.page import Link, Page
from reportlib.build.render import html_chapter
from reportlib.build.report import Run
from reportlib.editions import Edition
from reportlib.errors import ReportError
from reportlib.gates.html import check_site
from reportlib.params import Params
from reportlib.project import write_whole
from reportlib.words import number

SECTIONS = {None: "The whole", "region": "Regions", "establishment_type": "Types of establishment"}
INTRODUCTION = """# Editions

The same report is made for the whole of England and Wales and for parts of it. The figures of all editions on this page
are protected together: no hidden count can be worked out by taking one edition from another. Smaller parts have smaller
counts, so less of them can be shown."""
PUBLISHED = """# Editions

These are the editions of the report that are published: of the whole of England and Wales, or of a part of it. Smaller
parts have smaller counts, so less of them can be shown."""


def write_index(params: Params, runs: Mapping[Edition, Run | ReportError], folder: Path) -> Path:
    """Write `index.html` for the editions of a run. Raises ReportError for a page that fails its own checks."""
    found = {edition: run if isinstance(run, ReportError) else run.folder for edition, run in runs.items()}
    return _write(params, found, folder / "index.html", "current")


def write_published(year: Path) -> Path:
    """Write `published.html` for the editions of a year that are published and that this code can read."""
    runs = []
    for link in sorted(year.glob("*/published")):
        with suppress(ReportError):
            runs.append(kept_run(link))
    found = {run.params.made: run.folder for run in runs}
    return _write(runs[0].params, found, year / "published.html", "published")


def _write(params: Params, runs: Mapping[Edition, Path | ReportError], path: Path, link: str) -> Path:
    page = Page.of(params, params.title, "All editions", draft=link == "current")
    parts = [INTRODUCTION if page.draft else PUBLISHED]
    for dimension, heading in SECTIONS.items():
        own = {edition: run for edition, run in runs.items() if edition.dimension == dimension}
        parts += [f"## {heading}", *(_entry(edition, run, link) for edition, run in own.items())] if own else []
    cells = [new_markdown_cell("\n".join(parts), id="editions")]
    html = html_chapter(new_notebook(cells=cells), page, contents=[Link("Editions", "#editions")])
    if faults := check_site({path.name: html}, {place for edition in runs for place in _files(edition, link)}):
        raise ReportError("The page over all editions does not pass its gates.", faults)
    write_whole(path, html)
    return path


def check_made(runs: Mapping[Edition, Run | ReportError]) -> None:
    """Raises ReportError, with why, where editions of a run could not be made."""
    if failed := [run.named(edition.name) for edition, run in runs.items() if isinstance(run, ReportError)]:
        raise ReportError(f"{len(failed)} of {len(runs)} editions could not be made; the others are complete:", failed)


def _files(edition: Edition, link: str) -> tuple[str, str]:
    return f"{edition.name}/{link}/report.html", f"{edition.name}/{link}/report.pdf"


def _entry(edition: Edition, run: Path | ReportError, link: str) -> str:
    if isinstance(run, ReportError):
        return f"- {edition.title}: could not be made this time"
    html, pdf = _files(edition, link)
    several = f" ({', '.join(edition.values)})" if len(edition.values) > 1 else ""
    share = number(shown(run), "%")
    return f"- [{edition.title}]({html}){several}, [{edition.title} as PDF]({pdf}): {share} of its counts are shown"


def shown(run: Path) -> float:
    """The share of the counts of a run that are not hidden, of those of the tables that it shows."""
    held = json.loads((run / "run.json").read_text(encoding="utf-8"))["hidden"]
    return 1 - sum(table["hidden"] for table in held) / (sum(table["cells"] for table in held) or 1)
