"""Groups compared with a reference: figures by arithmetic, gates, verdicts, and what is hidden stays so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import false_discovery_control, norm

from reportlib.comparison import compare, measure
from reportlib.figures import FIGURES, as_printed, undone
from reportlib.measures import MEASURES, TableSpec
from reportlib.rounding import rounded, to_what_is_printed
from reportlib.statistics import relative_rate

Row = tuple[Any, ...]
Z, Z_POWER = norm.isf(0.025), norm.ppf(0.8)
FIRST_ORDER = ("ratio", "ratio_lower", "ratio_upper")


def spec(code: str, *by: str, grouping: str = "5+1") -> TableSpec:
    return TableSpec("t", MEASURES[code], by or ("ethnicity",), grouping)


def counts(of: TableSpec, *rows: Row) -> pd.DataFrame:
    """Protected counts from rows of codes, numerator, denominator; a numerator of "c" is hidden."""
    frame = pd.DataFrame(rows, columns=[*of.by, "numerator", "denominator"])
    frame["mark"] = frame["numerator"].eq("c").map({True: "c", False: ""})
    frame["numerator"] = frame["numerator"].replace("c", None).astype("Int64")
    frame["denominator"] = frame["denominator"].astype("Float64" if of.measure.kind == "rate" else "Int64")
    return frame


def released(of: TableSpec, *rows: Row) -> pd.DataFrame:
    """Estimates from rows of codes, statistic, value, lower, upper, p-value."""
    return pd.DataFrame(rows, columns=[*of.by, "statistic", "value", "lower", "upper", "p_value"])


def independent(of: TableSpec, frame: pd.DataFrame) -> pd.DataFrame:
    """A design effect of 1 for every row: each event is another person's."""
    return released(of, *[(*row, "deff", 1.0, None, None, None) for row in frame[list(of.by)].itertuples(index=False)])


def shares(*rows: Row, code: str = "racism-concern", reference: str = "W", **also: Any) -> pd.DataFrame:
    """Shares of independent events compared, by ethnic group."""
    of = spec(code, grouping=also.pop("grouping", "5+1"))
    frame = counts(of, *rows)
    return compare(frame, independent(of, frame), of, reference=reference, years=3, **also).set_index("ethnicity")


def rates(*rows: Row, code: str = "deaths", years: int = 1) -> pd.DataFrame:
    of = spec(code)
    return compare(counts(of, *rows), released(of), of, reference="W", years=years).set_index("ethnicity")


# Figures


def test_shares_ratio_and_gap_are_plain_arithmetic():
    found = shares(("A", 30, 100), ("W", 80, 200))
    assert found.loc["A", ["label", "value", "ratio", "gap"]].tolist() == ["Asian", 0.3, 0.75, -10.0]
    assert found.loc["W", "value"] == 0.4


def test_the_interval_of_a_share_is_wilsons():
    assert shares(("A", 20, 100), ("W", 20, 100)).loc["A", ["lower", "upper"]].tolist() == [0.133, 0.289]


def test_the_interval_of_a_relative_rate_is_koopmans():
    of = spec("upheld")
    effects = released(of, ("A", "deff", 2.0, None, None, None), ("W", "deff", 4.0, None, None, None))
    found = compare(counts(of, ("A", 72, 80), ("W", 64, 320)), effects, of, reference="W", years=3)
    # Koopman (1984): 36 of 40 against 16 of 80 is 4.5, from 2.94 to 7.15
    assert found.loc[0, [*FIRST_ORDER]].tolist() == [4.5, 2.94, 7.15]


def test_the_interval_of_a_gap_is_newcombes():
    of = spec("upheld")
    effects = released(of, ("A", "deff", 2.0, None, None, None), ("W", "deff", 3.0, None, None, None))
    found = compare(counts(of, ("A", 112, 140), ("W", 144, 240)), effects, of, reference="W", years=3)
    # Newcombe (1998), table II: 56 of 70 against 48 of 80 is 0.2, from 0.0524 to 0.3339; here in percentage points
    assert found.loc[0, ["gap", "gap_lower", "gap_upper"]].tolist() == [20.0, 5.2, 33.4]


def test_the_rarer_side_is_judged():
    found = shares(("A", 800, 1000), ("W", 900, 1000), code="completed")  # not completed: 20% v 10%
    assert found.loc["A", "ratio"] == 2.0
    assert found.loc["A", ["judged", "verdict"]].tolist() == ["complement", "disproportionate"]
    assert found.loc["A", ["value", "gap"]].tolist() == [0.8, -10.0]


