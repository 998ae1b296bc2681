"""Each thing that can be wrong with the rows of an extract is found, placed and explained."""

import json
from datetime import date

import pytest
from good_extracts import GOOD, YEARS, Extracts
from ruamel.yaml import YAML

from reportlib.ethnicity import raw_codes
from reportlib.inputs.contracts import contracts
from reportlib.inputs.rules import check
from reportlib.inputs.spec import InputSpec
from reportlib.project import CONTRACTS

# What is spoiled, where that is found, how bad it is and what is said of it.
SPOILED = {
    "unknown ethnicity code": (
        ("nomis_ethnicity", "A1002AA,B1", "A1002AA,W7"),
        ("nomis_ethnicity.csv", 3, "ethnicity_code", "error", "'W7' is not one of the NOMIS codes (W1, W2, "),
    ),
    "unknown outcome": (
        ("complaints", "not upheld", "rejected"),
        ("complaints.csv", 3, "outcome", "error", "'rejected' is not one of the outcomes (upheld, "),
    ),
    "a person's number where a code belongs": (
        ("complaints", "upheld,W1", "upheld,A1001AA"),
        ("complaints.csv", 2, "ethnicity_ppud", "error", "'A9999AA' (masked) is not one of"),
    ),
    "two codes for one person": (
        ("nomis_ethnicity", "A1003AA,UN\n", "A1003AA,UN\nA1001AA,B1\n"),
        ("nomis_ethnicity.csv", 2, "ethnicity_code", "error", "two different codes"),
    ),
    "eligible left blank": (
        ("complaints", "Property,yes,upheld", "Property,,upheld"),
        (
            "complaints.csv",
            2,
            "eligible",
            "warning",
            "eligible for investigation is blank; the complaint counts as",
        ),
    ),
    "completed without an outcome": (
        ("complaints", "yes,not upheld", "yes,"),
        ("complaints.csv", 3, "outcome", "warning", "outcome is blank; the complaint is left out of those decided"),
    ),
    "death in a setting not known": (
        ("fatal_incidents", "Leeds,prison", "Leeds,"),
        ("fatal_incidents.csv", 2, "setting", "warning", "setting is blank; the death is left out of those in"),
    ),
    "death without a date": (
        ("fatal_incidents", "2024-07-02,2024-07-01", ","),
        ("fatal_incidents.csv", 2, "notified_date", "error", "the death has no date; fill one in, or leave"),
    ),
    "termination that stands twice": (
        ("probation_terminations", "X2,Wales", "X1,London,licence,2023-05-01,2024-05-01,recalled,W1\nX2,Wales"),
        (
            "probation_terminations.csv",
            3,
            "person_id",
            "warning",
            "an earlier row has the same person number and order",
        ),
    ),
    "category of signs alone": (
        ("complaints", "Leeds,Property", "Leeds,-"),
        ("complaints.csv", None, "category", "error", "'-': without a letter from a to z or a digit; map it"),
    ),
    "people whose numbers are written otherwise": (
        ("nomis_ethnicity", "A1001AA,W1\nA1002AA,B1\n", "a1001aa,W1\na1002aa,B1\n"),
        ("complaints.csv", 2, "person_id", "error", "most complaints have a person who is not in nomis_ethnicity"),
    ),
    "unknown establishment": (
        ("complaints", "Wandsworth,Staff", "Wandworth,Staff"),
        ("complaints.csv", 4, "establishment", "warning", "a misspelling of 'Wandsworth', or a place to add to"),
    ),
    "most establishments unknown": (
        ("establishments", "Leeds", "HMP Leeds"),
        ("complaints.csv", 2, "establishment", "error", "most rows have an establishment that is not in"),
    ),
    "establishment not yet open": (
        ("establishments", "2000-01-01", "2024-05-01"),
        ("complaints.csv", 2, "establishment", "warning", "'Leeds' is not in establishments on that day"),
    ),
    "two types at once": (
        ("establishments", "Wandsworth,Category B or local,,", "Leeds,Category C,2010-01-01,"),
        ("establishments.csv", 3, "establishment", "error", "'Leeds' stands in an earlier row for some of the"),
    ),
    "date out of range": (
        ("complaints", "2024-06-02", "1924-06-02"),
        ("complaints.csv", 4, "received_date", "error", "the date received is below 1990-01-01, the limit"),
    ),
    "date of another century": (
        ("complaints", "2024-06-01", "2204-06-01"),
        ("complaints.csv", 2, "completed_date", "error", "the date completed is above 2099-12-31, the limit"),
    ),
    "date more than a year after the report": (
        ("complaints", "2024-06-01", "2026-04-01"),
        ("complaints.csv", 2, "completed_date", "warning", "more than a year after the years of the report"),
    ),
    "date that does not exist": (
        ("complaints", "2024-06-02", "2024-06-31"),
        ("complaints.csv", 4, "received_date", "error", "'9999-99-99' (masked) is not a date that exists"),
    ),
    "the word that a database writes for a day without end": (
        ("establishments", "2000-01-01", "infinity"),
        ("establishments.csv", 2, "valid_from", "error", "'aaaaaaaa' (masked) is not a date that exists"),
    ),
    "completed before received": (
        ("complaints", "2024-06-01", "2024-04-01"),
        ("complaints.csv", 2, "completed_date", "error", "the date completed is before the date received"),
    ),
    "ended before it started": (
        ("probation_terminations", "2024-05-01", "2023-04-30"),
        ("probation_terminations.csv", 2, "end_date", "error", "the date of end is before the date of start"),
    ),
    "notified before the death": (
        ("fatal_incidents", "2024-07-02", "2024-06-30"),
        ("fatal_incidents.csv", 2, "notified_date", "warning", "the date notified is before the date of death"),
    ),
    "duplicated id": (
        ("complaints", "C3", "C1"),
        ("complaints.csv", 4, "complaint_id", "error", "an earlier row has the same complaint number"),
    ),
    "repeated count": (
        ("population", "Wandsworth", "Leeds,W1,30 to 39,male,5\n2024-06-30,Wandsworth"),
        ("population.csv", 3, "snapshot_date", "warning", "both are counted"),
    ),
    "negative population": (
        ("population", "700", "-700"),
        ("population.csv", 2, "number", "error", "the number of people is below 0, the limit"),
    ),
    "more people than there are": (
        ("probation_caseload", "9000", str(2**63 - 1)),
        ("probation_caseload.csv", 2, "number", "error", "the number of people is above 10000000, the limit"),
    ),
    "more people than can be added up": (
        ("population", "700", str(2**63 - 1)),
        ("population.csv", 2, "number", "error", "the number of people is above 10000000, the limit"),
    ),
    "more people than an integer holds": (
        ("population", "700", str(2**63)),
        ("population.csv", 2, "number", "error", "(masked) is not a whole number"),
    ),
    "blank population": (
        ("population", "700", ""),
        ("population.csv", 2, "number", "warning", "the number of people is blank; the row is left out"),
    ),
    "snapshot that is not all there": (
        ("population", "2024-09-30,Leeds,W1,30 to 39,male,690\n", ""),
        ("population.csv", 4, "snapshot_date", "warning", "under 75% of the people of the median one"),
    ),
    "blank id": (
        ("complaints", "C3", ""),
        ("complaints.csv", 4, "complaint_id", "error", "the complaint number is blank; fill it in"),
    ),
    "not a number": (
        ("population", "700", "c. 700"),
        ("population.csv", 2, "number", "error", "'a. 999' (masked) is not a whole number"),
    ),
    "half a person": (
        ("population", "700", "700.5"),
        ("population.csv", 2, "number", "error", "'999.9' (masked) is not a whole number"),
    ),
    "neither yes nor no": (
        ("complaints", "yes", "perhaps"),
        ("complaints.csv", 2, "eligible", "error", "'aaaaaaa' (masked) is not one of true, "),
    ),
    "a spreadsheet's error": (
        ("complaints", "A1003AA", "#N/A"),
        ("complaints.csv", 4, "person_id", "error", "the person number is not of the form"),
    ),
    "complainant not in NOMIS": (
        ("complaints", "A1003AA", "A1004AA"),
        ("complaints.csv", 4, "person_id", "warning", "the person is not in the extract of ethnicity in NOMIS"),
    ),
    "recall on a community order": (
        ("probation_terminations", "licence", "community order"),
        ("probation_terminations.csv", 2, "outcome", "warning", "'recalled' cannot follow 'community order'"),
    ),
    "outcome without an end": (
        ("complaints", "2024-06-01", ""),
        ("complaints.csv", 2, "completed_date", "warning", "has an outcome, but has no date completed"),
    ),
    "outcome of what was not eligible": (
        ("complaints", "yes", "no"),
        ("complaints.csv", 2, "eligible", "warning", "has an outcome, but is not eligible"),
    ),
}


