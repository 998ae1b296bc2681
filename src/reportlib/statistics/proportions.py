"""Shares, their gaps and their ratios: Wilson, Newcombe and Koopman, all from the score.

Counts may be effective counts (count/deff, nobs/deff), so they need not be whole numbers.
"""

from __future__ import annotations

from typing import overload

import numpy as np
import pandas as pd
from scipy import stats

from reportlib.statistics.result import (
    LEVEL,
    Array,
    Estimate,
    Numbers,
    Rows,
    Values,
    check_at_most,
    estimates,
    method,
    normal_quantile,
    numbers,
)

NO_OBSERVATIONS = "no observations"
NO_EVENTS = "no events in either arm"
LOG_REACH = 100.0  # limits are sought between exp(-100) and exp(100)


@overload
def proportion(count: float, nobs: float, level: float = LEVEL) -> Estimate: ...
@overload
def proportion(count: Values, nobs: Numbers, level: float = LEVEL) -> pd.DataFrame: ...
@method(
    formula="(p + z²/2n ± z√(p(1−p)/n + z²/4n²)) ÷ (1 + z²/n), with p = x/n",
    interval="Wilson score",
    source="Wilson (1927); Newcombe (1998a)",
    used="every share, such as complaints upheld or supervision completed",
    cannot_say="anything about repeats within one person: give it the effective sample for that",
)
def proportion(count: Numbers, nobs: Numbers, level: float = LEVEL) -> Estimate | pd.DataFrame:
    """A share with its Wilson score interval.

    Scalars or equal-length arrays with 0 ≤ count ≤ nobs; the share is between 0 and 1. A share of
    nothing is None. Raises ValueError for negative numbers, count above nobs or unequal lengths.
    """
    (x, n), rows = numbers(count=count, nobs=nobs)
    check_at_most(x, n)
    value, lower, upper = _wilson(x, n, normal_quantile(level))
    return estimates(rows, value, lower, upper, undefined={NO_OBSERVATIONS: n == 0})


def _wilson(x: Array, n: Array, z: float) -> tuple[Array, Array, Array]:
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / n
        centre = p + z**2 / (2 * n)
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        lower, upper = (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)
    return p, np.where(x == 0, 0.0, lower), np.where(x == n, 1.0, upper)


@overload
def difference(count: float, nobs: float, ref_count: float, ref_nobs: float, level: float = LEVEL) -> Estimate: ...
@overload
def difference(
    count: Values, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers, level: float = LEVEL
) -> pd.DataFrame: ...
@method(
    formula="d = p₁ − p₀; lower d − √((p₁−l₁)² + (u₀−p₀)²), upper d + √((u₁−p₁)² + (p₀−l₀)²), "
    "with l and u the Wilson limits of each share",
    interval="Newcombe hybrid score",
    source="Newcombe (1998b), method 10",
    used="the gap between two shares, in percentage points, beside every relative rate",
    cannot_say="whether the gap is significant: it gives an interval only, the relative rate gives the test",
)
def difference(
    count: Numbers, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers, level: float = LEVEL
) -> Estimate | pd.DataFrame:
    """The gap between two shares, group minus reference, with Newcombe's interval.

    Scalars or equal-length arrays; the gap is between −1 and 1. No p-value. Raises ValueError as
    `proportion` does.
    """
    (x, n, y, m), rows = _two_arms(count, nobs, ref_count, ref_nobs)
    z = normal_quantile(level)
    (p1, l1, u1), (p0, l0, u0) = _wilson(x, n, z), _wilson(y, m, z)
    value = p1 - p0
    lower = value - np.hypot(p1 - l1, u0 - p0)
    upper = value + np.hypot(u1 - p1, p0 - l0)
    return estimates(rows, value, lower, upper, undefined={NO_OBSERVATIONS: (n == 0) | (m == 0)})


