"""The gap between two shares, with Newcombe's hybrid score interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from reportlib.statistics import difference

sizes = st.integers(1, 2_000)


def test_newcombe_1998b_table_ii() -> None:
    found = difference(9, 10, 3, 10)
    assert found.value == pytest.approx(0.6)
    assert (found.lower, found.upper) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_it_gives_an_interval_and_no_test() -> None:
    assert difference(9, 10, 3, 10).p_value is None


def test_an_empty_arm_has_no_gap() -> None:
    assert difference(0, 0, 3, 10).reason == "no observations"
    assert difference(3, 10, 0, 0).value is None


def test_all_against_none_is_one_hundred_points() -> None:
    found = difference(10, 10, 0, 20)
    assert (found.value, found.upper) == (1, 1)


def test_a_reference_count_above_its_size_is_named() -> None:
    with pytest.raises(ValueError, match="ref_count exceeds ref_nobs"):
        difference(1, 2, 5, 4)


@given(sizes, sizes, st.data())
def test_swapping_the_arms_changes_the_sign(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found, swapped = difference(x, n, y, m), difference(y, m, x, n)
    assert found.lower == pytest.approx(-swapped.upper, abs=1e-12)
    assert found.value == pytest.approx(-swapped.value, abs=1e-12)


@given(sizes, sizes, st.data())
def test_agrees_with_statsmodels(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = difference(x, n, y, m)
    oracle = confint_proportions_2indep(x, n, y, m, compare="diff", method="newcomb")
    assert (found.lower, found.upper) == pytest.approx(oracle, abs=1e-9)
