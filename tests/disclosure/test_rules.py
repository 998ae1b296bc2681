"""Which cells are hidden, and by which rule, on tables small enough to work out by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from reportlib.disclosure import CountTable, Exemption, Policy, Relations, audit, protect
from reportlib.errors import ReportError

FIVE = ("A", "B", "M", "W", "O", "NS")
GROUPS = Relations({"ethnicity": {"all": [FIVE]}})


def by_group(name: str, part: str, counts: dict[str, int], **options: object) -> CountTable:
    frame = pd.DataFrame({"ethnicity": list(counts), "value": list(counts.values())})
    return CountTable(name, part, frame, **options)  # type: ignore[arg-type]


def with_total(counts: dict[str, int]) -> dict[str, int]:
    return counts | {"all": sum(counts.values())}


def marks(tables: list[CountTable], relations: Relations = GROUPS, policy: Policy | None = None) -> dict[str, str]:
    """table/group -> rule, for hidden cells."""
    pattern = protect(tables, policy or Policy(), relations)
    assert audit(tables, policy or Policy(), relations, pattern)["passed"].all()
    rows = [
        (f"{t.name}/{g}", m) for t in tables for g, m in zip(t.frame["ethnicity"], pattern.marks(t.name), strict=True)
    ]
    return {place: mark for place, mark in rows if mark}


def test_a_small_count_takes_one_more_cell_with_it() -> None:
    found = marks([by_group("t", "received", with_total({"A": 40, "B": 30, "M": 3, "W": 90, "O": 12, "NS": 50}))])
    assert found == {"t/M": "primary", "t/O": "secondary"}


def test_nothing_small_nothing_hidden() -> None:
    assert marks([by_group("t", "received", with_total({"A": 40, "B": 30, "M": 6, "W": 90, "O": 12, "NS": 50}))]) == {}


def test_zero_is_shown_and_hides_nothing() -> None:
    found = marks([by_group("t", "received", with_total({"A": 40, "B": 0, "M": 3, "W": 0, "O": 12, "NS": 0}))])
    assert "t/B" not in found and "t/W" not in found and "t/NS" not in found
    assert found["t/M"] == "primary" and len(found) == 2


@pytest.mark.parametrize(("count", "threshold", "hidden"), [(5, 5, True), (6, 5, False), (3, 2, False), (2, 2, True)])
def test_the_threshold_is_a_parameter(count: int, threshold: int, hidden: bool) -> None:
    table = by_group("t", "received", with_total({"A": 40, "B": 30, "M": count, "W": 90, "O": 12, "NS": 50}))
    assert ("t/M" in marks([table], policy=Policy(threshold=threshold))) == hidden


def test_a_sum_over_snapshots_is_judged_by_the_average() -> None:
    """Twelve months of 4 people add up to 48; of 6 people, to 72."""
    average = {"A": 480, "B": 360, "M": 48, "W": 1080, "O": 144, "NS": 600}
    table = by_group("t", "population", with_total(average), scale=12)
    assert marks([table])["t/M"] == "primary"
    bounds = audit([table], Policy(), GROUPS).set_index("ethnicity").loc["M"]
    assert bounds["integer_upper"] - bounds["integer_lower"] >= 12 * 5
    assert marks([by_group("t", "population", with_total(average | {"M": 72}), scale=12)]) == {}


def test_what_is_not_upheld_is_protected_though_no_table_shows_it() -> None:
    relations = replace(GROUPS, chains=(("decided", ("upheld", "not upheld")),))
    decided = by_group("d", "decided", {"A": 40, "B": 30, "M": 20, "W": 90})
    upheld = by_group("u", "upheld", {"A": 15, "B": 12, "M": 17, "W": 40})  # 3 of the 20 were not
    assert set(marks([decided, upheld], relations)) & {"d/M", "u/M"}
    assert set(marks([decided, upheld], relations).values()) == {"implied"}


def test_received_less_eligible_is_protected() -> None:
    relations = replace(GROUPS, chains=(("received", ("eligible", "not eligible")),))
    tables = [by_group("r", "received", {"A": 40, "B": 30}), by_group("e", "eligible", {"A": 38, "B": 10})]
    assert set(marks(tables, relations)) in ({"r/A"}, {"e/A"})


def test_several_ways_to_divide_one_whole() -> None:
    relations = replace(GROUPS, chains=(("done", ("upheld", "other")), ("done", ("racism", "no racism"))))
    tables = [by_group("d", "done", {"A": 40}), by_group("u", "upheld", {"A": 38}), by_group("r", "racism", {"A": 37})]
    assert set(marks(tables, relations)) in ({"d/A"}, {"u/A", "r/A"})


def test_all_or_none_of_a_group_under_ten_is_known_of_each() -> None:
    relations = replace(GROUPS, chains=(("decided", ("upheld", "not upheld")),))
    for upheld in (0, 8):
        tables = [by_group("d", "decided", {"A": 8, "B": 30}), by_group("u", "upheld", {"A": upheld, "B": 12})]
        assert marks(tables, relations)["d/A"] == "implied"
    tables = [by_group("d", "decided", {"A": 10, "B": 30}), by_group("u", "upheld", {"A": 0, "B": 12})]
    assert marks(tables, relations) == {}


def test_a_group_that_no_table_shows_is_what_the_others_leave() -> None:
    """40 + 30 + 90 of 163: the groups left out are 3 people."""
    found = marks([by_group("t", "received", {"A": 40, "B": 30, "W": 90, "all": 163})])
    assert list(found.values()) == ["implied"]


def test_white_less_white_british_is_protected() -> None:
    relations = Relations({"ethnicity": {"all": [("W", "A"), ("WB", "EM")], "W": [("W1", "W2")], "WB": [("W1",)]}})
    tables = [by_group("broad", "received", {"W": 50, "A": 20}), by_group("two", "received", {"WB": 47, "EM": 23})]
    assert set(marks(tables, relations)) & {"broad/W", "two/WB"}


def test_one_count_is_one_cell_in_every_table() -> None:
    counts = with_total({"A": 40, "B": 30, "M": 3, "W": 90, "O": 12, "NS": 50})
    found = marks([by_group("one", "received", counts), by_group("two", "received", counts)])
    assert {place.split("/")[1] for place in found if place.startswith("one")} == {"M", "O"}
    assert {place.split("/")[1] for place in found if place.startswith("two")} == {"M", "O"}


def test_which_other_count_is_hidden_does_not_tell_how_small_the_small_one_is() -> None:
    """Whoever tries every table that fits what is shown finds the same marks for each, so learns nothing from them."""
    found = set()
    for small in range(1, 6):
        counts = with_total({"A": 40, "B": 28 - small, "M": small, "W": 90, "O": 26, "NS": 50})
        found.add(frozenset(marks([by_group("one", "received", counts)])))
    assert len(found) == 1


def test_who_guesses_that_a_mark_hides_a_small_count_is_left_with_three_values() -> None:
    """M is 5 at least, as 60 - 20 - 20 - 15 shows, unless a count of M that is not small is hidden too."""
    frame = pd.DataFrame(
        [
            ("M", "High", 20), ("M", "Open", 20), ("M", "Women", 15), ("M", "Centre", 5), ("M", "all", 60),
            ("W", "High", 90), ("W", "Open", 80), ("W", "Women", 70), ("W", "Centre", 50), ("W", "all", 290),
        ],
        columns=["ethnicity", "kind", "value"],
    )  # fmt: skip
    people = CountTable("people", "people", frame, additive=False)
    relations = Relations({"ethnicity": {"all": [("M", "W")]}, "kind": {"all": [("High", "Open", "Women", "Centre")]}})
    pattern = protect([people], Policy(), relations)
    hidden = frame[pattern.marks("people").ne("")]
    assert "Centre" in set(hidden["kind"]) and hidden["ethnicity"].eq("M").sum() > 1
    found = audit([people], Policy(), relations, pattern).set_index(["ethnicity", "kind"])
    assert found["passed"].all() and found["lower"]["M", "Centre"] <= 3


def test_a_small_count_that_others_have_published_stays() -> None:
    published = by_group("ministry", "deaths", {"M": 3}, published=True)
    ours = by_group("ours", "deaths", with_total({"A": 40, "B": 30, "M": 3, "W": 90, "O": 12, "NS": 50}))
    assert marks([published, ours]) == {}


def test_a_published_total_is_known_to_the_attacker() -> None:
    """Our table has no total; the published one gives the small count by subtraction."""
    published = by_group("ministry", "deaths", {"all": 265}, published=True)
    ours = by_group("ours", "deaths", {"A": 40, "B": 70, "M": 3, "W": 90, "O": 12, "NS": 50})
    assert marks([published, ours]) == {"ours/M": "primary", "ours/O": "secondary"}
    assert marks([ours]) == {"ours/M": "primary"}


def test_published_figures_may_leave_less_room_than_the_policy_asks() -> None:
    """Four deaths in all are published: whatever is hidden is 1 to 3, and is left at that."""
    published = by_group("ministry", "deaths", {"all": 4}, published=True)
    ours = by_group("ours", "deaths", {"A": 1, "B": 3, "M": 0, "W": 0, "O": 0, "NS": 0})
    assert marks([published, ours]) == {"ours/A": "primary", "ours/B": "primary"}


def test_an_exempted_table_is_shown_whole() -> None:
    table = by_group("t", "received", with_total({"A": 40, "B": 30, "M": 3, "W": 90, "O": 12, "NS": 50}))
    policy = Policy(exemptions=(Exemption("t", "published in Parliament", "R. Viewer"),))
    assert marks([table], policy=policy) == {}
    assert policy.reasons()["reason"].tolist()[-1] == "published in Parliament"


def test_an_exemption_needs_a_reason_and_a_name() -> None:
    with pytest.raises(ReportError, match="needs a reason and a name"):
        Policy(exemptions=(Exemption("t", " ", "R. Viewer"),))


@pytest.mark.parametrize("rule", [{"threshold": 0}, {"threshold": 6}, {"protection_width": 0}])
def test_rules_outside_what_is_allowed_are_refused(rule: dict[str, int]) -> None:
    with pytest.raises(ReportError):
        Policy(**rule)  # type: ignore[arg-type]


def test_every_rule_has_a_reason() -> None:
    reasons = Policy().reasons()
    assert {"threshold", "protection width", "minimum denominator", "zeros"} <= set(reasons["rule"])
    assert reasons["reason"].str.len().min() > 20
