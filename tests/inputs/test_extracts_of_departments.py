"""What departments' own extracts go wrong in, where nothing fails and every figure would be wrong."""

from datetime import date

import openpyxl
import pytest
from good_extracts import GOOD

from reportlib.inputs.rules import check

COMPLAINTS = "complaint_id,person_id,received_date,establishment,category\n"
PEOPLE = "snapshot_date,establishment,sex,number\n"


def said(extracts, column: str) -> list[tuple[str, str]]:
    """The findings in a column: how bad each is, and what it says before advice and further rows."""
    return [(f.level, f.message.partition(";")[0]) for f in extracts.check() if f.column == column]


# People and cases


@pytest.mark.parametrize("other", ["a1001aa", "A1001 AA", "A1001AA.0", "00A1001AA"])
def test_a_person_written_in_two_ways_is_an_error(extracts, other):
    extracts.change("complaints", "C3,A1003AA", f"C3,{other}")
    wrong = "the person number differs from another in capitals, spaces, noughts in front or .0 behind alone"
    assert ("error", wrong) in said(extracts, "person_id")


def test_a_person_is_written_alike_in_complaints_and_in_nomis(extracts):
    extracts.put("nomis_ethnicity", GOOD["nomis_ethnicity"].replace("A1002AA", "A1002aa"))
    files = [f.file for f in extracts.check() if f.level == "error" and "capitals, spaces" in f.message]
    assert files == ["complaints.csv", "nomis_ethnicity.csv"]


def test_people_of_probation_have_numbers_of_their_own(extracts):
    extracts.change("probation_terminations", "X1", "a1001aa")
    assert extracts.check() == []


def test_people_of_the_demo_are_none_of_a_real_extract(extracts):
    def found(status: str) -> list[str]:
        extracts.change("complaints", "A1003AA", "SYN-0000012", status=status)
        return [level for level, text in said(extracts, "person_id") if "made-up" in text]

    assert (found("synthetic"), found("extract")) == ([], ["error"])


def test_a_case_written_in_two_ways_is_an_error(extracts):
    extracts.put("complaints", GOOD["complaints"] + "c1,A1003AA,2024-06-02,,Wandsworth,Staff behaviour,no,,\n")
    assert [level for level, text in said(extracts, "complaint_id") if "differs from another" in text] == ["error"]


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("Unknown", "'Unknown' is no person number"),
        ("n/a", "'n/a' is no person number"),
        ("1.23457E+12", "a spreadsheet has rounded the person number"),
    ],
)
def test_what_stands_for_no_number_is_no_person(extracts, number, wrong):
    extracts.change("complaints", "C3,A1003AA", f"C3,{number}")
    assert ("error", wrong) in said(extracts, "person_id")


# What is printed


def test_a_category_may_have_figures_in_its_name(extracts):
    extracts.change("complaints", "Wandsworth,Staff behaviour", 'Wandsworth,"Regime 24/7, 1-2 items, PSO 2510"')
    assert said(extracts, "category") == []


@pytest.mark.parametrize(
    ("category", "wrong"),
    [
        (
            "SYN-0332338",
            "'AAA-9999999' (masked) may be a number of a person or a case, and the report prints categories",
        ),
        ("A1003AA", "'A9999AA' (masked) may be a number of a person or a case, and the report prints categories"),
        ("C1", "a category is the complaint number of a row of complaints, and the report prints categories"),
    ],
)
def test_a_number_among_the_categories_is_an_error(extracts, category, wrong):
    extracts.change("complaints", "Wandsworth,Staff behaviour", f"Wandsworth,{category}")
    assert said(extracts, "category") == [("error", wrong)]


@pytest.mark.parametrize(("different", "found"), [(100, 0), (101, 1)])
def test_a_column_of_more_than_a_hundred_categories_is_not_one(alone, different, found):
    names = [f"{first}{second} of" for first in "abcdefghijk" for second in "abcdefghij"][:different]
    rows = [f"C{number},P{number},2024-05-01,Leeds,{name}\n" for number, name in enumerate(names)]
    alone.put("complaints", COMPLAINTS + "".join(rows))
    told = [f.message for f in alone.check() if f.column == "category"]
    assert len(told) == found
    assert all(text.startswith("there are 101 categories, and the report prints each of them") for text in told)


