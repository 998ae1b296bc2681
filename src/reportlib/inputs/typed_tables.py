"""The typed inputs as tables of the engine that counts, and where their rows meet a condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from reportlib.errors import Finding
from reportlib.inputs.cube import IN_CUSTODY, MOMENTS, input_table, moment
from reportlib.inputs.engines import DuckDB, Engine
from reportlib.inputs.findings import FIRST, Places, counted_values, quoted
from reportlib.inputs.sources import Source

MANY = 20  # different unknown codes in a column; with more, the column is not what it is taken for
MANY_CODES, OFTEN = 60, 20  # unless they are no more than this, and stand so often: then they are codes, not people
ORDER = "source_file, source_row"


class Tables:
    """The typed inputs as tables of the engine that counts.

    `wrong` are the columns that have an error, each with its file.
    """

    def __init__(
        self, sources: Mapping[str, Source], period: tuple[date, date], engine: Engine | None, texts: Mapping[str, str]
    ) -> None:
        self.sources, self.period, self.engine, self.texts = sources, period, engine or DuckDB(), texts
        self.wrong: set[tuple[str, str]] = set()
        for name, source in sources.items():
            self.engine.table(input_table(name), source.parquet)

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table is there with all these fields."""
        return table in self.sources and {*columns} <= {*self.sources[table].columns}

    def sound(self, table: str, *columns: str) -> bool:
        """Whether a table is there, and none of these fields has an error, from which others would follow."""
        if not self.has(table):
            return False
        source = self.sources[table]
        theirs = {source.names.get(name) for name in columns}
        return not any(file in source.files and column in theirs for file, column in self.wrong)

    def dated(self, table: str) -> bool:
        """Whether a table is there, and no field has an error from which the days of its rows are taken."""
        return self.has(table) and self.sound(table, *re.findall(r"\w+", self.day(table)[0]))

    def day(self, table: str) -> tuple[str, str]:
        """SQL for the day of a row, and the first of the fields that it is taken from."""
        first = next(name for name in MOMENTS[table] if self.has(table, name))
        return moment(table, lambda name: self.has(table, name)), first

    def placed(self) -> list[str]:
        """Tables with establishments, if there is a list of establishments to look them up in."""
        return [t for t in MOMENTS if self.has("establishments") and self.has(t, "establishment")]

    def in_custody(self, table: str) -> str:
        """SQL that goes on to leave out deaths outside prison and complaints about probation, in no establishment."""
        tells, concerns = IN_CUSTODY.get(table, ("", ""))
        return f" AND {concerns}" if self.has(table, tells) else ""

    def places(self, table: str, where: str, value: str = "NULL", rows: str = "") -> list[Places]:
        """Where rows meet a condition, for each different value, in the order of the first of them.

        `rows` is SQL for the table with columns that the condition needs besides; a row is `r` in the condition.
        """
        broken = (
            f"SELECT CAST({value} AS VARCHAR) AS found, {ORDER} "
            f"FROM ({rows or f'SELECT * FROM {input_table(table)}'}) r WHERE {where}"
        )
        ((number, different),) = self.engine.rows(f"SELECT count(*), count(DISTINCT found) FROM ({broken}) b")
        many = different > MANY and (different > MANY_CODES or number < OFTEN * different)
        if many:
            broken = f"SELECT CAST(NULL AS VARCHAR) AS found, {ORDER} FROM ({broken}) b"
        ranked = (
            f"SELECT found, {ORDER}, row_number() OVER (PARTITION BY found, source_file ORDER BY source_row) AS nth, "
            f"count(*) OVER (PARTITION BY found, source_file) AS number FROM ({broken}) b"
        )
        found: dict[str | None, Places] = {}
        first = (
            self.engine.rows(f"SELECT found, number, {ORDER} FROM ({ranked}) f WHERE nth <= {FIRST}") if number else []
        )
        for text, count, file, row in sorted(first, key=lambda row: row[2:]):
            places = found.setdefault(text, Places(value=text))
            places.first[file].append(row)
            places.counts[file] = count
        if many:
            found[None].different = different
        return list(found.values())

    def about(self, table: str, column: str, message: str, level: str = "warning") -> Finding:
        """A finding about a whole column, or about one that is not there."""
        source = self.sources[table]
        return Finding(message, source.files[0], column=source.names.get(column, column), level=level)

    def find(
        self,
        table: str,
        column: str,
        where: str,
        message: str,
        level: str = "error",
        value: str = "NULL",
        rows: str = "",
        detail: str = "",
        lines: Callable[[Sequence[Places]], str] | None = None,
    ) -> Iterator[Finding]:
        """A finding for the rows that meet a condition, or for each value, `{found}` in the message.

        `lines` gives what to copy into the parameters for some values; where it gives any, they are one finding.
        """
        source = self.sources[table]
        places = self.places(table, where, value, rows)
        told, together = lines(places) if lines else "", ""
        if len(places) > (1 if told else FIRST):
            together, detail = f"each of {len(places)} values", f". They are {counted_values(places)}"
            places = self.places(table, where, rows=rows)
        for place in places:
            several = f"each of {place.different} different values" if place.different else together
            text = message.replace("{found}", several or quoted(place.value or ""))
            text += ". Is it the right column?" * bool(place.different)
            finding = place.finding(text, source.files, source.names.get(column, column), level, detail)
            yield replace(finding, lines=told)
