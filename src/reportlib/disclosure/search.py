"""The search for a pattern in one connected component of the system."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack
from scipy.sparse.csgraph import connected_components

from reportlib.disclosure.solve import Ints, Mask, Programme, Vector, is_whole, to_ints

CHEAP = 1e-3  # the cost of moving a cell that is hidden anyway: just enough to move few
GAP = 0.5  # how far from the cheapest an integer move may be: most take along only what is hidden anyway


class Search:
    """Hides cells until every target is protected by tables that it can exhibit.

    A move is another table that fits everything shown, less the true one. Whatever moves must be hidden.
    `low` and `high` say how far the integer moves found so far take each cell.

    `rows`: the system's equalities (the first `exact`), then its inequalities; `slack`: 0 for each equality,
    then what each inequality leaves. `fall`: how far each cell can fall (<= 0). `cost`: of hiding each cell,
    0 where no table shows it. `width`, `rise`, `sink`: by how much a target's values must spread, and how far one of
    them must be above the true one, and one below.
    """

    def __init__(
        self, rows: csr_array, exact: int, slack: Vector, fall: Ints, cost: Vector, width: Ints, rise: Ints, sink: Ints
    ) -> None:
        self.rows, self.columns = rows, csc_array(rows)
        self.exact, self.slack, self.fall, self.cost = exact, slack, fall.astype(float), cost
        self.floor = np.where(np.arange(rows.shape[0]) < exact, slack, -np.inf)
        self.width, self.rise, self.sink = width, rise, sink
        self.hidden: Mask = cost == 0
        self.everything: Mask = np.ones_like(self.hidden)
        self.moves: list[Ints] = []
        self.low: Ints = np.zeros_like(fall)
        self.high: Ints = np.zeros_like(fall)
        self.askers: dict[int, int] = {}  # further hidden cell -> the target that it serves

    def run(self, targets: Sequence[int], forced: Sequence[int]) -> None:
        """Hide the forced cells and what else the targets need."""
        self.hidden[list(forced)] = True
        self._protect(targets)
        self._prove(targets)
        self._trim(targets)

    def need(self, target: int) -> int:
        """How far the target must be seen to rise, given how far it is seen to fall."""
        return max(int(self.low[target] + self.width[target]), int(self.rise[target]))

    def beside(self, cell: int, other: int) -> bool:
        """Whether the two cells share a row."""
        return bool(np.intersect1d(self._rows_of(cell), self._rows_of(other)).size)

    def _unmet(self, targets: Sequence[int]) -> list[int]:
        return [t for t in targets if self.high[t] < self.need(t) or self.low[t] > -self.sink[t]]

    def _protect(self, targets: Sequence[int]) -> None:
        """Hide what the moves of each target take along: one up, or one up and one down if that costs less."""
        for target in targets:
            self._advance(target, -int(self.sink[target]), self.everything)
            if self._unmet([target]):
                before, spent = self._state(), self._spent()
                self._advance(target, self.need(target), self.everything)
                after = self._state()
                if self._spent() > spent:
                    self._restore(before)
                    self._advance_both_ways(target)
                    if self._spent() >= self.cost[after[-1]].sum():
                        self._restore(after)

    def _advance_both_ways(self, target: int) -> None:
        down = int(min(-self.fall[target], self.width[target]))
        up = int(max(self.rise[target], self.width[target] - down))
        self._advance(target, up, self.everything)
        if up < self.width[target]:
            self._advance(target, int(up - self.width[target]), self.everything)

    def _prove(self, targets: Sequence[int]) -> None:
        """Find an integer move where the linear programme gave a fractional one, or none."""
        for target in targets:
            for allowed, integer in ((self.hidden, False), (self.hidden, True), (self.everything, True)):
                if self._unmet([target]):
                    self._move(target, allowed, integer)
            if self._unmet([target]):
                self._take_what_there_is(target)

    def _move(self, target: int, allowed: Mask, integer: bool = False) -> None:
        """Take the target down and up as far as it needs."""
        self._advance(target, -int(self.sink[target]), allowed, integer)
        self._advance(target, self.need(target), allowed, integer)

    def _advance(self, target: int, distance: int, allowed: Mask, integer: bool = False) -> None:
        """Take the target so far by the cheapest move of the allowed cells, if there is one."""
        if not self.low[target] <= distance <= self.high[target]:
            move = self._cheapest(target, distance, allowed, integer)
            if move is not None:
                self._learn(move, target)

    def _state(self) -> tuple[list[Ints], Ints, Ints, dict[int, int], Mask]:
        return self.moves.copy(), self.low, self.high, self.askers.copy(), self.hidden.copy()

    def _restore(self, state: tuple[list[Ints], Ints, Ints, dict[int, int], Mask]) -> None:
        moves, self.low, self.high, askers, hidden = state
        self.moves, self.askers, self.hidden = moves.copy(), askers.copy(), hidden.copy()

    def _spent(self) -> float:
        return float(self.cost[self.hidden].sum())

    def _rows_of(self, cell: int) -> Ints:
        return self.columns.indices[self.columns.indptr[cell] : self.columns.indptr[cell + 1]]

    def _learn(self, move: Vector, target: int) -> None:
        """Hide the connected piece of the move that holds the target; keep it if it is whole."""
        piece = self._piece(move, target)
        self.askers |= dict.fromkeys(np.flatnonzero((piece != 0) & ~self.hidden).tolist(), target)
        self.hidden |= piece != 0
        if is_whole(piece):
            self.moves.append(whole := to_ints(piece))
            self.low, self.high = np.minimum(self.low, whole), np.maximum(self.high, whole)

    def _piece(self, move: Vector, target: int) -> Vector:
        cells = np.flatnonzero(move)
        block = abs(self.columns[:, cells])
        _, label = connected_components(block.T @ block, directed=False)
        own = cells[label == label[np.searchsorted(cells, target)]]
        piece = np.zeros_like(move)
        piece[own] = move[own]
        return piece

    def _cheapest(self, target: int, distance: int, allowed: Mask, integer: bool) -> Vector | None:
        """The move of least cost that takes the target at least so far, or None."""
        cells = np.flatnonzero(allowed)
        programme, size = self._programme(cells), len(cells)
        at = int(np.searchsorted(cells, target))
        forward, back = (at, at + size) if distance > 0 else (at + size, at)
        programme.lower[forward], programme.upper[back] = abs(distance), 0
        cost = np.where(self.hidden, CHEAP, self.cost)[cells]
        return self._as_move(programme.minimise(np.concatenate([cost, cost]), integer, GAP)[1], cells)

    def _programme(self, cells: Ints) -> Programme:
        """Moves of the given cells, as rises and falls."""
        part, size = self.columns[:, cells], len(cells)
        upper = np.concatenate([np.full(size, np.inf), -self.fall[cells]])
        return Programme(csr_array(hstack([part, -part])), self.floor, self.slack, np.zeros(2 * size), upper)

    def _as_move(self, found: Vector | None, cells: Ints) -> Vector | None:
        if found is None:
            return None
        move = np.zeros(len(self.fall))
        move[cells] = np.round(found[: len(cells)] - found[len(cells) :], 6)
        return move

    def _take_what_there_is(self, target: int) -> None:
        """Published figures leave less room than the policy asks: hide what uses all of it."""
        for sign in (-1, 1):
            if most := self._farthest(target, sign):
                self._advance(target, most, self.everything, integer=True)
        self.width[target], self.rise[target] = self.high[target] - self.low[target], self.high[target]
        self.sink[target] = min(self.sink[target], -self.low[target])
        self.hidden[target] &= self.width[target] > 0

    def _farthest(self, target: int, sign: int) -> int:
        """How far the target can go at all, up to what it needs, if everything may be hidden."""
        cells = np.arange(len(self.fall))
        programme, aim = self._programme(cells), np.zeros(2 * len(cells))
        aim[[target, target + len(cells)]] = -sign, sign
        programme.upper[target if sign > 0 else target + len(cells)] = abs(self.need(target))
        move = self._as_move(programme.minimise(aim, integer=True)[1], cells)
        return 0 if move is None else round(move[target])

    def _trim(self, targets: Sequence[int]) -> None:
        """Show again, dearest first, each further cell that the targets can do without."""
        for cell in sorted(self.askers, key=lambda c: (-self.cost[c], c)):
            gone = self._gone_with(cell, set(targets)) if self.hidden[cell] else None
            if gone:
                before = self._state()
                self._forget(gone)
                if not self._recover([self.askers[cell], *targets]):  # likeliest to fail first
                    self._restore(before)
        still = (self.low < 0) | (self.high > 0)
        self.hidden[[cell for cell in self.askers if not still[cell]]] = False

    def _gone_with(self, cell: int, targets: set[int]) -> list[int]:
        """The cells that are given away once the cell is shown; none at all if a target is among them."""
        gone, hidden = [cell], self.hidden.copy()
        hidden[cell] = False
        for one in gone:
            for row in self._rows_of(one):
                members = self.rows.indices[self.rows.indptr[row] : self.rows.indptr[row + 1]]
                left = members[hidden[members]]
                if row < self.exact and len(left) == 1:
                    if left[0] in targets:
                        return []
                    hidden[left] = False
                    gone.append(int(left[0]))
        return gone

    def _forget(self, cells: list[int]) -> None:
        self.moves = [move for move in self.moves if not move[cells].any()]
        reach = np.array([np.zeros_like(self.low), *self.moves])
        self.low, self.high = reach.min(axis=0), reach.max(axis=0)
        self.hidden[cells] = False

    def _recover(self, targets: Sequence[int]) -> bool:
        """Whether moves of what is still hidden protect all targets."""
        for target in self._unmet(targets):
            if self._unmet([target]):
                self._move(target, self.hidden)
                if self._unmet([target]):
                    return False
        return True
