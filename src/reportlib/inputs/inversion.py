"""Whether an estimate, at the precision at which it is printed, would give a hidden count behind it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportlib.statistics import Estimate

Cell = tuple[str, ...]  # the codes of a count: its group, then its stratum
Make = Callable[[pd.Series], Iterable[Estimate]]
Move = dict[int, int]  # which hidden counts go up and down together, by place
NONE = 1e9  # what is not estimated, as a number that no other comes near


@dataclass(frozen=True)
class Hidden:
    """Which counts behind an estimate are hidden, and what must stay open of each (see `Policy`).

    `shown`: the cells that some table shows; any other is hidden. None where no table shows any: all are hidden if they
    are `unseen`, and of each group the sum is known; otherwise nothing is. `told`: whether a hidden count could be
    found by who is told the least and the most that those on the diagonal of two records can be together; of an edition
    that is not known, and it is taken that it could.
    """

    shown: frozenset[Cell] | None = None
    threshold: int = 5
    least: int = 1
    width: int = 5
    unseen: bool = False
    told: Callable[[int, int], bool] = lambda least, most: True

    def hides(self, cell: Cell, count: float) -> bool:
        """Whether a cell is hidden; nobody asks for a nothing that no table shows."""
        return bool(count) and (self.unseen if self.shown is None else cell not in self.shown)

    def given_back(
        self, counts: pd.Series, make: Make, places: int, most: pd.Series | None = None, sums: bool = False
    ) -> bool:
        """Whether what is made of the counts (by their codes) tells too much of one that is hidden.

        `places` are the decimals to which it is printed; no count can be larger than `most`; `sums` says whether the
        sum of each group is shown.

        An attacker knows sums of hidden counts, so each is moved by itself and together with others that would
        leave a sum over groups, over strata or both as it is; along every such move what is printed must stay
        the same for the policy's width. What several counts do is taken as the sum of what each does alone.
        """
        at = [place for place, (cell, count) in enumerate(counts.items()) if self.hides(cell, count)]  # type: ignore[arg-type]
        if not at:
            return False
        true = counts.to_numpy().astype(int)[at]
        ceiling = np.full(len(at), np.inf) if most is None else most.to_numpy(float)[at]
        printed = _numbers(make(counts))
        steps = np.arange(-self.width - self.threshold, self.width + self.threshold + 1)
        shifts = np.zeros((len(at), len(steps), len(printed)))
        for one, place in enumerate(at):
            for step, by in enumerate(steps):
                if by and 1 <= true[one] + by <= ceiling[one]:
                    other = counts.copy()
                    other.iloc[place] += by
                    shifts[one, step] = _numbers(make(other)) - printed
        names = [counts.index[place] for place in at]
        for target, count in enumerate(true):
            for move in _moves(names, target, self.unseen, sums):
                total = sum(shifts[one] if sign > 0 else shifts[one][::-1] for one, sign in move.items())
                same = (_printed(printed + total, places) == _printed(printed, places)).all(axis=1)
                down, up = _reach(same, move, target, true)
                if self._is_told(int(count), down, int(min(up, ceiling[target] - count))):
                    return True
        return False

    def _is_told(self, true: int, down: int, up: int) -> bool:
        """Whether a count that print lets fall and rise so far is too well known."""
        if true > self.threshold:
            return down == up == 0
        return down + up < self.width or true + up <= self.threshold


def _reach(same: NDArray[np.bool_], move: Move, target: int, true: NDArray[np.int64]) -> tuple[int, int]:
    """How far the target can fall and rise before another figure is printed.

    Where another count of the move comes to its least before that, print does not end the move: the pattern of
    hidden counts has other moves for the target, and this one is taken to go on.
    """
    middle = len(same) // 2
    down, up = _run(same[middle - 1 :: -1]), _run(same[middle + 1 :])
    rising, falling = ([true[one] - 1 for one in move if one != target and move[one] == sign] for sign in (1, -1))
    down = middle if rising and down >= min(rising) else min(down, int(true[target]) - 1)
    return down, middle if falling and up >= min(falling) else up


def _moves(names: list[Cell], target: int, unseen: bool, sums: bool) -> Iterator[Move]:
    """The target alone, against another stratum of its group, another group of its stratum, or both crosswise.

    Where the sum of each group is shown only moves that keep it, if there are any; where nothing else is known but
    that, as of what is `unseen`, only the second.
    """
    place = {name: at for at, name in enumerate(names)}
    group, *stratum = names[target]
    beside = [at for at, name in enumerate(names) if name[0] == group and at != target]
    across = [at for at, name in enumerate(names) if list(name[1:]) == stratum and at != target]
    yield from ({target: 1, other: -1} for other in beside)
    if unseen:
        return
    if not (sums and beside):
        yield {target: 1}
        yield from ({target: 1, other: -1} for other in across)
    for one in beside:
        for other in across:
            corner = place.get((names[other][0], *names[one][1:]))
            if corner is not None:
                yield {target: 1, one: -1, other: -1, corner: 1}


def _run(same: NDArray[np.bool_]) -> int:
    """How many are true before the first that is not."""
    return int(len(same) if same.all() else same.argmin())


def _numbers(made: Iterable[Estimate]) -> NDArray[np.float64]:
    return np.array([NONE if end is None else end for one in made for end in (one.value, one.lower, one.upper)])


def _printed(numbers: NDArray[np.float64], places: int) -> NDArray[np.float64]:
    """The numbers as `comparison.rounded` prints them: no limit as 1 that leaves 1 out."""
    exact = numbers.reshape(*numbers.shape[:-1], -1, 3)
    told, step = np.round(exact, places), 10.0**-places
    told[..., 1] += step * ((exact[..., 1] > 1) & (told[..., 1] == 1) & (told[..., 0] > 1))
    told[..., 2] -= step * ((exact[..., 2] < 1) & (told[..., 2] == 1) & (told[..., 0] < 1))
    return told.reshape(numbers.shape)
