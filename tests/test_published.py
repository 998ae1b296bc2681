"""The published figures are whole, sourced, and agree with each other where they should."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from reportlib.project import PUBLISHED
from reportlib.published import PUBLISHED_TABLES

TABLES = sorted(path.stem for path in PUBLISHED.glob("*.csv") if path.stem != "sources")
COUNTS = ["deaths", "number", "complaints", "incidents", "average_population", "months", "percent"]
YEAR = re.compile(r"(\d{4})-(\d{2})")


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / f"{name}.csv", keep_default_na=False)


@pytest.mark.parametrize("name", TABLES)
def test_every_figure_has_its_source(name: str) -> None:
    assert set(read(name)["source_id"]) <= set(read("sources")["source_id"])


def test_no_source_is_listed_that_no_figure_uses() -> None:
    used = set().union(*(read(name)["source_id"] for name in TABLES))
    assert set(read("sources")["source_id"]) == used
    assert read("sources")["licence"].ne("").all()


@pytest.mark.parametrize("name", TABLES)
def test_figures_are_numbers_and_none_is_negative(name: str) -> None:
    table = read(name)
    for column in table.columns.intersection(COUNTS):
        assert pd.to_numeric(table[column]).ge(0).all()


@pytest.mark.parametrize("name", TABLES)
def test_no_observation_stands_twice(name: str) -> None:
    table = read(name)
    figures = table.columns.intersection([*COUNTS, "note", "evidence", "source_id"])
    assert not table.drop(columns=figures).duplicated().any()


@pytest.mark.parametrize("name", [name for name in TABLES if "year" in read(name) and "evidence" not in name])
def test_years_are_reporting_years(name: str) -> None:
    for first, second in (YEAR.fullmatch(year).groups() for year in read(name)["year"]):
        assert (int(first) + 1) % 100 == int(second)


def test_every_table_is_described() -> None:
    readme = (PUBLISHED / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}.csv`" in readme for name in TABLES)
    assert "Open Government Licence v3.0" in readme


def test_deaths_add_up_to_the_totals_in_the_ministry_s_bulletins() -> None:
    counted = read("deaths_in_custody").groupby("year")["deaths"].sum()
    totals = read("deaths_in_custody_totals").query("cause == 'all'").set_index("year")["deaths"]
    assert totals.to_dict() == {"2017-18": 299, "2018-19": 317}
    assert counted[totals.index].to_dict() == totals.to_dict()


def test_what_is_found_is_what_the_figures_give() -> None:
    found = {name: table.finding for name, table in PUBLISHED_TABLES.items() if table.finding}
    assert found == {
        # 288 deaths without those in removal centres (291 - 3), among 86,020 prisoners on average: 3.348 per 1,000
        "death-rates-by-type": "In 2023-24, 3.35 people died for every 1,000 in prison in England and Wales (3.90 "
        "the year before). By type of prison, the rate was highest in High security (4.86, 24 deaths) and lowest in "
        "Young offender institution (1.35, 4 deaths). On few deaths chance alone moves a rate.",
        "deaths-by-cause": "Of 291 people who died in prison custody in England and Wales in 2023-24, 175 died of "
        "natural causes; 90 deaths were self-inflicted. Both can rise: of 16 the cause was not yet known.",
        # 5,267 / 4,575 = 1.151
        # 33 + 23 + 20 + 31 + 31 + 26 upheld, and 124 + 106 + 96 + 97 + 82 + 103 not
        "decisions-by-month": "Of all 772 complaints decided in 6 months of 2023-24, 164 were upheld or partly upheld "
        "(21%). 122 more were mediated.",
        "complaints-by-year": "The Ombudsman received 5,267 complaints in all in 2024-25, 15% more than in 2023-24, "
        "and completed 2,471.",
        # of 87,334: 62,692, 10,314, 6,932, 4,200 and 2,187; and 1,009
        "prisoners-by-ethnicity": "Of 87,334 people in prison in England and Wales on 30 June 2025, 72% were White, "
        "12% Black, 8% Asian, 5% Mixed and 3% Other; of 1% it was not stated.",
    }


def test_the_rate_of_all_prisons_is_without_removal_centres() -> None:
    held = read("average_population").query("year == '2023-24' and establishment_type != 'Immigration removal centre'")
    deaths = read("deaths_in_custody").query("year == '2023-24' and establishment_type != 'Immigration removal centre'")
    rates = PUBLISHED_TABLES["death-rates-by-type"].build().set_index("establishment_type")
    assert rates.loc["All", "2023-24"] == round(1000 * deaths["deaths"].sum() / held["average_population"].sum(), 2)


def test_lines_go_back_as_far_as_no_year_is_missing() -> None:
    """Of 2015-16 to 2017-18 no figures of complaints were found."""
    lines = PUBLISHED_TABLES["complaints-by-year"].lines()
    assert sorted(lines["year"].unique())[0] == "2018-19"
    completed = lines[lines["label"].eq("Completed")].set_index("year")
    assert completed.loc["2024-25", "value"] == 2471
    assert completed.index[completed["mark"].eq("x")].tolist() == ["2018-19", "2020-21", "2023-24"]
    causes = PUBLISHED_TABLES["deaths-by-cause"].lines()
    assert causes["year"].nunique() == 9 and "All" not in set(causes["label"])


def test_deaths_cover_nine_years() -> None:
    deaths = read("deaths_in_custody")
    assert deaths["deaths"].sum() == 2844  # 290 + 344 + 299 + 317 + 287 + 407 + 287 + 322 + 291
    assert deaths["year"].nunique() == 9


def test_the_ombudsman_s_prison_deaths_agree_with_the_ministry_s_in_2022_23() -> None:
    investigations = read("fatal_incidents_by_year").query("year == '2022-23' and dimension == 'setting'")
    by_setting = investigations.set_index("category")["incidents"]
    assert by_setting["prison"] == read("deaths_in_custody").query("year == '2022-23'")["deaths"].sum()
    assert by_setting.sum() == 404  # the year's total


def test_the_prison_population_is_men_and_women() -> None:
    population = read("prison_population_by_ethnicity").pivot(index="ethnicity", columns="sex", values="number")
    assert (population["male"] + population["female"]).equals(population["all"].rename(None))
    assert population["all"].sum() == 87_334
    assert set(population.index) == {"A", "B", "M", "W", "O", "NS"}


def test_each_month_s_decisions_add_up_to_its_total() -> None:
    decisions = read("monthly_decisions")
    parts = decisions.query("decision != 'all'").groupby("month")["complaints"].sum()
    assert parts.to_dict() == decisions.query("decision == 'all'").set_index("month")["complaints"].to_dict()


def test_the_unconfirmed_share_keeps_its_caveat() -> None:
    share = read("ethnicity_evidence").query("measure == 'share'").iloc[0]
    assert share["evidence"] == "secondary"
    assert "unconfirmed" in share["note"]


def test_populations_and_deaths_use_one_list_of_establishment_types() -> None:
    types = set(read("establishment_types")["establishment_type"])
    assert set(read("average_population")["establishment_type"]) == types
    assert set(read("deaths_in_custody")["establishment_type"]) == types | {"Other or escort"}


def test_figures_that_others_quote_are_said_to_be_so() -> None:
    held = read("complaints_by_year").query("evidence == 'secondary'")
    assert sorted(zip(held["year"], held["measure"], strict=True)) == [
        ("2021-22", "completed"),
        ("2022-23", "completed"),
        ("2022-23", "received"),
    ]
    said = " ".join(PUBLISHED_TABLES["complaints-by-year"].notes)
    assert "Complaints completed in 2021-22, and both figures of 2022-23, are as the press quoted" in said
