"""Executed notebooks as accessible HTML: one file for the report, one a chapter, and an nbconvert exporter."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup, escape
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode
from traitlets.config import Config

from reportlib.build import markdown, svg
from reportlib.build.page import (
    BADGES,
    Chapter,
    Link,
    Model,
    Page,
    belonging,
    folded,
    marks_in,
    on_screen,
    page_of,
    read_chapter,
    resolve,
    slug,
    stacked,
)
from reportlib.build.workbook import csv as csv_text
from reportlib.colour import lighten
from reportlib.display import MIME
from reportlib.words import INCONCLUSIVE, MARKS, NOT_ASSESSED, VERDICTS

TEMPLATES = Path(__file__).parent / "templates"
DARK_PAPER = "#14181c"


def html_report(notebooks: Sequence[NotebookNode], page: Page) -> str:
    """The whole report as one self-contained file: no script, no request, no other file needed."""
    chapters = [read_chapter(notebook) for notebook in notebooks]
    contents = [Link(chapter.title, f"#{chapter.id}") for chapter in chapters]
    return _render(chapters, page, contents=contents, whole=True, places=_places(chapters))


def html_chapter(notebook: NotebookNode, page: Page, contents: Sequence[Link] = ()) -> str:
    """One chapter as a page of its own; `contents` are the links in its list of contents, else one to the page."""
    chapter = read_chapter(notebook)
    return _render([chapter], page, contents=contents or [Link(chapter.title, chapter_file(chapter.id))])


def html_chapters(notebooks: Sequence[NotebookNode], page: Page) -> dict[str, str]:
    """Every chapter as a page of its own, with links to its neighbours: file name to HTML."""
    chapters = [read_chapter(notebook) for notebook in notebooks]
    links = [Link(chapter.title, chapter_file(chapter.id)) for chapter in chapters]
    places = _places(chapters)
    before, after = [None, *links[:-1]], [*links[1:], None]
    return {
        link.href: _render([chapter], page, contents=links, previous=previous, next=following, places=places)
        for link, chapter, previous, following in zip(links, chapters, before, after, strict=True)
    }


def _places(chapters: Sequence[Chapter]) -> dict[str, str]:
    return {table: place for chapter in chapters for table, place in chapter.places.items()}


def chapter_file(chapter: str) -> str:
    return f"{chapter}.html"


class ReportExporter(TemplateExporter):
    """`jupyter nbconvert --to race-report`: an executed chapter as a page of its own."""

    export_from_notebook = "Race report (accessible HTML)"
    output_mimetype = "text/html"

    @property
    def default_config(self) -> Config:
        """Its own template; of each output its model, and only where there is none its plain text."""
        own = {"template_name": "race-report", "extra_template_basedirs": [str(TEMPLATES)], "file_extension": ".html"}
        return Config({"TemplateExporter": own, "NbConvertBase": {"display_data_priority": [MIME, "text/plain"]}})

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        environment.filters.update(
            slug=slug, years=_years, on_screen=on_screen, folded=folded, stacked=stacked, belonging=belonging
        )
        environment.globals.update(
            verdicts=VERDICTS,
            marks_in=marks_in,
            marks=MARKS,
            badge_words=BADGES,
            mime=MIME,
            unsure=(INCONCLUSIVE, NOT_ASSESSED),
        )
        return environment

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, dict[str, Any]]:
        """Render a chapter; without a report around it, as a page on its own."""
        resources = resources or {}
        if "report" not in resources:
            chapter = read_chapter(nb, name=resources.get("metadata", {}).get("name", ""))
            view = View([chapter], page_of(chapter), [])
            nb, resources = view.notebook(), {**resources, "report": view}
        return super().from_notebook_node(nb, resources, **kw)


def _years(text: str) -> Markup:
    """The text with each reporting year kept on one line."""
    return Markup(re.sub(r"\b\d{4}-\d{2}\b", r'<span class="s">\g<0></span>', str(escape(text))))


@dataclass(frozen=True)
class View:
    """What the template asks about the page that it writes."""

    chapters: list[Chapter]
    page: Page
    contents: Sequence[Link]
    whole: bool = False
    previous: Link | None = None
    next: Link | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    def __deepcopy__(self, memo: dict[int, Any]) -> View:
        """nbconvert copies all that it is given; nothing here changes, so it may have the same."""
        return self

    @property
    def title(self) -> str:
        """The title of the window: the chapter first, since that is what tells tabs apart."""
        chapter = [] if self.whole else [self.chapters[0].title]
        draft = ["DRAFT"] if self.page.draft else []
        return " – ".join(dict.fromkeys([*draft, *chapter, f"{self.page.title} {self.page.year}".strip()]))

    def notebook(self) -> NotebookNode:
        """All cells in one notebook, markdown already written as HTML."""
        cells = [cell for chapter in self.chapters for cell in self._cells(chapter)]
        return _Finished(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=cells)

    def _cells(self, chapter: Chapter) -> Iterator[NotebookNode]:
        last, link = len(chapter.cells) - 1, partial(resolve, href=self.href)
        for place, cell in enumerate(chapter.cells):
            html = Markup(markdown.to_html(chapter.tokens.get(place, []), int(self.whole), link))
            level = chapter.level_below(place) + self.whole
            metadata = NotebookNode(
                opens=place == 0, closes=place == last, chapter=chapter, step=chapter.step(cell), html=html, level=level
            )
            yield NotebookNode({**cell, "id": f"{chapter.id}-{place}", "metadata": metadata})

    def href(self, chapter: str, table: str = "") -> str:
        """The address of a chapter from this page, or of a table's section; empty where the report does not hold it."""
        address = f"#{chapter}" if self.whole else chapter_file(chapter)
        if self.contents and address not in [link.href for link in self.contents]:
            return ""
        return f"{address.partition('#')[0]}#{self.places[table]}" if table in self.places else address

    @cached_property
    def style(self) -> Markup:
        """The style sheet with the report's colour, and that colour made readable on a dark ground."""
        sheet = (TEMPLATES / "race-report" / "report.css").read_text(encoding="utf-8")
        own = {"ACCENT-LIGHT": self.page.colour, "ACCENT-DARK": lighten(self.page.colour, DARK_PAPER, 7)}
        for name, colour in own.items():
            sheet = sheet.replace(name, colour)
        return Markup(re.sub(r"\s*\n\s*", "", sheet))

    @property
    def policy(self) -> str:
        """Nothing may be loaded or run; the one style sheet is known by its digest."""
        digest = base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()
        images = "img-src data:; " if self.page.logo else ""
        return f"default-src 'none'; style-src 'sha256-{digest}'; {images}base-uri 'none'; form-action 'none'"

    def chart(self, model: Model) -> Markup:
        return Markup(svg.labelled(model["svg"], model["alt"]))

    def csv(self, model: Model) -> str:
        """The table's CSV as a data address, so that the file needs no other beside it."""
        return "data:text/csv;charset=utf-8," + quote(csv_text(model), safe="/,:;()[]+-'!*@&=$?")


class _Finished(NotebookNode):
    """A notebook that nothing changes any more, so that nbconvert's three copies of it are spared."""

    def __deepcopy__(self, memo: dict[int, Any]) -> _Finished:
        return self


def _render(chapters: list[Chapter], page: Page, **view: Any) -> str:
    report = View(chapters, page, **view)
    html, _ = _exporter().from_notebook_node(report.notebook(), {"report": report})
    return str(html)


_exporter = cache(ReportExporter)  # one, since it compiles its templates once
