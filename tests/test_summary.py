"""What the summary says of the chapters before it: main points and cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reportlib.facts import Fact
from reportlib.measures import MEASURES
from reportlib.summary import group_points, headline, main_points


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
        (
            ["disproportionate", "parity"],
            (0.75, 0.95),
            "disproportionate as counted; once adjusted, a difference remains, but the estimate lies within the band",
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
    could = (
        "Were missing ethnicity divided in the most extreme way, the difference as counted could vanish or reverse for "
        "Black people."
    )
    assert card(whole, "rate")["further"] == [could]
    assert card([*whole, *year], "rate")["further"] == [
        "In 2024-25 alone, the crude relative rate was 0.80 (0.60 to 1.00; inconclusive) for Black people and 1.60 "
        "(1.40 to 1.80; disproportionate) for people from the Mixed ethnic group.",
        could,
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


CLAIM = "Black people had a higher rate of complaints than White people (7.0 compared with 5.3 a year)"


def said(table: str, text: str, *rows: list[Fact]) -> list[Fact]:
    """What is published of one table: its sentence, and its rows."""
    place = ("2022-23 to 2024-25", "national", "a-chapter", table)
    sentence = Fact(f"{table}/ethnicity/all/sentence", *place, "sentence", table.capitalize(), text)
    return [sentence, *(fact for row in rows for fact in row)]


def row(name: str, label: str, verdict: str, **ratios: float) -> list[Fact]:
    """What is published of one group: its verdict and its relative rates."""
    table = name.partition("/")[0]
    place = ("2022-23 to 2024-25", "national", "a-chapter", table)
    told = [("verdict", verdict, None), *((key, f"{value:.2f}", value) for key, value in ratios.items())]
    return [
        Fact(f"{name}/{key}", *place, key, f"{table.capitalize()}: {label}", text, value) for key, text, value in told
    ]


def points(held: list[Fact], tables: dict[str, tuple[str, ...]], reference: str = "W") -> list[tuple[str, str]]:
    known = {table: {"adjust": adjust} for table, adjust in tables.items()}
    found = main_points(held, [*tables], known, (0.8, 1.25), "2022-23 to 2024-25", reference, "5+1")
    assert found
    assert found["lead"] == "Over 2022-23 to 2024-25, with a band of 0.8 to 1.25:"
    return [(item["title"], item["text"]) for item in found["items"]]


def test_a_main_point_says_what_was_disproportionate_and_what_adjustment_and_missing_ethnicity_leave():
    """From the table's own sentence; of groups that are not disproportionate only that nothing can be said."""
    rest = " The rate was higher for Asian people, by a small amount. No comparison is made for Other people: too few."
    held = said(
        "complaints", f"{CLAIM}, by enough to be disproportionate.{rest}",
        row("complaints/ethnicity/B", "Black", "disproportionate", ratio=1.32, adjusted_ratio=1.31,
            adjusted_lower=1.26, adjusted_upper=1.37, bound_lower=0.9, bound_upper=1.4),
        row("complaints/ethnicity/M", "Mixed", "disproportionate", ratio=1.3),
        row("complaints/ethnicity/A", "Asian", "small difference", ratio=1.1, adjusted_ratio=1.0,
            adjusted_lower=0.9, adjusted_upper=1.1),
    )  # fmt: skip
    assert points(held, {"complaints": ("establishment_type",)}) == [
        (
            "Complaints: disproportionate",
            f"{CLAIM}. Allowing for establishment type, the relative rate moves from 1.32 to 1.31 (1.26 to 1.37) for "
            "Black people. A difference remains for Black people. No adjusted comparison could be made for people from "
            "the Mixed ethnic group. No comparison is made for Other people: too few. Were missing ethnicity divided "
            "in the most extreme way, the difference as counted could vanish or reverse for Black people.",
        )
    ]


