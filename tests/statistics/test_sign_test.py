"""Whether something is on one side more often than chance would give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import Test, sign_test

numbers = st.integers(0, 40)


def test_of_ten_deer_eight_have_the_longer_hind_leg() -> None:
    """Zar (1999), Biostatistical Analysis: 2 (1 + 10 + 45) / 1,024."""
    assert sign_test(8, 2).p_value == pytest.approx(0.109375)
    assert sign_test(8, 2).statistic == 8


def test_without_a_part_nothing_is_tested() -> None:
    assert sign_test(0, 0) == Test(None, None, None)


@pytest.mark.parametrize("wrong", [(-1, 2), (1.5, 2)])
def test_what_is_no_number_of_parts_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="whole and not negative"):
        sign_test(*wrong)  # type: ignore[arg-type]


@given(numbers, numbers)
def test_the_sides_can_be_exchanged_and_one_more_on_the_larger_is_rarer(above: int, below: int) -> None:
    assert sign_test(above, below) == sign_test(below, above)
    more = sign_test(above + 1, below).p_value
    if above >= below and above + below > 0:
        assert more is not None and more <= (sign_test(above, below).p_value or 0) + 1e-12
