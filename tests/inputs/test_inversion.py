"""No released estimate gives a hidden count back to an attacker who inverts it at the precision of print.

The attacker shares no code with the library: it writes the estimate's formula itself (Greenland and Robins 1985),
knows every other count, and tries every value of the hidden one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest

from reportlib.build.releasable import releasable
from reportlib.inputs.inversion import Hidden
from reportlib.inputs.strata import _common
from reportlib.measures import MEASURES, TableSpec
from reportlib.statistics import Estimate

YEARS = ("2022-23", "2023-24", "2024-25")
PLACES = ("open", "closed", "women's")
EXPOSURE = pd.DataFrame({"n": [900.0, 2500.0, 300.0], "n_ref": [9000.0, 21000.0, 2000.0]}, index=PLACES)


def counts(own: list[int], other: list[int]) -> pd.Series:
    return pd.concat({"A": pd.Series(own, PLACES), "W": pd.Series(other, PLACES)})


def hiding(*cells: tuple[str, str], width: int = 5) -> Hidden:
    """All counts of both groups are shown but these."""
    return Hidden(frozenset((group, place) for group in "AW" for place in PLACES) - {*cells}, width=width)


def told(x: np.ndarray, y: np.ndarray, exposure: pd.DataFrame = EXPOSURE) -> tuple[str, ...]:
    """The Mantel-Haenszel rate ratio with its 95% limits, as printed."""
    t, u = exposure["n"].to_numpy(), exposure["n_ref"].to_numpy()
    above, below = (x * u / (t + u)).sum(), (y * t / (t + u)).sum()
    error = sqrt(((x + y) * t * u / (t + u) ** 2).sum() / (above * below))
    middle = log(above / below)
    return tuple(f"{exp(middle + z * error):.2f}" for z in (0, -1.959963984540054, 1.959963984540054))


def survivors(own: list[int], other: list[int], at: int) -> list[int]:
    """Every value that the hidden count may have, given what is printed."""
    printed = told(np.array(own), np.array(other))
    return [v for v in range(1, 60) if told(np.array([*own[:at], v, *own[at + 1 :]]), np.array(other)) == printed]


def given_back(own: list[int], other: list[int], at: int, width: int = 5) -> bool:
    make = partial(_common, EXPOSURE, "rate", 1.0, 1.0, 0.95)
    hidden = hiding(("A", PLACES[at]), width=width)
    return hidden.given_back(counts(own, other), lambda held: make(held).values(), 0.01)


def test_an_adjusted_ratio_of_few_events_gives_the_only_hidden_stratum_back() -> None:
    """The planted leak: 3 of 100 are hidden, and the adjusted ratio with its limits leaves one value."""
    own, other = [3, 80, 17], [400, 1000, 100]
    assert survivors(own, other, 0) == [3]
    assert given_back(own, other, 0)


def test_a_count_that_is_not_small_is_given_back_where_one_value_is_left() -> None:
    own, other = [30, 80, 17], [400, 1000, 100]
    assert survivors(own, other, 0) == [30]
    assert given_back(own, other, 0)


def test_values_that_span_less_than_the_width_give_a_count_back() -> None:
    own, other = [4, 607, 101], [425, 3402, 641]
    assert survivors(own, other, 0) == [3, 4, 5, 6, 7]
    assert given_back(own, other, 0)
    assert not given_back(own, other, 0, width=4)


def test_an_adjusted_ratio_of_many_events_does_not_tell_and_is_released() -> None:
    own, other = [3, 2600, 700], [3000, 22000, 4700]
    left = survivors(own, other, 0)
    assert max(left) - min(left) >= 5 and max(left) > 5
    assert not given_back(own, other, 0)


def test_what_is_released_leaves_the_attacker_the_width_of_the_policy() -> None:
    rng = np.random.default_rng(1)
    released = 0
    for _ in range(60):
        size = rng.choice([30, 300, 3000])
        own = [int(rng.integers(1, 6)), int(rng.poisson(size)) + 10, int(rng.poisson(size / 4)) + 10]
        other = [int(n) for n in rng.poisson([size, 8.4 * size, 1.7 * size])]
        if not given_back(own, other, 0):
            released += 1
            left = survivors(own, other, 0)
            assert max(left) - min(left) >= 5 and max(left) > 5
    assert released > 10


def crosswise(own: list[int], other: list[int], exposure: pd.DataFrame) -> list[int]:
    """Every value of the first hidden count that fits print and all margins: the first two strata are hidden."""
    ratio = partial(told, exposure=exposure)
    printed = ratio(np.array(own), np.array(other))
    return [
        own[0] + by
        for by in range(-30, 31)
        if min(own[0] + by, own[1] - by, other[0] - by, other[1] + by) >= 1
        and ratio(np.add(own, [by, -by, 0]), np.add(other, [-by, by, 0])) == printed
    ]


def given_back_crosswise(
    own: list[int], other: list[int], exposure: pd.DataFrame, width: int = 5, sums: bool = False
) -> bool:
    make = partial(_common, exposure, "rate", 1.0, 1.0, 0.95)
    hidden = hiding(*((group, place) for group in "AW" for place in PLACES[:2]), width=width)
    return hidden.given_back(counts(own, other), lambda held: make(held).values(), 0.01, sums=sums)


@pytest.mark.parametrize(
    ("own", "other", "exposure", "left"),
    [
        ([4, 257, 369], [249, 551, 435], [[5990, 4831, 8976], [3389, 8625, 2635]], [1, 2, 3, 4, 5]),
        # pairs of them, whose sum is known, leave the width as well
        ([3, 2360, 2209], [1277, 1077, 1161], [[6538, 19325, 10473], [16035, 7208, 16755]], [1, 2, 3, 4]),
    ],
)
def test_counts_that_move_together_because_sums_are_known_are_not_given_back(
    own: list[int], other: list[int], exposure: list[list[int]], left: list[int]
) -> None:
    """Moved by itself each of the four leaves the width; moved crosswise, as margins allow, the small one does not."""
    people = pd.DataFrame({"n": exposure[0], "n_ref": exposure[1]}, index=PLACES, dtype=float)
    assert crosswise(own, other, people) == left
    assert given_back_crosswise(own, other, people)
    assert given_back_crosswise(own, other, people, width=3)  # none of the values is above the threshold


def test_no_value_under_one_is_reckoned_with() -> None:
    """What is printed fits 1 to 6, which span five."""
    people = pd.DataFrame({"n": [5648, 5485, 5489], "n_ref": [5455, 7988, 5501]}, index=PLACES, dtype=float)
    own, other = [3, 1162, 1095], [654, 461, 490]
    printed = told(np.array(own), np.array(other), people)
    fits = [v for v in range(1, 60) if told(np.array([v, *own[1:]]), np.array(other), people) == printed]
    assert fits == [1, 2, 3, 4, 5, 6]
    make = partial(_common, people, "rate", 1.0, 1.0, 0.95)
    for width, given in ((5, False), (7, True)):
        hidden = hiding(("A", "open"), width=width)
        assert hidden.given_back(counts(own, other), lambda held: make(held).values(), 0.01) == given


@pytest.mark.parametrize(
    ("own", "other", "exposure", "beside", "left"),
    [
        # against another group in the same stratum, then against another stratum of the same group
        ([5, 372, 708], [989, 568, 689], [[7085, 8601, 8169], [5579, 8583, 8833]], ("W", "open"), [4, 5, 6, 7]),
        ([5, 55, 454], [258, 551, 469], [[4438, 4703, 4445], [4390, 6325, 6967]], ("A", "closed"), [1, 2, 3, 4, 5]),
    ],
)
def test_two_counts_whose_sum_is_known_are_not_given_back(
    own: list[int], other: list[int], exposure: list[list[int]], beside: tuple[str, str], left: list[int]
) -> None:
    """Moved by itself either leaves the width; moved so that their sum stays, the small one has too few values left."""
    people = pd.DataFrame({"n": exposure[0], "n_ref": exposure[1]}, index=PLACES, dtype=float)
    true = counts(own, other)

    def fits(**moves: int) -> list[int]:
        found = []
        for by in range(-30, 31):
            held = true.copy()
            held["A", "open"] += moves.get("small", 0) * by
            held[beside] += moves.get("other", 0) * by
            same = told(*held.to_numpy().reshape(2, -1), people) == told(*true.to_numpy().reshape(2, -1), people)
            if held.min() >= 1 and same:
                found.append(int(held["A", "open"]))
        return found

    assert max(fits(small=1)) - min(fits(small=1)) >= 5 and len(fits(other=1)) > 1
    assert fits(small=1, other=-1) == left
    make = partial(_common, people, "rate", 1.0, 1.0, 0.95)
    hidden = hiding(("A", "open"), beside)
    assert hidden.given_back(true, lambda held: make(held).values(), 0.01)


@pytest.mark.parametrize("sums", [False, True])
def test_what_is_released_leaves_the_width_to_an_attacker_who_knows_the_margins(sums: bool) -> None:
    rng = np.random.default_rng(0)
    released = 0
    for _ in range(75):
        n, n_ref = rng.integers(2000, 9000, (2, 3))
        exposure = pd.DataFrame({"n": n, "n_ref": n_ref}, index=PLACES, dtype=float)
        own = [int(rng.integers(1, 6)), int(rng.integers(60, 400)), int(rng.integers(100, 400))]
        other = rng.integers(100, 600, 3).tolist()
        if not given_back_crosswise(own, other, exposure, sums=sums):
            released += 1
            left = crosswise(own, other, exposure)
            assert max(left) - min(left) >= 5 and max(left) > 5
    assert released > 5


def test_where_sums_of_groups_are_shown_a_count_need_not_move_by_itself() -> None:
    """A ratio of so few events moves with their sum; how they fall on strata of one mix leaves it as it is."""
    exposure = pd.DataFrame({"n": [3000.0, 3000, 3000], "n_ref": [9000.0, 9000, 9000]}, index=PLACES)
    own, other = [4, 30, 90], [50, 300, 400]
    assert len(crosswise(own, other, exposure)) > 30
    assert given_back_crosswise(own, other, exposure)
    assert not given_back_crosswise(own, other, exposure, sums=True)


def test_of_strata_that_no_table_shows_what_is_released_leaves_the_width_though_the_sum_is_known() -> None:
    """Two types of order say: a group's revocations are shown, and not how they fall on the two."""
    rng = np.random.default_rng(0)
    released = refused = 0
    for _ in range(200):
        n, n_ref = rng.integers(20, 9000, (2, 2))
        exposure = pd.DataFrame({"n": n, "n_ref": n_ref}, index=PLACES[:2], dtype=float)
        own, other = [int(rng.integers(1, 6)), int(rng.integers(8, 200))], rng.integers(10, 600, 2).tolist()
        true = pd.concat({"A": pd.Series(own, PLACES[:2]), "W": pd.Series(other, PLACES[:2])})
        make = partial(_common, exposure, "rate", 1.0, 1.0, 0.95)
        if Hidden(unseen=True).given_back(true, lambda held, make=make: make(held).values(), 0.01):
            refused += 1
            continue
        released += 1
        printed = told(np.array(own), np.array(other), exposure)
        splits = [np.array([v, sum(own) - v]) for v in range(sum(own) + 1)]
        left = [split[0] for split in splits if told(split, np.array(other), exposure) == printed]
        assert max(left) - min(left) >= 5 and max(left) > 5
    assert released > 20 and refused > 20


