"""Which picture a comparison gets, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from reportlib.comparison import compare
from reportlib.comparison_tables import Comparison
from reportlib.facts import Fact
from reportlib.measures import MEASURES, TableSpec
from reportlib.presentation import MOST_ROWS, adjusted_sentence, draw, headline, mix_sentence
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


def test_plain_counts_and_what_is_too_much_for_a_page_have_no_picture():
    place = Place("methods", "national", ("synthetic",))
    counts = TableSpec("source", MEASURES["ethnicity-source"], ("ethnicity_source",), "5+1")
    assert draw(Comparison(counts, pd.DataFrame(), place, "2024-25", "", 0.95), (0.8, 1.25)) is None
    spec = TableSpec("many", MEASURES["upheld"], ("category", "ethnicity"), "19")
    rows = [
        {"category": f"c{part}", "ethnicity": f"g{group}", "label": f"g{group}", "verdict": "parity", "mark": ""}
        for part in range(4)
        for group in range(MOST_ROWS // 4 + 1)
    ]
    for ratio in (1.0, None):  # in the first there is too much, in the second nothing
        frame = pd.DataFrame(rows if ratio else rows[:2]).assign(ratio=ratio)
        assert draw(Comparison(spec, frame, place, "2024-25", "W", 0.95), (0.8, 1.25)) is None


def adjusted(complement: bool = False, width: float = 0.1, **verdicts: str) -> str:
    """What adjustment changed of three ratios, of the measure's outcome or of its opposite; `width` of a limit."""
    spec = TableSpec("completed", MEASURES["completed"], ("ethnicity",), "5+1", adjust=("region",))
    ratios = {"Asian": (0.9, 0.95), "Black": (0.95, 1.04), "Mixed": (1.2, 1.2)}
    rows = [
        {"label": label, "ratio": one, "adjusted_ratio": two, "verdict": verdicts.get(label, "inconclusive"),
         "adjusted_lower": two - width, "adjusted_upper": two + width}
        for label, (one, two) in ratios.items()
    ]  # fmt: skip
    place = Place("probation-outcomes", "national", ("synthetic",))
    frame = pd.DataFrame(rows)
    return adjusted_sentence(Comparison(spec, frame, place, "2024-25", "W", 0.95, complement=complement), (0.8, 1.25))


def test_an_adjusted_rate_on_the_other_side_of_1_is_told_with_what_chance_allows():
    assert adjusted() == (
        "Allowing for region, the relative rate moves from 0.95 to 1.04 (0.94 to 1.14) for Black people. The "
        "estimate lies the other way for Black people, by no more than chance could account for."
    )
    assert adjusted(Mixed="disproportionate").startswith(
        "Allowing for region, the relative rate moves from 0.95 to 1.04 (0.94 to 1.14) for Black people and stays 1.20 "
        "(1.10 to 1.30) for people from the Mixed ethnic group. A difference remains for people from the Mixed ethnic "
        "group, by an amount that is uncertain. The estimate lies the other way for Black people"
    )


def test_what_is_left_of_a_disproportionate_difference_is_said():
    said = adjusted(Asian="disproportionate", Black="disproportionate", Mixed="disproportionate")
    assert said.endswith(
        " A difference remains for people from the Mixed ethnic group, by an amount that is uncertain. Chance could "
        "account for what is left for Asian people. The estimate lies the other way for Black people, by no more than "
        "chance could account for."
    )
    assert adjusted(Asian="small difference").startswith(
        "Allowing for region, the relative rate moves from 0.90 to 0.95 (0.85 to 1.05) for Asian people and from 0.95"
    )
    assert "The difference lies the other way for Black people." in adjusted(width=0.03)
    sure = adjusted(Mixed="disproportionate", width=0.03)
    assert "A difference remains for people from the Mixed ethnic group, within 0.8 to 1.25." in sure


def test_adjusted_rates_are_said_to_be_of_the_outcome_that_was_judged():
    assert adjusted(complement=True).startswith("Allowing for region, the relative rate of not completing supervision ")


def card(facts: list[Fact], table: str, adjust: Sequence[str] = ()) -> dict[str, Any]:
    found = headline(facts, table, adjust, "White", (0.8, 1.25), 0.95)
    assert found
    return found


@pytest.mark.parametrize(
    ("verdicts", "adjusted", "badge"),
    [
        (["parity", "parity"], (0.9, 1.1), "parity"),
        (["parity", "inconclusive", "not assessed"], (0.9, 1.1), "inconclusive"),
        (["parity", "not assessed"], (0.9, 1.1), "parity, as far as assessed"),
        (["not assessed", "not assessed"], (0.9, 1.1), "not assessed"),
        (["disproportionate", "parity"], (0.5, 0.9), "disproportionate"),
        (["disproportionate", "parity"], (0.75, 0.95), "disproportionate, but less so once adjusted"),
        (["disproportionate", "parity"], (0.5, 1.1), "disproportionate; once adjusted, no difference is shown"),
        (["disproportionate", "parity"], (0.3, 1.1), "disproportionate"),  # only less certain
        (["disproportionate", "parity"], None, "disproportionate"),
    ],
)
def test_a_card_claims_no_more_than_its_table(verdicts, adjusted, badge):
    """Parity only where nothing else was found; and that a difference is crude alone is said at once."""
    texts = {f"{group}/verdict": (text, None) for group, text in zip("ABMO", verdicts, strict=False)}
    for end, limit in zip(("lower", "upper"), adjusted or (), strict=False):
        texts |= {f"{group}/adjusted_{end}": (f"{limit}", limit) for group in "ABMO"}
    for name, value in (("ratio", 0.6), ("adjusted_ratio", sum(adjusted or (0, 0)) / 2)):
        texts |= {f"{group}/{name}": (f"{value}", value) for group in "ABMO"}
    texts["all/sentence"] = ("As told.", None)
    parts = ("2024-25", "national", "deaths-in-custody", "deaths")
    facts = [
        Fact(f"deaths/ethnicity/{name}", *parts, name.partition("/")[2], "Deaths", text, value)
        for name, (text, value) in texts.items()
    ]
    found = card(facts, "deaths")
    assert found["badge"] == badge
    assert badge.startswith(found["verdict"])


