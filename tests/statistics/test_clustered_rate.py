"""Event rates where one person may have several events."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import clustered_rate

Z = 1.959963984540054

people = st.lists(st.integers(1, 30), min_size=1, max_size=60)


def test_stukel_1994_variance_by_hand() -> None:
    """Ten people with one event, five with two, one with ten: Σf = 30, Σf² = 130."""
    found = clustered_rate([1] * 10 + [2] * 5 + [10], 1000)
    assert found.value == pytest.approx(30)
    assert found.upper == pytest.approx(30 * math.exp(Z * math.sqrt(130) / 30))
    assert found.lower == pytest.approx(30 / math.exp(Z * math.sqrt(130) / 30))


def test_nobody_has_a_rate_of_zero_without_limits() -> None:
    found = clustered_rate([], 1000)
    assert (found.value, found.lower, found.upper) == (0, None, None)
    assert found.reason is not None


def test_no_exposure_has_no_rate() -> None:
    assert clustered_rate([1], 0).reason == "no exposure"


def test_a_missing_count_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        clustered_rate([1, None], 10)  # type: ignore[list-item]


@given(people)
def test_people_without_events_change_nothing_and_repeats_widen(events: list[int]) -> None:
    total = sum(events)
    found, apart = clustered_rate(events, 100), clustered_rate([1] * total, 100)
    assert clustered_rate([*events, 0, 0], 100) == found
    assert found.upper >= apart.upper * (1 - 1e-12)


def test_a_design_effect_that_is_given_takes_the_place_of_that_of_the_people() -> None:
    """Ten events in 100 with a design effect of 2.5: the variance of the log is 2.5 ÷ 10 = 0.25."""
    found = clustered_rate([1, 2, 7], 100, deff=2.5)
    assert found.value == 100
    assert (found.lower, found.upper) == pytest.approx((100 / math.exp(0.5 * Z), 100 * math.exp(0.5 * Z)))