def test_years_that_an_input_lacks_are_named(extracts):
    found = [str(f) for f in check(extracts.read(), (date(2022, 4, 1), YEARS[1])) if "no row of" in f.message]
    assert [line.split(",")[0] for line in found] == [
        *("complaints.csv", "population.csv", "fatal_incidents.csv", "probation_terminations.csv")
    ]
    assert "column received_date: there is no row of 2022-23 and 2023-24, which the report covers; add" in found[0]


@pytest.mark.parametrize(("year", "level"), [(2024, "warning"), (2030, "error")])
def test_a_year_of_the_report_of_which_no_input_has_a_row_is_an_error(extracts, year, level):
    """2024 is there and 2023 is not; of 2030-31 there is nothing."""
    found = check(extracts.read(), (date(year - 1, 4, 1), date(year + 1, 3, 31)))
    assert {f.level for f in found if "no row of" in f.message} == {level}


@pytest.mark.parametrize("case", SPOILED)
def test_what_is_wrong_is_found(extracts: Extracts, case: str) -> None:
    (name, old, new), (file, row, column, level, says) = SPOILED[case]
    extracts.change(name, old, new)
    found = {(f.file, f.row, f.column, f.level): f.whole for f in extracts.check()}
    assert says in found[file, row, column, level]


def test_a_finding_reads_as_a_person_would_say_it(extracts):
    extracts.change("nomis_ethnicity", "A1002AA,B1", "A1002AA,W7")
    (finding,) = extracts.check()
    assert str(finding).startswith(
        "nomis_ethnicity.csv, row 3, column ethnicity_code: 'W7' is not one of the NOMIS codes (W1, W2, W3,"
    )
    assert str(finding).endswith("; correct it, or map it under codes:")


