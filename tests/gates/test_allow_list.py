"""A figure on a finished file that is no published fact fails the build, with its file and place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reportlib.build import released
from reportlib.gates import figures
from reportlib.gates.constants import Constants
from reportlib.params import Params
from reportlib.presentation import FEW_DEATHS, NO_AGES, NO_COMPARISON

from .conftest import faults

PAGE = "report.html"
CHAPTER = "chapters/uphold-rates.html"
NOTEBOOK = "notebooks/20-uphold-rates.ipynb"
MIME = "application/vnd.reportlib+json"


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, "nothing was planted"
    path.write_text(after, encoding="utf-8")


@contextmanager
def shown(run: Path, kind: str) -> Iterator[list[dict[str, Any]]]:
    """What the notebook shows of one kind, written back as it is left."""
    notebook = json.loads((run / NOTEBOOK).read_text(encoding="utf-8"))
    before = json.dumps(notebook)
    models = [output["data"][MIME] for cell in notebook["cells"] for output in cell.get("outputs", [])]
    yield [model for model in models if model["kind"] == kind]
    assert json.dumps(notebook) != before, "nothing was planted"
    (run / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")


def test_a_report_of_published_facts_passes(run: Path) -> None:
    assert faults(run) == []


LEAKS = {
    "alt text": (PAGE, lambda page: page.replace("Not shown, suppressed", "Other 3. Not shown, suppressed", 1)),
    "the height of a bar": (PAGE, lambda page: re.sub(r'(<svg.*?<path d="M)(\d)', r"\g<1>9\2", page, count=1)),
    "the picture of a card": (PAGE, lambda page: re.sub(r'(-card">.*?<path d="M)(\d)', r"\g<1>9\2", page, count=1)),
    "a cell": (PAGE, lambda page: re.sub(r"(<td[^>]*>)\[c\]", r"\g<1>3", page, count=1)),
    "what stands beside a CSV": ("data/uphold-rate-trend.csv-metadata.json",
                                 lambda text: text.replace('"dc:', '"n": 3, "dc:', 1)),
    "a tooltip": (PAGE, lambda page: page.replace("<caption>", '<caption title="of which 3 are hidden">', 1)),
    "a data attribute": (PAGE, lambda page: page.replace("<table", '<table data-n="3"', 1)),
    "a comment": (PAGE, lambda page: page.replace("</main>", "<!-- O: 3 --></main>", 1)),
    "a paragraph": (PAGE, lambda page: page.replace("</main>", "<p>Of these, 3 were upheld.</p></main>", 1)),
    "a sentence": (PAGE, lambda page: re.sub(r'(<p class="say[^>]*>)', r"\1Only 3 of Other: ", page, count=1)),
    "code": (PAGE, lambda page: page.replace("<pre><code>", "<pre><code>hidden = 3\n", 1)),
    "the style sheet": (PAGE, lambda page: page.replace("<style>", "<style>.o{width:3px}", 1)),
    "a picture of its own": (PAGE, lambda page: page.replace("</main>", '<svg><rect height="3"/></svg></main>', 1)),
    "the CSV in a link": (PAGE, lambda page: re.sub(r"(data:text/csv[^\"]*)%5Bc%5D|(data:text/csv[^\"]*?)\[c\]",
                                                    lambda m: (m[1] or m[2]) + "3", page, count=1)),
    "a row too many": (PAGE, lambda page: page.replace("</tbody>", "<tr><td>3</tbody>", 1)),
    "a page of a chapter": (CHAPTER, lambda page: re.sub(r"(<td[^>]*>)\[c\]", r"\g<1>3", page, count=1)),
    "a CSV": ("data/uphold-rate-by-ethnicity.csv", lambda text: text.replace("[c]", "3", 1)),
    "a line of a CSV": ("data/uphold-rate-by-ethnicity.csv", lambda text: text + "Other,3\r\n"),
    "a fact's value": ("facts.jsonl", lambda text: text.replace('"text": "[c]", "unit": "", "value": null',
                                                                '"text": "[c]", "unit": "", "value": 3', 1)),
    "a fact's precision": ("facts.jsonl", lambda text: re.sub(r'("22.5%".*"value": 0.225)', r"\g<1>4", text, count=1)),
}  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_figure_is_found_where_it_stands(run: Path, leak: str) -> None:
    file, change = LEAKS[leak]
    edit(run / file, change)
    found = faults(run)
    assert found
    assert found[0].startswith(file)


def test_a_fact_that_no_page_shows_is_found(run: Path) -> None:
    lines = map(json.loads, (run / "facts.jsonl").read_text().splitlines())
    of = {line["table"]: line for line in lines}  # one of our own figures, and one of official ones
    for line in (of["uphold-rate-by-ethnicity"], of["deaths-by-cause"]):
        more = line | {"id": "upheld/ethnicity/Z/numerator", "text": "33", "value": 33, "mark": ""}
        edit(run / "facts.jsonl", lambda text, more=more: text + json.dumps(more) + "\n")
    found = [fault for fault in faults(run) if "upheld/ethnicity/Z/numerator stands on no page" in fault]
    assert len(found) == 2


def test_a_hidden_fact_must_show_its_mark(run: Path) -> None:
    edit(run / PAGE, lambda page: re.sub(r"(<td[^>]*>)\[c\]", r"\g<1>–", page, count=1))
    assert "the row is not the chapter's" in faults(run)[0]


@pytest.mark.parametrize("name", ["run.log", "data/raw.parquet", "notebooks/debug.txt"])
def test_a_file_that_no_check_reads_is_found(run: Path, name: str) -> None:
    (run / name).write_text("INFO upheld, Other: 3")
    assert faults(run) == [f"{name}: a file that no check reads"]


@pytest.mark.parametrize(
    ("statistic", "text", "value"),
    [("value", "33.3%", 0.333), ("lower", "22.7%", 0.227), ("upper", "45.9%", 0.459), ("adjusted_ratio", "1.08", 1.08),
     ("gap", "0.8", 0.8), ("verdict", "parity", "parity")],
)  # fmt: skip
def test_what_is_worked_out_from_a_hidden_count_is_found(run: Path, statistic: str, text: str, value: object) -> None:
    """20 of 60 would be 33.3%, from 22.7% to 45.9%: each gives the hidden 20 back."""
    lines = [json.loads(line) for line in (run / "facts.jsonl").read_text().splitlines()]
    place, fact = next((n, f) for n, f in enumerate(lines, 1) if f["id"] == f"upheld/ethnicity/O/{statistic}")
    fact.update(text=text, value=value, mark="")
    edit(run / "facts.jsonl", lambda _: "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines))
    assert f"facts.jsonl, row {place}: {fact['id']} is shown where a count behind it is hidden" in faults(run)


@pytest.mark.parametrize(("old", "new"), [("null", "3"), ("90", "91"), ("90", "null")])
def test_a_count_kept_for_later_reports_that_is_not_its_fact_is_found(run: Path, old: str, new: str) -> None:
    """The hidden count of one group, another count, or none, in a file that is otherwise in order."""
    held = released.read(run / released.PATTERN)
    text = re.sub(rf", {old}, (\"[a-z]*\")\]", rf", {new}, \1]", json.dumps(held.tables[0].rows), count=1)
    planted = held.tables[0].model_copy(update={"rows": json.loads(text)})
    assert planted != held.tables[0], "nothing was planted"
    (run / released.PATTERN).write_text(released.Publication.of(held.report, [planted, *held.tables[1:]], []).text())
    found = faults(run)
    assert found == [f"{released.PATTERN}: a count of {planted.name} that is not what its fact shows"]


@pytest.mark.parametrize(("code", "value"), [("B", 7), ("W", None)])
def test_more_than_which_parts_a_table_left_out_is_found(run: Path, code: str, value: int | None) -> None:
    """How many they are; or a part that it does not leave out."""
    told = ('"measure": "upheld"', '"left_out": ["B"], "measure": "upheld"')
    edit(run / "run.json", lambda text: text.replace(*told, 1))
    held = released.read(run / released.PATTERN)
    name = f"{held.tables[0].name}, left out"
    about = {"name": name, "columns": ["ethnicity", "year", "value", "rule"], "below": 10}

    def found(code: str, value: int | None) -> list[str]:
        few = held.tables[0].model_copy(update={"rows": [[code, "2022-23 to 2024-25", value, ""]], **about})
        (run / released.PATTERN).write_text(released.Publication.of(held.report, [*held.tables, few], []).text())
        return [str(finding) for finding in figures.check_files(run) if finding.file == released.PATTERN]

    assert found("B", None) == []
    said = f"{released.PATTERN}: {name}, are not the parts that the table leaves out, or say how many they are"
    assert found(code, value) == [said]


def test_a_file_of_kept_counts_that_was_changed_by_hand_is_found(run: Path) -> None:
    edit(run / released.PATTERN, lambda text: text.replace("null", "3", 1))
    assert faults(run) == [f"{released.PATTERN}: it is not as it was written"]


def drawn(page: pikepdf.Page, mark: bytes) -> bytes:
    """What a page draws, with a figure more: "1" in the page's own typeface."""
    fonts = {name: font.ToUnicode.read_bytes() for name, font in page.Resources.Font.items()}
    name, table = next((name, table) for name, table in fonts.items() if b"> <0031>" in table)
    code = re.search(rb"<(\w{4})> <0031>", table)
    assert code
    return mark + b" BDC BT %s 11 Tf (%s) Tj ET EMC" % (name.encode(), _escaped(bytes.fromhex(code[1].decode())))


