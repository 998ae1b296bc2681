"""One run: from a parameter file to the year's report, kept whole or not at all."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportlib import facts
from reportlib.build.cache import Cache, contents, place
from reportlib.build.released import PATTERN, earlier
from reportlib.build.scratch import point, scratch
from reportlib.editions import Edition
from reportlib.errors import Finding, ReportError
from reportlib.inputs.sources import digests
from reportlib.origin import origin, portable
from reportlib.params import Params
from reportlib.project import OUTPUTS, ROOT

# What only the making of a report needs is imported where it is used: it takes longer than to find an unchanged one.
if TYPE_CHECKING:
    from nbformat import NotebookNode

    from reportlib.build.basis import Basis
    from reportlib.build.execute import Tell
    from reportlib.build.plan import ChapterPlan
    from reportlib.disclosure.suppress import Progress

Stage = Callable[[str], None]


@dataclass
class Run:
    """A finished run: where it is, and how long each stage took."""

    folder: Path
    new: bool
    findings: Sequence[Finding] = ()
    seconds: dict[str, float] = field(default_factory=dict)


class Clock:
    """How long each stage took, told as it begins."""

    def __init__(self, begin: Stage) -> None:
        self.begin, self.seconds = begin, {}  # type: ignore[var-annotated]
        self._stage, self._start = "", time.monotonic()

    def __call__(self, stage: str) -> None:
        self.stop()
        self._stage, self._start = stage, time.monotonic()
        self.begin(stage)

    def stop(self) -> None:
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + time.monotonic() - self._start
        self._stage = ""


@dataclass(frozen=True)
class Request:
    """What is asked for: editions, with the answers to the register of each by its name, and where runs are kept.

    A `fresh` report uses nothing of what was made before.
    """

    params: Params
    editions: Sequence[Edition]
    answers: Mapping[str, Mapping[str, str]]
    outputs: Path
    fresh: bool = False

    @property
    def year(self) -> Path:
        """The folder of the reporting year, in which each edition has its own."""
        return self.outputs / self.params.reporting_year

    def answers_of(self, edition: Edition) -> Mapping[str, str]:
        return self.answers.get(edition.name, {})


@dataclass(frozen=True)
class Job:
    """One edition to make: its parameters and chapters, what its notebooks read, and where it is made."""

    params: Params
    chapters: Sequence[ChapterPlan]
    origin: Mapping[str, Any]  # what it follows from, and with what it was made
    handoff: Path
    made: Path
    home: Path  # where it is kept once it is whole
    cache: Cache | None = None

    @property
    def edition(self) -> Edition:
        return self.params.made

    @property
    def folder(self) -> Path:
        """The folder of the edition, in which its runs are kept."""
        return self.home.parents[1]


Made = tuple[Job, ReportError | None]
Maker = Callable[[Iterator[Job]], Iterator[Made]]  # takes jobs as they are ready, gives them back as they are done


def report(
    params: Params,
    responses: Mapping[str, str],
    outputs: Path = OUTPUTS,
    stage: Stage = lambda name: None,
    tell: Tell = lambda *told: None,
    fresh: bool = False,
) -> Run:
    """Make the report of one edition; a `fresh` one uses nothing of what was made before.

    Returns the run, made now or found complete from before. Raises ReportError for whatever the user
    can mend; what was there before stays as it was.
    """
    clock = Clock(stage)
    request = Request(params, [params.made], {params.edition: responses}, outputs, fresh)
    (run,) = produce(request, clock, here(clock, tell))
    if isinstance(run, ReportError):
        raise run
    return run


def here(clock: Clock, tell: Tell) -> Maker:
    """Makes one edition after the other in this process, the chapters of each side by side on all cores."""

    def make(jobs: Iterator[Job]) -> Iterator[Made]:
        from reportlib.kernels import warm

        warm.start()  # now, while the inputs are read
        return map(one, jobs)

    def one(job: Job) -> Made:
        try:
            make_edition(job, clock, tell)
        except ReportError as error:
            return job, error
        return job, None

    return make


def produce(
    request: Request,
    clock: Clock,
    maker: Maker,
    done: Callable[[Edition, Run | ReportError], None] = lambda edition, run: None,
    progress: Progress | None = None,
) -> list[Run | ReportError]:
    """Make editions from one read of the inputs, protected as one; those found complete from before are left.

    Returns, in the order of the editions, the run of each or why there is none; `done` is told as each is known.
    """
    found: dict[str, Run | ReportError] = {}

    def settled(edition: Edition, run: Run | ReportError) -> None:
        if isinstance(run, Run):
            point(request.year / edition.name / "current", run.folder)
        found[edition.name] = run
        done(edition, run)

    with scratch(request.year) as work:
        clock("reading and checking inputs")
        for edition in [] if request.fresh else request.editions:
            params, answers = request.params.of(edition), request.answers_of(edition)
            if there := _complete(params, answers, request.year / edition.name):
                settled(edition, replace(there, seconds=clock.seconds))
        if rest := [edition for edition in request.editions if edition.name not in found]:
            for edition, run in _anew(replace(request, editions=rest), work, clock, maker, progress):
                settled(edition, run)
    clock.stop()
    return [found[edition.name] for edition in request.editions]


def _anew(
    request: Request, work: Path, clock: Clock, maker: Maker, progress: Progress | None
) -> Iterator[tuple[Edition, Run | ReportError]]:
    """Prepare editions as the maker asks for them; each that is made is kept, with its archive."""
    from reportlib.build.basis import Basis
    from reportlib.build.prepare import prepare

    cache = Cache(request.outputs / ".cache", trusted=not request.fresh)
    answers = {edition.name: request.answers_of(edition) for edition in request.editions}

    def ready() -> Iterator[Job]:
        prepared = prepare(basis, clock, progress)
        with closing(prepared.release.engine):
            for edition in request.editions:
                clock("estimating")
                handoff = work / f"{edition.name}-handoff"
                prepared.write(handoff, answers[edition.name], edition)
                own, told = basis.of(edition, answers[edition.name])
                home = request.year / edition.name / "runs" / told["run"]
                clock.stop()
                yield Job(own, prepared.chapters(edition), told, handoff, work / edition.name, home, cache)

    made = maker(ready())  # before the inputs are read: it may start kernels meanwhile
    basis = Basis.read(request.params, work / "inputs", answers)
    for job, error in made:
        new = not job.home.exists()
        error = _kept(job, error)
        if error is None:
            _archive(job, answers[job.edition.name], basis, work)
        yield job.edition, error or Run(job.home, new, basis.findings, clock.seconds)
        shutil.rmtree(job.handoff, ignore_errors=True)


def _archive(job: Job, responses: Mapping[str, str], basis: Basis, work: Path) -> None:
    """Put the archive of a run beside it, in one step, unless it is there."""
    from reportlib.archive.bundle import bundle

    archive = job.folder / "archive" / f"{job.home.name}.zip"
    if not archive.exists():
        bundle(work / archive.name, job.home, job.params, responses, basis.sources, basis.before)
        if not job.params.disclosure.on:
            (work / archive.name).chmod(0o600)
        archive.parent.mkdir(exist_ok=True)
        (work / archive.name).rename(archive)


def _kept(job: Job, error: ReportError | None) -> ReportError | None:
    """Move what was made to where it is kept, or, if it could not be finished, in place of the last that failed."""
    if error is None:
        if not job.params.disclosure.on:
            job.made.chmod(0o700)
        try:
            _keep(job.made, job.home)
            return None
        except ReportError as other:
            error = other
    if not job.made.exists():
        return error
    failed = job.folder / "failed"
    failed.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(failed, ignore_errors=True)
    job.made.rename(failed)
    failed.chmod(0o700)  # it may show what it was refused for
    return ReportError(f"{error.args[0]} What was made is in {failed}.", error.findings)


def _complete(params: Params, responses: Mapping[str, str], edition: Path) -> Run | None:
    """The run that these parameters and inputs name, if it is there with its archive."""
    try:
        found = digests({str(name): spec for name, spec in params.inputs.items()}, ROOT)
        told = portable(params, earlier(params.disclosure.earlier))
        home = edition / "runs" / origin(told, found or {}, responses).run_id
    except (ReportError, OSError):  # told with everything else that is wrong, when the inputs are read
        return None
    if found is None or not home.exists() or not (edition / "archive" / f"{home.name}.zip").exists():
        return None
    held = json.loads((home / "run.json").read_text(encoding="utf-8"))["findings"]
    return Run(home, False, [Finding(each["text"], level=each["level"]) for each in held])


def _keep(made: Path, home: Path) -> None:
    """Keep a run under its name. Raises ReportError where the same name stands for other files."""
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        made.rename(home)
        return
    except OSError:
        if not home.exists():
            raise
    one, other = contents(made), contents(home)
    differ = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    if differ:
        findings = [Finding("is not as it was made before", name) for name in differ]
        raise ReportError(f"From the same parameters, inputs and code came another report than {home.name}.", findings)


@contextmanager
def prepared(
    params: Params,
    responses: Mapping[str, str],
    outputs: Path = OUTPUTS,
    failed: Callable[[ReportError], None] | None = None,
    say: Callable[[str], None] = lambda stage: None,
) -> Iterator[Path]:
    """The folder of protected counts that notebooks read, with the facts of every chapter, while it is needed.

    `say` is told each stage. Where `failed` is given the chapters are drafts, and it is told which of them fail: the
    folder holds the facts of those that ran. Without it that is an error.
    """
    from reportlib.build.basis import Basis
    from reportlib.build.execute import execute
    from reportlib.build.prepare import prepare
    from reportlib.kernels import warm

    with scratch(outputs / params.reporting_year) as work:
        warm.start()
        say("reading and checking inputs")
        read = Basis.read(params, work / "inputs", {params.edition: responses}, drafts=failed is not None)
        counts = prepare(read, say)
        say("estimating")
        with closing(counts.release.engine):
            counts.write(work / "handoff", responses)
        shutil.rmtree(work / "inputs")  # no kernel has a use for records
        try:
            say("running the chapters")
            chapters = counts.chapters(params.made)
            execute(chapters, params.analysis(), work / "handoff", work / "notebooks", lambda *told: None)
        except ReportError as error:
            if failed is None:
                raise
            failed(error)
        yield work / "handoff"


def figures(params: Params, responses: Mapping[str, str], to: Path) -> None:
    """Work out every figure of a report, and write them with what they follow from; nothing is rendered."""
    with prepared(params, responses, to) as handoff:
        _figures(params, handoff, to)


def _figures(params: Params, handoff: Path, to: Path) -> None:
    """The facts of all chapters as one ledger, beside `run.json` and `parameters.json`."""
    shutil.copy(handoff / "run.json", to)
    (to / "parameters.json").write_text(params.model_dump_json(indent=1), encoding="utf-8")
    facts.write(facts.read(sorted((handoff / "facts").glob("*.jsonl"))), to / "facts.jsonl")


def make_edition(job: Job, clock: Clock, tell: Tell, cores: int | None = None) -> None:
    """Run the chapters of one edition, so many side by side, render them into `job.made` and check what came out."""
    import nbformat

    from reportlib.archive import qa
    from reportlib.build.execute import execute
    from reportlib.gates.run import FILES, GATES, NOTEBOOKS, gates
    from reportlib.kernels import warm

    params, handoff, made = job.params, job.handoff, job.made
    clock("running the chapters")
    notebooks = execute(job.chapters, params.analysis(), handoff, made / "notebooks", tell, job.cache, cores)
    clock("rendering")
    _figures(params, handoff, made)
    shutil.copy(handoff / PATTERN, made)
    run = json.loads((made / "run.json").read_text(encoding="utf-8"))
    (made / "origin.json").write_text(json.dumps(job.origin, indent=1), encoding="utf-8")
    begun = {NOTEBOOKS: warm.beside(GATES[NOTEBOOKS], made)} if cores != 1 else {}
    place(rendered(params, [nbformat.read(path, as_version=4) for path in notebooks], run), made)
    clock("checking the finished files")
    if begun:
        begun[FILES] = warm.beside(GATES[FILES], made)
    if faults := gates(made, begun):
        raise ReportError("The finished report does not pass its gates.", faults)
    qa.write(made, GATES)


def rendered(
    params: Params, notebooks: list[NotebookNode], run: Mapping[str, Any], draft: bool = True
) -> Mapping[str, bytes]:
    """Every finished file of the report by name, from its executed notebooks and `run.json`; a draft says so."""
    from reportlib import lineage
    from reportlib.build import workbook
    from reportlib.build.page import Page, read_chapter
    from reportlib.build.pdf import pdf_report
    from reportlib.build.render import html_chapters, html_report
    from reportlib.gates.statement import statement

    title = params.made.heading(params.title)
    page = Page.of(params, title, params.made.title, draft=draft, lineage=lineage.tables(run))
    every = [*notebooks, statement()]
    html, pdf, pages = html_report(every, page), pdf_report(every, page), html_chapters(every, page)
    files = {"report.html": html.encode(), "report.pdf": pdf}
    files |= {f"chapters/{name}": text.encode() for name, text in pages.items()}
    models = [model for notebook in notebooks for _, model in read_chapter(notebook).models()]
    tables = [model for model in models if model["kind"] == "table"]
    files |= {"tables.xlsx": workbook.xlsx(tables, page), "tables.ods": workbook.ods(tables, page)}
    for table in tables:
        files[f"data/{table['id']}.csv"] = workbook.csv(table).encode()
        described = json.dumps(workbook.csvw(table, page), ensure_ascii=False, indent=1)
        files[f"data/{table['id']}.csv-metadata.json"] = described.encode()
    return files
