"""What the parameters allow gives a report that passes its gates: other groups, looks, orders, codes."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from ruamel.yaml import YAML
from small_report import project


@pytest.mark.full
@pytest.mark.parametrize(("grouping", "reference", "groups"), [("19", "W1", 18), ("two", "WB", 1)])
def test_a_report_in_another_grouping(tmp_path, demo_data, grouping, reference, groups):
    made = project(tmp_path, demo_data, grouping=grouping, reference_group=reference)
    done = made.cli()
    assert (done.returncode, done.stderr) == (0, "")
    facts = [json.loads(line) for line in (made.current / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    judged = {fact["id"] for fact in facts if fact["id"].startswith("completed/ethnicity/")}
    assert len([name for name in judged if name.endswith("/verdict")]) == groups


@pytest.mark.full
def test_a_report_with_a_logo_its_own_order_of_chapters_and_categories_of_any_name(tmp_path, demo_data):
    (tmp_path / "logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'
    )
    chosen = ["methods-and-quality", "uphold-rates"]
    made = project(tmp_path, demo_data, logo=str(tmp_path / "logo.svg"), chapters=chosen, organisation="The Office")
    inputs = YAML().load(made.params)["inputs"]
    inputs["complaints"]["codes"] = {"category": {"Property": "Other", "Regime": "Regime 24/7, 1-2 items"}}
    made.change(inputs=inputs)
    done = made.cli()
    assert (done.returncode, done.stderr) == (0, "")
    page = (made.current / "report.html").read_text(encoding="utf-8")
    assert "Regime 24/7, 1-2 items" in page
    assert page.index("Methods and quality</h") < page.index("Are complaints upheld as often for each ethnic group?</h")


@pytest.mark.full
def test_a_report_without_the_ages_and_regions_that_its_tables_are_adjusted_for(tmp_path, demo_data):
    made = project(tmp_path, demo_data)
    inputs = YAML().load(made.params)["inputs"]
    for name, column in (("population", "age_band"), ("probation_terminations", "region")):
        held = pd.read_parquet(inputs[name]["path"]).drop(columns=column)
        counted = (
            held.groupby([*held.columns.drop("number")], as_index=False, dropna=False) if "number" in held else None
        )
        (held if counted is None else counted["number"].sum()).to_parquet(tmp_path / f"{name}.parquet")
        inputs[name]["path"] = str(tmp_path / f"{name}.parquet")
    made.change(inputs=inputs)
    done = made.cli()
    assert (done.returncode, done.stderr) == (0, "")
    page = (made.current / "report.html").read_text(encoding="utf-8")
    assert "The adjusted relative rate holds sex equal" in page
    assert "The adjusted relative rate holds type of order equal" in page
    assert "holds age" not in page
