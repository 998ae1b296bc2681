"""Whether there is anything to see at all: fit, trend, agreement and the funnel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import pandas as pd
from scipy import stats

from reportlib.statistics.rates import strata
from reportlib.statistics.result import (
    LEVEL,
    Array,
    Estimate,
    Numbers,
    Test,
    Values,
    check_at_most,
    estimates,
    method,
    normal_quantile,
    nothing,
    numbers,
)

SMALL_EXPECTED = 5  # Cochran (1954): under this the chi-square approximation is not trusted
DRAWS, SEED = 9_999, 20_240_401
WINSORISE = 0.1  # Spiegelhalter (2005)


@method(
    formula="χ² = Σ(O−E)²/E on categories − 1, E scaled to the sum of O; where an E is under 5, p from 9,999 "
    "multinomial draws with a fixed seed, (1 + draws as extreme) ÷ 10,000",
    source="Pearson (1900); Hope (1968)",
    used="whether the mix of complainants differs from that of the population at all, before any contrast",
    cannot_say="which group differs: that is what the rate ratios say",
)
def goodness_of_fit(observed: Values, expected: Values) -> Test:
    """Whether people fall into the groups in the expected proportions.

    Equal-length arrays, one entry a group: counts of people, and expected counts or shares. All None
    for nobody or under two groups. Raises ValueError for negative or missing numbers.
    """
    o, e = strata(observed=observed, expected=expected)
    kept = (o > 0) | (e > 0)
    o, e = o[kept], e[kept]
    if (e == 0).any():
        raise ValueError("people were observed in a group in which none can be expected")
    if len(o) < 2 or o.sum() == 0:
        return Test(None, None, None)
    e = e * o.sum() / e.sum()
    statistic, df = float(_chi_square(o, e)), len(o) - 1
    if e.min() >= SMALL_EXPECTED:
        return Test(statistic, df, float(stats.chi2.sf(statistic, df)))
    draws = np.random.default_rng(SEED).multinomial(round(o.sum()), e / e.sum(), size=DRAWS)
    extreme = int((_chi_square(draws, e) >= statistic * (1 - 1e-9)).sum())
    return Test(statistic, df, (1 + extreme) / (1 + DRAWS))


def _chi_square(observed: Array, expected: Array) -> Array:
    return ((observed - expected) ** 2 / expected).sum(axis=-1)


@method(
    formula="p = 2 Σ C(n, k) ÷ 2ⁿ over k from 0 to the rarer side, n = above + below, at most 1; those level as "
    "printed left out",
    source="Dixon and Mood (1946)",
    used="whether a group's figure is on one side of the reference in more parts of the system than chance would give; "
    "adjusted for the number of groups",
    cannot_say="by how much it differs in any part; it takes the parts as independent, and each as one, however large",
)
def sign_test(above: int, below: int) -> Test:
    """The sign test, two-sided and exact: whether one side is as likely as the other.

    How many parts are above, and how many below. The statistic is the larger number; it has no degrees of freedom. All
    None without a part. Raises ValueError for numbers that are negative or not whole.
    """
    if min(above, below) < 0 or (above, below) != (int(above), int(below)):
        raise ValueError("above and below must be whole and not negative")
    n = int(above + below)
    if n == 0:
        return Test(None, None, None)
    return Test(max(above, below), None, float(stats.binomtest(int(above), n).pvalue))


@method(
    formula="χ² = (Σ s(x − n p))² ÷ (p(1−p) × (Σ n s² − (Σ n s)²/N)), on 1 degree of freedom",
    source="Cochran (1954); Armitage (1955)",
    used="whether a share of all, whatever their group, rises or falls over four or more years",
    cannot_say="whether the groups differ in their trend: see trend_interaction",
)
def trend(counts: Values, nobs: Values, scores: Values | None = None) -> Test:
    """The Cochran-Armitage test for a straight trend in shares (variance with N).

    Equal-length arrays, one entry a year; scores default to 1, 2, 3 and so on. All None where the shares
    are all 0 or all 1, or there is but one score. Raises ValueError as `proportion` does.
    """
    x, n = strata(counts=counts, nobs=nobs)
    check_at_most(x, n, "counts exceed nobs")
    s = _scores(scores, len(x))
    total = n.sum()
    p = x.sum() / total if total else 0.0
    if p in (0, 1) or np.ptp(s[n > 0]) == 0:
        return Test(None, None, None)
    spread = (n * (s - np.average(s, weights=n)) ** 2).sum()
    statistic = float((s * (x - n * p)).sum() ** 2 / (p * (1 - p) * spread))
    return Test(statistic, 1, float(stats.chi2.sf(statistic, 1)))


@method(
    formula="χ² = (Σ s(x − X w))² ÷ (X × (Σ w s² − (Σ w s)²)), w = t/Σt, on 1 degree of freedom",
    source="Breslow and Day (1987)",
    used="whether a rate of events rises or falls over four or more years",
    cannot_say="what moved it; nor anything of people who complained, many of whom are the same from year to year",
)
def rate_trend(events: Values, exposure: Values, scores: Values | None = None) -> Test:
    """The score test for a log-linear trend in rates, given the sum of events.

    Equal-length arrays, one entry a year; scores default to 1, 2, 3 and so on. All None without events, or where
    there is but one score with exposure. Raises ValueError for negative numbers or unequal lengths.
    """
    x, t = strata(events=events, exposure=exposure)
    s = _scores(scores, len(x))
    if (x[t == 0] > 0).any():
        raise ValueError("events without exposure")
    if x.sum() == 0 or np.ptp(s[t > 0]) == 0:
        return Test(None, None, None)
    weight = t / t.sum()
    spread = float((weight * (s - (weight * s).sum()) ** 2).sum())
    statistic = float((s * (x - x.sum() * weight)).sum() ** 2 / (x.sum() * spread))
    return Test(statistic, 1, float(stats.chi2.sf(statistic, 1)))


@method(
    formula="χ² = Σ (x − E)² ÷ V less that of the trend, on k − 2 degrees of freedom; E = n X/N, V = E (1 − X/N) of "
    "shares and E of rates",
    source="Armitage (1955); Breslow and Day (1987)",
    used="whether years differ by more than a steady trend and chance would make them",
    cannot_say="which year stands out, nor why",
)
def trend_departure(counts: Values, nobs: Values, scores: Values | None = None, rates: bool = False) -> Test:
    """What is left of the differences between shares, or rates, once their trend is taken out.

    Parameters as for `trend`, or for `rate_trend` with `rates`. All None where there is no test for a trend, or where
    fewer than three entries have observations.
    """
    along = (rate_trend if rates else trend)(counts, nobs, scores)
    x, n = strata(counts=counts, nobs=nobs)
    x, n = x[n > 0], n[n > 0]
    df = len(n) - 2
    if along.statistic is None or df < 1:
        return Test(None, None, None)
    p = x.sum() / n.sum()
    whole = ((x - n * p) ** 2 / (n * p * (1 if rates else 1 - p))).sum()
    statistic = max(float(whole) - along.statistic, 0.0)
    return Test(statistic, df, float(stats.chi2.sf(statistic, df)))


def _scores(given: Values | None, number: int) -> Array:
    s = np.arange(1.0, number + 1) if given is None else np.asarray(given, dtype=float)
    if len(s) != number:
        raise ValueError("unequal lengths: scores")
    if not np.isfinite(s).all():
        raise ValueError("scores must be finite")
    return s


@method(
    formula="κ = (agreement − agreement by chance) ÷ (1 − agreement by chance); large-sample variance",
    interval="Wald",
    source="Cohen (1960); Fleiss, Cohen and Everitt (1969)",
    used="two records of one person's ethnicity",
    cannot_say="which of the two is right",
)
def agreement(table: Sequence[Sequence[float]] | Array | pd.DataFrame, level: float = LEVEL) -> Estimate:
    """Cohen's kappa of a square table of people, one record in the rows, the other in the columns.

    Rows and columns of a frame go together by their labels; one that is not in both counts nobody in the other. Limits
    are not cut at −1 and 1. None for an empty table or one in which all stand in one category. Raises ValueError unless
    the table is square or its labels meet, with counts of 0 or more.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    if isinstance(table, pd.DataFrame):
        if table.index.intersection(table.columns).empty:
            raise ValueError("rows and columns have no category in common")
        categories = table.index.union(table.columns, sort=False)
        table = table.reindex(index=categories, columns=categories, fill_value=0)
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError("the table must be square")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise ValueError("counts must be finite and not negative")
    used = counts.sum(axis=0) + counts.sum(axis=1) > 0
    if used.sum() < 2:
        return nothing("fewer than two categories in use")
    with np.errstate(divide="ignore", invalid="ignore"):
        found = cohens_kappa(counts[np.ix_(used, used)])
    reach = normal_quantile(level) * float(np.nan_to_num(found.std_kappa))  # the root of −0 at full agreement
    kappa = float(found.kappa)
    return Estimate(kappa, kappa - reach, kappa + reach)