def test_a_finding_names_the_users_own_column(extracts):
    extracts.put(
        "nomis_ethnicity", "Person,Code\nA1001AA,W7\n", columns={"person_id": "Person", "ethnicity_code": "Code"}
    )
    assert ("nomis_ethnicity.csv", 2, "Code") in {(f.file, f.row, f.column) for f in extracts.check()}


def test_not_stated_beside_a_group_is_no_conflict(extracts):
    extracts.put("nomis_ethnicity", GOOD["nomis_ethnicity"] + "A1001AA,NS\nA1003AA,W3\nA1003AA,W8\n")
    assert extracts.check() == []


def test_a_death_outside_prison_needs_no_establishment(extracts):
    extracts.change("fatal_incidents", ",,post-release", ",A street,post-release")
    assert extracts.check() == []


def test_types_one_after_the_other_do_not_overlap(extracts):
    text = GOOD["establishments"].replace("2000-01-01,", "2000-01-01,2024-08-31")
    extracts.put("establishments", text + "Leeds,Category C,2024-09-01,9999-12-31\n")
    assert extracts.check() == []


@pytest.mark.parametrize(
    ("year", "month", "column", "says"),
    [
        (2024, 13, "death_month", "the month of death is above 12"),
        (2024, 0, "death_month", "the month of death is below 1"),
        (2024, -1, "death_month", "the month of death is below 1"),
        (0, 1, "death_year", "the year of death is below 1990"),
        (99999, 1, "death_year", "the year of death is above 2099"),
        (10**15, 1, "death_year", "the year of death is above 2099"),
        (10**30, 1, "death_year", "(masked) is not a whole number"),
    ],
)
def test_a_month_that_does_not_exist_is_found(extracts, year, month, column, says):
    death = f"incident_id,death_year,death_month,establishment\nF1,{year},{month},Leeds\n"
    extracts.put("fatal_incidents", death)
    assert any(says in f.message for f in extracts.check() if (f.row, f.column, f.level) == (2, column, "error"))


def test_a_month_of_death_is_looked_up_on_its_first_day(extracts):
    extracts.change("establishments", "2000-01-01", "2024-07-01")
    death = "incident_id,death_year,death_month,establishment,setting\n"
    death += "F1,2024,6,Leeds,prison\nF2,2024,7,Leeds,prison\n"
    extracts.put("fatal_incidents", death)
    # Leeds opens on 1 July: a death in June is before, one in July is not
    assert [(f.row, f.level) for f in extracts.check() if f.file == "fatal_incidents.csv"] == [(2, "warning")]


@pytest.mark.parametrize("last", [date(2024, 2, 29), date(9999, 3, 31)])
def test_a_year_after_any_last_day_can_be_told(extracts, last):
    extracts.change("complaints", "2024-06-01", "2025-03-01")
    late = [f.column for f in check(extracts.read(), (YEARS[0], last)) if "more than a year after" in f.message]
    assert late == ["completed_date"] * (last.year == 2024)


