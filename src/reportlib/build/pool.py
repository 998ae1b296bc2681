"""Editions made side by side on this machine, each in a process of a few that stay warm; one that dies is replaced."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from reportlib.build.report import Clock, Job, Made, Maker, make_edition
from reportlib.errors import Finding, ReportError
from reportlib.kernels import warm

logger = logging.getLogger(__name__)
TRIES = 2  # an edition whose process died twice is given up, as its own fault


def make_alone(job: Job) -> ReportError | None:
    """Make one edition, its chapters one after the other; whatever goes wrong is returned, not raised."""
    try:
        make_edition(job, Clock(lambda stage: None), lambda *told: None, cores=1)
    except ReportError as error:
        return error
    except Exception as error:  # the other editions go on
        logger.exception("The edition %s could not be made", job.edition.name)
        return ReportError("The edition could not be made.", [Finding(f"{type(error).__name__}: {error}")])
    return None


def pool(size: int, began: Callable[[Job], None]) -> Maker:
    """Makes so many editions at once, telling as each begins."""

    def make(jobs: Iterator[Job]) -> Iterator[Made]:
        waiting: deque[Job] = deque()
        tries: Counter[str] = Counter()
        workers: list[_Worker] = []
        more = True
        try:
            while more or waiting or any(worker.job for worker in workers):
                if more and len(waiting) < size:  # one is prepared while others are made
                    job = next(jobs, None)
                    more = job is not None
                    waiting += [job] if job else []
                idle = next((worker for worker in workers if not worker.job), None)
                if waiting and (idle or len(workers) < size):
                    if idle is None:
                        workers.append(idle := _Worker())
                    job = waiting.popleft()
                    tries[job.edition.name] += 1
                    idle.give(job)
                    began(job)
                    continue
                busy = {worker.link: worker for worker in workers if worker.job}
                for link in wait(busy, timeout=0 if more and len(waiting) < size else None):
                    worker = busy[link]  # type: ignore[index]
                    job, error, alive = worker.take()
                    if alive:
                        yield job, error
                        continue
                    workers.remove(worker)
                    if tries[job.edition.name] < TRIES:
                        waiting.appendleft(job)
                    else:
                        yield job, ReportError(f"The process that made it died {TRIES} times; is there memory enough?")
        finally:
            for worker in workers:
                worker.end()

    return make


class _Worker:
    """A process that makes one edition after the other."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.link, theirs = context.Pipe()
        self.job: Job | None = None
        self.process: BaseProcess = context.Process(target=_work, args=(theirs,), daemon=False)
        self.process.start()
        theirs.close()

    def give(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(OSError):  # a process that is gone is noticed when its answer is taken
            self.link.send(job)

    def take(self) -> tuple[Job, ReportError | None, bool]:
        """The job, what went wrong with it, and whether the process still lives."""
        job, self.job = self.job, None
        assert job
        try:
            return job, self.link.recv(), True
        except (EOFError, OSError):
            self.end()
            return job, None, False

    def end(self) -> None:
        self.link.close()
        self.process.kill() if self.job else None
        self.process.join()


def _work(link: Connection) -> None:
    """Make what is sent until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives out the work
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm.start()
    with contextlib.suppress(EOFError):
        while True:
            link.send(make_alone(link.recv()))


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
    os._exit(1)
