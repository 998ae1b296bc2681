"""Words for ethnicity are shown as lines to copy, with the code of each that is an official label; none is mapped."""

import csv

import pytest
from good_extracts import Extracts
from lxml import html
from ruamel.yaml import YAML

from reportlib.archive.pages import findings_page
from reportlib.errors import Finding
from reportlib.gates.html import check_html
from reportlib.inputs.ethnicity_words import code_of
from reportlib.inputs.findings import listing
from reportlib.project import CODES

LABELS = {
    "White - British": "W1",
    "WHITE BRITISH": "W1",
    "White: English/Welsh/Scottish/Northern Irish/British": "W1",
    "White: Eng./Welsh/Scot./N.Irish/British": "W1",
    "White – Irish": "W2",
    "Gypsy or Irish Traveller": "W3",
    "White: Gypsy / Irish Traveller": "W3",
    "White: Irish Traveller & Gypsy": "W8",
    "White - Roma": "W5",
    "White - Any other White background": "W9",
    "Mixed: White and Asian": "M3",
    "White and Asian": "M3",
    "White & Black Caribbean": "M1",
    "Mixed/Multiple ethnic groups - White and Black African": "M2",
    "Mixed - Any other mixed background": "M9",
    "Asian/Asian British: Indian": "A1",
    "Asian, Asian British or Asian Welsh: Pakistani": "A2",
    "Bangladeshi": "A3",
    "Chinese": "A4",
    "Asian - Chinese": "A4",
    "Asian/Asian British: Any other backgr'nd": "A9",
    "Black or Black British - Caribbean": "B1",
    "Black/African/Caribbean/Black British: African": "B2",
    "Black, Black British, Black Welsh, Caribbean or African: African": "B2",
    "Any other Black background": "B9",
    "Other ethnic group: Arab": "O2",
    "Other: Any other background": "O9",
    "Not stated": "NS",
    "Prefer not to say": "NS",
    "unknown": "UN",
}
OPEN = (  # several labels, none, or what only looks like one
    *("White", "Black", "Asian British", "Black British", "British", "Irish", "African", "Mixed", "Other", "Any other"),
    *(
        "Any other background",
        "Other ethnic group",
        "White - Other",
        "Black - Irish",
        "Other: Chinese",
        "Gypsy",
        "Smith",
    ),
    *("White - British 2", "White British Smith", "Refused", "", "-", "W1"),
)


@pytest.mark.parametrize("word", LABELS)
def test_a_word_that_is_an_official_label_but_for_signs_and_family_has_its_code(word):
    assert code_of(word) == LABELS[word]


@pytest.mark.parametrize("word", OPEN)
def test_any_other_word_has_no_code(word):
    assert code_of(word) is None


def test_every_official_label_has_a_code_of_its_own_group():
    with (CODES / "ethnicity_codes.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code"]: row for row in csv.DictReader(file)}
    with (CODES / "ethnic_groups.csv").open(encoding="utf-8", newline="") as file:
        labels = [(row["label_19"], row["group_19"]) for row in csv.DictReader(file)]
    labels += [(row["meaning"], row["group_19"]) for row in codes.values()]
    assert [codes[code_of(label)]["group_19"] for label, _ in labels] == [group for _, group in labels]


def put(alone: Extracts, words: list[str], **spec: object) -> None:
    """An extract in which each of some words stands in two rows."""
    rows = "".join(f'P{number},"{word}"\n' for number, word in enumerate(words * 2))
    alone.put("nomis_ethnicity", f"person_id,Origin\n{rows}", columns={"ethnicity_code": "Origin"}, **spec)


WORDS = ["Gypsy", "White - British", "W1", "White: English, Welsh, Scottish, Northern Irish or British", "O'Hara 123"]
LINES = """\
    codes:  # of the input nomis_ethnicity; where it has codes: already, add what is below to those
      ethnicity_code:
        "White - British": W1  # White British
        "White: English, Welsh, Scottish, Northern Irish or British": W1  # White British
        "Gypsy": "?"  # which code? NS where it is not stated
        # 'A’Aaaa 999' (masked): correct it, or put it here as well"""


