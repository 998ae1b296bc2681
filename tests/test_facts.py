"""Facts: names that last, and a ledger that reads back as it was written."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from reportlib.facts import Fact, RowFacts, fact_id, read, slug, write
from reportlib.figures import STEPS
from reportlib.gates.ledger import check_facts

FACT = Fact(
    "upheld/ethnicity/A/value", "2022-23 to 2024-25", "national", "uphold-rates", "uphold-rate-by-ethnicity", "value",
    "Uphold rate: Asian", "31.2%", 0.312, "", "%", ("synthetic",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("A", "A"),
        ("W1", "W1"),
        ("NS", "NS"),
        ("all", "all"),
        ("Category C", "category-c"),
        ("Women's prison", "women-s-prison"),
        ("Kent Surrey and Sussex", "kent-surrey-and-sussex"),
        ("PPUD", "ppud"),
    ],
)
def test_a_code_in_a_name_is_plain(code: str, name: str):
    assert slug(code) == name


def test_a_name_is_made_of_codes_alone():
    assert fact_id("upheld", ["ethnicity"], ["A"], "value") == "upheld/ethnicity/A/value"
    assert (
        fact_id("deaths", ["establishment_type", "ethnicity"], ["Category C", "B"], "ratio")
        == "deaths/establishment_type+ethnicity/category-c+B/ratio"
    )


def test_a_fact_says_of_which_row_it_is_in_codes_and_in_words():
    assert (FACT.row, FACT.measure, FACT.by, FACT.codes) == ("upheld/ethnicity/A", "upheld", "ethnicity", "A")
    assert (FACT.what, FACT.who) == ("Uphold rate", "Asian")


def test_a_year_is_no_part_of_a_name_since_the_period_is_a_field():
    assert fact_id("upheld", ["year", "ethnicity"], ["2023-24", "A"], "value") == "upheld/ethnicity/A/value"
    assert fact_id("upheld", ["year"], ["2023-24"], "value") == "upheld/all/all/value"


def test_every_dimension_needs_its_code():
    with pytest.raises(ValueError):
        fact_id("upheld", ["ethnicity", "category"], ["A"], "value")


def test_facts_read_back_as_they_were_written(tmp_path):
    hidden = Fact(**(vars(FACT) | {"id": "upheld/ethnicity/O/value", "value": None, "text": "[c]", "mark": "c"}))
    write([hidden, FACT], tmp_path / "deep" / "facts.jsonl")
    assert read([tmp_path / "deep" / "facts.jsonl"]) == [FACT, hidden]


def test_a_figure_without_limit_is_written_in_words_since_json_has_no_infinity(tmp_path):
    endless = Fact(**(vars(FACT) | {"id": "deaths/ethnicity/A/ratio_upper", "value": math.inf, "text": "1.21 or more"}))
    write([endless], path := tmp_path / "facts.jsonl")
    assert json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)["value"] == "no limit"
    assert read([path]) == [endless]


def test_a_fact_is_one_line_and_stands_once(tmp_path):
    write([FACT, FACT], tmp_path / "facts.jsonl")
    lines = (tmp_path / "facts.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [FACT.id]


def test_the_order_of_writing_changes_nothing(tmp_path):
    several = [Fact(**(vars(FACT) | {"period": year})) for year in ("2024-25", "2022-23", "2023-24")]
    write(several, tmp_path / "one")
    write(reversed(several), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert [fact.period for fact in read([tmp_path / "one"])] == ["2022-23", "2023-24", "2024-25"]


@pytest.mark.parametrize(
    ("adjusted", "unit", "inside"),
    [
        (1.25, "", True),
        (1.25, STEPS, False),
        (0.8, STEPS, False),
        (1.2, STEPS, True),
        (1.3, "", False),
        (None, "", False),
    ],
)
def test_a_coarse_rate_at_an_end_of_the_band_is_not_said_to_lie_inside(adjusted, unit, inside):
    """It can be up to half a step beyond."""
    place = ("2024-25", "national", "a-chapter", "a-table", "adjusted_ratio", "Uphold rate: Black")
    fact = Fact("upheld/ethnicity/B/adjusted_ratio", *place, "[c]", adjusted, "" if adjusted else "c", unit)
    assert RowFacts({"adjusted_ratio": fact}).brought_inside((0.8, 1.25)) is inside


def test_two_figures_of_one_name_are_found():
    """As one that stands in two tables of a chapter, of the outcome here and of its opposite there."""
    fact = Fact("completed/ethnicity/B/ratio", "2024-25", "london", "a-chapter", "completed", "ratio", "", "1.20", 1.2)
    other = replace(fact, unit="not completing supervision")
    assert list(check_facts([fact, replace(fact, table="another"), replace(fact, period="2023-24")])) == []
    (found,) = check_facts([fact, other])
    assert "is published twice" in found.message
