"""Every published figure says where it comes from."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from reportlib import lineage
from reportlib.errors import ReportError
from reportlib.facts import Fact
from reportlib.measures import MEASURES, PARTS
from reportlib.statistics import METHODS

RUN: dict[str, Any] = {
    "code": "c" * 64,
    "lock": "1" * 64,
    "parameters": {"reporting_year": "2024-25", "pooled_years": 3, "trend_years": 5, "confidence_level": 0.95},
    "definitions": {code: measure.definition for code, measure in MEASURES.items()},
    "disclosure": {"threshold": 5, "protection_width": 5, "off": None, "least_for_percent": 10, "least_for_rate": 100},
    "inputs": [
        {"name": name, "files": [f"data/{name}.csv"], "rows": rows, "excluded": excluded, "status": "extract",
         "sha256": digest * 64}
        for name, rows, excluded, digest in (
            ("complaints", "about 4,500", "fewer than 100", "a"),
            ("nomis_ethnicity", "about 3,000", "none", "b"),
            ("population", "about 900", "none", "d"),
        )
    ],
    "findings": [
        {"level": "warning", "text": "data/complaints.csv, row 7, column outcome: the outcome is blank"},
        {"level": "warning", "text": "data/population.csv: the total differs"},
    ],
    "chapters": {"uphold-rates": {"tables": ["upheld"], "published": ["complaints-by-year"]}},
    "tables": {
        "upheld": {"measure": "upheld", "by": ["ethnicity"], "grouping": "5+1", "period": "pooled",
                   "adjust": ["category"], "status": ["extract"], "unavailable": None},
    },
    "hidden": [
        {"table": "upheld", "part": "Complaints upheld", "cells": 8, "hidden": 2}
    ],
}  # fmt: skip


def fact(statistic: str, table: str = "upheld", period: str = "2022-23 to 2024-25", text: str = "0.81") -> Fact:
    name = f"upheld/ethnicity/B/{statistic}"
    return Fact(name, period, "national", "uphold-rates", table, statistic, "Upheld: Black", text, status=("extract",))


def told(run: dict[str, Any], about: Fact) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for term, text in lineage.figure(run, about):
        found.setdefault(term, []).append(text)
    return found


def test_a_figure_says_all_that_it_follows_from():
    found = told(RUN, fact("ratio"))
    measure = MEASURES["upheld"]
    assert (found["Measure"], found["Definition"]) == ([measure.name], [measure.definition])
    dated = "complaints by date completed, rows where the outcome is"
    but = "but for those about probation; counted"
    assert found["Numerator"] == [f"Complaints upheld: {dated} upheld or partly upheld, {but}"]
    assert found["Denominator"] == [f"Complaints decided: {dated} upheld, partly upheld or not upheld, {but}"]
    assert found["Filters"] == ["2022-23 to 2024-25, by ethnic group; ethnic groups 5+1"]
    assert "Koopman (1984)" in found["Method of this figure"][0]
    assert "confidence_level 0.95" in found["Parameters"][0]
    assert found["Input"] == [
        "complaints, extract: about 4,500 rows, fewer than 100 left out as declared, checksum aaaaaaaaaaaa",
        "NOMIS ethnicity, extract: about 3,000 rows, checksum bbbbbbbbbbbb",
    ]
    assert found["Contract finding"] == ["data/complaints.csv, row 7, column outcome: the outcome is blank"]
    assert "2 of 8 cells hidden" in found["Suppression"][0]
    assert found["Code"] == ["digest cccccccccccc, with the lock 111111111111"]


@pytest.mark.parametrize(
    ("statistic", "source"),
    [
        ("value", "Wilson (1927)"),
        ("lower", "Pan and Wall (2002)"),
        ("deff", "Rao and Scott (1992)"),
        ("sentence", "Koopman (1984)"),
        ("gap_lower", "Newcombe (1998b)"),
        ("p_adjusted", "Benjamini and Hochberg (1995)"),
        ("detectable_below", "Fleiss, Levin and Paik (2003)"),
        ("bound_upper", "Manski (1990)"),
        ("adjusted_ratio", "Mantel and Haenszel (1959)"),
        ("modelled_lower", "Greenland (2004)"),
        ("homogeneity_p", "Cochran (1954)"),
        ("cases_needed", "Fleiss, Levin and Paik (2003)"),
        ("lower_95", "Spiegelhalter (2005)"),
    ],
)
def test_each_statistic_names_the_source_of_its_method(statistic: str, source: str):
    assert source in told(RUN, fact(statistic))["Method of this figure"][0]


def test_what_a_reader_sees_of_parts_and_methods_is_in_words():
    """The code's names, and its queries, mean nothing to who reads a page."""
    told = [part.rows for part in PARTS.values()] + [method.title for method in METHODS.values()]
    assert not [text for text in told if re.search(r"[_=%]| '|\b[A-Z]{2,}\b", text)]
    assert PARTS["terminations/breached"].rows == (
        "rows where the type of order is community order or suspended sentence order and the outcome is revoked for "
        "breach"
    )
    assert PARTS["people/complained"].rows == "every row"
    assert dict(lineage.tables(RUN)["upheld"])["Method"] == (
        "proportion, relative rate, choice of the rarer outcome, effective sample size, allowance for few people, "
        "adjusted p-value and verdict"
    )


def test_repeated_events_are_widened_by_what_their_measure_uses():
    """Rao and Scott's design effect is of shares; deaths do not repeat."""
    assert lineage._methods(MEASURES["complaints"], "deff") == ["clustered_rate", "few_people"]
    assert lineage._methods(MEASURES["deaths"], "deff") == []


