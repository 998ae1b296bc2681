"""The policy of the parameters is applied to the report's tables, and attacked before anything is published."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from reportlib.build import protection as module
from reportlib.build.counting import Counted
from reportlib.build.protection import protection
from reportlib.build.relations import _left_out, _nobody, relations
from reportlib.disclosure import CountTable, Pattern, Relations, Told, audit
from reportlib.editions import NATIONAL, Edition
from reportlib.errors import ReportError
from reportlib.measures import MEASURES, PARTS, TableSpec
from reportlib.params import Disclosure

RELATIONS = Relations({"ethnicity": {"all": [("A", "B", "M", "W")]}})
COUNTS = {"A": 40, "B": 30, "M": 3, "W": 12, "all": 85}


def table(name: str = "deaths-by-ethnicity: deaths/prison") -> CountTable:
    frame = pd.DataFrame({"ethnicity": list(COUNTS), "value": list(COUNTS.values())})
    return CountTable(name, "deaths/prison", frame)


def marks(disclosure: Disclosure) -> list[str]:
    made = protection(disclosure, [table()], RELATIONS, [])
    return made.pattern.marks(table().name).tolist()


def test_the_rules_are_those_of_the_parameters() -> None:
    policy = protection(
        Disclosure(threshold=3, protection_width=7, minimum_denominator=12), [table()], RELATIONS, []
    ).policy
    assert (policy.threshold, policy.protection_width, policy.minimum_denominator) == (3, 7, 12)


def test_control_that_is_off_hides_nothing() -> None:
    made = protection(Disclosure(off="for the analyst alone"), [table()], RELATIONS, [])
    assert set(made.pattern.marks(table().name)) == {""}


def test_an_exempted_table_is_shown_whole_and_printed_with_reason_and_name() -> None:
    exempted = {"table": "deaths-by-ethnicity", "reason": "published in Parliament", "reviewer": "R. Viewer"}
    disclosure = Disclosure.model_validate({"exemptions": [exempted]})
    assert set(marks(disclosure)) == {""}
    both = [table(), replace(table("deaths-by-ethnicity: population"), part="population")]
    made = protection(disclosure, both, RELATIONS, [])
    assert {mark for each in both for mark in made.pattern.marks(each.name)} == {""}
    last = protection(disclosure, [table()], RELATIONS, []).policy.reasons().iloc[-1].tolist()
    assert last == [f"shown whole: {table().name}", "exempted by R. Viewer", "published in Parliament"]


def test_a_table_that_is_not_there_cannot_be_exempted() -> None:
    exempted = {"table": "deaths-by-ethnicty", "reason": "published in Parliament", "reviewer": "R. Viewer"}
    with pytest.raises(ReportError) as raised:
        marks(Disclosure.model_validate({"exemptions": [exempted]}))
    assert "'deaths-by-ethnicty'; the nearest is 'deaths-by-ethnicity'" in str(raised.value)


@pytest.mark.parametrize(
    ("groups", "least", "most", "away"),
    [("M", 2, 5, True), ("M", 1, 14, False), ("MW", 10, 20, False), ("BW", 40, 60, True), ("BW", 38, 60, False)],
)
def test_what_is_told_of_a_sum_besides_can_give_a_hidden_count_away(
    caplog: pytest.LogCaptureFixture, groups: str, least: int, most: int, away: bool
) -> None:
    """M (3) and W (12) are hidden, and are 15 together; with the 30 of B, 10 of W or more say that M is at most 5.

    Of a trial nobody hears: it says of what is published nothing.
    """
    made = protection(Disclosure(), [table()], RELATIONS, [])
    assert made.pattern.marks(table().name).ne("").tolist() == [False, False, True, True, False]
    told = Told("deaths/prison", tuple({"ethnicity": group} for group in groups), least, most)
    assert made.gives_away(told) == away
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_zeros_are_hidden_if_the_parameters_say_so() -> None:
    nobody = replace(table(), frame=pd.DataFrame({"ethnicity": ["A", "B", "M", "W"], "value": [40, 30, 0, 12]}))
    for zeros, hidden in (("shown", False), ("hidden", True)):
        made = protection(Disclosure.model_validate({"zeros": zeros}), [nobody], RELATIONS, [])
        assert (made.pattern.marks(nobody.name)[2] == "primary") == hidden
    found = audit([nobody], made.policy, RELATIONS, made.pattern)
    assert found["integer_lower"].min() == 0  # a mark may then hide nothing


def test_a_pattern_that_gives_a_count_away_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails in the search for a pattern, the attack on it stops the report, and tells no count."""
    real = module.protect

    def forgetful(*given: object) -> Pattern:
        pattern = real(*given)  # type: ignore[arg-type]
        return replace(pattern, rules={key: rule for key, rule in pattern.rules.items() if rule == "primary"})

    monkeypatch.setattr(module, "protect", forgetful)
    with pytest.raises(ReportError) as raised:
        protection(Disclosure(), [table()], RELATIONS, [])
    assert "deaths-by-ethnicity: deaths/prison" in str(raised.value) and "M" in str(raised.value)
    assert not any(str(count) in str(raised.value) for count in COUNTS.values())


