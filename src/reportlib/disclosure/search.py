"""The search for a pattern in one connected component of the system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, hstack, vstack

from reportlib.disclosure.solve import Ints, Programme, Vector

Mask = NDArray[np.bool_]
CHEAP = 1e-3  # the cost of moving a cell that is hidden anyway: just enough to move few


class Search:
    """Hides cells until every target is protected by tables that it can exhibit.

    A move is an integer vector: another table that fits everything shown, less the true one. Whatever
    moves must be hidden. `low` and `high` say how far the moves found so far take each cell.
    `rows`: the system's equalities, then its inequalities; `slack`: 0 for each equality, then what each
    inequality leaves. `fall`: how far each cell can fall (<= 0). `cost`: of hiding each cell, 0 where no
    table shows it. `width`, `floor`: by how much a target's values must spread, and what one must exceed.
    """

    def __init__(
        self, rows: csr_array, exact: int, slack: Vector, fall: Ints, cost: Vector, width: Ints, rise: Ints
    ) -> None:
        self.rows, self.slack, self.fall, self.cost = rows, slack, fall.astype(float), cost
        self.floor = np.where(np.arange(rows.shape[0]) < exact, slack, -np.inf)
        self.width, self.rise = width, rise
        self.hidden: Mask = cost == 0
        self.moves: list[Ints] = []
        self.low: Ints = np.zeros_like(fall)
        self.high: Ints = np.zeros_like(fall)

    def run(self, targets: Sequence[int], forced: Sequence[int]) -> dict[int, int]:
        """Hide what protects the targets; returns each further hidden cell with the target that asked for it."""
        self.hidden[list(forced)] = True
        askers: dict[int, int] = {}
        self._spread(targets, self.hidden)
        for target in targets:
            if not self.met(target):
                before = self.hidden.copy()
                self._protect(target)
                askers |= dict.fromkeys(np.flatnonzero(self.hidden & ~before).tolist(), target)
        self._trim(sorted(askers, key=lambda c: (-self.cost[c], c)), targets)
        return {cell: asker for cell, asker in askers.items() if self.hidden[cell]}

    def need(self, target: int) -> int:
        """How far the target must be seen to rise, given how far it is seen to fall."""
        return max(int(self.low[target] + self.width[target]), int(self.rise[target]))

    def met(self, target: int) -> bool:
        """Whether the moves found so far protect the target."""
        return bool(self.high[target] >= self.need(target))

    def _learn(self, move: Ints) -> None:
        self.moves.append(move)
        self.low, self.high = np.minimum(self.low, move), np.maximum(self.high, move)
        self.hidden |= move != 0

    def _protect(self, target: int) -> None:
        move = self._cheapest(target, self.need(target), np.ones_like(self.hidden))
        if move is not None:
            self._learn(move)
            return
        for sign in (-1, 1):  # published figures leave less room than the policy asks: take all there is
            most = self._farthest(target, sign)
            if most and (move := self._cheapest(target, most, np.ones_like(self.hidden))) is not None:
                self._learn(move)
        self.width[target], self.rise[target] = self.high[target] - self.low[target], self.high[target]
        self.hidden[target] &= self.width[target] > 0

    def _programme(self, columns: Ints) -> Programme:
        """Moves of the given cells, as rises and falls."""
        part = self.rows[:, columns]
        size, fall = len(columns), self.fall[columns]
        upper = np.concatenate([np.full(size, np.inf), -fall])
        return Programme(csr_array(hstack([part, -part])), self.floor, self.slack, np.zeros(2 * size), upper)

    def _cheapest(self, target: int, need: int, allowed: Mask) -> Ints | None:
        """The move of least cost that takes the target as far as needed, or None."""
        columns = np.flatnonzero(allowed)
        at, size = int(np.searchsorted(columns, target)), len(columns)
        forward, back = (at, at + size) if need > 0 else (at + size, at)
        programme = self._programme(columns).bounded(forward, lower=abs(need)).bounded(back, upper=0)
        cost = np.where(self.hidden, CHEAP, self.cost)[columns]
        return self._whole_move(programme.best_integers(np.concatenate([cost, cost])), columns)

    def _farthest(self, target: int, sign: int) -> int:
        """How far the target can go at all, up to what it needs, if everything may be hidden."""
        columns = np.arange(len(self.fall))
        at = target if sign > 0 else target + len(columns)
        aim = np.zeros(2 * len(columns))
        aim[[target, target + len(columns)]] = -sign, sign
        found = self._programme(columns).bounded(at, upper=abs(self.need(target))).best_integers(aim)
        move = self._whole_move(found, columns)
        return 0 if move is None else int(move[target])

    def _whole_move(self, found: Ints | None, columns: Ints) -> Ints | None:
        if found is None:
            return None
        move = np.zeros(len(self.fall), dtype=np.int64)
        move[columns] = found[: len(columns)] - found[len(columns) :]
        return move

    def _spread(self, targets: Iterable[int], allowed: Mask) -> None:
        """Look for single moves that serve many targets at once, all down, then all up."""
        columns = np.flatnonzero(allowed)
        for sign in (-1, 1):
            unmet = [t for t in targets if not self.met(t)]
            if unmet and (move := self._shared(unmet, columns, sign)) is not None:
                self._learn(move)

    def _shared(self, targets: list[int], columns: Ints, sign: int) -> Ints | None:
        base = self._programme(columns)
        size, many = len(columns), len(targets)
        pick = eye_array(size, format="csr")[np.searchsorted(columns, targets)]
        link = hstack([-sign * pick, sign * pick, eye_array(many)])  # score <= rise (or fall) of its target
        rows = vstack([hstack([base.rows, csr_array((base.rows.shape[0], many))]), link])
        caps = np.array([self.need(t) if sign > 0 else -self.fall[t] for t in targets], dtype=float)
        programme = Programme(
            csr_array(rows),
            np.concatenate([base.low, np.full(many, -np.inf)]),
            np.concatenate([base.high, np.zeros(many)]),
            np.zeros(2 * size + many),
            np.concatenate([base.upper, np.maximum(caps, 0)]),
        )
        cost = np.concatenate([np.full(2 * size, CHEAP), np.full(many, -1.0)])
        found = programme.best_integers(cost)
        return None if found is None else self._whole_move(found[: 2 * size], columns)

    def _trim(self, extra: Sequence[int], targets: Sequence[int]) -> None:
        """Show again, dearest first, each further cell that the targets can do without."""
        for cell in extra:
            state = self.moves, self.low, self.high, self.hidden
            self._forget(cell)
            if not self._still_met(targets):
                self.moves, self.low, self.high, self.hidden = state

    def _forget(self, cell: int) -> None:
        self.moves = [move for move in self.moves if not move[cell]]
        moves = np.array([np.zeros_like(self.low), *self.moves])
        self.low, self.high = moves.min(axis=0), moves.max(axis=0)
        self.hidden = self.hidden.copy()
        self.hidden[cell] = False

    def _still_met(self, targets: Sequence[int]) -> bool:
        self._spread(targets, self.hidden)
        for target in targets:
            if not self.met(target):
                move = self._cheapest(target, self.need(target), self.hidden)
                if move is None:
                    return False
                self._learn(move)
        return True
