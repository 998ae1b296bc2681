"""Estimates that need people or strata, made from the release before any notebook starts.

Their own rule of release: at least ten events in each arm, no single stratum shown, and of how often people have
events nothing but what very many of them have in common (`_People.design_effects`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from reportlib.ethnicity import NOT_STATED
from reportlib.figures import FINEST
from reportlib.inputs.inversion import Hidden
from reportlib.inputs.release import Release
from reportlib.measures import TableSpec
from reportlib.statistics import (
    Estimate,
    Test,
    adjusted_risk_ratio,
    agreement,
    clustered_rate,
    clustered_rate_ratio,
    direct_rate,
    effective_sample,
    few_people,
    homogeneity,
    indirect_ratio,
    judge_complement,
    mantel_haenszel,
    mantel_haenszel_rate,
    proportion,
    trend_interaction,
)

NOTHING_HIDDEN = Hidden()
ENOUGH_EVENTS = 10  # in an arm of an adjusted ratio, or behind any estimate of people
FEW_STRATA = 5  # of fewer that no table shows, a test of their differing would tell what each of them holds
LEAST_STANDARDISED = 20  # deaths: ages could be read from a rate on fewer, and it is unreliable besides
LEAST_RECORDS = 50  # of an arm in a model that is clustered on person
ALONE, TOGETHER = 1000, 200  # cases on which a group, and all groups of a part together, show a design effect
LARGEST = 10.0  # design effect; a larger one would be that of one person, and tell how many cases are theirs
LEAST_IN_STRATUM = 5  # effective cases of each kind in each arm: Cochran's Q is blunt in thinner strata (Cochran 1954)
Key = tuple[str, ...]  # a code a dimension
Rows = Iterator[dict[str, Any]]
COLUMNS = ["statistic", "value", "lower", "upper", "p_value"]


def estimates(
    release: Release, spec: TableSpec, reference: str, level: float, hidden: Hidden = NOTHING_HIDDEN
) -> pd.DataFrame:
    """Everything about a table that its counts cannot give.

    `hidden` are the hidden cells of the tables that show the strata: an adjusted ratio that gives one of them
    back is left out, and with it the modelled ratio, which is made of the same strata.

    Returns
    -------
    One row an estimate: the columns of `spec.by`, then `statistic`, `value`, `lower`, `upper`, `p_value`.
    By statistic: "deff" is the variance of the count relative to that of independent events
    (`_People.design_effects`); "rate" and "ratio" are those of repeated events; "adjusted" is the
    Mantel-Haenszel and "modelled" the logistic ratio, "homogeneity" and "interaction" the p-values for one
    ratio in all strata and all years (the first three end in " complement" for the opposite outcome);
    "withheld" says that an adjusted ratio, or its test, is left out to protect a count;
    "expected" is observed over expected and "standardised" the direct rate; "agreement" and "kappa" are
    of two records.
    """
    rows: list[dict[str, Any]] = []
    deff: dict[Key, float] = {}
    if spec.measure.clustered and release.has("person_id", spec.measure.numerator.dataset):
        people = _People(release, spec)
        deff = people.design_effects()
        rows += [_row(spec, key, "deff", Estimate(found, None, None)) for key, found in deff.items()]
        if people.share:
            rows += _modelled(release, spec, reference, level) if len(spec.adjust) > 1 else []
            rows += _interactions(release, spec, reference) if spec.by == ("year", "ethnicity") else []
        else:
            rows += _rates(release, people, deff, reference, level)
    if spec.measure.kind == "count" and len(spec.by) == 2:
        rows += _agreement(release, spec, level, hidden)
    if spec.adjust:
        by_group = {group: found for (group,), found in deff.items()}
        adjusted = _adjusted(release, spec, reference, level, by_group, hidden)
        told = {row["ethnicity"] for row in adjusted if row["statistic"].startswith("adjusted")}
        rows = [row for row in rows if not row["statistic"].startswith("modelled") or row["ethnicity"] in told]
        rows += adjusted
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

    def design_effects(self) -> dict[Key, float]:
        """How much people with several cases add to the variance of each cell's count, to one decimal.

        A cell's own where it has very many cases, else that of all ethnic groups in its part of the system, else of
        all parts. In a small group it would say how often single people had cases, and be a poor estimate besides.
        """
        own = {key: design_effect(count, nobs if self.share else None) for key, (count, nobs) in self.cells.items()}
        cases = {key: nobs.sum() for key, (_, nobs) in self.cells.items()}
        found = {}
        for key in own:
            part = self._with_all(key, ["ethnicity"])
            whole = self._with_all(key, [name for name in self.spec.by if name != "year"])
            enough = [place for place in (part, whole) if cases.get(place, 0) >= TOGETHER]
            if cases[key] >= ALONE or enough:
                found[key] = own[key if cases[key] >= ALONE else enough[0]]
        return found

    def _with_all(self, key: Key, dimensions: Sequence[str]) -> Key:
        return tuple("all" if name in dimensions else code for name, code in zip(self.spec.by, key, strict=True))


def design_effect(count: np.ndarray, nobs: np.ndarray | None = None) -> float:
    """That of a share, or of a number of events, of people with so many each, as it is told: 1 to 10, one decimal."""
    if nobs is None:
        found = float((count**2).sum() / count.sum()) * few_people(count)
    else:
        spread = count - count.sum() / nobs.sum() * nobs
        found = effective_sample(count, nobs)[2] * few_people(spread, len(spread))
    return min(max(round(found, 1), 1.0), LARGEST)


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
    """How far two records of one thing agree, over those that both know: share and Cohen's kappa."""
    counts = release.counts(spec, spec.measure.numerator)
    known = counts[~counts[list(spec.by)].isin(["all", NOT_STATED]).any(axis=1)]
    codes = sorted({code for name in spec.by for code in known[name]})
    table = known.pivot(index=spec.by[0], columns=spec.by[1], values="value").reindex(index=codes, columns=codes)
    table = table.fillna(0.0)
    same, total = float(np.trace(table)), float(table.to_numpy().sum())
    made, own = partial(_agreed, table, level), _diagonal(table)
    if (
        min(same, total - same) < ENOUGH_EVENTS
        or hidden.given_back(own, made, FINEST["proportion"])
        or (hidden.cells and _tells_of_the_rest(table, level, hidden.threshold))
    ):
        return []
    key = ("all",) * len(spec.by)
    names = ("agreement", "kappa")
    found = made(own)
    return [_row(spec, key, name, estimate) for name, estimate in zip(names, found, strict=True)]


