"""Answers to the register are read whole, or refused with what is wrong and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportlib.errors import ReportError
from reportlib.facts import Fact
from reportlib.register import (
    ask_for_responses,
    disproportionate,
    read_responses,
    register,
    register_of_parts,
    without_comparison,
)
from reportlib.tables import Table

ONE, TWO = "upheld/ethnicity/B", "upheld/ethnicity/A"


def test_answers_are_asked_for_and_what_was_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "2024-25.responses.yml"
    assert read_responses(path) == {}
    ask_for_responses(path, [])
    assert not path.exists()
    ask_for_responses(path, [ONE])
    asked = path.read_text(encoding="utf-8")
    assert asked.startswith("# Answers to the ") and asked.endswith(f"\n{ONE}:\n")
    written = asked + "# to be agreed\n\nother: >\n  Folded,\n  as it was.\n"
    path.write_text(written.replace(f"{ONE}:", f"{ONE}: 'Cases were re-read.'  # by us"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    ask_for_responses(path, [ONE])
    assert path.read_text(encoding="utf-8") == before
    ask_for_responses(path, [ONE, TWO])
    assert path.read_text(encoding="utf-8") == f"{before}{TWO}:\n"
    assert read_responses(path) == {ONE: "Cases were re-read.", "other": "Folded, as it was.\n"}


@pytest.mark.parametrize("written", ["# to be agreed\n", "{}\n"])
def test_answers_are_asked_for_in_a_file_without_any(tmp_path: Path, written: str) -> None:
    path = tmp_path / "2024-25.responses.yml"
    path.write_text(written, encoding="utf-8")
    ask_for_responses(path, [ONE])
    assert f"{ONE}:" in path.read_text(encoding="utf-8")
    assert "#" not in written or path.read_text(encoding="utf-8").startswith(written)
    assert read_responses(path) == {}


def test_an_answer_that_no_comparison_asks_for_is_told_with_what_may_be_meant() -> None:
    given = {ONE: "", "upheld/ethnicty/A": "", "else": ""}
    assert without_comparison(given, [ONE, TWO]) == [f"upheld/ethnicty/A; the nearest is {TWO!r}", "else"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"{ONE}: first\n{ONE}: second\n".encode(), f"line 2: {ONE} is given twice; the first is in line 1"),
        (f"{{{ONE}: first, {ONE}: second}}".encode(), f"line 1: {ONE} is given twice"),
        (b"- an answer", "write one line each, `comparison: answer`"),
        (
            f"{ONE}: Accepted, see action #4".encode(),
            "line 1: Put an answer that holds a colon or a # in quotation marks",
        ),
        (f"{ONE}: Accepted: we will act".encode(), "Put an answer that holds a colon or a # in quotation marks"),
        (f"{ONE}: '-'".encode(), f"{ONE}: write an answer in words, or none"),
        (f"{ONE}: 12".encode(), "numbers in quotes"),
        (f"{ONE}: {{a: b".encode(), "line 1: not YAML"),
        (f"{ONE}: caf\xe9".encode("latin-1"), "not in UTF-8"),
        (f"{ONE}: !!int x".encode(), "not YAML"),
    ],
)
def test_what_is_no_list_of_answers_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "answers.yml").write_bytes(content)
    with pytest.raises(ReportError) as error:
        read_responses(tmp_path / "answers.yml")
    assert says in str(error.value)


@pytest.mark.parametrize(("adjusted", "left"), [(0.7, "held equal."), (0.85, "held equal, within the band.")])
def test_what_is_left_is_set_against_the_band(adjusted: float, left: str) -> None:
    figures = {"ratio": 0.6, "ratio_lower": 0.5, "ratio_upper": 0.7, "bound_lower": 0.5, "bound_upper": 0.8}
    figures |= {"adjusted_ratio": adjusted, "adjusted_lower": adjusted - 0.1, "adjusted_upper": adjusted + 0.1}
    told = {name: (f"{value:.2f}", value) for name, value in figures.items()} | {"verdict": ("disproportionate", None)}
    facts = [
        Fact(f"{ONE}/{name}", "2024-25", "national", "uphold-rates", "uphold", name, "Uphold rate: Black", text, value,
             "", "", ("extract",))
        for name, (text, value) in told.items()
    ]  # fmt: skip
    (row,) = _rows(register(facts, "2024-25", {}, (0.8, 1.25), "W"))
    assert row["What is left to explain"] == f"A difference remains once other characteristics are {left}"
    assert (row["Comparison"], row["Response"]) == ("Uphold rate: Black, lower rate", "awaited from the Ombudsman")


def test_with_one_pooled_year_the_facts_of_trends_are_no_headlines() -> None:
    def fact(table: str, year: str, text: str) -> Fact:
        parts = (year, "national", "uphold-rates", table, "verdict", "Uphold rate: Black")
        return Fact(f"{ONE}/verdict", *parts, text, None, "", "", ("extract",))

    pooled = fact("upheld", "2024-25", "parity")
    trend = [fact("upheld-trend", year, "disproportionate") for year in ("2023-24", "2024-25")]
    assert disproportionate([pooled, *trend], "2024-25") == []
    pooled = fact("upheld", "2024-25", "disproportionate")
    assert disproportionate([*trend, pooled], "2024-25") == [ONE]


def test_that_nothing_was_compared_is_not_that_nothing_was_disproportionate() -> None:
    """With deaths alone, say: their verdicts are none, or not assessed."""
    parts = ("2024-25", "national", "deaths", "deaths", "verdict", "Deaths: Black")
    facts = [Fact("deaths/ethnicity/B/verdict", *parts, "not assessed", None, "", "", ("extract",))]
    assert _rows(register(facts, "2024-25", {}, (0.8, 1.25), "W")) == [{"Comparison": "No comparison could be made"}]
    facts[0] = Fact("deaths/ethnicity/B/verdict", *parts, "parity", None, "", "", ("extract",))
    assert _rows(register(facts, "2024-25", {}, (0.8, 1.25), "W")) == [{"Comparison": "None was disproportionate"}]
    assert _rows(register_of_parts(facts, "2024-25", "W")) == [{"Comparison": "None was disproportionate"}]


def _within(part: str, group: str, ratio: float, verdict: str = "disproportionate") -> list[Fact]:
    """The relative rate and verdict of a group's uphold rate over the whole system, or in a part of it."""
    by, codes = ("category+ethnicity", f"{part.lower()}+{group[0]}") if part else ("ethnicity", group[0])
    named = f"Uphold rate: {part + ', ' if part else ''}{group}"
    told = {"ratio": (f"{ratio:.2f}", ratio), "verdict": (verdict, None)}
    return [
        Fact(f"upheld/{by}/{codes}/{name}", "2024-25", "national", "uphold-rates", by, name, named, text, value,
             "", "", ("extract",))
        for name, (text, value) in told.items()
    ]  # fmt: skip


