"""Every standard edition at once, of a country in which the list of establishments lacks a prison.

A prison that is not in the list is of no region and of no type: regions subtracted from the whole, and types, leave the
same.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from attack import KINDS, Shown
from small_report import Project, project

from reportlib import facts
from reportlib.editions import NATIONAL, standard
from reportlib.facts import Fact
from reportlib.project import NOTEBOOKS
from reportlib.responses import pooled
from reportlib.words import ONLY_COUNTED

pytestmark = pytest.mark.full
UNLISTED = "Ashfield,"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, demo_data: Path) -> Project:
    folder = tmp_path_factory.mktemp("every")
    shutil.copytree(demo_data, folder / "demo")
    listed = folder / "demo" / "establishments.csv"
    lines = listed.read_text(encoding="utf-8").splitlines(keepends=True)
    listed.write_text("".join(line for line in lines if not line.startswith(UNLISTED)), encoding="utf-8")
    own = project(folder / "project", folder / "demo")
    done = subprocess.run(own.command(what="editions"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^[a-z-]+, disproportionate: \d+ comparisons?, \d+ of them without", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1].endswith("2024-25/index.html")
    return own


@pytest.fixture(scope="module")
def shown(made: Project, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return Shown.of(made, tmp_path_factory.mktemp("typed"))


def test_each_is_made_with_every_chapter(made):
    """Where there are no prisons, and where so few people are that nothing can be estimated."""
    reports = [*made.year.glob("*/current/report.html")]
    assert len(reports) == 20
    chapters = len([*NOTEBOOKS.glob("*.ipynb")]) + 1  # and the statement on accessibility
    for edition in standard():
        pages = [*(made.year / edition.name / "current" / "chapters").glob("*.html")]
        assert len(pages) == chapters - (edition.dimension == "establishment_type")  # of which probation has none


@pytest.mark.parametrize("name", KINDS)
def test_no_small_count_is_a_sum_of_what_all_of_them_show(name, shown):
    """Nor one of a region and a type at once, of which no edition is."""
    sought, given = shown.attacked(KINDS[name], "region", "establishment_type")
    assert given == []
    assert len(sought) > 50


# One comparison has one verdict, whichever edition shows it


def facts_of(made: Project, edition: str) -> dict[tuple[str, str], Fact]:
    """The facts of the pooled years of an edition, by measure, dimensions and codes, and by statistic."""
    held = facts.read([made.year / edition / "current" / "facts.jsonl"])
    return {(fact.row, fact.statistic): fact for fact in pooled(held, "2022-23 to 2024-25")}


def test_a_comparison_has_one_verdict_in_the_edition_of_a_part_and_among_all_parts(made):
    whole, compared = facts_of(made, NATIONAL.name), 0
    for edition in standard():
        for (row, statistic), own in facts_of(made, edition.name).items() if edition.dimension else ():
            measure, by, group = row.split("/")
            place = f"{measure}/{edition.dimension}+{by}/{edition.name}+{group}"
            if statistic == "verdict" and by == "ethnicity" and (place, statistic) in whole:
                assert (edition.name, row, own.text) == (edition.name, row, whole[place, statistic].text)
                compared += 1
    assert compared > 200


def test_a_table_that_divides_an_edition_has_its_verdicts_over_all(made):
    compared = 0
    for edition in standard():
        own = facts_of(made, edition.name)
        for (row, statistic), fact in own.items():
            measure, by, codes = row.split("/")
            if statistic == "verdict" and by.endswith("+ethnicity") and set(codes.split("+")[:-1]) == {"all"}:
                headline = own.get((f"{measure}/ethnicity/{codes.rpartition('+')[2]}", statistic))
                if headline:
                    assert (edition.name, row, fact.text) == (edition.name, row, headline.text)
                    compared += 1
    assert compared > 50


def test_an_outcome_is_compared_from_the_same_side_in_every_edition(made):
    sides: dict[str, set[str]] = {}
    for edition in standard():
        for (row, statistic), fact in facts_of(made, edition.name).items():
            if statistic == "ratio" and not fact.mark:
                sides.setdefault(row.split("/")[0], set()).add(fact.unit)
    assert len(sides) > 8
    assert {measure: units for measure, units in sides.items() if len(units) > 1} == {}


def test_what_stands_beside_an_edition_is_what_the_whole_shows(made):
    """To fewer decimals where the edition's own relative rates are less certain."""
    whole, compared = facts_of(made, NATIONAL.name), 0
    kinds = {"value": "value", "ratio": "ratio", "lower": "ratio_lower", "upper": "ratio_upper", "verdict": "verdict"}
    for edition in standard():
        for (row, statistic), own in facts_of(made, edition.name).items():
            if statistic.startswith("national_"):
                told = whole[row, kinds[statistic.removeprefix("national_")]]
                if statistic == "national_verdict":
                    assert own.text.removesuffix(ONLY_COUNTED) == told.text
                elif not (own.mark or told.mark):
                    assert own.value == pytest.approx(
                        told.value, abs=1e-9 if statistic == "national_value" else 0.00501
                    )
                compared += 1
    assert compared > 500
