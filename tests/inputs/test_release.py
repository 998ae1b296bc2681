"""The release counts what the records hold: by hand on a few rows, and against plain pandas on a demo set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from good_extracts import GOOD, Extracts

from reportlib.ethnicity import groupings, raw_codes
from reportlib.inputs import demo
from reportlib.inputs.release import Release
from reportlib.inputs.sources import read_all
from reportlib.inputs.spec import InputSpec
from reportlib.measures import MEASURES, PARTS, TableSpec
from reportlib.years import years_to


def without(text: str, *columns: str) -> str:
    """An extract without some of its columns."""
    names, *rows = [line.split(",") for line in text.splitlines()]
    keep = [place for place, name in enumerate(names) if name not in columns]
    return "".join(",".join(line[place] for place in keep) + "\n" for line in (names, *rows))


@dataclass(frozen=True)
class Years:
    """The years of a report, oldest first."""

    pooled: tuple[str, ...]
    trend: tuple[str, ...]

    @property
    def pooled_label(self) -> str:
        return f"{self.pooled[0]} to {self.pooled[-1]}"


THREE = Years(years_to("2024-25", 3), years_to("2024-25", 5))
ONE = Years(("2024-25",), years_to("2024-25", 2))
HEAD = "complaint_id,person_id,received_date,completed_date,establishment,category,eligible,outcome,ethnicity_ppud\n"


def spec(measure: str, *by: str, grouping: str = "5+1", period: str = "pooled") -> TableSpec:
    return TableSpec("t", MEASURES[measure], by, grouping, period)


def cells(release: Release, of: TableSpec, part: str) -> dict[object, int]:
    """The counts of a part by code, or by tuple of codes."""
    frame = release.counts(of, PARTS[part]).set_index(list(of.by))["value"]
    return frame.to_dict()


@pytest.fixture
def alone_with(alone: Extracts):
    """A release of one or a few extracts."""

    def made(period: Years = ONE, **given: str) -> Release:
        for name, text in given.items():
            alone.put(name, text)
        return Release(alone.read(), period)

    return made


# Ethnicity: NOMIS through the person number, else PPUD


@pytest.mark.parametrize(
    ("nomis", "ppud", "group", "source"),
    [
        ("W1", "B1", "W", "NOMIS"),
        ("", "B1", "B", "PPUD"),
        ("UN", "B1", "B", "PPUD"),
        ("W1", "", "W", "NOMIS"),
        ("", "", "NS", "Not stated"),
        ("NS", "UN", "NS", "Not stated"),
    ],
)
def test_ethnicity_is_nomis_else_ppud(alone_with, nomis, ppud, group, source):
    held = f"person_id,ethnicity_code\nP1,{nomis}\n" if nomis else "person_id,ethnicity_code\nP9,A1\n"
    release = alone_with(
        complaints=f"{HEAD}C1,P1,2024-05-01,2024-06-01,Leeds,Food,yes,upheld,{ppud}\n", nomis_ethnicity=held
    )
    assert cells(release, spec("complaints", "ethnicity"), "complaints/received") == {group: 1, "all": 1}
    assert cells(release, spec("ethnicity-source", "ethnicity_source"), "people/complained") == {source: 1, "all": 1}


def test_a_person_has_one_ethnicity_through_all_their_complaints(alone_with):
    release = alone_with(
        complaints=HEAD
        + "C1,P1,2024-05-01,,Leeds,Food,yes,,\nC2,P1,2024-06-01,,Leeds,Food,yes,,A1\n"
        + "C3,P2,2024-06-01,,Leeds,Food,yes,,O1\n"
    )
    assert cells(release, spec("complaints", "ethnicity"), "complaints/received") == {"A": 3, "all": 3}


def test_the_last_ethnicity_that_ppud_recorded_counts(alone_with):
    days = {"P1": ("2024-05-20", "2024-05-02"), "P2": ("2024-06-01", "2024-05-31"), "P3": ("2025-01-01", "2024-12-31")}
    rows = [
        f"C{who}{code},{who},{day},,Leeds,Food,yes,,{code}\n"
        for who, both in days.items()
        for day, code in zip(both, ("A1", "B1"), strict=True)
    ]
    found = cells(alone_with(complaints=HEAD + "".join(rows)), spec("complainants", "ethnicity"), "people/complained")
    assert found == {"A": 3, "all": 3}


def test_the_two_records_of_ethnicity_are_crossed(alone_with):
    rows = "".join(f"C{n},P{n},2024-05-01,,Leeds,Food,yes,,{code}\n" for n, code in enumerate(("W1", "W1", "B1", "")))
    release = alone_with(
        complaints=HEAD + rows, nomis_ethnicity="person_id,ethnicity_code\nP0,W2\nP1,B1\nP2,B2\nP3,A1\n"
    )
    found = cells(release, spec("ethnicity-agreement", "ethnicity_nomis", "ethnicity_ppud"), "people/complained")
    assert {key: value for key, value in found.items() if "all" not in key} == {
        ("W", "W"): 1,
        ("B", "W"): 1,
        ("B", "B"): 1,
        ("A", "NS"): 1,
    }


@pytest.mark.parametrize(("grouping", "group"), [("5+1", "W"), ("19", "W2"), ("two", "EM")])
def test_a_table_counts_in_its_own_grouping(alone_with, grouping, group):
    release = alone_with(complaints=f"{HEAD}C1,P1,2024-05-01,,Leeds,Food,yes,,W2\n")
    assert group in cells(release, spec("complaints", "ethnicity", grouping=grouping), "complaints/received")


# Years


@pytest.mark.parametrize(
    ("day", "year"),
    [("2024-03-31", "2023-24"), ("2024-04-01", "2024-25"), ("2025-03-31", "2024-25"), ("2024-12-31", "2024-25")],
)
def test_a_reporting_year_runs_from_1_april_to_31_march(alone_with, day, year):
    release = alone_with(complaints=f"{HEAD}C1,P1,{day},,Leeds,Food,yes,,W1\n")
    found = cells(release, spec("complaints", "year", period="trend"), "complaints/received")
    assert found == {year: 1}


def test_what_lies_outside_the_years_is_not_counted(alone_with):
    rows = "C1,P1,2023-03-31,,Leeds,Food,yes,,W1\nC2,P2,2025-04-01,,Leeds,Food,yes,,W1\n"
    release = alone_with(complaints=HEAD + rows + "C3,P3,2024-04-01,,Leeds,Food,yes,,W1\n")
    assert cells(release, spec("complaints", "ethnicity"), "complaints/received") == {"W": 1, "all": 1}


def test_received_and_completed_are_each_counted_in_their_own_year(alone_with):
    release = alone_with(complaints=f"{HEAD}C1,P1,2024-03-31,2024-04-01,Leeds,Food,yes,upheld,W1\n")
    of = spec("upheld", "year", period="trend")
    assert cells(release, of, "complaints/received") == {"2023-24": 1}
    assert cells(release, of, "complaints/upheld") == {"2024-25": 1}


def test_a_year_without_completed_complaints_is_not_there_though_some_were_received(alone_with):
    release = alone_with(complaints=f"{HEAD}C1,P1,2024-05-01,,Leeds,Food,yes,,W1\n")
    assert release.why_unavailable(spec("eligible", "ethnicity")) is None
    why = "the input complaints has no rows completed for 2024-25"
    assert release.why_unavailable(spec("upheld", "ethnicity")) == why


def test_people_of_a_pooled_period_are_distinct_not_the_sum_of_its_years(alone_with):
    rows = "".join(
        f"C{n},{who},{day},,Leeds,Food,yes,,W1\n"
        for n, (who, day) in enumerate([("P1", "2023-05-01"), ("P1", "2024-05-01"), ("P2", "2024-05-01")])
    )
    release = alone_with(THREE, complaints=HEAD + rows)
    assert cells(release, spec("complainants", "ethnicity"), "people/complained")["all"] == 2
    by_year = cells(release, spec("complainants", "year", period="trend"), "people/complained")
    assert by_year == {"2023-24": 1, "2024-25": 2}


def test_people_of_several_categories_are_counted_once_in_all(alone_with):
    rows = "C1,P1,2024-05-01,,Leeds,Food,yes,,W1\nC2,P1,2024-05-02,,Leeds,Mail,yes,,W1\n"
    found = cells(alone_with(complaints=HEAD + rows), spec("complainants", "category"), "people/complained")
    assert found == {"Food": 1, "Mail": 1, "all": 1}


# Establishments


TYPES = """\
establishment,establishment_type,valid_from,valid_to
Leeds,Category B or local,,2024-06-30
Leeds,Category C,2024-07-01,
"""


@pytest.mark.parametrize(
    ("day", "place", "kind"),
    [
        ("2024-06-30", "Leeds", "Category B or local"),
        ("2024-07-01", "Leeds", "Category C"),
        ("2024-07-01", "Nowhere", "Other or escort"),
    ],
)
def test_the_type_of_an_establishment_is_that_of_the_day(alone_with, day, place, kind):
    release = alone_with(complaints=f"{HEAD}C1,P1,{day},,{place},Food,yes,,W1\n", establishments=TYPES)
    found = cells(release, spec("complaints", "establishment_type"), "complaints/received")
    assert found == {kind: 1, "all": 1}


def test_a_region_that_the_list_does_not_hold_is_not_recorded(alone_with):
    release = alone_with(complaints=f"{HEAD}C1,P1,2024-07-01,,Nowhere,Food,yes,,W1\n", establishments=PLACES)
    assert cells(release, spec("complaints", "region"), "complaints/received") == {"Not recorded": 1, "all": 1}


# Populations


POPULATION = """\
snapshot_date,establishment,ethnicity_code,number
2024-06-30,Leeds,W1,100
2024-06-30,Leeds,B1,10
2024-06-30,Wandsworth,W1,50
2024-09-30,Leeds,W1,120
2024-12-31,Leeds,W1,80
2024-12-31,Wandsworth,W1,70
"""


def test_the_average_population_is_the_mean_over_snapshots_of_the_sum_over_establishments(alone_with):
    release = alone_with(population=POPULATION)
    part, of = PARTS["population/average"], spec("deaths", "ethnicity")
    found = release.average(of, part).set_index("ethnicity")["value"].to_dict()
    # three snapshots: White 150, 120, 150; Black 10 in the first, and no row, so nobody, in the others
    assert found == pytest.approx({"W": 140, "B": 10 / 3, "all": 430 / 3})  # rounded where it is shown, not before
    assert release.scale(of, part) == 3


def test_years_with_more_snapshots_weigh_no_more(alone_with):
    earlier = "2023-06-30,Leeds,W1,200\n"
    release = alone_with(Years(("2023-24", "2024-25"), ONE.trend), population=POPULATION + earlier)
    found = release.average(spec("deaths", "ethnicity"), PARTS["population/average"]).set_index("ethnicity")["value"]
    assert found["W"] == (200 + 140) / 2
    assert release.scale(spec("deaths", "ethnicity"), PARTS["population/average"]) == 1 + 3
    by_year = release.average(spec("deaths", "year", period="trend"), PARTS["population/average"])
    assert by_year.set_index("year")["value"].to_dict() == pytest.approx({"2023-24": 200, "2024-25": 430 / 3})


def test_the_population_has_no_category_of_complaint_and_is_read_at_its_total(alone_with):
    release = alone_with(population=POPULATION)
    found = release.average(spec("complaints", "category", "ethnicity"), PARTS["population/average"])
    assert list(found.columns) == ["ethnicity", "value"]


def test_who_has_no_code_of_ethnicity_is_not_stated(alone_with):
    deaths = "incident_id,notified_date,establishment,ethnicity_code\nF1,2024-07-02,Leeds,\nF2,2024-07-02,Leeds,W1\n"
    release = alone_with(population=POPULATION.replace("Leeds,B1", "Leeds,"), fatal_incidents=deaths)
    of = spec("deaths", "ethnicity")
    assert cells(release, of, "deaths/prison") == {"NS": 1, "W": 1, "all": 2}
    assert cells(release, of, "population/average")["NS"] == 10


CENTRES = """\
establishment,establishment_type
Leeds,Category B or local
Wandsworth,Immigration removal centre
"""
DEATHS = """\
incident_id,notified_date,establishment{head}
F1,2024-07-02,Leeds{prison}
F2,2024-07-02,Wandsworth{centre}
"""


@pytest.mark.parametrize(("told", "complaints", "people"), [(True, 3, 2), (False, 4, 3)])
def test_complaints_about_probation_are_left_out_if_the_extract_tells_them(alone_with, told, complaints, people):
    """Of four complaints by three people one is about probation, the only one of B, and one does not say."""
    text = (
        "complaint_id,person_id,received_date,establishment,service\n"
        "C1,A,2024-05-01,Leeds,prison\nC2,A,2024-06-01,Leeds,immigration removal\n"
        "C3,B,2024-07-01,,probation\nC4,C,2024-08-01,Leeds,\n"
    )
    release = alone_with(complaints=text if told else without(text, "service"))
    assert cells(release, spec("complaints", "year"), "complaints/received") == {"2024-25": complaints}
    assert cells(release, spec("complainants", "year"), "people/complained") == {"2024-25": people}


@pytest.mark.parametrize("centre", ["immigration removal", "prison"])
def test_immigration_removal_centres_are_in_neither_side_of_the_death_rate(alone_with, centre):
    deaths = DEATHS.format(head=",setting", prison=",prison", centre=f",{centre}")
    release = alone_with(population=POPULATION, establishments=CENTRES, fatal_incidents=deaths)
    of = spec("deaths")
    numerator, denominator = of.measure.parts
    assert release.counts(of, numerator)["value"].tolist() == [1]
    assert release.average(of, denominator)["value"].tolist() == [pytest.approx((110 + 120 + 80) / 3)]
    whole = release.average(spec("complaints"), PARTS["population/average"])
    assert whole["value"].tolist() == [pytest.approx(430 / 3)]


def test_without_settings_both_sides_of_the_death_rate_hold_every_establishment(alone_with):
    deaths = DEATHS.format(head="", prison="", centre="")
    release = alone_with(population=POPULATION, establishments=CENTRES, fatal_incidents=deaths)
    of = spec("deaths")
    numerator, denominator = of.measure.parts
    assert release.counts(of, numerator)["value"].tolist() == [2]
    assert release.average(of, denominator)["value"].tolist() == [pytest.approx(430 / 3)]


# Persons


def test_persons_are_the_histogram_of_events(alone_with):
    who = ["P1", "P1", "P1", "P2", "P3"]
    outcomes = ["upheld", "upheld", "not upheld", "not upheld", "upheld"]
    rows = "".join(
        f"C{n},{person},2024-05-01,2024-06-01,Leeds,Food,yes,{outcome},W1\n"
        for n, (person, outcome) in enumerate(zip(who, outcomes, strict=True))
    )
    measure = MEASURES["upheld"]
    found = alone_with(complaints=HEAD + rows).people(
        spec("upheld", "ethnicity"), measure.numerator, measure.denominator
    )
    white = found[found["ethnicity"].eq("W")]
    assert white[["count", "nobs", "people"]].to_numpy().tolist() == [[0, 1, 1], [1, 1, 1], [2, 3, 1]]


# What the inputs do not hold


@pytest.fixture
def good(extracts: Extracts) -> Extracts:
    return extracts


def test_with_everything_supplied_every_measure_can_be_made(good):
    release = Release(good.read(), ONE)
    made = [
        spec(code, "ethnicity") for code in MEASURES if code != "racism-concern" and not code.startswith("ethnicity-")
    ]
    assert {of.measure.code: release.why_unavailable(of) for of in made} == {of.measure.code: None for of in made}


@pytest.mark.parametrize(
    ("input_", "column", "of", "why"),
    [
        ("fatal_incidents", "ethnicity_code", spec("deaths", "ethnicity"), "fatal incidents has no ethnicity code"),
        ("population", "sex", spec("deaths", "sex"), "population has no sex"),
        ("complaints", "outcome", spec("upheld", "ethnicity"), "complaints has no outcome"),
        ("complaints", "completed_date", spec("upheld", "ethnicity"), "complaints has no completed date"),
        ("complaints", "category", spec("upheld", "category"), "complaints has no category"),
        ("fatal_incidents", "cause", spec("deaths", "cause"), "fatal incidents has no cause"),
        ("probation_terminations", "region", spec("recalled", "region"), "probation terminations has no region"),
    ],
)
def test_a_missing_column_makes_only_the_tables_that_need_it_unavailable(good, input_, column, of, why):
    good.put(input_, without(GOOD[input_], column))
    release = Release(good.read(), ONE)
    assert release.why_unavailable(of) == f"the input {why}"
    assert release.why_unavailable(spec("complainants")) is None


@pytest.mark.parametrize(
    ("input_", "change", "code", "says"),
    [
        ("fatal_incidents", "", "deaths", "a year; counted by the date on which the Ombudsman was notified."),
        ("fatal_incidents", "", "deaths", "Immigration removal centres are left out of both."),
        ("fatal_incidents", "notified_date", "deaths", "a year; counted by the date of death."),
        ("fatal_incidents", "setting", "deaths", "settings apart, so immigration removal centres are in both."),
        ("complaints", "", "upheld", "does not tell complaints about probation apart, and should hold none."),
        ("complaints", "service=prison", "upheld", "Complaints about probation are left out."),
        ("complaints", "service=prison,", "upheld", "left out, where the extract tells them apart."),
    ],
)
def test_what_a_definition_leaves_open_is_settled_by_the_inputs(good, input_, change, code, says):
    """Where every row has a field, and where none has; where only some have, it stays open."""
    name, _, values = change.partition("=")
    text = without(GOOD[input_], *([name] if name and not values else []))
    if values:
        head, *rows = text.splitlines()
        given = values.split(",")
        rows = [f"{row},{given[place % len(given)]}" for place, row in enumerate(rows)]
        text = "\n".join([f"{head},{name}", *rows]) + "\n"
    good.put(input_, text)
    release = Release(good.read(), ONE)
    assert says in release.definition(MEASURES[code])
    assert release.definition(MEASURES["recalled"]) == MEASURES["recalled"].definition


def test_a_measure_without_its_input_is_defined_as_declared(good):
    held = {name: source for name, source in good.read().items() if name != "complaints"}
    assert Release(held, ONE).definition(MEASURES["upheld"]) == MEASURES["upheld"].definition


@pytest.mark.parametrize(
    ("missing", "left"), [((), ("age_band", "sex")), (("sex",), ("age_band",)), (("sex", "age_band"), ())]
)
def test_a_table_is_adjusted_for_what_the_inputs_hold(good, missing, left):
    good.put("population", without(GOOD["population"], *missing))
    of = replace(spec("deaths", "ethnicity"), adjust=("age_band", "sex"))
    assert Release(good.read(), ONE).adjustable(of).adjust == left


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (spec("complaints", "outcome"), "the input population has no outcome"),
        (spec("deaths", "order_type"), "the input fatal incidents has no order type"),
        (spec("upheld", "cause"), "the input complaints has no cause"),
        (spec("complaints", "category"), None),  # the population is read at its total
    ],
)
def test_a_dimension_that_a_dataset_can_never_have_is_named(good, of, why):
    assert Release(good.read(), ONE).why_unavailable(of) == why


@pytest.mark.parametrize("rows", [["O2", "A1"], ["A1", "O2"]])
def test_of_two_codes_of_one_day_the_later_in_the_list_of_groups_counts_in_any_order(alone_with, rows):
    text = "".join(f"C{n},P1,2024-05-01,,Leeds,Food,yes,,{code}\n" for n, code in enumerate(rows))
    found = cells(alone_with(complaints=HEAD + text), spec("complaints", "ethnicity"), "complaints/received")
    assert found == {"O": 2, "all": 2}


def test_a_release_of_nothing_in_the_years_counts_none(alone_with):
    release = alone_with(complaints=f"{HEAD}C1,P1,2020-05-01,,Leeds,Food,yes,,W1\n")
    assert cells(release, spec("complaints", "ethnicity"), "complaints/received") == {}
    assert release.counts(spec("complaints"), PARTS["complaints/received"])["value"].tolist() == [0]
    assert release.people(spec("complaints", "ethnicity"), PARTS["complaints/received"]).empty


def test_complaints_without_an_outcome_are_not_put_in_the_total_of_outcomes(alone_with):
    text = "C1,P1,2024-05-01,2024-06-01,Leeds,Food,yes,upheld,W1\nC2,P2,2024-05-01,2024-06-01,Leeds,Food,yes,,W1\n"
    found = cells(alone_with(complaints=HEAD + text), spec("racism-concern", "outcome"), "complaints/completed")
    assert found == {"upheld": 1, "Not recorded": 1, "all": 2}


def test_what_is_counted_is_the_same_whichever_tables_are_foreseen(good):
    tables = [spec("upheld", "ethnicity", "category"), spec("complaints", "year", period="trend"), spec("deaths")]
    plain, foreseen = Release(good.read(), ONE), Release(good.read(), ONE, tables=tables)
    for of in tables:
        for part in of.measure.parts:
            pd.testing.assert_frame_equal(plain.counts(of, part), foreseen.counts(of, part))


def test_either_record_of_ethnicity_will_do(good):
    del good.inputs["nomis_ethnicity"]
    release = Release(good.read(), ONE)
    assert release.why_unavailable(spec("complainants", "ethnicity")) is None
    found = release.why_unavailable(spec("ethnicity-agreement", "ethnicity_nomis", "ethnicity_ppud"))
    assert found == "no input NOMIS ethnicity was supplied"


@pytest.mark.parametrize(
    ("input_", "why"),
    [("fatal_incidents", "no input fatal incidents was supplied"), ("population", "no input population was supplied")],
)
def test_a_missing_input_is_named(good, input_, why):
    del good.inputs[input_]
    assert Release(good.read(), ONE).why_unavailable(spec("deaths")) == why


def test_a_missing_list_of_establishments_is_named(good):
    del good.inputs["establishments"]
    found = Release(good.read(), ONE).why_unavailable(spec("deaths", "establishment_type"))
    assert found == "no input establishments was supplied"


@pytest.mark.parametrize(("earlier", "input_"), [("population", "fatal_incidents"), ("fatal_incidents", "population")])
def test_a_year_that_an_input_does_not_cover_is_not_there_and_no_zero(good, earlier, input_):
    """One yearly file too few would halve the rates."""
    rows = {
        "population": "".join(f"{year}-06-30,Leeds,W1,30 to 39,male,700\n" for year in (2022, 2023)),
        "fatal_incidents": "".join(f"F{year},{year}-07-02,,Leeds,prison,,,male,W1\n" for year in (2022, 2023)),
    }
    good.put(earlier, GOOD[earlier] + rows[earlier])
    found = Release(good.read(), THREE).why_unavailable(spec("deaths"))
    assert found == f"the input {input_.replace('_', ' ')} has no rows for 2022-23, 2023-24"


def test_a_table_carries_the_statuses_of_all_that_it_rests_on(good):
    good.inputs["population"] = good.inputs["population"].model_copy(update={"status": "published"})
    release = Release(good.read(), ONE)
    assert release.statuses(spec("deaths", "ethnicity")) == ["published", "synthetic"]
    assert release.statuses(spec("upheld", "ethnicity")) == ["synthetic"]
    good.inputs["fatal_incidents"] = good.inputs["fatal_incidents"].model_copy(update={"status": "published"})
    release, of = Release(good.read(), ONE), spec("deaths", "ethnicity")
    assert release.statuses(of) == ["published"]
    assert release.statuses(replace(of, adjust=("establishment_type",))) == ["published", "synthetic"]
    assert release.within("region", ("London",)).statuses(of) == ["published", "synthetic"]


def test_what_divides_a_count_belongs_to_what_it_rests_on(good):
    """Published complaints by an ethnicity that was never published are not published."""
    for name in ("complaints", "establishments"):
        good.inputs[name] = good.inputs[name].model_copy(update={"status": "published"})
    release, complaints = Release(good.read(), ONE), PARTS["complaints/received"]
    assert release.published(spec("complaints", "category"), complaints)
    for dimension in ("ethnicity", "ethnicity_nomis"):
        assert not release.published(spec("complaints", dimension), complaints)
        assert "synthetic" in release.statuses(spec("racism-concern", dimension))
    assert release.statuses(spec("racism-concern", "establishment_type")) == ["published"]


# Against plain pandas


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder, scale=0.05)
    return folder


@pytest.fixture(scope="module")
def release(folder: Path) -> Iterator[Release]:
    names = (
        "complaints",
        "nomis_ethnicity",
        "population",
        "fatal_incidents",
        "probation_terminations",
        "establishments",
    )
    inputs = {
        name: InputSpec(path=path.name, status="synthetic")
        for path in sorted(folder.iterdir())
        if (name := path.stem) in names
    }
    yield Release(read_all(inputs, folder / "work", folder), THREE)


def table(folder: Path, name: str) -> pd.DataFrame:
    csv = folder / f"{name}.csv"
    if csv.exists():
        return pd.read_csv(csv, keep_default_na=False)
    return pq.read_table(folder / f"{name}.parquet").to_pandas(date_as_object=False)


def reporting_year(dates: pd.Series) -> pd.Series:
    moment = pd.to_datetime(dates)
    start = moment.dt.year - (moment.dt.month < 4)
    return start.map(lambda year: f"{int(year)}-{(int(year) + 1) % 100:02d}", na_action="ignore")


def five(codes: pd.Series) -> pd.Series:
    return codes.map(raw_codes()).map(groupings()["5+1"].of).fillna("NS")


def with_margins(frame: pd.DataFrame, *by: str) -> dict[object, int]:
    """Rows counted by each dimension and over all."""
    copies = frame[list(by)]
    for name in by:
        copies = pd.concat([copies, copies.assign(**{name: "all"})])
    return copies.value_counts().to_dict() if len(by) > 1 else copies[by[0]].value_counts().to_dict()


@pytest.fixture(scope="module")
def complaints(folder: Path) -> pd.DataFrame:
    """Complaints with their group: NOMIS where it is known, else the last that PPUD knows of the person."""
    frame = table(folder, "complaints")
    nomis = table(folder, "nomis_ethnicity").assign(group=lambda rows: five(rows["ethnicity_code"]))
    nomis = nomis[nomis["group"].ne("NS")].set_index("person_id")["group"]
    frame["ppud"] = five(frame["ethnicity_ppud"])
    known = frame[frame["ppud"].ne("NS")].sort_values(["received_date"], kind="stable")
    last = known.groupby("person_id")["ppud"].last()
    frame["ethnicity"] = frame["person_id"].map(nomis).fillna(frame["person_id"].map(last)).fillna("NS")
    frame["received"] = reporting_year(frame["received_date"])
    frame["completed"] = reporting_year(frame["completed_date"].replace("", None))
    return frame[frame["service"].ne("probation")]


def test_complaints_received_by_category_and_ethnicity(release, complaints):
    pooled = complaints[complaints["received"].isin(THREE.pooled)]
    found = cells(release, spec("complaints", "category", "ethnicity"), "complaints/received")
    assert found == with_margins(pooled, "category", "ethnicity")


def test_complaints_upheld_and_decided_by_year_and_ethnicity(release, complaints):
    of = spec("upheld", "year", "ethnicity", period="trend")
    five_years = complaints[complaints["completed"].isin(THREE.trend)]
    decided = five_years[five_years["outcome"].isin(["upheld", "partly upheld", "not upheld"])]
    upheld = decided[decided["outcome"].ne("not upheld")]
    for part, rows in (("complaints/decided", decided), ("complaints/upheld", upheld)):
        expected = {key: n for key, n in with_margins(rows, "completed", "ethnicity").items() if key[0] != "all"}
        assert cells(release, of, part) == expected


def test_distinct_people_by_ethnicity(release, complaints):
    pooled = complaints[complaints["received"].isin(THREE.pooled)].drop_duplicates("person_id")
    assert cells(release, spec("complainants", "ethnicity"), "people/complained") == with_margins(pooled, "ethnicity")


def test_the_persons_table_adds_up_to_the_events_and_the_people(release, complaints):
    of = spec("complaints", "ethnicity")
    people = release.people(of, PARTS["complaints/received"])
    pooled = complaints[complaints["received"].isin(THREE.pooled)]
    each = pooled.groupby("ethnicity")["person_id"].value_counts().groupby("ethnicity").value_counts().to_dict()
    found = people[people["ethnicity"].ne("all")].set_index(["ethnicity", "count"])["people"].to_dict()
    assert found == each


def test_the_average_population_by_age_and_ethnicity(release, folder):
    frame = table(folder, "population")
    frame["year"] = reporting_year(frame["snapshot_date"])
    frame["ethnicity"] = five(frame["ethnicity_code"])
    total = frame[frame["year"].isin(THREE.pooled)].groupby(["age_band", "ethnicity"])["number"].sum()
    found = release.average(spec("deaths", "age_band", "ethnicity"), PARTS["population/average"])
    inner = found[found[["age_band", "ethnicity"]].ne("all").all(axis=1)].set_index(["age_band", "ethnicity"])["value"]
    snapshots = frame.loc[frame["year"].isin(THREE.pooled), "snapshot_date"].nunique()
    assert snapshots == 12
    assert inner.to_dict() == pytest.approx((total / snapshots).to_dict(), abs=0.051)


def test_deaths_in_prison_by_cause(release, folder):
    frame = table(folder, "fatal_incidents")
    frame["year"] = reporting_year(frame["notified_date"])
    pooled = frame[frame["year"].isin(THREE.pooled) & frame["setting"].eq("prison")]
    found = cells(release, spec("deaths", "cause"), "deaths/prison")
    assert found == with_margins(pooled, "cause")


def test_recalls_over_licences_by_region_and_ethnicity(release, folder):
    frame = table(folder, "probation_terminations")
    frame["year"] = reporting_year(frame["end_date"])
    frame["ethnicity"] = five(frame["ethnicity_code"])
    pooled = frame[frame["year"].isin(THREE.pooled)]
    custodial = pooled[pooled["order_type"].isin(["licence", "post-sentence supervision"])]
    of = spec("recalled", "region", "ethnicity")
    assert cells(release, of, "terminations/custodial") == with_margins(custodial, "region", "ethnicity")
    recalled = custodial[custodial["outcome"].eq("recalled")]
    assert cells(release, of, "terminations/recalled") == with_margins(recalled, "region", "ethnicity")


# Editions: the same counts of some rows alone

PLACES = (
    "establishment,establishment_type,region\nLeeds,Category B or local,North East\n"
    "Durham,Category B or local,North East\nBrixton,Category C,London\n"
)


def test_a_part_of_the_release_counts_its_own_rows_alone(alone_with):
    release = alone_with(
        complaints=HEAD
        + "C1,P1,2024-05-01,,Leeds,Food,yes,,W1\nC2,P1,2024-05-02,,Durham,Food,yes,,W1\n"
        + "C3,P1,2024-05-03,,Brixton,Food,yes,,W1\nC4,P2,2024-05-03,,Brixton,Food,yes,,B1\n"
        + "C5,P3,2024-05-03,,Closed,Food,yes,,B1\n",
        establishments=PLACES,
    )
    of, people = spec("complaints", "ethnicity"), spec("complainants", "ethnicity")
    north, both = release.within("region", ("North East",)), release.within("region", ("London", "North East"))
    assert cells(north, of, "complaints/received") == {"W": 2, "all": 2}
    assert cells(both, of, "complaints/received") == {"W": 3, "B": 1, "all": 4}
    assert cells(both, people, "people/complained") == {"W": 1, "B": 1, "all": 2}  # who moved is one person still
    assert cells(release, people, "people/complained") == {"W": 1, "B": 2, "all": 3}
    assert north.people(of, PARTS["complaints/received"]).query("ethnicity == 'all'")["count"].tolist() == [2]


def test_what_has_no_such_dimension_is_in_no_part_by_it(good):
    part = Release(good.read(), ONE).within("establishment_type", ("Open",))
    why = "the input probation terminations cannot be told apart by establishment type"
    assert part.why_unavailable(spec("recalled", "ethnicity")) == why.replace("_", " ")


def test_a_population_is_averaged_over_all_snapshots_within_a_part_too(alone_with):
    release = alone_with(
        population="snapshot_date,establishment,ethnicity_code,number\n"
        "2024-06-30,Leeds,W1,10\n2024-06-30,Brixton,W1,8\n2024-09-30,Brixton,W1,9\n",
        establishments=PLACES,
    )
    north = release.within("region", ("North East",))  # nobody is there on the second day
    mean = north.average(spec("complainants", "ethnicity"), PARTS["population/average"])
    assert mean.set_index("ethnicity")["value"].to_dict() == {"W": 5.0, "all": 5.0}
    nobody = release.within("region", ("Wales",))
    assert nobody.average(spec("complainants", "ethnicity"), PARTS["population/average"]).empty


LISTED = "establishment,establishment_type,region,valid_from,valid_to\n"


def test_the_establishments_of_a_part_are_those_that_the_list_places_there(alone_with):
    listed = LISTED + "Ford,Open,London,,\nHatfield,Open,Wales,,\nLeeds,Category C,London,,\n"
    release = alone_with(establishments=listed)
    assert release.establishments() == {"Category C": ["Leeds"], "Open": ["Ford", "Hatfield"]}
    assert release.within("region", ["London"]).establishments() == {"Category C": ["Leeds"], "Open": ["Ford"]}
    assert release.within("establishment_type", ["Open"]).establishments() == {"Open": ["Ford", "Hatfield"]}


def test_a_list_without_regions_places_no_establishment_in_one(alone_with):
    release = alone_with(establishments=without(LISTED + "Ford,Open,London,,\n", "region"))
    assert release.within("region", ["London"]).establishments() == {}
