"""The data release: counts of events, people and populations, made from the typed extracts.

Records go in and counts come out; nothing after this module sees a record. Everything is counted
from records for the period asked for, never by adding years, categories or groups of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace

import pandas as pd

from reportlib.inputs import cube
from reportlib.inputs.contracts import sql_list
from reportlib.inputs.engines import DuckDB, Engine
from reportlib.inputs.sources import Source
from reportlib.measures import DATASETS, DIMENSIONS, Measure, Part, TableSpec, inputs_of
from reportlib.params import Params
from reportlib.words import spoken

NUMERATOR_ONLY = ("category", "cause")
NOT_SUPPLIED = "no input {} was supplied"
HAS_NO = "the input {} has no {}"


def _any_of(fields: Iterable[str]) -> str:
    """Fields of which one would do, in words, without the input that a field may name."""
    return " or ".join(spoken(name.rpartition(".")[2]) for name in fields)


class Release:
    """Counts over the typed extracts of one run.

    `sources` are the typed inputs, by contract name. `period` are the parameters, which say what years are pooled and
    what years the trend has. `engine` counts; DuckDB if nothing is said. `tables` are those that will be asked for, so
    that the records are gone through once for all of them.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        period: Params,
        engine: Engine | None = None,
        tables: Iterable[TableSpec] = (),
    ) -> None:
        self.sources, self.period, self.engine = sources, period, engine or DuckDB()
        for name, source in sources.items():
            self.engine.table(cube.input_table(name), source.parquet)
        self.only: dict[str, tuple[str, ...]] = {}  # dimension -> the codes whose rows are counted; all, if empty
        self._kept: dict[str, frozenset[str]] = {}
        self._years: dict[str, dict[str, int]] = {}
        self._covered: dict[tuple[str, str], set[str]] = {}
        self._wanted: dict[tuple[str, bool], set[str]] = {}
        for spec in tables:
            if not self.why_unavailable(spec):
                self._want(spec)

    def within(self, dimension: str, values: Sequence[str]) -> Release:
        """The same release, of the rows alone that have one of the values."""
        part = copy(self)
        part.only = self.only | {dimension: tuple(values)}
        return part

    def codes(self, *dimensions: str) -> set[tuple[str, ...]]:
        """The codes of some dimensions that occur together in any dataset that has all of them."""
        fits = [name for name, own in DIMENSIONS.items() if {*dimensions} <= {*own} and DATASETS[name] in self.sources]
        rows = [cube.rows(name, dimensions, self.has) for name in fits]
        wanted = ", ".join(dimensions)
        found = [row for sql in rows for row in self.engine.rows(f"SELECT DISTINCT {wanted} FROM ({sql}) r")]
        return {tuple(map(str, codes)) for codes in found if None not in codes}

    # What the inputs hold

    def has(self, field: str, dataset: str) -> bool:
        """Whether the inputs hold a field: a plain name is of the dataset's own input."""
        source, _, name = field.rpartition(".")
        source = source or DATASETS[dataset]
        return source in self.sources and name in self.sources[source].columns

    def why_unavailable(self, spec: TableSpec) -> str | None:
        """Why a table cannot be made from these inputs, in words; None if it can."""
        for part in spec.measure.parts:
            dataset, dimensions = DATASETS[part.dataset], DIMENSIONS[part.dataset]
            if dataset not in self.sources:
                return NOT_SUPPLIED.format(spoken(dataset))
            if missing := [name for name in part.fields if not self.has(name, part.dataset)]:
                return HAS_NO.format(spoken(dataset), _any_of(missing))
            if apart := [name for name in self.only if name not in dimensions]:
                return f"the input {spoken(dataset)} cannot be told apart by {_any_of(apart)}"
            for dimension in [name for name in (*spec.by, *self.only) if name != "year"]:
                if dimension not in dimensions and dimension in NUMERATOR_ONLY and part != spec.measure.numerator:
                    continue
                wanted = dimensions.get(dimension, (dimension,))
                if not any(self.has(name, part.dataset) for name in wanted if dimension in dimensions):
                    lists = [name.partition(".")[0] for name in wanted if "." in name]
                    if len(lists) == len(wanted) and not self.sources.keys() & {*lists}:
                        return NOT_SUPPLIED.format(_any_of(lists))
                    return HAS_NO.format(spoken(dataset), _any_of(wanted))
            if empty := [year for year in self.years(spec) if not self._covers(part, year)]:
                completed = " completed" * (part.year == "completed_year")
                return HAS_NO.format(spoken(dataset), f"rows{completed} for {', '.join(empty)}")
        return None

    def adjustable(self, spec: TableSpec) -> TableSpec:
        """The table, adjusted for no more than these inputs hold."""
        alone = {name: replace(spec, by=("ethnicity", name), adjust=()) for name in spec.adjust}
        return replace(spec, adjust=tuple(name for name in alone if not self.why_unavailable(alone[name])))

    def statuses(self, spec: TableSpec) -> list[str]:
        """The statuses of all the inputs that a table rests on, in order of the alphabet."""
        names = inputs_of(spec.measure.parts, [*spec.by, *spec.adjust, *self.only])
        return sorted({self.sources[name].status for name in names if name in self.sources})

    def published(self, spec: TableSpec, part: Part) -> bool:
        """Whether all that a part of a table rests on has been published already."""
        names = (inputs_of([part], [*spec.by, *self.only]) | {"establishments"}) & self.sources.keys()
        return {self.sources[name].status for name in names} == {"published"}

    def years(self, spec: TableSpec) -> tuple[str, ...]:
        """The years that a table covers."""
        return self.period.pooled if spec.period == "pooled" else self.period.trend

    def definition(self, measure: Measure) -> str:
        """The definition of a measure, as these inputs let it be counted; as declared, if they do not."""
        name = DATASETS[measure.numerator.dataset]
        if name not in self.sources:
            return measure.definition

        def held(field: str) -> float:
            if not self.has(field, measure.numerator.dataset):
                return 0
            ((some,),) = self.engine.rows(f"SELECT count({field}) FROM {cube.input_table(name)}")
            return float(some) / self.sources[name].rows

        return measure.defined(held)

    def establishments(self) -> dict[str, list[str]]:
        """The establishments of each type that are counted, as the list that was supplied has them."""
        if "establishments" not in self.sources:
            return {}
        only = [f"{name} IN {sql_list(codes)}" for name, codes in self.only.items()]
        if not all(self.has(f"establishments.{name}", "population") for name in self.only):
            return {}
        listed = f"{cube.input_table('establishments')} WHERE {' AND '.join(['TRUE', *only])}"
        rows = sorted(self.engine.rows(f"SELECT DISTINCT establishment_type, establishment FROM {listed}"))
        return {kind: [name for other, name in rows if other == kind] for kind, _ in rows}

    # Counting

    def counts(self, spec: TableSpec, part: Part) -> pd.DataFrame:
        """Count a part for every cell of a table, margins included.

        Returns one row a cell, sorted: a column for each name of `spec.by` (codes; "all" is the margin) and
        `value` (int: events, people, or people summed over snapshots). Cells that no record falls in
        are absent; a table without dimensions has its one cell.
        """
        by = [name for name in spec.by if name in DIMENSIONS[part.dataset] or name == "year"]
        if part.counts == "people":
            counted = self.people(replace(spec, by=tuple(by)), part).rename(columns={"people": "value"})
        else:
            cells = f"SELECT {', '.join([*by, 'sum(n) AS n'])} FROM ({self._cells(spec, part, by)}) c"
            cells += f" GROUP BY {', '.join(by)}" if by else ""
            names = "".join(f"coalesce({name}, 'all') AS {name}, " for name in by)
            counted = self.engine.frame(
                f"SELECT {names}CAST(sum(n) AS BIGINT) AS value FROM ({cells}) c "
                f"GROUP BY GROUPING SETS ({cube.grouping_sets(by)})"
            )
        if not by:
            return pd.DataFrame({"value": [int(counted["value"].sum())]})
        summed = counted.dropna().groupby(by, as_index=False)["value"].sum()
        return summed.assign(value=summed["value"].astype("int64"))

    def average(self, spec: TableSpec, part: Part) -> pd.DataFrame:
        """The mean population of every cell: over the snapshots of a year, then over years.

        Returns the cells as `counts` does, with `value` (float, unrounded: people).
        """
        snapshots = self._snapshots(part)
        yearly = spec if "year" in spec.by else replace(spec, by=(*spec.by, "year"))
        frame = self.counts(yearly, part)
        frame["value"] = frame["value"] / frame["year"].map(snapshots).astype("float64")  # which an empty one is not
        by = [name for name in frame.columns if name != "value" and (name != "year" or "year" in spec.by)]
        divisor = 1 if "year" in spec.by else len(self.years(spec))
        total = frame.groupby(by, as_index=False)["value"].sum() if by else frame[["value"]].sum().to_frame().T
        return total.assign(value=total["value"] / divisor)

    def scale(self, spec: TableSpec, part: Part) -> int:
        """How many snapshots a population's `counts` are summed over; 1 for anything else."""
        return sum(self._snapshots(part).get(year, 0) for year in self.years(spec)) or 1

    def people(self, spec: TableSpec, part: Part, whole: Part | None = None) -> pd.DataFrame:
        """How many people have how many events: the persons table of the release.

        Returns one row for each cell and pair of counts: the columns of `spec.by`, `count` (a
        person's events in `part`), `nobs` (their events in `whole`, or in `part` if there is none)
        and `people` (how many people have that pair).
        """
        by, sets = list(spec.by), cube.grouping_sets(spec.by, ("person_id",))
        names = "".join(f"coalesce({name}, 'all') AS {name}, " for name in by)
        hit = f"CASE WHEN {part.where} THEN n ELSE 0 END AS hit"
        rows = self._cells(spec, whole or part, by, ("person_id", hit), part.where)
        each = f"SELECT {', '.join([*by, 'person_id'])}, sum(hit) AS hit, sum(n) AS n FROM ({rows}) c "
        each += f"GROUP BY {', '.join([*by, 'person_id'])}"
        found = self.engine.frame(
            f"SELECT {''.join(f'{name}, ' for name in by)}CAST(hit AS BIGINT) AS count, CAST(n AS BIGINT) AS nobs, "
            f"count(*) AS people FROM (SELECT {names}sum(hit) AS hit, sum(n) AS n FROM ({each}) p "
            f"GROUP BY GROUPING SETS ({sets})) h GROUP BY {''.join(f'{name}, ' for name in by)}hit, n"
        )
        return found.sort_values([*by, "count", "nobs"], ignore_index=True)

    def records(self, spec: TableSpec, part: Part, whole: Part) -> pd.DataFrame:
        """The records of `whole`, for models: the columns of `spec.by`, `person_id`, and `hit`: whether in `part`.

        People are numbers, in the order of their ids.
        """
        by = [*spec.by, "person_id"]
        hit = f"CASE WHEN {part.where} THEN n ELSE 0 END AS hit"
        cells = self._cells(spec, whole, spec.by, ("person_id", hit), part.where)
        found = self.engine.frame(f"SELECT {', '.join(by)}, hit, n FROM ({cells}) c")
        found = found.sort_values([*by, "hit"], ignore_index=True)
        return found.loc[found.index.repeat(found["n"])].reset_index(drop=True).assign(hit=lambda row: row["hit"] > 0)

    def _cells(self, spec: TableSpec, part: Part, by: Sequence[str], also: Sequence[str] = (), where: str = "") -> str:
        """SQL for the kept cells of a part: the table's dimensions in its grouping, and how many in each."""
        years, persons = self.years(spec), "person_id" in also
        dimensions = {
            name: cube.year_labels(part.year, years)
            if name == "year"
            else cube.dimension(part.dataset, name, spec.grouping)
            for name in by
        }
        only = [
            f"{cube.dimension(part.dataset, name, spec.grouping)} IN {sql_list(self.only[name])}" for name in self.only
        ]
        needed = self._columns(part, [*dimensions.values(), where, *only], persons)
        selected = [f"{sql} AS {name}" for name, sql in dimensions.items()] + [*also, "n"]
        return (
            f"SELECT {', '.join(selected)} FROM {self._keep(part, needed)} "
            f"WHERE {' AND '.join([f'({part.where})', cube.within(part.year, years), *only])}"
        )

    def _columns(self, part: Part, used: Sequence[str], persons: bool) -> set[str]:
        """The columns of a dataset that some SQL needs."""
        held = cube.columns(part.dataset, self.has)
        person = ["person_id"] if persons else []
        return {*cube.mentioned(" ".join([*used, part.where, part.year]), held), *person}

    def _want(self, spec: TableSpec) -> None:
        """Note the columns that a table needs, so that what is first kept serves all tables."""
        for part in spec.measure.parts:
            used = [
                cube.dimension(part.dataset, name, spec.grouping)
                for name in (*spec.by, *spec.adjust)
                if name in DIMENSIONS[part.dataset]
            ]
            persons = part.counts == "people"
            self._wanted.setdefault((part.dataset, persons), set()).update(self._columns(part, used, persons))
            if spec.measure.clustered and self.has("person_id", part.dataset):
                self._wanted.setdefault((part.dataset, True), set()).update(self._columns(part, used, True))

    def _keep(self, part: Part, needed: set[str]) -> str:
        """The name of kept cells of a dataset that have these columns; they are counted where there are none yet."""
        persons = "person_id" in needed
        for name, held in self._kept.items():
            if name.startswith(part.dataset) and needed <= held and persons == ("person_id" in held):
                return name
        names = sorted(needed | self._wanted.get((part.dataset, persons), set()))
        if {"nomis", "ppud"} & {*names} and cube.PEOPLE not in self._kept:
            if self.has("ethnicity_ppud", "complaints") or self.has("nomis_ethnicity.ethnicity_code", "complaints"):
                self.engine.keep(cube.PEOPLE, cube.people(self.has))
            self._kept[cube.PEOPLE] = frozenset()
        number, value = (["number"], "sum(number)") if part.counts == "stock" else ([], "count(*)")
        name = f"{part.dataset}_{len(self._kept)}"
        rows = cube.rows(part.dataset, [*names, *number], self.has)
        cells = f"SELECT {', '.join(names)}, {value} AS n FROM ({rows}) r GROUP BY {', '.join(names)}"
        self.engine.keep(name, cube.numbered(part.dataset, cells, names) if persons else cells)
        self._kept[name] = frozenset(names)
        return name

    def _covers(self, part: Part, year: str) -> bool:
        """Whether the input has any row in a year: where it has none it is a year that is not there, not a zero."""
        if part.counts == "stock":
            return bool(self._snapshots(part)[year])
        column = part.dataset, part.year
        if column not in self._covered:
            rows = cube.rows(part.dataset, [part.year], self.has)
            found = self.engine.rows(f"SELECT DISTINCT {part.year} FROM ({rows}) r")
            self._covered[column] = {str(first) for (first,) in found}
        return year[:4] in self._covered[column]

    def _snapshots(self, part: Part) -> dict[str, int]:
        """Number of snapshots in each year of a population; empty for anything else."""
        if part.counts != "stock":
            return {}
        if part.dataset not in self._years:
            rows = cube.rows(part.dataset, ["year", "snapshot_date"], self.has)
            of = f"SELECT year, count(DISTINCT snapshot_date) AS snapshots FROM ({rows}) r GROUP BY year"
            self._years[part.dataset] = {str(year): number for year, number in self.engine.rows(of)}
        held = self._years[part.dataset]
        return {year: held.get(year[:4], 0) for year in (*self.period.pooled, *self.period.trend)}
