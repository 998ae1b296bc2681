"""The report's tables as files: one workbook, XLSX or ODS, and for each table a CSV with its CSVW description."""

from __future__ import annotations

import csv as csv_file
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pandas as pd
from gptables import GPTable
from gptables.core.cover import Cover
from gptables.core.wrappers import GPWorkbook

from reportlib.build.opendocument import ods as ods
from reportlib.build.page import Page
from reportlib.build.sheets import MARK, Cell, Link, Model, Number, Sheet, about_table, columns, cover_parts, grid
from reportlib.build.sheets import sheets as make_sheets
from reportlib.words import MARKS, listed

LINE = 16  # points of a row that holds one line of text
EARLIEST = date(1980, 1, 1)  # the creation date of a workbook without a publication date


def csv(table: Model) -> str:
    """A table as CSV (RFC 4180): headings with units, figures as printed, marks in place of missing ones."""
    head, rows = grid(table)
    lines = io.StringIO()
    writer = csv_file.writer(lines)
    writer.writerow(head)
    writer.writerows([[cell.plain if isinstance(cell, Number) else cell for cell in row] for row in rows])
    return lines.getvalue()


def csvw(table: Model, page: Page) -> dict[str, Any]:
    """What the CSV of a table holds (W3C, Metadata Vocabulary for Tabular Data, 2015)."""
    head, rows = grid(table)
    names = [name for column in columns(table) for name in column.names]
    described = [
        {"name": name, "titles": title, "datatype": _datatype([row[i] for row in rows])}
        for i, (name, title) in enumerate(zip(names, head, strict=True))
    ]
    issued = {"dc:issued": page.publication_date.isoformat()} if page.publication_date else {}
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en-GB"}],
        "url": f"{table['id']}.csv",
        "dc:title": table["caption"],
        "dc:description": " ".join([*about_table(table, rows, replace(page, draft=False)), *table.get("notes", [])]),
        "dc:creator": listed(page.authors) or page.organisation,
        **issued,
        "tableSchema": {
            "columns": [column | {"null": [f"[{mark}]" for mark in MARKS]} for column in described],
            "primaryKey": [column.names[0] for column in columns(table) if column.role == "header"],
        },
    }


def _datatype(cells: Sequence[Cell]) -> str:
    figures = [cell for cell in cells if isinstance(cell, Number)]
    others = [cell for cell in cells if not isinstance(cell, Number)]
    if not figures or not all(isinstance(cell, str) and MARK.fullmatch(cell) for cell in others):
        return "string"
    return "decimal" if any(cell.places or cell.percent for cell in figures) else "integer"


def xlsx(tables: Sequence[Model], page: Page) -> bytes:
    """The workbook as XLSX. The same tables and page give the same bytes."""
    buffer = io.BytesIO()
    book = GPWorkbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    created = datetime.combine(page.publication_date or EARLIEST, time())
    book.set_properties({"title": page.dated, "author": listed(page.authors), "created": created})
    cover, *sheets = make_sheets(tables, page)
    intro, about, contact = cover_parts(page)
    book.add_worksheet(cover.name).write_cover(Cover(cover.title, intro, about, contact or None))
    for sheet in sheets:
        _write(book, sheet)
    book.close()
    return buffer.getvalue()


def _write(book: GPWorkbook, sheet: Sheet) -> None:
    cells = {title: [_excel(row[i]) for row in sheet.rows] for i, title in enumerate(sheet.head)}
    table = GPTable(
        pd.DataFrame(cells, dtype=object),
        sheet.table,
        sheet.title,
        instructions=sheet.lines[0],
        legend=sheet.lines[1:],
        index_columns={level + 1: level for level in range(min(sheet.headers, 3))},
        additional_formatting=[rule for x in range(len(sheet.head)) for rule in _formats(sheet, x)],
    )
    page = book.add_worksheet(sheet.name)
    page.write_gptable(table, auto_width=False)
    for place, width in enumerate(sheet.widths):
        page.set_column(place, place, width)
    for place, lines in enumerate(sheet.heights, sheet.top - 1):
        page.set_row(place, LINE * lines)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.freeze_panes(0, sheet.headers)  # not rows: notes and headings would fill a magnified window


def _formats(sheet: Sheet, x: int) -> list[dict[str, Any]]:
    """Rules for a column of figures: one where all are printed alike, else one a cell."""
    column = enumerate((row[x] for row in sheet.rows), 1)
    formats = {y: _format(cell) for y, cell in column if isinstance(cell, Number)}
    if not formats:
        return [{"column": {"columns": [x], "format": {"valign": "top"}}}]
    rules: list[dict[str, Any]] = [{"column": {"columns": [x], "format": {"align": "right", "valign": "top"}}}]
    if len(set(formats.values())) == 1:
        rules[0]["column"]["format"]["num_format"] = formats[min(formats)]
        return rules
    return rules + [{"cell": {"cells": (y, x), "format": {"num_format": form}}} for y, form in formats.items()]


def _excel(cell: Cell) -> str | float | dict[str, str]:
    if isinstance(cell, Link):
        return {cell.text: f"internal:'{cell.sheet}'!A1"}
    return cell.value if isinstance(cell, Number) else cell


def _format(cell: Number) -> str:
    return ("0" if cell.percent else "#,##0") + ("." + "0" * cell.places if cell.places else "") + "%" * cell.percent
