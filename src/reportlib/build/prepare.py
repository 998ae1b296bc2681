"""From records to what a notebook may see: counted, protected, estimated, and written for the chapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reportlib.build import released
from reportlib.build.plan import ChapterPlan
from reportlib.build.protection import Protection, protection
from reportlib.comparison import flags, least
from reportlib.disclosure import CountTable, Pattern, Relations
from reportlib.disclosure.policy import Place
from reportlib.disclosure.suppress import Progress
from reportlib.editions import Edition
from reportlib.errors import Finding
from reportlib.ethnicity import NOT_STATED, groupings, reference_of
from reportlib.handoff import checked
from reportlib.inputs.cube import ETHNICITIES
from reportlib.inputs.engines import engine
from reportlib.inputs.estimates import estimates
from reportlib.inputs.inversion import Cell, Hidden
from reportlib.inputs.release import Release
from reportlib.inputs.sources import Source
from reportlib.measures import PARTS, SUMS, Part, TableSpec
from reportlib.params import Params
from reportlib.project import code_digests
from reportlib.published import PUBLISHED_TABLES
from reportlib.years import years_between

COLUMNS = ("numerator", "denominator")
OF_ONE = "deff|rate|expected|standardised|agreement|kappa|withheld"  # estimates; all others compare with the reference
FEW_TO_DIVIDE = 10  # events in a part of the system; of fewer, a row of zeros with one mark would tell whose they were
MOST_SMALL = 0.1  # of the counts of a table that divides an edition further
DETAILED = 5  # groups; beyond, a table that divides them further is held to the same
TOO_FINE = "too many of its counts are small in such a part of the whole; the national edition has it"
TOO_MANY = "too many of its counts are small among so many ethnic groups; a report on fewer groups has it"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Counted:
    """One table's counts in one edition before protection: a part's cells on the table's full grid."""

    edition: Edition
    spec: TableSpec
    part: Part
    frame: pd.DataFrame  # by, value (int; people summed over snapshots for a population)
    scale: int
    published: bool  # made of published figures alone: exempt, and known to everyone
    left_out: Mapping[str, frozenset[str]]  # dimension -> codes of which there is too little to divide it

    @property
    def name(self) -> str:
        return f"{self.spec.id}: {self.part.code}" + f" ({self.edition.name})" * bool(self.edition.dimension)

    def as_published(self, period: str) -> CountTable:
        """The counts at their place among all that are published: with their period, and in their edition."""
        frame = self.frame if "year" in self.frame else self.frame.assign(year=period)
        if dimension := self.edition.dimension:
            within = frame.get(dimension, pd.Series("all", frame.index))
            frame = frame.assign(**{dimension: within.where(within != "all", self.edition.code)})
        return CountTable(self.name, self.part.code, frame, self.part.counts != "people", self.published, self.scale)