def test_a_difference_in_shares_is_told_in_cases():
    """Of 820, at 217 of 1,000, 178 would be upheld, which is 50 more than 128; rates of a population are no cases."""
    place = ("2022-23 to 2024-25", "national", "a-chapter", "upheld")
    counts = {"W": (217, 1000), "B": (128, 820)}
    figures = [(code, name, f"{value:,}", value) for code, pair in counts.items()
               for name, value in zip(("numerator", "denominator"), pair, strict=True)]  # fmt: skip
    cases = [
        Fact(
            f"upheld/ethnicity/{code}/{name}", *place, name, f"Upheld: {dict(W='White', B='Black')[code]}", text, value
        )
        for code, name, text, value in figures
    ]
    claim = "Black people had a lower uphold rate than White people (15.6% compared with 21.7%)"
    rows = row("upheld/ethnicity/B", "Black", "disproportionate", ratio=0.72)
    held = said("upheld", f"{claim}, by enough to be disproportionate.", [*rows, *cases])
    ((_, text),) = points(held, {"upheld": ()})
    assert text == (
        f"{claim}. At the rate of White people, Black people would have had about 50 more complaints upheld, out of "
        "820 complaints decided. No adjusted comparison is made."
    )
    hidden = [replace(fact, value=None, mark="c") if fact.statistic == "numerator" else fact for fact in held]
    ((_, text),) = points(hidden, {"upheld": ()})
    assert text == f"{claim}. No adjusted comparison is made."


def test_a_main_point_names_whom_adjustment_puts_on_the_other_side_though_they_are_not_disproportionate():
    held = said(
        "deaths", f"{CLAIM}, by enough to be disproportionate.",
        row("deaths/ethnicity/B", "Black", "disproportionate", ratio=0.58, adjusted_ratio=0.7, adjusted_lower=0.6,
            adjusted_upper=0.79),
        row("deaths/ethnicity/M", "Mixed", "inconclusive", ratio=0.71, adjusted_ratio=1.38, adjusted_lower=0.99,
            adjusted_upper=1.92),
    )  # fmt: skip
    ((_, text),) = points(held, {"deaths": ("age_band",)})
    assert (
        "from 0.71 to 1.38 (0.99 to 1.92) for people from the Mixed ethnic group. A difference remains for Black "
        in text
    )
    assert text.endswith(
        "The relative rate is then above 1 for people from the Mixed ethnic group, but chance could account for that."
    )


def test_a_bound_that_is_printed_as_1_is_said_to_all_but_undo_a_difference():
    rows = [
        row("upheld/ethnicity/B", "Black", "disproportionate", ratio=1.4, bound_lower=0.98, bound_upper=1.9),
        row("upheld/ethnicity/M", "Mixed", "disproportionate", ratio=1.4, bound_lower=1.0, bound_upper=1.9),
        row("upheld/ethnicity/A", "Asian", "disproportionate", ratio=1.4, bound_lower=1.01, bound_upper=1.9),
    ]
    ((_, text),) = points(said("upheld", "Nothing.", *rows), {"upheld": ()})
    assert text.endswith(
        "Were missing ethnicity divided in the most extreme way, the difference as counted could vanish or reverse for "
        "Black people and all but vanish for people from the Mixed ethnic group."
    )


def test_what_every_headline_says_of_a_group_stands_together():
    held = [
        *said("complaints", "S.",
              row("complaints/ethnicity/B", "Black", "disproportionate", ratio=1.3, adjusted_ratio=1.27),
              row("complaints/ethnicity/M", "Mixed", "not assessed", ratio=1.3)),
        *said("upheld", "S.",
              row("upheld/ethnicity/B", "Black", "difference, size uncertain", ratio=0.85, adjusted_ratio=0.86)),
        *said("deaths", "S.",
              row("deaths/ethnicity/B", "Black", "inconclusive", ratio=0.8, adjusted_ratio=1.1, adjusted_lower=0.9,
                  adjusted_upper=1.3),
              row("deaths/ethnicity/M", "Mixed", "inconclusive", ratio=0.8, ratio_lower=0.7, ratio_upper=0.95,
                  adjusted_ratio=0.9)),
    ]  # fmt: skip
    tables = ["complaints", "upheld", "deaths"]
    found = group_points(held, tables, "White", "2022-23 to 2024-25")
    assert found
    assert found["lead"] == "As counted, compared with White people, over 2022-23 to 2024-25:"
    assert [(item["title"], item["text"]) for item in found["items"]] == [
        (
            "Black people",
            f"Disproportionately higher: {MEASURES['complaints'].name.lower()} (1.30; 1.27 once adjusted). Lower, by "
            f"an amount that is uncertain: {MEASURES['upheld'].name.lower()} (0.85). The data cannot tell: "
            f"{MEASURES['deaths'].name.lower()} (0.80; 1.10 once adjusted, and chance could "
            "account for it).",
        ),
        (
            "People from the Mixed ethnic group",
            "Lower, but chance could account for it, as several groups are compared: "
            f"{MEASURES['deaths'].name.lower()} (0.80). Not compared: {MEASURES['complaints'].name.lower()}.",
        ),
    ]
    assert group_points([], tables, "White", "2024-25") is None
    many = [row(f"deaths/ethnicity/{code}", code, "parity", ratio=1.0) for code in "BCDEFGH"]
    assert group_points(said("deaths", "S.", *many), ["deaths"], "White", "2024-25") is None


