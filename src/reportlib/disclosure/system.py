"""The cells of all tables as one linear system: whatever anyone can add up and subtract."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from reportlib.disclosure.policy import TOTAL, Code, CountTable, Key, Policy, Relations
from reportlib.errors import Finding, ReportError

Codes = tuple[Code, ...]
Row = dict[Key, int]  # coefficients


@dataclass(frozen=True)
class Cell:
    """One count. A cell of no table is virtual: it is nowhere shown, but subtraction or addition gives it."""

    value: int
    scale: int
    lower: int = 0  # the least that an attacker knows it to be once it is hidden
    known: bool = False
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class System:
    """Cells by index, and what ties them: `equal @ value == 0`, `at_most @ value <= 0`.

    `uniform`: the groups below the minimum denominator of whom all or none did something.
    """

    dimensions: tuple[str, ...]
    keys: list[Key]
    cells: list[Cell]
    equal: csr_array
    at_most: csr_array
    uniform: frozenset[int]

    def array(self, get: Callable[[Cell], int]) -> NDArray[np.int64]:
        """One integer a cell."""
        return np.array([get(cell) for cell in self.cells], dtype=np.int64)

    def describe(self, index: int) -> str:
        """The cell in words: its part and every coordinate that is not a total."""
        return _describe(self.keys[index], self.dimensions)


def _describe(key: Key, dimensions: Sequence[str]) -> str:
    where = [f"{d} {c}" for d, c in zip(dimensions, key[1:], strict=True) if c != TOTAL]
    return ", ".join([key[0], *where])


def dimensions_of(tables: Iterable[CountTable]) -> tuple[str, ...]:
    """Every dimension that one of the tables has, in order of name."""
    return tuple(sorted({str(c) for table in tables for c in table.frame.columns} - {"value"}))


def keys_of(table: CountTable, dimensions: Sequence[str]) -> list[Key]:
    """The key of each row of the table's frame."""
    total = [TOTAL] * len(table.frame)
    columns = [table.frame[d].astype(str).tolist() if d in table.frame else total for d in dimensions]
    return list(zip([table.part] * len(table.frame), *columns, strict=True))


def build(
    tables: Sequence[CountTable], relations: Relations, policy: Policy, dimensions: Sequence[str] | None = None
) -> System:
    """Gather the cells, add the virtual ones and write down what ties them.

    Raises ReportError, naming tables and never a count, where figures contradict one another.
    """
    dimensions = tuple(dimensions or dimensions_of(tables))
    cells, unseen = _gather(tables, dimensions, policy)
    lattice = _Lattice.of(tables, relations, dimensions)
    lattice.close(cells, unseen)
    equal, at_most, uniform = lattice.rows(cells, policy)
    at_most += [{a: 1, b: -1} for a, b in _pairs(relations.at_most, cells)]
    equal = _without_loose_sums(equal, at_most, cells)
    _refuse_contradictions(equal, at_most, cells, dimensions)
    tied = {key for row in [*equal, *at_most] for key in row}
    keys = sorted(key for key, cell in cells.items() if cell.tables or key in tied)
    index = {key: i for i, key in enumerate(keys)}
    return System(
        dimensions=dimensions,
        keys=keys,
        cells=[cells[key] for key in keys],
        equal=_matrix(equal, index),
        at_most=_matrix(at_most, index),
        uniform=frozenset(index[key] for key in uniform),
    )


def _gather(
    tables: Sequence[CountTable], dimensions: Sequence[str], policy: Policy
) -> tuple[dict[Key, Cell], set[Key]]:
    """The cells that tables show, and those that an earlier release hid and no table gives."""
    cells: dict[Key, Cell] = {}
    hidden: set[Key] = set()
    findings = []
    for table in tables:
        open_to_all = table.published or policy.exempt(table.name)
        for key, value in zip(keys_of(table, dimensions), table.frame["value"], strict=True):
            if pd.isna(value) and open_to_all:
                hidden.add(key)
                continue
            if pd.isna(value) or value < 0:
                raise ReportError(f"{table.name}: a count is missing or negative.")
            new = Cell(int(value), table.scale, 1, open_to_all or value == 0, (table.name,))
            old = cells.get(key, new)
            if old.value != new.value:
                findings.append(_contradiction([*old.tables, table.name], key, dimensions))
            tables_of = tuple(dict.fromkeys(old.tables + new.tables))
            scale = max(old.scale, new.scale)
            cells[key] = replace(old, scale=scale, known=old.known or new.known, tables=tables_of)
    if findings:
        raise ReportError("The tables contradict one another.", findings)
    return cells, hidden - set(cells)


