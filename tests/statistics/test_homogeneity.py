"""Whether strata share one relative rate: Cochran's Q on log risk ratios."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from test_mantel_haenszel import BCG, tables

from reportlib.statistics import Test, homogeneity, mantel_haenszel


def test_cochrans_q_on_colditz_1994() -> None:
    found = homogeneity(BCG)
    assert found.statistic == pytest.approx(152.2330, abs=5e-5) and found.df == 12


def test_an_empty_stratum_an_empty_arm_or_a_stratum_without_events_changes_nothing() -> None:
    assert homogeneity([*BCG, [[0, 0], [0, 0]], [[3, 4], [0, 0]], [[0, 9], [0, 40]]]) == homogeneity(BCG)


def test_one_stratum_cannot_differ_from_itself() -> None:
    assert homogeneity(BCG[:1]) == Test(None, None, None)


def test_a_stratum_with_a_zero_still_counts() -> None:
    found = homogeneity([[[0, 20], [5, 15]], [[10, 10], [5, 15]]])
    assert found.df == 1 and found.p_value is not None and found.p_value < 0.1


def test_strata_with_the_same_ratio_are_homogeneous() -> None:
    """Breslow and Day's test would reject these: the ratios are both 2, the odds ratios 2.1 and 6."""
    same = [[[10, 90], [5, 95]], [[80, 20], [40, 60]]]
    assert homogeneity(same).statistic == pytest.approx(0, abs=1e-12)
    assert mantel_haenszel(same).value == pytest.approx(2)


@given(tables)
def test_swapping_the_arms_changes_nothing(counts: list[object]) -> None:
    array = np.array(counts, dtype=float)
    found, swapped = homogeneity(array).statistic, homogeneity(array[:, ::-1]).statistic
    assume(found is not None)
    assert found == pytest.approx(swapped, abs=1e-9)
