"""The cells of all tables as one linear system: whatever anyone can add up and subtract."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from reportlib.disclosure.joint import tie
from reportlib.disclosure.lattice import Cell, Lattice, Row, total_of
from reportlib.disclosure.policy import PART, TOTAL, CountTable, Key, Policy, Relations, Tables, Told
from reportlib.disclosure.solve import matrix
from reportlib.errors import Finding, ReportError


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


def described(key: Key, dimensions: Sequence[str]) -> str:
    """A cell in words: its part and every coordinate that is not a total."""
    where = [f"{d} {c}" for d, c in zip(dimensions, key[1:], strict=True) if c != TOTAL]
    return ", ".join([key[0], *where])


def dimensions_of(tables: Iterable[CountTable], relations: Relations) -> tuple[str, ...]:
    """Every dimension that one of the tables has, and those with which a sum ties two of them, in order of name."""
    found = {str(c) for table in tables for c in table.frame.columns} - {"value"}
    tied = [{name for side in sides for place in side for name in place} - {PART} for sides in relations.sums]
    return tuple(sorted(found.union(*(names for names in tied if len(names & found) > 1))))


def keys_of(table: CountTable, dimensions: Sequence[str]) -> list[Key]:
    """The key of each row of the table's frame."""
    total = [TOTAL] * len(table.frame)
    columns = [table.frame[d].astype(str).tolist() if d in table.frame else total for d in dimensions]
    return list(zip([table.part] * len(table.frame), *columns, strict=True))


def build(tables: Tables, relations: Relations, policy: Policy, dimensions: Sequence[str] | None = None) -> System:
    """Gather the cells, add the virtual ones and write down what ties them.

    The `relations` say how each dimension is divided. Raises ReportError, naming tables and never a count, where
    figures contradict one another.
    """
    dimensions = tuple(dimensions or dimensions_of(tables, relations))
    cells, unseen = _gather(tables, dimensions, policy)
    lattice = Lattice(tables, relations, dimensions)
    lattice.close(cells, unseen)
    across = _Across(cells, dimensions, relations, lattice)
    while fresh := across.following():
        cells |= fresh
        lattice.close(cells, unseen)
    equal, at_most, uniform = lattice.rows(cells, policy)
    equal += across.rows()
    at_most += [{a: 1, b: -1} for a, b in _pairs(relations.at_most, cells)]
    at_most += _limits(tables, cells, dimensions)
    at_most += _told(relations.told, cells, dimensions)
    equal = _without_loose_sums(equal, at_most, cells)
    equal += tie(lattice, cells, equal, policy)
    _refuse_contradictions(equal, at_most, cells, dimensions)
    tied = {key for row in [*equal, *at_most] for key in row}
    keys = sorted(key for key, cell in cells.items() if cell.tables or key in tied)
    index = {key: i for i, key in enumerate(keys)}
    return System(
        dimensions=dimensions,
        keys=keys,
        cells=[cells[key] for key in keys],
        equal=matrix(equal, keys),
        at_most=matrix(at_most, keys),
        uniform=frozenset(index[key] for key in uniform),
    )


def _gather(tables: Tables, dimensions: Sequence[str], policy: Policy) -> tuple[dict[Key, Cell], set[Key]]:
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
            known = open_to_all or value < policy.least
            names = () if table.below else (table.name,)
            new = Cell(int(value), table.scale, policy.least, known, names)
            old = cells.get(key, new)
            if old.value != new.value:
                findings.append(_contradiction([*old.tables, table.name], key, dimensions))
            tables_of = tuple(dict.fromkeys(old.tables + new.tables))
            scale = max(old.scale, new.scale)
            cells[key] = replace(old, scale=scale, known=old.known or new.known, tables=tables_of)
    if findings:
        raise ReportError("The tables contradict one another.", findings)
    return cells, hidden - set(cells)


def _pairs(pairs: Iterable[tuple[str, str]], cells: Mapping[Key, Cell]) -> Iterator[tuple[Key, Key]]:
    for fewer, more in pairs:
        for key in sorted(cells):
            if key[0] == fewer and (more, *key[1:]) in cells:
                yield key, (more, *key[1:])


def _limits(tables: Tables, cells: dict[Key, Cell], dimensions: Sequence[str]) -> Iterator[Row]:
    """Rows that keep counts below what is known of them, which joins the cells as one that everybody knows.

    Nor are they nought. Of a count that no figure says anything of there is nothing to keep.
    """
    for table in tables:
        for key in keys_of(table, dimensions) if table.below else ():
            if key in cells:
                limit = (f"fewer than {table.below}", *[TOTAL] * len(dimensions))
                cells[limit] = Cell(table.below - 1, 1, known=True)
                cells[key] = replace(cells[key], lower=max(1, cells[key].lower))
                yield {key: 1, limit: -1}


