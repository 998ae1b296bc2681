"""The schema is the one source of the parameters cells and of the parameter page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportlib.inputs.spec import InputSpec
from reportlib.params import ANALYSIS, Params, parameters_cell, parameters_page

pytestmark = pytest.mark.check

ROOT = Path(__file__).parents[1]


def test_the_page_is_the_schema():
    page = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert page == parameters_page(), "run `make docs`"


def test_every_parameter_is_described_on_the_page():
    page = parameters_page()
    for name, field in {**Params.model_fields, **InputSpec.model_fields}.items():
        assert f"{name}` | {field.description}" in page


def test_the_cell_assigns_every_parameter_of_the_analysis():
    cell: dict[str, object] = {}
    exec(parameters_cell(), cell)  # our own text
    given = Params.model_construct(None, reporting_year="2024-25").analysis()
    assert {name: cell[name] for name in ANALYSIS} == given
    assert given["reference_group"] == "W"


def test_the_cell_is_what_papermill_would_write():
    """papermill writes numbers, text and lists; it would write a tuple as text."""
    assert json.loads(json.dumps(Params.model_construct(None, reporting_year="2024-25").analysis())) == (
        Params.model_construct(None, reporting_year="2024-25").analysis()
    )


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_each_notebook_holds_the_cell(path: Path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    assert ["".join(cell["source"]) for cell in tagged] == [parameters_cell()]


def test_inputs_are_the_contracts():
    contracts = json.loads((ROOT / "data" / "contracts" / "datapackage.json").read_text(encoding="utf-8"))
    names = Params.model_json_schema()["properties"]["inputs"]["propertyNames"]["enum"]
    assert sorted(names) == sorted(resource["name"] for resource in contracts["resources"])
