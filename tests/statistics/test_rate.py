"""Events over exposure: exact Poisson under 10 events, else Byar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reportlib.statistics import rate


def test_garwood_1936_limits_of_one_event() -> None:
    found = rate(1, 1, per=1)
    assert (found.lower, found.upper) == pytest.approx((0.0253, 5.572), abs=5e-4)


def test_breslow_and_day_1987_byar_on_x_and_x_plus_1() -> None:
    found = rate(65, 100, per=100)
    assert (found.lower, found.upper) == pytest.approx((50.163, 82.849), abs=5e-4)


def test_no_events_end_at_zero_and_3_7() -> None:
    found = rate(0, 1000)
    assert (found.value, found.lower) == (0, 0)
    assert found.upper == pytest.approx(3.689, abs=5e-4)


def test_no_exposure_has_no_rate() -> None:
    assert rate(0, 0).reason == "no exposure"
    assert rate(3, 0).value is None


def test_more_people_than_places_is_a_rate_above_the_scale() -> None:
    assert rate(1500, 1000).value == 1500


def test_rows_change_method_at_ten_events() -> None:
    found = rate([9, 10], [1, 1], per=1)
    assert found["upper"][0] == pytest.approx(stats.chi2.ppf(0.975, 20) / 2)
    assert found["upper"][1] == pytest.approx(11 * (1 - 1 / 99 + 1.959963984540054 / (3 * 11**0.5)) ** 3)


def test_negative_events_are_refused() -> None:
    with pytest.raises(ValueError, match="events must be finite and not negative"):
        rate(-1, 10)


@given(st.integers(0, 100_000), st.floats(0.01, 1e6), st.sampled_from([0.9, 0.95, 0.998]))
def test_is_close_to_the_exact_limits(events: int, exposure: float, level: float) -> None:
    tail = (1 - level) / 2
    found = rate(events, exposure, per=exposure, level=level)
    exact_lower = stats.chi2.ppf(tail, 2 * events) / 2 if events else 0
    assert found.lower == pytest.approx(exact_lower, rel=0.02)
    assert found.upper == pytest.approx(stats.chi2.isf(tail, 2 * events + 2) / 2, rel=0.02)


@given(st.integers(0, 1000), st.integers(1, 10_000))
def test_the_scale_multiplies_everything(events: int, exposure: int) -> None:
    one, thousand = rate(events, exposure, per=1), rate(events, exposure)
    assert thousand.upper == pytest.approx(1000 * one.upper)
    assert one.lower <= one.value <= one.upper
