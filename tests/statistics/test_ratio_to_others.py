"""Whether the relative rate of one part differs from that of the others together."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import ratio_to_others


def test_hormone_replacement_and_fractures_in_women_under_sixty_and_over() -> None:
    """Altman and Bland (2003), Interaction revisited, BMJ 326: 219: 0.76 (0.49 to 1.17), z = 1.24, P = 0.2."""
    found = ratio_to_others([0.67, 0.88], [0.46, 0.71], [0.98, 1.08])
    assert found.loc[0, ["value", "lower", "upper"]].round(2).tolist() == [0.76, 0.49, 1.17]
    assert found["p_value"].round(1).tolist() == [0.2, 0.2]
    assert found["value"].tolist() == pytest.approx([0.67 / 0.88, 0.88 / 0.67])


def test_the_others_are_weighted_by_how_sure_they_are() -> None:
    """Standard errors 0.1, 0.2 and 0.2: the two others of the first weigh alike, those of the second 4 to 1."""
    se, z = np.array([0.1, 0.2, 0.2]), 1.959963984540054
    logs = np.array([0.0, 0.3, 0.5])
    found = ratio_to_others(np.exp(logs), np.exp(logs - z * se), np.exp(logs + z * se))
    assert np.log(found["value"]).tolist() == pytest.approx([-0.4, 0.3 - 0.5 / 5, 0.5 - 0.3 / 5])
    reach = np.log(found["upper"] / found["value"]) / z
    assert (reach**2).tolist() == pytest.approx([0.01 + 1 / 50, 0.04 + 1 / 125, 0.04 + 1 / 125])
    assert found.loc[0, "p_value"] == pytest.approx(math.erfc(0.4 / math.sqrt(0.03) / math.sqrt(2)))


def test_a_part_without_an_interval_has_no_test_and_is_none_of_the_others() -> None:
    given = [0.67, 0.88, np.nan, 0.0, 2.0], [0.46, 0.71, 0.1, 0.0, 1.0], [0.98, 1.08, 0.2, 1.0, np.inf]
    found = ratio_to_others(*given)
    assert found["value"].round(2).dropna().to_dict() == {0: 0.76, 1: 1.31}
    assert found["reason"].dropna().to_dict() == dict.fromkeys([2, 3, 4], "no interval")
    assert ratio_to_others([0.67], [0.46], [0.98])["reason"].tolist() == ["no other part"]
    assert ratio_to_others([], [], []).empty


def test_limits_of_another_level_say_as_much() -> None:
    z = {0.95: 1.959963984540054, 0.9: 1.6448536269514722}
    told = [ratio_to_others([1.2, 1.0], *([r * np.exp(side * q * 0.1) for r in (1.2, 1.0)] for side in (-1, 1)), level)
            for level, q in z.items()]  # fmt: skip
    assert told[0]["p_value"].tolist() == pytest.approx(told[1]["p_value"].tolist())


def test_lengths_that_differ_are_refused_and_labels_are_kept() -> None:
    with pytest.raises(ValueError, match="unequal lengths"):
        ratio_to_others([0.67, 0.88], [0.46], [0.98, 1.08])
    frame = pd.DataFrame({"ratio": [0.67, 0.88], "lower": [0.46, 0.71], "upper": [0.98, 1.08]}, index=["a", "b"])
    assert ratio_to_others(frame["ratio"], frame["lower"], frame["upper"]).index.tolist() == ["a", "b"]


parts = st.lists(st.tuples(st.floats(0.2, 5), st.floats(1.05, 3)), min_size=2, max_size=8)


@given(parts, st.floats(0.5, 2))
def test_the_p_value_goes_with_the_interval_and_a_factor_in_all_parts_changes_nothing(
    drawn: list[tuple[float, float]], factor: float
) -> None:
    ratio, width = map(np.array, zip(*drawn, strict=True))
    found = ratio_to_others(ratio, ratio / width, ratio * width)
    apart = (found["lower"] > 1) | (found["upper"] < 1)
    assert (apart == (found["p_value"] < 0.05)).all()
    moved = ratio_to_others(factor * ratio, factor * ratio / width, factor * ratio * width)
    assert np.allclose(moved["p_value"], found["p_value"], rtol=1e-6, atol=1e-9)
