"""Does an archived report still come out the same? Unpack, check, make it again, and give a verdict."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from posixpath import normpath
from tempfile import TemporaryDirectory

from reportlib.archive import bag
from reportlib.archive.bundle import AGE, BESIDE, WHEELS
from reportlib.archive.content import COMPRESSED, difference
from reportlib.archive.signoff import DRAFT_LIST, MANIFEST, RECORD
from reportlib.archive.verdict import APPROXIMATED, CANNOT, Difference, Verdict, compared, judged
from reportlib.errors import UNREADABLE, ReportError
from reportlib.inputs.findings import shortened
from reportlib.origin import VERSION, checked_out
from reportlib.project import LOCK, code_digests, code_files, files_below, sha256, write_whole
from reportlib.words import listed

NEEDED = (  # to re-run at all
    *("data/project/", "data/parameters", "data/inputs.json", "data/run/facts.jsonl"),
    *("data/run/origin.json", "data/run/run.json"),
)
OWN = ("PYTHON", "REPORTLIB", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "MPL", "MATPLOTLIB")  # what changes how things work
BUILD = re.compile(r"^(?:setuptools|wheel)==[\d.]+", re.MULTILINE)  # for packages of source alone, as in tools/venv
MAIN = "from reportlib.cli import app; app()"  # the command line of any version
GATES = """
import json, sys
from pathlib import Path
from reportlib.gates.run import gates
print(json.dumps([str(finding) for finding in gates(Path(sys.argv[1]))]))
"""
WITHOUT_MARK = """
import sys
from pathlib import Path
import nbformat
from reportlib.archive.runs import KeptRun
from reportlib.build.report import rendered
run = KeptRun(Path(sys.argv[1]))
notebooks = [nbformat.read(path, as_version=4) for path in run.notebooks]
for name, content in rendered(run.params, notebooks, run.run, draft=False).items():
    Path(sys.argv[2], name).write_bytes(content)
"""
# What an archive may not name as an input: a place outside of the project, one of its code, or what could be run.
NO_INPUT = re.compile(r"^/|^\.\.?(/|$)|^(src|notebooks|tools)(/|$)|\.(py[co]?|pth|so|cfg|toml|ini|lock|ipynb)$")
SIGNATURES = (MANIFEST, f"{MANIFEST}.sig", DRAFT_LIST, RECORD)  # beside the files of a signed report

Tell = Callable[[str], None]


UNPUBLISHED = "what was published, of which no folder was named: PUBLISHED=folder"
UNMADE = "what was published: there is no report made again to compare it with"
GIVE = (
    "Name the folder that holds these files, whatever they are called: EXTRACTS=folder; a key to open them: KEY=file."
)


class CannotRun(Exception):
    """What is missing, so that the report cannot be made again; what the auditor can do about it."""

    def __init__(self, *missing: str, advice: str = "") -> None:
        super().__init__(*missing)
        self.advice = advice


def audit(
    archive: Path,
    extracts: Path | None = None,
    identity: Path | None = None,
    figures: bool = False,
    published: Path | None = None,
    tell: Tell = lambda stage: None,
) -> Verdict:
    """Make an archived report again, and compare.

    `extracts` is a folder with the inputs that were not archived, which are known by their checksums; `identity` an age
    key file that opens archived ones. `figures` re-runs in today's environment, in place of one built from the archived
    lock. `published` is a folder of the report as it was signed or published, whose files are compared too. Raises
    ReportError where the file is no bundle of a run. The archive is only read.
    """
    if extracts and not extracts.exists():
        raise ReportError(f"There is no {extracts}. Name the folder that holds the extracts.")
    if published and not any(path.name == "report.html" for path in published.glob("*")):
        raise ReportError(f"{published} holds no report.html. Name the folder of the published report.")
    with TemporaryDirectory(prefix="audit-") as scratch:
        held = _Audit(Path(scratch), extracts, identity, figures, published, tell)
        tell("checking every checksum")
        folder = unpacked(archive, Path(scratch) / "archive")
        verdict = Verdict(folder.name, CANNOT, damaged=tuple(bag.damaged(folder)))
        try:
            return held.verdict(folder, verdict)
        except CannotRun as missing:
            return lacking(verdict, missing)


def lacking(verdict: Verdict, missing: CannotRun) -> Verdict:
    """The verdict with what is missing."""
    return replace(verdict, missing=tuple(map(str, missing.args)), advice=missing.advice)


def keep(verdict: Verdict, archive: Path, stamp: str) -> Path:
    """Write the verdict to the review folder beside the archive, as Markdown and JSON; returns the first."""
    archive = archive.resolve()
    beside = archive.parent.parent if archive.parent.name == "archive" else archive.parent
    folder = beside / "review" / verdict.run
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"audit-{stamp}.md"
    write_whole(page, verdict.text())
    write_whole(page.with_suffix(".json"), verdict.json())
    return page


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a bundle; returns the bag's folder. Raises ReportError if it is none."""
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as held:
            names = held.namelist()
            if sum(entry.file_size for entry in held.infolist()) > shutil.disk_usage(folder).free:
                raise ReportError(f"There is no room in {folder} to unpack {archive}. Set TMPDIR to another disk.")
            held.extractall(folder)
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or "it is not a zip, or is damaged"
        raise ReportError(f"{archive} cannot be opened: {reason}. Name a zip from outputs/…/archive/.") from None
    found = sorted(folder.glob(f"*/{bag.MANIFEST}"))
    if len(found) != 1 or not (found[0].parent / "data" / "inputs.json").exists():
        raise ReportError(f"{archive} is not the bundle of a run. Name a zip from outputs/…/archive/.")
    plain = {normpath(name) for name in names}
    if len(plain) < len(names) or not all(name.startswith(f"{found[0].parent.name}/") for name in plain):
        raise ReportError(f"{archive} holds a name twice, or more than one bag: no bundle of a run does.")
    return found[0].parent


