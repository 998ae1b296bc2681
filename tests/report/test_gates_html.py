"""Each gate on a finished page catches the fault that it is there for, and names the place."""

from __future__ import annotations

import re

import pytest

from reportlib.build.render import html_chapters, html_report
from reportlib.gates.html import check_html, check_site

from .fixture import PAGE, report

HTML = html_report(report(), PAGE)
FAULTS = [
    ("no language", 'lang="en-GB"', "", "lang"),
    ("no title", r"<title>.*?</title>", "<title></title>", "no title"),
    ("no main part", 'id="main"', "", "main parts"),
    ("no zoom", "initial-scale=1", "maximum-scale=1", "zoom"),
    ("skipped heading", r"<h3( id=\"uphold-rates--do.*?)</h3>", r"<h4\1</h4>", "level 4 follows one of level 2"),
    ("empty heading", "Do rates differ by ethnic group\\?</h3>", "</h3>", "empty heading"),
    ("two first headings", "<main", "<h1>Again</h1><main", "2 first-level headings"),
    ("missing alt", 'aria-label="Forest[^"]*"', "", "without alt text"),
    (
        "placeholder alt",
        'aria-label="Forest[^"]*"',
        'aria-label="No description has been provided for this image"',
        "only stands in",
    ),
    ("file name as alt", 'aria-label="Forest[^"]*"', 'aria-label="chart.png"', "only stands in"),
    (
        "caption as alt",
        'aria-label="Forest[^"]*complaints upheld[^"]*"',
        'aria-label="Relative rates with 95% intervals: Complaints upheld "',
        "caption again",
    ),
    ("short alt", 'aria-label="Forest[^"]*"', 'aria-label="Forest plot of rates"', "too short"),
    ("chart without role", 'role="img"', "", "one picture"),
    ("chart without data", r'<a href="#caption-[^>]*>See the figures.*?</a>', "", "link to its data"),
    ("chart without caption", "<figcaption>.*?</figcaption>", "", "figure without a caption"),
    ("table without caption", "<caption><div.*?</caption>", "", "table without a caption"),
    ("heading without scope", ' scope="col"', "", "without a scope"),
    ("no row headings", r'<th scope="row">', r"<td>", "both its columns and its rows"),
    ("empty heading cell", r'<th scope="row">Asian', '<th scope="row">', "empty heading cell"),
    ("empty cell", "<td>620", "<td>", "an empty cell"),
    ("merged cell", "<td>620", '<td colspan="2">620', "merged cell"),
    ("unexplained mark", r'<dl class="marks">.*?</dl>', "", r"mark \[c\] is not explained"),
    ("no status", r' <span class="badge synthetic">synthetic</span></figcaption>', "</figcaption>", "data status"),
    ("unreachable region", 'tabindex="0"', "", "keyboard cannot reach"),
    ("unnamed region", r'aria-labelledby="caption-[^"]*"', "", "name of its own"),
    ("empty link", ">the method</a>", "></a>", "link without words"),
    ("vague link", ">the method</a>", ">click here</a>", "does not say where"),
    ("address as link", ">the method</a>", ">https://example.org</a>", "does not say where"),
    ("dead link", 'href="#uphold-rates"', 'href="#nowhere"', "no such place"),
    ("script address", 'href="#uphold-rates"', 'href="javascript:alert()"', "unknown kind"),
    ("one text, two places", ">the method</a>", ">guidance on writing about ethnicity</a>", "different places"),
    ("name twice", 'id="say-[^"]*"', 'id="main"', "used twice"),
    ("name missing", 'id="caption-uphold-rate-by-ethnicity"', "", "not there"),
    ("script", "<main", "<script>1</script><main", "a script element"),
    ("frame", "<main", "<iframe></iframe><main", "a iframe element"),
    ("handler", "<main", "<main onclick='x()'", "script in an attribute"),
    ("external image", "<main", '<img src="https://example.org/a.png" alt="x"><main', "fetched from https"),
    ("external style", "body{", "@import 'x.css';body{", "style sheet fetches"),
    ("external font", "body{", "a{background:url(https://x.org/y)}body{", "style sheet fetches"),
    ("no policy", r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", "no strict Content-Security-Policy"),
    ("changed style", "body{", "body{ ", "policy does not know"),
    ("inline style", "<main", '<main style="color:red"', "style in an attribute"),
    ("low contrast", "--muted:#4d565e", "--muted:#9aa4ad", r"muted on paper \(light\)"),
    ("low contrast in the dark", "--muted:#b3bcc5", "--muted:#4d565e", r"muted on paper \(dark\)"),
]  # fmt: skip


def test_report_has_no_fault() -> None:
    pages = {**html_chapters(report(), PAGE), "report.html": HTML}
    beside = ["report.pdf", "tables.xlsx", "tables.ods"]
    assert [str(finding) for finding in check_site(pages, beside)] == []
    (lost,) = check_site(pages, beside[:2])
    assert "a link leads to tables.ods, which is not there" in str(lost)


@pytest.mark.parametrize(("fault", "pattern", "instead", "message"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_planted_fault_is_found(fault: str, pattern: str, instead: str, message: str) -> None:
    broken = re.sub(pattern, instead, HTML, flags=re.DOTALL)
    assert broken != HTML
    found = check_html(broken, "report.html")
    assert any(re.search(message, finding.message) for finding in found), [str(one) for one in found]
    assert all(finding.file == "report.html" for finding in found)


def test_finding_names_its_place() -> None:
    broken = HTML.replace('<th scope="row">Asian', '<th scope="row">', 1)
    (finding,) = check_html(broken, "report.html")
    assert finding.row == broken[: broken.index('<th scope="row"><')].count("\n") + 1
    assert "#table-" in finding.message


def test_links_between_pages_lead_somewhere() -> None:
    pages = html_chapters(report(), PAGE)
    del pages["uphold-rates.html"]
    assert {finding.file for finding in check_site(pages)} == set(pages)
    assert not check_site(pages, files=["uphold-rates.html"])
    summary = pages["summary.html"].replace("#methods-and-quality--how-we-compare", "#gone")
    messages = [one.message for one in check_site({**pages, "summary.html": summary}, ["uphold-rates.html"])]
    assert messages == ["a link leads to methods-and-quality.html#gone: no such place"]
