"""How long disclosure control takes, and how much it leaves to see: a cube of 6 × 20 × 12 with subtotals.

Run by `make bench`; writes its section of docs/benchmark.md and fails when an attacker finds a count.
"""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pandas as pd
from _page import table as markdown
from _page import write_section

from reportlib.disclosure import CountTable, Policy, Relations, audit, protect

GROUPS = ("A", "B", "M", "W", "O", "NS")
SHARES = (0.08, 0.13, 0.045, 0.70, 0.015, 0.03)
PRISONS = tuple(f"P{i:02d}" for i in range(20))
CATEGORIES = tuple(f"C{i:02d}" for i in range(12))
AREAS = {f"area {i}": PRISONS[5 * i : 5 * i + 5] for i in range(4)}
HEADS = ["table", "cells", "small", "hidden", "shown", "protected, s", "attacked, s", "found"]
TEXT = """
A table with all its totals is protected and then attacked, on one core. Small are counts of 1 to 5, hidden those and
what would give them back; found are counts that the attack gives away, of which there must be none. The cube has
subtotals of its 20 prisons by 4 areas. No report shows such a cube: it is what pooling years and types avoids.

{table}
"""
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


def two_way(seed: int = 1) -> CountTable:
    """A table of the size that a report shows: 6 groups by 14 categories, of 3,000 records, with totals."""
    counts = np.random.default_rng(seed).multinomial(3_000, np.outer(SHARES, np.arange(1, 15) / 105).ravel())
    full = counts.reshape(6, 14)
    for axis in (0, 1):
        full = np.concatenate([full, full.sum(axis=axis, keepdims=True)], axis=axis)
    codes = product([*GROUPS, "all"], [*(f"C{i:02d}" for i in range(14)), "all"])
    frame = pd.DataFrame(codes, columns=["ethnicity", "category"])
    return CountTable("two-way", "complaints", frame.assign(value=full.ravel()))


def measured(name: str, table: CountTable, relations: Relations) -> list[str]:
    """Protect and attack a table: its cells, seconds for either, share of cells shown and cells that failed."""
    begin = time.perf_counter()
    pattern = protect([table], Policy(), relations)
    middle = time.perf_counter()
    found = audit([table], Policy(), relations, pattern, linear=False)
    end, marks = time.perf_counter(), pattern.marks(table.name)
    cells = [
        f"{len(marks):,}",
        f"{(marks == 'primary').sum():,}",
        f"{(marks != '').sum():,}",
        f"{(marks == '').mean():.0%}",
    ]
    row = [name, *cells, f"{middle - begin:.1f}", f"{end - middle:.1f}", f"{(~found['passed']).sum()}"]
    print("  ".join(row), flush=True)
    return row


def main() -> int:
    """Measure the tables and write the section; 1 when an attacker finds a count."""
    rows = [measured("6 × 14, two ways", two_way(), Relations())]
    rows += [
        measured(f"6 × 20 × 12, {records:,} records", cube(records), RELATIONS) for records in (4_500, 20_000, 60_000)
    ]
    write_section("Disclosure control", TEXT.format(table=markdown(HEADS, rows)))
    return int(any(row[-1] != "0" for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