def test_many_findings_of_one_kind_are_one(alone):
    rows = [f"P{number},{'W7' if number else 'W1'}" for number in range(1241)]
    alone.put("nomis_ethnicity", "\n".join(["person_id,ethnicity_code", *rows]))
    (finding,) = alone.check()
    assert finding.row == 3
    assert finding.whole.endswith("; the same in rows 4, 5, 6, 7 and 1,235 more rows")


def several(alone: Extracts, name: str, heading: str, **files: str) -> None:
    """An input of several files, by what they are called."""
    for file, content in files.items():
        alone.put(name, f"{heading}\n{content}", f"{file}.csv", path="*.csv")


def test_rows_in_other_files_are_named_with_their_file(alone):
    bad = "".join(f"P{number},W7\n" for number in range(6))
    several(alone, "nomis_ethnicity", "person_id,ethnicity_code", a="Q1,W7\nQ2,W7\n", b="R1,W1\nR2,W7\n", c=bad)
    (finding,) = alone.check()
    assert (finding.file, finding.row, finding.rows) == ("a.csv", 2, 9)
    assert finding.detail == "; the same in row 3 and in b.csv, row 3 and in 6 rows of c.csv"


def test_blanks_in_other_files_are_named_with_their_file(alone):
    several(alone, "nomis_ethnicity", "person_id,ethnicity_code", a="Q1,W1\n,W1\n", b=",W1\nR2,W1\n,W1\n")
    (finding,) = alone.check()
    assert (finding.file, finding.row, finding.detail) == ("a.csv", 3, "; the same in b.csv, rows 2, 4")


def test_of_many_files_the_first_are_named(alone):
    files = {f"f{number}": "Q1,W7\n" for number in range(8)}
    several(alone, "nomis_ethnicity", "person_id,ethnicity_code", **files)
    (finding,) = alone.check()
    assert finding.detail.endswith(" and in f4.csv, row 2 and in f5.csv, row 2 and in 2 more files")


INCIDENTS = "incident_id,notified_date,establishment,setting"


def keys(alone: Extracts) -> list[str]:
    """What is said of rows with the key of another."""
    return [str(f) for f in alone.check() if "has the same" in f.message or "repeats" in f.message]


def deaths(*numbers: int) -> str:
    return "".join(f"F{number},2024-07-02,Leeds,prison\n" for number in numbers)


def test_the_row_that_another_repeats_is_named_in_the_same_file(alone):
    alone.put("fatal_incidents", f"{INCIDENTS}\n{deaths(1, 2, 2)}")
    assert keys(alone) == [
        "fatal_incidents.csv, row 4, column incident_id: an earlier row has the same incident number; take one out. "
        "The earlier is in row 3"
    ]


def test_the_row_that_another_repeats_is_named_in_another_file(alone):
    several(alone, "fatal_incidents", INCIDENTS, a=deaths(1, 2), b=deaths(2, 3, 1))
    assert keys(alone) == [
        "b.csv, row 2, column incident_id: an earlier row has the same incident number; take one out. "
        "The earlier is in a.csv, row 3; the same in row 4"
    ]


def test_a_file_that_repeats_another_is_said_to(alone):
    several(alone, "fatal_incidents", INCIDENTS, a=deaths(1, 2), b=deaths(2, 1), c=deaths(3), d=deaths(4, 3))
    assert keys(alone) == [
        "b.csv, column incident_id: the file repeats a.csv: each of its rows has the same incident number as a row "
        "there; take one out",
        "d.csv, row 3, column incident_id: an earlier row has the same incident number; take one out. "
        "The earlier is in c.csv, row 2",
    ]


def test_a_file_that_repeats_two_is_said_to(alone):
    several(alone, "fatal_incidents", INCIDENTS, a=deaths(1, 2), b=deaths(3), c=deaths(3, 2, 1))
    (said,) = keys(alone)
    assert said.startswith("c.csv, column incident_id: the file repeats a.csv and b.csv: each of its rows has")


def test_each_unknown_code_is_a_finding_of_its_own(alone):
    alone.put("nomis_ethnicity", "person_id,ethnicity_code\nP1,W7\nP2,X\nP3,W7\n")
    assert [(f.row, f.message[:4]) for f in alone.check()] == [(2, "'W7'"), (3, "'X' ")]


def test_more_than_five_unknown_codes_are_one_finding_that_names_them(alone):
    rows = "".join(f"P{number},{code}\n" for number, code in enumerate("CDEFGH"))
    alone.put("nomis_ethnicity", "person_id,ethnicity_code\n" + rows)
    (finding,) = alone.check()
    assert finding.message.startswith("each of 6 values is not one of the NOMIS codes")
    assert finding.detail == (
        ". They are 'C' (1), 'D' (1), 'E' (1), 'F' (1), 'G' (1), 'H' (1); the same in rows 3, 4, 5, 6 and 1 more row"
    )


