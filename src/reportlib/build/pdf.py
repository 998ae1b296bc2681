"""Executed notebooks as a tagged PDF (PDF/UA-1) through Typst.

The document goes to the template as data, not as Typst markup, so nothing in it needs escaping.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf
import typst
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from pikepdf import ObjectStreamMode
from traitlets import default

from reportlib.build import svg
from reportlib.build.annex import annexed
from reportlib.build.fit import fit
from reportlib.build.markdown import Token
from reportlib.build.page import (
    BADGES,
    Chapter,
    Model,
    Page,
    heading,
    headings,
    marks_in,
    page_of,
    read_chapter,
    resolve,
    spoken,
    transposed,
)
from reportlib.errors import Finding, ReportError
from reportlib.look import FONT, logo_file
from reportlib.words import MARKS

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
AROUND = ("/Document", "/Part", "/Sect", "/Div", "/Figure")  # elements of the structure that may hold tables
FAMILY = "Source Sans Pro"
FACES = ("Regular", "It", "Semibold", "Bold", "BoldIt")

pikepdf.settings.set_flate_compression_level(9)  # for `recompress_flate`: Typst packs less closely


def pdf_report(notebooks: Sequence[NotebookNode], page: Page) -> bytes:
    """The whole report as PDF; the same notebooks and page give the same bytes.

    Raises ReportError when Typst warns or refuses, as it does for a chart without alt text.
    """
    chapters = annexed([read_chapter(notebook) for notebook in notebooks])
    document = {
        "page": _particulars(page),
        "places": [token["attrs"]["id"] for chapter in chapters for token in headings(chapter.tokens)],
        "chapters": [_chapter(chapter) for chapter in chapters],
    }
    return _mark_headers(_compile(document, page), _headers(document))


class ReportPdfExporter(Exporter):
    """`jupyter nbconvert --to race-report-pdf`: an executed chapter as a PDF of its own."""

    export_from_notebook = "Race report (accessible PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _pdf(self) -> str:
        return ".pdf"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, dict[str, Any]]:
        """Render a chapter as a report of its own."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        return pdf_report([nb], page_of(read_chapter(nb))), resources


def _particulars(page: Page) -> dict[str, Any]:
    shown = ("title", "year", "authors", "status", "draft", "organisation", "colour", "particulars")
    logo = f"logo{logo_file(page.logo)[0]}" if page.logo else ""
    return {
        **{name: getattr(page, name) for name in shown},
        "warnings": page.warnings,
        "badges": BADGES,
        "marks": MARKS,
        "logo": logo,
    }


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {"id": chapter.id, "header": chapter.header, "sections": _sections(list(_paired(_blocks(chapter))))}


def _blocks(chapter: Chapter) -> Iterator[dict[str, Any]]:
    """The chapter's argument and what it shows, in order; code stays in the HTML."""
    models = list(chapter.models())
    for place in range(len(chapter.cells)):
        tokens = chapter.tokens.get(place, [])
        if tokens:
            yield {"kind": "markdown", "tokens": [_link(token) for token in tokens]}
        level = chapter.level_below(place)
        yield from (_model(model, level) for at, model in models if at == place and model["kind"] != "header")


def _paired(blocks: Iterable[Model]) -> Iterator[Model]:
    """The blocks, with a chart and the sentences right before it as one."""
    says: list[Model] = []
    for block in blocks:
        if block["kind"] == "say" and block["text"]:
            says.append(block)
            continue
        if says and block["kind"] == "chart":
            yield {"kind": "pair", "says": says, "chart": block}
        else:
            yield from (*says, block)
        says = []
    yield from says


def _sections(blocks: list[Model]) -> list[dict[str, Any]]:
    """Blocks gathered by the way that their page lies; a turned table takes its heading and sentence along."""
    turned = [block.get("turned", False) for block in blocks]
    for place in range(len(blocks) - 2, -1, -1):
        turned[place] |= blocks[place]["kind"] in ("markdown", "say") and turned[place + 1]
    ways = groupby(zip(turned, blocks, strict=True), key=lambda pair: pair[0])
    return [{"turned": way, "blocks": [block for _, block in own]} for way, own in ways]


def _link(token: Token) -> Token:
    """The token with links between notebooks made links within the document."""
    linked = dict(token)
    if token["type"] == "link":
        linked["attrs"] = {"url": resolve(token["attrs"]["url"], lambda chapter: f"#{chapter}")}
    if "children" in token:
        linked["children"] = [_link(child) for child in token["children"]]
    return linked


