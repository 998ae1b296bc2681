"""The allow-list: each figure on a finished file is a published fact or a declared constant, at its own place.

What the notebooks show is held against the ledger first; each other file is then held against what the
notebooks show, place by place, since the digits 1 to 5 stand everywhere. No message names a figure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement
from nbformat.v4.rwbase import rejoin_lines
from python_calamine import CalamineWorkbook

from reportlib import facts, lineage
from reportlib.archive.runs import KeptRun
from reportlib.build import svg
from reportlib.build.page import Chapter, Page, heading, on_screen, read_chapter
from reportlib.build.render import View
from reportlib.build.workbook import csv as csv_text
from reportlib.errors import Finding
from reportlib.gates.constants import Constants, figures, flat
from reportlib.gates.ledger import Ledger, check_derived, check_facts, check_model
from reportlib.gates.notebooks import check_notebook, models
from reportlib.gates.printed import check_printed
from reportlib.gates.published import check_published
from reportlib.gates.statement import statement
from reportlib.handoff import Handoff
from reportlib.project import files_below

Model = Mapping[str, Any]
FILES = re.compile(
    r"(report\.(html|pdf)|qa\.html|facts\.jsonl|(run|parameters|origin|pattern|qa)\.json|chapters/[a-z-]+\.html|notebooks/[\w-]+\.ipynb"
    r"|data/[a-z-]+\.csv(-metadata\.json)?|[\w-]+\.(xlsx|ods))"
)

PICTURE = re.compile(r'<(?:figure|div)[^>]* id="chart-([^"]+)".*?(<svg.*?</svg>)', re.DOTALL)
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b", re.IGNORECASE)
FIXED = {("charset", "utf-8"), ("tabindex", "0")}
FRONT: list[Model] = [{"rows": []}] * 3  # cover, contents and notes hold no figures
CSVW = "http://www.w3.org/ns/csvw"
PLACES = 9  # decimal places to which a number read from a workbook is the number written
DATA = "data:text/csv;charset=utf-8,"


def check_notebooks(made: Path) -> list[Finding]:
    """Every figure that the notebooks of a run show and no fact accounts for, and every fact that none shows."""
    notebooks, shown, ledger = _read(made)
    found = [finding for name, held in notebooks.items()
             for finding in check_notebook(held, f"notebooks/{name}", ledger.params, ledger.run.run)]  # fmt: skip
    return [*found, *check_facts(ledger.facts), *check_derived(ledger.facts), *_models(notebooks, shown, ledger)]


def check_files(made: Path) -> list[Finding]:
    """Every figure in the other files of a run that is not in its notebooks, which have been checked, at its place."""
    _, shown, ledger = _read(made)
    found = [*_files(made), *check_published(made, ledger)]
    for path in [made / "report.html", *sorted((made / "chapters").glob("*.html"))]:
        found += check_page(path.read_text(encoding="utf-8"), path.relative_to(made).as_posix(), shown)
    for path in sorted((made / "data").glob("*.csv")):
        found += check_csv(path, shown)
    for path in sorted((made / "data").glob("*.json")):
        found += check_metadata(path, shown)
    for path in sorted([*made.glob("*.xlsx"), *made.glob("*.ods")]):
        found += check_workbook(path, shown)
    logo = [ledger.params.organisation] if shown.logo else []
    return [*found, *check_printed(made / "report.pdf", shown.chapters, ledger.constants, logo)]


def _read(made: Path) -> tuple[dict[str, nbformat.NotebookNode], Shown, Ledger]:
    """The notebooks of a run, what they show, and the ledger that they are held against."""
    run = KeptRun(made)
    ledger = Ledger(facts.read([made / "facts.jsonl"]), run.params, Handoff(made))
    written = {path.name: nbformat.from_dict(json.loads(path.read_bytes())) for path in run.notebooks}
    notebooks = {name: rejoin_lines(notebook) for name, notebook in written.items()}  # nothing is stripped
    return notebooks, Shown(notebooks, ledger.constants, lineage.tables(run.run), run.params.logo), ledger


class Shown:
    """What the chapters show: all that the finished files may hold, by place."""

    def __init__(
        self,
        notebooks: Mapping[str, nbformat.NotebookNode],
        constants: Constants,
        lineage: Mapping[str, Sequence[tuple[str, str]]],
        logo: str | None = None,
    ) -> None:
        self.constants, self.lineage, self.logo = constants, lineage, logo
        self.chapters: list[Chapter] = [read_chapter(notebook) for notebook in [*notebooks.values(), statement()]]
        held = [model for chapter in self.chapters for _, model in chapter.models()]
        self.by_kind = {kind: {m["id"]: m for m in held if m["kind"] == kind} for kind in ("table", "chart", "say")}
        about = {model["id"] for _, model in self.chapters[-1].models() if model["kind"] == "table"}
        self.tables = [table for name, table in self.by_kind["table"].items() if name not in about]
        items = [item for model in held if model["kind"] == "headline" for item in model["items"]]
        self.by_kind["chart"] |= {item["chart"]["id"]: item["chart"] for item in items if item["chart"]}
        self.items = [text for item in items for text in (item["title"], item["badge"], item["text"], *item["further"])]
        for model in (model for model in held if model["kind"] == "points"):
            self.items += [model["lead"], *(item[name] for item in model["items"] for name in ("title", "text"))]
        self.code = {flat(cell.source) for chapter in self.chapters for cell in chapter.cells if cell.source}
        self.style = COLOUR.sub("", View([], Page(""), []).style)


def _files(made: Path) -> Iterator[Finding]:
    """A file that no check reads could hold anything: a log, a copy, a table by another name."""
    for name in files_below(made):
        if not FILES.fullmatch(name):
            yield Finding("a file that no check reads", name)


def _models(notebooks: Mapping[str, Any], shown: Shown, ledger: Ledger) -> Iterator[Finding]:
    """Every display against the ledger, and every fact against the displays.

    Charts and sentences are made again from the tables, so a fault in a table is told first and alone.
    """
    held = [(f"notebooks/{name}, cell {cell}", model) for name, one in notebooks.items() for cell, model in models(one)]
    by_id = shown.by_kind["table"] | shown.by_kind["chart"]
    for tables in (True, False):
        chosen = [pair for pair in held if (pair[1]["kind"] == "table") is tables]
        if faults := [fault for where, model in chosen for fault in check_model(model, ledger, by_id, where)]:
            yield from faults
            return
    for number, fact in enumerate(ledger.facts, 1):
        if id(fact) not in ledger.placed:
            yield Finding(f"{fact.id} stands on no page", "facts.jsonl", number)


def check_page(page: str, name: str, shown: Shown) -> Iterator[Finding]:
    """A page: each table cell by cell, each picture whole, each sentence; else constants and headings."""
    tree = lxml_html.document_fromstring(page)
    pictures = PICTURE.findall(page)
    if len(pictures) != page.count("<svg"):
        yield Finding("a picture outside of a chart", name)
    for chart, picture in pictures:
        model = shown.by_kind["chart"].get(chart)
        if model is None or picture != svg.labelled(model["svg"], model["alt"]):
            yield Finding("the picture or its alt text is not the chapter's", name, column=chart)
    for element in [*tree.iter("svg", "style")]:
        if element.tag == "style" and COLOUR.sub("", element.text or "") != shown.style:
            yield Finding("the style sheet is not the report's", name, element.sourceline)
        element.drop_tree()
    own = list(shown.items)
    for element in tree.xpath("//*[@id]"):
        kind, _, identifier = element.get("id").partition("-")
        if (model := shown.by_kind.get(kind, {}).get(identifier)) is not None:
            yield from _block(element, model, name)
            own += _words(model)
            own += [told for _, told in shown.lineage.get(identifier, [])]
    for element in tree.iter():
        if isinstance(element.tag, str) and element.tag not in ("meta", "code"):
            yield from _attributes(element, name, shown, own)
        elif element.tag == "code" and flat(element.text_content()) not in shown.code:
            yield Finding("code that no notebook holds", name, element.sourceline)
        elif element.tag is etree.Comment:
            yield Finding("a comment", name, element.sourceline)
    for element in [*tree.iter("tbody", "code")]:
        element.drop_tree()
    read: set[HtmlElement] = set()  # with the paragraph around it
    for element in tree.xpath("//body//*[text()]"):
        leaf = not element.xpath(".//p | .//li | .//div | .//dd | .//h1 | .//h2 | .//h3 | .//table")
        text = " ".join(element.itertext() if leaf else element.xpath("text()"))
        if element not in read and shown.constants.stray(text, own):
            yield Finding("a figure without a fact", name, element.sourceline)
        read.update(element.iterdescendants() if leaf else ())


def _words(model: Model) -> list[str]:
    """The words around a model's figures, which have been held against the ledger."""
    if model["kind"] == "say":
        return [model["text"]]
    rows = [f"({len(model.get('rows', []))} rows)"]
    return [model["caption"], *rows, *map(heading, model.get("columns", [])), *model.get("notes", []),
            *(column.get("unit", "") for column in model.get("columns", [])), model.get("source", "")]  # fmt: skip


