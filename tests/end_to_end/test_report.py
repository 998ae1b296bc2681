"""A report from end to end: complete or absent, the same again, never overwritten, and nobody to be found in it."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from attack import ANY, KINDS, Attack, Shown, every, small
from lxml import html
from ruamel.yaml import YAML
from small_report import ANALYSIS, DEATHS, Project, project
from typer.testing import CliRunner

from reportlib import facts
from reportlib.build.basis import checked_inputs
from reportlib.build.report import prepared, report
from reportlib.build.scratch import scratch
from reportlib.cli import app
from reportlib.display import MIME
from reportlib.errors import Finding, ReportError
from reportlib.inputs.release import Release
from reportlib.inputs.sources import read_all
from reportlib.measures import MEASURES, TableSpec
from reportlib.origin import origin, portable
from reportlib.params import load
from reportlib.presentation import SENTENCES
from reportlib.project import NOTEBOOKS, ROOT

FIVE = ("A", "B", "M", "O", "W", "NS")
CHAPTERS = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def scratch_left(made: Project) -> list[Path]:
    return [path for path in made.year.iterdir() if path.name.startswith(".")]


# The whole report


def test_the_run_is_complete(whole):
    folder = whole[0].current
    for name in (
        "report.html",
        "report.pdf",
        "facts.jsonl",
        "run.json",
        "parameters.json",
        "tables.xlsx",
        "tables.ods",
    ):
        assert (folder / name).stat().st_size > 1000, name
    assert sorted(path.name for path in (folder / "notebooks").iterdir()) == CHAPTERS
    assert len(list((folder / "chapters").glob("*.html"))) >= len(CHAPTERS)
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_command_says_how_long_each_stage_took_and_where_the_report_is(whole):
    said = whole[1].splitlines()
    stages = [
        "reading and checking inputs",
        "counting",
        "protecting",
        "estimating",
        "running the chapters",
        "rendering",
    ]
    seconds = [line for line in said if line.endswith(tuple(stages)) and " s  " in line]
    assert len(seconds) == len(stages)
    page, pdf = (Path(line) for line in said[-2:])
    assert (page.name, pdf.name) == ("report.html", "report.pdf")
    assert (Path.cwd() / page).resolve().parent == whole[0].current


def test_each_chapter_is_named_as_it_is_done(whole):
    for name in ("uphold-rates", "deaths-in-custody", "probation-outcomes", "summary", "methods-and-quality"):
        assert f"  {name}: done, " in whole[1]


def test_nothing_is_left_of_the_work(whole):
    assert scratch_left(whole[0]) == []
    assert not (whole[0].edition / "failed").exists()


def test_every_page_says_draft_and_synthetic(whole):
    text = html.parse(str(whole[0].current / "report.html")).getroot().text_content()
    assert "DRAFT" in text.upper()
    assert "synthetic" in text.lower()


def test_the_same_again_returns_the_same_run_without_running(whole):
    made, _ = whole
    before = {path: (made.current / path).stat().st_mtime_ns for path in files(made.current)}
    again = made.make()
    assert not again.new
    assert again.folder == made.current
    assert "running the chapters" not in again.seconds
    assert {path: (made.current / path).stat().st_mtime_ns for path in files(made.current)} == before


def test_a_run_holds_no_time_and_no_place(whole):
    made, _ = whole
    for path, content in files(made.current).items():
        if path.endswith((".ipynb", ".jsonl", ".html", ".csv")):
            assert str(made.edition).encode() not in content, path
            assert b'"start_time"' not in content, path


def test_the_summary_is_of_the_tables_by_ethnic_group_alone_in_the_order_of_the_chapters(whole):
    declared = [
        table
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for table in nbformat.read(path, as_version=4)["metadata"]["reportlib"].get("tables", [])
        if table.get("by") == ["ethnicity"] and "grouping" not in table and MEASURES[table["measure"]].kind != "count"
    ]
    run = json.loads((whole[0].current / "run.json").read_text(encoding="utf-8"))
    assert run["headlines"] == [table["id"] for table in declared]
    assert len(declared) >= 12


@pytest.mark.full
def test_two_fresh_runs_of_the_whole_report_are_the_same(whole, tmp_path, demo_data):
    again = replace(whole[0], outputs=tmp_path / "again")
    again.make()
    one, two = files(whole[0].current), files(again.current)
    assert facts.read([whole[0].current / "facts.jsonl"]) == facts.read([again.current / "facts.jsonl"])
    assert {name for name in one if one[name] != two.get(name)} == set()


# Nobody can be found: each small count of the records against each file of the run


@pytest.fixture(scope="module")
def small_counts(whole, tmp_path_factory) -> list[tuple[str, str, tuple[str, ...], str, float]]:
    """Every count of 1 to 5, and every mean over snapshots up to 5: table, column, codes, period, count."""
    params = load(whole[0].params)
    release = Release(read_all(dict(params.inputs), tmp_path_factory.mktemp("typed"), ROOT), params)
    run = json.loads((whole[0].current / "run.json").read_text(encoding="utf-8"))
    found = []
    for name, held in run["tables"].items():
        spec = TableSpec(name, MEASURES[held["measure"]], tuple(held["by"]), held["grouping"], held["period"])
        for column, part in zip(("numerator", "denominator"), spec.measure.parts, strict=False):
            counts = release.average(spec, part) if part.counts == "stock" else release.counts(spec, part)
            for row in counts.to_dict("records"):
                if 0 < row["value"] <= 5:
                    period = row.get("year", params.pooled_label)
                    found.append((name, column, tuple(str(row[key]) for key in spec.by), period, row["value"]))
    return found


def spec_of(made: Project, name: str) -> TableSpec:
    held = json.loads((made.current / "run.json").read_text(encoding="utf-8"))["tables"][name]
    return TableSpec(
        name, MEASURES[held["measure"]], tuple(held["by"]), held["grouping"], held["period"], apart=held["apart"]
    )


def test_there_are_many_small_counts_to_hide(small_counts):
    assert len(small_counts) > 100
    assert len({name for name, *_ in small_counts}) > 10


@pytest.fixture(scope="module")
def left_out(whole) -> dict[str, set[str]]:
    """The codes of which a table has no rows."""
    held = json.loads((whole[0].current / "run.json").read_text(encoding="utf-8"))["tables"]
    return {name: set(told["left_out"]) for name, told in held.items()}


def test_no_fact_holds_a_small_count_or_what_derives_from_it(whole, small_counts, left_out):
    held: dict[tuple[str, str, str], dict[str, facts.Fact]] = {}
    for fact in facts.read([whole[0].current / "facts.jsonl"]):
        cell, _, statistic = fact.id.rpartition("/")
        held.setdefault((fact.table, cell, fact.period), {})[statistic] = fact
    for name, column, codes, period, _ in small_counts:
        spec = spec_of(whole[0], name)
        cell = facts.fact_id(spec.measure.code, spec.axes, codes, "").rstrip("/")
        if left_out[name] & {*codes}:
            assert (name, cell, period) not in held
            continue
        found = held[name, cell, period]
        assert found[column].mark == "c", (name, codes)
        for statistic, fact in found.items():
            if statistic not in ("denominator", "verdict", *SENTENCES):
                assert (fact.value, bool(fact.mark)) == (None, True), fact.id
            assert statistic != "verdict" or fact.text == "not assessed"


def test_no_notebook_holds_a_small_count(whole, small_counts, left_out):
    models = {model["id"]: model for model in shown(whole[0]) if model["kind"] == "table"}
    for name, column, codes, _, count in [each for each in small_counts if not left_out[each[0]] & {*each[2]}]:
        row = row_of(models[name], spec_of(whole[0], name), codes)
        assert row[column]["text"] == "[c]", (name, codes, count)
        assert row[column]["value"] is None


def shown(made: Project) -> Iterator[dict[str, Any]]:
    """Every model that the executed notebooks show."""
    for path in sorted((made.current / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if MIME in output.get("data", {}):
                    yield output["data"][MIME]


def row_of(model: dict[str, Any], spec: TableSpec, codes: tuple[str, ...]) -> dict[str, Any]:
    """The row of a table by its codes: facts carry them whatever the row is called."""
    wanted = facts.fact_id(spec.measure.code, spec.axes, codes, "numerator")
    year = codes[spec.by.index("year")] if "year" in spec.by else ""
    (row,) = [
        row for row in model["rows"] if row["numerator"]["fact"] == wanted and (not year or row["year"]["text"] == year)
    ]
    return row


def test_the_plain_renditions_in_the_notebooks_say_what_the_tables_say(whole):
    for path in sorted((whole[0].current / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                assert output.output_type == "display_data", cell["id"]
                if output.data[MIME]["kind"] == "table":
                    tree = html.fromstring(output.data["text/html"])
                    plain = [[td.text_content() for td in tr] for tr in tree.iter("tr")][1:]
                    assert plain == as_texts(output.data[MIME])


def as_texts(model: dict[str, Any]) -> list[list[str]]:
    return [[row[column["key"]]["text"] for column in model["columns"]] for row in model["rows"]]


def test_the_pages_say_what_the_tables_say(whole):
    tree = html.parse(str(whole[0].current / "report.html")).getroot()
    models = [model for model in shown(whole[0]) if model["kind"] == "table"]
    assert len(models) > 40
    for model in models:
        (block,) = tree.xpath(f"//*[@id='table-{model['id']}']")
        rows = [[" ".join(cell.text_content().split()) for cell in row] for row in block.iter("tr")]
        if rows[0][0] == "Figure":  # a row a figure: its first column names them, its others are the groups
            rows = [list(column) for column in zip(*rows, strict=True)]
        body = [row for row in rows if len(row) == len(model["columns"])][-len(model["rows"]) :]
        early = sorted(model["columns"], key=lambda column: (column["role"] != "header", column["key"] != "verdict"))
        wanted = [[" ".join(text.split()) for text in row] for row in as_texts({**model, "columns": early})]
        assert [[bare(cell) for cell in row] for row in body] == [[bare(cell) for cell in row] for row in wanted]


def bare(text: str) -> str:
    """The first word of a cell; a page may explain a mark further."""
    return text.split(" ")[0] if text else ""


@pytest.fixture(scope="module")
def in_print(whole: tuple[Project, str], tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return Shown.of(whole[0], tmp_path_factory.mktemp("typed"))


@pytest.mark.parametrize("name", KINDS)
def test_no_small_count_is_a_sum_of_shown_ones(name, in_print):
    sought, given = in_print.attacked(KINDS[name])
    assert given == []
    assert len(sought) > 50


def test_no_small_count_of_people_is_a_sum_of_shown_ones(in_print):
    """Of those whom the two systems call differently, or one of them does not know."""
    systems = {"ethnicity_nomis": FIVE, "ethnicity_ppud": FIVE}
    release = in_print.release
    people = every({"year": release.period.pooled[:1], **systems}).astype(str)
    known, on_ppud = people["ethnicity_nomis"].ne("NS"), people["ethnicity_ppud"].ne("NS")
    people["ethnicity"] = people["ethnicity_nomis"].where(known, people["ethnicity_ppud"])
    people["ethnicity_source"] = on_ppud.map({True: "PPUD", False: "Not stated"}).mask(known, "NOMIS")
    tables = [
        table
        for table in in_print.tables
        if table.part == "people/complained"
        and {*table.columns} <= {*people, "value", "rule"}
        and release.period.pooled_label in table.rows[0]
    ]
    attack = Attack(people, tables, {"people/complained": ANY})
    spec = TableSpec("sought", MEASURES["ethnicity-agreement"], tuple(systems), "5+1")
    sought = [*small(release, spec, "TRUE", "people/complained")]
    assert attack.given(sought) == []
    assert len(sought) > 5


def test_the_downloads_hide_what_the_tables_hide(whole):
    for model in shown(whole[0]):
        if model["kind"] != "table":
            continue
        with (whole[0].current / "data" / f"{model['id']}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))[-len(model["rows"]) :]
        for row, cells in zip(rows, as_texts(model), strict=True):
            assert row.count("[c]") >= cells.count("[c]"), model["id"]


def test_as_many_counts_are_said_to_be_hidden_as_marks_are_shown(whole):
    run = json.loads((whole[0].current / "run.json").read_text(encoding="utf-8"))
    tables = {model["id"]: model for model in shown(whole[0]) if model["kind"] == "table"}
    marks = []
    for held in run["hidden"]:
        model = tables[held["table"]]
        (key,) = (column["key"] for column in model["columns"] if column["label"] == held["part"])
        if len(model["rows"]) == held["cells"]:  # or one count stands in several rows
            marks.append(sum(row[key]["mark"] == "c" for row in model["rows"]))
            assert held["hidden"] == marks[-1], held
    assert sum(marks) > 100


# Runs are kept


def test_a_fresh_run_has_the_same_bytes_and_clears_what_a_killed_one_left(short, tmp_path):
    again, stages = replace(short, outputs=tmp_path / "again"), []
    (again.year / f".work-999999999-{platform.node()}-abc" / "inputs").mkdir(parents=True)
    run = report(load(again.params), {}, again.outputs, stage=stages.append)
    assert run.new
    assert run.folder.name == short.current.name
    differ = {name for name, content in files(run.folder).items() if content != files(short.current).get(name)}
    assert differ == set()
    assert scratch_left(again) == []
    order = ["reading and checking inputs", "counting", "protecting", "estimating", "running the chapters"]
    assert stages[: len(order)] == order


# A chapter runs again when what it follows from changed, and not otherwise


@pytest.fixture
def became(short) -> Callable[..., dict[str, str]]:
    """Make the report; what became of each chapter."""

    def make(**how: Any) -> dict[str, str]:
        said = {}
        report(load(short.params), {}, short.outputs, tell=lambda name, what, _: said.update({name: what}), **how)
        return said

    return make


def test_a_cached_chapter_gives_the_same_bytes_as_a_fresh_one(short, became):
    before = files(short.current)
    shutil.rmtree(short.current)
    assert became() == {"deaths": "unchanged"}
    assert files(short.current) == before
    assert became(fresh=True) == {"deaths": "done"}
    assert files(short.current) == before


def test_a_chapter_is_not_run_for_a_parameter_that_it_does_not_read(short, became):
    short.change(title="Another title")
    assert became() == {"deaths": "unchanged"}
    short.change(trend_years=3)
    assert became() == {"deaths": "done"}


def test_a_chapter_runs_again_when_its_notebook_or_the_library_changed(short, became, analysis, monkeypatch):
    analysis(f"{ANALYSIS}  # looked at again")
    short.change(title="Another title")
    assert became() == {"deaths": "done"}
    monkeypatch.setattr("reportlib.build.execute.library_digest", lambda: "another library")
    short.change(title="A third title")
    assert became() == {"deaths": "done"}


def test_a_chapter_runs_again_when_its_counts_changed(short, became, tmp_path):
    held = YAML().load(short.params)["inputs"]["fatal_incidents"]
    rows = Path(held["path"]).read_text(encoding="utf-8").splitlines()
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("\n".join(rows[: len(rows) // 2]), encoding="utf-8")
    short.change(inputs={**YAML().load(short.params)["inputs"], "fatal_incidents": held | {"path": str(fewer)}})
    assert became() == {"deaths": "done"}


def test_a_chapter_whose_entry_is_damaged_runs_again(short, became):
    before = files(short.current)
    (entry,) = (short.outputs / ".cache").iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    shutil.rmtree(short.current)
    assert became() == {"deaths": "done"}
    assert files(short.current) == before


def test_an_unchanged_report_is_found_without_what_makes_one(short):
    """Imports are most of the time that finding it takes."""
    code = f"""