class _Lattice:
    """Which codes make up which, along each axis; the first axis is the part."""

    def __init__(self, axes: list[Mapping[Code, list[Codes]]], additive: dict[str, set[int]]) -> None:
        self.axes = axes
        self.additive = additive  # part -> the axes over which it adds up
        self._leaves: list[dict[Code, frozenset[Code]]] = [{} for _ in axes]
        self._plans: dict[tuple[int, frozenset[Code]], list[tuple[Code, Codes, Code]]] = {}

    @classmethod
    def of(cls, tables: Sequence[CountTable], relations: Relations, dimensions: Sequence[str]) -> _Lattice:
        """Hierarchies as given; a dimension without one is flat: its codes make up its total."""
        chains: dict[Code, list[Codes]] = defaultdict(list)
        for whole, parts in relations.links():
            chains[whole].append(parts)
        axes: list[Mapping[Code, list[Codes]]] = [chains]
        for dimension in dimensions:
            codes = {str(c) for t in tables if dimension in t.frame for c in t.frame[dimension]} - {TOTAL}
            axes.append(relations.hierarchies.get(dimension, {TOTAL: [tuple(sorted(codes))]}))
        fixed = {0} | {i for i, d in enumerate(dimensions, 1) if d in relations.fixed}
        every = set(range(len(axes)))
        kinds = {table.part: table.additive for table in tables}
        if mixed := {table.part for table in tables if table.additive != kinds[table.part]}:
            raise ReportError(f"Declared both additive and not: {', '.join(sorted(mixed))}.")
        return cls(axes, {part: every if adds else fixed for part, adds in kinds.items()})

    def close(self, cells: dict[Key, Cell], unseen: set[Key]) -> None:
        """Add every cell that follows by adding up a line, or by taking the others from its total."""
        fresh: dict[Key, Cell] = dict(cells)
        while fresh:
            fresh = {}
            for axis, at, codes in self._lines(cells, exact=True):
                for parent, have, rest in self._plan(axis, codes):
                    total = sum(cells[at(code)].value for code in have)
                    if parent in codes and rest and at(rest) not in cells:
                        whole, least = cells[at(parent)], sum(at(leaf) in unseen for leaf in self.leaves(axis, rest))
                        fresh[at(rest)] = Cell(whole.value - total, whole.scale, least)
                    elif parent not in codes and not rest:
                        fresh[at(parent)] = Cell(total, max(cells[at(code)].scale for code in have))
            cells |= fresh

    def rows(self, cells: dict[Key, Cell], policy: Policy) -> tuple[list[Row], list[Row], set[Key]]:
        """Equalities, inequalities (people do not add up), and the small groups of whom all did the same."""
        equal, at_most, uniform = [], [], set()
        for axis, at, codes in self._lines(cells, exact=True):
            for parent, have, rest in self._plan(axis, codes):
                if parent in codes:
                    parts = [at(code) for code in (*have, rest) if code]
                    equal.append({at(parent): -1} | dict.fromkeys(parts, 1))
                    if axis == 0 and _alike(cells[at(parent)], [cells[part] for part in parts], policy):
                        uniform.add(at(parent))
        for axis, at, codes in self._lines(cells, exact=False):
            for parent, have, rest in self._plan(axis, codes):
                if parent in codes:
                    at_most += [{at(code): 1, at(parent): -1} for code in have]
                    at_most += [] if rest else [{at(parent): 1} | {at(code): -1 for code in have}]
        return equal, at_most, uniform

    def _lines(self, cells: Iterable[Key], exact: bool) -> Iterator[tuple[int, Callable[[Code], Key], frozenset[Code]]]:
        """Every line of two cells or more along an axis: the axis, code -> key, and the codes that are there."""
        for axis, hierarchy in enumerate(self.axes):
            lines = defaultdict(set)
            for key in cells:
                if hierarchy and (axis in self.additive.get(key[0], {0})) == exact:
                    lines[key[:axis], key[axis + 1 :]].add(key[axis])
            for (before, after), codes in sorted(lines.items()):
                if len(codes) > 1:
                    yield axis, _placer(before, after), frozenset(codes)

    def leaves(self, axis: int, code: Code) -> frozenset[Code]:
        """The undivided codes that make up a code."""
        known = self._leaves[axis]
        if code not in known:
            division = self.axes[axis].get(code, [()])[0]
            known[code] = frozenset[Code]().union(*(self.leaves(axis, c) for c in division)) or frozenset([code])
        return known[code]

    def _plan(self, axis: int, codes: frozenset[Code]) -> list[tuple[Code, Codes, Code]]:
        """Each total with each way of dividing it: the total, the codes that are there, a code for the rest."""
        if (axis, codes) not in self._plans:
            ways = {
                (parent, *self._cover(axis, parent, children, codes))
                for parent, divisions in self.axes[axis].items()
                for children in divisions
            }
            self._plans[axis, codes] = sorted(way for way in ways if way[1])
        return self._plans[axis, codes]

    def _cover(self, axis: int, parent: Code, children: Codes, codes: frozenset[Code]) -> tuple[Codes, Code]:
        """The children that are there, then the largest other codes that fit among the rest, and what is left."""
        left = set[Code]().union(*(self.leaves(axis, child) for child in children))
        have = []
        for code in (*children, *sorted(codes, key=lambda c: (-len(self.leaves(axis, c)), c))):
            if code in codes - {parent} and (own := self.leaves(axis, code)) <= left:
                have.append(code)
                left -= own
        return tuple(sorted(have)), self._name(axis, frozenset(left))

    def _name(self, axis: int, left: frozenset[Code]) -> Code:
        """One code for what is left: its own where there is one, else the leaves' joined; "" for nothing."""
        name = "+".join(sorted(left))
        if len(left) > 1:
            name = next((c for c in self.axes[axis] if self.leaves(axis, c) == left), name)
            self._leaves[axis][name] = left
        return name


