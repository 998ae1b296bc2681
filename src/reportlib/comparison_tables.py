"""How the figures of a comparison become its table, and the rows and columns of those in `derived_tables`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from reportlib.ethnicity import NOT_STATED, label
from reportlib.facts import Fact, fact_id
from reportlib.figures import ALONE, FIGURES, STEPS, Of, ratio_decimals
from reportlib.measures import NOT_RECORDED, UNKNOWN_TYPE, Measure, Part, TableSpec
from reportlib.statistics import BAND, METHODS, Band
from reportlib.tables import Place, Table, cell_value, text_cell
from reportlib.words import (
    DIMENSION_LABELS,
    INCONCLUSIVE,
    PARITY,
    WORDS,
    all_people,
    capital,
    dimensions,
    flagged,
    interval,
    level_words,
    listed,
    missing,
    number,
    percent_decimals,
    ratio,
    subject,
)

NOT_APPLICABLE = "z"
METHODS_USED = {  # how the measure and its relative rate are estimated, by kind of measure and whether clustered
    ("proportion", True): ("proportion", "relative_rate"),
    ("proportion", False): ("proportion", "relative_rate"),
    ("rate", True): ("clustered_rate", "clustered_rate_ratio"),
    ("rate", False): ("rate", "rate_ratio"),
}


OF_TWO = (  # columns of figures that compare a group with the reference group, which has none with itself
    *("ratio_interval", "adjusted_interval", "homogeneity_p", "modelled_interval", "national_interval"),
    *("gap", "gap_interval"),
    *("p_adjusted", "detectable", "cases_needed", "bounds", "tipping"),
)
REFERENCE = {
    **dict.fromkeys(("ratio", "adjusted_ratio", "modelled_ratio", "national_ratio"), text_cell("1")),
    **dict.fromkeys(OF_TWO, text_cell(f"[{NOT_APPLICABLE}]")),
    **dict.fromkeys(("verdict", "national_verdict"), text_cell("reference")),
}


@dataclass(frozen=True, repr=False)
class Comparison:
    """A table's figures, on their way to a table, a chart and a sentence.

    `complement`: its relative rates are of the opposite of the outcome that the measure names. `left_out`: parts of
    the system of which it has no row, since too little happened there. `family`: the dimension by which the report of
    the whole has these comparisons in a table, and how many that has. `part`: of what part of the whole it is.
    """

    spec: TableSpec
    frame: pd.DataFrame
    place: Place
    period: str
    reference: str
    level: float
    band: Band = BAND
    unavailable: str = ""
    complement: bool = False
    left_out: tuple[str, ...] = ()
    family: tuple[str, int] | None = None
    part: str = ""

    def hidden(self, *groups: str) -> pd.Series:
        """Whether, in the part of the system of each row, the count of one of these groups is hidden."""
        gone = self.frame["ethnicity"].isin(groups) & self.frame["mark"].eq("c")
        parts = [self.frame[name] for name in self.spec.by if name != "ethnicity"]
        return gone.groupby(parts or (lambda row: 0)).transform("any")

    @property
    def compared(self) -> pd.DataFrame:
        """The frame as a picture or a sentence of its relative rates shows it: hidden where the reference is."""
        frame = self.frame
        return frame.assign(mark=frame["mark"].mask(frame["mark"].eq("") & self.hidden(self.reference), "c"))

    def __repr__(self) -> str:
        return f"{self.caption} ({len(self.frame)} rows): show it with chapter.table()"

    @property
    def caption(self) -> str:
        """What its table shows, by what and for when."""
        return self._of(self.spec.measure)

    @property
    def pictured(self) -> str:
        """The caption of its picture: of relative rates, it names what they are of; over years rates are drawn."""
        other = self.outcome and "year" not in self.spec.by
        return self._of(replace(self.spec.measure, name=capital(self.outcome)) if other else self.spec.measure)

    def _of(self, measure: Measure) -> str:
        return ", ".join(filter(None, [subject(measure, self.spec.by, self.spec.apart), self.part, self.period]))

    @property
    def share(self) -> bool:
        """Whether what is compared is a proportion."""
        return self.spec.measure.kind == "proportion"

    @property
    def unit(self) -> str:
        """The unit of the measure: "%", "per 1,000 a year" or, where people count once, "per 1,000 in the period"."""
        once = self.spec.measure.numerator.counts == "people"
        when = ("in the year" if "year" in self.spec.by else "in the period") if once else "a year"
        return "%" if self.share else f"per {self.spec.measure.per:,} {when}"

    @property
    def outcome(self) -> str:
        """What its relative rates are of, where that is not what the measure names."""
        return WORDS[self.spec.measure.code].complement if self.complement else ""

    @property
    def modelled(self) -> bool:
        """Whether a model adjusts it too."""
        return self.share and len(self.spec.adjust) > 1

    @property
    def places(self) -> int:
        """The decimals of its relative rates."""
        return ratio_decimals(self.frame)

    @property
    def interval(self) -> str:
        """The kind of its intervals: "95% confidence interval"."""
        return level_words(self.level)


def code_label(dimension: str, code: str) -> str:
    """The words for a code of a dimension."""
    if code == "all":
        return "All"
    return label(code) if dimension.startswith("ethnicity") and dimension != "ethnicity_source" else capital(code)


class Row:
    """One row of a frame on its way into a table: makes each figure's cell and its fact together."""

    def __init__(self, row: dict[str, Any], of: Comparison) -> None:
        self.row, self.spec, self.place = row, of.spec, of.place
        self.period = row["year"] if "year" in of.spec.by else of.period
        self.codes = [str(row[name]) for name in of.spec.by]
        self.facts: list[Fact] = []

    def fact(self, statistic: str, value: Any, text: str, unit: str = "", mark: str = "") -> str:
        name = fact_id(self.spec.measure.code, self.spec.axes, self.codes, statistic)
        codes = zip(self.spec.by, self.codes, strict=True)
        told = f"{self.spec.measure.name}: {', '.join(code_label(key, code) for key, code in codes if key != 'year')}"
        held = None if missing(value) else value
        if self.row.get("coarse") and held is not None and statistic in FIGURES and FIGURES[statistic].of == Of.STRATA:
            unit = STEPS
        self.facts.append(self.place.fact(name, self.period, self.spec.id, statistic, told, text, held, mark, unit))
        return name

    def figure(self, statistic: str, words: Callable[[Any], str], unit: str = "") -> dict[str, Any]:
        """A cell of one figure, in words that say it."""
        value = self.row[statistic]
        mark = self._mark(value, statistic)
        shown = f"[{mark}]" if mark else words(value)
        name = self.fact(statistic, None if mark else value, shown, unit, mark)
        return {"text": shown, "value": None if mark else cell_value(value), "mark": mark or None, "fact": name}

    def range(self, lower: str, upper: str, words: Callable[[Any, Any], str], unit: str = "") -> dict[str, Any]:
        """A cell of two limits, which are two facts."""
        ends = [self.row[lower], self.row[upper]]
        mark = self._mark(None if all(map(missing, ends)) else 0, lower)
        shown = f"[{mark}]" if mark else words(*ends)
        names = [self.fact(name, None if mark else self.row[name], shown, unit, mark) for name in (lower, upper)]
        return {"text": shown, "value": None, "mark": mark or None, "fact": names[0], "facts": names}

    def limits(self, lower: str, upper: str, places: int, unit: str = "") -> dict[str, Any]:
        """A cell of the limits of a figure."""
        sign = "%" if unit == "%" else ""
        return self.range(lower, upper, lambda low, high: interval(low, high, sign, places, "u").replace("%", ""), unit)

    def _mark(self, value: Any, statistic: str) -> str:
        if not missing(value):
            return ""
        if self.row["mark"]:
            return str(self.row["mark"])
        if missing(self.row.get("verdict")) and statistic not in ("value", "lower", "upper", "deff"):
            return NOT_APPLICABLE
        of = FIGURES[statistic].of
        hidden = (
            (self.row.get("withheld") and of == Of.STRATA)
            or (self.row.get("without") and of not in ALONE)
            or (self.row.get("unknown") and of == Of.UNKNOWN)
        )
        level = statistic == "tipping" and not missing(self.row["ratio"]) and round(self.row["ratio"], 2) == 1
        return "c" if hidden else NOT_APPLICABLE if level else "u"


