"""The relative rate common to strata."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from reportlib.statistics import mantel_haenszel

# BCG against tuberculosis, 13 trials: Colditz and others (1994)
BCG = [
    [[4, 119], [11, 128]], [[6, 300], [29, 274]], [[3, 228], [11, 209]], [[62, 13536], [248, 12619]],
    [[33, 5036], [47, 5761]], [[180, 1361], [372, 1079]], [[8, 2537], [10, 619]],
    [[505, 87886], [499, 87892]], [[29, 7470], [45, 7232]], [[17, 1699], [65, 1600]],
    [[186, 50448], [141, 27197]],
    [[5, 2493], [3, 2338]],
    [[27, 16886], [29, 17825]],
]  # fmt: skip

cells = st.integers(1, 200)
stratum = st.tuples(st.tuples(cells, cells), st.tuples(cells, cells))
tables = st.lists(stratum, min_size=1, max_size=6)


def test_greenland_and_robins_on_colditz_1994() -> None:
    """As Stata's metan and R's metafor print them."""
    found = mantel_haenszel(BCG)
    assert (found.value, found.lower, found.upper) == pytest.approx((0.6353, 0.5881, 0.6862), abs=5e-5)


def test_an_empty_stratum_or_an_empty_arm_changes_nothing() -> None:
    empty = [[[0, 0], [0, 0]], [[3, 4], [0, 0]]]
    assert mantel_haenszel([*BCG, *empty]) == mantel_haenszel(BCG)


def test_no_events_at_all_give_nothing() -> None:
    found = mantel_haenszel([[[0, 5], [0, 6]]])
    assert found.value is None and found.reason is not None
    assert mantel_haenszel(np.empty((0, 2, 2))).value is None


def test_no_events_in_one_arm_or_nothing_else_leave_no_limits() -> None:
    assert mantel_haenszel([[[0, 5], [2, 6]]]).value == 0
    assert mantel_haenszel([[[2, 5], [0, 6]]]).value == np.inf
    assert mantel_haenszel([[[5, 0], [6, 0]]]).lower is None


@pytest.mark.parametrize("counts", [[[1, 2], [3, 4]], [[[1, 2], [3, -4]]], [[[1, 2], [3, float("nan")]]]])
def test_another_shape_or_a_bad_count_is_refused(counts: list[object]) -> None:
    with pytest.raises(ValueError, match="counts must be"):
        mantel_haenszel(counts)  # type: ignore[arg-type]


@given(tables)
def test_the_point_agrees_with_statsmodels(counts: list[object]) -> None:
    array = np.array(counts, dtype=float)
    oracle = StratifiedTable([table for table in array]).riskratio_pooled
    assert mantel_haenszel(array).value == pytest.approx(oracle)


@given(tables)
def test_swapping_the_arms_inverts_the_ratio(counts: list[object]) -> None:
    array = np.array(counts, dtype=float)
    found, swapped = mantel_haenszel(array), mantel_haenszel(array[:, ::-1])
    assert found.upper == pytest.approx(1 / swapped.lower)
