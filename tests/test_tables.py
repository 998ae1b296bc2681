"""Figures become a table and facts: as they are published, marked where they are not."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from reportlib.build.plan import plan
from reportlib.comparison import compare, flags, measure
from reportlib.comparison_tables import Comparison, comparison_table
from reportlib.derived_tables import DERIVED, evidence_table, gap_table, national_table
from reportlib.display import plain
from reportlib.figures import FIGURES
from reportlib.measures import MEASURES, TableSpec
from reportlib.project import NOTEBOOKS
from reportlib.published import PUBLISHED_TABLES
from reportlib.statistics import METHODS, relative_rate
from reportlib.tables import Place, Table, published_table, words_table
from reportlib.words import DERIVED_KINDS, TOLD_VERDICTS
from small_handoff import design_effects, uphold_counts

PLACE = Place("uphold-rates", "national", ("synthetic",))
PERIOD = "2022-23 to 2024-25"
SPEC = TableSpec("uphold-rate", MEASURES["upheld"], ("ethnicity",), "5+1")
NOTHING = pd.DataFrame(columns=["year", "establishment_type", "statistic", "value", "lower", "upper", "p_value"])
ARGUMENTS = {"place": PLACE, "period": PERIOD, "reference": "W", "level": 0.95}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return compare(uphold_counts(), design_effects(), SPEC, reference="W", years=3)


@pytest.fixture(scope="module")
def table(frame) -> Table:
    return comparison_table(Comparison(SPEC, frame, **ARGUMENTS))


@pytest.mark.parametrize(
    ("shown", "verdict", "band", "told"),
    [
        (1.25, "disproportionate", (0.8, 1.25), True),
        (0.8, "disproportionate", (0.8, 1.25), True),
        (1.26, "disproportionate", (0.8, 1.25), False),
        (1.25, "difference, size uncertain", (0.8, 1.25), True),
        (1.25, "disproportionate", (0.83, 1.21), False),
    ],
)
def test_where_a_rate_is_printed_as_an_end_of_the_band_it_is_said_that_verdicts_rest_on_unrounded_ones(
    frame, shown, verdict, band, told
):
    black = frame["ethnicity"].eq("B")
    frame = frame.assign(ratio=frame["ratio"].mask(black, shown), verdict=frame["verdict"].mask(black, verdict))
    notes = comparison_table(Comparison(SPEC, frame, **ARGUMENTS, band=band)).notes
    assert any("before they are rounded" in note for note in notes) is told


def test_other_groups_than_the_reports_are_exploratory_and_one_without_a_code_may_be_in_another(frame):
    """As a table within parts of the system, it leaves the interval of the rate to the relative rate's."""
    spec = replace(SPEC, grouping="19", apart="detailed")
    frame = frame.assign(mark=frame["mark"].mask(frame["ethnicity"].eq("M"), "x"))
    found, own = (comparison_table(Comparison(each, frame, **ARGUMENTS)) for each in (spec, SPEC))
    assert found.caption == "Uphold rate by detailed ethnic group, 2022-23 to 2024-25"
    assert "Comparisons of detailed ethnic groups are exploratory: other groups are the headline." in found.notes
    missing = "No record has a code for people from the Mixed ethnic group: they may be counted in another group."
    assert missing in found.notes
    assert {column["key"] for column in own.columns} - {column["key"] for column in found.columns} == {"interval"}


def compared(counts: pd.DataFrame, effects: pd.DataFrame | None = None) -> Table:
    """The table of these counts."""
    estimates = design_effects() if effects is None else effects
    frame = compare(counts, estimates, SPEC, reference="W", years=3)
    complement = frame["judged"].eq("complement").any()
    return comparison_table(Comparison(SPEC, frame, **ARGUMENTS, complement=complement))


def rows(table: Table) -> dict[str, dict[str, Any]]:
    """The rows by the text of their header."""
    header = table.columns[0]["key"]
    return {row[header]["text"]: row for row in table.rows}


def texts(table: Table, group: str) -> list[str]:
    return [rows(table)[group][column["key"]]["text"] for column in table.columns]


def cells(table: Table) -> list[dict[str, Any]]:
    return [row[column["key"]] for row in table.rows for column in table.columns]


def test_a_row_reads_from_counts_to_verdict(table):
    # 160 of 1,000 against 900 of 3,000; the verdict from 0.16 / 0.30 = 0.53
    assert texts(table, "Black")[:4] == ["Black", "160", "1,000", "16.0%"]
    assert rows(table)["Black"]["ratio"]["text"] == "0.53"
    assert rows(table)["Black"]["verdict"]["text"] == "disproportionate"


