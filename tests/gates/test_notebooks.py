"""An executed notebook holds the chapter's displays and nothing else that could carry a count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reportlib.display import MIME, plain

from .conftest import faults

NOTEBOOK = "notebooks/20-uphold-rates.ipynb"
Cells = dict[str, dict[str, Any]]


def plant(run: Path, change: Callable[[dict[str, Any], Cells], object]) -> list[str]:
    """What is found once the notebook has been changed; `change` takes it, and its cells by name."""
    notebook = json.loads((run / NOTEBOOK).read_text(encoding="utf-8"))
    before = json.dumps(notebook)
    change(notebook, {cell["id"]: cell for cell in notebook["cells"]})
    assert json.dumps(notebook) != before, "nothing was planted"
    (run / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    return faults(run)


def output(kind: str, **parts: Any) -> dict[str, Any]:
    return {"output_type": kind, **parts}


FRAME = {"text/plain": "  ethnicity  numerator\n0  O  3", "text/html": "<table><td>3</td></table>"}
OUTPUTS = {
    "a frame as the last expression": output("execute_result", data=FRAME, metadata={}, execution_count=4),
    "a frame that was displayed": output("display_data", data=FRAME, metadata={}),
    "a line printed": output("stream", name="stdout", text="upheld, Other: 3\n"),
    "a warning": output("stream", name="stderr", text="UserWarning: 3 rows dropped\n"),
    "an exception": output("error", ename="ValueError", evalue="3 is too few", traceback=["ValueError: 3"]),
}


@pytest.mark.parametrize("leak", OUTPUTS)
def test_an_output_that_is_no_display_is_found(run: Path, leak: str) -> None:
    found = plant(run, lambda _, cells: cells["pooled"]["outputs"].append(OUTPUTS[leak]))
    assert found[0].startswith(f"{NOTEBOOK}, cell pooled: an output that is no display of the chapter")


METADATA: dict[str, Callable[[dict[str, Any], Cells], object]] = {
    "of the notebook": lambda notebook, _: notebook["metadata"].update(papermill={"duration": 3}),
    "of the kernel": lambda notebook, _: notebook["metadata"]["kernelspec"].update(env={"HIDDEN": "3"}),
    "of the language": lambda notebook, _: notebook["metadata"]["language_info"].update(version="3.11.7+3"),
    "of the declaration": lambda notebook, _: notebook["metadata"]["reportlib"]["tables"][0].update(hidden=3),
    "of what a table is adjusted for": lambda notebook, _: notebook["metadata"]["reportlib"]["tables"][0].update(
        adjust=["category", "3"]
    ),
    "of a cell": lambda _, cells: cells["pooled"]["metadata"].update(hidden=3),
    "in a tag": lambda _, cells: cells["pooled"]["metadata"].update(tags=["hidden-3"]),
    "of an output": lambda _, cells: cells["pooled"]["outputs"][0]["metadata"].update(hidden=3),
    "in a name": lambda _, cells: cells["pooled"].update(id="hidden-3"),
    "in a count of executions": lambda _, cells: cells["pooled"].update(execution_count=33),
    "in an attachment": lambda _, cells: cells["question"].update(attachments={"o.txt": {"text/plain": "3"}}),
}


@pytest.mark.parametrize("place", METADATA)
def test_metadata_outside_the_schema_is_found(run: Path, place: str) -> None:
    found = plant(run, METADATA[place])
    assert found
    assert all(fault.startswith(NOTEBOOK) for fault in found)


def test_a_figure_typed_into_markdown_is_found(run: Path) -> None:
    found = plant(run, lambda _, cells: cells["question"].update(source="# Question\n\nOf these, 3 were upheld."))
    assert found == [f"{NOTEBOOK}, cell question: a figure typed by hand: “3”"]


@pytest.mark.parametrize("code", ["threshold = 3", "chapter.say('3 were upheld')", "# three, that is 3"])
def test_a_figure_typed_into_code_is_found(run: Path, code: str) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        cells["setup"]["source"] = "".join(cells["setup"]["source"]) + f"\n{code}"

    found = plant(run, change)
    assert found == [f"{NOTEBOOK}, cell setup: a figure in its code that is not a parameter"]


@pytest.mark.parametrize(
    ("code", "used"),
    [
        ("import os", "import os"),
        ("from reportlib.inputs.sources import read_all", "from reportlib.inputs.sources import read_all"),
        ("chapter._say(chapter, 'thirteen died')", "_say"),
        ("print(chapter)", "print"),
        ("getattr(chapter, name)", "getattr"),
        ("print = print\nprint(chapter)", "print"),
        ("for __import__ in []: pass", "__import__"),
        ("get_ipython = get_ipython", "get_ipython"),
    ],
)
def test_code_that_is_no_step_of_a_chapter_is_found(run: Path, code: str, used: str) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        cells["setup"]["source"] = "".join(cells["setup"]["source"]) + f"\n{code}"

    found = plant(run, change)
    assert f"{NOTEBOOK}, cell setup: its code uses “{used}”, which is no step of a chapter" in found


def test_code_that_is_not_python_is_found(run: Path) -> None:
    found = plant(run, lambda _, cells: cells["shares"].update(source="!ls"))
    assert f"{NOTEBOOK}, cell shares: its code is not Python" in found


def test_a_figure_beside_the_declared_parameters_is_found(run: Path) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        cells["parameters"]["source"] = "".join(cells["parameters"]["source"]) + "\nhidden = 3"

    assert plant(run, change) == [f"{NOTEBOOK}, cell parameters: a figure in its code that is not a parameter"]


def test_parameters_other_than_those_of_the_run_are_found(run: Path) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        cell = cells["injected"]
        cell["source"] = "".join(cell["source"]).replace("pooled_years = 3", "pooled_years = 4")

    assert plant(run, change) == [f"{NOTEBOOK}, cell injected: a figure in its code that is not a parameter"]


def test_a_part_that_no_renderer_reads_is_found(run: Path) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        model = next(iter(cells["pooled"]["outputs"][0]["data"].values()))
        model["hidden"] = {"O": 3}

    assert plant(run, change)[0] == f"{NOTEBOOK}, cell pooled: a say with unknown parts"


def test_a_plain_rendition_that_is_not_the_displays_own_is_found(run: Path) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        cells["pooled"]["outputs"][0]["data"]["text/markdown"] = "Of these, 3 were upheld."

    assert plant(run, change)[0] == f"{NOTEBOOK}, cell pooled: a say whose plain rendition is another"


TABLE = "uphold-rate-by-ethnicity"


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("numerator", {"text": "3", "value": 3, "mark": None, "fact": None}),
        ("numerator", {"text": "3", "value": 3, "mark": None, "fact": "upheld/ethnicity/O/numerator"}),
        ("numerator", {"text": "[c]", "value": 3, "mark": "c", "fact": "upheld/ethnicity/O/numerator"}),
        ("numerator", {"text": "90", "value": 90, "mark": None, "fact": "upheld/ethnicity/A/denominator"}),
        ("ethnicity", {"text": "Other (3)", "value": None, "mark": None, "fact": None}),
        ("more", {"text": "3", "value": 3, "mark": None, "fact": None}),
    ],
)
def test_a_cell_of_a_table_that_is_not_its_fact_is_found(run: Path, key: str, cell: dict[str, Any]) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        shown = [held for output in cells["pooled"]["outputs"] for held in output["data"].values() if "rows" in held]
        row = next(row for row in shown[0]["rows"] if row["ethnicity"]["text"] == "Other")
        row[key] = cell

    found = plant(run, change)
    assert [fault for fault in found if fault.startswith(f"{NOTEBOOK}, cell pooled, table {TABLE}")]
    assert not [fault for fault in found if "Other (3)" in fault]


def test_rules_other_than_those_of_the_run_are_found(run: Path) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        held = cells["rules"]["outputs"][0]["data"]
        cell = next(cell for row in held[MIME]["rows"] for cell in row.values() if cell["text"] == "5")
        cell["text"] = "3"
        held.update(plain(held[MIME]))

    (fault,) = plant(run, change)
    assert fault.startswith(f"{NOTEBOOK}, cell rules, table ")
    assert fault.endswith("this is not what the published facts give")


def test_a_table_that_the_run_does_not_declare_is_found(run: Path) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        shown = next(output for output in cells["pooled"]["outputs"] if "rows" in str(output["data"]))
        model = next(held for held in shown["data"].values() if "rows" in held) | {"id": "hidden-counts"}
        cells["pooled"]["outputs"].append(shown | {"data": {MIME: model, **plain(model)}})

    assert plant(run, change) == [
        f"{NOTEBOOK}, cell pooled, table hidden-counts: figures in a table that is neither declared nor made of "
        "published facts"
    ]


@pytest.mark.parametrize("part", ["caption", "source", "notes"])
def test_a_figure_around_a_table_is_found(run: Path, part: str) -> None:
    def change(_: dict[str, Any], cells: Cells) -> None:
        held = [held for output in cells["pooled"]["outputs"] for held in output["data"].values() if "rows" in held]
        held[0][part] = ["Of these, 3 are hidden."] if part == "notes" else f"{held[0][part]}, 3 hidden"

    assert f"its {part} is not what the published facts give" in " ".join(plant(run, change))
