"""A finished run, read back: what it was made with, and its facts by the name under which two runs meet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from reportlib import facts
from reportlib.errors import AS_IT_WAS, Finding, ReportError
from reportlib.facts import Fact
from reportlib.paramfile import explain
from reportlib.params import Params

HELD = {"chapters": dict, "disclosure": dict, "inputs": list, "status": list, "tables": dict}  # by run.json at least
YEAR = re.compile(r"\d{4}-\d\d")


class Key(NamedTuple):
    """What names a figure in two runs: `when` is a year, or the part that a run's longer periods play in it."""

    id: str
    when: str
    edition: str
    table: str

    def beside(self, statistic: str) -> Key:
        """The figure of another statistic in the same row."""
        return self._replace(id=f"{self.id.rpartition('/')[0]}/{statistic}")


Facts = Mapping[Key, Fact]


@dataclass(frozen=True)
class KeptRun:
    """The folder of a run: `facts.jsonl`, `run.json`, `parameters.json`."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def edition(self) -> Path:
        """The folder of the edition, in which `runs`, `review` and `archive` stand side by side."""
        return self.folder.parent.parent

    @property
    def review(self) -> Path:
        """The folder of what is said of the run."""
        return self.edition / "review" / self.id

    @cached_property
    def run(self) -> dict[str, Any]:
        with self._reading("run.json") as path:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if wrong := [name for name, kind in HELD.items() if not isinstance(found[name], kind)]:
                raise TypeError(wrong)
        return found

    @cached_property
    def params(self) -> Params:
        with self._reading("parameters.json") as path:
            return Params.model_validate_json(path.read_text(encoding="utf-8"))

    @property
    def notebooks(self) -> list[Path]:
        """The executed notebooks, in the order of the report."""
        paths = sorted((self.folder / "notebooks").glob("*.ipynb"))
        if not (chosen := self.params.chapters):
            return paths
        names = {path: json.loads(path.read_bytes())["metadata"]["reportlib"]["chapter"] for path in paths}
        return sorted(paths, key=lambda path: chosen.index(names[path]) if names[path] in chosen else len(chosen))

    @cached_property
    def facts(self) -> Facts:
        with self._reading("facts.jsonl") as path:
            return {Key(fact.id, self._when(fact), fact.edition, fact.table): fact for fact in facts.read([path])}

    @contextmanager
    def _reading(self, name: str) -> Iterator[Path]:
        """Say of a file that it is damaged, or not as this code writes it."""
        try:
            yield self.folder / name
        except ValidationError as error:
            findings = explain(error, Params.model_json_schema(), {}, Path(name))
        except KeyError as error:
            findings = [Finding(f"it holds no {error.args[0]!r}", name)]
        except (AttributeError, TypeError, ValueError):
            findings = [Finding("it is damaged, or was written by other code", name)]
        else:
            return
        raise ReportError(f"The run {self.id} cannot be read by this code. {AS_IT_WAS}", findings)

    @property
    def inputs(self) -> dict[str, str]:
        """The checksum of each input."""
        with self._reading("run.json"):
            return {held["name"]: held["sha256"] for held in self.run["inputs"]}

    @property
    def code(self) -> dict[str, str]:
        """The digests of the code and the lock that made it; empty for a run that does not say."""
        return {name: self.run[name] for name in ("code", "lock") if name in self.run}

    def _when(self, fact: Fact) -> str:
        table = self.run["tables"].get(fact.table)
        yearly = table is None or ("year" in table["by"] and YEAR.fullmatch(fact.period))
        return fact.period if yearly else str(table["period"])


def run_folder(path: Path) -> Path:
    """The folder of a run, or of the one that a link such as `published` leads to."""
    folder = path.resolve()
    if folder.name == "signed" and folder.parent.parent.name == "review":
        folder = folder.parent.parent.parent / "runs" / folder.parent.name
    return folder


def kept_run(path: Path) -> KeptRun:
    """The run in a folder, or one that a link such as `current` leads to.

    Raises ReportError where there is none, or none that this code can read.
    """
    folder = run_folder(path)
    files = [folder / name for name in ("facts.jsonl", "run.json", "parameters.json")]
    if missing := [file.name for file in files if not file.is_file() or not file.stat().st_size]:
        raise ReportError(
            f"{path} is not the folder of a run: {missing[0]} is not there, or is empty. "
            "Runs are kept in outputs/<year>/<edition>/runs; `current` beside them is the last."
        )
    run = KeptRun(folder)
    _ = run.run, run.params, run.facts, run.inputs
    return run
