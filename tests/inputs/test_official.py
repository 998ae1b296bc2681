"""Official figures that the records give too are known, whichever tables the report shows."""

from __future__ import annotations

import pandas as pd
from good_extracts import Extracts
from test_estimates import Years, prison

from reportlib.build.prepare import _like, _recorded
from reportlib.disclosure import CountTable
from reportlib.inputs.release import Release
from reportlib.published import PUBLISHED_TABLES


def test_official_figures_that_are_those_of_the_records_are_known_by_themselves(alone: Extracts) -> None:
    """Three and two people died at these ages; officially three and four did, and five the year before."""
    for name, text in prison([("B1", "21 to 24", 900, 3), ("W1", "60 to 69", 2000, 2)]).items():
        alone.put(name, text)
    rows = [("21 to 24", "2024-25", 3), ("60 to 69", "2024-25", 4), ("21 to 24", "2023-24", 5)]
    official = CountTable("official", "deaths/prison", pd.DataFrame(rows, columns=["age_band", "year", "value"]))
    (table,) = _recorded(official, Release(alone.read(), Years()), _like(PUBLISHED_TABLES["deaths-by-age"], "5+1"))
    assert table.frame.to_numpy().tolist() == [["21 to 24", "2024-25", 3]]


def test_without_records_of_deaths_nothing_is_known_of_them(alone: Extracts) -> None:
    alone.put("population", prison([("B1", "21 to 24", 900, 0)])["population"])
    official = CountTable("official", "deaths/prison", pd.DataFrame(columns=["age_band", "year", "value"]))
    assert not _recorded(official, Release(alone.read(), Years()), _like(PUBLISHED_TABLES["deaths-by-age"], "5+1"))
