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

from reportlib.project import NOTEBOOKS

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
    assert {len([*report.parent.glob("chapters/*.html")]) for report in reports} == {chapters}


@pytest.mark.parametrize("name", KINDS)
def test_no_small_count_is_a_sum_of_what_all_of_them_show(name, shown):
    """Nor one of a region and a type at once, of which no edition is."""
    sought, given = shown.attacked(KINDS[name], "region", "establishment_type")
    assert given == []
    assert len(sought) > 50
