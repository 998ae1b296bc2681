"""What the quality chapter tells of a run, also of one that had little to count."""

from __future__ import annotations

import pytest

from reportlib.quality import ABOUT

NOTHING = {"inputs": [], "establishments": {}, "findings": [], "hidden": [], "disclosure": {}}


@pytest.mark.parametrize("name", ABOUT)
def test_a_table_about_a_run_with_nothing_to_tell_has_its_heading_and_a_row(name):
    frame = ABOUT[name].frame(NOTHING)
    assert frame.columns[0] == ABOUT[name].header
    assert len(frame) >= 1