def _escaped(code: bytes) -> bytes:
    return b"".join(b"\\%03o" % byte for byte in code)


@pytest.mark.parametrize(
    ("page", "mark", "message"),
    [
        (0, b"/Span <</MCID 999>>", "a figure without a fact on page 1"),
        (2, b"/Span <</MCID 999>>", "on page 3 the figures cease to be those of the chapters"),
        (3, b"/Artifact <<>>", "a figure in the margin of page 4"),
    ],
)
def test_a_figure_on_a_page_of_the_pdf_is_found(run: Path, page: int, mark: bytes, message: str) -> None:
    with pikepdf.open(run / "report.pdf", allow_overwriting_input=True) as document:
        own = document.pages[page]
        own.contents_add(drawn(own, mark))
        document.save(run / "report.pdf")
    assert faults(run) == [f"report.pdf: {message}"]


def test_other_alt_text_in_the_pdf_is_found(run: Path) -> None:
    with pikepdf.open(run / "report.pdf", allow_overwriting_input=True) as document:
        figures = [held for held in document.objects if isinstance(held, pikepdf.Dictionary) and "/Alt" in held]
        figures[0].Alt = "Forest plot: Other 3 of 60."
        document.save(run / "report.pdf")
    assert faults(run) == ["report.pdf: the alt text of its pictures is not the chapters'"]


