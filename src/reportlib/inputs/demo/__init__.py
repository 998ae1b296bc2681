"""Synthetic extracts of real size, and the effects planted in them.

Totals are calibrated to the published figures; who the people are, and every difference between ethnic
groups, is invented (`assumptions.toml`). Declare these inputs with status `synthetic`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pandas import DataFrame

from reportlib.errors import ReportError
from reportlib.inputs.demo.complaints import complaints_and_ethnicity
from reportlib.inputs.demo.deaths import fatal_incidents
from reportlib.inputs.demo.effects import planted
from reportlib.inputs.demo.probation import caseload, terminations
from reportlib.inputs.demo.world import AGE_BANDS, RAW, RAW_GROUP, RAW_SHARE, World, named, whole, world

SCALES = (0.001, 100)  # against the real size: with less there is no one in some year


def write(folder: Path, seed: int = 1, scale: float = 1.0, last_year: str = "2024-25") -> DataFrame:
    """Write the seven extracts and planted.csv into `folder`; return the planted effects.

    The five reporting years end with `last_year`. The same arguments give the same bytes. `scale` is
    the size against the real one: 0.05 makes a small set in under a second.

    Raises ReportError for a seed or a scale with which none can be made.
    """
    if seed < 0 or not SCALES[0] <= scale <= SCALES[1]:
        allowed = f"a seed of 0 or more and a scale from {SCALES[0]} to {SCALES[1]}"
        raise ReportError(f"Synthetic extracts need {allowed}; found the seed {seed} and the scale {scale:g}.")
    here = world(last_year)
    streams = [np.random.default_rng([seed, part]) for part in range(4)]
    complaints, nomis = complaints_and_ethnicity(here, streams[0], scale)
    effects = planted(last_year)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {
        "complaints": complaints,
        "nomis_ethnicity": nomis,
        "fatal_incidents": fatal_incidents(here, streams[1], scale),
        "probation_caseload": caseload(here, scale),
        "establishments": here.establishments,
        "planted": effects,
    }.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    _parquet(_population(here, streams[2], scale), folder / "population.parquet")
    _parquet(terminations(here, streams[3], scale), folder / "probation_terminations.parquet")
    return effects


def _parquet(table: pa.Table, path: Path) -> None:
    """Write a table, the same bytes each time: Arrow writes dictionary columns with stray bits between their codes."""
    plain = [pa.field(name, kind.value_type if pa.types.is_dictionary(kind) else kind)
             for name, kind in zip(table.column_names, table.schema.types, strict=True)]  # fmt: skip
    pq.write_table(table.cast(pa.schema(plain)), path, compression="zstd", store_schema=False)


def _population(world: World, rng: np.random.Generator, scale: float) -> pa.Table:
    """People at each quarter's end by establishment, raw code, age band and sex; empty cells left out."""
    dates = world.quarter_ends
    cells = np.moveaxis(world.cells[:, :, RAW_GROUP] * RAW_SHARE[:, None], 2, 1) * scale  # year × code × unit
    number = np.stack([whole(cells[quarter // 4], rng.random()) for quarter in range(len(dates))])
    date, code, unit, age = np.nonzero(number)
    return pa.table(
        {
            "snapshot_date": pa.array(dates[date]),
            "establishment": named(unit, world.units["establishment"]),
            "ethnicity_code": named(code, RAW),
            "age_band": named(age, AGE_BANDS),
            "sex": named(unit, world.units["sex"]),
            "number": pa.array(number[date, code, unit, age]),
        }
    )
