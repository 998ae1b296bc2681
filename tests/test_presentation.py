"""Which picture a comparison gets, and what is in it."""

from __future__ import annotations

import pandas as pd

from reportlib.comparison import compare
from reportlib.comparison_tables import Comparison
from reportlib.measures import MEASURES, TableSpec
from reportlib.presentation import draw, mix_sentence
from reportlib.tables import Place
from small_handoff import design_effects, uphold_counts


def test_a_trend_has_lines_for_the_groups_that_are_compared():
    """What is not stated differs from year to year in who it is: a line would say that the group had changed."""
    spec = TableSpec("trend", MEASURES["upheld"], ("year", "ethnicity"), "5+1", "trend")
    years = [("2023-24", uphold_counts()), ("2024-25", uphold_counts())]
    counts, effects = (pd.concat(frame.assign(year=year) for year, frame in held) for held in (years, [
        (year, design_effects()) for year, _ in years
    ]))  # fmt: skip
    frame = compare(counts, effects, spec, reference="W", years=1)
    place = Place("uphold-rates", "national", ("synthetic",))
    chart = draw(Comparison(spec, frame, place, "2023-24 to 2024-25", "W", 0.95), (0.8, 1.25))
    assert "White 30.0% in 2023-24" in chart.alt
    assert "Asian" in chart.alt
    assert not any(group in chart.alt + chart.svg for group in ("Not stated", "All"))


def test_no_mix_is_told_where_a_group_has_no_population():
    """Its people could not have been expected, and no test could say how unlikely they are."""
    frame = pd.DataFrame({"ethnicity": ["A", "W", "O"], "numerator": [50, 300, 7], "denominator": [700.0, 5000.0, 0.0]})
    assert mix_sentence(frame, "complainants", "the prison population") == ""
    assert mix_sentence(frame[:2], "complainants", "the prison population") != ""
