"""Tables of databases: read once, put in order and kept as Parquet, so that no run rests on a live database.

An address comes from the environment alone, and nothing that a driver says is repeated: it may hold a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import adbc_driver_manager
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy
from adbc_driver_manager import dbapi

from reportlib.inputs.contracts import literal
from reportlib.inputs.engines import MEMORY
from reportlib.inputs.extracts import BATCH, EXACT, Extract, text_of, texts, wrong
from reportlib.inputs.spec import InputSpec
from reportlib.project import sha256

FAILURES = (
    *(adbc_driver_manager.Error, sqlalchemy.exc.SQLAlchemyError, duckdb.Error, pa.ArrowException),
    *(OSError, ValueError),  # an address of which a part is no number, say
)
# What a driver says, or its SQLSTATE: what is the matter, and what to do. The first that fits counts.
CAUSES = (
    (r"^28|password|authentication|role .* does not exist|login failed", "user name or password refused; {mend}"),
    (r"^3D000|database \S+ does not exist", "there is no database of that name; {mend}"),
    (r"^42501|permission denied|not authorized|access denied", "permission denied; ask for the right to read it"),
    (
        r"^(42P01|3F000|42S02)|no such table|table .* does not exist|invalid object name",
        "there is no such table; correct table:, as its own database spells it, with its schema",
    ),
    (r"not a database|not a valid duckdb", "the file is not a database of the kind {kind}; correct path: or kind:"),
    (r"lock on file|database is locked", "another program has locked the file; close it there"),
    (
        r"could not parse|percent-encoded|invalid (uri|connection|literal|ipv6)|missing \"=\"",
        "the address cannot be read; {mend}",
    ),
)


def table(path: Path | None, spec: InputSpec) -> Extract:
    """A table of a database, opened: its headings, and its rows as text, in no order.

    Raises ReportError by cause: no such environment variable, refused, not reached, no such table, no permission.
    """
    with _causes(spec) as progress, _connected(path, spec) as (run, quote, _):
        progress.append("connected")
        of = ".".join(quote(part) for part in str(spec.table).split("."))
        headings, _ = run(f"SELECT * FROM {of} WHERE 1 = 0")

    def batches(columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with _causes(spec) as progress, _connected(path, spec) as (run, quote, text):
            progress.append("connected")
            _, read = run(f"SELECT {', '.join(text(quote(name)) for name in columns)} FROM {of}")
            yield from texts(read, columns, spec.shown)

    return Extract(spec.shown, tuple(headings), batches)


def snapshot(extract: Extract, columns: Sequence[str], name: str, folder: Path) -> Path:
    """Write these columns of a table to `<name>-<digest>.parquet` in a folder; returns the path.

    The rows are put in order, so that the same rows give the same bytes in whatever order they come.
    """
    folder.mkdir(parents=True, exist_ok=True)
    loose, part = folder / f".{name}-{os.getpid()}.loose", folder / f".{name}-{os.getpid()}.part"
    schema = pa.schema([(column, pa.string()) for column in columns])
    try:
        with pq.ParquetWriter(_private(loose), schema) as writer:
            for batch in extract.batches(columns):
                writer.write_batch(pa.record_batch(batch.columns[:-1], schema=schema))
        with (
            TemporaryDirectory(dir=folder) as spilled,  # its owner's alone
            duckdb.connect(config={"temp_directory": spilled, "memory_limit": MEMORY}) as db,
            pq.ParquetWriter(_private(part), schema) as writer,
        ):
            ordered = db.sql(f"FROM read_parquet({literal(str(loose))}) ORDER BY ALL")
            for batch in ordered.to_arrow_reader(BATCH):
                writer.write_batch(batch.cast(schema))
        return part.replace(folder / f"{name}-{sha256(part)[:16]}.parquet")
    finally:
        loose.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def _private(path: Path) -> Path:
    """An empty file that only its owner may read: what goes into it are records."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path


