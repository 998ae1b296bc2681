"""The invented prisons behind the demo extracts: their groups, establishments and population.

Sizes and ethnic totals are the published ones; how they meet is assumed (`assumptions.toml`). Nothing
here is random: every seed draws its extracts from the same world.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from reportlib.measures import UNKNOWN_TYPE
from reportlib.project import PUBLISHED
from reportlib.years import years_to

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ASSUMED: dict[str, Any] = tomllib.loads(Path(__file__).with_name("assumptions.toml").read_text("utf-8"))
PLANTED = {measure: np.array(ratios) for measure, ratios in ASSUMED["planted"].items()}
GROUPS = tuple(ASSUMED["codes"])
WHITE, NOT_STATED = GROUPS.index("W"), GROUPS.index("NS")
RAW = np.array([code for codes in ASSUMED["codes"].values() for code in codes], dtype=object)
RAW_GROUP = np.repeat(np.arange(len(GROUPS)), [len(codes) for codes in ASSUMED["codes"].values()])
RAW_SHARE = np.array([share for codes in ASSUMED["codes"].values() for share in codes.values()])
AGE_BANDS = tuple(ASSUMED["ages"]["bands"])
TYPES = pd.DataFrame.from_dict(ASSUMED["types"], orient="index")
REMOVAL = "Immigration removal centre"
REGIONS = tuple(ASSUMED["regions"])


@dataclass(frozen=True)
class World:
    """Five reporting years of a prison system.

    `units` has a row for each establishment × sex, with `type` its position in TYPES; `cells` is the mean
    population, year × unit × group × age band.
    """

    years: tuple[str, ...]
    establishments: pd.DataFrame
    units: pd.DataFrame
    cells: Floats

    @property
    def first(self) -> np.datetime64:
        """The first day of the first year."""
        return np.datetime64(f"{self.years[0][:4]}-04-01")

    @property
    def last(self) -> np.datetime64:
        """The last day of the last year."""
        return np.datetime64(f"{int(self.years[-1][:4]) + 1}-03-31")

    @property
    def quarter_ends(self) -> NDArray[np.datetime64]:
        return pd.date_range(self.first, self.last, freq="QE").to_numpy("datetime64[D]")

    def by_type(self, years: int = 1) -> Floats:
        """Mean population of the last `years`, establishment type × group."""
        totals = np.zeros((len(TYPES), len(GROUPS)))
        np.add.at(totals, self.units["type"].to_numpy(), self.cells[-years:].mean(axis=0).sum(axis=2))
        return totals


@cache
def published(name: str) -> pd.DataFrame:
    """One of the tables in data/published/."""
    return pd.read_csv(PUBLISHED / f"{name}.csv", keep_default_na=False)


@cache
def world(last_year: str) -> World:
    """The five reporting years that end with `last_year`, such as "2024-25"."""
    years = years_to(last_year, 5)
    establishments = _establishments(date(int(years[0][:4]) - 1, 4, 1))
    units = _units(establishments)
    sizes = _type_sizes(years)[:, units["type"]]
    cells = _raked(units, sizes[-1])[:, :, None] * _ages(units)
    return World(years, establishments, units, (sizes / sizes[-1])[:, :, None, None] * cells)


def whole(expected: Floats, start: float = 0.5) -> Ints:
    """Round to whole numbers so that any run of cells keeps its sum to within one.

    Systematic sampling (Madow, 1949): `start`, between 0 and 1, decides which cells are rounded up.
    """
    steps = np.floor(np.cumsum(expected.ravel()) + start)
    return np.diff(steps, prepend=0).astype(np.int64).reshape(expected.shape)


def raw_codes(group: Ints, rng: np.random.Generator) -> Ints:
    """A raw code (position in RAW) for each person of a group: group g's shares lie between g and g + 1."""
    return np.searchsorted(np.cumsum(RAW_SHARE), group + rng.random(len(group)))


def named(position: Ints, names: Iterable[str]) -> pa.DictionaryArray:
    """Positions as the names they stand for, without a copy of the name in each row."""
    return pa.DictionaryArray.from_arrays(pa.array(position.astype(np.int16)), pa.array(list(names)))


def _establishments(opened_by: date) -> pd.DataFrame:
    """The real establishments open throughout, with types, regions and opening dates."""
    known = published("establishment_types")
    opened, closed = (pd.to_datetime(known[end], format="%m-%Y") for end in ("start_month", "end_month"))
    region = {prison: name for name, each in ASSUMED["regions"].items() for prison in each["prisons"]}
    prisons = known.assign(region=known["establishment"].map(region), valid_from=opened.dt.date, valid_to="")
    prisons = prisons[(opened <= pd.Timestamp(opened_by)) & (closed == closed.max())]
    elsewhere = pd.DataFrame({"establishment": ASSUMED["world"]["elsewhere"].values()})
    table = pd.concat([prisons, elsewhere.assign(establishment_type=UNKNOWN_TYPE)], ignore_index=True)
    return table[["establishment", "establishment_type", "region", "valid_from", "valid_to"]].fillna("")


def _units(establishments: pd.DataFrame) -> pd.DataFrame:
    prisons = establishments[establishments["establishment_type"] != UNKNOWN_TYPE]
    women = prisons["establishment_type"] == "Women's prison"
    mixed = prisons[prisons["establishment"] == ASSUMED["world"]["mixed_site"]]
    units = pd.concat([prisons.assign(sex=np.where(women, "female", "male")), mixed.assign(sex="female")])
    kinds = TYPES.index.get_indexer(units["establishment_type"])
    return units.assign(type=kinds).sort_values(["establishment", "sex"], ignore_index=True)


def _type_sizes(years: tuple[str, ...]) -> Floats:
    """Published average population, year × type; a year not yet published is as the last one."""
    table = published("average_population")
    table = table.pivot(index="year", columns="establishment_type", values="average_population")
    return table.loc[[min(year, table.index[-1]) for year in years], TYPES.index].to_numpy()


def _raked(units: pd.DataFrame, type_size: Floats) -> Floats:
    """Population, unit × group: published shares by sex, each unit at its size (Deming and Stephan, 1940)."""
    women, kind = (units["sex"] == "female").to_numpy(), units["type"].to_numpy()
    weight = np.random.default_rng(0).lognormal(0, 0.35, len(units))  # invented, the same for every seed
    there = ASSUMED["world"]["women_there"]
    mixed = (units["establishment"] == ASSUMED["world"]["mixed_site"]).to_numpy()
    weight[mixed] = np.where(women[mixed], there, 1 - there)
    size = type_size * weight / np.bincount(kind, weight)[kind]
    region = [ASSUMED["regions"][name].get("groups", [1] * len(GROUPS)) for name in units["region"]]
    cells = np.array(TYPES["groups"].tolist())[kind] * region
    counts = published("prison_population_by_ethnicity")
    for sex, rows in (("male", ~women), ("female", women)):
        share = counts[counts["sex"] == sex].set_index("ethnicity")["number"].loc[list(GROUPS)].to_numpy()
        for _ in range(50):
            cells[rows] *= share / share.sum() * size[rows].sum() / cells[rows].sum(axis=0)
            cells[rows] *= (size[rows] / cells[rows].sum(axis=1))[:, None]
    return cells


def _ages(units: pd.DataFrame) -> Floats:
    """Shares of the age bands, unit × group × age band."""
    groups = np.array([ASSUMED["ages"][group] for group in GROUPS])
    ages = groups * np.array(TYPES["ages"].tolist())[units["type"]][:, None]
    return np.asarray(ages / ages.sum(axis=2, keepdims=True))
