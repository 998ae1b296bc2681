"""The effective sample of people with several observations each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportlib.statistics import effective_sample, relative_rate

# Weil (1970), as in Rao and Scott (1992, table 1): survivors and size of each litter
CONTROL = (
    [13, 12, 9, 9, 8, 8, 12, 11, 9, 9, 8, 11, 4, 5, 7, 7],
    [13, 12, 9, 9, 8, 8, 13, 12, 10, 10, 9, 13, 5, 7, 10, 10],
)
TREATED = (
    [12, 11, 10, 9, 10, 9, 9, 8, 8, 4, 7, 4, 5, 3, 3, 0],
    [12, 11, 10, 9, 11, 10, 10, 9, 9, 5, 9, 7, 10, 6, 10, 7],
)

people = st.lists(
    st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=40
)


def test_rao_and_scott_1992_design_effects_of_weils_litters() -> None:
    assert effective_sample(*CONTROL)[2] == pytest.approx(1.232495, abs=5e-7)
    assert effective_sample(*TREATED)[2] == pytest.approx(3.952861, abs=5e-7)


def test_clustering_widens_the_interval_and_leaves_the_ratio() -> None:
    naive = relative_rate(sum(TREATED[0]), sum(TREATED[1]), sum(CONTROL[0]), sum(CONTROL[1]))
    clustered = relative_rate(*effective_sample(*TREATED)[:2], *effective_sample(*CONTROL)[:2])
    assert clustered.value == pytest.approx(naive.value)
    assert clustered.lower < naive.lower and clustered.upper > naive.upper


def test_one_observation_each_leaves_the_sample_nearly_whole() -> None:
    count, nobs, deff = effective_sample([1, 0, 0, 1, 0], [1] * 5)
    assert deff == pytest.approx(5 / 4) and (count, nobs) == pytest.approx((1.6, 4))


@pytest.mark.parametrize("count", [[0, 0, 0], [2, 3, 1]])
def test_none_or_all_cannot_show_a_design_effect(count: list[int]) -> None:
    assert effective_sample(count, [2, 3, 1]) == (sum(count), 6, 1)


def test_a_single_person_or_nobody_cannot_either() -> None:
    assert effective_sample([1], [4]) == (1, 4, 1)
    assert effective_sample([], []) == (0, 0, 1)


def test_a_count_above_the_observations_is_refused() -> None:
    with pytest.raises(ValueError, match="exceeds"):
        effective_sample([2], [1])


@given(people, st.integers(2, 5))
def test_everybody_twice_over_in_one_person_doubles_the_effect(rows: list[tuple[int, int]], k: int) -> None:
    """k copies of each observation within the person multiply the design effect by k."""
    count, nobs = ([row[side] for row in rows] for side in (0, 1))
    deff = effective_sample(count, nobs)[2]
    copies = effective_sample([k * x for x in count], [k * n for n in nobs])[2]
    undefined = sum(count) in (0, sum(nobs)) or len({x / n for x, n in rows}) == 1
    assert undefined or copies == pytest.approx(k * deff)


@given(people)
def test_outcome_and_complement_share_the_effect(rows: list[tuple[int, int]]) -> None:
    count, nobs = ([row[side] for row in rows] for side in (0, 1))
    rest = [n - x for x, n in rows]
    assert effective_sample(count, nobs)[2] == pytest.approx(effective_sample(rest, nobs)[2])


@pytest.mark.parametrize(("count", "nobs"), [(7, 25), (15, 22), (1, 3)])
@pytest.mark.parametrize("people", [2, 3, 7])
def test_people_who_have_the_same_share_show_no_design_effect(count: int, nobs: int, people: int) -> None:
    """No variance between them is there to measure; what floats leave of it is not one."""
    assert effective_sample([count] * people, [nobs] * people) == (people * count, people * nobs, 1.0)
