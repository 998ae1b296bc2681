"""Observed over expected events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import indirect_ratio, rate


def test_breslow_and_day_1987_four_deaths_where_3_3_were_expected() -> None:
    """Garwood's exact limits of 4 events are 1.09 and 10.24."""
    found = indirect_ratio(4, 3.3)
    assert found.value == pytest.approx(1.212, abs=5e-4)
    assert (found.lower, found.upper) == pytest.approx((1.09 / 3.3, 10.24 / 3.3), abs=5e-3)


def test_nothing_expected_has_no_ratio() -> None:
    assert indirect_ratio(2, 0).reason == "no events expected"


def test_none_observed_starts_at_zero() -> None:
    assert indirect_ratio(0, 5).lower == 0


def test_it_carries_no_test() -> None:
    assert indirect_ratio([4], [3.3])["p_value"].isna().all()


@given(st.integers(0, 2000), st.floats(0.1, 1000))
def test_it_is_a_rate_on_the_expected_events(observed: int, expected: float) -> None:
    assert indirect_ratio(observed, expected, per=100) == rate(observed, expected, per=100)
