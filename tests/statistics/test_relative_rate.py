"""The ratio of two shares, with Koopman's score interval."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from statsmodels.stats.proportion import confint_proportions_2indep

from reportlib.statistics import relative_rate

sizes = st.integers(1, 2_000)


def test_koopman_1984() -> None:
    found = relative_rate(36, 40, 16, 80)
    assert found.value == pytest.approx(4.5)
    assert (found.lower, found.upper) == pytest.approx((2.94, 7.15), abs=5e-3)


def test_a_group_at_one_hundred_per_cent() -> None:
    found = relative_rate(50, 50, 49, 50)
    assert (found.lower, found.upper) == pytest.approx((0.947, 1.117), abs=5e-4)


def test_both_at_one_hundred_per_cent_keep_a_proper_interval() -> None:
    """With every share at 100% the score is (1 − θ)² n/θ(1 − θ), which reaches z² at θ = n/(n + z²)."""
    found = relative_rate(10, 10, 10, 10)
    assert (found.value, found.p_value) == (1, 1)
    assert found.lower == pytest.approx(10 / (10 + 1.959963984540054**2))


def test_no_events_on_one_side_leave_that_side_open() -> None:
    none, infinite = relative_rate(0, 50, 5, 50), relative_rate(5, 50, 0, 50)
    assert (none.value, none.lower) == (0, 0) and 0 < none.upper < np.inf
    assert (infinite.value, infinite.upper) == (np.inf, np.inf)
    assert infinite.lower == pytest.approx(1 / none.upper)


def test_nothing_to_compare_is_none_with_the_reason() -> None:
    assert relative_rate(0, 50, 0, 50).reason == "no events in either arm"
    assert relative_rate(0, 0, 5, 50).reason == "no observations"
    assert relative_rate(0, 50, 0, 50).value is None


def test_the_p_value_is_chi_square_without_correction() -> None:
    assert relative_rate(7, 34, 1, 34).p_value == pytest.approx(
        chi2_contingency([[7, 27], [1, 33]], correction=False).pvalue
    )


def test_counts_may_be_effective_counts() -> None:
    whole, halved = relative_rate(30, 100, 90, 400), relative_rate(15.5, 50.5, 45.1, 200.2)
    assert halved.lower < whole.lower and halved.upper > whole.upper


def test_huge_samples_do_not_lose_the_interval() -> None:
    found = relative_rate(999_999_000, 10**9, 999_998_000, 10**9)
    assert found.lower == pytest.approx(1 + 1e-6 - 1.96 * np.sqrt(3e-6 / 1e9), abs=1e-9)


def test_one_hundred_thousand_comparisons_take_seconds() -> None:
    rng = np.random.default_rng(1)
    nobs, ref_nobs = rng.integers(10, 500, 100_000), rng.integers(10, 5_000, 100_000)
    started = time.perf_counter()
    found = relative_rate(rng.binomial(nobs, 0.3), nobs, rng.binomial(ref_nobs, 0.3), ref_nobs)
    assert time.perf_counter() - started < 20
    assert 0.94 < (found["lower"].le(1) & found["upper"].ge(1)).mean() < 0.96


@given(sizes, sizes, st.data())
def test_agrees_with_statsmodels_below_one_hundred_per_cent(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(1, max(1, n - 1))), data.draw(st.integers(1, max(1, m - 1)))
    assume(x < n and y < m)
    found = relative_rate(x, n, y, m)
    oracle = confint_proportions_2indep(x, n, y, m, compare="ratio", method="score", correction=False)
    assert (found.lower, found.upper) == pytest.approx(oracle, rel=1e-4)


@given(sizes, sizes, st.data())
def test_swapping_the_arms_inverts_the_ratio(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(1, n)), data.draw(st.integers(1, m))
    found, swapped = relative_rate(x, n, y, m), relative_rate(y, m, x, n)
    assert found.lower == pytest.approx(1 / swapped.upper, rel=1e-7)
    assert found.p_value == pytest.approx(swapped.p_value, abs=1e-12)


@given(sizes, sizes, st.data())
def test_the_interval_leaves_out_1_exactly_when_p_is_below_5_per_cent(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    assume(x + y > 0)
    found = relative_rate(x, n, y, m)
    assume(abs(found.p_value - 0.05) > 1e-6)
    assert (found.lower > 1 or found.upper < 1) == (found.p_value < 0.05)


@given(sizes, sizes, st.data())
def test_more_events_raise_the_whole_interval(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, n - 1)), data.draw(st.integers(1, m))
    fewer, more = relative_rate(x, n, y, m), relative_rate(x + 1, n, y, m)
    assert fewer.lower < more.lower and fewer.upper < more.upper