def test_an_adjusted_comparison_that_is_hidden_is_said_to_be_so():
    rows = row("breached/ethnicity/B", "Black", "disproportionate", ratio=1.4)
    hidden = replace(
        rows[0], id="breached/ethnicity/B/adjusted_ratio", statistic="adjusted_ratio", text="[c]", mark="c"
    )
    held = said("breached", f"{CLAIM}, by enough to be disproportionate.", [*rows, hidden])
    ((_, text),) = points(held, {"breached": ("region",)})
    assert text == f"{CLAIM}. The adjusted comparison is suppressed to protect individuals [c]."


def test_main_points_end_with_the_measures_in_which_nothing_was_disproportionate():
    held = [
        *said("breached", f"{CLAIM}, by enough to be disproportionate.",
              row("breached/ethnicity/B", "Black", "disproportionate", ratio=1.4)),
        *said("upheld", "No group was found to differ.",
              row("upheld/ethnicity/B", "Black", "difference, size uncertain", ratio=0.9),
              row("upheld/ethnicity/M", "Mixed", "not assessed", ratio=1.0)),
        *said("completed", "No group was found to differ.",
              row("completed/ethnicity/B", "Black", "small difference", ratio=0.9)),
        *said("deaths", "The data cannot tell.", row("deaths/ethnicity/B", "Black", "inconclusive", ratio=0.8)),
        *said("recalled", "No comparison is made.", row("recalled/ethnicity/B", "Black", "not assessed", ratio=1.0)),
    ]  # fmt: skip
    tables = dict.fromkeys(("upheld", "breached", "completed", "deaths", "recalled", "no-such-table"), ())
    assert points(held, tables) == [
        ("Breached: disproportionate", f"{CLAIM}. No adjusted comparison is made."),
        (
            "Differences, none of them disproportionate",
            "Upheld (lower for Black people; not compared: people from the Mixed ethnic group) and completed (lower "
            "for Black people).",
        ),
        ("The data cannot tell", "Deaths."),
        ("Not compared", "Recalled."),
    ]


def test_main_points_name_what_could_not_be_made_and_why():
    nothing = {"adjust": (), "unavailable": "no input complaints was supplied"}
    known = {
        "rate": nothing | {"measure": "complaints"},
        "uphold": nothing | {"measure": "upheld"},
        "mix": {"adjust": (), "unavailable": None, "measure": "deaths"},
        "recall": {"adjust": (), "unavailable": "terminations have no rows for 2024-25", "measure": "recalled"},
    }
    found = main_points([], [*known], known, (0.8, 1.25), "2022-23 to 2024-25", "W", "5+1")
    assert found
    assert [(item["title"], item["text"]) for item in found["items"]] == [
        (
            "Not available [x]",
            f"{MEASURES['complaints'].name} and {MEASURES['upheld'].name.lower()}, because no input complaints was "
            f"supplied. {MEASURES['recalled'].name}, because terminations have no rows for 2024-25.",
        )
    ]


