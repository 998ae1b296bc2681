"""What is estimated from persons, strata and records: against plain arithmetic on small extracts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
import pytest
from good_extracts import Extracts
from scipy.stats import t

from reportlib.editions import codes
from reportlib.inputs.estimates import NOTHING_ELSEWHERE, NOTHING_HIDDEN, estimates
from reportlib.inputs.inversion import Hidden
from reportlib.inputs.release import Release
from reportlib.measures import MEASURES, TableSpec
from reportlib.years import years_to

Z = 1.959963984540054
ORDERS = "person_id,region,order_type,start_date,end_date,outcome,ethnicity_code\n"
COMPLAINTS = (
    "complaint_id,person_id,received_date,completed_date,establishment,category,eligible,outcome,ethnicity_ppud\n"
)
SNAPSHOTS = "snapshot_date,establishment,ethnicity_code,age_band,sex,number\n"
INCIDENTS = "incident_id,notified_date,death_date,establishment,setting,cause,age_band,sex,ethnicity_code\n"
Estimated = Callable[..., pd.DataFrame]


@dataclass(frozen=True)
class Years:
    """One year, or several together, in which the trend has five."""

    pooled: tuple[str, ...] = ("2024-25",)
    trend: tuple[str, ...] = years_to("2024-25", 5)


@pytest.fixture
def estimated(alone: Extracts) -> Estimated:
    """The estimates of a table made from a few extracts, by group and statistic."""

    def made(
        measure: str,
        *by: str,
        adjust: tuple[str, ...] = (),
        period: str = "pooled",
        hidden: Hidden = NOTHING_HIDDEN,
        years: int = 1,
        level: float = 0.95,
        complement: bool = False,
        elsewhere: Mapping[tuple[str, ...], float] = NOTHING_ELSEWHERE,
        apart: str = "",
        **texts: str,
    ) -> pd.DataFrame:
        for name, text in texts.items():
            alone.put(name, text)
        spec = TableSpec("t", MEASURES[measure], by, "5+1", period, adjust, apart)
        release = Release(alone.read(), Years(years_to("2024-25", years)))
        found = estimates(release, spec, "W", level, hidden, complement, elsewhere)
        return found.set_index([*(["ethnicity"] if "ethnicity" in by else []), "statistic"])

    return made


def complaints(people: Iterable[tuple[str, int, int]]) -> str:
    """Complaints of people: ethnicity, how many were upheld, how many not."""
    rows = [
        f"P{person},2024-05-01,2024-06-01,Leeds,Food,yes,{outcome},{ethnicity}"
        for person, (ethnicity, upheld, rest) in enumerate(people)
        for outcome in ["upheld"] * upheld + ["not upheld"] * rest
    ]
    return COMPLAINTS + "".join(f"C{place},{row}\n" for place, row in enumerate(rows))


def orders(cells: Iterable[tuple[str, str, str, int, int]], years: Iterable[int] = (2024,)) -> str:
    """Orders of a person each: ethnicity, region, order type, how many completed and how many recalled, a year."""
    rows = [
        f"{region},{kind},{year - 1}-05-01,{year}-06-01,{outcome},{ethnicity}"
        for year in years
        for ethnicity, region, kind, completed, recalled in cells
        for outcome in ["completed"] * completed + ["recalled"] * recalled
    ]
    return ORDERS + "".join(f"X{place},{row}\n" for place, row in enumerate(rows))


def prison(cells: Iterable[tuple[str, str, int, int]]) -> dict[str, str]:
    """Population and deaths: ethnicity, age band, people, deaths."""
    cells = list(cells)
    population = "".join(f"2024-06-30,Leeds,{code},{age},male,{number}\n" for code, age, number, _ in cells)
    dead = [
        f"2024-07-02,2024-07-01,Leeds,prison,natural causes,{age},male,{code}"
        for code, age, _, n in cells
        for _ in range(n)
    ]
    deaths = "".join(f"F{place},{row}\n" for place, row in enumerate(dead))
    return {"population": SNAPSHOTS + population, "fatal_incidents": INCIDENTS + deaths}


def limits(ratio: float, variance: float, z: float = Z) -> tuple[float, float]:
    return ratio / math.exp(z * math.sqrt(variance)), ratio * math.exp(z * math.sqrt(variance))


# Persons


def test_the_design_effect_of_shares_is_rao_and_scotts_widened_for_few_people(estimated: Estimated) -> None:
    """120 people with two complaints upheld, 180 with one that was not: p = 240/420."""
    found = estimated("upheld", "ethnicity", complaints=complaints([("B1", 2, 0)] * 120 + [("B1", 0, 1)] * 180))
    p, n, m = 240 / 420, 420, 300
    u = [2 - 2 * p] * 120 + [0 - p] * 180
    squares = [each**2 for each in u]
    rao_scott = m / (m - 1) * sum(squares) / (n * p * (1 - p))
    df = 2 / (sum(each**2 for each in squares) / sum(squares) ** 2 - 1 / m)
    assert found.loc[("B", "deff"), "value"] == round(rao_scott * (t.ppf(0.975, df) / Z) ** 2, 1)


@pytest.mark.parametrize(("years", "level", "z"), [(1, 0.95, Z), (2, 0.9, 1.6448536269514722)])
def test_a_rate_of_repeated_complaints_and_its_ratio(estimated: Estimated, years: int, level: float, z: float) -> None:
    """Black: 20 people with one and 5 with four, of 200; White: 200 people with one, of 2,000."""
    days = ("2024-06-30", "2023-06-30")[:years]
    population = SNAPSHOTS + "".join(
        f"{day},Leeds,{code},30 to 39,male,{number}\n" for day in days for code, number in (("B1", 200), ("W1", 2000))
    )
    people = [("B1", 1, 0)] * 20 + [("B1", 4, 0)] * 5 + [("W1", 1, 0)] * 200
    given = {"complaints": complaints(people), "population": population, "years": years, "level": level}
    found = estimated("complaints", "ethnicity", **given)
    squares, fourth = 220 + 5 * 4**2, 220 + 5 * 4**4
    deff = round(squares / 240 * (t.ppf(0.975, 2 * squares**2 / fourth) / Z) ** 2, 1)
    rate, ratio = found.loc[("B", "rate")], found.loc[("B", "ratio")]
    assert rate["value"] == pytest.approx(200 / years)
    assert (rate["lower"], rate["upper"]) == pytest.approx(limits(200 / years, deff / 40, z))
    assert ratio["value"] == pytest.approx(40 / 200 / (200 / 2000))
    assert (ratio["lower"], ratio["upper"]) == pytest.approx(limits(2, deff / 40 + deff / 200, z))
    assert found.loc[("B", "deff"), "value"] == found.loc[("W", "deff"), "value"] == deff


def test_a_small_group_has_the_design_effect_of_all_and_a_large_one_its_own(estimated: Estimated) -> None:
    """1,000 Black people with one complaint, 500 White with two; 10 Asian people of whom one made 21, the rest one."""
    people = [("B1", 1, 0)] * 1000 + [("W1", 2, 0)] * 500 + [("A1", 21, 0)] + [("A1", 1, 0)] * 9
    population = SNAPSHOTS + "".join(f"2024-06-30,Leeds,{code},30 to 39,male,5000\n" for code in ("A1", "B1", "W1"))
    found = estimated("complaints", "ethnicity", complaints=complaints(people), population=population)
    deff, ratio = found["value"], found.loc[("B", "ratio")]
    assert (deff[("B", "deff")], deff[("W", "deff")]) == (1.0, 2.0)
    assert (ratio["lower"], ratio["upper"]) == pytest.approx(limits(1, 1 / 1000 + 2 / 1000))
    assert deff[("A", "deff")] == deff[("all", "deff")] == pytest.approx((1009 + 500 * 4 + 21**2) / 2030, abs=0.1)


@pytest.mark.parametrize(("second", "third", "told"), [(60, 60, False), (180, 108, False), (120, 111, True)])
def test_cases_that_are_mostly_one_persons_have_no_design_effect_and_no_interval(
    estimated: Estimated, second: int, third: int, told: bool
) -> None:
    """One person made 200; the second, who knows their own, may not get within 15%: 0.3225 × 200² must be left."""
    people = [("B1", 1, 0)] * 800 + [("B1", n, 0) for n in (200, second, third)] + [("W1", 1, 0)] * 1200
    population = SNAPSHOTS + "".join(f"2024-06-30,Leeds,{code},30 to 39,male,5000\n" for code in ("B1", "W1"))
    found = estimated("complaints", "ethnicity", complaints=complaints(people), population=population)
    assert found.loc["W", "value"].to_dict() == {"deff": 1.0, "rate": 240.0}
    assert ("B" in found.index.get_level_values(0)) == told


def test_a_large_design_effect_of_many_people_is_used_to_two_figures(estimated: Estimated) -> None:
    """Of 1,800 complaints 20 people made 50 each: a variance 28.2 times that of as many people."""
    people = [("B1", 1, 0)] * 800 + [("B1", 50, 0)] * 20 + [("W1", 1, 0)] * 1800
    population = SNAPSHOTS + "".join(f"2024-06-30,Leeds,{code},30 to 39,male,5000\n" for code in ("B1", "W1"))
    found = estimated("complaints", "ethnicity", complaints=complaints(people), population=population)
    squares, fourth = 800 + 20 * 50**2, 800 + 20 * 50**4
    deff = round(squares / 1800 * (t.ppf(0.975, 2 * squares**2 / fourth) / Z) ** 2)
    assert found.loc[("B", "deff"), "value"] == deff == pytest.approx(31, abs=1)
    ratio = found.loc[("B", "ratio")]
    assert (ratio["lower"], ratio["upper"]) == pytest.approx(limits(1, deff / 1800 + 1 / 1800))


def test_a_small_part_has_the_design_effect_of_all_parts(estimated: Estimated) -> None:
    people = [("B1", 3, 0)] * 10 + [("W1", 1, 0)] * 400
    text = complaints(people).replace("Food", "Mail", 31)
    population = SNAPSHOTS + "".join(f"2024-06-30,Leeds,{code},30 to 39,male,5000\n" for code in ("B1", "W1"))
    found = estimated("complaints", "category", "ethnicity", complaints=text, population=population).reset_index()
    deff = found[found["statistic"].eq("deff")].set_index(["category", "ethnicity"])["value"]
    assert deff[("Mail", "all")] == deff[("all", "all")] == pytest.approx((400 + 10 * 9) / 430, abs=0.1)


def test_an_edition_of_few_cases_has_the_design_effect_of_the_whole(estimated: Estimated) -> None:
    """Of 199 complaints, 11 people made 5 each; with one more they would have a design effect of their own."""
    few, own = [("B1", 5, 0)] * 11 + [("W1", 1, 0)] * 144, {("all",): 1.4, ("B",): 3.0}
    population = SNAPSHOTS + "".join(f"2024-06-30,Leeds,{code},30 to 39,male,5000\n" for code in ("B1", "W1"))
    given = {"population": population, "elsewhere": own}
    assert "deff" not in estimated("complaints", "ethnicity", complaints=complaints(few), population=population).index
    found = estimated("complaints", "ethnicity", complaints=complaints(few), **given)
    assert found.loc[("B", "deff"), "value"] == found.loc[("all", "deff"), "value"] == 1.4
    ratio = found.loc[("B", "ratio")]
    assert (ratio["lower"], ratio["upper"]) == pytest.approx(limits(55 / 144, 1.4 / 55 + 1.4 / 144))
    more = estimated("complaints", "ethnicity", complaints=complaints([*few, ("W1", 1, 0)]), **given)
    assert more.loc[("B", "deff"), "value"] == pytest.approx((145 + 11 * 25) / 200, abs=0.11)


def test_a_part_of_many_cases_has_a_design_effect_of_its_own(estimated: Estimated) -> None:
    people = [("B1", 6, 0)] * 10 + [("W1", 1, 0)] * 630
    text = complaints(people).replace("Food", "Mail", 290)
    population = SNAPSHOTS + "".join(f"2024-06-30,Leeds,{code},30 to 39,male,5000\n" for code in ("B1", "W1"))
    found = estimated("complaints", "category", "ethnicity", complaints=text, population=population).reset_index()
    deff = found[found["statistic"].eq("deff")].set_index(["category", "ethnicity"])["value"]
    assert deff[("Mail", "B")] == deff[("Mail", "all")] == pytest.approx((230 + 10 * 36) / 290, abs=0.15)
    assert deff[("all", "all")] == pytest.approx((630 + 10 * 36) / 690, abs=0.15)


@pytest.mark.parametrize(("upheld", "there"), [(10, True), (9, False)])
def test_nothing_is_released_on_fewer_than_ten_events(estimated: Estimated, upheld: int, there: bool) -> None:
    text = complaints([("B1", 1, 0)] * upheld + [("B1", 0, 1)] * 30 + [("W1", 1, 1)] * 100)
    found = estimated("upheld", "ethnicity", complaints=text)
    assert ("W", "deff") in found.index
    assert (("B", "deff") in found.index) == there


# Strata


def test_the_adjusted_rate_ratio_of_deaths_is_mantel_and_haenszels(estimated: Estimated) -> None:
    cells = [
        ("B1", "21 to 24", 900, 9),
        ("B1", "60 to 69", 100, 4),
        ("W1", "21 to 24", 1000, 5),
        ("W1", "60 to 69", 2000, 40),
    ]
    found = estimated("deaths", "ethnicity", adjust=("age_band",), **prison(cells)).loc[("B", "adjusted")]
    above, below = 9 * 1000 / 1900 + 4 * 2000 / 2100, 5 * 900 / 1900 + 40 * 100 / 2100
    spread = 14 * 900 * 1000 / 1900**2 + 44 * 100 * 2000 / 2100**2
    assert found["value"] == pytest.approx(above / below)
    assert (found["lower"], found["upper"]) == pytest.approx(limits(above / below, spread / (above * below)))


def test_deaths_against_all_prisoners_by_hand(estimated: Estimated) -> None:
    cells = [
        ("B1", "21 to 24", 900, 14),
        ("B1", "60 to 69", 100, 6),
        ("W1", "21 to 24", 1100, 5),
        ("W1", "60 to 69", 1900, 40),
    ]
    found = estimated("deaths", "ethnicity", adjust=("age_band", "sex"), **prison(cells))
    expected = 19 / 2000 * 900 + 46 / 2000 * 100
    assert found.loc[("B", "expected"), "value"] == pytest.approx(20 / expected)
    rate = found.loc[("B", "standardised")]
    assert rate["value"] == pytest.approx(1000 * (0.5 * 14 / 900 + 0.5 * 6 / 100))
    assert rate[["lower", "upper"]].isna().all()


def test_deaths_of_several_years_are_a_rate_a_year_at_the_ages_of_the_last(estimated: Estimated) -> None:
    """The year before, the young were 1,100 Black and 900 White people, and the old 300 and 1,100."""
    cells = [
        ("B1", "21 to 24", 900, 14),
        ("B1", "60 to 69", 100, 6),
        ("W1", "21 to 24", 1100, 5),
        ("W1", "60 to 69", 1900, 40),
    ]
    texts, ages = prison(cells), ("21 to 24", "60 to 69", "21 to 24", "60 to 69")
    before = zip(("B1", "B1", "W1", "W1"), ages, (1100, 300, 900, 1100), strict=True)
    texts["population"] += "".join(f"2023-06-30,Leeds,{code},{age},male,{number}\n" for code, age, number in before)
    found = estimated("deaths", "ethnicity", adjust=("age_band",), years=2, **texts)["value"]
    assert found[("B", "expected")] == pytest.approx(20 / (19 / 4000 * 2000 + 46 / 3400 * 400))
    assert found[("B", "standardised")] == pytest.approx(1000 * (0.5 * 14 / 2000 + 0.5 * 6 / 400))


def test_fewer_than_twenty_deaths_have_no_standardised_rate(estimated: Estimated) -> None:
    cells = [("B1", "21 to 24", 900, 19), ("W1", "21 to 24", 1000, 40)]
    found = estimated("deaths", "ethnicity", adjust=("age_band",), **prison(cells))
    assert ("B", "expected") in found.index
    assert ("B", "standardised") not in found.index


def test_detailed_groups_are_not_set_against_all_prisoners_since_no_table_prints_that(estimated: Estimated) -> None:
    cells = [("B1", "21 to 24", 900, 25), ("W1", "21 to 24", 1000, 40)]
    found = estimated("deaths", "ethnicity", adjust=("age_band",), apart="detailed", **prison(cells))
    assert {*found.index} == {("B", "adjusted")}


def test_fewer_than_ten_deaths_and_those_not_stated_are_not_set_against_all_prisoners(estimated: Estimated) -> None:
    cells = [("B1", "21 to 24", 900, 9), ("NS", "21 to 24", 900, 30), ("W1", "21 to 24", 1000, 40)]
    found = estimated("deaths", "ethnicity", adjust=("age_band",), **prison(cells))
    assert not {("B", "expected"), ("B", "standardised"), ("B", "adjusted")} & set(found.index)
    assert not {("NS", "expected"), ("NS", "standardised")} & set(found.index)


def test_a_group_is_not_set_against_all_prisoners_where_that_would_give_a_hidden_count_back(
    estimated: Estimated,
) -> None:
    """Of 200 deaths 4 are hidden: with one more or less, the ratio to those expected would be another by a 200th."""
    cells = [
        ("B1", "21 to 24", 100_000, 196),
        ("B1", "60 to 69", 2_000, 4),
        ("W1", "21 to 24", 100_000, 200),
        ("W1", "60 to 69", 2_000, 8),
    ]
    both, texts = {("B", "expected"), ("B", "standardised")}, prison(cells)
    assert both <= set(estimated("deaths", "ethnicity", adjust=("age_band",), **texts).index)
    hidden = Hidden(frozenset((group, age) for group in "BW" for age in ("21 to 24", "60 to 69")) - {("B", "60 to 69")})
    assert not both & set(estimated("deaths", "ethnicity", adjust=("age_band",), hidden=hidden, **texts).index)


RECALLS = [
    *(("B1", "London", "licence", 100, 60), ("B1", "Wales", "licence", 150, 50)),
    *(("W1", "London", "licence", 300, 100), ("W1", "Wales", "licence", 500, 100)),
]


def test_the_adjusted_relative_rate_is_mantel_and_haenszels(estimated: Estimated) -> None:
    """Each order is a different person's, so that the design effect is 1 to two decimals."""
    found, opposite = (
        estimated("recalled", "ethnicity", adjust=("region",), complement=side, probation_terminations=orders(RECALLS))
        for side in (False, True)
    )
    assert found.loc[("B", "deff"), "value"] == pytest.approx(1, abs=0.02)
    ratio = (60 * 400 / 560 + 50 * 600 / 800) / (100 * 160 / 560 + 100 * 200 / 800)
    completed = (100 * 400 / 560 + 150 * 600 / 800) / (300 * 160 / 560 + 500 * 200 / 800)
    assert found.loc[("B", "adjusted"), "value"] == pytest.approx(ratio, rel=5e-3)
    assert opposite.loc[("B", "adjusted"), "value"] == pytest.approx(completed, rel=5e-3)