@pytest.mark.parametrize(("people", "step", "told"), [(8, 10.0, False), (5, 10.0, False), (5, 0.05, True)])
def test_a_hidden_count_is_not_thought_larger_than_those_of_whom_it_is(people: int, step: float, told: bool) -> None:
    """4 of 5 cannot be above the threshold: what leaves all of 1 to 5 open tells nothing, all else does."""
    nobs = pd.DataFrame({"n": [people, 60.0, 90], "n_ref": [100.0, 300, 80]}, index=PLACES)
    make = partial(_common, nobs, "proportion", 1.0, 1.0, 0.95)
    most = pd.concat({"A": nobs["n"], "W": nobs["n_ref"]})
    hidden = hiding(("A", "open"))
    assert hidden.given_back(counts([4, 20, 30], [30, 100, 20]), lambda held: make(held).values(), step, most) == told


def test_a_hidden_count_of_the_reference_group_is_reckoned_with() -> None:
    make = partial(_common, EXPOSURE, "rate", 1.0, 1.0, 0.95)
    held = counts([30, 80, 17], [4, 100, 10])
    assert hiding(("W", "open")).given_back(held, lambda held: make(held).values(), 0.01)
    assert not Hidden().given_back(held, lambda held: make(held).values(), 0.01)


@pytest.mark.parametrize(("tied", "away"), [(False, False), (True, True)])
def test_a_large_hidden_count_has_the_room_of_what_it_may_leave_of_a_sum(tied: bool, away: bool) -> None:
    """Of what ended 18 did in another way, and 4 were recalled, so that the 18 may not be known as 17 to 19.

    What is printed moves by a step for every third that the 18 moves.
    """

    def make(held: pd.Series) -> list[Estimate]:
        return [Estimate(round(held["A", "closed"] / 3) * 0.05 + 1, None, None)]

    hidden = replace(hiding(("A", "closed"), ("A", "open")), tied=tied)
    assert hidden.given_back(counts([30, 18, 40], [90, 210, 20]), make, 0.05) is away


