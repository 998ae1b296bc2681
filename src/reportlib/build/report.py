"""One run: from a parameter file to the year's report, kept whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil

from reportlib import facts, lineage
from reportlib.archive.bundle import bundle
from reportlib.build.cache import Cache, contents
from reportlib.build.execute import execute
from reportlib.build.plan import ChapterPlan, plan
from reportlib.build.prepare import prepare
from reportlib.build.released import PATTERN, earlier
from reportlib.errors import Finding, ReportError
from reportlib.inputs.engines import engine
from reportlib.inputs.rules import check
from reportlib.inputs.sources import Source, digests, read_all
from reportlib.kernels import warm
from reportlib.origin import Origin, environment, origin, origin_of, portable
from reportlib.params import Params
from reportlib.project import NOTEBOOKS, OUTPUTS, ROOT

REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
SPACE = 20_000_000  # bytes, without which no report can be made
SCRATCH = ".work-"  # followed by the process that owns it

Stage = Callable[[str], None]
Tell = Callable[[str, str, float], None]


@dataclass
class Run:
    """A finished run: where it is, and how long each stage took."""

    folder: Path
    new: bool
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def html(self) -> Path:
        return self.folder / "report.html"

    @property
    def pdf(self) -> Path:
        return self.folder / "report.pdf"


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
            self.seconds[self._stage] = time.monotonic() - self._start
        self._stage = ""


def checked_inputs(params: Params, work: Path) -> tuple[dict[str, Source], list[Finding]]:
    """Read and check every input. Raises ReportError with all findings if one of them is an error."""
    sources = read_all({str(name): spec for name, spec in params.inputs.items()}, work, ROOT)
    findings = check(sources, params.span, engine(params.engine))
    if any(finding.level == "error" for finding in findings):
        raise ReportError("The inputs do not fulfil their contracts:", findings)
    return sources, findings


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
    edition = outputs / params.reporting_year / params.edition
    clock = Clock(stage)
    with scratch(edition) as work:
        clock("reading and checking inputs")
        if not fresh and (run := _complete(params, responses, edition)):
            _point(edition / "current", run.folder)
            clock.stop()
            return replace(run, seconds=clock.seconds)
        warm.start()
        sources, findings = checked_inputs(params, work / "inputs")
        chapters = plan(NOTEBOOKS, params.grouping, params.chapters)
        before = earlier(params.disclosure.earlier)
        params = portable(params, before)
        follows = origin(params, sources, responses)
        home = edition / "runs" / follows.run_id
        new = not home.exists()
        if new or fresh:
            made = work / "run"
            prepare(params, chapters, sources, findings, responses, work / "handoff", clock, before)
            with _kept_if_failed(made, edition / "failed"):
                cache = Cache(outputs / ".cache", trusted=not fresh)
                _make(params, chapters, work / "handoff", made, clock, tell, follows, cache)
                clock("keeping the run")
                _keep(made, home)
        kept = edition / "archive" / f"{home.name}.zip"
        if not kept.exists():
            clock("archiving")
            bundle(work / kept.name, home, params, responses, sources, before)
            kept.parent.mkdir(exist_ok=True)
            (work / kept.name).rename(kept)
        _point(edition / "current", home)
    clock.stop()
    return Run(home, new, findings, clock.seconds)


def _complete(params: Params, responses: Mapping[str, str], edition: Path) -> Run | None:
    """The run that these parameters and inputs name, if it is there with its archive."""
    try:
        found = digests({str(name): spec for name, spec in params.inputs.items()}, ROOT)
        home = edition / "runs" / origin_of(portable(params), found or {}, responses).run_id
    except ReportError:  # told with everything else that is wrong, when the inputs are read
        return None
    if found is None or not home.exists() or not (edition / "archive" / f"{home.name}.zip").exists():
        return None
    held = json.loads((home / "run.json").read_text(encoding="utf-8"))["findings"]
    return Run(home, False, [Finding(each["text"], level=each["level"]) for each in held])


def _keep(made: Path, home: Path) -> None:
    """Keep a run under its name. Raises ReportError where the same name stands for other files."""
    home.parent.mkdir(exist_ok=True)
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
def prepared(params: Params, outputs: Path = OUTPUTS) -> Iterator[Path]:
    """The folder of protected counts that notebooks read, with the facts of every chapter, while it is needed."""
    with scratch(outputs / params.reporting_year / params.edition) as work:
        warm.start()
        sources, findings = checked_inputs(params, work / "inputs")
        chapters = plan(NOTEBOOKS, params.grouping, params.chapters)
        before = earlier(params.disclosure.earlier)
        prepare(params, chapters, sources, findings, {}, work / "handoff", before=before)
        execute(chapters, params.analysis(), work / "handoff", work / "notebooks", lambda *told: None)
        yield work / "handoff"


def _make(
    params: Params,
    chapters: list[ChapterPlan],
    handoff: Path,
    made: Path,
    clock: Clock,
    tell: Tell,
    follows: Origin,
    cache: Cache,
) -> None:
    """Run the chapters and render them into `made`."""
    clock("running the chapters")
    notebooks = execute(chapters, params.analysis(), handoff, made / "notebooks", tell, cache)
    clock("rendering")
    for name in ("run.json", PATTERN):
        shutil.copy(handoff / name, made / name)
    run = json.loads((made / "run.json").read_text(encoding="utf-8"))
    facts.write(facts.read(sorted((handoff / "facts").glob("*.jsonl"))), made / "facts.jsonl")
    (made / "parameters.json").write_text(params.model_dump_json(indent=1), encoding="utf-8")
    told = {"run": follows.run_id, "digests": asdict(follows), **environment()}
    (made / "origin.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    for name, content in rendered(params, [nbformat.read(path, as_version=4) for path in notebooks], run).items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    clock("checking the finished files")
    if faults := gates(made):
        raise ReportError("The finished report does not pass its gates.", faults)


@contextmanager
def _kept_if_failed(made: Path, failed: Path) -> Iterator[None]:
    """Keep what was made of a report that could not be finished, in place of the last that failed."""
    try:
        yield
    except ReportError as error:
        shutil.rmtree(failed, ignore_errors=True)
        made.rename(failed)
        raise ReportError(f"{error.args[0]} What was made is in {failed}.", error.findings) from None


def gates(made: Path) -> list[Finding]:
    """What is wrong with the finished files of a run."""
    from reportlib.gates import figures
    from reportlib.gates.html import check_html, check_site
    from reportlib.gates.language import check_language, check_markdown
    from reportlib.gates.pdf import check_pdf

    pages = {path.name: path.read_text(encoding="utf-8") for path in sorted((made / "chapters").glob("*.html"))}
    whole = (made / "report.html").read_text(encoding="utf-8")
    notebooks = {path.name: nbformat.read(path, as_version=4) for path in sorted((made / "notebooks").glob("*.ipynb"))}
    return [
        *(fault for name, notebook in notebooks.items() for fault in check_markdown(notebook, f"notebooks/{name}")),
        *check_language((made / "facts.jsonl").read_text(encoding="utf-8"), "facts.jsonl"),
        *check_html(whole, "report.html"),
        *check_site(pages),
        *check_pdf((made / "report.pdf").read_bytes(), "report.pdf"),
        *figures.check(made),
    ]


def rendered(
    params: Params, notebooks: list[nbformat.NotebookNode], run: Mapping[str, Any], draft: bool = True
) -> Mapping[str, bytes]:
    """Every finished file of the report by name, from its executed notebooks and `run.json`; a draft says so."""
    from reportlib.build import workbook
    from reportlib.build.page import Page, read_chapter
    from reportlib.build.pdf import pdf_report
    from reportlib.build.render import html_chapters, html_report
    from reportlib.gates.statement import statement

    status = sorted({source.status for source in params.inputs.values()})
    page = Page(
        title=params.title, year=params.reporting_year, edition=params.edition, authors=params.authors,
        publication_date=params.publication_date, status=tuple(status), draft=draft,
        disclosure_off=params.disclosure.off or "", organisation=params.organisation, logo=params.logo,
        colour=params.colour, lineage=lineage.tables(run),
    )  # fmt: skip
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


@contextmanager
def scratch(edition: Path) -> Iterator[Path]:
    """A folder for one run's work beside where the run will be kept, gone afterwards.

    Raises ReportError where nothing can be written, or the disk is full. What a killed run left is removed.
    """
    advice = "Make the folder writable, or free some space."
    try:
        edition.mkdir(parents=True, exist_ok=True)
        for left in edition.glob(f"{SCRATCH}*"):
            if not psutil.pid_exists(int(left.name.removeprefix(SCRATCH).split("-")[0])):
                shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-", dir=edition))
    except OSError as error:
        raise ReportError(f"Nothing can be written to {edition}: {error.strerror}. {advice}") from None
    try:
        yield work
    except Exception as error:
        full = shutil.disk_usage(work).free < SPACE
        refused = getattr(error, "errno", None)
        if full or refused in REFUSED:
            why = "the disk is full" if full else os.strerror(refused or 0)
            raise ReportError(f"No more can be written to {edition}: {why}. {advice}") from None
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _point(link: Path, target: Path) -> None:
    """Move the link `current` to the run, in one step."""
    fresh = link.with_name(f".current-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.relative_to(link.parent))
    fresh.replace(link)
