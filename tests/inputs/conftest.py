from pathlib import Path

import pytest
from good_extracts import GOOD, Extracts


@pytest.fixture
def extracts(tmp_path: Path) -> Extracts:
    """Seven good extracts."""
    made = Extracts(tmp_path)
    for name, text in GOOD.items():
        made.put(name, text)
    return made


@pytest.fixture
def alone(tmp_path: Path) -> Extracts:
    """A folder for one extract."""
    return Extracts(tmp_path)
