"""Small worlds of records, tables made from them, and an attacker who shares no code with the library.

The attacker works on the records' own level: every group, type, year and outcome at once. It knows each shown
figure, that a mark hides at least one, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from reportlib.disclosure import CountTable, Pattern, Relations

AXES = {
    "part": ("upheld", "not upheld"),
    "ethnicity": ("W1", "W2", "A1", "A2", "B1"),
    "establishment_type": ("closed", "open", "women"),
    "year": ("2023-24", "2024-25"),
}
POOLED = "2023-24 to 2024-25"
GROUPINGS = {
    "detail": {code: (code,) for code in AXES["ethnicity"]},
    "broad": {"W": ("W1", "W2"), "A": ("A1", "A2"), "B": ("B1",)},
    "two": {"WB": ("W1",), "EM": ("W2", "A1", "A2", "B1")},
}
PARTS = {"decided": AXES["part"], "upheld": ("upheld",), "not upheld": ("not upheld",)}
RELATIONS = Relations(
    hierarchies={
        "ethnicity": {
            "all": [("W", "A", "B"), ("WB", "EM")],
            "W": [("W1", "W2")],
            "A": [("A1", "A2")],
            "B": [("B1",)],
            "WB": [("W1",)],
            "EM": [("W2", "A1", "A2", "B1")],
        },
        "establishment_type": {"all": [AXES["establishment_type"]]},
        "year": {POOLED: [AXES["year"]]},
    },
    chains=(("decided", AXES["part"]),),
)


@dataclass(frozen=True)
class Figure:
    """One figure of one table, and the records that it counts."""

    table: str
    row: int
    records: np.ndarray


@dataclass(frozen=True)
class Finding:
    """What the attacker found of one set of records."""

    what: str
    value: int
    low: int
    high: int

    @property
    def is_protected(self) -> bool:
        """The rule of the policy: a small count spans five and passes five; any other is not exact."""
        if self.value <= 5:
            return self.high - self.low >= 5 and self.high > 5
        return self.high > self.low


def records(rng: np.random.Generator, mean: float) -> np.ndarray:
    """Counts by part, group, type and year, many of them small."""
    shape = tuple(len(codes) for codes in AXES.values())
    counts = rng.negative_binomial(0.8, 0.8 / (0.8 + mean), shape)
    counts[rng.random(shape) < 0.2] = 0
    return counts


def table(
    counts: np.ndarray, name: str, part: str, by: dict[str, dict[str, tuple[str, ...]]], totals: bool
) -> tuple[CountTable, list[Figure]]:
    """A table by the given dimensions (code -> the codes that it stands for), with or without totals."""
    total = {"year": POOLED}
    codes = {d: groups | ({total.get(d, "all"): AXES[d]} if totals else {}) for d, groups in by.items()}
    rows, figures = [], []
    for row, pick in enumerate(product(*codes.values())):
        members = {"part": PARTS[part]} | {d: codes[d][c] for d, c in zip(codes, pick, strict=True)}
        where = np.ix_(*([i for i, c in enumerate(AXES[d]) if c in members.get(d, AXES[d])] for d in AXES))
        mask = np.zeros(counts.shape, dtype=bool)
        mask[where] = True
        rows.append({"year": POOLED} | dict(zip(codes, pick, strict=True)) | {"value": int(counts[mask].sum())})
        figures.append(Figure(name, row, mask.ravel()))
    return CountTable(name, part, pd.DataFrame(rows)), figures


def random_tables(rng: np.random.Generator, counts: np.ndarray) -> tuple[list[CountTable], list[Figure]]:
    """One to four linked tables: one or two ways each, in one of three groupings, some without a group."""
    tables, figures = [], []
    shapes = [
        ("ethnicity",),
        ("ethnicity", "establishment_type"),
        ("ethnicity", "year"),
        ("establishment_type", "year"),
    ]
    for number in range(rng.integers(1, 5)):
        grouping = GROUPINGS[str(rng.choice(list(GROUPINGS), p=[0.2, 0.6, 0.2]))]
        by = {d: {c: (c,) for c in AXES[d]} for d in shapes[rng.integers(len(shapes))]}
        if "ethnicity" in by:
            by["ethnicity"] = dict(grouping)
            if rng.random() < 0.3 and len(grouping) > 2:
                del by["ethnicity"][str(rng.choice(list(grouping)))]
        made, own = table(counts, f"table {number}", str(rng.choice(list(PARTS))), by, rng.random() < 0.8)
        tables.append(made)
        figures += own
    return tables, figures


def attack(counts: np.ndarray, tables: list[CountTable], figures: list[Figure], pattern: Pattern) -> list[Finding]:
    """What can be found of each hidden figure, and of each small group that is the difference of two figures."""
    marks = {t.name: pattern.marks(t.name).tolist() for t in tables}
    values = {f.records.tobytes(): int(counts.ravel()[f.records].sum()) for f in figures}
    hidden = {f.records.tobytes(): f for f in figures if marks[f.table][f.row]}
    shown = {f.records.tobytes(): f for f in figures if not marks[f.table][f.row]}
    assert not hidden.keys() & shown.keys(), "a figure is hidden in one table and shown in another"
    known = np.array([f.records for f in [*shown.values(), *hidden.values()]], dtype=float)
    low = np.array([values[key] for key in shown] + [1] * len(hidden), dtype=float)
    high = np.array([values[key] for key in shown] + [np.inf] * len(hidden))
    everything = {f.records.tobytes(): f.records for f in figures}
    targets = {key: ("hidden", figure.records) for key, figure in hidden.items()}
    for one, other in product(everything.values(), repeat=2):
        rest = one & ~other
        small = 1 <= counts.ravel()[rest].sum() <= 5
        if (other <= one).all() and small and rest.tobytes() not in everything and _is_a_group(rest):
            targets[rest.tobytes()] = ("difference", rest)
    return [
        Finding(what, int(counts.ravel()[mask].sum()), *extremes(mask, known, low, high))
        for what, mask in targets.values()
    ]


def _is_a_group(mask: np.ndarray) -> bool:
    """Whether the records are all those of some parts, groups, types and years."""
    box = mask.reshape([len(codes) for codes in AXES.values()])
    sides = (box.any(axis=tuple({*range(box.ndim)} - {axis})) for axis in range(box.ndim))
    return bool(box[np.ix_(*sides)].all())


def extremes(mask: np.ndarray, known: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[int, int]:
    """The least and greatest sum over the mask of whole records that fit; the greatest no farther than needed."""
    least = _extreme(mask, known, low, high, 1, np.inf)
    return least, _extreme(mask, known, low, high, -1, max(least + 5, 6))


def _extreme(mask: np.ndarray, known: np.ndarray, low: np.ndarray, high: np.ndarray, sign: int, cap: float) -> int:
    aim = mask.astype(float)
    rows = LinearConstraint(np.vstack([known, aim]), [*low, 0], [*high, cap])
    found = milp(sign * aim, constraints=rows, integrality=np.ones(len(aim)), bounds=Bounds(0, np.inf))
    assert found.status == 0, found.message
    return round(sign * found.fun)
