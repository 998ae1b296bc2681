"""From records to what a notebook may see: counted, protected, estimated, and written for the chapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from reportlib.build import released
from reportlib.build.plan import ChapterPlan
from reportlib.build.protection import Protection, protection
from reportlib.disclosure import CountTable, Pattern, Relations
from reportlib.errors import Finding
from reportlib.ethnicity import groupings
from reportlib.handoff import checked
from reportlib.inputs.engines import engine
from reportlib.inputs.estimates import estimates
from reportlib.inputs.release import Release
from reportlib.inputs.sources import Source
from reportlib.measures import PARTS, Part, TableSpec
from reportlib.params import Params, years_between
from reportlib.project import code_digests

COLUMNS = ("numerator", "denominator")
ETHNICITIES = ("ethnicity", "ethnicity_nomis", "ethnicity_ppud")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Counted:
    """One table's counts before protection: a part's cells on the table's full grid."""

    spec: TableSpec
    part: Part
    frame: pd.DataFrame  # by, value (int; people summed over snapshots for a population)
    scale: int
    published: bool  # made of published figures alone: exempt, and known to everyone

    @property
    def name(self) -> str:
        return f"{self.spec.id}: {self.part.code}"


def prepare(
    params: Params,
    chapters: Sequence[ChapterPlan],
    sources: dict[str, Source],
    findings: Sequence[Finding],
    responses: Mapping[str, str],
    folder: Path,
    say: Say = lambda stage: None,
    before: Sequence[released.Release] = (),
) -> None:
    """Count, protect and estimate every declared table, and write what the notebooks read to `folder`.

    `before` are the earlier reports that the parameters name.
    """
    say("counting")
    specs = [spec for chapter in chapters for spec in chapter.tables]
    release = Release(sources, params, engine(params.engine), specs)
    why = {spec.id: release.why_unavailable(spec) for spec in specs}
    possible = [spec for spec in specs if not why[spec.id]]
    counted = [table for spec in possible for table in _count(release, spec)]
    say("protecting")
    held = {table.name: _as_published(table, params) for table in counted}
    carried = [table.carried() for release in before for table in release.handed_on()]
    protected = protection(params.disclosure, list(held.values()), _relations(params, counted, carried), carried)
    say("estimating")
    for name in ("counts", "estimates", "facts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    told = []
    for spec in possible:
        own = [table for table in counted if table.spec is spec]
        shown = _protected(release, spec, own, protected.pattern)
        told += [
            released.published(held[table.name], protected.pattern.marks(table.name), _told(table, shown, column))
            for column, table in zip(COLUMNS, own, strict=False)
        ]
        shown.to_parquet(folder / "counts" / f"{spec.id}.parquet", index=False)
        found = estimates(release, spec, _reference(params, spec), params.confidence_level)
        _releasable(found, shown, spec).to_parquet(folder / "estimates" / f"{spec.id}.parquet", index=False)
    kept = released.Release.of(f"{params.reporting_year} {params.edition}", told, before)
    (folder / released.PATTERN).write_text(kept.text(), encoding="utf-8")
    run = _run(params, chapters, sources, findings, release, why, counted, protected) | {"responses": dict(responses)}
    (folder / "run.json").write_text(json.dumps(run, indent=1, sort_keys=True, default=str), encoding="utf-8")


def _reference(params: Params, spec: TableSpec) -> str:
    own = spec.grouping == params.grouping
    return params.reference_group if own else groupings()[spec.grouping].reference


def _count(release: Release, spec: TableSpec) -> list[Counted]:
    """Every part of a table on one grid: all groups by all strata that occur, zeros included."""
    found = [(part, release.counts(spec, part)) for part in spec.measure.parts]
    axes = {name: _codes(release, spec, name, [frame for _, frame in found]) for name in spec.by}
    tables = []
    for part, frame in found:
        by = [name for name in spec.by if name in frame]
        grid = pd.DataFrame(list(product(*(axes[name] for name in by))), columns=by)
        full = grid.merge(frame, on=by, how="left") if by else frame
        full["value"] = full["value"].fillna(0).astype("int64")
        tables.append(Counted(spec, part, full, release.scale(spec, part), release.published(part)))
    return tables


def _codes(release: Release, spec: TableSpec, name: str, frames: Sequence[pd.DataFrame]) -> list[str]:
    if name == "year":
        return list(release.years(spec))
    if name in ETHNICITIES:
        return [*groupings()[spec.grouping].codes, "all"]
    found = {code for frame in frames if name in frame for code in frame[name]} - {"all"}
    return [*sorted(found), "all"]


def _as_published(table: Counted, params: Params) -> CountTable:
    """The counts with their period."""
    frame = table.frame if "year" in table.frame else table.frame.assign(year=params.pooled_label)
    return CountTable(table.name, table.part.code, frame, table.part.counts != "people", table.published, table.scale)


def _told(table: Counted, shown: pd.DataFrame, column: str) -> list[bool]:
    """Whether each count of a table is one that a notebook sees."""
    by = [name for name in table.spec.by if name in table.frame]
    seen = shown[by].assign(told=shown[column].notna())
    if not by:
        return [bool(seen["told"].any())]
    return list(table.frame[by].merge(seen.groupby(by, as_index=False)["told"].any(), on=by, how="left")["told"])


def _relations(params: Params, counted: Sequence[Counted], carried: Sequence[CountTable]) -> Relations:
    """How the cells hang together: groups in groups, years in the pooled period, parts in wholes."""
    codes: dict[str, set[str]] = {}
    for frame in [table.frame for table in counted] + [table.frame for table in carried]:
        for name in frame.columns.drop("value"):
            if name not in ETHNICITIES and name != "year":
                codes.setdefault(name, set()).update(frame[name])
    hierarchies = {name: {"all": [tuple(sorted(found - {"all"}))]} for name, found in codes.items()}
    pooled = {str(year) for table in carried for year in table.frame["year"]} | {params.pooled_label}
    hierarchies["year"] = {label: [years_between(label)] for label in sorted(pooled) if len(years_between(label)) > 1}
    every = groupings()
    ethnic: dict[str, list[tuple[str, ...]]] = {"all": [tuple(grouping.codes) for grouping in every.values()]}
    for name in ("5+1", "two"):
        ethnic |= {code: [every[name].members(code)] for code in every[name].compared}
    hierarchies |= dict.fromkeys(ETHNICITIES, ethnic)
    used = {table.part.code for table in counted} | {table.part for table in carried}
    chains = tuple(
        (part.whole, (part.code, f"not {part.code}"))
        for part in PARTS.values()
        if part.whole and part.counts != "people" and part.code in used
    )
    people = tuple((part.code, part.whole) for part in PARTS.values() if part.counts == "people" and part.whole)
    return Relations(hierarchies, chains, people, fixed=(*ETHNICITIES, "ethnicity_source"))


def _protected(release: Release, spec: TableSpec, tables: Sequence[Counted], pattern: Pattern) -> pd.DataFrame:
    """The table as a notebook sees it: counts, and a mark where one is hidden."""
    shown = tables[0].frame[list(spec.by)].copy()
    for column, table in zip(COLUMNS, tables, strict=False):
        part = table.frame.copy()
        if table.part.counts == "stock":
            by = [name for name in spec.by if name in part]
            mean = release.average(spec, table.part)
            part["value"] = (
                part[by].merge(mean, on=by, how="left")["value"].fillna(0.0).to_numpy() if by else mean["value"]
            )
        part[column] = part["value"].astype("Float64" if table.part.counts == "stock" else "Int64")
        hidden = pattern.marks(table.name).ne("").to_numpy()
        part[column] = part[column].mask(hidden)
        part[f"{column}_rule"] = pattern.marks(table.name).where(hidden, "").to_numpy()
        by = [name for name in spec.by if name in part]
        keep = part[[*by, column, f"{column}_rule"]]
        shown = shown.merge(keep, on=by, how="left") if by else shown.merge(keep, how="cross")
    rules = [name for name in shown if str(name).endswith("_rule")]
    hidden_row = (shown[rules] != "").any(axis=1)
    shown["numerator"] = shown["numerator"].mask(hidden_row)
    shown["mark"] = hidden_row.map({True: "c", False: ""})
    return checked(_without_unheld(shown.drop(columns=rules), spec))


def _without_unheld(shown: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Groups that the code list of the data cannot hold (Roma under 18+1) are not available, not zero."""
    if "ethnicity" not in spec.by or "denominator" not in shown:
        return shown
    held = shown.groupby("ethnicity")[["numerator", "denominator"]].sum(min_count=1).sum(axis=1)
    marked = shown["mark"].ne("").groupby(shown["ethnicity"]).any()
    absent = shown["ethnicity"].map((held == 0) & ~marked) & shown["ethnicity"].eq("W5")
    shown.loc[absent, ["numerator", "denominator"]] = pd.NA
    return shown.assign(mark=shown["mark"].mask(absent, "x"))


def _releasable(found: pd.DataFrame, shown: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Estimates of cells that are shown; an estimate of a hidden cell could give it back."""
    visible = shown.loc[shown["mark"].eq(""), list(spec.by)]
    return found.merge(visible, on=list(spec.by)) if spec.by else found


def _run(
    params: Params,
    chapters: Sequence[ChapterPlan],
    sources: dict[str, Source],
    findings: Sequence[Finding],
    release: Release,
    why: dict[str, str | None],
    counted: Sequence[Counted],
    protected: Protection,
) -> dict[str, Any]:
    """What the chapters may know of the run: nothing in it is a count that is hidden."""
    hidden = protected.hidden()
    return {
        **code_digests(),
        "parameters": params.analysis(),
        "disclosure": params.disclosure.model_dump(),
        "status": sorted({source.status for source in sources.values()}),
        "inputs": [
            {"name": s.name, "files": list(s.files), "rows": s.rows, "excluded": s.excluded, "status": s.status,
             "sha256": s.sha256, "fields": list(s.columns)}
            for s in sources.values()
        ],
        "establishments": release.establishments(),
        "findings": [{"level": f.level, "text": str(f)} for f in findings],
        "chapters": {
            chapter.name: {
                "tables": [spec.id for spec in chapter.tables],
                "published": list(chapter.published),
                "reads_facts": chapter.reads_facts,
            }
            for chapter in chapters
        },
        "tables": {
            spec.id: {
                "measure": spec.measure.code, "by": spec.by, "grouping": spec.grouping, "period": spec.period,
                "adjust": spec.adjust, "status": release.statuses(spec), "unavailable": why[spec.id],
            }
            for chapter in chapters
            for spec in chapter.tables
        },
        "hidden": [
            {"table": table.spec.id, "part": table.part.label, **hidden[table.name]} for table in counted
        ],
        "rules": protected.policy.reasons().to_dict("records"),
    }  # fmt: skip