def test_over_a_stratum_that_is_hidden_adjusted_and_modelled_ratios_are_told_to_the_nearest_twentieth(
    estimated: Estimated,
) -> None:
    """Black people are recalled 1.6 times as often in each of two regions and types of order."""
    kinds = [(place, kind) for place in ("London", "Wales") for kind in ("licence", "post-sentence supervision")]
    cells = [(code, *kind, 100 - n, n) for code, n in (("B1", 32), ("W1", 20)) for kind in kinds]
    hidden = Hidden(frozenset((group, *kind) for group in "BW" for kind in kinds) - {("B", *kinds[0])})
    tables = {"adjust": ("region", "order_type"), "probation_terminations": orders(cells)}
    fine, told = (estimated("recalled", "ethnicity", hidden=each, **tables) for each in (NOTHING_HIDDEN, hidden))
    for kind in ("adjusted", "modelled"):
        assert fine.loc[("B", kind), "value"] == pytest.approx(1.6, abs=1e-6)
        assert told.loc[("B", kind), ["value", "lower", "upper"]].tolist() == [
            pytest.approx(round(20 * end) / 20) for end in fine.loc[("B", kind), ["value", "lower", "upper"]]
        ]
    assert told.loc[("B", "coarse"), "value"] == 0.05
    assert ("B", "coarse") not in fine.index


