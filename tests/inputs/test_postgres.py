"""A real PostgreSQL: read whole and fast, and each way in which it fails told by cause, without the address."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from adbc_driver_postgresql import dbapi
from good_extracts import Extracts

from reportlib.errors import ReportError
from reportlib.inputs.spec import InputSpec

pytestmark = pytest.mark.full
NO_TABLE = "there is no such table; correct table:, as its own database spells it, with its schema"

SETUP = """
CREATE SCHEMA nomis;
CREATE TYPE sex AS ENUM ('male', 'female');
CREATE TABLE nomis.ethnicity AS
    SELECT 'A' || g AS person_id, (ARRAY['W1', 'B1', NULL])[g % 3 + 1]::varchar(2) AS ethnicity_code,
           DATE '2024-03-31' + g % 2 AS as_at_date
    FROM generate_series(1, 200000) g;
CREATE TABLE nomis.population AS
    SELECT TIMESTAMP '2024-06-30 00:00' AS snapshot_date, 'Leeds' AS establishment, 'male'::sex AS sex, 700.0 AS number;
CREATE TABLE nomis.zoned AS
    SELECT TIMESTAMPTZ '2024-03-31 23:30Z' AS snapshot_date, 'Leeds' AS establishment, 700 AS number;
CREATE TABLE nomis.secret (person_id text, ethnicity_code text);
CREATE FUNCTION nomis.stop_at(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
    IF n = 100000 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN 'A' || n; END $$;
CREATE VIEW nomis.broken AS
    SELECT nomis.stop_at(g) AS person_id, repeat('W', 100) AS ethnicity_code FROM generate_series(1, 200000) g;
CREATE ROLE reader LOGIN PASSWORD 'hunter2' SUPERUSER;
CREATE ROLE guest LOGIN PASSWORD 'hunter2';
GRANT USAGE ON SCHEMA nomis TO guest;
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A cluster of its own on a free port, with a password, run by an ordinary user; stopped at the end."""
    (programs,) = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []  # it refuses to run as root
    if user:
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [*user, programs / program, "-D", folder / "data", *arguments]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    password = folder / "password"
    password.write_text("hunter2")
    password.chmod(0o644)
    run("initdb", "-U", "owner", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-p {number} -k {folder} -h 127.0.0.1", "start")
    try:
        with dbapi.connect(address(number, "owner"), autocommit=True) as db, db.cursor() as cursor:
            cursor.adbc_statement.set_sql_query(SETUP)
            cursor.adbc_statement.execute_update()
        yield number
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def address(port: int, user: str = "reader", password: str = "hunter2", database: str = "postgres") -> str:
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}"


@pytest.fixture
def nomis(alone, port, monkeypatch):
    """Read a table of the server as some input."""

    def put(table: str = "nomis.ethnicity", name: str = "nomis_ethnicity", **who: str) -> Extracts:
        monkeypatch.setenv("PPO_NOMIS_URL", address(port, **who))
        alone.inputs[name] = InputSpec(kind="postgres", url_env="PPO_NOMIS_URL", table=table, status="extract")
        return alone

    return put


def test_a_table_is_read_whole_blanks_and_dates_included(nomis):
    source = nomis().read()["nomis_ethnicity"]
    found = duckdb.sql(
        "SELECT count(*), count(DISTINCT person_id), count(*) FILTER (ethnicity_code = 'W1'), "
        f"count(*) FILTER (ethnicity_code IS NULL), min(as_at_date), max(as_at_date) FROM '{source.parquet}'"
    ).fetchall()
    # g % 3 is 0 for 66,666 of the numbers from 1 to 200,000, and 1 or 2 for 66,667
    assert found == [(200_000, 200_000, 66_666, 66_667, date(2024, 3, 31), date(2024, 4, 1))]


def test_enumerations_decimals_and_moments_at_midnight_are_typed(nomis):
    source = nomis("nomis.population", "population").read()["population"]
    found = duckdb.sql(f"SELECT snapshot_date, sex, number FROM '{source.parquet}'").fetchall()
    assert found == [(date(2024, 6, 30), "male", 700)]


def test_a_moment_with_a_zone_is_no_date(nomis):
    (finding,) = [each for each in nomis("nomis.zoned", "population").check() if each.level == "error"]
    assert finding.column == "snapshot_date"
    assert "no zone" in finding.message


@pytest.mark.parametrize(
    ("table", "who", "said"),
    [
        ("nomis.ethnicity", {"password": "hunter3"}, "user name or password refused; correct PPO_NOMIS_URL"),
        ("nomis.ethnicity", {"user": "nobody"}, "user name or password refused; correct PPO_NOMIS_URL"),
        ("nomis.ethnicity", {"database": "nomes"}, "there is no database of that name; correct PPO_NOMIS_URL"),
        ("nomis.ethnic", {}, NO_TABLE),
        (
            "nomes.ethnicity",
            {},
            NO_TABLE,
        ),
        ("nomis.secret", {"user": "guest"}, "permission denied; ask for the right to read it"),
        (
            "nomis.broken",
            {},
            "the connection was lost while the table was read; nothing was kept. Run it again",
        ),
    ],
)
def test_each_failure_is_told_by_cause_and_leaves_nothing(nomis, table, who, said):
    extracts = nomis(table, **who)
    with pytest.raises(ReportError) as error:
        extracts.read()
    assert [str(finding) for finding in error.value.findings] == [f"{table}: {said}"]
    told = "".join(traceback.format_exception(error.value))
    assert "hunter" not in told
    assert "127.0.0.1" not in told
    snapshots = extracts.root / "data" / "snapshots"
    assert not snapshots.exists() or not list(snapshots.iterdir())
    assert not (extracts.root / "work" / "nomis_ethnicity.parquet").exists()
