"""The rate ratio common to strata of person-time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reportlib.statistics import mantel_haenszel_rate, rate_ratio

# Doll and Hill (1966): coronary deaths and person-years of British doctors by age, smokers and others
DOCTORS = (
    [32, 104, 206, 186, 102],
    [52_407, 43_248, 28_612, 12_663, 5_317],
    [2, 12, 28, 28, 31],
    [18_790, 10_673, 5_710, 2_585, 1_462],
)

events = st.integers(0, 40)
exposure = st.integers(1, 10_000)
strata = st.lists(st.tuples(events, exposure, events, exposure), min_size=1, max_size=5)
few = st.lists(st.tuples(st.integers(0, 2), exposure, st.integers(0, 2), exposure), min_size=1, max_size=4)


def test_doll_and_hill_1966_with_greenland_and_robins_limits() -> None:
    found = mantel_haenszel_rate(*DOCTORS)
    assert found.value == pytest.approx(1.424682, abs=5e-7)
    assert (found.lower, found.upper) == pytest.approx((1.154703, 1.757784), abs=5e-7)


def test_an_empty_stratum_changes_nothing() -> None:
    longer = [[*column, extra] for column, extra in zip(DOCTORS, (0, 0, 3, 50), strict=True)]
    assert mantel_haenszel_rate(*longer) == mantel_haenszel_rate(*DOCTORS)


def test_no_events_or_no_shared_stratum_give_nothing() -> None:
    assert mantel_haenszel_rate([0], [10], [0], [10]).value is None
    assert mantel_haenszel_rate([3], [10], [3], [0]).value is None


@pytest.mark.parametrize("deff", [2.7, 2.9, 3.5, 4.4])
def test_effective_counts_leave_the_ratio_as_it_is(deff: float) -> None:
    """Twelve events count for less than five: 12 of 2,000 against 100 of 10,000 is 0.6 in each stratum and in all."""
    found = mantel_haenszel_rate(np.array([5, 7]) / deff, [1000, 1000], np.array([40, 60]) / deff, [5000, 5000])
    assert found.value == pytest.approx(0.6)
    assert found.lower == pytest.approx(0.6 / np.exp(1.959964 * np.sqrt(112 * 5e6 / 36e6 / (10 * 100 / 6) * deff)))


def test_effective_counts_spread_thin_are_no_error() -> None:
    thin = mantel_haenszel_rate(np.full(12, 1 / 2.7), np.ones(12), np.array([10, *[0] * 11]) / 4, np.ones(12))
    assert thin.value == pytest.approx((12 / 2.7) / (10 / 4))


def test_few_events_against_a_thousand_million_are_counted_in_no_time() -> None:
    """Two strata alike in their rates are one: the exact limits are those of the sums."""
    many = mantel_haenszel_rate([1, 2], [10, 10], [10**9, 10**9], [10**10, 10**10])
    sums = rate_ratio(3, 20, 2 * 10**9, 2 * 10**10)
    assert (many.value, many.lower, many.upper) == pytest.approx((sums.value, sums.lower, sums.upper), rel=1e-6)
    assert many.p_value == pytest.approx(sums.p_value, rel=1e-6)


def test_a_ratio_of_exposures_of_any_size_has_limits() -> None:
    one = mantel_haenszel_rate([1], [1e13], [1], [1e-3])
    exact = rate_ratio(1, 1e13, 1, 1e-3)
    assert (one.value, one.lower, one.upper) == pytest.approx((exact.value, exact.lower, exact.upper), rel=1e-6)


def test_a_missing_stratum_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        mantel_haenszel_rate([1, None], [1, 1], [1, 1], [1, 1])  # type: ignore[list-item]


@given(st.integers(0, 4), exposure, st.integers(0, 40), exposure)
def test_one_sparse_stratum_is_the_exact_rate_ratio(x: int, t: int, y: int, u: int) -> None:
    assume(x + y > 0)
    found, exact = mantel_haenszel_rate([x], [t], [y], [u]), rate_ratio(x, t, y, u)
    assert found.lower == pytest.approx(exact.lower, rel=1e-6)
    assert found.upper == pytest.approx(exact.upper, rel=1e-6)
    assert found.p_value == pytest.approx(exact.p_value, rel=1e-6)


@given(strata)
def test_swapping_the_arms_inverts_the_ratio(rows: list[tuple[int, int, int, int]]) -> None:
    x, t, y, u = zip(*rows, strict=True)
    assume(sum(x) and sum(y))
    found, swapped = mantel_haenszel_rate(x, t, y, u), mantel_haenszel_rate(y, u, x, t)
    assert found.value == pytest.approx(1 / swapped.value)
    assert found.upper == pytest.approx(1 / swapped.lower, rel=1e-6)


@given(few, st.integers(2, 9))
def test_the_unit_of_exposure_does_not_matter(rows: list[tuple[int, int, int, int]], k: int) -> None:
    x, t, y, u = (np.array(column) for column in zip(*rows, strict=True))
    assume(x.sum() and y.sum())
    found, scaled = mantel_haenszel_rate(x, t, y, u), mantel_haenszel_rate(x, k * t, y, k * u)
    assert (found.lower, found.upper) == pytest.approx((scaled.lower, scaled.upper), rel=1e-6)
    assert found.lower < found.value < found.upper
