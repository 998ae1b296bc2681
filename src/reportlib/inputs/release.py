"""The data release: counts of events, people and populations, made from the typed extracts.

Records go in and counts come out; nothing after this module sees a record. Everything is counted
from records for the period asked for, never by adding years, categories or groups of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import duckdb
import pandas as pd

from reportlib.ethnicity import groupings, raw_codes
from reportlib.inputs.sources import Source
from reportlib.measures import DATASETS, DIMENSIONS, Part, TableSpec

NOT_RECORDED = "Not recorded"
UNKNOWN_TYPE = "Other or escort"  # a death in escort, an establishment that the list does not hold


class Period(Protocol):
    """What the release needs of the parameters."""

    @property
    def pooled(self) -> tuple[str, ...]: ...
    @property
    def trend(self) -> tuple[str, ...]: ...
    @property
    def pooled_label(self) -> str: ...


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _case(column: str, mapping: Mapping[str, str]) -> str:
    """SQL that maps the values of a column; what the mapping lacks becomes NULL."""
    targets = dict.fromkeys(mapping.values())
    whens = (
        f"WHEN {column} IN ({_quoted(k for k, v in mapping.items() if v == target)}) THEN '{target}'"
        for target in targets
    )
    return f"CASE {' '.join(whens)} END"


class Release:
    """Counts over the typed extracts of one run.

    Parameters
    ----------
    sources : the typed inputs, by contract name.
    period : the years that are pooled and the years of the trend.
    """

    def __init__(self, sources: Mapping[str, Source], period: Period) -> None:
        self.sources = sources
        self.period = period
        self.db = duckdb.connect()
        self.db.execute(
            "CREATE MACRO fy(y, m) AS CASE WHEN m >= 4 THEN format('{}-{:02d}', y, (y + 1) % 100) "
            "ELSE format('{}-{:02d}', y - 1, y % 100) END"
        )
        for dataset, source in DATASETS.items():
            if source in sources:
                self.db.execute(f"CREATE TABLE {dataset} AS {getattr(self, f'_{dataset}')()}")
                if self.has("person_id", dataset):
                    self._number_people(dataset)

    def _number_people(self, dataset: str) -> None:
        """Put numbers for people's identifiers: grouping by them is then twice as fast."""
        self.db.execute(
            f"CREATE OR REPLACE TABLE {dataset} AS SELECT x.* EXCLUDE (person_id), n.person_id FROM {dataset} x "
            f"LEFT JOIN (SELECT person_id AS known, row_number() OVER () AS person_id "
            f"FROM (SELECT DISTINCT person_id FROM {dataset})) n ON x.person_id = n.known"
        )

    # What the inputs hold

    def has(self, field: str, dataset: str) -> bool:
        """Whether the inputs hold a field: a plain name is of the dataset's own input."""
        source, _, name = field.rpartition(".")
        source = source or DATASETS[dataset]
        return source in self.sources and name in self.sources[source].columns

    def why_unavailable(self, spec: TableSpec) -> str | None:
        """Why a table cannot be made from these inputs, in words; None if it can."""
        for part in spec.measure.parts:
            if DATASETS[part.dataset] not in self.sources:
                return f"no {DATASETS[part.dataset].replace('_', ' ')} were supplied"
            if missing := [name for name in part.fields if not self.has(name, part.dataset)]:
                return f"{DATASETS[part.dataset]} has no {' or '.join(missing)}"
            for dimension in spec.dimensions:
                if dimension not in DIMENSIONS[part.dataset] and dimension in _NUMERATOR_ONLY:
                    continue
                wanted = DIMENSIONS[part.dataset][dimension]
                if not any(self.has(name, part.dataset) for name in wanted):
                    return f"{DATASETS[part.dataset]} has no {' or '.join(wanted)}"
            if empty := [year for year in self.years(spec) if not self._snapshots(part).get(year, 1)]:
                return f"{DATASETS[part.dataset]} has no rows for {', '.join(empty)}"
        return None

    def statuses(self, spec: TableSpec) -> list[str]:
        """The statuses of all the inputs that a table rests on, in order of the alphabet."""
        names = {DATASETS[part.dataset] for part in spec.measure.parts}
        names |= {"nomis_ethnicity"} if "complaints" in names and "ethnicity" in spec.by else set()
        return sorted({self.sources[name].status for name in names if name in self.sources})

    def published(self, part: Part) -> bool:
        """Whether all that a part rests on has been published already."""
        names = {DATASETS[part.dataset], "establishments"} & self.sources.keys()
        return {self.sources[name].status for name in names} == {"published"}

    def years(self, spec: TableSpec) -> tuple[str, ...]:
        """The years that a table covers."""
        return self.period.pooled if spec.period == "pooled" else self.period.trend

    def establishments(self) -> dict[str, list[str]]:
        """The establishments of each type, as the list that was supplied has them."""
        if "establishments" not in self.sources:
            return {}
        rows = self.db.sql(
            f"SELECT DISTINCT establishment_type, establishment FROM {self._input('establishments')} ORDER BY ALL"
        ).fetchall()
        return {kind: [name for other, name in rows if other == kind] for kind, _ in rows}

    # Counting

    def counts(self, spec: TableSpec, part: Part) -> pd.DataFrame:
        """Count a part for every cell of a table, margins included.

        Returns
        -------
        One row a cell: a column for each name of `spec.by` (codes; "all" is the margin), `value`
        (int: events, people, or people summed over snapshots) and `snapshots` (int, 1 unless a
        population). Cells that no record falls in are absent.
        """
        by = [name for name in spec.by if name in DIMENSIONS[part.dataset] or name == "year"]
        value, column = {
            "events": ("count(*)", ()),
            "people": ("count(DISTINCT person_id)", ("person_id",)),
            "stock": ("sum(number)", ("number",)),
        }[part.counts]
        names = "".join(f"coalesce({name}, 'all') AS {name}, " for name in by)
        return self.db.sql(
            f"SELECT {names}{value}::BIGINT AS value FROM ({self._rows(spec, part, by, column)}) "
            f"GROUP BY GROUPING SETS ({_grouping_sets(by)}) ORDER BY ALL"
        ).df()

    def average(self, spec: TableSpec, part: Part) -> pd.DataFrame:
        """The mean population of every cell: over the snapshots of a year, then over years.

        Returns the cells as `counts` does, with `value` (float, one decimal: people).
        """
        snapshots = self._snapshots(part)
        yearly = TableSpec(spec.id, spec.measure, _with_year(spec.by), spec.grouping, spec.period)
        frame = self.counts(yearly, part)
        frame["value"] = frame["value"] / frame["year"].map(snapshots)
        by = [name for name in frame.columns if name != "value" and (name != "year" or "year" in spec.by)]
        divisor = 1 if "year" in spec.by else len(self.years(spec))
        total = frame.groupby(by, as_index=False)["value"].sum() if by else frame[["value"]].sum().to_frame().T
        return total.assign(value=(total["value"] / divisor).round(1))

    def scale(self, spec: TableSpec, part: Part) -> int:
        """How many snapshots a population's `counts` are summed over; 1 for anything else."""
        return sum(self._snapshots(part).get(year, 0) for year in self.years(spec)) or 1

    def people(self, spec: TableSpec, part: Part, whole: Part | None = None) -> pd.DataFrame:
        """How many people have how many events: the persons table of the release.

        Returns one row for each cell and pair of counts: the columns of `spec.by`, `count` (a
        person's events in `part`), `nobs` (their events in `whole`, or in `part` if there is none)
        and `people` (how many people have that pair).
        """
        names = "".join(f"coalesce({name}, 'all') AS {name}, " for name in spec.by)
        rows = self._rows(spec, whole or part, spec.by, ("person_id", f"({part.where}) AS hit"))
        return self.db.sql(
            f"SELECT {''.join(f'{name}, ' for name in spec.by)} count, nobs, count(*) AS people FROM ("
            f" SELECT {names} count(*) FILTER (WHERE hit) AS count, count(*) AS nobs FROM ({rows})"
            f" GROUP BY GROUPING SETS ({_grouping_sets(spec.by, ('person_id',))})"
            f") GROUP BY ALL ORDER BY ALL"
        ).df()

    def _rows(self, spec: TableSpec, part: Part, by: Sequence[str], columns: Sequence[str]) -> str:
        """SQL for the rows that a part counts: the table's dimensions in its grouping, and columns."""
        of = groupings()[spec.grouping].of
        dimensions = {
            name: part.year if name == "year" else _case(name, of) if name in _ETHNICITIES else name for name in by
        }
        selected = [f"{sql} AS {name}" for name, sql in dimensions.items()] + [*columns]
        return (
            f"SELECT {', '.join(selected or ['1'])} FROM {part.dataset} "
            f"WHERE ({part.where}) AND {part.year} IN ({_quoted(self.years(spec))})"
        )

    def _snapshots(self, part: Part) -> dict[str, int]:
        """Number of snapshots in each year of a population; empty for anything else."""
        if part.counts != "stock":
            return {}
        rows = self.db.sql(f"SELECT year, count(DISTINCT snapshot_date) FROM {part.dataset} GROUP BY year").fetchall()
        return dict.fromkeys((*self.period.pooled, *self.period.trend), 0) | dict(rows)

    # The datasets: extracts with their dimensions attached

    def _column(self, dataset: str, field: str, otherwise: str = "NULL::VARCHAR") -> str:
        return f"x.{field}" if self.has(field, dataset) else otherwise

    def _input(self, name: str) -> str:
        return f"read_parquet('{self.sources[name].parquet}')"

    def _group(self, dataset: str, field: str) -> str:
        """SQL for the detailed ethnic group of a raw code; a blank is "not stated"."""
        column = self._column(dataset, field)
        return f"coalesce({_case(column, raw_codes())}, 'NS')"

    def _place(self, dataset: str, date: str) -> tuple[str, str]:
        """SQL for the establishment's type, and the join that it needs."""
        if "establishments" not in self.sources or not self.has("establishment", dataset):
            return "NULL::VARCHAR", ""
        held = self.sources["establishments"].columns
        within = [f"(e.valid_from IS NULL OR e.valid_from <= {date})"] if "valid_from" in held else []
        within += [f"(e.valid_to IS NULL OR e.valid_to >= {date})"] if "valid_to" in held else []
        on = " AND ".join(["e.establishment = x.establishment", *within])
        return (
            f"coalesce(e.establishment_type, '{UNKNOWN_TYPE}')",
            f"LEFT JOIN {self._input('establishments')} e ON {on}",
        )

    def _complaints(self) -> str:
        place, join = self._place("complaints", "x.received_date")
        nomis = self._input("nomis_ethnicity") if "nomis_ethnicity" in self.sources else None
        nomis_rows = (
            f"SELECT person_id, {_case('ethnicity_code', raw_codes())} AS g, source_row FROM {nomis}"
            if nomis
            else "SELECT NULL::VARCHAR AS person_id, NULL::VARCHAR AS g, 0 AS source_row"
        )
        concern = " OR ".join(
            f"coalesce({self._column('complaints', name, 'FALSE')}, FALSE)"
            for name in ("racism_concern_complainant", "racism_concern_investigator")
        )
        completed = self._column("complaints", "completed_date", "NULL::DATE")
        return f"""
            WITH n AS (SELECT person_id, last(g ORDER BY source_row) AS g FROM ({nomis_rows})
                       WHERE g <> 'NS' GROUP BY person_id),
                 p AS (SELECT person_id, last(g ORDER BY received_date, source_row) AS g
                       FROM (SELECT x.person_id, x.received_date, x.source_row,
                                    {self._group("complaints", "ethnicity_ppud")} AS g
                             FROM {self._input("complaints")} x)
                       WHERE g <> 'NS' GROUP BY person_id)
            SELECT x.person_id, coalesce(n.g, p.g, 'NS') AS ethnicity,
                   coalesce(n.g, 'NS') AS ethnicity_nomis, coalesce(p.g, 'NS') AS ethnicity_ppud,
                   CASE WHEN n.g IS NOT NULL THEN 'NOMIS' WHEN p.g IS NOT NULL THEN 'PPUD'
                        ELSE 'Not stated' END AS ethnicity_source,
                   {place} AS establishment_type,
                   coalesce({self._column("complaints", "category")}, '{NOT_RECORDED}') AS category,
                   {self._column("complaints", "outcome")} AS outcome,
                   {self._column("complaints", "eligible", "NULL::BOOLEAN")} AS eligible,
                   ({concern}) AS racism_concern,
                   fy(year(x.received_date), month(x.received_date)) AS received_year,
                   fy(year({completed}), month({completed})) AS completed_year
            FROM {self._input("complaints")} x LEFT JOIN n USING (person_id) LEFT JOIN p USING (person_id)
                 {join}"""

    def _population(self) -> str:
        place, join = self._place("population", "x.snapshot_date")
        return self._stock("population", f"{place} AS establishment_type", ("age_band", "sex"), join)

    def _caseload(self) -> str:
        return self._stock("caseload", f"{self._column('caseload', 'region')} AS region", ())

    def _stock(self, dataset: str, place: str, also: tuple[str, ...], join: str = "") -> str:
        columns = [f"coalesce({self._column(dataset, name)}, '{NOT_RECORDED}') AS {name}" for name in also]
        return (
            f"SELECT x.snapshot_date, fy(year(x.snapshot_date), month(x.snapshot_date)) AS year, x.number, "
            f"{', '.join([self._group(dataset, 'ethnicity_code') + ' AS ethnicity', place, *columns])} "
            f"FROM {self._input(DATASETS[dataset])} x {join}"
        )

    def _deaths(self) -> str:
        moments = [f"x.{name}" for name in ("notified_date", "death_date") if self.has(name, "deaths")]
        if self.has("death_month", "deaths"):
            moments.append("make_date(x.death_year, x.death_month, 1)")
        date = f"coalesce({', '.join(moments)})"
        place, join = self._place("deaths", date)
        columns = ", ".join(
            f"coalesce({self._column('deaths', name)}, '{NOT_RECORDED}') AS {name}"
            for name in ("cause", "age_band", "sex")
        )
        return (
            f"SELECT fy(year({date}), month({date})) AS year, {columns}, {place} AS establishment_type, "
            f"{self._group('deaths', 'ethnicity_code')} AS ethnicity, "
            f"{self._column('deaths', 'setting', chr(39) + 'prison' + chr(39))} AS setting "
            f"FROM {self._input('fatal_incidents')} x {join}"
        )

    def _terminations(self) -> str:
        columns = ", ".join(
            f"coalesce({self._column('terminations', name)}, '{NOT_RECORDED}') AS {name}"
            for name in ("region", "order_type", "outcome")
        )
        return (
            f"SELECT {self._column('terminations', 'person_id')} AS person_id, {columns}, "
            f"fy(year(x.end_date), month(x.end_date)) AS year, "
            f"{self._group('terminations', 'ethnicity_code')} AS ethnicity "
            f"FROM {self._input('probation_terminations')} x"
        )


def _grouping_sets(by: Sequence[str], always: tuple[str, ...] = ()) -> str:
    """SQL grouping sets for every margin of the dimensions; a year has none (years are never added)."""
    sets: list[tuple[str, ...]] = [always]
    for name in by:
        with_name = [(*group, name) for group in sets]
        sets = with_name if name == "year" else sets + with_name
    return ", ".join(f"({', '.join(group)})" for group in sets)


def _with_year(by: tuple[str, ...]) -> tuple[str, ...]:
    return by if "year" in by else (*by, "year")


_ETHNICITIES = ("ethnicity", "ethnicity_nomis", "ethnicity_ppud")
_NUMERATOR_ONLY = ("category", "cause")
