"""What an estimated variance adds to itself where few people make it up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from reportlib.statistics import few_people

contributions = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def test_pan_and_wall_2002_degrees_of_freedom_by_hand() -> None:
    """Squares 1, 1, 4, 9, 25 of 10 people: Σ = 40, Σ of squares = 724; 724 ÷ 1,600 − 1/10 = 0.3525."""
    assert few_people([1, 1, 2, 3, 5], 10) == pytest.approx((t.ppf(0.975, 2 / 0.3525) / 1.959963984540054) ** 2)


def test_equal_shares_of_a_variance_known_to_be_equal_need_no_widening() -> None:
    """At one observation each and a share of one half, everybody adds the same: the binomial variance."""
    assert few_people([0.5, -0.5] * 30, 60) == 1


def test_nobody_adds_nothing() -> None:
    assert few_people([]) == few_people([0, 0], 2) == 1


def test_one_person_who_makes_up_all_of_it_widens_as_student_does_on_two_degrees_of_freedom() -> None:
    assert few_people([30]) == pytest.approx((4.302653 / 1.959964) ** 2, rel=1e-6)


def test_degrees_of_freedom_stop_at_one() -> None:
    spread = np.append(np.full(999, 1e-3), 30.0)
    assert few_people(spread) <= (12.7062047 / 1.95996398) ** 2 * (1 + 1e-6)


def test_more_contributions_than_people_are_refused() -> None:
    with pytest.raises(ValueError, match="more contributions"):
        few_people([1, 2, 3], 2)


@given(contributions, st.integers(2, 5))
def test_more_of_the_same_people_need_less_and_scale_does_not_matter(people: list[int], times: int) -> None:
    found = few_people(people)
    assert 1 <= few_people(people * times) < found
    assert few_people([times * u for u in people]) == pytest.approx(found)


@given(contributions)
def test_people_who_add_nothing_change_nothing(people: list[int]) -> None:
    assert few_people([*people, 0, 0]) == pytest.approx(few_people(people))
    assert few_people(people, math.inf) >= few_people(people, len(people) + 1)
