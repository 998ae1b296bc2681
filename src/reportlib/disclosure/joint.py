"""The table of all dimensions at once that stands behind the tables shown, where it is small enough to model.

Three two-way tables constrain one another by more than their common margins: there is one three-way table behind
them. Nobody publishes its cells; an attacker still knows that they are whole numbers and not negative.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

import numpy as np

from reportlib.disclosure.lattice import Cell, Lattice, Row, total_of
from reportlib.disclosure.policy import Code, Key, Policy
from reportlib.disclosure.solve import Programme, matrix

logger = logging.getLogger(__name__)
LIMIT = 2_000  # cells of a joint table; beyond, one programme takes seconds
Atom = frozenset[Code]


def tie(lattice: Lattice, cells: dict[Key, Cell], equal: list[Row], policy: Policy) -> list[Row]:
    """Rows that make each shown cell the sum of its cells of the joint table, which are added to `cells`."""
    sums = {total for row in equal if all(cells[key].tables for key in row) and (total := total_of(row))}
    rows: list[Row] = []
    for family in _families(lattice, cells, policy):
        atoms = [
            _atoms(lattice.leaves(i, code) for code in set(codes)) for i, codes in enumerate(zip(*family, strict=True))
        ]
        if prod(map(len, atoms)) > LIMIT:
            logger.info("%s: too many dimensions for a joint table", family[0][0])
            continue
        own = _rows(lattice, family, atoms, cells, sums)
        fresh = sorted({key for row in own for key in row if key not in cells})
        values = _values(own, fresh, cells) if fresh else None
        if values is not None:
            cells |= {key: Cell(v, 1, supposed=True) for key, v in zip(fresh, values, strict=True)}
            rows += own
    return rows


def _families(lattice: Lattice, cells: dict[Key, Cell], policy: Policy) -> Iterator[list[Key]]:
    """The shown cells of each whole part with its parts, where they add up and one of them is small."""
    shown = [key for key, cell in sorted(cells.items()) if cell.tables and lattice.adds_up(key[0])]
    leaves = {key[0]: lattice.leaves(0, key[0]) for key in shown}
    for own in leaves.values():
        if not any(own < other for other in leaves.values()):
            family = [key for key in shown if leaves[key[0]] <= own]
            if any(policy.is_small(cells[key].value, cells[key].scale) for key in family):
                yield family


def _atoms(sets: Iterable[Atom]) -> list[Atom]:
    """The finest groups of codes that the sets tell apart."""
    every = sorted(sets, key=sorted)
    groups: dict[tuple[bool, ...], set[Code]] = {}
    for code in sorted(frozenset[Code]().union(*every)):
        groups.setdefault(tuple(code in one for one in every), set()).add(code)
    return [frozenset(group) for group in groups.values()]


def _rows(
    lattice: Lattice, family: list[Key], atoms: list[list[Atom]], cells: dict[Key, Cell], sums: set[Key]
) -> list[Row]:
    """One row a shown cell that is not itself a sum of shown cells, without what is known to be nothing."""
    members = {}
    for key in family:
        within = [[a for a in own if a <= lattice.leaves(i, key[i])] for i, own in enumerate(atoms)]
        members[key] = list(product(*([lattice.name(i, a) for a in own] for i, own in enumerate(within))))
    empty = {key for key in family if cells[key].known and not cells[key].value}
    nothing = {one for key in empty for one in members[key]}
    return [
        {key: -1} | {one: 1 for one in members[key] if one not in nothing}
        for key in family
        if key not in sums and key not in empty and members[key] != [key]
    ]


def _values(rows: list[Row], fresh: list[Key], cells: dict[Key, Cell]) -> list[int] | None:
    """Some whole values of the fresh cells that fit the shown ones; None when none are found."""
    block = matrix([{key: c for key, c in row.items() if key not in cells} for row in rows], fresh)
    due = -np.array([sum(c * cells[key].value for key, c in row.items() if key in cells) for row in rows], dtype=float)
    size = len(fresh)
    programme = Programme(block, due, due, np.zeros(size), np.full(size, np.inf))
    _, found = programme.minimise(np.zeros(size), integer=True)
    return None if found is None else [round(value) for value in found]
