"""Chapters are run wherever the project stands."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import typer
from nbformat.v4 import new_code_cell, new_notebook

from reportlib.build.execute import execute
from reportlib.build.plan import ChapterPlan
from reportlib.cli import user_errors
from reportlib.errors import ReportError


def short(folder: Path, *published: str) -> ChapterPlan:
    """A chapter that shows no table and is never closed."""
    folder.mkdir()
    cells = [
        new_code_cell('year = ""', metadata={"tags": ["parameters"]}),
        new_code_cell("print(year)"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "10-short.ipynb")
    return ChapterPlan("short", folder / "10-short.ipynb", (), published, reads_facts=False)


def test_a_folder_with_braces_in_its_name_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "{year} [a] report"
    chapter = short(folder)
    (made,) = execute([chapter], {"year": "2024-25"}, folder, folder / "out", lambda *told: None)
    assert nbformat.read(made, as_version=4).cells[-1].outputs[0].text == "2024-25\n"


def test_a_chapter_with_tables_that_is_never_closed_is_told(tmp_path: Path) -> None:
    chapter = short(tmp_path / "notebooks", "deaths-by-age")
    with pytest.raises(ReportError) as error:
        execute([chapter], {"year": "2024-25"}, tmp_path, tmp_path / "out", lambda *told: None)
    assert "10-short.ipynb: its figures are no facts yet: end it with a cell `chapter.close()`" in str(error.value)


def test_who_stops_it_hears_nothing_of_the_kernels_that_are_ended(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(logging.getLogger("papermill"), "disabled", False)
    quick, slow = short(tmp_path / "quick"), replace(short(tmp_path / "slow"), name="slow")
    slow = replace(slow, path=slow.path.rename(tmp_path / "slow" / "20-slow.ipynb"))
    slow.path.write_text(slow.path.read_text().replace("print(year)", "import time; time.sleep(60)"))

    def stopped(chapter: str, what: str, seconds: float) -> None:
        if what == "done":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute([quick, slow], {"year": "2024-25"}, tmp_path, tmp_path / "out", stopped)
    assert "Kernel died" not in caplog.text


def test_a_query_that_is_stopped_ends_as_any_other_step(capsys) -> None:
    """DuckDB makes an error of Ctrl-C."""
    with pytest.raises(typer.Exit) as ended, user_errors():
        raise RuntimeError("Query interrupted") from KeyboardInterrupt()
    assert ended.value.exit_code == 130
    with pytest.raises(RuntimeError, match="a fault"), user_errors():
        raise RuntimeError("a fault")