@dataclass(frozen=True)
class Prepared:
    """The counts of every edition with the one pattern that protects them all; nothing has left yet."""

    params: Params
    chapters: Sequence[ChapterPlan]
    sources: dict[str, Source]
    findings: Sequence[Finding]
    release: Release
    counted: Sequence[Counted]
    why: Mapping[tuple[str, str], str | None]  # edition, table -> why the one cannot show the other
    protected: Protection
    before: Sequence[released.Release]

    def write(self, folder: Path, responses: Mapping[str, str] | None = None, edition: Edition | None = None) -> None:
        """Estimate, and write what the notebooks of one edition read to `folder`."""
        edition = edition or self.params.made
        release, params = _within(self.release, edition), self.params.of(edition)
        counted = [table for table in self.counted if table.edition == edition]
        for name in ("counts", "estimates", "facts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        told, hidden, shows = [], [], {}
        specs = list(dict.fromkeys(table.spec for table in counted))
        left_out = {table.spec.id: table.left_out for table in counted if table.part == table.spec.measure.numerator}
        for spec in specs:
            own = [table for table in counted if table.spec == spec]
            shown = shows[spec.id] = _protected(release, spec, own, self.protected.pattern)
            for column, table in zip(COLUMNS, own, strict=False):
                seen, gone = _told(table, shown, column)
                told.append(released.published(self.protected.pattern.tables[table.name], seen, gone))
                hidden.append({"table": spec.id, "part": table.part.label, "cells": len(gone), "hidden": sum(gone)})
            shown.to_parquet(folder / "counts" / f"{spec.id}.parquet", index=False)
        for spec in specs:
            policy = self.protected.policy
            reference = reference_of(spec.grouping, params.grouping, params.reference_group)
            strata = Hidden(_strata_hidden(spec, specs, shows, left_out), policy.threshold, policy.protection_width)
            found = estimates(release, spec, reference, params.confidence_level, strata)
            released_of = _releasable(found, shows[spec.id], spec, reference)
            released_of.to_parquet(folder / "estimates" / f"{spec.id}.parquet", index=False)
        kept = released.Release.of(f"{params.reporting_year} {params.edition}", told, self.before)
        (folder / released.PATTERN).write_text(kept.text(), encoding="utf-8")
        why = {table: reason for (name, table), reason in self.why.items() if name == edition.name}
        run = _run(params, self.chapters, self.sources, self.findings, release, why, hidden, self.protected, left_out)
        few = [flags(shows[spec.id], spec, least(run["disclosure"])).ne("").sum() for spec in specs]
        run |= {"responses": dict(responses or {}), "flagged": int(sum(few))}
        (folder / "run.json").write_text(json.dumps(run, indent=1, sort_keys=True, default=str), encoding="utf-8")


def prepare(
    params: Params,
    chapters: Sequence[ChapterPlan],
    sources: dict[str, Source],
    findings: Sequence[Finding],
    say: Say = lambda stage: None,
    before: Sequence[released.Release] = (),
    progress: Progress | None = None,
) -> Prepared:
    """Count every declared table in every edition of the run, and protect them together.

    `before` are the earlier reports that the parameters name; `progress` is told how far protection has come.
    """
    say("counting")
    specs = [spec for chapter in chapters for spec in chapter.tables]
    dimensions = {edition.dimension: None for edition in params.editions if edition.dimension}
    divided = [replace(spec, by=(*spec.by, name)) for name in dimensions for spec in specs]
    release = Release(sources, params, engine(params.engine), [*specs, *divided])
    chapters = [replace(each, tables=tuple(map(release.adjustable, each.tables))) for each in chapters]
    specs = [spec for chapter in chapters for spec in chapter.tables]
    why: dict[tuple[str, str], str | None] = {}
    counted: list[Counted] = []
    for edition in params.editions:
        part = _within(release, edition)
        for spec in specs:
            why[edition.name, spec.id] = part.why_unavailable(spec)
            if not why[edition.name, spec.id]:
                whole = [table for table in counted if table.spec == spec and not table.edition.dimension]
                counted += _count(part, spec, edition, whole)
    for too_fine in _too_fine(counted, params.disclosure.threshold):
        why[too_fine.edition.name, too_fine.spec.id] = TOO_FINE if too_fine.edition.dimension else TOO_MANY
    counted = [table for table in counted if not why[table.edition.name, table.spec.id]]
    say("protecting")
    held = [table.as_published(params.pooled_label) for table in counted]
    carried = [table.carried() for report in before for table in report.handed_on()]
    carried += [
        CountTable(name, table.part, table.counts(), release=name)
        for name in sorted({name for chapter in chapters for name in chapter.published})
        if (table := PUBLISHED_TABLES[name]).part
    ]
    relations = _relations(params, release, counted, carried)
    protected = protection(params.disclosure, held, relations, carried, progress)
    return Prepared(params, chapters, sources, findings, release, counted, why, protected, before)


def _within(release: Release, edition: Edition) -> Release:
    return release.within(edition.dimension, edition.values) if edition.dimension else release


def _too_fine(counted: Sequence[Counted], threshold: int) -> list[Counted]:
    """The tables that divide the editions of a dimension, or detailed groups, so finely that most would be marks."""
    groups: dict[tuple[str, str], list[Counted]] = {}
    for table in counted:
        dimension = table.edition.dimension or ""
        detailed = "ethnicity" in table.spec.by and len(groupings()[table.spec.grouping].compared) > DETAILED
        divided = (dimension or detailed) and len({*table.spec.by} - {dimension}) > 1
        if divided and table.part.counts != "stock":
            groups.setdefault((table.spec.id, dimension), []).append(table)
    found = []
    for tables in groups.values():
        counts = pd.concat([table.frame["value"] for table in tables if not table.published] or [pd.Series(dtype=int)])
        if counts.between(1, threshold).sum() > MOST_SMALL * counts.gt(0).sum():
            found += tables
    return found


def _count(release: Release, spec: TableSpec, edition: Edition, whole: Sequence[Counted]) -> list[Counted]:
    """Every part of a table on one grid: all groups by all strata that occur in the whole, zeros included."""
    found = [(part, release.counts(spec, part)) for part in spec.measure.parts]
    frames = [*(frame for _, frame in found), *(table.frame for table in whole)]
    few = {name: few for name in spec.strata if name != edition.dimension if (few := _few(spec, name, found[0][1]))}
    axes = {
        name: [code for code in _codes(release, spec, name, edition, frames) if code not in few.get(name, ())]
        for name in spec.by
    }
    tables = []
    for part, frame in found:
        by = [name for name in spec.by if name in frame]
        grid = pd.DataFrame(list(product(*(axes[name] for name in by))), columns=by)
        full = grid.merge(frame, on=by, how="left") if by else frame
        full["value"] = full["value"].fillna(0).astype("int64")
        scale, published = release.scale(spec, part), release.published(spec, part)
        left_out = {name: few[name] for name in few if name in full}
        tables.append(Counted(edition, spec, part, full, scale, published, left_out))
    return tables


def _few(spec: TableSpec, name: str, events: pd.DataFrame) -> frozenset[str]:
    """The codes of a dimension of which too few events are known to divide them by ethnic group."""
    if "ethnicity" not in spec.by or spec.measure.kind != "rate":
        return frozenset()
    whole = events[(events[[other for other in spec.by if other not in (name, "year")]] == "all").all(axis=1)]
    totals = whole[whole[name] != "all"].groupby(name)["value"].sum()
    return frozenset(totals.index[totals.gt(0) & totals.lt(FEW_TO_DIVIDE)])


def _codes(release: Release, spec: TableSpec, name: str, edition: Edition, frames: Sequence[pd.DataFrame]) -> list[str]:
    if name == "year":
        return list(release.years(spec))
    if name in ETHNICITIES:
        return [*groupings()[spec.grouping].codes, "all"]
    if name == edition.dimension:
        return [*edition.values, *["all"] * (len(edition.values) > 1)]
    found = {code for frame in frames if name in frame for code in frame[name]} - {"all"}
    return [*sorted(found), "all"]


def _told(table: Counted, shown: pd.DataFrame, column: str) -> tuple[list[bool], list[bool]]:
    """Whether each count of a table is one that a notebook sees, and whether it is hidden, by whatever rule."""
    by = [name for name in table.spec.by if name in table.frame]
    seen = shown[by].assign(told=shown[column].notna(), hidden=shown[column].isna() & shown["mark"].eq("c"))
    if not by:
        return [bool(seen["told"].any())], [bool(seen["hidden"].any())]
    found = table.frame[by].merge(seen.groupby(by, as_index=False).any(), on=by, how="left")
    return list(found["told"]), list(found["hidden"] & ~found["told"])


def _relations(
    params: Params, release: Release, counted: Sequence[Counted], carried: Sequence[CountTable]
) -> Relations:
    """How the cells hang together: groups in groups, years in the pooled period, parts in wholes."""
    codes: dict[str, set[str]] = {}
    for frame in [table.frame for table in counted] + [table.frame for table in carried]:
        for name in frame.columns.drop("value"):
            if name not in ETHNICITIES and name != "year":
                codes.setdefault(name, set()).update(frame[name])
    for name, left_out in [pair for table in counted for pair in table.left_out.items()]:
        codes[name].update(left_out)
    for edition in params.editions:
        if dimension := edition.dimension:
            codes.setdefault(dimension, set()).update(release.codes(dimension), edition.values)
    nobody = _nobody(params, codes, counted, carried)
    hierarchies = {name: {"all": [tuple(sorted(found - {"all"}))]} for name, found in codes.items()}
    for edition in params.editions:
        if edition.dimension and len(edition.values) > 1:
            hierarchies[edition.dimension][edition.code] = [edition.values]
    pooled = {str(year) for table in carried for year in table.frame["year"]} | {params.pooled_label}
    hierarchies["year"] = {label: [years_between(label)] for label in sorted(pooled) if len(years_between(label)) > 1}
    every = groupings()
    ethnic: dict[str, list[tuple[str, ...]]] = {"all": [tuple(grouping.codes) for grouping in every.values()]}
    for name in ("5+1", "two"):
        ethnic |= {code: [every[name].members(code)] for code in every[name].compared}
    hierarchies |= dict.fromkeys(ETHNICITIES, ethnic)
    used = {table.part.code for table in counted} | {table.part for table in carried}
    chains: list[tuple[str, tuple[str, ...]]] = [
        (part.whole, (part.code, f"not {part.code}"))
        for part in PARTS.values()
        if part.whole and part.counts != "people" and part.code in used
    ]
    chains += [(whole, parts) for whole, parts in SUMS if used & {whole.removeprefix("not "), *parts}]
    people = tuple((part.code, part.whole) for part in PARTS.values() if part.counts == "people" and part.whole)
    fixed = (*ETHNICITIES, "ethnicity_source")
    return Relations(hierarchies, tuple(chains), people, fixed, nobody, _where_ethnicity_comes_from())


def _where_ethnicity_comes_from() -> tuple[tuple[Place, tuple[Place, ...]], ...]:
    """How a person's ethnicity follows from those on the two systems: NOMIS, and where it holds none, PPUD."""
    unknown = {"ethnicity_nomis": NOT_STATED}
    codes = {code for grouping in groupings().values() for code in grouping.codes} - {NOT_STATED}
    return (
        *(({"ethnicity": c}, ({"ethnicity_nomis": c}, unknown | {"ethnicity_ppud": c})) for c in sorted(codes)),
        ({"ethnicity": NOT_STATED}, (unknown | {"ethnicity_ppud": NOT_STATED},)),
        ({"ethnicity": NOT_STATED}, ({"ethnicity_source": "Not stated"},)),
        ({}, ({"ethnicity_source": "NOMIS"}, unknown)),
    )


def _nobody(
    params: Params, codes: Mapping[str, set[str]], counted: Sequence[Counted], carried: Sequence[CountTable]
) -> dict[tuple[str, str], frozenset[str]]:
    """The codes that no table of a part lists: a table lists every code that somebody has, but for editions' own."""
    listed: dict[tuple[str, str], set[str]] = {}
    own = {edition.dimension for edition in params.editions}
    for part, frame in [(t.part.code, t.frame) for t in counted] + [(t.part, t.frame) for t in carried]:
        for name in codes.keys() & {*frame.columns} - own:
            listed.setdefault((part, name), set()).update(frame[name])
    for table in counted:
        for name in table.left_out.keys() - own:
            listed[table.part.code, name].update(table.left_out[name])
    return {(part, name): frozenset(codes[name] - found - {"all"}) for (part, name), found in listed.items()}


def _protected(release: Release, spec: TableSpec, tables: Sequence[Counted], pattern: Pattern) -> pd.DataFrame:
    """The table as a notebook sees it: counts, and a mark where one is hidden."""
    shown = tables[0].frame[list(spec.by)].copy()
    for column, table in zip(COLUMNS, tables, strict=False):
        part = table.frame.copy()
        if table.part.counts == "stock":
            by = [name for name in spec.by if name in part]
            mean = release.average(spec, table.part).round({"value": 1})  # as it is shown
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


def _strata_hidden(
    spec: TableSpec,
    specs: Sequence[TableSpec],
    shows: Mapping[str, pd.DataFrame],
    left_out: Mapping[str, Mapping[str, frozenset[str]]],
) -> frozenset[Cell]:
    """The cells that are hidden in, or left out of, the tables that show what the estimates of a table are made of."""
    by = ("ethnicity", *spec.adjust) if spec.adjust else spec.by
    kin = (spec.measure.numerator, spec.grouping, spec.period)
    found: set[Cell] = set()
    for other in specs:
        if set(other.by) == set(by) and (other.measure.numerator, other.grouping, other.period) == kin:
            frame, gone = shows[other.id], left_out[other.id]
            found.update(frame.loc[frame["mark"].eq("c"), list(by)].itertuples(index=False, name=None))
            axes = [[*dict.fromkeys(frame[name]), *gone.get(name, ())] for name in by]
            found.update(
                cell for cell in product(*axes) if any(c in gone.get(n, ()) for n, c in zip(by, cell, strict=True))
            )
    return frozenset(found)


def _releasable(found: pd.DataFrame, shown: pd.DataFrame, spec: TableSpec, reference: str) -> pd.DataFrame:
    """Estimates of cells that are shown; what is made of a hidden cell, or of two of which one is, could tell it."""
    visible = shown.loc[shown["mark"].eq(""), list(spec.by)]
    kept = found.merge(visible, on=list(spec.by)) if spec.by else found
    if "ethnicity" not in spec.by:
        return kept
    strata = [name for name in spec.by if name != "ethnicity"]
    base = set(visible.loc[visible["ethnicity"].eq(reference), strata].itertuples(index=False, name=None))
    beside = [row in base for row in kept[strata].itertuples(index=False, name=None)]
    kept = kept[np.array(beside, dtype=bool) | kept["statistic"].str.match(OF_ONE)]
    whole = shown["mark"].eq("").groupby(shown["ethnicity"]).all()  # a test over all years is made of each of them
    over_years = kept["statistic"].eq("interaction")
    always = whole[whole & bool(whole.get(reference, False))]
    return kept[~over_years | kept["ethnicity"].isin(always.index)]


def _run(
    params: Params,
    chapters: Sequence[ChapterPlan],
    sources: dict[str, Source],
    findings: Sequence[Finding],
    release: Release,
    why: dict[str, str | None],
    hidden: Sequence[Mapping[str, Any]],
    protected: Protection,
    left_out: Mapping[str, Mapping[str, frozenset[str]]],
) -> dict[str, Any]:
    """What the chapters may know of the run: nothing in it is a count that is hidden.

    `hidden`: of each table's counts, how many there are and how many readers do not see. Not by which rule: how many
    counts of a table are small narrows what they can be.
    """
    return {
        **code_digests(),
        "parameters": params.analysis(),
        "edition": params.made.model_dump(),
        "editions": [edition.title for edition in params.editions],
        "disclosure": params.disclosure.model_dump(),
        "status": sorted({source.status for source in sources.values()}),
        "inputs": [
            {"name": s.name, "files": list(s.files), "rows": s.rows, "excluded": s.excluded, "status": s.status,
             "sha256": s.sha256, "fields": list(s.columns)}
            for s in sources.values()
        ],
        "establishments": release.establishments(),
        "findings": [{"level": f.level, "text": f.published} for f in findings],
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
                "left_out": sorted(code for codes in left_out.get(spec.id, {}).values() for code in codes),
            }
            for chapter in chapters
            for spec in chapter.tables
        },
        "hidden": hidden,
        "rules": protected.policy.reasons().to_dict("records"),
    }  # fmt: skip
