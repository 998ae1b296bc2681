"""What a report shows, added up and subtracted in any way, gives no small count.

The attack knows nothing of how the report hides counts. Each kind of record there can be is an unknown number; each
count that is shown is the sum of some of them. A small count is given away if it is a sum of shown ones, each taken
any number of times, or taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from small_report import Project

from reportlib.build.released import Published, read
from reportlib.inputs.release import Release
from reportlib.inputs.sources import read_all
from reportlib.measures import MEASURES, PARTS, TableSpec
from reportlib.params import load
from reportlib.project import ROOT
from reportlib.years import years_between

IN_FAVOUR, AGAINST, SETTLED, NOT_SETTLED, CEASED = "upheld", "not upheld", "mediated for", "mediated against", "ceased"
COMMUNITY, CUSTODY = ("community order", "suspended sentence order"), ("licence", "post-sentence supervision")
ENDINGS = ("completed", "revoked for breach", "revoked for a further offence", "recalled", "other")
ANY: dict[str, Sequence[str]] = {}
FIVE = ("A", "B", "M", "O", "W", "NS")


@dataclass(frozen=True)
class Kind:
    """Records of one kind: what tells them apart beside the dimensions of the tables, and what is counted of them.

    `shown`: for each part that tables show, the values of its records. `sought`: those of which nothing small may be
    found out, with the same in SQL.
    """

    part: str
    dimensions: Sequence[str]
    apart: Mapping[str, Sequence[str]]
    shown: Mapping[str, Mapping[str, Sequence[str]]]
    sought: Sequence[tuple[Mapping[str, Sequence[str]], str]]


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
            "terminations/custodial": {"order_type": CUSTODY},
            "terminations/recalled": {"order_type": CUSTODY, "outcome": ("recalled",)},
        },
        [
            *(({"outcome": (ending,)}, f"outcome = '{ending}'") for ending in ENDINGS),
            *(
                ({"order_type": types, "outcome": endings}, f"order_type IN {types} AND outcome IN {endings}")
                for types, instead in ((COMMUNITY, "revoked for breach"), (CUSTODY, "recalled"))
                for endings in [tuple(each for each in ENDINGS if each not in ("completed", instead))]
            ),
        ],
    ),
}  # fmt: skip


class Attack:
    """All that is shown of one kind of record, as sums of unknown numbers."""

    def __init__(
        self, atoms: pd.DataFrame, tables: Sequence[Published], parts: Mapping[str, Mapping[str, Sequence[str]]]
    ):
        self.atoms = atoms
        sums, zero = [], np.zeros(len(atoms), dtype=bool)
        for table in tables:
            for row in table.frame().dropna(subset="value").to_dict("records"):
                places = {name: [str(row[name])] for name in table.columns if name not in ("value", "rule")}
                own = self.among(places) & self.among(parts[table.part])
                zero |= own & (row["value"] == 0)
                sums += [own] if row["value"] else []
        self.there = ~zero  # what adds up to nothing is nothing
        rows = np.array(sums, dtype=float)[:, self.there]
        values, vectors = np.linalg.eigh(rows @ rows.T)
        kept = values > 1e-9 * values[-1]
        self.basis = (vectors[:, kept] / np.sqrt(values[kept])).T @ rows  # orthonormal, of all sums of what is shown

    def among(self, places: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
        """The atoms that have one of the codes in each dimension; a period is its years."""
        found = np.ones(len(self.atoms), dtype=bool)
        for name, codes in places.items():
            years = [year for code in codes for year in years_between(code)] if name == "year" else codes
            found &= True if "all" in codes else self.atoms[name].isin(years).to_numpy()
        return found

    def gives(self, places: Mapping[str, Sequence[str]]) -> bool:
        """Whether the number of all atoms in a place is a sum of what is shown."""
        target = self.among(places)[self.there].astype(float)
        beside = target - self.basis.T @ (self.basis @ target)
        return bool(target.any() and beside @ beside < 1e-6 * (target @ target))


@pytest.fixture(scope="module")
def shown(whole: tuple[Project, str]) -> list[Published]:
    return read(whole[0].current).tables


@pytest.fixture(scope="module")
def release(whole: tuple[Project, str], tmp_path_factory: pytest.TempPathFactory) -> Release:
    params = load(whole[0].params)
    return Release(read_all(dict(params.inputs), tmp_path_factory.mktemp("typed"), ROOT), params)


@pytest.fixture(scope="module")
def held(whole: tuple[Project, str]) -> dict[str, dict[str, Any]]:
    """The tables as the run declares them."""
    return json.loads((whole[0].current / "run.json").read_text(encoding="utf-8"))["tables"]


@pytest.fixture(scope="module")
def specs(held: dict[str, dict[str, Any]]) -> list[TableSpec]:
    return [
        TableSpec(name, MEASURES[told["measure"]], tuple(told["by"]), told["grouping"], told["period"])
        for name, told in held.items()
    ]


def every(codes: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Every kind of record there can be."""
    return pd.DataFrame(list(product(*codes.values())), columns=list(codes), dtype="category")


