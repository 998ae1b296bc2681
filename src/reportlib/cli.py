"""The command line: thin, each command one call; every Make target stands on it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reportlib.errors import ReportError
from reportlib.project import NOTEBOOKS, OUTPUTS, ROOT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Reproducible reporting on race equality in prisons and probation.",
)
ParamsFile = Annotated[Path, typer.Argument(help="Parameter file; `reportlib parameters` lists what it may hold.")]
console = Console(highlight=False)
problems = Console(stderr=True, highlight=False)


@contextmanager
def user_errors() -> Iterator[None]:
    """Show what the user can mend without a traceback, and exit with code 2; 130 for Ctrl-C."""
    from reportlib.inputs.findings import listing

    try:
        yield
    except ReportError as error:
        problems.print(str(error.args[0]), style="bold red", markup=False, soft_wrap=True)
        problems.print(listing(error.findings), markup=False, soft_wrap=True) if error.findings else None
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        problems.print("Stopped. The last complete report is as it was.", markup=False)
        raise typer.Exit(130) from None


@app.command()
def report(params: ParamsFile, outputs: Annotated[Path, typer.Option(help="Where runs are kept.")] = OUTPUTS) -> None:
    """Make the report: HTML, PDF and the tables behind them."""
    with user_errors():
        from reportlib import facts
        from reportlib.build.report import report as make
        from reportlib.params import load
        from reportlib.register import disproportionate, read_responses, responses_file, write_responses
        from reportlib.words import counted

        begin = time.monotonic()
        with console.status("starting") as status:
            loaded, answers = load(params), responses_file(params)
            given = read_responses(answers)
            run = make(
                loaded,
                given,
                outputs,
                stage=lambda name: _stage(status, name),
                tell=lambda chapter, what, seconds: _told(chapter, what, seconds),
            )
        for name, seconds in run.seconds.items():
            console.print(f"  {seconds:6.1f} s  {name}")
        console.print(f"  {time.monotonic() - begin:6.1f} s  in all")
        if warnings := len([finding for finding in run.findings if finding.level == "warning"]):
            console.print(f"{counted(warnings, 'warning')} about the inputs: see the chapter on methods and quality.")
        open_ = disproportionate(facts.read([run.folder / "facts.jsonl"]), loaded.pooled_label)
        if open_:
            write_responses(answers, given, open_)
            console.print(f"Disproportionate: {counted(len(open_), 'comparison')}. Answers: {os.path.relpath(answers)}")
        if not run.new:
            console.print("Nothing has changed since this report was made.")
        for path in (run.html, run.pdf):
            console.print(f"{os.path.relpath(path)}", style="bold", soft_wrap=True)


def _stage(status: object, name: str) -> None:
    status.update(name)  # type: ignore[attr-defined]
    console.print(f"{name} …")


def _told(chapter: str, what: str, seconds: float) -> None:
    if what != "started":
        console.print(f"  {chapter}: {what}" + (f", {seconds:.1f} s" if seconds else ""))


@app.command("facts")
def facts_only(
    params: ParamsFile, to: Annotated[Path, typer.Option(help="Folder for facts.jsonl and run.json.")]
) -> None:
    """Work out every figure of a report and render none of it; `reportlib compare` re-runs this."""
    with user_errors():
        import shutil

        from reportlib import facts
        from reportlib.build.report import prepared
        from reportlib.params import load

        with prepared(load(params), to) as handoff:
            shutil.copy(handoff / "run.json", to / "run.json")
            facts.write(facts.read(sorted((handoff / "facts").glob("*.jsonl"))), to / "facts.jsonl")


@app.command("check-data")
def check_data(params: ParamsFile) -> None:
    """Check the extracts against their contracts, and stop there."""
    with user_errors():
        from reportlib.build.report import checked_inputs, scratch
        from reportlib.inputs.findings import listing
        from reportlib.inputs.findings import report as page
        from reportlib.params import load

        loaded = load(params)
        place = OUTPUTS / "check-data.html"
        with scratch(OUTPUTS / loaded.reporting_year / loaded.edition) as work:
            try:
                sources, findings = checked_inputs(loaded, work)
            except ReportError as error:
                place.write_text(page(error.findings), encoding="utf-8")
                problems.print(f"The same as a page: {os.path.relpath(place)}", soft_wrap=True)
                raise
        place.write_text(page(findings), encoding="utf-8")
        for source in sources.values():
            console.print(f"{source.name}: {source.rows:,} rows, {source.status}")
        if findings:
            console.print(listing(findings), markup=False, soft_wrap=True)
        console.print(f"No errors. As a page: {os.path.relpath(place)}", soft_wrap=True)


@app.command("demo-data")
def demo_data(
    folder: Annotated[Path, typer.Option(help="Where the extracts are written.")] = ROOT / "data" / "demo",
    seed: Annotated[int, typer.Option(help="The same seed gives the same extracts.")] = 1,
    scale: Annotated[float, typer.Option(help="Size, 1 being that of the real service.")] = 1.0,
) -> None:
    """Write the synthetic extracts."""
    with user_errors():
        from reportlib.inputs import demo

        demo.write(folder, seed, scale)
        console.print(f"Synthetic extracts are in {os.path.relpath(folder)}", soft_wrap=True)


@app.command()
def parameters() -> None:
    """List every parameter, its default and what it means."""
    from rich.markdown import Markdown

    from reportlib.params import parameters_page

    console.print(Markdown(parameters_page()))


@app.command()
def lab(params: ParamsFile) -> None:
    """Open the notebooks in JupyterLab on freshly prepared counts."""
    with user_errors():
        from reportlib.build.report import prepared
        from reportlib.kernels import warm
        from reportlib.params import load

        with prepared(load(params)) as handoff:
            environment = os.environ | {"REPORTLIB_WORK": str(handoff)} | warm.ENVIRONMENT
            subprocess.run([sys.executable, "-m", "jupyterlab", str(NOTEBOOKS)], env=environment, check=False)
