"""Whether an estimate, at the precision at which it is printed, would give a hidden count behind it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

from reportlib.statistics import Estimate

Cell = tuple[str, ...]  # the codes of a count
Make = Callable[[pd.Series], Iterable[Estimate]]


@dataclass(frozen=True)
class Hidden:
    """The cells of shown tables whose counts are hidden, and what must stay open of each (see `Policy`)."""

    cells: frozenset[Cell] = field(default_factory=frozenset)
    threshold: int = 5
    width: int = 5

    def given_back(self, counts: pd.Series, make: Make, places: int) -> bool:
        """Whether what is made of the counts (by their codes) tells too much of one that is hidden.

        `places` are the decimals to which it is printed.

        Each hidden count is moved by itself, all others known, for as long as what is printed stays the same: an
        attacker who knows less can tell less.
        """
        return any(self._is_told(counts, cell, make, places) for cell in counts.index if cell in self.cells)

    def _is_told(self, counts: pd.Series, cell: Cell, make: Make, places: int) -> bool:
        true, printed = int(counts[cell]), _printed(make(counts), places)

        def stays(count: int) -> bool:
            other = counts.copy()
            other[cell] = count
            return _printed(make(other), places) == printed

        small = true <= self.threshold
        low = high = true
        while low > 1 and high - low < self.width and stays(low - 1):
            low -= 1
        while (high - low < self.width or high <= self.threshold) and stays(high + 1):
            high += 1
        return high - low < self.width or high <= self.threshold if small else high == low


def _printed(made: Iterable[Estimate], places: int) -> list[tuple[str, ...]]:
    return [
        tuple("" if end is None else f"{end:.{places}f}" for end in (one.value, one.lower, one.upper)) for one in made
    ]