import sys
from reportlib.cli import app
app(["report", {str(short.params)!r}, "--outputs", {str(short.outputs)!r}], standalone_mode=False)
print(sorted({{"scipy", "sqlalchemy", "nbformat", "matplotlib", "jupyter_client"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Nothing has changed" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_table_without_years_is_drawn_as_bars(short, analysis):
    analysis('deaths = chapter.measure("deaths-by-place")\nchapter.chart(deaths)\nchapter.table(deaths)')
    short.change(title="Another title")
    page = (short.make().folder / "report.html").read_text(encoding="utf-8")
    assert "Bar chart: Deaths in prison custody" in page


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (
            ReportError("Some chapters failed:", [Finding("[Errno 122] Disk quota exceeded")]),
            "the disk is full",
        ),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (ReportError("Some chapters failed:", [Finding("KeyError: 'year'")]), "Some chapters failed"),
    ],
    ids=["no space", "quota, told by a kernel", "read-only", "another fault"],
)
def test_only_a_full_disk_is_told_as_one(tmp_path, error, said):
    with pytest.raises(ReportError, match=said), scratch(tmp_path):
        raise error


def test_what_a_killed_run_left_is_removed_and_a_live_one_stays(tmp_path):
    here, week = platform.node(), 7 * 24 * 3600
    owners = {"killed": f"999999999-{here}", "alive": f"{os.getpid()}-{here}", "elsewhere": "1-other-host"}
    places = {name: tmp_path / f".work-{owner}-abc" for name, owner in owners.items()}
    places |= {"forgotten elsewhere": tmp_path / ".work-2-other-host-abc", "somebody's own": tmp_path / ".work-old"}
    for place in places.values():
        place.mkdir()
    for name in ("forgotten elsewhere", "somebody's own"):
        os.utime(places[name], (0, time.time() - week - 60))
    with scratch(tmp_path) as work:
        assert work.is_dir()
        assert {name for name, place in places.items() if place.exists()} == {"alive", "elsewhere", "somebody's own"}
    assert not work.exists()


def test_a_fresh_run_that_differs_from_the_one_kept_is_told_and_kept_apart(short, became):
    (short.current / "facts.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match="came another report") as error:
        became(fresh=True)
    assert [str(finding) for finding in error.value.findings] == ["facts.jsonl: is not as it was made before"]
    assert (short.current / "facts.jsonl").read_text() == "{}"
    assert (short.edition / "failed" / "report.html").exists()
    assert (short.edition / "failed").stat().st_mode & 0o77 == 0


def test_a_report_without_disclosure_control_is_for_its_maker_alone(short, became):
    short.change(disclosure={"off": "for the analyst alone"})
    became()
    (bundle,) = (short.edition / "archive").glob(f"{short.current.resolve().name}.zip")
    assert [path.stat().st_mode & 0o77 for path in (short.current, bundle)] == [0, 0]


def test_changed_parameters_make_another_run_and_keep_the_old(short):
    first, before = short.current, files(short.current)
    short.change(title="Another title")
    second = short.make()
    assert second.new
    assert short.runs() == sorted([first.name, second.folder.name])
    assert files(first) == before
    assert short.current == second.folder
    short.change(title="Race equality in prisons and probation")
    assert not short.make().new
    assert short.current == first


def test_the_name_of_a_run_follows_from_parameters_inputs_and_responses(short, tmp_path):
    params = load(short.params)
    sources, _ = checked_inputs(params, tmp_path / "typed")
    params = portable(params, [])
    digests = {name: source.sha256 for name, source in sources.items()}
    name = origin(params, digests, {}).run_id
    assert name == short.current.name
    names = [
        origin(params.model_copy(update={"confidence_level": 0.9}), digests, {}).run_id,
        origin(params, digests | {"fatal_incidents": "0" * 64}, {}).run_id,
        origin(params, digests, {"deaths/ethnicity/B": "An answer."}).run_id,
    ]
    assert len({name, *names}) == 4


def test_a_cell_that_fails_is_named_and_the_last_report_stays(short, analysis):
    good, before = short.current, files(short.edition)
    analysis("\n".join(f'chapter.table(chapter.measure("{name}"))' for name in ("deaths-by-place", "deaths-by-typ")))
    short.change(title="Another title")
    with pytest.raises(ReportError) as error:
        short.make()
    (finding,) = [str(finding) for finding in error.value.findings]
    assert finding.startswith("30-deaths.ipynb: cell deaths-by-place: ReportError: The chapter deaths does not declare")
    assert "Traceback" not in str(error.value)
    kept = nbformat.read(short.edition / "failed" / "notebooks" / "30-deaths.ipynb", as_version=4)
    (cell,) = [cell for cell in kept.cells if cell["id"] == "deaths-by-place"]
    assert [output.output_type for output in cell.outputs] == ["display_data", "error"]  # as far as it came
    assert {name: content for name, content in files(short.edition).items() if not name.startswith("failed")} == before
    assert short.current == good
    assert scratch_left(short) == []


def test_the_lab_opens_on_drafts_and_says_which_of_them_fail(short, analysis):
    analysis('chapter.table(chapter.measure("deaths-by-typ"))  # fails, and holds a 7')
    told: list[ReportError] = []
    with prepared(load(short.params), {}, short.outputs, told.append) as handoff:
        assert (handoff / "counts" / "deaths-by-place.parquet").exists()
        assert list((handoff / "facts").iterdir()) == []
        beside = [path for path in handoff.parent.rglob("*.parquet") if handoff not in path.parents]
        assert beside == []  # a kernel finds no records next to its counts
    (finding,) = told[0].findings
    assert str(finding).startswith("30-deaths.ipynb: cell deaths-by-place: ReportError: The chapter deaths does not")
    assert scratch_left(short) == []


def test_figures_are_not_worked_out_of_chapters_that_fail(short, analysis):
    analysis('chapter.table(chapter.measure("deaths-by-typ"))')
    with pytest.raises(ReportError, match="Some chapters failed"), prepared(load(short.params), {}, short.outputs):
        pass


# What the user can mend: exit code 2, in words


def told(made: Project) -> str:
    """What the command says when it refuses."""
    done = CliRunner().invoke(app, made.command()[1:])
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert not (made.edition / "runs").exists()
    return " ".join(done.output.split())


def test_a_headline_that_a_missing_column_takes_away_is_told_on_the_screen(tmp_path, demo_data):
    made = project(tmp_path, demo_data, DEATHS, chapters=["deaths-in-custody"])
    inputs = YAML().load(made.params)["inputs"]
    inputs["fatal_incidents"]["columns"] = {"ethnicity_code": ""}
    made.change(inputs=inputs)
    done = CliRunner().invoke(app, made.command()[1:])
    assert done.exit_code == 0, done.output
    assert (
        "Not available [x]: Deaths in prison custody, because the input fatal incidents has no ethnicity code."
        in done.output
    )


@pytest.fixture
def refused(tmp_path, demo_data) -> Project:
    return project(tmp_path, demo_data, DEATHS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"confidence_levle": 0.95}, ["confidence_levle", "confidence_level"]),
        ({"pooled_years": "three"}, ["pooled_years", "'three' (text)", "whole number"]),
        ({"reporting_year": "2024/25"}, ["'2024/25' is not how a reporting year is written; write 2024-25"]),
    ],
    ids=["misspelt", "wrong-type", "year"],
)
def test_a_wrong_parameter_is_refused_in_words(refused, given, said):
    refused.change(**given)
    found = told(refused)
    assert [part for part in said if part not in found] == []


