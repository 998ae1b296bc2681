"""Could we have seen it? What a comparison of this size can show, and how many cases would be enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from reportlib.statistics.result import Array, Numbers, as_scalar, method, numbers
from reportlib.statistics.verdict import ALPHA

POWER = 0.8


@method(
    formula="the p₁ at which |p₁ − p₀| = z √(p̄(1−p̄)(1/n₁ + 1/n₀)) + y √(p₁(1−p₁)/n₁ + p₀(1−p₀)/n₀), "
    "with n ÷ deff for n, p̄ the share of both arms together and y the quantile of the power; as a ratio to p₀; of a "
    "rate, with the rate for p(1−p) and population × years for n",
    source="Fleiss, Levin and Paik (2003)",
    used="beside every comparison, and in the words for an inconclusive one",
    cannot_say="whether such a difference exists",
)
def detectable_ratio(
    ref_share: Numbers, nobs: Numbers, ref_nobs: Numbers, deff: Numbers = 1, power: float = POWER, alpha: float = ALPHA
) -> tuple[float | None, float | None] | tuple[Array, Array]:
    """The relative rates nearest to 1, (below, above), that the score test would show.

    Scalars give floats, None on a side on which nothing can be shown; equal-length arrays give arrays,
    with nan there. Raises ValueError for a share above 1, negative numbers, or power or alpha outside 0–1.
    """
    (p0, n, m, d), rows = numbers(ref_share=ref_share, nobs=nobs, ref_nobs=ref_nobs, deff=deff)
    if (p0 > 1).any():
        raise ValueError("ref_share exceeds 1")
    z, z_power = _quantiles(power, alpha)

    def shown(p1: Array) -> Array:
        pooled = (n * p1 + m * p0) / (n + m)
        null = z * np.sqrt(pooled * (1 - pooled) * (d / n + d / m))
        return np.abs(p1 - p0) > null + z_power * np.sqrt(p1 * (1 - p1) * d / n + p0 * (1 - p0) * d / m)

    with np.errstate(divide="ignore", invalid="ignore"):
        below, above = (_first_shown(shown, p0, np.full(len(p0), end)) / p0 for end in (0.0, 1.0))
    if rows.index is not None:
        return below, above
    return as_scalar(below), as_scalar(above)


def _first_shown(shown: Callable[[Array], Array], start: Array, end: Array) -> Array:
    """The share nearest to `start`, on the way to `end`, at which a difference would be shown; else nan."""
    possible, hidden, seen = shown(end), start, end
    for _ in range(50):
        middle = (hidden + seen) / 2
        found = shown(middle)
        hidden, seen = np.where(found, hidden, middle), np.where(found, middle, seen)
    return np.where(possible & (start > 0), seen, np.nan)


@method(
    formula="n₁ = deff × (z √(p̄(1−p̄)(1 + 1/k)) + y √(p₁(1−p₁) + p₀(1−p₀)/k))² ÷ (p₁ − p₀)², with k = n₀/n₁ and y the "
    "quantile of the power, rounded up; of a rate, with the rate for p(1−p), and n₁ ÷ years, of the population",
    source="Fleiss, Levin and Paik (2003)",
    used="how many cases would show a ratio at that edge of the band on whose side of 1 it lies; each arm's counts are "
    "first divided by its own design effect",
    cannot_say="whether the ratio is as large as that, or will stay what it is",
)
def cases_needed(ref_share: Numbers, ratio: Numbers, ref_per_case: Numbers = 1, deff: Numbers = 1) -> float | Array:
    """How many cases of the group (not of both arms) would show a relative rate of `ratio`.

    Scalars or equal-length arrays; `ref_per_case` is reference cases for each of the group's. Infinite
    for a ratio of 1; nan where the ratio would need a share above 1. Raises ValueError for negative numbers.
    """
    (p0, r, k, d), rows = numbers(ref_share=ref_share, ratio=ratio, ref_per_case=ref_per_case, deff=deff)
    z, z_power = _quantiles(POWER, ALPHA)
    p1 = np.where(p0 * r <= 1, p0 * r, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (p1 + k * p0) / (1 + k)
        null = z * np.sqrt(pooled * (1 - pooled) * (1 + 1 / k))
        cases = d * ((null + z_power * np.sqrt(p1 * (1 - p1) + p0 * (1 - p0) / k)) / (p1 - p0)) ** 2
    return float(cases[0]) if rows.index is None else cases


def _quantiles(power: float, alpha: float) -> tuple[float, float]:
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError("power and alpha must lie between 0 and 1")
    return float(stats.norm.isf(alpha / 2)), float(stats.norm.ppf(power))
