"""A small project whose report was made and archived once."""

from __future__ import annotations

from pathlib import Path

import pytest
from copies import Checkout, Forger, checkout

from reportlib.inputs import demo


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    demo.write(folder, scale=0.05)
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Checkout:
    """A project whose report was made once."""
    held = checkout(tmp_path_factory.mktemp("archived"), data)
    held.report()
    return held


@pytest.fixture(scope="session")
def archive(made: Checkout) -> Path:
    (found,) = (made.project.edition / "archive").glob("*.zip")
    return found


@pytest.fixture
def forger(archive: Path, tmp_path: Path) -> Forger:
    return Forger(archive, tmp_path / "forged")
