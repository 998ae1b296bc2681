"""The attack on what is about to be published: every figure of every table at once."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from reportlib.disclosure.attacker import Attacker
from reportlib.disclosure.policy import Policy, Relations, Tables
from reportlib.disclosure.solve import Mask, matrix
from reportlib.disclosure.suppress import Component, Pattern, Progress, assemble, components, protect, requirements
from reportlib.disclosure.system import System, described

logger = logging.getLogger(__name__)


class Bounds(NamedTuple):
    """What an attacker finds of one cell: linear bounds, and those of integer tables."""

    lower: float
    upper: float
    integer_lower: float
    integer_upper: float

    @property
    def exact(self) -> bool:
        """Whether the cell is given away."""
        return self.integer_lower == self.integer_upper


UNTOLD = Bounds(np.nan, np.nan, np.nan, np.nan)


def audit(
    tables: Tables,
    policy: Policy,
    relations: Relations | None = None,
    pattern: Pattern | None = None,
    carried: Tables = (),
    progress: Progress | None = None,
    linear: bool = True,
) -> pd.DataFrame:
    """What can be found out about every hidden cell, shown or implied; `pattern` defaults to our own.

    One row a hidden cell and table (an implied cell has none): table, part, a column for each dimension, rule,
    the four Bounds (the integer ones of tables that were exhibited) and `passed`. A small count passes when the
    exhibited values span the policy's width, one is above the threshold and one is at most two below it, any other
    hidden cell when there are two; where published figures alone leave less room, all of it must be left. A small
    count that is not hidden, and a cell that is given away, has no bounds and has not passed: never is a count told.
    The verdict needs no `linear` bounds; without them it takes half the time, and they are missing. The tables may be
    some of those of the pattern.
    """
    relations = relations or Relations()
    pattern = pattern or protect(tables, policy, relations, carried)
    system, _ = assemble(tables, policy, relations, carried, pattern.dimensions)
    untold = system
    if relations.told:
        untold, _ = assemble(tables, policy, replace(relations, told=()), carried, pattern.dimensions)
    return _Audit(system, policy, pattern, linear, untold).report(progress or (lambda done, of: None))


class _Audit:
    """One attack on one system; `untold` is the same without what is told besides, from which figures leave room."""

    def __init__(self, system: System, policy: Policy, pattern: Pattern, linear: bool, untold: System) -> None:
        self.system, self.pattern, self.linear, self.untold = system, pattern, linear, untold
        self.small, self.floor, self.ceiling = requirements(system, policy)
        self.span = np.maximum(self.small, 1)
        listed = np.array([key in pattern.rules for key in system.keys], dtype=bool)
        shown = system.array(lambda cell: len(cell.tables)) > 0
        self.free: Mask = system.array(lambda cell: cell.known) == 0
        self.hidden: Mask = (listed | ~shown) & self.free
        self.judged: Mask = self.free & ((listed & shown) | (self.small > 0))

    def report(self, progress: Progress) -> pd.DataFrame:
        """One row a judged cell and table."""
        found = self._attack(progress)
        rows = []
        for cell in np.flatnonzero(self.judged).tolist():
            bounds = found.get(cell, UNTOLD)
            passed = self._passes(cell, bounds)
            if passed or self._room(cell)[0]:
                rows += [(*place, *bounds, passed) for place in self._places(cell)]
                where = described(self.system.keys[cell], self.system.dimensions)
                logger.debug("%s (%s): %s", where, rows[-1][-6], "safe" if passed else "told")
        names = ["table", "part", *self.system.dimensions, "rule", *Bounds._fields, "passed"]
        return pd.DataFrame(rows, columns=names)

    def _attack(self, progress: Progress) -> dict[int, Bounds]:
        """The bounds of each judged cell that is hidden and not given away."""
        found = {}
        parts = components(self.system, self.hidden)
        for done, part in enumerate(parts, 1):
            attacker = _attacker(self.system, part)
            judged = [(i, cell) for i, cell in enumerate(part.cells.tolist()) if self.judged[cell]]
            linear = {i: attacker.bounds(i) if self.linear else UNTOLD[:2] for i, _ in judged}
            for i, cell in judged:
                if attacker.exhibits(i, *self._needs(cell)) or attacker.low[i] < attacker.high[i]:
                    found[cell] = Bounds(*linear[i], attacker.low[i], attacker.high[i])
            progress(done, len(parts))
        return found

    def _passes(self, cell: int, bounds: Bounds) -> bool:
        spread = bounds.integer_upper - bounds.integer_lower
        span, floor, ceiling = self._needs(cell)
        if spread >= span and bounds.integer_upper > floor and bounds.integer_lower <= ceiling:
            return True
        room, least = self._room(cell)
        return bool(spread >= room > 0 and bounds.integer_lower <= max(least, ceiling))

    def _needs(self, cell: int) -> tuple[int, int, int]:
        return self.span[cell], self.floor[cell], self.ceiling[cell]

    def _room(self, cell: int) -> tuple[float, float]:
        """The spread of a cell, up to what is asked, and its least value, if all but published figures is hidden."""
        attacker, i = self._unconstrained[cell]
        attacker.exhibits(i, *self._needs(cell))
        return float(attacker.high[i] - attacker.low[i]), float(attacker.low[i])

    @cached_property
    def _unconstrained(self) -> dict[int, tuple[Attacker, int]]:
        found: dict[int, tuple[Attacker, int]] = {}
        place = {key: cell for cell, key in enumerate(self.system.keys)}
        for part in components(self.untold, self.untold.array(lambda cell: cell.known) == 0):
            attacker = _attacker(self.untold, part)
            found |= {place[self.untold.keys[cell]]: (attacker, i) for i, cell in enumerate(part.cells.tolist())}
        return found

    def _places(self, cell: int) -> Iterator[tuple[str, ...]]:
        """Table, part, coordinates and rule: one for each table that shows the cell."""
        key = self.system.keys[cell]
        rule = self.pattern.rules.get(key, "not hidden" if self.system.cells[cell].tables else "implied")
        for table in self.system.cells[cell].tables or ("",):
            yield (table, *key, rule)


def _attacker(system: System, part: Component) -> Attacker:
    lower = np.array([system.cells[cell].lower for cell in part.cells])
    return Attacker(part.rows, part.exact, part.rest, lower)


def feasible_interval(
    interior: ArrayLike,
    margins: str = "all row, column and grand totals published",
    suppressed: Sequence[Sequence[int]] = (),
    lower_bound: int = 0,
) -> dict[tuple[int, ...], Bounds]:
    """What an attacker finds of each suppressed cell of one table, by its index.

    `interior`: counts without totals, of any number of dimensions; in `suppressed` the index one past the end
    of a dimension is its total. `margins`: which totals are published, as text: "none", or "all", or in a table of two
    dimensions with the words "row", "column" or "grand" for some of them. `lower_bound`: the least that an attacker
    knows a suppressed cell to be. Raises ValueError for margins that are not so told, counts that are not
    whole or negative, and where no table fits.
    """
    given = np.asarray(interior, dtype=float)
    if not (given == given.round()).all() or (given < 0).any():
        raise ValueError("counts are whole and not negative")
    table = given.astype(np.int64)
    for axis in range(table.ndim):
        table = np.concatenate([table, table.sum(axis=axis, keepdims=True)], axis=axis)
    ends = [np.arange(size) == size - 1 for size in table.shape]
    totals = np.stack(np.meshgrid(*ends, indexing="ij"))  # over which axes a cell is a total
    asked = np.zeros(table.shape, dtype=bool)
    asked[tuple(np.array(suppressed, dtype=np.int64).reshape(-1, table.ndim).T)] = True
    hidden = asked | (totals.any(axis=0) & ~_published(totals, margins))
    rows = _lines(table.shape)
    rest = -(rows @ np.where(hidden, 0, table).ravel().astype(float))
    lower = np.where(asked, lower_bound, 0)[hidden]
    if (lower > table[hidden]).any():
        raise ValueError(f"a suppressed cell is less than {lower_bound}, the least that it is said to be")
    attacker = Attacker(csr_array(rows[:, np.flatnonzero(hidden)]), rows.shape[0], rest, lower)
    place = np.cumsum(hidden.ravel()).reshape(table.shape) - 1
    return {
        index: Bounds(*attacker.bounds(int(place[index])), *attacker.bounds(int(place[index]), integer=True))
        for index in (tuple(int(i) for i in cell) for cell in suppressed)
    }


def _published(totals: Mask, margins: str) -> Mask:
    """Which totals the words name; in two dimensions a row's total is over the second axis."""
    words = set(re.findall("[a-z]+", margins.lower()))
    named = {name for name in ("row", "column", "grand") if words & {name, f"{name}s"}}
    if words.isdisjoint({"no", "not", "none", "without", "suppressed", "unpublished", "but", "except"}):
        if "all" in words and named in (set(), {"row", "column"}, {"row", "column", "grand"}):
            return np.asarray(totals.any(axis=0))
        if totals.shape[0] == 2 and named:
            of = {"row": totals[1] & ~totals[0], "column": totals[0] & ~totals[1], "grand": totals.all(axis=0)}
            return np.asarray(np.any([of[name] for name in named], axis=0))
    elif words & {"no", "none"} and not named | words & {"not", "without", "suppressed", "unpublished"}:
        return np.zeros(totals.shape[1:], dtype=bool)
    raise ValueError(f"margins are all or none, or the row, column or grand totals that are published, not {margins!r}")


def _lines(shape: tuple[int, ...]) -> csr_array:
    """A row for each line of a table with totals: its cells less its total."""
    places = np.arange(np.prod(shape)).reshape(shape)
    lines = [line for axis, size in enumerate(shape) for line in np.moveaxis(places, axis, -1).reshape(-1, size)]
    return matrix([dict.fromkeys(line.tolist(), 1) | {int(line[-1]): -1} for line in lines], range(places.size))
