"""Linear and integer programmes on HiGHS."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]
NODES = 2_000  # a limit that, unlike one of seconds, gives the same answer on every machine


@dataclass(frozen=True)
class Programme:
    """Vectors x with `low <= rows @ x <= high` and `lower <= x <= upper`."""

    rows: csr_array
    low: Vector
    high: Vector
    lower: Vector
    upper: Vector

    def minimise(self, cost: Vector, integer: bool = False) -> tuple[str, Vector | None]:
        """The status ("optimal", "infeasible", "unbounded" or "limit") and the best x that was found."""
        result = milp(
            cost,
            integrality=np.full(len(cost), int(integer)),
            bounds=Bounds(self.lower, self.upper),
            constraints=[LinearConstraint(self.rows, self.low, self.high)] if self.rows.shape[0] else [],
            options={"node_limit": NODES} if integer else {},
        )
        status = {0: "optimal", 2: "infeasible", 3: "unbounded"}.get(result.status, "limit")
        return status, result.x

    def best_integers(self, cost: Vector) -> Ints | None:
        """An integer x of low cost, or None: the linear optimum where it is whole, else by branching."""
        for integer in (False, True):
            status, x = self.minimise(cost, integer)
            if status == "infeasible" or (integer and x is None):
                return None
            if x is not None and (found := whole(x)) is not None:
                return found
        return None

    def bounded(self, index: int, lower: float = -np.inf, upper: float = np.inf) -> Programme:
        """The same with one entry of x bounded further."""
        least, most = self.lower.copy(), self.upper.copy()
        least[index], most[index] = max(lower, least[index]), min(upper, most[index])
        return replace(self, lower=least, upper=most)


def whole(x: Vector) -> Ints | None:
    """x as integers, or None when it is not whole."""
    rounded = np.rint(x)
    return rounded.astype(np.int64) if np.abs(x - rounded).max(initial=0.0) < 1e-6 else None