def _told(told: Iterable[Told], cells: dict[Key, Cell], dimensions: Sequence[str]) -> Iterator[Row]:
    """Rows that keep sums between what is told of them, whose ends join the cells as ones that everybody knows."""
    for place, each in enumerate(told):
        keys = [(each.part, *(codes.get(name, TOTAL) for name in dimensions)) for codes in each.places]
        held = [key for key in keys if key in cells]
        for name, value, sign in (("most", each.most, 1), ("least", each.least, -1)):
            end = (f"told {place}, at {name}", *[TOTAL] * len(dimensions))
            cells[end] = Cell(value, 1, known=True)
            yield dict.fromkeys(held, sign) | {end: -sign}


class _Across:
    """What ties cells across dimensions, by the sums of the relations."""

    def __init__(
        self, cells: Mapping[Key, Cell], dimensions: Sequence[str], relations: Relations, lattice: Lattice
    ) -> None:
        self.cells, self.names, self.lattice = cells, (PART, *dimensions), lattice
        self.sums = relations.sums

    def following(self) -> dict[Key, Cell]:
        """The cell that all others of a sum give, where it alone of three or more is not there."""
        found = {}
        for signs in self._sums():
            missing = [key for key in signs if key not in self.cells]
            if len(missing) == 1 and len(signs) > 2:
                (key,) = missing
                others = [(sign, self.cells[other]) for other, sign in signs.items() if other != key]
                value = -signs[key] * sum(sign * cell.value for sign, cell in others)
                found[key] = Cell(value, max(cell.scale for _, cell in others))
        return found

    def rows(self) -> list[Row]:
        """A row for each sum of which all cells are there."""
        return [signs for signs in self._sums() if all(key in self.cells for key in signs)]

    def _sums(self) -> Iterator[Row]:
        """One side of each sum less the other, in each part and cell of all other dimensions that has two of its cells.

        Without the codes that nobody has.
        """
        beside: dict[tuple[int, ...], dict[Key, dict[Key, None]]] = {}  # by names and their codes: all else of keys
        for sides in self.sums:
            within = {name for side in sides for place in side for name in place}
            where = tuple(i for i, name in enumerate(self.names) if name in within)
            if len(where) < len(within):
                continue
            if where not in beside:
                beside[where] = defaultdict(dict)
                for key in sorted(self.cells):
                    others = tuple(TOTAL if i in where else code for i, code in enumerate(key))
                    beside[where][tuple(key[i] for i in where)][others] = None
            codes = [[tuple(place.get(self.names[i], TOTAL) for i in where) for place in side] for side in sides]
            held = [beside[where].get(own, {}) for side in codes for own in side]
            times = Counter(key for keys in held for key in keys)
            for others in (key for key, number in times.items() if number > 1):
                keys = [[_placed(others, where, own) for own in side] for side in codes]
                some, same = ([key for key in side if not self.lattice.is_nobodys(key)] for side in keys)
                adds = all(self.lattice.adds_up(key[0], where) for key in (*some, *same))
                if some and same and (adds or len(some) == len(same) == 1):
                    yield dict.fromkeys(some, -1) | dict.fromkeys(same, 1)


def _placed(key: Key, where: Sequence[int], codes: Key) -> Key:
    own = dict(zip(where, codes, strict=True))
    return tuple(own.get(i, code) for i, code in enumerate(key))


def _without_loose_sums(equal: list[Row], at_most: list[Row], cells: Mapping[Key, Cell]) -> list[Row]:
    """Drop each row whose total is shown nowhere and used nowhere else: it tells nobody anything."""
    while True:
        uses = Counter(key for row in [*equal, *at_most] for key in row)
        totals = [(row, total_of(row)) for row in equal]
        kept = [row for row, total in totals if total is None or cells[total].tables or uses[total] > 1]
        if len(kept) == len(equal):
            return kept
        equal = kept


def _contradiction(tables: Iterable[str], key: Key, dimensions: Sequence[str]) -> Finding:
    names = " and ".join(sorted(set(tables)))
    text = f"the figures for {described(key, dimensions)} do not agree"
    if names:
        return Finding(f"{names}: {text}.")
    return Finding(f"{text}, of which no table shows any: a sum of `measures.SUMS` does not hold for these records.")


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
