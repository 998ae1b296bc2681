"""Linear and integer programmes on HiGHS."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
NODES = 2_000  # a limit that, unlike one of seconds, gives the same answer on every machine


@dataclass(frozen=True)
class Programme:
    """Vectors x with `low <= rows @ x <= high` and `lower <= x <= upper`."""

    rows: csr_array
    low: Vector
    high: Vector
    lower: Vector
    upper: Vector

    def minimise(self, cost: Vector, integer: bool = False, gap: float = 0.0) -> tuple[bool, Vector | None]:
        """Whether a best x was found, and the best that was found.

        An integer x may cost up to `gap` (a share) more than the least.
        """
        result = milp(
            cost,
            integrality=np.full(len(cost), int(integer)),
            bounds=Bounds(self.lower, self.upper),
            constraints=[LinearConstraint(self.rows, self.low, self.high)] if self.rows.shape[0] else [],
            options={"node_limit": NODES, "mip_rel_gap": gap} if integer else {"presolve": False},
        )
        return result.status == 0, result.x


def is_whole(x: Vector) -> bool:
    """Whether every entry is an integer, as near as HiGHS tells."""
    return bool(np.abs(x - np.rint(x)).max(initial=0.0) < 1e-6)


def to_ints(x: Vector) -> Ints:
    """The nearest integers."""
    return np.rint(x).astype(np.int64)


def matrix(rows: Sequence[Mapping[Any, int]], columns: Sequence[Hashable]) -> csr_array:
    """A matrix of coefficients from rows of column -> coefficient."""
    place = {column: i for i, column in enumerate(columns)}
    data = [float(c) for row in rows for c in row.values()]
    indices = [place[column] for row in rows for column in row]
    starts = np.cumsum([0, *(len(row) for row in rows)])
    return csr_array((data, indices, starts), shape=(len(rows), len(place)))
