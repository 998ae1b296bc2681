"""A report is small enough to open on a phone; one on detailed groups holds more."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from reportlib.archive.runs import HELD
from reportlib.gates.size import check_size
from reportlib.params import Params


@pytest.mark.parametrize(
    ("grouping", "reference", "most"), [("5+1", "W", 1_000_000), ("two", "WB", 1_000_000), ("19", "W1", 3_000_000)]
)
@pytest.mark.parametrize(("tables", "more"), [(1, 0), (29, 0), (31, 120_000)])
@pytest.mark.parametrize("answer", ["", "Cases were read again." * 100], ids=["no answer", "a long answer"])
def test_each_file_may_be_so_large_for_its_groups_tables_and_answers(
    tmp_path: Path, grouping: str, reference: str, most: int, answer: str, tables: int, more: int
) -> None:
    params = Params(
        reporting_year="2024-25", publication_date=date(2025, 11, 27), grouping=grouping, reference_group=reference,
        inputs={"complaints": {"path": "complaints.csv", "status": "extract"}},
    )  # fmt: skip
    (tmp_path / "parameters.json").write_text(params.model_dump_json())
    held: dict[str, object] = {name: kind() for name, kind in HELD.items()}
    held |= {"tables": {str(table): {} for table in range(tables)}}
    (tmp_path / "run.json").write_text(json.dumps(held | {"responses": {"upheld/ethnicity/B": answer}}))
    most += more * (3 if grouping == "19" else 1) + 4 * len(answer)
    (tmp_path / "report.html").write_bytes(b"x" * most)
    (tmp_path / "report.pdf").write_bytes(b"x" * (most + 1))
    assert [str(found) for found in check_size(tmp_path)] == [
        f"report.pdf: the file is {most + 1:,} bytes; at most {most:,} are allowed, "
        "so take a chart or a table's detail out"
    ]
