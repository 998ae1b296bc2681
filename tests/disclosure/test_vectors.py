"""The attacker's intervals on tables whose answers are known by full enumeration."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportlib.comparison import compare
from reportlib.disclosure import feasible_interval
from reportlib.measures import MEASURES, TableSpec

HELD = json.loads((Path(__file__).parent / "vectors.json").read_text())
VECTORS, DERIVED = HELD["vectors"], HELD["derived_field_cases"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["id"])
def test_intervals_are_those_of_the_vector(vector: dict[str, Any]) -> None:
    found = feasible_interval(
        vector["interior"], vector["margins"], vector["suppressed"], vector["attacker_lower_bound"]
    )
    for expected in vector["expected"]:
        bounds = found[tuple(expected["cell"])]
        assert [bounds.lower, bounds.upper] == expected["lp"]
        assert [bounds.integer_lower, bounds.integer_upper] == expected["integer"]
        assert bounds.exact == expected["exactly_disclosed"]


def test_a_total_that_is_not_published_bounds_nothing() -> None:
    found = feasible_interval([[1, 2], [3, 4]], "row totals", [(0, 0), (0, 1)], 1)
    assert found[0, 0][:2] == (1, 2)  # 1 + 2 = 3, and each is at least 1
    found = feasible_interval([[1, 2], [3, 4]], "column totals", [(0, 0), (0, 1)], 1)
    assert found[0, 0].exact and found[0, 1].exact
    found = feasible_interval([[1, 2], [3, 4]], "none", [(0, 0)], 1)
    assert found[0, 0][:2] == (1, float("inf"))


def test_a_total_may_be_suppressed_too() -> None:
    found = feasible_interval([3, 4, 5], "all", [(0,), (3,)], 1)
    assert found[0,][:2] == (1, float("inf"))
    assert found[3,][:2] == (10, float("inf"))  # 4 + 5 + 1


def test_linear_and_integer_bounds_differ_where_fractions_fit() -> None:
    """Three dimensions, every total known: an odd cell of the cube may be a half, but not for whole people."""
    cube = [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]
    every = [(i, j, k) for i in range(2) for j in range(2) for k in range(2)]
    found = feasible_interval(cube, "all", every)
    assert found[0, 0, 0] == (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("margins", "upper"),
    [
        ("all row totals published", 2),
        ("row and column totals", 1),
        ("All two-way totals", 1),
        ("None.", math.inf),
        ("no margins published", math.inf),
    ],
)
def test_totals_are_named_in_words(margins: str, upper: float) -> None:
    assert feasible_interval([[1, 2], [3, 4]], margins, [(0, 0), (0, 1)], 1)[0, 0].upper == upper


@pytest.mark.parametrize(
    "margins", ["", "totals", "no totals suppressed", "row totals published, column totals not published"]
)
def test_totals_that_are_not_named_are_refused(margins: str) -> None:
    with pytest.raises(ValueError, match="margins are all or none, or the row, column or grand totals"):
        feasible_interval([[1, 2], [3, 4]], margins, [(0, 0)])


def test_a_cell_below_what_it_is_said_to_be_at_the_least_is_refused() -> None:
    with pytest.raises(ValueError, match="a suppressed cell is less than 2"):
        feasible_interval([[1, 2], [3, 4]], "all", [(0, 0), (0, 1)], 2)


@pytest.mark.parametrize("case", DERIVED, ids=lambda case: case["id"])
def test_what_is_made_of_a_hidden_count_is_hidden_with_it(case: dict[str, Any]) -> None:
    """Printed, a rate or percentage on so many gives one count alone."""
    share = "published_total" in case
    nobs = case["published_total"] if share else case["published_denominator"]
    printed, per = (case["published_percent_1dp"], 100) if share else (case["published_rate_per_1000"], 1000)
    (true,) = [x for x in range(1, 6) if round(x / nobs * per, 1) == round(printed, 1)]
    assert true in case.get("expected_candidates", [case.get("expected_recovered")])
    spec = TableSpec("t", MEASURES["upheld" if share else "deaths"], ("ethnicity",), "5+1")
    counts = pd.DataFrame({"ethnicity": ["B", "W"], "numerator": [None, 60], "denominator": [nobs, nobs]})
    counts = counts.astype({"numerator": "Int64"}).assign(mark=["c", ""])
    nothing = pd.DataFrame(columns=["ethnicity", "statistic", "value", "lower", "upper", "p_value"])
    hidden, shown = (
        compare(counts, nothing, spec, reference="W", years=1).set_index("ethnicity").loc[["B", "W"], "value"]
    )
    assert pd.isna(hidden) and shown == pytest.approx(60 / nobs * (1 if share else 1000), rel=0.01)


@pytest.mark.parametrize(
    ("interior", "margins", "said"),
    [
        ([[12.5, 3], [4, 5]], "all", "whole"),
        ([[12, -3], [4, 5]], "all", "not negative"),
        ([[12, 3], [4, 5]], "all margins but the first row total", "margins are all or none"),
    ],
)
def test_what_is_no_table_or_names_no_margins_is_refused(interior: list[list[float]], margins: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        feasible_interval(interior, margins, [(0, 0)])