def _block(element: HtmlElement, model: Model, name: str) -> Iterator[Finding]:
    """A table's cells, or a sentence, as the chapter shows them."""
    if model["kind"] == "say" and flat(element.text_content()) != flat(model["text"]):
        yield Finding("the sentence is not the chapter's", name, element.sourceline)
    if model["kind"] == "table":
        model = on_screen(dict(model))
        found = [[flat(cell.text_content()) for cell in row] for row in element.xpath(".//tbody/tr")]
        if len(found) != len(model["rows"]):
            yield Finding(f"the table {model['id']} has not as many rows as the chapter's", name, element.sourceline)
        for place, (row, own) in enumerate(zip(found, model["rows"], strict=False), 1):
            if row != [flat(own[column["key"]]["text"]) for column in model["columns"]]:
                yield Finding(f"the row is not the chapter's (table {model['id']})", name, place)


def _attributes(element: HtmlElement, name: str, shown: Shown, own: Iterable[str]) -> Iterator[Finding]:
    for key, value in element.attrib.items():
        if value.startswith(DATA):
            table = shown.by_kind["table"].get(element.get("download", "").removesuffix(".csv"))
            if table is None or unquote(value.removeprefix(DATA)) != csv_text(dict(table)):
                yield Finding("the CSV in a link is not the chapter's table", name, element.sourceline)
        elif (key, value) not in (*FIXED, ("src", shown.logo)) and shown.constants.stray(value, own):
            yield Finding(f"a figure in an attribute ({key})", name, element.sourceline)


