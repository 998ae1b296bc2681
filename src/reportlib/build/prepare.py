"""From records to what a notebook may see: counted, protected, estimated, and written for the chapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reportlib.build import released
from reportlib.build.basis import Basis
from reportlib.build.counting import Counted, Why, count, within
from reportlib.build.protection import Protection, protection
from reportlib.build.relations import relations
from reportlib.comparison import flags, least
from reportlib.disclosure import CountTable, Pattern
from reportlib.disclosure.suppress import Progress
from reportlib.editions import Edition
from reportlib.ethnicity import reference_of
from reportlib.handoff import checked
from reportlib.inputs.engines import engine
from reportlib.inputs.estimates import NOTHING_HIDDEN, estimates
from reportlib.inputs.inversion import Cell, Hidden
from reportlib.inputs.release import Release
from reportlib.measures import MEASURES, TableSpec
from reportlib.project import code_digests
from reportlib.published import PUBLISHED_TABLES, PublishedTable
from reportlib.words import about

COLUMNS = ("numerator", "denominator")
OF_ONE = "deff|rate|expected|standardised|agreement|kappa|withheld"  # estimates; all others compare with the reference
Say = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """The counts of every edition with the one pattern that protects them all; nothing has left yet."""

    basis: Basis  # with chapters that adjust for no more than the inputs hold
    release: Release
    counted: Sequence[Counted]
    why: Why
    protected: Protection

    @cached_property
    def shows(self) -> Mapping[tuple[Edition, str], pd.DataFrame]:
        """What is seen of every table, by its edition and id."""
        tables: dict[tuple[Edition, str], list[Counted]] = {}
        for table in self.counted:
            tables.setdefault((table.edition, table.spec.id), []).append(table)
        return {
            (edition, name): _protected(within(self.release, edition), own[0].spec, own, self.protected.pattern)
            for (edition, name), own in tables.items()
        }

    def write(self, folder: Path, responses: Mapping[str, str] | None = None, edition: Edition | None = None) -> None:
        """Estimate, and write what the notebooks of one edition read to `folder`."""
        edition = edition or self.basis.params.made
        release, params = within(self.release, edition), self.basis.params.of(edition)
        chapters = [replace(each, tables=tuple(map(edition.comparing, each.tables))) for each in self.basis.chapters]
        counted = [table for table in self.counted if table.edition == edition]
        for name in ("counts", "estimates", "facts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        told, hidden = [], []
        specs = list(dict.fromkeys(table.spec for table in counted))
        left_out = {table.spec.id: table.left_out for table in counted if table.part == table.spec.measure.numerator}
        for spec in specs:
            own = [table for table in counted if table.spec == spec]
            frame = self.shows[edition, spec.id]
            for column, table in zip(COLUMNS, own, strict=False):
                seen, gone = _told(table, frame, column)
                told.append(released.published(self.protected.pattern.tables[table.name], seen, gone, edition))
                hidden.append({"table": spec.id, "part": table.part.label, "cells": len(gone), "hidden": sum(gone)})
            frame.to_parquet(folder / "counts" / f"{spec.id}.parquet", index=False)
        for spec in map(edition.comparing, specs):
            policy = self.protected.policy
            reference = reference_of(spec.grouping, params.grouping, params.reference_group)
            shown = _strata_shown(spec, edition, self.counted, self.shows)
            held = Hidden(shown, policy.threshold, policy.least, policy.protection_width, unseen=shown is None)
            held = held if params.disclosure.on else NOTHING_HIDDEN
            found = estimates(release, spec, reference, params.confidence_level, held)
            released_of = _releasable(found, self.shows[edition, spec.id], spec, reference)
            released_of.to_parquet(folder / "estimates" / f"{spec.id}.parquet", index=False)
        kept = released.Publication.of(f"{params.reporting_year} {params.edition}", told, self.basis.before)
        (folder / released.PATTERN).write_text(kept.text(), encoding="utf-8")
        why = {table: reason for (name, table), reason in self.why.items() if name == edition.name}
        basis = replace(self.basis, params=params, chapters=chapters)
        run = _run(basis, release, why, hidden, self.protected, left_out)
        few = [flags(self.shows[edition, spec.id], spec, least(run["disclosure"])).ne("").sum() for spec in specs]
        run |= {"responses": dict(responses or {}), "flagged": int(sum(few))}
        (folder / "run.json").write_text(json.dumps(run, indent=1, sort_keys=True, default=str), encoding="utf-8")


def prepare(basis: Basis, say: Say = lambda stage: None, progress: Progress | None = None) -> Prepared:
    """Count every declared table in every edition of the run, and protect them together.

    `progress` is told how far protection has come.
    """
    say("counting")
    params = basis.params
    specs = [spec for chapter in basis.chapters for spec in chapter.tables]
    dimensions = {edition.dimension: None for edition in params.editions if edition.dimension}
    divided = [replace(spec, by=(*spec.by, name)) for name in dimensions for spec in specs]
    printed = sorted({name for chapter in basis.chapters for name in chapter.published})
    like = {name: _like(of, params.grouping) for name in printed if (of := PUBLISHED_TABLES[name]).part}
    needed = [*specs, *divided, *(spec for ways in like.values() for spec in ways)]
    release = Release(dict(basis.sources), params, engine(params.engine), needed)
    chapters = [replace(each, tables=tuple(map(release.adjustable, each.tables))) for each in basis.chapters]
    specs = [spec for chapter in chapters for spec in chapter.tables]
    counted, why = count(release, params.editions, specs, params.disclosure.threshold)
    say("protecting")
    held = [table.as_published(params.pooled_label) for table in counted]
    earlier = [table for report in basis.before for table in report.handed_on()]
    before = [table.carried() for table in earlier]
    official = [CountTable(name, (of := PUBLISHED_TABLES[name]).part, of.counts(), release=name) for name in like]
    held += [table for whole in official for table in _recorded(whole, release, like[whole.name])]
    ties = relations(params, release, counted, before, official, [table.parts for table in earlier])
    protected = protection(params.disclosure, held, ties, [*before, *official], progress)
    return Prepared(replace(basis, chapters=chapters), release, counted, why, protected)


def _like(table: PublishedTable, grouping: str) -> list[TableSpec]:
    """Tables of the records that count what an official one does: of the years of a trend, or of the pooled ones."""
    measure = next(measure for measure in MEASURES.values() if measure.numerator.code == table.part)
    by = ("year", table.by[0])
    return [TableSpec(f"{table.measure}-by-{by[1]}", measure, by, grouping, period) for period in ("trend", "pooled")]


def _recorded(official: CountTable, release: Release, ways: Sequence[TableSpec]) -> list[CountTable]:
    """The figures of an official table that the records give too: known, whatever else it counts otherwise.

    They need be in no table of the report: who reads the official ones may take them for ours.
    """
    for spec in ways:
        if not release.why_unavailable(spec):
            own = release.counts(spec, spec.measure.numerator)
            both = official.frame.merge(own, on=list(spec.by), suffixes=("", "_own"))
            alike = both.loc[both["value"].eq(both["value_own"]), list(official.frame)]
            return [replace(official, name=f"{official.name}, as recorded", frame=alike, published=True, release="")]
    return []


def _told(table: Counted, shown: pd.DataFrame, column: str) -> tuple[list[bool], list[bool]]:
    """Whether each count of a table is one that a notebook sees, and whether it is hidden, by whatever rule."""
    by = [name for name in table.spec.by if name in table.frame]
    seen = shown[by].assign(told=shown[column].notna(), hidden=shown[column].isna() & shown["mark"].eq("c"))
    if not by:
        return [bool(seen["told"].any())], [bool(seen["hidden"].any())]
    found = table.frame[by].merge(seen.groupby(by, as_index=False).any(), on=by, how="left")
    return list(found["told"]), list(found["hidden"] & ~found["told"])


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
        part[f"{column}_hidden"] = hidden
        by = [name for name in spec.by if name in part]
        keep = part[[*by, column, f"{column}_hidden"]]
        shown = shown.merge(keep, on=by, how="left") if by else shown.merge(keep, how="cross")
    told = [name for name in shown if str(name).endswith("_hidden")]
    hidden_row = shown[told].any(axis=1)
    shown["numerator"] = shown["numerator"].mask(hidden_row)
    shown["mark"] = hidden_row.map({True: "c", False: ""})
    return checked(_without_unheld(shown.drop(columns=told), spec))


def _without_unheld(shown: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Groups that the code list of the data cannot hold (Roma under 18+1) are not available, not zero."""
    if "ethnicity" not in spec.by or "denominator" not in shown:
        return shown
    held = shown.groupby("ethnicity")[["numerator", "denominator"]].sum(min_count=1).sum(axis=1)
    marked = shown["mark"].ne("").groupby(shown["ethnicity"]).any()
    absent = shown["ethnicity"].map((held == 0) & ~marked) & shown["ethnicity"].eq("W5")
    shown.loc[absent, ["numerator", "denominator"]] = pd.NA
    return shown.assign(mark=shown["mark"].mask(absent, "x"))


