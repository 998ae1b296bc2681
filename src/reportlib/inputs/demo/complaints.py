"""Demo complaints: who complains how often, what about, and with what outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from reportlib.inputs.demo.world import (
    ASSUMED,
    GROUPS,
    NOT_STATED,
    PLANTED,
    RAW,
    RAW_GROUP,
    RAW_SHARE,
    REMOVAL,
    TYPES,
    WHITE,
    Floats,
    Ints,
    World,
    published,
)
from reportlib.inputs.identifiers import MADE_UP
from reportlib.years import years_to

HERE = ASSUMED["complaints"]
CATEGORIES = np.array(list(ASSUMED["categories"]), dtype=object)
SHARE, CHANCE = np.array(list(ASSUMED["categories"].values())).T
STAYS, SPREAD = np.array(HERE["stays"], dtype=float), HERE["spread"]
RATE = TYPES["complaints"].to_numpy()[:, None] * PLANTED["complaints"]  # type × group
UPHELD = TYPES["upheld"].to_numpy()[:, None, None] * CHANCE[:, None] * PLANTED["upheld"]  # × category × group


def complaints_and_ethnicity(world: World, rng: np.random.Generator, scale: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The complaints received or completed in the five years, and their makers' ethnicity in NOMIS."""
    people = _people(world, rng, scale)
    person, received = _received(world, people, rng, scale)
    who, position = np.unique(person, return_inverse=True)
    unit, code = people["unit"].to_numpy()[person], people["code"].to_numpy()[who]
    in_nomis, ppud = _recorded(world, code, rng)
    lag = rng.lognormal(np.log(HERE["lag"]["days"]), HERE["lag"]["spread"], len(person)).astype(int)
    done_year = np.searchsorted(_year_starts(world), received + lag, side="right") - 1  # 0: the year before
    eligible = _eligible(world, done_year, rng, scale)
    kind, group = world.units["type"].to_numpy()[unit], RAW_GROUP[code][position]
    category = _category(world, kind, done_year, rng)
    done = eligible & (done_year <= len(world.years))
    concern = _racism_concern(group, category, rng)
    table = pd.DataFrame(
        {
            "person_id": _names(person),
            "received_date": world.first + received,
            "completed_date": np.where(done, (world.first + received + lag).astype(str), ""),
            "establishment": world.units["establishment"].to_numpy()[unit],
            "category": CATEGORIES[category],
            "eligible": eligible,
            "outcome": np.where(done, _outcome(UPHELD[kind, category, group], position, rng), ""),
            "ethnicity_ppud": ppud[position],
            "racism_concern_complainant": concern,
            "racism_concern_investigator": concern & (rng.random(len(person)) < HERE["racism_concern"]["investigator"]),
        }
    )
    probation = rng.random(len(table)) < HERE["probation"]
    removal = world.units["type"].to_numpy()[unit] == TYPES.index.get_loc(REMOVAL)
    service = np.select([probation, removal], ["probation", "immigration removal"], "prison")
    table.insert([*table].index("establishment"), "service", service)
    table["establishment"] = table["establishment"].mask(probation, "")
    table = table[(received >= 0) | (eligible & (done_year >= 1))].sort_values(
        ["received_date", "person_id"], ignore_index=True
    )
    table.insert(0, "complaint_id", [f"C{number:06d}" for number in range(1, len(table) + 1)])
    nomis = pd.DataFrame(
        {"person_id": _names(who[in_nomis]), "ethnicity_code": RAW[code[in_nomis]], "as_at_date": world.last}
    )
    return table, nomis[nomis["person_id"].isin(table["person_id"])]


def yearly(world: World, measure: str, scale: float = 1.0) -> list[int]:
    """Published totals of the year before and the five years; where none is published, a likely figure."""
    table = published("complaints_by_year").query("measure == @measure").set_index("year")["complaints"]
    labels = years_to(world.years[-1], len(world.years) + 1)
    return [round(scale * table.get(label, HERE.get(measure, table.iloc[-1]))) for label in labels]