def test_the_reference_says_so(table):
    assert rows(table)["White"]["verdict"]["text"] == "reference"
    assert rows(table)["White"]["ratio"]["text"].startswith("1")


def test_groups_that_are_not_compared_are_marked_not_applicable(table):
    for group in ("Not stated", "All"):
        assert {rows(table)[group][key]["text"] for key in ("ratio", "ratio_interval", "verdict")} == {"[z]"}


def test_the_total_is_set_apart(table):
    assert [row["ethnicity"]["text"] for row in table.rows if row.get("_total")] == ["All"]


def test_a_hidden_figure_is_its_mark_and_nothing_else(table):
    for group in ("Mixed", "Other"):
        row = rows(table)[group]
        for key in ("numerator", "value", "interval", "ratio", "ratio_interval"):
            assert (row[key]["text"], row[key]["value"], row[key]["mark"]) == ("[c]", None, "c")
        assert row["verdict"]["text"] == "not assessed"


def test_a_hidden_fact_has_a_mark_and_no_value(table):
    hidden = [fact for fact in table.facts if "/M/" in fact.id and fact.statistic not in ("denominator", "verdict")]
    assert len(hidden) >= 5
    assert {(fact.text, fact.value, fact.mark) for fact in hidden} == {("[c]", None, "c")}


def test_every_figure_in_a_cell_is_a_fact_of_the_same_text_and_value(table):
    facts = {fact.id: fact for fact in table.facts}
    shown = [cell for cell in cells(table) if cell.get("fact")]
    assert len(shown) > 30
    for cell in shown:
        fact = facts[cell["fact"]]
        assert (fact.text, fact.mark or None) == (cell["text"], cell["mark"])
        if cell["value"] is not None:
            assert fact.value == pytest.approx(cell["value"])


def test_every_fact_stands_in_the_table_once(table):
    names = [fact.id for fact in table.facts]
    assert len(names) == len(set(names))
    shown = {name for cell in cells(table) for name in cell.get("facts", [cell["fact"]])}
    assert set(names) <= shown


def test_a_fact_says_what_it_is_of(table):
    fact = next(fact for fact in table.facts if fact.id == "upheld/ethnicity/B/value")
    assert (fact.period, fact.edition, fact.chapter, fact.table) == (PERIOD, "national", "uphold-rates", "uphold-rate")
    assert (fact.label, fact.value, fact.unit, fact.status) == ("Uphold rate: Black", 0.16, "%", ("synthetic",))


def test_percentages_have_decimals_only_over_100():
    counts = uphold_counts().assign(denominator=pd.array([400, 99, 200, 3000, 71, 100, 3870], dtype="Int64"))
    counts.loc[counts["ethnicity"].eq("B"), "numerator"] = 33
    frame = compare(counts, design_effects(), SPEC, reference="W", years=3)
    table = comparison_table(Comparison(SPEC, frame, **ARGUMENTS))
    assert rows(table)["Black"]["value"]["text"] == "33%"
    assert rows(table)["Asian"]["value"]["text"] == "22.5%"


def test_a_figure_on_too_few_is_marked_unreliable():
    counts = uphold_counts()
    counts.loc[counts["ethnicity"].eq("B"), ["numerator", "denominator"]] = [7, 9]
    table = compared(counts)
    row = rows(table)["Black"]
    assert [row[key]["text"] for key in ("numerator", "denominator", "value", "ratio")] == ["7", "9", "[u]", "[u]"]


@pytest.mark.parametrize(
    ("hidden", "ratio", "bounds"), [("W", "[c]", "[c]"), ("NS", "0.53", "[c]"), ("A", "0.53", None)]
)
def test_a_figure_made_of_a_hidden_count_of_another_group_is_hidden_and_not_unreliable(hidden, ratio, bounds):
    counts = uphold_counts()
    counts.loc[counts["ethnicity"].eq(hidden), ["numerator", "mark"]] = [None, "c"]
    effects = design_effects().query("ethnicity != @hidden")  # what is made of a hidden count is not released
    comparison = Comparison(SPEC, compare(counts, effects, SPEC, reference="W", years=3), **ARGUMENTS)
    row = rows(evidence_table(comparison))["Black"]
    assert row["ratio"]["text"] == ratio
    assert (row["cases_needed"]["mark"] == "c") == (hidden == "W")
    assert (row["bounds"]["mark"], row["tipping"]["mark"]) == ((bounds[1],) * 2 if bounds else (None, None))
    assert rows(comparison_table(comparison))["All"]["ratio"]["text"] == "[z]"


