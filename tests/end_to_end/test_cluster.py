"""Editions made by a dask scheduler and workers that run in processes of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pytest
from small_report import DEATHS, Project, project, short_chapter

from reportlib.build import basis
from reportlib.build.cache import contents
from reportlib.build.cluster import cluster
from reportlib.build.pool import pool
from reportlib.editions import NATIONAL, Edition, standard
from reportlib.errors import ReportError
from reportlib.project import CODE, LOCK, ROOT

pytestmark = pytest.mark.full
EDITIONS = int(os.environ.get("REPORTLIB_EDITIONS", "12"))
PATIENCE = 60.0  # seconds for workers to appear
DASK = "from distributed.cli.dask_{what} import main; main()"
# Python without the project: what `.pth` files lead to is not there.
BARE = "import sys; sys.path += {path!r}; " + DASK.format(what="worker")


class Scheduler:
    """A scheduler on a free port of this machine, and its workers, each one process."""

    def __init__(self, ends: ExitStack, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address, self.ends, self.folder = f"tcp://127.0.0.1:{port}", ends, folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self._start(DASK.format(what="scheduler"), "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")

    def worker(self, code: str = DASK.format(what="worker"), *flags: str, **environment: str) -> None:
        """Start a worker and wait until the scheduler knows it."""
        local = ("--local-directory", str(self.folder), "--host", "127.0.0.1", "--no-dashboard")
        self.workers.append(
            self._start(code, self.address, "--nthreads", "1", "--no-nanny", *local, flags=flags, **environment)
        )
        from distributed import Client

        with Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=PATIENCE)

    def _start(
        self, code: str, *given: str, flags: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        with (self.folder / "dask.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, *flags, "-c", code, *given],
                env=os.environ | environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.ends.callback(started.wait)
        self.ends.callback(started.kill)
        return started


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    with ExitStack() as ends:
        yield Scheduler(ends, tmp_path)


@pytest.fixture
def small(tmp_path: Path, demo_data: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(basis, "NOTEBOOKS", short_chapter(tmp_path / "notebooks"))
    return project(tmp_path / "project", demo_data, DEATHS, pooled_years=1, trend_years=2)


def many(number: int) -> list[Edition]:
    """The standard editions, then parts of one region under titles of their own."""
    own = [
        Edition(name=f"london-{at}", title=f"London, version {at}", dimension="region", values=("London",))
        for at in range(number)
    ]
    return [*standard(), *own][:number]


def refused(address: str) -> str:
    with pytest.raises(ReportError) as raised:
        cluster(address, lambda job: None)
    return str(raised.value)


def test_editions_over_two_workers_one_of_them_killed_equal_those_of_this_machine(small, scheduler, tmp_path):
    editions = many(EDITIONS)
    scheduler.worker()
    scheduler.worker()
    done: list[str] = []

    def kill_one(edition: Edition, run: object) -> None:
        done.append(edition.name)
        if len(done) == EDITIONS // 4:  # each worker has two more to make
            scheduler.workers[0].kill()

    begin = time.monotonic()
    spread = small.editions(editions, cluster(scheduler.address, lambda job: None), kill_one)
    print(f"{len(editions)} editions, one of two workers killed: {time.monotonic() - begin:.0f} s")
    assert [run for run in spread.values() if isinstance(run, ReportError)] == []
    assert scheduler.workers[0].wait() == -9
    assert scheduler.workers[1].poll() is None
    here = Project(small.params, tmp_path / "here")
    begin = time.monotonic()
    here.editions(editions, pool(2, lambda job: None))
    print(f"{len(editions)} editions, two processes here: {time.monotonic() - begin:.0f} s")
    for edition in editions:
        ours, theirs = (contents(place.year / edition.name / "current") for place in (here, small))
        assert len(ours) > 10
        assert ours == theirs, edition.name
        assert contents(here.year / edition.name / "archive") == contents(small.year / edition.name / "archive")


def test_one_edition_that_cannot_be_made_does_not_stop_the_others(small, scheduler, tmp_path):
    """Its chapter fails on the worker, and what it left comes back to be looked at."""
    short_chapter(tmp_path / "notebooks", "assert chapter.edition != 'open'\n" + 'chapter.measure("deaths-by-place")')
    scheduler.worker()
    editions = [edition for edition in standard() if edition.name in ("national", "open")]
    runs = small.editions(editions, cluster(scheduler.address, lambda job: None))
    assert "AssertionError" in str(runs["open"])
    assert (small.year / "open" / "failed" / "notebooks").is_dir()


def test_no_scheduler_there_and_no_address_are_one_clear_error():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        assert refused(address).startswith(f"No dask scheduler answers at {address}: is it tcp://host:port")
    assert refused("nonsense").startswith("No dask scheduler answers at nonsense")
    assert refused("http://127.0.0.1:8786").startswith("No dask scheduler answers at http")


def test_a_scheduler_without_workers_is_refused(scheduler):
    assert "cannot make this report" in (said := refused(scheduler.address))
    assert "there are no workers" in said


def test_a_worker_without_the_project_is_refused(scheduler):
    paths = [path for path in sys.path if path.endswith("-packages")]
    scheduler.worker(BARE.format(path=paths), "-S")
    assert "reportlib is not installed there" in (said := refused(scheduler.address))
    assert "tcp://127.0.0.1" in said


def test_a_worker_with_other_code_is_refused(scheduler, tmp_path):
    """Its bytes would differ, or might: one changed line is enough."""
    other = tmp_path / "other"
    for name in (*CODE, LOCK):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, other / name)
    with (other / "src" / "reportlib" / "words.py").open("a", encoding="utf-8") as file:
        file.write("\n# another\n")
    scheduler.worker()
    scheduler.worker(PYTHONPATH=str(other / "src"))
    said = refused(scheduler.address)
    assert said.count("install the same commit and lock there") == 1
    assert "code is" in said


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "requirements-full.lock" in refused("tcp://127.0.0.1:8786")


def test_a_chapter_that_an_edition_leaves_out_is_left_out_by_a_worker_too(tmp_path, demo_data, scheduler, monkeypatch):
    """Probation, in an edition of a type of establishment."""
    notebooks = short_chapter(tmp_path / "notebooks")
    probation = nbformat.read(notebooks / "30-deaths.ipynb", as_version=4)
    for cell in probation.cells:
        cell.source = cell.source.replace("deaths-by-place", "completed").replace('("deaths"', '("probation"')
        cell.source = cell.source.replace("chapter.measure", "chapter.compare")
    table = {"id": "completed", "measure": "completed", "by": ["ethnicity"]}
    probation.metadata["reportlib"] = {"chapter": "probation", "tables": [table]}
    nbformat.write(probation, notebooks / "40-probation.ipynb")
    monkeypatch.setattr(basis, "NOTEBOOKS", notebooks)
    inputs = (*DEATHS, "probation_terminations")
    own = project(tmp_path / "project", demo_data, inputs, pooled_years=1, trend_years=2)
    scheduler.worker()
    editions = [NATIONAL, *(edition for edition in standard() if edition.name == "category-c")]
    made = own.editions(editions, cluster(scheduler.address, lambda job: None))
    assert [run for run in made.values() if isinstance(run, ReportError)] == []
    pages = {
        edition.name: {path.stem for path in (own.year / edition.name / "current" / "chapters").glob("*.html")}
        for edition in editions
    }
    assert pages["national"] - pages["category-c"] == {"probation"}
