"""Findings as a list for the screen and as a page that stands alone."""

from typing import Any

import pytest
from lxml import html
from typer.testing import CliRunner

from reportlib import cli
from reportlib.archive.pages import findings_page
from reportlib.errors import Finding
from reportlib.gates.html import check_html
from reportlib.inputs.findings import listing, published, quoted, shape

FINDINGS = [
    Finding("the date is late", "b.csv", 7, "received_date", "warning"),
    Finding("'<W7>' is not one of the codes", "a.csv", 1234, "ethnicity_code"),
]


def test_a_report_says_nothing_of_single_rows():
    """One death at a named prison, or how many rows lack something, is a small count. Fields have titles."""
    held = (["d.csv"], {"prison": "establishment"})

    def told(*args: Any, **options: Any) -> list[str]:
        return [each["text"] for each in published([Finding(*args, **options)], [held])]

    assert told("not mapped: sex", "d.csv", detail="; not read: 'Gender'. Name yours under columns:") == [
        "d.csv: not mapped: sex"
    ]
    assert "codes" not in str(published([Finding("'Chinese' is unknown", "d.csv", 7, lines="codes:")], [held]))
    unknown = ("'HMP Nowhere' is not in establishments", "d.csv", 7, "prison", "warning")
    assert told(*unknown, 5, " (is it 'Nowhere'?); the same in rows 9, 12 and 2 more rows") == [
        "d.csv, establishment: a value is not in establishments (fewer than 100 rows)"
    ]
    for value in ("O'Neill John", "St Alban's"):
        names = f"{quoted(value)} is not in establishments, {quoted('Ash')} and {quoted('Jones')} neither"
        assert told(names, "d.csv", 7) == ["d.csv: a value is not in establishments, a value and a value neither"]
    whole = Finding("there is no column 'sex'", "d.csv", column="sex")
    assert told("there is no column 'sex'", "d.csv", column="sex") == [str(whole)]


def test_rows_are_counted_together_over_values_and_files_and_told_roughly():
    names = (("Leeds", "a.csv", 130), ("Hull", "b.csv", 110))
    found = [Finding(f"'{name}' is unknown", file, 2, "prison", "warning", rows) for name, file, rows in names]
    found.append(Finding("'Hull' is unknown", "other.csv", 2, "prison", "warning", 3))
    assert published(found, [(["a.csv", "b.csv", "c.csv"], {"prison": "establishment"}), (["other.csv"], {})]) == [
        {"level": "warning", "text": "a.csv and 2 more, establishment: a value is unknown (about 200 rows)"},
        {"level": "warning", "text": "other.csv, column prison: a value is unknown (fewer than 100 rows)"},
    ]


def test_the_list_has_errors_first():
    assert listing(FINDINGS).splitlines() == [
        "1 error and 1 warning:",
        "  error: a.csv, row 1,234, column ethnicity_code: '<W7>' is not one of the codes",
        "  warning: b.csv, row 7, column received_date: the date is late",
    ]


def test_nothing_wrong_is_said():
    assert listing([]) == "No errors and no warnings:"
    assert "no errors and no warnings" in findings_page([])


def test_the_page_shows_every_finding_and_is_accessible():
    page = findings_page(FINDINGS)
    text = html.document_fromstring(page).text_content()
    for finding in FINDINGS:
        assert finding.message in text
        assert finding.file in text
    assert "1,234" in text
    for each in (page, findings_page([]), findings_page([Finding("a file is missing")])):
        assert check_html(each, "check-data.html") == []


def test_a_check_that_stopped_before_it_found_anything_says_on_its_page_why(tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "OUTPUTS", tmp_path)
    monkeypatch.delenv("PPO_SPARK_REMOTE", raising=False)
    (tmp_path / "caseload.csv").write_text("snapshot_date,region,ethnicity_code,number\n2024-06-30,London,W1,9000\n")
    caseload = f"  probation_caseload: {{path: {tmp_path / 'caseload.csv'}, status: extract}}\n"
    params = tmp_path / "params.yml"
    params.write_text(
        f"reporting_year: 2024-25\npublication_date: 2025-11-27\nengine: spark\ninputs:\n{caseload}", encoding="utf-8"
    )
    assert CliRunner().invoke(cli.app, ["check-data", str(params)]).exit_code == 2
    text = html.document_fromstring((tmp_path / "check-data.html").read_text(encoding="utf-8")).text_content()
    assert "The inputs have 1 error and no warnings." in text
    assert "engine: spark needs" in text


CASELOAD = "snapshot_date,region,ethnicity_code,number\n"
INPUT = "inputs:\n  probation_caseload: {{path: {path}, status: extract}}\n"


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """What `check-data` says of parameters with some lines added, and the page that it leaves."""
    monkeypatch.setattr(cli, "OUTPUTS", tmp_path)
    rows = [f"{year}-06-30,London,W1,9000\n" for year in range(2020, 2025)]
    (tmp_path / "caseload.csv").write_text(CASELOAD + "".join(rows), encoding="utf-8")

    def check(added: str = "") -> str:
        lines = f"reporting_year: 2024-25\npublication_date: 2025-11-27\n{added}"
        params = tmp_path / "params.yml"
        params.write_text(lines + INPUT.format(path=tmp_path / "caseload.csv"), encoding="utf-8")
        return CliRunner().invoke(cli.app, ["check-data", str(params)]).output

    return check, tmp_path / "check-data.html"


def test_the_page_is_for_its_reader_alone_and_nothing_on_the_screen_acts(checked):
    check, page = checked
    check()
    assert page.stat().st_mode & 0o77 == 0
    said = check('"a\\e[2Jb": 1\n')
    assert "\x1b" not in said
    assert "a\\x1b[2Jb" in said


def test_inputs_that_are_not_given_are_named(checked):
    check, page = checked
    given = "complaints, nomis_ethnicity, population, fatal_incidents, probation_terminations, establishments"
    assert f"not given: {given}; the tables that need them say so\n" in check()
    assert page.exists()


def test_parameters_that_are_wrong_leave_no_page_of_an_earlier_check(checked):
    check, page = checked
    check()
    assert "pooled_yeers is not a parameter" in check("pooled_yeers: 3\n")
    assert not page.exists()


def test_a_shape_hides_letters_and_digits():
    assert shape("A1234bç, 01/04/2024") == "A9999aa, 99/99/9999"


def test_a_code_is_quoted_and_what_may_be_a_person_is_not():
    assert quoted("W7") == "'W7'"
    assert quoted("A1234BC") == "'A9999AA' (masked)"
    assert quoted("He said that " + "x" * 40) == "'Aa aaaa aaaa " + "a" * 27 + "' (masked)"
