"""Figures that others have published, as the chapters show them: exempt from suppression, each with its source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reportlib.ethnicity import FIVE, NOT_STATED
from reportlib.project import PUBLISHED
from reportlib.words import capital, listed, missing

MOJ_DEATHS = (
    "Ministry of Justice deaths in prison custody and prison population, Open Government Licence v3.0, as tidied by "
    "D. Yukhnenko; counted from one row a death, by month of death"
)
CENSUS = "30 June 2025"  # the day on which people in prison were counted
DECISIONS = "2023-24"  # the year of which some months' decisions are known
REMOVAL = "Sites that are or were removal centres"
PPO = "Prisons and Probation Ombudsman annual reports, Open Government Licence v3.0"


@dataclass(frozen=True)
class PublishedTable:
    """A table of published figures.

    `build` gives a frame whose first column names the rows; every other column holds figures, in `unit` and to so
    many `decimals`. `measure` names what they are in the ledger. `find` says in a sentence what the frame shows; `axis`
    names what its lines over the years are of, where they are drawn.
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
    find: Callable[[pd.DataFrame], str] | None = None
    axis: str = ""

    @property
    def finding(self) -> str:
        """What the table shows, in a sentence; empty where its figures alone say it."""
        return self.find(self.build()) if self.find else ""

    def lines(self) -> pd.DataFrame:
        """The figures as lines up to the last year, as far back as no year is missing; without the total.

        One row a line and year: year, group, label, value, lower and upper (both missing), mark.
        """
        wide = self.build()
        head = wide.columns[0]
        row, column = ("year", "group") if self.by[0] == "year" else ("group", "year")
        long = wide[wide[head] != "All"].melt(head, var_name=column).rename(columns={head: row})
        starts = long["year"].str[:4].astype(int)
        gaps = {*range(starts.min(), starts.max())} - {*starts}
        marks = long["value"].isna().map({True: "x", False: ""})
        labelled = long.assign(label=long["group"].map(capital), lower=math.nan, upper=math.nan, mark=marks)
        return labelled[starts > max(gaps, default=0)]

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