def test_the_verdict_does_not_turn_on_which_side_is_called_the_outcome():
    one = shares(("A", 800, 1000), ("W", 900, 1000), ("NS", 70, 90), code="completed")
    other = shares(("A", 200, 1000), ("W", 100, 1000), ("NS", 20, 90), code="completed")
    assert other.loc["A", "judged"] == ""
    of_the_side = [*FIRST_ORDER, "bound_lower", "bound_upper", "tipping", "cases_needed", "detectable_above", "verdict"]
    assert one.loc["A", of_the_side].tolist() == other.loc["A", of_the_side].tolist()


def test_nor_does_it_where_neither_side_is_rarer():
    """5,500 of 11,000: 40% against 51% is 60% against 49% of the other side, on which the group is worse off."""
    one, other = shares(("A", 400, 1000), ("W", 5100, 10000)), shares(("A", 600, 1000), ("W", 4900, 10000))
    assert (one.loc["A", "judged"], other.loc["A", "judged"]) == ("complement", "")
    assert one.loc["A", "ratio"] == other.loc["A", "ratio"] == 1.22
    assert one.loc["A", [*FIRST_ORDER, "verdict"]].tolist() == other.loc["A", [*FIRST_ORDER, "verdict"]].tolist()


def test_which_side_is_rarer_is_asked_of_known_groups_and_shown_counts():
    assert shares(("A", 40, 100), ("W", 45, 100), ("NS", 190, 200)).loc["A", "judged"] == ""
    assert shares(("A", 60, 100), ("B", "c", 1000), ("W", 55, 100)).loc["A", "judged"] == "complement"


def test_which_side_is_judged_can_be_settled_elsewhere():
    """As in an edition, whose own counts might name the other side: 40% v 50% is also 60% v 50%."""
    rows = ("A", 400, 1000), ("W", 500, 1000)
    found = {side: shares(*rows, complement=side).loc["A", ["judged", "ratio"]].tolist() for side in (True, False)}
    assert found == {True: ["complement", 1.2], False: ["", 0.8]}


def test_a_comparison_that_is_one_of_a_larger_family_is_judged_in_that():
    """Alone 20% v 30% of 400 each has a p-value of 0.001; that of a group which has none stays unknown."""
    of, rows = spec("racism-concern"), [("A", 80, 400), ("B", 88, 400), ("M", "c", 400), ("W", 120, 400)]
    larger = [(code, "family", p, None, None, None) for code, p in (("A", 0.06), ("M", 0.001))]
    frame = counts(of, *rows)
    estimates = pd.concat([independent(of, frame), released(of, *larger)])
    found = compare(frame, estimates, of, reference="W", years=3).set_index("ethnicity")
    alone = shares(*rows)
    assert found["p_adjusted"][["A", "B"]].tolist() == [0.06, alone["p_adjusted"]["B"]]
    assert found["verdict"][["A", "B", "M"]].tolist() == ["inconclusive", "disproportionate", "not assessed"]
    assert alone["verdict"]["A"] == "disproportionate"
    assert found.loc["A", [*FIRST_ORDER]].tolist() == alone.loc["A", [*FIRST_ORDER]].tolist()


def test_the_whole_stands_beside_an_edition_whose_own_count_is_hidden_too():
    of, rows = spec("racism-concern"), [("A", 80, 400), ("B", "c", 400), ("W", 120, 400)]
    whole = [
        row
        for code in "AB"
        for row in (
            (code, "national_value", 0.251, None, None, None),
            (code, "national_ratio", 1.1, 1.02, 1.19, None),
            (code, "national_verdict", 2.0, None, None, None),
        )
    ]
    frame = counts(of, *rows)
    found = compare(frame, pd.concat([independent(of, frame), released(of, *whole)]), of, reference="W", years=3)
    beside = ["national_value", "national_ratio", "national_lower", "national_upper"]
    assert found.loc[0, [*beside, "national_verdict"]].tolist() == [0.251, 1.1, 1.02, 1.19, "small difference"]
    assert found.loc[1, [*beside, "national_verdict"]].tolist() == found.loc[0, [*beside, "national_verdict"]].tolist()
    assert found.loc[1, [name for name in FIGURES if name not in beside]].isna().all()


def test_repeat_complaints_count_as_the_design_effect_says():
    of = spec("upheld")
    frame = counts(of, ("A", 60, 200), ("W", 80, 200))
    doubled = released(of, ("A", "deff", 2.0, None, None, None), ("W", "deff", 2.0, None, None, None))
    clustered = compare(frame, doubled, of, reference="W", years=3).set_index("ethnicity")
    halved = shares(("A", 30, 100), ("W", 40, 100))
    columns = ["value", "lower", "upper", *FIRST_ORDER, "p_adjusted", "detectable_below", "detectable_above"]
    assert clustered.loc["A", columns].tolist() == halved.loc["A", columns].tolist()
    assert clustered.loc["A", "cases_needed"] == pytest.approx(2 * halved.loc["A", "cases_needed"], abs=1)


