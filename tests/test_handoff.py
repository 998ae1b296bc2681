"""What the build hands to a chapter: only what it declares, only with the parameters that it was made with."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reportlib.errors import ReportError
from reportlib.facts import Fact, write
from reportlib.handoff import Handoff, checked
from small_handoff import PARAMETERS, uphold_counts, write_handoff


@pytest.fixture
def handoff(tmp_path: Path) -> Handoff:
    chapters = {
        "uphold": {"tables": ["uphold-rate"], "published": ["deaths-by-type"]},
        "deaths": {"tables": ["deaths-by-region"], "published": []},
        "summary": {"tables": [], "published": [], "reads_facts": True},
    }
    return Handoff(write_handoff(tmp_path / "handoff", **chapters))


def test_a_declared_table_comes_with_its_marks(handoff):
    found = handoff.counts("uphold", "uphold-rate").set_index("ethnicity")
    assert found["mark"].to_dict() == {"A": "", "B": "", "M": "c", "W": "", "O": "c", "NS": "", "all": ""}
    assert found.loc[["M", "O"], "numerator"].isna().all()
    assert found.loc["A", "numerator"] == 90


def test_a_table_that_the_chapter_does_not_declare_is_refused_by_name(handoff):
    with pytest.raises(ReportError, match="chapter uphold does not declare the table 'deaths-by-region'"):
        handoff.counts("uphold", "deaths-by-region")
    with pytest.raises(ReportError, match="does not declare the table 'uphold-rate-by-category'"):
        handoff.spec("uphold", "uphold-rate-by-category")


def test_a_chapter_that_there_is_not_is_refused(handoff):
    with pytest.raises(ReportError, match="no chapter 'upholds'; there are: uphold, deaths, summary"):
        handoff.counts("upholds", "uphold-rate")


def test_a_notebook_that_opens_a_chapter_by_another_name_is_told_so(handoff):
    with pytest.raises(ReportError, match="no chapter 'upholds'; there are: uphold, deaths, summary"):
        handoff.statuses("upholds")


def test_published_tables_are_declared_too(handoff):
    assert handoff.declared("uphold") == ["uphold-rate", "deaths-by-type"]


def test_the_declaration_comes_back_whole(handoff):
    spec = handoff.spec("uphold", "uphold-rate")
    assert (spec.measure.code, spec.by, spec.grouping, spec.period) == ("upheld", ("ethnicity",), "5+1", "pooled")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reference_group": "B"}, "reference_group is 'B', prepared with 'W'"),
        ({"pooled_years": 2}, "pooled_years is 2, prepared with 3"),
        ({"verdict_band": (0.9, 1.1)}, "verdict_band is [0.9, 1.1], prepared with [0.8, 1.25]"),
        ({"pooled_years": 3.0}, "pooled_years is 3.0, prepared with 3"),
        ({"referenc_group": "B"}, "there is no parameter 'referenc_group'; the nearest is 'reference_group'"),
    ],
)
def test_other_parameters_are_refused_by_name(handoff, given, said):
    with pytest.raises(ReportError) as error:
        handoff.giving_way(PARAMETERS | given)
    assert said in str(error.value)
    assert "start `make lab PARAMS=…` again" in str(error.value)


def test_the_same_parameters_pass_as_a_list_or_a_tuple(handoff):
    assert handoff.giving_way(PARAMETERS) == handoff.giving_way(PARAMETERS | {"verdict_band": (0.8, 1.25)}) == {}


def test_a_parameter_that_is_left_out_is_refused(handoff):
    with pytest.raises(ReportError, match="edition is not given"):
        handoff.giving_way({name: value for name, value in PARAMETERS.items() if name != "edition"})


def test_parameters_as_a_notebook_has_them_give_way_to_those_of_the_counts(handoff):
    handoff.run["parameters"] = PARAMETERS | {"pooled_years": 2, "edition": "london"}
    assert handoff.giving_way(PARAMETERS) == {"pooled_years": 2, "edition": "london"}
    with pytest.raises(ReportError, match="pooled_years is 4, prepared with 2"):
        handoff.giving_way(PARAMETERS | {"pooled_years": 4})


def test_why_a_table_cannot_be_made_is_kept(handoff):
    assert handoff.unavailable("deaths-by-region") == "fatal incidents has no region"
    assert handoff.unavailable("uphold-rate") == ""


def test_a_chapter_carries_the_statuses_of_all_that_it_shows(handoff):
    assert handoff.statuses("uphold") == ["published", "synthetic"]
    assert handoff.statuses("summary") == ["synthetic"]  # shows no table of its own: that of the run


def test_the_facts_of_the_chapters_before_are_read_together(handoff):
    facts = [Fact(name, "2024-25", "national", "uphold", "t", "value", "l", "1") for name in ("b", "a")]
    write(facts[:1], handoff.folder / "facts" / "one.jsonl")
    write(facts[1:], handoff.folder / "facts" / "two.jsonl")
    assert [fact.id for fact in handoff.facts("summary")] == ["a", "b"]


def test_a_chapter_reads_of_the_run_what_is_its_own_unless_it_declares_more(handoff):
    with pytest.raises(ReportError, match=r"uphold reads what is not its own: declare `reads_facts: true`"):
        handoff.facts("uphold")
    assert set(handoff.part("uphold")["tables"]) == {"uphold-rate"}
    assert "inputs" not in handoff.part("uphold")
    assert set(handoff.part("summary")["tables"]) > {"uphold-rate"}
    assert "inputs" in handoff.part("summary")


def test_without_counts_the_user_is_told_what_to_do(tmp_path):
    with pytest.raises(ReportError, match=r"No counts have been prepared in .*: run `make lab`"):
        Handoff(tmp_path).counts("uphold", "uphold-rate")


@pytest.mark.parametrize(("numerator", "mark"), [(4, "c"), (pd.NA, "")])
def test_a_mark_stands_exactly_where_a_count_is_missing(numerator, mark):
    frame = uphold_counts()
    frame.loc[0, ["numerator", "mark"]] = [numerator, mark]
    with pytest.raises(ValueError, match="mark"):
        checked(frame)
