"""What unknown ethnicity could do to a relative rate: sharp bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import missing_bounds, relative_rate

arm = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))

unknown = st.integers(0, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_horowitz_and_manski_1995_bounds_by_hand() -> None:
    """40/100 v 300/1,000 with 50 unknown, 15 of them upheld: 55/115 ÷ 300/1,035, 40/135 ÷ 315/1,015."""
    lower, upper = missing_bounds(40, 100, 300, 1000, 15, 50)
    assert (lower, upper) == pytest.approx((0.95, 1.65), abs=5e-3)


def test_nothing_unknown_leaves_the_ratio() -> None:
    assert missing_bounds(40, 100, 300, 1000, 0, 0) == pytest.approx((4 / 3, 4 / 3))


def test_empty_arms_leave_bounds_open_or_undefined() -> None:
    assert missing_bounds(5, 10, 0, 10, 0, 5)[1] == np.inf
    assert np.isnan(missing_bounds(0, 0, 5, 10, 0, 0)[0])


def test_columns_give_columns_and_suppressed_rows_stay_missing() -> None:
    lower, upper = missing_bounds([40, None], [100, 100], [300, 300], [1000, 1000], [15, 15], [50, 50])  # type: ignore[list-item]
    assert lower[0] < 1 < upper[0] and np.isnan(lower[1]) and np.isnan(upper[1])


def test_more_unknown_events_than_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="exceeds its nobs"):
        missing_bounds(40, 100, 300, 1000, 51, 50)


@given(arm, arm, unknown, st.data())
def test_no_allocation_lies_outside_the_bounds(
    group: tuple[int, int], reference: tuple[int, int], rest: tuple[int, int], data: st.DataObject
) -> None:
    lower, upper = missing_bounds(*group, *reference, *rest)
    events = data.draw(st.integers(0, rest[0]))
    others = data.draw(st.integers(0, rest[1] - rest[0]))
    found = relative_rate(
        group[0] + events,
        group[1] + events + others,
        reference[0] + rest[0] - events,
        reference[1] + rest[1] - events - others,
    )
    assert lower * (1 - 1e-12) <= found.value <= upper * (1 + 1e-12)