def test_the_register_says_which_parts_go_the_other_way() -> None:
    facts = [
        *(*_within("", "Black", 0.7), *_within("Property", "Black", 0.6), *_within("Regime", "Black", 1.5)),
        *(*_within("Money", "Black", 0.9, "parity"), *_within("Property", "Asian", 0.6)),
    ]
    (row,) = _rows(register(facts, "2024-25", {}, (0.8, 1.25), "W"))
    left = "Also disproportionate within: Property. Disproportionate the other way within: Regime."
    assert row["What is left to explain"] == f"No adjusted comparison could be made. {left}"


def test_what_is_disproportionate_in_parts_alone_is_listed_apart() -> None:
    facts = [
        *(*_within("", "Black", 0.7), *_within("Property", "Black", 0.6)),
        *(*_within("", "Asian", 0.95, "small difference"), *_within("Property", "Asian", 0.6)),
        *(*_within("Regime", "Asian", 1.5), *_within("Money", "Asian", 1.3)),
        *(*_within("Property", "Mixed", 0.5), *_within("All", "Other", 0.5)),
    ]
    assert _rows(register_of_parts(facts, "2024-25", "W")) == [
        {
            "Comparison": "Uphold rate: Asian",
            "Over the whole system": "0.95 small difference",
            "Higher within": "Money (1.30) and Regime (1.50)",
            "Lower within": "Property (0.60)",
        },
        {
            "Comparison": "Uphold rate: Mixed",
            "Over the whole system": "not compared",
            "Higher within": "none",
            "Lower within": "Property (0.50)",
        },
    ]


def _rows(table: Table) -> list[dict[str, str]]:
    return [{name: cell["text"] for name, cell in row.items()} for row in table.rows]