def category_shares(world: World) -> Floats:
    """Chance of each category, establishment type × year of completion × category."""
    known = published("complaint_category_shares").pivot(index="year", columns="category", values="percent")
    known = known.dropna() / 100
    known = known.loc[[max([y for y in known.index if y <= year] or known.index[:1]) for year in world.years]]
    shares = SHARE * (1 - known.sum(axis=1).to_numpy()[:, None])
    shares[:, pd.Index(CATEGORIES).get_indexer(known.columns)] = known
    tilt = TYPES["property"] / np.average(TYPES["property"], weights=(world.by_type() * RATE).sum(axis=1))
    first = (tilt.to_numpy()[:, None] * shares[:, 0])[:, :, None]
    return np.dstack([first, (1 - first) * shares[:, 1:] / (1 - shares[:, :1])])


def expected_people(world: World, years: int) -> Floats:
    """Distinct people to be expected among the complainants of the last `years`, establishment type × group.

    A person's complaints are Poisson given readiness and stay; integrated over both on a grid.
    """
    people, shares = HERE["turnover"] * world.by_type(), HERE["stay_shares"]
    span = np.arange(len(world.years) + 1)[:, None]
    mean_stay = (shares * STAYS / (len(span) + STAYS)).sum()  # in any one year
    in_custody = (1 - HERE["probation"]) * np.array(yearly(world, "received")[-years:])
    pressure = in_custody / ((people * RATE).sum() * mean_stay)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    ready = np.exp(SPREAD * (nodes - SPREAD / 2))
    expected = np.zeros_like(RATE)
    for stay, share in zip(STAYS, shares, strict=True):
        start = (len(span) + stay) * (np.arange(200) + 0.5) / 200 - stay
        present = np.clip(np.minimum(start + stay, span + 1) - np.maximum(start, span), 0, None)
        silent = np.exp(-RATE[..., None, None] * (pressure @ present[-years:])[:, None] * ready)
        expected += share * (1 - silent @ weights / weights.sum()).mean(axis=-1)
    return people * expected


def misrecorded(world: World) -> Floats:
    """Chance that a person of each group (row) is counted in each (column): NOMIS, else PPUD."""
    same, unknown = np.eye(len(GROUPS)), np.eye(len(GROUPS))[NOT_STATED]
    wrong, missing = HERE["ppud"]["wrong"], HERE["ppud"]["blank"] + HERE["ppud"]["not_stated"]
    mix = world.by_type().sum(axis=0) / world.by_type().sum()
    ppud = (1 - wrong - missing) * same + wrong * mix + missing * unknown
    ppud[NOT_STATED] = unknown
    return HERE["in_nomis"] * same + (1 - HERE["in_nomis"]) * ppud


def _people(world: World, rng: np.random.Generator, scale: float) -> pd.DataFrame:
    """Everybody who passed through: unit and raw code (positions), readiness to complain, stay (in years).

    Stays are spread evenly over six years: the five and the one before, whose cases spill over.
    """
    weight = (world.cells[-1].sum(axis=2)[:, RAW_GROUP] * RAW_SHARE).ravel()
    count = round(HERE["turnover"] * weight.sum() * scale)
    drawn = rng.multinomial(count, weight / weight.sum())
    unit, code = np.divmod(np.repeat(np.arange(len(weight)), drawn), len(RAW))
    stay = rng.choice(STAYS, count, p=HERE["stay_shares"])
    start = rng.uniform(-stay, len(world.years) + 1)
    ready = rng.lognormal(-(SPREAD**2) / 2, SPREAD, count)
    return pd.DataFrame({"unit": unit, "code": code, "ready": ready, "start": start, "end": start + stay})


