"""Ratios and trends from the records themselves, by a logistic model clustered on the person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from reportlib.statistics.rates import strata
from reportlib.statistics.result import LEVEL, Array, Estimate, Test, Values, log_wald, method, nothing

YEARS_FOR_A_TREND = 4
NEWTON_STEPS = 25
SAME = 1e-6  # closer figures of a model are the same


@method(
    formula="mean over all records of the modelled share were everyone in the group, ÷ the same were "
    "everyone in the reference; logistic model, covariance clustered on person, delta method on the log",
    interval="Wald on the log, delta method, cluster-robust",
    source="Greenland (2004); Liang and Zeger (1986)",
    used="uphold or completion adjusted for several covariates at once, fitted to the two groups compared",
    cannot_say="what was not recorded: a covariate that is itself unequal treatment is adjusted away",
)
def adjusted_risk_ratio(
    frame: pd.DataFrame, outcome: str, group: str, covariates: Sequence[str], cluster: str, level: float = LEVEL
) -> Estimate:
    """The average marginal relative rate of `outcome`, group ÷ reference, given the covariates.

    One row a record; `outcome` and `group` are columns of 0 and 1 (or boolean), text covariates become
    categories, `cluster` names the person. Raises ValueError where a column is missing, has gaps or is
    not 0 and 1; None where the model has no finite answer, or could not tell the group from the covariates.
    """
    needed = [outcome, group, *covariates, cluster]
    _check_records(frame, needed, [outcome, group])
    if frame[outcome].astype(float).groupby(frame[group].astype(bool)).mean().isin([0, 1]).any():
        return nothing("an arm has no events, or nothing else: the model has no finite answer")
    if frame[cluster].nunique() < 2:
        return nothing("all records are of one person")
    cells = _Cells.of(frame, [group, *covariates], outcome)
    design = cells.design(cells.rows[group], covariates)
    own, others = design[:, 1], np.delete(design, 1, axis=1)
    if np.abs(own - others @ np.linalg.lstsq(others, own)[0]).max() < SAME:
        return nothing("the covariates tell the group: nothing of it is left to compare")
    fitted, covariance = _clustered_logit(cells, design, frame[cluster])
    share = special.expit(design @ fitted)
    if (share * (1 - share)).max() < SAME:
        return nothing("the covariates tell the outcome: the model has no finite answer")
    (log_group, slope), (log_reference, ref_slope) = (
        _log_mean_share(cells.design(np.full(len(cells.rows), side), covariates), cells.size, fitted)
        for side in (1.0, 0.0)
    )
    slope = slope - ref_slope
    return log_wald(math.exp(log_group - log_reference), float(slope @ covariance @ slope), level)


def _check_records(frame: pd.DataFrame, needed: list[str], binary: list[str]) -> None:
    absent = [name for name in needed if name not in frame]
    if absent:
        raise ValueError(f"no column {', '.join(absent)}")
    if frame[needed].isna().any(axis=None):
        raise ValueError("a value is missing: leave such records out, and say how many")
    for name in binary:
        if set(frame[name].astype(float).unique()) != {0.0, 1.0}:
            raise ValueError(f"{name} must hold both 0 and 1 and nothing else")


@dataclass(frozen=True)
class _Cells:
    """Records alike in all that a model knows of them: `rows` tells them apart, `place` is each record's cell."""

    rows: pd.DataFrame
    size: Array
    place: Array
    outcome: Array  # of each record

    @classmethod
    def of(cls, frame: pd.DataFrame, names: list[str], outcome: str) -> _Cells:
        place = frame.groupby(names, sort=False, observed=True).ngroup().to_numpy()
        _, first, size = np.unique(place, return_index=True, return_counts=True)
        return cls(frame[names].iloc[first], size.astype(float), place, frame[outcome].to_numpy(dtype=float))

    def design(self, group: Values, covariates: Sequence[str]) -> Array:
        dummies = [pd.get_dummies(self.rows[[name]], drop_first=True, dtype=float) for name in covariates]
        columns = [np.ones(len(self.rows)), np.asarray(group, dtype=float)]
        return np.column_stack([*columns, *(_scaled(part.to_numpy(dtype=float)) for part in dummies)])


def _scaled(columns: Array) -> Array:
    """Columns about their means in units of their spread: the model is the same, and its matrix can be inverted."""
    apart = columns - columns.mean(axis=0)
    spread = np.abs(apart).max(axis=0)
    return apart / np.where(spread > 0, spread, 1)


