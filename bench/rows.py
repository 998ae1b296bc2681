"""Does counting grow with the records, and no faster? The release against plain DuckDB and pandas, on ever more rows.

Run by `make bench`; writes its section of docs/benchmark.md and fails when a limit is not kept.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import duckdb
import pandas as pd
from _page import table, write_section
from _rows import extracts

from reportlib.ethnicity import groupings, raw_codes
from reportlib.inputs.release import Release
from reportlib.inputs.rules import check
from reportlib.inputs.sources import Source
from reportlib.measures import MEASURES, TableSpec
from reportlib.years import year_dates, years_to

YEARS = years_to("2024-25", 5)
KEYS = ("year", "ethnicity", "establishment_type", "category", "outcome")
FULL = 10_000_000  # rows at which persons and contracts have their limits
PANDAS = 10_000_000  # with more it would need more memory than a laptop has
LIMITS = {"times plain DuckDB": 1.2, "memory in GB": 4.0, "persons, times events": 3.0, "seconds for contracts": 60.0}

TEXT = """Complaints in Parquet, ten for each person there is, counted by year × ethnic group × establishment type ×
category × outcome and joined to NOMIS; {rounds} rounds in turns, each run in a Python of its own, the median shown with
the most memory that any of them held. *Plain DuckDB* is one query without margins; *the release* gives the same cells
and every margin besides. *With PPUD* is what a report does: who is not known to NOMIS has the last code that PPUD knew.
*Persons* is the histogram of complaints a person by ethnic group; *contracts* are all rules on all inputs.

{table}

How many times as long ten times the rows take, or whatever the step is, for each:

{growth}

