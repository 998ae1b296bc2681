"""Small reports: parameter files on a small demo set, and a folder with one short chapter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from ruamel.yaml import YAML

from reportlib.build.report import Clock, Maker, Request, Run, produce, report
from reportlib.editions import Edition
from reportlib.errors import ReportError
from reportlib.params import load, parameters_cell
from reportlib.responses import read_responses, responses_file

SUFFIX = {"population": "parquet", "probation_terminations": "parquet"}
EVERYTHING = (
    *("complaints", "nomis_ethnicity", "population", "fatal_incidents"),
    *("probation_terminations", "probation_caseload", "establishments"),
)
DEATHS = ("population", "fatal_incidents", "establishments")
ANALYSIS = 'deaths = chapter.measure("deaths-by-place")\nchapter.table(deaths)'


@dataclass(frozen=True)
class Project:
    """A parameter file and the folder that its runs go to."""

    params: Path
    outputs: Path

    @property
    def year(self) -> Path:
        return self.outputs / "2024-25"

    @property
    def edition(self) -> Path:
        return self.year / "national"

    @property
    def current(self) -> Path:
        return (self.edition / "current").resolve()

    def runs(self) -> list[str]:
        return sorted(path.name for path in (self.edition / "runs").iterdir())

    def change(self, **values: Any) -> None:
        """Write other parameters."""
        yaml = YAML()
        held = yaml.load(self.params)
        held.update(values)
        yaml.dump(held, self.params)

    def make(self) -> Run:
        return report(load(self.params), read_responses(responses_file(self.params)), self.outputs)

    def editions(
        self,
        editions: Sequence[Edition],
        maker: Maker,
        done: Callable[[Edition, Run | ReportError], None] = lambda edition, run: None,
        among: Sequence[Edition] = (),
    ) -> dict[str, Run | ReportError]:
        """The report of several editions, protected with all that they are `among`."""
        loaded = load(self.params).model_copy(update={"editions": tuple(among or editions)})
        runs = produce(Request(loaded, editions, {}, self.outputs), Clock(lambda stage: None), maker, done)
        return {edition.name: run for edition, run in zip(editions, runs, strict=True)}

    def cli(self, *also: str) -> subprocess.CompletedProcess[str]:
        """`reportlib report` as a user runs it."""
        return subprocess.run(self.command(*also), capture_output=True, text=True, check=False)

    def command(self, *also: str, what: str = "report") -> list[str]:
        reportlib = Path(sys.executable).with_name("reportlib")
        return [str(reportlib), what, str(self.params), "--outputs", str(self.outputs), *also]


def project(folder: Path, data: Path, names: tuple[str, ...] = EVERYTHING, **values: Any) -> Project:
    """A project on the demo data, in a folder of its own."""
    inputs = {name: {"path": str(data / f"{name}.{SUFFIX.get(name, 'csv')}"), "status": "synthetic"} for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    made = {"reporting_year": "2024-25", "publication_date": "2025-11-27", "inputs": inputs} | values
    lines = "".join(f"{name}: {made.pop(name)}\n" for name in ("reporting_year", "publication_date"))
    with (folder / "params.yml").open("w", encoding="utf-8") as file:
        file.write(lines)
        YAML().dump(made, file)
    return Project(folder / "params.yml", folder / "outputs")


def short_chapter(folder: Path, analysis: str = ANALYSIS, by: str = "establishment_type") -> Path:
    """A folder of notebooks with one chapter of one table."""
    names = [line.partition(":")[0] for line in parameters_cell().splitlines()]
    given = ", ".join(f"{name}={name}" for name in names)
    setup = f'from reportlib.chapter import open_chapter\n\nchapter = open_chapter("deaths", {given})'
    cells = [
        new_markdown_cell("# Deaths by type of establishment\n\nWhere do people die?", id="question"),
        new_code_cell(parameters_cell(), id="parameters", metadata={"tags": ["parameters"]}),
        new_code_cell(setup, id="setup", metadata={"tags": ["hide-code"]}),
        new_markdown_cell("## Deaths", id="text-deaths"),
        new_code_cell(analysis, id="deaths-by-place"),
        new_code_cell("chapter.close()", id="close", metadata={"tags": ["hide-code"]}),
    ]
    table = {"id": "deaths-by-place", "measure": "deaths", "by": [by]}
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "reportlib": {"chapter": "deaths", "tables": [table]},
    }
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=metadata), folder / "30-deaths.ipynb")
    return folder
