"""Distinct people: a person may be in two years, or complain twice, but is in one ethnic group."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reportlib.disclosure import CountTable, Policy, Relations, audit, protect
from reportlib.errors import ReportError

GROUPS = ("A", "B", "W")
YEARS = ("2023-24", "2024-25")
POOLED = "2023-24 to 2024-25"
RELATIONS = Relations({"ethnicity": {"all": [GROUPS]}, "year": {POOLED: [YEARS]}})


def people(counts: dict[tuple[str, str], int], name: str = "people", part: str = "people") -> CountTable:
    rows = [{"ethnicity": group, "year": year, "value": value} for (group, year), value in counts.items()]
    return CountTable(name, part, pd.DataFrame(rows), additive=False)


def found(tables: list[CountTable], relations: Relations = RELATIONS) -> pd.DataFrame:
    report = audit(tables, Policy(), relations)
    assert report["passed"].all()
    return report.set_index(["ethnicity", "year"])


def test_years_do_not_add_up_so_the_total_needs_no_second_cell() -> None:
    """3 people in one year, 14 in the other, 15 in all: two of the three are in both, but nobody can tell."""
    report = found([people({("A", "2023-24"): 3, ("A", "2024-25"): 14, ("A", POOLED): 15})])
    assert report.index.tolist() == [("A", "2023-24")]
    assert report.loc[("A", "2023-24"), ["lower", "upper"]].tolist() == [1, 15]


def test_a_total_at_its_least_or_greatest_gives_the_parts_away_and_is_protected() -> None:
    """12 + 3 = 15: had they been other people, there would be 15; the attacker knows at least 3 are new."""
    table = people({("A", "2023-24"): 3, ("A", "2024-25"): 12, ("A", POOLED): 15})
    marks = protect([table], Policy(), RELATIONS).marks("people").tolist()
    assert marks[0] == "primary"
    report = found([table])
    assert report.loc[("A", "2023-24"), "lower"] == 3  # 15 - 12, when both of these are shown


def test_groups_add_up_even_for_people() -> None:
    counts = {("A", POOLED): 3, ("B", POOLED): 20, ("W", POOLED): 40, ("all", POOLED): 63}
    marks = protect([people(counts)], Policy(), RELATIONS).marks("people").tolist()
    assert marks == ["primary", "secondary", "", ""]


def test_there_are_no_more_people_than_events() -> None:
    """4 people made 6 complaints: known to be at most 6."""
    relations = replace(RELATIONS, at_most=(("people", "received"),))
    events = replace(people({("A", POOLED): 6}, "events", "received"), additive=True)
    report = found([people({("A", POOLED): 4}), events], relations)
    assert report.loc[("A", POOLED), ["lower", "upper"]].tolist() == [1, 6]


def test_events_too_few_for_the_width_are_hidden_with_the_people() -> None:
    relations = replace(RELATIONS, at_most=(("people", "received"),), fixed=("ethnicity",))
    events = replace(people({("A", POOLED): 7}, "events", "received"), additive=True)
    pattern = protect([people({("A", POOLED): 5}), events], Policy(protection_width=8), relations)
    assert pattern.marks("events").tolist() == ["secondary"]


def test_where_a_table_lists_every_type_that_somebody_has_the_types_may_add_up_after_all() -> None:
    """60 + 39 + 34 = 133, so nobody is in two types, and 32 - 20 - 9 = 3 and 101 - 40 - 30 = 31 are in the centre.

    A type that only another table lists must not be thought to hold the people that are left: readers see that it
    holds none.
    """
    counts = {
        **{("A", "High"): 20, ("A", "Open"): 9, ("A", "Centre"): 3, ("A", "all"): 32},
        **{("W", "High"): 40, ("W", "Open"): 30, ("W", "Centre"): 31, ("W", "all"): 101},
        **{("all", "High"): 60, ("all", "Open"): 39, ("all", "Centre"): 34, ("all", "all"): 133},
    }
    frame = pd.DataFrame([(*key, value) for key, value in counts.items()], columns=["ethnicity", "kind", "value"])
    tables = [
        CountTable("people", "people", frame, additive=False),
        CountTable("deaths", "deaths", pd.DataFrame({"kind": ["Escort"], "value": [30]})),
    ]
    unaware = Relations({"ethnicity": {"all": [("A", "W")]}, "kind": {"all": [("High", "Open", "Centre", "Escort")]}})
    aware = replace(unaware, nobody={("people", "kind"): frozenset({"Escort"})})
    beaten = protect(tables, Policy(), unaware)
    assert [key[1:] for key in beaten.rules] == [("A", "Centre"), ("W", "Centre")]
    assert not audit(tables, Policy(), aware, beaten)["passed"].any()
    assert audit(tables, Policy(), aware)["passed"].all()


def test_what_nobody_is_of_in_other_tables_changes_nothing() -> None:
    """An edition without any table by type of establishment."""
    table = people({("A", POOLED): 3, ("B", POOLED): 20, ("W", POOLED): 40, ("all", POOLED): 63})
    relations = replace(RELATIONS, nobody={("people", "establishment_type"): frozenset({"Open"})})
    assert protect([table], Policy(), relations).marks("people").tolist() == ["primary", "secondary", "", ""]


def test_that_one_person_came_twice_is_not_told() -> None:
    """24 complaints of 23 people: shown beside each other, exactly one came twice."""
    relations = replace(RELATIONS, at_most=(("people", "received"),), chains=(("received", ("people", "repeated")),))
    events = {("A", POOLED): 24, ("B", POOLED): 90, ("W", POOLED): 400, ("all", POOLED): 514}
    some = {("A", POOLED): 23, ("B", POOLED): 60, ("W", POOLED): 300, ("all", POOLED): 383}
    tables = [people(some), replace(people(events, "events", "received"), additive=True)]
    pattern = protect(tables, Policy(), relations)
    assert pattern.marks("people")[0] or pattern.marks("events")[0]
    assert audit(tables, Policy(), relations, pattern)["passed"].all()


def test_places_that_hold_the_same_people_do_not_add_up_but_where_each_is_one() -> None:
    """Seven were at both the centre and elsewhere, of which those who were in no region were."""
    region = CountTable("region", "people", pd.DataFrame({"region": ["none"], "value": [30]}), False)
    kind = CountTable("kind", "people", pd.DataFrame({"kind": ["centre", "elsewhere"], "value": [25, 12]}), False)
    codes = {"region": {"all": [("none", "north")]}, "kind": {"all": [("centre", "elsewhere", "closed")]}}
    none, centre, elsewhere = {"region": "none"}, {"kind": "centre"}, {"kind": "elsewhere"}
    assert protect([region, kind], Policy(), Relations(codes, sums=(((none,), (centre, elsewhere)),))).rules == {}
    with pytest.raises(ReportError, match="contradict"):
        protect([region, kind], Policy(), Relations(codes, sums=(((none,), (centre,)),)))


def test_what_is_left_of_places_that_hold_the_same_is_protected_though_no_table_shows_it() -> None:
    """Regions and types of the same records: what two types leave of two regions is 4."""
    region = CountTable("region", "all", pd.DataFrame({"region": ["one", "two"], "value": [76, 56]}))
    kind = CountTable("kind", "all", pd.DataFrame({"kind": ["closed", "open"], "value": [70, 58]}))
    regions = tuple({"region": code} for code in ("one", "two"))
    kinds = tuple({"kind": code} for code in ("closed", "open", "centre"))
    codes = {
        "region": {"all": [("one", "two", "none")]},
        "kind": {"all": [("closed", "open", "centre", "unknown")]},
    }
    assert protect([region, kind], Policy(), Relations(codes, sums=((regions, kinds),))).rules
    assert not protect([region, kind], Policy(), Relations(codes)).rules