{limits}
"""


class Period:
    pooled = trend = YEARS
    pooled_label = f"{YEARS[0]} to {YEARS[-1]}"


def spec(measure: str, *by: str) -> TableSpec:
    return TableSpec("bench", MEASURES[measure], by, "5+1")


def without_ppud(sources: Mapping[str, Source]) -> dict[str, Source]:
    """The same inputs, as if the complaints had no ethnicity of their own."""
    held = sources["complaints"]
    columns = tuple(name for name in held.columns if name != "ethnicity_ppud")
    return {**sources, "complaints": replace(held, columns=columns)}


def release(sources: Mapping[str, Source]) -> pd.DataFrame:
    """The cells of the release without its margins."""
    of = spec("complaints", *KEYS)
    found = Release(sources, Period(), tables=[of]).counts(of, of.measure.numerator)  # type: ignore[arg-type]
    return found[(found[list(KEYS)] != "all").all(axis=1)]


def nomis(sources: Mapping[str, Source]) -> pd.DataFrame:
    return release(without_ppud(sources))


def persons(sources: Mapping[str, Source]) -> pd.DataFrame:
    of = spec("upheld", "ethnicity")
    return Release(sources, Period()).people(of, *of.measure.parts)  # type: ignore[arg-type]


def contracts(sources: Mapping[str, Source]) -> pd.DataFrame:
    found = check(sources, (year_dates(YEARS[0])[0], year_dates(YEARS[-1])[1]))
    return pd.DataFrame({"finding": [finding.message for finding in found]})


def groups() -> dict[str, str]:
    return {code: groupings()["5+1"].of[detail] for code, detail in raw_codes().items()}


def plain(sources: Mapping[str, Source]) -> pd.DataFrame:
    """One query by hand."""
    at = {name: f"read_parquet('{source.parquet}')" for name, source in sources.items()}
    codes = pd.DataFrame(groups().items(), columns=["code", "g"])
    db = duckdb.connect()
    db.register("codes", codes)
    return db.sql(f"""
        SELECT CASE WHEN month(received_date) < 4 THEN year(received_date) - 1 ELSE year(received_date) END AS year,
               coalesce(n.g, 'NS') AS ethnicity,
               coalesce(e.establishment_type, 'Other or escort') AS establishment_type,
               coalesce(category, 'Not recorded') AS category, coalesce(outcome, 'Not recorded') AS outcome,
               count(*) AS value
        FROM {at["complaints"]} x
        LEFT JOIN (SELECT person_id, g FROM {at["nomis_ethnicity"]} JOIN codes ON code = ethnicity_code) n
             USING (person_id)
        LEFT JOIN {at["establishments"]} e ON e.establishment = x.establishment
        WHERE received_date BETWEEN '{year_dates(YEARS[0])[0]}' AND '{year_dates(YEARS[-1])[1]}'
        GROUP BY ALL
    """).df()


def pandas(sources: Mapping[str, Source]) -> pd.DataFrame:
    """The same by hand in pandas."""
    columns = ["person_id", "received_date", "establishment", "category", "outcome"]
    rows = pd.read_parquet(sources["complaints"].parquet, columns=columns)
    day = pd.to_datetime(rows["received_date"])
    rows["year"] = day.dt.year - (day.dt.month < 4)
    rows = rows[rows["year"].between(int(YEARS[0][:4]), int(YEARS[-1][:4]))]
    held = pd.read_parquet(sources["nomis_ethnicity"].parquet, columns=["person_id", "ethnicity_code"])
    rows["ethnicity"] = rows["person_id"].map(held.set_index("person_id")["ethnicity_code"].map(groups()))
    types = pd.read_parquet(sources["establishments"].parquet).set_index("establishment")["establishment_type"]
    rows["establishment_type"] = rows["establishment"].map(types)
    blanks = {"ethnicity": "NS", "establishment_type": "Other or escort"}
    rows = rows.fillna(blanks | {"category": "Not recorded", "outcome": "Not recorded"})
    return rows.groupby(list(KEYS), as_index=False).size().rename(columns={"size": "value"})


WAYS: dict[str, tuple[str, Callable[[Mapping[str, Source]], pd.DataFrame]]] = {
    "plain": ("plain DuckDB", plain),
    "nomis": ("the release", nomis),
    "release": ("the release, with PPUD", release),
    "persons": ("persons", persons),
    "contracts": ("contracts", contracts),
    "pandas": ("pandas", pandas),
}


def measured(way: str, rows: int, folder: Path) -> dict[str, float]:
    """Seconds, most memory in GB and a checksum of the cells, of one way in a Python of its own."""
    command = [sys.executable, __file__, "--way", way, "--rows", str(rows), "--folder", str(folder)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout.splitlines()[-1])


def run(way: str, rows: int, folder: Path) -> None:
    """What `measured` starts."""
    sources = extracts(rows, folder)
    start = time.perf_counter()
    found = WAYS[way][1](sources)
    seconds = time.perf_counter() - start
    cells = None
    if "year" in found:
        years = found["year"].astype(str).str[:4]
        keys = [years, *(found[name].astype(str) for name in KEYS[1:]), found["value"].astype(str)]
        cells = int(pd.util.hash_pandas_object(pd.concat(keys, axis=1).agg("|".join, axis=1), index=False).sum())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": seconds, "memory": memory, "cells": cells}))


def held(found: dict[tuple[str, int], dict[str, float]], sizes: list[int]) -> list[tuple[str, float, float]]:
    """Every limit: what it is, what was measured, what it may be. Small sizes, where starting counts, are left out."""
    large = [rows for rows in sizes if rows >= FULL]
    names = list(LIMITS.items())
    limits = []
    for rows in large:
        ratio = found["nomis", rows]["seconds"] / found["plain", rows]["seconds"]
        limits.append((f"the release at {rows:,} rows, {names[0][0]}", ratio, names[0][1]))
        memory = max(found[way, rows]["memory"] for way in ("nomis", "release", "persons", "contracts"))
        limits.append((f"the most at {rows:,} rows, {names[1][0]}", memory, names[1][1]))
    if FULL in large:
        ratio = found["persons", FULL]["seconds"] / found["release", FULL]["seconds"]
        limits.append((f"at {FULL:,} rows, {names[2][0]}", ratio, names[2][1]))
        limits.append((f"at {FULL:,} rows, {names[3][0]}", found["contracts", FULL]["seconds"], names[3][1]))
    return limits


def compared(sizes: list[int], rounds: int, folder: Path) -> dict[tuple[str, int], dict[str, float]]:
    """The median of the seconds and the most memory of every way at every size; the cells must be the same."""
    found = {}
    for rows in sizes:
        place = folder / str(rows)
        place.mkdir(exist_ok=True)
        extracts(rows, place)
        ways = [way for way in WAYS if way != "pandas" or rows <= PANDAS]
        runs = [{way: measured(way, rows, place) for way in ways} for _ in range(rounds)]
        same = {turn[way]["cells"] for turn in runs for way in ways if way in ("plain", "nomis", "pandas")}
        assert len(same) == 1, f"the cells differ at {rows} rows"
        for way in ways:
            found[way, rows] = {
                "seconds": median(turn[way]["seconds"] for turn in runs),
                "memory": max(turn[way]["memory"] for turn in runs),
            }
            print(rows, way, found[way, rows], flush=True)
    return found


def growth(found: dict[tuple[str, int], dict[str, float]], sizes: list[int]) -> list[list[str]]:
    """For each way, how many times as long it takes at every size as at the one before."""
    rows = []
    for way, (name, _) in WAYS.items():
        times = [found.get((way, size), {}).get("seconds") for size in sizes]
        steps = [f"{after / before:.1f}" if before and after else "" for before, after in pairwise(times)]
        rows.append([name, *steps])
    return rows


def main() -> int:
    """Write the table on the page; 1 when a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the rows are kept; without it they are made and removed")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        run(given.way, given.rows, given.folder)
        return 0
    with tempfile.TemporaryDirectory() as made:
        found = compared(given.sizes, given.rounds, given.folder or Path(made))
    cells = [
        [f"{rows:,}", WAYS[way][0], f"{each['seconds']:.1f}", f"{each['memory']:.1f}"]
        for (way, rows), each in found.items()
    ]
    limits = held(found, given.sizes)
    lines = [[name, f"{value:.2f}", f"{most:g}", "yes" if value <= most else "NO"] for name, value, most in limits]
    kept = table(["limit", "measured", "at most", "kept"], lines) if limits else "No size was large enough for limits."
    shown = table(["rows", "what", "seconds", "GB"], cells)
    steps = [f"{before:,} to {after:,}" for before, after in pairwise(given.sizes)]
    grown = table(["what", *steps], growth(found, given.sizes)) if steps else "Only one size was measured."
    write_section("Rows", TEXT.format(rounds=given.rounds, table=shown, growth=grown, limits=kept))
    print(kept)
    return 0 if all(value <= most for _, value, most in limits) else 1


if __name__ == "__main__":
    sys.exit(main())
