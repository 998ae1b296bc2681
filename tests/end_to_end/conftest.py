"""One small report, made once as a user makes it, and short ones made in seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_report import DEATHS, Project, project, short_chapter

from reportlib.build import basis
from reportlib.inputs import demo


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder, scale=0.05)
    return folder


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, demo_data: Path) -> tuple[Project, str]:
    """A report of every chapter, made on the command line, and what that said."""
    made = project(tmp_path_factory.mktemp("whole"), demo_data)
    done = made.cli()
    assert done.returncode == 0, done.stderr
    return made, done.stdout


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, demo_data: Path) -> Project:
    """A report of one chapter of one table, made once."""
    folder = tmp_path_factory.mktemp("short")
    made = project(folder, demo_data, DEATHS, pooled_years=1, trend_years=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basis, "NOTEBOOKS", short_chapter(folder / "notebooks"))
        made.make()
    return made


@pytest.fixture
def short(made_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The short report in a folder of its own, to make it again."""
    monkeypatch.setattr(basis, "NOTEBOOKS", short_chapter(tmp_path / "notebooks"))
    shutil.copytree(made_once.params.parent, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project" / made_once.params.name, tmp_path / "project" / made_once.outputs.name)


@pytest.fixture
def analysis(short: Project, tmp_path: Path) -> Callable[[str], None]:
    """Change the analysis cell of the short report's chapter."""

    def change(code: str) -> None:
        short_chapter(tmp_path / "notebooks", code)

    return change
