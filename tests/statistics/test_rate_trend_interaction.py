"""Whether the ratio of two rates changes over the years."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import Test, rate_trend_interaction

BASE, YEARS = [[400, 410, 390, 400, 405], [60_000] * 5], 5


def test_close_to_the_wald_test_of_a_poisson_model_with_a_level_for_each_year() -> None:
    """The score test and the Wald test of one slope come together where counts are large."""
    own = [[80, 100, 125, 150, 170], [10_000, 10_500, 11_000, 11_000, 11_500]]
    counts, exposure = np.array(own[0] + BASE[0], float), np.array(own[1] + BASE[1], float)
    group, year = np.repeat([1.0, 0.0], YEARS), np.tile(np.arange(YEARS), 2)
    levels = (year[:, None] == np.arange(YEARS)).astype(float)
    design = np.column_stack([levels, group, group * year])
    fitted = sm.GLM(counts, design, family=sm.families.Poisson(), offset=np.log(exposure)).fit(tol=1e-12)
    found = rate_trend_interaction(*own, *BASE)
    assert found.statistic == pytest.approx(fitted.tvalues[-1] ** 2, rel=0.02)
    assert found.df == 1


def test_by_hand() -> None:
    """Equal exposures, 1, 2, 3 and 4 of 10 events: π is 1/4, U = 5 over years from 0 on, and V = 15/8 × (14 - 9)."""
    found = rate_trend_interaction([1, 2, 3, 4], [50] * 4, [9, 8, 7, 6], [50] * 4)
    assert found.statistic == pytest.approx(5**2 / (15 / 8 * 5))


def test_a_ratio_that_stays_has_no_trend_though_both_rates_have_one() -> None:
    assert rate_trend_interaction([10, 20, 30, 40], [100] * 4, [30, 60, 90, 120], [200] * 4).statistic == (
        pytest.approx(0, abs=1e-9)
    )


@pytest.mark.parametrize(
    "arms",
    [
        ([5, 5, 5], [9, 9, 9], [5, 5, 5], [9, 9, 9]),
        ([0] * 4, [9] * 4, [5] * 4, [9] * 4),
        ([5, 5, 5, 0], [9] * 4, [5, 5, 5, 0], [9] * 4),
    ],
)
def test_under_four_years_with_events_there_is_no_trend(arms: tuple[list[int], ...]) -> None:
    assert rate_trend_interaction(*arms) == Test(None, None, None)


def test_events_without_exposure_are_refused() -> None:
    with pytest.raises(ValueError, match="events without exposure"):
        rate_trend_interaction([1, 2, 3, 4], [0, 9, 9, 9], [1] * 4, [9] * 4)


@given(st.lists(st.integers(1, 60), min_size=4, max_size=7), st.floats(0.1, 10))
def test_swapping_group_and_reference_changes_nothing_nor_does_another_unit(events: list[int], scale: float) -> None:
    other, people = [(7 * n + 11) % 60 + 1 for n in events], [900.0 + 10 * n for n in range(len(events))]
    found = rate_trend_interaction(events, people, other, people[::-1])
    for same in (
        rate_trend_interaction(other, people[::-1], events, people),
        rate_trend_interaction(events, [scale * n for n in people], other, people[::-1]),
    ):
        assert same.statistic == pytest.approx(found.statistic, rel=1e-5, abs=1e-9)
