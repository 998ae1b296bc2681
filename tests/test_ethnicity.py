"""Ethnicity codes map totally and explicitly, and the groupings add up."""

from __future__ import annotations

import pandas as pd
import pytest

from reportlib.ethnicity import CHINESE_NOTE, NOT_STATED, groupings, label, raw_codes
from reportlib.project import CODES

pytestmark = pytest.mark.check

DETAIL = [
    "W1",
    "W2",
    "W3",
    "W5",
    "W9",
    "M1",
    "M2",
    "M3",
    "M9",
    "A1",
    "A2",
    "A3",
    "A4",
    "A9",
    "B1",
    "B2",
    "B9",
    "O2",
    "O9",
]


def listed(name: str) -> pd.DataFrame:
    return pd.read_csv(CODES / name, dtype=str, keep_default_na=False)


def test_every_code_maps_to_one_of_the_19_groups_or_to_not_stated():
    assert set(raw_codes().values()) == {*DETAIL, NOT_STATED}


def test_every_detailed_code_stands_for_itself():
    assert {code: raw_codes()[code] for code in DETAIL} == {code: code for code in DETAIL}


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("O1", "A4"),  # Chinese, listed under Other before 2011
        ("O2", "O2"),  # Arab
        ("W4", "W3"),
        ("W8", "W3"),
        ("NS", "NS"),
        ("UN", "NS"),
        ("Z1", "NS"),
        ("MERGE", "NS"),
    ],
)
def test_codes_that_are_easily_mistaken(code: str, group: str):
    assert raw_codes()[code] == group


def test_a_code_that_is_not_listed_maps_to_nothing():
    assert not {"W7", "A5", "O3", "99", "", "w1"} & raw_codes().keys()


def test_every_code_has_a_meaning_and_a_source_and_is_listed_once():
    codes = listed("ethnicity_codes.csv")
    assert codes["code"].is_unique
    assert not codes[["code", "meaning", "group_19", "scheme", "source"]].eq("").any(axis=None)


def test_the_page_of_the_lists_names_each_source():
    page = (CODES / "README.md").read_text(encoding="utf-8")
    assert [source for source in listed("ethnicity_codes.csv")["source"].unique() if source not in page] == []


@pytest.mark.parametrize("name", ["5+1", "19", "two"])
def test_each_grouping_covers_the_19_groups_and_not_stated_once(name: str):
    grouping = groupings()[name]
    assert set(grouping.of) == {*DETAIL, NOT_STATED}
    assert set(grouping.of.values()) == set(grouping.codes)
    members = [detail for code in grouping.codes for detail in grouping.members(code)]
    assert sorted(members) == sorted([*DETAIL, NOT_STATED])
    assert grouping.members(NOT_STATED) == (NOT_STATED,)


def test_the_groups_of_5_1_are_those_of_the_first_letter():
    assert {code: group for code, group in groupings()["5+1"].of.items() if code != NOT_STATED} == {
        code: code[0] for code in DETAIL
    }


def test_ethnic_minority_includes_white_minorities():
    assert groupings()["two"].members("WB") == ("W1",)
    assert {"W2", "W3", "W5", "W9"} < set(groupings()["two"].members("EM"))


def test_groups_are_shown_in_one_order_with_not_stated_last():
    assert groupings()["5+1"].codes == ["A", "B", "M", "W", "O", "NS"]
    assert groupings()["5+1"].compared == ["A", "B", "M", "W", "O"]
    assert all(grouping.codes[-1] == NOT_STATED for grouping in groupings().values())
    assert "".join(dict.fromkeys(code[0] for code in groupings()["19"].compared)) == "ABMWO"


def test_the_reference_is_white_or_white_british():
    assert {name: grouping.reference for name, grouping in groupings().items()} == {"5+1": "W", "19": "W1", "two": "WB"}


def test_chinese_is_counted_in_asian_and_the_note_says_so():
    assert groupings()["5+1"].of["A4"] == "A"
    assert (label("A4"), label("A"), label("O")) == ("Chinese", "Asian", "Other")
    assert "Chinese is counted in Asian" in CHINESE_NOTE
    assert "before 2011 it was in Other" in CHINESE_NOTE


def test_roma_is_a_group_of_the_2021_list_alone():
    codes = listed("ethnicity_codes.csv").set_index("code")
    assert label("W5") == "Roma"
    assert codes.loc["W5", "scheme"] == "2021"
    assert [code for code, group in raw_codes().items() if group == "W5"] == ["W5"]


def test_every_code_of_a_grouping_has_a_label_and_a_code_of_none_is_refused():
    assert label("all") == "All"
    assert all(label(code) for grouping in groupings().values() for code in grouping.codes)
    with pytest.raises(KeyError):
        label("W7")
