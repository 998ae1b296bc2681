"""The text of the PDF, read from its pages, against what the chapters show: the same figures in the same order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pikepdf
from lxml import etree

from reportlib.build import markdown
from reportlib.build.page import Chapter, heading, marks_in
from reportlib.errors import Finding
from reportlib.gates.constants import Constants, figures

Font = dict[int, str]
READ = "BDC BMC EMC Tf Tj TJ"


def check_printed(path: Path, chapters: Sequence[Chapter], constants: Constants) -> Iterator[Finding]:
    """Every figure of the PDF that is not the chapters' at its place, by page; cover, contents and margins too."""
    heads = [link.title for chapter in chapters for link in chapter.sections] + [one.title for one in chapters]
    with pikepdf.open(path) as document:
        with document.open_outline() as outline:
            first = document.pages.index(pikepdf.Page(outline.root[0].destination[0]))
        fonts: dict[Any, Font] = {}
        pages = [_read(page, fonts) for page in document.pages]
    numbers = [f"{number}" for number in range(1, len(pages) + 1)]
    for number, (body, _) in enumerate(pages[:first], 1):
        if constants.stray(" ".join(body), [*heads, *(numbers if number > 1 else [])]):
            yield Finding("a figure without a fact", path.name, number, "page")
    for number, (_, margin) in enumerate(pages, 1):
        own = [*heads, f"Page {number} of {len(pages)}", *_table_heads(chapters)]
        if constants.stray(" ".join(margin), own):
            yield Finding("a figure in the margin", path.name, number, "page")
    found = [(number, figure) for number, (body, _) in enumerate(pages, 1) if number > first
             for figure in figures(" ".join(body))]  # fmt: skip
    wanted = [figure for chapter in chapters for text in _told(chapter) for figure in figures(text)]
    for (number, figure), own in zip_longest(found, wanted, fillvalue=(len(pages), "")):
        if figure != own:
            yield Finding("from here on the figures are not those of the chapters", path.name, number, "page")
            return


def _table_heads(chapters: Sequence[Chapter]) -> set[str]:
    """The headings of columns, which stand again on each page that a table runs on to."""
    tables = [model for chapter in chapters for _, model in chapter.models() if model["kind"] == "table"]
    return {heading(column) for table in tables for column in table["columns"]}


def _told(chapter: Chapter) -> Iterator[str]:
    """All that a chapter says in the PDF, in reading order."""
    shown = list(chapter.models())
    for place in range(len(chapter.cells)):
        yield from (markdown.plain(token) for token in chapter.tokens.get(place, []))
        for model in (model for at, model in shown if at == place):
            if model["kind"] == "table":
                yield model["caption"]
                yield from map(heading, model["columns"])
                yield from (row[column["key"]]["text"] for row in model["rows"] for column in model["columns"])
                yield from (*(f"[{mark}]" for mark in marks_in(model)), *model["notes"], model["source"])
            elif model["kind"] == "chart":
                yield model["caption"]
                yield from etree.fromstring(model["svg"].encode()).itertext()
            elif model["kind"] == "say":
                yield model["text"]
            elif model["kind"] == "headline":
                yield from (item["text"] for item in model["items"])


def _read(page: pikepdf.Page, fonts: dict[Any, Font]) -> tuple[list[str], list[str]]:
    """The lines of text on a page: those of the document, and those in its margins."""
    body: list[str] = []
    margin: list[str] = []
    marks: list[bool] = []  # whether each open mark is of the margin
    font: Font = {}
    for instruction in pikepdf.parse_content_stream(page, READ):
        operator, operands = str(instruction.operator), instruction.operands
        if operator in ("BDC", "BMC"):
            marks.append(operands[0] == "/Artifact")
        elif operator == "EMC":
            marks.pop()
        elif operator == "Tf":
            font = _font(page.Resources.Font[operands[0]], fonts)
        else:
            runs = operands[0] if operator == "TJ" else operands
            codes = b"".join(bytes(run) for run in runs if isinstance(run, pikepdf.String))
            text = "".join(font.get(int.from_bytes(codes[at : at + 2]), "?") for at in range(0, len(codes), 2))
            (margin if any(marks) else body).append(text)
    return body, margin


def _font(font: Any, fonts: dict[Any, Font]) -> Font:
    """Which text each two-byte code of a typeface stands for."""
    if font.objgen not in fonts:
        table = re.findall(rb"<(\w{4})> <(\w+)>\n", font.ToUnicode.read_bytes())
        fonts[font.objgen] = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in table}
    return fonts[font.objgen]
