"""Every grouping of the parameters gives a report, and one that passes its gates."""

from __future__ import annotations

import json

import pytest
from small_report import project


@pytest.mark.full
@pytest.mark.parametrize(("grouping", "reference", "groups"), [("19", "W1", 18), ("two", "WB", 1)])
def test_a_report_in_another_grouping(tmp_path, demo_data, grouping, reference, groups):
    made = project(tmp_path, demo_data, grouping=grouping, reference_group=reference)
    done = made.cli()
    assert done.returncode == 0, done.stderr
    facts = [json.loads(line) for line in (made.current / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    judged = {fact["id"] for fact in facts if fact["id"].startswith("completed/ethnicity/")}
    assert len([name for name in judged if name.endswith("/verdict")]) == groups
