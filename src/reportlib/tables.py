"""A table as every rendition reads it, with a fact for every figure in it; those of published figures and of words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from reportlib.facts import Fact, fact_id
from reportlib.published import PublishedTable
from reportlib.words import MARKS, capital, missing, number


@dataclass(frozen=True)
class Place:
    """Where facts are made: the chapter, edition and status that each carries."""

    chapter: str
    edition: str
    status: tuple[str, ...]

    def fact(
        self, name: str, period: str, table: str, statistic: str, label: str, text: str,
        value: float | None = None, mark: str = "", unit: str = "",
    ) -> Fact:  # fmt: skip
        """A figure, sentence or verdict that is published there."""
        own = (table, statistic, label, text, value, mark, unit)
        return Fact(name, period, self.edition, self.chapter, *own, self.status)


@dataclass(frozen=True)
class Table:
    """A table ready to be shown, and the facts that it publishes."""

    id: str
    caption: str
    columns: list[dict[str, str]]
    rows: list[dict[str, Any]]
    facts: list[Fact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""
    status: tuple[str, ...] = ()
    folded: bool = False  # what a reader opens only when in doubt

    def model(self) -> dict[str, Any]:
        """The table as renderers read it."""
        parts = {
            name: getattr(self, name) for name in ("id", "caption", "columns", "rows", "notes", "source", "folded")
        }
        return {"kind": "table", **parts, "status": list(self.status)}


def text_cell(text: str) -> dict[str, Any]:
    """A cell of words; one that is nothing but a mark carries it."""
    mark = text[1] if text in [f"[{mark}]" for mark in MARKS] else None
    return {"text": text, "value": None, "mark": mark, "fact": None}


def cell_value(value: Any) -> float | int | None:
    """A figure as a cell holds it: whole numbers as such; none for one without limit, which JSON cannot write."""
    held = float(value)
    if math.isinf(held):
        return None
    return int(held) if held.is_integer() and abs(held) < 1e15 else held


def published_table(name: str, table: PublishedTable, place: Place) -> Table:
    """A table of published figures: never suppressed; what was not published is [x]."""
    frame, (row_dimension, column_dimension) = table.build(), table.by
    header, columns = frame.columns[0], list(frame.columns[1:])
    place = replace(place, status=("published",))
    rows, facts = [], []
    for record in frame.to_dict("records"):
        cells: dict[str, Any] = {header: text_cell(capital(str(record[header])))}
        for column in columns:
            value = record[column]
            mark = "x" if missing(value) else ""
            text = f"[{mark}]" if mark else number(value, "", table.decimals)
            by_year = column_dimension == "year"
            period = str(column) if by_year else str(record[header]) if row_dimension == "year" else table.date
            codes = [str(record[header]), str(column)]
            identifier = fact_id(table.measure, table.by, codes, "value")
            held = None if mark else cell_value(value)
            label = f"{table.caption}: {codes[0]}"
            facts.append(place.fact(identifier, period, name, "value", label, text, held, mark, table.unit))
            cells[column] = {"text": text, "value": held, "mark": mark or None, "fact": identifier}
        rows.append(cells | ({"_total": True} if record[header] in ("All", "all") else {}))
    if text := table.finding:
        name_of = fact_id(table.measure, table.by, ["all", "all"], "sentence")
        facts.append(place.fact(name_of, facts[-1].period, name, "sentence", table.caption, text))
    heads = [{"key": header, "label": table.header, "role": "header"}]
    heads += [{"key": str(column), "label": str(column).capitalize(), "role": "number"} for column in columns]
    return Table(name, table.caption, heads, rows, facts, list(table.notes), table.source, place.status)


def words_table(identifier: str, title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of words: every cell is text, and the first column names the rows, which all have the same."""
    keys = enumerate(next(iter(rows), {}))
    columns = [{"key": key, "label": key, "role": "text" if place else "header"} for place, key in keys]
    return Table(identifier, title, columns, [{key: text_cell(str(cell)) for key, cell in row.items()} for row in rows])
