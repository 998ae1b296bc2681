"""A folder of protected counts, written by hand, such as the build hands to the notebooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from reportlib.disclosure import Policy
from reportlib.measures import MEASURES
from reportlib.params import Disclosure

PARAMETERS: dict[str, Any] = {
    "reporting_year": "2024-25",
    "pooled_years": 3,
    "trend_years": 5,
    "grouping": "5+1",
    "reference_group": "W",
    "confidence_level": 0.95,
    "verdict_band": [0.8, 1.25],
    "edition": "national",
}
TABLES: dict[str, dict[str, Any]] = {
    "uphold-rate": {"measure": "upheld", "by": ["ethnicity"]},
    "uphold-rate-by-category": {"measure": "upheld", "by": ["category", "ethnicity"]},
    "deaths-by-region": {"measure": "deaths", "by": ["ethnicity"], "unavailable": "fatal incidents has no region"},
}
# Complaints upheld and decided by ethnic group; 4 of "Other" were upheld, and "Mixed" is hidden to protect them.
UPHELD = [("A", 90, 400), ("B", 160, 1000), ("M", None, 200), ("W", 900, 3000), ("O", None, 71), ("NS", 30, 100),
          ("all", 1200, 4771)]  # fmt: skip
HIDDEN = {"M": 16, "O": 4}


def uphold_counts() -> pd.DataFrame:
    frame = pd.DataFrame(UPHELD, columns=["ethnicity", "numerator", "denominator"])
    frame = frame.astype({"numerator": "Int64", "denominator": "Int64"})
    return frame.assign(mark=frame["numerator"].isna().map({True: "c", False: ""}))


def design_effects() -> pd.DataFrame:
    shown = uphold_counts().query("mark == ''")["ethnicity"]
    return pd.DataFrame(
        {"ethnicity": shown, "statistic": "deff", "value": 1.0, "lower": None, "upper": None, "p_value": None}
    )


def write_handoff(folder: Path, **chapters: dict[str, list[str]]) -> Path:
    """Write the folder; a chapter declares `tables` and `published`."""
    chapters = chapters or {"uphold": {"tables": ["uphold-rate"], "published": []}}
    also = {"grouping": "5+1", "period": "pooled", "adjust": [], "status": ["synthetic"], "unavailable": None}
    run = {
        "parameters": PARAMETERS,
        "definitions": {code: measure.definition for code, measure in MEASURES.items()},
        "disclosure": Disclosure().model_dump(),
        "status": ["synthetic"],
        "inputs": [],
        "findings": [],
        "hidden": [],
        "flagged": 0,
        "rules": Policy().reasons().to_dict("records"),
        "responses": {},
        "chapters": chapters,
        "headlines": ["uphold-rate", "deaths-by-region"],
        "tables": {name: also | table for name, table in TABLES.items()},
    }
    for name in ("counts", "estimates", "facts"):
        (folder / name).mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    by_category = pd.concat([uphold_counts().assign(category=name) for name in ("Food", "all")])
    for name, counts, estimates in (
        ("uphold-rate", uphold_counts(), design_effects()),
        ("uphold-rate-by-category", by_category, design_effects().assign(category="all")),
    ):
        counts.to_parquet(folder / "counts" / f"{name}.parquet", index=False)
        estimates.to_parquet(folder / "estimates" / f"{name}.parquet", index=False)
    return folder
