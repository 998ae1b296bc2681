"""What unknown ethnicity could do to a rate ratio: sharp bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import missing_bounds_rate, rate_ratio

counts = st.integers(1, 60)
exposures = st.floats(1, 1e5)
unknown = st.integers(0, 8)


def test_horowitz_and_manski_1995_events_and_exposure_apart_by_hand() -> None:
    """5/100 v 10/400 with 1 event and 20 places unknown: 6/100 ÷ 10/420, 5/120 ÷ 11/400."""
    assert missing_bounds_rate(5, 100, 10, 400, 1, 20) == pytest.approx((5 / 120 / (11 / 400), 2.52))


def test_nothing_unknown_leaves_the_ratio() -> None:
    assert missing_bounds_rate(4, 10, 3, 10, 0, 0) == pytest.approx((4 / 3, 4 / 3))


def test_empty_arms_leave_bounds_open_or_undefined() -> None:
    assert missing_bounds_rate(5, 10, 0, 10, 0, 5)[1] == np.inf
    assert np.isnan(missing_bounds_rate(0, 0, 5, 10, 0, 0)[0])


def test_more_people_than_places_are_allowed_and_negative_events_are_not() -> None:
    assert missing_bounds_rate(20, 10, 20, 10, 0, 0) == pytest.approx((1, 1))
    with pytest.raises(ValueError, match="unknown_events"):
        missing_bounds_rate(1, 1, 1, 1, -1, 1)


@given(counts, exposures, counts, exposures, unknown, exposures, st.data())
def test_no_allocation_lies_outside_the_bounds(
    x: int, t: float, y: int, u: float, events: int, places: float, data: st.DataObject
) -> None:
    lower, upper = missing_bounds_rate(x, t, y, u, events, places)
    own, share = data.draw(st.integers(0, events)), data.draw(st.floats(0, 1))
    found = rate_ratio(x + own, t + share * places, y + events - own, u + (1 - share) * places)
    assert lower * (1 - 1e-9) <= found.value <= upper * (1 + 1e-9)
