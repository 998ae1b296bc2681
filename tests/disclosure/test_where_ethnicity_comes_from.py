"""Ethnicity is NOMIS's, else PPUD's: tables of both systems, of the source and of groups give nobody away together.

The attacker works on how many people each pair of codes has, and shares no code with the library.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reportlib.build.relations import _where_ethnicity_comes_from
from reportlib.disclosure import CountTable, Policy, Relations, protect

from .world import extremes

CODES = ("A", "B", "M", "W", "NS")
SYSTEMS = ("ethnicity_nomis", "ethnicity_ppud")
SOURCES = ("NOMIS", "PPUD", "Not stated")
RELATIONS = Relations(
    {"ethnicity_source": {"all": [SOURCES]}, **{name: {"all": [CODES]} for name in ("ethnicity", *SYSTEMS)}},
    fixed=("ethnicity", *SYSTEMS, "ethnicity_source"),
    sums=_where_ethnicity_comes_from(),
)
NOMIS, PPUD = np.array([(one, other) for one in CODES for other in CODES]).T
OF = {"ethnicity": np.where(NOMIS == "NS", PPUD, NOMIS), "ethnicity_nomis": NOMIS, "ethnicity_ppud": PPUD}
OF["ethnicity_source"] = np.where(NOMIS != "NS", "NOMIS", np.where(PPUD != "NS", "PPUD", "Not stated"))


def people(seed: int) -> np.ndarray:
    """How many people have each pair of codes; most have the same on both systems, or none on one."""
    rng = np.random.default_rng(seed)
    usual = np.where((NOMIS == PPUD) & (NOMIS != "NS"), 30.0, np.where((NOMIS == "NS") | (PPUD == "NS"), 6.0, 0.5))
    return rng.negative_binomial(2, 2 / (2 + usual))


def table(counts: np.ndarray, *by: str) -> tuple[CountTable, list[np.ndarray]]:
    """A table of people by some of the four, with totals, and of each row which pairs it counts."""
    codes = pd.MultiIndex.from_product([[*dict.fromkeys(OF[name]), "all"] for name in by], names=by)
    where = [
        np.all([(code == "all") | (OF[name] == code) for name, code in zip(by, row, strict=True)], 0) for row in codes
    ]
    frame = codes.to_frame(index=False).assign(value=[int(counts[mask].sum()) for mask in where])
    return CountTable(" and ".join(by), "people", frame), where  # fmt: skip


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize(
    "shown",
    [
        ["ethnicity", SYSTEMS],
        ["ethnicity", "ethnicity_nomis"],
        ["ethnicity_source", SYSTEMS],
        ["ethnicity", "ethnicity_source", SYSTEMS],
    ],
)
def test_nobody_is_found(seed: int, shown: list[str | tuple[str, ...]]) -> None:
    counts = people(seed)
    made = [table(counts, *([by] if isinstance(by, str) else by)) for by in shown]
    pattern = protect([one for one, _ in made], Policy(), RELATIONS)
    rows = [
        (mask, int(value), bool(mark))
        for one, where in made
        for mask, value, mark in zip(where, one.frame["value"], pattern.marks(one.name), strict=True)
    ]
    known = np.array([mask for mask, _, _ in rows], dtype=float)
    low = np.array([1 if mark else value for _, value, mark in rows], dtype=float)
    high = np.array([np.inf if mark else value for _, value, mark in rows])
    for mask, value, mark in rows:
        if mark:
            least, most = extremes(mask, known, low, high)
            assert most - least >= 5 and most > 5 if value <= 5 else most > least
