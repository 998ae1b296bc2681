"""The figures of a run worked out again, with things of another run put in place of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportlib.archive.bundle import as_yaml
from reportlib.archive.compare import NO_FIGURE, PERIOD, State
from reportlib.archive.runs import Facts, KeptRun
from reportlib.archive.verify import MAIN, code_told, unpacked
from reportlib.errors import ReportError
from reportlib.inputs.paths import SNAPSHOTS, digest, matching
from reportlib.params import Params
from reportlib.project import ROOT, code_digests


@dataclass(frozen=True)
class Recompute:
    """Works out the facts of run `b` with things of run `a` put back, each by the code that made the runs.

    `projects` are folders with the project's code, `data` folders with inputs; what has the digest that a run
    names is taken.
    """

    a: KeptRun
    b: KeptRun
    projects: Sequence[Path]
    data: Sequence[Path]
    work: Path

    def __call__(self, state: State) -> Facts:
        """The facts; only counting and statistics are run, nothing is rendered.

        Raises ReportError where code or inputs are not there any more, or do not go together.
        """
        chosen = {part: self.a if part in state else self.b for part in ("period", "data", "parameters", "code")}
        code, to = self.code(chosen["code"]), self.work / "-".join(["with", *sorted(state)])
        to.mkdir()
        (to / "parameters.yml").write_bytes(as_yaml(self.parameters(chosen)))
        environment = os.environ | {"PYTHONPATH": str(code / "src")}
        command = [sys.executable, "-c", MAIN, "facts", str(to / "parameters.yml"), "--to", str(to)]
        done = subprocess.run(command, cwd=code, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ReportError(_said(done.stderr, code, to))
        made = KeptRun(to)
        if gone := sorted(name for name, digest in made.inputs.items() if digest != chosen["data"].inputs.get(name)):
            names = ", ".join(name.replace("_", " ") for name in gone)
            raise ReportError(f"The inputs of the run {chosen['data'].id} have changed since: {names}.")
        return made.facts

    def parameters(self, chosen: dict[str, KeptRun]) -> dict[str, Any]:
        """The parameters as a file holds them, without those that have their default: older code may not know them.

        `chosen` says from which run period, data and parameters come. Raises ReportError for an input that is not here.
        """
        own = chosen["parameters"]
        held = {name: value for name, value in _plain(own.params).items() if name not in NO_FIGURE}
        if earlier := own.params.disclosure.earlier:  # the bundle of the run holds them
            held["disclosure"]["earlier"] = [str(self.work / own.id / path) for path in earlier]
        held |= {name: getattr(chosen["period"].params, name) for name in PERIOD}
        held["inputs"] = _plain(chosen["data"].params)["inputs"]
        run = chosen["data"]
        for name, spec in held["inputs"].items():
            if spec.get("kind", "files") != "files":  # the rows as they were, not as the database has them now
                spec["snapshot"] = str(self._place(run, name, f"{SNAPSHOTS}/{name}-{run.inputs[name][:16]}.parquet"))
            else:
                spec["path"] = str(self._place(run, name, spec["path"]))
        return held

    def _place(self, run: KeptRun, name: str, path: str) -> Path:
        """Where an input stands as it was: in the bundle of its run, where it stood, or in a folder that was given."""
        places = [self.work / run.id / path, ROOT / path]
        places += [folder / own for folder in self.data for own in (path, Path(path).name)]
        for pattern in places:
            found = matching(str(pattern), ROOT)
            if found and digest(found)[0] == run.inputs[name]:
                return pattern
        raise ReportError(
            f"The input {name.replace('_', ' ')} of the run {run.id} is not here as it was: not archived, or changed "
            "since. Name the folder where it is kept with --data."
        )

    def code(self, run: KeptRun) -> Path:
        """The project whose code made a run: today's, one that was named, or what an archive holds of a commit.

        Raises ReportError where it is not here.
        """
        for folder in (*self.projects, self.work / run.id):
            if (folder / "requirements.lock").is_file() and code_digests(folder) == run.code:
                if folder in self.projects or run.code == code_digests() or code_told(folder)[1]:
                    return folder
                raise ReportError(
                    f"The archive of the run {run.id} holds code of no commit of this repository, and it would be run. "
                    "If you trust it, unpack the archive and name its data/project with --code."
                )
        raise ReportError(
            f"The code that made the run {run.id} is not here. It is in the run's archive, or check it out and name "
            "its folder with --code."
        )


@contextmanager
def recomputing(
    a: KeptRun, b: KeptRun, projects: Sequence[Path] = (), data: Sequence[Path] = ()
) -> Iterator[Recompute]:
    """Recompute in a scratch folder, with what the bundles of the two runs hold beside today's project."""
    with tempfile.TemporaryDirectory() as folder:
        for run in {run.id: run for run in (a, b)}.values():
            if (bundle := run.edition / "archive" / f"{run.id}.zip").is_file():
                (unpacked(bundle, Path(folder) / "bags" / run.id) / "data" / "project").rename(Path(folder) / run.id)
        yield Recompute(a, b, (ROOT, *projects), data, Path(folder))


def _plain(params: Params) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(params.model_dump_json(exclude_defaults=True))
    return held


def _said(text: str, *places: Path) -> str:
    """What a command said when it refused, in a line, without the places on this machine."""
    for place in (*places, ROOT):
        text = text.replace(f"{place}/", "")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if not lines or lines[0].startswith("Traceback"):
        lines = [f"the code of the run stopped with {lines[-1]}" if lines else "it stopped without a word"]
    return " ".join(lines[:3])
