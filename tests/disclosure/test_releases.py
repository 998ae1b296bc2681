"""Other releases give nothing back: last year's report, pooled years, a regional edition."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from reportlib.disclosure import CountTable, Policy, Relations, audit, protect

YEARS = ("2022-23", "2023-24", "2024-25")
POOLED = "2022-23 to 2024-25"
RELATIONS = Relations(
    {
        "ethnicity": {"all": [("A", "B", "W")]},
        "year": {POOLED: [YEARS]},
        "region": {"all": [("London", "Wales", "North")]},
    }
)


DEATHS = {"open": {"A": 0, "B": 1, "W": 2}, "closed": {"A": 9, "B": 20, "W": 61}}


def table(name: str, by: str, counts: dict[str, int | None], **fixed: str) -> CountTable:
    frame = pd.DataFrame({by: list(counts), "value": pd.array(list(counts.values()), dtype="Int64")})
    return CountTable(name, "received", frame.assign(**fixed))


def hidden(tables: list[CountTable], name: str, by: str, carried: tuple[CountTable, ...] = ()) -> dict[str, str]:
    pattern = protect(tables, Policy(), RELATIONS, carried)
    assert audit(tables, Policy(), RELATIONS, pattern, carried)["passed"].all()
    own = next(t for t in tables if t.name == name)
    return {code: m for code, m in zip(own.frame[by], pattern.marks(name), strict=True) if m}


def test_single_years_taken_from_the_pooled_period() -> None:
    """The single years are shown but one; the pooled figure would give that one back."""
    trend = table("trend", "year", {"2022-23": 20, "2023-24": 4, "2024-25": 30}, ethnicity="A")
    pooled = table("pooled", "ethnicity", {"A": 54, "B": 60, "W": 300, "all": 414}, year=POOLED)
    found = hidden([trend, pooled], "trend", "year")
    assert found["2023-24"] == "primary" and len(found) == 2


def test_a_regional_edition_taken_from_the_national() -> None:
    national = table("national", "ethnicity", {"A": 20, "B": 60, "W": 300}, region="all")
    london = table("london", "ethnicity", {"A": 17, "B": 20, "W": 100}, region="London")
    assert "A" in hidden([national, london], "london", "ethnicity") | hidden(
        [national, london], "national", "ethnicity"
    )


def test_what_was_hidden_last_year_stays_hidden() -> None:
    """B was hidden for A's sake; A is no longer in any table, B still is."""
    before = table("last", "ethnicity", {"A": None, "B": None, "W": 300, "all": 364}, year="2023-24")
    now = table("now", "ethnicity", {"B": 60, "W": 300, "all": 364}, year="2023-24")
    assert hidden([now], "now", "ethnicity", (before,)) == {"B": "carried"}


def test_what_was_shown_last_year_is_known() -> None:
    """Two single years of three were shown last year: the pooled figure would give the third."""
    before = table("last", "year", {"2022-23": 20, "2023-24": 30}, ethnicity="A")
    now = table("now", "ethnicity", {"A": 53, "B": 60, "W": 300}, year=POOLED)
    assert hidden([now], "now", "ethnicity", (before,)) == {"A": "implied"}
    assert hidden([now], "now", "ethnicity") == {}


def test_one_release_that_was_revised_does_not_take_another_with_it() -> None:
    """Last year's report counts otherwise by now; what the ministry published still gives the third year."""
    revised = replace(table("last", "ethnicity", {"A": 19, "B": 60}, year=POOLED), release="last year's")
    ministry = replace(table("ministry", "year", {"2022-23": 20, "2023-24": 30}, ethnicity="A"), release="ministry")
    now = table("now", "ethnicity", {"A": 53, "B": 60, "W": 300}, year=POOLED)
    assert hidden([now], "now", "ethnicity", (revised, ministry)) == {"A": "implied"}


