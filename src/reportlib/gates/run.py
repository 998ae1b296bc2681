"""Every gate that the finished files of a run pass before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import nbformat

from reportlib.archive import qa
from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding
from reportlib.gates import figures
from reportlib.gates.html import check_site
from reportlib.gates.language import check_language, check_markdown
from reportlib.gates.pdf import check_pdf
from reportlib.gates.size import check_size
from reportlib.gates.workbook import check_workbooks


def _markdown(made: Path) -> Iterator[Finding]:
    for path in sorted((made / "notebooks").glob("*.ipynb")):
        yield from check_markdown(nbformat.read(path, as_version=4), f"notebooks/{path.name}")


def _report(made: Path) -> list[Finding]:
    page = (made / "report.html").read_text(encoding="utf-8")
    return check_site({"report.html": page}, [path.name for path in made.iterdir()])


def _chapters(made: Path) -> list[Finding]:
    pages = sorted((made / "chapters").glob("*.html"))
    return check_site({path.name: path.read_text(encoding="utf-8") for path in pages})


NOTEBOOKS = "Each figure that a notebook shows is a published fact at its place"
FILES = "Each figure in each other file is the notebooks', at its place"
GATES: Mapping[str, Callable[[Path], Iterable[Finding]]] = {
    "Terms for people, and headings, in the text of the chapters": _markdown,
    "Terms for people in the figures' labels and sentences": lambda made: check_language(
        (made / "facts.jsonl").read_text(encoding="utf-8"), "facts.jsonl"
    ),
    "Accessibility of the report's page, its links, and nothing on it that runs or loads": _report,
    "The same of the chapters' pages, and their links": _chapters,
    "Accessibility of the PDF": lambda made: check_pdf(
        (made / "report.pdf").read_bytes(), "report.pdf", KeptRun(made).params.organisation
    ),
    "Accessibility of the spreadsheets": lambda made: check_workbooks(made / "tables.xlsx", made / "tables.ods"),
    "Size of the report's page and of the PDF": check_size,
    NOTEBOOKS: figures.check_notebooks,
    FILES: figures.check_files,
}


def gates(made: Path, begun: Mapping[str, Callable[[], Iterable[Finding]]] = {}) -> list[Finding]:
    """What is wrong with the finished files of a run; with its quality log, if nothing else is.

    `begun` gives what those gates find that are being worked out already.
    """
    found: list[Finding] = []
    for name, gate in GATES.items():
        faults = list(begun[name]() if name in begun else gate(made))
        found += faults
        if faults and name == NOTEBOOKS:  # the files are held against them
            break
    return found or list(qa.check(made, GATES))
