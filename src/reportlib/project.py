"""Where the project's own files stand."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "data" / "contracts" / "datapackage.json"
PUBLISHED = ROOT / "data" / "published"
CODES = ROOT / "data" / "codes"
NOTEBOOKS = ROOT / "notebooks"
OUTPUTS = ROOT / "outputs"
