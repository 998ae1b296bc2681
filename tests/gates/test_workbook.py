"""The checklist for spreadsheets finds each fault planted in a finished file."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from report.fixture import PAGE, uphold_table
from reportlib.build import workbook
from reportlib.gates.workbook import check_workbooks

SHEET = "1 Uphold rate by ethnicity"


@pytest.fixture
def books(tmp_path: Path) -> tuple[Path, Path]:
    xlsx, ods = tmp_path / "tables.xlsx", tmp_path / "tables.ods"
    xlsx.write_bytes(workbook.xlsx([uphold_table()], PAGE))
    ods.write_bytes(workbook.ods([uphold_table()], PAGE))
    return xlsx, ods


def told(xlsx: Path, ods: Path) -> list[str]:
    return [str(finding) for finding in check_workbooks(xlsx, ods)]


def test_what_the_build_writes_passes(books: tuple[Path, Path]) -> None:
    assert told(*books) == []


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (lambda sheet: sheet.merge_cells("A1:B1"), "a merged cell"),
        (lambda sheet: setattr(sheet.cell(sheet.max_row, 3), "value", None), "a blank cell in row"),
        (lambda sheet: setattr(sheet, "freeze_panes", None), "the columns that name its rows are not frozen"),
        (lambda sheet: sheet.tables.clear(), "0 marked-up tables, not one"),
        (lambda sheet: setattr(sheet.cell(1, 1), "value", " "), "no title in its first cell"),
        (lambda sheet: setattr(sheet, "title", "Table 1"), "does not hold the same worksheets"),
        (lambda sheet: setattr(sheet.cell(sheet.max_row, 3), "value", 49), "not the values of the XLSX"),
        (lambda sheet: sheet.parent.move_sheet("Cover", 2), "the first worksheets are not Cover"),
    ],
)
def test_fault_in_the_xlsx_is_found(books: tuple[Path, Path], plant: Callable[[Worksheet], None], fault: str) -> None:
    book = openpyxl.load_workbook(books[0])
    plant(book[SHEET])
    book.save(books[0])
    assert any(fault in one for one in told(*books)), told(*books)


@pytest.mark.parametrize(
    ("part", "old", "new", "fault"),
    [
        ("content.xml", "<table:table-cell ", '<table:table-cell table:number-columns-spanned="2" ', "a merged cell"),
        ("content.xml", r"<text:p>Not stated</text:p>", "<text:p> </text:p>", "a blank cell in row"),
        ("content.xml", r"<table:database-range .*?/>", "", "0 marked-up tables, not one"),
        (
            "settings.xml",
            r'(HorizontalSplitMode" config:type="short">)2',
            r"\g<1>0",
            "the columns that name its rows are not frozen",
        ),
    ],
)
def test_fault_in_the_ods_is_found(books: tuple[Path, Path], part: str, old: str, new: str, fault: str) -> None:
    with zipfile.ZipFile(books[1]) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    changed = re.sub(old, new, parts[part])
    assert changed != parts[part]
    with zipfile.ZipFile(books[1], "w") as archive:
        for name, text in (parts | {part: changed}).items():
            archive.writestr(name, text)
    assert any(fault in one for one in told(*books)), told(*books)
