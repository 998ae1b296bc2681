"""What a workbook of the report's tables holds, sheet by sheet, before it takes a file format.

Checklist: Analysis Function, "Releasing statistics in spreadsheets" (2021, revised 2024): cover, contents and
notes; one marked-up table a sheet; no merged and no blank cell; a reason for every missing value; units in
headings. A cell holds the figure as printed, never one that is finer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from textwrap import shorten, wrap
from typing import Any

from reportlib.build.page import BADGES, STATUSES, Page, belonging
from reportlib.words import MARKS, NO_LIMIT, VERDICT_MEANINGS, capital, listed, marks_told

Model = Mapping[str, Any]
FIGURE = re.compile(r"([−-]?[\d,]+(?:\.\d+)?)(%?)")
RANGE = re.compile(rf"({FIGURE.pattern}) (?:to ({FIGURE.pattern})|or (more|less))")
MARK = re.compile(r"\[(\w)\]")
FLAG = re.compile(rf"({FIGURE.pattern}) (\[\w\])")
RELIABLE = "reliable"  # what stands in the column of flags beside a figure that has none
NOT_APPLICABLE = "[z]"
ABOUT = "about the report"  # of a table that holds no data
COVER_HEADINGS = ("Introductory information", "About these data", "Contact")  # those of gptables
LONGEST_NAME = 31  # of a worksheet, in Excel
GIVE_WAY = ("establishment", "ethnicity and", "by ethnicity", "by", "group")  # in too long a name, in turn
NARROWEST, WIDE, WIDEST = 15, 42, 84  # of a column, in characters; the widest where there are only two


@dataclass(frozen=True)
class Number:
    """A figure as printed: its value, decimal places and whether it is a percentage."""

    value: float
    places: int
    percent: bool

    @property
    def plain(self) -> str:
        """The figure without thousands separators; a percentage as so many in a hundred."""
        return f"{self.value * 100 if self.percent else self.value:.{self.places}f}"


@dataclass(frozen=True)
class Link:
    """A text that leads to a worksheet."""

    text: str
    sheet: str


Cell = str | Number | Link


@dataclass(frozen=True)
class Sheet:
    """A worksheet: title, lines of text, then one table with `headers` columns that name its rows."""

    name: str
    title: str
    lines: list[str]
    table: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    headers: int = 1

    @property
    def top(self) -> int:
        """Rows above the table's first row of figures."""
        return len(self.lines) + 2

    @cached_property
    def widths(self) -> list[int]:
        """Widths of the columns in characters: the longest cell, or the longest word of the heading."""
        most = WIDEST if len(self.head) < 3 else WIDE
        columns = [[title.split(), [text_of(row[i]) for row in self.rows]] for i, title in enumerate(self.head)]
        longest = [max((len(text) for texts in column for text in texts), default=0) for column in columns]
        return [min(max(length + 2, NARROWEST), most) for length in longest] or [WIDEST]

    @property
    def heights(self) -> list[int]:
        """Lines that the headings and each row take in columns of these widths."""
        texts = [self.head, *([text_of(cell) for cell in row] for row in self.rows)]
        return [max(len(wrap(text, width - 2)) for text, width in zip(row, self.widths, strict=True)) for row in texts]


@dataclass(frozen=True)
class Column:
    """A column of a table as it is written: under one heading, or two for the ends of an interval or for flags."""

    key: str
    role: str
    titles: tuple[str, ...]
    unit: str = ""

    @property
    def names(self) -> list[str]:
        """Names for machines, one for each heading."""
        name = re.sub(r"\W", "_", self.key)
        if len(self.titles) == 1:
            return [name]
        return [name, f"{name}_mark"] if self.role == "number" else [f"{name}_lower", f"{name}_upper"]

    def cells(self, text: str) -> list[Cell]:
        """What is written for a cell: text, a number or a mark; in a column of numbers nothing else."""
        if len(self.titles) == 2 and self.role == "number":
            flag = FLAG.fullmatch(text)
            figure = as_number(flag[1] if flag else text)
            return [figure, flag[4] if flag else RELIABLE if isinstance(figure, Number) else figure]
        if len(self.titles) == 2:
            match = RANGE.fullmatch(text)
            if not match:
                return [as_number(text)] * 2
            percent = self.unit == "%"
            ends = {"more": (match[1], NO_LIMIT), "less": (NO_LIMIT, match[1]), None: (match[1], match[4])}
            return [as_number(end, percent) for end in ends[match[7]]]
        return [as_number(text) if self.role == "number" else text or NOT_APPLICABLE]


def sheets(tables: Sequence[Model], page: Page) -> list[Sheet]:
    """Cover, contents, notes, then a sheet for each table."""
    parts = zip(COVER_HEADINGS, cover_parts(page), strict=True)
    cover = [line for heading, part in parts if part for line in (heading, *part)]
    notes = list(dict.fromkeys(note for table in tables for note in table.get("notes", [])))
    names = [_sheet_name(place, table["id"]) for place, table in enumerate(tables, 1)]
    listing: list[list[Cell]] = [[Link("Notes", "Notes"), "Notes, marks in place of figures, and verdicts", ABOUT]]
    listing += [[Link(name, name), table["caption"], _kind(table)] for name, table in zip(names, tables, strict=True)]
    told: list[list[Cell]] = [[f"[note {place}]", note] for place, note in enumerate(notes, 1)]
    told += [[f"[{mark}]", f"{capital(meaning)}."] for mark, meaning in MARKS.items()]
    told += [[capital(verdict), f"{capital(meaning)}."] for verdict, meaning in VERDICT_MEANINGS.items()]
    one = "This worksheet contains one table."
    return [
        Sheet("Cover", page.dated, cover),
        Sheet("Contents", "Contents", [one], "contents", ["Worksheet", "What it holds", "Data"], listing),
        Sheet("Notes", "Notes", [one], "notes", ["Note, mark or verdict", "What it means"], told),
        *(_sheet(name, table, notes, page) for name, table in zip(names, tables, strict=True)),
    ]


