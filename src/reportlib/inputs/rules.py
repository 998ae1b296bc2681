"""What typed inputs must fulfil: the contracts' own rules, and one function for each rule beyond them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import compress, groupby

from reportlib.errors import Finding
from reportlib.ethnicity import raw_codes
from reportlib.inputs.contracts import contracts, sql_list
from reportlib.inputs.cube import MOMENTS, input_table, reporting_year_of
from reportlib.inputs.engines import Engine
from reportlib.inputs.establishments import (
    closed_establishments,
    overlapping_types,
    unknown_establishments,
    unknown_regions,
)
from reportlib.inputs.ethnicity_words import lines as ethnicity_lines
from reportlib.inputs.findings import Places
from reportlib.inputs.identifiers import ill_written_identifiers, made_up_identifiers, missing_people
from reportlib.inputs.printed import (
    categories_alike,
    ill_chosen_words,
    many_categories,
    printed_identifiers,
    unprintable_texts,
)
from reportlib.inputs.snapshots import copied_snapshots, partial_snapshots, totals_among_people, uneven_snapshots
from reportlib.inputs.sources import Source
from reportlib.inputs.typed_tables import ORDER, Tables
from reportlib.measures import LICENCES, ORDERS
from reportlib.words import listed
from reportlib.years import APRIL, reporting_year, span

ORDERED = (  # table, earlier, later, level of a breach
    ("complaints", "received_date", "completed_date", "error"),
    ("probation_terminations", "start_date", "end_date", "error"),
    ("establishments", "valid_from", "valid_to", "error"),
    ("fatal_incidents", "death_date", "notified_date", "warning"),
)
POSSIBLE = {"recalled": LICENCES, "revoked for breach": ORDERS}  # outcome of supervision: what it can follow
EVENTS = ("complaints", "fatal_incidents", "probation_terminations")
USUAL = 10  # rows a month, of which an empty one is not chance
NARROWER = (  # table, a field that is there, one that is not, what the figures then are
    ("fatal_incidents", "incident_id", "setting", "every incident is counted as a death in prison"),
    ("fatal_incidents", "ethnicity_code", "age_band", "rates of death are compared between people of different ages"),
    ("population", "ethnicity_code", "age_band", "rates of death are compared between people of different ages"),
    (
        *("complaints", "racism_concern_complainant", "racism_concern_investigator"),
        "only what complainants say is counted as a concern about racism",
    ),
)
UNKNOWN = (  # table, a field, other fields that the condition needs, the condition, what follows from a blank
    (
        *("complaints", "establishment", (), "TRUE"),
        "the complaint is counted over the people in prison; if it is about probation, say so as its service",
    ),
    ("complaints", "service", (), "TRUE", "the complaint is counted over the people in prison"),
    ("complaints", "eligible", (), "TRUE", "the complaint counts as not eligible"),
    (
        *("complaints", "outcome", ("completed_date", "eligible"), "completed_date IS NOT NULL AND eligible"),
        "the complaint is left out of those decided, though it was completed",
    ),
    ("fatal_incidents", "setting", (), "TRUE", "the death is left out of those in prison"),
)


def check(
    sources: Mapping[str, Source], years: tuple[date, date], engine: Engine | None = None, texts: Mapping[str, str] = {}
) -> list[Finding]:
    """Everything that the typed inputs do not fulfil, table by table and row by row.

    `years` are the first and the last day that the report covers. Errors would make figures wrong; warnings
    belong on the report's quality page. What may follow from a column that has an error is left out. `engine` goes
    through the rows: DuckDB if nothing is said. `texts` will be printed in the report, by where they stand.
    """
    tables = Tables(sources, years, engine, texts)
    findings = [finding for source in sources.values() for finding in source.findings]
    findings += contract_rules(tables)  # the first of all rules
    tables.wrong = {(each.file, each.column) for each in findings if each.level == "error"}
    findings += [finding for rule in RULES[1:] for finding in rule(tables)]
    order = {file: i for i, source in enumerate(sources.values()) for file in source.files}
    return sorted(findings, key=lambda each: (order.get(each.file, -1), each.row or 0, each.column))


def contract_rules(tables: Tables) -> Iterator[Finding]:
    """Codes, limits and forms of values, as the contract gives them."""
    for table, source in tables.sources.items():
        fields = [contracts()[table].fields[name] for name in source.columns]
        rules = [(field, where, message) for field in fields for where, message in field.breaches()]
        broken = ", ".join(f"coalesce(bool_or({where}), false)" for _, where, _ in rules)
        (found,) = tables.engine.rows(f"SELECT {broken} FROM {input_table(table)}")  # one pass for all of them
        for field, where, message in compress(rules, found):
            shown = "NULL" if field.masked else field.name
            lines = partial(ethnicity_lines, table, field.name) if {*field.enum} == {*raw_codes()} else None
            yield from tables.find(table, field.name, where, message, value=shown, lines=lines)


def repeated_keys(tables: Tables) -> Iterator[Finding]:
    """A row with the key of an earlier one. Counts are added up, so in them it is a warning."""
    for table, source in tables.sources.items():
        contract = contracts()[table]
        held = [name for name in contract.key if name in source.columns]
        distinct = f"SELECT count(*) FROM (SELECT DISTINCT {', '.join(held)} FROM {input_table(table)}) d"
        dates = [name for name in held if contract.fields[name].type == "date"]
        if not held or not tables.sound(table, *dates) or tables.engine.rows(distinct) == [(source.rows,)]:
            continue
        alike = f"OVER (PARTITION BY {', '.join(held)} ORDER BY {ORDER})"
        rows = (
            f"SELECT *, first_value(source_file) {alike} AS first_file, first_value(source_row) {alike} AS first_row, "
            f"row_number() {alike} AS nth FROM {input_table(table)} WHERE {held[0]} IS NOT NULL"
        )
        advice = "both are counted" if contract.repeats == "warning" else "take one out"
        same = " and ".join(contract.fields[name].title for name in held)
        place = (source.names[held[0]], contract.repeats)
        whole = _repeats(tables, rows)
        for file, of in whole.items():
            message = f"the file repeats {listed([source.files[each] for each in of])}: each of its rows has the same"
            yield Finding(f"{message} {same} as a row there; {advice}", source.files[file], None, *place)
        where = f"nth > 1 AND source_file NOT IN ({', '.join(map(str, [-1, *whole]))})"
        for found in tables.places(table, where, rows=rows):
            message, detail = f"an earlier row has the same {same}; {advice}", _earlier(tables, rows, found, source)
            yield found.finding(message, source.files, *place, detail)


def _repeats(tables: Tables, rows: str) -> dict[int, list[int]]:
    """The files of which no row is the first with its key, each with the files that hold the first."""
    held = defaultdict(list)
    for file, first in sorted(tables.engine.rows(f"SELECT DISTINCT source_file, first_file FROM ({rows}) r")):
        held[file].append(first)
    return {file: of for file, of in held.items() if file not in of}


def _earlier(tables: Tables, rows: str, places: Places, source: Source) -> str:
    """Where the row stands that the first of some places repeats."""
    file, (row, *_) = next(iter(places.first.items()))
    where = f"source_file = {file} AND source_row = {row}"
    ((of, number),) = tables.engine.rows(f"SELECT first_file, first_row FROM ({rows}) r WHERE {where}")
    return f". The earlier is in {'' if of == file else f'{source.files[of]}, '}row {number:,}"


def conflicting_codes(tables: Tables) -> Iterator[Finding]:
    """Two ethnic groups for one person in NOMIS. Not stated beside a group is no conflict."""
    if tables.has("nomis_ethnicity"):
        groups = ", ".join(f"('{code}', '{group}')" for code, group in raw_codes().items() if group != "NS")
        where = (
            f"person_id IN (SELECT person_id FROM {input_table('nomis_ethnicity')} "
            f"JOIN (VALUES {groups}) AS codes(code, ethnicity) ON ethnicity_code = code "
            "GROUP BY person_id HAVING count(DISTINCT ethnicity) > 1)"
        )
        message = "the person has two different codes; keep the one of the latest date"
        yield from tables.find("nomis_ethnicity", "ethnicity_code", where, message)


def unknown_values(tables: Tables) -> Iterator[Finding]:
    """Blanks that count as a no, or leave a row out."""
    for table, name, others, where, so in UNKNOWN:
        if tables.has(table, name, *others) and tables.sound(table, name):
            message = f"{contracts()[table].fields[name].title} is blank; {so}"
            blank = f"{name} IS NULL AND {where}{tables.in_custody(table)}"
            yield from tables.find(table, name, blank, message, "warning")


def undated_deaths(tables: Tables) -> Iterator[Finding]:
    """Deaths without any date, which could be counted in no year."""
    if tables.dated("fatal_incidents"):
        day, column = tables.day("fatal_incidents")
        message = "the death has no date; fill one in, or leave such rows out by exclude:"
        yield from tables.find("fatal_incidents", column, f"{day} IS NULL", message)


def reversed_dates(tables: Tables) -> Iterator[Finding]:
    """A later step dated before an earlier one."""
    for table, earlier, later, level in ORDERED:
        if tables.has(table, earlier, later):
            titles = [contracts()[table].fields[name].title for name in (later, earlier)]
            message = f"the {titles[0]} is before the {titles[1]}; correct one of them"
            yield from tables.find(table, later, f"{later} < {earlier}", message, level)


def late_dates(tables: Tables) -> Iterator[Finding]:
    """Dates more than a year after the years that the report covers."""
    last = tables.period[1]
    message = "the {} is more than a year after the years of the report; is it right?"
    for table in tables.sources.keys() - {"establishments"}:
        for name in tables.sources[table].columns:
            field = contracts()[table].fields[name]
            day = f"DATE '{last}' + INTERVAL 1 YEAR"
            limit = day if field.type == "date" else last.year + 1 if name == "death_year" else None
            if limit and tables.sound(table, name):
                yield from tables.find(table, name, f"{name} > {limit}", message.format(field.title), "warning")


def missing_years(tables: Tables) -> Iterator[Finding]:
    """Years of the report of which an input has no row; an error where none has one of the reporting year."""
    first, last = (day.year - (day.month < APRIL) for day in tables.period)
    held = {}
    for table in filter(tables.dated, MOMENTS):
        years = f"SELECT DISTINCT {reporting_year_of(tables.day(table)[0])} FROM {input_table(table)}"
        held[table] = {year for (year,) in tables.engine.rows(years)}
    level = "warning" if any(last in there for there in held.values()) else "error"
    for table, there in held.items():
        if missing := [reporting_year(year) for year in range(first, last + 1) if year not in there]:
            message = f"there is no row of {listed(missing)}, which the report covers"
            advice = (
                "; add what is missing, or let reporting_year:, pooled_years: and trend_years: be those that there are"
            )
            yield replace(tables.about(table, tables.day(table)[1], message, level), detail=advice)


def missing_months(tables: Tables) -> Iterator[Finding]:
    """Months without a row in years that have rows, where an extract has so many that none would be empty by chance."""
    first, last = (day.year - (day.month < APRIL) for day in tables.period)
    for table in filter(tables.dated, EVENTS):
        day, column = tables.day(table)
        month = f"year({day}) * 12 + month({day}) - 1"
        held = dict(tables.engine.rows(f"SELECT {month}, count(*) FROM {input_table(table)} GROUP BY {month}"))
        years = [range(12 * year + APRIL - 1, 12 * year + APRIL + 11) for year in range(first, last + 1)]
        months = [each for year in years if any(each in held for each in year) for each in year]
        missing = [each for each in months if each not in held]
        if missing and sum(held.get(each, 0) for each in months) >= USUAL * len(months):
            message = (
                f"there is no row of {_months(missing)}, though every other month has rows: is the extract all there? "
                "What it holds of a year is shown as the whole of it"
            )
            yield tables.about(table, column, message)


def _months(numbers: Sequence[int]) -> str:
    """Months in words, those that follow one another from the first to the last; they are counted from year 0."""
    runs = groupby(enumerate(numbers), key=lambda placed: placed[1] - placed[0])
    return listed([span([f"{date(n // 12, n % 12 + 1, 1):%B %Y}" for _, n in run]) for _, run in runs])


def impossible_outcomes(tables: Tables) -> Iterator[Finding]:
    """Outcomes that cannot follow the order: they are left out of that outcome's share."""
    if tables.has("probation_terminations"):
        types = contracts()["probation_terminations"].fields["order_type"].enum
        for outcome, orders in POSSIBLE.items():
            where = f"outcome = '{outcome}' AND order_type IN {sql_list(sorted({*types} - {*orders}))}"
            message = f"'{outcome}' cannot follow {{found}}; the row is left out of the share that is {outcome}"
            yield from tables.find("probation_terminations", "outcome", where, message, "warning", "order_type")