def check_csv(path: Path, shown: Shown) -> Iterator[Finding]:
    """A CSV: its table, line by line."""
    name, table = f"data/{path.name}", shown.by_kind["table"].get(path.stem)
    if table is None:
        yield Finding("a table that no chapter shows", name)
        return
    found, wanted = path.read_bytes().decode().splitlines(), csv_text(dict(table)).splitlines()
    if len(found) != len(wanted):
        yield Finding("it has not as many lines as the chapter's table", name)
    for place, (line, own) in enumerate(zip(found, wanted, strict=False), 1):
        if line != own:
            yield Finding("the line is not that of the chapter's table", name, place)


def check_metadata(path: Path, shown: Shown) -> Iterator[Finding]:
    """What stands beside a CSV: words about the columns of its table."""
    table = shown.by_kind["table"].get(path.name.removesuffix(".csv-metadata.json"))
    own = [*_words(table), *(column["key"].replace("-", "_") for column in table["columns"]),
           " ".join(table["notes"]), CSVW] if table else []  # fmt: skip
    if table is None or shown.constants.stray(path.read_text(encoding="utf-8").replace('"', " "), own):
        yield Finding("a figure without a fact", f"data/{path.name}")


def check_workbook(path: Path, shown: Shown) -> Iterator[Finding]:
    """A workbook: the figures of each row of each table; around them words that the chapters use."""
    book, tables = CalamineWorkbook.from_path(path), shown.tables
    own = [word for table in tables for word in _words(table)] + book.sheet_names
    own += [f"[note {place}]" for place in range(1, sum(len(table["notes"]) for table in tables) + 1)]
    own += [f"Tables in this workbook: {len(tables)}"]
    if len(book.sheet_names) != len(FRONT) + len(tables):
        yield Finding("it has not one sheet for each table", path.name)
    for sheet, table in zip(book.sheet_names, [*FRONT, *tables], strict=False):
        rows, where = book.get_sheet_by_name(sheet).to_python(), f"{path.name}, sheet {sheet}"
        body = max(len(rows) - len(table["rows"]), 0)
        for place, (row, model) in enumerate(zip(rows[body:], table["rows"], strict=False), body + 1):
            wanted = [
                cell
                for column in table["columns"]
                for cell in _numbers(model[column["key"]]["text"], column.get("unit") == "%")
            ]
            if [cell for text in row for cell in _numbers(text)] != wanted:
                yield Finding("the row is not that of the chapter's table", where, place)
        for place, row in enumerate(rows[:body], 1):
            if shown.constants.stray(" ".join(map(str, row)), own):
                yield Finding("a figure without a fact", where, place)


def _numbers(cell: Any, percent: bool = False) -> list[float | str]:
    """The figures in a cell, marks aside: numbers, a percentage, as its column may say, as a fraction of one."""
    if isinstance(cell, int | float):
        return [round(float(cell), PLACES)]
    return [_number(text, percent or text.endswith("%")) for text in figures(str(cell)) if text[0] != "["]


def _number(text: str, percent: bool) -> float | str:
    plain = text.rstrip("%").replace(",", "").replace("−", "-")
    return round(float(plain) / (100 if percent else 1), PLACES) if plain.count(".") < 2 else text
