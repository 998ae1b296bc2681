"""What a reader finds in the HTML, and what is never in it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html as lxml_html
from lxml.html import HtmlElement
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from reportlib.build.page import Page, marks_in, read_chapter, transposed
from reportlib.build.pdf import ReportPdfExporter
from reportlib.build.render import ReportExporter, html_chapter, html_chapters, html_report
from reportlib.display import MIME
from reportlib.gates.html import check_site

from .fixture import LOGO, PAGE, columns, markdown, notebook, number, report, say, show, table

HTML = html_report(report(), PAGE)
STYLE = HTML.partition("<style>")[2].partition("</style>")[0]


def tree(html: str) -> HtmlElement:
    return lxml_html.document_fromstring(html)


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_the_cover_says_whom_to_ask() -> None:
    assert f"<dt>Contact</dt><dd>{PAGE.contact}</dd>" in HTML


def test_the_cover_says_what_is_put_right_of_a_published_report() -> None:
    assert f"<dt>Correction</dt><dd>{PAGE.correction}</dd>" in HTML
    assert "Correction" not in html_report(report(), replace(PAGE, correction=""))


def test_same_notebooks_give_same_bytes() -> None:
    assert html_report(report(), PAGE) == HTML


def test_summary_comes_first_with_its_verdicts() -> None:
    (cards,) = tree(HTML).xpath("//article[1]//ul[@class='cards']")
    assert [words(one) for one in cards.xpath("./li/h3")] == [
        "Disproportionate: Complaints received",
        "Difference, size uncertain: Complaints upheld",
        "Inconclusive: Deaths in custody",
        "Parity: Supervision completed",
    ]


def test_cards_and_points_lead_to_the_section_of_their_table() -> None:
    place = "uphold-rates--do-rates-differ-by-ethnic-group"
    place_of = {"chapter": "uphold-rates", "table": "uphold-rate-by-ethnicity"}
    item = {"title": "It is lower", "text": "So.", "see": "Uphold rate", **place_of}
    points = {"kind": "points", "lead": "In all:", "items": [item, {**item, "see": "Elsewhere", "table": ""}]}
    summary, *others = report()
    summary.cells.append(show("points", "chapter.main_points()", points))
    whole, pages = tree(html_report([summary, *others], PAGE)), html_chapters([summary, *others], PAGE)
    for page, file in ((whole, ""), (tree(pages["summary.html"]), "uphold-rates.html")):
        assert page.xpath("//ul[@class='cards']//a/@href")[1] == f"{file}#{place}"
        assert page.xpath("//ul[@class='points']//a/@href") == [f"{file}#{place}", file or "#uphold-rates"]
    assert not check_site(pages)


def test_headings_go_down_one_level_in_the_whole_report() -> None:
    whole = [(one.tag, words(one)) for one in tree(HTML).xpath("//h1 | //h2 | //h3[@id]")][:3]
    assert whole == [("h1", PAGE.title), ("h2", "Summary"), ("h3", "How to read this report")]
    chapter = [
        (one.tag, words(one)) for one in tree(html_chapters(report(), PAGE)["summary.html"]).xpath("//h1 | //h2[@id]")
    ]
    assert chapter == [("h1", "Summary"), ("h2", "How to read this report")]


def test_contents_lead_to_each_chapter_and_section() -> None:
    links = tree(HTML).xpath("//nav[@class='contents']//a")
    assert [words(one) for one in links][:3] == ["Summary", "How to read this report", "Who complains"]
    assert links[2].get("href") == "#complaint-proportionality"


def test_chapter_leads_to_its_neighbours() -> None:
    page = tree(html_chapters(report(), PAGE)["uphold-rates.html"])
    before, after = page.xpath("//nav[@class='turn']/a")
    assert (before.get("href"), after.get("href")) == ("complaint-proportionality.html", "deaths-in-custody.html")
    assert page.xpath("//nav[@class='contents']//a[@aria-current='page']/text()") == ["Complaints upheld"]


def test_first_and_last_chapter_have_one_neighbour() -> None:
    pages = list(html_chapters(report(), PAGE).values())
    turns = [[words(link.find("span")) for link in tree(page).xpath("//nav[@class='turn']/a")] for page in pages]
    assert turns == [["Next"], *[["Previous", "Next"]] * (len(pages) - 2), ["Previous"]]
    assert 'class="turn"' not in html_chapter(report()[0], PAGE)


def test_table_has_caption_units_scopes_notes_and_source() -> None:
    (block,) = tree(HTML).xpath("//div[@id='table-uphold-rate-by-ethnicity']")
    assert words(block.find(".//caption")) == "Complaints upheld by ethnic group of the complainant, 2024-25 synthetic"
    assert [words(cell) for cell in block.xpath(".//th[@scope='col']")][3:5] == [
        "Uphold rate (%)",
        "Uphold rate: 95% interval",
    ]
    assert [words(cell) for cell in block.xpath(".//th[@scope='row']")][:2] == ["Asian", "Black"]
    assert words(block.xpath(".//dl[@class='marks']/*")[0]) == "[c]"
    assert words(block.xpath(".//dl[@class='marks']/dd")[0]).startswith("suppressed")
    assert "Upheld includes partly upheld" in words(block)
    assert "Source: PPO complaints" in words(block)
    assert words(block.xpath(".//tr[@class='total']/th")[0]) == "All complainants"


def test_reporting_year_in_a_caption_stays_on_one_line() -> None:
    (caption,) = tree(HTML).xpath("//span[@id='caption-uphold-rate-by-ethnicity']")
    assert [one.text for one in caption.findall("span")] == ["2024-25"]
    (rule,) = re.findall(r"([^}]*)\{white-space:nowrap\}", STYLE)
    assert ".s" in rule.split(",")


def test_marks_are_explained_where_figures_carry_them() -> None:
    columns = [{"key": "mark", "label": "Mark", "role": "header"}, {"key": "value", "label": "Value", "role": "number"}]
    model = {"columns": columns, "rows": [{"mark": {"text": "[c]"}, "value": {"text": "4% [u]"}}]}
    assert marks_in(model) == ["u"]


def test_many_figures_of_few_groups_are_shown_a_row_a_figure() -> None:
    """On pages; its files keep a row a group, as whoever sorts or joins them wants it."""
    names = [f"figure {letter}" for letter in "abcdefghijkl"]
    heads = columns(("Ethnic group", "", "header"), *[(name, "%", "number") for name in names])
    model = table(
        "wide", "Many figures", heads, [["Asian", *map(number, range(12))], ["Black", *map(number, range(12))]]
    )
    shown = notebook("uphold-rates", "Complaints upheld", "As told.", show("step", "chapter.show()", model))
    page = tree(html_chapter(shown, PAGE))
    assert page.xpath("//div[@id='table-wide']//thead//th/text()") == ["Figure", "Asian", "Black"]
    rows = [[words(cell) for cell in row] for row in page.xpath("//div[@id='table-wide']//tbody/tr")]
    assert rows == [[f"{name} (%)", str(place), str(place)] for place, name in enumerate(names)]
    assert "Ethnic group,figure a (%),figure b (%)," in unquote(page.xpath("//a[@download='wide.csv']/@href")[0])
    few = {**model, "columns": model["columns"][:11]}
    assert transposed(few) is few
    many = {**model, "rows": model["rows"] * 4}
    assert transposed(many) is many


def test_table_comes_as_csv_with_units_and_marks() -> None:
    (link,) = tree(HTML).xpath("//div[@id='table-uphold-rate-by-ethnicity']//a[@download]")
    head, first, *_, hidden, total = unquote(link.get("href").split(",", 1)[1]).splitlines()
    assert head.startswith("Ethnic group,Upheld,Completed,Uphold rate (%),")
    assert first == "Asian,192,620,31,28,34,0.94"
    assert hidden == "Not stated,[c],48,[c],[c],[c],[u]"
    assert total == "All complainants,1510,5021,30,29,31,[x]"
    assert link.get("download") == "uphold-rate-by-ethnicity.csv"


def test_chart_is_one_picture_with_alt_text_and_its_data_one_click_away() -> None:
    (figure,) = tree(HTML).xpath("//figure[@id='chart-uphold-forest']")
    picture = figure.find(".//svg")
    assert picture.get("role") == "img"
    assert picture.get("aria-label").startswith("Forest plot of relative rates")
    assert figure.xpath(".//a/@href") == ["#caption-uphold-rate-by-ethnicity"]


def test_code_of_a_chapter_stands_whole_in_one_fold_to_which_its_tables_lead() -> None:
    origin = {"uphold-rate-by-ethnicity": [("Inputs", "complaints"), ("Code", "digest")]}
    (article,) = tree(html_report(report(), replace(PAGE, lineage=origin))).xpath(
        "//article[@aria-labelledby='uphold-rates']"
    )
    (fold,) = article.xpath(".//details[@class='code']")
    assert article[-1] is fold
    assert not article.xpath(".//details[@open]")
    assert words(fold.find("summary")) == "How this chapter was computed: Complaints upheld"
    cells = [cell for cell in report()[2].cells if cell.cell_type == "code" and "qa-only" not in cell.metadata.tags]
    assert fold.xpath(".//code/text()") == [cell.source for cell in cells]
    (link,) = article.xpath(".//details[@class='lineage']//a")
    assert words(link.getparent()) == "digest: uphold rates: table"
    (step,) = fold.xpath(f".//*[@id='{link.get('href')[1:]}']")
    assert words(step.getnext()) == "chapter.table(rates)"


def test_no_one_takes_what_is_said_of_data_for_the_report() -> None:
    chapter = notebook("deaths", "Deaths", "As told.", show("said", "say()", say("one", "So.", "note")))
    chapter.cells[2].outputs[0].data[MIME]["status"] = ["published", "extract"]
    (strap,) = tree(html_chapter(chapter, PAGE)).xpath("//p[@class='strap']")
    assert words(strap) == "2024-25 National edition Draft Data official figures case records"
    assert words(tree(HTML).xpath("//header//dd")[-1]) == "official figures synthetic"


def test_verdict_stands_beside_whom_it_is_of() -> None:
    """On screens alone: what is downloaded has the order of the chapter."""
    heads = columns(("Region", "", "header"), ("Group", "", "header"), ("Rate", "%", "number"), ("verdict", "", "text"))
    model = table("early", "Early", heads, [["Wales", "Black", number(3), "parity"]])
    page = tree(html_chapter(notebook("one", "One", "As told.", show("table", "show()", model)), PAGE))
    assert [words(cell) for cell in page.xpath("//div[@id='table-early']//tbody/tr/*")] == [
        "Wales",
        "Black",
        "parity",
        "3",
    ]
    assert unquote(page.xpath("//a[@download='early.csv']/@href")[0]).endswith("Wales,Black,3,parity\r\n")


def test_sentences_in_a_table_say_their_column_where_they_stand_one_below_the_other() -> None:
    heads = columns(("Rule", "", "header"), ("Value", "", "text"), ("Reason", "", "text"))
    model = table(
        "rules", "Rules", heads, [["Threshold", "five", "Whoever is one of so few could be found by others."]]
    )
    page = tree(html_chapter(notebook("one", "One", "As told.", show("table", "show()", model)), PAGE))
    assert page.xpath("//table[@class='stacked']//td/@data-label") == ["Value", "Reason"]
    assert not tree(HTML).xpath("//table[contains(@class, 'figures')]//@data-label")


def test_report_leads_to_its_other_forms_and_says_whom_to_ask() -> None:
    links = tree(HTML).xpath("//p[@class='files']/a")
    assert [link.get("href") for link in links] == ["report.pdf", "tables.xlsx", "tables.ods"]
    assert not tree(html_chapter(report()[0], PAGE)).xpath("//p[@class='files']")
    assert PAGE.contact in words(tree(HTML).xpath("//footer")[0])
    assert "Questions" not in words(tree(html_report(report(), replace(PAGE, contact=""))).xpath("//footer")[0])


def test_long_table_is_folded() -> None:
    (block,) = tree(HTML).xpath("//div[@id='table-deaths-by-year']")
    assert words(block.find("details/summary")).endswith("by year of notification and ethnic group (72 rows)")


def test_internal_checks_are_left_out() -> None:
    assert "Checked against last year" in str(report())
    assert "Checked against last year" not in HTML


def test_each_page_says_what_it_is() -> None:
    for html in (HTML, *html_chapters(report(), PAGE).values()):
        assert "<strong>DRAFT</strong> Not for publication" in html
        assert "<strong>SYNTHETIC DATA</strong>" in html
        assert "<title>DRAFT – " in html
    off = html_report(report(), Page("Report", disclosure_off="a test of the marks"))
    assert "DISCLOSURE CONTROL IS OFF</strong> Do not share. Reason given: a test of the marks" in off
    final = html_report(report(), Page("Report", draft=False))
    assert not re.search("draft", re.sub("<style>.*</style>", "", final), re.IGNORECASE)


def test_title_colour_and_logo_follow_the_page() -> None:
    html = html_report(report(), Page("Another title", organisation="The Office", logo=LOGO, colour="#5a1846"))
    assert "<h1>Another title</h1>" in html
    assert f'src="{LOGO}"' in html
    assert 'alt="The Office"' in html
    assert "--cover:#5a1846" in html


def test_link_to_a_chapter_that_was_left_out_is_plain_text() -> None:
    summary = report()[0]
    html = html_report([summary], PAGE)
    assert "the method" in html
    assert ">the method<" not in html
    assert 'href="#methods-and-quality' in html_report(report(), PAGE)


def test_markup_in_data_stays_text() -> None:
    attack = "<script>alert(1)</script>"
    chapter = notebook("attack", "Attack", attack, show("said", attack, say("one", attack, "verdict")))
    html = html_report([chapter], Page(attack, organisation=attack))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 5


def test_output_that_did_not_come_through_the_chapter_is_plain_text() -> None:
    stray = new_output("execute_result", {"text/html": "<b>12 people</b>", "text/plain": "a frame"}, execution_count=1)
    stream = new_output("stream", name="stdout", text="printed <b>")
    cells = [markdown("# Stray", "title"), new_code_cell("1", id="stray", outputs=[stray, stream])]
    html = html_report([new_notebook(cells=cells)], PAGE)
    assert '<pre class="output">a frame</pre>' in html
    assert '<pre class="output">printed &lt;b&gt;</pre>' in html
    assert "12 people" not in html


def test_nbconvert_finds_the_exporter() -> None:
    assert get_exporter("race-report") is ReportExporter
    assert get_exporter("race-report-pdf") is ReportPdfExporter


def test_exporter_makes_a_page_of_one_notebook(tmp_path: Path) -> None:
    body, resources = ReportExporter().from_notebook_node(report()[2])
    assert resources["output_extension"] == ".html"
    assert [words(one) for one in tree(body).iter("h1")] == ["Complaints upheld"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.org/20-uphold-rates.ipynb", "https://example.org/20-uphold-rates.ipynb"),
        ("20-uphold-rates.ipynb", "#uphold-rates"),
        ("90-methods-and-quality.ipynb#How-we-compare", "#methods-and-quality--how-we-compare"),
        ("https://www.gov.uk/", "https://www.gov.uk/"),
    ],
)
def test_links_between_notebooks_become_links_between_chapters(url: str, target: str) -> None:
    cell = markdown(f"# Here\n\nSee [there]({url}).", "title")
    others = [notebook(name, name, "") for name in ("uphold-rates", "methods-and-quality")]
    html = html_report([new_notebook(cells=[cell]), *others], PAGE)
    assert f'<a href="{target}">there</a>' in html


def test_headings_of_one_name_get_places_of_their_own() -> None:
    cells = [markdown("# A\n\n## Same\n\n## Same", "one")]
    assert [link.href for link in read_chapter(new_notebook(cells=cells)).sections] == ["#a--same", "#a--same-2"]


def test_a_section_that_shows_nothing_but_what_is_not_available_has_no_text_of_its_own() -> None:
    """What it would say of the table is then of nothing; its heading stays, and so does the chapter's text."""
    gone = say("by-cause-unavailable", "Deaths by cause: not available [x], because ages are not known.", "note")
    shown = say("by-age-sentence", "Deaths rose.", "finding")
    cells = [
        markdown("# Deaths\n\nOf everyone.", "title"),
        markdown("## By cause\n\nThe table has causes.", "cause"),
        show("a", "", gone),
        markdown("More of causes.", "more"),
        markdown("## By age\n\nThe table has ages.", "age"),
        show("b", "", gone, shown),
    ]
    text = words(tree(html_report([new_notebook(cells=cells)], PAGE)))
    assert [part in text for part in ("Of everyone.", "By cause", "The table has ages.")] == [True] * 3
    assert "The table has causes." not in text and "More of causes." not in text


def test_of_a_cell_with_the_title_and_such_a_section_the_text_under_the_title_stays() -> None:
    gone = say("by-cause-unavailable", "Deaths by cause: not available [x], because ages are not known.", "note")
    cells = [markdown("# Deaths\n\nOf everyone.\n\n## By cause\n\nThe table has causes.", "all"), show("a", "", gone)]
    text = words(tree(html_report([new_notebook(cells=cells)], PAGE)))
    assert "Of everyone." in text and "By cause" in text and "The table has causes." not in text
