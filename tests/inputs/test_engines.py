"""One expression, every engine: DuckDB, and Spark as a library, as a cluster and as a service, count the same."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest

from reportlib.errors import ReportError
from reportlib.ethnicity import raw_codes
from reportlib.inputs.engines import DuckDB, Engine, Spark, engine, translated
from reportlib.inputs.release import Release
from reportlib.inputs.rules import check
from reportlib.inputs.sources import Source
from reportlib.measures import MEASURES, TableSpec
from reportlib.years import year_dates, years_to

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from _rows import extracts  # noqa: E402

SIZES = {"quick": 20_000, "full": int(os.environ.get("REPORTLIB_ROWS", "1000000"))}


class Period:
    pooled = years_to("2024-25", 3)
    trend = years_to("2024-25", 5)
    pooled_label = "2022-23 to 2024-25"


def table(measure: str, *by: str, period: str = "pooled", grouping: str = "5+1") -> TableSpec:
    return TableSpec("t", MEASURES[measure], by, grouping, period)  # type: ignore[arg-type]


TABLES = (
    table("upheld", "year", "ethnicity", "establishment_type", "category", period="trend"),
    table("racism-concern", "ethnicity", "outcome", grouping="19"),
    table("ethnicity-agreement", "ethnicity_nomis", "ethnicity_ppud"),
    table("ethnicity-source", "ethnicity_source", "year", period="trend", grouping="two"),
)
PEOPLE = table("upheld", "ethnicity")


def counted(sources: Mapping[str, Source], on: Engine) -> str:
    """The digest of everything that an engine counts and finds, sorted."""
    release = Release(sources, Period(), on, TABLES)  # type: ignore[arg-type]
    frames = [release.counts(of, part) for of in TABLES for part in of.measure.parts]
    frames.append(release.people(PEOPLE, *PEOPLE.measure.parts))
    text = "\n".join(pd.DataFrame(frame).to_csv(index=False) for frame in frames)
    text += f"\n{release.establishments()}"
    years = (year_dates(Period.trend[0])[0], year_dates(Period.trend[-1])[1])
    findings = check(sources, years, on)
    assert len(findings) > 5
    on.close()
    return hashlib.sha256((text + "\n".join(map(str, findings))).encode()).hexdigest()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Source], str]:
    """Many complaints with blanks, unknown codes and days round each 1 April, and what DuckDB makes of them."""
    sources = extracts(SIZES["full"], tmp_path_factory.mktemp("[2024] {rows}"))
    return sources, counted(sources, DuckDB())


def test_the_rows_hold_what_they_are_to_try(tmp_path):
    complaints = extracts(SIZES["quick"], tmp_path)["complaints"]
    frame = pd.read_parquet(complaints.parquet)
    for name in ("completed_date", "category", "outcome", "ethnicity_ppud"):
        assert frame[name].isna().any()
    assert not set(frame["ethnicity_ppud"].dropna()) <= set(raw_codes())
    days = set(frame["received_date"].astype(str))
    assert {"2024-03-31", "2024-04-01", "2025-04-01"} <= days


def test_rows_in_another_order_are_counted_the_same(tmp_path):
    sources = extracts(SIZES["quick"], tmp_path)
    first = counted(sources, DuckDB())
    for source in sources.values():
        pd.read_parquet(source.parquet).sample(frac=1, random_state=1).to_parquet(source.parquet, index=False)
    assert counted(sources, DuckDB()) == first


@pytest.mark.full  # sqlglot comes with the extra packages of the full tests
@pytest.mark.parametrize("dialect", ["spark", "trino", "athena"])
def test_every_query_can_be_put_into_the_other_dialects(tmp_path, dialect):
    """Trino and Athena are not run anywhere here: this says only that their SQL can be written, and read back."""
    import sqlglot

    asked: list[str] = []

    class Noted(DuckDB):
        def keep(self, name: str, sql: str) -> None:
            asked.append(sql)
            super().keep(name, sql)

        def frame(self, sql: str) -> pd.DataFrame:
            asked.append(sql)
            return super().frame(sql)

        def rows(self, sql: str):
            asked.append(sql)
            return super().rows(sql)

    counted(extracts(SIZES["quick"], tmp_path), Noted())
    assert len(asked) > 30
    for sql in asked:
        sqlglot.parse_one(translated(sql, dialect), read=dialect)


def test_spark_needs_to_be_told_where_it_is(monkeypatch):
    monkeypatch.delenv("PPO_SPARK_REMOTE", raising=False)
    with pytest.raises(ReportError, match="the environment variable PPO_SPARK_REMOTE"):
        engine("spark")


# Against the real thing. A Python holds one Spark session at a time, so each runs in a Python of its own.

RUN = """
import sys
sys.path[:0] = [{tests!r}, {bench!r}]
from pathlib import Path
from test_engines import counted
from _rows import extracts
from reportlib.inputs.engines import engine
print(counted(extracts({rows}, Path({folder!r})), engine("spark")))
"""


def by_spark(sources: Mapping[str, Source], remote: str, rows: int = SIZES["full"]) -> str:
    folder = str(sources["complaints"].parquet.parent)
    code = RUN.format(tests=str(ROOT / "tests" / "inputs"), bench=str(ROOT / "bench"), rows=rows, folder=folder)
    environment = os.environ | HERE | {"PPO_SPARK_REMOTE": remote}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout.splitlines()[-1]


def home() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent


HERE = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "TZ": "Europe/London"}


def free() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Servers:
    """Programs of Spark that are started, waited for until their port answers, and stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, []

    def start(self, program: str, *arguments: str, port: int) -> None:
        environment = os.environ | HERE | {"SPARK_HOME": str(home())}
        log = (self.folder / f"{len(self.running)}.log").open("w")
        command = [home() / "bin" / program, *arguments]
        self.running.append(
            subprocess.Popen(command, env=environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        )
        for _ in range(600):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    return
            assert self.running[-1].poll() is None, (self.folder / f"{len(self.running) - 1}.log").read_text()[-2000:]
            time.sleep(0.2)
        raise AssertionError(f"{program} does not answer")

    def stop(self) -> None:
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    started = Servers(tmp_path)
    yield started
    started.stop()


@pytest.mark.full
def test_spark_as_a_library_counts_the_same(many):
    sources, expected = many
    assert by_spark(sources, "local[2]") == expected


@pytest.mark.full
def test_a_spark_cluster_counts_the_same(many, servers):
    sources, expected = many
    port, ui, own = free(), free(), free()
    master = f"spark://127.0.0.1:{port}"
    of = "org.apache.spark.deploy"
    where = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(ui)]
    servers.start("spark-class", f"{of}.master.Master", *where, port=port)
    where = ["--host", "127.0.0.1", "--port", str(own), "--cores", "2", "--memory", "2g", "--webui-port", str(free())]
    servers.start("spark-class", f"{of}.worker.Worker", *where, "--work-dir", str(servers.folder), master, port=own)
    assert by_spark(sources, master) == expected


@pytest.mark.full
def test_spark_connect_counts_the_same(many, servers):
    sources, expected = many
    port = free()
    conf = [f"spark.connect.grpc.binding.port={port}", "spark.connect.grpc.binding.address=127.0.0.1"]
    servers.start(
        "spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]",
        *(part for each in conf for part in ("--conf", each)), "spark-internal", port=port,
    )  # fmt: skip
    assert by_spark(sources, f"sc://127.0.0.1:{port}") == expected


@pytest.mark.full
@pytest.mark.parametrize(
    "address", ["sc://127.0.0.1:{}", "spark://127.0.0.1:{},127.0.0.1:{}", "sc://127.0.0.1:{}/;token=x"]
)
def test_a_spark_that_is_not_there_is_told_without_its_words(address):
    with pytest.raises(ReportError) as error:
        Spark(address.format(free(), free()))
    assert "could not be reached, or stopped" in str(error.value)
    assert "127.0.0.1" not in str(error.value)