@dataclass(frozen=True)
class Column:
    """A column: its heading, and how the cell of a row is made."""

    key: str
    label: str
    cell: Callable[[Row], dict[str, Any]]
    unit: str = ""
    role: str = "text"

    def heading(self) -> dict[str, str]:
        return {"key": self.key, "label": self.label, **({"unit": self.unit} if self.unit else {}), "role": self.role}


def header(name: str) -> Column:
    """A dimension, whose cells name the row."""
    head = DIMENSION_LABELS[name]
    return Column(name, head, lambda row: text_cell(code_label(name, str(row.row[name]))), role="header")


def figure_column(key: str, head: str, words: Callable[[Any], str], unit: str = "") -> Column:
    """A figure, in words that say it."""
    return Column(key, head, lambda row: row.figure(key, words, unit), unit, "number")


def limits_column(of: Comparison, kind: str, places: int) -> Column:
    """The two limits of one kind of figure."""
    ends = f"{kind}_lower", f"{kind}_upper"
    return Column(f"{kind}_interval", _interval_label(of), lambda row: row.limits(*ends, places))


def ratio_columns(of: Comparison, key: str, head: str, kind: str) -> list[Column]:
    """A ratio and its limits."""
    places = of.places
    return [figure_column(key, head, lambda found: ratio(found, decimals=places)), limits_column(of, kind, places)]


