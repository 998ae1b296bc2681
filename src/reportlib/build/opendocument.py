"""A workbook as OpenDocument 1.3 (OASIS, 2021): written with the standard library, the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from xlsxwriter.utility import xl_col_to_name

from reportlib.build.page import Page
from reportlib.build.sheets import COVER_HEADINGS, MARK, Cell, Link, Model, Number, Sheet, text_of
from reportlib.build.sheets import sheets as make_sheets
from reportlib.words import listed

KIND = "application/vnd.oasis.opendocument.spreadsheet"
CHARACTER = 0.24  # centimetres
URNS = {name: name for name in ("office", "table", "text", "style", "meta", "config", "manifest")}
URNS |= {"number": "datastyle", "fo": "xsl-fo-compatible"}
SPACES = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"' for name, urn in URNS.items())
SPACES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
DEFAULTS = (
    '<style:default-style style:family="table-cell"><style:text-properties fo:font-family="Arial" '
    'fo:font-size="12pt" fo:language="en" fo:country="GB"/></style:default-style>'
    '<style:style style:name="Default" style:family="table-cell"/>'
)
CELLS = {
    "title": '<style:text-properties fo:font-size="16pt" fo:font-weight="bold"/>',
    "section": '<style:text-properties fo:font-size="14pt" fo:font-weight="bold"/>',
    "heading": '<style:table-cell-properties fo:wrap-option="wrap" fo:border-bottom="0.75pt solid #000000"/>'
    '<style:text-properties fo:font-weight="bold"/>',
    "wrapped": '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>',
    "mark": '<style:paragraph-properties fo:text-align="end"/>',
}


def ods(tables: Sequence[Model], page: Page) -> bytes:
    """The workbook as ODS. The same tables and page give the same bytes."""
    sheets = make_sheets(tables, page)
    parts = {
        "mimetype": KIND,
        "META-INF/manifest.xml": _manifest(),
        "meta.xml": _meta(page),
        "settings.xml": _settings([sheet for sheet in sheets if sheet.head]),
        "styles.xml": _xml("office:document-styles", f"<office:styles>{DEFAULTS}</office:styles>"),
        "content.xml": _content(sheets),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name)  # of 1980, since no time is given
            entry.create_system = 3
            archive.writestr(entry, text, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _xml(root: str, body: str) -> str:
    version = f'{root.split(":")[0]}:version="1.3"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{SPACES} {version}>{body}</{root}>'


def _manifest() -> str:
    parts = {"/": KIND, **dict.fromkeys(("content.xml", "styles.xml", "meta.xml", "settings.xml"), "text/xml")}
    entries = [
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in parts.items()
    ]
    return _xml("manifest:manifest", "".join(entries))


def _meta(page: Page) -> str:
    body = f"<dc:title>{escape(page.dated)}</dc:title><dc:language>en-GB</dc:language>"
    body += f"<dc:creator>{escape(listed(page.authors))}</dc:creator>" if page.authors else ""
    body += f"<dc:date>{page.publication_date.isoformat()}T00:00:00</dc:date>" if page.publication_date else ""
    return _xml("office:document-meta", f"<office:meta>{body}</office:meta>")


def _settings(sheets: Sequence[Sheet]) -> str:
    """Freezes the columns that name each table's rows."""
    entries = [_entry(_frozen(sheet.headers), sheet.name) for sheet in sheets]
    named = f'<config:config-item-map-named config:name="Tables">{"".join(entries)}</config:config-item-map-named>'
    views = f'<config:config-item-map-indexed config:name="Views">{_entry(named)}</config:config-item-map-indexed>'
    body = f'<config:config-item-set config:name="ooo:view-settings">{views}</config:config-item-set>'
    return _xml("office:document-settings", f"<office:settings>{body}</office:settings>")


def _entry(body: str, name: str = "") -> str:
    named = f" config:name={quoteattr(name)}" if name else ""
    return f"<config:config-item-map-entry{named}>{body}</config:config-item-map-entry>"


def _frozen(across: int) -> str:
    items = {
        "HorizontalSplitMode": 2,
        "HorizontalSplitPosition": across,
        "ActiveSplitRange": 3,
        "PositionRight": across,
    }
    kinds = {name: "short" if name.endswith(("Mode", "Range")) else "int" for name in items}
    return "".join(
        f'<config:config-item config:name="{name}" config:type="{kinds[name]}">{value}</config:config-item>'
        for name, value in items.items()
    )


