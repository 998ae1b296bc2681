"""The audit says what an attacker gets, fails what is not protected, and never tells a count."""

from __future__ import annotations

import logging
from dataclasses import replace

import pandas as pd
import pytest

from reportlib.disclosure import CountTable, Policy, Relations, audit, protect
from reportlib.disclosure.audit import Bounds, _Audit
from reportlib.disclosure.suppress import assemble
from reportlib.errors import ReportError

RELATIONS = Relations({"ethnicity": {"all": [("A", "B", "M", "W")]}, "establishment_type": {"all": [("x", "y", "z")]}})
COUNTS = {"A": 40, "B": 31, "M": 4, "W": 12}


def table(counts: dict[str, int], name: str = "t") -> CountTable:
    codes = counts | {"all": sum(counts.values())}
    return CountTable(name, "received", pd.DataFrame({"ethnicity": list(codes), "value": list(codes.values())}))


def test_a_row_for_each_hidden_cell_and_table() -> None:
    report = audit([table(COUNTS), table(COUNTS, "again")], Policy(), RELATIONS)
    assert report[["table", "ethnicity", "rule"]].to_numpy().tolist() == [
        ["t", "M", "primary"],
        ["again", "M", "primary"],
        ["t", "W", "secondary"],
        ["again", "W", "secondary"],
    ]
    assert report["lower"].tolist() == [1, 1, 1, 1]
    assert report["upper"].tolist() == [15, 15, 15, 15]  # 4 + 12 between them, and at least 1 each
    assert report["passed"].all()


def test_the_exhibited_tables_lie_inside_the_bounds_and_span_the_width() -> None:
    report = audit([table(COUNTS)], Policy(), RELATIONS)
    assert (report["integer_lower"] >= report["lower"]).all()
    assert (report["integer_upper"] <= report["upper"]).all()
    small = report[report["rule"] == "primary"]
    assert (small["integer_upper"] - small["integer_lower"] >= 5).all()


def test_a_cell_that_is_given_away_fails_and_is_not_told() -> None:
    pattern = protect([table(COUNTS)], Policy(), RELATIONS)
    alone = replace(pattern, rules={key: rule for key, rule in pattern.rules.items() if rule == "primary"})
    report = audit([table(COUNTS)], Policy(), RELATIONS, alone)
    assert report["passed"].tolist() == [False]
    assert report[["lower", "upper", "integer_lower", "integer_upper"]].isna().all(axis=None)


def test_a_small_count_that_is_not_hidden_fails_and_is_not_told() -> None:
    nothing = replace(protect([table(COUNTS)], Policy(), RELATIONS), rules={})
    report = audit([table(COUNTS)], Policy(), RELATIONS, nothing)
    assert report[["rule", "passed"]].to_numpy().tolist() == [["not hidden", False]]
    assert report["lower"].isna().all()


@pytest.mark.parametrize(
    ("width", "least", "greatest", "passed"),
    [
        (5, 1, 6, True),
        (5, 3, 8, True),
        (5, 2, 6, False),  # spans four
        (5, 4, 9, False),  # whoever guesses that it is small is left with two values
        (3, 1, 4, False),  # all are small
        (3, 3, 6, True),
    ],
)
def test_a_small_count_passes_with_the_width_a_value_that_is_not_small_and_one_well_below_the_threshold(
    width: int, least: int, greatest: int, passed: bool
) -> None:
    policy = Policy(protection_width=width)
    system, _ = assemble([table(COUNTS)], policy, RELATIONS, [])
    cell = system.keys.index(("received", "M"))
    attack = _Audit(system, policy, protect([table(COUNTS)], policy, RELATIONS), linear=False, untold=system)
    assert attack._passes(cell, Bounds(least, greatest, least, greatest)) == passed


def test_two_in_every_line_is_not_enough() -> None:
    """The bridge: every row and column that has a mark has two, and yet one cell is found exactly."""
    interior = [[3, 4, 20, 30], [5, 2, 4, 40], [25, 30, 3, 5], [35, 45, 4, 2]]
    frame = pd.DataFrame(
        [{"a": str(i), "b": str(j), "value": v} for i, row in enumerate(interior) for j, v in enumerate(row)]
    )
    for axis, other in (("a", "b"), ("b", "a")):
        frame = pd.concat([frame, frame.groupby(other, as_index=False)["value"].sum().assign(**{axis: "all"})])
    bridge = CountTable("bridge", "received", frame.reset_index(drop=True))
    pattern = protect([bridge], Policy(), Relations())
    only_small = replace(pattern, rules={key: r for key, r in pattern.rules.items() if r == "primary"})
    report = audit([bridge], Policy(), Relations(), only_small)
    assert not report.set_index(["a", "b"]).loc[("1", "2"), "passed"]
    assert audit([bridge], Policy(), Relations(), pattern)["passed"].all()


def test_three_two_way_tables_have_one_three_way_table_behind_them() -> None:
    """Everyone at x came in the first year (0 at x in the second), and only 6 of group A did: so A at x are 6 at most.

    No margin that the tables share says so.
    """
    rows = [("A", "x", "1", 3), ("A", "y", "1", 3), ("A", "y", "2", 94), ("B", "x", "1", 50)]
    people = pd.DataFrame(
        [*rows, ("B", "y", "1", 20), ("B", "y", "2", 30)], columns=["group", "place", "year", "value"]
    )
    tables = []
    for one, other in (("group", "place"), ("group", "year"), ("place", "year")):
        full = people.groupby([one, other])["value"].sum().unstack(fill_value=0)
        full["all"] = full.sum(axis=1)
        full.loc["all"] = full.sum()
        tables.append(CountTable(f"{one} by {other}", "received", full.stack().rename("value").reset_index()))
    report = audit(tables, Policy(), Relations()).set_index(["table", "group", "place"])
    assert report.loc[("group by place", "A", "x"), ["lower", "upper"]].tolist() == [1, 6]
    assert report["passed"].all()


