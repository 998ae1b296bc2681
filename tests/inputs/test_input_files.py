"""A file that cannot be read is refused with what is wrong and what to do; others are typed the same way."""

import io
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import duckdb
import ezodf
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from good_extracts import GOOD, Extracts

from reportlib.inputs.findings import published
from reportlib.inputs.paths import stood
from reportlib.inputs.spec import InputSpec

CASELOAD = [["2024-06-30", "London", "W1", 9000], ["2024-09-30", "Wales", None, 800]]
HEADINGS = ["snapshot_date", "region", "ethnicity_code", "number"]


def rows(alone: Extracts, name: str = "probation_caseload") -> list[tuple]:
    parquet = alone.read()[name].parquet
    return duckdb.sql(f"SELECT * EXCLUDE source_file FROM read_parquet('{parquet}')").fetchall()


def workbook(*sheets: list[list[object]], merged: str = "", hidden: int | None = None) -> bytes:
    book = openpyxl.Workbook()
    for number, cells in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = f"Sheet {number + 1}"
        sheet.sheet_state = "hidden" if number == hidden else "visible"
        for row in cells:
            sheet.append(row)
    if merged:
        book.active.merge_cells(merged)
    book.save(file := io.BytesIO())
    return file.getvalue()


def parquet(**columns: pa.Array) -> bytes:
    pq.write_table(pa.table(columns), file := pa.BufferOutputStream())
    return file.getvalue().to_pybytes()


def test_good_extracts_have_no_findings(extracts):
    assert extracts.check() == []


def test_a_source_says_what_it_was_made_from(alone):
    alone.put("complaints", GOOD["complaints"])
    source = alone.read()["complaints"]
    assert source.sha256 == sha256(GOOD["complaints"].encode()).hexdigest()
    assert source.size == len(GOOD["complaints"])
    assert (source.rows, source.excluded, source.status) == (3, 0, "synthetic")
    assert source.columns == tuple(GOOD["complaints"].split("\n")[0].split(","))


def test_typed_parquet_holds_the_fields_and_the_row_of_the_file(alone):
    alone.put("complaints", GOOD["complaints"])
    alone.put("probation_caseload", GOOD["probation_caseload"])
    schema = pq.read_schema(alone.read()["complaints"].parquet)
    assert [schema.field(name).type for name in ("complaint_id", "received_date", "eligible")] == [
        pa.string(),
        pa.date32(),
        pa.bool_(),
    ]
    assert schema.names[-2:] == ["source_file", "source_row"]
    assert rows(alone)[0] == (date(2024, 6, 30), "London", "W1", 9000, 2)


WRITTEN = {
    "csv": b"snapshot_date,region,ethnicity_code,number\n2024-06-30,London,W1,9000\n2024-09-30,Wales,,800\n",
    "xlsx": workbook([HEADINGS, [datetime(2024, 6, 30), "London", "W1", 9000.0], CASELOAD[1]]),
    "parquet": parquet(
        snapshot_date=pa.array([date(2024, 6, 30), date(2024, 9, 30)]),
        region=pa.array(["London", "Wales"]).dictionary_encode(),
        ethnicity_code=["W1", None],
        number=pa.array([9000.0, 800.0]),
    ),
}


@pytest.mark.parametrize("format", WRITTEN)
def test_every_format_gives_the_same_rows(alone, format):
    alone.put("probation_caseload", WRITTEN[format], f"caseload.{format}")
    assert rows(alone) == [
        (date(2024, 6, 30), "London", "W1", 9000, 2),
        (date(2024, 9, 30), "Wales", None, 800, 3),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD["probation_caseload"],
        GOOD["probation_caseload"].replace("\n", "\r\n"),
        "\ufeff" + GOOD["probation_caseload"].replace("snapshot_date", '"snapshot_date"'),
        GOOD["probation_caseload"].replace(",", ";").replace("snap", '"a, b, c, d, e";snap').replace("2024", "x;2024"),
        GOOD["probation_caseload"].replace(",", ";").replace("snap", '"a,\nb, c, d, e";snap').replace("2024", "x;2024"),
        GOOD["probation_caseload"].replace(",", ";"),
        GOOD["probation_caseload"].replace(",London", ',"London"').replace("W1", " W1\t"),
        GOOD["probation_caseload"].replace("2024-06-30", "2024-06-30 00:00:00"),
        GOOD["probation_caseload"].replace("number", "number,").replace("9000", "9000,"),
        GOOD["probation_caseload"] + ",,,\n\n",
    ],
    ids=[
        "byte order mark",
        "CRLF",
        "quoted byte order mark",
        "other delimiters in quotes",
        "line break in a heading",
        "semicolons",
        "quotes and spaces",
        "times",
        "empty column",
        "blank rows",
    ],
)
def test_csv_as_spreadsheets_and_databases_write_it(alone, text):
    alone.put("probation_caseload", text)
    assert rows(alone) == [(date(2024, 6, 30), "London", "W1", 9000, 2)]


def test_a_row_is_counted_as_a_person_sees_it(alone):
    text = GOOD["complaints"].replace("Property", '"Property,\nlost"', 1).replace("\nC3", "\n\nC3")
    alone.put("complaints", text.replace("C3", "#N/A"))
    assert [finding.row for finding in alone.check()] == [5]


