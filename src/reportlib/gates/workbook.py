"""What finished spreadsheets must be, by the Analysis Function's checklist (2021, revised 2024); XLSX and ODS alike."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree
from python_calamine import CalamineWorkbook
from xlsxwriter.utility import xl_cell_to_rowcol

from reportlib.errors import Finding

FIRST = ["Cover", "Contents", "Notes"]
LONGEST_NAME = 31  # of a worksheet, in Excel
XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
CONFIG = "{urn:oasis:names:tc:opendocument:xmlns:config:1.0}"


@dataclass(frozen=True)
class Sheet:
    """A worksheet as found: its rows, where its tables lie, and what was done to its cells and panes."""

    name: str
    rows: list[list[Any]]
    tables: list[str]  # such as A7:K11
    merged: bool
    frozen: bool


def check_workbooks(xlsx: Path, ods: Path) -> list[Finding]:
    """Every fault of the two workbooks, by worksheet; that both hold the same values too."""
    sheets = {xlsx.name: read_xlsx(xlsx), ods.name: read_ods(ods)}
    found = [Finding(fault, name) for name, held in sheets.items() for fault in _faults(held)]
    one, other = ({sheet.name: sheet.rows for sheet in held} for held in sheets.values())
    found += [Finding("does not hold the same worksheets as the XLSX", ods.name)] if list(one) != list(other) else []
    differing = [name for name in one if name in other and one[name] != other[name]]
    return found + [Finding(f"worksheet {name}: not the values of the XLSX", ods.name) for name in differing]


def _faults(sheets: list[Sheet]) -> Iterator[str]:
    names = [sheet.name for sheet in sheets]
    if names[: len(FIRST)] != FIRST:
        yield f"the first worksheets are not {', '.join(FIRST)}"
    for sheet in sheets:
        where = f"worksheet {sheet.name}"
        if len(sheet.name) > LONGEST_NAME:
            yield f"{where}: its name is longer than {LONGEST_NAME} letters"
        if sheet.merged:
            yield f"{where}: a merged cell"
        if not sheet.rows or not str(sheet.rows[0][0]).strip():
            yield f"{where}: no title in its first cell"
        if sheet.name == "Cover":
            continue
        if len(sheet.tables) != 1:
            yield f"{where}: {len(sheet.tables)} marked-up tables, not one"
        if not sheet.frozen:
            yield f"{where}: the columns that name its rows are not frozen"
        for area in sheet.tables:
            yield from (f"{where}: {fault}" for fault in _area_faults(sheet.rows, area))


def _area_faults(rows: list[list[Any]], area: str) -> Iterator[str]:
    (top, left), (bottom, right) = map(xl_cell_to_rowcol, area.split(":"))
    held = [row[left : right + 1] for row in rows[top : bottom + 1]]
    for number, row in enumerate(held, top + 1):
        if len(row) <= right - left or any(str(value).strip() == "" for value in row):
            yield f"a blank cell in row {number}"
    if held and len(set(held[0])) < len(held[0]):
        yield "two columns with one heading"


def _values(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def read_xlsx(path: Path) -> list[Sheet]:
    """The worksheets of an XLSX file (ECMA-376)."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name.endswith((".xml", ".rels"))}
    sheets = []
    for place, (name, rows) in enumerate(_values(path).items(), 1):
        tree = etree.fromstring(parts[f"xl/worksheets/sheet{place}.xml"])
        links = parts.get(f"xl/worksheets/_rels/sheet{place}.xml.rels", b"<none/>")
        targets = [PurePosixPath(link.get("Target", "")) for link in etree.fromstring(links)]
        tables = [etree.fromstring(parts[f"xl/tables/{at.name}"]) for at in targets if at.parent.name == "tables"]
        merged = tree.find(f"{XLSX}mergeCells") is not None
        frozen = any(pane.get("state") == "frozen" for pane in tree.iter(f"{XLSX}pane"))
        sheets.append(Sheet(name, rows, [str(table.get("ref")) for table in tables], merged, frozen))
    return sheets


def read_ods(path: Path) -> list[Sheet]:
    """The worksheets of an ODS file (OpenDocument 1.3)."""
    with zipfile.ZipFile(path) as archive:
        content, settings = (etree.fromstring(archive.read(f"{part}.xml")) for part in ("content", "settings"))
    entries = {entry.get(f"{CONFIG}name"): entry for entry in settings.iter(f"{CONFIG}config-item-map-entry")}
    areas = [str(area.get(f"{TABLE}target-range-address")) for area in content.iter(f"{TABLE}database-range")]
    sheets = []
    for name, rows in _values(path).items():
        table = next(one for one in content.iter(f"{TABLE}table") if one.get(f"{TABLE}name") == name)
        spans = {f"{TABLE}number-{way}-spanned" for way in ("columns", "rows")}
        merged = any(spans & set(cell.attrib) for cell in table.iter(f"{TABLE}table-cell"))
        own = [area.replace(f"'{name}'.", "") for area in areas if area.startswith(f"'{name}'.")]
        modes = [item.text for item in entries.get(name, ()) if item.get(f"{CONFIG}name") == "HorizontalSplitMode"]
        sheets.append(Sheet(name, rows, own, merged, modes == ["2"]))
    return sheets
