"""Spreadsheets meet the Analysis Function's checklist, hold one set of values, and are the same bytes every time."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from frictionless import Resource, Schema
from python_calamine import CalamineWorkbook

from reportlib.build import workbook
from reportlib.build.page import Page
from reportlib.build.sheets import Number, grid, sheets

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gptables")  # of pandas, in the library
PAGE = Page(
    title="Race equality in prisons & probation",
    year="2024-25",
    authors=("A. Analyst", "B. Reviewer"),
    contact="Insight and Race Equality, 020 0000 0000",
    correction="Deaths of May were counted twice until 3 March 2026.",
    publication_date=date(2025, 11, 28),
    status=("synthetic",),
)
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
CONFIG = "{urn:oasis:names:tc:opendocument:xmlns:config:1.0}"


def cell(text, value=None, mark=None):
    return {"text": text, "value": value, "mark": mark, "fact": None}


def column(key, label, role="number", unit=""):
    return {"key": key, "label": label, "role": role, "unit": unit}


KEYS = ("type", "group", "numerator", "value", "interval", "ratio", "ratio_interval", "p", "verdict")
UPHOLD = {
    "kind": "table",
    "id": "uphold-rate-by-ethnicity-and-establishment-type",
    "caption": "Uphold rate by ethnic group & type, 2022-23 to 2024-25",
    "columns": [
        column("type", "Establishment type", "header"),
        column("group", "Ethnic group", "header"),
        column("numerator", "Complaints upheld"),
        column("value", "Uphold rate", unit="%"),
        column("interval", "95% confidence interval", "text"),
        column("ratio", "Relative rate compared with White"),
        column("ratio_interval", "95% confidence interval", "text"),
        column("p", "Adjusted p-value"),
        column("verdict", "Verdict", "text"),
    ],
    "rows": [
        dict(zip(KEYS, row, strict=True))
        for row in (
            (
                cell("Open"), cell("Asian"), cell("1,234", 1234), cell("31.0%", 0.3102), cell("28.9% to 33.2%"),
                cell("0.90", 0.9), cell("0.80 to 1.02"), cell("0.032", 0.032), cell("inconclusive"),
            ),
            (
                cell("Open"), cell("Mixed"), cell("[c]", mark="c"), cell("[c]", mark="c"), cell("[c]", mark="c"),
                cell("[c]", mark="c"), cell("[c]", mark="c"), cell("[c]", mark="c"), cell("not assessed"),
            ),
            (
                cell("Open"), cell("Other"), cell("30", 30), cell("100%", 1), cell("88% to 100%"),
                cell("2.90", 2.9), cell("1.21 or more"), cell("<0.001", 0.0), cell("disproportionate"),
            ),
            (
                cell("Open"), cell("White"), cell("500", 500), cell("34.5%", 0.345), cell("32.0% to 37.1%"),
                cell("1"), cell("[z]"), cell("[z]", mark="z"), cell("reference"),
            ),
        )
    ],
    "notes": ["Complaints upheld or partly upheld.", "Chinese is counted in Asian."],
    "source": "synthetic records made for demonstration",
    "status": ["synthetic"],
}  # fmt: skip
DEATHS = {
    "kind": "table",
    "id": "deaths-by-year",
    "caption": "Deaths by year",
    "columns": [column("year", "Reporting year", "header"), column("deaths", "Deaths"), column("gap", "Gap")],
    "rows": [
        {"year": cell("2023-24"), "deaths": cell("296", 296), "gap": cell("−6.1", -6.1)},
        {"year": cell("2024-25"), "deaths": cell("310", 310), "gap": cell("[x]", mark="x")},
    ],
    "notes": ["Chinese is counted in Asian."],
    "source": "",
    "status": ["published"],
}
TABLES = [UPHOLD, DEATHS]
NAMES = ["Cover", "Contents", "Notes", "1 Uphold rate by type", "2 Deaths by year"]
HEAD = [
    "Establishment type",
    "Ethnic group",
    "Complaints upheld",
    "Uphold rate (%)",
    "Uphold rate: 95% confidence interval, lower limit",
    "Uphold rate: 95% confidence interval, upper limit",
    "Relative rate compared with White",
    "Relative rate compared with White: 95% confidence interval, lower limit",
    "Relative rate compared with White: 95% confidence interval, upper limit",
    "Adjusted p-value",
    "Verdict",
]
ROWS = [
    ["Open", "Asian", 1234, 0.31, 0.289, 0.332, 0.9, 0.8, 1.02, 0.032, "inconclusive"],
    ["Open", "Mixed", *["[c]"] * 8, "not assessed"],
    ["Open", "Other", 30, 1, 0.88, 1, 2.9, 1.21, "no limit", "<0.001", "disproportionate"],
    ["Open", "White", 500, 0.345, 0.32, 0.371, 1, "[z]", "[z]", "[z]", "reference"],
]


def read(data):
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.fixture(scope="module")
def xlsx():
    return workbook.xlsx(TABLES, PAGE)


@pytest.fixture(scope="module")
def ods():
    return workbook.ods(TABLES, PAGE)


@pytest.fixture(scope="module")
def excel(xlsx):
    return openpyxl.load_workbook(io.BytesIO(xlsx))


def part(ods, name):
    with zipfile.ZipFile(io.BytesIO(ods)) as archive:
        return ElementTree.fromstring(archive.read(name))


# Both


def test_both_hold_the_same_values(xlsx, ods):
    assert read(xlsx) == read(ods)


def test_each_worksheet_says_once_what_data_it_holds_since_it_is_read_without_its_cover():
    made_up = "SYNTHETIC DATA: Made-up records, for demonstration. Only what is marked official describes real people."
    official = DEATHS | {"source": "deaths in prison custody"}
    records, words = UPHOLD | {"status": ["extract", "synthetic"]}, DEATHS | {"status": []}
    cover, contents, _, *others = sheets([official, records, words], PAGE)
    kinds = ("SYNTHETIC", "Synthetic", "Official", "Case records", "Source")
    assert [[line for line in sheet.lines if line.startswith(kinds)] for sheet in (cover, *others)] == [
        [made_up],
        ["Official figures: Taken from published official statistics.", "Source: deaths in prison custody."],
        [made_up, "Case records: Counted from case records.", "Source: synthetic records made for demonstration."],
        [made_up],
    ]
    listed = ["about the report", "official figures", "case records, synthetic", "about the report"]
    assert [row[2] for row in contents.rows] == listed


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_the_same_tables_give_the_same_bytes(kind, request):
    assert getattr(workbook, kind)(TABLES, PAGE) == request.getfixturevalue(kind)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_values_marks_and_headings(kind, request):
    sheets = read(request.getfixturevalue(kind))
    assert list(sheets) == NAMES
    sheet = sheets[NAMES[3]]
    assert sheet[-5] == HEAD
    assert sheet[-4:] == ROWS
    assert sheets[NAMES[4]][-2:] == [["2023-24", 296, -6.1], ["2024-25", 310, "[x]"]]


def test_figures_are_no_finer_than_printed(ods):
    assert read(ods)[NAMES[3]][-4][3] == 0.31  # printed 31.0%, although the model holds 0.3102


def test_no_cell_of_a_table_is_blank(ods):
    for name, sheet in list(read(ods).items())[1:]:
        width = len(sheet[-1])
        table = [row for row in sheet if row[1] != ""]
        assert table and all(value != "" for row in table for value in row[:width]), name


def test_cover(ods):
    text = [row[0] for row in read(ods)["Cover"]]
    assert text[0] == f"{PAGE.title}, 2024-25"
    for line in (
        "Reporting year: 2024-25, from 1 April 2024 to 31 March 2025.",
        "Edition: National.",
        "Publication date: 28 November 2025.",
        "Correction: Deaths of May were counted twice until 3 March 2026.",
    ):
        assert line in text
    assert "A. Analyst and B. Reviewer" in text
    assert PAGE.contact in text
    assert any(line.startswith("DRAFT: ") for line in text)
    assert any(line.startswith("SYNTHETIC DATA: ") for line in text)


def test_a_final_report_of_records_has_no_warning():
    final = Page(title="Final", draft=False, status=("extract",))
    text = json.dumps(read(workbook.ods([UPHOLD | {"status": ["extract"]}, DEATHS], final)))
    assert "DRAFT" not in text and "SYNTHETIC" not in text


def test_the_cover_says_that_disclosure_control_is_off():
    off = Page(title="Off", disclosure_off="a test of the marks")
    cover = [row[0] for row in read(workbook.ods(TABLES, off))["Cover"]]
    assert "DISCLOSURE CONTROL IS OFF: Do not share. Reason given: a test of the marks" in cover


def test_contents_list_every_sheet(ods):
    rows = read(ods)["Contents"]
    assert [row[0] for row in rows[3:]] == NAMES[2:]
    assert rows[-1] == ["2 Deaths by year", "Deaths by year", "official figures"]


def test_notes_are_numbered_once_and_named_above_their_tables(ods):
    sheets = read(ods)
    notes = dict(row[:2] for row in sheets["Notes"])
    assert notes["[note 1]"] == "Complaints upheld or partly upheld."
    assert notes["[note 2]"] == "Chinese is counted in Asian."
    assert notes["[c]"] == "Suppressed to protect individuals."
    assert "[note 3]" not in notes
    one = "This worksheet contains one table. Its notes are on the worksheet Notes:"
    assert [sheets[NAMES[3]][row][0] for row in (0, 1)] == [UPHOLD["caption"], f"{one} [note 1], [note 2]."]
    assert [sheets[NAMES[4]][row][0] for row in (0, 1)] == ["Deaths by year", f"{one} [note 2]."]


def test_the_notes_say_what_each_verdict_means(ods):
    notes = dict(row[:2] for row in read(ods)["Notes"])
    assert notes["Parity"] == "No difference was found, and the whole interval lies inside the band."
    assert list(notes)[-6:] == [
        "Disproportionate", "Difference, size uncertain", "Small difference", "Parity", "Inconclusive", "Not assessed",
    ]  # fmt: skip


def test_a_sheet_says_what_its_marks_mean(ods):
    lines = [row[0] for row in read(ods)[NAMES[4]]]
    assert "Marks: [x] not available." in lines
    assert f"Edition: {PAGE.edition}." in lines


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("deaths-by-ethnicity-evidence", "1 Deaths by ethnicity evidence"),
        ("complainants-by-establishment-type", "1 Complainants by type"),
        ("deaths-by-cause-and-detailed-ethnicity", "1 Deaths cause and detailed"),
        ("breached-by-detailed-group-evidence", "1 Breached detailed evidence"),
        ("complaints-from-people-who-were-transferred", "1 Complaints from people who"),
    ],
)
def test_names_say_in_words_what_a_sheet_holds_and_fit_excel(identifier, name):
    assert list(read(workbook.ods([DEATHS | {"id": identifier}], PAGE)))[-1] == name


def test_limits_in_a_column_of_percentages_are_percentages_as_the_figure_beside_them_is():
    columns = [column("value", "Rate", unit="%"), column("limits", "95% interval", "text", "%"),
               column("ratio_limits", "Relative rate: 95% interval", "text")]  # fmt: skip
    row = {"value": cell("19.4%"), "limits": cell("13.4 to 27.3"), "ratio_limits": cell("0.63 or more")}
    model = {"id": "rates", "columns": columns, "rows": [row, row | {"limits": cell("[c]")}]}
    _, (shown, hidden) = grid(model)
    assert shown == [
        Number(0.194, 1, True),
        Number(0.134, 1, True),
        Number(0.273, 1, True),
        Number(0.63, 2, False),
        "no limit",
    ]
    assert hidden[1:3] == ["[c]", "[c]"]
    assert workbook.csv(model).splitlines()[1] == "19.4,13.4,27.3,0.63,no limit"


def test_intervals_that_are_all_hidden_are_headed_by_their_figure():
    hidden = [{key: cell("[c]") if "interval" in key else row[key] for key in KEYS} for row in UPHOLD["rows"]]
    head = workbook.csv({**UPHOLD, "rows": hidden}).splitlines()[0]
    assert "Uphold rate (%),Uphold rate: 95% confidence interval," in head
    assert "Relative rate compared with White: 95% confidence interval," in head


@pytest.mark.parametrize("kind", [workbook.xlsx, workbook.ods])
def test_a_table_without_rows_says_so(kind):
    sheet = read(kind([{**DEATHS, "rows": []}], PAGE))["1 Deaths by year"]
    assert sheet[-1] == ["[z]"] * 3


def test_two_columns_with_one_heading_are_refused():
    twice = {**DEATHS, "columns": [*DEATHS["columns"], column("gap", "Gap")]}
    with pytest.raises(ValueError, match="two columns with one heading"):
        workbook.csv(twice)


# XLSX


def test_excel_has_one_marked_up_table_a_sheet_and_no_merged_cell(excel):
    assert [len(sheet.tables) for sheet in excel] == [0, 1, 1, 1, 1]
    assert not any(sheet.merged_cells.ranges for sheet in excel)
    table = next(iter(excel[NAMES[3]].tables.values()))
    assert table.displayName == "table_uphold_rate_by_ethnicity_and_establishment_type"
    assert table.ref == "A8:K12"


def test_excel_freezes_what_names_the_rows_and_no_row(excel):
    assert excel[NAMES[3]].freeze_panes == "C1"  # two columns name the rows
    assert excel["Contents"].freeze_panes == "B1"


def test_what_looks_like_a_formula_or_an_address_is_text():
    rows = [
        {"year": cell(text), "deaths": cell("1", 1), "gap": cell("[x]", mark="x")} for text in ("=A1", "http://a.b")
    ]
    book = openpyxl.load_workbook(io.BytesIO(workbook.xlsx([DEATHS | {"rows": rows}], PAGE)))
    cells = [row[0] for row in book.worksheets[-1].iter_rows()][-2:]
    assert [(each.value, each.data_type, each.hyperlink) for each in cells] == [
        ("=A1", "s", None),
        ("http://a.b", "s", None),
    ]


def test_excel_number_formats(excel):
    row = next(row for row in excel[NAMES[3]].iter_rows() if row[1].value == "Asian")
    assert [row[i].number_format for i in (2, 3, 6, 9)] == ["#,##0", "0.0%", "#,##0.00", "#,##0.000"]
    assert row[2].value == 1234 and row[10].data_type == "s"


def test_excel_contents_are_links(excel):
    links = [row[0].hyperlink for row in excel["Contents"].iter_rows() if row[0].hyperlink]
    assert [link.location for link in links] == [f"'{name}'!A1" for name in NAMES[2:]]


def test_excel_properties(excel):
    assert excel.properties.title == f"{PAGE.title}, 2024-25"
    assert excel.properties.created.date() == PAGE.publication_date


# ODS


def test_ods_is_an_open_document(ods):
    with zipfile.ZipFile(io.BytesIO(ods)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        for name in archive.namelist()[1:]:
            ElementTree.fromstring(archive.read(name))


def test_ods_has_one_marked_up_table_a_sheet_and_no_merged_cell(ods):
    content = part(ods, "content.xml")
    ranges = [r.get(f"{TABLE}target-range-address") for r in content.iter(f"{TABLE}database-range")]
    assert len(ranges) == 4
    assert ranges[2] == f"'{NAMES[3]}'.A8:'{NAMES[3]}'.K12"
    assert not [e for e in content.iter() if f"{TABLE}number-columns-spanned" in e.attrib]
    assert len(list(content.iter(f"{TABLE}table-header-rows"))) == 4


def test_ods_numbers_stay_numbers(ods):
    cells = [e for e in part(ods, "content.xml").iter(f"{TABLE}table-cell")]
    kinds = {"".join(e.itertext()): e.get(f"{OFFICE}value-type") for e in cells}
    assert (kinds["1234"], kinds["31.0%"], kinds["[c]"]) == ("float", "percentage", "string")


def test_ods_freezes_what_names_the_rows_and_no_row(ods):
    entries = part(ods, "settings.xml").iter(f"{CONFIG}config-item-map-entry")
    sheet = next(e for e in entries if e.get(f"{CONFIG}name") == NAMES[3])
    items = {item.get(f"{CONFIG}name"): item.text for item in sheet}
    assert items["HorizontalSplitPosition"] == "2" and "VerticalSplitPosition" not in items


# CSV and CSVW


def test_csv():
    assert workbook.csv(DEATHS) == "Reporting year,Deaths,Gap\r\n2023-24,296,-6.1\r\n2024-25,310,[x]\r\n"
    frame = pd.read_csv(io.StringIO(workbook.csv(UPHOLD)), na_values=["[c]", "[z]"])
    assert list(frame.columns) == HEAD
    assert frame["Complaints upheld"].tolist()[::3] == [1234, 500]
    assert frame["Uphold rate (%)"].iloc[0] == 31.0


def test_csvw_says_what_the_data_are_draft_or_not():
    """A CSV that is taken out of the report has nothing else beside it."""
    table = UPHOLD | {"source": "a source", "status": ["synthetic"]}
    said = workbook.csvw(table, PAGE)["dc:description"]
    assert said.startswith("Edition: National. ")
    assert "Synthetic: " in said or "SYNTHETIC" in said
    assert "Source: a source." in said
    assert said == workbook.csvw(table, replace(PAGE, draft=False))["dc:description"]


def test_csvw_describes_the_csv():
    described = workbook.csvw(UPHOLD, PAGE)
    columns = described["tableSchema"]["columns"]
    assert [c["titles"] for c in columns] == HEAD
    assert [c["name"] for c in columns][4:6] == ["interval_lower", "interval_upper"]
    types = dict(zip([c["name"] for c in columns], [c["datatype"] for c in columns], strict=True))
    assert (types["numerator"], types["value"], types["p"], types["verdict"]) == (
        "integer",
        "decimal",
        "string",
        "string",
    )
    assert described["tableSchema"]["primaryKey"] == ["type", "group"]
    assert described["url"] == f"{UPHOLD['id']}.csv" and described["dc:issued"] == "2025-11-28"
    assert json.loads(json.dumps(described)) == described


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table["id"])
def test_the_csv_is_what_its_description_says(table, tmp_path):
    described = workbook.csvw(table, PAGE)["tableSchema"]
    (tmp_path / "table.csv").write_text(workbook.csv(table), newline="")
    kinds = {"decimal": "number", "integer": "integer", "string": "string"}
    fields = [{"name": c["titles"], "type": kinds[c["datatype"]]} for c in described["columns"]]
    schema = {"fields": fields, "missingValues": described["columns"][0]["null"]}
    resource = Resource(path="table.csv", basepath=str(tmp_path), schema=Schema.from_descriptor(schema))
    assert resource.validate().valid


# Another program


@pytest.mark.full
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_libreoffice_opens_it_and_reads_the_same(kind, request, tmp_path):
    (tmp_path / f"report.{kind}").write_bytes(request.getfixturevalue(kind))
    other = {"xlsx": "ods", "ods": "xlsx"}[kind]
    command = [shutil.which("soffice") or "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    command += ["--convert-to", other, "--outdir", str(tmp_path / "out"), str(tmp_path / f"report.{kind}")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0 and not re.search("repair|corrupt|error", done.stderr, re.I), done.stderr
    again = read((tmp_path / "out" / f"report.{other}").read_bytes())
    assert again == read(request.getfixturevalue(kind))


def test_a_flag_beside_a_figure_has_a_column_so_that_the_figure_stays_a_number():
    values = {"Open": cell("45% [u]", 0.45), "Local": cell("31.0%", 0.31), "Other": cell("[c]", mark="c")}
    table = DEATHS | {
        "columns": [column("type", "Establishment type", "header"), column("value", "Rate", unit="%")],
        "rows": [{"type": cell(name), "value": value} for name, value in values.items()],
    }
    assert workbook.csv(table).splitlines() == [
        "Establishment type,Rate (%),Rate: mark", "Open,45,[u]", "Local,31.0,reliable", "Other,[c],[c]",
    ]  # fmt: skip
    described = {one["name"]: one["datatype"] for one in workbook.csvw(table, PAGE)["tableSchema"]["columns"]}
    assert described == {"type": "string", "value": "decimal", "value_mark": "string"}
    for made in (workbook.xlsx([table], PAGE), workbook.ods([table], PAGE)):
        rows = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(3).to_python()
        assert ["Open", 0.45, "[u]"] in rows
        assert any("[u] unreliable" in str(row[0]) for row in rows)
