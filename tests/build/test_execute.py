"""Chapters are run wherever the project stands."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from reportlib.build.execute import execute
from reportlib.build.plan import ChapterPlan


def test_a_folder_with_braces_in_its_name_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "{year} [a] report"
    folder.mkdir()
    cells = [
        new_code_cell('year = ""', metadata={"tags": ["parameters"]}),
        new_code_cell("print(year)"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "10-short.ipynb")
    chapter = ChapterPlan("short", folder / "10-short.ipynb", (), (), reads_facts=False)
    (made,) = execute([chapter], {"year": "2024-25"}, folder, folder / "out", lambda *told: None)
    assert nbformat.read(made, as_version=4).cells[-1].outputs[0].text == "2024-25\n"