def table_of(
    of: Comparison, identifier: str, title: str, columns: Sequence[Column], frame: pd.DataFrame, notes: list[str]
) -> Table:
    """The rows of a frame, each figure in them with its fact."""
    rows, facts = [], []
    if "ethnicity" in of.spec.by:
        without, unknown = (of.hidden(*groups)[frame.index] for groups in ([of.reference], [of.reference, NOT_STATED]))
        frame = frame.assign(without=without, unknown=unknown)
    for record in frame.to_dict("records"):
        row = Row({str(key): value for key, value in record.items()}, of)
        fixed = REFERENCE if row.row.get("ethnicity") == of.reference else {}
        rows.append({column.key: fixed.get(column.key) or column.cell(row) for column in columns})
        facts += row.facts
    heads = [column.heading() for column in columns]
    return Table(identifier, title, heads, rows, facts, notes, status=of.place.status)


def comparison_table(of: Comparison) -> Table:
    """Counts, the measure with its interval, the relative rate with its interval, and the verdict."""
    columns = [*map(header, of.spec.by), *comparison_columns(of)]
    table = table_of(of, of.spec.id, of.caption, columns, of.frame, notes_of(of))
    totals = (of.frame[list(of.spec.by)] == "all").any(axis=1)
    rows = [row | ({"_total": True} if total else {}) for row, total in zip(table.rows, totals, strict=True)]
    return replace(table, rows=rows)


def comparison_columns(of: Comparison) -> list[Column]:
    """The columns that every table of counts has; without a reference group, nothing is compared."""
    parts = zip(("numerator", "denominator"), of.spec.measure.parts, strict=False)
    counts = (figure_column(key, part.label, partial(_count_text, part)) for key, part in parts)
    columns = [*counts, *measure_columns(of)]
    if "verdict" not in of.frame:
        return columns
    judged = judged_columns(of, f"{relative_rate(of)} ({label(of.reference)} = 1)")
    return [*columns, *judged, verdict_column("verdict", "Verdict")]


def relative_rate(of: Comparison) -> str:
    """What a relative rate is called: with what it is of, where that is not what the measure names."""
    return f"Relative rate{f' of {of.outcome}' if of.outcome else ''}"


def judged_columns(of: Comparison, head: str) -> list[Column]:
    """The relative rate that is judged, which names what it is of, and its limits."""
    places = of.places

    def judged(row: Row) -> dict[str, Any]:
        return row.figure("ratio", lambda found: ratio(found, decimals=places), of.outcome)

    return [Column("ratio", head, judged, role="number"), limits_column(of, "ratio", places)]


def measure_columns(of: Comparison) -> list[Column]:
    """The measure, and its limits unless relative rates by part of the system need the room."""
    measure, unit, sign = of.spec.measure, of.unit, "%" if of.share else ""

    def places(row: Row) -> int:
        return percent_decimals(row.row["denominator"]) if of.share else measure.decimals

    def value(row: Row) -> dict[str, Any]:
        return row.figure("value", lambda found: flagged(number(found, sign, places(row)), row.row), unit)

    if measure.kind == "count":
        return []
    columns = [Column("value", "Rate", value, unit, "number")]
    if _exploratory(of.spec):  # the relative rate's interval is what a reader needs there
        return columns
    limits = Column("interval", _interval_label(of), lambda row: row.limits("lower", "upper", places(row), unit), unit)
    return [*columns, limits]


def _count_text(part: Part, value: Any) -> str:
    """A count; a mean over snapshots has a decimal, be it whole or not."""
    return number(value, "", 1 if part.counts == "stock" else 0)


def _interval_label(of: Comparison) -> str:
    return of.interval.replace(" confidence", "")


