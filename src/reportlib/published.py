"""Figures that others have published, as the chapters show them: exempt from suppression, each with its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from reportlib.ethnicity import FIVE, NOT_STATED
from reportlib.project import PUBLISHED

MOJ_DEATHS = (
    "Ministry of Justice deaths in prison custody and prison population, Open Government Licence v3.0, as tidied by "
    "D. Yukhnenko; counted from one row a death, by month of death"
)
PPO = "Prisons and Probation Ombudsman annual reports, Open Government Licence v3.0"


@dataclass(frozen=True)
class PublishedTable:
    """A table of published figures.

    `build` gives a frame whose first column names the rows; every other column holds figures, in `unit` and to so
    many `decimals`. `measure` names what they are in the ledger.
    """

    caption: str
    measure: str
    by: tuple[str, str]
    header: str
    source: str
    build: Callable[[], pd.DataFrame]
    decimals: int = 0
    unit: str = ""
    notes: tuple[str, ...] = ()
    part: str = ""  # the part of the measures that its figures count
    date: str = ""  # of a table that is not by year

    def counts(self) -> pd.DataFrame:
        """The figures as counts by code and year: the first of `by`, `year`, `value`; "all" is the total."""
        wide = self.build()
        long = wide.melt(wide.columns[0], var_name="year").dropna().astype({"value": "int64"})
        return long.replace({wide.columns[0]: {"All": "all"}})


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / f"{name}.csv")


def _by_year(long: pd.DataFrame, rows: str, value: str) -> pd.DataFrame:
    """Rows by year, with what was not published left missing."""
    wide = long.pivot_table(index=rows, columns="year", values=value, aggfunc="sum", sort=True, min_count=1)
    return wide.reset_index().rename_axis(columns=None)


def _deaths(dimension: str, header: str) -> PublishedTable:
    """Deaths by something and year; a year in which a row has none is a true zero."""
    return PublishedTable(
        f"Deaths in prison custody by {header.lower()}, England and Wales",
        "deaths-published",
        (dimension, "year"),
        header,
        MOJ_DEATHS,
        lambda: _with_total(_by_year(_read("deaths_in_custody"), dimension, "deaths").fillna(0), dimension),
        part="deaths/prison",
    )


def _with_total(wide: pd.DataFrame, rows: str) -> pd.DataFrame:
    total = wide.drop(columns=rows).sum().to_frame().T.assign(**{rows: "All"})
    return pd.concat([wide, total], ignore_index=True)[wide.columns]


def _death_rates() -> pd.DataFrame:
    deaths = _by_year(_read("deaths_in_custody"), "establishment_type", "deaths").set_index("establishment_type")
    held = _read("average_population").query("months > 0")
    population = _by_year(held, "establishment_type", "average_population").set_index("establishment_type")
    early = [year for year in population if str(year) < "2021-22"]  # no usable population of these centres
    population.loc["Immigration removal centre", early] = float("nan")
    rates = (deaths.fillna(0).reindex(population.index, fill_value=0) / population * 1000).round(2)
    return rates.rename(index={"Immigration removal centre": "Sites that are or were removal centres"}).reset_index()


def _complaints() -> pd.DataFrame:
    held = _read("complaints_by_year")
    wide = held.pivot_table(index="year", columns="measure", values="complaints", aggfunc="last")
    return wide[["received", "completed"]].reset_index().rename_axis(columns=None)


def _prisoners() -> pd.DataFrame:
    held = _read("prison_population_by_ethnicity")
    wide = held.pivot_table(index="ethnicity", columns="sex", values="number", aggfunc="sum", sort=False)
    labels = FIVE | {NOT_STATED: "Not stated", "all": "All"}
    order = [code for code in labels if code in wide.index]
    wide = wide.loc[order].rename(index=labels).reset_index().rename_axis(columns=None)
    return wide if "all" in order else _with_total(wide, "ethnicity")


PUBLISHED_TABLES: dict[str, PublishedTable] = {
    "deaths-by-type": _deaths("establishment_type", "Establishment type"),
    "death-rates-by-type": PublishedTable(
        "Deaths in prison custody per 1,000 average population by establishment type, England and Wales",
        "death-rate-published",
        ("establishment_type", "year"),
        "Establishment type",
        MOJ_DEATHS,
        _death_rates,
        decimals=2,
        unit="per 1,000",
        notes=(
            "These rates are worked out here from the published numbers. The average population is the mean of the "
            "monthly figures. June 2017 was never published.",
            "Sites that are or were immigration removal centres have no usable population before 2021-22: [x]. Their "
            "row is no rate of immigration detention: a site has one type for all years, and some are prisons again.",
        ),
    ),
    "deaths-by-cause": _deaths("cause", "Cause"),
    "deaths-by-age": _deaths("age_band", "Age"),
    "complaints-by-year": PublishedTable(
        "Complaints to the Ombudsman received and completed, as published",
        "complaints-published",
        ("year", "measure"),
        "Reporting year",
        PPO,
        _complaints,
        notes=(
            "Years of which no published figure was found are left out; single figures that were not found are [x].",
            "Complaints completed in 2021-22, and both figures of 2022-23, were found as others quote them.",
        ),
    ),
    "prisoners-by-ethnicity": PublishedTable(
        "Prison population by ethnic group and sex on 30 June 2025, England and Wales",
        "population-published",
        ("ethnicity", "sex"),
        "Ethnic group",
        "Ministry of Justice, Statistics on Ethnicity and the Criminal Justice System 2024, table 6.01, "
        "Open Government Licence v3.0",
        _prisoners,
        notes=("These figures were read in a public copy of that table; their sums agree.",),
        date="2025-06-30",
    ),
}