@contextmanager
def _causes(spec: InputSpec) -> Iterator[list[str]]:
    """Say what went wrong in the user's words. What is appended tells that the connection was made."""
    progress: list[str] = []
    mend = f"correct {spec.url_env}" if spec.url_env else "correct path:"
    try:
        yield progress
    except ModuleNotFoundError as error:
        raise wrong(spec.shown, f"the driver is not installed: .venv/bin/pip install {error.name}") from None
    except sqlalchemy.exc.NoSuchModuleError:
        raise wrong(spec.shown, f"SQLAlchemy knows no such kind of database; {mend}") from None
    except FAILURES as error:
        said = getattr(error, "sqlstate", None) or str(error)
        found = next((text for pattern, text in CAUSES if re.search(pattern, said, re.IGNORECASE)), None)
        lost = "the connection was lost while the table was read; nothing was kept. Run it again"
        found = found or (lost if progress else "the database cannot be reached; is it running? If so, {mend}")
        raise wrong(spec.shown, found.format(mend=mend, kind=spec.kind)) from None


def _address(spec: InputSpec) -> str:
    if address := os.environ.get(str(spec.url_env)):
        return address
    raise wrong(spec.shown, f"there is no environment variable {spec.url_env}; put the database's address into it")


@contextmanager
def _connected(path: Path | None, spec: InputSpec) -> Iterator[tuple[Callable, Callable[[str], str], Callable]]:
    """A connection: what runs a query, what quotes a name, and what makes a column text in SQL.

    A query gives the names of its columns, and its rows as batches of Arrow arrays.
    """
    if spec.kind == "duckdb":
        with duckdb.connect(str(path), read_only=True) as db:
            yield lambda sql: _arrow(db.sql(sql).to_arrow_reader(BATCH)), _quoted, str
    elif spec.kind == "sqlalchemy":
        engine = sqlalchemy.create_engine(_address(spec), poolclass=sqlalchemy.pool.NullPool)
        with engine.connect().execution_options(stream_results=True, max_row_buffer=BATCH) as connection:
            quote = engine.dialect.identifier_preparer.quote_identifier
            yield lambda sql: _rows(connection.exec_driver_sql(sql)), quote, str
    else:
        driver = import_module(spec.driver or f"adbc_driver_{'postgresql' if spec.kind == 'postgres' else 'sqlite'}")
        uri = f"{path.resolve().as_uri()}?mode=ro" if path else _address(spec)
        options = {"driver": driver._driver_path(), "db_kwargs": {"uri": uri}, "autocommit": True}
        with dbapi.connect(**options) as opened, opened.cursor() as cursor:
            text = str if spec.driver else _text if spec.kind == "postgres" else _whole_text
            yield lambda sql: _arrow(cursor.execute(sql).fetch_record_batch()), _quoted, text


def _arrow(reader: pa.RecordBatchReader) -> tuple[list[str], Iterator[Sequence[pa.Array]]]:
    return reader.schema.names, (batch.columns for batch in reader)


def _rows(result: sqlalchemy.CursorResult) -> tuple[list[str], Iterator[Sequence[pa.Array]]]:
    chunks = result.partitions(BATCH)
    return list(result.keys()), (
        [pa.array(map(text_of, cells)) for cells in zip(*rows, strict=True)] for rows in chunks
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(column: str) -> str:
    """A column as text: the database knows its own types best; a blank is what NULL is to every reader."""
    return f"coalesce(CAST({column} AS TEXT), '')"


def _whole_text(column: str) -> str:
    """The same in SQLite, where any cell may be a double: 12.0 is 12."""
    whole, most = f"CAST({column} AS INTEGER)", EXACT[pa.float64()]
    is_whole = f"typeof({column}) = 'real' AND abs({column}) < {most} AND {column} = {whole}"
    return _text(f"CASE WHEN {is_whole} THEN {whole} ELSE {column} END")
