"""What the chapters declare that they show, read from the notebooks without running them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from reportlib.errors import Finding, ReportError, nearest_or_all
from reportlib.ethnicity import groupings
from reportlib.measures import DIMENSIONS, MEASURES, TableSpec
from reportlib.published import PUBLISHED_TABLES

KEYS = {"id", "measure", "by", "grouping", "period", "adjust", "published"}


@dataclass(frozen=True)
class ChapterPlan:
    """One chapter: its notebook, its place in the order, and the tables that it shows."""

    name: str
    path: Path
    tables: tuple[TableSpec, ...]
    published: tuple[str, ...]
    reads_facts: bool  # runs after the others, whose facts it reads


def plan(folder: Path, grouping: str, chosen: Sequence[str] = ()) -> list[ChapterPlan]:
    """The chapters in the order of their file names; of some chosen by name, those in that order.

    Raises ReportError with everything that is wrong in what they declare.
    """
    findings: list[Finding] = []
    chapters = [_chapter(path, grouping, findings) for path in sorted(folder.glob("*.ipynb"))]
    if chosen:
        named = {chapter.name: chapter for chapter in chapters}
        findings += _unknown("chapter", chosen, named, Path("chapters"))
        chapters = [named[name] for name in chosen if name in named]
    identifiers = [name for chapter in chapters for name in (*chapter.published, *(spec.id for spec in chapter.tables))]
    for twice in sorted({name for name in identifiers if identifiers.count(name) > 1}):
        findings.append(Finding(f"table {twice!r} is declared twice; each table has one chapter"))
    if findings or not chapters:
        raise ReportError("The chapters cannot be planned:", findings or [Finding("no notebooks", str(folder))])
    return chapters


def _chapter(path: Path, grouping: str, findings: list[Finding]) -> ChapterPlan:
    declared: dict[str, Any] = nbformat.read(path, as_version=4).metadata.get("reportlib", {})
    entries = declared.get("tables", [])
    specs = [spec for entry in entries if "measure" in entry if (spec := _spec(entry, grouping, path, findings))]
    published = [entry["published"] for entry in entries if "published" in entry]
    findings += _unknown("published table", published, PUBLISHED_TABLES, path)
    return ChapterPlan(
        declared.get("chapter", path.stem), path, tuple(specs), tuple(published), declared.get("reads_facts", False)
    )


def _spec(entry: dict[str, Any], grouping: str, path: Path, findings: list[Finding]) -> TableSpec | None:
    before = len(findings)
    by, period = entry.get("by", []), entry.get("period", "pooled")
    named = entry.get("grouping", grouping)
    findings += _unknown("key", entry, KEYS, path)
    findings += _unknown("measure", [entry["measure"]], MEASURES, path)
    findings += _unknown("grouping", [named], groupings(), path)
    findings += _unknown("period", [period], ["pooled", "trend"], path)
    if len(findings) > before:
        return None
    measure = MEASURES[entry["measure"]]
    adjust = tuple(entry.get("adjust", ()))
    known = [*DIMENSIONS[measure.numerator.dataset], "year"]
    findings += _unknown("dimension", [*by, *adjust], known, path)
    if adjust and tuple(by) != ("ethnicity",):
        findings.append(Finding(f"table {entry['id']!r}: only a table by ethnicity alone can be adjusted", path.name))
    return TableSpec(entry["id"], measure, tuple(by), named, period, adjust)


def _unknown(what: str, found: Iterable[str], known: Iterable[str], path: Path) -> list[Finding]:
    names = sorted(known)
    return [
        Finding(f"{what} {name!r} is not known{nearest_or_all(name, names)}", path.name)
        for name in found
        if name not in names
    ]
