"""What a chapter declares is read without running it, and refused by name where it is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from reportlib.build.plan import plan
from reportlib.errors import ReportError
from reportlib.gates.notebooks import KERNEL
from reportlib.measures import MEASURES
from reportlib.project import NOTEBOOKS
from reportlib.words import WORDS

GOOD: dict[str, Any] = {"id": "uphold-rate", "measure": "upheld", "by": ["ethnicity"]}


def write(folder: Path, name: str, *tables: dict[str, Any], **also: Any) -> nbformat.NotebookNode:
    declared = {"chapter": name.partition("-")[2], "tables": list(tables), **also}
    question = new_markdown_cell("# A question\n\nWho is it about?", id="question")
    notebook = new_notebook(cells=[question], metadata={"kernelspec": KERNEL, "reportlib": declared})
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return notebook


def refusal(folder: Path) -> list[str]:
    with pytest.raises(ReportError) as error:
        plan(folder, "5+1")
    return [str(finding) for finding in error.value.findings]


def test_chapters_come_in_the_order_of_their_files(tmp_path):
    for name in ("20-b", "10-a", "90-c"):
        write(tmp_path, name)
    assert [chapter.name for chapter in plan(tmp_path, "5+1")] == ["a", "b", "c"]


def test_chosen_chapters_come_in_the_order_wanted(tmp_path):
    for name in ("20-b", "10-a", "90-c"):
        write(tmp_path, name)
    assert [chapter.name for chapter in plan(tmp_path, "5+1", ["c", "a"])] == ["c", "a"]


def test_an_unknown_chapter_is_refused_with_the_nearest(tmp_path):
    write(tmp_path, "20-uphold-rates")
    with pytest.raises(ReportError) as error:
        plan(tmp_path, "5+1", ["uphold-rate"])
    assert "chapter 'uphold-rate' is not known; the nearest is 'uphold-rates'" in str(error.value.findings[0])


def test_a_declaration_takes_the_defaults(tmp_path):
    write(tmp_path, "10-a", GOOD)
    (spec,) = plan(tmp_path, "two")[0].tables
    assert (spec.id, spec.measure, spec.by) == ("uphold-rate", MEASURES["upheld"], ("ethnicity",))
    assert (spec.grouping, spec.period, spec.adjust) == ("two", "pooled", ())


def test_a_declaration_is_taken_as_given(tmp_path):
    trend = {"id": "trend", "measure": "upheld", "by": ["year", "ethnicity"], "grouping": "19", "period": "trend"}
    write(tmp_path, "10-a", GOOD | {"adjust": ["category"]}, trend, reads_facts=True)
    (chapter,) = plan(tmp_path, "5+1")
    adjusted, yearly = chapter.tables
    assert (adjusted.grouping, adjusted.by, adjusted.adjust) == ("5+1", ("ethnicity",), ("category",))
    assert (yearly.grouping, yearly.by, yearly.period) == ("19", ("year", "ethnicity"), "trend")
    assert chapter.reads_facts


@pytest.mark.parametrize(
    ("own", "given", "apart", "axis"),
    [
        ("5+1", "19", "detailed", "detailed-ethnicity"),
        ("19", "5+1", "broad", "broad-ethnicity"),
        ("two", "5+1", "broad", "broad-ethnicity"),
        ("5+1", "two", "combined", "combined-ethnicity"),
        ("5+1", "5+1", "", "ethnicity"),
    ],
)
def test_facts_of_other_groups_than_the_reports_have_names_of_their_own(tmp_path, own, given, apart, axis):
    """And are none of the headlines, which sum up each measure once."""
    write(tmp_path, "10-a", GOOD | {"grouping": given})
    (spec,) = plan(tmp_path, own)[0].tables
    assert (spec.apart, spec.axes, spec.headline) == (apart, (axis,), not apart)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("other", "apart"),
    [
        ({}, "repeated"),
        ({"adjust": ["category"]}, "repeated"),
        ({"grouping": "19"}, ""),  # as good as the other, which names it too
        ({"measure": "eligible"}, ""),
        ({"by": ["category", "ethnicity"]}, ""),
        ({"by": ["category"]}, ""),
    ],
)
def test_a_table_that_names_the_groups_of_the_report_repeats_one_that_has_them_anyway(tmp_path, other, apart, first):
    """In whatever order; of two that name no groups none repeats the other."""
    own, more = GOOD | {"id": "own", "grouping": "19"}, GOOD | {"id": "more"} | other
    write(tmp_path, "10-a", *([own, more] if first else [more, own]))
    found = {spec.id: spec for spec in plan(tmp_path, "19")[0].tables}
    assert (found["own"].apart, found["more"].apart) == (apart, "")
    assert found["own"].headline is not bool(apart)


def test_a_table_without_ethnic_groups_is_of_no_others(tmp_path):
    write(tmp_path, "10-a", {"id": "by-type", "measure": "upheld", "by": ["category"], "grouping": "19"})
    assert plan(tmp_path, "5+1")[0].tables[0].axes == ("category",)


def test_published_tables_are_apart_from_those_that_are_counted(tmp_path):
    write(tmp_path, "10-a", GOOD, {"id": "deaths-by-type", "published": "deaths-by-type"})
    (chapter,) = plan(tmp_path, "5+1")
    assert [spec.id for spec in chapter.tables] == ["uphold-rate"]
    assert chapter.published == ("deaths-by-type",)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"measure": "upholds"}, ".measure: 'upholds' is not known; the nearest is 'upheld'"),
        ({"by": ["ethnicty"]}, ": dimension 'ethnicty' is not known; the nearest is 'ethnicity'"),
        ({"by": ["order_type"]}, ": dimension 'order_type' is not known"),  # complaints have none
        ({"adjust": ["age_band"]}, ": dimension 'age_band' is not known"),
        ({"by": ["category", "ethnicity"], "adjust": ["establishment_type"]}, ": only a table by ethnicity alone"),
        ({"grouping": "18+1"}, ".grouping: '18+1' is not known"),
        ({"period": "trends"}, ".period: found 'trends' (text); allowed: one of 'pooled', 'trend'"),
        ({"adjusted": ["category"]}, ".adjusted is not a parameter; the nearest is 'adjust'"),
        ({"adjust": "category"}, ".adjust: found 'category' (text); allowed: a list"),
        ({"by": []}, ": `by` is to name at least one dimension, each once"),
        ({"by": ["ethnicity", "ethnicity"]}, ": `by` is to name at least one dimension, each once"),
        ({"period": "trend"}, ": a table with the period `trend` is by `year`, and no other is"),
        ({"by": ["year", "ethnicity"]}, ": a table with the period `trend` is by `year`, and no other is"),
        ({"id": "rate-2"}, ".id: found 'rate-2' (text); allowed: small letters and hyphens"),
        ({"id": "upheld-gap"}, ": names that end in -evidence or -standardised or -gap or -national or -funnel"),
        ({"measure": None}, ": give it either a `measure` or a table that is `published`"),
        ({"published": "deaths-by-type"}, ": give it either a `measure` or a table that is `published`"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else None,
)
def test_what_is_not_known_is_refused_by_name_with_the_nearest(tmp_path, wrong, said):
    write(tmp_path, "10-a", GOOD | wrong)
    (found,) = refusal(tmp_path)
    assert found.startswith(f"10-a.ipynb: tables.item 1{said}")


@pytest.mark.parametrize(
    ("name", "said"),
    [(None, "chapter: found nothing; allowed: small letters"), ("20-a", "chapter: found '20-a' (text)")],
)
def test_a_chapter_has_a_name_of_its_own(tmp_path, name, said):
    write(tmp_path, "10-a", GOOD, chapter=name)
    (found,) = refusal(tmp_path)
    assert found.startswith(f"10-a.ipynb: {said}")


def test_a_published_table_that_is_not_known_is_refused(tmp_path):
    write(tmp_path, "10-a", {"id": "x", "published": "deaths-by-typ"})
    (found,) = refusal(tmp_path)
    assert found.startswith("10-a.ipynb: tables.item 1.published: 'deaths-by-typ' is not known; the nearest is")


def test_a_published_table_keeps_its_name(tmp_path):
    write(tmp_path, "10-a", {"id": "x", "published": "deaths-by-type"})
    assert refusal(tmp_path) == [
        "10-a.ipynb: tables.item 1: a published table keeps its name: let its id be 'deaths-by-type'"
    ]


def test_a_misspelt_key_drops_no_table(tmp_path):
    write(tmp_path, "10-a", {"id": "x", "measur": "upheld"}, readsfacts=True)
    assert refusal(tmp_path) == [
        "10-a.ipynb: readsfacts is not a parameter; the nearest is 'reads_facts'",
        "10-a.ipynb: tables.item 1.measur is not a parameter; the nearest is 'measure'",
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"cells": 1}', "\xff"])
def test_what_is_no_notebook_is_refused(tmp_path, content):
    (tmp_path / "10-a.ipynb").write_text(content, encoding="latin-1")
    assert refusal(tmp_path) == ["10-a.ipynb: is not a notebook that can be read: save it anew in JupyterLab"]


def test_two_chapters_of_one_name_are_refused(tmp_path):
    write(tmp_path, "10-a")
    write(tmp_path, "20-a")
    assert refusal(tmp_path) == ["chapter 'a' is declared twice; give one of the notebooks another"]


def test_a_table_has_one_chapter(tmp_path):
    write(tmp_path, "10-a", GOOD)
    write(tmp_path, "20-b", GOOD)
    assert refusal(tmp_path) == ["table 'uphold-rate' is declared twice; each table has one chapter"]


def test_everything_that_is_wrong_is_said_at_once(tmp_path):
    write(tmp_path, "10-a", GOOD | {"measure": "upholds"}, GOOD | {"id": "b", "by": ["sex"]})
    write(tmp_path, "20-b", GOOD | {"id": "c", "period": "always"})
    assert len(refusal(tmp_path)) == 3


def test_a_folder_without_notebooks_is_refused(tmp_path):
    assert refusal(tmp_path) == [f"{tmp_path}: no notebooks"]


def test_a_measure_that_nothing_speaks_of_is_refused(tmp_path, monkeypatch):
    monkeypatch.delitem(WORDS, "upheld")
    write(tmp_path, "10-a", GOOD)
    assert refusal(tmp_path) == [
        "10-a.ipynb: tables.item 1: say in WORDS of src/reportlib/words.py how 'upheld' is spoken of"
    ]


def typed(folder: Path, name: str) -> None:
    """A chapter with a figure in its text and another in its code, saved after a run."""
    notebook = write(folder, name, GOOD | {"id": name.partition("-")[2]})
    notebook.cells += [
        new_markdown_cell("Of these, 3 were upheld.", id="text"),
        new_code_cell("# looked at, that is 7", id="upheld", execution_count=9, metadata={"execution": {"at": "9:00"}}),
    ]
    nbformat.write(notebook, folder / f"{name}.ipynb")


TYPED = [
    "10-a.ipynb, cell text: a figure typed by hand: “3”",
    "10-a.ipynb, cell upheld: a figure in its code that is not a parameter",
]


def test_what_no_run_mends_is_found_with_everything_else(tmp_path):
    typed(tmp_path, "10-a")
    write(tmp_path, "20-b", GOOD | {"measure": "upholds"})
    found = refusal(tmp_path)
    assert found[0].startswith("20-b.ipynb: tables.item 1.measure: 'upholds' is not known")
    assert found[1:] == TYPED


def test_drafts_and_chapters_that_are_not_chosen_may_hold_it(tmp_path):
    typed(tmp_path, "10-a")
    write(tmp_path, "20-b", GOOD)
    assert [chapter.name for chapter in plan(tmp_path, "5+1", drafts=True)] == ["a", "b"]
    assert [chapter.name for chapter in plan(tmp_path, "5+1", ["b"])] == ["b"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda notebook: notebook.cells[0].update(id="a3f9"), ", cell a3f9: the `id` of the cell is missing or holds"),
        (lambda notebook: notebook.cells[0].metadata.update(collapsed=True), ", cell question: unknown metadata"),
        (lambda notebook: notebook.cells[0].update(source="## A question"), ": the notebook does not start with its"),
        (lambda notebook: notebook.cells[0].update(source="# BAME people"), ", cell question, row 1: “BAME”"),
        (
            lambda notebook: notebook.metadata.kernelspec.update(display_name="Python 3 (ipykernel)"),
            ", metadata: its `kernelspec` is not that of the report",
        ),
    ],
    ids=["id", "metadata", "heading", "term", "kernel"],
)
def test_a_notebook_outside_the_schema_is_refused_before_it_is_run(tmp_path, change, said):
    notebook = write(tmp_path, "10-a", GOOD)
    change(notebook)
    nbformat.write(notebook, tmp_path / "10-a.ipynb")
    (found,) = refusal(tmp_path)
    assert found.startswith(f"10-a.ipynb{said}")


@pytest.mark.parametrize("grouping", ["5+1", "19", "two"])
def test_the_chapters_of_the_project_can_be_planned(grouping: str):
    chapters = plan(NOTEBOOKS, grouping)
    assert [chapter.reads_facts for chapter in chapters] == [
        not "10" <= chapter.path.name[:2] < "80" for chapter in chapters
    ]
    assert {spec.grouping for chapter in chapters for spec in chapter.tables if "ethnicity" in spec.by} >= {grouping}


def test_chapters_are_planned_and_rendered_without_statistics() -> None:
    """SciPy takes longer to import than a chapter takes to run."""
    modules = "reportlib.build.execute, reportlib.build.pdf, reportlib.build.plan, reportlib.build.render"
    code = f"import sys, {modules}; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
