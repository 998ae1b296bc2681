"""Figures and sentences read as plain English, and say no more than the verdict allows."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib import measures, prose
from reportlib.prose import VERDICTS, WORDS

UPHELD, COMPLAINTS = WORDS["upheld"], WORDS["complaints"]
SIGNIFICANT = VERDICTS[:3]


def row(**changes):
    """28.4% of 812 complaints from Black people upheld, against 37.1% of those from White people."""
    return {
        "label": "Black",
        "reference_label": "White",
        "value": 0.284,
        "reference_value": 0.371,
        "denominator": 812,
        "ratio": 0.765,
        "ratio_lower": 0.7,
        "ratio_upper": 0.83,
        "gap": -0.087,
        "detectable_below": 0.85,
        "detectable_above": 1.17,
        "verdict": "disproportionate",
        "mark": "",
    } | changes


def hidden(**changes):
    figures = ("value", "ratio", "ratio_lower", "ratio_upper", "gap", "detectable_below", "detectable_above")
    return row(**dict.fromkeys(figures, pd.NA), verdict="not assessed", mark="c") | changes


def say(words=UPHELD, **changes):
    return prose.comparison_sentence(row(**changes), words)


# Figures


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("1,234,567", (1234567,)),
        ("0", (0,)),
        ("31%", (0.31, "%")),
        ("28.5%", (0.285, "%", 1)),
        ("29%", (0.285, "%")),  # 0.285 × 100 is 28.499… in binary: a reader rounds the decimal
        ("100%", (1, "%")),
        ("12.3 per 1,000", (12.34, "per 1,000", 1)),
        ("−6.1", (-6.1, "", 1)),
        ("0", (-0.2,)),  # never minus nought
        ("[c]", (pd.NA, "%", 1, "c")),
    ],
)
def test_number(text, arguments):
    assert prose.number(*arguments) == text


def test_a_missing_figure_needs_a_mark():
    with pytest.raises(ValueError, match="needs a mark"):
        prose.number(math.nan)


def test_percentages_under_a_hundred_cases_have_no_decimals():
    assert [prose.percent_decimals(n) for n in (10, 99, 100, pd.NA)] == [0, 0, 1, 0]


def test_ratio_and_interval():
    assert prose.ratio(1.375) == "1.38"
    assert prose.ratio(math.inf) == "no limit"
    assert prose.interval(1.21, 1.57) == "1.21 to 1.57"
    assert prose.interval(0.21, 0.27, "%", 0) == "21% to 27%"
    assert prose.interval(1.21, math.inf) == "1.21 or more"
    assert prose.interval(-math.inf, 1.57) == "1.57 or less"
    assert prose.interval(None, None, mark="u") == "[u]"


def test_p_values_are_never_nought_or_one():
    assert [prose.p_value(p) for p in (0, 0.0004, 0.0321, 1)] == ["<0.001", "<0.001", "0.032", ">0.999"]


def test_counts_agree_with_their_nouns():
    said = [prose.counted(n, "complaint") for n in (0, 1, 2, 1234)]
    assert said == ["no complaints", "1 complaint", "2 complaints", "1,234 complaints"]
    assert prose.counted(2, "person", "people") == "2 people"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "none"),
        (1, "all"),
        (0.2, "1 in 5"),
        (0.35, "just over 1 in 3"),
        (0.74, "nearly 3 in 4"),
        (0.04, "about 1 in 25"),
        (0.97, "more than 9 in 10"),
    ],
)
def test_one_in(share, words):
    assert prose.one_in(share) == words


@given(st.floats(0.01, 0.9))
def test_one_in_is_within_a_twentieth(share):
    top, bottom = prose.one_in(share).split(" in ")
    said = int(top.split()[-1]) / int(bottom)
    assert abs(said - share) <= 0.05


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_a_number_is_within_half_of_its_last_place(value, decimals):
    said = float(prose.number(value, "", decimals).replace(",", "").replace("−", "-"))
    assert abs(said - value) <= 0.5 * 10**-decimals * (1 + 1e-9) + 1e-6


def test_people_come_first():
    assert prose.people("Black") == "Black people"
    assert prose.people("Mixed") == "people from the Mixed ethnic group"
    assert prose.people("Any other Asian background") == "people from any other Asian background"
    assert prose.people("Not stated") == "people whose ethnicity was not stated"
    assert prose.people("Ethnic minority (including White minorities)") == "people from ethnic minority backgrounds"


def test_every_measure_has_words():
    compared = {code for code, measure in measures.MEASURES.items() if measure.kind != "count"}
    assert compared <= set(WORDS)


# One comparison

FIGURES = "28.4% compared with 37.1%"
RATIO = "The relative rate is 0.77 (95% confidence interval 0.70 to 0.83)."
LESS = f"Complaints from Black people were less likely to be upheld than complaints from White people: {FIGURES}"


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (
            "disproportionate",
            f"{LESS} (about 9 percentage points lower). {RATIO} The difference is statistically "
            "significant and "
            "large enough to count as disproportionate: outside the range 0.80 to 1.25.",
        ),
        (
            "difference, size uncertain",
            f"{LESS} (about 9 percentage points lower). {RATIO} The difference is statistically "
            "significant, but "
            "its size is uncertain: the interval reaches outside the range 0.80 to 1.25.",
        ),
        (
            "small difference",
            f"{LESS} (about 9 percentage points lower). {RATIO} The difference is statistically "
            "significant but "
            "small: the whole interval lies within the range 0.80 to 1.25.",
        ),
        (
            "parity",
            "Complaints from Black people were about as likely to be upheld as complaints from White people: "
            f"{FIGURES}. {RATIO} Any difference is small: the whole interval lies within the range 0.80 "
            "to 1.25.",
        ),
        (
            "inconclusive",
            "The data cannot tell whether complaints from Black people were more or less likely to be "
            "upheld than "
            f"complaints from White people: {FIGURES}. {RATIO} With this many cases, only a relative rate "
            "below 0.85 "
            "or above 1.17 was likely to be detected; a smaller difference may exist.",
        ),
    ],
)
def test_each_verdict_in_words(verdict, sentence):
    assert say(verdict=verdict) == sentence


def test_a_rate_names_its_unit():
    rates = {"value": 52.13, "reference_value": 40.3, "ratio": 1.29, "ratio_lower": 1.25, "ratio_upper": 1.34}
    assert say(COMPLAINTS, **rates).startswith(
        "Black people had a higher rate of complaints than White people: 52.1 compared with 40.3 "
        "complaints per "
        "1,000 prisoners a year. The relative rate is 1.29 (95% confidence interval 1.25 to 1.34)."
    )


def test_a_suppressed_comparison_says_so_and_nothing_else():
    assert prose.comparison_sentence(hidden(), UPHELD) == (
        "No comparison is made between complaints from Black people and complaints from White people: "
        "figures are suppressed to protect individuals [c]."
    )


def test_too_few_to_assess():
    sentence = prose.comparison_sentence(hidden(mark=""), COMPLAINTS)
    assert sentence == "No comparison is made between Black people and White people: the numbers are too small."


def test_a_group_at_nought():
    sentence = say(value=0.0, ratio=0.0, ratio_lower=0.0, ratio_upper=0.61, gap=-0.371, denominator=40)
    assert "0% compared with 37% (about 37 percentage points lower). The relative rate is 0.00" in sentence


def test_a_reference_at_nought():
    sentence = say(reference_value=0.0, ratio=math.inf, ratio_lower=1.3, ratio_upper=math.inf, gap=0.284)
    assert "more likely" in sentence
    assert "No relative rate can be worked out, because the figure compared with is 0." in sentence


@pytest.mark.parametrize("verdict", ["parity", "inconclusive"])
def test_tied(verdict):
    assert ": both 28.4%. The relative rate is 1.00" in say(verdict=verdict, reference_value=0.284, ratio=1.0)


def test_a_significant_difference_never_prints_as_two_equal_figures():
    sentence = say(value=0.3001, reference_value=0.3004, gap=-0.0003, verdict="small difference")
    assert "30.01% compared with 30.04% (less than 1 percentage point lower)" in sentence


def test_the_ratio_of_the_opposite_outcome_is_named():
    sentence = say(
        WORDS["completed"],
        value=0.8,
        reference_value=0.9,
        gap=-0.1,
        ratio=2.0,
        ratio_lower=1.8,
        ratio_upper=2.2,
        judged="complement",
    )
    assert "Black people under supervision were less likely to complete it" in sentence
    assert "The relative rate of not completing supervision is 2.00" in sentence


def test_inconclusive_is_never_no_difference():
    for words in WORDS.values():
        for known in ({}, {"detectable_below": None}, {"detectable_below": None, "detectable_above": None}):
            sentence = say(words, verdict="inconclusive", **known).lower()
            assert "no difference" not in sentence and "no evidence" not in sentence
            assert "may exist" in sentence or "may be one" in sentence


def test_small_numbers_are_flagged():
    assert say(mark="u").endswith("based on small numbers [u].")


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="unknown verdict"):
        say(verdict="fine")


@given(
    st.sampled_from(VERDICTS[:5]),
    st.sampled_from(sorted(WORDS)),
    st.sampled_from(["Asian", "Mixed", "Any other ethnic group", "Gypsy or Irish Traveller"]),
    st.floats(0, 1),
    st.floats(0.001, 1),
    st.integers(10, 10**6),
)
def test_every_template_is_a_sentence(verdict, measure, label, value, reference, n):
    ratio = value / reference
    ends = {"ratio": ratio, "ratio_lower": ratio / 2, "ratio_upper": ratio * 2, "gap": value - reference}
    sentence = say(
        WORDS[measure],
        verdict=verdict,
        label=label,
        value=value,
        reference_value=reference,
        denominator=n,
        **ends,
    )
    assert sentence[0].isupper() and sentence.endswith(".")
    for wrong in ("  ", "..", " nan", "None", "<NA>", "{", "BAME", "non-White", " ,", ": ."):
        assert wrong not in sentence


# A whole table


def table(*rows):
    white = row(label="White", value=0.371, ratio=pd.NA, ratio_lower=pd.NA, ratio_upper=pd.NA, verdict=pd.NA)
    return pd.DataFrame([*rows, white]).drop(columns=["reference_label", "reference_value"])


def test_summary_names_who_stands_out_and_what_is_not_known():
    frame = table(
        row(),
        row(label="Asian", verdict="inconclusive"),
        row(label="Mixed", verdict="inconclusive"),
        hidden(label="Other"),
    )
    assert prose.summary_sentence(frame, UPHELD, "White") == (
        "Complaints from Black people were less likely to be upheld than complaints from White people, by "
        "enough to "
        "be disproportionate. The data cannot tell whether complaints from Asian people and people from "
        "the Mixed "
        "ethnic group were more or less likely to be upheld than complaints from White people. No "
        "comparison is made "
        "for complaints from people from the Other ethnic group: figures are suppressed to protect "
        "individuals [c]."
    )


def test_summary_keeps_those_above_and_those_below_apart():
    summary = prose.summary_sentence(table(row(), row(label="Asian", value=0.6)), UPHELD, "White")
    assert summary == (
        "Complaints from Asian people were more likely to be upheld than complaints from White people, by "
        "enough to "
        "be disproportionate. Complaints from Black people were less likely to be upheld than complaints "
        "from White "
        "people, by enough to be disproportionate."
    )


def test_summary_without_disproportion():
    frame = table(row(verdict="parity"), row(label="Asian", verdict="small difference"))
    assert prose.summary_sentence(frame, UPHELD, "White").startswith(
        "No group was found to differ from White people by enough to be disproportionate. Complaints from Asian people"
    )


def test_a_summary_of_the_inconclusive_claims_nothing():
    summary = prose.summary_sentence(table(row(verdict="inconclusive"), hidden(label="Other")), UPHELD, "White")
    assert summary.startswith("The data cannot tell")


def test_adjustment():
    adjusted = row(adjusted_ratio=0.88, adjusted_lower=0.8, adjusted_upper=0.97)
    assert prose.adjusted_sentence(adjusted, "establishment type") == (
        "Allowing for establishment type, the relative rate changes from 0.77 to 0.88 "
        "(95% confidence interval 0.80 to 0.97)."
    )
    assert "is still 0.77" in prose.adjusted_sentence(adjusted | {"adjusted_ratio": 0.7651}, "age")
    assert prose.adjusted_sentence(hidden(adjusted_ratio=None), "age").startswith("No comparison could be made")


# Years and shares


def years(*values, marks=None):
    names = ["2020-21", "2021-22", "2022-23", "2023-24", "2024-25"][: len(values)]
    marks = marks or ["" if value is not None else "c" for value in values]
    return pd.DataFrame({"year": names, "label": "Black", "value": values, "mark": marks})


def test_trend_up_and_tied():
    assert prose.trend_sentence(years(0.25, 0.26, 0.29, 0.31), UPHELD, p=0.001) == (
        "The uphold rate for Black people was higher in 2023-24 (31.0%) than in 2020-21 (25.0%), "
        "and the trend is statistically significant."
    )
    assert "was the same in 2023-24 as in 2020-21 (25.0%)" in prose.trend_sentence(years(0.25, 0.2, 0.2, 0.25), UPHELD)


def test_trend_without_certainty():
    assert prose.trend_sentence(years(0.31, 0.3, 0.3, 0.25), UPHELD, p=0.4).endswith("(31.0%), with no clear trend.")


def test_trend_with_a_suppressed_year():
    sentence = prose.trend_sentence(years(None, 0.26, 0.27, 0.28, 0.3), UPHELD)
    assert sentence.endswith("than in 2021-22 (26.0%). Figures for 2020-21 are suppressed to protect individuals [c].")


def test_no_trend_under_four_years():
    sentence = prose.trend_sentence(years(0.2, 0.3, 0.4), UPHELD)
    assert sentence == "There are too few years to describe a trend in the uphold rate for Black people."


def test_shares():
    def said(**shares):
        return prose.share_sentence({"label": "Black", "mark": "", **shares}, "complainants", "the population")

    assert said(share_a=0.18, share_b=0.13) == "Black people made up 18% of complainants and 13% of the population."
    assert said(share_a=0.131, share_b=0.13) == "Black people made up 13% of both complainants and the population."
    assert said(share_a=None, share_b=0.13, mark="c") == (
        "The shares of complainants and of the population for Black people are suppressed to protect individuals [c]."
    )