def detailed(*rows: tuple[str, str, float], **more: str) -> list[Fact]:
    """Detailed groups whose rate of breach is disproportionate: code, label, relative rate."""
    found = [row(f"breached/detailed-ethnicity/{code}", label, "disproportionate", ratio=rate, ratio_lower=rate - 0.1)
             for code, label, rate in rows]  # fmt: skip
    limits = {f"{rate - 0.1:.2f}": f"{rate - 0.1:.2f} to {rate + 0.1:.2f}" for *_, rate in rows}
    held = [replace(fact, table="breached-detailed", **more) for some in found for fact in some]
    return [replace(fact, text=limits[fact.text]) if fact.statistic == "ratio_lower" else fact for fact in held]


DETAILED = detailed(
    ("A2", "Pakistani", 0.5), ("A4", "Chinese", 1.5), ("B1", "Black Caribbean", 0.7),
    ("M1", "Mixed White and Black", 0.7), ("W2", "White Irish", 1.4),
)  # fmt: skip
BROAD = said(
    "breached", f"{CLAIM}, by enough to be disproportionate.",
    row("breached/ethnicity/A", "Asian", "disproportionate", ratio=0.6),
    row("breached/ethnicity/B", "Black", "small difference", ratio=0.9),
    row("breached/ethnicity/M", "Mixed", "not assessed", ratio=1.0),
)  # fmt: skip
END = (
    "That is not found for the broad group, or is the other way there. Comparisons of detailed groups are exploratory."
)


def test_main_points_name_the_detailed_groups_that_a_broad_one_hides():
    """Pakistani people are Asian, of whom it is said anyway; Chinese people go the other way."""
    other_year = [replace(fact, period="2024-25", table="trend", text="disproportionate") for fact in BROAD
                  if fact.statistic == "verdict"]  # fmt: skip
    unlike = row("breached/detailed-ethnicity/B2", "Black African", "inconclusive", ratio=0.7)
    completed = [
        replace(
            fact,
            id=fact.id.replace("breached", "completed"),
            label=fact.label.replace("Breached", "Completed"),
            table="completed-detailed",
        )
        for fact in detailed(("B1", "Black Caribbean", 1.4), unit="not completing")
    ]
    found = points([*completed, *BROAD, *DETAILED, *unlike, *other_year], {"breached": ()})
    assert found[-2:] == [
        (
            "Completed by detailed ethnic group: disproportionate",
            "Compared with White British people, the rate of not completing as counted was higher for Black Caribbean "
            f"people (1.40, 1.30 to 1.50). {END}",
        ),
        (
            "Breached by detailed ethnic group: disproportionate",
            "Compared with White British people, the rate as counted was higher for Chinese people (1.50, 1.40 to "
            "1.60) and White Irish people (1.40, 1.30 to 1.50) and lower for Black Caribbean people (0.70, 0.60 to "
            f"0.80) and people from the Mixed White and Black ethnic group (0.70, 0.60 to 0.80). {END}",
        ),
    ]


def test_of_detailed_groups_all_are_named_where_broad_ones_are_compared_with_others():
    ((title, text),) = points([fact for fact in DETAILED if "/A2/" in fact.id], {}, reference="B")
    assert title == "Breached by detailed ethnic group: disproportionate"
    assert text.endswith(f"was lower for Pakistani people (0.50, 0.40 to 0.60). {END}")


def test_of_many_groups_that_are_not_compared_the_number_is_said():
    rows = [row(f"deaths/ethnicity/{code}", code, "not assessed", ratio=1.0) for code in "BCDEFGH"]
    held = said("deaths", "The data cannot tell.", row("deaths/ethnicity/A", "A", "parity", ratio=1.0), *rows)
    assert points(held, {"deaths": ()}) == [
        ("Any difference is likely to be small", "Deaths (not compared: people from 7 ethnic groups).")
    ]


def test_a_main_point_is_of_the_outcome_that_was_judged():
    rows = row("completed/ethnicity/B", "Black", "disproportionate", ratio=1.4, adjusted_ratio=1.3,
               adjusted_lower=1.28, adjusted_upper=1.32)  # fmt: skip
    rows = [replace(fact, unit="not completing supervision") if fact.statistic == "ratio" else fact for fact in rows]
    ((_, text),) = points(said("completed", "Nothing.", rows), {"completed": ("region",)})
    assert text == (
        "Allowing for region, the relative rate of not completing supervision moves from 1.40 to 1.30 (1.28 to 1.32) "
        "for Black people. A difference remains for Black people."
    )
