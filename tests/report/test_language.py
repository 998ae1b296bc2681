"""The gate on words: terms that the guidance advises against, and figures typed by hand."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_notebook

from reportlib.gates.language import check_language, check_markdown, typed_figures

from .fixture import markdown, report


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("BAME prisoners", "ethnic minority backgrounds"),
        ("bme staff", "ethnic minority backgrounds"),
        ("the non-White population", "ethnic minority backgrounds"),
        ("non white men", "ethnic minority backgrounds"),
        ("whites complained less", "White people"),
        ("people of colour", "ethnic minority backgrounds"),
        ("a mixed-race man", "Mixed ethnic group"),
    ],
)
def test_term_is_found_with_what_to_write(text: str, advice: str) -> None:
    (finding,) = check_language(f"First line.\n{text}", "summary")
    assert advice in finding.message
    assert finding.row == 2


@pytest.mark.parametrize(
    "text", ["White people", "Black people", "the Asian group", "submerge the frame", "a white card"]
)
def test_good_words_pass(text: str) -> None:
    assert check_language(text, "summary") == []


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Rates rose by 12%.", ["12%."]),
        ("In 2023 `x = 3` fell.", ["2023", "3`"]),
        ("| A |\n|---|\n| 4 |", ["4"]),
        ("[year](https://a.org/2024)", ["[year](https://a.org/2024)"]),
        ("[42%](20-uphold-rates.ipynb)", ["[42%"]),
        ("The 5+1 groups of the 2021 Census, in [uphold rates](20-uphold-rates.ipynb#uphold-rate).", []),
        ("The Race Action Plan 2025/26 of 2025/26", ["2025/26"]),
    ],
)
def test_figures_typed_by_hand_are_found_and_names_are_not(text: str, figures: list[str]) -> None:
    assert typed_figures(text) == figures


@pytest.mark.parametrize("text", ["No heading", "## Second level first", "# One\n\n# Two"])
def test_notebook_starts_with_its_one_heading(text: str) -> None:
    (finding,) = check_markdown(new_notebook(cells=[markdown(text, "place")]), "chapter")
    assert "first-level heading" in finding.message


def test_chapters_pass() -> None:
    assert [finding for chapter in report() for finding in check_markdown(chapter, "chapter")] == []