def _model(model: Model, level: int) -> Model:
    """A model as the template takes it; `level` is that of a heading in it."""
    if model["kind"] == "chart":
        return _picture(model)
    if model["kind"] == "headline":
        items = [{**item, "chart": item["chart"] and _picture(item["chart"])} for item in model["items"]]
        return {**model, "level": level, "items": items}
    return _table(transposed(model)) if model["kind"] == "table" else model


def _picture(chart: Model) -> Model:
    return {**chart, "svg": svg.labelled(chart["svg"], chart["alt"], FAMILY)}


def _table(model: Model) -> Model:
    """A table as it lies on paper: each row with its height, each cell as its text and whether it is a mark."""
    laid = fit(model)
    columns = [
        {"label": heading(column), "role": column["role"], "spoken": told}
        for column, told in zip(model["columns"], spoken(model["columns"]), strict=True)
    ]
    rows = [
        {
            "total": bool(row.get("_total")),
            "height": height,
            "cells": [[cell["text"], bool(cell.get("mark"))] for cell in (row[c["key"]] for c in model["columns"])],
        }
        for row, height in zip(model["rows"], laid.heights, strict=True)
    ]
    told = {name: model[name] for name in ("kind", "id", "caption", "notes", "source", "status")}
    return {**told, "marks": marks_in(model), **asdict(laid), "columns": columns, "rows": rows}


def _compile(document: dict[str, Any], page: Page) -> bytes:
    day = page.publication_date
    stamp = int(datetime.combine(day, time(), UTC).timestamp()) if day else 0
    inputs = {"report": json.dumps(document, ensure_ascii=False)}
    with TemporaryDirectory() as folder:
        if page.logo:
            ending, content = logo_file(page.logo)
            (Path(folder) / f"logo{ending}").write_bytes(content)
        options: Any = {"format": "pdf", "pdf_standards": "ua-1", "timestamp": stamp}
        options |= {"root": folder, "font_paths": _fonts(folder)}
        try:
            pdf, warnings = typst.compile_with_warnings(TEMPLATE.read_bytes(), sys_inputs=inputs, **options)
        except typst.TypstError as error:
            raise ReportError("The PDF could not be made.", [_finding(error)]) from error
    if warnings:
        raise ReportError("The PDF was made, but not as meant.", [_finding(warning) for warning in warnings])
    return pdf


def _fonts(folder: str) -> typst.Fonts:
    """The report's faces and no others: the package holds each twice, and Typst takes whole folders."""
    for face in FACES:
        name = f"SourceSansPro-{face}.ttf"
        (Path(folder) / name).symlink_to(str(FONT / name))
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])


def _finding(problem: Any) -> Finding:
    return Finding(" ".join([problem.message, *problem.hints]), file="report.pdf")


def _headers(document: dict[str, Any]) -> list[tuple[list[int], list[str]]]:
    """For each table in order, the places of the columns that head its rows, and its headings as they are read out."""
    tables: list[tuple[list[int], list[str]]] = []
    sections = [section for chapter in document["chapters"] for section in chapter["sections"]]
    for block in (block for section in sections for block in section["blocks"]):
        if block["kind"] == "table":
            places = [place for place, column in enumerate(block["columns"]) if column["role"] == "header"]
            tables.append((places, [column["spoken"] for column in block["columns"]]))
        elif block["kind"] == "markdown":
            tables += [([0], []) for token in block["tokens"] if token["type"] == "table"]
    return tables


def _mark_headers(pdf: bytes, headers: list[tuple[list[int], list[str]]]) -> bytes:
    """Tag the cells that head their rows, which Typst's table cannot say of its cells (ISO 14289-1, 7.5).

    Other cells name no headers: Typst names those of the column alone, and readers take them instead of all scopes.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        heads = document.make_indirect(pikepdf.Dictionary(O=pikepdf.Name.Table, Scope=pikepdf.Name.Row))
        tables = _tables(document.Root.StructTreeRoot)
        for table, (places, read_out) in zip(tables, headers, strict=True):
            head, body = ([row.K for one in table.K if part == one.S for row in one.K] for part in ("/THead", "/TBody"))
            for cells in head:
                for cell, told in zip(cells, read_out, strict=False):
                    cell.ActualText = told
            for cells in body:
                for place, cell in enumerate(cells):
                    if place in places:
                        cell.S, cell.A = pikepdf.Name.TH, heads
                    else:
                        del cell.A
        out = io.BytesIO()
        document.save(out, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate, recompress_flate=True)
    return out.getvalue()


def _tables(node: Any) -> Iterator[Any]:
    """The tables of the structure tree, in reading order."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        kind = str(kid.S) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid else ""
        if kind == "/Table":
            yield kid
        elif kind in AROUND:
            yield from _tables(kid)