def unfinished_complaints(tables: Tables) -> Iterator[Finding]:
    """Outcomes of complaints that were not completed, or not eligible."""
    for column, where, but in (
        ("completed_date", "completed_date IS NULL", "has no date completed"),
        ("eligible", "NOT eligible", "is not eligible"),
    ):
        if tables.has("complaints", "outcome", column) and tables.sound("complaints", column):
            message = f"the complaint has an outcome, but {but}; correct one of them"
            yield from tables.find("complaints", column, f"outcome IS NOT NULL AND {where}", message, "warning")


def missing_distinctions(tables: Tables) -> Iterator[Finding]:
    """Fields that are not needed, but without which figures mean something else."""
    for table, held, missing, so in NARROWER:
        if tables.has(table, held) and not tables.has(table, missing) and tables.sources[table].status != "published":
            found = tables.about(table, missing, f"there is no such column, so {so}")
            yield replace(found, detail=". If you have it, name it under columns:")


RULES = (
    contract_rules,
    ill_written_identifiers,
    made_up_identifiers,
    repeated_keys,
    conflicting_codes,
    missing_people,
    unknown_values,
    undated_deaths,
    unknown_establishments,
    closed_establishments,
    overlapping_types,
    reversed_dates,
    late_dates,
    missing_years,
    missing_months,
    impossible_outcomes,
    unfinished_complaints,
    partial_snapshots,
    uneven_snapshots,
    copied_snapshots,
    totals_among_people,
    missing_distinctions,
    unknown_regions,
    many_categories,
    categories_alike,
    ill_chosen_words,
    unprintable_texts,
    printed_identifiers,
)
