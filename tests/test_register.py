"""The register says what was tried to explain each disproportionate comparison, and what is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportlib.editions import ONE_PART
from reportlib.facts import Fact
from reportlib.figures import STEPS
from reportlib.measures import REPEATED
from reportlib.register import Register
from reportlib.responses import disproportionate
from reportlib.results import Results
from reportlib.tables import Table


def told(group: str, ratio: float, verdict: str = "disproportionate", part: str = "", **more: float) -> list[Fact]:
    """The relative rate and verdict of a group's uphold rate over the whole system, or in a part of it, and more."""
    by, codes = ("category+ethnicity", f"{part.lower()}+{group[0]}") if part else ("ethnicity", group[0])
    named = f"Uphold rate: {part + ', ' if part else ''}{group}"
    figures = {"ratio": ratio, "ratio_lower": ratio / 1.1, "ratio_upper": ratio * 1.1} | more
    texts = {name: (f"{value:.2f}", value) for name, value in figures.items()} | {"verdict": (verdict, None)}
    return [
        Fact(f"upheld/{by}/{codes}/{name}", "2024-25", "national", "uphold-rates", by, name, named, text, value,
             "", "", ("extract",))
        for name, (text, value) in texts.items()
    ]  # fmt: skip


def register(*facts: list[Fact], reference: str = "W", **responses: str) -> Register:
    """The register of some facts, with answers by the name of the comparison after "upheld/ethnicity/"."""
    tables = {"ethnicity": {"adjust": ["category", "establishment_type"]}}
    answers = {f"upheld/ethnicity/{group}": answer for group, answer in responses.items()}
    held = [fact for some in facts for fact in some]
    return Register(Results(held, tables, [], answers, "2024-25", reference, "5+1", (0.8, 1.25), 0.95))


def rows(table: Table) -> list[dict[str, str]]:
    return [{name: cell["text"] for name, cell in row.items()} for row in table.rows]


def adjusted(ratio: float, width: float = 0.1) -> dict[str, float]:
    return {"adjusted_ratio": ratio, "adjusted_lower": ratio - width, "adjusted_upper": ratio + width}


HELD = "With category of complaint and establishment type held equal, "


@pytest.mark.parametrize(
    ("tried", "left"),
    [
        (adjusted(0.7), f"{HELD}a smaller difference remains."),
        (adjusted(0.88, 0.05), f"{HELD}a smaller difference remains, within 0.8 to 1.25."),
        (adjusted(0.85), f"{HELD}a smaller difference remains."),
        (adjusted(0.8), f"{HELD}a smaller difference remains."),
        (adjusted(0.62), f"{HELD}a difference about as large remains."),
        (adjusted(0.5), f"{HELD}a larger difference remains."),
        (adjusted(0.95), f"{HELD}chance could account for what is left."),
        (adjusted(1.05), f"{HELD}the estimate is higher, and chance could account for it."),
        (adjusted(1.0), f"{HELD}chance could account for what is left."),
        (adjusted(0.7, 0.5), f"{HELD}the data cannot tell whether a difference remains."),
        (adjusted(1.5, 0.7), f"{HELD}the estimate is higher, and chance could account for it."),
        (adjusted(1.5), f"{HELD}the rate is higher."),
        ({}, "Not known: no adjusted comparison could be made."),
    ],
)
def test_what_is_left_is_what_adjustment_leaves(tried: dict[str, float], left: str) -> None:
    (row,) = rows(register(told("Black", 0.6, **tried)).over_all())
    assert row["What is left to explain"] == left
    assert row["Comparison"] == "Uphold rate: Black, lower rate"
    assert row["Response"] == "awaited from the Ombudsman"


def test_an_adjusted_rate_given_coarsely_is_about_so_large_and_its_difference_of_no_size() -> None:
    """The logarithm of 0.65 is a fifth smaller in size than that of 0.60 or not, as it was rounded."""
    facts = told("Black", 0.6, **adjusted(0.65))
    coarse = [replace(fact, unit=STEPS) if fact.statistic == "adjusted_ratio" else fact for fact in facts]
    (row,) = rows(register(coarse).over_all())
    assert row["Adjusted"].startswith("about 0.65 (")
    assert row["What is left to explain"] == f"{HELD}a difference remains."


def test_missing_ethnicity_that_could_account_for_all_is_told_and_an_answer_stands_where_there_is_one() -> None:
    facts = told("Black", 0.6, bound_lower=0.5, bound_upper=1.2)
    (row,) = rows(register(facts, B="Cases were re-read.").over_all())
    assert row["What is left to explain"].endswith(" Missing ethnicity could undo the difference as counted.")
    assert row["Response"] == "Cases were re-read."