@overload
def funnel_limits(target: float, nobs: float, level: float = LEVEL, dispersion: float = 1) -> Estimate: ...
@overload
def funnel_limits(target: Numbers, nobs: Values, level: float = LEVEL, dispersion: float = 1) -> pd.DataFrame: ...
@method(
    formula="π ± z√(φ π(1−π)/n), cut at 0 and 1: the shares whose Wilson interval just reaches the target π; "
    "φ is 1, or the overdispersion",
    interval="inverse Wilson control limits",
    source="Spiegelhalter (2005)",
    used="parts of the system side by side, such as regions, at 95% and 99.8%",
    cannot_say="why a point lies outside, nor a ranking of those inside",
)
def funnel_limits(
    target: Numbers, nobs: Numbers, level: float = LEVEL, dispersion: float = 1
) -> Estimate | pd.DataFrame:
    """The limits within which a share would vary by chance alone about the average of all.

    Scalars or equal-length arrays; target and limits are shares between 0 and 1. None without
    observations. Raises ValueError for a target above 1 or negative numbers.
    """
    (share, n), rows = numbers(target=target, nobs=nobs)
    check_at_most(share, np.ones(1), "the target exceeds 1")
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = normal_quantile(level) * np.sqrt(dispersion * share * (1 - share) / n)
    lower, upper = np.clip(share - reach, 0, 1), np.clip(share + reach, 0, 1)
    return estimates(rows, share, lower, upper, undefined={"no observations": n == 0})


@method(
    formula="φ = mean of z² with z = (p − π) ÷ √(π(1−π)/n), those beyond the first and ninth decile "
    "(interpolated) drawn in to it; never below 1",
    source="Spiegelhalter (2005)",
    used="widening a funnel whose points vary more than chance alone would have them",
    cannot_say="which parts differ beyond that common spread",
)
def overdispersion(counts: Values, nobs: Values, target: float) -> float:
    """The factor by which shares vary more about the average than by chance; 1 where they do not.

    Equal-length arrays, one entry an establishment with observations. Raises ValueError as `proportion`
    does, and for a target of 0 or 1.
    """
    x, n = strata(counts=counts, nobs=nobs)
    check_at_most(x, n, "counts exceed nobs")
    if not 0 < target < 1:
        raise ValueError("the target must lie between 0 and 1")
    x, n = x[n > 0], n[n > 0]
    if len(n) == 0:
        return 1.0
    z = (x / n - target) / np.sqrt(target * (1 - target) / n)
    drawn_in = np.clip(z, *np.quantile(z, [WINSORISE, 1 - WINSORISE]))
    return max(1.0, float((drawn_in**2).mean()))
