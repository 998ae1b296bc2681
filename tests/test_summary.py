"""What the summary says of the chapters before it: main points and cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reportlib.facts import Fact
from reportlib.summary import headline, main_points


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


def compared(code: str, label: str, verdict: str, **ratios: float) -> list[Fact]:
    """What is published of one group of one table."""
    measure = code.partition("/")[0]
    place = ("2022-23 to 2024-25", "national", "a-chapter", measure)
    told = [Fact(f"{code}/verdict", *place, "verdict", f"{measure.capitalize()}: {label}", verdict)]
    return told + [
        Fact(f"{code}/{name}", *place, name, f"{measure.capitalize()}: {label}", f"{value:.2f}", value)
        for name, value in ratios.items()
    ]


def test_the_main_points_are_what_was_disproportionate_and_what_adjustment_leaves():
    held = [
        *compared("complaints/ethnicity/B", "Black", "disproportionate", ratio=1.32, adjusted_ratio=1.31,
                  adjusted_lower=1.26, adjusted_upper=1.37),
        *compared("complaints/ethnicity/M", "Mixed", "disproportionate", ratio=1.3, adjusted_ratio=1.2,
                  adjusted_lower=0.98, adjusted_upper=1.46),
        *compared("complaints/ethnicity/A", "Asian", "small difference", ratio=1.1, adjusted_ratio=1.0,
                  adjusted_lower=0.9, adjusted_upper=1.1),
        *compared("upheld/ethnicity/B", "Black", "disproportionate", ratio=float("inf")),
        *compared("deaths/ethnicity/B", "Black", "inconclusive", ratio=0.8),
        *compared("deaths/ethnicity/A", "Asian", "not assessed", ratio=0.8),
        *compared("recalled/ethnicity/B", "Black", "not assessed", ratio=0.8),
        *compared("breached/ethnicity/B", "Black", "disproportionate", ratio=1.4),
    ]  # fmt: skip
    tables = {"complaints": ("establishment_type",), "upheld": (), "deaths": (), "recalled": (), "no-such-table": ()}
    found = main_points(held, tables, "White", (0.8, 1.25), "2022-23 to 2024-25")
    assert found
    assert found["lead"] == "Compared with White people, 2022-23 to 2024-25:"
    assert found["items"] == [
        {
            "title": "Complaints",
            "text": "The rate of complaints was 1.32 times as high for Black people and "
            "1.30 times as high for people from the Mixed ethnic group; allowing for establishment type, 1.31 (1.26 to "
            "1.37) for Black people and 1.20 (0.98 to 1.46) for people from the Mixed ethnic group. A difference "
            "remains for Black people. Chance could account for what is left for people from the Mixed ethnic group.",
            "chapter": "a-chapter",
        },
        {
            "title": "Upheld",
            "text": "The uphold rate was higher, without a limit, for Black people. "
            "Nothing else in which the groups differ is allowed for.",
            "chapter": "a-chapter",
        },
        {"title": "Nothing disproportionate found", "text": "Deaths.", "chapter": ""},
        {"title": "Nothing could be compared", "text": "Recalled.", "chapter": ""},
    ]


def test_a_main_point_is_of_the_outcome_that_was_judged():
    held = compared("completed/ethnicity/B", "Black", "disproportionate", ratio=1.4, adjusted_ratio=1.3,
                    adjusted_lower=1.28, adjusted_upper=1.32)  # fmt: skip
    held = [replace(fact, unit="not completing supervision") if fact.statistic == "ratio" else fact for fact in held]
    found = main_points(held, {"completed": ("region",)}, "White", (0.8, 1.25), "2024-25")
    assert found
    assert found["items"][0]["text"] == (
        "The rate of not completing supervision was 1.40 times as high for Black people; "
        "allowing for region, 1.30 (1.28 to 1.32). A difference remains for Black people."
    )