def test_own_columns_codes_dates_and_excluded_rows(alone):
    alone.put(
        "probation_caseload",
        "Day,Region,Ethnic,People,Dup\n30/06/2024,london,1,9000,0\n30/06/2024,london,1,9000,1\n30/09/2024,Wales,,8000,\n",
        columns={"snapshot_date": "Day", "region": "Region", "ethnicity_code": "Ethnic", "number": "People"},
        codes={"region": {"london": "London"}, "ethnicity_code": {"1": "W1", "": "NS"}},
        exclude={"Dup": ["1"]},
        date_format="%d/%m/%Y",
    )
    assert rows(alone) == [
        (date(2024, 6, 30), "London", "W1", 9000, 2),
        (date(2024, 9, 30), "Wales", "NS", 8000, 4),
    ]
    assert alone.read()["probation_caseload"].excluded == 1
    assert [(f.level, f.whole) for f in alone.check()] == [
        ("warning", "rows are left out, as exclude: of Dup asks; in all 1")
    ]


def test_a_value_to_be_left_out_that_no_row_has_is_told(alone):
    alone.put("probation_caseload", GOOD["probation_caseload"], exclude={"region": ["Wales", "Totals", "London "]})
    assert [str(found) for found in alone.check()] == [
        "probation_caseload.csv, column region: exclude: asks for what is not there; "
        "no row has 'Wales', 'Totals' and 'London '. Is it spelt so?"
    ]
    told = "probation_caseload.csv, column region: exclude: asks for what is not there"
    assert published(alone.check(), []) == [{"level": "warning", "text": told}]


def test_people_and_cases_are_not_named_in_exclude(alone):
    """Rows that have none may be left out; whom they are about is archived with the parameters."""
    text = GOOD["complaints"].replace("person_id", "Nomis no")
    alone.put("complaints", text, columns={"person_id": "Nomis no"}, exclude={"Nomis no": ["", "A1001AA"]})
    (refused,) = alone.refusal()
    assert refused.startswith(
        "complaints.csv, column Nomis no: exclude: names people or cases; parameters are archived"
    )
    assert "A1001AA" not in refused
    alone.put("complaints", text, columns={"person_id": "Nomis no"}, exclude={"Nomis no": [""]})
    assert alone.read()["complaints"].rows


def test_several_files_make_one_input(alone):
    header, row = GOOD["probation_caseload"].splitlines()
    alone.put("probation_caseload", f"{header}\n{row}\n", "caseload-1.csv", path="caseload-*.csv")
    (alone.root / "caseload-2.csv").write_text(f"{header}\n{row}\n{row.replace('W1', 'W7')}\n")
    source = alone.read()["probation_caseload"]
    assert [path.name for path in source.paths] == ["caseload-1.csv", "caseload-2.csv"]
    assert source.rows == 3
    assert ("caseload-2.csv", 3, "ethnicity_code") in {(f.file, f.row, f.column) for f in alone.check()}


def test_files_of_one_input_have_the_same_columns(alone):
    alone.put("probation_caseload", GOOD["probation_caseload"], "caseload-1.csv", path="caseload-*.csv")
    (alone.root / "caseload-2.csv").write_text("snapshot_date,region,number\n2024-06-30,Wales,5\n")
    assert [line.split(".")[0] for line in alone.refusal()] == ["caseload-2"]


def test_a_column_that_the_first_file_lacks_is_not_dropped_from_the_others(alone):
    alone.put("probation_caseload", "snapshot_date,region,number\n2024-06-30,Wales,5\n", "a-1.csv", path="a-*.csv")
    (alone.root / "a-2.csv").write_text(GOOD["probation_caseload"])
    assert alone.refusal() == [
        "a-1.csv, column ethnicity_code: there is no column 'ethnicity_code'. Name yours under columns: of the input "
        "probation_caseload, or add an empty one where it was not recorded: other files have it"
    ]
    named = GOOD["probation_caseload"].replace("ethnicity_code", "code")
    (alone.root / "a-2.csv").write_text(named)
    alone.inputs["probation_caseload"] = alone.inputs["probation_caseload"].model_copy(
        update={"columns": {"ethnicity_code": "code"}}
    )
    (line,) = alone.refusal()
    assert "or add an empty one where it was not recorded" in line
    alone.put("probation_caseload", GOOD["probation_caseload"], "a-2.csv", path="a-*.csv")
    (alone.root / "a-1.csv").write_text("snapshot_date,region,ethnicity_code,number\n2024-06-30,Wales,,5\n")
    assert alone.read()["probation_caseload"].rows == 2


def test_a_code_may_stand_for_a_blank(alone):
    text = GOOD["complaints"].replace("2024-06-01", "-").replace("yes,upheld", "NULL,N/A")
    codes = {"completed_date": {"-": ""}, "eligible": {"NULL": None}, "outcome": {"N/A": ""}}
    alone.put("complaints", text, codes=codes)
    first = pq.read_table(alone.read()["complaints"].parquet).to_pylist()[0]
    assert (first["completed_date"], first["eligible"], first["outcome"]) == (None, None, None)


