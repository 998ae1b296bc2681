"""How long disclosure control takes, and how much it leaves to see: a cube of 6 × 20 × 12 with subtotals."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pandas as pd

from reportlib.disclosure import CountTable, Policy, Relations, audit, protect

GROUPS = ("A", "B", "M", "W", "O", "NS")
SHARES = (0.08, 0.13, 0.045, 0.70, 0.015, 0.03)
PRISONS = tuple(f"P{i:02d}" for i in range(20))
CATEGORIES = tuple(f"C{i:02d}" for i in range(12))
AREAS = {f"area {i}": PRISONS[5 * i : 5 * i + 5] for i in range(4)}
RELATIONS = Relations(
    hierarchies={
        "ethnicity": {"all": [GROUPS]},
        "prison": {"all": [tuple(AREAS)]} | {area: [prisons] for area, prisons in AREAS.items()},
        "category": {"all": [CATEGORIES]},
    }
)


def cube(records: int, seed: int = 1) -> CountTable:
    """Records spread unevenly over groups, prisons and categories, as a table of 7 × 25 × 13 cells."""
    rng = np.random.default_rng(seed)
    prisons, categories = rng.dirichlet(np.full(20, 2.0)), rng.dirichlet(np.full(12, 1.0))
    chance = np.einsum("i,j,k->ijk", SHARES, prisons, categories) * rng.lognormal(0, 0.3, (6, 20, 12))
    counts = rng.multinomial(records, (chance / chance.sum()).ravel()).reshape(6, 20, 12)
    areas = counts.reshape(6, 4, 5, 12).sum(axis=2)
    counts = np.concatenate([counts, areas, counts.sum(axis=1, keepdims=True)], axis=1)
    for axis in (0, 2):
        counts = np.concatenate([counts, counts.sum(axis=axis, keepdims=True)], axis=axis)
    codes = product([*GROUPS, "all"], [*PRISONS, *AREAS, "all"], [*CATEGORIES, "all"])
    frame = pd.DataFrame(codes, columns=["ethnicity", "prison", "category"])
    return CountTable("cube", "complaints", frame.assign(value=counts.ravel()))


def main() -> None:
    """Protect and attack the cube at three sizes; print seconds, share shown and cells that failed."""
    for records in (4_500, 20_000, 60_000):
        table, start = cube(records), time.perf_counter()
        pattern = protect([table], Policy(), RELATIONS)
        middle = time.perf_counter()
        found = audit([table], Policy(), RELATIONS, pattern)
        shown = (pattern.marks("cube") == "").mean()
        print(
            f"{records:7,d} records, {len(table.frame):,d} cells: protected in {middle - start:.0f} s, "
            f"audited in {time.perf_counter() - middle:.0f} s, {shown:.0%} shown, {(~found.passed).sum()} failed",
            flush=True,
        )


if __name__ == "__main__":
    main()
