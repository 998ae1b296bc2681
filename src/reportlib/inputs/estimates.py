"""Estimates that need people or strata, made from the release before any notebook starts.

Their own rule of release: at least ten events in each arm, no single stratum shown, and of how often people have
events nothing but what very many of them have in common (`_People.design_effects`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from reportlib.ethnicity import NOT_STATED
from reportlib.figures import COARSE
from reportlib.inputs.inversion import Hidden
from reportlib.inputs.release import Release
from reportlib.inputs.strata import ENOUGH_EVENTS, Told, adjusted, p_value, to_the_nearest
from reportlib.measures import TableSpec
from reportlib.statistics import (
    Estimate,
    adjusted_risk_ratio,
    agreement,
    clustered_rate,
    clustered_rate_ratio,
    effective_sample,
    few_people,
    proportion,
    rate_trend_interaction,
    trend_interaction,
)

NOTHING_HIDDEN = Hidden(threshold=0)  # nor is any count small
LEAST_RECORDS = 50  # of an arm in a model that is clustered on person
ALONE, TOGETHER = 1000, 200  # cases on which a group, and all groups of a part together, show a design effect
STEP = 5  # of the least per cent in which two records agree, where counts are hidden
CLOSEST = 0.15  # of the cases of the person who has most; a variance that would tell them so closely is not used
Key = tuple[str, ...]  # a code a dimension
Rows = Iterator[dict[str, Any]]
COLUMNS = ["statistic", "value", "lower", "upper", "p_value"]
NOTHING_ELSEWHERE: Mapping[Key, float] = MappingProxyType({})


def estimates(
    release: Release,
    spec: TableSpec,
    reference: str,
    level: float,
    hidden: Hidden = NOTHING_HIDDEN,
    complement: bool = False,
    elsewhere: Mapping[Key, float] = NOTHING_ELSEWHERE,
) -> pd.DataFrame:
    """Everything about a table that its counts cannot give.

    `hidden` are the hidden cells of the tables that show the strata: an adjusted ratio over them is told coarsely, and
    left out where it gives one back even so; and with it the modelled ratio, which is made of the same strata.
    `complement` says whether ratios over strata are of the opposite of the outcome. `elsewhere` are the design effects
    of the same table of the whole, by its cells, for an edition of too few cases to show one.

    Returns one row an estimate: the columns of `spec.by`, then `statistic`, `value`, `lower`, `upper`, `p_value`.
    By statistic: "deff" is the variance of the count relative to that of independent events
    (`_People.design_effects`); "rate" and "ratio" are those of repeated events; "adjusted" is the
    Mantel-Haenszel and "modelled" the logistic ratio, "homogeneity" and "interaction" the p-values for one
    ratio in all strata and all years;
    "withheld" says that an adjusted ratio, or its test, is left out to protect a count, and "coarse" that the ratio is
    told to the nearest so much instead;
    "expected" is observed over expected and "standardised" the direct rate; "agreement" and "kappa" are
    of two records.
    """
    rows: list[dict[str, Any]] = []
    deff: dict[Key, float] = {}
    if spec.measure.clustered and release.has("person_id", spec.measure.numerator.dataset):
        people = _People(release, spec)
        deff = people.design_effects(elsewhere)
        rows += [_row(spec, key, "deff", Estimate(found, None, None)) for key, found in deff.items()]
        if people.share:
            rows += _interactions(release, spec, reference) if spec.by == ("year", "ethnicity") else []
        else:
            rows += _rates(release, people, deff, reference, level)
    elif spec.measure.separate and spec.by == ("year", "ethnicity"):
        rows += _rate_interactions(release, spec, reference)
    if spec.measure.kind == "count" and len(spec.by) == 2:
        rows += _agreement(release, spec, level, hidden)
    if spec.adjust:
        by_group = {group: found for (group,), found in deff.items()}
        found = [*adjusted(release, spec, reference, level, by_group, hidden, complement)]
        if deff and spec.measure.kind == "proportion" and len(spec.adjust) > 1:
            told = {(group, name): ratio for group, name, ratio in found}
            found += _modelled(release, spec, reference, level, told, complement)
        rows += [_row(spec, (group,), statistic, estimate) for group, statistic, estimate in found]
    return pd.DataFrame(rows, columns=[*spec.by, *COLUMNS])


class _People:
    """The persons table of one table spec, cell by cell."""

    def __init__(self, release: Release, spec: TableSpec) -> None:
        self.spec, self.share = spec, spec.measure.kind == "proportion"
        table = release.people(spec, *(spec.measure.parts if self.share else [spec.measure.numerator]))
        self.cells: dict[Key, tuple[np.ndarray, np.ndarray]] = {}
        for key, cell in table.groupby(list(spec.by), sort=True):
            if (cell["count"] * cell["people"]).sum() >= ENOUGH_EVENTS:
                count, nobs = (np.repeat(cell[name].to_numpy(), cell["people"]) for name in ("count", "nobs"))
                self.cells[tuple(map(str, key))] = count, nobs

    def design_effects(self, elsewhere: Mapping[Key, float]) -> dict[Key, float]:
        """How much people with several cases add to the variance of each cell's count, to one decimal.

        A cell's own where it has very many cases, else that of all ethnic groups in its part of the system, else of
        all parts, else that of the whole `elsewhere`. In a small group it would say how often single people had cases,
        and be a poor estimate besides. None where it would tell of one person (`_tells_of_one`).
        """
        cases = {key: nobs.sum() for key, (_, nobs) in self.cells.items()}
        found, borrowed = {}, {}
        for key in self.cells:
            part = self._with_all(key, ["ethnicity"])
            whole = self._with_all(key, [name for name in self.spec.by if name != "year"])
            enough = [place for place in (part, whole) if cases.get(place, 0) >= TOGETHER]
            if cases[key] >= ALONE or enough:
                found[key] = key if cases[key] >= ALONE else enough[0]
            elif whole in elsewhere:
                borrowed[key] = elsewhere[whole]
        used = {key: self.cells[key] if self.share else (self.cells[key][0], None) for key in {*found.values()}}
        told = {key: design_effect(*cell) for key, cell in used.items() if not _tells_of_one(_added(*cell))}
        return borrowed | {key: told[place] for key, place in found.items() if place in told}

    def _with_all(self, key: Key, dimensions: Sequence[str]) -> Key:
        return tuple("all" if name in dimensions else code for name, code in zip(self.spec.by, key, strict=True))


def design_effect(count: np.ndarray, nobs: np.ndarray | None = None) -> float:
    """That of a share, or of a number of events, of people with so many each, as it is told.

    It is 1 or more, with one decimal, from 10 on with none.
    """
    added = _added(count, nobs)
    if nobs is None:
        found = float((added**2).sum() / count.sum()) * few_people(added)
    else:
        found = effective_sample(count, nobs)[2] * few_people(added, len(added))
    return max(round(found, 1 if found < 10 else 0), 1.0)


def _added(count: np.ndarray, nobs: np.ndarray | None) -> np.ndarray:
    """What each person adds to a number of events, or to their share in what was observed, beyond what is expected."""
    return count if nobs is None else count - count.sum() / nobs.sum() * nobs


def _tells_of_one(added: np.ndarray) -> bool:
    """Whether a sum of squares tells the largest closely to one who knows the second.

    The p% rule for magnitudes (Cox 1981; Hundepool et al. 2012, Statistical Disclosure Control), for squares.
    """
    squares = np.sort(added.astype(float) ** 2)
    return bool(squares[:-2].sum() < ((1 + CLOSEST) ** 2 - 1) * squares[-1])


def _row(spec: TableSpec, key: Sequence[str], statistic: str, estimate: Estimate) -> dict[str, Any]:
    figures = (estimate.value, estimate.lower, estimate.upper, estimate.p_value)
    return dict(zip([*spec.by, *COLUMNS], [*key, statistic, *figures], strict=True))


def _rates(release: Release, people: _People, deff: Mapping[Key, float], reference: str, level: float) -> Rows:
    """Rates of events of which one person can have several, and their ratios to the reference group."""
    spec, exposure = people.spec, _exposures(release, people.spec)
    counts = {key: count for key, (count, _) in people.cells.items() if key in deff and exposure.get(key, 0) > 0}
    for key, count in counts.items():
        rate = clustered_rate(count, exposure[key], spec.measure.per, level, deff[key])
        yield _row(spec, key, "rate", rate)
        base = tuple(reference if name == "ethnicity" else code for name, code in zip(spec.by, key, strict=True))
        if base != key and base in counts:
            arms = (count, exposure[key], counts[base], exposure[base])
            yield _row(spec, key, "ratio", clustered_rate_ratio(*arms, level, deff[key], deff[base]))


def _exposures(release: Release, spec: TableSpec) -> dict[Key, float]:
    """Person-years of every cell; a dimension that the population lacks is read at its total."""
    numerator, denominator = spec.measure.parts
    frame = release.average(spec, denominator)
    years = 1 if "year" in spec.by else len(release.years(spec))
    known = [name for name in spec.by if name in frame]
    table = {tuple(row[:-1]): row[-1] * years for row in frame[[*known, "value"]].itertuples(index=False)}
    keys = release.counts(spec, numerator)[list(spec.by)].itertuples(index=False)
    at = [spec.by.index(name) for name in known]
    return {tuple(key): table.get(tuple(key[i] for i in at), 0.0) for key in keys}


def _agreement(release: Release, spec: TableSpec, level: float, hidden: Hidden) -> list[dict[str, Any]]:
    """How far two records of one thing agree, over those that both know: share and Cohen's kappa.

    Where counts are hidden, a share that it is at least, in steps that do not depend on what is hidden; nothing, where
    that would tell of them too.
    """
    counts = release.counts(spec, spec.measure.numerator)
    known = counts[~counts[list(spec.by)].isin(["all", NOT_STATED]).any(axis=1)]
    codes = sorted({code for name in spec.by for code in known[name]})
    table = known.pivot(index=spec.by[0], columns=spec.by[1], values="value").reindex(index=codes, columns=codes)
    table = table.fillna(0.0)
    same, total = float(np.trace(table)), float(table.to_numpy().sum())
    cells = known[list(spec.by)].itertuples(index=False, name=None)
    if min(same, total - same) < ENOUGH_EVENTS:
        return []
    key = ("all",) * len(spec.by)
    hides = any(map(hidden.hides, cells, known["value"]))
    if not hides:
        told = zip(("agreement", "kappa"), _agreed(table, level), strict=True)
        return [_row(spec, key, name, estimate) for name, estimate in told]
    least = math.floor(100 * same / total / STEP) * STEP
    if hidden.told(math.ceil(least / 100 * total), int(total)):
        return []
    return [_row(spec, key, "agreement_least", Estimate(least / 100, None, None))]


def _agreed(table: pd.DataFrame, level: float) -> tuple[Estimate, Estimate]:
    """The share in which two records agree, and Cohen's kappa."""
    return proportion(float(np.trace(table)), float(table.to_numpy().sum()), level=level), agreement(table, level=level)


