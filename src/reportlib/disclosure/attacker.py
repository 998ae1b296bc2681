"""What can be found out about hidden cells by someone who has read everything that is shown."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from reportlib.disclosure.solve import Ints, Mask, Programme, Vector, is_whole, to_ints


class Attacker:
    """Bounds on the hidden cells of one connected component.

    `rows`: coefficients of the hidden cells, equalities (the first `exact`) before inequalities; `rest`: what
    the shown cells leave for each row; `lower`: the least that each cell can be.
    `low` and `high` gather the values of each cell in the integer tables exhibited so far.
    """

    def __init__(self, rows: csr_array, exact: int, rest: Vector, lower: Ints) -> None:
        floor = np.where(np.arange(rows.shape[0]) < exact, rest, -np.inf)
        infinite = np.full(len(lower), np.inf)
        self.programme = Programme(rows, floor, rest, lower.astype(float), infinite)
        self.low, self.high = infinite.copy(), -infinite

    @cached_property
    def endless(self) -> Mask:
        """Which cells can grow without end: the largest support of a direction in which tables recede."""
        rows, low = self.programme.rows, self.programme.low
        many, size = rows.shape
        link = hstack([-eye_array(size), eye_array(size)])  # a score is at most the growth of its cell
        directions = Programme(
            csr_array(vstack([hstack([rows, csr_array(rows.shape)]), link])),
            np.concatenate([np.where(np.isinf(low), -np.inf, 0.0), np.full(size, -np.inf)]),
            np.zeros(many + size),
            np.zeros(2 * size),
            np.concatenate([np.full(size, np.inf), np.ones(size)]),
        )
        _, found = directions.minimise(np.repeat([0.0, -1.0], size))
        return np.zeros(size, dtype=bool) if found is None else found[size:] > 0.5

    def bounds(self, cell: int, integer: bool = False) -> tuple[float, float]:
        """The least and greatest value of the cell in any table that fits, NaN where the search gave up."""
        least = self.programme.lower[cell]
        low = least if self.low[cell] == least else self._extreme(cell, 1, np.inf, integer)
        return low, np.inf if self.endless[cell] else self._extreme(cell, -1, np.inf, integer)

    def exhibits(self, cell: int, span: int, floor: int, ceiling: int) -> bool:
        """Whether integer tables are found that span so much in the cell, above the floor and below the ceiling."""
        for sign, integer in ((1, False), (-1, False), (1, True), (-1, True)):
            if not self._exhibited(cell, span, floor, ceiling):
                self._extreme(cell, sign, max(self.low[cell] + span, floor + 1), integer)
        return self._exhibited(cell, span, floor, ceiling)

    def _exhibited(self, cell: int, span: int, floor: int, ceiling: int) -> bool:
        low, high = self.low[cell], self.high[cell]
        return bool(high - low >= span and high > floor and low <= ceiling)

    def _extreme(self, cell: int, sign: int, cap: float, integer: bool) -> float:
        aim, upper = np.zeros(len(self.low)), self.programme.upper.copy()
        aim[cell], upper[cell] = sign, cap
        best, x = replace(self.programme, upper=upper).minimise(aim, integer)
        if x is not None and is_whole(x):
            self.low, self.high = np.minimum(self.low, to_ints(x)), np.maximum(self.high, to_ints(x))
        return float(np.round(x[cell], 6)) if best and x is not None else np.nan