def test_what_the_whole_leaves_out_of_its_types_nobody_has_in_any_edition() -> None:
    """In one by type too, whose own table has one type alone; an earlier report may show a type that is gone."""
    london = Edition(name="london", title="London", dimension="region", values=("London",))
    open_ = Edition(name="open", title="Open", dimension="establishment_type", values=("Open",))

    def listing(edition: Edition, part: str, types: Sequence[str], left_out: Sequence[str] = ()) -> Counted:
        frame = pd.DataFrame({"establishment_type": types, "value": 30})
        gone = {"establishment_type": dict.fromkeys(left_out, 9)}
        return Counted(edition, None, PARTS[part], frame, 1, False, gone)  # type: ignore[arg-type]

    counted = [
        listing(NATIONAL, "complaints/received", ["Open", "Closed", "all"], left_out=["Few"]),
        listing(london, "complaints/received", ["Closed", "all"]),
        listing(open_, "complaints/received", ["Open"]),
        listing(london, "deaths/prison", ["Closed", "all"]),
    ]
    gone = pd.DataFrame({"establishment_type": ["Gone"], "value": [30]})
    before = [CountTable("earlier", part, gone) for part in ("complaints/received", "complaints/upheld")]
    codes = {"establishment_type": {"Open", "Closed", "Few", "Gone", "Escort"}}
    assert _nobody(codes, counted, before, {}) == {("complaints/received", "establishment_type"): {"Escort"}}
    held = {("deaths/prison", "establishment_type"): {"Closed", "Open"}}  # no table of the whole lists any
    assert _nobody(codes, counted, before, held)["deaths/prison", "establishment_type"] == {"Few", "Gone", "Escort"}


def test_what_a_table_leaves_out_is_known_to_be_little_of_its_years_in_its_edition() -> None:
    london = Edition(name="london", title="London", dimension="region", values=("London",))
    spec = TableSpec("t", MEASURES["deaths"], ("establishment_type", "ethnicity"), "5+1", "pooled")
    frame = pd.DataFrame({"establishment_type": ["Open", "all"], "ethnicity": "all", "value": [30, 44]})
    left_out = {"establishment_type": {"escort": 5, "closed": 9}}
    events, population = (
        Counted(london, spec, part, frame, 1, False, left_out)
        for part in (spec.measure.numerator, spec.measure.denominator)
    )
    known = events.left_out_as_known("2022-23 to 2024-25")
    assert known.below == 10 and known.part == spec.measure.numerator.code
    assert known.frame.to_dict("records") == [
        {"establishment_type": code, "value": n, "region": "London", "year": "2022-23 to 2024-25"}
        for code, n in (("escort", 5), ("closed", 9))
    ]
    assert population.left_out_as_known("2022-23 to 2024-25") is None
    assert _left_out("establishment_type", [events, population]) == {"closed+escort": [("closed", "escort")]}


def test_how_many_more_complaints_than_people_there_are_is_a_count_to_protect() -> None:
    params = SimpleNamespace(editions=[], pooled_label="2024-25")
    ties = relations(params, None, [], [])  # type: ignore[arg-type]
    assert ("complaints/received", ("people/complained", "repeated complaints/received")) in ties.chains


def test_years_make_up_the_periods_of_every_report_and_nobody_counts_more_often_than_they_complained() -> None:
    frame = pd.DataFrame({"ethnicity": ["A"], "year": ["2020-21 to 2021-22"], "value": [40]})
    earlier = CountTable("t", "complaints/received", frame)
    params = SimpleNamespace(editions=[], pooled_label="2022-23 to 2024-25")
    ties = relations(params, None, [], [earlier])  # type: ignore[arg-type]
    assert ties.hierarchies["year"] == {
        "2020-21 to 2021-22": [("2020-21", "2021-22")],
        "2022-23 to 2024-25": [("2022-23", "2023-24", "2024-25")],
    }
    assert ("people/complained", "complaints/received") in ties.at_most
    one_each = {"ethnicity", "ethnicity_nomis", "ethnicity_ppud", "ethnicity_source"}
    assert set(ties.fixed) == one_each  # a person has one, so that even people add up
