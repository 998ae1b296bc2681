"""Which of six words a comparison has earned."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import VERDICTS, Estimate, adjust_p, relative_rate, verdict

CASES = [
    (1.50, 1.20, 1.90, 0.001, "disproportionate"),
    (0.70, 0.60, 0.85, 0.001, "disproportionate"),
    (1.15, 1.05, 1.30, 0.010, "difference, size uncertain"),
    (0.90, 0.75, 0.98, 0.020, "difference, size uncertain"),
    (1.10, 1.05, 1.20, 0.001, "small difference"),
    (1.02, 0.90, 1.15, 0.700, "parity"),
    (1.50, 0.90, 2.50, 0.100, "inconclusive"),
    (1.00, 0.50, 2.00, 0.999, "inconclusive"),
]


@pytest.mark.parametrize(("value", "lower", "upper", "p", "word"), CASES)
def test_the_words(value: float, lower: float, upper: float, p: float, word: str) -> None:
    assert verdict(Estimate(value, lower, upper), p) == word


def test_a_frame_gets_a_word_a_row() -> None:
    frame = pd.DataFrame(CASES, columns=["value", "lower", "upper", "p", "word"], index=list("abcdefgh"))
    found = verdict(frame, frame["p"])
    assert found.to_dict() == frame["word"].to_dict()
    none = verdict(frame, frame["p"], assessed=frame["p"] > 1)
    assert set(none) == {"not assessed"}


def test_uniform_guidelines_1978_four_fifths_example() -> None:
    """48 of 80 White and 12 of 40 Black applicants hired: 60% and 30%, a ratio of one half."""
    found = relative_rate(12, 40, 48, 80)
    assert found.value == pytest.approx(0.5)
    assert verdict(found, found.p_value) == "disproportionate"


def test_all_six_are_given_and_no_other() -> None:
    assert {word for *_, word in CASES} | {"not assessed"} == set(VERDICTS)


def test_suppressed_undefined_or_gated_is_not_assessed() -> None:
    assert verdict(Estimate(None, None, None, None, "suppressed"), None) == "not assessed"
    assert verdict(Estimate(1.5, 1.2, 1.9), None) == "not assessed"
    assert verdict(Estimate(1.5, 1.2, 1.9), 0.001, assessed=False) == "not assessed"
    suppressed = relative_rate([5, None], 10, 50, 100)  # type: ignore[list-item]
    assert list(verdict(suppressed, suppressed["p_value"]))[1] == "not assessed"


def test_an_infinite_ratio_can_be_disproportionate_and_open_limits_reach_outside() -> None:
    assert verdict(Estimate(math.inf, 1.6, math.inf), 0.001) == "disproportionate"
    assert verdict(Estimate(1.0, None, None), 0.9) == "inconclusive"


def test_significance_is_at_5_per_cent_inclusive() -> None:
    assert verdict(Estimate(1.5, 1.2, 1.9), 0.05) == "disproportionate"
    assert verdict(Estimate(1.5, 1.2, 1.9), 0.0501) == "inconclusive"


def test_the_band_is_a_parameter_that_holds_1() -> None:
    assert verdict(Estimate(1.5, 1.2, 1.6), 0.001, band=(0.5, 2)) == "small difference"
    with pytest.raises(ValueError, match="the band must hold 1"):
        verdict(Estimate(1.5, 1.2, 1.6), 0.001, band=(1.1, 2))


limits = st.lists(st.floats(0.1, 10), min_size=3, max_size=3).map(sorted)


@given(limits, st.floats(0, 1))
def test_swapping_the_arms_keeps_the_word(interval: list[float], p: float) -> None:
    lower, value, upper = interval
    edges = np.array([0.8, 1.25, 1])
    if min(abs(x - edge) for x in interval for edge in edges) > 1e-9:
        swapped = Estimate(1 / value, 1 / upper, 1 / lower)
        assert verdict(Estimate(value, lower, upper), p) == verdict(swapped, p)


@given(limits, st.floats(0, 1))
def test_inconclusive_and_parity_need_no_significance_the_others_do(interval: list[float], p: float) -> None:
    lower, value, upper = interval
    word = verdict(Estimate(value, lower, upper), p)
    assert (word in {"parity", "inconclusive"}) == (p > 0.05)


@pytest.mark.parametrize("nobs", [10_000, 7_500, 3_700])
def test_a_ratio_at_the_end_of_the_band_is_inside_whichever_way_round(nobs: int) -> None:
    """400 of 10,000 against 500 of 10,000 is 0.8, which floats may make a little less; its inverse is 1.25."""
    few, many = relative_rate(4 * nobs // 100, nobs, 500, 10_000), relative_rate(500, 10_000, 4 * nobs // 100, nobs)
    assert few.value == pytest.approx(0.8, abs=1e-12)
    assert {verdict(each, 0.001) for each in (few, many)} == {"difference, size uncertain"}


@pytest.mark.parametrize("p", [-0.5, 1.5])
def test_a_p_value_that_is_none_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        verdict(Estimate(1.5, 1.2, 1.9), p)


def test_a_p_value_at_the_threshold_is_significant_though_adjusting_rounds_it_up() -> None:
    """Seven of ten at 0.035 become 0.05, and as floats a little more."""
    adjusted = np.asarray(adjust_p([0.035] * 7 + [0.9] * 3))[0]
    assert adjusted == pytest.approx(0.05, abs=1e-12)
    assert verdict(Estimate(1.5, 1.01, 1.9), adjusted) == "disproportionate"


@pytest.mark.parametrize("p", [[0.01], pd.Series([0.01, 0.9], index=["b", "a"])])
def test_p_values_of_other_rows_are_refused(p: list[float] | pd.Series) -> None:
    frame = pd.DataFrame({"value": [1.5, 1.0], "lower": [1.2, 0.9], "upper": [1.9, 1.1]}, index=["a", "b"])
    with pytest.raises(ValueError, match=r"unequal lengths|different labels"):
        verdict(frame, p)
