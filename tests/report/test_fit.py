"""How tables lie on paper."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import typst

from reportlib.build.fit import CAPITAL, UPRIGHT, fit, width
from reportlib.build.pdf import FAMILY, _fonts, pdf_report

from .fixture import PAGE, columns, notebook, show, table

LONG = "A difference remains once other characteristics are held equal, and not knowing could account for it. " * 6
SET = '#set text(font: "{}", size: 100pt, weight: "{}")\n#context [#metadata(measure("{}").width.pt()) <width>]'


@pytest.mark.parametrize(("weight", "bold"), [("regular", False), ("semibold", True)])
@pytest.mark.parametrize("text", ["Immigration removal centre", "1,234.5", "0.83 to 1.20", "[c]", "−4.3 to 1.2"])
def test_width_is_what_typst_sets_or_a_little_more(text: str, weight: str, bold: bool, tmp_path: Path) -> None:
    """More, because letters that fit together are closed up."""
    source = SET.format(FAMILY, weight, text).encode()
    found = json.loads(typst.query(source, "<width>", field="value", one=True, font_paths=_fonts(str(tmp_path))))
    assert found / 100 - 1e-9 <= width(text, bold) <= found / 100 * 1.03


def words(rows: int, *cells: str) -> dict[str, Any]:
    shown = columns(("Group", "", "header"), *((f"Column {n}", "", "text") for n in range(1, len(cells))))
    return table("words", "Words", shown, [list(cells)] * rows)


def test_row_whose_texts_fit_on_one_line_has_its_height_given() -> None:
    laid = fit(words(3, "Asian", "parity"))
    assert laid.heights == [round(CAPITAL * laid.size + 2 * laid.inset, 2)] * 3


def test_row_with_a_text_of_several_lines_is_as_high_as_it_needs() -> None:
    assert fit(words(2, "Asian", LONG)).heights == [None, None]


def test_width_goes_where_it_saves_lines() -> None:
    """A long text gets what a short one beside it cannot use."""
    short, long = fit(words(2, "Asian", LONG)).widths
    assert short < 60
    assert long > 0.8 * UPRIGHT[0]


def test_columns_that_are_long_in_the_same_rows_are_widened_together() -> None:
    """Neither saves a line without the other; and the page has room for both on one."""
    assert None not in fit(words(3, "Deaths in prison custody: Mixed", "Deaths in prison custody: Other")).heights


def test_table_most_of_whose_rows_would_be_deep_is_turned() -> None:
    """Though that saves no paper: a text of one word a line cannot be read."""
    cells = ["Complaints with a recorded concern about racism: Black", "0.83 (0.70 to 0.98)", "0.86 (0.70 to 1.02)"]
    assert not fit(words(10, *cells, LONG[:200], LONG[:70])).turned
    assert fit(words(10, *cells, LONG[:320], LONG[:70])).turned


def test_table_too_wide_for_an_upright_page_is_turned() -> None:
    assert fit(words(3, "Asian", *["unbreakable-text"] * 8)).turned


def test_no_table_is_wider_than_its_page() -> None:
    assert sum(fit(words(3, "Asian", *["x" * 60] * 9)).widths) < 730


def test_long_rows_go_on_on_the_next_page(tmp_path: Path) -> None:
    """Few rows may still be higher than a page; none may run off it."""
    model = words(14, "Asian", LONG, LONG)
    assert fit(model).breakable
    pdf = pdf_report([notebook("long", "Long", "Intro.", show("table", "", model))], PAGE)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = len(document.pages)
    assert pages > 3
