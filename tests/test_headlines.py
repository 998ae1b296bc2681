"""What cards and the table of verdicts say of a headline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reportlib import headlines
from reportlib.facts import Fact
from reportlib.headlines import verdicts, verdicts_table
from reportlib.results import Results


def results(
    facts: list[Fact], table: str, adjust: Sequence[str] = (), band: tuple[float, float] = (0.8, 1.25), **also: Any
) -> Results:
    """What is known of a run whose headline is one table."""
    return Results(
        facts, {table: {"adjust": adjust, **also}}, [table], {}, "2022-23 to 2024-25", "W", "5+1", band, 0.95
    )


def card(facts: list[Fact], table: str, adjust: Sequence[str] = (), **also: Any) -> dict[str, Any]:
    (found,) = headlines.headlines(results(facts, table, adjust, **also))
    return headlines.card(found)


@pytest.mark.parametrize(
    ("verdicts", "adjusted", "badge"),
    [
        (["parity", "parity"], (0.9, 1.1), "parity"),
        (["parity", "inconclusive", "not assessed"], (0.9, 1.1), "inconclusive"),
        (["parity", "not assessed"], (0.9, 1.1), "parity, as far as assessed"),
        (["not assessed", "not assessed"], (0.9, 1.1), "not assessed"),
        (["disproportionate", "parity"], (0.5, 0.9), "disproportionate"),
        (
            ["disproportionate", "parity"],
            (0.75, 0.95),
            "disproportionate as counted; inside the band once adjusted",
        ),
        (
            ["disproportionate", "parity"],
            (0.5, 1.1),
            "disproportionate as counted; once adjusted, chance could account for it",
        ),
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
    assert found["verdict"] == (
        "inconclusive" if "chance could account" in badge else re.split("[,;]| as counted", badge)[0]
    )


def test_a_card_says_what_the_last_year_alone_shows():
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
    ]
    year = [
        *rows("trend", "2023-24", "B", "Black", "disproportionate", 0.5),
        *rows("trend", "2024-25", "B", "Black", "inconclusive", 0.8),
        *rows("trend", "2024-25", "A", "Asian", "parity", 1.0),
        *rows("trend", "2024-25", "M", "Mixed", "disproportionate", 1.6),
    ]
    assert card(whole, "rate")["further"] == ["No adjusted comparison is made."]
    assert card([*whole, *year], "rate")["further"] == [
        "No adjusted comparison is made.",
        "In 2024-25 alone, as counted, the relative rate was 0.80 (0.60 to 1.00; inconclusive) for Black people and "
        "1.60 (1.40 to 1.80; disproportionate) for people from the Mixed ethnic group.",
    ]


def deaths(groups: Sequence[str]) -> list[Fact]:
    """What is known of deaths of each group: disproportionately low, and once adjusted chance could account for it."""
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
    """The figures stand in the picture and its alt text; of what adjustment undoes the finding tells already."""
    found = card(deaths("AB"), "deaths", ("age_band", "sex"))
    assert found["further"] == []
    left = [
        replace(fact, text="1.00", value=0.8) if fact.statistic == "adjusted_upper" else fact for fact in deaths("AB")
    ]
    assert card(left, "deaths", ("age_band", "sex"))["further"] == [
        "Allowing for age and sex, a smaller difference remains for people from the A ethnic group (0.90, 0.70 to "
        "0.80) and people from the B ethnic group (0.90, 0.70 to 0.80)."
    ]
    assert "A 0.60 (0.50 to 0.70), disproportionate, and 0.90 (0.70 to 1.10) once adjusted; B" in found["chart"]["alt"]
    assert found["chart"]["id"] == "deaths-card"


def test_a_card_of_an_edition_tells_what_the_whole_shows_of_what_is_disproportionate_in_either():
    def beside(code: str, verdict: str, own: str) -> list[Fact]:
        facts = [fact for fact in deaths(code) if not fact.statistic.startswith("adjusted")]
        said = [replace(fact, text=own) for fact in facts if fact.statistic == "verdict"]
        rest = [fact for fact in facts if fact.statistic != "verdict"]
        figures = {"national_ratio": ("0.71", 0.71), "national_verdict": (verdict, None)}
        also = [
            replace(said[0], id=f"deaths/ethnicity/{code}/{name}", statistic=name, text=text, value=value)
            for name, (text, value) in figures.items()
        ]
        return [*said, *rest, *also]

    here = beside("A", "inconclusive", "disproportionate")
    there = beside("B", "disproportionate as counted", "inconclusive")
    neither = beside("M", "parity", "small difference")
    (said,) = [text for text in card([*here, *there, *neither], "deaths")["further"] if "England" in text]
    assert said == (
        "In England and Wales, as counted, the relative rate was 0.71 (inconclusive) for people from the A ethnic "
        "group and 0.71 (disproportionate as counted) for people from the B ethnic group."
    )
    tested = [
        replace(each, id=f"deaths/ethnicity/{code}/others_p", statistic="others_p", text=f"{p}", value=p)
        for code, p in (("A", 0.01), ("B", 0.3))
        for each in (here if code == "A" else there)
        if each.statistic == "ratio"
    ]
    (said,) = [text for text in card([*here, *there, *tested], "deaths", family=("region", 48))["further"]
               if "England" in text]  # fmt: skip
    assert said.endswith(
        " Here it differs from that in the other regions together by more than chance alone is likely to give for "
        "people from the A ethnic group (0.60) and by no more than chance could account for in the case of people from "
        "the B ethnic group (0.60)."
    )
    alone = [
        replace(each, id="deaths/ethnicity/M/others_p", statistic="others_p", text="0.001", value=0.001)
        for each in neither
        if each.statistic == "ratio"
    ]
    (said,) = [text for text in card([*neither, *alone], "deaths", family=("region", 48))["further"]
               if "England" in text]  # fmt: skip
    assert "more than chance alone is likely to give for people from the M ethnic group (0.60)" in said
    turned = [
        replace(fact, text="1.09", value=1.09) if fact.statistic == "national_ratio" else fact
        for fact in beside("O", "small difference", "small difference")
    ]
    assert [text for text in card(turned, "deaths")["further"] if "was 1.09 (small difference)" in text]
    assert not [text for text in card(neither, "deaths")["further"] if "England" in text]
    assert not [text for text in card(deaths("A"), "deaths")["further"] if "England" in text]


def test_a_card_has_no_picture_where_nothing_is_shown_or_there_are_too_many_groups():
    hidden = [replace(fact, value=None, mark="c") if fact.value else fact for fact in deaths("AB")]
    assert card(hidden, "deaths", ("age_band",))["chart"] is None
    assert card(deaths("ABCDEFG"), "deaths", ("age_band",))["chart"] is None


def test_a_verdict_that_adjustment_undoes_is_said_to_be_as_counted():
    frame = verdicts(results(deaths("AB"), "deaths"), ["deaths"])
    assert list(frame["undone"]) == [True, True]
    assert set(frame["text"]) == {"0.60 disproportionate as counted"}
    small = [replace(fact, text="small difference") if fact.statistic == "verdict" else fact for fact in deaths("AB")]
    assert set(verdicts(results(small, "deaths"), ["deaths"])["text"]) == {"0.60 small difference as counted"}
    narrow = results(deaths("AB"), "deaths", band=(0.95, 1.05))
    assert not verdicts(narrow, ["deaths"])["undone"].any()  # 0.90 lies outside
    asian = [replace(fact, label="Deaths: Asian") for fact in deaths("A")]
    table = verdicts_table(results(asian, "deaths"))
    assert "Where a verdict is said to be as counted, most of the difference is gone" in table.notes[1]


def test_the_table_of_verdicts_of_an_edition_says_which_are_those_of_the_national_one():
    found = results(deaths("AB"), "deaths")
    tables = {"deaths": {"measure": "deaths", "adjust": [], "family": ["establishment_type", 28]}}
    assert verdicts_table(replace(found, tables=tables)).notes[-1] == (
        "Verdicts on deaths in prison custody are those of the national edition, and allow for all comparisons of its "
        "table by establishment type; any other allows for those of its own table."
    )
    assert "national edition" not in " ".join(verdicts_table(found).notes)