def test_a_column_that_cannot_be_a_code_column_is_not_quoted(alone):
    rows = "".join(f"P{number},Name {chr(97 + number)}\n" for number in range(21))
    alone.put("nomis_ethnicity", "person_id,ethnicity_code\n" + rows)
    (finding,) = alone.check()
    assert "each of 21 different values is not one of the NOMIS codes" in finding.message
    assert "Name" not in finding.message


def test_words_that_stand_often_are_codes_and_listed_to_be_mapped(alone):
    """25 words for ethnicity in 500 rows; in 499 they might be people."""
    words = [f"Group {chr(97 + number)}" for number in range(25)]
    rows = [f"P{number},{words[number % 25]}\n" for number in range(500)]
    alone.put("nomis_ethnicity", "person_id,ethnicity_code\n" + "".join(rows))
    (finding,) = alone.check()
    assert finding.message.startswith("each of 25 values is not one of the NOMIS codes (")
    assert finding.message.endswith("; correct it, or map it under codes:")
    assert finding.detail.startswith(". They are 'Group a' (20), 'Group b' (20), ")
    assert "'Group y' (20); the same in rows 3, 4, 5, 6 and 495 more rows" in finding.detail
    alone.put("nomis_ethnicity", "person_id,ethnicity_code\n" + "".join(rows[:499]))
    (finding,) = alone.check()
    assert "each of 25 different values" in finding.message
    assert "Group" not in finding.whole


def test_more_than_sixty_different_values_are_never_codes(alone):
    words = [f"Group {chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(61)]
    rows = [f"P{number},{words[number % 61]}\n" for number in range(61 * 30)]
    alone.put("nomis_ethnicity", "person_id,ethnicity_code\n" + "".join(rows))
    assert "Group" not in "".join(f.whole for f in alone.check())


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("Altcourse (private)", " (is it 'Altcourse'?)"),
        ("HMP ALTCOURSE", " (is it 'Altcourse'?)"),
        ("HMP/YOI Altcourse", " (is it 'Altcourse'?)"),
        ("Altcourse Private Prison", " (is it 'Altcourse'?)"),
        ("Downs", " (is it 'East Downs'?)"),
        ("Leeds", " (a misspelling of 'Lewes', or a place to add to the list?)"),
        ("HMP", ""),
        ("Reading", ""),
    ],
)
def test_a_place_that_may_be_meant_is_asked_about(extracts, name, question):
    known = ["Lewes", "Altcourse", "East Downs", "Wandsworth"]
    extracts.put("establishments", "establishment,establishment_type\n" + "".join(f"{each},Open\n" for each in known))
    rows = "".join(f"2024-06-30,{each},W1,30 to 39,male,100\n" for each in [*known, name])
    extracts.put("population", "snapshot_date,establishment,ethnicity_code,age_band,sex,number\n" + rows)
    (said,) = [f for f in extracts.check() if f.file == "population.csv" and f.column == "establishment"]
    advice = "counted as of no known type until mapped to a name there under codes:, or added there"
    assert said.message == f"'{name}' is not in establishments; {advice}"
    assert said.detail == question


def test_where_most_places_are_called_otherwise_they_are_named_with_what_may_be_meant(extracts):
    extracts.put("complaints", GOOD["complaints"].replace("Leeds", "HMP Leeds"))
    (said,) = [f for f in extracts.check() if f.file == "complaints.csv" and f.column == "establishment"]
    assert said.whole == (
        "most rows have an establishment that is not in establishments; under codes: map each to its name there: "
        "'HMP Leeds' (is it 'Leeds'?); the same in row 3"
    )


def test_names_that_are_listed_but_for_the_kind_of_prison_are_lines_to_copy(extracts):
    """However many there are; never one that two names may be, nor what stands in brackets."""
    known = [f"Place {chr(65 + number)}" for number in range(26)] + ["Sheppey Elmley", "Hewell", "Hewell YOI"]
    extracts.put("establishments", "establishment,establishment_type\n" + "".join(f"{each},Open\n" for each in known))
    theirs = [f"HMP {each}" for each in known[:26]] + ["HMP/YOI Sheppey Elmley", "hmp hewell", "Place A (A Person)"]
    rows = "".join(f"2024-06-30,{each},W1,30 to 39,male,100\n" for each in theirs)
    extracts.put("population", "snapshot_date,establishment,ethnicity_code,age_band,sex,number\n" + rows)
    (said,) = [f for f in extracts.check() if f.file == "population.csv" and f.column == "establishment"]
    assert (said.level, "HMP" in said.whole) == ("error", False)
    codes = YAML(typ="safe").load(said.lines)["codes"]["establishment"]
    assert codes == {f"HMP {each}": each for each in known[:26]} | {"HMP/YOI Sheppey Elmley": "Sheppey Elmley"}
    extracts.put("population", "snapshot_date,establishment,ethnicity_code,age_band,sex,number\n" + rows,
                 codes={"establishment": codes})  # fmt: skip
    left = [f for f in extracts.check() if f.file == "population.csv" and f.column == "establishment"]
    assert {(f.level, f.lines) for f in left} == {("warning", "")}


