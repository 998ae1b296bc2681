"""Pages that people read beside a run: words and tables, rendered like a chapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from reportlib.archive.runs import KeptRun
from reportlib.build.page import Page
from reportlib.build.render import html_chapter
from reportlib.display import MIME
from reportlib.facts import Fact
from reportlib.tables import frame_table

NONE = "[x]"
INTERNAL = "For the author and reviewers; not for publication."


@dataclass(frozen=True)
class Section:
    """A heading, a paragraph, and a table with a caption, whose first column names its rows."""

    title: str
    text: str = ""
    caption: str = ""
    rows: Sequence[Mapping[str, str]] = ()

    def cells(self, place: int) -> list[NotebookNode]:
        cells = [new_markdown_cell(f"## {self.title}\n\n{self.text}", id=f"text-{place}")]
        if self.rows:
            frame = pd.DataFrame(self.rows)
            table = frame_table(f"table-{place}", self.caption, frame, str(frame.columns[0])).model()
            cells.append(new_code_cell("", id=f"cell-{place}", outputs=[_output(table)]))
        return cells


def page(name: str, title: str, text: str, sections: Iterable[Section], run: KeptRun) -> str:
    """An accessible page that holds nothing but words and tables."""
    where = {"year": run.params.reporting_year, "edition": run.params.edition, "status": run.run["status"]}
    header = new_code_cell("", id="header", outputs=[_output({"kind": "header", "chapter": name, **where})])
    cells = [new_markdown_cell(f"# {title}\n\n{text}", id="title"), header]
    cells += [cell for place, section in enumerate(sections, 1) for cell in section.cells(place)]
    particulars = Page(run.params.title, run.params.reporting_year, run.params.edition, draft=False)
    return html_chapter(new_notebook(cells=cells), particulars)


def _output(model: dict[str, Any]) -> Any:
    return new_output("display_data", {MIME: model, "text/plain": model["kind"]})


def text_of(fact: Fact | None) -> str:
    return fact.text if fact else NONE


def named(run: KeptRun) -> str:
    return f"{run.params.reporting_year} ({run.params.edition}, run {run.id[:8]})"
