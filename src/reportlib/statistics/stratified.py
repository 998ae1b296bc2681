"""Like compared with like: ratios pooled over strata."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from reportlib.statistics.proportions import LOG_REACH
from reportlib.statistics.rates import strata
from reportlib.statistics.result import (
    LEVEL,
    Array,
    Estimate,
    Rows,
    Test,
    Values,
    as_floats,
    common_index,
    estimates,
    log_wald,
    method,
    normal_quantile,
    nothing,
    tail_area,
)

SPARSE_BELOW = 5  # events in an arm: exact limits under this
BEYOND = 100  # events more than were seen, of which the sum of a small tail needs no more


def _tables(counts: Values | Sequence[Sequence[Sequence[float]]]) -> Array:
    """k × (group, reference) × (event, no event), without the strata in which an arm is empty."""
    tables = np.asarray(counts, dtype=float)
    tables = tables if tables.size else tables.reshape(0, 2, 2)  # no strata at all
    if tables.ndim != 3 or tables.shape[1:] != (2, 2):
        raise ValueError("counts must be strata × (group, reference) × (event, no event)")
    if not (np.isfinite(tables).all() and (tables >= 0).all()):
        raise ValueError("counts must be finite and not negative")
    return tables[(tables.sum(axis=2) > 0).all(axis=1)]


@method(
    title="Mantel-Haenszel relative rate",
    formula="R/S with R = Σ a n₀/N, S = Σ b n₁/N; variance of the log: Σ(n₁ n₀ (a+b) − a b N)/N² ÷ (R S)",
    interval="Greenland-Robins",
    source="Mantel and Haenszel (1959); Greenland and Robins (1985)",
    used="uphold or completion within category, establishment type, region or order type, pooled",
    cannot_say="whether the ratio is the same in every stratum: see homogeneity",
)
def mantel_haenszel(counts: Values | Sequence[Sequence[Sequence[float]]], level: float = LEVEL) -> Estimate:
    """The relative rate common to all strata, group ÷ reference.

    An array, strata × (group, reference) × (event, no event); effective counts for clustered data. A
    stratum with an empty arm says nothing and is passed over. Raises ValueError for another shape, or
    negative or missing counts.
    """
    tables = _tables(counts)
    (a, b), (n1, n0) = tables[:, :, 0].T, tables.sum(axis=2).T
    total = n1 + n0
    spread = (n1 * n0 * (a + b) - a * b * total) / total**2
    return _common_ratio(a * n0 / total, b * n1 / total, spread, level)


def _common_ratio(above: Array, below: Array, spread: Array, level: float) -> Estimate:
    """Σ above ÷ Σ below; the variance of its log is Σ spread ÷ (Σ above × Σ below)."""
    r, s = float(above.sum()), float(below.sum())
    if r == 0 and s == 0:
        return nothing("no events in any stratum with both groups")
    if r == 0 or s == 0:
        return log_wald(0.0 if r == 0 else math.inf, math.inf, level)
    return log_wald(r / s, float(spread.sum()) / (r * s), level)


@method(
    title="Mantel-Haenszel rate ratio",
    formula="R/S with R = Σ x₁ t₀/t, S = Σ x₀ t₁/t; variance of the log: Σ(x₁+x₀) t₁ t₀/t² ÷ (R S); under "
    "5 events in an arm, ratio, limits and p-value from Σ x₁ given each stratum's total (a sum of binomials)",
    interval="Greenland-Robins; exact conditional under 5 events in an arm",
    source="Greenland and Robins (1985); Breslow and Day (1987)",
    used="rates with other things held equal, group against reference: deaths over age band × sex, say",
    cannot_say="whether the ratio is the same at every age",
)
def mantel_haenszel_rate(
    events: Values, exposure: Values, ref_events: Values, ref_exposure: Values, level: float = LEVEL
) -> Estimate:
    """The rate ratio common to all strata, group ÷ reference.

    Equal-length arrays, one entry a stratum. A stratum without exposure in an arm is passed over. Effective
    counts, which are not whole, are never few enough for the exact limits. Raises ValueError for negative or missing
    numbers or unequal lengths.
    """
    given = {"events": events, "exposure": exposure, "ref_events": ref_events, "ref_exposure": ref_exposure}
    kept = np.array(strata(**given))
    x, t, y, u = kept[:, (kept[1] > 0) & (kept[3] > 0)]
    whole = (np.concatenate([x, y]) % 1 == 0).all()
    if whole and min(x.sum(), y.sum()) < SPARSE_BELOW and (x + y).any():
        return _exact_common_ratio(x, t, y, u, level)
    return _common_ratio(x * u / (t + u), y * t / (t + u), (x + y) * t * u / (t + u) ** 2, level)


def _exact_common_ratio(x: Array, t: Array, y: Array, u: Array, level: float) -> Estimate:
    """The most likely ratio given each stratum's total, and limits where a tail reaches (1 − level)/2.

    The Mantel-Haenszel ratio could lie outside these limits. p is twice the smaller tail at 1.
    """
    if x.sum() > y.sum():  # the arm with fewer events is counted, however many the other has
        found = _exact_common_ratio(y, u, x, t, level)
        value, upper, lower = (math.inf if not end else 1 / end for end in (found.value, found.lower, found.upper))
        return Estimate(value, lower, upper, found.p_value)
    seen, tail = round(x.sum()), tail_area(level)
    most = seen + BEYOND

    def shares(log_ratio: float) -> Array:
        return 1 / (1 + math.exp(-log_ratio) * u / t)

    def tails(log_ratio: float) -> tuple[float, float]:
        """The chance of as many events as were seen, or more, and of as few, or fewer."""
        mass = np.ones(1)
        for total, share in zip(x + y, shares(log_ratio), strict=True):
            events = np.arange(min(round(total), most) + 1)
            mass = np.convolve(mass, stats.binom.pmf(events, round(total), share))[: most + 1]
        return max(float(mass[seen:].sum()), 1 - float(mass[:seen].sum())), float(mass[: seen + 1].sum())

    def solve(gap: Callable[[float], float]) -> float:
        return math.exp(optimize.brentq(gap, -LOG_REACH, LOG_REACH))

    def limit(side: int) -> float:
        return solve(lambda point: tails(point)[side] - tail)

    value = solve(lambda point: float(((x + y) * shares(point)).sum()) - seen) if x.sum() and y.sum() else math.inf
    value = value if x.sum() else 0.0
    lower = limit(0) if x.sum() else 0.0
    upper = limit(1) if y.sum() else math.inf
    return Estimate(value, lower, upper, min(1.0, 2 * min(tails(0.0))))


@method(
    formula="Q = Σ wₖ (log RRₖ − mean)², wₖ = 1 ÷ (1/a − 1/n₁ + 1/b − 1/n₀), chi-square on strata − 1; half "
    "an event is added to each cell of a stratum in which an arm has no events, or nothing else",
    source="Cochran (1954); Rothman, Greenland and Lash (2008)",
    used="whether one pooled ratio is a fair summary of the strata",
    cannot_say="in which stratum the ratio differs, nor much when strata are small",
)
def homogeneity(counts: Values | Sequence[Sequence[Sequence[float]]]) -> Test:
    """Cochran's Q: whether the relative rate is the same in every stratum.

    Shape and errors as `mantel_haenszel`. A stratum without events in both arms is passed over; all
    None under two strata.
    """
    tables = _tables(counts)
    tables = tables[tables[:, :, 0].sum(axis=1) > 0]
    if len(tables) < 2:
        return Test(None, None, None)
    zero = (tables[:, :, 0] == 0).any(axis=1) | (tables[:, :, 1] == 0).all(axis=1)
    tables = tables + 0.5 * zero[:, None, None]
    (a, b), (n1, n0) = tables[:, :, 0].T, tables.sum(axis=2).T
    log_ratio = np.log(a * n0 / (b * n1))
    weight = 1 / (1 / a - 1 / n1 + 1 / b - 1 / n0)
    statistic = float((weight * (log_ratio - np.average(log_ratio, weights=weight)) ** 2).sum())
    df = len(tables) - 1
    return Test(statistic, df, float(special.chdtrc(df, statistic)))


@method(
    title="ratio of relative rates",
    formula="RRₖ ÷ RR of the others, the log of which is Σ wⱼ log RRⱼ ÷ Σ wⱼ over them, w = 1/s², with "
    "s = (log upper − log lower) ÷ 2z from the limits of each; log-Wald with variance sₖ² + 1/Σ wⱼ",
    interval="log-Wald",
    source="Altman and Bland (2003)",
    used="whether a group's relative rate in one part of the system differs from that of the others together; from "
    "the figures as printed, each limit as far out as rounding may have put it; adjusted for the number of comparisons",
    cannot_say="why they differ, nor that parts which no test tells apart are alike; it takes the parts as "
    "independent, and the others as of one ratio, weighed by how sure each is",
)
def ratio_to_others(ratio: Values, lower: Values, upper: Values, level: float = LEVEL) -> pd.DataFrame:
    """Each of several relative rates over that of all the others together, from the ratios and their limits.

    Arrays, one entry a part; a row of estimates for each. A part whose ratio or limits are missing, zero or infinite
    has none and is not among the others; nor is there one without others. Raises ValueError as `common_index` does.
    """
    rows = Rows(common_index({"ratio": ratio, "lower": lower, "upper": upper}), np.zeros(len(ratio), dtype=bool))
    value, low, high = (as_floats(each) for each in (ratio, lower, upper))
    reach = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio, variance = np.log(value), ((np.log(high) - np.log(low)) / (2 * reach)) ** 2
        usable = np.isfinite(log_ratio) & np.isfinite(variance) & (variance > 0)
        weight, weighted = np.where(usable, [1 / variance, log_ratio / variance], 0.0)
        others = weight.sum() - weight
        gap = log_ratio - (weighted.sum() - weighted) / others
        se = np.sqrt(variance + 1 / others)
        ends, p_value = np.exp([gap, gap - reach * se, gap + reach * se]), 2 * special.ndtr(-np.abs(gap) / se)
    undefined = {"no interval": ~usable, "no other part": usable.sum() - usable < 1}
    return estimates(rows, ends[0], ends[1], ends[2], undefined, p_value)  # type: ignore[return-value]
