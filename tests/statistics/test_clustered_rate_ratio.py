"""The ratio of two event rates where one person may have several events."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import clustered_rate_ratio

people = st.lists(st.integers(1, 30), min_size=1, max_size=60)


def test_one_event_each_is_the_log_wald_interval_of_rothman_and_boice_1982() -> None:
    found = clustered_rate_ratio([1] * 41, 28_010, [1] * 15, 19_017)
    assert found.value == pytest.approx(1.855759, abs=5e-7)
    assert (found.lower, found.upper) == pytest.approx((1.027226, 3.352563), abs=5e-7)


def test_no_exposure_or_no_events_at_all_give_no_ratio() -> None:
    assert clustered_rate_ratio([1], 0, [1], 5).reason == "no exposure"
    assert clustered_rate_ratio([], 5, [0], 5).reason == "no events in either arm"


def test_no_events_in_one_arm_leave_the_ratio_without_limits() -> None:
    assert clustered_rate_ratio([1, 2], 5, [], 5).value == math.inf
    assert clustered_rate_ratio([], 5, [1, 2], 5).value == 0
    assert clustered_rate_ratio([], 5, [1, 2], 5).upper is None


def test_more_people_than_places_are_allowed() -> None:
    assert clustered_rate_ratio([1] * 20, 10, [1] * 10, 10).value == pytest.approx(2)


def test_a_negative_exposure_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        clustered_rate_ratio([1], -1, [1], 1)


@given(people, people, st.floats(1, 1e5), st.floats(1, 1e5))
def test_swapping_the_arms_inverts_the_ratio(a: list[int], b: list[int], t: float, u: float) -> None:
    found, swapped = clustered_rate_ratio(a, t, b, u), clustered_rate_ratio(b, u, a, t)
    assert found.upper == pytest.approx(1 / swapped.lower)
    assert found.p_value == pytest.approx(swapped.p_value)


@given(people, people, st.floats(1, 20), st.floats(1, 20))
def test_design_effects_that_are_given_take_the_place_of_those_of_the_people(
    a: list[int], b: list[int], deff: float, ref_deff: float
) -> None:
    plain, given_ = clustered_rate_ratio(a, 100, b, 100), clustered_rate_ratio(a, 100, b, 100, 0.95, deff, ref_deff)
    assert given_.value == plain.value
    spread = 1.959963984540054 * math.sqrt(deff / sum(a) + ref_deff / sum(b))
    assert given_.upper == pytest.approx(plain.value * math.exp(spread))
