"""Pages that people read beside a run: words and tables, rendered like a chapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from reportlib.archive.runs import KeptRun
from reportlib.build.page import Page, displayed
from reportlib.build.render import html_chapter
from reportlib.errors import Finding
from reportlib.facts import Fact
from reportlib.inputs.findings import ordered, summary
from reportlib.tables import words_table

NONE, NOWHERE = "[x]", "[z]"
COPY = (
    "These lines go below their input in the parameter file, without those that stand there already. Check each code: "
    "it is that of the official label. Nothing is mapped that is not copied."
)
INTERNAL = "For the author and reviewers; not for publication."


@dataclass(frozen=True)
class Section:
    """A heading, a paragraph, and a table with a caption, whose first column names its rows; else "None."."""

    title: str
    text: str = ""
    caption: str = ""
    rows: Sequence[Mapping[str, str]] = ()

    def cells(self, place: int) -> list[NotebookNode]:
        text = self.text or ("" if self.rows else "None.")
        cells = [new_markdown_cell(f"## {self.title}\n\n{text}", id=f"text-{place}")]
        if self.rows:
            table = words_table(f"table-{place}", self.caption, self.rows).model()
            cells.append(new_code_cell("", id=f"cell-{place}", outputs=displayed(table)))
        return cells


def page(name: str, title: str, text: str, sections: Iterable[Section], run: KeptRun | None = None) -> str:
    """An accessible page that holds nothing but words and tables; `run` is the one that it is about."""
    cells, about = [new_markdown_cell(f"# {title}\n\n{text}", id="title")], Page(title, edition="", draft=False)
    if run:
        about = Page(run.params.title, run.params.reporting_year, run.params.edition, draft=False)
        header = {"chapter": name, "year": about.year, "edition": about.edition, "status": run.run["status"]}
        cells.append(new_code_cell("", id="header", outputs=displayed({"kind": "header", **header})))
    cells += [cell for place, section in enumerate(sections, 1) for cell in section.cells(place)]
    return html_chapter(new_notebook(cells=cells), about)


def findings_page(findings: Sequence[Finding]) -> str:
    """What is wrong with the inputs, for those who hold them."""
    text = (
        f"The inputs have {summary(findings)}. Errors stop the report; warnings are shown in it. Rows are counted from "
        "the top of your file, where the headings are row 1 or that of header_row:. Values are masked unless they are "
        "codes."
    )
    sections = [
        Section(title := f"{level.capitalize()}s", caption=title, rows=[_finding(finding) for finding in held])
        for level, held in groupby(ordered(findings), key=lambda finding: finding.level)
    ]
    if lines := [f"```\n{finding.lines}\n```" for finding in findings if finding.lines]:
        sections.append(Section("To copy under inputs", "\n\n".join([COPY, *lines])))
    return page("check-data", "Checks of the inputs", text, sections)


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "File": finding.file or NOWHERE,
        "Row": NOWHERE if finding.row is None else f"{finding.row:,}",
        "Column": finding.column or NOWHERE,
        "What was found, and what to do": finding.whole,
    }


def text_of(fact: Fact | None) -> str:
    return fact.text if fact else NONE


def named(run: KeptRun) -> str:
    return f"{run.params.reporting_year} ({run.params.edition}, run {run.id[:8]})"