def test_the_time_of_day_of_any_date_is_cut_off(alone):
    text = GOOD["probation_caseload"].replace("2024-06-30", "30/06/2024 23:59:00")
    text += "30/06/2024,Wales,W1,5\n30/06/2024 23:59,Wales,W2,5\n"
    alone.put("probation_caseload", text, date_format="%d/%m/%Y")
    days = pq.read_table(alone.read()["probation_caseload"].parquet)["snapshot_date"].to_pylist()
    assert days == [date(2024, 6, 30)] * 3


def test_a_hidden_sheet_is_not_taken_for_the_first(alone):
    book = workbook([["Draft"], ["of", "May"]], [HEADINGS, *CASELOAD], hidden=0)
    alone.put("probation_caseload", book, "caseload.xlsx")
    assert rows(alone)
    assert not [each for each in alone.check() if "sheet" in each.message]


def test_sheets_that_are_not_read_are_named(alone):
    book = workbook([HEADINGS, *CASELOAD], [HEADINGS, *CASELOAD])
    alone.put("probation_caseload", book, "caseload.xlsx")
    (note,) = [str(each) for each in alone.check() if "sheet" in each.message]
    assert note == (
        "caseload.xlsx: the first sheet was read, 'Sheet 1'; there are also 'Sheet 2'. Name another under sheet:"
    )
    alone.put("probation_caseload", book, "caseload.xlsx", sheet="Sheet 2")
    assert not [each for each in alone.check() if "sheet" in each.message]


def test_a_missing_file_names_the_nearest(alone):
    alone.put("complaints", GOOD["complaints"], "complaints-2024.csv", path="complaint-2024.csv")
    assert alone.refusal() == [
        "complaint-2024.csv: there is no such file; the nearest is 'complaints-2024.csv'. "
        "Put it there, in the folder of the project, or correct path: of the input complaints"
    ]


def test_a_pattern_takes_files_and_no_folders(alone):
    (alone.root / "data" / "older").mkdir(parents=True)
    alone.put("probation_caseload", GOOD["probation_caseload"], "data/caseload.csv", path="data/*", format="csv")
    assert alone.read()["probation_caseload"].files == ("data/caseload.csv",)


def test_the_file_that_excel_makes_while_a_workbook_is_open_is_no_part_of_a_pattern(alone):
    alone.put("probation_caseload", workbook([HEADINGS, *CASELOAD]), "x1.xlsx", path="*.xlsx")
    (alone.root / "~$x1.xlsx").write_bytes(b"A Person")
    assert alone.read()["probation_caseload"].files == ("x1.xlsx",)
    alone.put("probation_caseload", b"", "x2.csv", path="x*x.xlsx")
    assert "there is no such file; the nearest is 'x1.xlsx'" in alone.refusal()[0]
    alone.put("probation_caseload", workbook([HEADINGS, *CASELOAD]), "x1.xlsx", path="~$x1.xlsx")
    assert alone.refusal() == [
        "~$x1.xlsx: is not a workbook, but shows that one is open; close the workbook in Excel, and name it as path: "
        "of the input probation_caseload"
    ]


