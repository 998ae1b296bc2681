"""The table of all dimensions at once that stands behind the tables shown, where it is small enough to model.

Three two-way tables constrain one another by more than their common margins: there must be one three-way table
behind them. Nobody publishes its cells; an attacker still knows that they are whole and not negative.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

import numpy as np
from scipy.sparse import csr_array

from reportlib.disclosure.lattice import Cell, Lattice, Row
from reportlib.disclosure.policy import Code, Key
from reportlib.disclosure.solve import Programme

logger = logging.getLogger(__name__)
LIMIT = 2_000  # cells of a joint table; beyond, programmes take seconds each
Atom = frozenset[Code]


def tie(lattice: Lattice, cells: dict[Key, Cell], equal: list[Row]) -> list[Row]:
    """Rows that make each shown cell the sum of its cells of the joint table, which are added to `cells`."""
    sums = {next(iter(row)) for row in equal if all(cells[key].tables for key in row)}
    rows = []
    for family in _families(lattice, cells):
        atoms = [_atoms(lattice.leaves(axis, code) for code in set(codes)) for axis, codes in enumerate(zip(*family))]
        if prod(map(len, atoms)) > LIMIT:
            logger.info("%s: too many dimensions for a joint table", family[0][0])
            continue
        own = _rows(lattice, [key for key in family if key not in sums], atoms, cells)
        rows += own
    return rows
