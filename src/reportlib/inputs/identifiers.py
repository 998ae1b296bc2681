"""Whether the numbers of people and cases are such, and written alike: a person written twice would count twice."""

from __future__ import annotations

from collections.abc import Iterator

from reportlib.errors import Finding
from reportlib.inputs.contracts import contracts, listed
from reportlib.inputs.cube import source as named
from reportlib.inputs.typed_tables import Tables

NOBODY = (
    *("unknown", "not known", "not recorded", "not stated", "not available", "not applicable", "none", "null", "nil"),
    *("n/a", "n.a.", "na", "nan", "nk", "tbc", "x", "xx", "xxx", "-", "--", ".", "?", "0"),
)
ROUNDED = r"[0-9]([.,][0-9]+)?[eE][+]?[0-9]+"  # as a spreadsheet shows a long number
SAME_PEOPLE = ("complaints", "nomis_ethnicity")  # tables whose people have one set of numbers


def no_identifiers(tables: Tables) -> Iterator[Finding]:
    """What stands for the lack of a number, and what a spreadsheet rounded: many people would count as one."""
    for table, name in _identifiers(tables):
        title = contracts()[table].fields[name].title
        message = f"{{found}} is no {title}; fill it in, or leave such rows out of the extract"
        yield from tables.find(table, name, f"lower({name}) IN {listed(NOBODY)}", message, value=name)
        message = f"a spreadsheet has rounded the {title}; export the column as text"
        yield from tables.find(table, name, f"regexp_matches({name}, '^{ROUNDED}$')", message)


def identifiers_alike(tables: Tables) -> Iterator[Finding]:
    """Numbers that differ in how they are written alone: one person would count as two."""
    for table, name in _identifiers(tables):
        same = [each for each in SAME_PEOPLE if table in SAME_PEOPLE and name == "person_id" and tables.has(each)]
        held = " UNION ".join(f"SELECT {name} AS number FROM {named(each)}" for each in same or [table])
        written = _written("number")
        several = f"SELECT {written} FROM ({held}) h GROUP BY {written} HAVING count(DISTINCT number) > 1"
        title = contracts()[table].fields[name].title
        message = (
            f"the {title} differs from another in capitals, spaces, noughts in front or .0 behind alone; "
            "write them alike"
        )
        yield from tables.find(table, name, f"{_written(name)} IN ({several})", message)


def _written(name: str) -> str:
    """SQL for a number without what does not tell two apart."""
    bare = f"replace(upper({name}), ' ', '')"
    return f"ltrim(CASE WHEN {bare} LIKE '%.0' THEN left({bare}, length({bare}) - 2) ELSE {bare} END, '0')"


def _identifiers(tables: Tables) -> Iterator[tuple[str, str]]:
    """The fields of people and cases that the tables have."""
    for table, source in tables.sources.items():
        yield from ((table, name) for name in source.columns if name.endswith("_id"))


def missing_people(tables: Tables) -> Iterator[Finding]:
    """Complainants whom the NOMIS extract does not hold; an error if most complaints are theirs."""
    if tables.has("complaints") and tables.has("nomis_ethnicity"):
        known = f"SELECT 1 FROM {named('nomis_ethnicity')} n WHERE n.person_id = r.person_id"
        where = f"person_id IS NOT NULL AND NOT EXISTS ({known})"
        message, level = "the person is not in nomis_ethnicity; the code in PPUD counts, if there is one", "warning"
        if sum(place.count for place in tables.places("complaints", where)) > tables.sources["complaints"].rows / 2:
            message, level = (
                "most complaints have a person who is not in nomis_ethnicity; write the numbers alike",
                "error",
            )
        yield from tables.find("complaints", "person_id", where, message, level)
