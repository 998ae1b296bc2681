"""Demo fatal incidents: published deaths by type, cause and age, each given a place and a group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportlib.inputs.demo.world import (
    AGE_BANDS,
    ASSUMED,
    GROUPS,
    NOT_STATED,
    PLANTED,
    RAW,
    REMOVAL,
    TYPES,
    Floats,
    Ints,
    World,
    published,
    raw_codes,
    whole,
)
from reportlib.measures import UNKNOWN_TYPE

HERE = ASSUMED["deaths"]
POST_RELEASE_FROM = np.datetime64(HERE["post-release_from"])


def fatal_incidents(world: World, rng: np.random.Generator, scale: float) -> pd.DataFrame:
    """One row a death of the five years, ordered by notification."""
    cases = pd.concat([_in_prison(world, scale), _outside(world, rng, scale)], ignore_index=True)
    unit, group = _who(world, cases, rng)
    group[rng.random(len(cases)) < HERE["not_recorded"]] = NOT_STATED
    died = _death_dates(cases, rng)
    late = rng.integers(7, HERE["late"]["days"], len(cases)) * (rng.random(len(cases)) < HERE["late"]["share"])
    elsewhere = ASSUMED["world"]["elsewhere"]
    place = cases["setting"].map(elsewhere).mask(cases["establishment_type"] == UNKNOWN_TYPE, elsewhere["other"])
    units = world.units.loc[unit].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "notified_date": np.minimum(died + rng.geometric(0.6, len(cases)) - 1 + late, world.last),
            "death_date": died,
            "establishment": place.fillna(units["establishment"]),
            **{name: cases[name] for name in ("setting", "cause", "age_band")},
            "sex": units["sex"],
            "ethnicity_code": RAW[raw_codes(group, rng)],
        }
    ).sort_values(["notified_date", "death_date"], kind="stable", ignore_index=True)
    table.insert(0, "incident_id", [f"F{number:05d}" for number in range(1, len(table) + 1)])
    return table


def prison_deaths(world: World) -> pd.DataFrame:
    """Published deaths in custody by year × establishment type × cause × age band.

    A year that is not out yet is like the last, with natural deaths to make up the investigations published.
    """
    table = published("deaths_in_custody")
    latest = table["year"].max()
    parts = [table[table["year"] == min(year, latest)].assign(year=year) for year in world.years]
    for part, year in zip(parts, world.years, strict=True):
        if year > latest:
            natural = part["cause"] == "natural causes"
            more = _investigations(year, "prison", part["deaths"].sum()) - part["deaths"].sum()
            growth = 1 + natural * more / part.loc[natural, "deaths"].sum()
            part["deaths"] = whole((part["deaths"] * growth).to_numpy())
    return pd.concat(parts, ignore_index=True)


def expected_deaths(world: World, years: tuple[str, ...]) -> Floats:
    """Deaths in prison to be expected in `years`, age band × sex (male, female) × group."""
    table = prison_deaths(world)
    table = table[table["year"].isin(years) & (table["establishment_type"] != REMOVAL)]
    expected = np.zeros((len(AGE_BANDS), 2, len(GROUPS)))
    female = (world.units["sex"] == "female").to_numpy().astype(int)
    for kind, age, deaths in table[["establishment_type", "age_band", "deaths"]].itertuples(index=False):
        np.add.at(expected[AGE_BANDS.index(age)], female, deaths * _chance(world, kind, age))
    return expected


def misrecorded() -> Floats:
    """Chance that a death in each group (row) is counted in each (column)."""
    same, lost = np.eye(len(GROUPS)), HERE["not_recorded"]
    return (1 - lost) * same + lost * same[NOT_STATED]


def _chance(world: World, kind: str, age: str) -> Floats:
    """Where, and in which group, a death of this type and age band falls: unit × group, adding up to 1."""
    cells = world.cells[-1, :, :, AGE_BANDS.index(age)] * PLANTED["deaths"]
    if kind in TYPES.index:
        cells = cells * (world.units["establishment_type"] == kind).to_numpy()[:, None]
    return np.asarray(cells / cells.sum())


def _investigations(year: str, category: str, default: int) -> int:
    """Investigations published for a year and setting ("all": altogether), or else the default."""
    found = published("fatal_incidents_by_year").query(
        "year == @year and dimension in ('all', 'setting') and category == @category"
    )
    return int(found["incidents"].iloc[0]) if len(found) else default


def _in_prison(world: World, scale: float) -> pd.DataFrame:
    table = prison_deaths(world)
    cases = table.loc[table.index.repeat(whole(table["deaths"].to_numpy() * scale))]
    setting = np.where(cases["establishment_type"] == REMOVAL, "immigration removal", "prison")
    return cases.assign(setting=setting)


def _outside(world: World, rng: np.random.Generator, scale: float) -> pd.DataFrame:
    """Deaths after release, in approved premises and elsewhere, so that published totals are met."""
    prison = prison_deaths(world).groupby("year")["deaths"].sum()
    parts = []
    for year in world.years:
        begun = f"{year[:4]}-09-06" >= str(POST_RELEASE_FROM)
        numbers = {"other": HERE["other"]}
        numbers["post-release"] = _investigations(year, "post-release", HERE["post-release"]) if begun else 0
        known = int(prison[year]) + sum(numbers.values())
        numbers["approved premises"] = _investigations(year, "all", known + HERE["approved premises"]) - known
        for setting, number in numbers.items():
            cause = rng.choice(HERE["causes"], round(number * scale), p=HERE["outside"][setting])
            parts.append(pd.DataFrame({"year": year, "setting": setting, "cause": cause}))
    cases = pd.concat(parts).assign(establishment_type="")
    return cases.assign(age_band=rng.choice(AGE_BANDS, len(cases), p=HERE["ages_outside"]))


def _who(world: World, cases: pd.DataFrame, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """A unit and a group for each death."""
    unit, group = np.zeros((2, len(cases)), dtype=np.int64)
    for (kind, age), each in cases.groupby(["establishment_type", "age_band"]):  # type: ignore[misc]
        chance = _chance(world, str(kind), str(age))
        drawn = rng.choice(chance.size, len(each), p=chance.ravel())
        unit[each.index], group[each.index] = np.divmod(drawn, len(GROUPS))
    return unit, group


def _death_dates(cases: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.datetime64]:
    first = (cases["year"].str[:4] + "-04-01").to_numpy().astype("datetime64[D]")
    last = first + np.timedelta64(365, "D")
    first = np.where(cases["setting"] == "post-release", np.maximum(first, POST_RELEASE_FROM), first)
    return np.asarray(first + ((last - first).astype(int) * rng.random(len(cases))).astype(int))
