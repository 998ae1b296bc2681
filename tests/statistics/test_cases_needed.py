"""How many cases would be enough to show a ratio."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reportlib.statistics import cases_needed, detectable_ratio

shares = st.floats(0.02, 0.9)

sizes = st.integers(20, 5_000)


def test_fleiss_levin_and_paik_2003_sample_size() -> None:
    """25% against 40% at 80% power needs 152 in each arm, before any continuity correction."""
    assert np.ceil(cases_needed(0.25, 0.4 / 0.25)) == 152


def test_cases_without_an_answer() -> None:
    assert cases_needed(0.3, 1) == np.inf
    assert np.isnan(cases_needed(0.6, 2))


def test_the_design_effect_multiplies_them() -> None:
    assert cases_needed(0.3, 1.5, deff=2) == pytest.approx(2 * cases_needed(0.3, 1.5))


@given(shares, sizes, sizes)
def test_cases_needed_undoes_detectable_ratio(share: float, n: int, m: int) -> None:
    for ratio in detectable_ratio(share, n, m):
        assume(ratio is not None and share * ratio <= 1)
        assert cases_needed(share, ratio, ref_per_case=m / n) == pytest.approx(n, rel=1e-6)
