"""What a reader finds in the PDF, read through its structure and its text."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reportlib.build.pdf import ReportPdfExporter, _paired, pdf_report
from reportlib.errors import ReportError

from .fixture import LOGO, PAGE, chart, elements, markdown, notebook, report, say, show, table, uphold_table

PDF = pdf_report(report(), PAGE)


@pytest.fixture
def document() -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(PDF))


def test_same_notebooks_give_same_bytes() -> None:
    assert pdf_report(report(), PAGE) == PDF


def test_dates_are_those_of_publication(document: pikepdf.Pdf) -> None:
    assert str(document.docinfo["/CreationDate"]).startswith("D:20251128")


def test_header_cells_head_columns_and_rows(document: pikepdf.Pdf) -> None:
    rows = [str(cell.A.Scope) for cell in elements(document, "/TH") if isinstance(cell.A, pikepdf.Dictionary)]
    columns = [cell for cell in elements(document, "/TH") if isinstance(cell.A, pikepdf.Array)]
    wide, uphold, long, regions, terms = 6, 7, 72 * 2, 8, 4 * 2
    assert rows == ["/Row"] * (wide + uphold + long + regions + terms)
    assert len(columns) == 11 + 6 + 4 + 5 + 4 * 2
    assert {str(cell.A[0].Scope) for cell in columns} == {"/Column"}
    assert not any("/A" in cell for cell in elements(document, "/TD"))  # no list of headers stands in for scopes


def test_an_interval_is_read_out_with_the_figure_that_it_is_of(document: pikepdf.Pdf) -> None:
    read_out = [str(cell.ActualText) for cell in elements(document, "/TH") if "/ActualText" in cell]
    assert "Uphold rate: 95% interval" in read_out and "95% interval" not in read_out


def test_bookmarks_name_chapters_and_sections(document: pikepdf.Pdf) -> None:
    with document.open_outline() as outline:
        chapters = {item.title: [child.title for child in item.children] for item in outline.root}
    assert chapters["Complaints upheld"] == ["Do rates differ by ethnic group?", "What might explain it?"]


def test_wide_table_is_turned(document: pikepdf.Pdf) -> None:
    turned = [number for number, page in enumerate(document.pages, 1) if page.mediabox[2] > page.mediabox[3]]
    assert len(turned) == 1


def test_logo_stands_on_the_cover_under_the_name_of_the_organisation() -> None:
    with pikepdf.open(io.BytesIO(pdf_report(report(), replace(PAGE, logo=LOGO)))) as document:
        alts = [str(figure.get("/Alt", "")) for figure in elements(document, "/Figure")]
    assert alts[0] == PAGE.organisation


def test_exporter_makes_a_pdf_of_one_notebook() -> None:
    body, resources = ReportPdfExporter().from_notebook_node(report()[0])
    assert resources["output_extension"] == ".pdf"
    with pikepdf.open(io.BytesIO(body)) as alone:
        assert str(alone.docinfo["/Title"]) == "Summary, 2024-25"


def test_picture_without_alt_text_is_refused() -> None:
    bare = chart("bare", "A caption", "", "none")
    with pytest.raises(ReportError, match="alt text"):
        pdf_report([notebook("bare", "Bare", "Intro.", show("chart", "", bare))], PAGE)


def test_missing_typeface_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportlib.build.pdf.FACES", ())
    with pytest.raises(ReportError, match="source sans pro"):
        pdf_report(report(), PAGE)


@pytest.mark.full
def test_text_that_looks_like_typst_stays_text(tmp_path: Path) -> None:
    odd = '#panic("x") *bold* _it_ $x$ `raw` @label <tag> \\ // /* ]'
    model = table("odd", odd, uphold_table()["columns"], [[odd, *["x"] * 5]])
    text = read(pdf_report([notebook("odd", "Odd", "Intro.", show("table", "", model))], PAGE), tmp_path)
    assert re.sub(r"\s+", "", odd) in re.sub(r"\s+", "", text)


@pytest.mark.full
def test_draft_mark_goes_when_the_report_is_final(tmp_path: Path) -> None:
    assert "DRAFT" in read(PDF, tmp_path)
    assert "DRAFT" not in read(pdf_report(report(), replace(PAGE, draft=False)), tmp_path)


@pytest.mark.full
def test_data_that_others_published_are_not_called_published_beside_a_draft(tmp_path: Path) -> None:
    text = " ".join(read(PDF, tmp_path).split())
    assert "OFFICIAL FIGURES" in text and "SYNTHETIC" in text
    assert "PUBLISHED" not in text


def read(pdf: bytes, folder: Path, *options: str) -> str:
    """The text as poppler reads it."""
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True).stdout


@pytest.mark.full
def test_text_reads_in_order_and_tables_cell_by_cell(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(PDF)
    command = ["pdfinfo", "-struct-text", tmp_path / "report.pdf"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    read_out = [text for text in re.findall(r'"(.*)"', said) if text.strip()]
    text = " ".join(" ".join(read_out).split())
    assert text.index("Summary") < text.index("Who complains") < text.index("Methods and quality")
    assert "Asian 192 620 31% 28% to 34% 0.94 Black 149" in text


@pytest.mark.full
def test_a_table_that_is_looked_up_stands_on_the_page_that_its_reference_names(tmp_path: Path) -> None:
    pages = [" ".join(page.split()) for page in read(PDF, tmp_path).split("\f")]
    (named,) = re.findall(r"Table on page (\d+): Deaths in custody by year", " ".join(pages))
    assert "Deaths in custody by year" in pages[int(named) - 1]
    assert not any("Deaths in custody by year" in page for page in pages[int(named) :])


def foot(lines: int) -> pikepdf.Pdf:
    """A chapter in which a heading, a paragraph, a finding and its chart follow on so many paragraphs."""
    cells = [
        markdown("\n\n".join(["Filler."] * lines) + "\n\n## Does it differ?\n\nWe compare.", "text"),
        show("shown", "", say("finding", "They do differ."), chart("pictured", "Rates", "A chart of rates", "rates")),
    ]
    return pikepdf.open(io.BytesIO(pdf_report([notebook("foot", "Foot", "Intro.", *cells)], PAGE)))


@pytest.mark.parametrize("lines", [16, 20, 24, 28])
def test_a_heading_its_finding_and_the_chart_of_it_stand_on_one_page(lines: int) -> None:
    with foot(lines) as document:
        with document.open_outline() as outline:
            heading = outline.root[0].children[0].destination[0]
        (picture,) = (figure for figure in elements(document, "/Figure") if str(figure.Alt) == "A chart of rates")
        assert page_of(picture).objgen == heading.objgen


def page_of(element: Any) -> Any:
    """The page of the first content of a structure element."""
    if "/Pg" in element:
        return element.Pg
    kids = element.K if isinstance(element.K, pikepdf.Array) else [element.K]
    return next(page_of(kid) for kid in kids if isinstance(kid, pikepdf.Dictionary))


def test_a_finding_comes_before_the_chart_beside_it_and_other_sentences_stay_where_they_are() -> None:
    said = [say(name, name) for name in ("one", "other", "after")]
    picture, of = chart("pictured", "Rates", "A chart of rates", "rates"), uphold_table()
    paired = list(_paired([said[0], said[1], picture, of, said[2], of]))
    assert paired == [{"kind": "pair", "says": said[:2], "chart": picture}, of, said[2], of]
    assert list(_paired([picture, said[0]])) == [picture, said[0]]


@pytest.mark.full
def test_pages_carry_running_heads_and_numbers(tmp_path: Path) -> None:
    pages = read(PDF, tmp_path, "-layout").split("\f")[:-1]
    assert "Page" not in pages[0]
    for number, page in enumerate(pages[1:], 2):
        assert f"Page {number} of {len(pages)}" in page
        assert "DRAFT · SYNTHETIC DATA" in page
    assert all("Year" in page for page in pages if "2019-20" in page), "a table's headings are repeated"


@pytest.mark.full
def test_every_page_says_that_disclosure_control_is_off(tmp_path: Path) -> None:
    off = pdf_report(report(), replace(PAGE, disclosure_off="a test of the marks"))
    cover, *pages = read(off, tmp_path, "-layout").split("\f")[:-1]
    assert "Reason given: a test of the marks" in cover
    assert pages and all("DISCLOSURE CONTROL IS OFF" in page for page in pages)
