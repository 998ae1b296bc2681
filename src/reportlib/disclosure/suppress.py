"""One pattern of hidden cells for all tables, found by sequential linear programmes.

Source: Kelly, Golden and Assad (1992), Cell suppression, Networks 22; Fischetti and Salazar-González (2001),
Solving the cell suppression problem, Management Science 47, from whom also sliding protection: the values
that fit a hidden cell span at least the policy's width, wherever among them the true one lies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from reportlib.disclosure.lattice import Cell
from reportlib.disclosure.policy import TOTAL, Code, CountTable, Key, Policy, Relations, Tables
from reportlib.disclosure.search import Search
from reportlib.disclosure.solve import Ints, Mask, Vector
from reportlib.disclosure.system import System, build, dimensions_of, keys_of
from reportlib.errors import ReportError

logger = logging.getLogger(__name__)
Progress = Callable[[int, int], None]  # components done, components in all
SPARED = 2  # how far below the threshold a small count must be able to lie
ANY = np.iinfo(np.int64).max
FLAT = 32  # counts up to which hiding costs the same
A_TOTAL, A_DOUBLING = 0.05, 0.01  # what it costs more to hide a total, and a count of a group of twice the size


@dataclass(frozen=True)
class Pattern:
    """Which cells are hidden, and by which rule.

    primary: the count is small; implied: it would give a small count by subtraction; secondary: it would
    help to find another hidden cell; carried: an earlier release hid it.
    """

    dimensions: tuple[str, ...]
    rules: Mapping[Key, str]
    tables: Mapping[str, CountTable]

    def marks(self, name: str) -> pd.Series:
        """The rule that hides each row of the named table, or "", aligned with its frame."""
        table = self.tables[name]
        rules = [self.rules.get(key, "") for key in keys_of(table, self.dimensions)]
        return pd.Series(rules, index=table.frame.index, dtype="str")


@dataclass(frozen=True)
class Component:
    """Free cells that are tied together: their indices, their block of the system's rows, and its right side.

    The first `exact` rows are equalities; `rest` is what the cells that are not free leave for each row.
    """

    cells: Ints
    rows: csr_array
    exact: int
    rest: Vector


class Needs(NamedTuple):
    """For each cell the width that its values must span, a value that one must exceed, and one that one must not.

    0, -1 and ANY where a cell needs no protection. Small counts need it, shown or implied, and so do small groups of
    whom all or none did something; these need no `ceiling`. It leaves three values to whoever guesses that a mark hides
    a small count, as far as the threshold has room for them.
    """

    width: Ints
    floor: Ints
    ceiling: Ints


def requirements(system: System, policy: Policy) -> Needs:
    """What each cell needs."""
    scale = system.array(lambda c: c.scale)
    small = np.array([_is_small(cell, policy) for cell in system.cells], dtype=bool)
    guarded = small.copy()
    guarded[list(system.uniform)] = True
    return Needs(
        np.where(guarded, policy.protection_width * scale, 0),
        np.where(guarded, policy.threshold * scale, -1),
        np.where(small, max(policy.least, policy.threshold - SPARED) * scale, ANY),
    )


def _is_small(cell: Cell, policy: Policy) -> bool:
    """Whether a count is small and ours to hide; nobody asks for a nothing that no table shows."""
    ours = not (cell.known or cell.supposed) and (cell.value > 0 or bool(cell.tables))
    return ours and policy.is_small(cell.value, cell.scale)


def components(system: System, free: Mask) -> list[Component]:
    """The connected components of the free cells, in order of their first cell."""
    rows, members = csr_array(vstack([system.equal, system.at_most])), np.flatnonzero(free)
    rest = -(rows @ np.where(free, 0, system.array(lambda c: c.value)).astype(float))
    block = csr_array(rows[:, members])
    _, label = connected_components(abs(block).T @ abs(block), directed=False)
    order = np.argsort(label, kind="stable")
    found = []
    for part in np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []:
        own = csr_array(block[:, part])
        used = np.flatnonzero(np.diff(own.indptr))
        exact = int((used < system.equal.shape[0]).sum())
        found.append(Component(members[part], csr_array(own[used]), exact, rest[used]))
    return sorted(found, key=lambda component: int(component.cells[0]))


def assemble(
    tables: Tables, policy: Policy, relations: Relations, carried: Tables, dimensions: Sequence[str] = ()
) -> tuple[System, frozenset[Key]]:
    """The system of all that is or will be known, and the cells that an earlier release hid.

    Of all the `dimensions` of the tables, or of those given, which may be more.

    What an earlier release tells joins the system, but for figures that have been revised since, or count otherwise:
    they are of another vintage. Where the others still contradict ours, since it counts more or less than we do, what
    both tell of that year is known, and nothing else of it.
    """
    dimensions = dimensions or dimensions_of([*tables, *carried], relations)
    relations = replace(relations, hierarchies=_hierarchies([*tables, *carried], relations, dimensions))
    ours = {key: value for table in tables for key, value in _counts(table, dimensions)}
    agreeing: list[CountTable] = []
    for part, release in sorted({(table.part, table.release) for table in carried}):
        theirs = [replace(t, published=True) for t in carried if (t.part, t.release) == (part, release)]
        kept = [_rows(t, [pd.isna(v) or ours.get(k, v) == v for k, v in _counts(t, dimensions)]) for t in theirs]
        alike = [_rows(t, [bool(pd.notna(v)) and k in ours for k, v in _counts(t, dimensions)]) for t in kept]
        tied = relations.tied(part)
        held = [table for table in [*tables, *agreeing] if table.part in tied]
        fitting = _that_fit(kept, alike, held, lambda some: build(some, relations, policy))
        agreeing += fitting
        if revised := sum(len(t.frame) for t in theirs) - sum(len(t.frame) for t in fitting):
            logger.info("%s: %d figures of another vintage in the earlier release (%s)", part, revised, release)
    marked = [table for table in carried if not table.below]
    hidden = {key for table in marked for key, value in _counts(table, dimensions) if pd.isna(value)}
    return build([*tables, *agreeing], relations, policy, dimensions), frozenset(hidden)


def _hierarchies(
    tables: Tables, relations: Relations, dimensions: Sequence[str]
) -> Mapping[str, Mapping[Code, list[tuple[Code, ...]]]]:
    """How each dimension is divided: as given, or flat, where the codes of the tables make up its total."""
    flat = {}
    for name in {*dimensions} - relations.hierarchies.keys():
        codes = {str(code) for table in tables if name in table.frame for code in table.frame[name]} - {TOTAL}
        flat[name] = {TOTAL: [tuple(sorted(codes))]}
    return {**relations.hierarchies, **flat}


def _that_fit(earlier: Tables, alike: Tables, held: Tables, built: Callable[[Tables], object]) -> Tables:
    """What is told earlier, if it can be `built` with what is held; of each year that cannot, what is `alike`."""

    def fits(tables: Tables) -> bool:
        try:
            built([*held, *tables])
        except ReportError:
            return False
        return True

    if fits(earlier):
        return earlier
    found: list[CountTable] = []
    for year in sorted({year for table in earlier for year in _year(table)}):
        all_, both = ([_rows(t, _year(t).eq(year)) for t in tables] for tables in (earlier, alike))
        found += all_ if fits([*found, *all_]) else both
    return found


def _year(table: CountTable) -> pd.Series:
    return table.frame["year"] if "year" in table.frame else pd.Series(TOTAL, table.frame.index)


def _rows(table: CountTable, kept: Sequence[bool] | pd.Series) -> CountTable:
    return replace(table, frame=table.frame[np.asarray(kept, dtype=bool)])


def _counts(table: CountTable, dimensions: Sequence[str]) -> Iterator[tuple[Key, Any]]:
    return zip(keys_of(table, dimensions), table.frame["value"], strict=True)


def protect(
    tables: Tables,
    policy: Policy,
    relations: Relations | None = None,
    carried: Tables = (),
    progress: Progress | None = None,
) -> Pattern:
    """Find one pattern that protects every small count, shown or implied, in all tables together.

    `carried`: tables of earlier releases, with a missing value where a cell was hidden: it stays hidden, and
    what was shown is known to all, unless it has been revised since that release. Raises ReportError, naming
    tables and never a count, where figures contradict one another.
    """
    relations = relations or Relations()
    system, stays = assemble(tables, policy, relations, carried)
    needs, costs = requirements(system, policy), _costs(system, relations.fixed)
    rules: dict[Key, str] = {}
    parts = components(system, ~system.array(lambda c: c.known).astype(bool))
    for done, component in enumerate(parts, 1):
        rules |= _protect(system, component, needs, costs, stays)
        if progress:
            progress(done, len(parts))
    logger.info("%d of %d cells are hidden", len(rules), sum(bool(cell.tables) for cell in system.cells))
    return Pattern(system.dimensions, rules, {table.name: table for table in tables})


def _costs(system: System, groups: Sequence[str]) -> Vector:
    """What hiding each cell's count costs: the same for all that are not large; more for totals and for large groups.

    Which cells are hidden beside a small count is for everyone to see: if that turned on how small they are, whoever
    repeats the search with other counts would learn it. So between small counts what decides is how large the groups
    of people are that they are of (by codes of `groups`, each with its largest count): comparisons of large ones stay.
    """
    value = system.array(lambda c: c.value) / system.array(lambda c: c.scale)
    doublings = np.log2(np.maximum(value, FLAT) / FLAT).round(2)
    sizes = np.zeros(len(value))
    for name in filter(system.dimensions.__contains__, groups):
        codes = np.array([key[1 + system.dimensions.index(name)] for key in system.keys])
        of_code, place = np.unique(codes, return_inverse=True)
        largest = np.zeros(len(of_code))
        np.maximum.at(largest, place, doublings)
        sizes += np.where(codes == TOTAL, 0, largest[place])
    totals = np.array([key.count(TOTAL) for key in system.keys])
    return np.asarray(1 + doublings / 8 + A_TOTAL * totals + A_DOUBLING * sizes)


def _protect(
    system: System, component: Component, needs: Needs, costs: Vector, stays: frozenset[Key]
) -> dict[Key, str]:
    """The hidden cells of one component and their rules."""
    keys = [system.keys[i] for i in component.cells]
    cells = [system.cells[i] for i in component.cells]
    span, floor, ceiling = (need[component.cells] for need in needs)
    value = np.array([c.value for c in cells])
    shown = np.array([bool(c.tables) for c in cells])
    kept = np.array([key in stays for key in keys]) & shown
    if not (kept | (span > 0)).any():
        return {}
    search = Search(
        component.rows,
        component.exact,
        component.rest - component.rows @ value.astype(float),
        np.array([c.lower for c in cells]) - value,
        np.where(shown, costs[component.cells], 0.0),
        np.maximum(span, kept),
        floor + 1 - value,
        np.maximum(value - ceiling, 0),
    )
    targets = sorted(np.flatnonzero(search.width).tolist(), key=lambda t: (-search.need(t), t))
    forced = [t for t in targets if shown[t]]
    search.run(targets, forced)
    names = {t: _rule(value[t], span[t], floor[t]) for t in forced}
    for cell, asker in search.askers.items():
        names[cell] = "implied" if not shown[asker] and search.beside(cell, asker) else "secondary"
    return {keys[i]: rule for i, rule in names.items() if search.hidden[i]}


def _rule(value: int, span: int, floor: int) -> str:
    if not span:
        return "carried"
    return "implied" if value > floor else "primary"