def _deaths(dimension: str, header: str, **shown: Any) -> PublishedTable:
    """Deaths by something and year; a year in which a row has none is a true zero."""
    return PublishedTable(
        f"Deaths in prison custody by {header.lower()}, England and Wales",
        "deaths-published",
        (dimension, "year"),
        header,
        MOJ_DEATHS,
        lambda: _with_total(_by_year(_read("deaths_in_custody"), dimension, "deaths").fillna(0), dimension),
        part="deaths/prison",
        **shown,
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
    deaths = deaths.fillna(0).reindex(population.index, fill_value=0)
    prisons = population.index != "Immigration removal centre"
    for held in (deaths, population):
        held.loc["All"] = held[prisons].sum()
    rates = (deaths / population * 1000).round(2)
    return rates.rename(index={"Immigration removal centre": REMOVAL}).reset_index()


def _rates_found(wide: pd.DataFrame) -> str:
    year = str(wide.columns[-1])
    rates, before = wide.set_index(wide.columns[0])[year], float(wide.iloc[-1, -2])  # type: ignore[arg-type]
    types = rates.drop(["All", REMOVAL])
    most, least = str(types.idxmax()), str(types.idxmin())
    deaths = PUBLISHED_TABLES["deaths-by-type"].build().set_index("establishment_type")[year]
    return (
        f"In {year}, {rates['All']:.2f} people died for every 1,000 in prison in England and Wales ({before:.2f} the "
        f"year before). By type of prison, the rate was highest in {most} ({types[most]:.2f}, {deaths[most]:.0f} "
        f"deaths) and lowest in {least} ({types[least]:.2f}, {deaths[least]:.0f} deaths). On few deaths chance alone "
        "moves a rate."
    )


def _causes_found(wide: pd.DataFrame) -> str:
    year = str(wide.columns[-1])
    deaths = wide.set_index(wide.columns[0])[year].astype(int)
    unknown = deaths["awaiting further information"]
    told = f" Both can rise: of {unknown} the cause was not yet known." if unknown else ""
    return (
        f"Of {deaths['All']} people who died in prison custody in England and Wales in {year}, "
        f"{deaths['natural causes']} died of natural causes; {deaths['self-inflicted']} deaths were "
        f"self-inflicted.{told}"
    )


def _complaints() -> pd.DataFrame:
    held = _read("complaints_by_year")
    wide = held.pivot_table(index="year", columns="measure", values="complaints", aggfunc="last")
    return wide[["received", "completed"]].reset_index().rename_axis(columns=None)


def _complaints_found(wide: pd.DataFrame) -> str:
    (before, then, _), (year, now, completed) = (
        wide[["year", "received", "completed"]].iloc[-2:].itertuples(index=False)
    )
    change = round(100 * (now / then - 1))
    told = f"{abs(change)}% {'more' if change > 0 else 'fewer'} than" if change else "about as many as"
    also = "" if missing(completed) else f", and completed {completed:,.0f}"
    return f"The Ombudsman received {now:,.0f} complaints in all in {year}, {told} in {before}{also}."


def _decisions() -> pd.DataFrame:
    held = _read("monthly_decisions").replace({"decision": r"mediated .*"}, "mediated", regex=True)
    wide = held.pivot_table(index="month", columns="decision", values="complaints", aggfunc="sum")
    wide = wide[["upheld or partly upheld", "not upheld", "mediated", "all"]].reset_index()
    months = pd.PeriodIndex(wide["month"], freq="M").strftime("%B %Y")
    return _with_total(wide.assign(month=months).rename_axis(columns=None), "month")


def _decisions_found(wide: pd.DataFrame) -> str:
    upheld, other, mediated = wide.iloc[-1, 1:4].astype(int)
    return (
        f"Of all {upheld + other} complaints decided in {len(wide) - 1} months of {DECISIONS}, {upheld} were upheld or "
        f"partly upheld ({100 * upheld / (upheld + other):.0f}%). {mediated} more were mediated."
    )


def _prisoners() -> pd.DataFrame:
    held = _read("prison_population_by_ethnicity")
    wide = held.pivot_table(index="ethnicity", columns="sex", values="number", aggfunc="sum", sort=False)
    labels = FIVE | {NOT_STATED: "Not stated", "all": "All"}
    order = [code for code in labels if code in wide.index]
    wide = wide.loc[order].rename(index=labels).reset_index().rename_axis(columns=None)
    return wide if "all" in order else _with_total(wide, "ethnicity")


def _prisoners_found(wide: pd.DataFrame) -> str:
    held = wide.set_index(wide.columns[0])["all"]
    shares = (100 * held / held["All"]).drop(["All", "Not stated"]).sort_values(ascending=False)
    (most, share), *others = shares.items()
    told = [f"{share:.0f}% were {most}", *(f"{other:.0f}% {name}" for name, other in others)]
    unknown = f"of {100 * held['Not stated'] / held['All']:.0f}% it was not stated"
    return f"Of {held['All']:,} people in prison in England and Wales on {CENSUS}, {listed(told)}; {unknown}."


PUBLISHED_TABLES: dict[str, PublishedTable] = {
    "deaths-by-type": _deaths(
        "establishment_type",
        "Establishment type",
        notes=(
            "All includes immigration removal centres and escort; the rate of all does not.",
            "Immigration removal centre: sites that are or were one. A site has one type for all years, and some are "
            "prisons again, so this is no count of deaths in immigration detention.",
        ),
    ),
    "death-rates-by-type": PublishedTable(
        "Deaths in prison custody per 1,000 average population by establishment type, England and Wales",
        "death-rate-published",
        ("establishment_type", "year"),
        "Establishment type",
        MOJ_DEATHS,
        _death_rates,
        decimals=2,
        unit="per 1,000",
        find=_rates_found,
        axis="deaths per 1,000 prisoners a year",
        notes=(
            "These rates are worked out here from the published numbers. The average population is the mean of the "
            "monthly figures. June 2017 was never published.",
            "Sites that are or were immigration removal centres have no usable population before 2021-22: [x]. Their "
            "row is no rate of immigration detention: a site has one type for all years, and some are prisons again. "
            "All is without them.",
        ),
    ),
    "deaths-by-cause": _deaths("cause", "Cause", find=_causes_found, axis="deaths a year"),
    "deaths-by-age": _deaths("age_band", "Age"),
    "complaints-by-year": PublishedTable(
        "Complaints to the Ombudsman received and completed, as published",
        "complaints-published",
        ("year", "measure"),
        "Reporting year",
        f"{PPO}; the press where the notes say so",
        _complaints,
        notes=(
            "Years of which no published figure was found are left out; single figures that were not found are [x].",
            "Complaints completed in 2021-22, and both figures of 2022-23, are as the press quoted the report on "
            "2022-23.",
            "Complaints completed in a year need not be those received in it.",
        ),
        find=_complaints_found,
        axis="complaints a year",
    ),
    "decisions-by-month": PublishedTable(
        f"Complaints completed in some months of {DECISIONS}, by decision, as published",
        "decisions-published",
        ("month", "decision"),
        "Month",
        "Prisons and Probation Ombudsman, summaries of complaints completed in a month, Open Government Licence v3.0",
        _decisions,
        notes=(
            "These summaries were seen in part; other months were not found.",
            "Upheld or partly upheld, out of all that were upheld, partly upheld or not upheld, is counted as the "
            "uphold rate of this report is. Mediated complaints stand apart in both.",
        ),
        date=DECISIONS,
        find=_decisions_found,
    ),
    "prisoners-by-ethnicity": PublishedTable(
        f"Prison population by ethnic group and sex on {CENSUS}, England and Wales",
        "population-published",
        ("ethnicity", "sex"),
        "Ethnic group",
        "Ministry of Justice, Statistics on Ethnicity and the Criminal Justice System 2024, table 6.01, "
        "Open Government Licence v3.0",
        _prisoners,
        notes=("These figures were read in a public copy of that table; their sums agree.",),
        date="2025-06-30",
        find=_prisoners_found,
    ),
}
