"""Where the inputs are counted: in this process by DuckDB, or by a Spark cluster. Only counts come back.

Everything is written once, in DuckDB's SQL (`cube`, `rules`); for any other engine sqlglot puts it into its own.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from reportlib.errors import INSTALL_EXTRAS, ReportError
from reportlib.inputs.contracts import literal

MEMORY = "3GB"  # what DuckDB may hold before it writes to its folder
ROWS = 250_000  # in a part of what Spark works on; with its own two hundred parts small inputs take minutes
REMOTE = "PPO_SPARK_REMOTE"


class DuckDB:
    """DuckDB in this process: it spills into the folder of the inputs, and never holds more than `MEMORY`.

    Names of tables and views are the caller's.
    """

    def __init__(self) -> None:
        self.db = duckdb.connect(config={"memory_limit": MEMORY, "preserve_insertion_order": False})
        self.db.execute("SET enable_progress_bar = false")  # which it would print among what a command says

    def table(self, name: str, parquet: Path) -> None:
        """Give a Parquet file a name."""
        self.db.execute(f"SET temp_directory = {literal(str(parquet.parent / 'spilled'))}")
        self.db.execute(f"CREATE OR REPLACE VIEW {name} AS FROM read_parquet({literal(str(parquet))})")

    def keep(self, name: str, sql: str) -> None:
        """Run a query and keep what it gives under a name."""
        self.db.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")

    def frame(self, sql: str) -> pd.DataFrame:
        """Run a query that gives counts."""
        return self.db.sql(sql).df()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query that gives counts, as plain rows."""
        return self.db.sql(sql).fetchall()

    def close(self) -> None:
        """Let go of what was kept."""
        self.db.close()


class Spark:
    """The same in a Spark session: `remote` is local[2], spark://host:port, or sc://host:port for Spark Connect."""

    def __init__(self, remote: str) -> None:
        try:
            import sqlglot  # noqa: F401
            from pyspark.sql import SparkSession
        except ModuleNotFoundError:
            raise ReportError(f"engine: spark needs pyspark, which is not installed here: {INSTALL_EXTRAS}") from None
        builder = SparkSession.builder.config("spark.ui.showConsoleProgress", "false")
        connect = builder.remote if remote.startswith("sc://") else builder.master
        with _causes():
            _knock(remote)
            self.session = connect(remote).getOrCreate()
            self.session.conf.set("spark.sql.session.timeZone", "UTC")
        self.kept: list[str] = []
        self.size = 0

    def table(self, name: str, parquet: Path) -> None:
        self.size += pq.read_metadata(parquet).num_rows
        with _causes():
            self.session.conf.set("spark.sql.shuffle.partitions", str(2 + self.size // ROWS))
            path = re.sub(r"([][{}*?\\])", r"\\\1", str(parquet))  # Spark takes it for a pattern
            self.session.read.parquet(path).createOrReplaceTempView(name)

    def keep(self, name: str, sql: str) -> None:
        # cached rather than written: a lost part is counted again, and nothing outlives `close`
        with _causes():
            self.session.sql(f"CACHE TABLE {name} OPTIONS ('storageLevel' 'DISK_ONLY') AS {translated(sql, 'spark')}")
        self.kept.append(name)

    def frame(self, sql: str) -> pd.DataFrame:
        with _causes():
            return self.session.sql(translated(sql, "spark")).toPandas()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with _causes():
            return [tuple(row) for row in self.session.sql(translated(sql, "spark")).collect()]

    def close(self) -> None:
        with _causes():
            for name in reversed(self.kept):  # what is made of others before them
                self.session.sql(f"UNCACHE TABLE IF EXISTS {name}")
                self.session.catalog.dropTempView(name)


Engine = DuckDB | Spark


def _knock(remote: str) -> None:
    """Fail at once, with OSError, where no host of an address answers: Spark itself would try for ten minutes."""
    hosts = re.findall(r"([^:,/]+):(\d+)", remote.partition("://")[2].partition("/")[0])
    for number, (host, port) in enumerate(hosts, 1):
        try:
            return socket.create_connection((host, int(port)), timeout=10).close()
        except OSError:
            if number == len(hosts):
                raise


@contextmanager
def _causes() -> Iterator[None]:
    """Say that Spark failed, but not what it says: that can hold rows and addresses. SQL it cannot read is a bug."""
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        yield
    except (AnalysisException, ParseException):
        raise
    except (PySparkException, Py4JError, OSError) as error:
        what = f"Spark could not be reached, or stopped ({type(error).__name__})"
        raise ReportError(f"{what}. Look at its own log; correct {REMOTE} if it is not where Spark is.") from None


def translated(sql: str, dialect: str) -> str:
    """DuckDB's SQL in another engine's, by sqlglot's name for it."""
    import sqlglot

    (found,) = sqlglot.transpile(sql, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)
    return found


def engine(name: str) -> Engine:
    """The engine that a parameter file asks for; raises ReportError where it cannot be reached."""
    if name == "duckdb":
        return DuckDB()
    if not (remote := os.environ.get(REMOTE)):
        raise ReportError(f"engine: spark needs the environment variable {REMOTE}: sc://…, spark://… or local[2]")
    return Spark(remote)
