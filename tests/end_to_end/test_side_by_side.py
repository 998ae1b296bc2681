"""Editions are made side by side and protected as one; none holds anything of another, none stops another."""

from __future__ import annotations

import csv
import json
import multiprocessing
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from small_report import DEATHS, Project, project, short_chapter

from reportlib.build import basis
from reportlib.build.cache import contents
from reportlib.build.index import write_index
from reportlib.build.pool import pool
from reportlib.build.report import Clock, Job, Made, Run, here
from reportlib.editions import NATIONAL, Edition, codes
from reportlib.errors import ReportError
from reportlib.inputs import demo
from reportlib.params import load
from reportlib.responses import responses_file

REGIONS = codes("region")
FIRST = Edition(name="first-6", title="First 6 regions", dimension="region", values=REGIONS[:6])
REST = Edition(name="rest", title="The rest", dimension="region", values=REGIONS[6:])
EDITIONS = (NATIONAL, FIRST, REST)
CHARTED = 'deaths = chapter.compare("deaths-by-place")\nchapter.chart(deaths)\nchapter.table(deaths)'
PICTURE = re.compile(r"<svg.*?</svg>", re.DOTALL)
QUIET = Clock(lambda stage: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Three editions of one chapter, made side by side; the chapter stays while the module's tests run.

    On enough deaths that each edition has a picture.
    """
    folder = tmp_path_factory.mktemp("editions")
    demo.write(folder / "demo", scale=0.5)
    own = project(folder, folder / "demo", DEATHS, pooled_years=3, trend_years=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basis, "NOTEBOOKS", short_chapter(folder / "notebooks", CHARTED, "ethnicity"))
        runs = own.editions(EDITIONS, pool(2, lambda job: None))
        assert not [run for run in runs.values() if isinstance(run, ReportError)], runs
        yield own


def elsewhere(made: Project, folder: Path) -> Project:
    return Project(made.params, folder)


def current(made: Project, edition: Edition) -> Path:
    return (made.year / edition.name / "current").resolve()


def failing(notebooks: Path, edition: Edition) -> None:
    """A chapter that cannot be made in one edition; its code holds no figure, which no other edition could declare."""
    first = edition.name.partition("-")[0]
    short_chapter(notebooks, f"assert not chapter.edition.startswith({first!r})\n{CHARTED}", "ethnicity")


# Nothing of one edition in another


@pytest.mark.parametrize("edition", [FIRST, *(pytest.param(each, marks=pytest.mark.full) for each in (NATIONAL, REST))])
def test_an_edition_made_beside_others_is_the_one_made_alone(made, tmp_path, edition):
    """Every file of it: pages, pictures, tables, facts and notebooks."""
    alone = elsewhere(made, tmp_path)
    alone.editions([edition], here(QUIET, lambda *told: None), among=EDITIONS)
    assert contents(current(alone, edition)) == contents(current(made, edition))


def test_each_edition_shows_its_own_pictures_and_facts_and_says_which_it_is(made):
    pictures, figures = {}, {}
    for edition in EDITIONS:
        run = current(made, edition)
        page = (run / "report.html").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in (run / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
        assert {line["edition"] for line in lines} == {edition.name}
        assert edition.heading("") in page
        assert f"{edition.title} edition" in page
        assert not [other.title for other in EDITIONS if other != edition and f"{other.title} edition" in page]
        pictures[edition.name] = set(PICTURE.findall(page))
        figures[edition.name] = (run / "data" / "deaths-by-place.csv").read_text(encoding="utf-8")
        shown = {line["text"].replace(",", "") for line in lines if line["statistic"] == "denominator"}
        assert shown <= set(re.split(r"[,\n]", figures[edition.name]))
    assert all(pictures.values())
    assert len(set(figures.values())) == len(EDITIONS)
    assert not pictures["first-6"] & pictures["rest"]
    assert not pictures["national"] & (pictures["first-6"] | pictures["rest"])


def test_an_edition_is_archived_with_its_answers_under_the_name_by_which_they_are_read(made):
    for edition, name in ((NATIONAL, "parameters.responses.yml"), (FIRST, "parameters.first-6.responses.yml")):
        (archive,) = (made.year / edition.name / "archive").glob("*.zip")
        with zipfile.ZipFile(archive) as held:
            answers = [path for path in held.namelist() if path.endswith("responses.yml")]
        assert [path.rpartition("/")[2] for path in answers] == [name]
        assert responses_file(Path("parameters.yml"), edition.name).name == name


# Nothing hidden is given back


def test_no_hidden_count_of_any_edition_can_be_worked_out_from_the_others(made):
    """The deaths of all regions are the nation's, and those of all ethnic groups are all."""
    shown = {edition.name: deaths(current(made, edition)) for edition in EDITIONS}
    sums = [[(name, group) for name in shown] for group in shown["national"]]
    sums += [[(name, "All"), *((name, group) for group in table if group != "All")] for name, table in shown.items()]
    for whole, *parts in ([shown[name][group] for name, group in cells] for cells in sums):
        assert None in (whole, *parts) or whole == sum(parts)  # so these are sums that hold
    hidden = [(name, group) for name, table in shown.items() for group, count in table.items() if count is None]
    assert hidden
    assert determined(hidden, sums) == []
    assert any(determined([cell for cell in hidden if cell != told], sums) for told in hidden)  # one less is too few


def deaths(run: Path) -> dict[str, int | None]:
    """The deaths of each ethnic group as a reader sees them; None where they are hidden."""
    with (run / "data" / "deaths-by-place.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["Ethnic group"]: None if row["Deaths"] == "[c]" else int(row["Deaths"].replace(",", "")) for row in rows
    }


def determined(hidden: list[tuple[str, str]], sums: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The hidden cells to which the sums leave one value."""
    rows = np.array([[(cell in parts) * (1 - 2 * (cell == parts[0])) for cell in hidden] for parts in sums])
    rank = np.linalg.matrix_rank(rows)
    units = np.eye(len(hidden), dtype=int)
    return [cell for cell, unit in zip(hidden, units, strict=True)
            if np.linalg.matrix_rank(np.vstack([rows, unit])) == rank]  # fmt: skip


# Nothing stops another


@pytest.mark.full
def test_a_process_that_is_killed_costs_nothing(made, tmp_path):
    again, began = elsewhere(made, tmp_path), []

    def kill_once(job: Job) -> None:
        began.append(job.edition.name)
        if len(began) == 1:
            multiprocessing.active_children()[0].kill()

    runs = again.editions(EDITIONS, pool(2, kill_once))
    assert not [run for run in runs.values() if isinstance(run, ReportError)]
    assert sorted(began) == sorted([began[0], *runs])  # that one twice
    assert all(contents(current(again, edition)) == contents(current(made, edition)) for edition in EDITIONS)


@pytest.mark.full
def test_a_process_that_is_killed_while_it_has_nothing_to_do_costs_nothing(made, tmp_path):
    def make(jobs: Iterator[Job]) -> Iterator[Made]:
        for one in pool(1, lambda job: None)(jobs):
            yield one
            for process in multiprocessing.active_children():
                process.kill()
                process.join()

    runs = elsewhere(made, tmp_path).editions(EDITIONS, make)
    assert [type(run) for run in runs.values()] == [Run, Run, Run]


@pytest.mark.full
def test_an_edition_whose_process_dies_each_time_is_given_up_alone(made, tmp_path):
    def kill(job: Job) -> None:
        if job.edition == REST:
            multiprocessing.active_children()[0].kill()

    runs = elsewhere(made, tmp_path).editions(EDITIONS, pool(1, kill))
    assert "died 2 times" in str(runs["rest"])
    assert [type(runs[name]) for name in ("national", "first-6")] == [Run, Run]
    assert multiprocessing.active_children() == []


@pytest.mark.full
def test_one_that_fails_stops_no_other_and_the_next_run_makes_it_alone(made, tmp_path, monkeypatch):
    again, began = elsewhere(made, tmp_path / "outputs"), []
    monkeypatch.setattr(basis, "NOTEBOOKS", tmp_path / "notebooks")
    failing(tmp_path / "notebooks", FIRST)
    runs = again.editions(EDITIONS, pool(2, lambda job: None))
    assert "AssertionError" in str(runs["first-6"])
    assert "What was made is in" in str(runs["first-6"])
    assert [type(runs[name]) for name in ("national", "rest")] == [Run, Run]
    index = write_index(load(made.params), dict(zip(EDITIONS, runs.values(), strict=True)), again.year)
    said = index.read_text(encoding="utf-8")
    assert "First 6 regions: could not be made this time" in said
    assert "rest/current/report.html" in said

    short_chapter(tmp_path / "notebooks", CHARTED, "ethnicity")
    runs = again.editions(EDITIONS, pool(2, lambda job: began.append(job.edition.name)))
    assert began == ["first-6"]
    assert [run.new for run in runs.values()] == [False, True, False]


def test_the_page_over_all_editions_leads_to_each_and_says_how_much_it_shows(made):
    runs = {edition: Run(current(made, edition), True) for edition in EDITIONS}
    index = write_index(load(made.params), runs, made.year)  # raises if it fails its gates
    page = index.read_text(encoding="utf-8")
    for link in re.findall(r'href="([^"#]+/report\.(?:html|pdf))"', page):
        assert (made.year / link).is_file()
    assert len(re.findall(r"[\d.]+% of its counts are shown", page)) == len(EDITIONS)
    assert ", ".join(FIRST.values) in page
