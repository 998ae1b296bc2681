"""Typed extracts of any size: every row follows from its number, so that the same size is the same data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from reportlib.ethnicity import raw_codes
from reportlib.inputs.contracts import contracts, literal
from reportlib.inputs.sources import Source

PER_PERSON = 10  # complaints for each person there is
ESTABLISHMENTS = 120
CATEGORIES = 20
# A number that looks random, 0 to 9,999, from a row's number and which of its columns it is for.
DRAW = "CREATE MACRO draw(i, which) AS hash(i * 31 + which) % 10000"
YEARS = "DATE '2020-03-30' + (hash(i * 31 + 1) % 1830)::INTEGER"  # from before the first 1 April to after the last
SQL = {
    "complaints": """
        SELECT 'C' || i AS complaint_id, 'P' || person AS person_id, day AS received_date,
               CASE WHEN draw(i, 2) < 9000 THEN day + (draw(i, 3) % 90)::INTEGER END AS completed_date,
               CASE WHEN draw(i, 4) < 50 THEN 'Nowhere'
                    ELSE 'Prison ' || draw(i, 5) % {establishments} END AS establishment,
               CASE WHEN draw(i, 6) < 9500
                    THEN 'Category ' || (sqrt(draw(i, 6))::INTEGER % {categories}) END AS category,
               draw(i, 7) < 6000 AS eligible, {outcomes}[(draw(i, 8) % 8 + 1)::INTEGER] AS outcome,
               CASE WHEN draw(i, 10) < 7000 THEN {codes}[(draw(coded, 1) % {known} + 1)::INTEGER] END AS ethnicity_ppud,
               0 AS source_file, i + 2 AS source_row
        FROM (SELECT i, {years} AS day, hash(i * 31 + 9) % greatest({rows} // {per}, 1) AS person,
                     CASE WHEN draw(i, 11) < 9000 THEN person ELSE i END AS coded  -- mostly as NOMIS has it
              FROM range({rows}) AS held(i))
    """,
    "nomis_ethnicity": """
        SELECT 'P' || i AS person_id,
               CASE WHEN draw(i, 2) < 9800 THEN {codes}[(draw(i, 1) % {known} + 1)::INTEGER] END AS ethnicity_code,
               0 AS source_file, i + 2 AS source_row
        FROM range(greatest({rows} // {per}, 1)) AS held(i) WHERE draw(i, 3) < 9500
    """,
    "establishments": """
        SELECT 'Prison ' || i AS establishment, {types}[(i % 7 + 1)::INTEGER] AS establishment_type,
               0 AS source_file, i + 2 AS source_row
        FROM range({establishments}) AS held(i)
    """,
}


def _array(values: Iterable[str | None]) -> str:
    return f"[{', '.join('NULL' if value is None else literal(value) for value in values)}]"


def extracts(rows: int, folder: Path) -> dict[str, Source]:
    """Complaints, who complained in NOMIS, and establishments, as typed Parquet in a folder.

    Codes are missing, unknown or not stated in some rows, and days fall on both sides of each 1 April.
    """
    given = {
        "rows": rows, "per": PER_PERSON, "establishments": ESTABLISHMENTS, "categories": CATEGORIES, "years": YEARS,
        "codes": _array([*raw_codes(), "??"]), "known": len(raw_codes()) + 1,
        "outcomes": _array([*contracts()["complaints"].fields["outcome"].enum, None, None]),
        "types": _array(contracts()["establishments"].fields["establishment_type"].enum),
    }  # fmt: skip
    sources = {}
    with duckdb.connect(config={"temp_directory": str(folder)}) as db:
        db.execute(DRAW)
        for name, sql in SQL.items():
            path = folder / f"{name}.parquet"
            if not path.exists():
                part = path.with_suffix(".part")  # what an interruption leaves is not taken for the whole
                db.execute(f"COPY ({sql.format(**given)}) TO {literal(str(part))} (FORMAT parquet)")
                part.rename(path)
            held = pq.ParquetFile(path)
            columns = tuple(held.schema_arrow.names[:-2])
            shape = (held.metadata.num_rows, 0, "synthetic", columns)
            names = dict.fromkeys(columns, "") | {column: column for column in columns}
            sources[name] = Source(name, (path,), path, "", path.stat().st_size, *shape, (f"{name}.parquet",), names)
    return sources
