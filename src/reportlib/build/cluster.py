"""Editions made by the workers of a dask scheduler: counts that are protected go out, finished files come back.

Nothing is shared but the scheduler, so that a worker that is lost leaves nothing half done: its editions are
made again by another. What comes back is written as a local run is, first aside and then moved into its place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reportlib.build.cache import contents, place
from reportlib.build.plan import plan
from reportlib.build.pool import make_alone
from reportlib.build.report import Job, Made, Maker
from reportlib.errors import INSTALL_EXTRAS, Finding, ReportError
from reportlib.handoff import Handoff
from reportlib.kernels import warm
from reportlib.origin import environment
from reportlib.params import Params
from reportlib.project import code_digests
from reportlib.steady import settle

Files = Mapping[str, bytes]
PATIENCE = 10  # seconds for a scheduler to answer
AHEAD = 2  # editions that are prepared for each thread of the workers
INSTALLED = "__import__('importlib.util').util.find_spec('reportlib') is not None"


def cluster(address: str, began: Callable[[Job], None]) -> Maker:
    """Makes editions on the workers of the scheduler at the address.

    Raises ReportError where dask is not installed, no scheduler answers, or its workers cannot give the same bytes.
    """
    try:
        from distributed import Client, wait
    except ImportError:
        raise ReportError(f"Editions on a cluster need dask, which is not installed here: {INSTALL_EXTRAS}") from None
    try:
        client = Client(address, timeout=PATIENCE)  # the default one: `wait` asks for it
    except (OSError, ValueError):
        raise ReportError(f"No dask scheduler answers at {address}: is it tcp://host:port, and running?") from None
    try:
        _check(client, address)
    except ReportError:
        client.close()
        raise

    def make(jobs: Iterator[Job]) -> Iterator[Made]:
        running: dict[Any, Job] = {}
        more = True
        with client:
            while more or running:
                while more and len(running) < AHEAD * max(1, sum(client.nthreads().values())):
                    job = next(jobs, None)
                    more = job is not None
                    if job:
                        key = f"{job.edition.name}-{job.home.name}"
                        running[client.submit(_make, _needed(job), job.params, job.origin, key=key, pure=False)] = job
                        began(job)
                if running:
                    for future in wait(list(running), return_when="FIRST_COMPLETED").done:
                        job = running.pop(future)
                        yield job, _received(future, job.made)

    return make


def _check(client: Any, address: str) -> None:
    """Refuse workers that lack the project, or whose code or packages would give other bytes."""
    ours = _held()
    there = client.run(eval, INSTALLED)
    lacking = [worker for worker, installed in there.items() if not installed]
    findings = [Finding("reportlib is not installed there; install the project from this commit", w) for w in lacking]
    held = client.run(_held, workers=[worker for worker in there if worker not in lacking]) if not lacking else {}
    for worker, theirs in sorted(held.items()):
        differ = [f"{name} is {theirs[name]}, here {ours[name]}" for name in sorted(ours.keys() & theirs.keys())
                  if theirs[name] != ours[name]]  # fmt: skip
        findings += [Finding(f"{told}; install the same commit and lock there", worker) for told in differ[:1]]
    if findings or not there:
        raise ReportError(
            f"The workers of {address} cannot make this report:", findings or [Finding("there are no workers")]
        )


def _held() -> dict[str, str]:
    """What the bytes of a report depend on: code, lock, Python and packages."""
    told = environment()
    return {**code_digests(), "Python": told["python"], **told["packages"]}


def _make(sent: Files, params: Params, origin: Mapping[str, Any]) -> tuple[ReportError | None, Files]:
    """On a worker: make one edition of what was sent; what went wrong, and the files of the run."""
    settle()
    warm.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place(sent, folder)
        planned, kept = plan(folder / "notebooks", params.grouping, params.chapters), Handoff(folder / "handoff").run
        chapters = [chapter for chapter in planned if chapter.name in kept["chapters"]]
        job = Job(params, chapters, origin, folder / "handoff", folder / "made", folder / "made")
        return make_alone(job), contents(job.made)


def _needed(job: Job) -> Files:
    """What a worker needs of a job: its notebooks, and the counts that they read."""
    parts = {"notebooks": job.chapters[0].path.parent, "handoff": job.handoff}
    return {f"{part}/{name}": held for part, folder in parts.items() for name, held in contents(folder).items()}


def _received(future: Any, made: Path) -> ReportError | None:
    """Write what a worker gave back, and say what went wrong."""
    from distributed import KilledWorker

    try:
        error, files = future.result()
    except KilledWorker:
        return ReportError("Each worker that tried to make it died; do the workers have memory enough?")
    except Exception as lost:  # whatever a cluster may meet; the other editions go on
        return ReportError(f"It was lost on the cluster ({type(lost).__name__}).")
    place(files, made)
    return error  # type: ignore[no-any-return]
