"""Editions are the standard ones and those of lists; a list that cannot be used is refused with all that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reportlib.editions import NATIONAL, NATIONAL_ALONE, ONE_PART, Edition, available, named, standard
from reportlib.errors import ReportError
from reportlib.measures import MEASURES, TableSpec

NORTH = "- {name: north, title: The North, dimension: region, values: [North East, North West]}\n"


def listed(folder: Path, *editions: str) -> list[Edition]:
    (folder / "own.yml").write_text("editions:\n" + "".join(editions), encoding="utf-8")
    return available(folder)


def refused(folder: Path, *editions: str) -> str:
    with pytest.raises(ReportError) as raised:
        listed(folder, *editions)
    return str(raised.value)


def test_the_standard_editions_are_the_whole_twelve_regions_and_seven_types():
    found = standard()
    assert found[0] == NATIONAL
    assert [sum(e.dimension == name for e in found) for name in ("region", "establishment_type")] == [12, 7]
    assert named("womens-prison", found).title == "Women's prison"


def test_a_list_beside_the_parameters_adds_its_own(tmp_path):
    north = named("north", listed(tmp_path, NORTH))
    assert (north.values, north.code) == (("North East", "North West"), "north")
    assert north.heading("Report") == "Report: The North"
    assert len(available(tmp_path)) == len(standard()) + 1


def test_what_an_edition_has_alike_is_not_held_equal(tmp_path):
    """In a region on its own nobody differs by region; in two of them some do."""
    spec = TableSpec("recalled", MEASURES["recalled"], ("ethnicity",), "5+1", adjust=("region", "order_type"))
    held = {name: named(name, listed(tmp_path, NORTH)).comparing(spec).adjust for name in ("london", "north", "open")}
    assert held == {"london": ("order_type",), "north": spec.adjust, "open": spec.adjust}
    assert NATIONAL.comparing(spec) == spec


@pytest.mark.parametrize(
    ("edition", "by", "why"),
    [
        ("london", ("region", "ethnicity"), ONE_PART),
        ("north", ("region", "ethnicity"), None),  # of two regions
        ("open", ("region", "ethnicity"), None),
        ("national", ("region", "ethnicity"), None),
        ("london", ("ethnicity",), None),
        ("london", ("order_type", "ethnicity"), None),
        ("london", ("region", "order_type", "ethnicity"), None),
    ],
)
def test_parts_side_by_side_are_nothing_new_in_an_edition_of_one(tmp_path, edition, by, why):
    spec, own = TableSpec("recalled", MEASURES["recalled"], by, "5+1"), named(edition, listed(tmp_path, NORTH))
    headline = replace(spec, id="headline", by=("ethnicity",), adjust=("order_type",))
    assert own.lacks(spec, [spec, headline]) == why
    for other in (replace(headline, measure=MEASURES["breached"]), replace(headline, national=True)):
        assert own.lacks(spec, [spec, other]) is None  # it is the only one with this part's figures


def test_one_part_over_the_years_is_something_new():
    spec = TableSpec("deaths", MEASURES["deaths"], ("year", "establishment_type"), "5+1", "trend")
    assert named("open", standard()).lacks(spec, [spec]) is None


def test_a_table_for_the_whole_alone_is_in_no_edition_of_a_part(tmp_path):
    spec = TableSpec("upheld", MEASURES["upheld"], ("ethnicity",), "5+1", national=True)
    found = {name: named(name, listed(tmp_path, NORTH)).lacks(spec, [spec]) for name in ("national", "london", "north")}
    assert found == {"national": None, "london": NATIONAL_ALONE, "north": NATIONAL_ALONE}


@pytest.mark.parametrize(
    ("edition", "said"),
    [
        (NORTH.replace("North East", "North Eest"), "'North Eest' is no region"),
        (NORTH.replace("North West", "Londn"), "the nearest is 'London'"),
        (NORTH.replace("North West", "North East"), "each once"),
        (NORTH.replace("[North East, North West]", "[]"), "at least one value"),
        (NORTH.replace(", values: [North East, North West]", ""), "at least one value"),
        (NORTH.replace("dimension: region", "dimension: prison"), "dimension"),
        (NORTH.replace("dimension: region, ", ""), "say which dimension"),
        (NORTH.replace("title", "titel"), "titel"),
        (NORTH.replace("The North", "3"), "title"),  # a bare figure would pass for a figure of the report
        (NORTH.replace("north,", "The North!,"), "name"),
        (NORTH.replace("north,", "../up,"), "name"),
        (NORTH.replace("name: north", "name: london"), "'london' is there already"),
        (NORTH + NORTH, "'north' is there already"),
        ("  nonsense: [\n", "own.yml"),
        ("- 3\n", "own.yml"),
    ],
)
def test_a_list_that_cannot_be_used_says_what_is_wrong_and_where(tmp_path, edition, said):
    assert said in (told := refused(tmp_path, edition))
    assert "own.yml" in told


def test_an_edition_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(ReportError, match=r"no edition 'lodnon'.*london"):
        named("lodnon", standard())