def test_many_unknown_establishments_are_one_finding(extracts):
    rows = "".join(f"2024-09-30,{name},W1,30 to 39,male,1\n" for name in ["Leeds"] * 9 + list("ABCDEFG"))
    extracts.put("population", GOOD["population"].rsplit("2024-09-30,Leeds", 1)[0] + rows)
    messages = [f.whole for f in extracts.check() if f.column == "establishment"]
    assert messages == [
        "7 names are not in establishments; counted as of no known type until mapped to a name there under codes:, or "
        "added there: 'A', 'B', 'C', 'D', 'E', 'F', 'G'; the same in rows 14, 15, 16, 17 and 2 more rows"
    ]


def test_establishments_written_otherwise_are_paired_however_many_others_there_are(extracts):
    """Of 100 rows 26 are of as many unknown places, and 3 of names that differ in capitals or spaces alone."""
    others = [f"Place {chr(97 + number)}" for number in range(26)]
    names = ["Leeds"] * 71 + others + ["LEEDS", "Wands worth", "leeds"]
    rows = "".join(f"2024-09-30,{name},W1,30 to 39,male,1\n" for name in names)
    extracts.put("population", "snapshot_date,establishment,ethnicity_code,age_band,sex,number\n" + rows)
    said = [(f.row, f.level, f.whole) for f in extracts.check() if f.column == "establishment"]
    assert said == [
        (
            *(73, "warning"),
            "26 names are not in establishments; counted as of no known type until mapped to a name there under "
            "codes:, or added there; the same in rows 74, 75, 76, 77 and 21 more rows",
        ),
        (
            *(99, "warning"),
            "differs from establishments in capitals or spaces alone; under codes: map each to its name there: 'LEEDS' "
            "for 'Leeds', 'Wands worth' for 'Wandsworth' and 'leeds' for 'Leeds'; the same in rows 100, 101",
        ),
    ]


def test_a_list_in_capitals_is_an_error_with_the_first_of_the_names(extracts):
    names = "ABCDEFG"
    extracts.put(
        "complaints",
        GOOD["complaints"].splitlines()[0]
        + "\n"
        + "".join(f"C{number},A1001AA,2024-04-02,,{name.lower()} house,,,,\n" for number, name in enumerate(names)),
    )
    extracts.put(
        "establishments",
        "establishment,establishment_type\n"
        + "".join(f"{name} House,Open\n" for name in ["Leeds", "Wandsworth", *names]),
    )
    (said,) = [f for f in extracts.check() if f.file == "complaints.csv" and f.column == "establishment"]
    assert said.level == "error"
    assert (
        said.message
        == "differs from establishments in capitals or spaces alone; under codes: map each to its name there"
    )
    assert said.detail.startswith(": 'a house' for 'A House', ")
    assert "'e house' for 'E House' and 2 more; the same in" in said.detail


# What is spoiled, and the columns that have an error for it. What would follow from it is not told.
SPOILS_MORE = {
    "dates of another form": (("complaints", "2024-0", "01/02/2024 0"), {"completed_date", "received_date"}),
    "years of two digits": (("complaints", "2024-", "0024-"), {"completed_date", "received_date"}),
    "eligible in other words": (("complaints", ",yes,", ",In remit,"), {"eligible"}),
    "a date of death of another form": (("fatal_incidents", "2024-07-02,2024-07-01", ",1/7/24"), {"death_date"}),
    "a number that is none": (("population", "700", "c. 700"), {"number"}),
    "order types in capitals": (("probation_terminations", "licence", "Licence"), {"order_type"}),
    "ends of two orders": (("probation_terminations", ",2024-05-01", ",1/5/24"), {"end_date"}),
    "a day of opening of another form": (
        ("establishments", "Wandsworth,Category B or local,,", "Leeds,Open,1/2/24,"),
        {"valid_from"},
    ),
    "a date far too late": (("complaints", "2024-07-01", "2204-07-01"), {"completed_date"}),
}