def _strata_shown(
    spec: TableSpec,
    edition: Edition,
    counted: Sequence[Counted],
    shows: Mapping[tuple[Edition, str], pd.DataFrame],
) -> frozenset[Cell] | None:
    """The cells that tables show of what the estimates of a table are made of.

    The tables of all editions: those of regions divided by type of order show the strata of the whole that holds both
    equal. None where no table shows any.
    """
    by = ["ethnicity", *spec.adjust] if spec.adjust else list(spec.by)
    own = [edition.dimension] if edition.dimension else []
    needed = list(dict.fromkeys([*by, *own]))
    part, found = spec.measure.numerator, None
    for table in counted:
        of, other = table.spec, table.edition
        alike = (of.measure.numerator, of.grouping, of.period) == (part, spec.grouping, spec.period)
        dimensions = {*of.by, *filter(None, [other.dimension])}
        elsewhere = other != edition and not {*own} <= {*of.by}  # all of it is of another edition's code
        if table.part != part or not alike or elsewhere or not dimensions.issuperset(needed):
            continue
        frame = table.placed(shows[other, of.id])
        rest = list(dimensions.difference(needed))
        wanted = (frame[needed] != "all").all(axis=1) & (frame[rest] == "all").all(axis=1)
        for name in own:
            wanted &= frame[name].isin(edition.values if name in by else [edition.code])
        if other != edition and other.dimension in needed and len(other.values) > 1:
            wanted &= frame[other.dimension] != other.code  # several of its codes together are none of the strata
        if wanted.any():
            cells = frame.loc[wanted & frame["mark"].eq(""), by].itertuples(index=False, name=None)
            found = (found or frozenset()).union(cells)
    return found


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
    basis: Basis,
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
        "parameters": basis.params.analysis(),
        "disclosure": basis.params.disclosure.model_dump(),
        "status": sorted({source.status for source in basis.sources.values()}),
        "inputs": [
            {"name": s.name, "files": list(s.files), "rows": about(s.rows), "excluded": about(s.excluded),
             "status": s.status, "sha256": s.sha256}
            for s in basis.sources.values()
        ],
        "establishments": release.establishments(),
        "findings": [{"level": f.level, "text": f.published} for f in basis.findings],
        "chapters": {
            chapter.name: {
                "tables": [spec.id for spec in chapter.tables],
                "published": list(chapter.published),
                "reads_facts": chapter.reads_facts,
            }
            for chapter in basis.chapters
        },
        "tables": {
            spec.id: {
                "measure": spec.measure.code, "by": spec.by, "grouping": spec.grouping, "period": spec.period,
                "adjust": spec.adjust, "status": release.statuses(spec), "unavailable": why[spec.id],
                "left_out": sorted(code for codes in left_out.get(spec.id, {}).values() for code in codes),
            }
            for chapter in basis.chapters
            for spec in chapter.tables
        },
        "hidden": hidden,
        "rules": protected.policy.reasons().to_dict("records"),
    }  # fmt: skip
