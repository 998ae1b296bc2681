"""Directly standardised rates, Dobson's interval with Byar's limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import direct_rate, rate

WHO_AGES = ([25, 150, 110, 84, 82, 39], [72_202, 326_701, 208_667, 83_228, 28_466, 5_375])
FLEISS_WEIGHTS = [63_986.6, 186_263.6, 157_302.2, 97_647, 47_572.6, 12_262.6]


def test_fay_and_feuer_1997_table_1_point_estimate() -> None:
    """Their limits are gamma limits; the standardised rate is the same: 91.17 per 100,000."""
    found = direct_rate(*WHO_AGES, FLEISS_WEIGHTS)
    assert found.value == pytest.approx(91.174, abs=5e-4)
    assert found.lower < 83 and found.upper > 100


def test_under_ten_events_there_is_none() -> None:
    assert direct_rate([4, 5], [100, 100], [1, 1]).reason == "fewer than 10 events"


def test_a_stratum_of_the_standard_without_population_has_no_answer() -> None:
    assert direct_rate([10, 0], [100, 0], [1, 1]).reason == "a stratum has no population"
    assert direct_rate([10, 1], [100, 0], [1, 0]).reason == "a stratum has no population"  # and yet an event


@pytest.mark.filterwarnings("error")
def test_a_standard_without_population_has_no_answer() -> None:
    assert direct_rate([10], [100], [0]).reason == "the standard has no population"


def test_an_empty_stratum_without_weight_changes_nothing() -> None:
    assert direct_rate([10, 0], [100, 0], [1, 0]) == direct_rate([10], [100], [1])


def test_lengths_must_agree_and_nothing_may_be_missing() -> None:
    with pytest.raises(ValueError, match="unequal lengths"):
        direct_rate([10, 1], [100], [1, 1])
    with pytest.raises(ValueError, match="missing"):
        direct_rate([10, None], [100, 100], [1, 1])  # type: ignore[list-item]


@given(st.integers(10, 500), st.integers(1, 10_000), st.floats(0.1, 1000))
def test_one_stratum_is_the_crude_rate(events: int, population: int, weight: float) -> None:
    standardised, crude = direct_rate([events], [population], [weight]), rate(events, population, per=100_000)
    assert standardised.value == pytest.approx(crude.value)
    assert (standardised.lower, standardised.upper) == pytest.approx((crude.lower, crude.upper))


@given(st.lists(st.tuples(st.integers(5, 99), st.integers(100, 9999)), min_size=2, max_size=8))
def test_weighting_by_its_own_population_gives_the_crude_rate(strata: list[tuple[int, int]]) -> None:
    events, population = zip(*strata, strict=True)
    found = direct_rate(events, population, population, per=1)
    assert found.value == pytest.approx(sum(events) / sum(population))