@pytest.mark.parametrize("path", ["~/extracts/caseload.csv", "~/extracts/*.csv"])
def test_a_path_may_begin_with_the_sign_for_ones_own_folder(alone, path, tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    (home / "extracts").mkdir()
    (home / "extracts" / "caseload.csv").write_text(GOOD["probation_caseload"])
    alone.inputs["probation_caseload"] = spec = InputSpec(path=path, status="synthetic")
    assert alone.read()["probation_caseload"].files == ("probation_caseload/caseload.csv",)
    assert "home" not in str(stood("probation_caseload", spec, alone.root).path)


def test_a_folder_is_no_file(alone):
    (alone.root / "data").mkdir()
    alone.put("complaints", GOOD["complaints"], "data/complaints.csv", path="data", format="csv")
    assert alone.refusal() == [
        "data: is a folder; name the files in it as path: of the input complaints, such as data/*.csv"
    ]


@pytest.mark.parametrize("path", ["{}", "complaints-[0-9].csv"])
def test_what_is_there_as_it_is_written_is_no_pattern(tmp_path, path):
    extracts = Extracts(tmp_path / "[2024] {year} report*")
    extracts.root.mkdir()
    file = "complaints-1.csv" if "[0" in path else "complaints [final].csv"
    extracts.put("complaints", GOOD["complaints"], file, path=path.format(file))
    assert extracts.read()["complaints"].files == (file,)


def test_a_folder_elsewhere_is_named_by_no_more_than_its_input(tmp_path):
    extracts = Extracts(tmp_path / "project")
    place = tmp_path / "[2024] extracts"
    for folder in (extracts.root, place):
        folder.mkdir()
    given, text = {"exclude": {"category": ["Totals"]}}, GOOD["complaints"].replace("outcome", "Result")
    for name in ("a.csv", "b.csv"):
        extracts.put("complaints", text, str(place / name), path=str(place / "*.csv"), **given)
    assert extracts.read()["complaints"].files == ("complaints/a.csv", "complaints/b.csv")
    told = [str(found) for found in extracts.read()["complaints"].findings]
    assert len(told) == 2 and not any(str(tmp_path) in each for each in told)
    assert stood("complaints", extracts.inputs["complaints"], extracts.root).path == "complaints/*.csv"


def test_a_missing_column_names_the_nearest(alone):
    alone.change("complaints", "received_date", "Received date")
    assert alone.refusal() == [
        "complaints.csv, column received_date: there is no column 'received_date'; the nearest is "
        "'Received date'. Name yours under columns: of the input complaints"
    ]


def test_a_column_that_was_asked_for_must_be_there(alone):
    alone.put("nomis_ethnicity", GOOD["nomis_ethnicity"], columns={"as_at_date": "As at"}, exclude={"Dup": ["1"]})
    assert [line.split(".")[1].split(":")[1] for line in alone.refusal()] == [
        " there is no column 'As at'",
        " there is no column 'Dup'",
    ]


def test_a_map_of_a_field_that_does_not_exist_is_refused(alone):
    alone.put("nomis_ethnicity", GOOD["nomis_ethnicity"], codes={"ethnicity": {"White": "W1"}})
    assert "which is not a field of nomis_ethnicity; the nearest is 'ethnicity_code'" in alone.refusal()[0]


@pytest.mark.parametrize(
    ("field", "heading", "hint"),
    [
        ("received_date", "Date received", "; the nearest is 'Date received'"),  # the same words
        ("person_id", "Person", "; the nearest is 'Person'"),  # but for one
        ("establishment", "Establishmnet", "; the nearest is 'Establishmnet'"),
        ("complaint_id", "Complaint type", ""),
        ("person_id", "Prison", ""),
        ("establishment", "#", ""),
    ],
)
def test_only_a_column_that_may_well_be_meant_is_named_as_the_nearest(alone, field, heading, hint):
    alone.change("complaints", field, heading)
    (said,) = alone.refusal()
    assert said.startswith(f"complaints.csv, column {field}: there is no column '{field}'{hint}. Name yours under")


def test_a_column_that_is_read_already_is_not_the_nearest_of_another(alone):
    text = GOOD["complaints"].replace("complaint_id", "reference").replace("person_id", "complainant_id")
    alone.put("complaints", text, columns={"person_id": "complainant_id"})
    (said,) = alone.refusal()
    assert "there is no column 'complaint_id'. Name yours" in said


def test_a_file_without_headings_shows_none_of_its_first_row(alone):
    row = "C1,number A1001AA,2024-04-02,2024-06-01,establishment Smith\n"
    columns = {"complaint_id": "ref", "person_id": "number", "received_date": "Date received"}
    alone.put("complaints", row * 2, columns=columns)
    said = alone.refusal()
    assert said[0] == (
        "complaints.csv: row 1 holds none of the headings that are needed; give the row in which they stand as "
        "header_row:, or say under columns: what yours are called"
    )
    assert len(said) == 5
    assert not any(held in " ".join(said) for held in ("A1001AA", "Smith", "nearest"))


def test_what_every_file_of_a_pattern_lacks_is_told_once(alone):
    for year in ("2022-23", "2023-24", "2024-25"):
        alone.put("nomis_ethnicity", "Number,Code\nA1001AA,W1\n", f"{year}.csv", path="*.csv")
    others = "; the same in 2023-24.csv and in 2024-25.csv"
    assert alone.refusal() == [
        "2022-23.csv: row 1 holds none of the headings that are needed; give the row in which they stand as "
        f"header_row:, or say under columns: what yours are called{others}",
        "2022-23.csv, column person_id: there is no column 'person_id'. Name yours under columns: of the input "
        f"nomis_ethnicity{others}",
        "2022-23.csv, column ethnicity_code: there is no column 'ethnicity_code'. Name yours under columns: of the "
        f"input nomis_ethnicity{others}",
    ]


# Case records as their own system calls them
OWN = (
    "Case reference,NOMIS no,Date received,Date completed,Prison,Complaint type,In remit?,Decision,Ethnic origin\n"
    + GOOD["complaints"].partition("\n")[2]
)
REQUIRED = {
    "complaint_id": "Case reference",
    "person_id": "NOMIS no",
    "received_date": "Date received",
    "establishment": "Prison",
}


def test_fields_that_are_not_mapped_are_told_beside_columns_that_are_not_read(alone):
    alone.put("complaints", OWN, columns=REQUIRED)
    (finding,) = alone.check()
    assert (finding.level, str(finding)) == (
        "warning",
        "complaints.csv: not mapped: completed_date, service, category, eligible, outcome, ethnicity_ppud, "
        "racism_concern_complainant, racism_concern_investigator; not read: 'Date completed', 'Complaint type', "
        "'In remit?', 'Decision', 'Ethnic origin'. Name yours under columns:, or \"\" for a field that you do not have",
    )


def test_a_field_can_be_said_not_to_be_there(alone):
    mapped = {"category": "Complaint type", "eligible": "In remit?", "outcome": "Decision", "completed_date": ""}
    lacking = ["service", "ethnicity_ppud", "racism_concern_complainant", "racism_concern_investigator"]
    never = dict.fromkeys(lacking, "")
    alone.put("complaints", OWN, columns=REQUIRED | mapped | never)
    assert not [found for found in alone.check() if "not mapped" in found.message]
    assert "completed_date" not in alone.read()["complaints"].columns
    alone.put("complaints", GOOD["complaints"], columns={"outcome": ""})  # nor is the column of this name read
    assert "outcome" not in alone.read()["complaints"].columns


@pytest.mark.parametrize("exclude", [{}, {"Duplicate": ["1"]}])
def test_a_file_is_asked_for_no_more_where_every_column_is_read(alone, exclude):
    text = GOOD["nomis_ethnicity"]
    if exclude:
        text = text.replace("code\n", "code,Duplicate\n").replace("1\n", "1,\n").replace("UN\n", "UN,\n")
    alone.put("nomis_ethnicity", text, exclude=exclude)
    assert not [found for found in alone.check() if "not mapped" in found.message]


def test_a_column_of_any_file_of_a_pattern_is_told_if_it_is_not_read(alone):
    alone.put("nomis_ethnicity", GOOD["nomis_ethnicity"], "a-1.csv", path="a-*.csv")
    (alone.root / "a-2.csv").write_text("person_id,ethnicity_code,Recorded\nA1004AA,W1,2024-04-02\n")
    (finding,) = alone.check()
    assert str(finding).startswith("a-*.csv: not mapped: as_at_date; not read: 'Recorded'. Name yours")


def test_a_required_field_cannot_be_said_not_to_be_there(alone):
    alone.change("nomis_ethnicity", "person_id", "Reference", columns={"person_id": ""})
    (said,) = alone.refusal()
    assert "there is no column 'person_id'. Name yours under columns:" in said


def test_a_column_named_for_one_field_is_not_read_as_the_field_of_its_name_besides(alone):
    alone.put("complaints", GOOD["complaints"], columns={"completed_date": "received_date"})
    assert alone.refusal() == [
        "complaints.csv: columns: names 'received_date' for completed_date, but it is read as received_date too; name "
        'another for received_date, or "" if you do not have it'
    ]
    alone.change(
        "complaints",
        "received_date,completed_date",
        "Came,received_date",
        columns={"received_date": "Came", "completed_date": "received_date"},
    )
    assert alone.read()["complaints"].names["completed_date"] == "received_date"


def test_a_death_needs_a_date(alone):
    alone.put("fatal_incidents", "incident_id,death_year\nF1,2024\n")
    assert "it needs notified_date, or death_date, or death_year with death_month" in alone.refusal()[0]


def test_all_files_are_reported_together(alone):
    alone.put("complaints", "")
    alone.put("population", "", "population.parquet")
    assert alone.refusal() == [
        "complaints.csv: the file is empty (0 bytes); export it again",
        "population.parquet: the file is empty (0 bytes); export it again",
    ]


@pytest.mark.parametrize(
    "content", [GOOD["complaints"].splitlines()[0], GOOD["complaints"].splitlines()[0] + "\n,,,,,,,,\n"]
)
def test_an_extract_without_rows_is_refused(alone, content):
    alone.put("complaints", content)
    assert alone.refusal() == ["complaints.csv: there are no rows; export it again"]


@pytest.mark.parametrize("format", ["xlsx", "parquet"])
def test_a_workbook_or_parquet_without_rows_is_refused(alone, format):
    empty = {name: pa.array([], pa.string()) for name in HEADINGS}
    content = workbook([HEADINGS]) if format == "xlsx" else parquet(**empty)
    alone.put("probation_caseload", content, f"caseload.{format}")
    assert alone.refusal() == [f"caseload.{format}: there are no rows; export it again"]


def test_what_is_not_utf_16_is_refused_as_any_other_encoding(alone):
    alone.put("complaints", GOOD["complaints"], encoding="utf-16")
    (said,) = alone.refusal()
    assert "row 1: the file is not utf-16 text from this row on; save it again as" in said


def test_windows_1252_is_named_with_the_way_out(alone):
    text = GOOD["complaints"].replace("Staff behaviour", "Staff’s behaviour").encode("windows-1252")
    alone.put("complaints", text)
    (refused,) = alone.refusal()
    assert refused.startswith("complaints.csv, row 4: the file is not utf-8 text from this row on")
    assert "encoding:" in refused
    alone.put("complaints", text, encoding="windows-1252")
    assert rows(alone, "complaints")[2][5] == "Staff’s behaviour"


def test_a_file_that_ends_within_a_letter_is_refused(alone):
    alone.put("complaints", GOOD["complaints"].encode() + "é".encode()[:1])
    (refused,) = alone.refusal()
    assert "the file is not utf-8 text from this row on" in refused


def test_ragged_rows_are_named(alone):
    alone.change("complaints", "Leeds,Property", "Leeds,Property, lost")
    assert alone.refusal() == [
        "complaints.csv, row 2: the row has 10 cells, the headings have 9; "
        "look for a comma or quotation mark in a value, or text"
    ]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("complaint_id", ": the file cannot be read as CSV: is a quotation mark never closed?"),
        ("category", ": the file cannot be read as CSV: is a quotation mark never closed?"),
        ("Property", ", row 2: the row has 6 cells, the headings have 9; look for a comma or quotation mark"),
    ],
)
def test_a_quotation_mark_that_is_never_closed(alone, where, says):
    alone.change("complaints", where, f'"{where}')
    (refused,) = alone.refusal()
    assert refused.startswith(f"complaints.csv{says}")


