"""A report is small enough to open on a phone; one of more figures may hold more."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from reportlib.archive.runs import HELD
from reportlib.gates.size import check_size
from reportlib.params import Params


@pytest.mark.parametrize(("figures", "most"), [(1, 1_000_000), (8_000, 1_000_000), (8_500, 1_060_000)])
@pytest.mark.parametrize("answer", ["", "Cases were read again." * 100], ids=["no answer", "a long answer"])
def test_each_file_may_be_so_large_for_its_figures_and_answers(
    tmp_path: Path, figures: int, most: int, answer: str
) -> None:
    inputs = {"complaints": {"path": "complaints.csv", "status": "extract"}}
    params = Params(reporting_year="2024-25", publication_date=date(2025, 11, 27), inputs=inputs)
    (tmp_path / "parameters.json").write_text(params.model_dump_json())
    held: dict[str, object] = {name: kind() for name, kind in HELD.items()}
    (tmp_path / "run.json").write_text(json.dumps(held | {"responses": {"upheld/ethnicity/B": answer}}))
    (tmp_path / "facts.jsonl").write_text("{}\n" * figures)
    most += 4 * len(answer)
    (tmp_path / "report.html").write_bytes(b"x" * most)
    (tmp_path / "report.pdf").write_bytes(b"x" * (most + 1))
    assert [str(found) for found in check_size(tmp_path)] == [
        f"report.pdf: the file is {most + 1:,} bytes; at most {most:,} are allowed, "
        "so take a chart or a table's detail out"
    ]
