"""The demo extracts: the same bytes for the same seed, real totals, and the effects that were planted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from reportlib.cli import app
from reportlib.ethnicity import groupings, raw_codes
from reportlib.inputs.demo import planted, write
from reportlib.project import PUBLISHED

FILES = {
    "complaints.csv",
    "nomis_ethnicity.csv",
    "population.parquet",
    "fatal_incidents.csv",
    "probation_terminations.parquet",
    "probation_caseload.csv",
    "establishments.csv",
    "planted.csv",
}
SEEDS = (1, 2)
DATES = ("received_date", "completed_date", "notified_date", "death_date", "snapshot_date", "end_date")
Extracts = dict[str, pd.DataFrame]


def load(folder: Path) -> Extracts:
    tables = {path.stem: pd.read_csv(path, keep_default_na=False) for path in folder.glob("*.csv")}
    for path in folder.glob("*.parquet"):
        tables[path.stem] = pq.read_table(path).to_pandas(date_as_object=False)
    for table in tables.values():
        for column in table.columns.intersection(DATES):
            table[column] = pd.to_datetime(table[column])
    return tables


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Extracts]:
    folder = tmp_path_factory.mktemp("demo")
    for seed in SEEDS:
        write(folder / str(seed), seed=seed)
    return [load(folder / str(seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def demo(seeds: list[Extracts]) -> Extracts:
    return seeds[0]


@pytest.mark.parametrize("given", [{"scale": 0}, {"scale": -1}, {"scale": float("nan")}, {"seed": -1}])
def test_what_no_extracts_can_be_made_with_is_refused(tmp_path: Path, given: dict[str, float]) -> None:
    ((name, value),) = given.items()
    done = CliRunner().invoke(app, ["demo-data", "--folder", str(tmp_path / "new"), f"--{name}", str(value)])
    assert done.exit_code == 2
    assert f"the {name} {value:g}" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_folder_is_told_as_it_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "[red] extracts"
    done = CliRunner().invoke(app, ["demo-data", "--folder", str(folder), "--scale", "0.001"])
    assert done.stdout.endswith("/[red] extracts\n")


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / f"{name}.csv", keep_default_na=False)


def year(dates: pd.Series) -> pd.Series:
    """The reporting year: 31 March 2025 is in 2024-25."""
    start = dates.dt.year - (dates.dt.month < 4)
    return start.map({first: f"{first}-{(first + 1) % 100:02d}" for first in range(2015, 2030)})


def group(codes: pd.Series) -> pd.Series:
    """The 5+1 group of raw codes; a blank is not stated."""
    return codes.map(raw_codes()).map(groupings()["5+1"].of).fillna("NS")


def recorded(tables: Extracts) -> pd.DataFrame:
    """Complaints with `group`: NOMIS where it is known there, else PPUD."""
    cases = tables["complaints"].merge(tables["nomis_ethnicity"], on="person_id", how="left")
    nomis = group(cases["ethnicity_code"])
    return cases.assign(group=nomis.where(nomis != "NS", group(cases["ethnicity_ppud"])))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        write(tmp_path / name, seed=seed, scale=0.02)
    one, again, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "again", "other")
    )
    assert set(one) == FILES
    assert one == again
    differing = {name for name in FILES if one[name] != other[name]}
    assert differing == FILES - {"establishments.csv", "probation_caseload.csv", "planted.csv"}


def test_complaints_meet_the_published_totals_of_every_year(demo: Extracts) -> None:
    held = published("complaints_by_year")
    for measure in ("received", "completed"):
        counts = year(demo["complaints"][f"{measure}_date"]).value_counts()
        totals = held[(held["measure"] == measure) & (held["year"] >= "2020-21")]
        assert counts[totals["year"]].tolist() == totals["complaints"].tolist()


def test_categories_have_their_published_shares(seeds: list[Extracts]) -> None:
    cases = pd.concat([tables["complaints"] for tables in seeds])
    latest = cases[year(cases["completed_date"]) == "2024-25"]
    shares = 100 * latest["category"].value_counts(normalize=True)
    expected = {"Property": 35, "Staff behaviour": 9, "Administration": 6}
    assert shares[list(expected)].to_dict() == pytest.approx(expected, abs=2)


def test_the_population_has_the_published_size_and_ethnic_mix(demo: Extracts) -> None:
    population = demo["population"]
    totals = population.groupby(year(population["snapshot_date"]))["number"].sum() / 4
    expected = published("average_population").groupby("year")["average_population"].sum()
    for label in ("2020-21", "2021-22", "2022-23", "2023-24"):
        assert totals[label] == pytest.approx(expected[label], abs=1)
    mix = population.groupby(group(population["ethnicity_code"]))["number"].sum()
    shares = published("prison_population_by_ethnicity").query("sex == 'all'").set_index("ethnicity")["number"]
    assert (mix / mix.sum()).to_dict() == pytest.approx((shares / shares.sum()).to_dict(), rel=0.01)


def test_deaths_meet_the_published_counts_by_type_cause_and_age(demo: Extracts) -> None:
    by = ["year", "establishment_type", "cause", "age_band"]
    deaths = demo["fatal_incidents"].merge(demo["establishments"], on="establishment")
    deaths = deaths[deaths["setting"].isin(["prison", "immigration removal"])]
    counts = deaths.assign(year=year(deaths["death_date"])).groupby(by).size()
    expected = published("deaths_in_custody").query("year >= '2020-21'").set_index(by)["deaths"]
    assert counts[counts.index.get_level_values("year") < "2024-25"].to_dict() == expected.to_dict()


def test_fatal_incidents_meet_the_ombudsman_s_totals(demo: Extracts) -> None:
    counts = year(demo["fatal_incidents"]["death_date"]).value_counts()
    expected = {"2020-21": 425, "2021-22": 329, "2022-23": 404, "2024-25": 486}
    assert counts[list(expected)].to_dict() == expected


def test_post_release_deaths_enter_on_6_september_2021(demo: Extracts) -> None:
    released = demo["fatal_incidents"].query("setting == 'post-release'")
    assert released["death_date"].min() >= pd.Timestamp("2021-09-06")
    assert (released["notified_date"] >= released["death_date"]).all()


def test_about_a_quarter_of_a_million_terminations_a_year(demo: Extracts) -> None:
    counts = year(demo["probation_terminations"]["end_date"]).value_counts()
    assert counts.between(240_000, 260_000).all()
    assert len(counts) == 5
    assert demo["probation_terminations"]["region"].nunique() == 12


def test_numbers_that_name_a_case_or_person_are_unique(demo: Extracts) -> None:
    assert demo["complaints"]["complaint_id"].is_unique
    assert demo["nomis_ethnicity"]["person_id"].is_unique
    assert demo["fatal_incidents"]["incident_id"].is_unique
    assert demo["establishments"]["establishment"].is_unique


def test_complaints_have_heavy_tails_and_records_that_disagree(demo: Extracts) -> None:
    cases = demo["complaints"].merge(demo["nomis_ethnicity"], on="person_id", how="left")
    per_person = cases["person_id"].value_counts()
    assert per_person.median() == 1
    assert 1 <= (per_person > 50).sum() <= 20
    assert cases["ethnicity_code"].isna().mean() == pytest.approx(0.10, abs=0.04)
    assert cases["ethnicity_ppud"].isin(["", "NS"]).mean() == pytest.approx(0.10, abs=0.04)
    both = cases[cases["ethnicity_code"].notna() & ~cases["ethnicity_ppud"].isin(["", "NS"])]
    assert (both["ethnicity_code"] != both["ethnicity_ppud"]).mean() == pytest.approx(0.05, abs=0.03)


def test_legacy_codes_appear_and_every_code_is_known(demo: Extracts) -> None:
    codes = set(demo["population"]["ethnicity_code"])
    assert {"O1", "A4", "W8", "UN", "Z1", "MERGE"} <= codes
    assert codes <= set(raw_codes())


def test_recall_follows_licences_and_breach_follows_community_orders(demo: Extracts) -> None:
    outcomes = pd.crosstab(demo["probation_terminations"]["order_type"], demo["probation_terminations"]["outcome"])
    community, custodial = (
        ["community order", "suspended sentence order"],
        ["licence", "post-sentence supervision"],
    )
    assert (outcomes.loc[community, "recalled"] == 0).all()
    assert (outcomes.loc[custodial, ["revoked for breach", "revoked for a further offence"]] == 0).all(axis=None)
    assert (outcomes.loc[community, "revoked for breach"] > 0).all()
    assert (outcomes.loc[custodial, "recalled"] > 0).all()


def counted(tables: Extracts) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Events and their base by group over 2022-23 to 2024-25, in plain arithmetic."""
    cases = recorded(tables)
    received = cases[cases["received_date"] >= "2022-04-01"]
    decided = cases[cases["completed_date"] >= "2022-04-01"]
    decided = decided[decided["outcome"].isin(["upheld", "partly upheld", "not upheld"])]
    population = tables["population"][tables["population"]["snapshot_date"] >= "2022-04-01"]
    people = population.groupby(group(population["ethnicity_code"]))["number"].sum() / 12
    deaths = tables["fatal_incidents"].query("setting == 'prison' and notified_date >= '2022-04-01'")
    ended = tables["probation_terminations"].query("end_date >= '2022-04-01'")
    ended = ended.assign(group=group(ended["ethnicity_code"]))
    community = ended[ended["order_type"].isin(["community order", "suspended sentence order"])]
    custodial = ended[ended["order_type"].isin(["licence", "post-sentence supervision"])]

    def share(cases: pd.DataFrame, outcomes: list[str]) -> tuple[pd.Series, pd.Series]:
        hits = cases[cases["outcome"].isin(outcomes)]
        return hits["group"].value_counts(), cases["group"].value_counts()

    return {
        "complainants": (received.drop_duplicates("person_id")["group"].value_counts(), people),
        "complaints": (received["group"].value_counts(), people),
        "upheld": share(decided, ["upheld", "partly upheld"]),
        "deaths": (group(deaths["ethnicity_code"]).value_counts(), people),
        "completed": share(ended, ["completed"]),
        "breached": share(community, ["revoked for breach"]),
        "further-offence": share(community, ["revoked for a further offence"]),
        "recalled": share(custodial, ["recalled"]),
        "other-ending": share(ended, ["other"]),
    }