def stand(row: int) -> str:
    """What is said of headings that do not stand in the first row."""
    return f"the headings stand in this row; give header_row: {row} under the input, or delete the rows above it"


def test_merged_headings_are_refused(alone):
    title = [["Caseload", None, None, None], HEADINGS, CASELOAD[0]]
    alone.put("probation_caseload", workbook(title, merged="A1:D1"), "caseload.xlsx")
    assert alone.refusal() == [f"caseload.xlsx, row 2: {stand(2)}"]
    alone.put(
        "probation_caseload", workbook([title[0], ["Day", "Place", "Code", "People"], CASELOAD[0]]), "caseload.xlsx"
    )
    assert alone.refusal() == [
        "caseload.xlsx, row 1: the heading is blank in columns B, C, D: are cells merged, or is this a title? "
        "Unmerge them, or give the row of the headings as header_row:"
    ]


def test_a_column_is_called_as_spreadsheets_call_it(alone):
    """26 columns have one letter and 26 times 26 two, so that the next after 702 is AAA."""
    headings = [f"c{place}" for place in range(702)]
    alone.put("probation_caseload", f"{','.join(headings)},\n{'1,' * 702}1\n")
    (refused,) = alone.refusal()
    assert "the heading is blank in column AAA:" in refused


@pytest.mark.parametrize(
    ("title", "row"),
    [
        ("Caseload\n", 2),
        ("Caseload,,,\n\n", 3),
        ("Caseload, at the end of quarters\n", 2),
        ("Caseload,of,the,the\nMade on,1 May,,\n,,,\n", 4),
    ],
)
@pytest.mark.parametrize("format", ["csv", "semicolons", "xlsx"])
def test_headings_below_a_title_are_found_and_can_be_read_there(alone, title, row, format):
    text = title + GOOD["probation_caseload"].replace(",", ";" if format == "semicolons" else ",")
    content = workbook([line.split(",") for line in text.splitlines()]) if format == "xlsx" else text
    alone.put("probation_caseload", content, file := f"caseload.{'xlsx' if format == 'xlsx' else 'csv'}")
    assert alone.refusal() == [f"{file}, row {row}: {stand(row)}"]
    alone.put("probation_caseload", content, file, header_row=row)
    assert rows(alone) == [(date(2024, 6, 30), "London", "W1", 9000, row + 1)]