def test_a_card_says_what_the_last_year_alone_shows_and_what_missing_ethnicity_could_undo():
    """Of those who are disproportionate, in the whole period or in that year; with no year apart, nothing more."""

    def fact(table: str, period: str, name: str, text: str, value: float | None = None, of: str = "Black") -> Fact:
        place = (period, "national", "uphold-rates", table)
        return Fact(f"upheld/ethnicity/{name}", *place, name.partition("/")[2], f"Uphold rate: {of}", text, value)

    def rows(table: str, period: str, code: str, of: str, verdict: str, ratio: float) -> list[Fact]:
        told = [("verdict", verdict, None), ("ratio", f"{ratio:.2f}", ratio)]
        told += [("ratio_lower", f"{ratio - 0.2:.2f} to {ratio + 0.2:.2f}", ratio - 0.2)]
        return [fact(table, period, f"{code}/{name}", text, value, of) for name, text, value in told]

    whole = [
        fact("rate", "2022-23 to 2024-25", "all/sentence", "As told."),
        *rows("rate", "2022-23 to 2024-25", "B", "Black", "disproportionate", 0.7),
        *rows("rate", "2022-23 to 2024-25", "A", "Asian", "parity", 1.0),
        *rows("rate", "2022-23 to 2024-25", "M", "Mixed", "inconclusive", 1.1),
        fact("rate", "2022-23 to 2024-25", "B/bound_lower", "0.41 to 1.20", 0.41),
        fact("rate", "2022-23 to 2024-25", "B/bound_upper", "0.41 to 1.20", 1.2),
    ]
    year = [
        *rows("trend", "2023-24", "B", "Black", "disproportionate", 0.5),
        *rows("trend", "2024-25", "B", "Black", "inconclusive", 0.8),
        *rows("trend", "2024-25", "A", "Asian", "parity", 1.0),
        *rows("trend", "2024-25", "M", "Mixed", "disproportionate", 1.6),
    ]
    could = "Were missing ethnicity divided in the most extreme way, the difference could vanish for Black people."
    assert card(whole, "rate")["further"] == [could]
    assert card([*whole, *year], "rate")["further"] == [
        "In 2024-25 alone, the crude relative rate was 0.80 (0.60 to 1.00; inconclusive) for Black people and 1.60 "
        "(1.40 to 1.80; disproportionate) for people from the Mixed ethnic group.",
        could,
    ]


def deaths(groups: Sequence[str]) -> list[Fact]:
    """What is known of deaths of each group: disproportionately low, and once adjusted no difference is shown."""
    numbers = {"ratio": 0.6, "ratio_lower": 0.5, "ratio_upper": 0.7}
    numbers |= {"adjusted_ratio": 0.9, "adjusted_lower": 0.7, "adjusted_upper": 1.1}
    of_group: dict[str, tuple[str, float | None]] = {name: (f"{value:.2f}", value) for name, value in numbers.items()}
    of_group["verdict"] = ("disproportionate", None)
    place = ("2022-23 to 2024-25", "national", "deaths-in-custody", "deaths")
    said = Fact("deaths/ethnicity/all/sentence", *place, "sentence", "Deaths", "As told.")
    return [said] + [
        Fact(f"deaths/ethnicity/{code}/{name}", *place, name, f"Deaths: {code}", text, value)
        for code in groups
        for name, (text, value) in of_group.items()
    ]


def test_a_card_shows_each_group_and_says_what_adjustment_leaves():
    """The figures stand in the picture and its alt text, so the words need not repeat them."""
    found = card(deaths("AB"), "deaths", ("age_band", "sex"))
    assert found["further"] == [
        "Allowing for age and sex, chance could account for what is left for people from the A and B ethnic groups."
    ]
    assert "A 0.60 (0.50 to 0.70), disproportionate, and 0.90 (0.70 to 1.10) once adjusted; B" in found["chart"]["alt"]
    assert found["chart"]["id"] == "deaths-card"


def test_a_card_has_no_picture_where_nothing_is_shown_or_there_are_too_many_groups():
    hidden = [replace(fact, value=None, mark="c") if fact.value else fact for fact in deaths("AB")]
    assert card(hidden, "deaths", ("age_band",))["chart"] is None
    assert card(deaths("ABCDEFG"), "deaths", ("age_band",))["chart"] is None


def test_no_mix_is_told_where_a_group_has_no_population():
    """Its people could not have been expected, and no test could say how unlikely they are."""
    frame = pd.DataFrame({"ethnicity": ["A", "W", "O"], "numerator": [50, 300, 7], "denominator": [700.0, 5000.0, 0.0]})
    assert mix_sentence(frame, "complainants", "the prison population") == ""
    assert mix_sentence(frame[:2], "complainants", "the prison population") != ""
