"""Chapters run by papermill, side by side, each in a kernel of its own; those that would come out the same do not."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import psutil

from reportlib.build.cache import Cache, key
from reportlib.build.plan import ChapterPlan
from reportlib.errors import Finding, ReportError
from reportlib.gates.notebooks import stripped
from reportlib.handoff import Handoff
from reportlib.kernels import warm
from reportlib.project import library_digest

logger = logging.getLogger(__name__)
Tell = Callable[[str, str, float], None]  # chapter, what happened, seconds
Told = tuple[str, float]


def execute(
    chapters: Sequence[ChapterPlan],
    parameters: dict[str, Any],
    handoff: Path,
    out: Path,
    tell: Tell,
    cache: Cache | None = None,
    cores: int | None = None,
) -> list[Path]:
    """Run every chapter, those that read the others' facts last; what the cache holds is taken from there.

    `parameters` go into each notebook's parameters cell, checked against the schema before. `handoff` is the folder of
    protected counts, `out` where the executed notebooks go, under their own names. `cores` is how many the chapters may
    use; without it, all. Returns the executed notebooks in the order of the chapters. Raises ReportError naming
    chapter, cell and error of everything that failed; the notebooks stay in `out` as far as they came.
    """
    import_module("matplotlib.font_manager")  # lists the fonts for a new user, and says so: here, not in a notebook
    out.mkdir(parents=True, exist_ok=True)
    with _environment(REPORTLIB_WORK=str(handoff), PYDEVD_DISABLE_FILE_VALIDATION="1", **warm.ENVIRONMENT):
        for last in (False, True):
            run = partial(_run, parameters=parameters, handoff=handoff, out=out, cache=cache)
            _side_by_side([c for c in chapters if c.reads_facts == last], run, out, tell, cores)
    return [out / chapter.path.name for chapter in chapters]


def _side_by_side(
    chapters: Iterable[ChapterPlan], run: Callable[[ChapterPlan], Told], out: Path, tell: Tell, cores: int | None
) -> None:
    findings: list[Finding] = []
    with ThreadPoolExecutor(1 + (cores or os.cpu_count() or 1)) as pool:  # one more, since a kernel waits at times
        running: dict[Future[Told], ChapterPlan] = {}
        for chapter in sorted(chapters, key=lambda chapter: -len(chapter.tables)):  # the longest first
            running[pool.submit(run, chapter)] = chapter
            tell(chapter.name, "started", 0.0)
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    chapter = running.pop(future)
                    if failure := future.exception():
                        findings.append(_failure(chapter, failure, out))
                        tell(chapter.name, "failed", 0.0)
                    else:
                        tell(chapter.name, *future.result())
        except BaseException:
            logging.getLogger("papermill").disabled = True  # it would tell of every kernel that is ended here
            pool.shutdown(wait=False, cancel_futures=True)
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            raise
    if findings:
        raise ReportError("Some chapters failed:", sorted(findings, key=str))


def _run(chapter: ChapterPlan, parameters: dict[str, Any], handoff: Path, out: Path, cache: Cache | None) -> Told:
    """One chapter's executed notebook and facts, from the cache or from a kernel."""
    start = time.monotonic()
    left = {"notebook": out / chapter.path.name, "facts": handoff / "facts" / f"{chapter.name}.jsonl"}
    name = _key(chapter, parameters, handoff) if cache else ""
    if cache and (held := cache.fetch(name)):
        for what, content in held.items():
            left[what].write_bytes(content)
        return "unchanged", 0.0
    _in_kernel(chapter, parameters, left["notebook"])
    if (chapter.tables or chapter.published) and not left["facts"].exists():
        raise ReportError("its figures are no facts yet: end it with a cell `chapter.close()`")
    if cache:
        cache.keep(name, {what: path.read_bytes() for what, path in left.items() if path.exists()})
    return "done", time.monotonic() - start


def _key(chapter: ChapterPlan, parameters: dict[str, Any], handoff: Path) -> str:
    """The digest of all that a chapter follows from: notebook, parameters, what it reads, code and packages."""
    read = [handoff / place / f"{spec.id}.parquet" for spec in chapter.tables for place in ("counts", "estimates")]
    if chapter.reads_facts:
        read += sorted((handoff / "facts").glob("*.jsonl"))
    told = (parameters, Handoff(handoff).part(chapter.name), library_digest(), sys.version)
    files = (path.read_bytes() if path.exists() else b"" for path in (chapter.path, *read))
    return key(json.dumps(told, sort_keys=True), *files)


def _in_kernel(chapter: ChapterPlan, parameters: dict[str, Any], out: Path) -> None:
    """Run one chapter and write it without a trace of when, where or how fast."""
    from papermill import execute_notebook

    executed = execute_notebook(
        *(str(path).replace("{", "{{").replace("}", "}}") for path in (chapter.path, out)),  # papermill formats them
        parameters,
        progress_bar=False,
        request_save_on_cell_execute=False,  # writing it after every cell took as long as half of the cells
        autosave_cell_every=0,
        kernel_name="python3",
        extra_arguments=["--log-level=CRITICAL"],  # it speaks of unencrypted loopback, and of being stopped
    )
    nbformat.write(stripped(executed), out)


def _failure(chapter: ChapterPlan, failure: BaseException, out: Path) -> Finding:
    """Which chapter and cell failed and with what, in one line."""
    from papermill.exceptions import PapermillExecutionError

    if isinstance(failure, ReportError):
        return Finding(str(failure), chapter.path.name)
    if not isinstance(failure, PapermillExecutionError):
        logger.error("The chapter %s could not be run", chapter.name, exc_info=failure)
        return Finding(f"{type(failure).__name__}: {failure}", chapter.path.name)
    held = nbformat.read(out / chapter.path.name, as_version=4)
    failed = [cell["id"] for cell in held.cells if any(o.output_type == "error" for o in cell.get("outputs", []))]
    where = failed[0] if failed else f"number {failure.cell_index}"
    return Finding(f"cell {where}: {failure.ename}: {failure.evalue}", chapter.path.name)


_one_at_a_time = threading.Lock()  # a process has one environment: no edition may be given another's counts


@contextlib.contextmanager
def _environment(**values: str) -> Any:
    """Environment variables that the kernels inherit, put back afterwards."""
    with _one_at_a_time:
        before = {name: os.environ.get(name) for name in values}
        os.environ.update(values)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