@pytest.mark.parametrize("case", SPOILS_MORE)
def test_what_follows_from_an_error_is_not_told_besides(extracts, case):
    (name, old, new), columns = SPOILS_MORE[case]
    extracts.put(name, GOOD[name].replace(old, new))
    told = [f for f in extracts.check() if f.file == f"{name}.csv"]
    assert {(f.column, f.level) for f in told} == {(column, "error") for column in columns}


def test_what_does_not_follow_from_an_error_is_told_beside_it(extracts):
    extracts.put("complaints", GOOD["complaints"].replace("not upheld", "rejected").replace("Property,yes,up", ",,up"))
    assert [(f.row, f.column, f.level) for f in extracts.check()] == [
        (2, "eligible", "warning"),
        (3, "outcome", "error"),
    ]


def test_no_finding_shows_a_person(extracts):
    for name, text in GOOD.items():
        extracts.put(name, text.replace("2024-0", "2204-0").replace(",W1", ",A1001AA").replace("Leeds", "#Leeds"))
    shown = "\n".join(map(str, extracts.check()))
    assert "A1001AA" not in shown
    assert "A1002AA" not in shown


def test_real_published_data_have_warnings_at_most(alone):
    alone.put(
        "population",
        "report_date,name,population,duplicate_flag\n2015-04-24,Leeds,1100,0\n2015-04-24,Leeds,1100,1\n"
        "2015-05-29,Leeds,1090,0\n2015-05-29,Reading,,0\n",
        columns={"snapshot_date": "report_date", "establishment": "name", "number": "population"},
        exclude={"duplicate_flag": ["1"]},
    )
    alone.put(
        "fatal_incidents",
        "row_id,death_year,death_month,name,cause_group,age_band\n1,2015,5,Leeds,natural causes,30 to 39\n"
        "2,2015,6,Leeds,homicide,90 and over\n3,2015,6,Escort Areas,homicide,30 to 39\n",
        columns={"incident_id": "row_id", "establishment": "name", "cause": "cause_group"},
    )
    alone.put("establishments", "establishment,establishment_type\nLeeds,Category B or local\n")
    sources = alone.read()
    assert sources["population"].rows == 4 - 1
    assert sources["fatal_incidents"].columns == (
        "incident_id",
        "death_year",
        "death_month",
        "establishment",
        "cause",
        "age_band",
    )
    found = [
        (f.file, f.row, f.level, f.message.split(";")[0]) for f in check(sources, (date(2015, 4, 1), date(2016, 3, 31)))
    ]
    assert found == [
        ("population.csv", None, "warning", "rows are left out, as exclude: of duplicate_flag asks"),
        ("population.csv", 5, "warning", "'Reading' is not in establishments"),
        ("population.csv", 5, "warning", "the number of people is blank"),
        (
            *("fatal_incidents.csv", None, "warning"),
            "there is no such column, so every incident is counted as a death in prison",
        ),
        ("fatal_incidents.csv", 4, "warning", "'Escort Areas' is not in establishments"),
    ]


def test_contract_and_code_list_agree():
    for resource in json.loads(CONTRACTS.read_text())["resources"]:
        for field in resource["schema"]["fields"]:
            if field["name"].startswith("ethnicity"):
                assert set(field["constraints"]["enum"]) == raw_codes().keys()


@pytest.mark.check
@pytest.mark.parametrize("name", ["region", "age_band", "sex", "ethnicity_code"])
def test_a_field_of_several_tables_has_the_same_codes_in_each(name):
    fields = [each for table in contracts().values() for each in table.fields.values() if each.name == name]
    assert len({each.enum for each in fields if each.enum}) == 1 < len(fields)


def test_contracts_and_parameters_name_the_same_inputs(extracts):
    assert {each["name"] for each in json.loads(CONTRACTS.read_text())["resources"]} == extracts.inputs.keys()
    assert all(isinstance(spec, InputSpec) for spec in extracts.inputs.values())


# What the figures are without a field


def test_without_settings_every_incident_is_said_to_be_counted_as_in_prison(extracts):
    said = (
        "column setting: there is no such column, so every incident is counted as a death in prison. "
        "If you have it, name it under columns:"
    )
    assert not any(said in str(found) for found in extracts.check())
    extracts.put("fatal_incidents", "incident_id,notified_date,establishment\nF1,2024-07-02,Leeds\n")
    assert [found.level for found in extracts.check() if said in str(found)] == ["warning"]
    spec = extracts.inputs["fatal_incidents"]
    extracts.inputs["fatal_incidents"] = spec.model_copy(update={"status": "published"})  # which are of prisons alone
    assert not any(said in str(found) for found in extracts.check())


