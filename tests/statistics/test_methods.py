"""The register from which the methods chapter is made."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from pathlib import Path

import pytest

from reportlib import statistics
from reportlib.statistics import METHODS

pytestmark = pytest.mark.check
FUNCTIONS = {name for name, held in vars(statistics).items() if inspect.isfunction(held)}
PACKAGE = Path(statistics.__file__).parent
REPORT = [path for path in sorted(PACKAGE.parent.rglob("*.py")) if path.parent != PACKAGE]


def test_every_public_function_is_a_registered_method_and_the_reverse() -> None:
    assert set(METHODS) == FUNCTIONS, "export each @method in statistics/__init__.py, and nothing else"


def _called() -> set[str]:
    """Every function of the statistics that a module of the report imports."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in REPORT]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {
        alias.name for node in nodes if (node.module or "").startswith("reportlib.statistics") for alias in node.names
    }
    return names & FUNCTIONS


def test_the_report_calls_no_method_that_the_methods_page_does_not_explain() -> None:
    """The page is made of the register; all figures of the report come from functions in it."""
    assert _called() <= set(METHODS)


def test_the_methods_page_explains_no_method_that_the_report_does_not_use() -> None:
    unused = set(METHODS) - _called()
    assert not unused, f"printed as if the report used them: {', '.join(sorted(unused))}"


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_has_a_test_file_of_its_own_with_a_property(name: str) -> None:
    path = Path(__file__).parent / f"test_{name}.py"
    assert path.exists(), f"write tests/statistics/{path.name}, with a property: @given"
    text = path.read_text(encoding="utf-8")
    assert f"import {name}" in text or f" {name}," in text or f", {name}" in text
    assert "@given(" in text


@pytest.mark.parametrize("name", sorted(METHODS))
def test_an_entry_is_complete_and_stands_in_the_docstring(name: str) -> None:
    entry = METHODS[name]
    empty = [field for field, text in dataclasses.asdict(entry).items() if not text and field != "interval"]
    assert not empty
    doc = getattr(statistics, name).__doc__
    assert doc.startswith(entry.summary) and entry.formula in doc and entry.source in doc


@pytest.mark.parametrize("name", sorted(METHODS))
def test_what_an_entry_says_names_nothing_of_the_code(name: str) -> None:
    said = [METHODS[name].title, METHODS[name].formula]
    assert not [text for text in said if "_" in text or "nobs" in text]


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_with_a_level_says_what_kind_of_interval_it_gives(name: str) -> None:
    has_level = "level" in inspect.signature(getattr(statistics, name)).parameters
    assert not has_level or METHODS[name].interval


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_source_names_a_year(name: str) -> None:
    assert any(part.strip("abc();,.").isdigit() for part in METHODS[name].source.replace("(", " ").split())
