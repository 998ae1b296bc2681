"""Counts of several tables can be subtracted from one another: what is left of them is protected as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reportlib.build import releasable
from reportlib.build.basis import Basis
from reportlib.build.counting import Counted, _few, _too_fine
from reportlib.build.plan import ChapterPlan
from reportlib.build.prepare import prepare
from reportlib.build.released import Publication, Published, published, read
from reportlib.disclosure import CountTable
from reportlib.editions import NATIONAL, NATIONAL_ALONE, ONE_PART, Edition, named, standard
from reportlib.errors import ReportError
from reportlib.inputs.sources import read_all
from reportlib.measures import MEASURES, REPEATED, TableSpec
from reportlib.params import Params
from reportlib.published import PUBLISHED_TABLES

CODES = {"W": "W1", "B": "B1", "A": "A1", "M": "M1", "O": "O2", "NS": "NS"}
# upheld, not upheld, mediated upheld, mediated not upheld. Each of M and A has one small count that no table shows.
COMPLAINTS = {
    "W": (100, 300, 50, 60),
    "B": (40, 120, 20, 30),
    "A": (30, 90, 20, 3),
    "M": (20, 80, 4, 30),
    "O": (20, 60, 15, 16),
}
# So many of each of the endings below; 3 of M are of the last, beside whom others of a licence were not recalled.
ENDED = {
    "W": (200, 100, 100, 70, 90, 40),
    "B": (60, 40, 40, 30, 40, 20),
    "A": (50, 40, 30, 30, 30, 20),
    "M": (30, 20, 40, 30, 40, 3),
    "O": (30, 30, 20, 20, 30, 12),
}
# Known to NOMIS, and known to PPUD alone: 3 of O. Of some, neither system knows.
KNOWN = {"W": (300, 60), "B": (100, 30), "A": (80, 20), "M": (60, 15), "O": (50, 3), "NS": (0, 40)}
OUTCOMES = ("upheld", "not upheld", "mediated upheld", "mediated not upheld")
ENDINGS = (
    ("community order", "completed"),
    ("licence", "completed"),
    ("community order", "revoked for breach"),
    ("community order", "revoked for a further offence"),
    ("licence", "recalled"),
    ("licence", "other"),
)
ENDED_SO = ("completed", "breached", "further-offence", "recalled")  # measures


def numbered(counts: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, str, int]]:
    """Group, id and which outcome: one a record."""
    for group, numbers in counts.items():
        places = [place for place, number in enumerate(numbers) for _ in range(number)]
        yield from ((group, f"{group}{n}", place) for n, place in enumerate(places))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """What notebooks see of each measure by ethnicity."""
    folder = tmp_path_factory.mktemp("subtraction")
    lines = ["complaint_id,person_id,received_date,completed_date,establishment,eligible,outcome,ethnicity_ppud"]
    lines += [
        f"{name},P{name},2024-05-01,2024-06-01,Leeds,yes,{OUTCOMES[place]},{CODES[group]}"
        for group, name, place in numbered(COMPLAINTS)
    ]
    (folder / "complaints.csv").write_text("\n".join(lines) + "\n")
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    lines += [
        f"T{name},London,{ENDINGS[place][0]},2023-05-01,2024-06-01,{ENDINGS[place][1]},{CODES[group]}"
        for group, name, place in numbered(ENDED)
    ]
    (folder / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    measures = ("upheld", "upheld-with-mediated", *ENDED_SO)
    read = protected(folder, [TableSpec(name, MEASURES[name], ("ethnicity",), "5+1") for name in measures])
    return {name: frame.set_index("ethnicity")[["numerator", "denominator"]] for name, frame in read.items()}


def protected(
    folder: Path,
    specs: list[TableSpec],
    before: Sequence[Publication] = (),
    published: Sequence[str] = (),
    year: str = "2024-25",
    edition: Edition = NATIONAL,
    years: int = 1,
) -> dict[str, pd.DataFrame]:
    """The tables that notebooks see of the extracts in a folder, after the reports that were `before`."""
    inputs = {path.stem: {"path": str(path), "status": "extract"} for path in folder.glob("*.csv")}
    params = Params(
        reporting_year=year, pooled_years=years, trend_years=years, publication_date=date(2025, 11, 27), inputs=inputs
    )
    chapter = ChapterPlan("all", folder / "all.ipynb", tuple(specs), tuple(published), False)
    sources = read_all(params.inputs, folder / "work", folder)
    among = tuple(dict.fromkeys([NATIONAL, edition]))
    basis = Basis(params.model_copy(update={"editions": among}), [chapter], sources, [], before)
    prepare(basis).write(folder / "handoff", edition=edition)
    return {path.stem: pd.read_parquet(path) for path in (folder / "handoff" / "counts").iterdir()}


def test_small_counts_are_shown_where_an_official_table_of_the_report_prints_the_same(tmp_path: Path) -> None:
    """Deaths of 2022-23 as published, but for one that the case records lack in open prisons: 4 for 5."""
    official = PUBLISHED_TABLES["deaths-by-type"].counts().set_index(["year", "establishment_type"])["value"]["2022-23"]
    own = official.drop("all") - official.drop("all").index.isin(["Open"])
    deaths = [f"D{kind}{n},2023-01-01,{kind}" for kind, number in own.items() for n in range(number)]
    people = [f"2023-01-31,{kind},5000" for kind in own.index]
    for name, head, lines in (
        ("fatal_incidents", "incident_id,notified_date,establishment", deaths),
        ("population", "snapshot_date,establishment,number", people),
        ("establishments", "establishment,establishment_type", [f"{kind},{kind}" for kind in own.index]),
    ):
        (tmp_path / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n")
    spec = TableSpec("deaths", MEASURES["deaths"], ("year", "establishment_type"), "5+1", "trend")

    def hidden(*tables: str) -> set[str]:
        (found,) = protected(tmp_path, [spec], published=tables, year="2022-23").values()
        return set(found.loc[found["mark"].eq("c"), "establishment_type"])

    few = {"Immigration removal centre", "Other or escort", "Young offender institution"}
    assert own[[*few]].max() <= 5
    assert hidden("deaths-by-type") == {"Open", "all"}
    assert hidden() >= {"Open", *few}


def small(counts: pd.Series) -> list[str]:
    """The groups of whom what is left is small; where one of the counts is hidden nothing is."""
    return list(counts.index[counts.between(1, 5).fillna(False)])


def test_who_was_upheld_subtracts_from_who_was_upheld_or_mediated(shown):
    one, both = shown["upheld"], shown["upheld-with-mediated"]
    mediated = both["numerator"] - one["numerator"]
    assert mediated["W"] == 50  # where nothing is small, it is there to subtract
    assert small(mediated) == []
    against = (both["denominator"] - both["numerator"]) - (one["denominator"] - one["numerator"])
    assert against["W"] == 60
    assert small(against) == []


def test_every_ending_that_a_table_shows_subtracts_from_all(shown):
    rest = shown["completed"]["denominator"] - sum(shown[name]["numerator"] for name in ENDED_SO)
    assert rest["W"] == 40
    assert small(rest) == []


RECALLED = {"B1": {"London": (3, 97), "Wales": (750, 1250)}, "W1": {"London": (1261, 2739), "Wales": (1495, 4505)}}


@pytest.mark.parametrize("shown", [False, True])
def test_an_adjusted_ratio_is_coarse_where_it_would_tell_a_stratum_that_a_table_hides_or_none_shows(
    tmp_path: Path, shown: bool
) -> None:
    """3 of 100 in London: hidden in a table by region, or known as what the other regions leave of a shown sum.

    By Mantel and Haenszel the ratio is (3 · 4000/4100 + 750 · 6000/8000) / (1261 · 100/4100 + 1495 · 2000/8000), or
    1.398; were it 1 of 100 and 752 of 2,000, it would be 1.397.
    """
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    for code, regions in RECALLED.items():
        for region, numbers in regions.items():
            outcomes = [each for each, n in zip(("recalled", "completed"), numbers, strict=True) for _ in range(n)]
            lines += [
                f"{code}{region}{n},{region},licence,2023-05-01,2024-06-01,{outcome},{code}"
                for n, outcome in enumerate(outcomes)
            ]
    (tmp_path / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    spec = TableSpec("recalled", MEASURES["recalled"], ("ethnicity",), "5+1", "pooled", ("region",))
    by_region = TableSpec("by-region", MEASURES["recalled"], ("region", "ethnicity"), "5+1")
    protected(tmp_path, [spec, *([by_region] if shown else [])])
    found = pd.read_parquet(tmp_path / "handoff" / "estimates" / "recalled.parquet")
    told = found[found["ethnicity"].eq("B")].set_index("statistic")
    assert {"coarse", "withheld"} <= {*told.index}  # the ratio, and the test that it is the same in both
    assert told.loc["adjusted", "value"] == pytest.approx(1.4)
    assert "homogeneity" not in told.index
    assert found["p_value"].isna().all()  # none is printed, and one in sixteen digits would tell the count


def test_an_edition_of_few_cases_is_compared_with_the_design_effect_of_the_whole(tmp_path: Path) -> None:
    """London has 180 licences; Wales 600, of which people have two or more that ended alike."""
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    cases = {("London", "B1"): (30, 60), ("London", "W1"): (15, 75), ("Wales", "B1"): (90, 210),
             ("Wales", "W1"): (60, 240)}  # fmt: skip
    for (region, code), (recalled, completed) in cases.items():
        each = 1 if region == "London" else 3  # licences of a person
        for outcome, many in (("recalled", recalled), ("completed", completed)):
            lines += [
                f"{code}{region}{outcome}{n // each},{region},licence,2023-05-0{day},2024-06-01,{outcome},{code}"
                for n in range(many)
                for day in [1 + n % each]
            ]
    (tmp_path / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    own = TableSpec("recalled", MEASURES["recalled"], ("ethnicity",), "5+1")
    by_region = TableSpec("by-region", MEASURES["recalled"], ("region", "ethnicity"), "5+1")

    def effects(table: str) -> dict[tuple[str, ...], float]:
        found = pd.read_parquet(tmp_path / "handoff" / "estimates" / f"{table}.parquet")
        by = ["region", "ethnicity"] if table == "by-region" else ["ethnicity"]
        return found[found["statistic"].eq("deff")].set_index(by)["value"].to_dict()  # type: ignore[no-any-return]

    protected(tmp_path, [own, by_region])
    national = effects("by-region")
    protected(tmp_path, [own, by_region], edition=named("london", standard()))
    assert {*effects("recalled").values()} == {national["London", "B"]} == {national["all", "all"]}
    assert national["all", "all"] > 2


def test_an_earlier_edition_of_two_regions_is_subtracted_from_though_no_list_has_it_any_more(tmp_path: Path) -> None:
    """Of 23 Black people recalled in both 4 are of Wales, who are hidden there: so those of London are too."""
    recalled = {
        "B1": {"London": 19, "Wales": 4, "North East": 30},
        "W1": dict.fromkeys(("London", "Wales", "North East"), 60),
    }
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    for code, regions in recalled.items():
        for region, number in regions.items():
            lines += [
                f"{code}{region}{n},{region},licence,2023-05-01,2024-06-01,recalled,{code}" for n in range(number)
            ]
            lines += [f"{code}{region}c{n},{region},licence,2023-05-01,2024-06-01,completed,{code}" for n in range(300)]
    (tmp_path / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    inputs = {"probation_terminations": {"path": str(tmp_path / "probation_terminations.csv"), "status": "extract"}}
    both = Edition(name="the-two", title="Two", dimension="region", values=("London", "Wales"))
    each = [edition for edition in standard() if edition.values in (("London",), ("Wales",))]
    params = Params(
        reporting_year="2024-25", pooled_years=1, trend_years=1, publication_date=date(2025, 11, 27), inputs=inputs
    )
    spec = TableSpec("recalled", MEASURES["recalled"], ("ethnicity",), "5+1")
    chapter = ChapterPlan("all", tmp_path / "all.ipynb", (spec,), (), False)
    sources = read_all(params.inputs, tmp_path / "work", tmp_path)

    def hidden(edition: Edition, *editions: Edition, before: Sequence[Publication] = ()) -> bool:
        of = params.model_copy(update={"editions": (NATIONAL, *editions)})
        prepare(Basis(of, [chapter], sources, [], before)).write(tmp_path / edition.name, edition=edition)
        frame = pd.read_parquet(tmp_path / edition.name / "counts" / "recalled.parquet").set_index("ethnicity")
        return bool(frame["mark"]["B"])

    assert not hidden(both, both)
    before = [read(tmp_path / "the-two")]
    assert [hidden(edition, *each, before=before) for edition in each] == [True, True]
    other = both.model_copy(update={"values": ("London", "North East")})
    with pytest.raises(ReportError, match="'the-two' of London and Wales, which is of others now"):
        hidden(other, other, before=before)


def known(tmp_path: Path, counts: dict[str, tuple[int, ...]], *tables: str) -> dict[str, pd.DataFrame]:
    """What notebooks see, in these tables, of people known to NOMIS, and to PPUD alone."""
    lines = ["complaint_id,person_id,received_date,establishment,ethnicity_ppud"]
    lines += [f"C{name},P{name},2024-05-01,Leeds,{CODES[group]}" for group, name, _ in numbered(counts)]
    (tmp_path / "complaints.csv").write_text("\n".join(lines) + "\n")
    lines = ["person_id,ethnicity_code,as_at_date"]
    lines += [f"P{name},{CODES[group]},2024-05-01" for group, name, place in numbered(counts) if place == 0]
    (tmp_path / "nomis_ethnicity.csv").write_text("\n".join(lines) + "\n")
    lines = ["snapshot_date,establishment,ethnicity_code,number"]
    lines += [f"2024-06-30,Leeds,{code},5000" for code in CODES.values()]
    (tmp_path / "population.csv").write_text("\n".join(lines) + "\n")
    specs = [
        TableSpec("complainants", MEASURES["complainants"], ("ethnicity",), "5+1"),
        TableSpec("agreement", MEASURES["ethnicity-agreement"], ("ethnicity_nomis", "ethnicity_ppud"), "5+1"),
        TableSpec("source", MEASURES["ethnicity-source"], ("ethnicity_source",), "5+1"),
    ]
    return protected(tmp_path, [spec for spec in specs if spec.id in tables])


def test_who_is_known_to_nomis_subtracts_from_whose_ethnicity_is_known(tmp_path):
    read = known(tmp_path, KNOWN, "complainants", "agreement", "source")
    complained = read["complainants"].set_index("ethnicity")["numerator"]
    on_nomis = read["agreement"].query("ethnicity_ppud == 'all'").set_index("ethnicity_nomis")["numerator"]
    from_ppud = complained - on_nomis
    assert from_ppud["W"] == 60
    assert small(from_ppud) == []


def test_who_is_known_to_ppud_alone_is_what_nomis_and_those_not_stated_leave_of_all(tmp_path):
    """3 people; 40 stand as not stated in two tables."""
    counts = {"W": (300, 3), "B": (100, 0), "A": (80, 0), "M": (60, 0), "O": (50, 0), "NS": (0, 40)}
    read = known(tmp_path, counts, "complainants", "source")
    source = read["source"].set_index("ethnicity_source")["numerator"]
    complained = read["complainants"].set_index("ethnicity")["numerator"]
    assert pd.isna(source["PPUD"])
    assert pd.isna(source["all"] - source["NOMIS"] - complained["NS"])


DIED = {"Leeds": {"W": 30, "B": 20, "A": 12}, "Feltham": {"W": 1}, "Hatfield": {"W": 9}, "Downview": {"W": 8, "B": 2}}
TYPES = {
    "Leeds": "Category B or local",
    "Feltham": "Young offender institution",
    "Hatfield": "Open",
    "Downview": "Women's prison",
}


def deaths(
    folder: Path,
    died: dict[str, dict[str, int]],
    self_inflicted: int = 0,
    earlier: dict[str, dict[str, int]] | None = None,  # in the year before
) -> None:
    """Extracts of deaths by place and group, of natural causes; those that are self-inflicted are at Leeds."""
    lines = ["incident_id,notified_date,establishment,cause,ethnicity_code"]
    for year, places in (("2024", died), ("2023", earlier or {})):
        each = [(place, group) for place, groups in places.items() for group, n in groups.items() for _ in range(n)]
        lines += [
            f"F{year}{n},{year}-05-01,{place},natural causes,{CODES[group]}" for n, (place, group) in enumerate(each)
        ]
    lines += [f"S{n},2024-05-01,Leeds,self-inflicted,W1" for n in range(self_inflicted)]
    (folder / "fatal_incidents.csv").write_text("\n".join(lines) + "\n")
    lines = ["snapshot_date,establishment,ethnicity_code,number"]
    days = ["2024-06-30", *["2023-06-30"] * bool(earlier)]
    lines += [f"{day},{place},{code},5000" for day in days for place in TYPES for code in CODES.values()]
    (folder / "population.csv").write_text("\n".join(lines) + "\n")
    lines = ["establishment,establishment_type", *(f"{place},{kind}" for place, kind in TYPES.items())]
    (folder / "establishments.csv").write_text("\n".join(lines) + "\n")


def told(folder: Path) -> dict[str, dict[str, Any]]:
    """What notebooks are told of each table."""
    tables: dict[str, dict[str, Any]] = json.loads((folder / "handoff" / "run.json").read_text(encoding="utf-8"))[
        "tables"
    ]
    return tables


def test_a_part_in_which_few_died_is_not_divided_by_ethnic_group(tmp_path):
    """A row of zeros and one mark would tell the ethnicity of everyone who died there."""
    deaths(tmp_path, DIED, self_inflicted=9)
    by_cause = TableSpec("by-cause", MEASURES["deaths"], ("cause", "ethnicity"), "5+1")
    divided = TableSpec("divided", MEASURES["deaths"], ("establishment_type", "ethnicity"), "5+1")
    whole = TableSpec("whole", MEASURES["deaths"], ("establishment_type",), "5+1")
    read = protected(tmp_path, [divided, whole, by_cause])
    assert set(read["by-cause"]["cause"]) == {"natural causes", "all"}
    assert set(read["divided"]["establishment_type"]) == {"Category B or local", "Women's prison", "all"}
    assert set(read["whole"]["establishment_type"]) == {*TYPES.values(), "all"}
    assert {name: table["left_out"] for name, table in told(tmp_path).items()} == {
        "divided": ["Open", "Young offender institution"],
        "whole": [],
        "by-cause": ["self-inflicted"],
    }


@pytest.mark.parametrize(
    ("measure", "by", "few"),
    [
        ("deaths", ("establishment_type", "ethnicity"), {"Open": 9}),
        ("deaths", ("establishment_type",), {}),  # no row would tell whose they were
        ("upheld", ("establishment_type", "ethnicity"), {}),  # of a share nobody reads that all others are noughts
    ],
)
def test_what_is_left_out_of_a_table_that_divides_few(measure: str, by: tuple[str, ...], few: dict[str, int]) -> None:
    types = pd.DataFrame({"establishment_type": ["Open", "Closed", "all"], "ethnicity": "all", "value": [9, 10, 19]})
    assert _few(TableSpec("a-table", MEASURES[measure], by, "5+1"), "establishment_type", types) == few


def test_the_edition_of_types_in_one_of_which_few_died_has_its_own_rows(tmp_path: Path) -> None:
    """What would be left out of it is the edition itself. In that of one type they are its headline, which holds
    nothing equal."""
    deaths(tmp_path, {"Leeds": {"W": 30}, "Hatfield": {"W": 9}})
    by = ("establishment_type", "ethnicity")
    specs = [
        TableSpec("divided", MEASURES["deaths"], by, "5+1"),
        TableSpec("adjusted", MEASURES["deaths"], by[1:], "5+1", adjust=by[:1]),
    ]
    types = ("Category B or local", "Open")
    both = Edition(name="both", title="Both", dimension="establishment_type", values=types)
    assert set(protected(tmp_path, specs, edition=both)["divided"]["establishment_type"]) == {*types, "all"}
    open_ = next(each for each in standard() if each.values == ("Open",))
    protected(tmp_path, specs, edition=open_)
    assert told(tmp_path)["divided"]["unavailable"] == ONE_PART
    assert told(tmp_path)["adjusted"]["adjust"] == []


def test_what_an_edition_tells_of_the_whole_is_known_to_later_reports(tmp_path: Path) -> None:
    """Its rates could give the counts. Those that the whole hides are not told, and not carried as hidden by it."""
    deaths(tmp_path, {"Leeds": {"W": 30, "B": 20, "A": 3, "M": 4}, "Hatfield": {"W": 90, "B": 10}})
    spec = TableSpec("headline", MEASURES["deaths"], ("ethnicity",), "5+1")
    protected(tmp_path, [spec], edition=next(each for each in standard() if each.values == ("Open",)))
    kept = read(tmp_path / "handoff")
    (whole,) = (table for table in kept.earlier if table.part == "deaths/prison")
    frame = whole.frame().set_index("ethnicity")
    assert (whole.release, frame["value"]["W"], frame["value"]["B"]) == ("2024-25 national", 120, 30)
    assert frame["value"][["A", "M"]].isna().all() and set(frame["rule"]) == {""}
    protected(tmp_path, [spec])
    assert read(tmp_path / "handoff").earlier == []


def test_a_table_for_the_whole_alone_is_in_no_edition_of_a_part(tmp_path: Path) -> None:
    deaths(tmp_path, {"Leeds": {"W": 30}, "Hatfield": {"W": 90}})
    spec = TableSpec("national", MEASURES["deaths"], ("ethnicity",), "5+1", national=True)
    assert set(protected(tmp_path, [spec])) == {"national"}
    open_ = next(each for each in standard() if each.values == ("Open",))
    protected(tmp_path, [spec, replace(spec, id="either", national=False)], edition=open_)
    assert (told(tmp_path)["national"]["unavailable"], told(tmp_path)["either"]["unavailable"]) == (
        NATIONAL_ALONE,
        None,
    )
    assert json.loads((tmp_path / "handoff" / "run.json").read_text())["headlines"] == ["either"]


def test_where_few_died_in_all_the_whole_is_still_shown(tmp_path):
    """A total is no part of the system, however small it is."""
    deaths(tmp_path, {"Leeds": {"W": 7}})
    by_cause = TableSpec("by-cause", MEASURES["deaths"], ("cause", "ethnicity"), "5+1")
    assert set(protected(tmp_path, [by_cause])["by-cause"]["cause"]) == {"all"}


def test_that_few_died_in_a_part_which_an_earlier_report_left_out_is_still_known(tmp_path: Path) -> None:
    """5 died in open prisons this year, 9 in the last and 14 in both.

    Whoever is shown the 14, and knows of the last year that they were fewer than 10, finds that the 5 were no fewer.
    """
    died = {"Leeds": {"W": 40, "B": 20}, "Hatfield": {"W": 5}, "Feltham": {"W": 20}}
    earlier = {"Leeds": {"W": 40, "B": 20}, "Hatfield": {"W": 9}, "Feltham": {"W": 4}}
    deaths(tmp_path, died, earlier=earlier)
    divided = TableSpec("divided", MEASURES["deaths"], ("establishment_type", "ethnicity"), "5+1")
    first = protected(tmp_path, [divided], year="2023-24")
    assert set(first["divided"]["establishment_type"]) == {"Category B or local", "Women's prison", "all"}
    report = read(tmp_path / "handoff")
    (left_out,) = [table for table in report.tables if table.below]
    assert left_out.frame()[["establishment_type", "year"]].to_numpy().tolist() == [
        ["Open", "2023-24"],
        ["Young offender institution", "2023-24"],
    ]
    assert left_out.frame()["value"].isna().all()

    by_year = TableSpec("by-year", MEASURES["deaths"], ("year", "establishment_type"), "5+1", "trend")
    pooled = TableSpec("pooled", MEASURES["deaths"], ("establishment_type",), "5+1")

    def least_this_year(kept: Callable[[Published], bool]) -> int:
        before = [Publication.of("first", list(filter(kept, report.tables)), [])]
        seen = protected(tmp_path, [by_year, pooled], before, years=2)
        own = [seen[name].query("establishment_type == 'Open'")["numerator"] for name in ("by-year", "pooled")]
        (last, this), (both,) = own
        return int(this) if pd.notna(this) else 1 if pd.isna(both) else int(both) - (9 if pd.isna(last) else int(last))

    assert least_this_year(lambda table: not table.below) == 5
    assert least_this_year(lambda table: True) == 1


def upheld(folder: Path, counts: dict[str, tuple[int, int]]) -> None:
    """An extract of complaints by code: upheld, not upheld."""
    lines = ["complaint_id,person_id,received_date,completed_date,establishment,eligible,outcome,ethnicity_ppud"]
    lines += [
        f"C{code}{n},P{code}{n},2024-05-01,2024-06-01,Leeds,yes,{'upheld' if n < yes else 'not upheld'},{code}"
        for code, (yes, no) in counts.items()
        for n in range(yes + no)
    ]
    (folder / "complaints.csv").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("later", [False, True])
def test_a_count_that_any_earlier_report_hid_stays_hidden(tmp_path: Path, later: bool) -> None:
    """Nothing is small now; the report that hid it may be known from the next one alone."""
    upheld(tmp_path, {"W1": (100, 300), "B1": (40, 120), "A1": (30, 90), "M1": (20, 80)})
    frame = pd.DataFrame({"ethnicity": ["B", "A"], "year": ["2024-25"] * 2, "value": [40, 30]})
    hid = published(CountTable("upheld: complaints/upheld", "complaints/upheld", frame), [False] * 2, [True] * 2)
    before = [Publication.of("first", [hid], [])]
    before = [Publication.of("second", [], before)] if later else before
    spec = TableSpec("upheld", MEASURES["upheld"], ("ethnicity",), "5+1")
    found = protected(tmp_path, [spec], before)["upheld"].set_index("ethnicity")
    assert found.loc[["A", "B"], "mark"].tolist() == ["c", "c"]
    assert found.loc[["A", "B"], "numerator"].isna().all()
    assert found.loc["W", "numerator"] == 100


def test_a_group_of_whom_nobody_complained_is_nought_and_one_that_no_code_holds_is_not_available(
    tmp_path: Path,
) -> None:
    """18+1 has no code for Roma people."""
    upheld(tmp_path, {"W1": (100, 300), "B1": (10, 15)})
    spec = TableSpec("upheld", MEASURES["upheld"], ("ethnicity",), "19")
    found = protected(tmp_path, [spec])["upheld"].set_index("ethnicity")
    run = json.loads((tmp_path / "handoff" / "run.json").read_text(encoding="utf-8"))
    assert run["flagged"] == 1  # a percentage of 25
    assert found.loc["A1", ["numerator", "denominator", "mark"]].tolist() == [0, 0, ""]
    assert found.loc["W5", "mark"] == "x"
    assert found.loc["W5", ["numerator", "denominator"]].isna().all()
    upheld(tmp_path, {"W1": (100, 300), "W5": (0, 40)})
    assert protected(tmp_path, [spec])["upheld"].set_index("ethnicity").loc["W5", "denominator"] == 40


@pytest.mark.parametrize(("small", "fine"), [(2, False), (3, True)])
def test_editions_do_not_show_a_table_of_which_more_than_a_tenth_of_the_counts_are_small(
    small: int, fine: bool
) -> None:
    """Of twenty counts that are not nought; a nought, a large count and what is published already are none."""
    edition = Edition(name="london", title="London", dimension="region", values=("London",))
    spec = TableSpec("t", MEASURES["upheld"], ("region", "category", "ethnicity"), "5+1")
    frame = pd.DataFrame({"value": [0] * 20 + [5] * small + [6] * (20 - small)})
    own = Counted(edition, spec, spec.measure.numerator, frame, 1, False, {})
    known = replace(own, published=True, frame=pd.DataFrame({"value": [1] * 100}))
    whole = replace(own, edition=NATIONAL, frame=known.frame)
    assert [id(table) for table in _too_fine([own, known, whole], 5)] == ([id(own), id(known)] if fine else [])


@pytest.mark.parametrize(
    ("grouping", "apart", "fine"),
    [("5+1", "", False), ("5+1", "broad", False), ("19", "", False), ("19", "detailed", True)],
)
def test_editions_show_no_detailed_groups_beside_their_own_where_many_counts_are_small(grouping, apart, fine):
    """The groups of the report itself are shown, whatever marks they have."""
    edition = Edition(name="london", title="London", dimension="region", values=("London",))
    spec = TableSpec("t", MEASURES["breached"], ("ethnicity",), grouping, apart=apart)
    frame = pd.DataFrame({"value": [5, 5, 6]})
    own = [Counted(where, spec, spec.measure.numerator, frame, 1, False, {}) for where in (edition, NATIONAL)]
    assert _too_fine(own, 5) == own[:fine]


def test_a_table_that_repeats_another_is_not_made_and_says_so(tmp_path: Path) -> None:
    """As one of the groups of the report, which a report on other groups has beside its own."""
    upheld(tmp_path, {"W1": (100, 300), "A1": (20, 70)})
    own = TableSpec("own", MEASURES["upheld"], ("ethnicity",), "19")
    lacking = replace(own, id="lacking", measure=MEASURES["complainants"], apart=REPEATED)
    read = protected(tmp_path, [own, replace(own, id="again", apart=REPEATED), lacking])
    assert set(read) == {"own"}
    assert told(tmp_path)["again"]["unavailable"].startswith("the report is by these ethnic groups throughout")
    assert "population" in told(tmp_path)["lacking"]["unavailable"]


@pytest.mark.parametrize(
    ("measure", "end"), [("breached", "revoked for breach"), ("further-offence", "revoked for a further offence")]
)
def test_what_was_neither_completed_nor_revoked_is_left_of_orders_by_type(
    tmp_path: Path, measure: str, end: str
) -> None:
    """3 orders of the group ended otherwise: five counts that are shown in two tables would tell it."""
    ended = {
        ("community order", "completed"): (60, 300),
        ("suspended sentence order", "completed"): (40, 200),
        ("community order", end): (32, 150),
        ("community order", "other"): (3, 90),
        ("licence", "completed"): (50, 250),
        ("licence", "recalled"): (40, 200),
        ("licence", "other"): (30, 100),
    }
    each = [
        (*ending, code)
        for ending, numbers in ended.items()
        for code, n in zip(("B1", "W1"), numbers, strict=True)
        for _ in range(n)
    ]
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    lines += [f"T{n},London,{of},2023-05-01,2024-06-01,{how},{code}" for n, (of, how, code) in enumerate(each)]
    (tmp_path / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    completed = TableSpec("completed", MEASURES["completed"], ("order_type", "ethnicity"), "5+1")
    read = protected(tmp_path, [completed, TableSpec("revoked", MEASURES[measure], ("ethnicity",), "5+1")])
    orders = (
        read["completed"]
        .query("ethnicity == 'B'")
        .set_index("order_type")
        .loc[["community order", "suspended sentence order"]]
    )
    revoked = read["revoked"].set_index("ethnicity").loc["B", "numerator"]
    assert pd.isna((orders["denominator"] - orders["numerator"]).sum(skipna=False) - revoked)


@pytest.mark.parametrize("lacking", ["breached", "further-offence", "other-ending"])
def test_an_ending_that_no_table_shows_is_left_of_all(tmp_path: Path, lacking: str) -> None:
    """3 of the group ended so: what all other endings leave would tell it."""
    ended = dict.fromkeys(ENDED_SO, 40) | {"other-ending": 40} | {lacking: 3}
    orders = {"completed": "community order,{},completed", "breached": "community order,{},revoked for breach",
              "further-offence": "community order,{},revoked for a further offence", "recalled": "licence,{},recalled",
              "other-ending": "licence,{},other"}  # fmt: skip
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    lines += [
        f"L{code}{n},London,licence,2023-05-01,2024-06-01,completed,{code}" for code in ("B1", "W1") for n in range(50)
    ]
    lines += [
        f"T{name}{code}{n},London,{orders[name].format('2023-05-01,2024-06-01')},{code}"
        for name, number in ended.items()
        for code, times in (("B1", 1), ("W1", 10))
        for n in range(number * times)
    ]
    (tmp_path / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    names = ["completed", *({*ended} - {"completed", lacking})]
    read = protected(tmp_path, [TableSpec(name, MEASURES[name], ("ethnicity",), "5+1") for name in names])
    of_group = {name: read[name].set_index("ethnicity").loc["B"] for name in names}
    assert pd.isna(of_group["completed"]["denominator"] - sum(of_group[name]["numerator"] for name in names))


def test_what_was_revoked_in_neither_way_is_left_of_orders(tmp_path: Path) -> None:
    """3 of 65 orders were not revoked: 65 less 32 less 30 would tell it."""
    ended = {"revoked for breach": (32, 300), "revoked for a further offence": (30, 300), "completed": (3, 900)}
    each = [
        (end, code)
        for end, numbers in ended.items()
        for code, n in zip(("B1", "W1"), numbers, strict=True)
        for _ in range(n)
    ]
    lines = ["person_id,region,order_type,start_date,end_date,outcome,ethnicity_code"]
    lines += [f"T{n},London,community order,2023-05-01,2024-06-01,{end},{code}" for n, (end, code) in enumerate(each)]
    (tmp_path / "probation_terminations.csv").write_text("\n".join(lines) + "\n")
    names = ("breached", "further-offence")
    read = protected(tmp_path, [TableSpec(name, MEASURES[name], ("ethnicity",), "5+1") for name in names])
    breached, further = (read[name].set_index("ethnicity").loc["B"] for name in names)
    assert pd.isna(breached["denominator"] - breached["numerator"] - further["numerator"])


def test_what_was_not_decided_is_left_of_complaints_with_a_concern_about_racism(tmp_path: Path) -> None:
    """3 with a concern were mediated: 43 in one table and 40 in another would tell it."""
    ended = {("yes", "upheld"): 15, ("yes", "not upheld"): 25, ("yes", "mediated upheld"): 3,
             ("no", "upheld"): 200, ("no", "not upheld"): 500, ("no", "mediated upheld"): 90}  # fmt: skip
    each = [end for end, number in ended.items() for _ in range(number)]
    lines = [
        "complaint_id,person_id,received_date,completed_date,establishment,outcome,racism_concern_complainant,"
        "ethnicity_ppud"
    ]
    lines += [f"C{n},P{n},2024-05-01,2024-06-01,Leeds,{of},{concern},W1" for n, (concern, of) in enumerate(each)]
    (tmp_path / "complaints.csv").write_text("\n".join(lines) + "\n")
    decided = TableSpec("decided", MEASURES["upheld"], ("concern",), "5+1")
    read = protected(tmp_path, [decided, TableSpec("concerns", MEASURES["racism-concern"], ("ethnicity",), "5+1")])
    of_some = read["decided"].set_index("concern").loc["Concern recorded", "denominator"]
    of_all = read["concerns"].set_index("ethnicity").loc["all", "numerator"]
    assert pd.isna(of_all - of_some)


def received(folder: Path, places: Mapping[str, tuple[str, str, int]], *codes: str) -> dict[str, float]:
    """How many complaints of Black people the editions of some regions or types show, and that of the whole.

    Establishments are of a type and a region, and have so many of them.
    """
    lines = ["complaint_id,person_id,received_date,establishment,eligible,ethnicity_ppud"]
    lines += [
        f"{place}{code}{n},P{place}{code}{n},2024-05-01,{place},{'yes' if n % 2 else 'no'},{code}"
        for place, (_, _, number) in places.items()
        for code, times in (("B1", 1), ("W1", 10))
        for n in range(times * number)
    ]
    (folder / "complaints.csv").write_text("\n".join(lines) + "\n")
    lines = [f"{place},{kind},{region}" for place, (kind, region, _) in places.items() if kind]
    (folder / "establishments.csv").write_text("\n".join(["establishment,establishment_type,region", *lines]) + "\n")
    inputs = {name: {"path": f"{folder}/{name}.csv", "status": "extract"} for name in ("complaints", "establishments")}
    params = Params(
        reporting_year="2024-25", pooled_years=1, trend_years=1, publication_date=date(2025, 11, 27), inputs=inputs
    )
    editions = (NATIONAL, *(each for each in standard() if {*each.values} & {*codes}))
    assert len(editions) == 1 + len(codes)
    plan = ChapterPlan(
        "all", folder / "all.ipynb", (TableSpec("t", MEASURES["eligible"], ("ethnicity",), "5+1"),), (), False
    )
    sources = read_all(params.inputs, folder / "work", folder)
    made = prepare(Basis(params.model_copy(update={"editions": editions}), [plan], sources, []))
    return {
        edition.code: frame.query("ethnicity == 'B'")["denominator"].item()
        for (edition, _), frame in made.shows.items()
    }


REMOVAL = "Immigration removal centre"


@pytest.mark.parametrize("own", [True, False])  # whether the removal centre has an edition
def test_what_is_of_no_region_is_what_is_of_no_type(tmp_path: Path, own: bool) -> None:
    """The list lacks one establishment: what regions leave of the whole, and other types, is 4 at a removal centre."""
    places = {
        "Thames": ("Category B or local", "London", 40),
        "Lea": ("Open", "London", 36),
        "Usk": ("Category B or local", "Wales", 30),
        "Dee": ("Open", "Wales", 22),
        "Centre": (REMOVAL, "Wales", 4),
        "Elsewhere": ("", "", 20),
    }
    shown = received(tmp_path, places, "London", "Wales", "Category B or local", "Open", *[REMOVAL] * own)
    assert not own or pd.isna(shown[REMOVAL])
    of_types = shown["Category B or local"] + shown["Open"]
    assert pd.isna(shown["London"] + shown["Wales"] - of_types)


@pytest.mark.parametrize(("prison", "centre"), [(4, 40), (40, 4)])
def test_a_type_that_is_in_one_region_alone_is_subtracted_from_it(tmp_path: Path, prison: int, centre: int) -> None:
    """Wales has a removal centre, the only one, and a prison: 4 are left of the 44 in Wales."""
    places = {
        "Thames": ("Category B or local", "London", 60),
        "Usk": ("Category B or local", "Wales", prison),
        "Centre": (REMOVAL, "Wales", centre),
    }
    shown = received(tmp_path, places, "London", "Wales", "Category B or local", REMOVAL)
    assert pd.isna(shown["Wales"] - shown[REMOVAL])
    assert pd.isna(shown["Category B or local"] - shown["London"])  # which is all of that type but for Wales


LONDON = Edition(name="london", title="London", dimension="region", values=("London",))
NORTH = Edition(name="north", title="The North", dimension="region", values=("North East", "North West"))
ORDERS, RECALL = ("licence", "post-sentence supervision"), MEASURES["recalled"]


def strata_shown(
    spec: TableSpec, edition: Edition, *shown: tuple[Edition, tuple[str, ...], list[tuple[str, ...]]]
) -> frozenset[tuple[str, ...]] | None:
    """Which strata are shown, where tables of editions hold cells: codes, and the mark."""
    tables, seen = [], {}
    for number, (of, by, cells) in enumerate(shown):
        table = TableSpec(f"t{number}", RECALL, by, "5+1")
        tables.append(Counted(of, table, RECALL.numerator, pd.DataFrame(), 1, False, {}))
        seen[of, table.id] = pd.DataFrame(cells, columns=[*by, "mark"])
    return releasable.strata_shown(spec, edition, tables, seen)


def test_the_strata_of_an_edition_are_those_of_tables_that_its_own_code_divides() -> None:
    spec = TableSpec("orders", RECALL, ("ethnicity",), "5+1", "pooled", ("order_type",))
    cells = [("London", "licence", "B", "c"), ("London", "licence", "W", ""), ("London", "all", "M", "")]
    divided = (LONDON, ("region", "order_type", "ethnicity"), cells)
    assert strata_shown(spec, LONDON, divided) == {("W", "licence")}
    assert strata_shown(spec, NATIONAL, divided) is None  # no table shows them: these are a part of each


def test_the_strata_of_the_whole_are_shown_by_the_editions_of_its_parts() -> None:
    spec = TableSpec("recalled", RECALL, ("ethnicity",), "5+1", "pooled", ("region", "order_type"))
    by = ("order_type", "ethnicity")
    london = (LONDON, by, [("licence", "B", "c"), ("licence", "W", ""), ("all", "M", "")])
    north = (NORTH, by, [("licence", "A", "")])  # two strata together
    whole = (NATIONAL, by, [("licence", "O", "")])  # as here all are
    assert strata_shown(spec, NATIONAL, london, north, whole) == {("W", "London", "licence")}
    assert strata_shown(spec, NATIONAL, north, whole) is None
    assert strata_shown(spec, NATIONAL, (LONDON, by, [("licence", "B", "c")])) == set()
    assert strata_shown(replace(spec, adjust=("order_type",)), NATIONAL, london, whole) == {("O", "licence")}
    assert strata_shown(replace(spec, adjust=("order_type",)), NORTH, london, north, whole) == {("A", "licence")}
