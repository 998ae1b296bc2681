"""The ways in which the build makes chapters, each run in a Python of its own: `_ways.py WAY HANDOFF OUT`.

OUT holds the parameters; the seconds of each step are printed. Imports stand where they are used, since a run has its
kernels' parent started before it does any other.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportlib.kernels import warm

if TYPE_CHECKING:
    from reportlib.build.plan import ChapterPlan
    from reportlib.params import Params

Seconds = dict[str, float]
Way = Callable[["Params", Path, Path], Seconds]


def timed(actions: Iterable[tuple[str, Callable[[], object]]]) -> Seconds:
    """How long each step took."""
    found = {}
    for name, action in actions:
        start = time.perf_counter()
        action()
        found[name] = time.perf_counter() - start
    return found


def chapters_of(params: Params) -> list[ChapterPlan]:
    """The chapters as one who runs them by hand must: those that read the others' facts last."""
    from reportlib.build.plan import plan
    from reportlib.project import NOTEBOOKS

    return sorted(plan(NOTEBOOKS, params.grouping, params.chapters), key=lambda chapter: chapter.reads_facts)


def ours(params: Params, handoff: Path, out: Path, cores: int | None = None) -> Seconds:
    """Execute, so many chapters side by side, then write HTML and PDF, as the build does it."""
    warm.start()
    import nbformat

    from reportlib.build.execute import execute
    from reportlib.build.page import Page
    from reportlib.build.pdf import pdf_report
    from reportlib.build.plan import plan
    from reportlib.build.render import html_report
    from reportlib.gates.statement import statement
    from reportlib.project import NOTEBOOKS

    chapters = plan(NOTEBOOKS, params.grouping, params.chapters)
    page = Page.of(params, params.title, params.made.title)

    every: list[Any] = []

    def html() -> None:
        every.extend(nbformat.read(out / chapter.path.name, as_version=4) for chapter in chapters)
        every.append(statement())
        (out / "report.html").write_text(html_report(every, page), encoding="utf-8")

    return timed(
        [
            ("execution", lambda: execute(chapters, params.analysis(), handoff, out, lambda *told: None, cores=cores)),
            ("HTML", html),
            ("PDF", lambda: (out / "report.pdf").write_bytes(pdf_report(every, page))),
        ]
    )


def in_kernels(params: Params, handoff: Path, out: Path) -> Seconds:
    """CPU seconds of the chapters' cells in ordinary kernels of their own, from when all imports are done."""
    os.environ["REPORTLIB_WORK"] = str(handoff)
    import nbformat
    from nbformat.v4 import new_code_cell
    from papermill import execute_notebook

    from reportlib.kernels.parent import IMPORTED

    begin = f"import time\nimport {', '.join(IMPORTED)}, reportlib.chapter\n_began = time.process_time()"
    found = {}
    for chapter in chapters_of(params):
        notebook, path = nbformat.read(chapter.path, as_version=4), str(out / chapter.path.name)
        notebook.cells = [new_code_cell(begin), *notebook.cells, new_code_cell("print(time.process_time() - _began)")]
        nbformat.write(notebook, path)
        done = execute_notebook(path, path, params.analysis(), progress_bar=False, kernel_name="python3")
        found[chapter.name] = float(done.cells[-1].outputs[0].text)
    return found


def own_work(params: Params, handoff: Path, out: Path) -> Seconds:
    """CPU seconds of the chapters' cells alone, one after the other in one Python that has its imports done."""
    os.environ |= {"REPORTLIB_WORK": str(handoff), "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    import nbformat
    import seaborn  # noqa: F401
    import statsmodels.api  # noqa: F401
    from IPython.core.interactiveshell import InteractiveShell

    import reportlib.chapter  # noqa: F401

    shell, found = InteractiveShell.instance(), {}
    for chapter in chapters_of(params):
        cells = [cell for cell in nbformat.read(chapter.path, as_version=4).cells if cell.cell_type == "code"]
        shell.reset()
        shell.push(params.analysis())
        start = time.process_time()
        for cell in cells:
            if "parameters" not in cell.metadata.get("tags", []):
                shell.run_cell(cell.source, silent=True).raise_error()
        found[chapter.name] = time.process_time() - start
    return found


def abreast(params: Params, handoffs: Path, out: Path) -> Seconds:
    """Make the chapters of every edition, as many editions at once as there are processors, and nothing else."""
    jobs = [(params.of(edition), handoffs / edition.name, out / edition.name, 1) for edition in params.editions]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as processes:
        list(processes.map(ours, *zip(*jobs, strict=True)))
    return {}


def several(params: Params, handoff: Path, out: Path) -> Seconds:
    """Make every edition of the parameters, as `make editions` does."""
    from reportlib.build.pool import pool
    from reportlib.build.report import Clock, Request, produce

    clock, failed = Clock(lambda stage: None), []
    made = produce(Request(params, params.editions, {}, out), clock, pool(os.cpu_count() or 1, lambda job: None))
    failed = [str(run) for run in made if isinstance(run, Exception)]
    if failed:
        raise SystemExit("\n".join(failed))
    return clock.seconds


WAYS = {way.__name__: way for way in (ours, in_kernels, own_work, abreast, several)}


def main(way: Way, handoff: Path, out: Path) -> None:
    """Run one of the ways, and print its seconds."""
    if way is ours:
        warm.start()
    from reportlib.params import Params

    params = Params.model_validate_json((out / "params.json").read_text(encoding="utf-8"))
    print(json.dumps(way(params, handoff, out)))


if __name__ == "__main__":
    main(WAYS[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3]))
