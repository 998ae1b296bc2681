"""On paper, tables that are looked up stand at the end, with a reference where they were."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode

from reportlib.build.annex import annexed
from reportlib.build.page import LONG, read_chapter

from .fixture import notebook, show, table, uphold_table

COLUMNS = uphold_table()["columns"]
ROW = ["Black", "149", "620", "24%", "21% to 28%", "0.73"]


def chapter(name: str, *models: dict[str, Any]) -> NotebookNode:
    return notebook(name, name.capitalize(), "Intro.", show("table", "", *models))


def shown(*notebooks: NotebookNode) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each chapter on paper with the kind and name of what it shows, headers aside."""
    return [
        (one.title, [(model["kind"], model["id"]) for _, model in one.models() if model["kind"] != "header"])
        for one in annexed([read_chapter(notebook) for notebook in notebooks])
    ]


def test_long_and_folded_tables_of_figures_move_to_the_end_and_leave_a_reference() -> None:
    short = table("short", "Short", COLUMNS, [ROW] * LONG)
    long = table("long", "Long", COLUMNS, [ROW] * (LONG + 1))
    folded = table("folded", "Folded", COLUMNS, [ROW]) | {"folded": True}
    assert shown(chapter("one", short, long), chapter("two", short), chapter("three", folded)) == [
        ("One", [("table", "short"), ("reference", "long")]),
        ("Two", [("table", "short")]),
        ("Three", [("reference", "folded")]),
        ("Tables in full", [("table", "long"), ("table", "folded")]),
    ]


def test_tables_of_words_stay_and_a_report_without_long_tables_has_no_end() -> None:
    words = [{"key": "word", "label": "Word", "role": "header"}, {"key": "meaning", "label": "Meaning", "role": "text"}]
    glossary = table("words", "Words", words, [["Rate", "How often."]] * (LONG + 1))
    assert shown(chapter("one", glossary)) == [("One", [("table", "words")])]