def _sheet(name: str, table: Model, notes: list[str], page: Page) -> Sheet:
    head, rows = grid(table)
    rows = rows or [[NOT_APPLICABLE] * len(head)]  # a table is never empty
    own = [f"[note {notes.index(note) + 1}]" for note in table.get("notes", [])]
    noted = f" Its notes are on the worksheet Notes: {', '.join(own)}." if own else ""
    lines = [f"This worksheet contains one table.{noted}", *about_table(table, rows, page)]
    headers = sum(column.role == "header" for column in columns(table))
    return Sheet(name, table["caption"], lines, re.sub(r"\W", "_", f"table_{table['id']}"), head, rows, headers)


def about_table(table: Model, rows: Sequence[Sequence[Cell]], page: Page) -> list[str]:
    """What stands beside a table wherever it goes: edition, status, the marks in its rows, and source."""
    lines = [f"Edition: {page.edition}.", *_standing(page, table.get("status", ()))]
    told = marks_told(cell for row in rows for cell in row if isinstance(cell, str))
    lines += [f"Marks: {'; '.join(told)}."] if told else []
    return [*lines, f"Source: {table['source']}."] if table.get("source") else lines


def _standing(page: Page, status: Sequence[str]) -> list[str]:
    """What readers of data of this status are warned of, and what data they are; made-up ones are a warning already."""
    warnings = replace(page, status=tuple(status or page.status)).warnings
    kinds = [(BADGES[one].capitalize(), STATUSES[one]) for one in status if one in BADGES]
    return [f"{mark}: {meaning}" for mark, meaning in [*warnings, *kinds]]


def _kind(table: Model) -> str:
    """What data a table holds, as its badges say."""
    return ", ".join(BADGES.get(status, status) for status in table.get("status", ())) or ABOUT


def cover_parts(page: Page) -> tuple[list[str], list[str], list[str]]:
    """The cover's lines: introduction, about the data, contact."""
    who = list(dict.fromkeys(filter(None, (page.organisation, listed(page.authors), page.contact))))
    intro = _standing(page, page.status)
    intro += [f"{name}: {value.removesuffix('.')}." for name, value in page.particulars.items() if value not in who]
    about = ["Each table is on a worksheet of its own, listed on the worksheet Contents."]
    about += ["A mark in square brackets stands in place of a figure, or beside one; the worksheet Notes says why."]
    about += ["The worksheet Notes also says what each verdict, such as disproportionate, means."]
    return intro, about, who


def grid(table: Model) -> tuple[list[str], list[list[Cell]]]:
    """A table's headings and rows; an interval fills two columns. Raises ValueError where headings repeat."""
    shown = columns(table)
    head = [title for column in shown for title in column.titles]
    if len(set(head)) < len(head):
        raise ValueError(f"the table {table['id']} has two columns with one heading")
    rows = [[cell for column in shown for cell in column.cells(row[column.key]["text"])] for row in table["rows"]]
    return head, rows


def columns(table: Model) -> list[Column]:
    """A table's columns. An interval, or a heading that comes twice, is headed by the figure that it belongs to."""
    found = []
    for column, whose in zip(table["columns"], belonging(table["columns"]), strict=True):
        label, unit = column["label"], column.get("unit", "")
        whole = f"{whose}: {label}" if whose else f"{label} ({unit})" if unit and unit not in label else label
        titles: tuple[str, ...] = (whole,)
        if column["role"] == "text" and _are_ranges([row[column["key"]]["text"] for row in table["rows"]]):
            titles = tuple(f"{whole}, {end} limit" for end in ("lower", "upper"))
        elif column["role"] == "number" and any(FLAG.fullmatch(row[column["key"]]["text"]) for row in table["rows"]):
            titles = (whole, f"{label}: mark")
        found.append(Column(column["key"], column["role"], titles, unit))
    return found


def _are_ranges(texts: Sequence[str]) -> bool:
    found = [bool(RANGE.fullmatch(text)) for text in texts]
    return any(found) and all(one or MARK.fullmatch(text) for one, text in zip(found, texts, strict=True))


def as_number(text: str, percent: bool = False) -> Cell:
    """A printed figure as a number; what is not one ("[c]", "<0.001", "no limit") as it stands."""
    match = FIGURE.fullmatch(text)
    if not match:
        return text
    digits = match[1].replace(",", "").replace("−", "-")
    percent = percent or bool(match[2])
    return Number(float(Decimal(digits).scaleb(-2 if percent else 0)), len(digits.partition(".")[2]), percent)


def text_of(cell: Cell) -> str:
    """A cell as text."""
    return cell if isinstance(cell, str) else cell.text if isinstance(cell, Link) else cell.plain


def _sheet_name(place: int, identifier: str) -> str:
    """A name that says what the sheet holds; where it is too long, the words that tell least give way."""
    name = f"{place} {capital(identifier.replace('-', ' '))}"
    for spare in GIVE_WAY:
        name = name if len(name) <= LONGEST_NAME else name.replace(f" {spare} ", " ")
    return shorten(name, LONGEST_NAME, placeholder="")