def _tells_of_the_rest(table: pd.DataFrame, level: float, threshold: int) -> bool:
    """Whether print would change if two small counts off the diagonal were past the threshold, margins unchanged.

    The share that agrees tells their sum; printed so finely that they could not be so large, they are too well known.
    """
    other, (one, two) = table.to_numpy(float, copy=True), np.argsort(np.diag(table))[-2:]
    if other[one, one] < threshold:  # nowhere to take them from
        return True
    for row, column, by in ((one, one, -1), (two, two, -1), (one, two, 1), (two, one, 1)):
        other[row, column] += by * threshold
    moved = pd.DataFrame(other, table.index, table.columns)
    ends = [
        [round(float(end), FINEST["proportion"]) for each in _agreed(held, level, _diagonal(held))
         for end in (each.value, each.lower, each.upper) if end is not None]
        for held in (table, moved)
    ]  # fmt: skip
    return ends[0] != ends[1]


def _diagonal(table: pd.DataFrame) -> pd.Series:
    """Those of whom both records say the same; the rest of the table tells them together, given its margins."""
    return pd.Series(np.diag(table), index=pd.MultiIndex.from_arrays([table.index, table.columns]))


def _agreed(table: pd.DataFrame, level: float, diagonal: pd.Series) -> tuple[Estimate, Estimate]:
    """The share in which two records agree, and Cohen's kappa, had the table this diagonal."""
    held = table.to_numpy(float, copy=True)
    np.fill_diagonal(held, diagonal.to_numpy(float))
    share = proportion(float(np.trace(held)), float(held.sum()), level=level)
    return share, agreement(pd.DataFrame(held, table.index, table.columns), level=level)


