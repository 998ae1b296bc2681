"""Where nobody of the reference group died a relative rate has no limit: the table can be sent, and facts give it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from reportlib import facts
from reportlib.comparison import compare
from reportlib.comparison_tables import Comparison, comparison_table
from reportlib.gates.ledger import Ledger, check_facts, check_model
from reportlib.handoff import Handoff
from reportlib.measures import MEASURES, TableSpec
from reportlib.params import Disclosure, Params
from reportlib.tables import Place

SPEC = TableSpec("deaths", MEASURES["deaths"], ("ethnicity",), "5+1")
COUNTS = [
    ("A", 8, 400),
    ("B", 12, 900),
    ("M", 0, 200),
    ("W", 0, 3000),
    ("O", 0, 150),
    ("NS", 0, 130),
    ("all", 20, 4780),
]
PERIOD = "2022-23 to 2024-25"


def test_a_relative_rate_without_limit_is_shown_and_follows_from_its_fact(tmp_path: Path) -> None:
    counts = pd.DataFrame(COUNTS, columns=["ethnicity", "numerator", "denominator"]).assign(mark="")
    counts = counts.astype({"numerator": "Int64", "denominator": "Float64"})
    estimates = pd.DataFrame(columns=["ethnicity", "statistic", "value", "lower", "upper", "p_value"])
    frame = compare(counts, estimates, SPEC, reference="W", years=3)
    table = comparison_table(Comparison(SPEC, frame, Place("deaths", "national", ("synthetic",)), PERIOD, "W", 0.95))
    model = json.loads(json.dumps(table.model(), allow_nan=False))  # as a kernel sends it
    assert [row["ratio"]["text"] for row in model["rows"][:2]] == ["no limit", "no limit"]

    facts.write(table.facts, tmp_path / "facts.jsonl")
    held = facts.read([tmp_path / "facts.jsonl"])
    declared = {"measure": "deaths", "by": ["ethnicity"], "grouping": "5+1", "period": "pooled", "adjust": []}
    run = {
        "definitions": {"deaths": SPEC.measure.definition},
        "disclosure": Disclosure().model_dump(),
        "chapters": {"deaths": {"tables": ["deaths"], "published": []}},
        "tables": {"deaths": declared | {"status": ["synthetic"], "unavailable": None}},
    }
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    inputs = {"complaints": {"path": "complaints.csv", "status": "synthetic"}}
    params = Params.model_validate_json(
        json.dumps({"reporting_year": "2024-25", "publication_date": "2025-11-27", "inputs": inputs})
    )
    ledger = Ledger(held, params, Handoff(tmp_path))
    assert list(check_facts(held)) == []
    assert list(check_model(model, ledger, {"deaths": model}, "deaths")) == []
    assert ledger.comparison(model).frame["ratio"][0] == float("inf")
