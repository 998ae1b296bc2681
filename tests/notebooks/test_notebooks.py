"""Every chapter runs on its own counts, and is written as the house writes chapters."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode

from reportlib import facts
from reportlib.build.basis import Basis
from reportlib.build.prepare import prepare
from reportlib.gates.language import typed_figures
from reportlib.inputs import demo
from reportlib.kernels import warm
from reportlib.params import load, parameters_cell
from reportlib.project import NOTEBOOKS, ROOT
from reportlib.words import DERIVED_KINDS, VERDICT_MEANINGS, capital

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
STATEMENTS = (ast.Assign, ast.Expr)


def cells(path: Path, kind: str) -> list[NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def analysis(path: Path) -> list[NotebookNode]:
    """The code cells but for parameters and setup."""
    return [cell for cell in cells(path, "code") if cell["id"] not in ("parameters", "setup")]


every_chapter = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_every_notebook_runs_and_prints_what_it_is_handed(tmp_path):
    """With nbval in lax mode, on a small demo set, those that read the facts of others last.

    Estimates that may be made of hidden counts stand in the ledger, or they would be handed over for nothing.
    """
    demo.write(tmp_path / "demo", scale=0.05)
    text = (ROOT / "params" / "2024-25.yml").read_text(encoding="utf-8")
    (tmp_path / "params.yml").write_text(text.replace("data/demo", str(tmp_path / "demo")), encoding="utf-8")
    params = load(tmp_path / "params.yml")
    basis = Basis.read(params, tmp_path / "inputs", {})
    prepare(basis).write(tmp_path / "handoff")
    ordered = [str(chapter.path) for chapter in sorted(basis.chapters, key=lambda chapter: chapter.reads_facts)]
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--nbval-lax", "--nbval-current-env", "-x"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *ordered],
        env=os.environ | {"REPORTLIB_WORK": str(tmp_path / "handoff")} | warm.ENVIRONMENT,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    ran = sum(len(cells(path, "code")) for path in PATHS)
    assert f"{ran} passed" in done.stdout
    ledgers = sorted((tmp_path / "handoff" / "facts").iterdir())
    assert len(ledgers) == len(PATHS)
    printed = [fact for fact in facts.read(ledgers) if isinstance(fact.value, int | float)]
    number = 0
    for path in sorted((tmp_path / "handoff" / "estimates").iterdir()):
        tables = {path.stem, *(f"{path.stem}-{kind}" for kind in DERIVED_KINDS)}
        own = {round(fact.value, 6) for fact in printed if fact.table in tables}
        made = pd.read_parquet(path).query("statistic not in ['deff', 'rate', 'ratio', 'coarse', 'withheld']")
        handed = made[["value", "lower", "upper", "p_value"]].astype(float).round(6).stack().dropna()
        assert not {*handed} - own, path.stem
        number += len(handed)
    assert number > 20


@pytest.mark.check
@every_chapter
def test_the_parameters_cell_is_the_schemas(path):
    (cell,) = [cell for cell in cells(path, "code") if "parameters" in cell.metadata.get("tags", [])]
    assert cell.source == parameters_cell()


@pytest.mark.check
@every_chapter
def test_a_chapter_begins_with_its_question_then_parameters_then_setup_and_closes(path):
    notebook = nbformat.read(path, as_version=4)
    assert [cell["id"] for cell in notebook.cells[:3]] == ["question", "parameters", "setup"]
    assert re.match(r"# \S.*\n\n\S", notebook.cells[0].source)
    assert (notebook.cells[-1]["id"], notebook.cells[-1].source) == ("close", "chapter.close()")
    for name in ("parameters", "setup", "close"):
        (cell,) = [cell for cell in notebook.cells if cell["id"] == name]
        assert "hide-code" in cell.metadata["tags"], name


@pytest.mark.check
@every_chapter
def test_setup_opens_the_chapter_with_every_parameter(path):
    (setup,) = [cell for cell in cells(path, "code") if cell["id"] == "setup"]
    names = [line.partition(":")[0] for line in parameters_cell().splitlines()]
    metadata = nbformat.read(path, as_version=4).metadata["reportlib"]
    lines = [f'    "{metadata["chapter"]}",', *(f"    {name}={name}," for name in names)]
    wanted = ["from reportlib.chapter import open_chapter", "", "chapter = open_chapter(", *lines, ")"]
    assert setup.source.splitlines() == wanted


@pytest.mark.check
@every_chapter
def test_code_is_the_analysis_and_not_the_machinery(path):
    """No definition, loop, condition, file path or literal figure; about five lines a cell."""
    for cell in analysis(path):
        tree = ast.parse(cell.source)
        assert all(isinstance(statement, STATEMENTS) for statement in tree.body), cell["id"]
        literals = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert [value for value in literals if not isinstance(value, str)] == [], cell["id"]
        assert [text for text in literals if re.search(r"[/\\\d]|\.\w", str(text))] == [], cell["id"]
        lines = [line for line in cell.source.splitlines() if not line.startswith("    ")]
        assert len(lines) <= 6, cell["id"]


@pytest.mark.check
@every_chapter
def test_everything_goes_through_the_chapter(path):
    for cell in analysis(path):
        calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
        assert calls, cell["id"]
        for call in calls:
            assert ast.unparse(call.func).startswith("chapter."), cell["id"]


@pytest.mark.check
@every_chapter
def test_the_text_of_a_chapter_holds_no_figures(path):
    for cell in cells(path, "markdown"):
        assert typed_figures(cell.source) == [], cell["id"]


@pytest.mark.check
@every_chapter
def test_headings_are_in_order_under_one_h1(path):
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    levels = [len(found) for found in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert len(headings) == len(set(headings))


@pytest.mark.check
@every_chapter
def test_cells_have_stable_readable_ids_and_known_tags(path):
    notebook = nbformat.read(path, as_version=4)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-+[a-z]+)*", name) or len(name) > 64] == []
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    assert tags <= {"parameters", "hide-code", "qa-only"}


@pytest.mark.check
@every_chapter
def test_the_tables_that_a_chapter_shows_are_declared(path):
    metadata = nbformat.read(path, as_version=4).metadata["reportlib"]
    declared = {table["id"] for table in metadata["tables"]}
    counted = re.compile(r'chapter\.(?:compare|measure|published|counts)\(\s*"([^"]+)"')
    used = {name for cell in analysis(path) for name in counted.findall(cell.source)}
    assert used == declared


@pytest.mark.check
def test_the_summary_explains_verdicts_in_the_words_of_the_spreadsheets():
    (cell,) = [cell for cell in cells(NOTEBOOKS / "00-summary.ipynb", "markdown") if cell["id"] == "what-verdicts-mean"]
    lines = [f"- *{capital(verdict)}*: {meaning}." for verdict, meaning in VERDICT_MEANINGS.items()]
    assert cell.source == "\n".join(lines)
