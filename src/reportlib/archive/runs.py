"""A finished run, read back: what it was made with, and its facts by the name under which two runs meet."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from reportlib import facts
from reportlib.errors import ReportError
from reportlib.facts import Fact
from reportlib.params import Params

YEAR = re.compile(r"\d{4}-\d\d")


class Key(NamedTuple):
    """What names a figure in two runs: `when` is a year, or the part that a run's longer periods play in it."""

    id: str
    when: str
    edition: str
    table: str


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

    @cached_property
    def run(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def params(self) -> Params:
        return Params.model_validate_json((self.folder / "parameters.json").read_text(encoding="utf-8"))

    @cached_property
    def facts(self) -> Facts:
        found = facts.read([self.folder / "facts.jsonl"])
        return {Key(fact.id, self._when(fact), fact.edition, fact.table): fact for fact in found}

    @property
    def inputs(self) -> dict[str, str]:
        """The checksum of each input."""
        return {held["name"]: held["sha256"] for held in self.run["inputs"]}

    @property
    def code(self) -> dict[str, str]:
        """The digests of the code and the lock that made it; empty for a run that does not say."""
        return {name: self.run[name] for name in ("code", "lock") if name in self.run}

    def _when(self, fact: Fact) -> str:
        table = self.run["tables"].get(fact.table)
        yearly = table is None or ("year" in table["by"] and YEAR.fullmatch(fact.period))
        return fact.period if yearly else str(table["period"])


def kept_run(path: Path) -> KeptRun:
    """The run in a folder, or one that a link such as `current` leads to. Raises ReportError where there is none."""
    folder = path.resolve()
    if missing := [name for name in ("facts.jsonl", "run.json", "parameters.json") if not (folder / name).is_file()]:
        raise ReportError(
            f"{path} is not the folder of a run: it holds no {missing[0]}. "
            "Runs are kept in outputs/<year>/<edition>/runs; `current` beside them is the last."
        )
    return KeptRun(folder)