def test_a_large_hidden_count_that_leaves_few_of_a_denominator_is_protected_as_they_are() -> None:
    """96 of 100: that 4 were not could be 3 to 5."""

    def make(held: pd.Series) -> list[Estimate]:
        return [Estimate(round(held["A", "closed"] / 3) * 0.05 + 1, None, None)]

    held, most = counts([30, 96, 40], [90, 210, 20]), counts([900, 100, 400], [900, 2100, 200])
    hidden = hiding(("A", "closed"), ("A", "open"))
    assert hidden.given_back(held, make, 0.05, most)
    assert not hidden.given_back(held, make, 0.05, most * 10)


def test_an_estimate_of_a_hidden_cell_or_against_a_hidden_cell_is_not_released() -> None:
    spec = TableSpec("t", MEASURES["complaints"], ("category", "ethnicity"), "5+1")
    shown = pd.DataFrame(
        [("Food", "A", ""), ("Food", "W", "c"), ("Mail", "A", ""), ("Mail", "W", ""), ("Mail", "B", "c")],
        columns=["category", "ethnicity", "mark"],
    )
    statistics = pd.DataFrame({"statistic": ["deff", "rate", "ratio", "adjusted"]})
    found = shown.merge(statistics, how="cross").drop(columns="mark")
    kept = releasable(found, shown, spec, "W")
    assert set(kept.itertuples(index=False, name=None)) == {
        ("Food", "A", "deff"), ("Food", "A", "rate"), ("Mail", "A", "deff"), ("Mail", "A", "rate"),
        ("Mail", "A", "ratio"), ("Mail", "A", "adjusted"), ("Mail", "W", "deff"), ("Mail", "W", "rate"),
        ("Mail", "W", "ratio"), ("Mail", "W", "adjusted"),
    }  # fmt: skip