def _received(world: World, people: pd.DataFrame, rng: np.random.Generator, scale: float) -> tuple[Ints, Ints]:
    """Who complained, and on which day (0: the first of the five years)."""
    unit, code, ready, start, end = (column.to_numpy() for _, column in people.items())
    rate = ready * RATE[world.units["type"].to_numpy()[unit], RAW_GROUP[code]]
    who, days = [], []
    for year, total in enumerate(yearly(world, "received", scale)):
        present = np.clip(np.minimum(end, year + 1) - np.maximum(start, year), 0, None)
        chance = np.cumsum(rate * present)
        person = np.searchsorted(chance, rng.random(total) * chance[-1])
        when = np.maximum(start[person] - year, 0) + rng.random(total) * present[person]
        who.append(person)
        days.append(_year_starts(world)[year] + np.minimum(when * 365, 364).astype(int))
    return np.concatenate(who), np.concatenate(days)


def _year_starts(world: World) -> Ints:
    """First days of the six years and of the one after, as days from the first of the five."""
    starts = np.array([f"{int(world.years[0][:4]) + step}-04-01" for step in range(-1, 6)], "datetime64[D]")
    return (starts - world.first).astype(np.int64)


def _eligible(world: World, done_year: Ints, rng: np.random.Generator, scale: float) -> NDArray[np.bool_]:
    """Which are eligible: in each year as many are completed as was published."""
    eligible = rng.random(len(done_year)) < HERE["eligible"]
    for year, total in enumerate(yearly(world, "completed", scale)[1:], start=1):
        due = np.flatnonzero(done_year == year)
        eligible[due] = rng.permutation(len(due)) < total
    return eligible


def _category(world: World, kind: Ints, done_year: Ints, rng: np.random.Generator) -> Ints:
    year = np.clip(done_year, 1, len(world.years)) - 1
    steps = np.cumsum(category_shares(world), axis=2)[kind, year, :-1]
    return np.asarray((rng.random(len(kind))[:, None] > steps).sum(axis=1))


def _outcome(chance: Floats, person: Ints, rng: np.random.Generator) -> NDArray[np.object_]:
    """Outcomes, as if each were completed; one person's go together (Gaussian copula, exact margins)."""
    own, each = rng.standard_normal(person.max() + 1)[person], rng.standard_normal(len(person))
    upheld = np.sqrt(HERE["person"]) * own + np.sqrt(1 - HERE["person"]) * each < ndtri(chance)
    partly = rng.random(len(person)) < HERE["partly"]
    decided = np.where(upheld, np.where(partly, "partly upheld", "upheld"), "not upheld")
    names = np.array([*HERE["special"], ""], dtype=object)
    special = names[np.searchsorted(np.cumsum(list(HERE["special"].values())), rng.random(len(person)))]
    return np.where(special == "", decided.astype(object), special)


def _recorded(world: World, code: Ints, rng: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Whether each person is in the NOMIS extract, and the code on PPUD."""
    cuts = np.cumsum(list(HERE["ppud"].values()))
    state = np.searchsorted(cuts, rng.random(len(code)))  # 0 wrong, 1 blank, 2 not stated, 3 right
    state[RAW_GROUP[code] == NOT_STATED] = 1
    weight = world.by_type().sum(axis=0)[RAW_GROUP] * RAW_SHARE
    wrong = RAW[rng.choice(len(RAW), len(code), p=weight / weight.sum())]
    ppud = np.select([state == 0, state == 1, state == 2], [wrong, "", "NS"], RAW[code])
    return rng.random(len(code)) < HERE["in_nomis"], ppud


def _racism_concern(group: Ints, category: Ints, rng: np.random.Generator) -> NDArray[np.bool_]:
    chances = HERE["racism_concern"]
    base = np.where(np.isin(group, [WHITE, NOT_STATED]), chances["others"], chances["minority"])
    return rng.random(len(group)) < base + chances["equalities"] * (CATEGORIES[category] == "Equalities")


def _names(person: Ints) -> list[str]:
    return [f"{MADE_UP}{number:07d}" for number in person]