def test_headings_below_a_title_are_found_by_the_users_own_names(alone):
    alone.put("complaints", f"Complaints\n{OWN}", columns=REQUIRED)
    assert alone.refusal() == [f"complaints.csv, row 2: {stand(2)}"]


TITLED = {
    "fewer cells": ("Caseload of probation\nMade on,1 May 2024\n", 3),
    "blank lines": ("\n\nCaseload\n\n", 5),
    "byte order mark": ("\ufeffCaseload\n", 2),
    "quoted byte order mark": ('\ufeff"Caseload"\n', 2),
    "a line break and a comma in quotes": ('"Caseload,\nMade on 1 May",,\n', 2),
    "other delimiters": ("Caseload; London, Wales; by day; 1 | 2 | 3 | 4 | 5 | 6\n", 2),
    "more cells": ("a,b,c,d,e,f,g,h\n", 2),
    "a quotation mark in a word": ('Those 5" tall\n', 2),
    "quotes that do not fit": ('"Caseload" of probation\n', 2),
    "Excel's line of the delimiter": ("sep=,\n", 2),
}


@pytest.mark.parametrize("case", TITLED)
@pytest.mark.parametrize(
    "written", [("utf-8", "\n"), ("utf-8", "\r\n"), ("utf-16", "\n"), ("windows-1252", "\n")], ids=str
)
def test_what_stands_above_the_headings_of_a_csv_is_passed_over(alone, case, written):
    (title, row), (encoding, newline) = TITLED[case], written
    text = (title + GOOD["probation_caseload"].replace("London", "Môn")).replace("\n", newline)
    content = (text if encoding == "utf-8" else text.removeprefix("\ufeff")).encode(encoding)
    alone.put("probation_caseload", content, encoding=encoding, header_row=row)
    assert rows(alone) == [(date(2024, 6, 30), "Môn", "W1", 9000, row + 1)]


def test_the_delimiter_is_that_of_the_headings_and_not_of_the_title(alone):
    text = "Caseload, by region, day, ethnicity, age\n" + GOOD["probation_caseload"].replace(",", ";")
    alone.put("probation_caseload", text, header_row=2)
    assert rows(alone) == [(date(2024, 6, 30), "London", "W1", 9000, 3)]


