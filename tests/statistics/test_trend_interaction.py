"""Whether the gap between two groups changes over the years."""

from __future__ import annotations

import numpy as np
import pytest
from clustered_records import fitted_glm, records
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import Test, trend_interaction


def test_liang_and_zeger_1986_against_statsmodels() -> None:
    frame = records(2)
    group, year = frame["group"].to_numpy(float), frame["year"].to_numpy(float) - 2021
    fitted = fitted_glm(frame, np.column_stack([np.ones(len(frame)), group, year, group * year]))
    found = trend_interaction(frame, "upheld", "group", "year", "person")
    assert found.statistic == pytest.approx(fitted.tvalues[3] ** 2, rel=1e-6)
    assert found.p_value == pytest.approx(fitted.pvalues[3], rel=1e-6)


def test_under_four_years_there_is_no_trend() -> None:
    frame = records(3, years=3)
    assert trend_interaction(frame, "upheld", "group", "year", "person") == Test(None, None, None)


@given(st.integers(0, 1000))
def test_swapping_group_and_reference_changes_nothing(seed: int) -> None:
    frame = records(seed)
    found = trend_interaction(frame, "upheld", "group", "year", "person")
    swapped = trend_interaction(frame.assign(group=~frame["group"]), "upheld", "group", "year", "person")
    assert found.p_value == pytest.approx(swapped.p_value, rel=1e-6)
