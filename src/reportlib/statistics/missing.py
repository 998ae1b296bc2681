"""What the records whose ethnicity is not known could do to a ratio."""

from __future__ import annotations

import numpy as np

from reportlib.statistics.result import Array, Numbers, check_at_most, method, numbers

Bounds = tuple[float, float] | tuple[Array, Array]


def _bounds(scalar: bool, lower: Array, upper: Array) -> Bounds:
    return (float(lower[0]), float(upper[0])) if scalar else (lower, upper)


@method(
    title="bounds of relative rates",
    formula="highest: unknown events to the group, unknown non-events to the reference; lowest: the reverse",
    interval="sharp bounds (no sampling error)",
    source="Manski (1990); Horowitz and Manski (1995)",
    used="beside every relative rate of shares where ethnicity is not stated for some",
    cannot_say="which value between the bounds is likely, nor anything about chance",
)
def missing_bounds(
    count: Numbers, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers, unknown_count: Numbers, unknown_nobs: Numbers
) -> Bounds:
    """The lowest and highest relative rate that any allocation of the unknown could give.

    Scalars give floats, equal-length arrays give arrays; inf or nan where a share divides by nothing.
    Raises ValueError as `relative_rate` does.
    """
    (x, n, y, m, unknown, total), rows = numbers(
        count=count, nobs=nobs, ref_count=ref_count, ref_nobs=ref_nobs,
        unknown_count=unknown_count, unknown_nobs=unknown_nobs,
    )  # fmt: skip
    for part, whole in ((x, n), (y, m), (unknown, total)):
        check_at_most(part, whole, "a count exceeds its nobs")
    rest = total - unknown
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = (x / (n + rest)) / ((y + unknown) / (m + unknown))
        upper = ((x + unknown) / (n + unknown)) / (y / (m + rest))
    return _bounds(rows.index is None, lower, upper)


@method(
    title="bounds of rate ratios",
    formula="highest: unknown events to the group, unknown exposure to the reference; lowest: the reverse",
    interval="sharp bounds (no sampling error)",
    source="Manski (1990); Horowitz and Manski (1995)",
    used="beside every rate ratio where ethnicity is not stated for some events or some of the population",
    cannot_say="which value between the bounds is likely, nor anything about chance",
)
def missing_bounds_rate(
    events: Numbers,
    exposure: Numbers,
    ref_events: Numbers,
    ref_exposure: Numbers,
    unknown_events: Numbers,
    unknown_exposure: Numbers,
) -> Bounds:
    """The lowest and highest rate ratio when unknown events and unknown exposure are allocated freely.

    Scalars give floats, equal-length arrays give arrays; inf or nan where a rate divides by nothing.
    Raises ValueError for negative numbers or unequal lengths.
    """
    (x, t, y, u, unknown, spare), rows = numbers(
        events=events, exposure=exposure, ref_events=ref_events, ref_exposure=ref_exposure,
        unknown_events=unknown_events, unknown_exposure=unknown_exposure,
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = (x / (t + spare)) / ((y + unknown) / u)
        upper = ((x + unknown) / t) / (y / (u + spare))
    return _bounds(rows.index is None, lower, upper)


@method(
    formula="k ÷ unknown events, with (x₁ + k)/(n₁ + k) = p₀ when the ratio is below 1 (k to the group), "
    "(x₀ + k)/(n₀ + k) = p₁ when it is above (k to the reference); of a rate, the population stays as it is",
    source="Yan, Lee and Li (2009)",
    used="how much of the unknown it would take to undo a ratio; above 1, all of it would not do",
    cannot_say="how likely that is",
)
def tipping_point(
    count: Numbers, nobs: Numbers, ref_count: Numbers, ref_nobs: Numbers, unknown_count: Numbers
) -> tuple[float, str] | tuple[Array, Array]:
    """The share of the unknown events that makes the relative rate 1, and to whom they must be given.

    Scalars or equal-length arrays. The share exceeds 1 where even all unknown events would not do (inf
    without any); nan where an arm has no observations. To whom is "group" or "reference". Raises
    ValueError as `relative_rate` does.
    """
    (x, n, y, m, unknown), rows = numbers(
        count=count, nobs=nobs, ref_count=ref_count, ref_nobs=ref_nobs, unknown_count=unknown_count
    )
    check_at_most(x, n)
    check_at_most(y, m, "ref_count exceeds ref_nobs")
    below = x * m <= y * n
    with np.errstate(divide="ignore", invalid="ignore"):
        target = np.where(below, y / m, x / n)
        short = np.where(below, target * n - x, target * m - y)
        share = np.where(short <= 0, 0.0, short / (1 - target) / unknown)
    share = np.where((n == 0) | (m == 0), np.nan, share)
    whom = np.where(below, "group", "reference")
    return (float(share[0]), str(whom[0])) if rows.index is None else (share, whom)
