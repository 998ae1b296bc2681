"""Whether an estimate, at the precision at which it is printed, would give a hidden count behind it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportlib.figures import as_printed
from reportlib.statistics import Estimate

Cell = tuple[str, ...]  # the codes of a count: its group, then its stratum
Make = Callable[[pd.Series], Iterable[Estimate]]
Move = dict[int, int]  # which hidden counts go up and down together, by place
OFF = 0.01  # of what counts do alone, by how much they may do less or more together
NONE = 1e9  # what is not estimated, as a number that no other comes near


@dataclass(frozen=True)
class Hidden:
    """Which counts behind an estimate are hidden, and what must stay open of each (see `Policy`).

    `shown`: the cells that some table shows; any other is hidden. None where no table shows any: all are hidden if they
    are `unseen`, and of each group the sum is known; otherwise nothing is. `tied`: the counts make up others together
    with counts that other tables show. `told`: whether a hidden count could be
    found by who is told the least and the most that those on the diagonal of two records can be together; of an edition
    that is not known, and it is taken that it could.
    """

    shown: frozenset[Cell] | None = None
    threshold: int = 5
    least: int = 1
    width: int = 5
    unseen: bool = False
    tied: bool = False
    told: Callable[[int, int], bool] = lambda least, most: True

    def hides(self, cell: Cell, count: float) -> bool:
        """Whether a cell is hidden; nobody asks for a nothing that no table shows."""
        return bool(count) and (self.unseen if self.shown is None else cell not in self.shown)

    def among(self, counts: pd.Series) -> list[int]:
        """The places of those of the counts (by their codes) that are hidden."""
        return [place for place, (cell, count) in enumerate(counts.items()) if self.hides(cell, count)]  # type: ignore[arg-type]

    def given_back(
        self, counts: pd.Series, make: Make, step: float, most: pd.Series | None = None, sums: bool = False
    ) -> bool:
        """Whether what is made of the counts (by their codes) tells too much of one that is hidden.

        It is printed to the nearest `step`; no count can be larger than `most`; `sums` says whether the sum of each
        group is shown.

        An attacker knows sums of hidden counts, so each is moved by itself and together with others that would
        leave a sum over groups, over strata or both as it is; along every such move what is printed must stay
        the same for the policy's width, or for as far as the count could move if nothing were printed. What several
        counts do is taken as the sum of what each does alone, give or take `OFF`.
        """
        at = self.among(counts)
        if not at:
            return False
        true = counts.to_numpy().astype(int)[at]
        ceiling = np.full(len(at), np.inf) if most is None else most.to_numpy(float)[at]
        printed = _numbers(make(counts))
        moves = np.arange(-self.width - self.threshold, self.width + self.threshold + 1)
        shifts = np.zeros((len(at), len(moves), len(printed)))
        for one, place in enumerate(at):
            for to, by in enumerate(moves):
                if by and 1 <= true[one] + by <= ceiling[one]:
                    other = counts.copy()
                    other.iloc[place] += by
                    shifts[one, to] = _numbers(make(other)) - printed
        names = [counts.index[place] for place in at]
        for target, count in enumerate(true):
            for move in _moves(names, target, self.unseen, sums):
                each = np.array([shifts[one] if sign > 0 else shifts[one][::-1] for one, sign in move.items()])
                off = OFF * np.abs(each).sum(axis=0) * (len(move) > 1)
                ends = (as_printed(printed + each.sum(axis=0) + by, step) for by in (-off, off))
                same = np.logical_and(*((end == as_printed(printed, step)).all(axis=1) for end in ends))
                room = int(min(len(moves), ceiling[target] - count))
                reach, free = (_reach(each, move, target, true, room) for each in (same, np.full_like(same, True)))
                rest = ceiling[target] - count  # that did not happen
                if reach != free and self._is_told(int(count), float(rest), reach, free):
                    return True
        return False

    def _is_told(self, true: int, rest: float, reach: tuple[int, int], free: tuple[int, int]) -> bool:
        """Whether a count that print lets fall and rise so far, and that else could so far, is too well known.

        With it goes what is left of a denominator that is shown; and where it is `tied`, what it leaves of another sum
        can be small, so that it is to have the room of that.
        """
        down, up = reach
        if true <= self.threshold:
            return down + up < self.width or true + up <= self.threshold
        if self.least <= rest <= self.threshold:
            return down + up < self.width or rest + down <= self.threshold
        if self.tied:
            return down < min(self.width, free[0]) or up < min(self.width, free[1])
        return down == up == 0


def _reach(same: NDArray[np.bool_], move: Move, target: int, true: NDArray[np.int64], room: int) -> tuple[int, int]:
    """How far the target can fall and rise, by `room` at most, before another figure is printed.

    Where another count of the move comes to its least before that, print does not end the move: the pattern of
    hidden counts has other moves for the target, and this one is taken to go on.
    """
    middle = len(same) // 2
    down, up = _run(same[middle - 1 :: -1]), _run(same[middle + 1 :])
    rising, falling = ([true[one] - 1 for one in move if one != target and move[one] == sign] for sign in (1, -1))
    down, up = middle if rising and down >= min(rising) else down, middle if falling and up >= min(falling) else up
    return min(down, int(true[target]) - 1), min(up, room)


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