@pytest.mark.parametrize(
    ("measure", "methods"),
    [
        ("upheld", ["relative_rate", "judge_complement", "effective_sample", "few_people"]),
        ("complaints", ["clustered_rate_ratio", "clustered_rate", "few_people"]),
        ("deaths", ["rate_ratio"]),
    ],
)
def test_a_verdict_rests_on_all_that_its_relative_rate_and_its_p_value_do(measure: str, methods: list[str]):
    assert lineage._methods(MEASURES[measure], "verdict") == [*methods, "adjust_p", "verdict"]


@pytest.mark.parametrize(
    ("measure", "least"),
    [
        (
            "upheld",
            "a rate needs 10 in its denominator, a comparison in both; a relative rate needs 5 events on the side that "
            "is judged in each group; a design effect needs 10, and without one there is no interval",
        ),
        (
            "complaints",
            "a rate needs 100 in its denominator, a comparison in both; a relative rate needs 5 events in each group; "
            "a design effect needs 10, and without one there is no interval",
        ),
        ("deaths", "a rate needs 100 in its denominator, a comparison in both"),
    ],
)
def test_a_figure_says_on_how_little_it_may_not_rest(measure: str, least: str):
    assert told(RUN | {"tables": {"upheld": RUN["tables"]["upheld"] | {"measure": measure}}}, fact("verdict"))[
        "Least numbers"
    ] == [least]


def test_a_figure_stands_with_the_counts_that_are_published_of_its_row_and_period():
    facts = [
        fact("ratio"),
        fact("numerator", text="[c]"),
        fact("denominator", text="1,204"),
        fact("denominator", period="2024-25", text="398"),
        fact("denominator", table="other", text="2,000"),
    ]
    (pairs,) = lineage.explain(RUN, facts, fact("ratio").id)
    assert dict(pairs)["Counts"] == "complaints upheld [c], complaints decided 1,204"


def test_a_figure_of_the_whole_is_not_said_to_rest_on_the_counts_of_the_edition():
    facts = [fact("national_value", text="9.3%"), fact("numerator", text="477"), fact("denominator", text="6,376")]
    (pairs,) = lineage.explain(RUN, facts, facts[0].id)
    assert "Counts" not in dict(pairs)
    assert dict(pairs)["Of the whole"] == "the national edition has it, with its counts"


def test_one_period_of_a_figure_can_be_chosen():
    facts = [fact("ratio", period=year, text=text) for year, text in (("2023-24", "0.80"), ("2024-25", "0.90"))]
    (pairs,) = lineage.explain(RUN, facts, fact("ratio").id, "2024-25")
    assert dict(pairs)["Figure"] == "Upheld: Black: 0.90"
    with pytest.raises(ReportError, match=r"no figure .* of '2019-20'; its periods are: 2023-24, 2024-25"):
        lineage.explain(RUN, facts, fact("ratio").id, "2019-20")


def test_codes_of_the_inputs_of_a_figure_are_told_and_no_number_of_a_person():
    codes = {
        "complaints": {"category": {"Canteen": "Food", "Mr A1234BC": ""}, "person_id": {"A1234BC": "B2345CD"}},
        "population": {"ethnicity_code": {"X": "NS"}},
    }
    (pairs,) = lineage.explain(RUN, [fact("ratio")], fact("ratio").id, codes=codes)
    assert [text for term, text in pairs if term == "Codes"] == [
        "complaints, category: 'Canteen' is 'Food' and 'Aa A9999AA' (masked) is ''"
    ]


def test_a_statistic_that_is_not_known_is_not_taken_for_a_count():
    with pytest.raises(ReportError, match="This code cannot explain the run: it finds no 'skewness'"):
        lineage.explain(RUN, [fact("skewness")], fact("skewness").id)


def test_a_count_is_counted():
    assert told(RUN, fact("numerator"))["Method of this figure"] == ["counted, not estimated"]


def test_every_method_that_can_be_named_is_one():
    statistics = [
        "value",
        "ratio",
        "gap",
        "p_value",
        "deff",
        "detectable_above",
        "bound_lower",
        "adjusted_ratio",
        "verdict",
    ]
    for measure in MEASURES.values():
        for statistic in [*statistics, "agreement", "kappa"]:
            assert set(lineage._methods(measure, statistic)) <= METHODS.keys()


def test_disclosure_control_that_is_off_is_said():
    off = copy.deepcopy(RUN)
    off["disclosure"]["off"] = "for the office alone"
    assert told(off, fact("ratio"))["Suppression"] == ["turned off: for the office alone"]


def test_a_published_table_names_its_source():
    (source, _) = lineage.tables(RUN)["complaints-by-year"]
    assert source[0] == "Taken from"
    assert "Prisons and Probation Ombudsman" in source[1]


@pytest.mark.parametrize(
    ("other", "gone"),
    [({"findings": None}, "findings"), ({"tables": {"upheld": RUN["tables"]["upheld"] | {"measure": "old"}}}, "old")],
)
def test_a_run_that_other_code_made_is_refused_in_words(other: dict[str, Any], gone: str):
    run = {name: held for name, held in (RUN | other).items() if held is not None}
    with pytest.raises(ReportError, match=f"cannot explain the run: it finds no '{gone}'. Use the project as it was"):
        lineage.explain(run, [fact("ratio")], fact("ratio").id)


def test_an_unknown_figure_is_refused_with_the_nearest():
    with pytest.raises(ReportError, match="the nearest is 'upheld/ethnicity/B/ratio'"):
        lineage.explain(RUN, [fact("ratio"), fact("verdict")], "upheld/ethnicity/B/ratoi")