def test_without_a_design_effect_there_is_a_share_but_no_interval_and_no_verdict():
    of = spec("upheld")
    found = compare(counts(of, ("A", 30, 100), ("W", 40, 100)), released(of), of, reference="W", years=3)
    assert found.loc[0, "value"] == 0.3
    assert found.loc[0, ["lower", "upper", "ratio_lower", "p_adjusted"]].isna().all()
    assert found.loc[0, "verdict"] == "not assessed"


def test_deaths_are_counted_over_person_years():
    found = rates(("A", 12, 1000.0), ("W", 30, 5000.0), years=3)
    assert found.loc[["A", "W"], "value"].tolist() == [4.0, 2.0]  # a year: 12 / 3,000 and 30 / 15,000
    assert found.loc["A", ["ratio", "gap"]].tolist() == [2.0, 2.0]


def test_people_are_counted_once_in_the_period_over_the_average_population():
    found = rates(("A", 50, 1000.0), ("W", 100, 4000.0), code="complainants", years=3)
    assert found.loc[["A", "W"], "value"].tolist() == [50.0, 25.0]
    assert found.loc["A", "ratio"] == 2.0


def test_the_ratio_of_two_rates_is_exact():
    found = rates(("A", 20, 294.0), ("W", 210, 3636.0))  # 1.178, from 0.705 to 1.866
    assert found.loc["A", [*FIRST_ORDER]].tolist() == [1.18, 0.70, 1.87]


def test_the_rate_of_what_one_person_can_do_often_is_estimated_from_persons():
    of = spec("complaints")
    frame = counts(of, ("A", 600, 1000.0), ("W", 900, 3000.0))
    found = compare(
        frame,
        released(
            of,
            ("A", "deff", 3.0, None, None, None),
            ("A", "rate", 200.0, 170.0, 235.0, None),
            ("A", "ratio", 2.0, 1.6, 2.5, 0.0001),
        ),
        of,
        reference="W",
        years=3,
    ).set_index("ethnicity")
    assert found.loc["A", ["value", "lower", "upper", "deff"]].tolist() == [200.0, 170.0, 235.0, 3.0]
    assert found.loc["A", [*FIRST_ORDER, "verdict"]].tolist() == [2.0, 1.6, 2.5, "disproportionate"]
    assert found.loc["W", "value"] == 100.0
    assert np.isnan(found.loc["W", "lower"])


def test_the_unknown_bound_the_ratio():
    found = shares(("A", 40, 100), ("W", 300, 1000), ("NS", 15, 50))
    # all 35 unknown non-events to the group and all 15 events to White; then the reverse
    lowest, highest = (40 / 135) / (315 / 1015), (55 / 115) / (300 / 1035)
    assert found.loc["A", ["bound_lower", "bound_upper"]].tolist() == [round(lowest, 2), round(highest, 2)]
    assert (round(lowest, 2), round(highest, 2)) == (0.95, 1.65)


def test_a_bound_that_leaves_1_out_is_not_printed_as_1():
    """All 297 unknown non-events to the group leave it 130 of 1,297, which is 1.002 times 1,000 of 10,000."""
    found = shares(("A", 130, 1000), ("W", 1000, 10000), ("NS", 0, 297))
    assert found.loc["A", ["ratio", "bound_lower", "bound_upper"]].tolist() == [1.3, 1.01, 1.34]


def test_unknown_events_and_unknown_people_bound_the_ratio_of_rates():
    found = rates(("A", 20, 1000.0), ("W", 60, 6000.0), ("NS", 10, 500.0))
    lowest, highest = (20 / 1500) / (70 / 6000), (30 / 1000) / (60 / 6500)
    assert found.loc["A", ["bound_lower", "bound_upper"]].tolist() == [round(lowest, 2), round(highest, 2)]


def test_each_stratum_has_its_own_reference():
    of = spec("racism-concern", "category", "ethnicity")
    frame = counts(of, ("Food", "A", 20, 100), ("Food", "W", 40, 200), ("Mail", "A", 20, 100), ("Mail", "W", 10, 100))
    found = compare(frame, independent(of, frame), of, reference="W", years=3).set_index(["category", "ethnicity"])
    assert found.loc[("Food", "A"), "ratio"] == 1.0
    assert found.loc[("Mail", "A"), "ratio"] == 2.0


