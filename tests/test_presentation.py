"""Which picture a comparison gets, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd
import pytest

from reportlib import charts
from reportlib.comparison import compare
from reportlib.comparison_tables import Comparison
from reportlib.figures import LIMITS, how_large
from reportlib.measures import MEASURES, TableSpec
from reportlib.presentation import (
    MOST_ROWS,
    adjusted_sentence,
    agreement_sentence,
    draw,
    funnel_sentence,
    mix_sentence,
    sentence,
)
from reportlib.tables import Place
from small_handoff import design_effects, uphold_counts


def trend(*labels: str) -> charts.Chart | None:
    """The picture of one set of counts in each of some years."""
    spec = TableSpec("trend", MEASURES["upheld"], ("year", "ethnicity"), "5+1", "trend")
    years = [(year, uphold_counts()) for year in labels]
    counts, effects = (pd.concat(frame.assign(year=year) for year, frame in held) for held in (years, [
        (year, design_effects()) for year, _ in years
    ]))  # fmt: skip
    frame = compare(counts, effects, spec, reference="W", years=1)
    place = Place("uphold-rates", "national", ("synthetic",))
    return draw(Comparison(spec, frame, place, "2023-24 to 2024-25", "W", 0.95))


def test_a_trend_has_lines_for_the_groups_that_are_compared():
    """What is not stated differs from year to year in who it is: a line would say that the group had changed."""
    chart = trend("2023-24", "2024-25")
    assert chart
    assert "White 30.0% in 2023-24" in chart.alt
    assert "Asian" in chart.alt
    assert not any(group in chart.alt + chart.svg for group in ("Not stated", "All"))


def test_one_year_alone_has_no_lines():
    assert trend("2024-25") is None


def test_of_years_alone_there_is_one_line_and_what_it_shows():
    spec = TableSpec("concerns", MEASURES["racism-concern"], ("year",), "5+1", "trend")
    years, shares = ["2021-22", "2022-23", "2023-24", "2024-25"], [0.03, 0.04, 0.045, 0.05]
    frame = pd.DataFrame({"year": years, "value": shares, "mark": ""}).assign(lower=0.02, upper=0.06)
    place = Place("complaint-proportionality", "national", ("synthetic",))
    comparison = Comparison(spec, frame, place, "2021-22 to 2024-25", "", 0.95)
    assert comparison.caption == "Complaints with a recorded concern about racism, by year, 2021-22 to 2024-25"
    assert "All 3.0% in 2021-22 to 5.0% in 2024-25" in draw(comparison).alt
    assert sentence(comparison) == (
        "The share with a concern about racism for all ethnic groups together was 5.0% in 2024-25, 4.5% in 2023-24 and "
        "3.0% in 2021-22."
    )


def test_plain_counts_and_what_is_too_much_for_a_page_have_no_picture():
    place = Place("methods", "national", ("synthetic",))
    counts = TableSpec("source", MEASURES["ethnicity-source"], ("ethnicity_source",), "5+1")
    assert draw(Comparison(counts, pd.DataFrame(), place, "2024-25", "", 0.95)) is None
    spec = TableSpec("many", MEASURES["upheld"], ("category", "ethnicity"), "19")
    rows = [
        {"category": f"c{part}", "ethnicity": f"g{group}", "label": f"g{group}", "verdict": "parity", "mark": ""}
        for part in range(4)
        for group in range(MOST_ROWS // 4 + 1)
    ]
    for ratio in (1.0, None):  # in the first there is too much, in the second nothing
        frame = pd.DataFrame(rows if ratio else rows[:2]).assign(ratio=ratio)
        assert draw(Comparison(spec, frame, place, "2024-25", "W", 0.95)) is None


def adjusted(
    complement: bool = False,
    width: float = 0.1,
    mixed: float = 1.2,
    coarse: bool = False,
    homogeneity: Mapping[str, float] = MappingProxyType({}),
    **verdicts: str,
) -> str:
    """What adjustment changed of three ratios, of the measure's outcome or of its opposite; `width` of a limit."""
    spec = TableSpec("completed", MEASURES["completed"], ("ethnicity",), "5+1", adjust=("region",))
    ratios = {"Asian": (0.9, 0.95), "Black": (0.95, 1.04), "Mixed": (1.2, mixed)}
    rows = [
        {"label": label, "ratio": one, "adjusted_ratio": two, "verdict": verdicts.get(label, "inconclusive"),
         "adjusted_lower": two - width, "adjusted_upper": two + width, "coarse": coarse,
         "homogeneity_p": homogeneity.get(label)}
        for label, (one, two) in ratios.items()
    ]  # fmt: skip
    place = Place("probation-outcomes", "national", ("synthetic",))
    frame = pd.DataFrame(rows)
    return adjusted_sentence(Comparison(spec, frame, place, "2024-25", "W", 0.95, complement=complement))