# Parts of years


def months(*numbers: int) -> str:
    """Ten complaints in each of some months of 2024-25, numbered from April."""
    days = [f"2024-{number + 3:02}-15" if number < 10 else f"2025-{number - 9:02}-15" for number in numbers]
    rows = [f"C{day}-{each},P{day}-{each},{day},Leeds,Property\n" for day in days for each in range(12)]
    return COMPLAINTS + "".join(rows)


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        (range(1, 13), None),
        (range(1, 12), "March 2025"),
        ((1, 2, 3, 6, 7, 8, 9, 10, 11, 12), "July 2024 to August 2024"),
        ((1, 2, 4, 6, 7, 8, 9, 10, 11, 12), "June 2024 and August 2024"),
    ],
)
def test_months_without_a_row_are_told(alone, held, missing):
    alone.put("complaints", months(*held))
    told = [f.message.partition(",")[0] for f in alone.check() if f.column == "received_date"]
    assert told == ([f"there is no row of {missing}"] if missing else [])


def test_where_rows_are_few_a_month_without_one_may_be_chance(alone):
    alone.put("complaints", months(1, 2, 3, 4, 5))  # 60 rows are five a month
    assert not [f for f in alone.check() if "there is no row of" in f.message]


def test_a_year_with_fewer_snapshots_than_others_is_told(alone):
    days = ["2023-06-30", "2023-09-30", "2024-06-30"]
    alone.put("population", PEOPLE + "".join(f"{day},Leeds,male,700\n" for day in days))
    told = ("warning", "there are 2 snapshots in a year, but 1 in 2024-25: is one missing?")
    found = check(alone.read(), (date(2023, 4, 1), date(2025, 3, 31)))
    assert [(f.level, f.message) for f in found if f.column == "snapshot_date"] == [told]


def test_a_snapshot_copied_under_another_date_is_told_once(alone):
    """Of prisons named by numbers; the last day has the same rows, people and squares of people, in other prisons."""
    numbers = {"2024-06-30": [4, 3, 1], "2024-09-30": [4, 3, 1], "2024-12-31": [4, 3, 1], "2025-03-31": [3, 4, 1]}
    rows = [
        f"{day},Prison {number % 50},{'fe' * (number >= 50)}male,{of[number % 3]}\n"
        for day, of in numbers.items()
        for number in range(99)
    ]
    last = [f"{day},Prison 50,male,7\n" for day in numbers]
    alone.put("population", PEOPLE + "".join(rows + last))
    told = "every row of the snapshot of {} is in that of 2024-06-30 too: was it copied?"
    assert [each for each in said(alone, "snapshot_date") if "copied" in each[1]] == [
        ("warning", told.format(day)) for day in ("2024-09-30", "2024-12-31")
    ]
    alone.put("population", PEOPLE + "".join(rows))  # 99 rows may well be as they were before
    assert not [each for each in said(alone, "snapshot_date") if "copied" in each[1]]


# Totals among people, and columns without a value


def people(*rows: str) -> str:
    return PEOPLE + "".join(f"2024-06-30,{row}\n" for row in rows)


def test_rows_of_no_sex_that_are_half_of_all_are_totals(alone):
    alone.put("population", people("Leeds,male,700", "Leeds,female,300", "Leeds,,1000"))
    told = "50% of the people have no sex: are there totals among the rows? If so, leave them out by exclude:"
    assert said(alone, "sex") == [("error", told)]


def test_a_place_as_large_as_all_others_is_a_total(alone):
    alone.put("population", people("Leeds,male,700", "Wandsworth,male,300", "All,male,1000"))
    told = "'All' has as many people as all others together: a total? If so, leave them out by exclude:"
    assert said(alone, "establishment") == [("error", told)]
    alone.put("population", people("Leeds,male,700", "Wandsworth,male,300", "Elsewhere,male,990"))
    assert said(alone, "establishment") == []


