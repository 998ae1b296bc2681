"""An audit says what differs and where, and never that something is the same which is not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pikepdf
import pyrage
import pytest
from copies import Checkout, Forger, checkout
from typer.testing import CliRunner

from reportlib.archive import bag
from reportlib.archive.checksums import sha256
from reportlib.archive.runs import KeptRun
from reportlib.archive.verdict import CANNOT, DIFFER, EXIT, IDENTICAL, OTHER_BYTES, Verdict, judged
from reportlib.archive.verify import audit, code_told
from reportlib.build.report import rendered
from reportlib.cli import app
from reportlib.errors import ReportError
from reportlib.origin import VERSION
from reportlib.project import CODE, LOCK

SIX = "8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"  # of six 1.16.0, a wheel for any system
FACT = "deaths/establishment_type/all/numerator"


def fact_line(forger: Forger) -> bytes:
    """The line of the ledger that tells all deaths of the last year."""
    lines = (forger.folder / "data" / "run" / "facts.jsonl").read_bytes().splitlines()
    return next(line for line in lines if f'"{FACT}"'.encode() in line)


def told(verdict: Verdict) -> str:
    return verdict.text()


# From the zip to the verdict


def test_a_fresh_archive_made_again_in_todays_environment_is_identical(archive: Path):
    before = archive.read_bytes()
    verdict = audit(archive, figures=True)
    assert verdict.grade == IDENTICAL, told(verdict)
    assert verdict.exit_code == 0
    assert "Environment approximated" in told(verdict)
    assert archive.read_bytes() == before


@pytest.mark.full
def test_a_fresh_archive_made_again_in_an_environment_built_from_its_lock_is_identical(archive: Path):
    verdict = audit(archive)
    assert verdict.grade == IDENTICAL, told(verdict)
    assert "Environment built from the archived lock" in told(verdict)


@pytest.mark.full
def test_another_version_in_the_archived_lock_is_told_and_never_called_identical(forger: Forger, tmp_path: Path):
    lock = (forger.folder / "data" / "project" / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(r"^six==(\S+) .*?(?=^\S)", lock, re.MULTILINE | re.DOTALL)
    assert found
    assert found[1] != "1.16.0"
    forger.change("project/requirements.lock", found[0].encode(), f"six==1.16.0 --hash=sha256:{SIX}\n".encode())
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"))
    assert verdict.grade == OTHER_BYTES, told(verdict)
    changed = {one.what: str(one) for one in verdict.origin}
    assert changed.keys() == {"lock", "package six"}
    assert changed["package six"] == f"package six: archived {found[1]}, again 1.16.0"
    assert verdict.environment.startswith("environment approximated")


def test_a_figure_forged_on_a_page_alone_is_found_though_every_fact_is_the_same(forger: Forger, tmp_path: Path):
    shown = json.loads(fact_line(forger))["text"]
    forger.change("run/report.html", f"<td>{shown}<".encode(), b"<td>9,999<")
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"), figures=True)
    assert verdict.grade == DIFFER, told(verdict)
    assert verdict.damaged == ()
    assert "report.html" in told(verdict)
    assert "row is not the chapter's" in told(verdict)


@pytest.mark.full
def test_a_changed_row_of_an_input_gives_other_figures(forger: Forger, tmp_path: Path):
    inputs = forger.folder / "data" / "inputs.json"
    described = json.loads(inputs.read_text())
    held = next(each for each in described if each["name"] == "fatal_incidents")
    name = held["files"][0]["archived"]
    rows = (forger.folder / "data" / name).read_bytes().splitlines(keepends=True)
    last_year = next(row for row in rows if b"2024-1" in row)
    forger.change(name, last_year, b"")
    digest = sha256(forger.folder / "data" / name)
    forger.change(
        "inputs.json",
        f'"{held["files"][0]["sha256"]}",\n    "archived"'.encode(),
        f'"{digest}",\n    "archived"'.encode(),
    )
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"), figures=True)
    assert verdict.grade == DIFFER, told(verdict)
    assert "input fatal_incidents" in [one.what for one in verdict.origin]
    all_deaths = next(one for one in verdict.figures if one.what == FACT and "2024-25" in one.where)
    assert int(all_deaths.again) == int(all_deaths.archived) - 1
    assert "table deaths-by-place" in all_deaths.where


# What stops it


def test_an_input_that_is_not_that_of_its_description_stops_the_audit(forger: Forger, tmp_path: Path):
    held = json.loads((forger.folder / "data" / "inputs.json").read_text())[1]["files"][0]
    path = forger.folder / "data" / held["archived"]
    path.write_bytes(path.read_bytes() + b"\n")
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"), figures=True)
    assert verdict.grade == CANNOT
    assert held["path"] in verdict.missing[0]


@pytest.mark.parametrize(
    "place", ["../../../taken.csv", "TMP/taken.csv", "src/numpy.py", "setup.py", "in/../../taken", "./src/a"]
)
def test_an_archive_cannot_have_an_input_put_elsewhere_or_where_it_would_be_run(
    forger: Forger, tmp_path: Path, place: str
):
    described = (forger.folder / "data" / "inputs.json").read_text()
    held = json.loads(described)[1]["files"][0]["path"]
    place = place.replace("TMP", str(tmp_path))
    forger.change("inputs.json", f'"path": "{held}"'.encode(), f'"path": "{place}"'.encode())
    forger.rewrite_manifests()
    data = forger.folder / "data" / "project"
    verdict = audit(forger.zip(tmp_path / "forged.zip"), extracts=data, figures=True)
    assert verdict.grade == CANNOT
    assert f"inputs.json names '{place}', where no input can be" in verdict.missing[0]
    assert not (tmp_path / "taken.csv").exists()


def test_an_input_in_place_of_a_file_of_the_code_stops_the_audit(forger: Forger, tmp_path: Path):
    described = (forger.folder / "data" / "inputs.json").read_text()
    held = json.loads(described)[1]["files"][0]
    (tmp_path / "given").mkdir()
    shutil.copy(forger.folder / "data" / held["archived"], tmp_path / "given")
    forger.change("inputs.json", f'"path": "{held["path"]}"'.encode(), b'"path": "data/contracts/datapackage.json"')
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"), extracts=tmp_path / "given", figures=True)
    assert (verdict.grade, "of its own" in verdict.missing[0]) == (CANNOT, True)


def test_an_archive_for_which_there_is_no_room_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(ReportError, match=r"There is no room in .* to unpack"):
        audit(archive, figures=True)


@pytest.mark.parametrize("name", ["parameters.yml", "project/requirements.lock", "inputs.json", "run/origin.json"])
def test_what_is_needed_must_be_what_was_archived(forger: Forger, tmp_path: Path, name: str):
    path = forger.folder / "data" / name
    path.write_bytes(path.read_bytes() + b"\n")
    verdict = audit(forger.zip(tmp_path / "damaged.zip"), figures=True)
    assert (verdict.grade, verdict.damaged) == (CANNOT, (f"data/{name}",))
    assert name in verdict.missing[0]


def test_packages_that_cannot_be_had_any_more_stop_it(archive: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    verdict = audit(archive)
    assert verdict.grade == CANNOT
    assert "the archived lock cannot be installed" in verdict.missing[0]
    assert "No matching distribution found" in verdict.missing[0]


@pytest.mark.full
def test_an_archive_that_keeps_its_packages_is_made_again_without_a_registry(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
):
    archive = checkout(tmp_path, data, archive={"wheels": True}).report()
    for name, value in {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_NO_CACHE_DIR": "1"}.items():
        monkeypatch.setenv(name, value)
    verdict = audit(archive)
    assert verdict.grade == IDENTICAL, told(verdict)


def test_who_audits_without_the_extracts_is_told_how_to_give_them(forger: Forger, tmp_path: Path):
    file = json.loads((forger.folder / "data" / "inputs.json").read_text())[1]["files"][0]
    (forger.folder / "data" / file["archived"]).unlink()
    forger.change("inputs.json", f'"archived": "{file["archived"]}"'.encode(), b'"archived": null')
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"), figures=True)
    assert f"{file['path']} is not archived, and no file given has its checksum" in verdict.missing[0]
    last = told(verdict).rstrip().splitlines()[-1]
    assert last.startswith("Name the folder that holds these files, whatever they are called: EXTRACTS=folder")


def test_without_the_extracts_the_pages_are_held_to_their_facts_all_the_same(forger: Forger, tmp_path: Path):
    file = json.loads((forger.folder / "data" / "inputs.json").read_text())[1]["files"][0]
    forger.change("inputs.json", f'"archived": "{file["archived"]}"'.encode(), b'"archived": null')
    (forger.folder / "data" / file["archived"]).unlink()
    forger.change("run/report.html", f"<td>{json.loads(fact_line(forger))['text']}<".encode(), b"<td>9,999<")
    forger.rewrite_manifests()
    verdict = audit(forger.zip(tmp_path / "forged.zip"), figures=True)
    assert verdict.grade == CANNOT
    assert "row is not the chapter's" in told(verdict)


def test_what_was_given_and_not_used_is_told(archive: Path, tmp_path: Path, data: Path):
    given = tmp_path / "given"
    given.mkdir()
    rows = (data / "fatal_incidents.csv").read_bytes()
    (given / "deaths.csv").write_bytes(rows)
    (given / "changed.csv").write_bytes(rows.replace(b"natural", b"Natural", 1))
    verdict = audit(archive, extracts=given, figures=True)
    assert "given, and none of the inputs: changed.csv" in verdict.cautions
    assert [one for one in verdict.inputs if one.endswith("given as deaths.csv")]
    assert [one for one in verdict.inputs if one.endswith("population.parquet, from the archive")]


def test_what_was_published_is_compared_with_the_report_without_its_mark(archive: Path, tmp_path: Path):
    published = Forger(archive, tmp_path / "true").folder / "data" / "run"
    run = KeptRun(published)
    notebooks = [nbformat.read(path, as_version=4) for path in run.notebooks]
    for name, content in rendered(run.params, notebooks, run.run, draft=False).items():
        (published / name).write_bytes(content)
    (published / "manifest-sha256.txt").write_text("signed")
    assert audit(archive, published=published, figures=True).grade == IDENTICAL

    with pytest.raises(ReportError, match=r"holds no report\.html"):
        audit(archive, published=published / "data", figures=True)
    page = (published / "report.html").read_text(encoding="utf-8")
    (published / "report.html").write_text(page.replace(" is ", " is not ", 1), encoding="utf-8")
    (published / "more.csv").write_text("1")
    verdict = audit(archive, published=published, figures=True)
    assert verdict.grade == DIFFER
    assert [one.what for one in verdict.files] == ["published/more.csv", "published/report.html"]


def test_whether_the_code_is_that_of_its_commit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def commit(folder: Path) -> str:
        for words in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "All"],
        ):
            subprocess.run(["git", "-C", str(folder), *words], check=True)
        return subprocess.check_output(["git", "-C", str(folder), "rev-parse", "HEAD"], text=True).strip()

    for folder in ("repository", "archived"):
        for name in (*CODE, LOCK):
            place = tmp_path / folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("ALPHA = 0.05")
    monkeypatch.setattr("reportlib.origin.GIT", ("git", "-C", str(tmp_path / "repository")))
    held = {"commit": commit(tmp_path / "repository")}
    version = tmp_path / "archived" / VERSION
    version.write_text(json.dumps(held))
    assert code_told(tmp_path / "archived")[1]
    (tmp_path / "archived" / "extracts").mkdir()
    (tmp_path / "archived" / "extracts" / "deaths.csv").write_text("1")
    assert code_told(tmp_path / "archived")[1]
    (tmp_path / "archived" / "sitecustomize.py").write_text("ALPHA = 0.0005")
    assert not code_told(tmp_path / "archived")[1]
    (tmp_path / "archived" / "sitecustomize.py").unlink()
    (tmp_path / "archived" / LOCK).write_text("ALPHA = 0.0005")
    assert code_told(tmp_path / "archived") == (
        f"the code is not that of the commit {held['commit'][:12]}, which it names",
        False,
    )
    version.write_text(json.dumps({"commit": "0" * 40}))
    assert "which this repository does not hold" in code_told(tmp_path / "archived")[0]
    version.write_text(json.dumps({"commit": f"--output={tmp_path}/written"}))
    assert not code_told(tmp_path / "archived")[1]
    assert not (tmp_path / "written").exists()
    version.unlink()
    assert code_told(tmp_path / "archived") == ("the code names no commit", False)
    version.write_text(json.dumps(held))
    monkeypatch.setenv("PATH", "")
    assert "which this repository does not hold" in code_told(tmp_path / "archived")[0]


@pytest.mark.full
def test_extracts_are_not_archived_and_are_known_by_their_checksum(tmp_path: Path, data: Path):
    extracts = checkout(tmp_path, data)
    text = extracts.project.params.read_text()
    extracts.project.params.write_text(text.replace("status: synthetic", "status: extract", 1))
    archive = extracts.report()
    assert b"population.parquet" not in subprocess.check_output(["python3", "-m", "zipfile", "-l", archive])
    without = audit(archive, figures=True)
    assert without.grade == CANNOT
    assert "population/population.parquet is not archived" in without.missing[0]
    given = tmp_path / "given" / "under" / "another"
    given.mkdir(parents=True)
    (given / "name").write_bytes((data / "population.parquet").read_bytes())
    (given / "other").write_bytes(b"0" * (data / "population.parquet").stat().st_size)
    assert audit(archive, extracts=tmp_path / "given", figures=True).grade == IDENTICAL


@pytest.mark.full
def test_extracts_archived_for_a_key_are_opened_by_it_alone(tmp_path: Path, data: Path):
    key, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    for name, held in (("key", key), ("other", other)):
        (tmp_path / name).write_text(f"# an age key file\n{held}\n")
    extracts = checkout(tmp_path, data, archive={"extracts_for": str(key.to_public())})
    text = extracts.project.params.read_text()
    extracts.project.params.write_text(text.replace("status: synthetic", "status: extract"))
    archive = extracts.report()
    rows = (data / "fatal_incidents.csv").read_bytes()
    with zipfile.ZipFile(archive) as held:
        contents = {name: held.read(name) for name in held.namelist()}
    assert len([name for name in contents if name.endswith(".age")]) == 3
    assert [name for name, content in contents.items() if rows[:200] in content] == []
    assert "for another's key" in audit(archive, figures=True).missing[0]
    assert "another key" in audit(archive, identity=tmp_path / "other", figures=True).missing[0]
    assert audit(archive, identity=tmp_path / "key", figures=True).grade == IDENTICAL
    with pytest.raises(ReportError, match="holds no age key"):
        audit(archive, identity=extracts.project.params, figures=True)


def test_what_is_no_bundle_is_refused_by_name(tmp_path: Path, archive: Path):
    (tmp_path / "text.zip").write_text("no zip")
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:-2000])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("held", "text")
    held = bytearray((tmp_path / "other.zip").read_bytes())
    held[held.index(b"PK\x01\x02") + 10] = 99  # a way of compression that Python has not
    (tmp_path / "other.zip").write_bytes(held)
    for name in ("text.zip", "cut.zip", "absent.zip", "other.zip"):
        with pytest.raises(ReportError, match=name):
            audit(tmp_path / name)


def test_a_zip_that_holds_a_file_twice_or_beside_the_bag_is_refused(archive: Path, forger: Forger, tmp_path: Path):
    page = f"{forger.folder.name}/data/run/report.html"
    for number, name in enumerate((page, page.replace("/run/", "//run/"), "report.pdf")):
        warned = pytest.warns(UserWarning, match="Duplicate") if name == page else nullcontext()
        with zipfile.ZipFile(shutil.copy(archive, tmp_path / f"{number}.zip"), "a") as more, warned:
            more.writestr(name, "forged")
        with pytest.raises(ReportError, match="holds a name twice, or more than one bag"):
            audit(tmp_path / f"{number}.zip")


def test_the_exit_code_tells_the_grade_and_the_verdict_is_kept_beside_the_archive(forger: Forger, tmp_path: Path):
    forger.change("parameters.yml", b"0.95", b"0.90")
    damaged = forger.zip(tmp_path / "year" / "archive" / "damaged.zip")
    done = CliRunner().invoke(app, ["audit", str(damaged), "--figures"])
    assert done.exit_code == EXIT[CANNOT] == 5
    assert "cannot re-run" in done.output
    kept = sorted((tmp_path / "year" / "review" / forger.folder.name).iterdir())
    assert [path.suffix for path in kept] == [".json", ".md"]
    assert json.loads(kept[0].read_text())["damaged"] == ["data/parameters.yml"]


# What differs and where: a forged bundle against the true one


@pytest.fixture
def against(archive: Path, forger: Forger, tmp_path: Path):
    """The verdict on the forged bundle, had the report come out as it truly does."""
    true = Forger(archive, tmp_path / "true").folder / "data"

    def verdict() -> Verdict:
        so_far = Verdict("run", CANNOT, damaged=tuple(bag.damaged(forger.folder)))
        return judged(so_far, forger.folder / "data", true, "", lambda: ())

    return verdict


def test_nothing_changed_is_identical(against):
    assert against().grade == IDENTICAL


def test_a_changed_fact_is_told_with_both_values_and_its_place(forger: Forger, against):
    line = fact_line(forger)
    forger.change("run/facts.jsonl", line, line.replace(b'"text": "', b'"text": "7'))
    text = json.loads(line)["text"]
    (changed,) = against().figures
    assert (changed.what, changed.archived, changed.again) == (FACT, f"7{text}", text)
    assert "chapter deaths, table deaths-by-place" in changed.where
    assert against().grade == DIFFER


def test_a_fact_whose_value_alone_was_changed_is_told(forger: Forger, against):
    line = fact_line(forger)
    forger.change("run/facts.jsonl", line, line.replace(b'"value": ', b'"value": 1'))
    assert against().grade == DIFFER
    assert against().figures[0].archived.startswith("value 1")


def test_a_fact_left_out_or_put_in_is_told(forger: Forger, against):
    line = fact_line(forger)
    forger.change("run/facts.jsonl", line + b"\n", b"")
    (gone,) = against().figures
    assert (gone.what, gone.archived, gone.again) == (FACT, "", json.loads(line)["text"])


def test_a_pdf_that_is_compressed_otherwise_holds_the_same(forger: Forger, against):
    path = forger.folder / "data" / "run" / "report.pdf"
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.save(path, recompress_flate=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    found = against()
    assert (found.grade, found.damaged) == (OTHER_BYTES, ("data/run/report.pdf",))
    (told,) = map(str, found.files)
    assert told.startswith("run/report.pdf (changed since it was archived; the same content, compressed otherwise")


def test_a_word_changed_in_the_pdf_is_told_by_its_page(forger: Forger, against):
    path = forger.folder / "data" / "run" / "report.pdf"
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        page = document.pages[1]
        held = pikepdf.parse_content_stream(page)
        shown = next(one for one in held if str(one.operator) == "Tm")
        place = held.index(shown)
        held[place] = pikepdf.ContentStreamInstruction([1, 0, 0, 1, 0, 0], shown.operator)  # moved, no letter changed
        page.Contents = document.make_stream(pikepdf.unparse_content_stream(held))
        document.save(path, static_id=True)
    forger.rewrite_manifests()
    assert [str(one) for one in against().figures] == ["run/report.pdf is not what was made (first in page 2)"]
    assert against().grade == DIFFER


def test_what_stands_beside_the_pages_of_a_pdf_is_its_content_too(forger: Forger, against):
    path = forger.folder / "data" / "run" / "report.pdf"
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 9, 9], Contents="1,999"
        )
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([document.make_indirect(note)]))
        document.save(path, static_id=True)
    forger.rewrite_manifests()
    assert against().grade == DIFFER


@pytest.mark.parametrize(
    ("name", "old", "new", "part"),
    [
        ("tables.xlsx", b"#,##0", b"9,999", "xl/styles.xml"),
        ("tables.ods", b">Deaths", b">Births", "content.xml"),
    ],
)
def test_a_workbook_that_shows_something_else_is_told_by_its_part(forger: Forger, against, name, old, new, part):
    path = forger.folder / "data" / "run" / name
    with zipfile.ZipFile(path) as held:
        parts = {each: held.read(each) for each in held.namelist()}
    assert old in parts[part]
    with zipfile.ZipFile(path, "w") as to:
        for each, content in parts.items():
            to.writestr(each, content.replace(old, new) if each == part else content)
    forger.rewrite_manifests()
    assert [str(one) for one in against().figures] == [f"run/{name} is not what was made (first in {part})"]


def test_a_part_that_is_there_twice_is_not_taken_for_the_same(forger: Forger, against):
    path = forger.folder / "data" / "run" / "tables.xlsx"
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as held:
        styles = held.read("xl/styles.xml")
    with zipfile.ZipFile(path, "a") as more, pytest.warns(UserWarning, match="Duplicate"):
        more.writestr("xl/styles.xml", styles)
    assert path.read_bytes() != whole
    forger.rewrite_manifests()
    assert [str(one) for one in against().figures] == ["run/tables.xlsx is not what was made (it cannot be read)"]


@pytest.mark.parametrize("content", [b"[]", b'{"metadata": null}', b"\xff"])
def test_a_damaged_notebook_is_told(forger: Forger, against, content: bytes):
    (path,) = (forger.folder / "data" / "run" / "notebooks").iterdir()
    path.write_bytes(content)
    assert [one.where for one in against().files] == ["changed since it was archived; it cannot be read"]


def test_a_line_more_is_told_by_its_number(forger: Forger, against):
    path = forger.folder / "data" / "run" / "report.html"
    path.write_bytes(path.read_bytes() + b"\n<p>3</p>")
    lines = path.read_bytes().count(b"\n") + 1
    assert [one.where for one in against().files] == [f"changed since it was archived; first in line {lines:,}"]


def test_words_on_a_page_are_told_by_their_line_unless_other_packages_could_explain_them(forger: Forger, against):
    forger.change("run/report.html", b"<h1", b"<h1 ")
    (told,) = against().figures
    assert re.fullmatch(r"run/report.html is not what was made \(.*first in line [\d,]+\)", str(told))
    held = json.loads((forger.folder / "data" / "run" / "origin.json").read_text())["packages"]["pandas"]
    forger.change("run/origin.json", f'"pandas": "{held}"'.encode(), b'"pandas": "2.0.0"')
    assert against().figures == ()
    assert against().grade == OTHER_BYTES


def test_a_notebook_of_another_python_holds_the_same(forger: Forger, against):
    (path,) = (forger.folder / "data" / "run" / "notebooks").iterdir()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["language_info"]["version"] = "3.99.0"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert against().grade == OTHER_BYTES


def test_a_changed_parameter_is_told_by_name(forger: Forger, against):
    forger.change("run/parameters.json", b'"confidence_level": 0.95', b'"confidence_level": 0.9')
    forger.rewrite_manifests()
    assert "parameter confidence_level: archived 0.9, again 0.95" in map(str, against().origin)
    assert against().grade == DIFFER


def test_another_version_of_a_package_is_told_and_approximates(forger: Forger, against):
    held = json.loads((forger.folder / "data" / "run" / "origin.json").read_text())["packages"]["pandas"]
    forger.change("run/origin.json", f'"pandas": "{held}"'.encode(), b'"pandas": "2.0.0"')
    assert f"package pandas: archived 2.0.0, again {held}" in map(str, against().origin)
    assert against().environment.startswith("environment approximated")


def test_a_file_that_was_added_or_taken_away_is_told(forger: Forger, against):
    (forger.folder / "data" / "run" / "tables.ods").unlink()
    (forger.folder / "data" / "run" / "more.csv").write_text("1")
    found = against()
    assert found.damaged == ("data/run/more.csv", "data/run/tables.ods")
    assert {str(one) for one in found.files} == {
        "run/more.csv (only in the archive)",
        "run/tables.ods (only when made again)",
    }


def test_a_manifest_that_was_rewritten_alone_is_told(forger: Forger, against):
    (forger.folder / bag.MANIFEST).write_bytes((forger.folder / bag.MANIFEST).read_bytes() + b"\n")
    assert bag.MANIFEST in against().damaged
    assert against().grade != IDENTICAL


def test_explaining_a_run_of_other_code_says_so(made: Checkout):
    words = ["explain", FACT, "--run", str(made.project.current)]
    assert "Other code" not in made.run(*words).stderr
    assert "Other code than this made the run" in CliRunner().invoke(app, words).output
