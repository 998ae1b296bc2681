"""A report reckons with what an earlier one has published and hidden."""

from __future__ import annotations

import json

import pytest

from reportlib.build import basis, released


def rules(short) -> list[str]:
    (table,) = [t for t in released.read(short.current).tables if t.part == "deaths/prison"]
    return list(table.frame()["rule"])


def test_what_was_hidden_before_stays_hidden_under_a_laxer_rule(short):
    """Under a threshold of 1 less would be hidden, had last year's report not hidden more."""
    before, hidden = short.current, rules(short)
    assert "hidden" in hidden
    short.change(disclosure={"threshold": 1, "protection_width": 1})
    lax = short.make()
    assert rules(short) != hidden
    short.change(disclosure={"threshold": 1, "protection_width": 1, "earlier": [str(before)]})
    strict = short.make()
    assert strict.folder != lax.folder
    assert rules(short) == hidden
    held = json.loads((strict.folder / "run.json").read_text(encoding="utf-8"))["hidden"]
    assert sum(table["hidden"] for table in held) == rules(short).count("hidden")
    compared = json.loads((strict.folder / "qa.json").read_text(encoding="utf-8"))["earlier"]
    assert {table["report"] for table in compared} == {"2024-25 national"}
    assert {table["cells"]["revised"] + table["cells"]["shown now only"] for table in compared} == {0}


@pytest.mark.parametrize("earlier", [False, True], ids=["alone", "after an earlier one"])
def test_an_unchanged_report_is_found_before_an_extract_is_read(short, monkeypatch, earlier):
    if earlier:
        short.change(disclosure={"earlier": [str(short.current)]})
        assert short.make().new
    monkeypatch.setattr(basis, "read_all", lambda *inputs: pytest.fail("an extract was read"))
    assert not short.make().new


def test_an_earlier_release_that_is_not_there_is_one_clear_error(short):
    short.change(disclosure={"earlier": ["outputs/2023-24/national/runs/gone"]})
    done = short.cli()
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "The earlier releases cannot be used:" in said
    assert "outputs/2023-24/national/runs/gone is not there, or holds no pattern.json" in said
    assert "Traceback" not in said
