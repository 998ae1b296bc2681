"""Committed notebooks hold the analysis and nothing that a run leaves."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from reportlib.kernels.lab import as_written

pytestmark = pytest.mark.check

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
LEFT_BY_A_RUN = {"execution", "papermill", "widgets", "ExecuteTime", "collapsed", "scrolled"}


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stripped(path: Path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert not LEFT_BY_A_RUN & set(notebook["metadata"])
    for cell in notebook["cells"]:
        assert not LEFT_BY_A_RUN & set(cell["metadata"]), cell["id"]
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell["id"]
        assert not cell.get("attachments"), cell["id"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_as_jupyterlab_saves_it(path: Path):
    """So that whoever opens one and saves it changes nothing."""
    notebook = nbformat.read(path, as_version=4)
    as_written({"type": "notebook", "content": notebook})
    assert nbformat.writes(notebook) + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_have_stable_readable_ids(path: Path):
    ids = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    assert len(ids) == len(set(ids))
    assert [name for name in ids if not name.replace("-", "").isalpha()] == []