def test_a_place_whose_numbers_are_all_blank_is_no_place_with_people(alone):
    """Two are left, of which one may well have half of them."""
    alone.put("population", people("Leeds,male,500", "Wandsworth,male,500", "Hull,male,", "Hull,female,"))
    assert said(alone, "establishment") == []
    assert [level for level, message in said(alone, "number") if "is blank" in message] == ["warning"]


def test_a_needed_column_without_any_value_is_an_error(alone):
    alone.put("population", people("Leeds,male,", "Leeds,female,"))
    assert [level for level, text in said(alone, "number") if "no value in the whole column" in text] == ["error"]


# How it is said


def test_a_spreadsheets_number_of_a_day_is_called_so(alone):
    alone.put("complaints", COMPLAINTS + "C1,P1,45413,Leeds,Property\n")
    assert said(alone, "received_date")[0][1].endswith("is not a date but a spreadsheet's number of a day")


@pytest.mark.parametrize(
    ("given", "written", "short"),
    [
        ("%d/%m/%Y", "05/06/24", "%d/%m/%y"),
        ("%d/%m/%Y", "05/06/24 13:45", "%d/%m/%y"),
        ("%Y-%m-%d", "24-06-05", "%y-%m-%d"),
        ("%d %b %Y", "5 Jun 24", "%d %b %y"),
    ],
)
def test_a_year_of_two_digits_is_called_so_and_can_be_read(alone, given, written, short):
    alone.put("complaints", COMPLAINTS + f"C1,P1,{written},Leeds,Property\n", date_format=given)
    (said,) = [f.message for f in alone.check() if f.column == "received_date"]
    assert said.endswith(
        f' (masked) is not a date with a year of four digits; where all have two, write date_format: "{short}"'
    )
    alone.put("complaints", COMPLAINTS + f"C1,P1,{written},Leeds,Property\n", date_format=short)
    assert not [f for f in alone.check() if f.column == "received_date" and f.level == "error"]


@pytest.mark.parametrize("number", ['"1,234"', '"1,234,567"', "1 234", "1’234"])
def test_a_number_with_a_thousands_separator_is_called_so(alone, number):
    alone.put("population", people(f"Leeds,male,{number}", "Hull,male,5"))
    (said,) = [f.message for f in alone.check() if f.column == "number"]
    assert said.endswith("(masked) is not a whole number in digits alone; remove the thousands separator")


def test_any_other_number_is_advised_to_be_mapped(alone):
    alone.put("population", people("Leeds,male,c. 700", "Hull,male,5"))
    (said,) = [f.message for f in alone.check() if f.column == "number"]
    assert said.endswith("is not a whole number; correct it, or map it under codes:")


@pytest.mark.parametrize("word", ["Total", "GRAND TOTAL", "Totals", "Total:", "Subtotal"])
@pytest.mark.parametrize("row", ["{},,,,", ",,,{},", ",,{},,", "{},,,,3"])
def test_a_row_of_totals_is_asked_about_and_nothing_else_of_it(alone, row, word):
    last = f"C1,P1,2024-06-05,Leeds,Property\n{row.format(word)}\n,,,,\n"
    alone.put("complaints", COMPLAINTS + last)
    said = [str(f) for f in alone.check() if f.level == "error"]
    assert said == ["complaints.csv, row 3: this may be a row of totals; delete it"]


def test_a_row_of_totals_in_a_workbook_is_asked_about(alone):
    book = openpyxl.Workbook()
    for cells in (COMPLAINTS.strip().split(","), ["C1", "P1", "2024-06-05", "Leeds", "Property"], ["Total", None, 1]):
        book.active.append(cells)
    book.save(alone.root / "complaints.xlsx")
    alone.put("complaints", (alone.root / "complaints.xlsx").read_bytes(), "complaints.xlsx")
    assert [str(f) for f in alone.check() if f.level == "error"] == [
        "complaints.xlsx, row 3: this may be a row of totals; delete it"
    ]