@overload
def relative_rate(count: float, nobs: float, ref_count: float, ref_nobs: float, level: float = LEVEL) -> Estimate: ...
@overload
def relative_rate(
    count: Values, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers, level: float = LEVEL
) -> pd.DataFrame: ...
@method(
    formula="RR = p₁/p₀; limits: the θ at which (p₁ − θp₀)² ÷ (p̃₁(1−p̃₁)/n₁ + θ²p̃₀(1−p̃₀)/n₀) = z², with p̃ the "
    "most likely shares under p̃₁ = θp̃₀; p-value: the same at θ = 1 (chi-square without correction)",
    interval="Koopman score",
    source="Koopman (1984); Nam (1995)",
    used="group against reference for every share; its verdict",
    cannot_say="why the shares differ: it is crude, and stands beside the stratified and adjusted ratios",
)
def relative_rate(
    count: Numbers, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers, level: float = LEVEL
) -> Estimate | pd.DataFrame:
    """The ratio of two shares, group ÷ reference, with Koopman's score interval and the score test.

    Scalars or equal-length arrays. Infinite where only the reference has no events; None where neither
    has any. Raises ValueError as `proportion` does.
    """
    (x, n, y, m), rows = _two_arms(count, nobs, ref_count, ref_nobs)
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (x / n) / (y / m)
        p_value = 2 * stats.norm.sf(np.abs(_score(np.zeros(len(x)), x, n, y, m)))
        lower = np.where(x == 0, 0.0, _koopman_limit(z, x, n, y, m))
        upper = np.where(y == 0, np.inf, _koopman_limit(-z, x, n, y, m))
    undefined = {NO_OBSERVATIONS: (n == 0) | (m == 0), NO_EVENTS: (x == 0) & (y == 0)}
    return estimates(rows, value, lower, upper, undefined, p_value)


def _score(log_ratio: Array, x: Array, n: Array, y: Array, m: Array) -> Array:
    """The signed score at a ratio: falls from +∞ to −∞ as the ratio grows; 0 where both shares are 100%."""
    ratio = np.exp(log_ratio)
    b = ratio * (n + y) + m + x
    # the discriminant b² − 4(n+m)(x+y)·ratio as a sum of squares: exact where both shares are near 100%
    root = np.sqrt((ratio * (n + y) - m - x) ** 2 + 4 * ratio * (n - x) * (m - y))
    p0 = np.minimum(2 * (x + y) / (b + root), 1)
    p1 = np.minimum(ratio * p0, 1)
    gap = x / n - ratio * y / m
    variance = p1 * (1 - p1) / n + ratio**2 * p0 * (1 - p0) / m
    return np.where(gap == 0, 0.0, gap / np.sqrt(variance))


def _koopman_limit(z: float, x: Array, n: Array, y: Array, m: Array) -> Array:
    """Where the falling score crosses z, by bisection on the log ratio, all rows at once."""
    low, high = np.full(len(x), -LOG_REACH), np.full(len(x), LOG_REACH)
    for _ in range(56):
        middle = (low + high) / 2
        above = _score(middle, x, n, y, m) > z
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.exp((low + high) / 2)


@method(
    title="choice of the rarer outcome",
    formula="the opposite outcome where x₁ + x₀ exceeds half of n₁ + n₀, else the outcome as named",
    source="Keppel, Pamuk, Lynch and others (2005)",
    used="which side of a share the relative rate is of, once a table: completed 80% v 90% is 0.89, but not completed "
    "20% v 10% is 2.0",
    cannot_say="the relative rate of the outcome as named, where the opposite is judged: the gap stands beside it",
)
def judge_complement(count: Numbers, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers) -> bool | pd.Series:
    """Whether the opposite is rarer than the outcome in both groups together, and so is what is judged.

    At exactly one half the side on which the group is worse off is judged, so that the answer does not
    turn on which of the two is called the outcome. Rows with a missing number are False.
    """
    (x, n, y, m), rows = _two_arms(count, nobs, ref_count, ref_nobs)
    excess = 2 * (x + y) - (n + m)
    tie = np.abs(excess) <= 1e-9 * (n + m)
    chosen = np.where(tie, x * m < y * n, excess > 0)
    return bool(chosen[0]) if rows.index is None else pd.Series(chosen, index=rows.index)


def _two_arms(count: Numbers, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers) -> tuple[list[Array], Rows]:
    (x, n, y, m), rows = numbers(count=count, nobs=nobs, ref_count=ref_count, ref_nobs=ref_nobs)
    check_at_most(x, n)
    check_at_most(y, m, "ref_count exceeds ref_nobs")
    return [np.minimum(x, n), n, np.minimum(y, m), m], rows