def test_everything_that_is_wrong_with_the_parameters_is_said_at_once(refused):
    refused.change(confidence_levle=0.95, pooled_years="three", reporting_year="2024/25")
    found = told(refused)
    assert all(word in found for word in ("confidence_levle", "'three'", "'2024/25'"))


def test_a_missing_parameter_file_is_named(refused):
    refused.params.unlink()
    assert "params.yml cannot be read: No such file or directory" in told(refused)


def test_a_missing_extract_is_named(refused, tmp_path):
    spec = {"path": str(tmp_path / "fatal_incident.csv"), "status": "synthetic"}
    refused.change(inputs={"fatal_incidents": spec})
    assert "fatal_incident.csv: there is no such file" in told(refused)


def test_a_blank_cell_is_told_once(refused, tmp_path, demo_data):
    held = (demo_data / "fatal_incidents.csv").read_text()
    (tmp_path / "fatal_incidents.csv").write_text(held.replace("\nF00001,", "\n,", 1))
    spec = {"path": str(tmp_path / "fatal_incidents.csv"), "status": "synthetic"}
    refused.change(inputs={"fatal_incidents": spec})
    found = told(refused)
    assert "1 error and no warnings" in found
    assert found.count("column incident_id") == 1


def test_an_output_folder_that_cannot_be_written_is_named(refused, tmp_path):
    (tmp_path / "file").write_text("in the way")
    blocked = replace(refused, outputs=tmp_path / "file" / "outputs")
    assert f"Nothing can be written to {blocked.year}: Not a directory. Make the folder writable" in told(blocked)