def test_an_adjusted_rate_on_the_other_side_of_1_is_told_with_what_chance_allows():
    assert adjusted() == (
        "Allowing for region, the relative rate moves from 0.95 to 1.04 (0.94 to 1.14) for Black people. The "
        "relative rate is then above 1 for Black people, but chance could account for that."
    )
    assert adjusted(Mixed="disproportionate").startswith(
        "Allowing for region, the relative rate moves from 0.95 to 1.04 (0.94 to 1.14) for Black people and stays 1.20 "
        "(1.10 to 1.30) for people from the Mixed ethnic group. A difference about as large remains for people from "
        "the Mixed ethnic group. The relative rate is then above 1 for Black "
        "people"
    )


def test_that_one_figure_does_not_sum_up_a_difference_is_said_of_groups_that_differ():
    """Three tests: 0.01 becomes 0.03 and 0.04 becomes 0.06 (Benjamini and Hochberg, 1995)."""
    p = {"Asian": 0.01, "Black": 0.9, "Mixed": 0.04}
    told = (
        "One figure does not sum up the relative rate for Asian people: by region it differs by more than chance alone"
    )
    assert told in adjusted(homogeneity=p, Asian="small difference", Mixed="disproportionate")
    assert "sum up" not in adjusted(homogeneity=p, Mixed="disproportionate")
    assert "sum up" not in adjusted(Asian="small difference")


def test_what_is_left_of_a_disproportionate_difference_is_said():
    said = adjusted(Asian="disproportionate", Black="disproportionate", Mixed="disproportionate")
    assert said.endswith(
        " A difference about as large remains for people from the Mixed ethnic group. "
        "Chance could account for what is left for Asian people. The relative rate is then above 1 for Black people, "
        "but chance could account for that."
    )
    assert adjusted(Asian="small difference").startswith(
        "Allowing for region, the relative rate moves from 0.90 to 0.95 (0.85 to 1.05) for Asian people and from 0.95"
    )
    assert (
        "The relative rate is then above 1 for Black people, which chance alone is unlikely to give in one comparison."
        in adjusted(width=0.03)
    )
    sure = adjusted(Mixed="disproportionate", width=0.03)
    assert "A difference about as large remains for people from the Mixed ethnic group." in sure


def test_adjusted_rates_that_are_given_coarsely_are_said_to_be_about_so_large():
    """1.20 and 1.22 are less than half a step of 0.05 apart; 0.90 and 0.95 are not.

    And 1.22 can be 1.245, of which the logarithm is a fifth larger than that of 1.20.
    """
    assert adjusted(coarse=True, Asian="small difference", mixed=1.22, Mixed="small difference").startswith(
        "Allowing for region, the relative rate moves from 0.90 to about 0.95 (0.85 to 1.05) for Asian people and from "
        "0.95 to about 1.04 (0.94 to 1.14) for Black people and is about 1.22 (1.12 to 1.32) for people from the "
        "Mixed ethnic group. A difference remains for people from the Mixed ethnic group."
    )


def test_no_size_is_told_of_what_is_left_where_rounding_can_have_brought_it_about():
    """A fifth less than log 1.31 = 0.270 is 0.216 = log 1.241: 1.25 to the nearest 0.05 can be either side of it.

    1.20 is at most 1.225, of log 0.203, and smaller in any case; 2.05 is at most 2.075, of log 0.730 beside 0.693.
    """
    assert how_large(1.31, 1.25, coarse=False) == "a difference about as large"
    assert how_large(1.31, 1.25, coarse=True) == "a difference"
    assert how_large(1.31, 1.20, coarse=True) == "a smaller difference"
    assert how_large(2.00, 2.05, coarse=True) == "a difference about as large"


