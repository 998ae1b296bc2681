"""Findings as a list for the screen and as a page that stands alone."""

from html.parser import HTMLParser

from reportlib.errors import Finding
from reportlib.inputs.findings import listing, quoted, report, shape

FINDINGS = [
    Finding("the date is late", "b.csv", 7, "received_date", "warning"),
    Finding("'<W7>' is not one of the codes", "a.csv", 1234, "ethnicity_code"),
]


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_a_report_says_nothing_of_single_rows():
    """One death at a named prison, or how many rows lack something, is a small count."""
    message = "'HMP Nowhere' is not in establishments; the same in rows 9, 12 and 2 more rows"
    assert Finding(message, "d.csv", 7, "prison").published == "d.csv, column prison: a value is not in establishments"
    whole = Finding("there is no column 'sex'", "d.csv", column="sex")
    assert whole.published == str(whole)


def test_the_list_has_errors_first():
    assert listing(FINDINGS).splitlines() == [
        "1 error and 1 warning:",
        "  error: a.csv, row 1,234, column ethnicity_code: '<W7>' is not one of the codes",
        "  warning: b.csv, row 7, column received_date: the date is late",
    ]


def test_nothing_wrong_is_said():
    assert listing([]) == "No errors and no warnings:"
    assert "no errors and no warnings" in report([])


def test_the_page_shows_every_finding_and_quotes_markup():
    page = Page(report(FINDINGS))
    for finding in FINDINGS:
        assert finding.message in page.text
        assert finding.file in page.text
    assert "1,234" in page.text


def test_the_page_is_accessible_and_stands_alone():
    page = Page(report(FINDINGS))
    tags = [tag for tag, _ in page.tags]
    assert ("html", {"lang": "en-GB"}) in page.tags
    assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
    assert tags.count("table") == tags.count("caption") == 2
    assert {attributes["scope"] for tag, attributes in page.tags if tag == "th"} == {"col", "row"}
    assert not {"script", "link", "img"} & set(tags)


def test_a_shape_hides_letters_and_digits():
    assert shape("A1234bç, 01/04/2024") == "A9999aa, 99/99/9999"


def test_a_code_is_quoted_and_what_may_be_a_person_is_not():
    assert quoted("W7") == "'W7'"
    assert quoted("A1234BC") == "'A9999AA' (masked)"
    assert quoted("He said that " + "x" * 40) == "'Aa aaaa aaaa " + "a" * 27 + "' (masked)"
