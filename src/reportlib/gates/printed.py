"""The text of the PDF, read from its pages, against what the chapters show: the same figures in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pikepdf
from lxml import etree

from reportlib.build import markdown
from reportlib.build.annex import annexed
from reportlib.build.page import Chapter, heading, marks_in, transposed
from reportlib.errors import Finding
from reportlib.gates import tags
from reportlib.gates.constants import Constants, figures

Font = dict[int, str]
Page = tuple[list[str], list[str]]  # lines of text: the document's, and those in the margins
DATED = ("/CreationDate", "/ModDate", "/Creator", "/Producer")  # the publication date, the program
READ = "BDC BMC EMC Tf Tj TJ"


def check_printed(
    path: Path, chapters: Sequence[Chapter], constants: Constants, logo: Sequence[str] = ()
) -> Iterator[Finding]:
    """Every figure of the PDF that is not the chapters' at its place, by page; cover, contents and margins too.

    `logo`: its alt text, where the cover has one.
    """
    chapters = annexed(chapters)
    heads = [link.title for chapter in chapters for link in chapter.sections] + [one.title for one in chapters]
    with pikepdf.open(path) as document:
        with document.open_outline() as outline:
            destination: Any = outline.root[0].destination
            first = document.pages.index(pikepdf.Page(destination[0]))
            named = [item.title for item in _below(outline.root)]
        fonts: dict[Any, Font] = {}
        pages = [_read(page, fonts) for page in document.pages]
        alts = [figure.alt for figure in tags.read(document).of("/Figure")]
        about = [str(value) for key, value in document.docinfo.items() if key not in DATED]
    if constants.stray(" ".join([*named, *about]), heads):
        yield Finding("a figure in its title or bookmarks", path.name)
    if alts != [*logo, *(chart["alt"] for chapter in chapters for chart in _charts(chapter))]:
        yield Finding("the alt text of its pictures is not the chapters'", path.name)
    numbers = [f"{number}" for number in range(1, len(pages) + 1)]
    for number, (body, margin) in enumerate(pages, 1):
        own = [*heads, f"Page {number} of {len(pages)}", *_table_heads(chapters)]
        if constants.stray(" ".join(margin), own):
            yield Finding(f"a figure in the margin of page {number}", path.name)
        if number <= first and constants.stray(" ".join(body), [*heads, *(numbers if number > 1 else [])]):
            yield Finding(f"a figure without a fact on page {number}", path.name)
    yield from _in_order(pages, first, chapters, path.name)


def _in_order(pages: Sequence[Page], first: int, chapters: Sequence[Chapter], name: str) -> Iterator[Finding]:
    """The chapters' figures, one after the other; the first that is another's is told by its page."""
    found = [(number, figure) for number, (body, _) in enumerate(pages, 1) if number > first
             for figure in figures(" ".join(body))]  # fmt: skip
    wanted = [figure for chapter in chapters for text in _told(chapter, pages) for figure in figures(text)]
    for (number, figure), own in zip_longest(found, wanted, fillvalue=(len(pages), "")):
        if figure != own:
            yield Finding(f"on page {number} the figures cease to be those of the chapters", name)
            return


def _charts(chapter: Chapter) -> Iterator[Any]:
    """The pictures of a chapter, those of cards too."""
    for _, model in chapter.models():
        yield from (one["chart"] for one in model.get("items", []) if one.get("chart"))
        if model["kind"] == "chart":
            yield model


def _below(items: Iterable[Any]) -> Iterator[Any]:
    """Bookmarks with those below them."""
    for item in items:
        yield item
        yield from _below(item.children)


def _table_heads(chapters: Sequence[Chapter]) -> set[str]:
    """The headings of columns, which stand again on each page that a table runs on to."""
    tables = [transposed(model) for chapter in chapters for _, model in chapter.models() if model["kind"] == "table"]
    return {heading(column) for table in tables for column in table["columns"]}


def _told(chapter: Chapter, pages: Sequence[Page]) -> Iterator[str]:
    """All that a chapter says in the PDF, in reading order; a reference also says the page of its table."""
    shown = list(chapter.models())
    for place in range(len(chapter.cells)):
        yield from (markdown.plain(token) for token in chapter.tokens.get(place, []))
        for model in (model for at, model in shown if at == place):
            if model["kind"] == "table":
                model = transposed(model)
                yield model["caption"]
                yield from map(heading, model["columns"])
                yield from (row[column["key"]]["text"] for row in model["rows"] for column in model["columns"])
                yield from (*(f"[{mark}]" for mark in marks_in(model)), *model["notes"], model["source"])
            elif model["kind"] == "chart":
                yield model["caption"]
                yield _digits(model)
            elif model["kind"] == "reference":
                yield f"{_last_page(pages, model['caption'])}: {model['caption']}"
            elif model["kind"] == "say":
                yield model["text"]
            elif model["kind"] == "points":
                yield model["lead"]
                yield from (f"{item['title']}. {item['text']} {item['see']}" for item in model["items"])
            elif model["kind"] == "headline":
                for item in model["items"]:
                    yield from (item["title"], item["text"], *item["further"], _digits(item["chart"]))


def _last_page(pages: Sequence[Page], text: str) -> int:
    """The last page that holds a text; spaces aside, since lines break anywhere."""
    held = ["".join("".join(body).split()) for body, _ in pages]
    return max((number for number, body in enumerate(held, 1) if "".join(text.split()) in body), default=0)


def _digits(chart: Any) -> str:
    """The digits of a picture in one: there each letter is drawn by itself."""
    return "".join(re.findall(r"\d", "".join(etree.fromstring(chart["svg"].encode()).itertext()))) if chart else ""


def _read(page: pikepdf.Page, fonts: dict[Any, Font]) -> Page:
    """The text of a page; that of a picture is its digits."""
    lines: dict[str, list[str]] = {"body": [], "picture": [], "margin": []}
    marks: list[str] = []  # what each open mark holds
    font: Font = {}
    for instruction in pikepdf.parse_content_stream(page, READ):
        operator, operands = str(instruction.operator), list[Any](instruction.operands)
        if operator in ("BDC", "BMC"):
            marks.append("margin" if operands[0] == "/Artifact" else "picture" if _is_picture(operands[-1]) else "body")
        elif operator == "EMC":
            if marks.pop() == "picture":
                lines["body"].append("".join(re.findall(r"\d", "".join(lines["picture"]))))
                lines["picture"].clear()
        elif operator == "Tf":
            font = _font(page.Resources.Font[operands[0]], fonts)
        else:
            runs = operands[0] if operator == "TJ" else operands
            codes = b"".join(bytes(run) for run in runs if isinstance(run, pikepdf.String))
            text = "".join(font.get(int.from_bytes(codes[at : at + 2]), "?") for at in range(0, len(codes), 2))
            lines["margin" if "margin" in marks else "picture" if "picture" in marks else "body"].append(text)
    return lines["body"], lines["margin"]


def _is_picture(properties: Any) -> bool:
    return isinstance(properties, pikepdf.Dictionary) and "/Alt" in properties


def _font(font: Any, fonts: dict[Any, Font]) -> Font:
    """Which text each two-byte code of a typeface stands for."""
    if font.objgen not in fonts:
        table = re.findall(rb"<(\w{4})> <(\w+)>\n", font.ToUnicode.read_bytes())
        fonts[font.objgen] = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in table}
    return fonts[font.objgen]
