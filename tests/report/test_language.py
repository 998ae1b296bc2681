"""The gate on words: terms that the guidance advises against, and figures typed by hand."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_notebook

from reportlib.gates import check_language, check_markdown

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


@pytest.mark.parametrize("text", ["Rates rose by 12%.", "In 2023 they fell.", "- one of 3", "| A |\n|---|\n| 4 |"])
def test_figure_typed_by_hand_is_found(text: str) -> None:
    (finding,) = check_markdown(new_notebook(cells=[markdown(f"# A\n\n{text}", "place")]), "chapter")
    assert "typed by hand" in finding.message
    assert finding.file == "chapter, cell place"


@pytest.mark.parametrize("text", ["The 5+1 groups.", "`x = 3`", "[year](https://a.org/2024)", "    code 12"])
def test_names_code_and_addresses_may_have_digits(text: str) -> None:
    assert check_markdown(new_notebook(cells=[markdown(f"# A\n\n{text}", "place")]), "chapter") == []


@pytest.mark.parametrize("text", ["No heading", "## Second level first", "# One\n\n# Two"])
def test_notebook_starts_with_its_one_heading(text: str) -> None:
    (finding,) = check_markdown(new_notebook(cells=[markdown(text, "place")]), "chapter")
    assert "first-level heading" in finding.message


def test_chapters_pass() -> None:
    assert [finding for chapter in report() for finding in check_markdown(chapter, "chapter")] == []
