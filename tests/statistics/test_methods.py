"""The register from which the methods chapter is made."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from reportlib import statistics
from reportlib.statistics import METHODS

FUNCTIONS = {name for name in statistics.__all__ if inspect.isfunction(getattr(statistics, name))}
HELPERS = {"judge_complement"}  # says which side judged_relative_rate judged


def test_every_public_function_is_a_registered_method_and_the_reverse() -> None:
    assert set(METHODS) == FUNCTIONS - HELPERS


@pytest.mark.parametrize("name", sorted(METHODS))
def test_an_entry_is_complete_and_stands_in_the_docstring(name: str) -> None:
    entry = METHODS[name]
    empty = [field for field, text in dataclasses.asdict(entry).items() if not text and field != "interval"]
    assert not empty
    doc = getattr(statistics, name).__doc__
    assert doc.startswith(entry.summary) and entry.formula in doc and entry.source in doc


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_with_a_level_says_what_kind_of_interval_it_gives(name: str) -> None:
    has_level = "level" in inspect.signature(getattr(statistics, name)).parameters
    assert not has_level or METHODS[name].interval


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_source_names_a_year(name: str) -> None:
    assert any(part.strip("abc();,.").isdigit() for part in METHODS[name].source.replace("(", " ").split())
