"""From records to what a notebook may see: counted, protected, estimated, and written for the chapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from reportlib.build import released
from reportlib.build.basis import Basis
from reportlib.build.counting import Counted, Why, count, within
from reportlib.build.plan import ChapterPlan
from reportlib.build.protection import Protection, protection
from reportlib.build.relations import relations
from reportlib.build.releasable import releasable, strata_shown
from reportlib.build.seen import as_seen, told_and_hidden
from reportlib.build.whole import Compared, family, shown_by_part, taken_over
from reportlib.comparison import compare, complement_is_rarer, flags, least
from reportlib.disclosure import CountTable, Told
from reportlib.disclosure.suppress import Progress
from reportlib.editions import NATIONAL, Edition
from reportlib.ethnicity import groupings, reference_of
from reportlib.figures import ratio_decimals
from reportlib.inputs.engines import engine
from reportlib.inputs.estimates import NOTHING_HIDDEN, Key, estimates
from reportlib.inputs.findings import published
from reportlib.inputs.inversion import Hidden
from reportlib.inputs.release import Release
from reportlib.measures import MEASURES, TIED, TableSpec
from reportlib.project import code_digests
from reportlib.published import PUBLISHED_TABLES, PublishedTable
from reportlib.quality import SHOWN_VERSIONS
from reportlib.rounding import to_what_is_printed
from reportlib.words import about
from reportlib.years import span

Say = Callable[[str], None]
Seen = tuple[Counted, list[bool], list[bool]]  # a table: which of its counts are told, and which are hidden


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
            (edition, name): as_seen(within(self.release, edition), own[0].spec, own, self.protected.pattern)
            for (edition, name), own in tables.items()
        }

    def write(self, folder: Path, responses: Mapping[str, str] | None = None, edition: Edition | None = None) -> None:
        """Estimate, and write what the notebooks of one edition read to `folder`."""
        edition = edition or self.basis.params.made
        own = [table for table in self.counted if table.edition == edition]
        specs = list(dict.fromkeys(table.spec for table in own))
        for name in ("counts", "estimates", "facts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for spec in specs:
            self.shows[edition, spec.id].to_parquet(folder / "counts" / f"{spec.id}.parquet", index=False)
            self.estimated(edition, spec).to_parquet(folder / "estimates" / f"{spec.id}.parquet", index=False)
        seen = [(table, *told_and_hidden(table, self.shows[edition, table.spec.id])) for table in own]
        (folder / released.PATTERN).write_text(self._publication(edition, seen).text(), encoding="utf-8")
        run = self._run(edition, seen) | {"responses": dict(responses or {})}
        (folder / "run.json").write_text(json.dumps(run, indent=1, sort_keys=True, default=str), encoding="utf-8")

    @cached_property
    def estimated(self) -> Callable[[Edition, TableSpec], pd.DataFrame]:
        """The estimates of a table in an edition, as printed; those of the whole serve all editions."""

        def printed(edition: Edition, spec: TableSpec) -> pd.DataFrame:
            return to_what_is_printed(self._exactly(edition, spec), spec, self._decimals(edition, spec) or 0)

        return cache(printed)

    @cached_property
    def _decimals(self) -> Callable[[Edition, TableSpec], int | None]:
        """With how many decimals a table prints relative rates; None where it has none."""

        def decimals(edition: Edition, spec: TableSpec) -> int | None:
            if not spec.compared:
                return None
            return ratio_decimals(self._compared(edition, edition.comparing(spec), self._exactly(edition, spec)))

        return cache(decimals)

    @cached_property
    def _exactly(self) -> Callable[[Edition, TableSpec], pd.DataFrame]:
        return cache(self._estimates)

    def _estimates(self, edition: Edition, spec: TableSpec) -> pd.DataFrame:
        """What counts cannot give of a table, as far as it gives no hidden count back."""
        params, policy, of = self.basis.params, self.protected.policy, edition.comparing(spec)
        reference = self._reference(spec)
        hidden = NOTHING_HIDDEN
        if params.disclosure.on:
            shown = strata_shown(of, edition, self.counted, self.shows)
            told = self._told_of_agreement(spec) if not edition.dimension else Hidden.told
            hidden = Hidden(
                shown, policy.threshold, policy.least, policy.protection_width,
                unseen=shown is None, tied=spec.measure.numerator.code in TIED, told=told,
            )  # fmt: skip
        complement = self.complements.get(spec.measure.code, False)
        release, level = within(self.release, edition), params.confidence_level
        elsewhere = self._design_effects(spec) if edition.dimension and spec.measure.clustered else {}
        found = estimates(release, of, reference, level, hidden, complement, elsewhere)
        found = releasable(found, self.shows[edition, spec.id], of, reference)
        also = taken_over(edition, spec, self._by_part(edition, spec), self.whole, params.verdict_band, level)
        return pd.concat([found, also], ignore_index=True) if len(also) else found

    def _design_effects(self, spec: TableSpec) -> dict[Key, float]:
        """Those of a table of the whole, by its cells."""
        found = self.estimated(NATIONAL, spec)
        told = found[found["statistic"].eq("deff")]
        return dict(zip(told[list(spec.by)].itertuples(index=False, name=None), told["value"], strict=True))

    def chapters(self, edition: Edition) -> list[ChapterPlan]:
        """The chapters of an edition, with their tables as they are compared there.

        One that the whole has, and of which nothing can be told of such a part, is no chapter of it: probation, by type
        of establishment.
        """

        def belongs(chapter: ChapterPlan) -> bool:
            here, whole = ([self.why[of.name, spec.id] for spec in chapter.tables] for of in (edition, NATIONAL))
            return bool(chapter.published or not chapter.tables or not all(here) or all(whole))

        kept = [*filter(belongs, self.basis.chapters)] or self.basis.chapters  # a report has one at least
        return [replace(chapter, tables=tuple(map(edition.comparing, chapter.tables))) for chapter in kept]

    @cached_property
    def complements(self) -> Mapping[str, bool]:
        """Whether relative rates are of the opposite of an outcome, by code of a measure: in all tables and editions.

        Its table of the whole by ethnic group alone decides; in a chapter of one's own that has none, the first.
        """
        tables = [table.spec for table in self.counted if not table.edition.dimension and table.spec.compared]
        found: dict[str, bool] = {}
        for spec in sorted(tables, key=lambda spec: not spec.headline):
            if spec.measure.kind == "proportion" and spec.measure.code not in found:
                shown = self.shows[NATIONAL, spec.id]
                found[spec.measure.code] = complement_is_rarer(shown, self._reference(spec))
        return found

    @cached_property
    def whole(self) -> Compared:
        """What a table of the whole shows."""

        def compared(spec: TableSpec) -> pd.DataFrame:
            return self._compared(NATIONAL, spec, self.estimated(NATIONAL, spec), self._decimals(NATIONAL, spec))

        return cache(compared)

    def _compared(
        self, edition: Edition, spec: TableSpec, estimates: pd.DataFrame, decimals: int | None = None
    ) -> pd.DataFrame:
        """What a table shows in an edition, with some estimates."""
        params = self.basis.params
        return compare(
            self.shows[edition, spec.id], estimates, spec,
            reference=self._reference(spec), years=1 if "year" in spec.by else len(self.release.years(spec)),
            level=params.confidence_level, band=params.verdict_band, least=least(params.disclosure.model_dump()),
            complement=self.complements.get(spec.measure.code), decimals=decimals,
        )  # fmt: skip

    def _by_part(self, edition: Edition, spec: TableSpec) -> TableSpec | None:
        tables = [table.spec for table in self.counted if not table.edition.dimension]
        return shown_by_part(edition, spec, dict.fromkeys(tables))

    def _family(self, edition: Edition, spec: TableSpec) -> tuple[str, int] | None:
        """By what the whole has the comparisons of an edition's table in one of its own, and how many that has."""
        among = self._by_part(edition, spec) if spec.by == ("ethnicity",) else None
        many = family(self.whole(among), edition) if among else 0
        return (str(edition.dimension), many) if many else None

    def _reference(self, spec: TableSpec) -> str:
        params = self.basis.params
        return reference_of(spec.grouping, params.grouping, params.reference_group)

    def _told_of_agreement(self, spec: TableSpec) -> Callable[[int, int], bool]:
        """Whether how many agree of two records, from a least to a most, gives a count away."""
        codes = groupings()[spec.grouping].compared
        places = tuple(dict.fromkeys(spec.by, code) | {"year": self.basis.params.pooled_label} for code in codes)
        part = spec.measure.numerator.code
        return lambda least, most: self.protected.gives_away(Told(part, places, least, most))

    def _publication(self, edition: Edition, seen: Sequence[Seen]) -> released.Publication:
        """What is published of the counts, for later reports to reckon with."""
        pattern = self.protected.pattern
        told = [released.published(pattern.tables[table.name], told, gone, edition) for table, told, gone in seen]
        for known in _left_out(self.release, [table for table, *_ in seen]):
            told.append(released.published(known, none := [False] * len(known.frame), none, edition))
        before = [*self.basis.before, *self._beside(edition)]
        return released.Publication.of(f"{self.basis.params.reporting_year} {edition.name}", told, before)

    def _beside(self, edition: Edition) -> list[released.Publication]:
        """The counts of the whole behind what stands beside an edition's figures: they could be told from these."""
        tables = [table for table in self.counted if table.edition == NATIONAL and table.spec.headline]
        if not edition.dimension or not tables:
            return []
        held = []
        for table in tables:
            told, _ = told_and_hidden(table, self.shows[NATIONAL, table.spec.id])
            held.append(released.published(self.protected.pattern.tables[table.name], told, [False] * len(told)))
        return [released.Publication.of(f"{self.basis.params.reporting_year} {NATIONAL.name}", held, [])]

    def _run(self, edition: Edition, seen: Sequence[Seen]) -> dict[str, Any]:
        """What the chapters may know of the run: nothing in it is a count that is hidden.

        `hidden` says of each table's counts how many there are and how many readers do not see. Not by which rule: how
        many counts of a table are small narrows what they can be.
        """
        params, release = self.basis.params.of(edition), within(self.release, edition)
        chapters = self.chapters(edition)
        fewest = least(params.disclosure.model_dump())
        held = {table.spec.id: table.spec for table, *_ in seen}
        numerators = [table for table, *_ in seen if table.column == "numerator"]
        left_out = {table.spec.id: table.left_out for table in numerators}
        flagged = [flags(self.shows[edition, table.spec.id], table.spec, fewest).ne("").sum() for table in numerators]
        return {
            **code_digests(),
            "parameters": params.analysis(),
            "edition": {"dimension": edition.dimension, "values": edition.values, "part": edition.part},
            "disclosure": params.disclosure.model_dump(),
            "status": sorted({source.status for source in self.basis.sources.values()}),
            "inputs": [
                {"name": s.name, "files": list(s.files), "rows": about(s.rows), "excluded": about(s.excluded),
                 "status": s.status, "sha256": s.sha256}
                for s in self.basis.sources.values()
            ],
            "establishments": release.establishments(),
            "definitions": {code: release.definition(measure) for code, measure in MEASURES.items()},
            "findings": published(
                self.basis.findings, [(source.files, source.titles) for source in self.basis.sources.values()]
            ),
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
                    "adjust": spec.adjust, "apart": spec.apart, "national": spec.national,
                    "status": release.statuses(spec),
                    "unavailable": self.why[edition.name, spec.id],
                    "complement": self.complements.get(spec.measure.code),
                    "decimals": self._decimals(edition, held[spec.id]) if spec.id in held else None,
                    "family": self._family(edition, spec),
                    "left_out": sorted(code for codes in left_out.get(spec.id, {}).values() for code in codes),
                }
                for chapter in chapters
                for spec in chapter.tables
            },
            "headlines": [
                spec.id
                for chapter in chapters
                for spec in chapter.tables
                if spec.headline and not (edition.dimension and spec.national)
            ],
            "hidden": [
                {"table": table.spec.id, "part": table.part.label, "cells": len(gone), "hidden": sum(gone)}
                for table, _, gone in seen
            ],
            "rules": self.protected.policy.reasons().to_dict("records"),
            "flagged": int(sum(flagged)),
            "versions": {name: version(name) for name in SHOWN_VERSIONS},
        }  # fmt: skip


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
    held += _left_out(release, counted)
    earlier = [table for report in basis.before for table in report.handed_on()]
    before = [table.carried() for table in earlier]
    official = [CountTable(name, (of := PUBLISHED_TABLES[name]).part, of.counts(), release=name) for name in like]
    held += [table for whole in official for table in _recorded(whole, release, like[whole.name])]
    ties = relations(params, release, counted, before, official, [table.parts for table in earlier])
    protected = protection(params.disclosure, held, ties, [*before, *official], progress)
    return Prepared(replace(basis, chapters=chapters), release, counted, why, protected)


def _left_out(release: Release, counted: Sequence[Counted]) -> list[CountTable]:
    """What readers know of the parts that tables leave out."""
    return [known for table in counted if (known := table.left_out_as_known(span(release.years(table.spec))))]


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