def test_words_are_one_finding_with_the_lines_to_copy(alone):
    put(alone, WORDS)
    (finding,) = alone.check()
    assert finding.message.startswith("each of 4 values is not one of the NOMIS codes (W1, ")
    assert finding.lines == LINES


def test_a_single_word_has_its_line(alone):
    put(alone, ["Not stated", "W1"])
    (finding,) = alone.check()
    assert finding.message.startswith("'Not stated' is not one of the NOMIS codes (W1, ")
    assert finding.lines.splitlines()[2:] == ['        "Not stated": NS  # Not stated']


@pytest.mark.parametrize("word", ["White", "Asian / Asian British", "Mixed or multiple ethnic groups", "BLACK"])
def test_a_broad_group_has_no_code_and_the_detailed_ones_are_asked_for(alone, word):
    put(alone, [word, "W1"])
    (finding,) = alone.check()
    (line,) = finding.lines.splitlines()[2:]
    assert line == f'        "{word}": "?"  # a broad group has no code: ask for the detailed groups'


def test_a_blank_that_codes_make_where_none_may_be_is_told_as_such(alone):
    put(alone, ["White - British", "NULL"], codes={"ethnicity_code": {"White - British": "W1", "NULL": ""}})
    (finding,) = alone.check()
    assert finding.message == (
        "the NOMIS code is blank; codes: makes some values blank, which none may be here; map them to a code"
    )


def test_lines_that_are_copied_are_read_and_what_is_left_open_is_refused(alone):
    words = ["White - British", "Black/Black British: Any other Backgr'nd", 'The ""Travellers""', "Not\u00a0stated"]
    put(alone, words)
    (finding,) = alone.check()
    assert r'"Not\u00a0stated": NS' in finding.lines
    codes = YAML(typ="safe").load(finding.lines)["codes"]
    assert codes == {
        "ethnicity_code": {
            "White - British": "W1",
            "Black/Black British: Any other Backgr'nd": "B9",
            "Not\u00a0stated": "NS",
            'The "Travellers"': "?",
        }
    }
    put(alone, words, codes=codes)
    (refused,) = alone.refusal()
    assert refused.startswith(
        "nomis_ethnicity.csv, column Origin: codes: maps 'The \"Travellers\"' of ethnicity_code to '?', which is "
        "not one of its codes; allowed: W1, W2, "
    )
    put(alone, words, codes={"ethnicity_code": codes["ethnicity_code"] | {'The "Travellers"': "W3"}})
    assert alone.check() == []


@pytest.mark.parametrize(
    "words",
    [
        ["Smith", "Jones", "W1"],
        ["Unknown", *(f"Name {chr(97 + number)}" for number in range(20))],
    ],
    ids=["no word is a label", "so many that they may be people"],
)
def test_a_column_that_may_hold_names_has_no_lines(alone, words):
    put(alone, words)
    assert [finding.lines for finding in alone.check() if finding.lines] == []


def test_other_codes_have_no_lines(extracts):
    extracts.change("probation_terminations", "recalled", "unknown")
    assert [finding.lines for finding in extracts.check()] == [""]


def test_the_lines_can_be_copied_from_the_screen_and_from_the_page():
    finding = Finding("each of 4 values is not one of the codes", "a.csv", 2, "Origin", lines=LINES)
    assert listing([finding, Finding("the file is old", "b.csv")]).splitlines() == [
        "2 errors and no warnings:",
        "  error: a.csv, row 2, column Origin: each of 4 values is not one of the codes",
        *LINES.splitlines(),
        "  error: b.csv: the file is old",
    ]
    page = findings_page([finding])
    (shown,) = html.document_fromstring(page).iter("pre")
    assert shown.text_content().rstrip("\n") == LINES
    assert check_html(page, "check-data.html") == []
