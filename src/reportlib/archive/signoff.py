"""Sign-off: draft, in review, signed, published. What state a run is in follows from files and signatures alone.

Two people sign: the author the draft that goes to review, the reviewer the same report without its mark. Runs are
never altered: all of this stands in `review/<run>/` beside them.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from reportlib.archive import qa
from reportlib.archive.checksums import changes, digests, parsed, written
from reportlib.archive.remarks import WHOLE, Log, log_of, unanswered
from reportlib.archive.runs import KeptRun, kept_run, run_folder
from reportlib.archive.signature import sign, signers
from reportlib.build import released
from reportlib.build.scratch import point, scratch
from reportlib.errors import AS_IT_WAS, Finding, ReportError
from reportlib.origin import environment
from reportlib.project import code_digests
from reportlib.responses import disproportionate
from reportlib.words import counted, listed

DRAFT_LIST = "draft-sha256.txt"  # the run's files as they were given to review
MANIFEST = "manifest-sha256.txt"  # the signed rendition's files
RECORD = "sign-off.json"
PUBLISHED = "published"  # the link of an edition to the rendition that is
STATES = ("draft", "in review", "signed", "published")
KINDS = {"extract": "extracts", "published": "published figures", "synthetic": "synthetic data"}
ASKER = "reportlib"  # who remarks on what only a person can decide


@dataclass(frozen=True)
class Standing:
    """Which state a run is in, who brought it there, and what took it back to being a draft."""

    state: str
    author: str = ""
    reviewer: str = ""
    faults: tuple[Finding, ...] = ()
    replaced: str = ""  # of a signed report that was published: when, and what is now

    @property
    def people(self) -> dict[str, str]:
        return {"author": self.author, "reviewer": self.reviewer}


@dataclass(frozen=True)
class Review:
    """The review of one run. `allowed` is the list of who may sign (OpenSSH's allowed_signers)."""

    run: KeptRun
    allowed: Path

    @property
    def folder(self) -> Path:
        return self.run.review

    @property
    def signed(self) -> Path:
        """The signed rendition."""
        return self.folder / "signed"

    @property
    def published(self) -> Path:
        """The link of the edition to the rendition that is published."""
        return self.run.edition / PUBLISHED

    @property
    def log(self) -> Log:
        return log_of(self.run)

    def standing(self) -> Standing:
        """The state, told from the files as they are now; anything that does not fit makes it a draft."""
        steps = [entry.kind for entry in self.log.entries() if entry.kind in ("review", "sign")]
        in_review, is_signed = (self.folder / DRAFT_LIST).exists(), self.signed.exists()
        faults: list[Finding] = [*self.log.faults()]
        if steps[-1:] == ["sign"] and not is_signed:
            faults.append(Finding("the signed rendition is gone", "signed"))
        faults += [Finding("what the author signed is gone", DRAFT_LIST)] if is_signed and not in_review else []
        author = _told(self._author, faults) if in_review else []
        reviewer = _told(lambda: self._reviewer(author), faults) if is_signed else []
        faults += barred(self.run) if is_signed else []
        state = STATES[in_review + is_signed + (is_signed and self._is_published())]
        replaced = self._replaced() if state == "signed" else ""
        return Standing("draft" if faults else state, ", ".join(author), ", ".join(reviewer), tuple(faults), replaced)

    def _author(self) -> list[str]:
        """Who gave the run to review, having found every file as it was then."""
        names = signers(self.folder / DRAFT_LIST, self.allowed)
        if found := changes(self.run.folder, (self.folder / DRAFT_LIST).read_text(encoding="utf-8")):
            raise ReportError("The run is not as it was given to review.", found)
        return names

    def _reviewer(self, author: list[str]) -> list[str]:
        """Who signed, having found that the rendition, its record and the log are what was signed."""
        names = signers(self.signed / MANIFEST, self.allowed)
        manifest = (self.signed / MANIFEST).read_text(encoding="utf-8")
        if found := changes(self.signed, manifest, (MANIFEST, f"{MANIFEST}.sig")):
            raise ReportError("The signed rendition was changed.", found)
        draft, final = parsed(_read(self.folder / DRAFT_LIST).decode()), parsed(manifest)
        unmarked = [name for name in draft if not name.endswith((".html", ".pdf", ".xlsx", ".ods"))]
        if strange := [name for name in unmarked if final.get(name) != draft[name]]:
            raise ReportError(
                "What was signed is not what was given to review.", [Finding("differs", name) for name in strange]
            )
        record = json.loads((self.signed / RECORD).read_text(encoding="utf-8"))
        if record["run"] != self.run.id or _read(self.signed / DRAFT_LIST) != _read(self.folder / DRAFT_LIST):
            raise ReportError("The signature belongs to another run, or to another draft of it.")
        if [*self.log.digests()][: len(record["log"])] != record["log"]:
            raise ReportError("The remarks are not those that were there when the report was signed.")
        if set(names) & set(author):
            raise ReportError("The author and the reviewer are the same.")
        return names

    def _is_published(self) -> bool:
        return self.published.resolve() == self.signed.resolve()

    @property
    def published_run(self) -> str:
        """The run of this year and edition that is published; empty where none is."""
        return run_folder(self.published).name if self.published.exists() else ""

    def _replaced(self) -> str:
        """When a report was published that is not any more, and which is now."""
        days = [entry.at[:10] for entry in self.log.entries() if entry.kind == "publish"]
        now = f"replaced by {self.published_run}" if self.published_run else "and no report is now"
        return f"was published on {days[-1]}, {now}" if days else ""

    # The steps

    def submit(self, key: Path) -> None:
        """Give the run to review: the author signs the list of its files. What needs a decision becomes a remark."""
        if self.signed.exists():
            raise ReportError(f"The run {self.run.id} is signed already. To begin again, move {self.signed} away.")
        if found := list(overlooked(self.run)):
            raise ReportError("The report could not be signed:", found)
        if self._is_published():  # what was, until it was moved away: what is signed now is published anew
            self.published.unlink(missing_ok=True)
        with scratch(self.folder) as work:
            (work / DRAFT_LIST).write_text(written(digests(self.run.folder)), encoding="utf-8")
            sign(work / DRAFT_LIST, key)
            author = signers(work / DRAFT_LIST, self.allowed)
            self.log.append("review", author[0])
            for name in (f"{DRAFT_LIST}.sig", DRAFT_LIST):
                (work / name).replace(self.folder / name)
        asked = {entry.text for entry in self.log.entries() if entry.by == ASKER}
        for question in questions(self.run):
            if question not in asked:
                self.log.append("remark", ASKER, WHOLE, question)

    def sign(self, key: Path) -> None:
        """Sign the run off: render it without its mark, and sign the list of those files.

        Raises ReportError with everything that stands against it.
        """
        standing = self.standing()
        if standing.state in STATES[2:]:
            raise ReportError(f"The run {self.run.id} is signed already, by {standing.reviewer}.")
        if standing.state == "draft" and not standing.faults:
            raise ReportError(f"The run {self.run.id} is not in review: its author first runs `reportlib review`.")
        with scratch(self.folder) as work:
            (work / "trial").write_text(self.run.id, encoding="utf-8")
            self._signed_by(work / "trial", key, standing)  # before anything else is asked of them
            faults = [*standing.faults, *barred(self.run), *overlooked(self.run)]
            faults += [Finding(f"remark {entry.number} has no answer") for entry in unanswered(self.log)]
            if faults:
                raise ReportError("The report cannot be signed:", faults)
            made = work / "signed"
            self._render(made)
            record = {"run": self.run.id, "author": standing.author, "log": [*self.log.digests()]}
            (made / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
            shutil.copy(self.folder / DRAFT_LIST, made)
            (made / MANIFEST).write_text(written(digests(made)), encoding="utf-8")
            reviewer = self._signed_by(made / MANIFEST, key, standing)
            made.rename(self.signed)
        self.log.append("sign", reviewer)

    def _signed_by(self, path: Path, key: Path, standing: Standing) -> str:
        """Sign a list of files; who did, having found that they may and are no author of the report."""
        sign(path, key)
        names = signers(path, self.allowed)
        own = {name.casefold() for name in (*standing.author.split(", "), *self.run.params.authors)}
        if own & {name.casefold() for name in names}:
            raise ReportError(f"{names[0]} is an author of the report. Another person signs it.")
        return names[0]

    def _render(self, made: Path) -> None:
        """The run without its mark, having found that the draft is what its notebooks give today."""
        from reportlib.build.report import rendered
        from reportlib.gates.run import gates

        notebooks = [nbformat.read(path, as_version=4) for path in self.run.notebooks]
        try:
            draft = rendered(self.run.params, notebooks, self.run.run)
        except (AttributeError, KeyError, TypeError, ValueError):
            if code_digests() == self.run.code:
                raise
            raise ReportError(f"The run {self.run.id} cannot be rendered by this code. {AS_IT_WAS}") from None
        files = {name: self.run.folder / name for name in draft}
        differ = [name for name, path in files.items() if not path.exists() or path.read_bytes() != draft[name]]
        if differ:
            raise ReportError(
                f"The run's files are not what its notebooks give: {self._why_it_differs()}.",
                [Finding("is not what is rendered now", name) for name in sorted(differ)],
            )
        shutil.copytree(self.run.folder, made)
        for name, content in rendered(self.run.params, notebooks, self.run.run, draft=False).items():
            (made / name).write_bytes(content)
        if found := gates(made):
            why = "; the code has changed since it was made. Make it again" if code_digests() != self.run.code else ""
            raise ReportError(f"The report without its mark does not pass its gates{why}.", found)

    def _why_it_differs(self) -> str:
        """Why a rendition may be another than it was, and what to do."""
        held, now = json.loads((self.run.folder / "origin.json").read_text(encoding="utf-8")), environment()
        others = [name for name, version in held["packages"].items() if now["packages"].get(name) != version]
        if code_digests() != self.run.code:
            return "the code has changed since it was made. Make the report again"
        if held["python"] != now["python"]:
            return f"it was made with Python {held['python']}, and this is {now['python']}. Sign with that"
        if others:
            return f"it was made with other versions of {listed(others)}. Sign with those of its lock"
        return "they were changed. Make the report again"

    def publish(self) -> None:
        """Point the edition's `published` to the signed rendition. Raises ReportError unless it is signed."""
        standing = self.standing()
        if standing.state not in STATES[2:]:
            raise ReportError(f"Only a signed report is published; this is: {standing.state}.", standing.faults)
        if found := list(overlooked(self.run)):
            raise ReportError("The report cannot be published:", found)
        self.log.append("publish", standing.reviewer)
        point(self.published, self.signed)


def last_signed(review: Review) -> KeptRun | None:
    """The run of this edition, of any year, that was signed last before this one."""
    found = []
    for signed in review.run.edition.parent.parent.glob(f"*/{review.run.edition.name}/review/*/signed"):
        folder = run_folder(signed)
        if folder != review.run.folder and folder.is_dir():
            other = Review(kept_run(folder), review.allowed)
            when = max((entry.at for entry in other.log.entries() if entry.kind == "sign"), default="")
            found += [(when, other.run.id, other)] if other.standing().state in STATES[2:] else []
    return max(found)[2].run if found else None


def barred(run: KeptRun) -> list[Finding]:
    """Why a report can never be signed: made-up records in it, or figures that nothing protects."""
    found = [Finding("it is made from synthetic data")] if "synthetic" in statuses(run) else []
    if not run.params.disclosure.on or run.run["disclosure"].get("off"):
        found.append(Finding("disclosure control is off"))
    return found


def statuses(run: KeptRun) -> set[str]:
    """What the data are that a run is made from: extract, published, synthetic."""
    status = {str(source.status) for source in run.params.inputs.values()} | {*run.run["status"]}
    return status | {each for fact in run.facts.values() for each in fact.status}


def made_from(run: KeptRun) -> str:
    """What a run is made from, in words, and whether that bars it from being signed."""
    off = "" if run.params.disclosure.on else ", without disclosure control"
    never = "; it can never be signed" if barred(run) else ""
    return ", ".join(KINDS[status] for status in sorted(statuses(run))) + off + never


def questions(run: KeptRun) -> Iterator[str]:
    """What someone must have thought of before the report is signed: as remarks, which are answered."""
    if not run.params.contact:
        yield "The report names no contact, whom readers could ask for another form of it: give one, or say why not."
    official = all(spec.status == "published" for spec in run.params.inputs.values())  # of which nothing is hidden
    if not (official or run.params.disclosure.earlier):
        yield (
            "No earlier report is named under `disclosure: earlier:`. Two that were not protected together can give "
            "away, one from the other, what each hides: name what has been published, here or elsewhere, and make the "
            "report again; or say here that nothing has."
        )
    published = run.edition / PUBLISHED
    if not run.params.correction and published.exists() and run_folder(published) != run.folder:
        yield (
            "A report of this year and edition is published, and this one does not say what it puts right: write "
            "it under `correction:`, or say here why not."
        )
    facts = list(run.facts.values())
    if silent := [
        name for name in disproportionate(facts, run.params.pooled_label) if name not in run.run["responses"]
    ]:
        yield f"{counted(len(silent), 'disproportionate comparison')} without an answer: {', '.join(silent)}."
    few = run.params.disclosure.threshold
    for report, apart in sorted(qa.few_apart(run.folder, few).items()):
        yield (
            f"{report} shows {counted(apart, 'count')} otherwise, by {few} or fewer: whoever has both knows that so "
            "few records were added, taken out or changed, and of which groups and parts they are. No mark undoes "
            "that. Leave the correction for a later report, or say why it is made."
        )
    closed: Counter[str] = Counter()
    for report, _, cells in qa.compared(run.folder):
        closed[report] += cells[qa.CLOSED]
    for report, gone in sorted((+closed).items()):
        yield (
            f"{counted(gone, 'count')} shown by {report} and hidden here: whoever has both knows what was there, and "
            "that something became small. No mark undoes that. Leave the correction for a later report, or say why it "
            "is made."
        )


def overlooked(run: KeptRun) -> Iterator[Finding]:
    """The published reports beside this one, of any year and edition, whose counts it has not reckoned with.

    Two reports that were not protected together can give away, one from the other, what each hides.
    """
    known = released.read(run.folder).earlier
    for link in sorted(run.edition.parent.parent.glob(f"*/*/{PUBLISHED}")):
        folder = run_folder(link)
        reckoned = folder == run.folder or all(table in known for table in released.read(folder).tables)
        if not reckoned and not _protected_together(run, folder):
            message = "is published, and this report could give its hidden counts away; name it under"
            place = folder.relative_to(run.edition.parent.parent.parent)
            yield Finding(f"{message} disclosure: earlier: and make the report again", str(place))


def _protected_together(one: KeptRun, folder: Path) -> bool:
    """Whether two runs are editions of one report: of the same parameters but for that, inputs and code."""
    try:
        other = kept_run(folder)
    except ReportError:  # of other code, then
        return False
    same = one.params.model_copy(update={"edition": other.params.edition}) == other.params
    return same and (one.inputs, one.code) == (other.inputs, other.code)


def _told(ask: Callable[[], list[str]], faults: list[Finding]) -> list[str]:
    """Who signed; what is wrong goes to the faults."""
    try:
        return ask()
    except ReportError as error:
        faults += [Finding(str(error.args[0])), *error.findings]
    except (OSError, ValueError, KeyError, TypeError):
        faults.append(Finding("the files of the sign-off cannot be read", RECORD))
    return []


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