def test_a_rate_of_the_opposite_outcome_is_said_to_be_that() -> None:
    facts = [replace(fact, unit="not being upheld") for fact in told("Black", 1.6)]
    (row,) = rows(register(facts).over_all())
    assert row["Comparison"] == "Uphold rate: Black, higher rate of not being upheld"


def test_an_answer_is_asked_for_whatever_adjustment_leaves() -> None:
    """That chance could account for what is left is no explanation."""
    facts = [*told("Black", 0.6, **adjusted(0.95)), *told("Asian", 0.9, "parity"), *told("Mixed", 0.6)]
    assert disproportionate(facts, "2024-25") == ["upheld/ethnicity/B", "upheld/ethnicity/M"]


def test_that_nothing_was_compared_is_not_that_nothing_was_disproportionate() -> None:
    """With deaths alone, say: their verdicts are none, or not assessed."""
    table = register(told("Black", 0.6, "not assessed")).over_all()
    assert rows(table) == [{"Comparison": "No comparison could be made"}]
    found = register(told("Black", 1.0, "parity"), told("Asian", 0.6, "not assessed"), told("Mixed", 1, "not assessed"))
    table = found.over_all()
    assert rows(table) == [{"Comparison": "None that could be assessed was disproportionate"}]
    assert table.notes == [
        "Of 3 comparisons of all parts together, 1 could be assessed.",
        "Not assessed, because suppressed, too small or not available: Uphold rate: Asian and Mixed.",
    ]
    assert (rows(found.in_parts_alone()), found.in_parts_alone().notes) == (
        [{"Comparison": "No comparison could be made"}],
        [],
    )


def test_the_register_says_in_how_many_parts_it_could_look_and_which_go_the_other_way() -> None:
    found = register(
        told("Black", 0.7), told("Black", 0.6, part="Property"), told("Black", 1.5, part="Regime"),
        told("Black", 0.9, "parity", "Money"), told("Black", 0.9, "not assessed", "Food"),
        told("Asian", 0.6, part="Property"),
    )  # fmt: skip
    (row,) = rows(found.over_all())
    assert row["What is left to explain"] == (
        "Not known: no adjusted comparison could be made. 3 of 4 parts could be compared, without adjustment: lower in "
        "2, higher in 1; disproportionate within Property, and the other way within Regime."
    )


def test_of_a_uniform_pattern_in_parts_it_is_told_though_none_stands_out() -> None:
    parts = [told("Black", 0.7, "inconclusive", part) for part in ("Money", "Mail", "Food")]
    (row,) = rows(register(told("Black", 0.7), *parts).over_all())
    assert row["What is left to explain"].endswith(": lower in all; disproportionate in none.")
    none = [told("Black", 0.7, "not assessed", part) for part in ("Money", "Mail")]
    (row,) = rows(register(told("Black", 0.7), *none).over_all())
    assert row["What is left to explain"].endswith(" None of 2 parts could be compared.")


def test_what_may_be_disproportionate_for_all_that_the_data_tell_is_listed() -> None:
    """As counted, or once adjusted; not what is disproportionate, nor what lies inside the band both ways."""
    found = register(
        told("Black", 0.7), told("Asian", 0.75, "inconclusive"),
        told("Mixed", 0.95, "inconclusive", **adjusted(1.4, 0.5)),
        told("Other", 0.9, "inconclusive", **adjusted(1.1, 0.3)), told("Mixed", 0.6, "inconclusive", "Money"),
    ).unsettled()  # fmt: skip
    assert [(row["Comparison"], row["Verdict as counted"]) for row in rows(found)] == [
        ("Uphold rate: Asian", "inconclusive"), ("Uphold rate: Mixed", "inconclusive")
    ]  # fmt: skip
    inside = register(told("Other", 0.9, "inconclusive")).unsettled()
    assert rows(inside) == [{"Comparison": "None that could be assessed has a relative rate outside the band"}]


def test_what_is_disproportionate_in_parts_alone_is_listed_apart() -> None:
    found = register(
        told("Black", 0.7), told("Black", 0.6, part="Property"),
        told("Asian", 0.95, "small difference", **adjusted(1.05)), told("Asian", 0.6, part="Property"),
        told("Asian", 1.5, part="Regime"), told("Asian", 1.3, part="Money"),
        told("Mixed", 0.5, part="Property"), told("Other", 0.5, part="All"),
        told("Other", 1.0, "parity", "Allocation"),
    ).in_parts_alone()  # fmt: skip
    assert rows(found) == [
        {
            "Comparison": "Uphold rate: Asian",
            "All parts together": "0.95 small difference",
            "Adjusted, all parts together": "1.05 (0.95)",
            "Higher within": "Money (1.30) and Regime (1.50)",
            "Lower within": "Property (0.60)",
        },
        {
            "Comparison": "Uphold rate: Mixed",
            "All parts together": "not compared",
            "Adjusted, all parts together": "not adjusted",
            "Higher within": "none",
            "Lower within": "Property (0.50)",
        },
    ]
    assert found.notes[0] == "Of 6 comparisons within parts, 6 could be assessed."


