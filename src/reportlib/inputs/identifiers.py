"""Whether the numbers of people and cases are such, and written alike: a person written twice would count twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress

from reportlib.errors import Finding
from reportlib.inputs.contracts import contracts, sql_list
from reportlib.inputs.cube import input_table
from reportlib.inputs.typed_tables import Tables

NOBODY = (
    *("unknown", "not known", "not recorded", "not stated", "not available", "not applicable", "none", "null", "nil"),
    *("n/a", "n.a.", "na", "nan", "nk", "tbc", "x", "xx", "xxx", "-", "--", ".", "?"),
)
# SQL, of a column that is put in: what stands for no number, how a spreadsheet shows a long one, and a number without
# what does not tell two apart
NOBODYS = f"lower({{0}}) IN {sql_list(NOBODY)}"
ROUNDED = "regexp_matches({0}, '^[0-9]([.,][0-9]+)?[eE][+][0-9]+$')"
BARE = "replace(upper({0}), ' ', '')"
WRITTEN = f"ltrim(CASE WHEN {BARE} LIKE '%.0' THEN left({BARE}, length({BARE}) - 2) ELSE {BARE} END, '0')"
MADE_UP = "SYN-"  # so begin the numbers of the demo
SAME_PEOPLE = ("complaints", "nomis_ethnicity")  # tables whose people have one set of numbers


def ill_written_identifiers(tables: Tables) -> Iterator[Finding]:
    """What is no number of a person or a case, so that many count as one, and what is written in two ways."""
    for name, together in _identifiers(tables):
        title = contracts()[together[0]].fields[name].title
        held = " UNION ".join(f"SELECT {name} AS number FROM {input_table(table)}" for table in together)
        twice = f"{WRITTEN} IN (SELECT written FROM ({_several(held)}) s)"
        wrong = {
            NOBODYS: f"{{found}} is no {title}; fill it in, or leave such rows out of the extract",
            ROUNDED: f"a spreadsheet has rounded the {title}; export the column as text",
            twice: f"the {title} differs from another in capitals, spaces, noughts in front or .0 behind alone; "
            "write them alike",
        }
        tests = ", ".join(f"coalesce(bool_or({where.format('number')}), FALSE)" for where in wrong)
        (found,) = tables.engine.rows(f"SELECT {tests} FROM (SELECT DISTINCT number FROM ({held}) h) d")
        for where, message in compress(wrong.items(), found):
            value = name if "{found}" in message else "NULL"
            for table in together:
                yield from tables.find(table, name, where.format(name), message, value=value)


def made_up_identifiers(tables: Tables) -> Iterator[Finding]:
    """People and cases of the demo among those of real extracts."""
    message = "this is one of the demo's made-up records: take such rows out, or give the input the status synthetic"
    for name, together in _identifiers(tables):
        for table in together:
            if tables.sources[table].status != "synthetic":
                yield from tables.find(table, name, f"{name} LIKE '{MADE_UP}%'", message)


def _several(held: str) -> str:
    """SQL for what stands for more than one number as they are written."""
    written = WRITTEN.format("number")
    return f"SELECT {written} AS written FROM ({held}) h GROUP BY {written} HAVING count(DISTINCT number) > 1"


def _identifiers(tables: Tables) -> Iterator[tuple[str, list[str]]]:
    """The fields of people and cases, each with the tables in which it has one set of numbers."""
    alike = [table for table in SAME_PEOPLE if tables.has(table, "person_id")]
    if alike:
        yield "person_id", alike
    for table, source in tables.sources.items():
        for name in source.columns:
            if name.endswith("_id") and (name != "person_id" or table not in alike):
                yield name, [table]


def missing_people(tables: Tables) -> Iterator[Finding]:
    """Complainants whom the NOMIS extract does not hold; an error if most complaints are theirs."""
    if tables.has("complaints") and tables.has("nomis_ethnicity"):
        known = f"SELECT 1 FROM {input_table('nomis_ethnicity')} n WHERE n.person_id = r.person_id"
        where = f"person_id IS NOT NULL AND NOT EXISTS ({known})"
        message = "the person is not in the extract of ethnicity in NOMIS; the code in PPUD counts, if there is one"
        level = "warning"
        if sum(place.count for place in tables.places("complaints", where)) > tables.sources["complaints"].rows / 2:
            message, level = (
                "most complaints have a person who is not in nomis_ethnicity; write the numbers alike",
                "error",
            )
        yield from tables.find("complaints", "person_id", where, message, level)
