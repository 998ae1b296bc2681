"""What the quality chapter tells of a run, also of one that had little to count."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from reportlib.disclosure import Policy
from reportlib.inputs.estimates import ALONE, TOGETHER
from reportlib.inputs.strata import ENOUGH_EVENTS
from reportlib.measures import MEASURES
from reportlib.params import Disclosure
from reportlib.quality import ABOUT
from reportlib.words import POSSIBLE, UNLIKELY, capital

NOTHING = {
    "parameters": {"grouping": "5+1", "confidence_level": 0.95},
    "definitions": {code: measure.definition for code, measure in MEASURES.items()},
    "tables": {},
    "inputs": [],
    "establishments": {},
    "findings": [],
    "hidden": [],
    "flagged": 0,
    "rules": [],
    "versions": {},
}
NOTHING |= {"disclosure": Disclosure().model_dump()}


def about(name: str, run: dict[str, Any] = NOTHING) -> pd.DataFrame:
    """The words of a table about a run."""
    return pd.DataFrame([{key: cell["text"] for key, cell in row.items()} for row in ABOUT[name].table(name, run).rows])


@pytest.mark.parametrize("name", ABOUT)
def test_a_table_about_a_run_with_nothing_to_tell_has_its_heading_and_a_row(name):
    frame = about(name)
    assert frame.columns[0] == ABOUT[name].header
    assert len(frame) >= 1


def test_each_table_tells_how_much_was_hidden_and_not_by_which_rule():
    """How many of the hidden counts are small would narrow what each can be."""
    held = [
        {"table": "deaths-by-cause", "part": "Deaths", "cells": 20, "hidden": 10},
        {"table": "deaths-by-cause", "part": "Average prison population", "cells": 5, "hidden": 0},
    ]
    tables = {"deaths-by-cause": {"measure": "deaths", "by": ["cause", "ethnicity"], "apart": "detailed"}}
    (row,) = about("hidden", NOTHING | {"hidden": held, "tables": tables}).to_dict("records")
    assert row == {
        "Table": "Deaths in prison custody by cause of death and detailed ethnic group",
        "Counts": "25",
        "Hidden": "10",
        "Share shown": "60%",
    }


def test_the_rules_are_told_with_their_values_and_reasons():
    frame = about("rules", NOTHING | {"rules": Policy(threshold=4).reasons().to_dict("records")})
    told = frame.set_index("Rule")["Value"].to_dict()
    assert told == {
        "threshold": "4",
        "protection width": "5",
        "minimum denominator": "10",
        "zeros": "shown",
        "least for percent": "10",
        "reliable percent": "30",
        "least for rate": "100",
    }
    assert frame["Reason"].str.len().min() > 20


def test_control_that_is_off_is_told_with_its_reason_and_no_rule():
    off = Disclosure(off="for the analyst alone").model_dump()
    rules = Policy().reasons().to_dict("records")
    frame = about("rules", NOTHING | {"rules": rules, "disclosure": off})
    assert frame.iloc[0].tolist() == ["disclosure control", "off", "for the analyst alone"]
    assert not frame["Rule"].isin(["threshold", "zeros"]).any()


def test_methods_say_who_is_in_each_group():
    """Chinese people are counted in Asian, as in the Censuses since 2011; Gypsy or Irish Traveller people in White."""
    told = about("groups").set_index("Ethnic group")["Who is in it"].to_dict()
    assert list(told) == ["Asian", "Black", "Mixed", "White", "Other", "Not stated"]
    assert "Chinese" in told["Asian"] and "Gypsy or Irish Traveller" in told["White"]
    assert told["Other"] == "Arab; Any other ethnic group"
    fine = about("groups", NOTHING | {"parameters": {"grouping": "19"}})
    assert (fine["Ethnic group"] == fine["Who is in it"]).all()


def test_methods_are_told_in_words_and_not_in_names_of_code():
    told = about("methods").drop(columns=["Formula", "Source"])
    assert not told.map(lambda text: "`" in text or "_" in text).any(axis=None)


def test_versions_are_those_the_report_was_made_with_whatever_reads_it():
    (row,) = about("versions", NOTHING | {"versions": {"pandas": "0.1"}}).to_dict("records")
    assert row == {"Software": "pandas", "Version": "0.1"}


def test_the_words_of_the_charts_keys_are_in_the_list_of_words():
    told = about("words").set_index("Word")["Meaning"]
    assert POSSIBLE in told[capital(UNLIKELY)]
    assert "Statistically significant" in told[capital(UNLIKELY)]


def test_the_design_effect_is_told_with_the_limits_that_are_used():
    told = about("words").set_index("Word")["Meaning"]["Design effect"]
    spelt = {1000: "a thousand cases or more", 200: "fewer than two hundred cases", 10: "fewer than ten events"}
    assert all(spelt[limit] in told for limit in (ALONE, TOGETHER, ENOUGH_EVENTS))
