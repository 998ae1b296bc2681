"""What a screen folds stands at the end on paper: tables of figures that are looked up, not read through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from reportlib.build.page import Chapter, Model, displayed, folded, read_chapter
from reportlib.display import MIME

INTRO = """# Tables in full

Tables to which the chapters refer, in the same order: those that are long, and those that say how sure we can be, with
the tests and adjusted figures behind each verdict.
"""


def annexed(chapters: Sequence[Chapter]) -> list[Chapter]:
    """The chapters with a reference in place of each such table; then one more that holds them, if there are any."""
    cells = []
    for chapter in chapters:
        moved = displayed(*(model for _, model in chapter.models() if _looked_up(model)))
        cells += [new_markdown_cell(f"## Tables: {chapter.title}"), new_code_cell(outputs=moved)] if moved else []
    notebook = new_notebook(cells=[new_markdown_cell(INTRO), *cells])
    last = [read_chapter(notebook, name="tables-in-full")] if cells else []
    return [*(replace(chapter, cells=[_referring(cell) for cell in chapter.cells]) for chapter in chapters), *last]


def _looked_up(model: Model) -> bool:
    if model["kind"] != "table":
        return False
    return bool(model["folded"]) or (folded(model) and any(one["role"] == "number" for one in model["columns"]))


def _referring(cell: NotebookNode) -> NotebookNode:
    """The cell with a reference in place of each table that is looked up."""
    return NotebookNode({**cell, "outputs": [_reference(output) for output in cell.get("outputs", [])]})


def _reference(output: NotebookNode) -> Any:
    model = output.get("data", {}).get(MIME)
    if model is None or not _looked_up(model):
        return output
    return output | {"data": {MIME: {"kind": "reference", "id": model["id"], "caption": model["caption"]}}}
