"""A parameter file is read whole, or refused with all that is wrong with it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from reportlib.errors import ReportError
from reportlib.params import Params, load


def bomb(kind: bytes) -> bytes:
    """Eight names, each for nine of the one before it."""
    lines = (b"%c: &%c %s" % (name, name, kind % b", ".join([b"*%c" % (name - 1)] * 9)) for name in b"bcdefghi")
    return b"\n".join([b"a: &a {x: 1}", *lines])


LEAST = """\
reporting_year: 2024-25
publication_date: 2025-11-27
inputs:
  complaints: {path: data/demo/complaints.csv, status: synthetic}
"""


@pytest.fixture
def written(tmp_path: Path):
    """Load a file made of the least parameters, with some replaced and some lines added."""

    def write(added: str = "", **replaced: str) -> Params:
        text = LEAST + added
        for old, new in replaced.items():
            text = "\n".join(new if line.startswith(f"{old}:") else line for line in text.splitlines())
        path = tmp_path / "params.yml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return write


def problems(error: pytest.ExceptionInfo[ReportError]) -> str:
    return "\n".join(str(finding) for finding in error.value.findings)


def refused(written, said: str, added: str = "", **replaced: str) -> None:
    with pytest.raises(ReportError) as error:
        written(added, **replaced)
    assert said in problems(error)


def test_the_least_file_takes_the_defaults(written):
    params = written()
    assert (params.pooled_years, params.trend_years, params.grouping) == (3, 5, "5+1")
    assert (params.confidence_level, params.verdict_band) == (0.95, (0.8, 1.25))
    assert (params.disclosure.threshold, params.disclosure.protection_width) == (5, 5)
    assert params.disclosure.on
    assert params.edition == "national"


def test_the_file_of_the_project_is_on_demo_data_and_says_so():
    params = load(Path(__file__).parents[1] / "params" / "2024-25.yml")
    assert {spec.status for spec in params.inputs.values()} == {"synthetic"}
    assert len(params.inputs) == 7


def test_periods_run_up_to_the_reporting_year(written):
    params = written()
    assert params.pooled == ("2022-23", "2023-24", "2024-25")
    assert params.pooled_label == "2022-23 to 2024-25"
    assert params.trend == ("2020-21", "2021-22", "2022-23", "2023-24", "2024-25")
    assert params.span == (date(2020, 4, 1), date(2025, 3, 31))


def test_one_year_is_not_a_range(written):
    params = written("pooled_years: 1\ntrend_years: 1\n")
    assert params.pooled_label == "2024-25"
    assert params.span == (date(2024, 4, 1), date(2025, 3, 31))


def test_a_period_crosses_the_century(written):
    params = written(reporting_year="reporting_year: 2000-01")
    assert params.pooled == ("1998-99", "1999-00", "2000-01")


@pytest.mark.parametrize(("grouping", "reference"), [("5+1", "W"), ('"19"', "W1"), ("two", "WB")])
def test_the_reference_group_follows_from_the_grouping(written, grouping, reference):
    assert written(f"grouping: {grouping}\n").reference_group == reference


def test_the_format_follows_from_the_path(written):
    assert written().inputs["complaints"].format == "csv"
    given = written("  population: {path: data/p.XLSX, status: extract}\n")
    assert given.inputs["population"].format == "xlsx"


def test_a_pattern_has_the_format_of_its_files(written):
    given = written("  population: {path: data/p-*.parquet, status: extract}\n")
    assert given.inputs["population"].format == "parquet"


def test_codes_may_map_to_truth_values_as_text(written):
    text = "  population: {path: p.csv, status: extract, codes: {eligible: {Y: true, N: false}}}\n"
    assert written(text).inputs["population"].codes == {"eligible": {"Y": "true", "N": "false"}}


def test_parameters_cannot_be_changed_after_reading(written):
    with pytest.raises(ValueError, match="frozen"):
        written().pooled_years = 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("2024/25", "write 2024-25"),
        ("2024-2025", "write 2024-25"),
        ("2024-26", "two years in a row"),
        ("2024", "'2024' is not a reporting year"),
        ("9999-00", "'9999-00' is not a reporting year"),
        ("last year", "'last year' is not a reporting year"),
    ],
)
def test_a_year_is_written_one_way(written, wrong, said):
    refused(written, said, reporting_year=f"reporting_year: '{wrong}'")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("poled_years: 3", "poled_years is not a parameter; the nearest is 'pooled_years'"),
        ("pooled_years: three", "found 'three' (text); allowed: a whole number from 1 to 10"),
        ("pooled_years: true", "found True (true or false); allowed: a whole number"),
        ("pooled_years: 0", "found 0 (a whole number); allowed: a whole number from 1 to 10"),
        ("confidence_level: 95", "found 95 (a whole number); allowed: a number from 0.5 to below 1"),
        ("grouping: 19", "allowed: one of '5+1', '19', 'two'. Put it in quotes"),
        ("reference_group: W1", "'W1' is not a group of '5+1'; allowed: A, B, M, W, O"),
        ("reference_group: NS", "'NS' is not a group"),
        ("verdict_band: [1.25, 0.8]", "allowed: a number below 1, then one above"),
        ("verdict_band: 0.8", "found 0.8 (a number); allowed: a list of 2 numbers"),
        ("verdict_band: [0.8, x]", "verdict_band.item 2: found 'x' (text); allowed: a number"),
        ("edition: ../elsewhere", "allowed: small letters, digits and hyphens"),
        ("disclosure: off", "write `off:` below it, then why"),
        ("disclosure: {off: x}", "disclosure.off: found 'x' (text); allowed: text of 10 characters or more"),
        ("disclosure: {off: '            '}", "disclosure.off: found '            ' (text); allowed: text of 10"),
        (
            "disclosure: {exemptions: [{table: t, reason: '            ', reviewer: A. Person}]}",
            "disclosure.exemptions.item 1.reason: found '            ' (text); allowed: text of 10",
        ),
        (
            "disclosure: {exemptions: [{table: t, reason: It is published, reviewer: ' '}]}",
            "disclosure.exemptions.item 1.reviewer: found ' ' (text); allowed: text that is not empty",
        ),
        ("title: ' '", "title: found ' ' (text); allowed: text of 1 to 100 characters"),
        ("organisation: ' '", "organisation: found ' ' (text); allowed: text that is not empty"),
        (f"title: {'long ' * 21}", "allowed: text of 1 to 100 characters"),
        ("disclosure: {treshold: 3}", "disclosure.treshold is not a parameter; the nearest is 'threshold'"),
        ("  complaint: {path: a.csv, status: extract}", "the nearest is 'complaints'"),
        ("  population: a.csv", "found 'a.csv' (text); allowed: a block with kind, path"),
        ("  population: {path: a.csv}", "inputs.population.status is missing"),
        ("  population: {path: a.txt, status: extract}", "path: 'a.txt' does not end in csv or parquet or"),
        ("  population: {path: a.csv, status: extract, format: txt}", "found 'txt' (text); allowed: one of 'csv'"),
        ("  population: {path: a.csv, status: extract, sheet: May}", "takes no sheet:, as it is no workbook"),
        (
            "  population: {path: a.parquet, status: extract, header_row: 2}",
            "inputs.population: takes no header_row:, as nothing stands above its headings; take it out",
        ),
        (
            "  population: {kind: sqlite, path: a, table: b, status: extract, header_row: 2}",
            "inputs.population: takes no header_row:, as nothing stands above its headings; take it out",
        ),
        (
            "  population: {path: a.csv, status: extract, header_row: 0}",
            "header_row: found 0 (a whole number); allowed: a whole number from 1 to 1048576",
        ),
        (
            f"  population: {{path: a.csv, status: extract, header_row: {10**30}}}",
            "allowed: a whole number from 1 to 1048576",
        ),
        (
            "  population: {path: a.csv, status: extract, header_row: '4'}",
            "header_row: found '4' (text); allowed: a whole",
        ),
        ("  population: {path: a.csv, status: extract, encoding: utf-99}", "not an encoding"),
        ("  population: {path: a.csv, status: extract, date_format: '%d/%m'}", "lacks a day"),
        ("  population: {path: a.csv, status: extract, encoding: base64}", "'base64' is not an encoding"),
        ("  population: {path: a.csv, status: extract, date_format: '%Y-%m-%d %Q'}", "holds %Q, which stands for no"),
        ("  population: {status: extract}", "inputs.population: of the kind files needs path"),
        ("  population: {kind: postgres, path: a, status: extract}", "of the kind postgres needs url_env and table"),
        ("  population: {path: a.csv, table: b, status: extract}", "of the kind files takes no table; take it out"),
        ("  population: {kind: oracle, path: a, status: extract}", "allowed: one of 'files', 'postgres'"),
        (
            "  population: {kind: sqlalchemy, url_env: mssql.host, table: b, status: extract}",
            "url_env: is the name of an environment variable, such as PPO_NOMIS_URL, not the address itself",
        ),
        (
            "  population: {kind: adbc, url_env: A, driver: os, table: b, status: extract}",
            "'os' is not an ADBC driver's package",
        ),
        ("1: 2", "1 is not a parameter"),
        ("[a, b]: 2", "put the name"),
        ("  population: {path: a.csv, status: extract, codes: {sex: {[Not known]: male}}}", "put the name"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(written, line, said):
    refused(written, said, added=line + "\n")


def test_blanks_are_kept_in_names_of_what_stands_elsewhere(written):
    given = written("  population: {path: p.xlsx, status: extract, sheet: 'May ', columns: {number: 'people '}}\n")
    assert given.inputs["population"].sheet == "May "
    assert given.inputs["population"].columns == {"number": "people "}


@pytest.mark.parametrize("wrong", ["27 November 2025", "2025-13-45", "2025-11-27 10:00:00", "'2025-11-27'"])
def test_a_date_is_a_date(written, wrong):
    said = "allowed: a date such as 2025-11-27"
    refused(written, said, publication_date=f"publication_date: {wrong}")


def test_a_report_is_published_after_its_year(written):
    said = "publication_date: found 2024-03-31; allowed: a date after 2025-03-31, when the reporting year ends"
    refused(written, said, publication_date="publication_date: 2024-03-31")


def test_a_repeated_key_is_named_with_both_lines(written):
    refused(written, "line 5: reporting_year is given twice; the first is in line 1", "reporting_year: 2023-24\n")


def test_a_key_repeated_in_one_line_is_named(written):
    columns = "  population: {path: a.csv, status: extract, columns: {sex: Sex, sex: Gender}}"
    refused(written, "line 5: inputs.population.columns.sex is given twice", added=columns)


def test_a_column_named_for_two_fields_is_refused_with_all_else(written):
    columns = "columns: {sex: Group, age_band: Group, number: People, establishment: ''}"
    with pytest.raises(ReportError) as error:
        written(f"  population: {{path: a.csv, status: real, {columns}}}")
    twice, status = problems(error).splitlines()
    assert "inputs.population.status: found 'real'" in status
    assert twice.endswith(
        "line 5: inputs.population.columns: names 'Group' for sex and age_band; name a column of its own for each field"
    )


def test_fields_that_are_not_there_have_no_column_in_common(written):
    columns = "columns: {sex: '', age_band: ''}"
    given = written(f"  population: {{path: a.csv, status: extract, {columns}}}")
    assert given.inputs["population"].columns == {"sex": "", "age_band": ""}


def test_a_path_with_a_password_is_refused_and_not_repeated(written):
    for path in ("postgresql://someone:hunter2@host/db", "[postgresql://someone:hunter2@host/db]"):
        with pytest.raises(ReportError) as error:
            written(f"  population: {{path: {path}, status: extract}}\n")
        assert "hunter2" not in str(error.value)
        assert "inputs.population.path" in problems(error)
    for option in ("url_env", "table"):
        with pytest.raises(ReportError) as error:
            written(f"  population: {{kind: postgres, {option}: 'pg://a:hunter2@host/db', status: extract}}\n")
        assert "hunter2" not in str(error.value)
        assert f"inputs.population.{option}: holds a user name or password" in problems(error)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(written):
    with pytest.raises(ReportError) as error:
        written("pooled_years: x\ntitel: y\ngrouping: five\n", reporting_year="reporting_year: 2024/25")
    assert [finding.file.rsplit(", ")[-1] for finding in error.value.findings] == [
        "line 1",
        "line 5",
        "line 6",
        "line 7",
    ]


def test_what_must_be_given_is_named(tmp_path):
    (tmp_path / "empty.yml").write_text("")
    with pytest.raises(ReportError) as error:
        load(tmp_path / "empty.yml")
    for name in ("reporting_year", "publication_date", "inputs"):
        assert f"{name} is missing" in problems(error)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [1\nb: 2", "line 2: not YAML"),
        (b"title: caf\xe9", "not in UTF-8"),
        (b"inputs:\n\tpopulation: a", "cannot start any token. Use spaces in place of the tab."),
        (
            b"title: Race: equality",
            "mapping values are not allowed here. Put a text that holds a colon or a # in quotation marks, or what "
            "follows is no part of it.",
        ),
        (b"- a list", "found a list; allowed: a block with reporting_year"),
        (b"a: !!python/name:os.system x", "not YAML"),
        (b"a: !!int x", "not YAML"),
        (b"a: &a [*a]", "is nested too deeply, or holds itself"),
        (bomb(b"[%s]"), "names that stand for one another again and again"),
        (bomb(b"{<<: [%s]}"), "names that stand for one another again and again"),
    ],
)
def test_a_file_that_is_no_parameter_file_is_refused(tmp_path, content, said):
    (tmp_path / "params.yml").write_bytes(content)
    with pytest.raises(ReportError) as error:
        load(tmp_path / "params.yml")
    assert said in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ReportError, match=r"nowhere\.yml cannot be read: No such file"):
        load(tmp_path / "nowhere.yml")


def test_where_a_file_is_missing_those_that_are_there_are_named(tmp_path, monkeypatch):
    for name in ("2023-24.yml", "2023-24.responses.yml", "notes.txt"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError) as error:
        load(Path("2025-26.yml"))
    own = os.path.relpath(Path(__file__).parents[1] / "params" / "2024-25.yml")
    assert str(error.value).endswith(". For a new year, copy last year's and change it.")
    named = str(error.value).partition("There are: ")[2].partition(". For")[0]
    assert sorted(named.split(", ")) == sorted(["2023-24.yml", own])


@pytest.mark.parametrize("colour", ["#12436D", "#5a1846", "#000000"])
def test_dark_colour_is_taken(written, colour):
    assert written(f'colour: "{colour}"\n').colour == colour


def test_colour_that_cannot_be_read_is_refused_with_its_contrast(written):
    """White on #777777 is the textbook near miss: 4.48 to 1."""
    refused(written, "#777777 has a contrast of 4.48 to 1", 'colour: "#777777"\n')
    refused(written, "six hexadecimal digits", "colour: navy\n")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("logo.gif", b"GIF89a", "neither an SVG nor a PNG"),
        ("logo.png", b"GIF89a", "is not a PNG picture"),
        ("logo.svg", b"<svg", "not a well-formed SVG"),
        ("logo.svg", b"<html/>", "not an SVG picture"),
        ("logo.svg", b"<svg><script/></svg>", "script element runs or fetches"),
        ("logo.svg", b'<svg onload="x()"/>', "svg element runs or fetches"),
        ("logo.svg", b'<svg><image href="https://example.org/a.png"/></svg>', "image element runs or fetches"),
        ("logo.svg", b"<svg><style>@import 'https://example.org'</style></svg>", "style element runs or fetches"),
        ("logo.svg", b"<svg>" + b" " * 100_000 + b"</svg>", "at most 100,000 are allowed"),
    ],
)
def test_logo_that_is_no_small_still_picture_is_refused(written, tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    refused(written, said, f"logo: {tmp_path / name}\n")


def test_missing_logo_is_refused(written, tmp_path):
    refused(written, "No such file", f"logo: {tmp_path / 'logo.svg'}\n")


def test_logo_is_held_whole_and_can_be_given_so_again(written, tmp_path):
    (tmp_path / "logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a" fill="url(\'#b\')"/></svg>'
    )
    held = written(f"logo: {tmp_path / 'logo.svg'}\n").logo
    assert held.startswith("data:image/svg+xml;base64,")
    assert written(f"logo: {held}\n").logo == held


def test_chapter_named_twice_is_refused(written):
    refused(written, "a chapter stands twice: summary", "chapters: [summary, uphold-rates, summary]\n")
