"""The one expression for every engine: how datasets follow from the inputs, in SQL that any of them can run.

It filters, joins, groups and counts, and nothing else: shares, means, sorting and intervals are pandas' on
whole numbers, since engines differ over them. Days are local dates; no time zone comes in anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from reportlib.ethnicity import NOT_STATED, groupings, raw_codes
from reportlib.inputs.contracts import literal
from reportlib.measures import CONCERN, DATASETS, NO_CONCERN, NOT_RECORDED, UNKNOWN_TYPE
from reportlib.years import APRIL

# The first of the month of a death; NULL if there is no such month.
MONTH_OF_DEATH = (
    "TRY_CAST(CAST(death_year AS VARCHAR) || '-' || lpad(CAST(death_month AS VARCHAR), 2, '0') || '-01' AS DATE)"
)
MOMENTS = {  # input: SQL for the day of a row, by the field that it needs; the first that is known counts
    "complaints": {"received_date": "received_date"},
    "population": {"snapshot_date": "snapshot_date"},
    "fatal_incidents": {"notified_date": "notified_date", "death_date": "death_date", "death_month": MONTH_OF_DEATH},
    "probation_terminations": {"end_date": "end_date"},
}
IN_CUSTODY = {  # input: the field that tells, and SQL for the rows that concern an establishment
    "complaints": ("service", "coalesce(service, 'prison') <> 'probation'"),
    "fatal_incidents": ("setting", "coalesce(setting, 'prison') = 'prison'"),
}
PEOPLE = "complaint_people"  # the ethnicity of each person who complained
# Dimensions that follow from the columns of a dataset.
DERIVED = {
    "ethnicity": "CASE WHEN nomis > 0 THEN nomis ELSE ppud END",
    "ethnicity_nomis": "nomis",
    "ethnicity_ppud": "ppud",
    "concern": f"CASE WHEN racism_concern THEN '{CONCERN}' ELSE '{NO_CONCERN}' END",
    "ethnicity_source": "CASE WHEN nomis > 0 THEN 'NOMIS' WHEN ppud > 0 THEN 'PPUD' ELSE 'Not stated' END",
}
ETHNICITIES = ("ethnicity", "ethnicity_nomis", "ethnicity_ppud")

Has = Callable[[str, str], bool]


def numbers() -> dict[str, int]:
    """A number for each detailed ethnic group; 0 is "not stated". Numbers group faster than codes."""
    detail = [code for code in groupings()["19"].of if code != NOT_STATED]
    return {NOT_STATED: 0} | {code: number for number, code in enumerate(detail, 1)}


def input_table(name: str) -> str:
    """The name of an input as a table."""
    return f"input_{name}"


def people(has: Has) -> str:
    """SQL for the ethnicity of each person who complained, as numbers: in NOMIS, and the last that PPUD knew.

    Of two codes that PPUD recorded on one day the later in the list of groups counts: any rule would do, but it must
    not turn on the order in which rows come.
    """
    parts = []
    if has("nomis_ethnicity.ethnicity_code", "complaints"):
        parts.append(
            f"SELECT x.person_id, c.number AS nomis, 0 AS ppud FROM {input_table('nomis_ethnicity')} x {_codes()}"
        )
    if has("ethnicity_ppud", "complaints"):
        day = "(year(x.received_date) * 10000 + month(x.received_date) * 100 + day(x.received_date)) * 100"
        parts.append(
            f"SELECT x.person_id, 0 AS nomis, {day} + c.number AS ppud "
            f"FROM {input_table('complaints')} x {_codes('ethnicity_ppud')}"
        )
    either = " UNION ALL ".join(f"{part} WHERE c.number > 0" for part in parts)
    return f"SELECT person_id, max(nomis) AS nomis, max(ppud) % 100 AS ppud FROM ({either}) GROUP BY person_id"


def columns(dataset: str, has: Has) -> dict[str, str]:
    """SQL for every column of a dataset, over the input `x` and what `rows` joins to it."""
    return {
        "complaints": _complaints,
        "population": _population,
        "deaths": _deaths,
        "terminations": _terminations,
        "caseload": _caseload,
    }[dataset](lambda field: has(field, dataset))


def rows(dataset: str, names: Iterable[str], has: Has) -> str:
    """SQL for some columns of a dataset, row by row, with only the joins that they need."""
    held = columns(dataset, has)
    selected = ", ".join(f"{held[name]} AS {name}" for name in names) or "1 AS one"
    joins = ""
    if "k." in selected:
        joins += f" LEFT JOIN {PEOPLE} k ON k.person_id = x.person_id"
    if "c." in selected:
        joins += f" {_codes(left=True)}"
    if "e." in selected:
        joins += _establishments(dataset, has)
    tells, concerns = IN_CUSTODY["complaints"]
    kept = f" WHERE {concerns}" if dataset == "complaints" and has(tells, dataset) else ""
    return f"SELECT {selected} FROM {input_table(DATASETS[dataset])} x{joins}{kept}"


def numbered(dataset: str, cells: str, names: Sequence[str]) -> str:
    """SQL for cells with a number, in the order of the ids, for each person: it groups and sorts faster than an id."""
    kept = ", ".join(f"k.{name}" for name in (*names, "n") if name != "person_id")
    people = f"SELECT DISTINCT person_id FROM {input_table(DATASETS[dataset])} WHERE person_id IS NOT NULL"
    numbers = f"SELECT person_id, row_number() OVER (ORDER BY person_id) AS number FROM ({people}) d"
    return f"SELECT p.number AS person_id, {kept} FROM ({cells}) k LEFT JOIN ({numbers}) p ON p.person_id = k.person_id"


def dimension(dataset: str, name: str, grouping: str) -> str:
    """SQL for a dimension of a table, over the columns of its dataset."""
    column = DERIVED.get(name, name) if dataset == "complaints" else name
    if name not in ETHNICITIES:
        return f"coalesce({column}, '{NOT_RECORDED}')"
    of = groupings()[grouping].of
    return _case(column, {number: of[code] for code, number in numbers().items()})


def year_labels(column: str, years: Iterable[str]) -> str:
    """SQL for the label of a reporting year from the calendar year in which it begins."""
    return _case(column, {int(year[:4]): year for year in years})


def within(column: str, years: Iterable[str]) -> str:
    """SQL that keeps the rows of some reporting years."""
    return f"{column} IN ({', '.join(year[:4] for year in years)})"


def grouping_sets(by: Sequence[str], always: tuple[str, ...] = ()) -> str:
    """SQL grouping sets for every margin of the dimensions; a year has none (years are never added)."""
    sets: list[tuple[str, ...]] = [always]
    for name in by:
        with_name = [(*group, name) for group in sets]
        sets = with_name if name == "year" else sets + with_name
    return ", ".join(f"({', '.join(group)})" for group in sets)


def mentioned(sql: str, names: Iterable[str]) -> list[str]:
    """Which of some names stand in an SQL expression."""
    return [name for name in names if re.search(rf"\b{name}\b", sql)]


# The datasets


def _complaints(has: Callable[[str], bool]) -> dict[str, str]:
    concern = [
        f"coalesce(x.{name}, FALSE)"
        for name in ("racism_concern_complainant", "racism_concern_investigator")
        if has(name)
    ]
    known = has("ethnicity_ppud") or has("nomis_ethnicity.ethnicity_code")
    return {
        "person_id": "x.person_id",
        "nomis": "coalesce(k.nomis, 0)" if known else "0",
        "ppud": "coalesce(k.ppud, 0)" if known else "0",
        **_place(has),
        "category": _recorded("category", has),
        "outcome": "x.outcome" if has("outcome") else "CAST(NULL AS VARCHAR)",
        "eligible": "x.eligible" if has("eligible") else "CAST(NULL AS BOOLEAN)",
        "racism_concern": " OR ".join(concern) or "FALSE",
        "received_year": reporting_year_of("x.received_date"),
        "completed_year": reporting_year_of("x.completed_date") if has("completed_date") else "CAST(NULL AS INTEGER)",
    }


def _population(has: Callable[[str], bool]) -> dict[str, str]:
    return _stock(has) | {
        **_place(has),
        "age_band": _recorded("age_band", has),
        "sex": _recorded("sex", has),
        "setting": _setting(has, "'prison'"),
    }


def _caseload(has: Callable[[str], bool]) -> dict[str, str]:
    return _stock(has) | {"region": _recorded("region", has)}


def _stock(has: Callable[[str], bool]) -> dict[str, str]:
    return {
        "snapshot_date": "x.snapshot_date",
        "year": reporting_year_of("x.snapshot_date"),
        "number": "x.number",
        "ethnicity": _ethnicity(has),
    }


def _deaths(has: Callable[[str], bool]) -> dict[str, str]:
    return {
        "year": reporting_year_of(moment("fatal_incidents", has)),
        "ethnicity": _ethnicity(has),
        **_place(has),
        "setting": _setting(has, "x.setting"),
    } | {name: _recorded(name, has) for name in ("cause", "age_band", "sex")}


def moment(table: str, has: Callable[[str], bool]) -> str:
    """SQL for the day of a row of an input that has some of the fields for it."""
    return f"coalesce({', '.join(sql for name, sql in MOMENTS[table].items() if has(name))})"


def _terminations(has: Callable[[str], bool]) -> dict[str, str]:
    return {
        "person_id": "x.person_id" if has("person_id") else "CAST(NULL AS VARCHAR)",
        "year": reporting_year_of("x.end_date"),
        "ethnicity": _ethnicity(has),
    } | {name: _recorded(name, has) for name in ("region", "order_type", "outcome")}


# Their parts


def _recorded(name: str, has: Callable[[str], bool]) -> str:
    return f"coalesce(x.{name}, '{NOT_RECORDED}')" if has(name) else f"'{NOT_RECORDED}'"


def _ethnicity(has: Callable[[str], bool]) -> str:
    return "coalesce(c.number, 0)" if has("ethnicity_code") else "0"


def _place(has: Callable[[str], bool]) -> dict[str, str]:
    """SQL for the type and the region of an establishment."""
    otherwise = {"establishment_type": UNKNOWN_TYPE, "region": NOT_RECORDED}
    return {
        name: f"coalesce(e.{name}, '{text}')"
        if has(f"establishments.{name}") and has("establishment")
        else "CAST(NULL AS VARCHAR)"
        for name, text in otherwise.items()
    }


def _setting(has: Callable[[str], bool], recorded: str) -> str:
    """SQL for the setting; told apart in population and deaths alike, or where deaths do not tell it in neither."""
    if not has("fatal_incidents.setting"):
        return "'prison'"
    centre = f"{_place(has)['establishment_type']} = 'Immigration removal centre'"
    return f"CASE WHEN {centre} THEN 'immigration removal' ELSE {recorded} END"


def _establishments(dataset: str, has: Has) -> str:
    """The join that finds the type and region of the day on which something happened."""
    day = moment(DATASETS[dataset], lambda field: has(field, dataset))
    limits = {"valid_from": "<=", "valid_to": ">="}
    within = [
        f"(e.{name} IS NULL OR e.{name} {sign} {day})"
        for name, sign in limits.items()
        if has(f"establishments.{name}", dataset)
    ]
    on = " AND ".join(["e.establishment = x.establishment", *within])
    return f" LEFT JOIN {input_table('establishments')} e ON {on}"


def _codes(column: str = "ethnicity_code", left: bool = False) -> str:
    """The join that finds the number of a raw code's detailed ethnic group; unknown codes have none."""
    number = numbers()
    values = ", ".join(f"({literal(code)}, {number[group]})" for code, group in raw_codes().items())
    return f"{'LEFT ' * left}JOIN (VALUES {values}) AS c(code, number) ON c.code = x.{column}"


def reporting_year_of(day: str) -> str:
    """SQL for the calendar year in which the reporting year of a day begins."""
    return f"year({day}) - CASE WHEN month({day}) < {APRIL} THEN 1 ELSE 0 END"


def _case(column: str, mapping: Mapping[int, str]) -> str:
    whens = " ".join(f"WHEN {value} THEN {literal(text)}" for value, text in mapping.items())
    return f"CASE {column} {whens} END"
