"""An attack on all that is shown that knows nothing of how it is protected.

Each kind of record there can be is an unknown number; each count that is shown is the sum of some of them. A count is
given away if it is a sum of shown ones, each taken any number of times, or taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from small_report import Project

from reportlib.build.released import Published, read
from reportlib.inputs.release import Release
from reportlib.inputs.sources import read_all
from reportlib.measures import DIMENSIONS, MEASURES, PARTS, TableSpec
from reportlib.params import load
from reportlib.project import ROOT
from reportlib.years import years_between

Places = Mapping[str, Sequence[str]]  # for each dimension named, the codes that are meant
Mask = NDArray[np.bool_]
IN_FAVOUR, AGAINST, SETTLED, NOT_SETTLED, CEASED = "upheld", "not upheld", "mediated for", "mediated against", "ceased"
COMMUNITY, CUSTODY = ("community order", "suspended sentence order"), ("licence", "post-sentence supervision")
ENDINGS = ("completed", "revoked for breach", "revoked for a further offence", "recalled", "other")
ANY: Places = {}


@dataclass(frozen=True)
class Kind:
    """Records of one kind: what tells them apart beside the dimensions of the tables, and what is counted of them.

    `shown`: for each part that tables show, the values of its records. `sought`: those of which nothing small may be
    found out, with the same in SQL.
    """

    part: str
    dimensions: Sequence[str]
    apart: Places
    shown: Mapping[str, Places]
    sought: Sequence[tuple[Places, str]]


KINDS = {
    "complaints completed": Kind(
        "complaints/completed",
        ("ethnicity", "category", "establishment_type"),
        {"outcome": (IN_FAVOUR, AGAINST, SETTLED, NOT_SETTLED, CEASED), "concern": ("yes", "no")},
        {
            "complaints/completed": ANY,
            "complaints/decided-or-mediated": {"outcome": (IN_FAVOUR, AGAINST, SETTLED, NOT_SETTLED)},
            "complaints/decided": {"outcome": (IN_FAVOUR, AGAINST)},
            "complaints/upheld": {"outcome": (IN_FAVOUR,)},
            "complaints/upheld-or-mediated-for": {"outcome": (IN_FAVOUR, SETTLED)},
            "complaints/racism-concern": {"concern": ("yes",)},
        },
        [
            ({"outcome": (IN_FAVOUR,)}, "outcome IN ('upheld', 'partly upheld')"),
            ({"outcome": (AGAINST,)}, "outcome = 'not upheld'"),
            ({"outcome": (SETTLED,)}, "outcome = 'mediated upheld'"),
            ({"outcome": (NOT_SETTLED,)}, "outcome = 'mediated not upheld'"),
            ({"outcome": (CEASED,)}, "coalesce(outcome, 'ceased') = 'ceased'"),
            ({"concern": ("yes",)}, "racism_concern"),
            ({"concern": ("no",)}, "NOT racism_concern"),
        ],
    ),
    "complaints received": Kind(
        "complaints/received",
        ("ethnicity", "category", "establishment_type"),
        {"eligible": ("yes", "no")},
        {"complaints/received": ANY, "complaints/eligible": {"eligible": ("yes",)}},
        [(ANY, "TRUE"), ({"eligible": ("yes",)}, "eligible"), ({"eligible": ("no",)}, "NOT eligible")],
    ),
    "deaths": Kind(
        "deaths/prison", ("ethnicity", "establishment_type", "cause"), {}, {"deaths/prison": ANY},
        [(ANY, PARTS["deaths/prison"].where)],
    ),
    "supervision": Kind(
        "terminations/all",
        ("ethnicity", "region"),
        {"order_type": (*COMMUNITY, *CUSTODY), "outcome": ENDINGS},
        {
            "terminations/all": ANY,
            "terminations/completed": {"outcome": ("completed",)},
            "terminations/community": {"order_type": COMMUNITY},
            "terminations/breached": {"order_type": COMMUNITY, "outcome": ("revoked for breach",)},
            "terminations/further-offence": {"order_type": COMMUNITY, "outcome": ("revoked for a further offence",)},
            "terminations/custodial": {"order_type": CUSTODY},
            "terminations/other": {"outcome": ("other",)},
            "terminations/recalled": {"order_type": CUSTODY, "outcome": ("recalled",)},
        },
        [
            ({"order_type": types, "outcome": endings}, f"order_type IN {types} AND outcome IN {(*endings, '')}")
            for types in (COMMUNITY, CUSTODY, (*COMMUNITY, *CUSTODY))
            for size in range(1, len(ENDINGS))
            for endings in combinations(ENDINGS, size)
        ],
    ),
}  # fmt: skip


class Attack:
    """All that is shown of one kind of record, as sums of unknown numbers."""

    def __init__(self, atoms: pd.DataFrame, tables: Sequence[Published], parts: Mapping[str, Places]) -> None:
        self.atoms = atoms
        self.known: dict[tuple[str, str], Mask] = {}  # the atoms with a code, by dimension and code
        shown: dict[tuple[str, frozenset[tuple[str, str]]], Mask] = {}
        zero = np.zeros(len(atoms), dtype=bool)
        for table in tables:
            names = [name for name in table.columns if name not in ("value", "rule")]
            for row in table.frame().dropna(subset="value").to_dict("records"):
                codes = {name: str(row[name]) for name in names if row[name] != "all"}
                own = self.among({name: [code] for name, code in codes.items()}) & self.among(parts[table.part])
                zero |= own & (row["value"] == 0)
                if row["value"]:
                    shown[table.part, frozenset(codes.items())] = own
        self.there = ~zero  # what adds up to nothing is nothing
        self.rows = self._sums(shown.values())
        values, vectors = np.linalg.eigh((self.rows @ self.rows.T).toarray())
        kept = values > 1e-9 * values[-1]
        self.basis = vectors[:, kept] / np.sqrt(values[kept])  # orthonormal, of all sums of what is shown

    def among(self, places: Places) -> Mask:
        """The atoms that have one of the codes in each dimension; a period is its years."""
        found = np.ones(len(self.atoms), dtype=bool)
        for name, codes in places.items():
            if "all" not in codes:
                found &= np.logical_or.reduce([self._with(name, code) for code in codes])
        return found

    def given(self, places: Sequence[Places]) -> list[Places]:
        """Those of some places in which the number of all atoms is a sum of what is shown."""
        targets = self._sums(map(self.among, places))
        sizes = targets.sum(axis=1)
        beside = sizes - ((self.basis.T @ (self.rows @ targets.T).toarray()) ** 2).sum(axis=0)
        return [place for place, size, left in zip(places, sizes, beside, strict=True) if size and left < 1e-6 * size]

    def _with(self, name: str, code: str) -> Mask:
        if (name, code) not in self.known:
            codes = years_between(code) if name == "year" else [code]
            self.known[name, code] = self.atoms[name].isin(codes).to_numpy()
        return self.known[name, code]

    def _sums(self, masks: Iterable[Mask]) -> csr_array:
        """A row a mask, of ones, over the atoms that there are."""
        places = [np.flatnonzero(mask[self.there]) for mask in masks]
        ends = np.cumsum([0, *map(len, places)])
        return csr_array((np.ones(ends[-1]), np.concatenate(places), ends), shape=(len(places), self.there.sum()))


@dataclass(frozen=True)
class Shown:
    """All that the editions of a report show, the records that it is made from, and the tables as it declares them."""

    tables: Sequence[Published]
    release: Release
    specs: Sequence[TableSpec]
    left_out: frozenset[str]  # codes of which a table has too little to divide them

    @classmethod
    def of(cls, made: Project, typed: Path) -> Shown:
        params = load(made.params)
        declared = json.loads((made.current / "run.json").read_text(encoding="utf-8"))["tables"]
        return cls(
            [table for run in sorted(made.year.glob("*/current")) for table in read(run).tables],
            Release(read_all(dict(params.inputs), typed, ROOT), params),
            [
                TableSpec(name, MEASURES[told["measure"]], tuple(told["by"]), told["grouping"], told["period"])
                for name, told in declared.items()
            ],
            frozenset(code for told in declared.values() for code in told["left_out"]),
        )

    def attacked(self, kind: Kind, *also: str) -> tuple[list[Places], list[Places]]:
        """Where records are few by the dimensions of the tables, and any of `also`; and those that are given away."""
        tables = [table for table in self.tables if table.part in kind.shown]
        atoms = every({"year": self.release.period.trend, **kind.apart} | self._codes(kind, tables))
        if "place" in atoms:  # the regions and types of which there are establishments
            atoms["region"], atoms["establishment_type"] = zip(*atoms.pop("place"), strict=True)
        sought: list[Places] = []
        for by in self._divided(kind, also):
            for values, where in kind.sought:
                sought += [_both(place, values) for place in small(self.release, by, where, kind.part)]
        return sought, Attack(atoms, tables, kind.shown).given(sought)

    def _codes(self, kind: Kind, tables: Sequence[Published]) -> dict[str, Sequence[Any]]:
        """The codes of each dimension that tables list or leave out: nobody has any other."""
        codes: dict[str, Sequence[Any]] = {}
        for name in kind.dimensions:
            listed = {row[t.columns.index(name)] for t in tables if name in t.columns for row in t.rows} - {"all"}
            gone = (
                self.left_out & {code for (code,) in self.release.codes(name)} if name != "ethnicity" else frozenset()
            )
            codes[name] = sorted({*map(str, listed), *gone})
        if types := codes.pop("establishment_type", None):
            pairs = self.release.codes("region", "establishment_type")
            codes["place"] = sorted(pair for pair in pairs if pair[1] in types)
        return codes

    def _divided(self, kind: Kind, also: Sequence[str]) -> Iterator[TableSpec]:
        """The tables that show the kind, each also divided by any of some dimensions more."""
        known, done = DIMENSIONS[PARTS[kind.part].dataset], set()
        for spec in self.specs:
            if {spec.measure.parts[-1].code, spec.measure.numerator.code} & kind.shown.keys():
                for more in [each for size in range(len(also) + 1) for each in combinations(also, size)]:
                    by = tuple(dict.fromkeys((*spec.by, *more)))
                    if {*by} - {"year"} <= {*known} and (spec.period, frozenset(by)) not in done:
                        done.add((spec.period, frozenset(by)))
                        yield replace(spec, by=by)


def _both(place: Places, values: Places) -> Places:
    """What is in a place and has the values, which may be of a dimension of the place."""
    anywhere = {name for name, codes in place.items() if "all" in codes}
    return {**place} | {
        name: codes if name in anywhere else [code for code in place.get(name, codes) if code in codes]
        for name, codes in values.items()
    }


def every(codes: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Every kind of record there can be."""
    return pd.DataFrame(list(product(*codes.values())), columns=list(codes), dtype="category")


def small(release: Release, spec: TableSpec, where: str, part: str) -> Iterator[dict[str, list[str]]]:
    """Where a count of the records is small."""
    found = release.counts(spec, replace(PARTS[part], where=where, whole=None))
    for row in found[found["value"].between(1, 5)].to_dict("records"):
        yield {"year": [release.period.pooled_label]} | {name: [str(row[name])] for name in spec.by}
