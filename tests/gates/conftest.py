"""A small finished run, made by the report's own code from counts typed here, for leaks to be planted in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from reportlib import chapter as chapters
from reportlib import facts
from reportlib.build import released
from reportlib.build.page import Page, read_chapter
from reportlib.build.pdf import pdf_report
from reportlib.build.render import html_chapters, html_report
from reportlib.build.workbook import csv as csv_text
from reportlib.build.workbook import csvw, ods, xlsx
from reportlib.disclosure import CountTable, Policy
from reportlib.gates import figures
from reportlib.gates.notebooks import KERNEL, LANGUAGE
from reportlib.gates.statement import statement
from reportlib.handoff import Handoff
from reportlib.measures import MEASURES
from reportlib.params import Params, parameters_cell

CHAPTER = "uphold-rates"
PUBLISHED = "deaths-by-cause"
UPHELD = {"A": 90, "B": 260, "M": 60, "W": 1500, "O": None, "NS": None, "all": 1975}
DECIDED = {"A": 400, "B": 900, "M": 240, "W": 4000, "O": 60, "NS": 150, "all": 5750}
PARTS = {"numerator": "complaints/upheld", "denominator": "complaints/decided"}
TABLES = {
    "uphold-rate-by-ethnicity": {"by": ["ethnicity"], "period": "pooled", "adjust": ["category"]},
    "uphold-rate-trend": {"by": ["year", "ethnicity"], "period": "trend", "adjust": []},
}
STEPS: dict[str, Callable[[Any], None]] = {
    "pooled": lambda chapter: _show(chapter, "uphold-rate-by-ethnicity", "say", "chart", "table", "evidence"),
    "shares": lambda chapter: chapter.shares(
        chapter.compare("uphold-rate-by-ethnicity"), "complaints upheld", "complaints decided"
    ),
    "beside": lambda chapter: chapter.beside(*[chapter.compare("uphold-rate-by-ethnicity")] * 2),
    "trend": lambda chapter: _show(chapter, "uphold-rate-trend", "say", "chart", "table"),
    "published": lambda chapter: chapter.published(PUBLISHED),
    "rules": lambda chapter: chapter.about("rules"),
    "headlines": lambda chapter: chapter.headlines(),
    "points": lambda chapter: chapter.main_points(),
    "close": lambda chapter: chapter.close(),
}


def _show(chapter: Any, table: str, *ways: str) -> None:
    comparison = chapter.compare(table)
    for way in ways:
        getattr(chapter, way)(comparison)


def _params() -> Params:
    source = {"path": "complaints.csv", "status": "synthetic"}
    return Params(reporting_year="2024-25", publication_date=date(2025, 11, 27), inputs={"complaints": source})


def _handoff(folder: Path, params: Params) -> None:
    """Protected counts and estimates as the build hands them to a chapter."""
    pooled = pd.DataFrame({"ethnicity": list(UPHELD), "numerator": UPHELD.values(), "denominator": DECIDED.values()})
    by_year = [pooled.assign(year=year, numerator=pooled["numerator"] // 3, denominator=pooled["denominator"] // 3)
               for year in params.trend]  # fmt: skip
    kept: list[released.Published] = []
    for table, counts in {"uphold-rate-by-ethnicity": pooled, "uphold-rate-trend": pd.concat(by_year)}.items():
        counts = counts.astype({"numerator": "Int64", "denominator": "Int64"}).reset_index(drop=True)
        counts["mark"] = counts["numerator"].isna().map({True: "c", False: ""})
        by = TABLES[table]["by"]
        shown = counts.loc[counts["mark"].eq(""), by]
        nothing = dict.fromkeys(["lower", "upper", "p_value"], float("nan"))
        estimates = [shown.assign(statistic="deff", value=1.0, **nothing)]
        if table == "uphold-rate-by-ethnicity":
            black = shown[shown["ethnicity"].eq("B")]
            estimates.append(black.assign(statistic="adjusted", value=0.81, lower=0.72, upper=0.91, p_value=0.001))
        for name, frame in (("counts", counts), ("estimates", pd.concat(estimates))):
            (folder / name).mkdir(parents=True, exist_ok=True)
            frame.to_parquet(folder / name / f"{table}.parquet", index=False)
        kept += [_kept(table, counts, column, part) for column, part in PARTS.items()]
    (folder / released.PATTERN).write_text(
        released.Publication.of("2024-25 national", kept, []).text(), encoding="utf-8"
    )
    run = {
        "parameters": params.analysis(), "definitions": {code: of.definition for code, of in MEASURES.items()},
        "disclosure": params.disclosure.model_dump(), "status": ["synthetic"],
        "code": "c" * 64, "lock": "1" * 64, "inputs": [], "findings": [], "hidden": [], "responses": {},
        "rules": Policy().reasons().to_dict("records"),
        "chapters": {CHAPTER: {"tables": list(TABLES), "published": [PUBLISHED], "reads_facts": True}},
        "headlines": ["uphold-rate-by-ethnicity"],
        "tables": {
            name: {"measure": "upheld", "grouping": "5+1", "status": ["synthetic"], "unavailable": None, **held}
            for name, held in TABLES.items()
        },
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")


def _kept(table: str, counts: pd.DataFrame, column: str, part: str) -> released.Published:
    """One column of a table as the run keeps it."""
    year = counts.get("year", "2022-23 to 2024-25")
    frame = counts[["ethnicity"]].assign(year=year, value=counts[column].fillna(0))
    hidden = counts[column].isna()
    return released.published(CountTable(f"{table}: {part}", part, frame), list(~hidden), list(hidden))


def _notebook(params: Params, handoff: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """The chapter as papermill would leave it."""
    shown: list[nbformat.NotebookNode] = []
    monkeypatch.setattr(chapters, "display", lambda data, raw: shown.append(new_output("display_data", data)))
    chapter = chapters.Chapter(CHAPTER, params.analysis(), Handoff(handoff))
    given = "".join(f"{name} = {json.dumps(value)}\n" for name, value in params.analysis().items())
    cells = [
        new_markdown_cell("# Are complaints upheld as often?\n\nGroups are those of 5+1.", id="question"),
        new_code_cell(parameters_cell(), id="parameters", metadata={"tags": ["parameters", "hide-code"]}),
        new_code_cell(f"# Parameters\n{given}", id="injected", metadata={"tags": ["injected-parameters"]}),
        new_code_cell("chapter = open_chapter()", id="setup", outputs=shown),
    ]
    for name, step in STEPS.items():
        shown = []
        monkeypatch.setattr(
            chapters, "display", lambda data, raw, shown=shown: shown.append(new_output("display_data", data))
        )
        if name == "headlines":
            facts.write(chapter._facts, handoff / "facts" / "uphold-rates.jsonl")
        step(chapter)
        cells.append(new_code_cell(f"chapter.{name}()", id=name, outputs=shown))
    for number, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
        cell.execution_count = number
    declared = {
        "chapter": CHAPTER,
        "tables": [
            *({"id": name, "measure": "upheld", "adjust": held["adjust"]} for name, held in TABLES.items()),
            {"id": PUBLISHED, "published": PUBLISHED},
        ],
        "reads_facts": True,
    }
    metadata = {"kernelspec": KERNEL, "language_info": {**LANGUAGE, "version": "3.11.7"}, "reportlib": declared}
    return new_notebook(cells=cells, metadata=metadata)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run as it was made; tests change copies."""
    folder, handoff = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("handoff")
    params = _params()
    _handoff(handoff, params)
    with pytest.MonkeyPatch.context() as monkeypatch:
        notebook = _notebook(params, handoff, monkeypatch)
    page = Page(params.title, params.reporting_year, publication_date=params.publication_date, status=("synthetic",))
    every = [notebook, statement()]
    for name in ("chapters", "data", "notebooks"):
        (folder / name).mkdir()
    for name in ("run.json", released.PATTERN):
        shutil.copy(handoff / name, folder / name)
    shutil.copy(handoff / "facts" / "uphold-rates.jsonl", folder / "facts.jsonl")
    (folder / "parameters.json").write_text(params.model_dump_json(), encoding="utf-8")
    nbformat.write(notebook, folder / "notebooks" / "20-uphold-rates.ipynb")
    (folder / "report.html").write_text(html_report(every, page), encoding="utf-8")
    (folder / "report.pdf").write_bytes(pdf_report(every, page))
    for name, text in html_chapters(every, page).items():
        (folder / "chapters" / name).write_text(text, encoding="utf-8")
    models = [model for _, model in read_chapter(notebook).models() if model["kind"] == "table"]
    for model in models:
        (folder / "data" / f"{model['id']}.csv").write_bytes(csv_text(model).encode())
        described = json.dumps(csvw(model, page))
        (folder / "data" / f"{model['id']}.csv-metadata.json").write_text(described, encoding="utf-8")
    (folder / "tables.xlsx").write_bytes(xlsx(models, page))
    (folder / "tables.ods").write_bytes(ods(models, page))
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """A copy of the finished run, to plant a leak in."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def faults(run: Path) -> list[str]:
    return [str(finding) for finding in figures.check_notebooks(run) or figures.check_files(run)]
