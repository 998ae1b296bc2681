"""A table of a database is an extract like any other: read once, kept in order, its failures told by cause."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from good_extracts import Extracts

from reportlib.inputs.spec import InputSpec

ROWS = [("A2", "W1", "2024-05-02", "keep"), ("A10", None, "2024-04-01", "keep"), ("A1", "B1", None, "drop")]
TABLE = "CREATE TABLE ethnicity (noms_no VARCHAR, code VARCHAR, day DATE, flag VARCHAR)"
MAPPED = {
    "columns": {"person_id": "noms_no", "ethnicity_code": "code", "as_at_date": "day"},
    "codes": {"ethnicity_code": {"": "NS"}},
    "exclude": {"flag": ["drop"]},
}


def made(path: Path, kind: str, rows: list[Any] = ROWS, table: str = TABLE) -> None:
    """A database file with a table."""
    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with connect(str(path)) as db:
        db.execute(table)
        db.executemany("INSERT INTO ethnicity VALUES (?, ?, ?, ?)", rows)
    db.close()


def put(alone: Extracts, kind: str, **spec: Any) -> None:
    given = {"path": "nomis.db", "table": "ethnicity", "status": "extract"} | MAPPED | spec
    alone.inputs["nomis_ethnicity"] = InputSpec(kind=kind, **given)


def typed(alone: Extracts) -> list[tuple[Any, ...]]:
    source = alone.read()["nomis_ethnicity"]
    return duckdb.sql(f"SELECT person_id, ethnicity_code, as_at_date FROM '{source.parquet}' ORDER BY 1").fetchall()


@pytest.fixture(params=["sqlite", "duckdb", "sqlalchemy", "adbc"])
def database(request, alone, monkeypatch) -> Extracts:
    """A small table in each kind of database that needs no server."""
    kind, path = request.param, alone.root / "nomis.db"
    made(path, "duckdb" if kind == "duckdb" else "sqlite")
    place: dict[str, Any] = {}
    if kind in ("sqlalchemy", "adbc"):
        monkeypatch.setenv("PPO_NOMIS_URL", f"sqlite:///{path}" if kind == "sqlalchemy" else str(path))
        place = {"path": None, "url_env": "PPO_NOMIS_URL"}
        place |= {"driver": "adbc_driver_sqlite"} if kind == "adbc" else {}
    put(alone, kind, **place)
    return alone


def test_columns_codes_and_exclusions_work_as_for_files(database):
    assert typed(database) == [("A10", "NS", date(2024, 4, 1)), ("A2", "W1", date(2024, 5, 2))]
    source = database.read()["nomis_ethnicity"]
    assert (source.rows, source.excluded, source.files) == (2, 1, ("ethnicity",))


def test_the_snapshot_is_kept_and_read_in_place_of_the_database(database):
    first = database.read()["nomis_ethnicity"]
    (kept,) = (database.root / "data" / "snapshots").iterdir()
    assert first.paths == (kept,)
    assert kept.name == f"nomis_ethnicity-{first.sha256[:16]}.parquet"
    assert kept.stat().st_mode & 0o077 == 0  # records: for their owner alone
    (database.root / "nomis.db").unlink()
    spec = database.inputs["nomis_ethnicity"]
    pinned = spec.model_copy(update={"snapshot": str(kept.relative_to(database.root))})
    database.inputs["nomis_ethnicity"] = pinned
    again = database.read()["nomis_ethnicity"]
    assert (again.sha256, again.rows, again.files) == (first.sha256, first.rows, first.files)
    assert pinned.model_dump() == spec.model_dump()  # so the run is the same run


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_the_same_rows_in_another_order_have_the_same_checksum(alone, kind):
    put(alone, kind)
    digests = set()
    for rows in (ROWS, ROWS[::-1], [*ROWS[1:], ROWS[0]], [*ROWS, ROWS[0]]):
        (alone.root / "nomis.db").unlink(missing_ok=True)
        made(alone.root / "nomis.db", kind, rows)
        digests.add(alone.read()["nomis_ethnicity"].sha256)
    assert len(digests) == 2  # a row that is there twice is not the same rows


def test_blanks_before_text_are_read(alone):
    """SQLite has no types; a driver that guesses them from the first rows must not be left to."""
    made(
        alone.root / "nomis.db", "sqlite", [(f"A{n}", None, None, "x") for n in range(5000)] + [("B", "W1", None, "x")]
    )
    put(alone, "sqlite")
    assert typed(alone)[-1] == ("B", "W1", None)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_number_held_as_a_double_is_written_as_the_whole_number_that_it_is(alone, kind):
    """Or it would link to nobody: the other extract has 123, not 123.0."""
    numbered = TABLE.replace("noms_no VARCHAR", "noms_no DOUBLE")
    made(alone.root / "nomis.db", kind, [(number, "W1", None, "x") for number in (123.0, 2.0**53 - 1)], numbered)
    put(alone, kind)
    assert [person for person, *_ in typed(alone)] == ["123", "9007199254740991"]


def test_a_number_that_is_not_whole_is_refused_where_the_column_says_that_it_is_a_double(alone):
    numbered = TABLE.replace("noms_no VARCHAR", "noms_no DOUBLE")
    made(alone.root / "nomis.db", "duckdb", [(12.5, "W1", None, "x")], numbered)
    put(alone, "duckdb")
    assert "no whole number" in "\n".join(alone.refusal())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"path": "nowhere.db"}, "there is no such file"),
        ({"table": "ethnicities"}, "there is no such table; correct table:"),
        ({"columns": {"person_id": "noms"}}, "there is no column 'noms'; the nearest is 'noms_no'"),
        ({"snapshot": "data/snapshots/x.parquet"}, "correct snapshot: of the input nomis_ethnicity"),
        ({"path": "*.db"}, "2 files are called so"),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_what_is_wrong_is_told(alone, kind, spec, said):
    made(alone.root / "nomis.db", kind)
    (alone.root / "other.db").write_text("other")
    put(alone, kind, **spec)
    assert said in "\n".join(alone.refusal())


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_is_no_database_is_refused(alone, kind):
    (alone.root / "nomis.db").write_text("person_id,ethnicity_code\n" * 1000)
    put(alone, kind)
    assert alone.refusal() == [f"ethnicity: the file is not a database of the kind {kind}; correct path: or kind:"]


def test_a_table_without_rows_is_refused(alone):
    made(alone.root / "nomis.db", "duckdb", [("A1", "W1", None, "drop")])
    put(alone, "duckdb")
    assert alone.refusal() == ["ethnicity: there are no rows left after exclude:; export it again"]


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("postgres", None, "there is no environment variable PPO_NOMIS_URL"),
        ("postgres", "", "there is no environment variable PPO_NOMIS_URL"),
        ("postgres", "postgresql://me:hunter2@127.0.0.1:1/nomis", "the database cannot be reached"),
        ("postgres", "postgresql://me:hunter2%%@127.0.0.1/nomis", "the address cannot be read"),
        ("sqlalchemy", "hunter2", "the address cannot be read"),
        ("sqlalchemy", "postgresql://me:p@ss:hunter2@host/nomis", "the address cannot be read"),
        ("sqlalchemy", "oracle9://me:hunter2@host/nomis", "SQLAlchemy knows no such kind of database"),
        (
            "sqlalchemy",
            "mssql+pyodbc://me:hunter2@host/nomis",
            "the driver is not installed: .venv/bin/pip install",
        ),
    ],
)
def test_an_address_is_never_repeated(alone, monkeypatch, kind, address, said):
    monkeypatch.delenv("PPO_NOMIS_URL", raising=False)
    if address is not None:
        monkeypatch.setenv("PPO_NOMIS_URL", address)
    put(alone, kind, path=None, url_env="PPO_NOMIS_URL")
    (refusal,) = alone.refusal()
    assert refusal.startswith(f"ethnicity: {said}")
    assert "hunter2" not in refusal
