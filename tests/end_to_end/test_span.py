"""What a report shows, added up and subtracted in any way, gives no small count."""

from __future__ import annotations

import pandas as pd
import pytest
from attack import AGAINST, ANY, IN_FAVOUR, KINDS, SETTLED, Attack, Shown, every, small
from small_report import Project

from reportlib.build.released import Published
from reportlib.measures import MEASURES, TableSpec

FIVE = ("A", "B", "M", "O", "W", "NS")


@pytest.fixture(scope="module")
def shown(whole: tuple[Project, str], tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return Shown.of(whole[0], tmp_path_factory.mktemp("typed"))


@pytest.mark.parametrize("name", KINDS)
def test_no_small_count_is_a_sum_of_shown_ones(name, shown):
    sought, given = shown.attacked(KINDS[name])
    assert given == []
    assert len(sought) > 50


def test_no_small_count_of_people_is_a_sum_of_shown_ones(shown):
    """Of those whom the two systems call differently, or one of them does not know."""
    systems = {"ethnicity_nomis": FIVE, "ethnicity_ppud": FIVE}
    release = shown.release
    people = every({"year": release.period.pooled[:1], **systems}).astype(str)
    known, on_ppud = people["ethnicity_nomis"].ne("NS"), people["ethnicity_ppud"].ne("NS")
    people["ethnicity"] = people["ethnicity_nomis"].where(known, people["ethnicity_ppud"])
    people["ethnicity_source"] = on_ppud.map({True: "PPUD", False: "Not stated"}).mask(known, "NOMIS")
    tables = [
        table
        for table in shown.tables
        if table.part == "people/complained"
        and {*table.columns} <= {*people, "value", "rule"}
        and release.period.pooled_label in table.rows[0]
    ]
    attack = Attack(people, tables, {"people/complained": ANY})
    spec = TableSpec("sought", MEASURES["ethnicity-agreement"], tuple(systems), "5+1")
    sought = [*small(release, spec, "TRUE", "people/complained")]
    assert attack.given(sought) == []
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
    settled, against = {"outcome": [SETTLED]}, {"outcome": [AGAINST]}
    assert attack.given([settled, against]) == [settled]


def test_what_is_of_no_region_is_of_no_type():
    """80 in all, 40 in the North and 36 in the South: 4 are of an establishment that no list has."""
    atoms = pd.DataFrame({"region": ["North", "South", ""], "establishment_type": ["Open", "Open", ""]})
    rows: list[list[str | int | None]] = [["North", 40, ""], ["South", 36, ""], ["all", 80, ""]]
    table = Published(
        name="t", part="p", additive=True, scale=1, release="r", columns=["region", "value", "rule"], rows=rows
    )
    listed, unlisted = {"establishment_type": ["Open"]}, {"establishment_type": [""]}
    assert Attack(atoms, [table], {"p": ANY}).given([listed, unlisted]) == [listed, unlisted]
    table = table.model_copy(update={"rows": rows[1:]})
    assert Attack(atoms, [table], {"p": ANY}).given([listed, unlisted]) == []
