"""The counts of the declared tables before protection: which are made, in which edition, and on what grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from reportlib.disclosure import CountTable
from reportlib.editions import Edition
from reportlib.ethnicity import groupings
from reportlib.inputs.cube import ETHNICITIES
from reportlib.inputs.release import Release
from reportlib.measures import REPEATED, Part, TableSpec

FEW_TO_DIVIDE = 10  # events in a part of the system; of fewer, a row of zeros with one mark would tell whose they were
MOST_SMALL = 0.1  # of the counts of a table that divides an edition further
DETAILED = 5  # groups; beyond, a table that divides them further is held to the same
TOO_FINE = (
    "too many of its counts are small in such a part of the whole; the national edition has it, for England and Wales"
)
SHOWN_ABOVE = "the report is by these ethnic groups throughout, and shows it above"
TOO_MANY = "too many of its counts are small among so many ethnic groups; a report on fewer groups has it"
Why = dict[tuple[str, str], str | None]  # edition, table -> why the one cannot show the other


@dataclass(frozen=True)
class Counted:
    """One table's counts in one edition before protection: a part's cells on the table's full grid."""

    edition: Edition
    spec: TableSpec
    part: Part
    frame: pd.DataFrame  # by, value (int; people summed over snapshots for a population)
    scale: int
    published: bool  # made of published figures alone: exempt, and known to everyone
    left_out: Mapping[str, Mapping[str, int]]  # dimension -> codes with too few events to divide, and how many

    @property
    def name(self) -> str:
        return f"{self.spec.id}: {self.part.code}" + f" ({self.edition.name})" * bool(self.edition.dimension)

    @property
    def column(self) -> str:
        """Which of the table's counts these are, as notebooks see it."""
        return "numerator" if self.part == self.spec.measure.numerator else "denominator"

    def placed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Cells of the table among those of all editions: under the edition's code where they have none, or "all"."""
        if dimension := self.edition.dimension:
            within = frame.get(dimension, pd.Series("all", frame.index))
            return frame.assign(**{dimension: within.where(within != "all", self.edition.code)})
        return frame

    def as_published(self, period: str) -> CountTable:
        """The counts at their place among all that are published: with their period, and in their edition."""
        frame = self.placed(self.frame if "year" in self.frame else self.frame.assign(year=period))
        return CountTable(self.name, self.part.code, frame, self.part.counts != "people", self.published, self.scale)

    def left_out_as_known(self, period: str) -> CountTable | None:
        """What readers know of the parts that are left out: each has some events of the period, and few."""
        rows = [{name: code, "value": n} for name, few in self.left_out.items() for code, n in few.items()]
        if not rows or self.part != self.spec.measure.numerator:
            return None
        frame = self.placed(pd.DataFrame(rows).fillna("all")).assign(year=period)
        additive = self.part.counts != "people"
        return CountTable(f"{self.name}, left out", self.part.code, frame, additive, below=FEW_TO_DIVIDE)


def count(
    release: Release, editions: Sequence[Edition], specs: Sequence[TableSpec], threshold: int
) -> tuple[list[Counted], Why]:
    """The counts of every table in every edition, and of those that cannot be made or are too fine why."""
    why: Why = {}
    counted: list[Counted] = []
    for edition in editions:
        part = within(release, edition)
        for spec in specs:
            above = SHOWN_ABOVE if spec.apart == REPEATED else None
            why[edition.name, spec.id] = part.why_unavailable(spec) or above or edition.lacks(spec, specs)
            if not why[edition.name, spec.id]:
                whole = [table for table in counted if table.spec == spec and not table.edition.dimension]
                counted += _count(part, spec, edition, whole)
    for too_fine in _too_fine(counted, threshold):
        why[too_fine.edition.name, too_fine.spec.id] = TOO_FINE if too_fine.edition.dimension else TOO_MANY
    return [table for table in counted if not why[table.edition.name, table.spec.id]], why


def within(release: Release, edition: Edition) -> Release:
    """The release of an edition's rows alone."""
    return release.within(edition.dimension, edition.values) if edition.dimension else release


def _too_fine(counted: Sequence[Counted], threshold: int) -> list[Counted]:
    """The tables that divide the editions of a dimension, or detailed groups, so finely that most would be marks."""
    groups: dict[tuple[str, str], list[Counted]] = {}
    for table in counted:
        dimension = table.edition.dimension or ""
        detailed = "ethnicity" in table.spec.by and len(groupings()[table.spec.grouping].compared) > DETAILED
        further = len({*table.spec.by} - {dimension}) > 1 or (dimension and table.spec.apart == "detailed")
        divided = (dimension or detailed) and further
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


def _few(spec: TableSpec, name: str, events: pd.DataFrame) -> Mapping[str, int]:
    """The codes of a dimension with too few events in all years to divide them by ethnic group, and how many."""
    if "ethnicity" not in spec.by or spec.measure.kind != "rate":
        return {}
    whole = events[(events[[other for other in spec.by if other not in (name, "year")]] == "all").all(axis=1)]
    totals = whole[whole[name] != "all"].groupby(name)["value"].sum()
    few = totals[totals.gt(0) & totals.lt(FEW_TO_DIVIDE)]
    return {str(code): int(n) for code, n in few.items()}


def _codes(release: Release, spec: TableSpec, name: str, edition: Edition, frames: Sequence[pd.DataFrame]) -> list[str]:
    if name == "year":
        return list(release.years(spec))
    if name in ETHNICITIES:
        return [*groupings()[spec.grouping].codes, "all"]
    if name == edition.dimension:
        return [*edition.values, *["all"] * (len(edition.values) > 1)]
    found = {code for frame in frames if name in frame for code in frame[name]} - {"all"}
    return [*sorted(found), "all"]
