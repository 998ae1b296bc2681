"""Events over exposure: rates, their ratios, and rates standardised to another population."""

from __future__ import annotations

import math
from typing import overload

import numpy as np
import pandas as pd
from scipy import stats

from reportlib.statistics.result import (
    LEVEL,
    Array,
    Estimate,
    Numbers,
    Values,
    estimates,
    method,
    normal_quantile,
    nothing,
    numbers,
    tail_area,
)

EXACT_BELOW = 10  # events; Byar's approximation from there on (Breslow and Day 1987)
STANDARDISE_FROM = 10  # events (Office for Health Improvement and Disparities, technical guide)
NO_EXPOSURE = "no exposure"


def poisson_limits(events: Array, level: float) -> tuple[Array, Array]:
    """Limits of a Poisson mean: exact under 10 events, else Byar (lower on x, upper on x + 1)."""
    z, tail = normal_quantile(level), tail_area(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        byar_lower = events * (1 - 1 / (9 * events) - z / (3 * np.sqrt(events))) ** 3
        more = events + 1
        byar_upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
        exact_lower = np.where(events == 0, 0.0, stats.chi2.ppf(tail, 2 * events) / 2)
        exact_upper = stats.chi2.ppf(1 - tail, 2 * more) / 2
    small = events < EXACT_BELOW
    return np.where(small, exact_lower, byar_lower), np.where(small, exact_upper, byar_upper)


def _poisson_ratio(x: Array, base: Array, per: float, level: float) -> tuple[Array, Array, Array]:
    lower, upper = poisson_limits(x, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        return x * per / base, lower * per / base, upper * per / base


@overload
def rate(events: float, exposure: float, per: float = 1000, level: float = LEVEL) -> Estimate: ...
@overload
def rate(events: Values, exposure: Numbers, per: float = 1000, level: float = LEVEL) -> pd.DataFrame: ...
@method(
    formula="per × x/t; limits: χ² quantiles ½χ²(2x), ½χ²(2x+2) under 10 events, else "
    "x(1 − 1/9x − z/3√x)³ and (x+1)(1 − 1/9(x+1) + z/3√(x+1))³, each × per/t",
    interval="exact Poisson under 10 events, else Byar",
    source="Garwood (1936); Breslow and Day (1987)",
    used="deaths, or distinct complainants, per 1,000 average population",
    cannot_say="the risk of one person over time: with turnover, people can outnumber places",
)
def rate(events: Numbers, exposure: Numbers, per: float = 1000, level: float = LEVEL) -> Estimate | pd.DataFrame:
    """Events per so many of the population, each counted once and independent of the others.

    Scalars or equal-length arrays. None without exposure. Raises ValueError for negative numbers or
    unequal lengths; more events than exposure is allowed.
    """
    (x, t), rows = numbers(events=events, exposure=exposure)
    return estimates(rows, *_poisson_ratio(x, t, per, level), undefined={NO_EXPOSURE: t == 0})


@overload
def rate_ratio(
    events: float, exposure: float, ref_events: float, ref_exposure: float, level: float = LEVEL
) -> Estimate: ...
@overload
def rate_ratio(
    events: Values, exposure: Numbers, ref_events: Numbers, ref_exposure: Numbers, level: float = LEVEL
) -> pd.DataFrame: ...
@method(
    formula="(x₁/t₁)/(x₀/t₀); given x₁ + x₀ the share s = x₁/(x₁+x₀) is binomial: its Clopper-Pearson limits "
    "become s/(1−s) × t₀/t₁; p-value: twice the smaller tail at s = t₁/(t₁+t₀)",
    interval="exact conditional",
    source="Przyborowski and Wilenski (1940); Clopper and Pearson (1934); Fay (2010)",
    used="death rates, and rates of distinct complainants, group against reference",
    cannot_say="anything about repeat events by one person: see clustered_rate_ratio",
)
def rate_ratio(
    events: Numbers, exposure: Numbers, ref_events: Numbers, ref_exposure: Numbers, level: float = LEVEL
) -> Estimate | pd.DataFrame:
    """The ratio of two rates, group ÷ reference, exact given the sum of events; p and interval agree.

    Scalars or equal-length arrays. Infinite where only the reference has no events; None where neither
    has any, or without exposure. Raises ValueError for negative numbers or unequal lengths.
    """
    given = {"events": events, "exposure": exposure, "ref_events": ref_events, "ref_exposure": ref_exposure}
    (x, t, y, u), rows = numbers(**given)
    tail = tail_area(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(x == 0, 0.0, stats.beta.ppf(tail, *map(_not_1000, (x, y + 1))))
        high = np.where(y == 0, 1.0, stats.beta.isf(tail, *map(_not_1000, (x + 1, y))))
        share = t / (t + u)
        as_many = np.where(x == 0, 1.0, stats.beta.cdf(share, x, y + 1))
        as_few = np.where(y == 0, 1.0, stats.beta.sf(share, x + 1, y))
        value, lower, upper = ((x / t) / (y / u), *(s / (1 - s) * u / t for s in (low, high)))
    p_value = np.minimum(1, 2 * np.minimum(as_many, as_few))
    undefined = {NO_EXPOSURE: (t == 0) | (u == 0), "no events in either arm": (x == 0) & (y == 0)}
    return estimates(rows, value, lower, upper, undefined, p_value)


def _not_1000(events: Array) -> Array:
    """Shapes for beta's quantiles, which SciPy 1.17 has wrong where one is 1000 and the other above ten million."""
    return np.where(events == 1000, np.nextafter(events, 0), events)


@overload
def indirect_ratio(observed: float, expected: float, per: float = 1, level: float = LEVEL) -> Estimate: ...
@overload
def indirect_ratio(observed: Values, expected: Numbers, per: float = 1, level: float = LEVEL) -> pd.DataFrame: ...
@method(
    formula="per × O/E, with E = Σ reference rate × group's population; limits of O as for a rate, E fixed",
    interval="exact Poisson under 10 events, else Byar",
    source="Breslow and Day (1987)",
    used="deaths against what age and sex would lead one to expect: description, without a verdict",
    cannot_say="how two groups compare: the reference contains the group, and their weights differ",
)
def indirect_ratio(
    observed: Numbers, expected: Numbers, per: float = 1, level: float = LEVEL
) -> Estimate | pd.DataFrame:
    """The events observed, divided by those expected.

    Scalars or equal-length arrays. None where nothing is expected. Raises ValueError for negative
    numbers or unequal lengths.
    """
    (x, e), rows = numbers(observed=observed, expected=expected)
    return estimates(rows, *_poisson_ratio(x, e, per, level), undefined={"no events expected": e == 0})


@method(
    formula="per × Σ w x/n ÷ Σ w; limits: rate + √(variance/O) × (Byar limit of O − O), with O = Σ x and "
    "variance = Σ w² x/n² ÷ (Σ w)²",
    interval="Dobson with Byar",
    source="Dobson, Kuulasmaa, Eberle and Scherer (1991)",
    used="age-standardised rates, the standard being all prisoners of the last year",
    cannot_say="anything sure on few events (the report asks for 20, and shows no limits, which would tell the ages of "
    "the dead), nor the rate that was in fact seen",
)
def direct_rate(
    events: Values, population: Values, standard: Values, per: float = 100_000, level: float = LEVEL
) -> Estimate:
    """A rate weighted to the standard population.

    Arrays, one entry a stratum (age band, or age band × sex). None under 10 events, and where a stratum
    of the standard has no population, or the standard itself has none. Raises ValueError for negative or missing
    numbers or unequal lengths.
    """
    x, n, w = strata(events=events, population=population, standard=standard)
    if x.sum() < STANDARDISE_FROM:
        return nothing(f"fewer than {STANDARDISE_FROM} events")
    if (w[n == 0] > 0).any() or (x[n == 0] > 0).any():
        return nothing("a stratum has no population")
    if w.sum() == 0:
        return nothing("the standard has no population")
    x, n, w = x[n > 0], n[n > 0], w[n > 0] / w.sum()
    value, total = float((w * x / n).sum()), float(x.sum())
    spread = math.sqrt((w**2 * x / n**2).sum() / total)
    lower, upper = (value + spread * (float(limit) - total) for limit in poisson_limits(x.sum(), level))
    return Estimate(per * value, per * lower, per * upper)


def strata(**given: Numbers) -> list[Array]:
    """Equal-length arrays, one entry a stratum, in which nothing may be missing."""
    arrays, rows = numbers(**given)
    if rows.missing.any():
        raise ValueError(f"a number is missing among {', '.join(given)}")
    return arrays
