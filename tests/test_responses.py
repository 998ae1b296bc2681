"""Answers to the register are read whole, or refused with what is wrong and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportlib.errors import ReportError
from reportlib.facts import Fact
from reportlib.responses import ask_for_responses, asked, disproportionate, read_responses

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


def test_what_was_answered_the_year_before_stands_above_as_a_comment(tmp_path: Path) -> None:
    before = tmp_path / "2023-24.london.responses.yml"
    before.write_text(f"{ONE}: |\n  Staff are trained.\n  By June 2025.\n{TWO}:\n", encoding="utf-8")
    path = tmp_path / "2024-25.london.responses.yml"
    ask_for_responses(path, [ONE, TWO])
    written = path.read_text(encoding="utf-8")
    assert f"# In 2023-24: Staff are trained. By June 2025.\n{ONE}:\n{TWO}:\n" in written
    assert read_responses(path) == {}
    ask_for_responses(path, [ONE, TWO])
    assert path.read_text(encoding="utf-8") == written


def test_an_answer_that_no_comparison_asks_for_is_told_with_what_may_be_meant(tmp_path: Path) -> None:
    given = {ONE: "", "upheld/ethnicty/A": "", "else": ""}
    *told, _ = asked(tmp_path / "2024-25.yml", "national", given, [ONE, TWO])
    vain = "Not printed, since it is not disproportionate: the answer to"
    assert told == [f"{vain} upheld/ethnicty/A; the nearest is {TWO!r}.", f"{vain} else."]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"{ONE}: first\n{ONE}: second\n".encode(), f"line 2: {ONE} is given twice; the first is in line 1"),
        (f"{{{ONE}: first, {ONE}: second}}".encode(), f"line 1: {ONE} is given twice"),
        (b"- an answer", "write one line each, `comparison: answer`"),
        (
            f"{ONE}: Accepted, see action #4".encode(),
            "line 1: Put a text that holds a colon or a # in quotation marks",
        ),
        (f"{ONE}: Accepted: we will act".encode(), "Put a text that holds a colon or a # in quotation marks"),
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


def test_with_one_pooled_year_the_facts_of_trends_are_no_headlines() -> None:
    def fact(table: str, year: str, text: str) -> Fact:
        parts = (year, "national", "uphold-rates", table, "verdict", "Uphold rate: Black")
        return Fact(f"{ONE}/verdict", *parts, text, None, "", "", ("extract",))

    pooled = fact("upheld", "2024-25", "parity")
    trend = [fact("upheld-trend", year, "disproportionate") for year in ("2023-24", "2024-25")]
    assert disproportionate([pooled, *trend], "2024-25") == []
    pooled = fact("upheld", "2024-25", "disproportionate")
    assert disproportionate([*trend, pooled], "2024-25") == [ONE]
