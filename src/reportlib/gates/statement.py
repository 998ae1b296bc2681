"""The accessibility statement: what was checked, by what, and what no tool here checks."""

from __future__ import annotations

from importlib.metadata import version

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from reportlib.build.page import displayed
from reportlib.gates import html, pdf
from reportlib.tables import words_table

TITLE = "Accessibility"
COLUMNS = ["What is checked", "Where", "By"]
INTRODUCTION = """# Accessibility

We want everyone to be able to read this report: by eye, by ear, by touch, on a telephone or on paper. It is
made to meet the Web Content Accessibility Guidelines at level AA, and the PDF to meet PDF/UA.

The table lists what is checked each time the report is made. A single fault stops the report. Whenever the
program that makes it changes, example pages are also tested in a browser with axe-core, every rule of it: in
light and dark, wide and narrow, with code folded and unfolded.
"""
UNCHECKED = """## What no tool here checks

People must judge these, since no program that we use can:

- whether alt text says what a reader needs from the chart;
- whether each part of the PDF is tagged as what it is, and only decoration as decoration;
- whether colour is ever the only way to tell things apart;
- whether lists, quotations and notes are tagged as such;
- whether each character, and each change of language, is named rightly.

The PDF holds no sound, film, flicker, scanned text, formula or stretched character, so those checkpoints were
not tested. veraPDF, which knows more of the rules of PDF/UA, is asked where it is installed, and stops the report like
any other check; nothing here rests on it. Reading with a screen reader was not part of the automatic checks.

## If you cannot read or use a part

Ask whoever the cover names as the contact, or else the organisation. Say which part it is, and what would help: large
print, easy read, a recording, braille, or the figures in another format. If you are not content with the answer, the
[Equality Advisory and Support Service](https://www.equalityadvisoryservice.com/) advises you. The Equality and Human
Rights Commission enforces the accessibility regulations for public sector bodies.
"""


def statement() -> NotebookNode:
    """The statement as a chapter, to be rendered like any other."""
    caption = "What is checked each time the report is made"
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in _rows()]
    model = words_table("accessibility-checks", caption, rows).model()
    header = {"kind": "header", "chapter": "accessibility", "title": TITLE, "status": []}
    cells = [
        new_markdown_cell(INTRODUCTION, id="accessibility"),
        new_code_cell("", id="checks", outputs=displayed(header, model)),
        new_markdown_cell(UNCHECKED, id="unchecked"),
    ]
    return new_notebook(cells=cells)


def _rows() -> list[tuple[str, str, str]]:
    own = f"reportlib {version('reportlib')}"
    rules = [("HTML", rule) for rule in html.RULES] + [("PDF", rule) for rule in pdf.RULES]
    also = [
        ("HTML", "Each link from page to page leads somewhere"),
        ("HTML, PDF", "The report is no larger than a megabyte, and in proportion where it holds more figures"),
        ("XLSX, ODS", "Cover, contents and notes stand first; each other sheet holds one marked-up table with a title"),
        (
            "XLSX, ODS",
            "No cell is merged, none of a table is blank, headings differ, and what names the rows stays in view",
        ),
        ("XLSX, ODS", "Both hold the same values"),
        ("All", "Words for people follow the Civil Service's guidance on writing about ethnicity"),
    ]
    compiled = "Title, first heading, language, and alt text of each picture, while the PDF is made"
    return [
        *((" ".join((rule.__doc__ or "").split()), file, own) for file, rule in rules),
        *((what, file, own) for file, what in also),
        ("Rules of PDF/UA-1 on the document as a whole", "PDF", f"pdfua {version('pdfua')}"),
        (compiled, "PDF", f"Typst {version('typst')}"),
    ]
