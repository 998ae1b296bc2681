"""One pattern of hidden cells for all tables, found by sequential linear programmes.

Source: Kelly, Golden and Assad (1992), Cell suppression, Networks 22; Fischetti and Salazar-González (2001),
Solving the cell suppression problem, Management Science 47, from whom also sliding protection: the values
that fit a hidden cell span at least the policy's width, wherever among them the true one lies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from reportlib.disclosure.policy import CountTable, Key, Policy, Relations
from reportlib.disclosure.search import Search
from reportlib.disclosure.solve import Ints
from reportlib.disclosure.system import System, build, dimensions_of, keys_of
from reportlib.errors import ReportError

logger = logging.getLogger(__name__)
Progress = Callable[[int, int], None]  # components done, components in all
RULES = ("primary", "implied", "secondary", "carried")


@dataclass(frozen=True)
class Pattern:
    """Which cells are hidden, and by which of RULES.

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

    def summary(self) -> pd.DataFrame:
        """One row a table: its name, its cells, and how many each rule hides."""
        rows = []
        for name in self.tables:
            marks = self.marks(name)
            rows.append({"table": name, "cells": len(marks), **{r: int((marks == r).sum()) for r in RULES}})
        return pd.DataFrame(rows, columns=["table", "cells", *RULES])


@dataclass(frozen=True)
class Component:
    """Cells that are tied together and not known: their indices, and their block of the system's rows."""

    columns: Ints
    rows: csr_array
    exact: int  # how many of the rows are equalities; they come first
    slack: np.ndarray


def requirements(system: System, policy: Policy) -> tuple[Ints, Ints]:
    """For each cell the width that its values must span, and the value that one of them must exceed.

    0 and -1 where a cell needs no protection. Small counts need it, shown or implied, and so do small
    groups of whom all or none did something.
    """
    value, scale = system.array(lambda c: c.value), system.array(lambda c: c.scale)
    small = (value >= 1) & (value <= policy.threshold * scale) & ~system.array(lambda c: c.known).astype(bool)
    small[list(system.uniform)] = True
    return (
        np.where(small, policy.protection_width * scale, 0),
        np.where(small, policy.threshold * scale, -1),
    )


def components(system: System, free: np.ndarray) -> list[Component]:
    """The connected components of the free cells, in order of their first cell."""
    columns = np.flatnonzero(free)
    rows = csr_array(vstack([system.equal, system.at_most]))
    part = csr_array(rows[:, columns])
    slack = np.concatenate(
        [np.zeros(system.equal.shape[0]), -(system.at_most @ system.array(lambda c: c.value).astype(float))]
    )
    ties = abs(part).T @ abs(part)
    _, label = connected_components(ties, directed=False)
    order = np.argsort(label, kind="stable")
    found = []
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []:
        block = part[:, members]
        used = np.flatnonzero(np.diff(csr_array(block).indptr))
        exact = int((used < system.equal.shape[0]).sum())
        found.append(Component(columns[members], csr_array(block)[used], exact, slack[used]))
    return sorted(found, key=lambda c: int(c.columns[0]))


def protect(
    tables: Sequence[CountTable],
    policy: Policy,
    relations: Relations | None = None,
    carried: Sequence[CountTable] = (),
    progress: Progress | None = None,
) -> Pattern:
    """Find one pattern that protects every small count, shown or implied, in all tables together.

    `carried`: tables of earlier releases, with a missing value where a cell was hidden: it stays hidden, and
    what was shown is known to all, unless a part has been revised since. Raises ReportError, naming tables and
    never a count, where figures contradict one another.
    """
    relations = relations or Relations()
    system, stays = build(tables, relations, policy), set[Key]()
    width, floor = requirements(system, policy)
    rules: dict[Key, str] = {}
    parts = components(system, ~system.array(lambda c: c.known).astype(bool))
    for done, component in enumerate(parts, 1):
        rules |= _protect(system, component, width, floor, stays)
        if progress:
            progress(done, len(parts))
    logger.info("%d cells of %d hidden in %d tables", len(rules), len(system.keys), len(tables))
    return Pattern(system.dimensions, rules, {table.name: table for table in tables})


def _protect(
    system: System, component: Component, width: Ints, floor: Ints, stays: set[Key]
) -> dict[Key, str]:
    """The hidden cells of one component and their rules."""
    columns = component.columns
    cells = [system.cells[i] for i in columns]
    value = np.array([c.value for c in cells])
    shown = np.array([bool(c.tables) for c in cells])
    kept = np.array([system.keys[i] in stays for i in columns])
    span, rise = width[columns], floor[columns] + 1 - value
    targets = np.flatnonzero((span > 0) | kept)
    if not len(targets):
        return {}
    search = Search(
        component.rows,
        component.exact,
        component.slack,
        np.array([c.lower for c in cells]) - value,
        np.where(shown, 1 + np.log2(1 + value) / 8, 0.0),
        np.where(kept, np.maximum(span, 1), span),
        rise,
    )
    order = sorted(targets.tolist(), key=lambda t: (-search.need(t), t))
    forced = [t for t in order if shown[t]]
    search.run(order, forced)
    names = {t: _rule(value[t], span[t], floor[columns[t]]) for t in forced}
    for cell, asker in search.askers.items():
        names[cell] = "implied" if not shown[asker] and search.beside(cell, asker) else "secondary"
    return {system.keys[columns[i]]: rule for i, rule in names.items() if shown[i] and search.hidden[i]}


def _rule(value: int, span: int, floor: int) -> str:
    if not span:
        return "carried"
    return "implied" if value > floor else "primary"
