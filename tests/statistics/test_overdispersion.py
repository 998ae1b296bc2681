"""How much more than chance the points of a funnel plot spread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import overdispersion


def test_spiegelhalter_2005_by_hand() -> None:
    """Shares of 24%, 16% and twice 20% on 100 cases lie 1, −1, 0, 0 standard errors off: below 1."""
    assert overdispersion([24, 16, 20, 20], [100] * 4, 0.2) == 1
    assert overdispersion([32, 8] * 10, [100] * 20, 0.2) == pytest.approx(9)
    assert overdispersion([32, 8] * 10 + [0], [100] * 20 + [0], 0.2) == pytest.approx(9)  # one without cases
    assert overdispersion([0], [0], 0.2) == 1


def test_one_wild_point_is_drawn_in() -> None:
    counts = [20] * 30 + [90]
    assert overdispersion(counts, [100] * 31, 0.2) == 1
    # two that lie √12 standard errors off, on either side, are drawn in by a tenth of the way between them
    assert overdispersion([10, 40], [100, 100], 0.25) == pytest.approx(12 * 0.8**2)


def test_a_target_of_1_is_refused() -> None:
    with pytest.raises(ValueError, match="target"):
        overdispersion([1], [2], 1)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30), st.floats(0.05, 0.95))
def test_it_never_narrows_and_does_not_turn_on_the_side(counts: list[int], target: float) -> None:
    found = overdispersion(counts, [100] * len(counts), target)
    assert found >= 1
    assert found == pytest.approx(overdispersion([100 - count for count in counts], [100] * len(counts), 1 - target))