@pytest.mark.parametrize("kind", ["svg", "alt"])
def test_a_chart_that_facts_do_not_give_is_found_in_the_notebook(run: Path, kind: str) -> None:
    with shown(run, "chart") as charts:
        for model in charts:
            model[kind] = model[kind].replace("6", "7")
    assert [fault for fault in faults(run) if f"redrawn from the published facts, its {kind} differs" in fault]


def test_a_fact_with_another_label_than_its_row_is_found(run: Path) -> None:
    """Cards and the register speak of a comparison by the label of its facts."""
    edit(run / "facts.jsonl", lambda text: text.replace('"Uphold rate: Black"', '"Uphold rate: Asian"'))
    assert "a headline that published sentences do not give" in faults(run)[0]


@pytest.mark.parametrize("kind", ["svg", "alt"])
def test_a_card_whose_picture_facts_do_not_give_is_found_in_the_notebook(run: Path, kind: str) -> None:
    with shown(run, "headline") as headlines:
        ((item,),) = [model["items"] for model in headlines]
        item["chart"][kind] = item["chart"][kind].replace("6", "7")
    assert [fault for fault in faults(run) if "a headline that published sentences do not give" in fault]


@pytest.mark.parametrize("part", ["title", "text"])
def test_a_point_that_facts_do_not_give_is_found_in_the_notebook(run: Path, part: str) -> None:
    with shown(run, "points") as points:
        ((item, *_), *_) = [model["items"] for model in points]
        item[part] = f"{item[part]} It was 7 times as high."
    assert [fault for fault in faults(run) if "points that published facts do not give" in fault]


