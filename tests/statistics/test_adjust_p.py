"""P-values adjusted for the size of their family."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from reportlib.statistics import METHODS, adjust_p

THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip
families = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_benjamini_and_hochberg_1995_reject_four_bonferroni_three() -> None:
    assert (adjust_p(THROMBOLYSIS) <= 0.05).sum() == 4
    assert (adjust_p(THROMBOLYSIS, method="bonferroni") <= 0.05).sum() == 3


def test_the_report_names_the_source_of_the_one_method_that_it_uses() -> None:
    assert METHODS["adjust_p"].source == "Benjamini and Hochberg (1995)"


def test_what_is_not_assessed_leaves_the_family() -> None:
    found = adjust_p([0.01, None, 0.04, float("nan")])  # type: ignore[list-item]
    np.testing.assert_allclose(found, [0.02, np.nan, 0.04, np.nan])
    assert np.isnan(adjust_p([None, None])).all()  # type: ignore[list-item]


def test_a_family_of_one_or_none() -> None:
    assert adjust_p(0.03) == 0.03
    assert len(adjust_p([])) == 0


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        adjust_p([0.5, 1.5])
    with pytest.raises(ValueError, match="method"):
        adjust_p([0.5], method="hopeful")


@given(families)
def test_agrees_with_scipy_and_never_falls_below_the_raw(p_values: list[float]) -> None:
    found = adjust_p(p_values)
    np.testing.assert_allclose(found, false_discovery_control(p_values), rtol=1e-9)
    assert (found >= np.array(p_values) * (1 - 1e-12)).all()


@given(families, st.randoms())
def test_the_order_of_the_family_does_not_matter(p_values: list[float], random) -> None:  # type: ignore[no-untyped-def]
    order = random.sample(range(len(p_values)), len(p_values))
    np.testing.assert_allclose(adjust_p(np.array(p_values)[order]), adjust_p(p_values)[order])
