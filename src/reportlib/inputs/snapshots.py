"""Whether counts of people at dates are all there, and hold nobody twice."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median, mode

from reportlib.errors import Finding
from reportlib.inputs.contracts import sql_list
from reportlib.inputs.cube import input_table, reporting_year_of
from reportlib.inputs.findings import quoted
from reportlib.inputs.typed_tables import ORDER, Tables
from reportlib.words import listed
from reportlib.years import reporting_year

STOCKS = ("population", "probation_caseload")
ENOUGH = 100  # rows of a snapshot, of which not all will be as they were before
TYPICAL = 0.75  # of the median snapshot; a smaller one is not all there
MOST_UNKNOWN = 0.25  # of the people; with more, there may be totals among the rows
HALF = 0.001  # how near to one half the share is that totals have of the rows with them
FEW = 2  # places, of which one can well have half of the people
UNKNOWN = {"ethnicity_code": "ethnicity", "age_band": "age band", "sex": "sex"}
PLACES = ("establishment", "region")
TAKE_OUT = "If so, leave them out by exclude:"


def partial_snapshots(tables: Tables) -> Iterator[Finding]:
    """Snapshots with far fewer people than the others: an average over them is too low."""
    for table in STOCKS:
        if not tables.sound(table, "snapshot_date", "number"):
            continue
        held = tables.engine.rows(
            f"SELECT snapshot_date, sum(CAST(number AS DOUBLE)) FROM {input_table(table)} GROUP BY snapshot_date"
        )
        least = TYPICAL * median(number or 0 for _, number in held)
        if not (low := [str(day) for day, number in held if (number or 0) < least and day]):
            continue
        rows = (
            f"SELECT *, row_number() OVER (PARTITION BY snapshot_date ORDER BY {ORDER}) AS nth "
            f"FROM {input_table(table)} WHERE CAST(snapshot_date AS VARCHAR) IN {sql_list(low)}"
        )
        message = f"the snapshot has under {TYPICAL:.0%} of the people of the median one; is it all there?"
        yield from tables.find(table, "snapshot_date", "nth = 1", message, "warning", rows=rows)


def uneven_snapshots(tables: Tables) -> Iterator[Finding]:
    """Years with more snapshots than others: one may be missing, and each year weighs the same in an average."""
    first, last = tables.period
    for table in STOCKS:
        if not tables.sound(table, "snapshot_date"):
            continue
        year = reporting_year_of("snapshot_date")
        held = tables.engine.rows(
            f"SELECT {year}, count(DISTINCT snapshot_date) FROM {input_table(table)} "
            f"WHERE snapshot_date BETWEEN DATE '{first}' AND DATE '{last}' GROUP BY {year}"
        )
        usual = mode(number for _, number in sorted(held)) if held else 0
        if others := [f"{number} in {reporting_year(year)}" for year, number in sorted(held) if number != usual]:
            message = f"there are {usual} snapshots in a year, but {listed(others)}: is one missing?"
            yield tables.about(table, "snapshot_date", message)


def copied_snapshots(tables: Tables) -> Iterator[Finding]:
    """Snapshots that have every row of an earlier one: it may have been copied under another date."""
    for table in STOCKS:
        if not tables.sound(table, "snapshot_date", "number"):
            continue
        number, snapshot = "CAST(number AS DOUBLE)", "CAST(snapshot_date AS VARCHAR)"
        held = tables.engine.rows(
            f"SELECT {snapshot}, count(*), sum({number}), sum({number} * {number}) FROM {input_table(table)} "
            f"WHERE snapshot_date IS NOT NULL GROUP BY {snapshot} HAVING count(*) >= {ENOUGH}"
        )
        alike: dict[tuple[object, ...], list[str]] = {}  # days by sums: those that may have the same rows
        for day, *sums in sorted(held):
            earlier = alike.setdefault(tuple(sums), [])
            if of := next((other for other in earlier if _same_rows(tables, table, day, other)), ""):
                message = f"every row of the snapshot of {day} is in that of {of} too: was it copied?"
                yield tables.about(table, "snapshot_date", message)
            else:
                earlier.append(day)


def _same_rows(tables: Tables, table: str, *days: str) -> bool:
    """Whether the snapshot of the first day has no row that that of the second lacks, but for its date."""
    fields = ", ".join(name for name in tables.sources[table].columns if name != "snapshot_date")
    first, second = (
        f"SELECT {fields} FROM {input_table(table)} WHERE CAST(snapshot_date AS VARCHAR) = '{day}'" for day in days
    )
    return tables.engine.rows(f"SELECT count(*) FROM ({first} EXCEPT {second}) d") == [(0,)]


def totals_among_people(tables: Tables) -> Iterator[Finding]:
    """Rows that may be totals: of no known ethnicity, age or sex, or of a place as large as all others together."""
    for table in STOCKS:
        if not tables.sound(table, "number"):
            continue
        people = f"FROM {input_table(table)}"
        ((whole,),) = tables.engine.rows(f"SELECT sum(CAST(number AS DOUBLE)) {people}")
        for name, what in UNKNOWN.items() if whole else ():
            if tables.has(table, name):
                ((part,),) = tables.engine.rows(f"SELECT sum(CAST(number AS DOUBLE)) {people} WHERE {name} IS NULL")
                share = (part or 0) / whole
                if share > MOST_UNKNOWN:
                    message = f"{share:.0%} of the people have no {what}: are there totals among the rows? {TAKE_OUT}"
                    yield tables.about(table, name, message, _level(share))
        for name in PLACES if whole else ():
            if tables.has(table, name):
                held = tables.engine.rows(
                    f"SELECT {name}, sum(CAST(number AS DOUBLE)) {people} "
                    f"WHERE {name} IS NOT NULL AND number IS NOT NULL GROUP BY {name}"
                )
                for place, number in held if len(held) > FEW else ():
                    if _level(number / whole) == "error":
                        message = f"{quoted(place)} has as many people as all others together: a total? {TAKE_OUT}"
                        yield tables.about(table, name, message, "error")


def _level(share: float) -> str:
    """A share of exactly one half is that of totals."""
    return "error" if abs(share - 1 / 2) < HALF else "warning"