def test_a_detailed_ethnic_group_is_a_part_of_its_broad_one() -> None:
    """White Irish people are a part of the reference group, which is not compared itself."""
    found = register(
        told("Asian", 0.95, "small difference"),
        told("Black", 0.6),
        told("Black", 0.6, part="Regime"),
        told("Asian", 1.0, "parity", "Money"),
        *(detailed(code, name, ratio) for code, name, ratio in
          (("A1", "Indian", 0.7), ("B1", "Black Caribbean", 0.5), ("W2", "White Irish", 1.4))),
    )  # fmt: skip
    assert [(row["Comparison"], row["All parts together"]) for row in rows(found.in_parts_alone())] == [
        ("Uphold rate: Asian", "0.95 small difference"),
        ("Uphold rate: White", "reference"),
    ]
    assert [row["Lower within"] for row in rows(found.in_parts_alone())] == ["Indian (0.70)", "none"]
    assert found.in_parts_alone().notes[-1] == (
        "Detailed ethnic groups are parts of broad ones, and compared with White British."
    )
    assert found.over_all().notes[-1] == found.in_parts_alone().notes[-1]
    (row,) = rows(found.over_all())
    assert row["Comparison"] == "Uphold rate: Black, lower rate"
    assert row["What is left to explain"].endswith(
        " All 2 parts could be compared, without adjustment: lower in all; disproportionate within Regime, and for "
        "Black Caribbean people."
    )


def test_detailed_ethnic_groups_are_parts_of_none_that_are_compared_with_others() -> None:
    """Black Caribbean people, compared with White British people, are no part of Asian people compared with Black."""
    found = register(told("Asian", 0.6), *[detailed(code, code, 1.9) for code in ("A1", "B1")], reference="B")
    assert rows(found.in_parts_alone()) == [{"Comparison": "No comparison could be made"}]
    assert not rows(found.over_all())[0]["What is left to explain"].endswith("A1.")


def detailed(code: str, name: str, ratio: float) -> list[Fact]:
    """What is told of a detailed ethnic group: not among what needs an answer."""
    facts = [
        replace(fact, id=f"upheld/detailed-ethnicity/{code}/{fact.statistic}", label=f"Uphold rate: {name}",
                table="detailed")
        for fact in told(name, ratio)
    ]  # fmt: skip
    assert not disproportionate(facts, "2024-25")
    return facts


def test_a_group_that_no_record_can_hold_is_no_part() -> None:
    roma = [
        replace(fact, value=None, mark="x") if fact.statistic == "ratio" else fact
        for fact in detailed("W4", "Roma", 1.0)
    ]
    found = register(told("Black", 0.7), detailed("W2", "White Irish", 1.4), detailed("B1", "Caribbean", 0.5), roma)
    assert found.in_parts_alone().notes[0] == "Of 2 comparisons within parts, 2 could be assessed."


def test_that_all_was_found_over_all_parts_is_not_that_nothing_was() -> None:
    found = register(told("Black", 0.7), told("Black", 0.6, part="Property"), told("Black", 1.0, "parity", "Food"))
    assert rows(found.in_parts_alone()) == [
        {"Comparison": "None that could be assessed was disproportionate in parts alone"}
    ]


def test_an_edition_of_one_region_has_no_parts_by_region() -> None:
    found = register(told("Black", 0.7), told("Black", 0.7, part="London"))
    assert rows(found.over_all())[0]["What is left to explain"] == ("Not known: no adjusted comparison could be made.")


def test_tables_of_parts_that_are_not_there_are_named() -> None:
    """Not those over the years, nor one of one part, which would have no other beside it."""
    found = register(told("Black", 0.7), told("Black", 0.6, part="Property"), told("Black", 1.0, "parity", "Food"))
    held = {"measure": "upheld", "by": ["region", "ethnicity"], "apart": "", "unavailable": "too many are small"}
    tables = {
        "a": held,
        "b": held | {"by": ["ethnicity"], "apart": "detailed"},
        "c": held | {"by": ["category", "ethnicity"], "unavailable": None},
        "d": held | {"by": ["year", "ethnicity"]},
        "e": held | {"by": ["order_type", "ethnicity"], "unavailable": ONE_PART},
        "f": held | {"by": ["ethnicity"], "apart": REPEATED},  # which stands above
    }
    own = Register(replace(found.results, tables=found.results.tables | tables))
    assert own.in_parts_alone().notes[-1] == (
        "Not looked at, since the table is not available: uphold rate by region and ethnic group; uphold rate by "
        "detailed ethnic group."
    )