def test_a_complaint_about_probation_needs_no_establishment(extracts):
    head = "complaint_id,person_id,received_date,establishment,service\n"
    extracts.put("complaints", f"{head}C1,A1001AA,2024-04-02,,probation\nC2,A1001AA,2024-04-02,Elsewhere,probation\n")
    assert not [found for found in extracts.check() if found.column in ("establishment", "service")]
    extracts.put("complaints", f"{head}C1,A1001AA,2024-04-02,Leeds,\nC2,A1001AA,2024-04-02,,prison\n")
    said = [(found.row, found.level, found.message) for found in extracts.check() if found.file == "complaints.csv"]
    counted = "is blank; the complaint is counted over the people in prison"
    assert said == [
        (2, "warning", f"service complained about {counted}"),
        (3, "warning", f"establishment {counted}; if it is about probation, say so as its service"),
    ]


def test_without_the_investigator_a_concern_is_said_to_be_the_complainants(extracts):
    head = "complaint_id,person_id,received_date,establishment,racism_concern_complainant"
    extracts.put("complaints", f"{head}\nC1,A1001AA,2024-04-02,Leeds,yes\n")
    assert any("only what complainants say is counted" in str(found) for found in extracts.check())
    extracts.put("complaints", f"{head},racism_concern_investigator\nC1,A1001AA,2024-04-02,Leeds,yes,no\n")
    assert not any("only what complainants say is counted" in str(found) for found in extracts.check())


@pytest.mark.parametrize(("number", "said"), [(700, []), (800, ["27%"])])
def test_totals_among_the_population_are_asked_about(extracts, number, said):
    """700 of 2,900 people are 24%; 800 of 3,000 are 27%."""
    extracts.put("population", GOOD["population"] + f"2024-06-30,Leeds,,30 to 39,male,{number}\n")
    asked = [found for found in extracts.check() if "are there totals among the rows?" in str(found)]
    assert [found.message.partition(" ")[0] for found in asked] == said


def test_a_region_that_no_edition_has_is_told(extracts):
    extracts.put(
        "establishments", "establishment,establishment_type,region\nLeeds,Open,South East\nWandsworth,Open,London\n"
    )
    told = [str(found) for found in extracts.check() if "in no edition by region" in str(found)]
    assert [text.partition(" is none")[0] for text in told] == [
        "establishments.csv, row 2, column region: 'South East'"
    ]


def test_categories_that_cannot_be_told_apart_are_named(extracts):
    extracts.put("complaints", GOOD["complaints"].replace("Leeds,Property", "Leeds,property", 1))
    assert [str(found) for found in extracts.check() if found.level == "error"] == [
        "complaints.csv, column category: 'Property' and 'property' cannot be told apart by a reader; map them under "
        "codes:"
    ]
    extracts.put("complaints", GOOD["complaints"].replace("Staff behaviour", "All"))
    (said,) = [str(found) for found in extracts.check() if found.level == "error"]
    assert "'All' cannot be told apart from 'all', as totals are called" in said


def test_words_that_no_report_may_print_are_told_before_it_is_made(extracts):
    extracts.put("complaints", GOOD["complaints"].replace("Staff behaviour", "BAME issues"))
    texts = {"title": "Race equality", "answer to upheld/ethnicity/B, national": "More non-White staff were trained."}
    said = [(f.file, f.column, f.message) for f in check(extracts.read(), YEARS, texts=texts) if f.level == "error"]
    minority = "write “people from ethnic minority backgrounds”, or name the groups"
    assert said == [
        ("answer to upheld/ethnicity/B, national", "", f"“non-White”: {minority}"),
        ("complaints.csv", "category", f"'BAME issues' says “BAME”: {minority}; map it under codes:"),
    ]


def test_a_person_or_case_named_in_what_is_to_be_printed_is_found_and_not_repeated(extracts):
    for name, text in GOOD.items():
        extracts.put(name, text)
    texts = {
        "answer to one": "We re-read 12 cases from 2024-25, among them (a1001aa).",
        "answer to two": "Case F1 is too short to be told from a word; X1009 is nobody's.",
        "title": "A report",
    }
    said = [each for each in check(extracts.read(), YEARS, texts=texts) if "printed" in each.message]
    assert {(each.file, each.level) for each in said} == {("answer to one", "error")}
    assert [each.message.partition(" of a row of ")[0] for each in said] == ["holds the person number"] * 2
    assert "1001" not in " ".join(map(str, said)).lower()
