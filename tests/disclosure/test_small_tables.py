"""Small tables, worked out whole: every table that fits is enumerated, and so is every pattern."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from reportlib.disclosure import CountTable, Policy, protect

SHAPES = [(3, 3), (2, 4), (3, 2), (2, 2, 2), (5,), (3, 4)]


def with_totals(interior: np.ndarray) -> np.ndarray:
    for axis in range(interior.ndim):
        interior = np.concatenate([interior, interior.sum(axis=axis, keepdims=True)], axis=axis)
    return interior


def suppress(interior: np.ndarray) -> np.ndarray:
    """Where the library hides: "" or the rule, in the shape of the table with totals."""
    full = with_totals(interior)
    codes = product(*([*map(str, range(size)), "all"] for size in interior.shape))
    frame = pd.DataFrame(codes, columns=list("abc")[: interior.ndim]).assign(value=full.ravel())
    return protect([CountTable("t", "x", frame)], Policy()).marks("t").to_numpy().reshape(full.shape)


def fitting(interior: np.ndarray, hidden: np.ndarray) -> Iterator[np.ndarray]:
    """Every table with totals that shows the same, its hidden cells at least 1 and no more than 9 higher."""
    full, inside = with_totals(interior), hidden[tuple(slice(-1) for _ in interior.shape)]
    ranges = [range(1, v + 10) if h else (v,) for v, h in zip(interior.ravel(), inside.ravel(), strict=True)]
    for values in product(*ranges):
        other = with_totals(np.array(values).reshape(interior.shape))
        if (other == full)[~hidden].all():
            yield other


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4), st.sampled_from([(2, 2), (4,)]))
def test_enumeration_finds_nobody(counts: list[int], shape: tuple[int, ...]) -> None:
    interior = np.array(counts).reshape(shape)
    full, hidden = with_totals(interior), suppress(interior) != ""
    assert hidden[(full >= 1) & (full <= 5)].all() and not hidden[full == 0].any()
    low, high = full.copy(), full.copy()
    for other in fitting(interior, hidden):
        low, high = np.minimum(low, other), np.maximum(high, other)
    small = hidden & (full <= 5)
    assert (high - low)[small].min(initial=9) >= 5 and high[small].min(initial=9) > 5
    assert (high - low)[hidden].min(initial=9) >= 1


def least_suppression(interior: np.ndarray) -> int:
    """How many cells must be hidden beside the small ones, by trying every set of them, smallest first."""
    full = with_totals(interior)
    lines, value = _lines(full.shape), full.ravel()
    small = np.flatnonzero((value >= 1) & (value <= 5))
    large = np.flatnonzero(value > 5)
    for size in range(len(large) + 1):
        for extra in combinations(large, size):
            if _is_protected(np.sort([*small, *extra]).astype(int), small, value, lines):
                return size
    raise AssertionError("hiding everything protects everything")


def _lines(shape: tuple[int, ...]) -> np.ndarray:
    places, lines = np.arange(np.prod(shape)).reshape(shape), []
    for axis, size in enumerate(shape):
        for line in np.moveaxis(places, axis, -1).reshape(-1, size):
            lines.append(np.isin(places.ravel(), line[:-1]).astype(float) - np.isin(places.ravel(), line[-1]))
    return np.array(lines)


def _is_protected(hidden: np.ndarray, small: np.ndarray, value: np.ndarray, lines: np.ndarray) -> bool:
    own = lines[:, hidden]
    if (np.count_nonzero(own, axis=1) == 1).any():
        return False
    rest = own @ value[hidden]
    for cell in [*small, *np.setdiff1d(hidden, small)]:  # the small ones fail first
        low = _extreme(hidden == cell, own, rest, 1, np.inf)
        wide = cell in small
        high = _extreme(hidden == cell, own, rest, -1, max(low + 5, 6) if wide else low + 1)
        if high - low < (5 if wide else 1) or (wide and high < 6):
            return False
    return True


def _extreme(cell: np.ndarray, rows: np.ndarray, rest: np.ndarray, sign: int, cap: float) -> int:
    found = milp(
        sign * cell.astype(float),
        constraints=LinearConstraint(rows, rest, rest),
        bounds=Bounds(1, np.where(cell, cap, np.inf)),
        integrality=np.ones(len(cell)),
    )
    return round(sign * found.fun) if found.status == 0 else 0


def _suppressed(seed: int) -> tuple[int, int, int] | None:
    """How many cells are small, how many more the library hides, and how many it had to."""
    rng = np.random.default_rng(seed)
    shape, mean = SHAPES[seed % len(SHAPES)], rng.choice([4, 8, 15])
    interior = rng.negative_binomial(1, 1 / (1 + mean), shape)
    interior[rng.random(shape) < 0.1] = 0
    marks = suppress(interior)
    small = int((marks == "primary").sum())
    return (small, int((marks != "").sum()) - small, least_suppression(interior)) if small else None


def near_the_optimum(seeds: range) -> None:
    counts = np.array([found for found in map(_suppressed, seeds) if found])
    small, hidden, least = counts.T
    assert (hidden >= least).all()
    ratio = (small + hidden) / (small + least)
    assert np.median(ratio) <= 1.5 and ratio.max() <= 2


def test_little_more_is_hidden_than_must_be() -> None:
    near_the_optimum(range(12))


@pytest.mark.full
def test_little_more_is_hidden_than_must_be_on_hundreds_of_tables() -> None:
    near_the_optimum(range(12, 400))


@pytest.mark.parametrize(
    "interior",
    [
        [[8, 1, 4, 20], [20, 3, 7, 0]],
        pytest.param([[[3, 6], [12, 20]], [[4, 8], [2, 6]]], marks=pytest.mark.full),
    ],
)
def test_what_a_later_move_makes_needless_is_shown_again(interior: list[object]) -> None:
    """Each small count is given a move of its own; together they hide one cell too many, or four."""
    marks = suppress(np.array(interior))
    assert np.isin(marks, ["implied", "secondary"]).sum() == least_suppression(np.array(interior))


@pytest.mark.parametrize(("people", "beside"), [({"A": 500, "B": 9000}, "A"), ({"A": 9000, "B": 500}, "B")])
def test_beside_a_small_count_goes_that_of_the_smaller_group_of_people(people: dict[str, int], beside: str) -> None:
    """Both counts are 20, so that either would do."""
    events = {"A": 20, "B": 20, "C": 3}
    tables = [
        CountTable(part, part, pd.DataFrame({"ethnicity": [*own, "all"], "value": [*own.values(), sum(own.values())]}))
        for part, own in {"events": events, "people": {**people, "C": 100}}.items()
    ]
    assert protect(tables, Policy()).marks("events").ne("").tolist() == [beside == "A", beside == "B", True, False]