def test_a_reference_to_another_page_than_its_table_stands_on_is_found(run: Path, monkeypatch) -> None:
    monkeypatch.setattr("reportlib.gates.printed._last_page", lambda pages, text: 1)  # as if it stood there
    assert [fault for fault in faults(run) if "the figures cease to be those of the chapters" in fault]


def test_a_sentence_with_a_figure_that_facts_do_not_give_is_found(run: Path) -> None:
    with shown(run, "say") as sentences:
        for model in sentences:
            model["text"] += " In 3 cases the group was Other."
    assert [fault for fault in faults(run) if "sentence" in fault and NOTEBOOK in fault]


@pytest.mark.parametrize(
    ("kind", "part", "message"),
    [
        ("say", "text", "sentence deaths-by-cause-sentence: a sentence that is not published"),
        ("chart", "alt", "chart deaths-by-cause-chart: redrawn from the published facts, its alt differs"),
    ],
)
def test_what_is_told_of_official_figures_is_held_against_them(run: Path, kind: str, part: str, message: str) -> None:
    with shown(run, kind) as models:
        (model,) = [model for model in models if model["id"].startswith("deaths-by-cause")]
        model[part] = model[part].replace("175", "157")
    assert [fault for fault in faults(run) if message in fault]


def test_a_sentence_that_official_figures_do_not_give_is_found_though_it_is_a_fact(run: Path) -> None:
    for file in (NOTEBOOK, "facts.jsonl"):
        edit(run / file, lambda text: text.replace("in 2023-24, 175 died", "in 2023-24, 157 died"))
    assert [fault for fault in faults(run) if "a sentence that the published figures do not give" in fault]


def test_a_sentence_that_sets_two_tables_side_by_side_is_held_against_facts_in_words_too(run: Path) -> None:
    edit(run / NOTEBOOK, lambda text: text.replace("the verdict on the uphold rate is the same", "all is well"))
    assert [fault for fault in faults(run) if "-beside: a sentence that published facts do not give" in fault]


@pytest.mark.parametrize(
    ("text", "refused"),
    [(NO_COMPARISON, False), (NO_AGES, False), (FEW_DEATHS, False), ("Nothing can be compared.", True)],
)
def test_a_chapter_may_say_that_no_comparison_could_be_made(run: Path, text: str, refused: bool) -> None:
    with shown(run, "say") as sentences:
        sentences[0].update(id="no-headlines", text=text)
    assert any("no-headlines: a sentence that is not published" in fault for fault in faults(run)) is refused


def test_another_level_of_confidence_is_no_stray_figure_in_a_heading() -> None:
    spec = {"path": "complaints.csv", "status": "synthetic"}
    given = {"publication_date": date(2025, 11, 27), "inputs": {"complaints": spec}}
    constants = Constants(Params(reporting_year="2024-25", confidence_level=0.9, **given))
    assert constants.stray("Rate: 90% interval, lower limit") == []
    assert constants.stray("Rate: 80% interval, lower limit") == ["80%"]


def test_a_workbook_with_another_figure_is_found(run: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(run / "tables.xlsx")
    sheet = book[next(name for name in book.sheetnames if "Uphold" in name)]
    hidden = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "[c]")
    hidden.value = 3
    book.save(run / "tables.xlsx")
    assert [fault for fault in faults(run) if fault.startswith("tables.xlsx, sheet") and "row" in fault]


def test_no_message_names_a_hidden_figure(run: Path) -> None:
    edit(run / PAGE, lambda page: page.replace("</main>", "<p>Of these, 4371 were upheld.</p></main>", 1))
    edit(run / "data" / "uphold-rate-by-ethnicity.csv", lambda text: text.replace("[c]", "4371", 1))
    assert not [fault for fault in faults(run) if "4371" in fault or "4,371" in fault]