def test_the_reference_the_total_and_those_not_stated_are_not_compared():
    found = shares(("A", 30, 100), ("W", 80, 200), ("NS", 20, 60), ("all", 130, 360))
    of_two = [name for name in FIGURES if name.startswith(("ratio", "gap", "bound", "detectable", "p_"))]
    assert found.loc[["W", "NS", "all"], [*of_two, "verdict"]].isna().all(axis=None)
    assert found.loc[["W", "NS", "all"], "value"].tolist() == [0.4, 0.33, 0.361]


@pytest.mark.parametrize(("food", "mail", "dispersion"), [(20, 80, 12 * 0.8**2), (50, 50, 1.0)])
def test_a_funnel_is_of_the_parts_about_the_whole_as_widely_as_they_differ(food: int, mail: int, dispersion: float):
    """Effectively 10 and 40 of 100, about 25%: each lies √12 standard errors away, drawn in to four fifths of that."""
    of = spec("upheld", "category", "ethnicity")
    frame = counts(of, ("Food", "all", food, 200), ("Mail", "all", mail, 200), ("all", "all", 100, 400))
    effects = released(of, *[(name, "all", "deff", 2.0, None, None, None) for name in ("Food", "Mail", "all")])
    found = compare(frame, effects, of, reference="W", years=1).set_index("category")
    reach = np.sqrt(dispersion * 0.25 * 0.75 / 100)
    limits = [max(0.25 + z * reach, 0.0) for z in (-Z, Z, norm.ppf(0.001), norm.isf(0.001))]
    columns = ["lower_95", "upper_95", "lower_998", "upper_998"]
    assert found.loc["Food", columns].tolist() == found.loc["Mail", columns].tolist() == pytest.approx(limits, abs=5e-4)
    assert found.loc["all", columns].isna().all()


# Gates of reliability


def test_no_percentage_under_10():
    found = shares(("A", 5, 9), ("B", 5, 10), ("W", 80, 200))
    assert found.loc["A", "mark"] == "u"
    assert found.loc["A", list(FIGURES)].isna().all()
    assert found.loc["B", ["value", "mark"]].tolist() == [0.5, ""]


def test_no_rate_on_a_population_under_100():
    found = rates(("A", 7, 99.0), ("B", 7, 100.0), ("W", 80, 2000.0))
    assert found.loc["A", "mark"] == "u"
    assert found.loc["A", list(FIGURES)].isna().all()
    assert found.loc["B", ["value", "mark"]].tolist() == [70.0, ""]


@pytest.mark.parametrize(("group", "white"), [((4, 100), (80, 200)), ((97, 100), (150, 200)), ((30, 100), (4, 100))])
def test_a_ratio_of_shares_needs_5_events_of_the_side_judged_in_each_arm(group: Row, white: Row):
    found = shares(("A", *group), ("W", *white)).loc["A"]
    assert found[["ratio", "ratio_lower", "ratio_upper", "p_adjusted"]].isna().all()
    assert found["verdict"] == "not assessed"
    assert found["gap"] == round(100 * group[0] / group[1] - 100 * white[0] / white[1], 1)
    assert shares(("A", 5, 100), ("W", 50, 200)).loc["A", "ratio"] == 0.2


def test_an_arm_in_which_all_did_it_is_compared():
    """500 of 500 against 200 of 1,000 is 5.00: no disparity is missed because it is complete."""
    found = shares(("A", 500, 500), ("W", 200, 1000), ("B", 300, 1500)).loc["A"]
    assert found[["ratio", "judged", "verdict"]].tolist() == [5.0, "", "disproportionate"]


def test_a_reference_on_which_no_rate_is_shown_is_compared_with_nobody():
    found = rates(("A", 36, 1500.0), ("W", 21, 90.0), years=3)  # person-years enough, but not people
    assert found.loc["W", "mark"] == "u"
    assert found.loc["A", "verdict"] == "not assessed"
    assert found.loc["A", [name for name in FIGURES if "ratio" in name or "gap" in name]].isna().all()
    assert found.loc["A", "value"] == 8.0
    assert rates(("A", 12, 1500.0), ("W", 7, 100.0)).loc["A", "ratio"] == 0.11  # 8.0 against 70.0


def test_a_population_is_not_larger_for_more_years():
    found = rates(("A", 12, 40.0), ("W", 80, 2000.0), years=3)
    assert found.loc["A", ["mark", "verdict"]].tolist() == ["u", "not assessed"]