def verdict_column(key: str, head: str) -> Column:
    """A verdict, which what is not compared has not."""

    def verdict(row: Row) -> dict[str, Any]:
        word = row.row[key]
        if missing(word):
            return text_cell(f"[{NOT_APPLICABLE}]")
        return text_cell(word) | {"fact": row.fact(key, word, word)}

    return Column(key, head, verdict)


def _exploratory(spec: TableSpec) -> bool:
    """Whether the table compares ethnic groups within parts of the system, or groups that are not the report's."""
    return bool(spec.strata or spec.apart) and "ethnicity" in spec.by


def notes_of(of: Comparison) -> list[str]:
    """What stands under every table of the comparison."""
    frame, spec = of.frame, of.spec
    notes = [spec.measure.definition]
    if spec.measure.kind != "count":
        notes.append(intervals_note(of))
    if spec.measure.kind == "rate":
        notes.append("Rates are worked out from the average population as it is shown, to one decimal.")
    if of.outcome:
        notes.append(f"The relative rate is that of {of.outcome}, the rarer side of the outcome in England and Wales.")
    notes += family_note(of)
    if "verdict" in frame and (_leaves_out_1(frame) & frame["verdict"].isin([INCONCLUSIVE, PARITY])).any():
        notes.append(
            "Verdicts allow for the number of comparisons, and intervals do not: some leave out 1 where the "
            f"verdict is {INCONCLUSIVE} or {PARITY}."
        )
    if "verdict" in frame and frame[frame["verdict"].notna()].filter(regex="^ratio").isin(of.band).any(axis=None):
        notes.append(
            "Verdicts rest on figures before they are rounded: one that is printed as an end of the band can lie on "
            "either side of it."
        )
    if "ethnicity" in frame and (lacking := list(frame.loc[frame["mark"].eq("x"), "ethnicity"].map(label).unique())):
        notes.append(f"No record has a code for {all_people(lacking)}: they may be counted in another group.")
    if spec.measure.kind == "rate" and "ethnicity" in frame and frame["ethnicity"].eq(NOT_STATED).any():
        notes.append(
            f"“{label(NOT_STATED)}” is no ethnic group: its rate tells how often each source lacks an ethnicity."
        )
    places = [name for name in spec.strata if not name.startswith("ethnicity")]
    if spec.measure.numerator.counts == "people" and places:
        notes.append("A person who complained from several parts of the system counts in each, so rows do not add up.")
    if of.left_out:
        notes.append(f"Left out, as too few to divide by ethnic group: {listed(list(map(capital, of.left_out)))}.")
    if spec.apart:
        notes.append(f"Comparisons of {spec.apart} ethnic groups are exploratory: other groups are the headline.")
    elif _exploratory(spec):
        notes.append("Comparisons within parts of the system are exploratory: the headline is the table for all.")
    elif "verdict" in frame and "year" in spec.by:
        notes.append("Comparisons of single years are exploratory: the headline is the table of the pooled years.")
    if "establishment_type" in spec.by and frame["establishment_type"].eq(UNKNOWN_TYPE).any():
        notes.append(
            f"Establishments that the list of types does not hold, and deaths in escort, are in {UNKNOWN_TYPE}."
        )
    if blank := [name for name in spec.strata if frame[name].eq(NOT_RECORDED).any()]:
        lower = ", so the rates of the others are too low" * (spec.measure.kind == "rate")
        notes.append(f"Records that do not tell the {dimensions(blank)} are in {NOT_RECORDED}{lower}.")
    return notes


def family_note(of: Comparison) -> list[str]:
    """For how many comparisons verdicts allow, where these are among those of a larger table."""
    if not of.family:
        return []
    name, comparisons = of.family
    return [
        f"Verdicts and adjusted p-values are those of the national edition, whose table by {dimensions([name])} has "
        f"these comparisons: they allow for all {number(comparisons)} of it, hidden ones among them."
    ]


def intervals_note(of: Comparison) -> str:
    """The level and kind of the intervals of a measure and of its relative rates."""
    measure = of.spec.measure
    own, ratio_ = (METHODS[name].interval for name in METHODS_USED[measure.kind, measure.clustered])
    of_ratio = f" for the rate and {ratio_} for the relative rate" if "verdict" in of.frame and own != ratio_ else ""
    widened = ", widened because one person can have several cases" if measure.clustered else ""
    return f"{of.interval}s are {own}{of_ratio}{widened}."


def _leaves_out_1(frame: pd.DataFrame) -> pd.Series:
    return frame["ratio_lower"].gt(1) | frame["ratio_upper"].lt(1)
