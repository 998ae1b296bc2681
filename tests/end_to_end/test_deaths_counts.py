"""Deaths and populations in the form in which they are published: mapped, counted by hand, nothing made up."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from reportlib import facts
from reportlib.build.basis import Basis, checked_inputs
from reportlib.build.execute import execute
from reportlib.build.plan import plan
from reportlib.build.prepare import prepare
from reportlib.display import MIME
from reportlib.facts import Fact
from reportlib.params import load
from reportlib.project import NOTEBOOKS

# Year and month of death, establishment, cause. No ethnicity, sex or date of notification.
DEATHS = [
    *[(2023, 5, "Leeds", "Natural causes")] * 12,
    *[(2024, 3, "Leeds", "Self-inflicted")] * 6,  # March 2024 is still in 2023-24
    *[(2024, 4, "Leeds", "Natural causes")] * 9,
    *[(2024, 12, "Leeds", "Homicide")] * 6,
    *[(2023, 11, "Dartmoor", "Natural causes")] * 7,
    *[(2025, 3, "Dartmoor", "Natural causes")] * 14,
    *[(2025, 4, "Leeds", "Natural causes")] * 20,  # April 2025 is after the years of the report
]
# Month, establishment, population; a duplicate that is flagged, and a month in which one prison gave nothing.
POPULATION: list[tuple[str, str, int | str, str]] = [
    ("2023-04-30", "Leeds", 1000, ""),
    ("2023-04-30", "Leeds", 1000, "Y"),
    ("2023-04-30", "Dartmoor", 600, ""),
    ("2023-10-31", "Leeds", 1100, ""),
    ("2023-10-31", "Dartmoor", 640, ""),
    ("2024-04-30", "Leeds", 1200, ""),
    ("2024-04-30", "Dartmoor", 500, ""),
    ("2024-07-31", "Leeds", 1220, ""),
    ("2024-07-31", "Dartmoor", "", ""),
    ("2024-10-31", "Leeds", 1240, ""),
    ("2024-10-31", "Dartmoor", 520, ""),
]
TYPES = "Prison,Function\nLeeds,Local\nDartmoor,Category C\n"
PARAMS = """\
reporting_year: 2024-25
contact: statistics@example.org
publication_date: 2025-11-27
pooled_years: 2
trend_years: 2
inputs:
  fatal_incidents:
    path: {folder}/deaths-*.csv
    status: published
    columns: {{incident_id: No, death_year: Year, death_month: Month, establishment: Prison, cause: Cause}}
    codes:
      cause: {{Natural causes: natural causes, Self-inflicted: self-inflicted, Homicide: homicide}}
  population:
    path: {folder}/population.csv
    status: published
    date_format: "%d/%m/%Y"
    columns: {{snapshot_date: Date, establishment: Prison, number: Population}}
    exclude: {{Duplicate: ["Y"]}}
  establishments:
    path: {folder}/establishments.csv
    status: published
    columns: {{establishment: Prison, establishment_type: Function}}
    codes:
      establishment_type: {{Local: Category B or local}}
"""


def write(folder: Path) -> Path:
    rows = [f"{n},{year},{month},{place},{cause}\n" for n, (year, month, place, cause) in enumerate(DEATHS)]
    (folder / "deaths-1.csv").write_text("No,Year,Month,Prison,Cause\n" + "".join(rows[:20]))
    (folder / "deaths-2.csv").write_text("No,Year,Month,Prison,Cause\n" + "".join(rows[20:]))
    held = [f"{day[8:]}/{day[5:7]}/{day[:4]},{place},{number},{flag}\n" for day, place, number, flag in POPULATION]
    blank = ",,,\n"  # exports end so
    (folder / "population.csv").write_text("Date,Prison,Population,Duplicate\n" + "".join(held) + blank)
    (folder / "establishments.csv").write_text(TYPES)
    (folder / "params.yml").write_text(PARAMS.format(folder=folder))
    return folder / "params.yml"


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deaths chapter, executed on these files: its work folder."""
    folder = tmp_path_factory.mktemp("deaths")
    params = load(write(folder))
    (folder / "notebooks").mkdir()
    shutil.copy(NOTEBOOKS / "30-deaths-in-custody.ipynb", folder / "notebooks")
    chapters = plan(folder / "notebooks", params.grouping)
    sources, findings = checked_inputs(params, folder / "inputs")
    prepare(Basis(params, chapters, sources, findings)).write(folder / "handoff")
    execute(chapters, params.analysis(), folder / "handoff", folder / "executed", lambda *told: None)
    return folder


@pytest.fixture(scope="module")
def published(chapter: Path) -> dict[tuple[str, str], Fact]:
    """The facts of the table by year and type, by name and year."""
    held = facts.read([chapter / "handoff" / "facts" / "deaths-in-custody.jsonl"])
    return {(fact.id, fact.period): fact for fact in held if fact.table == "deaths-by-year-and-type"}


LOCAL, OPEN = "category-b-or-local", "category-c"


@pytest.mark.parametrize(
    ("kind", "year", "deaths", "population"),
    [
        (LOCAL, "2023-24", 18, (1000 + 1100) / 2),
        (LOCAL, "2024-25", 15, (1200 + 1220 + 1240) / 3),
        (OPEN, "2023-24", 7, (600 + 640) / 2),
        (OPEN, "2024-25", 14, (500 + 0 + 520) / 3),  # three snapshots in the year, and nobody there at one
        ("all", "2023-24", 25, (1600 + 1740) / 2),
        ("all", "2024-25", 29, (1700 + 1220 + 1760) / 3),
    ],
)
def test_deaths_average_population_and_rate_by_year_and_type(published, kind, year, deaths, population):
    def value(statistic: str) -> Any:
        return published[f"deaths/establishment_type/{kind}/{statistic}", year].value

    assert value("numerator") == deaths
    assert value("denominator") == round(population, 1)
    assert value("value") == round(deaths / population * 1000, 2)


def test_a_rate_is_printed_with_its_interval(published):
    assert published[f"deaths/establishment_type/{LOCAL}/value", "2023-24"].text == "17.14"
    lower = published[f"deaths/establishment_type/{LOCAL}/lower", "2023-24"].value
    upper = published[f"deaths/establishment_type/{LOCAL}/upper", "2023-24"].value
    assert lower < 17.14 < upper


def test_every_figure_carries_the_status_of_its_inputs(published):
    assert {fact.status for fact in published.values()} == {("published",)}


def test_tables_by_ethnicity_say_that_they_are_not_available_and_why(chapter):
    notebook = nbformat.read(chapter / "executed" / "30-deaths-in-custody.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    models = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
    notes = {model["id"]: model["text"] for model in models if model["kind"] == "say"}
    tables = {model["id"] for model in models if model["kind"] == "table"}
    for name in (
        "deaths-by-ethnicity",
        "deaths-by-cause-and-ethnicity",
        "deaths-trend",
        "deaths-by-establishment-type",
    ):
        assert "[x], because the input fatal incidents has no ethnicity code" in notes[f"{name}-unavailable"]
        assert name not in tables
    assert "deaths-by-year-and-type" in tables


def test_the_duplicate_and_the_blank_are_findings(chapter):
    run = (chapter / "handoff" / "run.json").read_text(encoding="utf-8")
    assert "rows are left out, as exclude: of Duplicate asks" in run and "in all 1" not in run
    assert "population.csv, number of people: the number of people is blank" in run
