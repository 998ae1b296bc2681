"""Disclosure control leaves most of the demo report to see."""

from __future__ import annotations

import json

import pytest
from small_report import project

from reportlib.build.basis import Basis
from reportlib.build.prepare import prepare
from reportlib.inputs import demo
from reportlib.params import load


@pytest.mark.full
def test_at_least_six_cells_in_ten_of_the_pooled_tables_are_shown(tmp_path):
    demo.write(tmp_path / "demo")
    params = load(project(tmp_path, tmp_path / "demo").params)
    prepare(Basis.read(params, tmp_path / "typed", {})).write(tmp_path / "handoff")
    run = json.loads((tmp_path / "handoff" / "run.json").read_text(encoding="utf-8"))
    pooled = [held for held in run["hidden"] if run["tables"][held["table"]]["period"] == "pooled"]
    cells, hidden = (sum(held[name] for held in pooled) for name in ("cells", "hidden"))
    assert cells > 1_000
    assert hidden <= 0.4 * cells