def test_figures_that_contradict_one_another_are_named_by_table_not_by_count() -> None:
    wrong = table(COUNTS, "wrong")
    wrong.frame.loc[4, "value"] = 4711
    with pytest.raises(ReportError) as raised:
        protect([wrong], Policy(), RELATIONS)
    assert "wrong" in str(raised.value) and "4711" not in str(raised.value)
    with pytest.raises(ReportError) as raised:
        protect([table(COUNTS, "one"), table(COUNTS | {"A": 39}, "two")], Policy(), RELATIONS)
    assert "one and two" in str(raised.value)
    assert not any(count in str(raised.value) for count in ("39", "40"))
    whole, more = table(COUNTS, "received"), replace(table(COUNTS | {"A": 47}, "eligible"), part="eligible")
    with pytest.raises(ReportError, match="eligible and received"):
        protect([whole, more], Policy(), replace(RELATIONS, chains=(("received", ("eligible", "not eligible")),)))


def test_a_table_with_a_missing_or_negative_count_is_refused() -> None:
    with pytest.raises(ReportError, match="missing or negative"):
        protect([table(COUNTS | {"A": -1})], Policy(), RELATIONS)


def test_the_log_tells_no_count(caplog: pytest.LogCaptureFixture) -> None:
    counts = {"A": 4_001, "B": 3_107, "M": 4, "W": 1_203}
    with caplog.at_level(logging.DEBUG, "reportlib.disclosure"):
        audit([table(counts)], Policy(), RELATIONS)
    (said,) = [text for text in caplog.messages if "ethnicity M" in text and "safe" in text]
    assert said == "received, ethnicity M (primary): safe"
    assert not any(f"{n}" in caplog.text for n in (4_001, 3_107, 1_203))


def test_the_same_tables_give_the_same_pattern_in_any_order() -> None:
    tables = [table(COUNTS), table({"A": 9, "B": 3, "M": 2, "W": 8}, "other")]
    tables[1] = replace(tables[1], part="eligible")
    relations = replace(RELATIONS, chains=(("received", ("eligible", "not eligible")),))
    one = protect(tables, Policy(), relations)
    other = protect(tables[::-1], Policy(), relations)
    assert one.rules == other.rules


def test_progress_is_told_as_components_are_done() -> None:
    seen: list[tuple[int, int]] = []
    protect([table(COUNTS)], Policy(), RELATIONS, progress=lambda done, of: seen.append((done, of)))
    assert seen[-1][0] == seen[-1][1]


LEFT_OUT = pd.DataFrame({"establishment_type": ["a", "b"], "value": [5, 9]})
OF_FOUR = Relations({"establishment_type": {"all": [("a", "b", "c", "d")], "a+b": [("a", "b")]}})


def of_types(counts: dict[str, int]) -> CountTable:
    frame = pd.DataFrame({"establishment_type": list(counts), "value": list(counts.values())})
    return CountTable("t", "deaths", frame)


def test_what_is_known_of_parts_that_are_left_out_narrows_none_of_them_too_much() -> None:
    """Of 14 in two parts, each of 1 to 9, each has 5 at least: a shown part is hidden, so that nobody knows the 14."""
    shown = of_types({"c": 40, "d": 31, "all": 40 + 31 + 5 + 9})
    known = CountTable("t, left out", "deaths", LEFT_OUT, below=10)
    assert not protect([shown], Policy(), OF_FOUR).rules  # but for what is known of them, nothing need be hidden
    nothing = replace(protect([shown, known], Policy(), OF_FOUR), rules={})
    told = audit([shown, known], Policy(), OF_FOUR, nothing).set_index("establishment_type")
    assert told.loc["a", ["integer_lower", "integer_upper", "passed"]].tolist() == [5, 9, False]
    report = audit([shown, known], Policy(), OF_FOUR).set_index("establishment_type")
    assert report["passed"].all()
    assert report.loc["a", "integer_lower"] <= 3 and 5 < report.loc["a", "integer_upper"] <= 9


def test_what_groups_leave_of_parts_that_are_left_out_tells_of_these_parts_too() -> None:
    """The total of all is not shown; of each group the two parts together are what others leave: 6 and 8, so 14."""
    counts = {("c", "W"): 20, ("d", "W"): 20, ("all", "W"): 46, ("c", "M"): 20, ("d", "M"): 11, ("all", "M"): 39}
    types, groups = zip(*counts, strict=True)
    frame = pd.DataFrame({"establishment_type": types, "ethnicity": groups, "value": list(counts.values())})
    ties = Relations(OF_FOUR.hierarchies | {"ethnicity": {"all": [("W", "M")]}})
    tables = [CountTable("t", "deaths", frame), CountTable("t, left out", "deaths", LEFT_OUT, below=10)]
    nothing = replace(protect(tables, Policy(), ties), rules={})
    told = audit(tables, Policy(), ties, nothing).set_index(["establishment_type", "ethnicity"])
    assert told.loc[("a", "all"), ["integer_lower", "integer_upper", "passed"]].tolist() == [5, 9, False]
    assert audit(tables, Policy(), ties)["passed"].all()
