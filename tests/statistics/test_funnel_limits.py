"""Control limits of a funnel plot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import funnel_limits, proportion


def test_spiegelhalter_2005_limits_by_hand() -> None:
    """At 20% and 100 cases the standard error is 4 points; 1.96 and 3.09 of them either side."""
    warning, alarm = funnel_limits(0.2, 100), funnel_limits(0.2, 100, 0.998)
    assert (warning.lower, warning.upper) == pytest.approx((0.1216, 0.2784), abs=5e-5)
    assert (alarm.lower, alarm.upper) == pytest.approx((0.0764, 0.3236), abs=5e-5)


def test_limits_stay_between_0_and_1() -> None:
    found = funnel_limits(0.05, [1, 2, 0])
    assert (found["lower"][:2] == 0).all() and (found["upper"][:2] <= 1).all()
    assert found["reason"][2] == "no observations"


def test_overdispersion_widens_them() -> None:
    assert funnel_limits(0.2, 100, dispersion=4).upper == pytest.approx(0.2 + 2 * 1.959964 * 0.04)


def test_a_target_above_1_is_refused() -> None:
    with pytest.raises(ValueError, match="target"):
        funnel_limits(20, 100)


@given(st.floats(0.01, 0.99), st.integers(1, 5000), st.data())
def test_a_share_lies_inside_exactly_when_its_wilson_interval_holds_the_target(
    target: float, nobs: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, nobs))
    limits, wilson = funnel_limits(target, nobs), proportion(count, nobs)
    edge = min(abs(wilson.lower - target), abs(wilson.upper - target)) < 1e-9
    inside = limits.lower <= count / nobs <= limits.upper
    assert edge or inside == (wilson.lower <= target <= wilson.upper)


@given(st.floats(0.01, 0.99))
def test_the_funnel_narrows(target: float) -> None:
    widths = funnel_limits(target, [10, 100, 1000])
    assert (np.diff(widths["upper"] - widths["lower"]) < 0).all()
