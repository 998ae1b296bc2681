"""What the finished PDF must be: tagged throughout, in order, with alt text and header cells (ISO 14289-1).

Checkpoints are those of the Matterhorn Protocol 1.1 (PDF Association, 2021).
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pdfua
import pikepdf
from pikepdf import Array, Dictionary, Pdf

from reportlib.build.pdf import Element, descend, structure
from reportlib.errors import Finding
from reportlib.gates.words import vague_alt

Rule = Callable[[Pdf], Iterator[str]]

LARGEST = 1_000_000  # bytes
# pdfua 0.1.3 stops on heading elements whose content is an array; `headings` below takes its place.
STOPS = ("UA-14-001",)
ABSENT = ("AcroForm", "OCProperties", "Threads", "OpenAction", "AA", "Collection")


def check_pdf(data: bytes, name: str) -> list[Finding]:
    """Every fault of a PDF."""
    with pikepdf.open(io.BytesIO(data)) as document:
        found = [message for rule in RULES for message in rule(document)]
    if len(data) > LARGEST:
        found.append(f"the file is {len(data):,} bytes; at most {LARGEST:,} are allowed")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(data)
        found += [*_pdfua(path), *_verapdf(path)]
    return [Finding(message, name) for message in found]


def _pdfua(path: Path) -> Iterator[str]:
    for outcome in pdfua.validate(str(path)).outcomes:
        if outcome.skipped_reason and outcome.rule_id not in STOPS:
            yield f"pdfua could not apply {outcome.rule_id}: {outcome.skipped_reason}"
        yield from (f"pdfua {outcome.rule_id}: {finding.message}" for finding in outcome.findings)


def _verapdf(path: Path) -> Iterator[str]:
    """veraPDF's verdict, where it is installed."""
    if program := shutil.which("verapdf"):
        command = [program, "--flavour", "ua1", "--format", "text", "-v", str(path)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if run.returncode:
            yield f"veraPDF: {(run.stdout or run.stderr).strip()[:500]}"


def identity(document: Pdf) -> Iterator[str]:
    """The document is tagged, and names its language and its title (06, 07, 11)."""
    root = document.Root
    if not root.get("/MarkInfo", Dictionary()).get("/Marked"):
        yield "the document is not tagged"
    if str(root.get("/Lang", "")) != "en-GB":
        yield "the document does not name its language, en-GB"
    if not str(document.docinfo.get("/Title", "")):
        yield "the document has no title"
    if not root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle"):
        yield "the document does not ask that its title be shown"


def pictures(document: Pdf) -> Iterator[str]:
    """Each picture has alt text that is real (13)."""
    for figure in elements(document, "/Figure"):
        if problem := vague_alt(str(figure.get("/Alt", "")), ()):
            yield f"{problem}{_page(document, figure)}"


def tables(document: Pdf) -> Iterator[str]:
    """Each table has header cells for its columns and its rows, none of them empty (15)."""
    for table in elements(document, "/Table"):
        headers = [cell for cell in descend(table) if cell.S == "/TH"]
        scopes = {scope for cell in headers for scope in _scopes(cell)}
        for scope, words in (("/Column", "columns"), ("/Row", "rows")):
            if scope not in scopes:
                yield f"a table without header cells for its {words}{_page(document, table)}"
        for cell in headers:
            if not list(_content(cell)):
                yield f"an empty header cell{_page(document, table)}"
            if not _scopes(cell):
                yield f"a header cell without a scope{_page(document, table)}"


def headings(document: Pdf) -> Iterator[str]:
    """Headings start at the first level, skip none, and are not empty (14)."""
    before = 0
    for element in structure(document):
        kind = str(element.S)
        if not (kind.startswith("/H") and kind[2:].isdigit()):
            continue
        level = int(kind[2:])
        if level > before + 1:
            yield f"a heading of level {level} follows one of level {before}{_page(document, element)}"
        if not list(_content(element)):
            yield f"an empty heading{_page(document, element)}"
        before = level


def order(document: Pdf) -> Iterator[str]:
    """What is tagged is read in the order in which it is drawn, page by page (09)."""
    places = _numbers(document)
    read = [(places[page], mark) for page, mark in _content(document.Root.StructTreeRoot)]
    for one, other in pairwise(read):
        if other < one:
            yield f"on page {other[0]} something is read out of order"
            return


def tagged(document: Pdf) -> Iterator[str]:
    """All that is drawn is tagged or set apart as decoration, and all tags are read (01)."""
    read = set(_content(document.Root.StructTreeRoot))
    for number, page in enumerate(document.pages, 1):
        drawn, loose = _marked(page)
        if loose:
            yield f"on page {number} something is drawn without a tag"
        if {(page.obj.objgen, mark) for mark in drawn} - read:
            yield f"on page {number} something is tagged but never read"


def bookmarks(document: Pdf) -> Iterator[str]:
    """The document has bookmarks (27)."""
    with document.open_outline() as outline:
        if not outline.root:
            yield "the document has no bookmarks"


def fonts(document: Pdf) -> Iterator[str]:
    """Each typeface is embedded and says which characters it shows (10, 31)."""
    faces: dict[Any, Any] = {
        font.objgen: font
        for page in document.pages
        for font in page.get("/Resources", Dictionary()).get("/Font", Dictionary()).values()
    }
    for font in faces.values():
        face = font.get("/DescendantFonts", [font])[0]
        embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(face.get("/FontDescriptor", Dictionary()).keys())
        if not embedded and font.get("/Subtype") != "/Type3":
            yield f"the typeface {font.get('/BaseFont')} is not embedded"
        if "/ToUnicode" not in font:
            yield f"the typeface {font.get('/BaseFont')} does not say which characters it shows"


def absent(document: Pdf) -> Iterator[str]:
    """No forms, layers, threads, attachments, actions or locks (20 to 26, 29)."""
    present = [key for key in ABSENT if f"/{key}" in document.Root]
    present += ["EmbeddedFiles"] if "/EmbeddedFiles" in document.Root.get("/Names", Dictionary()) else []
    present += ["JavaScript"] if "/JavaScript" in document.Root.get("/Names", Dictionary()) else []
    present += ["Encrypt"] if document.is_encrypted else []
    yield from (f"the document has {key}" for key in present)


def elements(document: Pdf, kind: str) -> Iterator[Element]:
    """The structure elements of one kind, in reading order."""
    return (element for element in structure(document) if str(element.S) == kind)


def _scopes(cell: Element) -> set[str]:
    attributes = cell.get("/A", [])
    each = list(attributes) if isinstance(attributes, Array) else [attributes]
    return {str(one.Scope) for one in each if isinstance(one, Dictionary) and "/Scope" in one}


def _content(node: Element, page: Element = None) -> Iterator[tuple[tuple[int, int], int]]:
    """The marked content below a structure element, in reading order, as (page object, mark)."""
    page = node.get("/Pg", page)
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary):
            if "/MCID" in kid:
                yield kid.get("/Pg", page).objgen, int(kid.MCID)
            elif "/S" in kid:
                yield from _content(kid, page)
        elif page is not None:
            yield page.objgen, int(kid)


