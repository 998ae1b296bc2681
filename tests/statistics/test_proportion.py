"""A share, with Wilson's score interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from reportlib.statistics import Estimate, proportion

sizes = st.integers(1, 10_000)


def test_newcombe_1998a_table_i() -> None:
    found = proportion(81, 263)
    assert (found.lower, found.upper) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_none_and_all_have_an_interval_that_ends_at_the_edge() -> None:
    none, everyone = proportion(0, 20), proportion(20, 20)
    assert none.lower == 0 and everyone.upper == 1
    assert none.upper == pytest.approx(1 - everyone.lower)


def test_a_share_of_nothing_is_none_with_the_reason() -> None:
    assert proportion(0, 0) == Estimate(None, None, None, None, "no observations")


def test_a_suppressed_row_stays_missing_and_says_so() -> None:
    counts = pd.Series([3, None, 0], index=["A", "B", "M"], dtype="Int64")
    found = proportion(counts, pd.Series([10, 20, 0], index=["A", "B", "M"]))
    assert found.loc["B", ["value", "lower", "upper"]].isna().all()
    assert found["reason"].tolist()[1:] == ["suppressed", "no observations"]
    assert found.loc["A", "value"] == pytest.approx(0.3) and pd.isna(found.loc["A", "reason"])


@pytest.mark.parametrize(
    ("count", "nobs", "message"),
    [
        (5, 4, "count exceeds nobs"),
        (-1, 4, "count must be finite and not negative"),
        (1, float("inf"), "nobs must be finite"),
        (None, 4, "a number is missing"),
        (float("nan"), 4, "a number is missing"),
        ("many", 4, "count must be numeric"),
        ([1, 2], [3, 4, 5], "unequal lengths"),
        (pd.Series([1, 2], ["A", "B"]), pd.Series([4, 3], ["B", "A"]), "rows of different labels: count, nobs"),
        ([1, 5], [3, 4], "count exceeds nobs"),
    ],
)
def test_a_fault_is_named(count: object, nobs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        proportion(count, nobs)  # type: ignore[call-overload]


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_must_lie_between_0_and_1(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        proportion(1, 2, level=level)


def test_no_rows_give_no_rows() -> None:
    assert proportion([], []).shape == (0, 5)


@given(sizes, st.data(), st.sampled_from([0.8, 0.95, 0.998]))
def test_agrees_with_statsmodels(nobs: int, data: st.DataObject, level: float) -> None:
    count = data.draw(st.integers(0, nobs))
    found = proportion(count, nobs, level=level)
    oracle = proportion_confint(count, nobs, alpha=1 - level, method="wilson")
    assert (found.lower, found.upper) == pytest.approx(oracle, abs=1e-12)


@given(sizes, st.data())
def test_the_complement_has_the_mirrored_interval(nobs: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, nobs))
    found, rest = proportion([count], [nobs]), proportion([nobs - count], [nobs])
    np.testing.assert_allclose(found[["lower", "upper"]], 1 - rest[["upper", "lower"]], atol=1e-12)