def _placer(before: Key, after: Key) -> Callable[[Code], Key]:
    return lambda code: (*before, code, *after)


def _alike(whole: Cell, parts: list[Cell], policy: Policy) -> bool:
    small = 0 < whole.value < policy.minimum_denominator * whole.scale
    return small and bool(whole.tables) and not whole.known and any(p.value == whole.value for p in parts)


def _pairs(pairs: Iterable[tuple[str, str]], cells: Mapping[Key, Cell]) -> Iterator[tuple[Key, Key]]:
    for fewer, more in pairs:
        for key in sorted(cells):
            if key[0] == fewer and (more, *key[1:]) in cells:
                yield key, (more, *key[1:])


def _without_loose_sums(equal: list[Row], at_most: list[Row], cells: Mapping[Key, Cell]) -> list[Row]:
    """Drop each row whose total is shown nowhere and used nowhere else: it tells nobody anything."""
    while True:
        uses = Counter(key for row in [*equal, *at_most] for key in row)
        kept = [row for row in equal if cells[next(iter(row))].tables or uses[next(iter(row))] > 1]
        if len(kept) == len(equal):
            return kept
        equal = kept


def _contradiction(tables: Iterable[str], key: Key, dimensions: Sequence[str]) -> Finding:
    names = " and ".join(sorted(set(tables)))
    return Finding(f"{names}: the figures for {_describe(key, dimensions)} do not agree.")


def _refuse_contradictions(
    equal: list[Row], at_most: list[Row], cells: Mapping[Key, Cell], dimensions: Sequence[str]
) -> None:
    """Raise ReportError where parts do not make their total, or a remainder would be less than it can be."""
    findings = {}
    for row, exact in [(r, True) for r in equal] + [(r, False) for r in at_most]:
        excess = sum(coefficient * cells[key].value for key, coefficient in row.items())
        short = any(not cells[key].tables and cells[key].value < cells[key].lower for key in row)
        if excess > 0 or short or (exact and excess):
            names = [name for key in row for name in cells[key].tables]
            finding = _contradiction(names, next(iter(row)), dimensions)
            findings[finding.message] = finding
    if findings:
        raise ReportError("The tables contradict one another.", list(findings.values()))


def _matrix(rows: list[Row], index: Mapping[Key, int]) -> csr_array:
    counts = [len(row) for row in rows]
    data = [float(c) for row in rows for c in row.values()]
    columns = [index[key] for row in rows for key in row]
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return csr_array((data, columns, starts), shape=(len(rows), len(index)))