def test_events_of_a_group_without_population_stop_nothing():
    found = rates(("O", 7, 0.0), ("A", 20, 294.0), ("W", 210, 3636.0))
    assert found.loc["O", ["mark", "verdict"]].tolist() == ["z", "not assessed"]
    assert found.loc["A", "ratio"] == 1.18


# Could we have seen it


@pytest.mark.parametrize("base", [0.1, 0.5, 0.8])
def test_what_could_have_been_seen_of_a_rate_is_poissons(base: float):
    """The variance of a rate is the rate, not rate × (1 − rate): Fleiss's formula with that, solved for the ratio."""
    n, m = 1000, 4000

    def beyond(ratio: float) -> float:
        own, pooled = base * ratio, (n * base * ratio + m * base) / (n + m)
        return abs(own - base) - Z * np.sqrt(pooled * (1 / n + 1 / m)) - Z_POWER * np.sqrt(own / n + base / m)

    wanted = [brentq(beyond, *ends) for ends in ((0.3, 1), (1, 2))]
    found = rates(("A", base * n, float(n)), ("W", base * m, float(m))).loc["A"]
    assert found[["detectable_below", "detectable_above"]].tolist() == [round(ratio, 2) for ratio in wanted]


def test_a_rate_above_one_a_head_could_be_seen_too():
    found = rates(("A", 700, 600.0), ("W", 2600, 2500.0)).loc["A"]
    assert 0.85 < found["detectable_below"] < 1 < found["detectable_above"] < 1.15
    assert found["cases_needed"] > 0


def test_repeated_events_show_as_much_of_a_rate_as_fewer_single_ones():
    of = spec("complaints")
    frame = counts(of, ("A", 600, 1000.0), ("W", 2400, 4000.0))
    effects = released(of, ("A", "deff", 2.0, None, None, None), ("W", "deff", 4.0, None, None, None))
    repeated = compare(
        frame, pd.concat([effects, released(of, ("A", "ratio", 1.0, 0.9, 1.1, 0.9))]), of, reference="W", years=1
    ).loc[0]
    single = rates(("A", 300, 500.0), ("W", 600, 1000.0)).loc["A"]
    columns = ["detectable_below", "detectable_above"]
    assert repeated[columns].tolist() == single[columns].tolist()
    assert repeated["cases_needed"] == pytest.approx(2 * single["cases_needed"], rel=1e-3)


@pytest.mark.parametrize(("deaths", "edge"), [(90, 0.8), (110, 1.25)])
@pytest.mark.parametrize("deff", [1.0, 3.0])
def test_the_cases_needed_would_show_a_rate_at_the_nearer_edge_of_the_band(deaths: int, edge: float, deff: float):
    """Fleiss's formula with the variance of a rate: four of the reference for each of the group, at 0.1 a head."""
    of = spec("complaints")
    effects = released(of, *[(code, "deff", deff, None, None, None) for code in "AW"])
    frame = counts(of, ("A", deaths, 1000.0), ("W", 400, 4000.0))
    found = compare(frame, effects, of, reference="W", years=1).loc[0, "cases_needed"]
    own, pooled = 0.1 * edge, (0.1 * edge + 4 * 0.1) / 5
    reach = Z * np.sqrt(pooled * (1 + 1 / 4)) + Z_POWER * np.sqrt(own + 0.1 / 4)
    assert found == pytest.approx(deff * (reach / (own - 0.1)) ** 2, rel=1e-3)


def test_the_cases_needed_are_whole_and_enough():
    """Fleiss's formula at 32.8% against 41%, as many of the reference as of the group."""
    found = shares(("A", 30, 100), ("W", 41, 100)).loc["A", "cases_needed"]
    reach = Z * np.sqrt(0.369 * 0.631 * 2) + Z_POWER * np.sqrt(0.328 * 0.672 + 0.41 * 0.59)
    needed = (reach / 0.082) ** 2
    assert needed % 1 < 0.5  # the nearest would be too few
    assert found == math.ceil(needed)


def test_the_cases_needed_are_of_the_denominator_that_is_shown():
    """An average population of so many, over the same years: not person-years."""
    (one, three) = (rates(("A", 30 * y, 1000.0), ("W", 100 * y, 4000.0), years=y).loc["A"] for y in (1, 3))
    assert one["cases_needed"] == pytest.approx(3 * three["cases_needed"], rel=0.01)


# The family


