"""Figures and sentences read as plain English, and say no more than the verdict allows."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib import measures, prose, words
from reportlib.ethnicity import groupings
from reportlib.statistics import VERDICTS
from reportlib.words import WORDS

UPHELD, COMPLAINTS, BREACHED, RECALLED = (WORDS[code] for code in ("upheld", "complaints", "breached", "recalled"))


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
    assert words.number(*arguments) == text


def test_a_missing_figure_needs_a_mark():
    with pytest.raises(ValueError, match="needs a mark"):
        words.number(math.nan)


def test_percentages_under_a_hundred_cases_have_no_decimals():
    assert [words.percent_decimals(n) for n in (10, 99, 100, pd.NA)] == [0, 0, 1, 0]


def test_ratio_and_interval():
    assert words.ratio(1.375) == "1.38"
    assert words.ratio(math.inf) == "no limit"
    assert words.interval(1.21, 1.57) == "1.21 to 1.57"
    assert words.interval(0.21, 0.27, "%", 0) == "21% to 27%"
    assert words.interval(1.21, math.inf) == "1.21 or more"
    assert words.interval(-math.inf, 1.57) == "1.57 or less"
    assert words.interval(None, None, mark="u") == "[u]"


def test_p_values_are_never_nought_or_one():
    assert [words.p_value(p) for p in (0, 0.0004, 0.0321, 1)] == ["<0.001", "<0.001", "0.032", ">0.999"]


def test_rows_are_told_so_roughly_that_no_small_count_follows_from_them():
    """398 rows of which 394 deaths are shown would tell of four."""
    assert [words.about(n) for n in (0, 4, 99, 398, 14_349)] == [
        "none",
        "fewer than 100",
        "fewer than 100",
        "about 400",
        "about 14,300",
    ]


def test_counts_agree_with_their_nouns():
    said = [words.counted(n, "complaint") for n in (0, 1, 2, 1234)]
    assert said == ["no complaints", "1 complaint", "2 complaints", "1,234 complaints"]


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_a_number_is_within_half_of_its_last_place(value, decimals):
    said = float(words.number(value, "", decimals).replace(",", "").replace("−", "-"))
    assert abs(said - value) <= 0.5 * 10**-decimals * (1 + 1e-9) + 1e-6


def test_people_come_first():
    assert words.people("Black") == "Black people"
    assert words.people("Mixed") == "people from the Mixed ethnic group"
    assert words.people("Any other Asian background") == "people from any other Asian background"
    assert words.people("Any other ethnic group") == "people recorded as “Any other ethnic group”"  # not all others
    assert words.people("Not stated") == "people whose ethnicity was not stated"
    assert words.people("Ethnic minority (including White minorities)") == "people from ethnic minority backgrounds"


def test_several_groups_are_named_once():
    assert words.all_people(["Asian", "Mixed", "Black", "Other"]) == (
        "Asian and Black people and people from the Mixed and Other ethnic groups"
    )
    assert words.all_people(["Black Caribbean", "Any other Asian background"]) == (
        "Black Caribbean people and people from any other Asian background"
    )


def test_every_dimension_has_a_label_and_a_name_for_its_parts():
    names = {name for held in measures.DIMENSIONS.values() for name in held}
    assert words.DIMENSION_LABELS.keys() == names | {"year"}
    assert words.PARTS_OF.keys() == names - {"ethnicity"}


def test_every_measure_has_words():
    compared = {code for code, measure in measures.MEASURES.items() if measure.kind != "count"}
    assert compared <= set(WORDS)


# A whole table


def row(**changes):
    """28.4% of 812 complaints from Black people upheld, against 37.1% of those from White people."""
    return {"label": "Black", "value": 0.284, "denominator": 812, "ratio": 0.765, "verdict": "disproportionate",
            "mark": ""} | changes  # fmt: skip


def hidden(**changes):
    return row(value=pd.NA, ratio=pd.NA, verdict="not assessed", mark="c") | changes


def say(*rows, words=UPHELD, white=0.371):
    """What is said of these rows beside that of White people."""
    reference = row(label="White", value=white, ratio=pd.NA, verdict=pd.NA)
    return prose.summary_sentence(pd.DataFrame([*rows, reference]), words, "White")


NONE = "No group was found to differ from White people by enough to be disproportionate."
LESS = "Complaints from Black people were less likely to be upheld than those from White people"


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("disproportionate", f"{LESS} (28.4% compared with 37.1%), by enough to be disproportionate."),
        (
            "difference, size uncertain",
            "The uphold rate was lower for Black people, by an amount that may not be small.",
        ),
        ("small difference", "The uphold rate was lower for Black people, by a small amount."),
        ("parity", f"{NONE} Any difference in the uphold rate is likely to be small for Black people."),
        (
            "inconclusive",
            "The data cannot tell whether the uphold rate was higher or lower for Black people than for White people.",
        ),
        (
            "not assessed",
            "No comparison is made for complaints from Black people: figures rest on too few people or cases.",
        ),
    ],
)
def test_each_verdict_in_words(verdict, sentence):
    assert say(row(verdict=verdict)) == sentence


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (COMPLAINTS, "Black people had a higher rate of complaints than White people (52.1 compared with 40.3 "
         "complaints per 1,000 of the average population a year), by enough to be disproportionate."),
        (BREACHED, "Community and suspended sentence orders of Black people were more likely to be revoked for breach "
         "than those of White people (13.1% compared with 9.8%), by enough to be disproportionate."),
        (RECALLED, "Black people on licence or post-sentence supervision were more likely to be recalled than White "
         "people (13.1% compared with 9.8%), by enough to be disproportionate."),
    ],
)  # fmt: skip
def test_each_kind_of_subject(measure, sentence):
    """A rate names its unit; the subject is not said twice."""
    value, white = (52.13, 40.3) if measure is COMPLAINTS else (0.131, 0.098)
    assert say(row(value=value), words=measure, white=white) == sentence


def test_what_adjustment_undoes_is_said_to_be_as_counted():
    """Of what it leaves that is not said."""
    white = row(label="White", value=0.371, verdict=pd.NA)
    rows = pd.DataFrame([row(), row(label="Asian", value=0.25), white]).assign(undone=[True, False, False])
    assert prose.summary_sentence(rows, UPHELD, "White", undone_by="age and sex") == (
        "Complaints from Asian people were less likely to be upheld than those from White people (25.0% compared with "
        f"37.1%), by enough to be disproportionate. As counted, c{LESS[1:]} (28.4% compared with 37.1%), by enough to "
        "be disproportionate; allowing for age and sex, chance could account for that."
    )


def test_what_is_on_the_other_side_once_adjusted_is_told_as_both():
    """Of 37 deaths chance could account for fewer as counted and for more at the same ages; not always for both."""
    unsure = row(label="Mixed", verdict="inconclusive", turned=True, adjusted_lower=0.99, adjusted_upper=1.92)
    sure = row(label="Other", verdict="inconclusive", turned=True, adjusted_lower=1.1, adjusted_upper=1.9)
    white = row(label="White", value=0.371, verdict=pd.NA)
    assert prose.summary_sentence(pd.DataFrame([unsure, sure, white]), UPHELD, "White", undone_by="age") == (
        "The uphold rate was lower for people from the Other ethnic group as counted, which chance could account for, "
        "but higher allowing for age. The uphold rate was lower for people from the Mixed ethnic group as counted, but "
        "higher allowing for age; chance could account for both."
    )


def test_weightiest_first_and_what_is_not_known_last():
    others = [row(label=name, verdict="inconclusive") for name in ("Asian", "Mixed")]
    assert say(hidden(label="Other"), *others, row()) == (
        f"{LESS} (28.4% compared with 37.1%), by enough to be disproportionate. The data cannot tell whether the "
        "uphold rate was higher or lower for Asian people and people from the Mixed ethnic group. No comparison "
        "is made for complaints from people from the Other ethnic group: figures are suppressed to protect "
        "individuals [c]."
    )


def test_those_above_and_those_below_stand_apart():
    assert say(row(), row(label="Asian", value=0.6)) == (
        "Complaints from Asian people were more likely to be upheld than those from White people (60.0% compared with "
        f"37.1%), by enough to be disproportionate. {LESS} (28.4% compared with 37.1%), by enough to be "
        "disproportionate."
    )
    small = [row(verdict="small difference"), row(label="Asian", value=0.38, verdict="small difference")]
    assert say(*small) == ("The uphold rate was higher for Asian people and lower for Black people, by a small amount.")


def test_a_small_difference_that_adjustment_undoes_is_told_apart():
    rows = [
        row(verdict="small difference", undone=True),
        row(label="Asian", verdict="small difference", undone=False),
        row(label="Mixed", value=0.37, verdict="parity", undone=True),
    ]
    assert say(*rows) == (
        "The uphold rate was lower for Asian people, by a small amount. As counted, but not once adjusted, the uphold "
        "rate was lower for Black people, by a small amount. Any difference in the uphold rate is likely to be small "
        "for people from the Mixed ethnic group."
    )


def test_groups_that_share_a_finding_share_a_sentence():
    assert say(row(), row(label="Mixed", value=0.301)).startswith(
        "Complaints from Black people and people from the Mixed ethnic group were less likely to be upheld than those "
        "from White people (Black 28.4% and Mixed 30.1%, compared with 37.1%), by enough"
    )
    assert "(28.4% compared with 37.1%)" in say(row(), row(label="Asian"))


def test_each_figure_stands_with_its_group_in_whatever_order_the_groups_are_named():
    """Groups with an adjective are named before the others, and two of three figures may be alike."""
    figures = {"Indian": 0.1, "Any other Asian background": 0.12, "Black African": 0.1, "Arab": 0.131}
    said = say(*[row(label=label, value=value) for label, value in figures.items()])
    assert "from Indian, Black African and Arab people and people from any other Asian background were less" in said
    assert (
        "(Indian 10.0%, Any other Asian background 12.0%, Black African 10.0% and Arab 13.1%, compared with 37.1%)"
        in said
    )


def test_many_groups_that_do_not_stand_out_are_counted():
    labels = [label for label in groupings()["19"].labels.values() if label != "White British"]
    assert say(*[row(label=label, verdict="inconclusive") for label in labels[:7]]) == (
        "The data cannot tell whether the uphold rate was higher or lower for people from 7 ethnic groups than for "
        "White people."
    )


def test_groups_at_parity_share_a_sentence_on_whichever_side_they_lie():
    level = [row(label=name, value=value, verdict="parity") for name, value in (("Asian", 0.38), ("Mixed", 0.36))]
    assert say(*level) == (
        f"{NONE} Any difference in the uphold rate is likely to be small for Asian people and people from the Mixed "
        "ethnic group."
    )


def test_suppressed_and_too_small_say_so_and_nothing_else():
    assert say(hidden()) == (
        "No comparison is made for complaints from Black people: figures are suppressed to protect individuals [c]."
    )
    assert say(hidden(), hidden(label="Asian", mark="")) == (
        "No comparison is made for complaints from Black and Asian people: figures are suppressed to protect "
        "individuals [c] or rest on too few people or cases."
    )


def test_figures_are_left_out_where_one_is_hidden():
    """A verdict from a released estimate may stand where the counts are hidden; the ratio then tells the side."""
    assert say(row(value=pd.NA, mark="c")) == f"{LESS}, by enough to be disproportionate."
    assert say(row(value=pd.NA, ratio=2.0, judged="complement")) == f"{LESS}, by enough to be disproportionate."


def test_at_nought():
    assert "(0% compared with 37%)" in say(row(value=0.0, ratio=0.0, denominator=40))
    more = say(row(ratio=math.inf), white=0.0)
    assert "were more likely" in more and "(28.4% compared with 0.0%)" in more


def test_tied():
    """Equal figures are never said to lie above or below."""
    assert (
        say(row(value=0.371, ratio=1.0, verdict="small difference"))
        == "The uphold rate was about the same for Black people."
    )


def test_an_interval_that_leaves_out_1_is_not_said_to_tell_nothing():
    """The p-value allows for the number of comparisons, which the interval that is shown does not."""
    apart = row(verdict="inconclusive", ratio_lower=0.5, ratio_upper=0.98)
    assert say(apart, row(label="Asian", verdict="inconclusive", ratio_lower=0.6, ratio_upper=1.0)) == (
        "The uphold rate was lower for Black people, but chance could account for it, as several comparisons are "
        "made. The data cannot tell whether the uphold rate was higher or lower for Asian people."
    )


def test_the_ratio_tells_the_side_of_figures_that_are_equal_as_rounded():
    assert say(row(value=0.371, ratio=0.99)).startswith(LESS)


def test_a_significant_difference_never_prints_as_two_equal_figures():
    assert "(30.01% compared with 30.04%)" in say(row(value=0.3001), white=0.3004)


def test_small_numbers_have_no_decimals():
    assert "(28% compared with 37%)" in say(row(denominator=99))


def test_inconclusive_is_never_no_difference():
    for measure in WORDS.values():
        for others in ([], [row(label="Asian", verdict="parity")]):
            sentence = say(row(verdict="inconclusive"), *others, words=measure)
            assert "data cannot tell" in sentence
            assert "no difference" not in sentence.lower() and "no evidence" not in sentence.lower()


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="unknown verdict"):
        say(row(verdict="fine"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Asian", "Mixed", "Any other ethnic group", "Gypsy or Irish Traveller", "Black Caribbean"]
            ),
            st.sampled_from(VERDICTS),
            st.floats(0, 1),
            st.integers(10, 10**6),
        ),
        min_size=1,
        unique_by=lambda drawn: drawn[0],
    ),
    st.sampled_from(sorted(WORDS)),
    st.floats(0.001, 1),
)
def test_every_template_is_a_sentence(drawn, measure, white):
    rows = [
        row(label=label, verdict=verdict, value=value, denominator=n, ratio=value / white)
        if verdict != "not assessed"
        else hidden(label=label)
        for label, verdict, value, n in drawn
    ]
    said = say(*rows, words=WORDS[measure], white=white)
    assert said[0].isupper() and said.endswith(".")
    assert all(words.people(label).lower() in said.lower() or label in said for label, *_ in drawn)
    for wrong in ("  ", "..", " nan", "None", "<NA>", "{", "BAME", "non-White", " ,", ": .", "people people"):
        assert wrong not in said


# Parts of the system


def parts(**verdicts):
    """Black people are compared with White people, of whose complaints 37.1% are upheld, in each category."""
    both = [
        (row(category=category, verdict=verdict, mark="c" if verdict == "not assessed" else ""),
         row(category=category, label="White", value=0.371, ratio=pd.NA, verdict=pd.NA))
        for category, verdict in verdicts.items()
    ]  # fmt: skip
    return pd.DataFrame([each for pair in both for each in pair])


def in_parts(frame, words=UPHELD):
    return prose.parts_sentence(frame, words, "White", "category", "", 0.95)


def test_parts_tell_where_a_group_stands_out_then_how_many_comparisons_show_what():
    given = {
        **dict.fromkeys(["Property", "Visits"], "disproportionate"),
        **{"Mail": "difference, size uncertain", "Gym": "small difference", "Food": "parity"},
        **dict.fromkeys(["Money", "Work", "Letters"], "inconclusive"),
        "Transfers": "not assessed",
    }
    frame = parts(**given)
    limits = [0.6, 0.97]  # which do not allow for the number of comparisons
    frame.loc[frame["category"].isin(["Letters", "Food"]), ["ratio_lower", "ratio_upper"]] = limits
    assert in_parts(frame) == (
        "As counted, the uphold rate was lower for Black people (Property; Visits), by enough to be disproportionate. "
        "Of the 9 comparisons with White people across 9 categories of complaint, 2 are disproportionate; in 1 there "
        "is a difference of uncertain size; in 1 there is a small difference; in 1 no difference was found, and any is "
        "likely to be small; in 3 the data cannot tell; if no other comparison were made, 2 more would count as "
        "differences. 1 could not be made: figures are suppressed to protect individuals [c]. Large or small, "
        "the uphold rate was lower for Black people in all 8 categories of complaint compared. These rates are not "
        "adjusted; parts that are not named may differ as much."
    )


def test_that_a_group_differs_one_way_in_more_parts_than_chance_is_likely_to_give_is_told():
    """8 of 9 by the sign test: 2 (1 + 9) / 512 = 0.039; 7 of 8: 2 (1 + 8) / 256 = 0.070."""
    nine = parts(**dict.fromkeys("ABCDEFGHI", "inconclusive"), J="not assessed")
    nine.loc[nine["category"].eq("A") & nine["label"].eq("Black"), "value"] = 0.5
    told = "Large or small, the uphold rate was lower for Black people in 8 of the 9 categories of complaint compared."
    assert told in in_parts(nine)
    both = pd.concat([nine, nine[nine["label"].eq("Black")].assign(label="Asian")])
    assert "was lower for Black and Asian people in 8 of the 9" in in_parts(both)
    apart = pd.concat([nine, nine[nine["label"].eq("Black")].assign(label="Asian", value=0.5)])
    assert "lower for Black people in 8 of the 9 and higher for Asian people in all 9 categories" in in_parts(apart)
    assert "Large or small" not in in_parts(nine[nine["category"] != "B"])


def test_what_is_not_recorded_is_no_part_of_the_system():
    with_blanks = parts(**{"Food": "parity", "Mail": "parity", "Not recorded": "disproportionate"})
    assert in_parts(with_blanks) == in_parts(with_blanks[with_blanks["category"].ne("Not recorded")])
    assert in_parts(with_blanks).startswith("Of the 2 comparisons with White people across 2 categories of complaint")


RATIO = ["ratio", "ratio_lower", "ratio_upper"]


def limits_of(rate: float) -> list[float]:
    """A relative rate with limits, of which the standard error on the log scale is 0.1."""
    return [rate, rate * math.exp(-0.196), rate * math.exp(0.196)]


def test_that_a_relative_rate_differs_from_that_of_the_other_parts_together_is_told():
    """Log ratios 1.10, 0, 0.18 and −0.11: A lies over ten standard errors above the others together.

    That makes two of them lower than the others with A among them, of which nothing is said; beside two it is.
    """
    frame = parts(**dict.fromkeys("ABCD", "inconclusive"))
    own = frame["label"].eq("Black")
    for category, rate in {"A": 3.0, "B": 1.0, "C": 1.2, "D": 0.9}.items():
        frame.loc[own & frame["category"].eq(category), RATIO] = limits_of(rate)
    assert (
        "By more than chance alone is likely to give, the relative rate was higher for Black people (A) than in the "
        "other categories of complaint together."
    ) in in_parts(frame)
    spread = frame.copy()
    spread.loc[own & frame["category"].eq("B"), RATIO] = limits_of(3.0)
    assert "higher for Black people (A; B, and lower in 2 others) than in the other categories" in in_parts(spread)
    both = pd.concat([frame, frame[own].assign(label="Asian", ratio=1 / frame.loc[own, "ratio"].astype(float),
        ratio_lower=1 / frame["ratio_upper"], ratio_upper=1 / frame["ratio_lower"])])  # fmt: skip
    assert ("was higher for Black people (A); it was lower for Asian people (A) than") in in_parts(both)
    alike = frame[~frame["category"].eq("A")]
    assert "No relative rate was found to differ from that in the other categories of complaint together." in in_parts(
        alike
    )
    two = in_parts(frame[frame["category"].isin(["A", "B"])])
    assert "higher for Black people (A) than in the other of the two categories of complaint." in two
    frame.loc[own & frame["category"].eq("D"), "ratio_upper"] = math.inf
    assert "(A) than in the other categories of complaint that could be compared." in in_parts(frame)
    frame.loc[own & frame["category"].eq("C"), "ratio_upper"] = math.inf
    assert "than in the other of the two categories of complaint that could be compared." in in_parts(frame)
    frame.loc[own & frame["category"].eq("B"), "ratio_upper"] = math.inf
    assert "than in the" not in in_parts(frame)
    assert "was found to differ" not in in_parts(frame)
    of = prose.parts_sentence(alike, UPHELD, "White", "category", "complaints not upheld", 0.95)
    assert "No relative rate of complaints not upheld was found" in of


def test_a_gap_that_has_changed_is_told_with_the_first_and_the_last_relative_rate():
    rows = [("2020-21", "Black", 0.9, None), ("2024-25", "Black", 0.7, 0.01), ("2024-25", "Asian", 1.1, 0.4),
            ("2024-25", "Mixed", 1.2, None)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["year", "label", "ratio", "interaction_p"])
    assert prose.gap_sentence(frame, "White") == (
        "The gap between Black people and White people has changed: the relative rate was 0.90 in 2020-21 and 0.70 in "
        "2024-25. No clear change in the gap to White people was found for Asian people, which does not show that it "
        "has stayed the same."
    )
    assert prose.gap_sentence(frame[frame["label"].eq("Mixed")], "White") == ""


def test_in_parts_of_which_none_is_disproportionate_smaller_differences_are_named():
    said = in_parts(parts(Mail="difference, size uncertain", Gym="small difference", Food="parity"))
    assert said == (
        "As counted, the uphold rate was lower for Black people (Mail; Gym), by an amount that is small or may not be. "
        "Of the 3 comparisons with White people across 3 categories of complaint, none is disproportionate; in 1 there "
        "is a difference of uncertain size; in 1 there is a small difference; in 1 no difference was found, and any is "
        "likely to be small. These rates are not adjusted."
    )


def test_in_parts_a_group_can_stand_out_either_way():
    low, high = parts(Property="disproportionate"), parts(Visits="disproportionate")
    asian = high[:1].assign(label="Asian")
    assert in_parts(pd.concat([low, high.replace({"value": 0.284}, 0.5), asian])).startswith(
        "As counted, the uphold rate was higher for Black people (Visits); it was lower for Black people (Property) "
        "and for Asian people (Visits), by enough to be disproportionate. Of the 3"
    )


def test_of_many_parts_and_of_many_groups_the_number_is_said():
    many = parts(**dict.fromkeys("ABCDEFG", "disproportionate"), H="parity")
    assert "was lower for Black people (7 of 8 categories of complaint), by" in in_parts(many)
    assert "was lower for Black people (all 7 categories of complaint), by" in in_parts(many[:14])
    assert "(all 3 categories of complaint)" in in_parts(many[:6])
    groups = groupings()["19"].labels.values()
    one = parts(Property="disproportionate")
    crowd = pd.concat([one, *(one[:1].assign(label=name) for name in groups if name != "White")])
    assert f"for people from {crowd['label'].nunique() - 1} ethnic groups, by" in in_parts(crowd)


def test_where_few_parts_can_be_compared_nothing_follows_from_finding_no_difference():
    few = parts(Property="inconclusive", Visits="not assessed", Mail="not assessed")
    assert in_parts(few).startswith(
        "Of 3 comparisons with White people across 3 categories of complaint, only 1 could be made, too few to tell "
        "where differences lie. Of this one, none is disproportionate; in 1 the data cannot tell. The other 2 could "
        "not be made: "
    )
    found = parts(Property="disproportionate", Visits="not assessed", Mail="not assessed")
    assert ", only 1 could be made. As counted, the uphold rate was lower" in in_parts(found)
    assert in_parts(few[2:]) == (
        "Of 2 comparisons with White people across 2 categories of complaint, none could be made: "
        "figures are suppressed to protect individuals [c]."
    )
    assert in_parts(few[1::2]) == ""  # the reference group alone


def test_where_all_comparisons_within_parts_have_one_verdict_it_is_said_of_all():
    said = in_parts(parts(Property="parity", Visits="parity"))
    assert said.endswith(
        "none is disproportionate; in all 2 no difference was found, and any is likely to be small. These rates are "
        "not adjusted."
    )
    assert in_parts(parts(Property="inconclusive")) == (
        "Of the 1 comparison with White people in Property, none is disproportionate; in 1 the data cannot tell. "
        "These rates are not adjusted."
    )


# Beside another measure

NAMES = ["Asian", "Black", "Mixed", "Other"]


def counted_so(ratios: list[float | None], *verdicts: str) -> pd.DataFrame:
    return pd.DataFrame({"label": NAMES[: len(ratios)], "ratio": ratios, "verdict": verdicts})


def test_where_a_verdict_hangs_on_what_is_counted_both_rates_are_told():
    headline = counted_so([1.0, 0.73, 1.1, 0.7], "parity", "disproportionate", "inconclusive", "not assessed")
    otherwise = counted_so([0.98, 0.83, None, 0.9], "parity", words.SIZE_UNCERTAIN, "not assessed", "inconclusive")
    assert prose.beside_sentence(otherwise, headline, "uphold rate") == (
        "Set beside the uphold rate, the relative rate is 0.83 (difference, size uncertain) instead of 0.73 "
        "(disproportionate) for Black people. For Asian people the verdict on the uphold rate is the same. For people "
        "from the Mixed and Other ethnic groups the two cannot be set side by side."
    )


def test_where_no_verdict_hangs_on_what_is_counted_it_is_said():
    same = counted_so([1.0, 0.73], "parity", "disproportionate")
    said = "For Asian and Black people the verdict on the uphold rate is the same."
    assert prose.beside_sentence(same, same, "uphold rate") == said


def test_where_no_group_is_assessed_twice_nothing_is_set_side_by_side():
    one, other = counted_so([1.1], "not assessed"), counted_so([1.1], "parity")
    assert prose.beside_sentence(one, other, "uphold rate") == ""


# Years


def years(*values, marks=None):
    names = ["2020-21", "2021-22", "2022-23", "2023-24", "2024-25"][: len(values)]
    marks = marks or ["" if value is not None else "c" for value in values]
    return pd.DataFrame({"year": names, "label": "Black", "value": values, "mark": marks})


def by_type(*values, year="2024-25", marks=None):
    """Rates of some types of prison, then that of all."""
    names = ["Open", "Category C", "High security"][: len(values) - 1]
    held = [(name, value, mark) for name, value, mark in zip([*names, "all"], values, marks or [""] * 4, strict=False)]
    return pd.DataFrame([
        {"year": year, "establishment_type": name, "value": value, "lower": value and value - 1,
         "upper": value and value + 1, "mark": mark}
        for name, value, mark in held
    ])  # fmt: skip


def latest(*years):
    return prose.latest_sentence(pd.concat(years), replace(WORDS["deaths"], decimals=2), "establishment_type")


def test_of_the_last_year_the_parts_are_named_in_which_a_rate_was_highest_and_lowest():
    assert latest(by_type(9, 9, 9, 3.9, year="2023-24"), by_type(1.5, 4, 6.25, 4.2)) == (
        "In 2024-25 the rate of death in prison custody was 4.20 deaths per 1,000 prisoners a year (3.90 the year "
        "before). Of the types of establishment shown, it was highest in High security at 6.25 (5.25 to 7.25) and "
        "lowest in Open at 1.50 (0.50 to 2.50)."
    )


def test_of_parts_that_are_not_shown_none_is_said_to_be_highest():
    some = by_type(None, None, 2.0, 4.2, year="2022-23 to 2024-25", marks=["c", "z", "", ""])
    assert latest(some) == (
        "Over 2022-23 to 2024-25 the rate of death in prison custody was 4.20 deaths per 1,000 prisoners a year. "
        "High security: 2.00 (1.00 to 3.00). Figures for Open are suppressed to protect individuals [c]."
    )
    assert latest(by_type(1.5, 4.0, 6.25, None, marks=["", "", "", "c"])) == ""
    bare = by_type(1.5, 4.2, year="2022-23 to 2024-25").assign(lower=None, upper=None)  # too few for an interval
    assert latest(bare).endswith(" Open: 1.50 ([u]).")


def test_trend_up_and_tied():
    assert prose.trend_sentence(years(0.25, 0.26, 0.29, 0.31), UPHELD, p=0.001) == (
        "The uphold rate for Black people was 31.0% in 2023-24, 29.0% in 2022-23 and 25.0% in 2020-21: "
        "the upward trend over all years is statistically significant."
    )


def test_a_trend_of_everybody_is_no_trend_of_each_group():
    everybody = years(0.25, 0.26, 0.29, 0.31).assign(label="All")
    assert "for all ethnic groups together was 31.0%" in prose.trend_sentence(everybody, UPHELD)


def test_trend_without_certainty():
    assert "statistically significant" in prose.trend_sentence(years(0.31, 0.3, 0.3, 0.25), UPHELD, p=0.05)
    assert prose.trend_sentence(years(0.31, 0.3, 0.3, 0.25), UPHELD, p=0.4).endswith(
        "31.0% in 2020-21: no clear trend."
    )


def test_a_trend_that_is_not_steady_is_said_to_be_none_or_uneven():
    """Years that rise and fall by more than chance are no trend, and yet are not alike."""
    jump = years(0.31, 0.2, 0.2, 0.4)
    assert prose.trend_sentence(jump, UPHELD, p=0.4, even=False).endswith(
        ": no steady trend, but the years differ by more than chance."
    )
    assert prose.trend_sentence(jump, UPHELD, p=0.01, even=False).endswith(
        ": the upward trend over all years is statistically significant, but it was not steady."
    )


def test_a_trend_goes_the_way_of_its_test_and_not_of_its_ends():
    """200, 320, 270, 170 and 205 of 1,000: higher at the end than at the beginning, and falling."""
    said = prose.trend_sentence(years(0.2, 0.32, 0.27, 0.17, 0.205), UPHELD, p=0.0009, rising=False)
    assert "was 20.5% in 2024-25, 17.0% in 2023-24 and 20.0% in 2020-21: the downward trend" in said


def test_a_trend_has_the_decimals_of_its_measure():
    said = prose.trend_sentence(years(3.84, 3.8, 3.8, 3.76), replace(WORDS["deaths"], decimals=2))
    assert said == (
        "The rate of death in prison custody for Black people was 3.76 deaths per 1,000 prisoners a year in 2023-24, "
        "3.80 in 2022-23 and 3.84 in 2020-21."
    )


def test_trend_with_a_suppressed_year():
    sentence = prose.trend_sentence(years(None, 0.26, 0.27, 0.28, 0.3), UPHELD)
    assert sentence.endswith("26.0% in 2021-22. Figures for 2020-21 are suppressed to protect individuals [c].")


def test_no_trend_under_four_years():
    sentence = prose.trend_sentence(years(0.2, 0.3, 0.4), UPHELD)
    assert sentence == "There are too few years to describe a trend in the uphold rate for Black people."


def test_of_parts_a_percentage_has_the_decimals_of_its_table():
    """None where it is of fewer than a hundred."""
    held = [("Concern recorded", 0.171, 41), ("No concern recorded", 0.185, 496), ("all", 0.184, 537)]
    frame = pd.DataFrame(
        [
            {"year": "2022-23 to 2024-25", "concern": part, "value": value, "lower": value - 0.1, "upper": value + 0.1,
             "denominator": of, "mark": ""}
            for part, value, of in held
        ]
    )  # fmt: skip
    said = prose.latest_sentence(frame, UPHELD, "concern")
    assert "the uphold rate was 18.4%" in said
    assert "Concern recorded: 17% (7% to 27%); No concern recorded: 18.5% (8.5% to 28.5%)." in said
