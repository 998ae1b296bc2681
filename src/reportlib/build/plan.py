"""What the chapters declare that they show, and what is wrong in them, read from the notebooks without a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import nbformat
from pydantic import AfterValidator, Field, ValidationError, model_validator

from reportlib.errors import Finding, ReportError, nearest_or_all
from reportlib.ethnicity import APART, groupings
from reportlib.gates.notebooks import check_source
from reportlib.measures import DIMENSIONS, MEASURES, REPEATED, TableSpec
from reportlib.paramfile import Block, explain
from reportlib.published import PUBLISHED_TABLES
from reportlib.words import DERIVED_KINDS, WORDS

# What nbformat raises for a file that is no notebook
NO_NOTEBOOK = (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError)
NAME = "^[a-z]+(-[a-z]+)*$"  # no digit: a gate would take it for a figure


@dataclass(frozen=True)
class ChapterPlan:
    """One chapter: its notebook, its place in the order, and the tables that it shows."""

    name: str
    path: Path
    tables: tuple[TableSpec, ...]
    published: tuple[str, ...]
    reads_facts: bool  # runs after the others, whose facts it reads


def _one_of(known: Iterable[str]) -> AfterValidator:
    names = sorted(known)

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"{name!r} is not known{nearest_or_all(name, names)}")
        return name

    return AfterValidator(check)


class _Table(Block):
    """A table as a notebook's metadata declare it: counted, or taken from published figures."""

    id: str = Field(pattern=NAME, description="the table's lasting name")
    measure: Annotated[str, _one_of(MEASURES)] | None = None
    published: Annotated[str, _one_of(PUBLISHED_TABLES)] | None = None
    by: tuple[str, ...] = Field(default=(), strict=False)
    grouping: Annotated[str, _one_of(groupings())] | None = None
    period: Literal["pooled", "trend"] = "pooled"
    adjust: tuple[str, ...] = Field(default=(), strict=False)
    national: bool = False

    @model_validator(mode="after")
    def _of_one_kind(self) -> _Table:
        if bool(self.measure) == bool(self.published):
            raise ValueError("give it either a `measure` or a table that is `published`")
        if self.published and self.published != self.id:
            raise ValueError(f"a published table keeps its name: let its id be {self.published!r}")
        if self.id.endswith(tuple(f"-{kind}" for kind in DERIVED_KINDS)):
            endings = " or ".join(f"-{kind}" for kind in DERIVED_KINDS)
            raise ValueError(f"names that end in {endings} are those of tables made of another one")
        if self.measure:
            if MEASURES[self.measure].kind != "count" and self.measure not in WORDS:
                raise ValueError(f"say in WORDS of src/reportlib/words.py how {self.measure!r} is spoken of")
            known = [*DIMENSIONS[MEASURES[self.measure].numerator.dataset], "year"]
            for name in (*self.by, *self.adjust):
                if name not in known:
                    raise ValueError(f"dimension {name!r} is not known{nearest_or_all(name, known)}")
            if not self.by or len({*self.by}) < len(self.by):
                raise ValueError("`by` is to name at least one dimension, each once")
            if (self.period == "trend") != ("year" in self.by):
                raise ValueError("a table with the period `trend` is by `year`, and no other is")
        if self.adjust and self.by != ("ethnicity",):
            raise ValueError("only a table by ethnicity alone can be adjusted")
        return self

    def spec(self, grouping: str, beside: Sequence[_Table]) -> TableSpec:
        """What is counted for it; `grouping` is that of the report, `beside` are the tables of the chapter."""
        own, apart = self.grouping or grouping, ""
        if "ethnicity" in self.by and self.grouping:
            of = (self.measure, self.by, self.period)
            twice = any((other.measure, other.by, other.period) == of and not other.grouping for other in beside)
            apart = APART[own] if own != grouping else REPEATED if twice else ""
        measure = MEASURES[self.measure or ""]
        return TableSpec(self.id, measure, self.by, own, self.period, self.adjust, apart, self.national)


class _Chapter(Block):
    """What the metadata of a notebook declare under `reportlib`."""

    chapter: str = Field(pattern=NAME, description="the chapter's lasting name")
    tables: tuple[_Table, ...] = Field(default=(), strict=False)
    reads_facts: bool = False


def plan(folder: Path, grouping: str, chosen: Sequence[str] = (), drafts: bool = False) -> list[ChapterPlan]:
    """The chapters in the order of their file names; of some chosen by name, those in that order.

    Raises ReportError with everything that is wrong in what they declare and, but for `drafts`, in their text.
    """
    findings: list[Finding] = []
    notebooks = {path: held for path in sorted(folder.glob("*.ipynb")) if (held := _read(path, findings))}
    chapters = [
        chapter for path, held in notebooks.items() if (chapter := _chapter(path, held.metadata, grouping, findings))
    ]
    findings += _twice("chapter", [chapter.name for chapter in chapters], "give one of the notebooks another")
    if chosen and not findings:
        named = {chapter.name: chapter for chapter in chapters}
        findings += [
            Finding(f"chapter {name!r} is not known{nearest_or_all(name, named)}", "chapters")
            for name in chosen
            if name not in named
        ]
        chapters = [named[name] for name in chosen if name in named]
        notebooks = {chapter.path: notebooks[chapter.path] for chapter in chapters}
    tables = [name for chapter in chapters for name in (*chapter.published, *(spec.id for spec in chapter.tables))]
    findings += _twice("table", tables, "each table has one chapter")
    if not drafts:
        findings += [fault for path, held in notebooks.items() for fault in check_source(held, path.name)]
    if findings or not chapters:
        raise ReportError("The chapters cannot be planned:", findings or [Finding("no notebooks", str(folder))])
    return chapters


def _read(path: Path, findings: list[Finding]) -> nbformat.NotebookNode | None:
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except NO_NOTEBOOK:
        findings.append(Finding("is not a notebook that can be read: save it anew in JupyterLab", path.name))
        return None
    return notebook


def _chapter(path: Path, metadata: Any, grouping: str, findings: list[Finding]) -> ChapterPlan | None:
    try:
        declared = _Chapter.model_validate(metadata.get("reportlib", {}))
    except ValidationError as error:
        findings += explain(error, _Chapter.model_json_schema(), {}, Path(path.name))
        return None
    return ChapterPlan(
        declared.chapter,
        path,
        tuple(table.spec(grouping, declared.tables) for table in declared.tables if table.measure),
        tuple(table.published for table in declared.tables if table.published),
        declared.reads_facts,
    )


def _twice(what: str, names: Sequence[str], advice: str) -> list[Finding]:
    return [
        Finding(f"{what} {name!r} is declared twice; {advice}")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
