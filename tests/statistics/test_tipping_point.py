"""How many of the unknown events would even a difference out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reportlib.statistics import tipping_point

arm = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))


def test_yan_lee_and_li_2009_tipping_point_by_hand() -> None:
    """40% v 30%: k to the reference with (300 + k)/(1,000 + k) = 0.4 needs 166.7, of 200 unknown."""
    assert tipping_point(40, 100, 300, 1000, 200) == (pytest.approx(0.8333, abs=5e-5), "reference")
    share, whom = tipping_point(20, 100, 300, 1000, 20)
    assert whom == "group" and (20 + 20 * share) / (100 + 20 * share) == pytest.approx(0.3)


def test_a_tipping_point_out_of_reach_says_how_far() -> None:
    assert tipping_point(40, 100, 300, 1000, 15)[0] == pytest.approx(11.11, abs=5e-3)
    assert tipping_point(40, 100, 300, 1000, 0)[0] == np.inf
    assert tipping_point(50, 100, 100, 100, 10)[0] == np.inf


def test_an_even_ratio_needs_nothing_and_an_empty_arm_has_none() -> None:
    assert tipping_point(3, 10, 30, 100, 5)[0] == 0
    assert np.isnan(tipping_point(0, 0, 3, 10, 5)[0])
    share, whom = tipping_point([40, 20], [100, 100], 300, 1000, 20)
    assert list(whom) == ["reference", "group"] and len(share) == 2


def test_more_events_than_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="ref_count exceeds"):
        tipping_point(1, 2, 3, 2, 1)


@given(arm, arm, st.integers(1, 50))
def test_giving_the_tipping_point_makes_the_ratio_1(
    group: tuple[int, int], reference: tuple[int, int], events: int
) -> None:
    share, whom = tipping_point(*group, *reference, events)
    assume(np.isfinite(share))
    given_ = {"group": 0.0, "reference": 0.0, whom: share * events}
    p = (group[0] + given_["group"]) / (group[1] + given_["group"])
    assert p == pytest.approx((reference[0] + given_["reference"]) / (reference[1] + given_["reference"]))