def small(release: Release, spec: TableSpec, where: str, part: str) -> Iterator[dict[str, list[str]]]:
    """Where a count of the records is small."""
    found = release.counts(spec, replace(PARTS[part], where=where, whole=None))
    for row in found[found["value"].between(1, 5)].to_dict("records"):
        yield {"year": [release.period.pooled_label]} | {name: [str(row[name])] for name in spec.by}


@pytest.mark.parametrize("name", KINDS)
def test_no_small_count_is_a_sum_of_shown_ones(name, shown, held, specs, release):
    kind = KINDS[name]
    tables = [table for table in shown if table.part in kind.shown]
    left_out = {code for told in held.values() for code in told["left_out"]}
    codes: dict[str, Sequence[str]] = {"year": release.period.trend, **kind.apart}
    for dimension in kind.dimensions:
        found = {
            row[table.columns.index(dimension)] for table in tables if dimension in table.columns for row in table.rows
        }
        gone = left_out & release.codes(dimension) if dimension != "ethnicity" else ()
        codes[dimension] = sorted({*map(str, found - {"all"}), *gone})
    attack = Attack(every(codes), tables, kind.shown)
    sought, given = 0, []
    for spec in specs:
        if spec.measure.parts[-1].code in kind.shown or spec.measure.numerator.code in kind.shown:
            for values, where in kind.sought:
                for place in small(release, spec, where, kind.part):
                    sought += 1
                    given += [(spec.by, where, place)] if attack.gives(place | values) else []
    assert given == []
    assert sought > 50


def test_no_small_count_of_people_is_a_sum_of_shown_ones(shown, release):
    """Of those whom the two systems call differently, or one of them does not know."""
    systems = {"ethnicity_nomis": FIVE, "ethnicity_ppud": FIVE}
    people = every({"year": release.period.pooled[:1], **systems}).astype(str)
    known, on_ppud = people["ethnicity_nomis"].ne("NS"), people["ethnicity_ppud"].ne("NS")
    people["ethnicity"] = people["ethnicity_nomis"].where(known, people["ethnicity_ppud"])
    people["ethnicity_source"] = on_ppud.map({True: "PPUD", False: "Not stated"}).mask(known, "NOMIS")
    tables = [
        table
        for table in shown
        if table.part == "people/complained"
        and {*table.columns} <= {*people, "value", "rule"}
        and release.period.pooled_label in table.rows[0]
    ]
    attack = Attack(people, tables, {"people/complained": ANY})
    spec = TableSpec("sought", MEASURES["ethnicity-agreement"], tuple(systems), "5+1")
    sought = [*small(release, spec, "TRUE", "people/complained")]
    assert [place for place in sought if attack.gives(place)] == []
    assert len(sought) > 5


def test_a_count_that_follows_is_found():
    """70 upheld, and 75 upheld or mediated for: 5 were mediated for."""
    atoms = every({"outcome": (IN_FAVOUR, AGAINST, SETTLED)})
    table = Published(
        name="t", part="p", additive=True, scale=1, release="r", columns=["value", "rule"], rows=[[70, ""]]
    )
    both = table.model_copy(update={"part": "q", "rows": [[75, ""]]})
    parts = {"p": {"outcome": (IN_FAVOUR,)}, "q": {"outcome": (IN_FAVOUR, SETTLED)}}
    attack = Attack(atoms, [table, both], parts)
    assert attack.gives({"outcome": [SETTLED]})
    assert not attack.gives({"outcome": [AGAINST]})
