"""Which codes make up which, and what follows from that along every line of a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportlib.disclosure.policy import Code, Key, Policy, Relations, Tables
from reportlib.errors import ReportError

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
    supposed: bool = False  # the value is one that fits, not one that we know


def total_of(row: Row) -> Key | None:
    """The cell that the others of a row make up, where it is one."""
    less = [key for key, sign in row.items() if sign < 0]
    return less[0] if len(less) == 1 else None


class Lattice:
    """Which codes make up which, along the axis of each dimension; the first axis is the part."""

    def __init__(self, tables: Tables, relations: Relations, dimensions: Sequence[str]) -> None:
        chains: dict[Code, list[Codes]] = defaultdict(list)
        for whole, parts in relations.chains:
            chains[whole].append(parts)
        self.axes: list[Mapping[Code, list[Codes]]] = [chains, *(relations.hierarchies[d] for d in dimensions)]
        at = {dimension: axis for axis, dimension in enumerate(dimensions, 1)}
        fixed = {0} | {axis for dimension, axis in at.items() if dimension in relations.fixed}
        every = set(range(len(self.axes)))
        kinds = {table.part: table.additive for table in tables}
        if mixed := {table.part for table in tables if table.additive != kinds[table.part]}:
            raise ReportError(f"Declared both additive and not: {', '.join(sorted(mixed))}.")
        # part -> the axes over which it adds up; part and axis -> the codes that nobody has
        self.additive = {part: every if adds else fixed for part, adds in kinds.items()}
        self.nobody = {(part, at[d]): codes for (part, d), codes in relations.nobody.items() if d in at}
        self._leaves: list[dict[Code, frozenset[Code]]] = [{} for _ in self.axes]
        self._plans: dict[tuple[int, frozenset[Code], frozenset[Code]], list[tuple[Code, Codes, Code]]] = {}

    def adds_up(self, part: Code, axes: Iterable[int] = ()) -> bool:
        """Whether a part adds up over some axes, by default all; one that no table shows is of events, and does."""
        return self.additive.get(part, {*range(len(self.axes))}) >= {*(axes or range(len(self.axes)))}

    def is_nobodys(self, key: Key) -> bool:
        """Whether a key has a code that nobody of its part has."""
        return any(code in self.nobody.get((key[0], axis), ()) for axis, code in enumerate(key))

    def close(self, cells: dict[Key, Cell], unseen: set[Key]) -> None:
        """Add every cell that follows by adding up a line, or by taking the others from its total."""
        fresh: dict[Key, Cell] = dict(cells)
        while fresh:
            fresh = {}
            for axis, at, codes in self._lines(cells, exact=True):
                for parent, have, rest in self._plan(axis, at, codes):
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
            for parent, have, rest in self._plan(axis, at, codes):
                if parent in codes:
                    parts = [at(code) for code in (*have, rest) if code]
                    equal.append({at(parent): -1} | dict.fromkeys(parts, 1))
                    if axis == 0 and _alike(cells[at(parent)], [cells[part] for part in parts], policy):
                        uniform.add(at(parent))
        for axis, at, codes in self._lines(cells, exact=False):
            for parent, have, rest in self._plan(axis, at, codes):
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

    def _plan(self, axis: int, at: Callable[[Code], Key], codes: frozenset[Code]) -> list[tuple[Code, Codes, Code]]:
        """Each total with each way of dividing it: the total, the codes that are there, a code for the rest."""
        nobody = self.nobody.get((at("")[0], axis), frozenset())
        if (axis, codes, nobody) not in self._plans:
            ways = {
                (parent, *self._cover(axis, parent, children, codes, nobody))
                for parent, divisions in self.axes[axis].items()
                for children in divisions
            }
            self._plans[axis, codes, nobody] = sorted(way for way in ways if way[1])
        return self._plans[axis, codes, nobody]

    def _cover(
        self, axis: int, parent: Code, children: Codes, codes: frozenset[Code], nobody: frozenset[Code]
    ) -> tuple[Codes, Code]:
        """The children that are there, then the largest other codes that fit among the rest, and what is left."""
        left = set[Code]().union(*(self.leaves(axis, child) for child in children)) - nobody
        have = []
        for code in (*children, *sorted(codes, key=lambda c: (-len(self.leaves(axis, c)), c))):
            if code in codes - {parent} and (own := self.leaves(axis, code)) <= left:
                have.append(code)
                left -= own
        return tuple(sorted(have)), self.name(axis, frozenset(left))

    def name(self, axis: int, left: frozenset[Code]) -> Code:
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
