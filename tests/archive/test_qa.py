"""Each run leaves a log of what its checks found, hid and passed, and of how it stands beside earlier reports."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from copies import Checkout
from lxml import html

from reportlib import facts
from reportlib.archive import qa
from reportlib.archive.runs import KeptRun
from reportlib.archive.signoff import questions
from reportlib.build import released
from reportlib.build.released import Publication, Published
from reportlib.gates.html import check_html
from reportlib.gates.run import GATES, gates


@pytest.fixture
def run(made: Checkout, tmp_path: Path) -> Path:
    """A copy of the finished run."""
    shutil.copytree(made.project.current, tmp_path / "run")
    return tmp_path / "run"


def log(run: Path) -> dict:
    return json.loads((run / qa.JSON).read_text(encoding="utf-8"))


def words(run: Path) -> str:
    return " ".join(html.parse(run / qa.HTML).getroot().text_content().split())


def test_the_log_tells_how_many_cells_are_hidden(run: Path):
    (table,) = [table for table in released.read(run).tables if table.part == "deaths/prison"]
    rules = Counter(row[table.columns.index("rule")] for row in table.rows)
    assert set(rules) == {"", "hidden"}
    (held,) = [held for held in log(run)["hidden"] if held["part"] == "Deaths"]
    assert held["hidden"] == rules["hidden"] > 0


def test_the_page_is_accessible_and_names_inputs_gates_and_what_was_not_compared(run: Path):
    page = (run / qa.HTML).read_text(encoding="utf-8")
    assert check_html(page, qa.HTML) == []
    said = words(run)
    for word in (
        *GATES,
        "fatal incidents",
        "Nothing was found wrong with the inputs.",
        "No earlier report is declared",
    ):
        assert word in said


@pytest.mark.parametrize(("name", "old", "new"), [
    (qa.JSON, '"earlier": []', '"earlier": [1]'),
    (qa.HTML, "Nothing was found wrong", "Much was found wrong"),
])  # fmt: skip
def test_a_changed_log_does_not_pass(run: Path, name: str, old: str, new: str):
    assert gates(run) == []
    text = (run / name).read_text(encoding="utf-8")
    assert old in text
    (run / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert [str(fault) for fault in gates(run)] == [f"{name}: it is not what follows from the run"]


def test_a_count_that_an_earlier_report_shows_and_this_one_hides_is_asked_about(run: Path):
    """All that are hidden here but for the first were hidden there too."""
    table = next(t for t in released.read(run).tables if t.part == "deaths/prison")
    place, rule = table.columns.index("value"), table.columns.index("rule")
    hidden = [row for row in table.rows if row[rule]]
    assert len(hidden) > 1
    shown = [*hidden[0]]
    shown[place], shown[rule] = 6, ""
    before = Publication.of("2023-24 national", [table.model_copy(update={"rows": [shown, *hidden[1:]]})], [])
    own = released.read(run)
    (run / released.PATTERN).write_text(
        Publication.of("2024-25 national", own.tables, [before]).text(), encoding="utf-8"
    )
    asked = [question for question in questions(KeptRun(run)) if "2023-24 national" in question]
    assert len(asked) == 1 and asked[0].startswith("1 count shown by 2023-24 national and hidden here")


@pytest.mark.parametrize(("by", "asked"), [(0, 0), (1, 1), (5, 1), (6, 0)])
def test_a_count_that_differs_from_an_earlier_report_by_few_is_asked_about(run: Path, by: int, asked: int):
    table = next(t for t in released.read(run).tables if t.part == "deaths/prison")
    place, rule = table.columns.index("value"), table.columns.index("rule")
    first, *others = sorted(table.rows, key=lambda row: bool(row[rule]))
    assert not first[rule]
    before = [*first]
    before[place] = int(before[place] or 0) + by
    earlier = Publication.of("2023-24 national", [table.model_copy(update={"rows": [before, *others]})], [])
    own = released.read(run)
    (run / released.PATTERN).write_text(
        Publication.of("2024-25 national", own.tables, [earlier]).text(), encoding="utf-8"
    )
    found = [question for question in questions(KeptRun(run)) if "otherwise, by 5 or fewer" in question]
    told = "2023-24 national shows 1 count otherwise, by 5 or fewer"
    assert [question.partition(":")[0] for question in found] == [told] * asked


def test_a_disproportionate_comparison_without_an_answer_is_asked_about(run: Path):
    held = KeptRun(run)
    about = {"period": held.params.pooled_label, "statistic": "verdict", "text": "disproportionate"}
    told = replace(next(iter(held.facts.values())), id="deaths/ethnicity/B/verdict", value="disproportionate", **about)
    facts.write([told], run / "facts.jsonl")
    asked = "1 disproportionate comparison without an answer: deaths/ethnicity/B."
    assert asked in questions(KeptRun(run))
    told_to = json.loads((run / "run.json").read_text()) | {"responses": {"deaths/ethnicity/B": "Because."}}
    (run / "run.json").write_text(json.dumps(told_to))
    assert asked not in questions(KeptRun(run))


def test_a_report_that_names_nobody_to_ask_is_asked_about(run: Path):
    held, asked = json.loads((run / "parameters.json").read_text()), []
    for contact in ("", "Ann, a@b.uk"):
        (run / "parameters.json").write_text(json.dumps(held | {"contact": contact}))
        asked.append(any("no contact" in question for question in questions(KeptRun(run))))
    assert asked == [True, False]


def test_a_report_that_names_no_earlier_one_is_asked_about(run: Path):
    held, asked = json.loads((run / "parameters.json").read_text()), []
    for earlier in ([], ["outputs/2023-24/national/runs/0123456789abcdef"]):
        (run / "parameters.json").write_text(
            json.dumps(held | {"disclosure": held["disclosure"] | {"earlier": earlier}})
        )
        asked.append(any("No earlier report is named" in question for question in questions(KeptRun(run))))
    assert asked == [True, False]


def test_a_report_that_replaces_a_published_one_without_saying_what_it_corrects_is_asked_about(
    made: Checkout, tmp_path: Path
):
    def asked(**changed: str) -> bool:
        (run / "parameters.json").write_text(json.dumps(held | changed))
        return any("`correction:`" in question for question in questions(KeptRun(run)))

    edition = tmp_path / "2024-25" / "national"
    run = shutil.copytree(made.project.current, edition / "runs" / ("a" * 16))
    held = json.loads((run / "parameters.json").read_text())
    assert not asked()  # nothing is published yet
    for published, asks in ((run.name, False), ("f" * 16, True)):
        signed = edition / "review" / published / "signed"
        signed.mkdir(parents=True)
        (edition / "published").unlink(missing_ok=True)
        (edition / "published").symlink_to(signed)
        assert asked() == asks
    assert not asked(correction="Deaths of May 2024 were counted twice until 3 March 2026.")


def test_cells_of_an_earlier_report_are_told_as_same_revised_shown_and_hidden_anew(run: Path):
    columns = ["year", "value", "rule"]

    def table(*values: int | None) -> Published:
        rows = [[f"20{year}-{year + 1}", value, "" if value else "primary"] for year, value in enumerate(values, 20)]
        about = {"name": "trend: deaths", "part": "deaths", "additive": True, "scale": 1, "release": ""}
        return Published(columns=columns, rows=rows, **about)

    before = Publication.of("2023-24 national", [table(10, 20, None, 40, None)], [])
    now = Publication.of("2024-25 national", [table(10, 21, None, None, 50, 60)], [before])
    (run / released.PATTERN).write_text(now.text(), encoding="utf-8")
    qa.write(run, GATES)
    assert log(run)["earlier"] == [
        {
            "report": "2023-24 national",
            "table": "trend: deaths",
            "cells": {"same": 2, "revised": 1, "shown now only": 1, "hidden now only": 1},
        }
    ]
    rows = [[cell.text_content().strip() for cell in row] for row in html.parse(run / qa.HTML).getroot().iter("tr")]
    assert ["2023-24 national", "trend: deaths", "2", "1", "1", "1"] in rows