PAINTS = {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "EI", "Tj", "TJ", "'", '"'}


def _marked(page: pikepdf.Page) -> tuple[set[int], bool]:
    """The marks on a page, and whether anything is painted outside of marks and decoration."""
    marks: set[int] = set()
    open_marks: list[bool] = []  # whether each accounts for what is painted in it
    loose = False
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in ("BDC", "BMC"):
            operands = instruction.operands
            properties: Any = operands[1] if len(operands) > 1 and isinstance(operands[1], Dictionary) else {}
            if "/MCID" in properties:
                marks.add(int(properties["/MCID"]))
            open_marks.append("/MCID" in properties or operands[0] == "/Artifact")
        elif operator == "EMC":
            open_marks.pop()
        elif operator in PAINTS:
            loose |= not any(open_marks)
    return marks, loose


def _page(document: Pdf, element: Element) -> str:
    found = next(_content(element), None)
    return f" (page {_numbers(document)[found[0]]})" if found else ""


def _numbers(document: Pdf) -> dict[tuple[int, int], int]:
    """The number of each page by its object."""
    return {page.obj.objgen: number for number, page in enumerate(document.pages, 1)}


RULES: tuple[Rule, ...] = (identity, pictures, tables, headings, order, tagged, bookmarks, fonts, absent)