def test_a_hidden_reference_hides_the_comparisons_of_its_own_part_alone():
    spec = TableSpec("by-category", MEASURES["upheld"], ("category", "ethnicity"), "5+1")
    counts = pd.concat([uphold_counts().assign(category=name) for name in ("Food", "Mail")], ignore_index=True)
    counts.loc[counts["category"].eq("Food") & counts["ethnicity"].eq("W"), ["numerator", "mark"]] = [None, "c"]
    effects = pd.concat([design_effects().assign(category=name) for name in ("Food", "Mail")])
    frame = compare(counts, effects, spec, reference="W", years=3)
    shown = Comparison(spec, frame, **ARGUMENTS).compared.set_index(["category", "ethnicity"])["mark"]
    assert shown[[("Food", "B"), ("Mail", "B"), ("Mail", "M")]].tolist() == ["c", "", "c"]


def test_a_derived_table_of_nothing_has_no_rows():
    comparison = Comparison(SPEC, compare(uphold_counts(), design_effects(), SPEC, reference="W", years=3), **ARGUMENTS)
    assert gap_table(comparison).rows == []


def derived(name: str, spec: TableSpec, *planted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A derived table of rows of which only these figures are known."""
    blank = {figure: None for figure in FIGURES} | {"mark": "", "verdict": "inconclusive"}
    frame = pd.DataFrame([blank | row for row in planted])
    return rows(DERIVED[name](Comparison(spec, frame, **ARGUMENTS)))


def test_a_part_lies_within_or_beyond_the_limits_of_its_funnel():
    limits = {"lower_95": 0.2, "upper_95": 0.4, "lower_998": 0.1, "upper_998": 0.5, "denominator": 100}
    values = {"Food": 0.09, "Gym": 0.1, "Mail": 0.3, "Money": 0.41, "Other": 0.51}
    parts = [{"category": name, "ethnicity": "all", "value": value} | limits for name, value in values.items()]
    spec = TableSpec("funnel", MEASURES["upheld"], ("category", "ethnicity"), "5+1")
    found = derived("funnel", spec, *parts, parts[0] | {"category": "Black", "ethnicity": "B"})
    assert {name: row["reading"]["text"] for name, row in found.items()} == {
        "Food": "below the outer limits",
        "Gym": "below the inner limits",
        "Mail": "within both limits",
        "Money": "above the inner limits",
        "Other": "above the outer limits",
    }
    assert [found["Mail"][key]["text"] for key in ("warning", "alarm")] == ["20.0 to 40.0", "10.0 to 50.0"]


def test_a_gap_has_changed_where_its_test_says_so():
    spec = TableSpec("trend", MEASURES["upheld"], ("year", "ethnicity"), "5+1", "trend")
    at = {"A": 0.05, "B": 0.051, "M": None}
    planted = [{"year": "2024-25", "ethnicity": group, "interaction_p": p} for group, p in at.items()]
    found = derived("gap", spec, *planted)
    assert {group: row["reading"]["text"] for group, row in found.items()} == {
        "Asian": "the gap has changed",
        "Black": "no clear change",
    }


def test_observed_to_expected_stands_without_a_standardised_rate():
    spec = TableSpec("deaths", MEASURES["deaths"], ("ethnicity",), "5+1", "pooled", ("age_band", "sex"))
    known = {"expected_ratio": 1.2, "expected_lower": 0.9, "expected_upper": 1.5, "ratio": 1.0}
    found = derived("standardised", spec, {"ethnicity": "A"} | known, {"ethnicity": "B", "ratio": 1.0})
    assert {group: row["expected_ratio"]["text"] for group, row in found.items()} == {"Asian": "1.20"}
    assert found["Asian"]["standardised"]["text"] == "[u]"


def test_what_could_have_been_shown_on_one_side_alone_is_told():
    planted = {"ethnicity": "A", "numerator": 50, "denominator": 100, "detectable_above": 1.5}
    blank = {figure: None for figure in FIGURES} | {"mark": "", "verdict": "inconclusive"}
    table = evidence_table(Comparison(SPEC, pd.DataFrame([blank | planted]), **ARGUMENTS))
    assert rows(table)["Asian"]["detectable"]["text"] == "1.50"
    ends = {fact.statistic: fact.value for fact in table.facts if fact.statistic.startswith("detectable")}
    assert ends == {"detectable_below": None, "detectable_above": 1.5}


def few() -> pd.DataFrame:
    """Shares of 10 of 29, 4 of 9 and 12 of 30, planted: the limits are 10 and 30."""
    counts = uphold_counts()
    for group, pair in {"A": (10, 29), "B": (4, 9), "O": (12, 30)}.items():
        counts.loc[counts["ethnicity"].eq(group), ["numerator", "denominator", "mark"]] = [*pair, ""]
    return counts


def test_a_percentage_on_few_is_shown_with_the_mark_that_says_so():
    frame = compare(few(), design_effects(), SPEC, reference="W", years=3)
    table = comparison_table(Comparison(SPEC, frame, **ARGUMENTS))
    shown = {group: rows(table)[group]["value"] for group in ("Asian", "Black", "Other", "White", "Mixed")}
    assert {group: cell["text"] for group, cell in shown.items()} == {
        "Asian": "34% [u]", "Black": "[u]", "Other": "40%", "White": "30.0%", "Mixed": "[c]",
    }  # fmt: skip
    assert (shown["Asian"]["value"], shown["Asian"]["mark"]) == (0.34, None)
    fact = next(fact for fact in table.facts if fact.id == "upheld/ethnicity/A/value")
    assert (fact.text, fact.value, fact.mark) == ("34% [u]", 0.34, "")
    evidence = evidence_table(Comparison(SPEC, frame, **ARGUMENTS))
    assert rows(evidence)["Asian"]["value"]["text"] == "34% [u]"


def test_the_limits_of_the_mark_are_parameters_and_rates_have_none():
    least = {"proportion": 10, "reliable": 31, "rate": 100}
    assert flags(few(), SPEC, least).tolist() == ["u", "", "", "", "u", "", ""]
    assert flags(few(), SPEC, least | {"proportion": 30}).tolist() == ["", "", "", "", "u", "", ""]
    hidden = few().assign(mark="c")
    assert set(flags(hidden, SPEC, least)) == {""}
    rate = TableSpec("deaths", MEASURES["deaths"], ("ethnicity",), "5+1")
    assert set(flags(few(), rate, least)) == {""}


def test_a_table_prints_all_its_relative_rates_to_the_same_place():
    """White 20% of a million; a ratio of 1.006 in a hundred thousand, then in a hundred: narrow, and not narrow."""
    counts = uphold_counts().query("ethnicity in ('A', 'B', 'W')").assign(mark="")
    counts["numerator"] = pd.array([20_120, 20_120, 200_000], dtype="Int64")
    counts["denominator"] = pd.array([100_000, 100_000, 1_000_000], dtype="Int64")
    narrow = compared(counts, effects(counts))
    assert [rows(narrow)[group]["ratio"]["text"] for group in ("Asian", "Black")] == ["1.006", "1.006"]
    counts.loc[counts["ethnicity"].eq("A"), ["numerator", "denominator"]] = [25, 100]
    mixed = compared(counts, effects(counts))
    assert [rows(mixed)[group]["ratio"]["text"] for group in ("Asian", "Black")] == ["1.25", "1.01"]
    counts.loc[counts["ethnicity"].eq("A"), ["numerator", "mark"]] = [None, "c"]  # what is hidden decides nothing
    hidden = compared(counts, effects(counts))
    assert [rows(hidden)[group]["ratio"]["text"] for group in ("Asian", "Black")] == ["[c]", "1.006"]


def effects(counts: pd.DataFrame) -> pd.DataFrame:
    """Design effects of 1 for all groups, as a release gives them."""
    nothing = {"lower": None, "upper": None, "p_value": None}
    return pd.DataFrame({"ethnicity": counts["ethnicity"], "statistic": "deff", "value": 1.0, **nothing})


def test_a_trend_has_a_fact_a_year_under_one_name():
    spec = TableSpec("trend", MEASURES["deaths"], ("year", "establishment_type"), "5+1", "trend")
    counts = pd.DataFrame(
        {
            "year": ["2023-24", "2024-25"],
            "establishment_type": "Open",
            "numerator": pd.array([30, 36], dtype="Int64"),
            "denominator": pd.array([4000.0, 4000.0], dtype="Float64"),
            "mark": "",
        }
    )
    table = comparison_table(Comparison(spec, measure(counts, NOTHING, spec, years=1), **ARGUMENTS | {"reference": ""}))
    found = {fact.period: fact.text for fact in table.facts if fact.id == "deaths/establishment_type/open/value"}
    assert found == {"2023-24": "7.50", "2024-25": "9.00"}
    assert "verdict" not in {column["key"] for column in table.columns}


def test_a_share_without_an_interval_has_a_mark_in_its_place_where_no_groups_are_compared():
    """Of so few complaints no design effect is known."""
    spec = TableSpec("concerns", MEASURES["upheld"], ("category",), "5+1")
    counts = pd.DataFrame({"category": ["Food"], "numerator": [8], "denominator": [40], "mark": ""})
    frame = measure(counts, NOTHING.assign(category=""), spec, years=1)
    (row,) = comparison_table(Comparison(spec, frame, **ARGUMENTS | {"reference": ""})).rows
    assert (row["value"]["text"], row["interval"]["text"]) == ("20%", "[u]")


@pytest.mark.parametrize(
    ("measure", "by", "unit"),
    [
        ("deaths", ("ethnicity",), "per 1,000 a year"),
        ("complaints", ("year", "ethnicity"), "per 1,000 a year"),
        ("complainants", ("ethnicity",), "per 1,000 in the period"),
        ("complainants", ("year", "ethnicity"), "per 1,000 in the year"),
        ("upheld", ("ethnicity",), "%"),
    ],
)
def test_the_unit_says_that_people_count_once(measure: str, by: tuple[str, ...], unit: str):
    assert Comparison(TableSpec("t", MEASURES[measure], by, "5+1"), NOTHING, **ARGUMENTS).unit == unit


def test_a_count_has_no_rate():
    spec = TableSpec("source", MEASURES["ethnicity-source"], ("ethnicity_source",), "5+1")
    counts = pd.DataFrame(
        {"ethnicity_source": ["NOMIS", "all"], "numerator": pd.array([1234, None], dtype="Int64"), "mark": ["", "c"]}
    )
    table = comparison_table(Comparison(spec, counts, **ARGUMENTS))
    assert [column["key"] for column in table.columns] == ["ethnicity_source", "numerator"]
    assert [row["numerator"]["text"] for row in table.rows] == ["1,234", "[c]"]


def test_the_rarer_side_is_named_where_it_was_judged():
    counts = uphold_counts()
    counts["numerator"] = counts["denominator"] - counts["numerator"]
    table = compared(counts)
    assert any("not being upheld" in note for note in table.notes)
    assert "Relative rate of not being upheld (White = 1)" in [column["label"] for column in table.columns]
    assert {fact.unit for fact in table.facts if fact.statistic == "ratio"} == {"not being upheld"}


def test_an_adjusted_rate_that_would_tell_a_hidden_count_is_marked_as_such():
    spec = replace(SPEC, adjust=("category",))
    withheld = pd.DataFrame({"ethnicity": ["B"], "statistic": ["withheld"], "value": [1.0]})
    frame = compare(uphold_counts(), pd.concat([design_effects(), withheld]), spec, reference="W", years=3)
    found = rows(evidence_table(Comparison(spec, frame, **ARGUMENTS)))
    assert [found[group]["adjusted_ratio"]["text"] for group in ("Black", "Asian")] == ["[c]", "[u]"]
    assert {found["Black"][key]["text"] for key in ("adjusted_interval", "homogeneity_p")} == {"[c]"}
    assert found["Black"]["ratio"]["value"] is not None


def test_an_adjusted_rate_given_coarsely_to_protect_a_count_is_said_to_be_so():
    spec = replace(SPEC, adjust=("category",))
    told = pd.DataFrame(
        {"ethnicity": ["B"] * 2, "statistic": ["adjusted", "coarse"], "value": [1.15, 0.05],
         "lower": [1.05, None], "upper": [1.3, None]}
    )  # fmt: skip
    frame = compare(uphold_counts(), pd.concat([design_effects(), told]), spec, reference="W", years=3)
    table = evidence_table(Comparison(spec, frame, **ARGUMENTS))
    assert rows(table)["Black"]["adjusted_ratio"]["text"] == "1.15"
    assert rows(table)["Black"]["adjusted_interval"]["text"] == "1.05 to 1.30"
    units = {fact.statistic: fact.unit for fact in table.facts if fact.id.split("/")[2] == "B"}
    assert units["adjusted_ratio"] == units["adjusted_lower"] == "steps of 0.05" != units["deff"]
    assert any("it is given to the nearest 0.05" in note for note in table.notes)
    plain = evidence_table(Comparison(spec, frame.assign(coarse=False), **ARGUMENTS))
    assert not any("nearest" in note for note in plain.notes)


def test_a_table_says_of_people_and_of_those_not_stated_only_what_is_so():
    def notes(measure: str, *by: str) -> str:
        spec = TableSpec("t", MEASURES[measure], by, "5+1")
        frame = pd.DataFrame([dict.fromkeys([*by, *FIGURES, "numerator", "denominator", "verdict"])])
        frame = frame.assign(ethnicity="NS", mark="u")
        return " ".join(comparison_table(Comparison(spec, frame, **ARGUMENTS)).notes)

    several, no_group = "A person who complained from several parts", "is no ethnic group: its rate"
    assert several in notes("complainants", "establishment_type", "ethnicity")
    assert several not in notes("complainants", "ethnicity") + notes("complaints", "establishment_type", "ethnicity")
    assert no_group in notes("complaints", "ethnicity")
    assert no_group not in notes("upheld", "ethnicity")


def test_a_table_says_what_records_that_do_not_tell_a_part_do_to_the_others():
    def notes(measure: str, code: str) -> str:
        spec = TableSpec("t", MEASURES[measure], ("category", "ethnicity"), "5+1")
        frame = pd.DataFrame([dict.fromkeys([*spec.by, *FIGURES, "numerator", "denominator", "verdict"])])
        frame = frame.assign(category=code, ethnicity="W", mark="u")
        return " ".join(comparison_table(Comparison(spec, frame, **ARGUMENTS)).notes)

    told = "Records that do not tell the category of complaint are in Not recorded"
    assert f"{told}, so the rates of the others are too low." in notes("complaints", "Not recorded")
    assert f"{told}." in notes("upheld", "Not recorded")
    assert told not in notes("upheld", "Property")


def test_a_table_names_the_parts_that_it_leaves_out(frame):
    table = comparison_table(Comparison(SPEC, frame, **ARGUMENTS, left_out=("open", "escort")))
    assert "Left out, as too few to divide by ethnic group: Open and Escort." in table.notes


def test_the_side_that_is_named_is_not_noted(table):
    assert not any("not being upheld" in note for note in table.notes)


def test_the_model_is_what_renderers_read(table):
    model = json.loads(json.dumps(table.model()))
    assert {"kind", "id", "caption", "columns", "rows", "notes", "source", "folded", "status"} == set(model)
    assert (model["kind"], model["id"], model["status"]) == ("table", "uphold-rate", ["synthetic"])
    assert model["caption"] == f"Uphold rate by ethnic group, {PERIOD}"
    keys = [column["key"] for column in model["columns"]]
    assert len(keys) == len(set(keys))
    assert all(set(keys) <= set(row) for row in model["rows"])


def repeated() -> pd.DataFrame:
    """Design effects of 1.5, and of 2 for the reference group."""
    effects = design_effects()
    return effects.assign(value=effects["ethnicity"].eq("W").map({True: 2.0, False: 1.5}))


def test_the_evidence_has_what_the_reference_group_brings_to_every_comparison():
    """900 of 3,000 complaints upheld, which tell as much as half of them."""
    frame = compare(uphold_counts(), repeated(), SPEC, reference="W", years=3)
    table = evidence_table(Comparison(replace(SPEC, adjust=("category",)), frame, **ARGUMENTS))
    shown = {key: cell["text"] for key, cell in rows(table)["White"].items()}
    own = {"numerator": "900", "denominator": "3,000", "value": "30.0%", "deff": "2.0", "verdict": "reference"}
    assert {key: shown[key] for key in (*own, "ratio", "adjusted_ratio")} == own | {"ratio": "1", "adjusted_ratio": "1"}
    assert {shown[key] for key in shown.keys() - {*own, "ethnicity", "interval", "ratio", "adjusted_ratio"}} == {"[z]"}
    facts = {fact.statistic for fact in table.facts if fact.who == "White"}
    assert facts == {"numerator", "denominator", "value", "lower", "upper", "deff"}


def test_the_interval_of_a_comparison_follows_from_what_the_evidence_shows_of_both_groups():
    frame = compare(uphold_counts(), repeated(), SPEC, reference="W", years=3)
    shown = rows(evidence_table(Comparison(SPEC, frame, **ARGUMENTS)))
    arms = ({name: cell["value"] for name, cell in shown[group].items()} for group in ("Black", "White"))
    found = relative_rate(*(arm[part] / arm["deff"] for arm in arms for part in ("numerator", "denominator")))
    assert shown["Black"]["ratio_interval"]["text"] == f"{found.lower:.2f} to {found.upper:.2f}"


def test_a_reference_group_without_a_design_effect_has_an_unreliable_one():
    effects = design_effects().query("ethnicity != 'W'")
    frame = compare(uphold_counts(), effects, SPEC, reference="W", years=3)
    assert rows(evidence_table(Comparison(SPEC, frame, **ARGUMENTS)))["White"]["deff"]["text"] == "[u]"


def test_the_evidence_covers_what_was_compared_and_hides_what_is_hidden(frame):
    table = evidence_table(Comparison(SPEC, frame, **ARGUMENTS))
    assert list(rows(table)) == ["Asian", "Black", "Mixed", "White", "Other"]
    assert rows(table)["Black"]["gap"]["text"] == "−14.0"  # 16.0% − 30.0%, in percentage points
    assert rows(table)["Black"]["p_adjusted"]["text"] == "<0.001"
    # all 70 unknown non-events to the group and all 30 events to White; then the reverse
    lowest, highest = (160 / 1070) / (930 / 3030), (190 / 1030) / (900 / 3070)
    assert rows(table)["Black"]["bounds"]["text"] == f"{lowest:.2f} to {highest:.2f}"
    # (160 + k) / (1,000 + k) is 0.3 at k = 200, of 30 events
    assert rows(table)["Black"]["tipping"]["text"] == f"{200 / 30:.0%} to the group"
    above = frame.assign(ratio=frame["ratio"].mask(frame["ethnicity"].eq("B"), 1.2))
    assert rows(evidence_table(Comparison(SPEC, above, **ARGUMENTS)))["Black"]["tipping"]["text"].endswith("reference")
    black = frame["ethnicity"].eq("B")
    level = frame.assign(ratio=frame["ratio"].mask(black, 1.004), tipping=frame["tipping"].mask(black))
    assert rows(evidence_table(Comparison(SPEC, level, **ARGUMENTS)))["Black"]["tipping"]["text"] == "[z]"
    told = {"ethnicity", "denominator", "verdict"}
    hidden = {key: cell["text"] for key, cell in rows(table)["Mixed"].items() if key not in told}
    assert set(hidden.values()) == {"[c]"}


def test_a_comparison_stands_whole_in_one_row_of_the_evidence(frame, table):
    spec = replace(SPEC, adjust=("category", "establishment_type"))
    evidence = evidence_table(Comparison(spec, frame, **ARGUMENTS))
    keys = [column["key"] for column in evidence.columns]
    assert keys == [
        *("ethnicity", "numerator", "denominator", "value", "interval", "ratio", "ratio_interval", "adjusted_ratio"),
        *("adjusted_interval", "homogeneity_p", "modelled_ratio", "modelled_interval", "gap", "gap_interval"),
        *("p_adjusted", "deff", "detectable", "cases_needed", "bounds", "tipping", "verdict"),
    ]
    assert all(set(keys) <= set(row) for row in evidence.rows)
    for group in rows(evidence):
        for column in table.columns:
            assert rows(evidence)[group][column["key"]] == rows(table)[group][column["key"]]


def test_a_figure_that_two_tables_show_is_one_fact(frame, table):
    shown = {fact.id: fact for fact in table.facts}
    again = {fact.id: fact for fact in evidence_table(Comparison(SPEC, frame, **ARGUMENTS)).facts if fact.id in shown}
    assert len(again) > 20
    assert all(shown[name] == fact for name, fact in again.items())


def test_the_plain_rendition_escapes_what_it_shows():
    table = words_table("notes", "A <b> & c", [{"Name": "<script>"}])
    html = plain(table.model())["text/html"]
    assert "<script>" not in html
    assert "A &lt;b&gt; &amp; c" in html


def test_jupyterlab_shows_status_units_marks_and_notes():
    columns = [{"key": "who", "label": "Group"}, {"key": "rate", "label": "Rate", "unit": "per 1,000"}]
    rows = [{"who": {"text": "Black"}, "rate": {"text": "[c]"}}]
    table = {"kind": "table", "caption": "Rates", "status": ["synthetic"], "columns": columns, "rows": rows,
             "notes": ["A note."]}  # fmt: skip
    html = plain(table)["text/html"]
    assert "<caption>Rates (synthetic)</caption>" in html
    assert "Rate (per 1,000)</th>" in html
    assert "<p>A note.</p><p>[c] suppressed to protect individuals</p>" in html
    assert "[u]" not in html
    chart = {"kind": "chart", "caption": "Rates", "status": ["synthetic"], "svg": "<svg/>", "alt": "It's <high>."}
    html = plain(chart)["text/html"]
    assert "<b>Rates (synthetic)</b>" in html
    assert "alt='It&#x27;s &lt;high&gt;.'" in html
    assert f"src='data:image/svg+xml;base64,{b64encode(b'<svg/>').decode()}'" in html


def test_tables_that_are_made_of_another_end_as_is_known_of_them():
    assert [*DERIVED] == [*DERIVED_KINDS]


@pytest.mark.parametrize("name", PUBLISHED_TABLES)
def test_published_figures_are_never_suppressed_and_say_what_was_not_published(name: str):
    table = published_table(name, PUBLISHED_TABLES[name], PLACE)
    assert table.status == ("published",)
    assert {fact.status for fact in table.facts} == {("published",)}
    assert {fact.mark for fact in table.facts} <= {"", "x"}
    numbers = [cell for cell in cells(table) if cell["fact"]]
    assert all((cell["text"] == "[x]") == (cell["value"] is None) for cell in numbers)
    assert len({(fact.id, fact.period) for fact in table.facts}) == len(table.facts)


def test_no_interval_stands_without_its_level_and_kind():
    """Whatever is in a table of the report: the columns and notes come from its declaration."""
    for spec in [spec for chapter in plan(NOTEBOOKS, "5+1", drafts=True) for spec in chapter.tables]:
        _intervals_are_told(spec)


def _intervals_are_told(spec: TableSpec) -> None:
    empty = pd.DataFrame(columns=[*spec.by, *FIGURES, "mark", "coarse", *(["verdict"] if spec.compared else [])])
    made = [comparison_table, *(DERIVED.values() if "verdict" in empty else [])]
    place = Place("c", "national", ("synthetic",))
    kinds = {method.interval for method in METHODS.values() if method.interval}
    for make in made:
        found = make(Comparison(spec, empty, place, "2024-25", "W", 0.9))
        intervals = [column for column in found.columns if column["key"].endswith("interval")]
        assert all(column["label"] == "90% interval" for column in intervals)
        named = sum(note.count(kind) for note in found.notes for kind in kinds)
        assert not intervals or ("90% confidence interval" in " ".join(found.notes) and named >= 1)


def test_an_edition_stands_beside_the_whole_where_its_own_count_is_hidden_too():
    """With what adjustment undoes said of both: here it takes 0.72 to 0.95, which may be 1."""
    spec = replace(SPEC, adjust=("category",))
    beside = [
        (group, statistic, value, lower, upper)
        for group in ("B", "M")
        for statistic, value, lower, upper in (
            ("national_value", 0.2, None, None),
            ("national_ratio", 0.8, 0.7, 0.9),
            ("national_verdict", float(TOLD_VERDICTS.index("small difference as counted")), None, None),
            *([("adjusted", 0.95, 0.8, 1.1)] if group == "B" else []),
        )
    ]
    told = pd.DataFrame(beside, columns=["ethnicity", "statistic", "value", "lower", "upper"])
    frame = compare(uphold_counts(), pd.concat([design_effects(), told]), spec, reference="W", years=3)
    assert frame.set_index("ethnicity").loc["M", "mark"] == "c"
    table = national_table(Comparison(spec, frame, **ARGUMENTS, part="London"))
    found = rows(table)
    assert {*found} == {"Black", "Mixed"}
    assert found["Black"]["verdict"]["text"] == "disproportionate as counted"
    assert (found["Mixed"]["value"]["text"], found["Mixed"]["ratio"]["text"]) == ("[c]", "[c]")
    for row in found.values():
        assert [row[key]["text"] for key in ("national_value", "national_ratio", "national_interval")] == [
            "20.0%", "0.80", "0.70 to 0.90",
        ]  # fmt: skip
        assert row["national_verdict"]["text"] == "small difference as counted"
    assert table.caption.startswith("Beside England and Wales: uphold rate by ethnic group, London, ")
    assert [column["label"] for column in table.columns][1:4] == [
        "Verdict, London",
        "Rate, London",
        "Rate, England and Wales",
    ]


def test_a_relative_rate_of_the_opposite_outcome_is_one_fact_beside_the_whole_too():
    spec = replace(SPEC, measure=MEASURES["completed"])
    told = pd.DataFrame({"ethnicity": ["B"], "statistic": ["national_value"], "value": [0.7]})
    estimates = pd.concat([design_effects(), told])
    frame = compare(uphold_counts(), estimates, spec, reference="W", years=3, complement=True)
    of = Comparison(spec, frame, **ARGUMENTS, complement=True, part="London")
    one, other = (
        {fact for fact in table(of).facts if fact.statistic.startswith("ratio") and "/B/" in fact.id}
        for table in (comparison_table, national_table)
    )
    assert other <= one
    assert {fact.unit for fact in other if fact.statistic == "ratio"} == {"not completing supervision"}
    assert "Relative rate of not completing supervision, London" in [c["label"] for c in national_table(of).columns]


def test_verdicts_that_are_of_a_larger_table_say_so():
    frame = compare(uphold_counts(), design_effects(), SPEC, reference="W", years=3)
    own = Comparison(SPEC, frame, **ARGUMENTS)
    for table in (comparison_table, evidence_table):
        notes = " ".join(table(replace(own, family=("region", 48))).notes)
        assert "whose table by region has these comparisons: they allow for all 48 of it" in notes
        assert "national edition" not in " ".join(table(own).notes)