def test_where_adjustment_makes_a_difference_less_certain_and_no_smaller_it_accounts_for_nothing():
    assert "The data cannot tell whether a difference remains for people from the Mixed ethnic group." in adjusted(
        Mixed="disproportionate", mixed=1.4, width=0.5
    )


def test_adjusted_rates_are_said_to_be_of_the_outcome_that_was_judged():
    assert adjusted(complement=True).startswith("Allowing for region, the relative rate of not completing supervision ")


def test_a_picture_of_relative_rates_of_the_other_outcome_is_called_by_it():
    place = Place("probation", "national", ("synthetic",))

    def captions(*by: str) -> tuple[str, str]:
        spec = TableSpec("a-table", MEASURES["completed"], by, "5+1")
        of = Comparison(spec, pd.DataFrame(), place, "2024-25", "W", 0.95, complement=True)
        return of.caption, of.pictured

    assert captions("region", "ethnicity") == (
        "Supervision completed by region and ethnic group, 2024-25",
        "Not completing supervision by region and ethnic group, 2024-25",
    )
    over_years = captions("year", "ethnicity")  # where rates are drawn, not relative rates
    assert over_years[0] == over_years[1]


def test_no_mix_is_told_where_a_group_has_no_population():
    """Its people could not have been expected, and no test could say how unlikely they are."""
    frame = pd.DataFrame({"ethnicity": ["A", "W", "O"], "numerator": [50, 300, 7], "denominator": [700.0, 5000.0, 0.0]})
    assert mix_sentence(frame, "complainants", "the prison population") == ""
    assert mix_sentence(frame[:2], "complainants", "the prison population") != ""


def test_how_far_two_records_agree_is_told_with_its_limits_or_said_to_be_hidden():
    columns = ["statistic", "value", "lower", "upper"]
    held = pd.DataFrame([("agreement", 0.92134, 0.9101, 0.931), ("kappa", 0.8512, 0.83, 0.87)], columns=columns)
    figures, text = agreement_sentence(held, 0.95)
    assert [(name, said, value) for name, said, value, _ in figures][:2] == [
        ("agreement", "92.1%", 0.921),
        ("agreement_lower", "91.0% to 93.1%", 0.91),
    ]
    assert (
        "the two agree on the ethnic group for 92.1% (" in text
        and "agreement is 0.85 on a scale" in text
        and "0.83 to 0.87)." in text
    )
    least = pd.DataFrame([("agreement_least", 0.97, None, None)], columns=columns)
    assert agreement_sentence(least, 0.95) == (
        [("agreement_least", "97%", 0.97, "%")],
        "Of the people who complained and whose ethnicity both the prison system (NOMIS) and the Ombudsman’s case "
        "system (PPUD) hold, the two agree on the ethnic group for at least 97%; how far exactly is suppressed to "
        "protect individuals [c].",
    )
    hidden, text = agreement_sentence(held[:0], 0.95)
    assert not hidden and "[c]" in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            (0.1, 0.13, 0.12),
            "With an average of 12.0% for all ethnic groups together, London (10.0%) lies below the outer limits; "
            "Wales (13.0%) lies above the inner limits.",
        ),
        ((0.119, 0.12, 0.121), "None of the 3 regions lies outside the limits about the average of 12.0%."),
    ],
)
def test_a_funnel_says_which_parts_lie_outside_and_how(values: tuple[float, ...], said: str):
    limits = dict(zip(LIMITS, (0.115, 0.125, 0.105, 0.135), strict=True))
    rows = [
        {"region": region, "ethnicity": "all", "value": value, "denominator": 5000, **limits}
        for region, value in zip(("London", "Wales", "North West"), values, strict=True)
    ]
    rows += [{"region": "all", "ethnicity": "all", "value": 0.12, "denominator": 15000}]
    rows += [{"region": "London", "ethnicity": "B", "value": 0.5, "denominator": 500}]
    spec = TableSpec("breached-by-region", MEASURES["breached"], ("region", "ethnicity"), "5+1")
    place = Place("probation-outcomes", "national", ("synthetic",))
    assert funnel_sentence(Comparison(spec, pd.DataFrame(rows), place, "2024-25", "W", 0.95)) == said
    without = pd.DataFrame(rows).assign(lower_95=None)
    assert funnel_sentence(Comparison(spec, without, place, "2024-25", "W", 0.95)) == ""