def _adjusted(
    release: Release, spec: TableSpec, reference: str, level: float, deff: dict[str, float], hidden: Hidden
) -> list[dict[str, Any]]:
    """Mantel-Haenszel ratios to the reference group, holding the dimensions of `adjust` equal."""
    fine = replace(spec, by=("ethnicity", *spec.adjust), adjust=())
    strata, clustered = _strata(release, fine), spec.measure.clustered
    base = strata.get(reference)
    few = hidden.unseen and len({stratum for frame in strata.values() for stratum in frame.index}) < FEW_STRATA
    hidden = replace(hidden, unseen=few)
    found = _standardised(release, fine, strata, level, hidden) if "age_band" in spec.adjust else []
    for group, frame in strata.items():
        if group == reference or base is None or min(frame["x"].sum(), base["x"].sum()) < ENOUGH_EVENTS:
            continue
        if (
            clustered and not {group, reference} <= deff.keys()
        ):  # too few cases to tell how far those of one go together
            continue
        both = frame.join(base.add_suffix("_ref"), how="inner")
        effects = (deff.get(group, 1.0), deff.get(reference, 1.0))
        others = min((arm["n"] - arm["x"]).sum() for arm in (frame, base))
        sides = ["", " complement"] if others >= ENOUGH_EVENTS else [""]
        make = partial(_common, both[["n", "n_ref"]], spec.measure.kind, *effects, level, sides=sides, tested=not few)
        counts = pd.concat({group: both["x"], reference: both["x_ref"]})
        places = FINEST[spec.measure.kind]
        most = pd.concat({group: both["n"], reference: both["n_ref"]}) if spec.measure.kind == "proportion" else None
        told = {"withheld": Estimate(1.0, None, None)}
        if not hidden.given_back(counts, lambda held, make=make: make(held).values(), places, most):  # type: ignore[misc]
            told = make(counts) | (told if few else {})
        found += [_row(spec, (group,), statistic, ratio) for statistic, ratio in told.items()]
    return found


def _common(
    nobs: pd.DataFrame,
    kind: str,
    deff: float,
    deff_ref: float,
    level: float,
    counts: pd.Series,
    sides: Sequence[str] = ("", " complement"),
    tested: bool = True,
) -> dict[str, Estimate]:
    """The common ratio of two groups over strata, on effective counts; for proportions of each of the sides.

    `counts` are those of one group's strata, then of the other's; `tested` is whether they are asked to differ.
    """
    own, other = counts.to_numpy(float).reshape(2, -1)
    x, n, rx, rn = own / deff, nobs["n"] / deff, other / deff_ref, nobs["n_ref"] / deff_ref
    if kind == "rate":
        return {"adjusted": mantel_haenszel_rate(x, n, rx, rn, level=level)}
    tables = np.stack([np.stack([x, n - x], 1), np.stack([rx, rn - rx], 1)], 1)
    found = {}
    for ending in sides:
        side = tables[:, :, ::-1] if ending else tables
        found[f"adjusted{ending}"] = mantel_haenszel(side, level=level)
        if tested:
            found[f"homogeneity{ending}"] = _p_value(homogeneity(side[side.min(axis=(1, 2)) >= LEAST_IN_STRATUM]))
    return found


def _p_value(test: Test) -> Estimate:
    """A test as a row of the estimates: its p-value is what is shown."""
    return Estimate(test.p_value, None, None, test.p_value)