def _content(sheets: Sequence[Sheet]) -> str:
    cells = (cell for sheet in sheets for row in sheet.rows for cell in row)
    kinds = sorted({(cell.places, cell.percent) for cell in cells if isinstance(cell, Number)})
    styles = [_number_style(*kind) for kind in kinds]
    for width in sorted({width for sheet in sheets for width in sheet.widths}):
        wide = f'<style:table-column-properties style:column-width="{width * CHARACTER:.2f}cm"/>'
        styles.append(_style("table-column", f"w{width}", wide))
    styles += [_style("table-cell", name, body) for name, body in CELLS.items()]
    ranges = "".join(_range(sheet) for sheet in sheets if sheet.head)
    body = "".join(_sheet(sheet) for sheet in sheets) + f"<table:database-ranges>{ranges}</table:database-ranges>"
    return _xml(
        "office:document-content",
        f"<office:automatic-styles>{''.join(styles)}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body>",
    )


def _style(family: str, name: str, body: str, more: str = "") -> str:
    return f'<style:style style:name="{name}" style:family="{family}"{more}>{body}</style:style>'


def _number_style(places: int, percent: bool) -> str:
    kind, name = ("percentage", f"p{places}") if percent else ("number", f"n{places}")
    digits = f'number:decimal-places="{places}" number:min-decimal-places="{places}" number:min-integer-digits="1"'
    grouping = "" if percent else ' number:grouping="true"'
    sign = "<number:text>%</number:text>" if percent else ""
    style = f"<number:number {digits}{grouping}/>{sign}"
    return f'<number:{kind}-style style:name="{name}f">{style}</number:{kind}-style>' + _style(
        "table-cell", name, "", f' style:data-style-name="{name}f"'
    )


def _range(sheet: Sheet) -> str:
    """The table on a sheet, marked up as one."""
    last = f"{xl_col_to_name(len(sheet.head) - 1)}{sheet.top + len(sheet.rows)}"
    address = quoteattr(f"'{sheet.name}'.A{sheet.top}:'{sheet.name}'.{last}")
    named = f'table:name="{sheet.table}" table:target-range-address={address}'
    return f'<table:database-range {named} table:contains-header="true"/>'


def _sheet(sheet: Sheet) -> str:
    columns = "".join(f'<table:table-column table:style-name="w{width}"/>' for width in sheet.widths)
    plain = "" if sheet.head else "wrapped"
    rows = [_row([sheet.title], "title")]
    rows += [_row([line], "section" if line in COVER_HEADINGS else plain) for line in sheet.lines]
    if sheet.head:
        rows += ["<table:table-header-rows>", _row(sheet.head, "heading"), "</table:table-header-rows>"]
    rows += [_row(row, "wrapped", sheet.headers) for row in sheet.rows]
    return f"<table:table table:name={quoteattr(sheet.name)}>{columns}{''.join(rows)}</table:table>"


def _row(cells: Sequence[Cell], style: str, headers: int = 1) -> str:
    marks = [i >= headers and isinstance(cell, str) and MARK.fullmatch(cell) for i, cell in enumerate(cells)]
    styles = ["mark" if mark else style for mark in marks]
    return f"<table:table-row>{''.join(map(_cell, cells, styles))}</table:table-row>"


def _cell(cell: Cell, style: str) -> str:
    text, kind = escape(text_of(cell)), 'office:value-type="string"'
    if isinstance(cell, Number):
        style = f"{'p' if cell.percent else 'n'}{cell.places}"
        kind = f'office:value-type="{"percentage" if cell.percent else "float"}" office:value="{cell.value!r}"'
        text += "%" * cell.percent
    elif isinstance(cell, Link):
        target = quoteattr(f"#'{cell.sheet}'.A1")
        text = f'<text:a xlink:type="simple" xlink:href={target}>{text}</text:a>'
    named = f' table:style-name="{style}"' if style else ""
    return f"<table:table-cell{named} {kind}><text:p>{text}</text:p></table:table-cell>"
