"""What a trend leaves of the differences between years: by hand, as published, and against the test of the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from reportlib.statistics import Test, rate_trend, trend, trend_departure


def test_rates_by_hand():
    """60 events, 20 expected a year: 100/20 + 100/20 = 10 in all; the trend takes 10² ÷ 40 = 2.5 of it."""
    found = trend_departure([10, 30, 20], [100, 100, 100], rates=True)
    assert found.statistic == pytest.approx(7.5)
    assert (found.df, found.p_value) == (1, pytest.approx(math.erfc(math.sqrt(7.5 / 2))))


def test_shares_by_hand():
    """As above with a variance of 20 × 0.8 a year: 10 ÷ 0.8 in all, of which the trend takes 2.5 ÷ 0.8."""
    assert trend_departure([10, 30, 20], [100, 100, 100]).statistic == pytest.approx(7.5 / 0.8)


def test_the_example_of_agresti():
    """Alcohol and malformation (Agresti 2002, table 3.7): 12.1 on 4 degrees of freedom, 6.6 of it the trend."""
    found = trend_departure([48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38], [0, 0.5, 1.5, 4, 7])
    assert (found.statistic, found.df) == (pytest.approx(12.1 - 6.6, abs=0.1), 3)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(401, 90_000)), min_size=3, max_size=8))
def test_trend_and_departure_make_up_the_test_of_the_whole(years):
    x, n = (np.array(side, dtype=float) for side in zip(*years, strict=True))
    assume(x.sum() > 0)
    found, whole = trend_departure(x, n), chi2_contingency([x, n - x], correction=False)
    assert found.statistic + trend(x, n).statistic == pytest.approx(whole.statistic, rel=1e-9, abs=1e-6)
    assert found.df == whole.dof - 1
    expected = n * x.sum() / n.sum()
    pearson = ((x - expected) ** 2 / expected).sum()
    assert trend_departure(x, n, rates=True).statistic + rate_trend(x, n).statistic == pytest.approx(pearson, abs=1e-6)


@pytest.mark.parametrize("rates", [True, False])
def test_a_steady_trend_leaves_nothing(rates):
    assert trend_departure([10, 20, 30, 40], [100] * 4, rates=rates).statistic == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("events", "exposure"), [([0, 0, 0], [5, 5, 5]), ([4, 2], [5, 9]), ([1, 2, 0], [5, 5, 0])])
def test_nothing_can_be_tested(events, exposure):
    assert trend_departure(events, exposure) == Test(None, None, None)


def test_what_is_no_share_is_refused():
    with pytest.raises(ValueError, match="counts exceed nobs"):
        trend_departure([9, 2, 3], [5, 5, 5])
