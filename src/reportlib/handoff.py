"""What the build hands to the notebooks: protected counts, releasable estimates, and what the run is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from reportlib import facts
from reportlib.errors import ReportError, nearest_or_all
from reportlib.facts import Fact
from reportlib.measures import MEASURES, TableSpec
from reportlib.params import notebook_parameters

SHARED = ("parameters", "edition", "status", "disclosure", "establishments")  # what every chapter may read of a run


@dataclass(frozen=True)
class Handoff:
    """A folder of prepared counts: `run.json`, `counts/`, `estimates/`, and `facts/` as chapters write them."""

    folder: Path

    @cached_property
    def run(self) -> dict[str, Any]:
        """What is known of the run: parameters, inputs, findings, chapters, tables, versions."""
        path = self.folder / "run.json"
        if not path.exists():
            raise ReportError(f"No counts have been prepared in {self.folder}: run `make lab`.")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def giving_way(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the counts were prepared with of the parameters that a notebook has as it was written.

        Nobody puts a report's parameters there in JupyterLab. Raises ReportError for any other that differs.
        """
        prepared, written = self.run["parameters"], notebook_parameters()
        given = {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}
        wrong = [f"there is no parameter {name!r}{nearest_or_all(name, prepared)}" for name in given.keys() - prepared]
        wrong += [f"{name} is not given" for name in prepared.keys() - given]
        others = {name: prepared[name] for name in prepared.keys() & given if not _same(given[name], prepared[name])}
        for name, value in others.items():
            if not _same(given[name], written[name]):
                wrong.append(f"{name} is {given[name]!r}, prepared with {value!r}")
        if wrong:
            raise ReportError(
                f"The counts were prepared with other parameters: {'; '.join(sorted(wrong))}. Give those; for others "
                "leave JupyterLab, change the parameter file and start `make lab PARAMS=…` again."
            )
        return others

    def declared(self, chapter: str) -> list[str]:
        """The tables that a chapter may show, published ones included."""
        entry = self.run["chapters"].get(chapter)
        if entry is None:
            raise ReportError(f"There is no chapter {chapter!r}; there are: {', '.join(self.run['chapters'])}.")
        return [*entry["tables"], *entry["published"]]

    def spec(self, chapter: str, table: str) -> TableSpec:
        """The declaration of a chapter's table. Raises ReportError if the chapter does not declare it."""
        if table not in (allowed := self.declared(chapter)):
            raise ReportError(
                f"The chapter {chapter} does not declare the table {table!r}{nearest_or_all(str(table), allowed)}."
            )
        if table not in self.run["tables"]:
            raise ReportError(f"The table {table!r} is of published figures: use chapter.published.")
        held = self.run["tables"][table]
        measure = replace(MEASURES[held["measure"]], definition=self.run["definitions"][held["measure"]])
        by, adjust = tuple(held["by"]), tuple(held["adjust"])
        apart, national = held.get("apart", ""), held.get("national", False)
        return TableSpec(table, measure, by, held["grouping"], held["period"], adjust, apart, national)

    def unavailable(self, table: str) -> str:
        """Why a table cannot be made from these inputs; empty if it can."""
        return str(self.run["tables"][table]["unavailable"] or "")

    def complement(self, table: str) -> bool | None:
        """Whether relative rates of a table are of the opposite of an outcome; None if that was not settled."""
        found: bool | None = self.run["tables"][table].get("complement")
        return found

    def decimals(self, table: str) -> int | None:
        """With how many decimals a table prints its relative rates; None if that was not settled."""
        found: int | None = self.run["tables"][table].get("decimals")
        return found

    def family(self, table: str) -> tuple[str, int] | None:
        """The dimension by which the report of the whole has these comparisons in a table, and how many that has."""
        held = self.run["tables"][table].get("family")
        return (str(held[0]), int(held[1])) if held else None

    @property
    def of_part(self) -> str:
        """What part of the whole the run is of, in words; empty for the whole."""
        return str(self.run.get("edition", {}).get("part", ""))

    def left_out(self, table: str) -> list[str]:
        """The parts of the system that a table leaves out, since too little happened there to divide it."""
        return list(self.run["tables"][table].get("left_out", ()))

    def table_status(self, table: str) -> list[str]:
        return list(self.run["tables"][table]["status"])

    def statuses(self, chapter: str) -> list[str]:
        """The statuses of all that a chapter shows. Raises ReportError if there is no such chapter."""
        self.declared(chapter)
        entry = self.run["chapters"][chapter]
        found = {status for table in entry["tables"] for status in self.table_status(table)}
        found |= {"published"} if entry["published"] else set()
        found |= set(self.run["status"]) if entry.get("reads_facts") or not found else set()
        return sorted(found)

    def counts(self, chapter: str, table: str) -> pd.DataFrame:
        """The protected counts of a declared table."""
        self.spec(chapter, table)
        return checked(pd.read_parquet(self.folder / "counts" / f"{table}.parquet"))

    def estimates(self, table: str) -> pd.DataFrame:
        """The estimates released beside a table's counts."""
        return pd.read_parquet(self.folder / "estimates" / f"{table}.parquet")

    def part(self, chapter: str) -> dict[str, Any]:
        """What a chapter may read of the run: all but the code's digests if it reads the others' facts, else its own.

        A chapter whose notebook, code and part are as before need not run again.
        """
        if self.reads_facts(chapter):
            return {name: held for name, held in self.run.items() if name not in ("code", "lock")}
        own = {name: self.run[name] for name in SHARED if name in self.run}
        entry = self.run["chapters"][chapter]
        return own | {"chapter": entry, "tables": {table: self.run["tables"][table] for table in entry["tables"]}}

    def reads_facts(self, chapter: str) -> bool:
        return bool(self.run["chapters"][chapter].get("reads_facts"))

    def facts(self, chapter: str) -> list[Fact]:
        """The facts of the chapters before it. Raises ReportError for a chapter that does not declare to read them."""
        if not self.reads_facts(chapter):
            raise undeclared(chapter)
        return self._facts

    @cached_property
    def _facts(self) -> list[Fact]:
        return facts.read(sorted((self.folder / "facts").glob("*.jsonl")))


def undeclared(chapter: str) -> ReportError:
    return ReportError(
        f"The chapter {chapter} reads what is not its own: declare `reads_facts: true` in its notebook's metadata."
    )


def _same(given: Any, prepared: Any) -> bool:
    """Whether two parameters are the same: a decimal number is none of years."""
    return bool(given == prepared and isinstance(given, float) <= isinstance(prepared, float))


def checked(frame: pd.DataFrame) -> pd.DataFrame:
    """A protected frame, or ValueError: a mark stands exactly where a numerator is missing."""
    if (frame["mark"].ne("") != frame["numerator"].isna()).any():
        raise ValueError("a mark without a missing count, or a missing count without a mark")
    return frame