def _standardised(
    release: Release, fine: TableSpec, strata: dict[str, pd.DataFrame], level: float, hidden: Hidden
) -> list[dict[str, Any]]:
    """Each group against all prisoners: observed over expected events, and the rate at all prisoners' ages.

    The rate has no limits: they are made of squares of the same weights, so that both together give deaths by age.
    The standard is the population of the last year alone, by the first dimension of the strata: with all of
    them, a stratum that a group lacks would leave it without a rate.
    """
    if not strata:  # no group of an edition may hold enough to be compared
        return []
    _, population = fine.measure.parts
    yearly = release.average(replace(fine, by=(*fine.by, "year")), population)
    last = yearly[yearly["year"].eq(release.years(fine)[-1]) & (yearly[list(fine.by)] != "all").all(axis=1)]
    standard = last.groupby(fine.by[1])["value"].sum()
    every = pd.concat(strata)
    spec, found = replace(fine, by=("ethnicity",)), []
    for group, frame in strata.items():
        if frame["x"].sum() < ENOUGH_EVENTS or group == NOT_STATED:
            continue
        make = partial(_against_all, group, every["n"], standard, fine.measure.per, level)
        if not hidden.given_back(every["x"], lambda held, make=make: make(held).values(), 2):  # type: ignore[misc]
            found += [_row(spec, (group,), statistic, made) for statistic, made in make(every["x"]).items()]
    return found


def _against_all(
    group: str, nobs: pd.Series, standard: pd.Series, per: float, level: float, counts: pd.Series
) -> dict[str, Estimate]:
    """One group's events over those expected at everyone's rates, and its rate in the standard population."""
    strata = list(range(1, nobs.index.nlevels))
    rates = (counts.groupby(level=strata).sum() / nobs.groupby(level=strata).sum()).fillna(0)
    x, n = counts[group], nobs[group]
    expected = float((rates.reindex(n.index) * n).sum())
    found = {"expected": indirect_ratio(float(x.sum()), expected, level=level)}
    if x.sum() >= LEAST_STANDARDISED:
        x, n = (each.groupby(level=0).sum().reindex(standard.index, fill_value=0) for each in (x, n))
        found["standardised"] = Estimate(direct_rate(x, n, standard, per).value, None, None)
    return found


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


def _modelled(release: Release, spec: TableSpec, reference: str, level: float) -> list[dict[str, Any]]:
    """Ratios to the reference group from a logistic model, of the side of the outcome that is rarer."""
    fine = replace(spec, by=("ethnicity", *spec.adjust), adjust=())
    records, ending = release.records(fine, *fine.measure.parts), ""
    if judge_complement(float(records["hit"].sum()), len(records), 0, 0):
        records, ending = records.assign(hit=~records["hit"]), " complement"
    return [
        _row(spec, (group,), f"modelled{ending}",
             adjusted_risk_ratio(both, "hit", "group", spec.adjust, "person_id", level=level))
        for group, both in _arms(records, reference)
    ]  # fmt: skip


def _interactions(release: Release, spec: TableSpec, reference: str) -> list[dict[str, Any]]:
    """For each group, whether its gap to the reference changed over the years; told with the last of them."""
    records, last = release.records(spec, *spec.measure.parts), release.years(spec)[-1]
    records["year"] = records["year"].str[:4].astype(int)
    return [
        _row(spec, (last, group), "interaction",
             _p_value(trend_interaction(both, "hit", "group", "year", "person_id")))
        for group, both in _arms(records, reference)
    ]  # fmt: skip


def _strata(release: Release, spec: TableSpec) -> dict[str, pd.DataFrame]:
    """For each ethnic group, events `x` and denominator `n` by stratum."""
    dims, (numerator, denominator) = list(spec.by[1:]), spec.measure.parts
    x = release.counts(spec, numerator)
    if spec.measure.kind == "rate":
        n = release.average(spec, denominator)
        n["value"] *= len(release.years(spec))
    else:
        n = release.counts(spec, denominator)
    both = n.merge(x, on=list(spec.by), how="left", suffixes=("_n", "_x")).fillna({"value_x": 0})
    inner = both[(both[list(spec.by)] != "all").all(axis=1)]
    inner = inner.rename(columns={"value_n": "n", "value_x": "x"})
    return {str(group): rows.set_index(dims)[["x", "n"]] for group, rows in inner.groupby("ethnicity")}
