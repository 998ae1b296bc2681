"""What the summary says of the chapters before it, as main points."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reportlib import summary
from reportlib.facts import Fact
from reportlib.measures import MEASURES
from reportlib.results import Results
from reportlib.summary import ANSWERS, OTHERS, RECORDED, main_points, scope

COUNTED = (
    "Over 2022-23 to 2024-25, these differences were disproportionate as counted: greater than chance alone is likely "
    "to give, with a relative rate (one rate divided by the other) outside 0.8 to 1.25. "
)
FOUND = f"{COUNTED}What is left once other things are allowed for follows, with its 95% confidence interval:"
LEFT = (
    "Chance could account for what is left of them once people who are alike in other ways are compared, which does "
    "not show that there is no difference:"
)
UNDONE = f"Others were disproportionate as counted. {LEFT}"
SMALLER = (
    "Chance alone is unlikely to give these differences either, nor does adjustment, where it is made, undo them, but "
    "the relative rate lies within 0.8 to 1.25; the size is uncertain where its interval does not. Cases (orders, "
    "licences or complaints, not people) are how many more or fewer there were, as counted, than at the rate of White "
    "people; the same ones can stand in several lines:"
)
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


def points(
    held: list[Fact], tables: dict[str, tuple[str, ...]], reference: str = "W"
) -> dict[str, list[tuple[str, str]]]:
    known = {table: {"adjust": adjust} for table, adjust in ({"breached-detailed": ()} | tables).items()}
    results = Results(held, known, [*tables], {}, "2022-23 to 2024-25", reference, "5+1", (0.8, 1.25), 0.95)
    told = [each for each in main_points(results) if each["lead"] != ANSWERS]
    return {each["lead"]: [(item["title"], item["text"]) for item in each["items"]] for each in told}


def counts(measure: str, **groups: tuple[str, int, int]) -> list[Fact]:
    """The numerator and denominator of each group, by its code: label, numerator, denominator."""
    place = ("2022-23 to 2024-25", "national", "a-chapter", measure)
    return [
        Fact(f"{measure}/ethnicity/{code}/{name}", *place, name, f"{measure.capitalize()}: {label}", f"{n:,}", n)
        for code, (label, *pair) in groups.items()
        for name, n in zip(("numerator", "denominator"), pair, strict=True)
    ]


def test_a_main_point_leads_with_what_was_found_and_says_what_adjustment_leaves():
    """Of groups that differ by less that stands apart; chapters have the figures."""
    rest = " The rate was higher for Asian people, by a small amount. No comparison is made for Other people: too few."
    held = said(
        "complaints", f"{CLAIM}, by enough to be disproportionate.{rest}",
        row("complaints/ethnicity/B", "Black", "disproportionate", ratio=1.32, adjusted_ratio=1.31,
            adjusted_lower=1.26, adjusted_upper=1.37, bound_lower=0.9, bound_upper=1.4),
        row("complaints/ethnicity/M", "Mixed", "disproportionate", ratio=1.3),
        row("complaints/ethnicity/A", "Asian", "small difference", ratio=1.1, adjusted_ratio=1.0,
            adjusted_lower=0.9, adjusted_upper=1.1),
    )  # fmt: skip
    assert points(held, {"complaints": ("establishment_type",)}) == {
        FOUND: [
            (
                CLAIM,
                "Allowing for establishment type, a difference about as large remains for Black people (1.31, 1.26 to "
                "1.37). No adjusted comparison could be made for people from the Mixed ethnic group. Missing ethnicity "
                "could undo the difference as counted for Black people.",
            )
        ]
    }


def test_a_smaller_difference_that_adjustment_brings_outside_the_band_is_said_to_be_left():
    """1.20 becomes 1.30; and beside it 1.10 becomes 1.15, of which the chapter tells."""
    held = said(
        "complaints", "No group was found to differ.",
        row("complaints/ethnicity/B", "Black", "small difference", ratio=1.2, adjusted_ratio=1.3,
            adjusted_lower=1.26, adjusted_upper=1.37),
        row("complaints/ethnicity/A", "Asian", "small difference", ratio=1.1, adjusted_ratio=1.15,
            adjusted_lower=1.1, adjusted_upper=1.2),
    )  # fmt: skip
    ((_, text),) = points(held, {"complaints": ("region",)})[SMALLER]
    assert text == (
        "Higher for Black and Asian people. Allowing for region, a larger difference remains for Black people."
    )


def test_a_difference_in_shares_is_told_in_cases():
    """Of 820, at 217 of 1,000, 178 would be upheld, which is 50 more than 128; rates of a population are no cases."""
    claim = "Black people had a lower uphold rate than White people (15.6% compared with 21.7%)"
    rows = row("upheld/ethnicity/B", "Black", "disproportionate", ratio=0.72)
    held = said("upheld", f"{claim}, by enough to be disproportionate.", rows)
    held += counts("upheld", W=("White", 217, 1000), B=("Black", 128, 820))
    assert points(held, {"upheld": ()})[FOUND] == [
        (
            claim,
            "At the rate of White people, Black people would have had about 50 more complaints upheld, out of 820 "
            "complaints decided. No adjusted comparison is made.",
        )
    ]
    hidden = [replace(fact, value=None, mark="c") if fact.statistic == "numerator" else fact for fact in held]
    assert points(hidden, {"upheld": ()})[FOUND] == [(claim, "No adjusted comparison is made.")]
    more = [row(f"upheld/ethnicity/{code}", code, "disproportionate", ratio=0.7) for code in "AM"]
    many = [*held, *(fact for some in more for fact in some)]
    assert points(many, {"upheld": ()})[FOUND] == [(claim, "No adjusted comparison is made.")]  # too many to tell each


def test_what_counting_an_outcome_otherwise_gives_stands_with_what_it_qualifies():
    """Unless it finds of others what this does not; then it has a point of its own."""
    claim = "Black people had a lower uphold rate than White people (15.6% compared with 21.7%)"
    held = said(
        "upheld", f"{claim}, by enough to be disproportionate.",
        row("upheld/ethnicity/B", "Black", "disproportionate", ratio=0.72),
        row("upheld/ethnicity/A", "Asian", "inconclusive", ratio=0.97),
    )  # fmt: skip
    tables = {"upheld": (), "upheld-with-mediated": ()}

    def told(asian: str) -> dict[str, list[tuple[str, str]]]:
        others = said(
            "upheld-with-mediated", "As told.",
            row("upheld-with-mediated/ethnicity/B", "Black", "difference, size uncertain", ratio=0.86,
                ratio_lower=0.76, ratio_upper=0.96),
            row("upheld-with-mediated/ethnicity/A", "Asian", asian, ratio=0.9, ratio_lower=0.8, ratio_upper=1.0),
        )  # fmt: skip
        limits = [
            replace(fact, text="0.76 to 0.96") if fact.statistic == "ratio_lower" else fact
            for fact in others
            if fact.statistic != "ratio_upper"
        ]
        return points([*held, *limits], tables)

    both = told("inconclusive")
    assert both == {
        FOUND: [
            (
                claim,
                "Of the uphold rate counting mediation, the relative rate is 0.86 (0.76 to 0.96; difference, size "
                "uncertain) for Black people. No adjusted comparison is made.",
            )
        ]
    }
    apart = told("small difference")
    assert apart[FOUND] == [(claim, "No adjusted comparison is made.")]
    assert [title for title, _ in apart[SMALLER]] == ["Upheld-with-mediated"]


def test_what_counting_an_outcome_otherwise_turns_or_cannot_compare_has_a_point_of_its_own():
    held = said("upheld", f"{CLAIM}, by enough to be disproportionate.",
                row("upheld/ethnicity/B", "Black", "disproportionate", ratio=0.72))  # fmt: skip
    tables = {"upheld": (), "upheld-with-mediated": ("region",)}

    def told(verdict: str, **ratios: float) -> dict[str, list[str]]:
        others = said("upheld-with-mediated", f"{CLAIM}, by enough to be disproportionate.",
                      row("upheld-with-mediated/ethnicity/B", "Black", verdict, ratio_lower=0.1, **ratios))  # fmt: skip
        return {lead: [title for title, _ in items] for lead, items in points([*held, *others], tables).items()}

    assert told("disproportionate", ratio=1.4) == {FOUND: [CLAIM, CLAIM]}  # the other way round
    assert told("not assessed", ratio=1.0) == {FOUND: [CLAIM], OTHERS: ["Upheld-with-mediated"]}
    gone = told("disproportionate", ratio=0.7, adjusted_ratio=0.98, adjusted_lower=0.8, adjusted_upper=1.2)
    assert list(gone) == [FOUND, UNDONE]
    assert told("parity", ratio=0.98) == {FOUND: [CLAIM]}


def test_a_small_difference_is_told_in_cases_since_many_can_be_behind_it():
    """At 640 of 1,000, 6,400 of 10,000 would complete, 540 more than 5,860; and of 2,000, 1,280, 120 fewer.

    Of completing, as the measure names it, though relative rates are of not completing.
    """
    unit = "not completing supervision"
    rows = [row("completed/ethnicity/M", "Mixed", "small difference", ratio=1.15),
            row("completed/ethnicity/A", "Asian", "small difference", ratio=0.83)]  # fmt: skip
    rows = [[replace(fact, unit=unit) if fact.statistic == "ratio" else fact for fact in some] for some in rows]
    held = said("completed", "No group was found to differ.", *rows)
    held += counts("completed", W=("White", 640, 1000), M=("Mixed", 5860, 10_000), A=("Asian", 1400, 2000))
    assert points(held, {"completed": ()}) == {
        SMALLER: [
            (
                "Completed",
                "Higher for Asian people (about 120 cases); lower for people from the Mixed ethnic group (about 540 "
                "cases).",
            )
        ]
    }
    hidden = [replace(fact, value=None, mark="c") if "/A/numerator" in fact.id else fact for fact in held]
    ((_, text),) = points(hidden, {"completed": ()})[SMALLER]
    assert text == "Higher for Asian people; lower for people from the Mixed ethnic group (about 540 cases)."


def test_whose_difference_is_of_uncertain_size_is_told():
    held = said("complaints", "No group was found to differ.",
                row("complaints/ethnicity/B", "Black", "difference, size uncertain", ratio=1.2),
                row("complaints/ethnicity/A", "Asian", "small difference", ratio=1.1, bound_lower=0.9, bound_upper=1.3),
                row("complaints/ethnicity/M", "Mixed", "small difference", ratio=1.1, bound_lower=0.9, bound_upper=1.3,
                    tipping=1.2))  # fmt: skip
    text = "Higher for Black people (size uncertain), Asian people and people from the Mixed ethnic group."
    could = "Missing ethnicity could undo the difference as counted for Asian people."
    assert points(held, {"complaints": ()}) == {SMALLER: [("Complaints", f"{text} {could}")]}


def test_what_adjustment_undoes_is_not_said_to_be_disproportionate():
    """And whom it puts on the other side is named though they were not: 0.71 to 1.38, but not 0.95 to 1.04."""
    adjusted = {"adjusted_ratio": 0.94, "adjusted_lower": 0.74, "adjusted_upper": 1.2}
    undone = f"As counted, {CLAIM}, by enough to be disproportionate; allowing for age, chance could account for that."
    held = said(
        "deaths", f"{undone} The data cannot tell.",
        row("deaths/ethnicity/B", "Black", "disproportionate", ratio=0.58, bound_lower=0.5, bound_upper=1.1,
            **adjusted),
        row("deaths/ethnicity/M", "Mixed", "inconclusive", ratio=0.71, adjusted_ratio=1.38, adjusted_lower=0.99,
            adjusted_upper=1.92),
        row("deaths/ethnicity/O", "Other", "inconclusive", ratio=0.95, adjusted_ratio=1.04, adjusted_lower=0.9,
            adjusted_upper=1.2),
    )  # fmt: skip
    assert points(held, {"deaths": ("age_band",)}) == {
        COUNTED + LEFT: [
            (
                CLAIM,
                "Allowing for age, the relative rate moves from 0.58 to 0.94 (0.74 to 1.20) for Black people. It turns "
                "round for others: the relative rate moves from 0.71 to 1.38 (0.99 to 1.92) for people from the Mixed "
                "ethnic group. Missing ethnicity could undo the difference as counted.",
            )
        ]
    }


def test_what_adjustment_undoes_of_one_group_stands_apart_from_what_it_leaves_of_another():
    counted = "As counted, people from the Mixed ethnic group had a higher rate of complaints than White people"
    undone = f"{counted}, by enough to be disproportionate; allowing for region, chance could account for that."
    held = said(
        "complaints", f"{CLAIM}, by enough to be disproportionate. {undone}",
        row("complaints/ethnicity/B", "Black", "disproportionate", ratio=1.4, adjusted_ratio=1.35,
            adjusted_lower=1.26, adjusted_upper=1.5),
        row("complaints/ethnicity/M", "Mixed", "disproportionate", ratio=1.27, adjusted_ratio=1.12,
            adjusted_lower=0.95, adjusted_upper=1.35),
    )  # fmt: skip
    assert points(held, {"complaints": ("region",)}) == {
        FOUND: [
            (
                CLAIM,
                "Allowing for region, a difference about as large remains for Black people (1.35, 1.26 to 1.50).",
            )
        ],
        UNDONE: [
            (
                "People from the Mixed ethnic group had a higher rate of complaints than White people",
                "Allowing for region, the relative rate moves from 1.27 to 1.12 (0.95 to 1.35) for people from the "
                "Mixed ethnic group.",
            )
        ],
    }


def test_an_adjusted_comparison_that_is_hidden_is_said_to_be_so():
    rows = row("breached/ethnicity/B", "Black", "disproportionate", ratio=1.4)
    hidden = replace(
        rows[0], id="breached/ethnicity/B/adjusted_ratio", statistic="adjusted_ratio", text="[c]", mark="c"
    )
    held = said("breached", f"{CLAIM}, by enough to be disproportionate.", [*rows, hidden])
    ((_, text),) = points(held, {"breached": ("region",)})[FOUND]
    assert text == "The adjusted comparison is suppressed to protect individuals [c]."


def test_main_points_end_with_the_measures_in_which_no_difference_was_found():
    held = [
        *said("breached", f"{CLAIM}, by enough to be disproportionate.",
              row("breached/ethnicity/B", "Black", "disproportionate", ratio=1.4)),
        *said("upheld", "No group was found to differ.",
              row("upheld/ethnicity/B", "Black", "difference, size uncertain", ratio=0.9),
              row("upheld/ethnicity/M", "Mixed", "not assessed", ratio=1.0)),
        *said("eligible", "Any difference is small.", row("eligible/ethnicity/B", "Black", "parity", ratio=1.0)),
        *said("deaths", "The data cannot tell.", row("deaths/ethnicity/B", "Black", "inconclusive", ratio=0.8)),
        *said("recalled", "No comparison is made.", row("recalled/ethnicity/B", "Black", "not assessed", ratio=1.0)),
    ]  # fmt: skip
    tables = dict.fromkeys(("upheld", "breached", "eligible", "deaths", "recalled", "no-such-table"), ())
    assert points(held, tables) == {
        FOUND: [(CLAIM, "No adjusted comparison is made.")],
        SMALLER: [("Upheld", "Lower for Black people (size uncertain).")],
        OTHERS: [
            ("Eligible", "Any difference is likely to be small."),
            ("Deaths", "The data cannot tell."),
            ("Recalled", "Not compared."),
        ],
    }


def test_main_points_speak_of_some_groups_where_not_all_have_one_verdict():
    groups = zip("ABM", ("Asian", "Black", "Mixed"), ("parity", "inconclusive", "not assessed"), strict=True)
    rows = [row(f"deaths/ethnicity/{code}", who, verdict, ratio=1.0) for code, who, verdict in groups]
    told = {1: "Any difference is likely to be small.", 2: "For some groups the data cannot tell; for some groups any "
            "difference is likely to be small."}  # fmt: skip
    for some, text in told.items():
        assert points(said("deaths", "Any.", *rows[:some]), {"deaths": ()})[OTHERS] == [("Deaths", text)]
    for some in (rows[1:], [rows[2], rows[1]]):
        assert points(said("deaths", "Any.", *some), {"deaths": ()})[OTHERS] == [
            ("Deaths", "For some groups the data cannot tell; some groups could not be compared.")
        ]


def test_main_points_name_what_could_not_be_made_and_why():
    nothing = {"adjust": (), "unavailable": "no input complaints was supplied"}
    known = {
        "rate": nothing | {"measure": "complaints"},
        "uphold": nothing | {"measure": "upheld"},
        "mix": {"adjust": (), "unavailable": None, "measure": "deaths"},
        "recall": {"adjust": (), "unavailable": "terminations have no rows for 2024-25", "measure": "recalled"},
    }
    (found,) = main_points(Results([], known, [*known], {}, "2022-23 to 2024-25", "W", "5+1", (0.8, 1.25), 0.95))
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
    held = [*completed, *BROAD, *DETAILED, *unlike, *other_year]
    assert points(held, {"breached": (), "completed-detailed": ()})[summary.DETAILED] == [
        (
            "Not completing: higher for Black Caribbean people (1.40, 1.30 to 1.50) than for White British people",
            "",
        ),
        (
            "Breached: higher for Chinese people (1.50, 1.40 to 1.60) and White Irish people (1.40, 1.30 to 1.50) and "
            "lower for Black Caribbean people (0.70, 0.60 to 0.80) and people from the Mixed White and Black ethnic "
            "group (0.70, 0.60 to 0.80) than for White British people",
            "",
        ),
    ]


def test_of_detailed_groups_all_are_named_where_broad_ones_are_compared_with_others():
    ((title, _),) = points([fact for fact in DETAILED if "/A2/" in fact.id], {}, reference="B")[summary.DETAILED]
    assert title == "Breached: lower for Pakistani people (0.50, 0.40 to 0.60) than for White British people"


def test_a_main_point_says_what_is_left_of_the_outcome_that_was_judged():
    rows = row("completed/ethnicity/B", "Black", "disproportionate", ratio=1.4, adjusted_ratio=1.3,
               adjusted_lower=1.28, adjusted_upper=1.32)  # fmt: skip
    rows = [replace(fact, unit="not completing supervision") if fact.statistic == "ratio" else fact for fact in rows]
    ((title, text),) = points(said("completed", "Nothing.", rows), {"completed": ("region",)})[FOUND]
    assert (title, text) == (
        "Nothing",
        "Allowing for region, a smaller difference remains for Black people (1.30, 1.28 to 1.32).",
    )


def test_main_points_say_how_many_comparisons_the_register_lists_and_how_many_are_answered():
    held = said("breached", f"{CLAIM}.", row("breached/ethnicity/B", "Black", "disproportionate", ratio=1.4),
                row("breached/ethnicity/M", "Mixed", "disproportionate", ratio=1.3))  # fmt: skip

    def told(**responses: str) -> str:
        answers = {f"breached/ethnicity/{group}": text for group, text in responses.items()}
        known = {"breached": {"adjust": ()}}
        results = Results(held, known, ["breached"], answers, "2022-23 to 2024-25", "W", "5+1", (0.8, 1.25), 0.95)
        (answered,) = [each for each in main_points(results) if each["lead"] == ANSWERS]
        return str(answered["items"][0]["title"])

    assert told() == "None of 2 comparisons in the register answered so far"
    assert told(B="Because.") == "1 of 2 comparisons in the register answered so far"


def test_a_small_difference_that_adjustment_undoes_is_not_told_as_one():
    """At 100 of 1,000, 200 of 2,000 would be breached, 20 more than 180; region accounts for that."""
    rows = [row("breached/ethnicity/B", "Black", "small difference", ratio=0.9, adjusted_ratio=1.0,
                adjusted_lower=0.95, adjusted_upper=1.05),
            row("breached/ethnicity/A", "Asian", "small difference", ratio=0.9)]  # fmt: skip
    held = said("breached", "No group was found to differ.", *rows)
    held += counts("breached", W=("White", 100, 1000), B=("Black", 180, 2000), A=("Asian", 90, 1000))
    ((_, text),) = points(held, {"breached": ("region",)})[SMALLER]
    assert text == "Lower for Asian people (about 10 cases)."
    of_black = [fact for fact in held if "Asian" not in fact.label]
    assert points(of_black, {"breached": ("region",)}) == {
        OTHERS: [
            (
                "Breached",
                "Chance could account for what adjustment leaves of differences that were not disproportionate.",
            )
        ]
    }


def test_whose_difference_missing_ethnicity_could_undo_is_told():
    rows = [row("upheld/ethnicity/B", "Black", "disproportionate", ratio=0.7, bound_lower=0.6, bound_upper=0.9),
            row("upheld/ethnicity/A", "Asian", "disproportionate", ratio=0.7, bound_lower=0.5, bound_upper=1.1),
            row("upheld/ethnicity/M", "Mixed", "disproportionate", ratio=0.7)]  # fmt: skip
    could = "Missing ethnicity could undo the difference as counted"

    def told(*some: list[Fact]) -> str:
        held = said("upheld", f"{CLAIM}, by enough to be disproportionate.", *some)
        ((_, text),) = points(held, {"upheld": ()})[FOUND]
        return text.removeprefix("No adjusted comparison is made.").strip()

    assert told(rows[0]) == ""
    assert told(rows[1]) == f"{could}."
    assert told(*rows) == f"{could} for Asian people."
    beyond = row("upheld/ethnicity/O", "Other", "disproportionate", ratio=0.7, bound_lower=0.5, bound_upper=1.1,
                 tipping=1.2)  # fmt: skip
    only = "Only an extreme division of missing ethnicity could undo the difference as counted"
    assert told(beyond) == f"{only}."
    assert told(*rows, beyond) == f"{could} for Asian people. {only} for people from the Other ethnic group."


def test_main_points_say_how_far_two_records_of_ethnicity_agree_and_what_shares_have_none():
    place = ("2022-23 to 2024-25", "national", "a-chapter")
    whole = "ethnicity-agreement/ethnicity_nomis+ethnicity_ppud/all+all"
    text = "They agree for 97.1%. Beyond chance, kappa is 0.90."
    agree = Fact(f"{whole}/sentence", *place, "agreement", "sentence", "Ethnicity on PPUD against NOMIS", text)
    held = said("deaths", "The data cannot tell.", row("deaths/ethnicity/B", "Black", "inconclusive", ratio=1.1))
    held += counts("deaths", NS=("Not stated", 41, 900), all=("All", 1000, 90_000))
    held += said("breached", "The data cannot tell.", row("breached/ethnicity/B", "Black", "inconclusive", ratio=1.1))
    held += counts("breached", NS=("Not stated", 5, 76), all=("All", 50, 1000))
    tables = {"deaths": (), "breached": ()}
    shares = (
        "From 4.1% (deaths) to 7.6% (community and suspended sentence orders ended) of those who are counted have no "
        "known ethnicity"
    )
    low = "taken together, the groups’ rate of death in prison custody is too low"
    both = f"{shares}. It is not known of 4.1% of deaths but 1.0% of the population: {low}."
    assert points([agree, *held], tables)[RECORDED] == [("They agree for 97.1%", both)]
    assert points([agree], {}) == {RECORDED: [("They agree for 97.1%", "")]}
    of_orders = [fact for fact in held if fact.table == "breached"]
    alone = "7.6% (community and suspended sentence orders ended) of those who are counted have no known ethnicity"
    assert points(of_orders, tables)[RECORDED] == [(alone, "")]  # as in an edition, which has no table of agreement


def test_an_edition_says_what_it_is_of():
    """A prison that was of two types counts once."""
    held = {"Open": ["Ford", "Hatfield"], "Category C": ["Ford"]}

    def told(dimension: str | None, *values: str, **also: dict[str, Any]) -> str:
        edition = {"part": "An edition", "dimension": dimension, "values": values}
        run = {"edition": edition, "establishments": held, "chapters": {"deaths-in-custody": {}}} | also
        return scope(run).partition(" What is said")[0]

    named = "2 establishments (the chapter on deaths in custody names them)"
    assert told("region", "London", "Wales") == (
        f"This edition is of London and Wales: of those held in {named} there, and of those supervised there."
    )
    assert told("establishment_type", "Open") == (
        f"This edition is of Open: of those held in {named} of that kind. It holds nothing on probation."
    )
    assert told("region", "London", establishments={}) == (
        "This edition is of London: of those held in establishments there, and of those supervised there."
    )
    assert "those held in 2 establishments there" in told("region", "London", chapters={})
    assert told(None) == scope({"establishments": held}) == ""


def test_a_main_point_of_an_edition_sets_it_beside_the_whole():
    held = said(
        "complaints", f"{CLAIM}, by enough to be disproportionate.",
        row("complaints/ethnicity/B", "Black", "disproportionate", ratio=1.32, national_ratio=1.25),
        row("complaints/ethnicity/M", "Mixed", "disproportionate", ratio=1.4, national_ratio=1.3),
    )  # fmt: skip
    ((_, text),) = points(held, {"complaints": ()})[FOUND]
    assert text == (
        "The relative rate was 1.32 here and 1.25 in England and Wales for Black people; 1.40 here and 1.30 in England "
        "and Wales for people from the Mixed ethnic group. No adjusted comparison is made."
    )
