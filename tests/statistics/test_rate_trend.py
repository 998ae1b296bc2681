"""The test for a trend in rates, by hand and against the score test of a Poisson regression."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2

from reportlib.statistics import Test, rate_trend


def test_by_hand():
    """60 events, 20 expected a year: U = −10 + 30 = 20, variance 60 × ((1+4+9)/3 − 4) = 40, so 400/40."""
    found = rate_trend([10, 20, 30], [100, 100, 100])
    assert found.statistic == pytest.approx(10)
    assert (found.df, found.p_value) == (1, pytest.approx(math.erfc(math.sqrt(5))))


def test_no_trend_is_none_at_all():
    found = rate_trend([5, 10, 15], [50, 100, 150])
    assert (found.statistic, found.p_value) == (pytest.approx(0), pytest.approx(1))


def test_it_is_the_score_test_of_poisson_regression():
    x, t = np.array([30, 41, 25, 60, 52]), np.array([800.0, 1000.0, 700.0, 1100.0, 900.0])
    years = np.array([2020.0, 2021, 2022, 2023, 2024])
    null = sm.GLM(x, np.ones((5, 1)), family=sm.families.Poisson(), exposure=t).fit()
    _, p_value, *_ = null.score_test(exog_extra=years[:, None] - 2022)
    assert rate_trend(x, t, years).p_value == pytest.approx(float(np.squeeze(p_value)), rel=1e-6)
    assert rate_trend(x, t, years).p_value == pytest.approx(float(chi2.sf(rate_trend(x, t).statistic, 1)))


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(1, 1e5)), min_size=3, max_size=8), st.integers(-9, 9))
def test_the_unit_of_time_changes_nothing_and_twice_the_events_are_twice_the_evidence(years, start):
    x, t = (np.array(side, dtype=float) for side in zip(*years, strict=True))
    assume(x.sum() > 0)
    found = rate_trend(x, t)
    assert rate_trend(x, t, start + 12.0 * np.arange(len(x))).statistic == pytest.approx(found.statistic, abs=1e-6)
    assert rate_trend(2 * x, t).statistic == pytest.approx(2 * found.statistic, abs=1e-6)
    assert rate_trend(x[::-1], t[::-1]).statistic == pytest.approx(found.statistic, abs=1e-6)


@pytest.mark.parametrize(("events", "exposure"), [([0, 0, 0], [5, 5, 5]), ([4, 0], [5, 0]), ([], []), ([3], [9])])
def test_nothing_can_be_tested(events, exposure):
    assert rate_trend(events, exposure) == Test(None, None, None)


@pytest.mark.parametrize(
    ("events", "exposure", "scores", "says"),
    [
        ([1, 2], [5], None, "unequal"),
        ([-1, 2], [5, 5], None, "negative"),
        ([1, 2], [5, 5], [1], "unequal lengths: scores"),
        ([1, 2], [5, 0], None, "events without exposure"),
    ],
)
def test_what_is_no_rate_is_refused(events, exposure, scores, says):
    with pytest.raises(ValueError, match=says):
        rate_trend(events, exposure, scores)