def test_a_row_that_lacks_nothing_or_has_no_such_word_is_no_row_of_totals(alone):
    rows = "C1,P1,2024-06-05,Leeds,Total\nC2,P2,,Totally,Property\n"
    alone.put("complaints", COMPLAINTS + rows)
    assert not [f for f in alone.check() if "totals" in f.message]
    assert [f.row for f in alone.check() if f.column == "received_date" and "is blank" in f.message] == [3]


def test_a_code_that_is_mapped_to_none_is_an_error(extracts):
    extracts.put("complaints", GOOD["complaints"], codes={"outcome": {"Upheld": "Upheld", "n": ""}})
    (refused,) = extracts.refusal()
    assert (
        "codes: maps 'Upheld' of outcome to 'Upheld', which is not one of its codes; the nearest is 'upheld'" in refused
    )


def test_a_category_that_is_mapped_and_not_there_is_told(extracts):
    extracts.put("complaints", GOOD["complaints"], codes={"category": {"Proprety": "Property"}})
    (told,) = extracts.check()
    assert (told.level, told.column) == ("warning", "category")
    assert "codes: asks for what is not there; no row has 'Proprety'" in told.whole


def test_a_space_that_looks_like_another_is_shown(extracts):
    extracts.change("complaints", "Wandsworth,Staff", "Wands\u00a0worth,Staff")
    (told,) = extracts.check()
    assert r"'Wands\u00a0worth' for 'Wandsworth'" in told.whole


def test_categories_and_establishments_hold_no_sign_that_cannot_be_shown(extracts):
    extracts.change("complaints", "Staff", "Staff ☎")
    extracts.change("establishments", "Wandsworth", "Wandsworth ☎")
    found = {
        (each.file, each.column) for each in extracts.check() if "'☎', which the report cannot show" in each.message
    }
    assert found == {("complaints.csv", "category"), ("establishments.csv", "establishment")}


@pytest.mark.parametrize("name", ["=A1", "@SUM", "-1+A1", "[see](http://example.org)"])
def test_categories_are_no_formula_and_no_link(extracts, name):
    extracts.change("complaints", "Staff", name)
    assert [
        each.column for each in extracts.check() if "would be a formula of a spreadsheet, or a link" in each.message
    ]


def test_an_age_band_of_four_digits_is_quoted(extracts):
    extracts.change("population", "30 to 39", "18-20")
    assert said(extracts, "age_band")[0][1].startswith("'18-20' is not one of the age bands")


def test_text_of_another_width_is_said_to_be_utf_16(alone):
    alone.put("complaints", GOOD["complaints"].encode("utf-16"))
    assert "(often utf-16)" in alone.refusal()[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mr Smith (A1234BC) said so", "holds what looks like a person's number"),
        ("see our [plan](http://example.org/plan)", "holds a link as Markdown has it"),
        ("see http://example.org/plan [in draft]", None),
        ("監獄 at Ŵ – “ten” £", "holds '監獄', which the report cannot show"),
        ("a\u202eb", r"holds '\u202e', which the report cannot show"),
        ("a\x0bb", r"holds '\u000b', which the report cannot show"),
        ("a\x1bb", r"holds '\u001b', which the report cannot show"),
        ("=HYPERLINK(A1)", "begins with =, as a formula of a spreadsheet does"),
        ("- we have looked", "begins with -, as a formula of a spreadsheet does"),
        ("+44 20 7946 0000", None),
        ("a\ufeffb", "holds "),
    ],
)
def test_what_somebody_has_written_holds_no_number_no_markdown_and_no_sign_that_cannot_be_shown(alone, text, found):
    alone.put("nomis_ethnicity", GOOD["nomis_ethnicity"])
    told = check(alone.read(), (date(2024, 4, 1), date(2025, 3, 31)), texts={"responses.yml: upheld": text})
    assert [(each.file, each.message.startswith(found)) for each in told] == (
        [("responses.yml: upheld", True)] if found else []
    )
