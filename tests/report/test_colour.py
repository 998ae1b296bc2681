"""Contrast by WCAG's formula."""

from __future__ import annotations

import pytest

from reportlib.colour import contrast, lighten


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000", "#fff", 21), ("#ffffff", "#FFFFFF", 1), ("#777777", "#ffffff", 4.48), ("#0b0c0c", "#1d70b8", 3.79)],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


def test_lighten_stops_when_readable() -> None:
    assert lighten("#ffffff", "#14181c") == "#ffffff"
    lighter = lighten("#12436d", "#14181c", 7)
    assert contrast(lighter, "#14181c") >= 7
    assert contrast("#12436d", "#14181c") < 7
