"""What a report shows, added up and subtracted in any way, gives no small count."""

from __future__ import annotations

import pandas as pd
import pytest
from attack import AGAINST, ANY, IN_FAVOUR, KINDS, SETTLED, Attack, every

from reportlib.build.released import Published
from reportlib.measures import MEASURES


@pytest.mark.check
def test_every_event_that_a_measure_counts_is_attacked():
    """People who complained are attacked by themselves; populations are printed by those who hold them."""
    counted = {part.code for measure in MEASURES.values() for part in measure.parts if part.counts == "events"}
    missing = counted - {code for kind in KINDS.values() for code in kind.shown}
    assert not missing, f"add to KINDS in attack.py: {', '.join(sorted(missing))}"


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
