"""Each gate on the PDF catches the fault that it is there for."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pdfua
import pikepdf
import pytest
from pikepdf import Dictionary, Name, Pdf

from reportlib.build.pdf import pdf_report
from reportlib.gates.pdf import check_pdf

from .fixture import PAGE, elements, report

PDF = pdf_report(report(), PAGE)


def first(document: Pdf, kind: str) -> Dictionary:
    return next(elements(document, kind))


def no_alt(document: Pdf) -> None:
    del first(document, "/Figure").Alt


def placeholder_alt(document: Pdf) -> None:
    first(document, "/Figure").Alt = "Chart"


def untagged_figure(document: Pdf) -> None:
    page = document.pages[3]
    page.contents_add(document.make_stream(b"0 0 50 50 re f"))


def untagged_image(document: Pdf) -> None:
    page = document.pages[3]
    page.contents_add(document.make_stream(b"BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI"))


def unread_figure(document: Pdf) -> None:
    figure = first(document, "/Figure")
    figure.K = pikepdf.Array()


def no_row_headers(document: Pdf) -> None:
    for cell in elements(document, "/TH"):
        cell.A = Dictionary(O=Name.Table, Scope=Name.Column)


def no_scope(document: Pdf) -> None:
    del first(document, "/TH").A


def column_headers_alone(document: Pdf) -> None:
    first(document, "/TD").A = Dictionary(O=Name.Table, Headers=pikepdf.Array([pikepdf.String("U1x1y0")]))


def empty_header(document: Pdf) -> None:
    first(document, "/TH").K = pikepdf.Array()


def skipped_heading(document: Pdf) -> None:
    first(document, "/H2").S = Name.H4


def out_of_order(document: Pdf) -> None:
    row = first(document, "/TR")
    row.K = pikepdf.Array(reversed(list(row.K)))


def no_language(document: Pdf) -> None:
    del document.Root.Lang


def no_title(document: Pdf) -> None:
    del document.docinfo["/Title"]


def not_tagged(document: Pdf) -> None:
    del document.Root.MarkInfo


def no_bookmarks(document: Pdf) -> None:
    del document.Root.Outlines


def no_font(document: Pdf) -> None:
    for font in document.pages[2].Resources.Font.values():
        descriptor = font.DescendantFonts[0].FontDescriptor
        for key in ("/FontFile2", "/FontFile3"):
            if key in descriptor:
                del descriptor[key]


def no_characters(document: Pdf) -> None:
    for font in document.pages[2].Resources.Font.values():
        del font.ToUnicode


def action(document: Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def attachment(document: Pdf) -> None:
    document.attachments["records.csv"] = b"name"


def no_identification(document: Pdf) -> None:
    del document.Root.Metadata


FAULTS: list[tuple[Callable[[Pdf], None], str]] = [
    (no_alt, "without alt text (page 3)"),
    (placeholder_alt, "only stands in"),
    (untagged_figure, "on page 4 something is drawn without a tag"),
    (untagged_image, "on page 4 something is drawn without a tag"),
    (unread_figure, "on page 3 something is tagged but never read"),
    (no_row_headers, "without header cells for its rows"),
    (no_scope, "header cell without a scope"),
    (column_headers_alone, "read without the others"),
    (empty_header, "empty header cell"),
    (skipped_heading, "heading of level 4 follows one of level 1"),
    (out_of_order, "out of order"),
    (no_language, "language"),
    (no_title, "has no /Title"),
    (not_tagged, "Marked"),
    (no_bookmarks, "no bookmarks"),
    (no_font, "not embedded"),
    (no_characters, "which characters"),
    (action, "OpenAction"),
    (attachment, "EmbeddedFiles"),
    (no_identification, "pdfua UA-28-004"),
]


def test_report_has_no_fault() -> None:
    assert [str(finding) for finding in check_pdf(PDF, "report.pdf")] == []


def test_every_rule_of_pdfua_passes(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(PDF)
    outcomes = pdfua.validate(str(tmp_path / "report.pdf")).outcomes
    assert [finding for outcome in outcomes for finding in outcome.findings] == []
    # pdfua 0.1.3 stops on headings whose content is an array
    assert [outcome.rule_id for outcome in outcomes if outcome.skipped_reason] == ["UA-14-001"]


@pytest.mark.parametrize(("plant", "message"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_planted_fault_is_found(plant: Callable[[Pdf], None], message: str) -> None:
    broken = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as document:
        plant(document)
        document.save(broken)
    found = check_pdf(broken.getvalue(), "report.pdf")
    assert any(message in finding.message for finding in found), [str(finding) for finding in found]


def test_verapdf_is_asked_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "verapdf"
    program.write_text("#!/bin/sh\necho FAIL report.pdf ua1\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert [finding.message for finding in check_pdf(PDF, "report.pdf")] == ["veraPDF: FAIL report.pdf ua1"]