def test_a_comparison_has_one_verdict_in_every_table_that_shows_it():
    """Groups of all strata together are a family of their own, as in the table without strata."""
    groups = (("A", 60, 6000.0), ("B", 55, 6000.0), ("M", 37, 4076.0), ("O", 20, 1900.0), ("W", 800, 60000.0))
    alone = rates(*groups)
    of = spec("deaths", "establishment_type", "ethnicity")
    parts = [("Open", code, x // 2, n / 2) for code, x, n in groups]
    rows = [*parts, *(("all", *row) for row in groups)]
    found = compare(counts(of, *rows), released(of), of, reference="W", years=1)
    margin = found[found["establishment_type"].eq("all")].set_index("ethnicity")
    columns = ["p_adjusted", "verdict"]
    assert margin.loc[list("ABMO"), columns].equals(alone.loc[list("ABMO"), columns])


def test_a_p_value_is_not_printed_at_the_level_that_it_misses():
    of = spec("complaints")
    found = compare(
        counts(of, ("A", 600, 1000.0), ("W", 900, 3000.0)), released(of, ("A", "ratio", 1.2, 0.99, 1.4, 0.0504)),
        of, reference="W", years=1,
    )  # fmt: skip
    assert found.loc[0, "p_adjusted"] == 0.051


@pytest.mark.parametrize(
    ("ratio", "lower", "upper", "printed"),
    [
        (1.07, 1.004, 1.14, (1.07, 1.01, 1.14)),
        (1.07, 0.997, 1.14, (1.07, 1.0, 1.14)),  # which holds 1, as print says
        (0.9, 0.8, 0.996, (0.9, 0.8, 0.99)),
        (1.004, 1.003, 1.2, (1.0, 1.0, 1.2)),  # no limit beyond what it is a limit of
    ],
)
def test_a_limit_that_leaves_1_out_is_not_printed_as_1(ratio, lower, upper, printed):
    names = ("adjusted_ratio", "adjusted_lower", "adjusted_upper")
    frame = pd.DataFrame([dict(zip(names, (ratio, lower, upper), strict=True)) | {"denominator": 500}])
    found = rounded(frame, spec("recalled"))
    assert tuple(found[list(names)].iloc[0]) == printed


def test_a_ratio_is_given_to_the_nearest_step_and_its_limits_no_nearer_to_1_than_they_are():
    """In twentieths 1.12 is 22.4, 1.02 is 20.4 and 1.24 is 24.8; but 1.02 leaves 1 out."""
    assert as_printed(np.array([1.12, 1.02, 1.24]), 0.05) == pytest.approx(np.array([1.10, 1.05, 1.25]))
    assert as_printed(np.array([[0.88, 0.81, 0.99]]), 0.05) == pytest.approx(np.array([[0.90, 0.80, 0.95]]))
    assert as_printed(np.array([1.02, 1.01, 1.24]), 0.05) == pytest.approx(np.array([1.0, 1.0, 1.25]))


def test_bounds_and_tipping_point_go_with_the_verdict():
    of = spec("upheld")
    found = compare(counts(of, ("B", 9, 20), ("W", 300, 1200), ("NS", 8, 30)), released(of), of, reference="W", years=3)
    assert found.loc[0, "verdict"] == "not assessed"
    assert found.loc[0, ["bound_lower", "bound_upper", "tipping"]].isna().all()
    level = shares(("A", 301, 1000), ("W", 300, 1000), ("NS", 10, 50)).loc["A"]  # a ratio of 1.00: nothing to undo
    assert level["bound_lower"] < 1 < level["bound_upper"]
    assert np.isnan(level["tipping"])


def test_an_exact_ratio_needs_no_least_number():
    found = rates(("A", 0, 1000.0), ("B", 2, 1000.0), ("W", 40, 10000.0)).loc[["A", "B"]]
    assert found["ratio"].tolist() == [0.0, 0.5]
    assert found["verdict"].tolist() == ["inconclusive", "inconclusive"]


# What is hidden


def test_a_hidden_row_passes_through_with_its_mark():
    found = shares(("A", "c", 200), ("B", 30, 100), ("W", 80, 200))
    assert found.loc["A", ["mark", "verdict"]].tolist() == ["c", "not assessed"]
    assert found.loc["A", list(FIGURES)].isna().all()
    assert found.loc["A", "denominator"] == 200
    assert found.loc["B", ["mark", "ratio"]].tolist() == ["", 0.75]


def test_a_hidden_reference_leaves_nothing_that_would_give_it_back():
    found = shares(("A", 30, 100), ("W", "c", 200), ("all", 33, 300))
    assert found.loc["A", "value"] == 0.3
    of_two = [name for name in FIGURES if name not in ("value", "lower", "upper", "deff")]
    assert found[of_two].isna().all(axis=None)
    assert found.loc["A", "verdict"] == "not assessed"


def test_hidden_people_not_stated_leave_no_bounds():
    found = shares(("A", 30, 100), ("W", 80, 200), ("NS", "c", 40))
    assert found.loc["A", ["bound_lower", "bound_upper"]].isna().all()
    assert found.loc["A", "ratio"] == 0.75


def test_what_is_hidden_stays_in_the_family_of_tests_as_if_chance_explained_it():
    """Else hiding one comparison would make another significant: of two p is doubled, of three it is three times."""
    shown = shares(("A", 45, 100), ("B", 30, 100), ("W", 60, 200))
    hidden = shares(("A", 45, 100), ("B", 30, 100), ("M", "c", 100), ("W", 60, 200))
    assert hidden.loc["A", "p_adjusted"] == pytest.approx(1.5 * shown.loc["A", "p_adjusted"], abs=0.0015)
    assert pd.isna(hidden.loc["M", "p_adjusted"])
    few = shares(("A", 45, 100), ("B", 30, 100), ("M", 1, 12), ("W", 60, 200))
    assert few.loc["A", "p_adjusted"] == shown.loc["A", "p_adjusted"]  # no comparison of M could be made


# Verdicts


def test_each_of_the_six_verdicts():
    found = shares(
        ("A1", 300, 1000),  # 1.50
        ("A2", 240, 1000),  # 1.20, from 1.07 to 1.35
        ("A3", 2200, 10000),  # 1.10, from 1.04 to 1.16
        ("A4", 2010, 10000),  # 1.00, from 0.95 to 1.06
        ("A9", 25, 100),  # 1.25, from 0.89 to 1.76
        ("B1", 4, 20),  # fewer than five events
        ("W1", 2000, 10000),
        grouping="19",
        reference="W1",
    )
    assert found["verdict"].dropna().to_dict() == {
        "A1": "disproportionate",
        "A2": "difference, size uncertain",
        "A3": "small difference",
        "A4": "parity",
        "A9": "inconclusive",
        "B1": "not assessed",
    }


def test_the_band_is_a_parameter():
    rows = (("A", 2400, 10000), ("W", 2000, 10000))  # 1.20, from 1.14 to 1.26
    assert shares(*rows).loc["A", "verdict"] == "difference, size uncertain"
    assert shares(*rows, band=(0.9, 1.1)).loc["A", "verdict"] == "disproportionate"


def test_p_values_are_adjusted_within_the_table():
    groups = {"A": (45, 100), "B": (40, 100), "M": (52, 130), "O": (30, 100)}
    found = shares(*[(code, *pair) for code, pair in groups.items()], ("W", 60, 200))
    crude = [relative_rate(*pair, 60, 200).p_value for pair in groups.values()]
    assert "p_value" not in found, "the unadjusted is not published"
    assert found.loc[list(groups), "p_adjusted"].tolist() == [round(p, 3) for p in false_discovery_control(crude)]


# Precision


def test_percentages_have_no_decimals_under_100():
    found = shares(("A", 33, 99), ("B", 33, 101), ("W", 80, 200))
    assert found.loc[["A", "B"], "value"].tolist() == [0.33, 0.327]


def test_a_percentage_is_rounded_once():
    assert shares(("A", 11, 31), ("W", 80, 200)).loc["A", "value"] == 0.35  # 35.48%; by way of 35.5 it would be 36


def test_nothing_is_finer_than_it_is_published():
    found = shares(("A", 123, 457), ("B", 77, 391), ("W", 801, 2003), ("NS", 11, 37))
    figures = found[[*FIGURES, "p_adjusted"]].astype(float)
    assert figures.equals(figures.round(3))
    of_two = figures[[name for name in figures if "ratio" in name or name.startswith(("bound", "detectable", "deff"))]]
    assert of_two.equals(of_two.round(2))


def test_a_rate_has_the_decimals_of_its_measure():
    found = rates(("A", 7, 1234.5), ("W", 301, 45678.9))
    assert found.loc["A", "value"] == round(7 / 1234.5 * 1000, MEASURES["deaths"].decimals) == 5.67


# Tables that compare no groups


def test_a_measure_by_year_and_type():
    of = spec("deaths", "year", "establishment_type")
    frame = counts(of, ("2023-24", "Open", 6, 4000.0), ("2024-25", "Open", "c", 4100.0), ("2024-25", "Other", 7, 90.0))
    found = measure(frame, released(of), of, years=1)
    assert found["value"].tolist()[0] == 1.5
    assert found["mark"].tolist() == ["", "c", "u"]
    assert found.loc[1:, ["value", "lower", "upper"]].isna().all(axis=None)


def test_a_measure_of_a_pooled_period_is_a_year():
    of = spec("deaths", "establishment_type")
    assert measure(counts(of, ("Open", 30, 1000.0)), released(of), of, years=3)["value"].tolist() == [10.0]
    people = spec("complainants", "establishment_type")
    assert measure(counts(people, ("Open", 30, 1000.0)), released(people), people, years=3)["value"].tolist() == [30.0]


def test_what_one_person_can_do_often_has_the_interval_that_was_estimated_from_persons():
    of = spec("complaints", "establishment_type")
    given = released(of, ("Open", "rate", 200.0, 170.0, 235.0, None))
    found = measure(counts(of, ("Open", 200, 1000.0), ("Other", 200, 1000.0)), given, of, years=1)
    assert found.loc[0, ["value", "lower", "upper"]].tolist() == [200.0, 170.0, 235.0]
    assert found.loc[1, "value"] == 200.0
    assert found.loc[1, ["lower", "upper"]].isna().all()  # not that of independent events


def test_a_share_of_repeated_events_has_wilsons_interval_on_effective_counts():
    of = spec("upheld", "category")
    given = released(of, ("Food", "deff", 2.0, None, None, None))
    found = measure(counts(of, ("Food", 40, 200)), given, of, years=3)
    assert found.loc[0, ["value", "lower", "upper"]].tolist() == [0.2, 0.133, 0.289]  # Wilson's of 20 of 100


def test_adjustment_undoes_a_difference_where_half_of_it_is_gone_and_chance_could_do_the_rest():
    """Half of 1.44 on the log scale is 1.2; 1.3 that is merely less certain explains nothing, nor does one outside."""
    crude = np.array([1.44, 1.44, 1.44, 0.8, 0.5, 1.44, np.nan])
    adjusted = np.array([1.19, 1.21, 1.10, 1.04, 0.75, np.nan, 1.0])
    lower, upper = np.array([0.9, 0.9, 1.01, 0.98, 0.4, 0.9, 0.9]), np.array([1.5, 1.5, 1.2, 1.1, 1.3, 1.5, 1.1])
    found = undone(crude, adjusted, lower, upper, (0.8, 1.25))
    assert list(found) == [True, False, False, True, False, False, False]
    assert not undone(1.44, 1.19, 0.9, 1.5, (0.9, 1.1))


def test_estimates_of_strata_are_handed_over_no_finer_than_they_are_printed():
    """Whoever knows all but two counts of the strata could find these two from sixteen digits, or from a p-value."""
    of = spec("upheld")
    given = released(
        of,
        ("B", "deff", 1.2, None, None, None),
        ("B", "ratio", 0.71834, 0.61, 0.84, 0.000123456),
        ("B", "adjusted", 0.710312772, 0.5912345, 0.8567891, 3.28e-11),
        ("B", "modelled", 0.7234567, 0.6, 0.9, 0.0123456),
        ("B", "homogeneity", 0.0502, None, None, None),
        ("A", "homogeneity", 0.123456, None, None, None),
        ("B", "expected", 0.8351, 0.7, 0.97, 0.3),
        ("B", "standardised", 3.14159, None, None, None),
        ("all", "agreement", 0.971234, 0.9612345, 0.98, None),
        ("all", "kappa", 0.951234, 0.94, 0.96, None),
    )
    told = to_what_is_printed(given, of, 2).set_index(["ethnicity", "statistic"])
    ends = told[["value", "lower", "upper"]].astype(float)
    assert ends.loc[("B", "adjusted")].tolist() == pytest.approx([0.71, 0.59, 0.86])
    assert ends.loc[("B", "modelled"), "value"] == ends.loc[("B", "modelled"), "value"].round(2) == 0.72
    assert told.loc[("B", "homogeneity"), "value"] == pytest.approx(0.051)  # above the level of significance
    assert told.loc[("A", "homogeneity"), "value"] == pytest.approx(0.123)
    assert ends.loc[("B", "expected"), "value"] in (0.83, 0.84)
    assert ends.loc[("B", "standardised"), "value"] == round(3.14159, of.measure.decimals)
    assert ends.loc[("all", "agreement")].tolist() == pytest.approx([0.971, 0.961, 0.98])
    assert ends.loc[("all", "kappa"), "value"] == pytest.approx(0.95)
    assert told["p_value"].dropna().to_dict() == {("B", "ratio"): 0.000123456}  # of counts that are shown
    assert ends.loc[("B", "ratio"), "value"] == 0.71834
    finer = to_what_is_printed(given, of, 3).set_index(["ethnicity", "statistic"])
    assert finer.loc[("B", "adjusted"), "value"] == pytest.approx(0.71)
    assert finer.loc[("B", "adjusted"), "upper"] == pytest.approx(0.857)