def test_a_published_death_table_is_known_to_the_attacker() -> None:
    """Deaths of each type are published, 3 of them in one; who of them was Black may not be told by subtraction."""
    ministry = CountTable(
        "deaths-by-type", "deaths", pd.DataFrame({"type": ["open", "closed"], "year": "2023-24", "value": [3, 90]})
    )
    frame = pd.DataFrame(
        [
            ("open", "A", 0),
            ("open", "B", 1),
            ("open", "W", 2),
            ("closed", "A", 9),
            ("closed", "B", 20),
            ("closed", "W", 61),
        ],
        columns=["type", "ethnicity", "value"],
    )
    ours = [CountTable("ours", "deaths", frame.assign(year="2023-24"))]
    relations = replace(RELATIONS, hierarchies=RELATIONS.hierarchies | {"type": {"all": [("open", "closed")]}})
    pattern = protect(ours, Policy(), relations, (ministry,))
    found = audit(ours, Policy(), relations, pattern, (ministry,))
    assert found["passed"].all()
    marked = frame[pattern.marks("ours") != ""]
    assert set(map(tuple, marked[["type", "ethnicity"]].to_numpy())) == {("open", "B"), ("open", "W")}
    assert found.set_index("ethnicity")["upper"].to_dict() == {"B": 2, "W": 2}  # 3 between them, at least 1 each
    alone = protect(ours, Policy(), relations)
    assert audit(ours, Policy(), relations, alone)["upper"].max() > 3  # who does not know 3 could not tell


def test_a_figure_that_was_revised_does_not_take_those_of_other_groups_with_it() -> None:
    """B's first year was revised; A's two single years still give the third from the pooled figure."""
    before = CountTable(
        "last",
        "received",
        pd.DataFrame(
            [("A", "2022-23", 20), ("A", "2023-24", 30), ("B", "2022-23", 19)], columns=["ethnicity", "year", "value"]
        ),
    )
    first = table("first", "ethnicity", {"A": 20, "B": 20, "W": 100}, year="2022-23")
    now = table("now", "ethnicity", {"A": 53, "B": 60, "W": 300}, year=POOLED)
    assert hidden([first, now], "now", "ethnicity", (before,)) == {"A": "implied"}


def test_figures_that_both_tell_are_known_though_the_other_release_counts_more() -> None:
    """Theirs counts a fourth group, so sums cannot fit; A's two years still give the third from the pooled figure."""
    told = [(group, year, n) for year, n in (("2022-23", 20), ("2023-24", 30)) for group in "AC"]
    before = CountTable("last", "received", pd.DataFrame(told, columns=["ethnicity", "year", "value"]))
    relations = replace(RELATIONS, hierarchies=RELATIONS.hierarchies | {"ethnicity": {"all": [("A", "B", "W", "C")]}})
    frame = pd.DataFrame(
        [
            *(("A", "2022-23", 20), ("B", "2022-23", 20), ("W", "2022-23", 100), ("all", "2022-23", 140)),
            *(("A", "2023-24", 30), ("B", "2023-24", 20), ("W", "2023-24", 90), ("all", "2023-24", 140)),
            *(("A", POOLED, 53), ("B", POOLED, 60), ("W", POOLED, 300), ("all", POOLED, 413)),
        ],
        columns=["ethnicity", "year", "value"],
    )
    now = [CountTable("now", "received", frame)]
    pattern = protect(now, Policy(), relations, (before,))
    assert audit(now, Policy(), relations, pattern, (before,))["passed"].all()
    assert ("A", POOLED) in set(map(tuple, frame[pattern.marks("now").ne("")][["ethnicity", "year"]].to_numpy()))


def test_a_revised_figure_is_of_another_vintage() -> None:
    before = table("last", "ethnicity", {"A": 19, "B": 60, "W": 300}, year="2023-24")
    now = table("now", "ethnicity", {"A": 20, "B": 60, "W": 301}, year="2023-24")
    assert hidden([now], "now", "ethnicity", (before,)) == {}


def test_a_figure_that_contradicts_another_part_is_of_another_vintage() -> None:
    """25 were not upheld, last year's report says; of 30 by now 12 are upheld, so that one of the two has changed."""
    relations = replace(RELATIONS, chains=(("decided", ("upheld", "not upheld")),))
    counts = {"A": 30, "B": 60, "W": 300}
    decided = replace(table("now", "ethnicity", counts), part="decided")
    upheld = replace(table("upheld", "ethnicity", {"A": 12, "B": 20, "W": 100}), part="upheld")
    revised = replace(table("last", "ethnicity", {"A": 25}), part="not upheld", release="last year's")
    assert protect([decided, upheld], Policy(), relations, (revised,)).rules == {}


def test_parts_that_hang_together() -> None:
    relations = Relations(
        chains=(("decided", ("upheld", "not upheld")), ("received", ("decided", "open")), ("deaths", ("own", "other"))),
        at_most=(("people", "received"),),
    )
    assert relations.tied("upheld") == {"upheld", "not upheld", "decided", "received", "open", "people"}
    assert relations.tied("population") == {"population"}
