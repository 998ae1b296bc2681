"""The Cochran-Armitage test for a trend in shares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportions_chisquare

from reportlib.statistics import Test, trend

years = st.lists(
    st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=8
)


def test_graubard_and_korn_1987_malformations_by_alcohol() -> None:
    """As in Agresti (2013, table 2.7), with M² = (N − 1) r² = 6.5699 and the N variance N r²."""
    present, absent = [48, 38, 5, 1, 1], [17_066, 14_464, 788, 126, 37]
    total = [p + a for p, a in zip(present, absent, strict=True)]
    found = trend(present, total, scores=[0, 0.5, 1.5, 4, 7])
    assert found.statistic == pytest.approx(6.5699 * sum(total) / (sum(total) - 1), abs=5e-5)


def test_no_events_nothing_else_or_one_year_have_no_trend() -> None:
    nothing = Test(None, None, None)
    assert trend([0, 0, 0], [5, 5, 5]) == trend([5, 5], [5, 5]) == trend([3], [5]) == nothing
    assert trend([0, 0], [0, 0]) == nothing


def test_an_empty_year_changes_nothing() -> None:
    assert trend([3, 0, 5], [10, 0, 10], scores=[1, 2, 3]) == trend([3, 5], [10, 10], scores=[1, 3])


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="counts exceed nobs"):
        trend([6, 1], [5, 5])
    with pytest.raises(ValueError, match="scores"):
        trend([1, 1], [5, 5], scores=[1, 2, 3])
    with pytest.raises(ValueError, match="scores must be finite"):
        trend([1, 2, 3], [5, 5, 5], scores=[1, math.nan, 2])


@given(years, st.floats(0.1, 10), st.floats(-100, 100))
def test_only_the_spacing_of_the_scores_matters(rows: list[tuple[int, int]], k: float, shift: float) -> None:
    counts, nobs = zip(*rows, strict=True)
    assume(0 < sum(counts) < sum(nobs))
    moved = k * np.arange(len(rows)) + shift
    assert trend(counts, nobs).statistic == pytest.approx(trend(counts, nobs, moved).statistic, abs=1e-6)


@given(years.filter(lambda rows: len(rows) == 2))
def test_two_years_are_the_chi_square_test(rows: list[tuple[int, int]]) -> None:
    counts, nobs = zip(*rows, strict=True)
    assume(0 < sum(counts) < sum(nobs))
    oracle = proportions_chisquare(np.array(counts), np.array(nobs))[0]
    assert trend(counts, nobs).statistic == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize("score", [2021.1, 0.1, 1 / 3])
def test_of_one_score_there_is_no_trend(score: float) -> None:
    assert trend([5, 6, 7], [11, 13, 17], [score] * 3) == Test(None, None, None)
