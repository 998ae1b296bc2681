"""Editions made side by side on this machine, each in a process of a few that stay warm; one that dies is replaced."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process

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
        running: dict[Future[ReportError | None], tuple[Job, ProcessPoolExecutor]] = {}
        tries: Counter[str] = Counter()
        idle: list[ProcessPoolExecutor] = []  # of one process each, so that it is known which edition it died of
        again: list[Job] = []
        job = next(jobs, None)
        try:
            while job or running:
                if job and len(running) < size:
                    own = idle.pop() if idle else ProcessPoolExecutor(1, get_context("spawn"), _begin)
                    try:
                        running[own.submit(make_alone, job)] = job, own
                    except BrokenProcessPool:  # it died while it had nothing to do: the next is tried
                        continue
                    tries[job.edition.name] += 1
                    began(job)
                    job = again.pop() if again else next(jobs, None)  # prepared while others are made
                    continue
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    made, own = running.pop(future)
                    if not isinstance(future.exception(), BrokenProcessPool):
                        idle.append(own)
                        yield made, future.result()
                    elif tries[made.edition.name] < TRIES:
                        again.append(made)
                    else:
                        yield made, ReportError(f"The process that made it died {TRIES} times; is there memory enough?")
                job = job or (again.pop() if again else None)
        finally:
            while left := active_children():  # one that was beginning is among them a moment later
                for process in left:
                    process.kill()
                    process.join()

    return make


def _begin() -> None:
    """What a process does before it makes any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that gives out the work
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm.start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
    os._exit(1)
