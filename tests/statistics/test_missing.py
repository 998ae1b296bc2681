"""What unknown ethnicity could do: sharp bounds, and the tipping point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reportlib.statistics import missing_bounds, missing_bounds_rate, relative_rate, tipping_point


def test_horowitz_and_manski_1995_bounds_by_hand() -> None:
    """40/100 v 300/1,000 with 50 unknown, 15 of them upheld: 55/115 ÷ 300/1,035, 40/135 ÷ 315/1,015."""
    lower, upper = missing_bounds(40, 100, 300, 1000, 15, 50)
    assert (lower, upper) == pytest.approx((0.95, 1.65), abs=5e-3)


def test_rates_allocate_events_and_exposure_apart() -> None:
    """5/100 v 10/400 with 1 event and 20 places unknown: 6/100 ÷ 10/420, 5/120 ÷ 11/400."""
    assert missing_bounds_rate(5, 100, 10, 400, 1, 20) == pytest.approx((5 / 120 / (11 / 400), 2.52))


def test_nothing_unknown_leaves_the_ratio() -> None:
    assert missing_bounds(40, 100, 300, 1000, 0, 0) == pytest.approx((4 / 3, 4 / 3))
    assert missing_bounds_rate(4, 10, 3, 10, 0, 0) == pytest.approx((4 / 3, 4 / 3))


def test_empty_arms_leave_bounds_open_or_undefined() -> None:
    assert missing_bounds(5, 10, 0, 10, 0, 5)[1] == np.inf
    assert np.isnan(missing_bounds(0, 0, 5, 10, 0, 0)[0])
    assert missing_bounds_rate(5, 10, 0, 10, 0, 5)[1] == np.inf


def test_columns_give_columns_and_suppressed_rows_stay_missing() -> None:
    lower, upper = missing_bounds([40, None], [100, 100], [300, 300], [1000, 1000], [15, 15], [50, 50])  # type: ignore[list-item]
    assert lower[0] < 1 < upper[0] and np.isnan(lower[1]) and np.isnan(upper[1])


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="exceeds its nobs"):
        missing_bounds(40, 100, 300, 1000, 51, 50)
    with pytest.raises(ValueError, match="unknown_events"):
        missing_bounds_rate(1, 1, 1, 1, -1, 1)
    with pytest.raises(ValueError, match="ref_count exceeds"):
        tipping_point(1, 2, 3, 2, 1)


def test_yan_lee_and_li_2009_tipping_point_by_hand() -> None:
    """40% v 30%: k to the reference with (300 + k)/(1,000 + k) = 0.4 needs 166.7, of 200 unknown."""
    assert tipping_point(40, 100, 300, 1000, 200) == (pytest.approx(0.8333, abs=5e-5), "reference")
    share, whom = tipping_point(20, 100, 300, 1000, 20)
    assert whom == "group" and (20 + 20 * share) / (100 + 20 * share) == pytest.approx(0.3)


def test_a_tipping_point_out_of_reach_says_how_far() -> None:
    assert tipping_point(40, 100, 300, 1000, 15)[0] == pytest.approx(11.11, abs=5e-3)
    assert tipping_point(40, 100, 300, 1000, 0)[0] == np.inf
    assert tipping_point(50, 100, 100, 100, 10)[0] == np.inf


def test_an_even_ratio_needs_nothing_and_an_empty_arm_has_none() -> None:
    assert tipping_point(3, 10, 30, 100, 5)[0] == 0
    assert np.isnan(tipping_point(0, 0, 3, 10, 5)[0])
    share, whom = tipping_point([40, 20], [100, 100], 300, 1000, 20)
    assert list(whom) == ["reference", "group"] and len(share) == 2


arm = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))
unknown = st.integers(0, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


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


@given(arm, arm, st.integers(1, 50))
def test_giving_the_tipping_point_makes_the_ratio_1(
    group: tuple[int, int], reference: tuple[int, int], events: int
) -> None:
    share, whom = tipping_point(*group, *reference, events)
    assume(np.isfinite(share))
    given_ = {"group": 0.0, "reference": 0.0, whom: share * events}
    p = (group[0] + given_["group"]) / (group[1] + given_["group"])
    assert p == pytest.approx((reference[0] + given_["reference"]) / (reference[1] + given_["reference"]))
