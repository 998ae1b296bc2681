"""How fast is the report? Its stages, and its chapters against papermill and nbconvert one after the other.

Run by `make bench`; writes its section of docs/benchmark.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import nbformat
from _extracts import demo_params
from _page import table, write_section

from reportlib.build.execute import execute
from reportlib.build.plan import ChapterPlan, plan
from reportlib.build.report import prepared, rendered, report
from reportlib.params import Params
from reportlib.project import NOTEBOOKS

BIN = Path(sys.executable).parent


def seconds(action: Callable[[], object]) -> float:
    """How long something took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def ordered(params: Params) -> list[ChapterPlan]:
    """The chapters as one who runs them by hand must: those that read the others' facts last."""
    return sorted(plan(NOTEBOOKS, params.grouping, params.chapters), key=lambda chapter: chapter.reads_facts)


def naive(params: Params, handoff: Path, out: Path) -> None:
    """The command lines of papermill and nbconvert, one notebook after the other."""
    environment = os.environ | {"REPORTLIB_WORK": str(handoff)}
    for chapter in ordered(params):
        made = out / chapter.path.name
        given = ["-y", json.dumps(params.analysis()), "-k", "python3", "--no-progress-bar"]
        commands: tuple[list[str | Path], ...] = (
            [BIN / "papermill", chapter.path, made, *given],
            [BIN / "jupyter", "nbconvert", "--to", "html", made],
        )
        for command in commands:
            subprocess.run(command, env=environment, check=True, capture_output=True)


def ours(params: Params, handoff: Path, out: Path) -> None:
    """The build's own way, in a Python of its own: chapters side by side, then every finished file."""
    (out / "params.json").write_text(params.model_dump_json(), encoding="utf-8")
    subprocess.run([sys.executable, __file__, "--ours", handoff, out], check=True, capture_output=True)


def build(handoff: Path, out: Path) -> None:
    """Execute and render; called in the Python that `ours` starts."""
    params = Params.model_validate_json((out / "params.json").read_text(encoding="utf-8"))
    chapters = plan(NOTEBOOKS, params.grouping, params.chapters)
    notebooks = execute(chapters, params.analysis(), handoff, out, lambda *told: None)
    run = json.loads((handoff / "run.json").read_text(encoding="utf-8"))
    for name, content in rendered(params, [nbformat.read(path, as_version=4) for path in notebooks], run).items():
        (out / Path(name).name).write_bytes(content)


def rounds(params: Params, number: int, work: Path) -> list[tuple[float, float]]:
    """Seconds of the naive way and of ours on the same prepared counts, in turns."""
    pairs = []
    with prepared(params, work / "outputs") as handoff:
        for turn in range(number):
            times = []
            for way in (naive, ours):
                out = work / f"{way.__name__}-{turn}"
                out.mkdir()
                times.append(seconds(partial(way, params, handoff, out)))
            pairs.append((times[0], times[1]))
    return pairs


def formats(params: Params, made: Path) -> dict[str, float]:
    """Seconds to write the HTML and the PDF of the executed notebooks in `made`, imports left out."""
    from reportlib.build.page import Page
    from reportlib.build.pdf import pdf_report
    from reportlib.build.render import html_report

    chapters = plan(NOTEBOOKS, params.grouping, params.chapters)
    notebooks = [nbformat.read(made / chapter.path.name, as_version=4) for chapter in chapters]
    page = Page(
        title=params.title, year=params.reporting_year, edition=params.made.title, authors=params.authors,
        publication_date=params.publication_date, status=("synthetic",), draft=True, disclosure_off="",
    )  # fmt: skip
    return {
        "HTML": seconds(lambda: html_report(notebooks, page)),
        "PDF": seconds(lambda: pdf_report(notebooks, page)),
    }


def main() -> int:
    """Print and write the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="turns of the comparison")
    parser.add_argument("--ours", nargs=2, type=Path, metavar=("HANDOFF", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ours:
        build(*given.ours)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        params = demo_params(work / "demo")
        stages = report(params, {}, work / "outputs").seconds
        pairs = rounds(params, given.rounds, work)
        written = formats(params, work / "ours-0")
    text = page(stages, pairs, written)
    write_section("Speed", text)
    print(text)
    return 0


def page(stages: dict[str, float], pairs: list[tuple[float, float]], written: dict[str, float]) -> str:
    """The section of the docs."""
    in_all = {"in all": sum(stages.values())}
    by_stage = table(["stage", "seconds"], [[name, f"{took:.1f}"] for name, took in {**stages, **in_all}.items()])
    turns = [[str(turn), f"{a:.1f}", f"{b:.1f}", f"{a / b:.1f}"] for turn, (a, b) in enumerate(pairs, start=1)]
    middle = f"{median(a / b for a, b in pairs):.1f}"
    heads = ["round", "papermill and nbconvert, one by one", "the build", "ratio"]
    return f"""The default report on the demo extracts, with {os.cpu_count()} processors. The seconds are those of one
machine, and shared; only ratios carry over.

{by_stage}

To write the executed chapters as HTML takes {written["HTML"]:.1f} s, as PDF {written["PDF"]:.1f} s.

The chapters from the same prepared counts, in turns: the command lines `papermill` and `jupyter nbconvert --to html`,
one notebook after the other, against the build, which runs them side by side and writes HTML, PDF and spreadsheets.
The median ratio is {middle}.

{table(heads, turns)}
"""


if __name__ == "__main__":
    sys.exit(main())
