"""The ratio of two rates, exact given the sum of events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from reportlib.statistics import rate_ratio

events = st.integers(0, 500)
exposures = st.floats(1, 1e6)


def test_rothman_and_boice_1982_breast_cancer_after_fluoroscopy() -> None:
    found = rate_ratio(41, 28_010, 15, 19_017)
    assert found.value == pytest.approx(1.855759, abs=5e-7)
    assert (found.lower, found.upper) == pytest.approx((1.005684, 3.6093), abs=5e-5)


@pytest.mark.parametrize("x", [999, 1000, 1001])
def test_against_a_thousand_million_events_the_limits_are_garwoods(x: int) -> None:
    """The reference is then as good as known (to one in thirty thousand): χ² limits of a Poisson count."""
    found, turned = rate_ratio(x, 1, 10**9, 1), rate_ratio(10**9, 1, x, 1)
    limits = (chi2.ppf(0.025, 2 * x) / 2e9, chi2.ppf(0.975, 2 * (x + 1)) / 2e9)
    assert (found.lower, found.upper) == pytest.approx(limits, rel=1e-6)
    assert (1 / turned.upper, 1 / turned.lower) == pytest.approx(limits, rel=1e-6)


def test_no_events_on_one_side_leave_that_side_open() -> None:
    none, infinite = rate_ratio(0, 10, 3, 20), rate_ratio(3, 20, 0, 10)
    assert (none.value, none.lower) == (0, 0)
    assert (infinite.value, infinite.upper) == (np.inf, np.inf)
    assert infinite.lower == pytest.approx(1 / none.upper)


def test_nothing_to_compare_is_none_with_the_reason() -> None:
    assert rate_ratio(0, 10, 0, 10).reason == "no events in either arm"
    assert rate_ratio(0, 0, 3, 10).reason == "no exposure"
    assert rate_ratio([0], [10], [0], [10])["value"].isna().all()


def test_more_people_than_places_is_allowed() -> None:
    assert rate_ratio(30, 10, 20, 10).value == pytest.approx(1.5)


@given(events, exposures, events, exposures, st.sampled_from([0.9, 0.95, 0.998]))
def test_agrees_with_scipy(x: int, t: float, y: int, u: float, level: float) -> None:
    assume(x + y > 0)
    found = rate_ratio(x, t, y, u, level=level)
    share = binomtest(x, x + y, t / (t + u)).proportion_ci(level, method="exact")
    assert found.lower == pytest.approx(share.low / (1 - share.low) * u / t, rel=1e-6)
    assert found.upper == (pytest.approx(share.high / (1 - share.high) * u / t, rel=1e-6) if y else np.inf)


@given(events, exposures, events, exposures)
def test_p_and_interval_agree(x: int, t: float, y: int, u: float) -> None:
    assume(x + y > 0)
    found = rate_ratio(x, t, y, u)
    tails = (binomtest(x, x + y, t / (t + u), alternative=way).pvalue for way in ("less", "greater"))
    assert found.p_value == pytest.approx(min(1, 2 * min(tails)), rel=1e-6, abs=1e-12)
    assume(abs(found.p_value - 0.05) > 1e-6)
    assert (found.lower > 1 or found.upper < 1) == (found.p_value < 0.05)


@given(st.integers(1, 500), exposures, st.integers(1, 500), exposures)
def test_swapping_the_arms_inverts_the_ratio(x: int, t: float, y: int, u: float) -> None:
    found, swapped = rate_ratio(x, t, y, u), rate_ratio(y, u, x, t)
    assert found.upper == pytest.approx(1 / swapped.lower, rel=1e-6)
    assert found.p_value == pytest.approx(swapped.p_value, rel=1e-6, abs=1e-12)
