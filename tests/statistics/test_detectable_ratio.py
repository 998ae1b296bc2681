"""What a comparison of this size could have shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import power_proportions_2indep

from reportlib.statistics import detectable_ratio

shares = st.floats(0.02, 0.9)
sizes = st.integers(20, 5_000)


def test_fleiss_levin_and_paik_2003_sample_size() -> None:
    """25% against 40% at 80% power needs 152 in each arm, before any continuity correction."""
    assert detectable_ratio(0.25, 152, 152)[1] == pytest.approx(1.6, abs=1e-3)


def test_a_small_arm_can_show_nothing_below() -> None:
    below, above = detectable_ratio(0.05, 20, 1000)
    assert below is None and above > 2


def test_a_share_near_the_top_can_show_nothing_above() -> None:
    assert detectable_ratio(0.98, 50, 1000)[1] is None


def test_no_cases_or_no_share_can_show_nothing() -> None:
    assert detectable_ratio(0.5, 0, 100) == (None, None)
    assert detectable_ratio(0, 100, 100) == (None, None)


def test_columns_give_columns() -> None:
    below, above = detectable_ratio([0.3, None, 0.05], 200, 2000)  # type: ignore[list-item]
    assert below[0] == pytest.approx(detectable_ratio(0.3, 200, 2000)[0])
    assert np.isnan([below[1], above[1]]).all()


def test_the_design_effect_shrinks_the_sample() -> None:
    assert detectable_ratio(0.3, 400, 4000, deff=2) == pytest.approx(detectable_ratio(0.3, 200, 2000))


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="ref_share exceeds 1"):
        detectable_ratio(30, 100, 100)
    with pytest.raises(ValueError, match="power and alpha"):
        detectable_ratio(0.3, 100, 100, power=80)


@given(shares, sizes, sizes)
def test_the_power_at_the_answer_is_80_per_cent_by_statsmodels(share: float, n: int, m: int) -> None:
    for ratio in detectable_ratio(share, n, m):
        assume(ratio is not None)
        side = "larger" if ratio > 1 else "smaller"  # a score on the wrong side shows nothing
        oracle = power_proportions_2indep(share * ratio - share, share, n, ratio=m / n, alpha=0.025, alternative=side)
        assert oracle.power == pytest.approx(0.8, abs=1e-6)


@given(shares, sizes, sizes, st.integers(2, 10))
def test_more_cases_show_smaller_differences(share: float, n: int, m: int, k: int) -> None:
    (below, above), (nearer_below, nearer_above) = (
        detectable_ratio(share, n, m),
        detectable_ratio(share, k * n, k * m),
    )
    assert below is None or below < nearer_below < 1
    assert above is None or above > nearer_above > 1
