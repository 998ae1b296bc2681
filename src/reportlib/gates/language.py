"""The words of the report: those for people, and figures that nobody typed."""

from __future__ import annotations

import re

from nbformat import NotebookNode

from reportlib.build import markdown
from reportlib.errors import Finding
from reportlib.words import ill_chosen

# Figures that are names, not findings.
GLOSSARY = (
    r"5\+1", r"18\+1", r"19\+1", r"Equality Act 2010", r"(2011|2021) Census", r"Census (2011|2021)",
    r"WCAG 2\.2", r"Race Action Plan 2025/26", r"PDF/UA-1", r"95% (confidence )?intervals?",
)  # fmt: skip


def check_language(text: str, name: str) -> list[Finding]:
    """Every term that the guidance advises against, with what to write instead, by line."""
    lines = enumerate(text.splitlines(), 1)
    return [Finding(f"“{term}”: {advice}", name, row=row) for row, line in lines for term, advice in ill_chosen(line)]


def typed_figures(source: str) -> list[str]:
    """The words of a cell of markdown with a digit that is no part of a name, nor of the address of a chapter."""
    return re.findall(r"\S*\d\S*", re.sub("|".join([*GLOSSARY, r"\]\([^)\s]*\.ipynb[^)\s]*\)"]), "", source))


def check_markdown(notebook: NotebookNode, name: str) -> list[Finding]:
    """A notebook's markdown: terms, and one first-level heading, first of all."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    found = [finding for cell in cells for finding in check_language(cell.source, f"{name}, cell {cell.get('id', '')}")]
    tokens = [token for cell in cells for token in markdown.parse(cell.source)]
    levels = [token["attrs"]["level"] for token in tokens if token["type"] == "heading"]
    if not levels or levels[0] != 1 or levels.count(1) != 1:
        found.append(Finding("the notebook does not start with its one first-level heading", name))
    return found