# How much wider than Poisson the spread of each measure is, since one person's events go together.
SPREAD = {"complaints": 3.5, "upheld": 1.3}
COMPLEMENTS = ("upheld", "completed", "breached", "further-offence", "recalled", "other-ending")


@pytest.fixture(scope="module")
def found(seeds: list[Extracts]) -> pd.DataFrame:
    """Seed × measure × group: the relative rate against White and its standard error (of the log)."""
    rows = []
    for seed, tables in zip(SEEDS, seeds, strict=True):
        for measure, (events, base) in counted(tables).items():
            ratio = (events / base) / (events["W"] / base["W"])
            error = SPREAD.get(measure, 1.1) * np.sqrt(1 / events + 1 / events["W"])
            rows += [(seed, measure, code, ratio[code], error[code]) for code in "ABMO"]
    return pd.DataFrame(rows, columns=["seed", "measure", "group", "ratio", "error"])


def test_the_planted_crude_ratios_are_there(found: pd.DataFrame) -> None:
    truth = planted().set_index(["measure", "group"])["ratio_crude"]
    both = found.join(truth, on=["measure", "group"])
    both["gap"] = np.log(both["ratio"] / both["ratio_crude"])
    means = both.groupby(["measure", "group"])[["gap", "error"]].mean()
    assert len(means) == 36
    assert (means["gap"].abs() < 4 * means["error"] / np.sqrt(len(SEEDS))).all()