def test_last_years_answers_that_cannot_be_read_are_told_before_the_report_is_made(refused, tmp_path):
    named = refused.params.rename(tmp_path / "2024-25.yml")
    (tmp_path / "2023-24.responses.yml").write_text("- an answer\n", encoding="utf-8")
    said = told(replace(refused, params=named))
    assert "The responses cannot be read" in said and "2023-24.responses.yml" in said


def test_the_command_itself_ends_without_a_traceback(refused):
    refused.change(pooled_years="three")
    done = refused.cli()
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "pooled_years" in done.stderr


# Ctrl-C


@pytest.mark.parametrize(
    ("pressed", "code", "told"),
    [
        pytest.param(signal.SIGINT, 130, "Stopped. The last complete report is as it was.", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 128 + signal.SIGTERM, "", id="told to end", marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, 128 + signal.SIGHUP, "", id="terminal closed", marks=pytest.mark.full),
    ],
)
def test_stopped_half_way_everything_ends_and_the_last_report_is_left(tmp_path, demo_data, pressed, code, told):
    made = project(tmp_path, demo_data, DEATHS)
    earlier = made.edition / "runs" / "earlier"
    earlier.mkdir(parents=True)
    (earlier / "report.html").write_text("the last report")
    (made.edition / "current").symlink_to("runs/earlier")
    kernels, said, ended = interrupted(made, pressed)
    assert (ended, told in said, "Traceback" in said) == (code, True, False)
    gone, left = psutil.wait_procs(kernels, timeout=10)
    assert gone and not left
    assert made.runs() == ["earlier"]
    assert (made.current / "report.html").read_text() == "the last report"
    assert scratch_left(made) == []


def interrupted(made: Project, pressed: signal.Signals) -> tuple[list[psutil.Process], str, int]:
    """Start the report, send a signal when its chapters run: its kernels, what it said and its exit code."""
    process = subprocess.Popen(
        made.command(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's & ignores it
    )
    try:
        kernels = started(process)
        os.killpg(process.pid, pressed)
        return kernels, process.communicate(timeout=60)[1], process.returncode
    finally:
        process.kill()


def started(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The kernels of a report that runs its chapters and the parent they are forked from, once there are two."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        kernels = psutil.Process(process.pid).children(recursive=True)
        with contextlib.suppress(psutil.NoSuchProcess):
            if sum("reportlib.kernels.parent" in kernel.cmdline() for kernel in kernels) >= 3:
                return kernels
        time.sleep(0.1)
    raise AssertionError("no chapter was started")