def test_there_is_no_adjusted_ratio_without_the_cases_to_say_how_far_those_of_a_person_go_together(
    estimated: Estimated,
) -> None:
    def cases(white: int) -> str:
        return complaints([("B1", 1, 1)] * 20 + [("W1", 1, 1)] * (white // 2) + [("W1", 1, 0)] * (white % 2))

    assert ("B", "adjusted") in estimated("upheld", "ethnicity", adjust=("category",), complaints=cases(160)).index
    found = estimated("upheld", "ethnicity", adjust=("category",), complaints=cases(159))
    assert not {("W", "deff"), ("B", "adjusted")} & set(found.index)


def test_each_arm_of_an_adjusted_ratio_has_its_own_design_effect(estimated: Estimated) -> None:
    """Black: 600 people with two complaints of one outcome, which count as half as many; White: 1,200 with one."""
    people = [("B1", 2, 0)] * 300 + [("B1", 0, 2)] * 300 + [("W1", 1, 0)] * 300 + [("W1", 0, 1)] * 900
    found = estimated("upheld", "ethnicity", adjust=("category",), complaints=complaints(people))
    assert (found.loc[("B", "deff"), "value"], found.loc[("W", "deff"), "value"]) == (2.0, 1.0)
    ratio = found.loc[("B", "adjusted")]
    assert ratio["value"] == pytest.approx(2)
    assert (ratio["lower"], ratio["upper"]) == pytest.approx(limits(2, 1 / 300 - 1 / 600 + 1 / 300 - 1 / 1200))


def test_the_adjusted_ratio_of_a_side_needs_ten_events_of_that_side(estimated: Estimated) -> None:
    """Six of 306 were not recalled: the opposite of recall has no ratio."""
    cells = [("B1", "London", "licence", 6, 300), ("W1", "London", "licence", 100, 900)]
    for side, there in ((False, True), (True, False)):
        held = {"adjust": ("region",), "complement": side, "probation_terminations": orders(cells)}
        assert (("B", "adjusted") in estimated("recalled", "ethnicity", **held).index) is there


def test_of_few_strata_that_no_table_shows_it_is_not_told_whether_they_differ(estimated: Estimated) -> None:
    """With the ratio and its limits the p-value left one way in which revocations fall on two types of order."""
    regions = [region for region in codes("region") if region != "Not recorded"][:10]

    def told(some: int, hidden: Hidden = NOTHING_HIDDEN) -> set[str]:
        cells = [(code, region, "licence", 40, 300) for code in ("B1", "W1") for region in regions[:some]]
        found = estimated(
            "recalled", "ethnicity", adjust=("region",), hidden=hidden, probation_terminations=orders(cells)
        )
        return {statistic for group, statistic in found.index if group == "B"}

    tested = {"adjusted", "homogeneity"}
    assert told(9) >= tested and told(10, Hidden(unseen=True)) >= tested
    assert told(9, Hidden(unseen=True)) & {*tested, "withheld"} == {"adjusted", "withheld"}


@pytest.mark.parametrize(
    ("recalled", "hidden", "tested"),
    [
        (6, (), True),
        (5, (), False),  # which the edition of the region hides
        (295, (), False),  # as it does the five who were not recalled
        (6, ("B", "Wales"), False),  # hidden there, or in no table though the other strata are
        (6, ("M", "Wales"), True),  # of another group
    ],
)
def test_what_no_table_shows_is_in_no_test_of_strata(
    estimated: Estimated, recalled: int, hidden: tuple[str, ...], tested: bool
) -> None:
    """The editions of regions show all other strata, and few counts that fit have the same p-value."""
    regions = [region for region in codes("region") if region not in ("Not recorded", "Wales")]
    cells = [(code, region, "licence", 260, 40) for code in ("B1", "W1") for region in (*regions, "Wales")]
    cells = [c for c in cells if c[:2] != ("B1", "Wales")] + [("B1", "Wales", "licence", 300 - recalled, recalled)]
    shown = Hidden(frozenset((group, region) for group in "BMW" for region in (*regions, "Wales")) - {hidden})
    found = estimated("recalled", "ethnicity", adjust=("region",), hidden=shown, probation_terminations=orders(cells))
    assert (("B", "homogeneity") in found.index) == tested
    assert tested or ("B", "withheld") in found.index


@pytest.mark.parametrize(("least", "tested"), [(1, True), (0, False)])
def test_where_noughts_are_hidden_none_is_in_a_test_of_strata(estimated: Estimated, least: int, tested: bool) -> None:
    cells = [(code, place, "licence", 260, 40) for code in ("B1", "W1") for place in ("London", "Wales", "North East")]
    cells[2] = ("B1", "North East", "licence", 300, 0)
    shown = Hidden(
        frozenset((group, place) for group in "BW" for place in ("London", "Wales", "North East")), least=least
    )
    found = estimated("recalled", "ethnicity", adjust=("region",), hidden=shown, probation_terminations=orders(cells))
    assert (("B", "homogeneity") in found.index) == tested


def test_a_group_without_an_age_of_the_standard_has_no_standardised_rate(estimated: Estimated) -> None:
    cells = [
        ("A1", "21 to 24", 3000, 12),
        ("A1", "30 to 39", 2000, 12),
        *(("W1", "21 to 24", 3000, 6), ("W1", "30 to 39", 2700, 9), ("W1", "70 and over", 340, 20)),
    ]
    found = estimated("deaths", "ethnicity", adjust=("age_band",), **prison(cells))
    assert pd.isna(found.loc[("A", "standardised"), "value"])
    assert found.loc[("A", "expected"), "value"] > 0
    assert found.loc[("W", "standardised"), "value"] > 0


def test_ratios_that_are_the_same_everywhere_are_homogeneous_and_others_are_not(estimated: Estimated) -> None:
    alike = [
        (code, place, "licence", 3 * n, n) for code, n in (("B1", 50), ("W1", 100)) for place in ("London", "Wales")
    ]
    found = estimated("recalled", "ethnicity", adjust=("region",), probation_terminations=orders(alike))
    assert found.loc[("B", "homogeneity"), "value"] == pytest.approx(1)


def test_ratios_that_differ_between_strata_are_not_homogeneous(estimated: Estimated) -> None:
    unlike = [
        *(("B1", "London", "licence", 100, 100), ("B1", "Wales", "licence", 180, 20)),
        *(("W1", "London", "licence", 150, 50), ("W1", "Wales", "licence", 150, 50)),
    ]
    found = estimated("recalled", "ethnicity", adjust=("region",), probation_terminations=orders(unlike))
    assert found.loc[("B", "homogeneity"), "value"] < 0.001


@pytest.mark.parametrize(("recalled", "tested"), [(4, False), (5, True)])
def test_strata_with_fewer_than_five_cases_of_a_kind_say_nothing_of_homogeneity(
    estimated: Estimated, recalled: int, tested: bool
) -> None:
    cells = [RECALLS[0], ("B1", "Wales", "licence", 150, recalled), *RECALLS[2:]]
    found = estimated("recalled", "ethnicity", adjust=("region",), probation_terminations=orders(cells))
    assert pd.notna(found.loc[("B", "homogeneity"), "value"]) == tested
    assert found.loc[("B", "adjusted"), "value"] > 0


# Records


def test_the_model_gives_the_crude_ratio_where_there_is_nothing_to_adjust(estimated: Estimated) -> None:
    """Both groups have the same mix of regions and orders, and the same shares in each."""
    kinds = [(place, kind) for place in ("London", "Wales") for kind in ("licence", "post-sentence supervision")]
    cells = [(code, *kind, 100 - n, n) for code, n in (("B1", 30), ("W1", 20)) for kind in kinds]
    found = estimated("recalled", "ethnicity", adjust=("region", "order_type"), probation_terminations=orders(cells))
    ratio = found.loc[("B", "modelled")]
    assert ratio["value"] == pytest.approx(1.5)
    assert (ratio["lower"], ratio["upper"]) == pytest.approx(limits(1.5, 0.7 / 120 + 0.8 / 80), rel=0.01)


def test_the_model_is_of_the_side_that_is_judged(estimated: Estimated) -> None:
    kinds = [(place, kind) for place in ("London", "Wales") for kind in ("licence", "community order")]
    cells = [(code, *kind, 100 - n, n) for code, n in (("B1", 30), ("W1", 20)) for kind in kinds]
    by, held = ("region", "order_type"), {"probation_terminations": orders(cells)}
    for side, ratio in ((True, 1.5), (False, 70 / 80)):
        found = estimated("completed", "ethnicity", adjust=by, complement=side, **held)
        assert found.loc[("B", "modelled"), "value"] == pytest.approx(ratio)


def test_the_model_goes_where_the_adjusted_ratio_would_give_a_hidden_count_back(estimated: Estimated) -> None:
    kinds = [(place, kind) for place in ("London", "Wales") for kind in ("licence", "post-sentence supervision")]
    cells = [(code, *kind, 100 - n, n) for code, n in (("B1", 30), ("W1", 20)) for kind in kinds]
    cells[0] = ("B1", *kinds[0], 97, 3)
    hidden = Hidden(frozenset((group, *kind) for group in "BW" for kind in kinds) - {("B", *kinds[0])})
    tables = {"adjust": ("region", "order_type"), "probation_terminations": orders(cells)}
    assert {("B", "adjusted"), ("B", "modelled")} <= {*estimated("recalled", "ethnicity", **tables).index}
    found = estimated("recalled", "ethnicity", hidden=hidden, **tables)
    assert not [key for key in found.index if key[1].startswith(("adjusted", "modelled"))]
    assert ("B", "withheld") in found.index


def test_the_model_leaves_out_small_arms_and_those_not_stated(estimated: Estimated) -> None:
    """9 events of Asian people, 49 orders of Black people."""
    sizes = {"A1": ((50, 4), (50, 5)), "B1": ((14, 10), (15, 10)), "NS": ((50, 30),) * 2, "W1": ((200, 40),) * 2}
    cells = [
        (code, place, "licence", *size)
        for code, both in sizes.items()
        for place, size in zip(("London", "Wales"), both, strict=True)
    ]
    found = estimated("recalled", "ethnicity", adjust=("region", "order_type"), probation_terminations=orders(cells))
    assert not [key for key in found.index if key[1].startswith("modelled")]


def test_a_gap_that_stays_the_same_has_not_changed(estimated: Estimated) -> None:
    text = orders([("B1", "London", "licence", 60, 40), ("W1", "London", "licence", 80, 20)], range(2020, 2025))
    found = estimated("recalled", "year", "ethnicity", period="trend", probation_terminations=text)
    assert found.loc[("B", "interaction"), "value"].item() == pytest.approx(1)


def in_years(black: Iterable[int], white: Iterable[int]) -> str:
    """Licences from 2020 on, 100 a year of each: how many of them ended in recall."""
    parts = [
        orders([("B1", "London", "licence", 100 - b, b), ("W1", "London", "licence", 100 - w, w)], [year])
        for year, b, w in zip(range(2020, 2025), black, white, strict=True)
    ]
    rows = [line.partition(",")[2] for part in parts for line in part.splitlines()[1:]]
    return ORDERS + "".join(f"X{place},{row}\n" for place, row in enumerate(rows))


def test_a_gap_that_opens_has_changed(estimated: Estimated) -> None:
    text = in_years((20, 28, 36, 44, 52), [20] * 5)
    found = estimated("recalled", "year", "ethnicity", period="trend", probation_terminations=text)
    assert found.loc[("B", "interaction"), "value"].item() < 0.01
    assert found.loc[("B", "interaction"), "year"] == "2024-25"


@pytest.mark.parametrize(("black", "white", "there"), [(2, 2, True), (1, 20, False), (20, 1, False)])
def test_a_gap_is_not_tested_on_fewer_than_ten_events_in_an_arm(
    estimated: Estimated, black: int, white: int, there: bool
) -> None:
    text = in_years([2] + [black] * 4, [2] + [white] * 4)
    found = estimated("recalled", "year", "ethnicity", period="trend", probation_terminations=text)
    assert (("B", "interaction") in found.index) == there


@pytest.mark.parametrize(
    ("black", "expected"), [((4, 4, 4, 4, 4), lambda p: p > 0.99), ((1, 2, 4, 7, 11), lambda p: p < 0.01)]
)
def test_a_gap_between_death_rates_is_tested_on_the_counts_of_all_years(
    estimated: Estimated, black: tuple[int, ...], expected: Callable[[float], bool]
) -> None:
    """Of each group 1,000 are in prison each year, and 8 White people die; under ten deaths nothing is tested."""
    years = range(2020, 2025)
    died = [
        (code, year, n) for year, b in zip(years, black, strict=True) for code, n in (("B1", b), ("W1", 8), ("A1", 1))
    ]
    deaths = "incident_id,notified_date,establishment,ethnicity_code\n" + "".join(
        f"D{code}{year}{i},{year}-05-01,Leeds,{code}\n" for code, year, n in died for i in range(n)
    )
    people = "snapshot_date,establishment,ethnicity_code,number\n" + "".join(
        f"{year}-06-30,Leeds,{code},1000\n" for year in years for code in ("A1", "B1", "W1")
    )
    found = estimated("deaths", "year", "ethnicity", period="trend", fatal_incidents=deaths, population=people)
    tested = found[found.index.get_level_values("statistic") == "interaction"]
    assert tested.index.get_level_values("ethnicity").tolist() == ["B"]
    assert expected(tested["value"].item())


# Two records of one thing


def agreement(estimated: Estimated, pairs: list[tuple[str, str]], hidden: Hidden = NOTHING_HIDDEN) -> pd.DataFrame:
    """The agreement of NOMIS with PPUD, of people with these codes."""
    text = complaints([(ppud, 1, 0) for _, ppud in pairs])
    nomis = "person_id,ethnicity_code\n" + "".join(f"P{i},{code}\n" for i, (code, _) in enumerate(pairs))
    systems = ("ethnicity_nomis", "ethnicity_ppud")
    return estimated("ethnicity-agreement", *systems, complaints=text, nomis_ethnicity=nomis, hidden=hidden)


def test_agreement_of_two_systems_by_hand(estimated: Estimated) -> None:
    """Of 80 people whom both know: 40 White on both, 20 Black on both, 12 and 8 not the same; one knows 10 more."""
    pairs = [("W1", "W1")] * 40 + [("B1", "B1")] * 20 + [("W1", "B1")] * 12 + [("B1", "W1")] * 8
    found = agreement(estimated, [*pairs, *[("W1", "NS")] * 6, *[("NS", "B1")] * 4])
    by_chance = (52 * 48 + 28 * 32) / 80**2
    assert found.loc["agreement", "value"] == pytest.approx(0.75)
    assert found.loc["kappa", "value"] == pytest.approx((0.75 - by_chance) / (1 - by_chance))


@pytest.mark.parametrize(("other", "there"), [(10, True), (9, False)])
def test_agreement_needs_ten_of_whom_the_systems_disagree(estimated: Estimated, other: int, there: bool) -> None:
    pairs = [("W1", "W1")] * 40 + [("B1", "B1")] * 20 + [("W1", "B1")] * other
    assert ("agreement" in agreement(estimated, pairs).index) == there


@pytest.mark.parametrize(("limit", "told"), [(0, 0.95), (25, 0.95), (10_000, None)])
def test_where_disagreement_is_hidden_agreement_is_a_least_in_steps_of_five(
    estimated: Estimated, limit: int, told: float | None
) -> None:
    """Of 2,000 people 1,980 agree, 99%. Whoever is told either as neither gives anything away knows what would."""
    pairs = [("W1", "W1")] * 1200 + [("B1", "B1")] * 780 + [("W1", "B1")] * 16 + [("B1", "W1")] * 4
    asked: list[tuple[int, int]] = []

    def gives_away(least: int, most: int) -> bool:
        asked.append((least, most))
        return most - least < limit

    shown = frozenset({("W", "W"), ("B", "B"), ("W", "B")})
    found = agreement(estimated, pairs, Hidden(shown, told=gives_away))
    assert found["value"].to_dict() == ({"agreement_least": told} if told else {})
    assert asked == [(1900, 2000)]
    everything = frozenset((one, other) for one in "BW" for other in "BW")
    assert list(agreement(estimated, pairs, Hidden(everything, told=gives_away)).index) == ["agreement", "kappa"]
    assert agreement(estimated, pairs, Hidden(shown)).empty  # of an edition it is not known what would be given away
