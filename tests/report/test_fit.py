"""Tables take the largest type that fits the page, and turn it only when they must."""

from __future__ import annotations

from typing import Any

import pytest

from reportlib.build.fit import TURNED, TYPE, UPRIGHT, fit

from .fixture import columns, table


def figures(count: int, text: str = "1,234") -> dict[str, Any]:
    cols = columns(("Group", "", "header"), *[(f"Figure {place}", "", "number") for place in range(count)])
    return table("figures", "Figures", cols, [["Asian", *[text] * count]])


@pytest.mark.parametrize(("count", "size", "turned"), [(3, TYPE[0], False), (12, TYPE[1], False), (13, TYPE[1], True)])
def test_type_shrinks_before_the_page_turns(count: int, size: float, turned: bool) -> None:
    fitted = fit(figures(count))
    assert (fitted.size, fitted.turned) == (size, turned)


@pytest.mark.parametrize("count", [1, 5, 11, 13, 40])
def test_widths_fill_no_more_than_the_page(count: int) -> None:
    fitted = fit(figures(count))
    assert len(fitted.widths) == count + 1
    assert sum(fitted.widths) <= (TURNED if fitted.turned else UPRIGHT) + 1


def test_long_text_takes_the_room_that_figures_leave() -> None:
    cols = columns(("Method", "", "header"), ("What it says", "", "text"), ("Uses", "", "number"))
    fitted = fit(table("methods", "Methods", cols, [["Rate", "It is a sentence of many words. " * 4, "12"]]))
    method, says, uses = fitted.widths
    assert says > 4 * method > 0
    assert uses < 60


def test_figures_and_intervals_are_not_broken() -> None:
    cols = columns(("Group", "", "header"), ("Interval", "", "text"))
    fitted = fit(table("intervals", "Intervals", cols, [["Asian", "28.1% to 34.2%"]]))
    assert fitted.widths[1] >= len("28.1% to 34.2%") * fitted.size * 0.45


def test_table_without_rows_fits() -> None:
    assert fit(table("none", "None", columns(("Group", "", "header")), [])).turned is False