def _clustered_logit(cells: _Cells, design: Array, cluster: pd.Series) -> tuple[Array, Array]:
    """Newton's method on the cells, not the records: a million records take a second."""
    events, fitted = np.bincount(cells.place, cells.outcome), np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        share = special.expit(design @ fitted)
        inverse = np.linalg.pinv((design.T * (cells.size * share * (1 - share))) @ design, hermitian=True)
        step = inverse @ (design.T @ (events - cells.size * share))
        fitted = fitted + step
        if np.abs(step).max() < 1e-9:
            break
    residual, person = cells.outcome - share[cells.place], pd.factorize(cluster)[0]
    scores = np.array([np.bincount(person, column[cells.place] * residual) for column in design.T])
    people, records, size = scores.shape[1], len(residual), np.linalg.matrix_rank(design)
    small = people / max(people - 1, 1) * (records - 1) / max(records - size, 1)
    return fitted, small * inverse @ (scores @ scores.T) @ inverse


def _log_mean_share(design: Array, size: Array, fitted: Array) -> tuple[float, Array]:
    """The log of the mean modelled share, and its slope in the coefficients."""
    share = special.expit(design @ fitted)
    return math.log(np.average(share, weights=size)), (size * share * (1 - share)) @ design / (size @ share)


@method(
    formula="logistic model of the outcome on group, year and group × year; Wald chi-square of the product, "
    "covariance clustered on person",
    source="Liang and Zeger (1986)",
    used="whether the gap between group and reference has widened or narrowed over the years",
    cannot_say="anything under four years, or about a turn within the period",
)
def trend_interaction(frame: pd.DataFrame, outcome: str, group: str, year: str, cluster: str) -> Test:
    """Whether the group's trend over the years differs from the reference's, on the logit scale.

    One row a record; `outcome` and `group` hold 0 and 1, `year` a number, `cluster` the person, who may
    appear in several years. All None under four years. Raises ValueError as `adjusted_risk_ratio` does.
    """
    _check_records(frame, [outcome, group, year, cluster], [outcome, group])
    if frame[year].nunique() < YEARS_FOR_A_TREND:
        return Test(None, None, None)
    cells = _Cells.of(frame, [group, year], outcome)
    side = cells.rows[group].to_numpy(dtype=float)
    years = cells.rows[year].to_numpy(dtype=float) - frame[year].mean()
    design = np.column_stack([np.ones(len(side)), side, years, side * years])
    fitted, covariance = _clustered_logit(cells, design, frame[cluster])
    statistic = float(fitted[-1] ** 2 / covariance[-1, -1])
    return Test(statistic, 1, float(stats.chi2.sf(statistic, 1)))


@method(
    formula="given the events of both groups in a year, one group's are binomial, logit α + ln(its exposure ÷ the "
    "other's); score χ² of a slope over years, U² ÷ V: U = Σ s(x − nπ), V = Σ w s² − (Σ w s)² ÷ Σ w, w = nπ(1 − π)",
    source="Breslow and Day (1987)",
    used="whether the gap between the death rates of group and reference has widened or narrowed over the years",
    cannot_say="anything under four years, or about a turn within the period",
)
def rate_trend_interaction(events: Values, exposure: Values, base_events: Values, base_exposure: Values) -> Test:
    """Whether the ratio of two rates has a trend over the years, on the log scale.

    Equal-length arrays, one entry a year, in order. Years without events of either tell nothing. All None under four
    years with events, and where all are of one of the two. Raises ValueError for negative numbers, unequal lengths or
    events without exposure.
    """
    x, t, y, u = strata(events=events, exposure=exposure, base_events=base_events, base_exposure=base_exposure)
    if ((t == 0) & (x > 0)).any() or ((u == 0) & (y > 0)).any():
        raise ValueError("events without exposure")
    told = (x + y > 0) & (t > 0) & (u > 0)
    if told.sum() < YEARS_FOR_A_TREND or 0 in (x[told].sum(), y[told].sum()):
        return Test(None, None, None)
    x, n, offset, s = x[told], (x + y)[told], np.log(t[told] / u[told]), np.arange(len(x), dtype=float)[told]
    alpha = optimize.brentq(lambda a: float((x - n * special.expit(a + offset)).sum()), -50, 50)
    share = special.expit(alpha + offset)
    weight = n * share * (1 - share)
    spread = float((weight * s**2).sum() - (weight * s).sum() ** 2 / weight.sum())
    statistic = float((s * (x - n * share)).sum() ** 2 / spread)
    return Test(statistic, 1, float(stats.chi2.sf(statistic, 1)))
