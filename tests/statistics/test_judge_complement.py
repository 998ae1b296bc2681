"""Which side of a share is judged: that of the rarer of outcome and complement."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import Estimate, judge_complement, relative_rate, verdict

sizes = st.integers(1, 2_000)


def judged(x: int, n: int, y: int, m: int) -> Estimate:
    """The relative rate of the side that is judged."""
    return relative_rate(n - x, n, m - y, m) if judge_complement(x, n, y, m) else relative_rate(x, n, y, m)


def test_completed_80_v_90_per_cent_is_judged_as_not_completed_20_v_10() -> None:
    """Keppel and others 2005: a disparity is told of the adverse side; 80 of 100 against 90 of 100."""
    assert relative_rate(80, 100, 90, 100).value == pytest.approx(0.89, abs=5e-3)
    assert judge_complement(80, 100, 90, 100) is True
    assert judged(80, 100, 90, 100).value == pytest.approx(2)


def test_a_column_of_comparisons_is_judged_row_by_row() -> None:
    counts = pd.Series([80, 20, None], index=["A", "B", "M"], dtype="Int64")
    assert judge_complement(counts, 100, [90, 10, 10], 100).to_dict() == {"A": True, "B": False, "M": False}


def test_all_and_none() -> None:
    assert judge_complement(10, 10, 10, 10) is True
    assert judge_complement(0, 10, 0, 10) is False


def test_more_events_than_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="ref_count exceeds ref_nobs"):
        judge_complement(1, 2, 3, 2)


@given(sizes, sizes, st.data())
def test_the_verdict_does_not_turn_on_which_side_is_called_the_outcome(n: int, m: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    outcome, complement = judged(x, n, y, m), judged(n - x, n, m - y, m)
    assert outcome == complement
    assert verdict(outcome, outcome.p_value) == verdict(complement, complement.p_value)


@given(st.integers(1, 200), st.data())
def test_at_exactly_one_half_the_side_on_which_the_group_is_worse_off_is_judged(n: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, n))
    found = judged(x, n, n - x, n)
    assert found == judged(n - x, n, x, n)
    assert found.value >= 1