def test_below_a_title_a_row_is_counted_as_in_the_file(alone):
    text = 'Complaints\n"Made on\n1 May"\n\n' + GOOD["complaints"].replace("C3", "#N/A")
    alone.put("complaints", text, header_row=4)
    assert [(f.row, f.column) for f in alone.check()] == [(7, "complaint_id")]
    alone.put("complaints", text.replace("Leeds,Property", "Leeds,Property, lost", 1), header_row=4)
    assert alone.refusal() == [
        "complaints.csv, row 5: the row has 10 cells, the headings have 9; "
        "look for a comma or quotation mark in a value, or text"
    ]


def test_headings_are_found_by_the_row_of_the_file_though_a_title_has_line_breaks(alone):
    alone.put("probation_caseload", '"Caseload\nMade on\n1 May"\n' + GOOD["probation_caseload"])
    assert alone.refusal() == [f"probation_caseload.csv, row 2: {stand(2)}"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize(("given", "row"), [(2, 3), (4, 3), (5, 3), (14, 3), (3, 1)])
def test_a_header_row_that_is_not_that_of_the_headings_is_refused_with_the_right_one(alone, format, given, row):
    """Titles, headings and 12 rows: in the row above, in the one below, at the end, or where there is no title."""
    title = [["A Person", "of Wales"], ["Made on", "1 May"]][: row - 1]
    held = [*title, HEADINGS, *[["2024-06-30", f"Region {chr(97 + each)}", "W1", "9"] for each in range(12)]]
    content = workbook(held) if format == "xlsx" else "\n".join(map(",".join, held))
    alone.put("probation_caseload", content, f"caseload.{format}", header_row=given)
    assert alone.refusal() == [
        f"caseload.{format}, row {row}: the headings stand in this row; give header_row: {row} under the input"
    ]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_header_row_that_is_not_there_is_refused(alone, format):
    held = [["Reference", "Origin"], *[["A1001AA", "W1"]] * 30]
    content = workbook(held) if format == "xlsx" else "\n".join(map(",".join, held))
    alone.put("nomis_ethnicity", content, f"nomis.{format}", header_row=40)
    assert alone.refusal() == [
        f"nomis.{format}, row 40: header_row: asks for this row, which is blank or not there; "
        "give the row of the headings"
    ]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_nothing_of_the_rows_round_a_wrong_header_row_is_quoted(alone, format):
    held = [["Reference", "Origin"], ["A1001AA", "Person"], ["A1002AA", "Smith"]]
    content = workbook(held) if format == "xlsx" else "\n".join(map(",".join, held))
    alone.put("nomis_ethnicity", content, f"nomis.{format}", header_row=2)
    place = "row 2 of sheet 'Sheet 1'" if format == "xlsx" else "row 2"
    said = alone.refusal()
    assert said[0] == (
        f"nomis.{format}: {place} holds none of the headings that are needed; give the row in which they stand as "
        "header_row:, or say under columns: what yours are called"
    )
    assert not any(held in " ".join(said) for held in ("A100", "Person", "Smith"))


def test_a_merged_title_and_an_empty_margin_of_a_workbook_are_passed_over(alone):
    """The title stands in B3 to E3, the headings in B6, two records below, of which the first is blank throughout."""
    blank = [None] * 5
    held = [blank, blank, [None, "Caseload", None, None, None], blank, blank]
    held += [[None, *cells] for cells in (HEADINGS, [None] * 4, CASELOAD[0])]
    alone.put("probation_caseload", workbook(held, merged="B3:E3"), "caseload.xlsx", header_row=6)
    assert rows(alone) == [(date(2024, 6, 30), "London", "W1", 9000, 8)]
    alone.put("probation_caseload", workbook(held, merged="B3:E3"), "caseload.xlsx")
    assert alone.refusal() == [f"caseload.xlsx, row 6: {stand(6)}"]


def test_a_title_above_the_headings_of_an_ods_is_passed_over(alone):
    book = ezodf.newdoc("ods")
    book.sheets += (sheet := ezodf.Sheet("May", size=(5, 4)))
    sheet["A2"].set_value("Caseload")
    for column, (heading, cell) in enumerate(zip(HEADINGS, CASELOAD[0], strict=True)):
        sheet[3, column].set_value(heading)
        sheet[4, column].set_value(cell)
    book.saveas(str(alone.root / "made.ods"))
    content = (alone.root / "made.ods").read_bytes()
    alone.put("probation_caseload", content, "caseload.ods", header_row=4)
    assert rows(alone) == [(date(2024, 6, 30), "London", "W1", 9000, 5)]
    alone.put("probation_caseload", content, "caseload.ods")
    assert alone.refusal() == [f"caseload.ods, row 4: {stand(4)}"]


def test_parameters_without_a_header_row_are_what_they_were_and_others_tell_it():
    """Their digest is a part of what names a run: that of files which say nothing stays."""
    given = {"path": "a.csv", "status": "extract"}
    assert "header_row" not in InputSpec(**given).model_dump_json()
    assert InputSpec(**given, header_row=1).model_dump_json() == InputSpec(**given).model_dump_json()
    told = InputSpec(**given, header_row=4).model_dump_json()
    assert '"header_row":4' in told
    assert InputSpec.model_validate_json(told).header_row == 4


def test_a_heading_that_stands_in_a_row_below_as_well_does_no_harm(alone):
    text = "Reference,Prison\nPrison,Reference\n"
    alone.put("nomis_ethnicity", text, columns={"person_id": "Reference", "ethnicity_code": "Prison"})
    assert alone.read()["nomis_ethnicity"].rows == 1


def test_repeated_headings_are_refused(alone):
    alone.change("complaints", "category", "outcome")
    assert "row 1: the heading of column H is that of an earlier column" in alone.refusal()[0]


def test_a_sheet_is_found_by_its_name(alone):
    book = workbook([["Notes"]], [[], HEADINGS, *CASELOAD])
    alone.put("probation_caseload", book, "caseload.xlsx", sheet="Sheet 2")
    assert rows(alone)[0] == (date(2024, 6, 30), "London", "W1", 9000, 3)
    alone.put("probation_caseload", book, "caseload.xlsx", sheet="Sheet two")
    assert "there is no sheet 'Sheet two'; the nearest is 'Sheet 2'" in alone.refusal()[0]


@pytest.mark.parametrize("format", ["xlsx", "ods", "parquet"])
def test_a_file_of_another_format_is_refused(alone, format):
    alone.put("probation_caseload", GOOD["probation_caseload"], f"caseload.{format}")
    assert len(alone.refusal()) == 1


def nomis(alone: Extracts, ids: pa.Array) -> None:
    """An extract with these ids, as Parquet has them."""
    alone.put("nomis_ethnicity", parquet(person_id=ids, ethnicity_code=["W1"] * len(ids)), "nomis.parquet")


TEXTS = {
    "doubles": (pa.array([1234567.0, 2.0**53 - 1, None]), ["1234567", "9007199254740991", None]),
    "decimals": (pa.array([Decimal("1234567.00"), Decimal("10.00")]), ["1234567", "10"]),
    "categories": (pa.array(["A1", "A2"]).dictionary_encode(), ["A1", "A2"]),
    "large text": (pa.array(["A1", "A2"], pa.large_string()), ["A1", "A2"]),
    "bytes that are text": (pa.array([b"A1", b"A2"]), ["A1", "A2"]),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_ids_in_parquet_are_the_text_that_a_csv_would_hold(alone, kind):
    ids, texts = TEXTS[kind]
    nomis(alone, ids)
    assert [row[0] for row in rows(alone, "nomis_ethnicity")] == texts


@pytest.mark.parametrize(
    ("ids", "wrong"),
    [
        (pa.array([1234567.0, 0.5, float("nan"), float("inf")]), "row 3"),
        (pa.array([1.0, 2.0**53]), "row 3"),  # 2^53 + 1 would be held as this, too
        (pa.array([1.0, 2.0**24], pa.float32()), "row 3"),
        (pa.array([Decimal("1.00"), Decimal("1.50")]), "row 3"),
    ],
)
def test_numbers_that_may_not_be_what_they_were_are_refused(alone, ids, wrong):
    nomis(alone, ids)
    (refused,) = alone.refusal()
    assert refused.startswith(f"nomis.parquet, {wrong}, column person_id: the value is no whole number, or has more")


@pytest.mark.parametrize("ids", [pa.array([["A"]]), pa.array([{"of": "A"}]), pa.array([b"\xff"])])
def test_columns_that_are_no_text_are_refused(alone, ids):
    nomis(alone, ids)
    assert alone.refusal() == [
        "nomis.parquet, column person_id: the column is not flat, or its bytes are no text; export it as text"
    ]


def test_a_nested_column_that_is_not_read_does_no_harm(alone):
    held = parquet(person_id=["A1"], ethnicity_code=["W1"], other=pa.array([{"person_id": 1}]))
    alone.put("nomis_ethnicity", held, "nomis.parquet")
    assert rows(alone, "nomis_ethnicity") == [("A1", "W1", 2)]


def test_spaces_round_a_heading_of_parquet_are_ignored(alone):
    alone.put("nomis_ethnicity", parquet(**{" person_id ": ["A1"], "ethnicity_code": ["W1"]}), "nomis.parquet")
    assert rows(alone, "nomis_ethnicity") == [("A1", "W1", 2)]


def test_midnight_in_parquet_is_a_day_as_in_a_workbook(alone):
    days = pa.array([datetime(2024, 6, 30), datetime(2024, 9, 30, 7, 5)])
    table = parquet(snapshot_date=days, region=["London", "Wales"], number=[9000, 800])
    alone.put("probation_caseload", table, "caseload.parquet", exclude={"snapshot_date": ["2024-06-30"]})
    assert rows(alone) == [(date(2024, 9, 30), "Wales", 800, 3)]


def test_moments_with_a_zone_are_no_dates(alone):
    moment = pa.array([datetime(2024, 3, 31, 23, 30)], pa.timestamp("us", "UTC"))
    table = parquet(snapshot_date=moment, region=["London"], number=[1])
    alone.put("probation_caseload", table, "caseload.parquet")
    assert [(f.level, f.column) for f in alone.check()] == [("error", "snapshot_date")]


def test_a_refused_file_leaves_no_typed_parquet(alone):
    alone.change("complaints", "Leeds,Property", "Leeds,Property, lost")
    alone.refusal()
    assert not (alone.root / "work" / "complaints.parquet").exists()
