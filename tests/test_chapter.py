"""A chapter shows what it declares, all of it and nothing else, and can show nothing that is hidden."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from reportlib import chapter as module
from reportlib import facts
from reportlib.build.basis import Basis
from reportlib.build.plan import ChapterPlan
from reportlib.build.prepare import prepare
from reportlib.chapter import Chapter, open_chapter
from reportlib.display import MIME
from reportlib.errors import ReportError
from reportlib.handoff import Handoff
from reportlib.inputs.sources import read_all
from reportlib.measures import MEASURES, TableSpec
from reportlib.params import Params
from small_handoff import PARAMETERS, write_handoff

SUMMARY = {"tables": [], "published": [], "reads_facts": True}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The models that a chapter shows."""
    models: list[dict[str, Any]] = []
    monkeypatch.setattr(module, "display", lambda bundle, raw: models.append(bundle[MIME]))
    return models


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_handoff(tmp_path / "handoff")
    monkeypatch.setenv("REPORTLIB_WORK", str(folder))
    return folder


@pytest.fixture
def chapter(folder: Path, shown: list[dict[str, Any]]) -> Chapter:
    return open_chapter("uphold", **PARAMETERS)


def test_a_chapter_opens_with_a_header_of_what_it_is(chapter, shown):
    (header,) = shown
    assert (header["kind"], header["chapter"], header["year"]) == ("header", "uphold", "2024-25")
    assert (header["status"], header["edition"]) == (["synthetic"], "national")


def test_what_is_shown_becomes_facts(chapter, folder):
    comparison = chapter.compare("uphold-rate")
    chapter.say(comparison)
    chapter.table(comparison)
    chapter.evidence(comparison)
    chapter.close()
    found = {fact.id: fact for fact in facts.read([folder / "facts" / "uphold.jsonl"])}
    assert found["upheld/ethnicity/B/value"].text == "16.0%"
    assert found["upheld/ethnicity/B/verdict"].text == "disproportionate"
    assert found["upheld/ethnicity/all/sentence"].text
    assert found["upheld/ethnicity/M/numerator"].mark == "c"


def test_a_declared_table_that_is_not_shown_fails_the_chapter(chapter, folder):
    chapter.say(chapter.compare("uphold-rate"))
    with pytest.raises(ReportError, match="declares tables that it does not show: uphold-rate"):
        chapter.close()
    assert not list((folder / "facts").iterdir())


