"""The contracts mean to another tool what they mean to us: Frictionless finds the same cells wrong."""

import csv
import io
import json
from pathlib import Path

import ezodf
import frictionless
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from good_extracts import GOOD, Extracts

from reportlib.project import CONTRACTS

# Each spoiled cell, by row and column.
PLANTED = {
    "complaints": {
        (3, "complaint_id"): "",
        (4, "complaint_id"): "C1",
        (5, "person_id"): "#N/A",
        (6, "received_date"): "2024-06-31",
        (7, "received_date"): "",
        (8, "received_date"): "1924-06-01",
        (9, "completed_date"): "01/06/2024",
        (10, "completed_date"): "2204-06-01",
        (11, "establishment"): "",
        (12, "eligible"): "perhaps",
        (13, "outcome"): "rejected",
        (14, "ethnicity_ppud"): "W7",
        (14, "outcome"): "Upheld",
    },
    "population": {
        (3, "snapshot_date"): "30-06-2024",
        (4, "ethnicity_code"): "White",
        (5, "age_band"): "30 - 39",
        (6, "sex"): "M",
        (7, "number"): "-1",
        (8, "number"): "many",
        (9, "number"): "",
        (10, "establishment"): "",
    },
}
# Not in Table Schema: no cell is wrong in itself.
BEYOND = ("before the", "has an outcome", "median")


def spoiled(name: str) -> list[dict[str, str]]:
    """Twenty good rows with the cells above spoiled."""
    first = next(csv.DictReader(io.StringIO(GOOD[name])))
    key = "complaint_id" if name == "complaints" else "establishment"
    rows = [first | {key: first[key] if number == 2 else f"{first[key]}{number}"} for number in range(2, 22)]
    for (row, column), value in PLANTED[name].items():
        rows[row - 2] = rows[row - 2] | {column: value}
    return rows


def written(rows: list[dict[str, str]], path: Path) -> None:
    """The rows as a file of any of the four formats."""
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    if path.suffix == ".csv":
        path.write_text("".join(",".join(row) + "\n" for row in cells))
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({name: [row[name] or None for row in rows] for name in rows[0]}), path)
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append([cell or None for cell in row])
        book.save(path)
    else:
        book = ezodf.newdoc("ods")
        book.sheets += (sheet := ezodf.Sheet("Sheet1", size=(len(cells), len(cells[0]))))
        for place in ((i, j) for i, row in enumerate(cells) for j, cell in enumerate(row) if cell):
            sheet[place].set_value(cells[place[0]][place[1]])
        book.saveas(str(path))


def theirs(name: str, path: Path) -> set[tuple[int, str]]:
    """The rows and fields that Frictionless finds wrong."""
    packaged = {each["name"]: each for each in json.loads(CONTRACTS.read_text())["resources"]}
    schema = frictionless.Schema.from_descriptor(packaged[name]["schema"])
    present = next(iter(frictionless.Resource(path.name, basepath=str(path.parent)).extract().values()))[0]
    schema.fields = [schema.get_field(field) for field in present]
    report = frictionless.Resource(path.name, basepath=str(path.parent), schema=schema).validate(limit_errors=100)
    found = report.flatten(["rowNumber", "fieldName", "type"])
    return {(row, field or schema.primary_key[0]) for row, field, _ in found}


@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx", "ods"])
@pytest.mark.parametrize("name", PLANTED)
def test_frictionless_finds_the_same_cells_wrong(alone: Extracts, name: str, format: str) -> None:
    written(spoiled(name), alone.root / f"{name}.{format}")
    alone.put(name, (alone.root / f"{name}.{format}").read_bytes(), f"{name}.{format}")
    ours = {(f.row, f.column) for f in alone.check() if not any(word in f.message for word in BEYOND)}
    assert ours == theirs(name, alone.root / f"{name}.{format}") == PLANTED[name].keys()