def test_a_test_over_all_years_is_not_released_where_a_year_is_hidden() -> None:
    """Its p-value rests on every year; at three decimals it told which of the tables that fit the margins it is."""
    spec = TableSpec("t", MEASURES["upheld"], ("year", "ethnicity"), "5+1", "trend")
    shown = pd.DataFrame(
        [(year, code, "c" if (year, code) == ("2023-24", "O") else "") for year in YEARS for code in "ABOW"],
        columns=["year", "ethnicity", "mark"],
    )
    found = pd.DataFrame([("2024-25", code, "interaction") for code in "ABO"], columns=[*spec.by, "statistic"])
    assert releasable(found, shown, spec, "W")["ethnicity"].tolist() == ["A", "B"]
    shown.loc[shown["ethnicity"].eq("W") & shown["year"].eq("2022-23"), "mark"] = "c"
    assert releasable(found, shown, spec, "W").empty


def test_where_nothing_could_be_estimated_nothing_is_released() -> None:
    """As in an edition of a few people."""
    spec = TableSpec("t", MEASURES["upheld"], ("year", "ethnicity"), "5+1", "trend")
    shown = pd.DataFrame({"year": ["2024-25"], "ethnicity": ["W"], "mark": ["c"]})
    found = pd.DataFrame({name: pd.Series(dtype="str") for name in (*spec.by, "statistic")})
    assert releasable(found, shown, spec, "W").empty
