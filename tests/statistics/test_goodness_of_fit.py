"""Whether the mix of people differs from what was expected, and where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reportlib.statistics import Test, goodness_of_fit

MENDEL = [315, 108, 101, 32]  # round yellow, round green, wrinkled yellow, wrinkled green
LAW = [9, 3, 3, 1]

counts = st.lists(st.integers(0, 500), min_size=2, max_size=6).filter(any)


def test_mendel_1866_peas() -> None:
    found = goodness_of_fit(MENDEL, LAW)
    assert found.statistic == pytest.approx(0.470, abs=5e-4) and found.df == 3
    assert found.p_value == pytest.approx(0.925, abs=5e-4)


def test_a_small_expected_count_is_drawn_not_approximated() -> None:
    """Three people, three equal groups: all in one group has probability 3/27."""
    found = goodness_of_fit([3, 0, 0], [1, 1, 1])
    assert found.p_value == pytest.approx(1 / 9, abs=0.01)
    assert found == goodness_of_fit([3, 0, 0], [1, 1, 1])


def test_nobody_or_one_group_cannot_be_tested() -> None:
    assert goodness_of_fit([0, 0], [1, 1]) == Test(None, None, None)
    assert goodness_of_fit([5], [1]) == Test(None, None, None)


def test_a_group_in_which_nobody_is_seen_or_expected_changes_nothing() -> None:
    assert goodness_of_fit([*MENDEL, 0], [*LAW, 0]) == goodness_of_fit(MENDEL, LAW)


def test_people_where_none_can_be_expected_are_refused() -> None:
    with pytest.raises(ValueError, match="none can be expected"):
        goodness_of_fit([5, 5], [1, 0])


@given(counts)
def test_agrees_with_scipy(observed: list[int]) -> None:
    found = goodness_of_fit(observed, [1] * len(observed))
    oracle = stats.chisquare(observed)
    assert found.statistic == pytest.approx(oracle.statistic)
    within = 0.02 if sum(observed) < 5 * len(observed) else 1e-9
    assert within == 0.02 or found.p_value == pytest.approx(oracle.pvalue, abs=within)


@given(counts, st.floats(0.01, 100))
def test_only_the_shares_of_the_expected_matter(observed: list[int], scale: float) -> None:
    shares = np.arange(1.0, len(observed) + 1)
    found, scaled = goodness_of_fit(observed, shares), goodness_of_fit(observed, shares * scale)
    assert found.statistic == pytest.approx(scaled.statistic)