def _arms(records: pd.DataFrame, reference: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """The records of each group that may be compared with the reference's, with `group` 1 or 0."""
    enough = {
        str(group): rows["hit"].sum() >= ENOUGH_EVENTS and len(rows) >= LEAST_RECORDS
        for group, rows in records.groupby("ethnicity")
    }
    for group in sorted(set(enough) - {reference, NOT_STATED}):
        if enough[group] and enough.get(reference):
            both = records[records["ethnicity"].isin([group, reference])]
            yield group, both.assign(group=both["ethnicity"].eq(group))


def _modelled(
    release: Release,
    spec: TableSpec,
    reference: str,
    level: float,
    told: Mapping[tuple[str, str], Estimate],
    complement: bool,
) -> Told:
    """Ratios to the reference group from a logistic model, of the side of the outcome that is judged.

    Of the groups of which an adjusted one is told, and as coarse.
    """
    fine = replace(spec, by=("ethnicity", *spec.adjust), adjust=())
    records = release.records(fine, *fine.measure.parts)
    records = records.assign(hit=records["hit"] ^ complement)
    for group, both in _arms(records, reference):
        if (group, "adjusted") in told:
            ratio = adjusted_risk_ratio(both, "hit", "group", spec.adjust, "person_id", level=level)
            yield group, "modelled", to_the_nearest(COARSE, ratio) if (group, "coarse") in told else ratio


def _interactions(release: Release, spec: TableSpec, reference: str) -> list[dict[str, Any]]:
    """For each group, whether its gap to the reference changed over the years; told with the last of them."""
    records, last = release.records(spec, *spec.measure.parts), release.years(spec)[-1]
    records["year"] = records["year"].str[:4].astype(int)
    return [
        _row(spec, (last, group), "interaction",
             p_value(trend_interaction(both, "hit", "group", "year", "person_id")))
        for group, both in _arms(records, reference)
    ]  # fmt: skip


def _rate_interactions(release: Release, spec: TableSpec, reference: str) -> list[dict[str, Any]]:
    """The same of rates of separate events, from the counts of all years."""
    counts = release.counts(spec, spec.measure.numerator)
    exposure = _exposures(release, spec)
    events = counts.set_index(list(spec.by))["value"].astype(float).to_dict()
    years = release.years(spec)
    arms = {
        group: tuple(np.array([held.get((year, group), 0.0) for year in years]) for held in (events, exposure))
        for group in sorted(set(counts["ethnicity"]) - {"all", NOT_STATED})
    }
    enough = {group: arm for group, arm in arms.items() if arm[0].sum() >= ENOUGH_EVENTS}
    return [
        _row(spec, (years[-1], group), "interaction", p_value(rate_trend_interaction(*arm, *enough[reference])))
        for group, arm in enough.items()
        if group != reference and reference in enough
    ]
