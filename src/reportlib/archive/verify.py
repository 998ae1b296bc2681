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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from reportlib.archive import bag
from reportlib.archive.bundle import AGE, WHEELS
from reportlib.archive.verdict import APPROXIMATED, CANNOT, Difference, Verdict, judged
from reportlib.errors import UNREADABLE, ReportError
from reportlib.project import LOCK, sha256, write_whole

NEEDED = (  # to re-run at all
    *("data/project/", "data/parameters", "data/inputs.json", "data/run/facts.jsonl"),
    *("data/run/origin.json", "data/run/run.json"),
)
OWN = ("PYTHON", "REPORTLIB", "VIRTUAL_ENV", "JUPYTER", "IPYTHON", "MPL", "MATPLOTLIB")  # what changes how things work
BUILD = re.compile(r"^(?:setuptools|wheel)==[\d.]+", re.MULTILINE)  # for packages of source alone, as in tools/venv
MAIN = "from reportlib.cli import app; app()"  # the command line of any version
# What the archived code itself finds wrong with the archived files, as pairs of file and finding.
GATES = """
import json, sys
from pathlib import Path
from reportlib.gates.run import gates
print(json.dumps([[finding.file, str(finding)] for finding in gates(Path(sys.argv[1]))]))
"""

Tell = Callable[[str], None]


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
    tell: Tell = lambda stage: None,
) -> Verdict:
    """Make an archived report again, and compare.

    `extracts` is a folder with the inputs that were not archived, which are known by their checksums; `identity` an age
    key file that opens archived ones. `figures` re-runs in today's environment, in place of one built from the archived
    lock. Raises ReportError where the file is no bundle of a run. The archive is only read.
    """
    with TemporaryDirectory(prefix="audit-") as scratch:
        held = _Audit(Path(scratch), extracts, identity, figures, tell)
        tell("checking every checksum")
        folder = unpacked(archive, Path(scratch) / "archive")
        verdict = Verdict(folder.name, CANNOT, damaged=tuple(bag.damaged(folder)))
        try:
            return held.verdict(folder, verdict)
        except CannotRun as missing:
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
    try:
        with zipfile.ZipFile(archive) as held:
            held.extractall(folder)
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or "it is not a zip, or is damaged"
        raise ReportError(f"{archive} cannot be opened: {reason}. Name a zip from outputs/…/archive/.") from None
    found = sorted(folder.glob(f"*/{bag.MANIFEST}"))
    if len(found) != 1 or not (found[0].parent / "data" / "inputs.json").exists():
        raise ReportError(f"{archive} is not the bundle of a run. Name a zip from outputs/…/archive/.")
    return found[0].parent


@dataclass
class _Audit:
    """One audit, in a scratch folder of its own."""

    scratch: Path
    extracts: Path | None
    identity: Path | None
    figures: bool
    tell: Tell
    environment: str = field(default="environment built from the archived lock", init=False)
    settings: dict[str, str] = field(default_factory=dict, init=False)  # for Python and pip, besides the clean ones

    def verdict(self, folder: Path, so_far: Verdict) -> Verdict:
        needed = [name for name in so_far.damaged if name.startswith(NEEDED)]
        if needed:
            raise CannotRun(*(f"{name} is not what was archived" for name in needed))
        data = folder / "data"
        shutil.copytree(data / "project", self.scratch / "project")
        self._place_inputs(data)
        python = self._environment(data)
        again = self._made_again(data, python)
        self.tell("comparing")
        return judged(so_far, data, again, self.environment, lambda files: self._shown(python, data / "run", files))

    # Inputs

    def _place_inputs(self, data: Path) -> None:
        """Every input at its place in the project, each known by its checksum."""
        held = json.loads((data / "inputs.json").read_text(encoding="utf-8"))
        files = [(each["name"], file) for each in held for file in each["files"]]
        given = self._given({file["size"] for _, file in files})
        missing, advice = [], ""
        for name, file in files:
            place = self.scratch / "project" / file["path"]
            archived = data / file["archived"] if file["archived"] else None
            place.parent.mkdir(parents=True, exist_ok=True)
            if archived and archived.suffix == AGE and self.identity:
                _decrypt(archived, place, self.identity)
            elif file["sha256"] in given and not place.exists():
                shutil.copy(given[file["sha256"]], place)
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

    def _given(self, sizes: set[int]) -> dict[str, Path]:
        """The files that the auditor gives, by checksum; only those of a size that is looked for are read."""
        if not self.extracts:
            return {}
        if not self.extracts.exists():
            raise ReportError(f"There is no {self.extracts}. Name the folder that holds the extracts.")
        paths = [self.extracts] if self.extracts.is_file() else sorted(self.extracts.rglob("*"))
        return {sha256(path): path for path in paths if path.is_file() and path.stat().st_size in sizes}

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

    def _shown(self, python: Path, run: Path, differing: set[str]) -> Iterator[Difference]:
        """Figures on the archived files that are not those of the archived facts, as the archived code finds them."""
        self.tell("holding the archived files to their facts")
        try:
            found = json.loads(self._run([str(python), "-c", GATES, str(run)], "the archived files cannot be read"))
        except CannotRun as unread:
            found = [["", str(unread)]]
        for name, finding in found:
            if not name or any(one.removeprefix("run/") in finding for one in differing):
                yield Difference(finding)


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
