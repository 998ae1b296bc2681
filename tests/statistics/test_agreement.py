"""Cohen's kappa of two records of one person's ethnicity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reportlib.statistics import agreement

WESTLUND_KURLAND = [[38, 5, 0, 1], [33, 11, 3, 0], [10, 14, 5, 6], [3, 7, 3, 10]]  # Winnipeg patients
tables = arrays(int, (3, 3), elements=st.integers(0, 60))


def test_landis_and_koch_1977_winnipeg() -> None:
    found = agreement(WESTLUND_KURLAND)
    assert found.value == pytest.approx(0.208, abs=5e-4)
    assert found.upper - found.value == pytest.approx(1.959964 * 0.050455, abs=5e-6)
    assert found.p_value is None


def test_by_hand() -> None:
    """Agreement 35/50 = 0.7; by chance (25 × 30 + 25 × 20)/2500 = 0.5; so 0.2/0.5."""
    assert agreement([[20, 5], [10, 15]]).value == pytest.approx(0.4)


def test_full_agreement_is_1() -> None:
    found = agreement(np.diag([5, 6, 7]))
    assert (found.value, found.lower, found.upper) == pytest.approx((1, 1, 1))


def test_limits_are_walds_even_beyond_full_agreement() -> None:
    """κ = 0.75. With chance agreement ½ and so few errors the variance is by hand, Fleiss, Cohen and Everitt (1969):
    A = 3/8(1 − (½ + 3/8)/4)² + 4/8(1 − (½ + 5/8)/4)², B = (1/16)(1/8)(3/8 + ½)² as only one cell is off the diagonal,
    C = (¾ − ½ × ¼)²; all over n (1 − ½)²."""
    a = 3 / 8 * (1 - (1 / 2 + 3 / 8) / 4) ** 2 + 4 / 8 * (1 - (1 / 2 + 5 / 8) / 4) ** 2
    b = (1 / 4) ** 2 * (1 / 8) * (3 / 8 + 1 / 2) ** 2
    c = (3 / 4 - 1 / 2 * (1 - 3 / 4)) ** 2
    reach = 1.959963984540054 * ((a + b - c) / (8 * (1 - 1 / 2) ** 2)) ** 0.5
    found = agreement([[3, 1], [0, 4]])
    assert (found.lower, found.upper) == pytest.approx((0.75 - reach, 0.75 + reach))
    assert found.upper > 1


def test_an_unused_category_changes_nothing() -> None:
    wider = np.pad(np.array(WESTLUND_KURLAND), (0, 1))
    assert agreement(wider) == agreement(WESTLUND_KURLAND)


def test_nobody_or_one_category_has_no_kappa() -> None:
    assert agreement([[0, 0], [0, 0]]).value is None
    assert agreement([[9, 0], [0, 0]]).reason == "fewer than two categories in use"


@pytest.mark.parametrize("table", [[[1, 2, 3], [4, 5, 6]], [1, 2], [[1, -2], [3, 4]]])
def test_another_shape_or_a_negative_count_is_refused(table: list[object]) -> None:
    with pytest.raises(ValueError, match=r"square|negative"):
        agreement(table)  # type: ignore[arg-type]


@given(tables)
def test_it_does_not_matter_which_record_is_in_the_rows(table: np.ndarray) -> None:
    found, turned = agreement(table), agreement(table.T)
    assume(found.value is not None)
    assert found.value == pytest.approx(turned.value)
    assert found.lower == pytest.approx(turned.lower)
    assert found.value <= 1


def test_rows_and_columns_of_a_frame_go_together_by_their_labels() -> None:
    """The same table, its columns the other way round; and one in which a record lacks a category.

    Of six people four agree, and by chance two in six would: 2/6 × 2/6 for A and for B, or 8 in 36; (4/6 − 8/36) ÷
    (1 − 8/36) = 4/7.
    """
    straight = pd.DataFrame([[20, 5], [10, 15]], index=["W", "B"], columns=["W", "B"])
    assert agreement(straight[["B", "W"]]) == agreement(straight)
    lacking = pd.crosstab(pd.Series(list("AABBCC")), pd.Series(list("AABBDD")))
    assert agreement(lacking).value == pytest.approx(4 / 7)
    with pytest.raises(ValueError, match="no category in common"):
        agreement(pd.DataFrame([[1, 2], [3, 4]], index=["A", "B"], columns=["C", "D"]))
