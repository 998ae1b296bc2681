"""The command line: thin, each command one call; every Make target stands on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from reportlib.errors import Finding, ReportError, visible
from reportlib.project import OUTPUTS, ROOT
from reportlib.steady import settle

if TYPE_CHECKING:
    from reportlib.archive.signoff import Review
    from reportlib.params import Params

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    epilog="`reportlib parameters` lists what a parameter file may hold.",
)
ParamsFile = Annotated[Path, typer.Argument(help="Parameter file; `reportlib parameters` lists what it may hold.")]
Outputs = Annotated[Path, typer.Option(help="Where runs are kept.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Use nothing of what was made before.")]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run, such as outputs/2024-25/national/current.")]
Signers = Annotated[Path, typer.Option(help="Who may sign: names and public keys, as OpenSSH's allowed_signers.")]
Key = Annotated[Path, typer.Option(help="Your SSH key; a public one if the agent holds its other half.")]
By = Annotated[str, typer.Option(prompt="Your name", help="Your name; nothing else of you is kept.")]
LastRun = Annotated[Path | None, typer.Option(help="Folder of a run; without it, the last year's current one.")]
SIGNERS = ROOT / "params" / "allowed_signers"


class _Screen(Console):
    """A console on which nothing that is printed acts, whatever file it is from."""

    def print(self, *told: Any, **how: Any) -> None:
        super().print(*(visible(one) if isinstance(one, str) else one for one in told), **how)


console = _Screen(highlight=False, markup=False, soft_wrap=True)
problems = _Screen(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def user_errors() -> Iterator[None]:
    """Show what the user can mend without a traceback, and exit with code 2; 130 for Ctrl-C."""
    try:
        yield
    except ReportError as error:
        _problem(error)
        raise typer.Exit(2) from None
    except OSError as error:
        if not error.filename:
            raise
        problems.print(f"{error.filename}: {error.strerror}. Choose another place.", style="bold red")
        raise typer.Exit(2) from None
    except (KeyboardInterrupt, RuntimeError) as error:
        if not isinstance(error.__cause__ or error, KeyboardInterrupt):  # DuckDB makes an error of it
            raise
        problems.print("Stopped. The last complete report is as it was.")
        raise typer.Exit(130) from None


def _problem(error: ReportError) -> None:
    from reportlib.inputs.findings import listing

    problems.print(str(error.args[0]), style="bold red")
    if error.findings:
        problems.print(listing(error.findings))


@app.callback()
def settled() -> None:
    """Reproducible reporting on race equality in prisons and probation."""
    settle()
    for number in (signal.SIGTERM, signal.SIGHUP):  # end as Ctrl-C does: nothing half made is left, nor a process
        signal.signal(number, lambda given, _: sys.exit(128 + given))
    _end_with_make()


@app.command()
def report(params: ParamsFile, outputs: Outputs = OUTPUTS, fresh: Fresh = False) -> None:
    """Make the report: HTML, PDF and the tables behind them."""
    begin = time.monotonic()
    with user_errors():
        from reportlib import facts
        from reportlib.build.report import report as make
        from reportlib.responses import asked, disproportionate
        from reportlib.results import Results
        from reportlib.words import counted

        with console.status("starting") as status:
            loaded, given = _given(params)
            run = make(loaded, given, outputs, lambda name: _stage(status, name), _told, fresh)
        _stages(run.seconds, begin)
        if warnings := len([finding for finding in run.findings if finding.level == "warning"]):
            command = f"make check-data PARAMS={os.path.relpath(params)}"
            console.print(f"{counted(warnings, 'warning')} about the inputs: `{command}` names the rows.")
        held = facts.read([run.folder / "facts.jsonl"])
        told = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
        if lacking := Results.of(held, told, loaded.analysis()).unavailable:
            console.print(f"Not available [x]: {lacking}")
        found = disproportionate(held, loaded.pooled_label)
        for line in asked(params, loaded.edition, given, found):
            console.print(line)
        if fresh and not run.new:
            console.print("Made afresh, every file is the same as before.")
        elif not run.new:
            console.print("Nothing has changed since this report was made.")
        for name in ("report.html", "report.pdf"):
            console.print(os.path.relpath(run.folder / name), style="bold")
        for line in _next(loaded, run.folder, answered={*found} <= {*given}):
            console.print(line)


@app.command()
def editions(
    params: ParamsFile,
    outputs: Outputs = OUTPUTS,
    fresh: Fresh = False,
    scheduler: Annotated[str, typer.Option(help="Address of a dask scheduler, such as tcp://10.0.0.1:8786.")] = "",
) -> None:
    """Make the report of the whole, of each region and type of establishment, and of each list of your own."""
    with user_errors():
        from reportlib import facts
        from reportlib.build.index import check_made, write_index
        from reportlib.build.pool import pool
        from reportlib.build.report import Clock, Request, produce
        from reportlib.following import Following
        from reportlib.params import load_editions
        from reportlib.responses import disproportionate, read_responses, responses_file, without_answer

        begin = time.monotonic()
        loaded = load_editions(params)
        answers = {edition.name: read_responses(responses_file(params, edition.name)) for edition in loaded.editions}
        following = Following(console, len(loaded.editions))
        with following.progress:
            if scheduler:
                from reportlib.build.cluster import cluster as spread

                maker = spread(scheduler, following.began)
            else:
                maker = pool(os.cpu_count() or 1, following.began)
            clock = Clock(following.stage)
            request = Request(loaded, loaded.editions, answers, outputs, fresh)
            made = produce(request, clock, maker, following.done, following.protected)
        _stages(clock.seconds, begin)
        runs = dict(zip(loaded.editions, made, strict=True))
        for edition, run in runs.items():
            if not isinstance(run, ReportError):
                found = disproportionate(facts.read([run.folder / "facts.jsonl"]), loaded.pooled_label)
                if {*found} - {*answers[edition.name]}:
                    told = without_answer(answers[edition.name], found)
                    console.print(f"{edition.name}, disproportionate: {told}.")
        index = write_index(loaded, runs, outputs / loaded.reporting_year)
        console.print(os.path.relpath(index), style="bold")
        check_made(runs)


def _given(file: Path) -> tuple[Params, dict[str, str]]:
    """The parameters, and the answers that stand beside them."""
    from reportlib.params import load
    from reportlib.responses import last_years, read_responses, responses_file

    loaded = load(file)
    answers = responses_file(file, loaded.edition)
    last_years(answers)  # what cannot be read is told before the report is made, and not after
    return loaded, read_responses(answers)


def _next(params: Params, run: Path, answered: bool) -> Iterator[str]:
    """What comes after a report is made, of one that can be signed and that nobody has given to review yet."""
    from reportlib.archive.remarks import log_of
    from reportlib.archive.runs import KeptRun

    made_up = any(spec.status == "synthetic" for spec in params.inputs.values())
    in_review = any(entry.kind == "review" for entry in log_of(KeptRun(run)).entries())
    if params.disclosure.on and not made_up and not in_review:
        if not answered:
            yield "Next, before a reviewer looks at it: write the answers that are missing, and run this again."
            return
        yield f"Next, for a reviewer to look at it: make review RUN={os.path.relpath(run)} KEY=<your SSH key>"


def _end_with_make() -> None:
    """Under make, end when make is killed rather than go on unseen; Linux can be asked for that."""
    if os.environ.pop("MAKELEVEL", "") and sys.platform == "linux":  # what this starts is not under make
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        if os.getpgid(os.getppid()) != os.getpgrp():  # too late: an orphan's parent is of another group
            raise SystemExit("make was killed, so this ends too.")


def _stages(seconds: Mapping[str, float], begin: float) -> None:
    """How long each stage took, and all of it."""
    for name, took in seconds.items():
        console.print(f"  {took:6.1f} s  {name}")
    console.print(f"  {time.monotonic() - begin:6.1f} s  in all")


def _stage(status: object, name: str) -> None:
    status.update(visible(name))  # type: ignore[attr-defined]
    console.print(f"{name} …")


def _told(chapter: str, what: str, seconds: float) -> None:
    if what != "started":
        console.print(f"  {chapter}: {what}" + (f", {seconds:.1f} s" if seconds else ""))


@app.command("facts")
def facts_only(
    params: ParamsFile, to: Annotated[Path, typer.Option(help="Folder for facts.jsonl, run.json and parameters.json.")]
) -> None:
    """Work out every figure of a report and render none of it; `reportlib compare` re-runs this."""
    with user_errors():
        from reportlib.build.report import figures

        figures(*_given(params), to)


@app.command("compare")
def compare_runs(
    a: Annotated[Path, typer.Argument(help="Folder of the earlier run.")],
    b: Annotated[Path, typer.Argument(help="Folder of the later run.")],
    code: Annotated[list[Path] | None, typer.Option(help="Folder with the project as it was then; repeatable.")] = None,
    data: Annotated[list[Path] | None, typer.Option(help="Folder with inputs that were not archived.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for page and CSV; without it, beside the later run.")] = None,
) -> None:
    """Say what moved between two runs, by how much, and why."""
    with user_errors():
        from reportlib.archive import changes
        from reportlib.archive.compare import compare
        from reportlib.archive.recompute import recomputing
        from reportlib.archive.runs import kept_run

        runs = kept_run(a), kept_run(b)
        with console.status("working figures out again"), recomputing(*runs, code or [], data or []) as compute:
            found = compare(*runs, compute)
        for line in changes.told(found):
            console.print(line)
        for place in changes.write(found, to or found.b.review):
            console.print(os.path.relpath(place), style="bold")


@app.command()
def review(run: RunFolder, key: Key, signers: Signers = SIGNERS) -> None:
    """Give a report to review: its author signs the list of its files."""
    with _reviewing(run, signers) as held:
        held.submit(key)


@app.command()
def sign(run: RunFolder, key: Key, signers: Signers = SIGNERS) -> None:
    """Sign a reviewed report off: it is rendered without DRAFT, and a reviewer signs the list of those files."""
    with _reviewing(run, signers) as held:
        held.sign(key)


@app.command()
def publish(run: RunFolder, signers: Signers = SIGNERS) -> None:
    """Point `published` to a signed report, and write the page over all that are published of its year."""
    with _reviewing(run, signers) as held:
        from reportlib.build.index import write_published

        held.publish()
        console.print(os.path.relpath(write_published(held.run.edition.parent)), style="bold")


@app.command()
def remark(
    about: Annotated[str, typer.Argument(help="A fact, a chapter, or report; with --answer the remark's number.")],
    text: Annotated[str, typer.Argument(help="What you say. Name no one, and no small count.")],
    by: By,
    run: LastRun = None,
    answer: Annotated[bool, typer.Option("--answer", help="Answer a remark.")] = False,
    signers: Signers = SIGNERS,
) -> None:
    """Leave a remark on a figure or a page, or answer one."""
    from reportlib.archive import remarks

    with _reviewing(_or_last(run), signers) as held:
        entry = (remarks.answer if answer else remarks.remark)(held.run, about, text, by)
        console.print(f"{entry.kind.capitalize()} {entry.number} is kept.")


@app.command()
def status(run: RunFolder, signers: Signers = SIGNERS) -> None:
    """Say whether a report is draft, in review, signed or published, and whether all is as it was then."""
    with _reviewing(run, signers) as held:
        if faults := held.standing().faults:
            raise ReportError("The report is a draft again, because something was changed:", faults)


def _or_last(run: Path | None) -> Path:
    return run or max(OUTPUTS.glob("*/national/current"), default=OUTPUTS)


@contextmanager
def _reviewing(run: Path, signers: Path) -> Iterator[Review]:
    """The review of a run; afterwards its pages are written and its state is told."""
    with user_errors():
        from reportlib.archive.remarks import unanswered
        from reportlib.archive.reviewer import write_pages
        from reportlib.archive.runs import kept_run
        from reportlib.archive.signoff import Review, made_from

        held = Review(kept_run(run), signers)
        try:
            yield held
        finally:
            folder = write_pages(held)
        standing = held.standing()
        who = "".join(f", {role} {name}" for role, name in standing.people.items() if name)
        console.print(f"Run {held.run.id}: {standing.state}{who}{standing.replaced and f'; {standing.replaced}'}.")
        console.print(f"Made from {made_from(held.run)}.")
        if standing.state != "published" and not standing.replaced:
            console.print(f"Published of its year and edition: {held.published_run or 'nothing yet'}.")
        for entry in unanswered(held.log):
            console.print(f"Remark {entry.number} ({entry.about}) has no answer: {entry.text}")
        console.print(os.path.relpath(folder / "review-log.html"), style="bold")


@app.command("check-data")
def check_data(params: ParamsFile) -> None:
    """Check the extracts against their contracts, and stop there."""
    with user_errors():
        from reportlib.archive.pages import findings_page
        from reportlib.build.basis import checked_inputs
        from reportlib.build.scratch import scratch
        from reportlib.inputs.contracts import contracts
        from reportlib.inputs.findings import listing

        place = OUTPUTS / "check-data.html"
        place.unlink(missing_ok=True)  # it tells of an earlier check, and parameters that are wrong leave no other

        def as_page(findings: Sequence[Finding]) -> None:
            place.touch(mode=0o600)  # it quotes values of the extracts
            place.write_text(findings_page(findings), encoding="utf-8")

        loaded, answers = _given(params)
        with scratch(OUTPUTS) as work:
            try:
                sources, findings = checked_inputs(loaded, work, {loaded.edition: answers})
            except ReportError as error:
                as_page(error.findings or [Finding(str(error))])
                problems.print(f"The same as a page: {os.path.relpath(place)}")
                raise
        as_page(findings)
        for source in sources.values():
            console.print(f"{source.name}: {source.rows:,} rows, {source.status}")
        if absent := [name for name in contracts() if name not in sources]:
            console.print(f"not given: {', '.join(absent)}; the tables that need them say so")
        if findings:
            console.print(listing(findings))
        console.print(f"No errors. As a page: {os.path.relpath(place)}")


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
        console.print(f"Synthetic extracts are in {os.path.relpath(folder)}")


@app.command()
def parameters() -> None:
    """List every parameter, its default and what it means."""
    from rich.markdown import Markdown

    from reportlib.params import parameters_page

    console.print(Markdown(parameters_page()), soft_wrap=False)


@app.command()
def lab(
    params: ParamsFile,
    port: Annotated[int | None, typer.Option(help="Port of JupyterLab; else its own choice.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser, or print the address alone.")] = True,
    root: Annotated[bool, typer.Option("--allow-root", help="Run though you are root, as in a container.")] = False,
) -> None:
    """Open the notebooks in JupyterLab on freshly prepared counts, and say which of them fail.

    What it saves is the notebook without outputs, as the report takes it.
    """
    with user_errors():
        from reportlib.build.report import prepared
        from reportlib.kernels import lab as jupyter

        command = jupyter.command(port, browser, root)
        with prepared(*_given(params), failed=_problem, say=lambda stage: console.print(f"{stage} …")) as handoff:
            server = subprocess.Popen(command, env=jupyter.environment(handoff))
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for JupyterLab, which asks and ends its kernels
            try:
                ended = server.wait()
            finally:
                server.terminate()
        if ended > 0:  # it has said why
            raise typer.Exit(2)


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="Name of a figure, as in facts.jsonl: deaths/ethnicity/B/ratio.")],
    run: LastRun = None,
    period: Annotated[str | None, typer.Option(help="One period of the figure, such as 2024-25; else all.")] = None,
) -> None:
    """Say where a published figure comes from: counts, method, parameters, inputs, suppression and code."""
    with user_errors():
        from reportlib import lineage
        from reportlib.archive.runs import kept_run
        from reportlib.errors import AS_IT_WAS
        from reportlib.project import code_digests

        held = kept_run(_or_last(run))
        if held.code != code_digests():
            problems.print(f"Other code than this made the run, and may have worked otherwise. {AS_IT_WAS}")
        codes: lineage.Codes = {given: spec.codes for given, spec in held.params.inputs.items()}
        for pairs in lineage.explain(held.run, list(held.facts.values()), name, period, codes):
            for term, told in pairs:
                console.print(f"{term}: {told}")
            console.print()
        console.print(f"Run {held.id}. Its archive holds the commit and the versions.")


@app.command()
def audit(
    archive: Annotated[Path, typer.Argument(help="Bundle of a run: outputs/<year>/<edition>/archive/<run>.zip.")],
    extracts: Annotated[Path | None, typer.Option(help="Folder of the extracts that were not archived.")] = None,
    identity: Annotated[Path | None, typer.Option(help="age key file that opens archived extracts.")] = None,
    figures: Annotated[bool, typer.Option("--figures", help="Re-run in today's environment.")] = False,
    published: Annotated[Path | None, typer.Option(help="Folder of the report as it was signed or published.")] = None,
) -> None:
    """Make an archived report again and say whether it comes out the same.

    Exit codes: 0 identical bytes, 3 identical figures but other bytes, 4 figures differ, 5 cannot re-run,
    2 not the bundle of a run.
    """
    with user_errors():
        from datetime import UTC, datetime

        from reportlib.archive import verify

        with console.status("starting") as status:
            verdict = verify.audit(archive, extracts, identity, figures, published, lambda name: _stage(status, name))
        console.print(verdict.text())
        page = verify.keep(verdict, archive, f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}")
        console.print(f"Kept as {os.path.relpath(page)}")
    raise typer.Exit(verdict.exit_code)