def code_told(project: Path) -> tuple[str, bool]:
    """Of which commit the archived code is, in words, and whether this repository holds it so.

    Beside the code there may be nothing that could be run.
    """
    try:
        commit = str(json.loads((project / VERSION).read_text(encoding="utf-8"))["commit"])
    except (OSError, ValueError, TypeError, KeyError):
        commit = ""
    if not commit:
        return "the code names no commit", False
    with TemporaryDirectory() as folder:
        if not checked_out(commit, Path(folder)):
            return f"the code names the commit {commit[:12]}, which this repository does not hold", False
        known = {*code_files(Path(folder)), *BESIDE, VERSION}
        more = {name for name in files_below(project) if NO_INPUT.search(name)} - known
        if more or code_digests(Path(folder)) != code_digests(project):
            return f"the code is not that of the commit {commit[:12]}, which it names", False
    return f"the code is that of the commit {commit[:12]} of this repository", True


@dataclass
class _Audit:
    """One audit, in a scratch folder of its own."""

    scratch: Path
    extracts: Path | None
    identity: Path | None
    figures: bool
    published: Path | None
    tell: Tell
    environment: str = field(default="environment built from the archived lock", init=False)
    settings: dict[str, str] = field(default_factory=dict, init=False)  # for Python and pip, besides the clean ones

    def verdict(self, folder: Path, so_far: Verdict) -> Verdict:
        needed = [name for name in so_far.damaged if name.startswith(NEEDED)]
        if needed:
            raise CannotRun(*(f"{name} is not what was archived" for name in needed))
        data = folder / "data"
        shutil.copytree(data / "project", self.scratch / "project")
        code, sure = code_told(data / "project")
        cautions = [] if sure else [f"that the code is the project's: {code}"]
        if not sure:
            self.tell(f"not known to be the project's code, and run all the same ({code})")
        try:
            inputs, unused = self._place_inputs(data)
        except CannotRun as missing:  # what needs no inputs is checked all the same
            so_far = replace(lacking(so_far, missing), code=code, cautions=(*cautions, UNMADE))
            with suppress(CannotRun):
                found = tuple(self._strange(self._environment(data), data / "run"))
                so_far = replace(so_far, environment=self.environment, figures=found)
            return so_far
        python = self._environment(data)
        again = self._made_again(data, python)
        self.tell("comparing")
        cautions += unused + ([] if self.published else [UNPUBLISHED])
        so_far = replace(so_far, code=code, cautions=tuple(cautions), inputs=tuple(inputs))
        strange = partial(self._strange, python, data / "run", again / "run")
        verdict = judged(so_far, data, again, self.environment, strange)
        return self._with_published(verdict, python, again / "run") if self.published else verdict

    # Inputs

    def _place_inputs(self, data: Path) -> tuple[list[str], list[str]]:
        """Every input at its place in the project, known by its checksum; where each is from, what was not used."""
        held = json.loads((data / "inputs.json").read_text(encoding="utf-8"))
        files = [(each["name"], file) for each in held for file in each["files"]]
        places = [place for _, file in files for place in (file["path"], file["archived"] or "")]
        if strange := [place for place in places if place and NO_INPUT.search(normpath(place))]:
            raise CannotRun(*(f"inputs.json names {place!r}, where no input can be" for place in strange))
        given, others = self._given({file["sha256"]: file["size"] for _, file in files})
        missing, told, advice = [], [], ""
        for name, file in files:
            place = self.scratch / "project" / file["path"]
            archived = data / file["archived"] if file["archived"] else None
            place.parent.mkdir(parents=True, exist_ok=True)
            whence = "from the archive"
            if archived and archived.suffix == AGE and self.identity:
                _decrypt(archived, place, self.identity)
            elif file["sha256"] in given:
                shutil.copy(given[file["sha256"]], place)
                whence = f"given as {given[file['sha256']].name}"
            told.append(f"{name}: {file['path']}, {whence}")
            if not place.exists():
                advice = GIVE
                why = "archived for another's key only" if archived else "not archived"
                missing.append(
                    f"the input {name}: {file['path']} is {why}, and no file given has its checksum "
                    f"(sha256 {file['sha256']}, {file['size']:,} bytes)"
                )
            elif sha256(place) != file["sha256"]:
                missing.append(f"the input {name}: the checksum of {file['path']} is not that of inputs.json")
        if missing:
            raise CannotRun(*missing, advice=advice)
        if code_digests(self.scratch / "project") != code_digests(data / "project"):
            raise CannotRun("an input of inputs.json stands where the code has a file of its own, and is another")
        return told, [f"given, and none of the inputs: {listed(shortened(others, 'files'))}"] if others else []

    def _given(self, wanted: Mapping[str, int]) -> tuple[dict[str, Path], list[str]]:
        """The files that the auditor gives and that are wanted, by checksum, and the names of the others.

        Only those of a size that is wanted are read.
        """
        found, others = {}, []
        paths = [self.extracts, *sorted(self.extracts.rglob("*"))] if self.extracts else []
        for path in filter(Path.is_file, paths):
            digest = sha256(path) if path.stat().st_size in wanted.values() else ""
            if digest in wanted:
                found[digest] = path
            else:
                others.append(path.name)
        return found, others

    # Environment

    def _environment(self, data: Path) -> Path:
        """The Python of an environment built from the archived lock, or today's."""
        wanted = json.loads((data / "run" / "origin.json").read_text(encoding="utf-8"))["python"]
        if self.figures:
            self.environment = f"{APPROXIMATED}today's, not that of the archived lock"
            self.settings["PYTHONPATH"] = str(self.scratch / "project" / "src")
            return Path(sys.executable)
        self.tell("building the environment from the archived lock")
        place = self.scratch / "environment"
        python = place / "bin" / "python"
        self._run([_python(wanted), "-m", "venv", "--without-pip", str(place)], "no environment can be made")
        wheels = data / "wheels"
        local = ["--no-index", "--find-links", str(wheels)] if wheels.exists() else []
        project = self.scratch / "project"
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile", *local]
        lock = ["--require-hashes", "-r", str(project / LOCK)]
        build = BUILD.findall((project / LOCK).read_text(encoding="utf-8"))
        (self.scratch / "build.txt").write_text("\n".join(build), encoding="utf-8")
        self.settings |= {"PIP_CONSTRAINT": "build.txt", "PIP_BUILD_CONSTRAINT": "build.txt"}
        self._run([*pip, *lock], "the archived lock cannot be installed")
        own = ["--no-deps", "--no-build-isolation", "--editable", str(project)]
        self._run([*pip, *own], "the archived code cannot be installed")
        return python

    def _run(self, command: list[str], otherwise: str) -> str:
        """What a command prints that sees nothing of today's code or of the auditor's settings."""
        given = {name: value for name, value in os.environ.items() if not name.startswith(OWN)} | self.settings
        done = subprocess.run(command, env=given, cwd=self.scratch, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.replace(str(self.scratch), "").splitlines()
            said = [line for line in lines if line.strip()] or ["it ended without a word"]
            raise CannotRun(f"{otherwise}: {' '.join(said[-6:])}")
        return done.stdout

    # Making it again

    def _made_again(self, data: Path, python: Path) -> Path:
        """Make the report from the archived parameters; returns what its own bundle holds."""
        self.tell("making the report again")
        self.settings[WHEELS] = str(data / "wheels")  # which it archives again, if it asks for them
        for path in data.glob("parameters*.yml"):  # with the answers to the register
            shutil.copy(path, self.scratch)
        out = self.scratch / "again"
        command = [str(python), "-c", MAIN, "report", str(self.scratch / "parameters.yml"), "--outputs", str(out)]
        self._run(command, "the archived code does not make the report")
        made = sorted(out.glob("*/*/archive/*.zip"))
        if len(made) != 1:
            raise CannotRun("the archived code left no bundle")
        return unpacked(made[0], self.scratch / "unpacked-again") / "data"

    def _found(self, python: Path, run: Path) -> set[str]:
        """What the archived code finds wrong with the files of a run, held to their facts."""
        self.tell("holding the files to their facts")
        return {*json.loads(self._run([str(python), "-c", GATES, str(run)], "the files cannot be read"))}

    def _strange(self, python: Path, run: Path, again: Path | None = None) -> Iterator[Difference]:
        """What is wrong with the archived files, and not with those made again in the same environment."""
        try:
            found = self._found(python, run)
        except CannotRun as unread:
            found = {str(unread)}
        with suppress(CannotRun):
            found -= self._found(python, again) if again else set()
        yield from map(Difference, sorted(found))

    def _with_published(self, verdict: Verdict, python: Path, again: Path) -> Verdict:
        """The verdict with the files of the published report held to those made again without the draft's mark."""
        self.tell("comparing what was published")
        assert self.published
        made = shutil.copytree(again, self.scratch / "without-mark")
        try:
            self._run([str(python), "-c", WITHOUT_MARK, str(again), str(made)], "it cannot be made without its mark")
        except CannotRun as missing:
            return replace(verdict, cautions=(*verdict.cautions, f"what was published: {missing}"))
        found = []
        for name, path in files_below(self.published).items():
            if name not in SIGNATURES and not (made / name).exists():
                found.append(Difference(f"published/{name}", "no file of the report"))
            elif name not in SIGNATURES and path.read_bytes() != (made / name).read_bytes():
                found.append(Difference(f"published/{name}", difference(path, made / name) or COMPRESSED))
        if verdict.other_tools and found:
            caution = "the published files that differ: with other versions, words and figures in them may too"
            verdict = replace(verdict, cautions=(*verdict.cautions, caution))
        return compared(verdict, found)


def _python(wanted: str) -> str:
    """The Python of the wanted version's series, or this one."""
    series = ".".join(wanted.split(".")[:2])
    own = ".".join(platform.python_version_tuple()[:2])
    return sys.executable if own == series else shutil.which(f"python{series}") or sys.executable


def _decrypt(path: Path, to: Path, identity: Path) -> None:
    import pyrage

    try:
        lines = [line.strip() for line in identity.read_text(encoding="utf-8").splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError):
        keys = []
    if not keys:
        raise ReportError(f"{identity} holds no age key. It is a text file with a line AGE-SECRET-KEY-….")
    try:
        pyrage.decrypt_file(str(path), str(to), keys)
    except pyrage.DecryptError:
        raise CannotRun(f"{path.name} was archived for another key") from None
