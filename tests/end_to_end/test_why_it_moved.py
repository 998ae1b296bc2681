"""Two demo years with one planted change of each cause: each move is attributed to the change that made it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from ruamel.yaml import YAML
from small_report import DEATHS, project, short_chapter

from reportlib.archive import recompute
from reportlib.archive.compare import Changes, Move, compare
from reportlib.archive.recompute import Recompute, recomputing
from reportlib.archive.runs import kept_run
from reportlib.archive.verify import MAIN
from reportlib.build import basis
from reportlib.errors import ReportError
from reportlib.inputs import demo
from reportlib.inputs.sources import read_all
from reportlib.inputs.spec import InputSpec
from reportlib.project import ROOT, code_digests

TABLE = {"id": "deaths-by-place", "measure": "deaths", "by": ["year", "establishment_type"], "period": "trend"}
REVISED = 30  # deaths of 2023-24 that the later extract places in another prison
PER = "decimals=2,"
FROM, TO = "category-b-or-local", "category-c"


def code(folder: Path, per: str) -> Path:
    """The project with one short chapter, and deaths per so many prisoners."""
    ignore = shutil.ignore_patterns("__pycache__", "demo")
    for name in ("src", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "requirements.lock", folder)
    path = short_chapter(folder / "notebooks") / "30-deaths.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["reportlib"]["tables"] = [TABLE]
    nbformat.write(notebook, path)
    measures = folder / "src" / "reportlib" / "measures.py"
    held = measures.read_text(encoding="utf-8")
    assert held.count(PER) == 1
    measures.write_text(held.replace(PER, f"{PER}\n            per={per},"), encoding="utf-8")
    return folder


def facts(root: Path, params: Path, to: Path) -> Path:
    """What `reportlib facts` of that project gives."""
    command = [sys.executable, "-c", MAIN, "facts", str(params), "--to", str(to)]
    to.mkdir(parents=True)
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(root / "src")}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return to


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Changes:
    """Last year's report and this year's, of which everything differs."""
    folder = tmp_path_factory.mktemp("compare")
    demo.write(folder / "now")
    shutil.copytree(folder / "now", folder / "then")
    deaths = pd.read_csv(folder / "then" / "fatal_incidents.csv", dtype=str, keep_default_na=False)
    places = pd.read_csv(folder / "then" / "establishments.csv", dtype=str)
    kinds = dict(zip(places["establishment"], places["establishment_type"], strict=True))
    slugs = deaths["establishment"].map(kinds).str.lower().str.replace(" ", "-")
    other = next(name for name, kind in kinds.items() if kind.lower().replace(" ", "-") == TO)
    year = deaths["notified_date"].between("2023-04-01", "2024-03-31")
    moved = deaths.index[year & (slugs == FROM) & (deaths["setting"] == "prison")][:REVISED]
    assert len(moved) == REVISED
    deaths.loc[moved, "establishment"] = other
    deaths[deaths["notified_date"] <= "2024-03-31"].to_csv(folder / "then" / "fatal_incidents.csv", index=False)
    old, new = code(folder / "old", "10_000"), code(folder / "new", "1_000")
    given = {"pooled_years": 1, "trend_years": 2}
    then = project(folder / "a", folder / "then", DEATHS, **given, confidence_level=0.9)
    then.change(reporting_year="2023-24")
    now = project(folder / "b", folder / "now", DEATHS, **given)
    a = kept_run(facts(old, then.params, folder / "runs-a" / "runs" / "a"))
    b = kept_run(facts(new, now.params, folder / "runs-b" / "runs" / "b"))
    with recomputing(a, b, [old, new]) as compute:
        return compare(a, b, compute)


def move(found: Changes, kind: str, statistic: str, year: str = "2023-24") -> Move:
    (one,) = [
        move
        for move in found.moves
        if move.key.id == f"deaths/establishment_type/{kind}/{statistic}" and move.key.when == year
    ]
    return one


@pytest.mark.full
def test_everything_that_differs_was_worked_out_again(found):
    assert [(cause.name, cause.why_not) for cause in found.causes] == [
        ("period", ""),
        ("data", ""),
        ("parameters", ""),
        ("code", ""),
    ]


@pytest.mark.full
def test_records_that_were_revised_are_data(found):
    assert (move(found, FROM, "numerator").by, move(found, FROM, "numerator").causes) == (REVISED, ("data",))
    assert (move(found, TO, "numerator").by, move(found, TO, "numerator").causes) == (-REVISED, ("data",))


@pytest.mark.full
def test_a_rate_of_another_unit_is_code(found):
    rate = move(found, "all", "value")
    assert rate.causes == ("code",)
    assert rate.amounts["code"] == rate.by
    assert rate.a and rate.b
    assert rate.a.value == pytest.approx(10 * rate.b.value, abs=0.1)  # printed to two places


@pytest.mark.full
def test_limits_of_another_level_are_parameters_and_code(found):
    upper = move(found, "all", "upper")
    assert upper.causes == ("parameters", "code")
    assert upper.amounts["parameters"] > 0  # a higher level of confidence reaches further
    assert upper.amounts["code"] < 0


@pytest.mark.full
def test_a_year_that_is_new_is_the_period(found):
    new = move(found, "all", "numerator", "2024-25")
    assert (new.a, new.causes) == (None, ("period",))


@pytest.mark.full
def test_what_nothing_changed_did_not_move(found):
    both = [one for one in found.moves if one.a and one.b]
    assert [one.key for one in both if one.key.id.endswith("/denominator") and one.key.when == "2023-24"] == []


def test_code_and_inputs_are_taken_from_the_bundle_of_a_run(made_once, tmp_path):
    run = kept_run(made_once.current)
    with recomputing(run, run) as compute:
        alone = Recompute(run, run, projects=[], data=[], work=compute.work)
        given = alone.parameters({part: run for part in ("period", "data", "parameters", "code")})
        assert alone.code(run) == compute.work / run.id
        assert code_digests(alone.code(run)) == run.code
        assert all(spec["path"].startswith(str(compute.work)) for spec in given["inputs"].values())
    (made_once.edition / "archive" / f"{run.id}.zip").rename(tmp_path / "bundle.zip")
    with recomputing(run, run) as compute:
        gone = Recompute(run, run, projects=[], data=[], work=compute.work)
        with pytest.raises(ReportError, match=r"The code that made the run \w+ is not here"):
            gone.code(run)
    (tmp_path / "bundle.zip").rename(made_once.edition / "archive" / f"{run.id}.zip")


def test_code_of_no_commit_is_not_run_from_a_bundle_unasked(made_once, monkeypatch):
    run = kept_run(made_once.current)
    told = {"code": "another", "lock": "another"}
    monkeypatch.setattr(recompute, "code_digests", lambda folder=None: code_digests(folder) if folder else told)
    monkeypatch.setattr(recompute, "code_told", lambda folder: ("", False))
    with recomputing(run, run) as compute:
        alone = Recompute(run, run, projects=[], data=[], work=compute.work)
        with pytest.raises(ReportError, match="code of no commit of this repository"):
            alone.code(run)
        assert replace(alone, projects=[compute.work / run.id]).code(run) == compute.work / run.id  # asked


def test_inputs_that_were_not_archived_are_known_by_their_checksum(made_once, demo_data, tmp_path):
    run = kept_run(made_once.current)
    everything = {part: run for part in ("period", "data", "parameters", "code")}
    gone = Recompute(run, run, projects=[], data=[], work=tmp_path)
    with pytest.raises(ReportError, match=r"The input \w+ of the run \w+ is not here as it was"):
        gone.parameters(everything)
    found = replace(gone, data=[demo_data]).parameters(everything)
    assert found["inputs"]["population"]["path"] == str(demo_data / "population.parquet")
    shutil.copytree(demo_data, tmp_path / "other")
    with (tmp_path / "other" / "establishments.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(ReportError, match="The input establishments"):
        replace(gone, data=[tmp_path / "other"]).parameters(everything)


@pytest.mark.full
def test_a_table_of_a_database_is_taken_from_its_snapshot(tmp_path, demo_data, monkeypatch):
    """The database has other rows by then, and is not asked."""
    places = pd.read_csv(demo_data / "establishments.csv", dtype=str)
    with sqlite3.connect(tmp_path / "places.db") as db:
        places.to_sql("places", db, index=False)
    own = project(tmp_path, demo_data, DEATHS, pooled_years=1, trend_years=2)
    inputs = YAML().load(own.params)["inputs"]
    inputs["establishments"] = {
        "kind": "sqlite", "path": str(tmp_path / "places.db"), "table": "places", "status": "synthetic",
    }  # fmt: skip
    own.change(inputs=inputs)
    monkeypatch.setattr(basis, "NOTEBOOKS", short_chapter(tmp_path / "notebooks"))
    own.make()
    run = kept_run(own.current)
    with sqlite3.connect(tmp_path / "places.db") as db:
        db.execute("DELETE FROM places")
    with recomputing(run, run) as compute:
        alone = Recompute(run, run, projects=[], data=[], work=compute.work)
        given = alone.parameters({part: run for part in ("period", "data", "parameters", "code")})
        snapshot = Path(given["inputs"]["establishments"]["snapshot"])
        assert snapshot.is_relative_to(compute.work)
        assert pd.read_parquet(snapshot)["establishment"].tolist() == sorted(places["establishment"])
        assert read_all({"establishments": InputSpec(**given["inputs"]["establishments"])}, tmp_path, ROOT)