def test_the_planted_ratios_of_the_opposite_outcome_are_there(demo: Extracts) -> None:
    truth = planted().set_index(["measure", "group"])["complement_crude"]
    shares = {measure: 1 - events / base for measure, (events, base) in counted(demo).items() if measure in COMPLEMENTS}
    found = {(measure, code): share[code] / share["W"] for measure, share in shares.items() for code in "ABMO"}
    assert found == pytest.approx(truth.dropna().to_dict(), rel=0.1)
    assert all(found[key] == pytest.approx(truth[key], rel=0.03) for key in found if key[0] != "upheld")


def test_a_report_meets_differences_large_small_and_uncertain(found: pd.DataFrame) -> None:
    first = found[found["seed"] == SEEDS[0]].set_index(["measure", "group"])
    lower = first["ratio"] * np.exp(-1.96 * first["error"])
    upper = first["ratio"] * np.exp(1.96 * first["error"])
    assert ((upper < 0.8) | (lower > 1.25)).any()
    assert ((lower > 0.8) & (upper < 1.25)).any()
    assert ((lower < 0.8) & (upper > 1.0)).any()


def test_crude_and_adjusted_effects_differ_where_the_mix_confounds_them() -> None:
    effects = planted().set_index(["measure", "group"])
    assert effects.loc[("deaths", "B"), "ratio_crude"] < 0.7 < 0.9 < effects.loc[("deaths", "B"), "ratio_adjusted"]
    assert effects.loc[("complaints", "B"), "ratio_crude"] > effects.loc[("complaints", "B"), "ratio_adjusted"] + 0.1
    assert effects.loc[("breached", "B"), "ratio_crude"] < 1 < effects.loc[("breached", "B"), "ratio_adjusted"]


def test_adjusted_effects_are_those_planted_where_nothing_is_misrecorded() -> None:
    effects = planted().set_index(["measure", "group"])["ratio_adjusted"]
    assert effects["breached", "M"] == pytest.approx(1.32)
    assert effects["recalled", "A"] == pytest.approx(0.86)
    assert effects["completed", "O"] == pytest.approx(1.02)
    assert effects["complaints", "B"] == pytest.approx(1.30, rel=0.01)  # a tenth has only the PPUD code


def test_a_small_set_keeps_the_shape(tmp_path: Path) -> None:
    write(tmp_path, scale=0.05)
    small = load(tmp_path)
    assert year(small["complaints"]["received_date"]).value_counts()["2024-25"] == round(5267 * 0.05)
    assert small["population"].groupby("snapshot_date")["number"].sum().iloc[-1] == pytest.approx(4348, abs=2)
    assert len(small["probation_terminations"]) == 62_500
    assert len(small["establishments"]) > 100


def test_other_years_can_be_asked_for(tmp_path: Path) -> None:
    write(tmp_path, scale=0.02, last_year="2023-24")
    last = load(tmp_path)["population"]["snapshot_date"].max()
    assert last == pd.Timestamp("2024-03-31")


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path):
    (tmp_path / "file").touch()
    done = CliRunner().invoke(app, ["demo-data", "--folder", str(tmp_path / "file"), "--scale", "0.01"])
    assert done.exit_code == 2
    assert f"{tmp_path / 'file'}: File exists. Choose another place." in " ".join(done.output.split())


def test_the_package_runs_as_the_command():
    done = subprocess.run([sys.executable, "-m", "reportlib", "--help"], capture_output=True, text=True, check=True)
    assert "demo-data" in done.stdout