@pytest.mark.parametrize("dimension", ["region", None])
def test_an_adjusted_headline_is_shown_with_its_evidence(folder, shown, dimension):
    """Without it nothing published would bear out what adjustment is said to undo."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    run["tables"]["uphold-rate"]["adjust"] = ["category"]
    if dimension:
        run["edition"] = {"dimension": dimension, "values": ["London"], "part": "London"}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    held = pd.read_parquet(folder / "estimates" / "uphold-rate.parquet")
    beside = pd.DataFrame({"ethnicity": ["B"], "statistic": ["national_value"], "value": [0.2]})
    pd.concat([held, beside[: 1 if dimension else 0]]).to_parquet(folder / "estimates" / "uphold-rate.parquet")
    chapter = open_chapter("uphold", **PARAMETERS)
    upheld = chapter.compare("uphold-rate")
    chapter.table(upheld)
    assert ("uphold-rate-national" in [model["id"] for model in shown if model["kind"] == "table"]) is bool(dimension)
    with pytest.raises(ReportError, match=r"show chapter\.evidence of uphold-rate"):
        chapter.close()
    chapter.evidence(upheld)
    chapter.close()


def test_a_published_table_that_is_not_declared_is_refused(chapter):
    with pytest.raises(ReportError, match="chapter uphold does not declare 'deaths-by-type': add it to the notebook's"):
        chapter.published("deaths-by-type")
    with pytest.raises(ReportError, match=r"'uphold-rate' is counted: use chapter\.compare or chapter\.measure"):
        chapter.published("uphold-rate")


def test_two_figures_by_one_name_fail_the_chapter_and_one_shown_twice_does_not(chapter):
    found = chapter.compare("uphold-rate")
    chapter.table(found)
    chapter.table(found)
    chapter.close()
    chapter.table(replace(found, frame=found.frame.assign(ratio=9.99)))
    with pytest.raises(ReportError, match="shows two figures by one name: upheld/ethnicity/A/ratio"):
        chapter.close()


@pytest.mark.parametrize("step", ["counts", "compare", "measure", "agreement"])
def test_counts_that_are_not_declared_are_refused(chapter, step):
    with pytest.raises(ReportError, match="chapter uphold does not declare the table 'uphold-rate-by-category'"):
        getattr(chapter, step)("uphold-rate-by-category")


BY_CATEGORY = {"tables": ["uphold-rate-by-category"], "published": ["deaths-by-type"]}


def test_a_step_is_told_which_one_fits_its_table(tmp_path, shown):
    folder = write_handoff(tmp_path / "handoff", uphold=BY_CATEGORY)
    run = (folder / "run.json").read_text()
    (folder / "run.json").write_text(run.replace('["category", "ethnicity"]', '["category"]'))
    chapter = Chapter("uphold", PARAMETERS, Handoff(folder))
    with pytest.raises(ReportError, match=r"compares no ethnic groups: use chapter\.measure"):
        chapter.compare("uphold-rate-by-category")
    with pytest.raises(ReportError, match=r"is of published figures: use chapter\.published"):
        chapter.compare("deaths-by-type")


def test_a_table_by_ethnicity_is_compared(chapter):
    with pytest.raises(ReportError, match=r"The table 'uphold-rate' compares ethnic groups: use chapter\.compare"):
        chapter.measure("uphold-rate")


def test_the_name_of_a_table_is_no_comparison(chapter):
    for step in (chapter.table, chapter.say, chapter.chart, chapter.evidence):
        with pytest.raises(ReportError, match=r"Found 'uphold-rate': give what chapter\.compare or chapter\.measure"):
            step("uphold-rate")


def test_a_name_that_there_is_not_is_told_with_the_nearest(chapter):
    with pytest.raises(ReportError, match="no published table 'deaths-by-typ'; the nearest is 'deaths-by-type'"):
        chapter.published("deaths-by-typ")
    with pytest.raises(ReportError, match="no table of words about the run 'method'; the nearest is 'methods'"):
        chapter.about("method")


@pytest.mark.parametrize(
    ("step", "measure", "by"),
    [
        ("evidence", "upheld", ["category"]),
        ("say", "upheld", ["category", "establishment_type", "ethnicity"]),
        ("chart", "upheld", ["category", "establishment_type"]),
        ("chart", "upheld", ["year", "category", "ethnicity"]),
        ("chart", "ethnicity-source", ["ethnicity_source"]),
        ("standardised", "complaints", ["ethnicity"]),  # there is no age in complaints
        ("standardised", "deaths", ["cause", "ethnicity"]),
        ("shares", "upheld", ["year", "ethnicity"]),
        ("gap_over_time", "upheld", ["ethnicity"]),
        ("gap_over_time", "complaints", ["year", "ethnicity"]),  # one person may complain in several years
        ("funnel", "upheld", ["ethnicity"]),
        ("funnel", "upheld", ["year", "ethnicity"]),
        ("funnel", "deaths", ["cause", "ethnicity"]),
    ],
)
def test_a_step_that_can_show_nothing_of_a_table_says_so(chapter, shown, step, measure, by):
    shown.clear()
    spec = TableSpec("a-table", MEASURES[measure], tuple(by), "5+1")
    with pytest.raises(ReportError, match=rf"^chapter\.{step} needs .*; 'a-table' is a \w+ by {', '.join(by)}: leave"):
        getattr(chapter, step)(replace(chapter.compare("uphold-rate"), spec=spec))
    assert not shown


def test_detailed_groups_are_not_set_against_all_prisoners(chapter):
    spec = TableSpec("a-table", MEASURES["deaths"], ("ethnicity",), "19", adjust=("age_band",), apart="detailed")
    with pytest.raises(ReportError, match=r"^chapter\.standardised needs a rate by the ethnic groups of the headlines"):
        chapter.standardised(replace(chapter.compare("uphold-rate"), spec=spec))


def test_two_records_agree_only_where_there_are_two(chapter):
    with pytest.raises(ReportError, match=r"^chapter\.agreement needs a count by ethnicity_nomis, ethnicity_ppud"):
        chapter.agreement("uphold-rate")


def test_other_parameters_are_refused(folder, shown):
    with pytest.raises(ReportError, match="grouping is 'two', prepared with '5\\+1'"):
        open_chapter("uphold", **PARAMETERS | {"grouping": "two"})
    assert not shown


def test_parameters_of_the_counts_are_used_where_the_notebook_has_those_it_was_written_with(folder, shown):
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    run["parameters"]["pooled_years"] = 2
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert open_chapter("uphold", **PARAMETERS).compare("uphold-rate").period == "2023-24 to 2024-25"
    assert shown[-1]["text"] == "The counts were prepared with pooled_years = 2, which is what this chapter uses."


def test_a_notebook_shows_of_what_its_user_can_mend_the_message_alone():
    """IPython asks an error how it is shown; other errors keep their traceback."""
    assert ReportError("Declare it.")._render_traceback_() == ["ReportError: Declare it."]


def test_without_counts_the_user_is_told_what_to_do(monkeypatch):
    monkeypatch.delenv("REPORTLIB_WORK", raising=False)
    with pytest.raises(ReportError, match="No counts have been prepared"):
        open_chapter("uphold", **PARAMETERS)


def test_a_table_that_cannot_be_made_says_why_and_counts_as_shown(tmp_path, shown):
    declared = {"tables": ["deaths-by-region"], "published": []}
    chapter = Chapter("deaths", PARAMETERS, Handoff(write_handoff(tmp_path / "handoff", deaths=declared)))
    comparison = chapter.compare("deaths-by-region")
    steps = (chapter.say, chapter.chart, chapter.evidence, chapter.standardised, chapter.gap_over_time, chapter.funnel)
    for step in (chapter.table, *steps):
        step(comparison)
    chapter.close()
    (note,) = [model for model in shown if model["kind"] != "header"]
    assert "not available [x], because fatal incidents has no region" in note["text"]


@pytest.mark.parametrize(
    ("adjust", "reason"),
    [
        (("sex",), "not available [x], because ages are not known, or not allowed for."),
        (("age_band", "sex"), "not given, because deaths are few, or to protect individuals [c]."),
    ],
)
def test_it_is_said_why_no_group_is_set_against_all_prisoners(chapter, shown, adjust, reason):
    comparison = chapter.compare("uphold-rate")
    deaths = TableSpec("deaths-by-ethnicity", MEASURES["deaths"], ("ethnicity",), "5+1", adjust=adjust)
    frame = comparison.frame.assign(expected_ratio=None, standardised=None)
    chapter.standardised(replace(comparison, spec=deaths, frame=frame))
    assert shown[-1]["text"] == f"Each group against all prisoners: {reason}"


def test_every_model_is_json_and_its_figures_are_final(chapter, shown):
    comparison = chapter.compare("uphold-rate")
    chapter.chart(comparison)
    chapter.table(comparison)
    (chart,) = [model for model in shown if model["kind"] == "chart"]
    assert (chart["table"], chart["status"]) == ("uphold-rate", ["synthetic"])
    assert chart["svg"].startswith("<svg")
    assert chart["alt"]


def test_the_summary_reads_the_facts_of_the_chapters_before(tmp_path, shown):
    uphold = {"tables": ["uphold-rate"], "published": []}
    handoff = Handoff(write_handoff(tmp_path / "h", uphold=uphold, summary=SUMMARY))
    chapter = Chapter("uphold", PARAMETERS, handoff)
    comparison = chapter.compare("uphold-rate")
    chapter.say(comparison)
    chapter.table(comparison)
    chapter.close()
    shown.clear()
    summary = Chapter("summary", PARAMETERS, handoff)
    summary.main_points()
    summary.headlines()
    summary.verdicts()
    points = [item for model in shown if model["kind"] == "points" for item in model["items"]]
    (headline,) = [model for model in shown if model["kind"] == "headline"]
    (verdicts,) = [model for model in shown if model["kind"] == "table"]
    seen = [("Uphold rate", "uphold"), ("", ""), ("", ""), ("", "explain-or-reform")]
    assert [(item["see"], item["chapter"]) for item in points] == seen
    assert points[0]["title"].startswith(
        "Complaints from Asian and Black people were less likely to be upheld than those"
    )
    unknown = f"{100 * 100 / 4771:.1f}% (complaints decided) of those who are counted have no known ethnicity"
    assert [point["title"] for point in points[1:3]] == ["Not available [x]", unknown]
    assert [(item["verdict"], item["chapter"]) for item in headline["items"]] == [("disproportionate", "uphold")]
    (row,) = verdicts["rows"]
    assert (row["Black"]["text"], row["Mixed"]["text"]) == ("0.53 disproportionate", "not assessed")


def test_a_summary_of_no_comparison_says_so(tmp_path, shown):
    summary = Chapter("summary", PARAMETERS, Handoff(write_handoff(tmp_path, summary=SUMMARY)))
    shown.clear()
    summary.main_points()
    summary.headlines()
    summary.verdicts()
    assert [model["kind"] for model in shown] == ["points", "say", "say"]
    assert all("[x]" in str(model) for model in shown)


# In a real kernel: what a notebook prints, displays or plots

UPHELD = {"A": (41, 123), "B": (57, 211), "M": (39, 97), "W": (303, 911), "O": (4, 71), "NS": (17, 46)}
RAW = {"A": "A1", "B": "B1", "M": "M1", "W": "W1", "O": "O2", "NS": "NS"}


def complaints() -> str:
    """One complaint a person, all of one year and so many upheld in each group."""
    lines = ["complaint_id,person_id,received_date,completed_date,establishment,eligible,outcome,ethnicity_ppud"]
    for group, (upheld, decided) in UPHELD.items():
        lines += [
            f"{group}{n},P{group}{n},2024-05-01,2024-06-01,Leeds,yes,{'upheld' if n < upheld else 'not upheld'},"
            f"{RAW[group]}"
            for n in range(decided)
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[nbformat.NotebookNode, Path]:
    """A notebook that tries each way to look at a table in which counts are hidden, and its counts."""
    folder = tmp_path_factory.mktemp("leak")
    (folder / "complaints.csv").write_text(complaints())
    params = Params(
        reporting_year="2024-25", pooled_years=1, trend_years=1, publication_date=date(2025, 11, 27),
        inputs={"complaints": {"path": str(folder / "complaints.csv"), "status": "synthetic"}},
    )  # fmt: skip
    spec = TableSpec("uphold-rate", MEASURES["upheld"], ("ethnicity",), "5+1")
    plan = ChapterPlan("uphold", folder / "uphold.ipynb", (spec,), (), False)
    prepare(Basis(params, [plan], read_all(params.inputs, folder / "work", folder), [])).write(folder / "handoff")
    cells = {
        "setup": "import json\nfrom reportlib.chapter import open_chapter\n"
        f'chapter = open_chapter("uphold", **{params.analysis()!r})\n'
        'counts = chapter.counts("uphold-rate")\ncomparison = chapter.compare("uphold-rate")',
        "print": "print(counts.to_string())\nprint(counts.describe(include='all').loc['count'].index.tolist())",
        "bare": "counts",
        "display": "import pandas as pd\npd.set_option('display.max_columns', None)\n"
        "from IPython.display import display\ndisplay(counts, comparison.frame.drop(columns='label'))",
        "comparison": "print(comparison)\ncomparison",
        "sums": "print(counts.loc[counts['ethnicity'].ne('all'), 'numerator'].tolist())",
        "plot": "ax = counts.set_index('ethnicity')['numerator'].astype(float).plot.bar()",
        "heights": "print(json.dumps([bar.get_height() for bar in ax.patches]))",
        "show": "chapter.say(comparison)\nchapter.chart(comparison)\nchapter.table(comparison)\n"
        "chapter.evidence(comparison)\nchapter.close()",
    }  # fmt: skip
    notebook = new_notebook(cells=[new_code_cell(source, id=name) for name, source in cells.items()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORTLIB_WORK", str(folder / "handoff"))
        NotebookClient(notebook, timeout=120, kernel_name="python3", extra_arguments=["--log-level=ERROR"]).execute()
    return notebook, folder / "handoff"


def outputs(executed: tuple[nbformat.NotebookNode, Path], *cells: str) -> str:
    """All the text that cells gave out, pictures included."""
    parts: list[str] = []
    for cell in executed[0].cells:
        for output in cell.outputs if cell.id in cells or not cells else []:
            data = output.get("data", {})
            parts += [output.get("text", ""), *(str(text) for kind, text in data.items() if kind != "image/png")]
    return "\n".join(parts)


def numbers(text: str) -> set[float]:
    """The numbers in a text but for reporting years and the size of a frame."""
    text = re.sub(r"\d{4}-\d\d|\d+ rows [×x] \d+ columns|\(\d+ rows\)", "", text)
    return {float(found.replace(",", "")) for found in re.findall(r"(?<![\w.#-])\d[\d,]*(?:\.\d+)?(?![\w])", text)}


def hidden(executed: tuple[nbformat.NotebookNode, Path]) -> list[str]:
    frame = pd.read_parquet(executed[1] / "counts" / "uphold-rate.parquet")
    return frame.loc[frame["mark"].eq("c"), "ethnicity"].tolist()


def test_the_small_count_and_another_are_hidden(executed):
    assert "O" in hidden(executed)
    assert len(hidden(executed)) >= 2


@pytest.mark.parametrize("way", ["print", "bare", "display", "comparison", "sums"])
def test_printing_or_displaying_a_protected_frame_shows_only_what_is_published(executed, way: str):
    published = {fact.value for fact in facts.read([executed[1] / "facts" / "uphold.jsonl"])}
    also = {float(n) for n in range(8)} | {95.0}  # the numbers of the rows, the level of the intervals
    published |= also
    text = outputs(executed, way)
    assert text
    assert {n for n in numbers(text) if round(n, 6) not in published} == set()


def test_plotting_a_protected_frame_draws_no_bar_that_is_hidden(executed):
    (heights,) = re.findall(r"\[[^]]*\]", outputs(executed, "heights"))
    shown = [UPHELD[group][0] for group in UPHELD if group not in hidden(executed)]
    drawn = {float(text) for text in heights.strip("[]").split(", ")} - {0.0}  # pandas draws no bar so
    assert sorted(drawn) == sorted([*shown, sum(upheld for upheld, _ in UPHELD.values())])


def test_no_output_at_all_holds_a_hidden_count(executed):
    found = numbers(outputs(executed))
    assert len(found) > 20
    for group in hidden(executed):
        upheld, decided = UPHELD[group]
        assert not {float(upheld), round(upheld / decided, 3), round(100 * upheld / decided, 1)} & (found - {4.0})
    small = outputs(executed, "print", "bare", "display")
    assert re.search(r"\bO\s+(<NA>|NaN)\s+71\b", small)
