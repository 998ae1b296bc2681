"""How the figures of a comparison become tables: the comparison itself, and what stands behind its verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from reportlib.ethnicity import CHINESE_NOTE, NOT_STATED, label
from reportlib.facts import Fact, fact_id
from reportlib.figures import FIGURES, Of, ratio_decimals
from reportlib.measures import UNKNOWN_TYPE, TableSpec
from reportlib.statistics import METHODS
from reportlib.statistics.verdict import ALPHA
from reportlib.tables import Place, Table, cell_value, text_cell
from reportlib.words import (
    WORDS,
    capital,
    flagged,
    interval,
    level_words,
    listed,
    missing,
    number,
    p_value,
    people,
    percent_decimals,
    ratio,
)

NOT_APPLICABLE = "z"
DIMENSION_LABELS = {
    "ethnicity": "Ethnic group",
    "ethnicity_nomis": "Ethnic group on NOMIS",
    "ethnicity_ppud": "Ethnic group on PPUD",
    "ethnicity_source": "Where ethnicity comes from",
    "establishment_type": "Establishment type",
    "category": "Category of complaint",
    "order_type": "Type of order",
    "age_band": "Age",
    "cause": "Cause of death",
    "region": "Region",
    "sex": "Sex",
    "year": "Reporting year",
    "outcome": "Outcome",
}


METHODS_USED = {  # how the measure and its relative rate are estimated, by kind of measure and whether clustered
    ("proportion", True): ("proportion", "relative_rate"),
    ("proportion", False): ("proportion", "relative_rate"),
    ("rate", True): ("clustered_rate", "clustered_rate_ratio"),
    ("rate", False): ("rate", "rate_ratio"),
}


REFERENCE = {
    "ratio": text_cell("1"),
    "ratio_interval": text_cell(f"[{NOT_APPLICABLE}]"),
    "verdict": text_cell("reference"),
}


@dataclass(frozen=True, repr=False)
class Comparison:
    """A table's figures, on their way to a table, a chart and a sentence.

    `complement`: its relative rates are of the opposite of the outcome that the measure names. `left_out`: parts of
    the system of which it has no row, since too little happened there.
    """

    spec: TableSpec
    frame: pd.DataFrame
    place: Place
    period: str
    reference: str
    level: float
    unavailable: str = ""
    complement: bool = False
    left_out: tuple[str, ...] = ()

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
        return f"{caption(self.spec, self.period)} ({len(self.frame)} rows): show it with chapter.table()"

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


class _Row:
    """One row of a frame on its way into a table: makes each figure's cell and its fact together."""

    def __init__(self, row: dict[str, Any], of: Comparison) -> None:
        self.row, self.spec, self.place = row, of.spec, of.place
        self.period = row["year"] if "year" in of.spec.by else of.period
        self.codes = [str(row[name]) for name in of.spec.by]
        self.facts: list[Fact] = []

    def fact(self, statistic: str, value: Any, text: str, unit: str = "", mark: str = "") -> str:
        name = fact_id(self.spec.measure.code, self.spec.by, self.codes, statistic)
        codes = zip(self.spec.by, self.codes, strict=True)
        told = f"{self.spec.measure.name}: {', '.join(code_label(key, code) for key, code in codes if key != 'year')}"
        held, place = None if missing(value) else value, self.place
        self.facts.append(
            Fact(name, self.period, place.edition, place.chapter, self.spec.id, statistic, told, text, held, mark,
                 unit, place.status)
        )  # fmt: skip
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

        def words(low: Any, high: Any) -> str:
            return interval(low, high, "%" if unit == "%" else "", places, "u").replace("%", "")

        return self.range(lower, upper, words, unit)

    def _mark(self, value: Any, statistic: str) -> str:
        if not missing(value):
            return ""
        if self.row["mark"]:
            return str(self.row["mark"])
        if missing(self.row.get("verdict")):
            return NOT_APPLICABLE
        of = FIGURES[statistic].of
        hidden = (
            (self.row.get("withheld") and of == Of.STRATA)
            or (self.row["without"] and of != Of.GROUP)
            or (self.row["unknown"] and of == Of.UNKNOWN)
        )
        return "c" if hidden else "u"


@dataclass(frozen=True)
class _Column:
    """A column: its heading, and how the cell of a row is made."""

    key: str
    label: str
    cell: Callable[[_Row], dict[str, Any]]
    unit: str = ""
    role: str = "text"

    def heading(self) -> dict[str, str]:
        return {"key": self.key, "label": self.label, **({"unit": self.unit} if self.unit else {}), "role": self.role}


def _header(name: str) -> _Column:
    head = DIMENSION_LABELS[name]
    return _Column(name, head, lambda row: text_cell(code_label(name, str(row.row[name]))), role="header")


def _figure(key: str, head: str, words: Callable[[Any], str], unit: str = "") -> _Column:
    return _Column(key, head, lambda row: row.figure(key, words, unit), unit, "number")


def _limits(of: Comparison, kind: str, places: int, unit: str = "") -> _Column:
    ends = f"{kind}_lower", f"{kind}_upper"
    return _Column(f"{kind}_interval", _interval_label(of), lambda row: row.limits(*ends, places, unit))


def _ratio(of: Comparison, key: str, head: str, kind: str) -> list[_Column]:
    """A ratio and its limits."""
    places = of.places
    return [_figure(key, head, lambda found: ratio(found, decimals=places)), _limits(of, kind, places)]


def _table(
    of: Comparison, identifier: str, title: str, columns: Sequence[_Column], frame: pd.DataFrame, notes: list[str]
) -> Table:
    """The rows of a frame, each figure in them with its fact."""
    rows, facts = [], []
    if "ethnicity" in of.spec.by:
        without, unknown = (of.hidden(*groups)[frame.index] for groups in ([of.reference], [of.reference, NOT_STATED]))
        frame = frame.assign(without=without, unknown=unknown)
    for record in frame.to_dict("records"):
        row = _Row({str(key): value for key, value in record.items()}, of)
        fixed = REFERENCE if row.row.get("ethnicity") == of.reference else {}
        rows.append({column.key: fixed.get(column.key) or column.cell(row) for column in columns})
        facts += row.facts
    heads = [column.heading() for column in columns]
    return Table(identifier, title, heads, rows, facts, notes, _source(of.place), of.place.status)


def comparison_table(of: Comparison) -> Table:
    """Counts, the measure with its interval, the relative rate with its interval, and the verdict."""
    columns = [*map(_header, of.spec.by), *_comparison_columns(of)]
    table = _table(of, of.spec.id, caption(of.spec, of.period), columns, of.frame, _notes(of))
    totals = (of.frame[list(of.spec.by)] == "all").any(axis=1)
    rows = [row | ({"_total": True} if total else {}) for row, total in zip(table.rows, totals, strict=True)]
    return replace(table, rows=rows)


def _comparison_columns(of: Comparison) -> list[_Column]:
    """The columns that every table of counts has; without a reference group, nothing is compared."""
    parts = zip(("numerator", "denominator"), of.spec.measure.parts, strict=False)
    columns = [*(_figure(key, part.label, _count_text) for key, part in parts), *_measure_columns(of)]
    if "verdict" not in of.frame:
        return columns
    places = of.places

    def judged(row: _Row) -> dict[str, Any]:
        return row.figure("ratio", lambda found: ratio(found, decimals=places), of.outcome)

    head = f"Relative rate{f' of {of.outcome}' if of.outcome else ''} ({label(of.reference)} = 1)"
    return [
        *columns,
        _Column("ratio", head, judged, role="number"),
        _limits(of, "ratio", places),
        _Column("verdict", "Verdict", _verdict),
    ]


def _measure_columns(of: Comparison) -> list[_Column]:
    measure, unit, sign = of.spec.measure, of.unit, "%" if of.share else ""

    def places(row: _Row) -> int:
        return percent_decimals(row.row["denominator"]) if of.share else measure.decimals

    def value(row: _Row) -> dict[str, Any]:
        return row.figure("value", lambda found: flagged(number(found, sign, places(row)), row.row), unit)

    if measure.kind == "count":
        return []
    columns = [_Column("value", "Rate", value, unit, "number")]
    if _exploratory(of.spec):  # the relative rate's interval is what a reader needs there
        return columns
    limits = _Column("interval", _interval_label(of), lambda row: row.limits("lower", "upper", places(row), unit), unit)
    return [*columns, limits]


def _count_text(value: Any) -> str:
    return number(value, "", 0 if float(value).is_integer() else 1)


def _interval_label(of: Comparison) -> str:
    return of.interval.replace(" confidence", "")


def _verdict(row: _Row) -> dict[str, Any]:
    word = row.row["verdict"]
    if missing(word):
        return text_cell(f"[{NOT_APPLICABLE}]")
    return text_cell(word) | {"fact": row.fact("verdict", word, word)}


def _exploratory(spec: TableSpec) -> bool:
    """Whether the table compares ethnic groups within parts of the system."""
    return bool(spec.strata) and "ethnicity" in spec.by


def evidence_table(of: Comparison) -> Table:
    """All that is known of each comparison in one row: the figures of its table, and what stands behind its verdict."""
    spec, places = of.spec, of.places
    scale, decimals = (100, 1) if of.share else (1, spec.measure.decimals)
    rows = of.frame[of.frame["verdict"].notna()].copy()
    for name in ("gap", "gap_lower", "gap_upper"):
        rows[name] = [None if missing(value) else round(value * scale, 6) for value in rows[name]]

    def detectable(row: _Row) -> dict[str, Any]:
        ends = "detectable_below", "detectable_above"
        return row.range(*ends, lambda *both: " or ".join(ratio(end) for end in both if not missing(end)))

    def tipping(row: _Row) -> dict[str, Any]:
        whom = "group" if missing(row.row["ratio"]) or row.row["ratio"] < 1 else "reference"
        return row.figure("tipping", lambda value: f"{number(value, '%')} to the {whom}")

    *measured, judged = _comparison_columns(of)
    columns = [
        *measured,
        *_adjusted_columns(of),
        _figure("gap", "Gap", lambda value: number(value, "", decimals), "percentage points" if of.share else of.unit),
        *([_limits(of, "gap", decimals)] if of.share else []),
        _figure("p_adjusted", "Adjusted p", p_value),
        _figure("deff", "Design effect", ratio),
        _Column("detectable", "Least ratio shown", detectable),
        _figure("cases_needed", "Cases needed", number),
        _Column("bounds", "If all were known", lambda row: row.limits("bound_lower", "bound_upper", places)),
        _Column("tipping", "Tipping point", tipping),
        judged,
    ]
    notes = [
        *_notes(of),
        *_adjusted_notes(of),
        *([f"The {of.interval} of the gap is {METHODS['difference'].interval}."] if of.share else []),
        "P-values are adjusted for the number of comparisons in the table (Benjamini-Hochberg); intervals are not.",
        "The design effect is how much repeat cases add to the variance; 1 where each case is a different person. It "
        "is that of the group where it has very many cases, else that of all ethnic groups together.",
        "The least ratio shown is the nearest to 1, below and above it, that a comparison of this size would find four "
        "times in five.",
        "Cases needed: how large the denominator of the group would have to be, and that of the reference group in "
        "proportion, to find, four times in five, a ratio at the edge of what counts as close to parity.",
        "If all were known: how far the ratio could lie if the ethnicity of everyone not stated became known (sharp "
        "bounds, without sampling error).",
        "Tipping point: what share of the events with ethnicity not stated would make the two rates equal if these "
        "events alone were given to one side. Above 100%, events alone would not do it; whether all that is not stated "
        "could, the column before says.",
    ]
    return _derived("evidence", "How sure we can be", of, rows, columns, notes)


def _adjusted_columns(of: Comparison) -> list[_Column]:
    """What is left of each relative rate when other characteristics are held equal."""
    if not of.spec.adjust:
        return []
    columns = _ratio(of, "adjusted_ratio", "Adjusted relative rate", "adjusted")
    if of.share:
        columns.append(_figure("homogeneity_p", "Same in every stratum (p)", p_value))
    return columns + (_ratio(of, "modelled_ratio", "Modelled relative rate", "modelled") if of.modelled else [])


def _adjusted_notes(of: Comparison) -> list[str]:
    if not of.spec.adjust:
        return []
    held = dimensions(of.spec.adjust)
    kind = METHODS["mantel_haenszel" if of.share else "mantel_haenszel_rate"].interval
    notes = [f"The adjusted relative rate holds {held} equal (Mantel-Haenszel); its {of.interval} is {kind}."]
    if of.share:
        notes.append(
            "Same in every stratum: the p-value of Cochran's test that the relative rate does not differ between "
            "strata, over those with enough cases. A small one means that one figure does not sum them up."
        )
    if of.modelled:
        notes.append(
            f"The modelled relative rate comes from a logistic model of {held}, clustered on person; its "
            f"{of.interval} is {METHODS['adjusted_risk_ratio'].interval}. Where it agrees with the adjusted "
            "one, the answer does not hang on the method."
        )
    return notes


def standardised_table(of: Comparison) -> Table:
    """Each group against all prisoners; a description, from which no verdict is read."""
    places = of.spec.measure.decimals
    columns = [
        *_ratio(of, "expected_ratio", "Observed to expected", "expected"),
        _figure("standardised", "Standardised rate", lambda value: number(value, "", places), of.unit),
    ]
    held, first = dimensions(of.spec.adjust), dimensions(of.spec.adjust[:1])
    notes = [
        f"Observed to expected: the events seen, divided by those expected if each combination of {held} had the rate "
        f"of all prisoners. Its {of.interval} is {METHODS['indirect_ratio'].interval}.",
        f"Standardised rate: what the rate would be if the {first} of the group were that of all prisoners in the last "
        "year of the period. It has no interval, since the two together would give events by age away; on few events "
        "there is none.",
        "Both are descriptions. All prisoners include the group itself, so no verdict is read from them; the adjusted "
        "relative rate compares two groups.",
    ]
    known = of.frame[of.frame[["expected_ratio", "standardised"]].notna().any(axis=1)]
    return _derived("standardised", "Against all prisoners", of, known, columns, notes)


def gap_table(of: Comparison) -> Table:
    """Whether the gap of each group to the reference has changed over the years."""

    def reading(row: _Row) -> dict[str, Any]:
        return text_cell("the gap has changed" if row.row["interaction_p"] <= ALPHA else "no clear change")

    columns = [_figure("interaction_p", "p", p_value), _Column("reading", "Has the gap changed?", reading)]
    notes = [
        f"The p-value of a test that the gap to {people(label(of.reference))} is the same in every year: the product "
        "of group and year in a logistic model, clustered on person. It is not adjusted for the number of groups.",
        "No clear change does not mean that the gap has stayed the same.",
    ]
    known = of.frame[of.frame["interaction_p"].notna()]
    return _derived("gap", "Has the gap changed", of, known, columns, notes, ("ethnicity",))


def funnel_table(of: Comparison) -> Table:
    """Which parts of the system lie further from the average than chance, for everybody together."""
    columns = [
        _measure_columns(of)[0],
        _Column("warning", "Inner limits", lambda row: row.limits("lower_95", "upper_95", 1, "%"), "%"),
        _Column("alarm", "Outer limits", lambda row: row.limits("lower_998", "upper_998", 1, "%"), "%"),
        _Column("reading", "Where it lies", lambda row: text_cell(_standing(row.row))),
    ]
    notes = [
        f"Inner (95%) and outer (99.8%) limits are {METHODS['funnel_limits'].interval} about the average of all, on "
        "effective numbers, widened to the spread that all parts have in common. Where parts "
        "differ by more than chance, one within the limits is no further from the average than is usual; one in twenty "
        "would still lie outside the inner ones.",
        "These are figures of all ethnic groups together. They do not rank the parts.",
    ]
    parts = of.frame[of.frame["ethnicity"].eq("all") & of.frame["lower_95"].notna()]
    found = _derived("funnel", "", of, parts, columns, notes, of.spec.strata)
    return replace(found, caption=funnel_caption(of.spec, of.period))


def funnel_caption(spec: TableSpec, period: str) -> str:
    """What a funnel shows: one measure by parts of the system, all groups together."""
    return f"{spec.measure.name} by {dimensions(spec.strata)}, all ethnic groups together, {period}"


def _standing(row: Mapping[str, Any]) -> str:
    for name, words in (("998", "outer"), ("95", "inner")):
        if not row[f"lower_{name}"] <= row["value"] <= row[f"upper_{name}"]:
            return f"{'below' if row['value'] < row[f'lower_{name}'] else 'above'} the {words} limits"
    return "within both limits"


DERIVED = {  # tables made of the comparison that another one shows; the kind stands at the end of the identifier
    "evidence": evidence_table,
    "standardised": standardised_table,
    "gap": gap_table,
    "funnel": funnel_table,
}


def declared(identifier: str) -> str:
    """The declared table that a table belongs to: itself, or the one that it is derived from."""
    name, _, kind = identifier.rpartition("-")
    return name if kind in DERIVED else identifier


def _derived(
    kind: str, title: str, of: Comparison, frame: pd.DataFrame, columns: list[_Column], notes: list[str],
    by: Sequence[str] = (),
) -> Table:  # fmt: skip
    """A table of some of the rows of a comparison, named by all its dimensions or those of `by`."""
    heads = map(_header, [name for name in of.spec.by if name in (by or of.spec.by)])
    title = f"{title}: {_lower_first(caption(of.spec, of.period))}"
    return replace(_table(of, f"{of.spec.id}-{kind}", title, [*heads, *columns], frame, notes), folded=True)


def dimensions(names: Sequence[str]) -> str:
    """What divides a table, in words: "region and type of order"."""
    return listed([DIMENSION_LABELS[name].lower() for name in names])


def _notes(of: Comparison) -> list[str]:
    frame, spec = of.frame, of.spec
    notes = [spec.measure.definition]
    if spec.measure.kind != "count":
        own, ratio_ = (METHODS[name].interval for name in METHODS_USED[spec.measure.kind, spec.measure.clustered])
        of_ratio = f" for the rate and {ratio_} for the relative rate" if "verdict" in frame else ""
        notes.append(f"{of.interval}s are {own}{of_ratio}; methods and quality explains both.")
    if of.outcome:
        notes.append(f"The relative rate is that of {of.outcome}, the rarer side of the outcome.")
    if "verdict" in frame:
        notes.append(
            "Verdicts rest on unrounded figures and allow for the number of comparisons, which intervals do not: an "
            "interval can leave out 1 where the verdict is inconclusive or parity."
        )
    if spec.measure.kind == "rate" and "ethnicity" in frame and frame["ethnicity"].eq(NOT_STATED).any():
        notes.append(
            f"{label(NOT_STATED)} is not a group of people: its rate tells how often each source lacks an ethnicity."
        )
    places = [name for name in spec.strata if not name.startswith("ethnicity")]
    if spec.measure.numerator.counts == "people" and places:
        notes.append("A person who complained from several parts of the system counts in each, so rows do not add up.")
    if of.left_out:
        notes.append(f"Left out, as too few to divide by ethnic group: {listed(list(map(capital, of.left_out)))}.")
    if _exploratory(spec):
        notes.append("Comparisons within parts of the system are exploratory: the headline is the table for all.")
    elif "verdict" in frame and "year" in spec.by:
        notes.append("Comparisons of single years are exploratory: the headline is the table of the pooled years.")
    if "establishment_type" in spec.by and frame["establishment_type"].eq(UNKNOWN_TYPE).any():
        notes.append(
            f"Establishments that the list of types does not hold, and deaths in escort, are in {UNKNOWN_TYPE}."
        )
    if any(name.startswith("ethnicity") for name in spec.by):
        notes.append(CHINESE_NOTE)
    return notes


def caption(spec: TableSpec, period: str) -> str:
    """What the table shows, by what and for when."""
    by = [DIMENSION_LABELS[name].lower() for name in spec.by if name != "year"]
    when = f"by year, {period}" if "year" in spec.by else period
    if by == [spec.measure.name.lower()]:
        return f"{spec.measure.name}, {when}"
    return f"{spec.measure.name} by {' and '.join(by).replace('nomis', 'NOMIS').replace('ppud', 'PPUD')}, {when}"


def _source(place: Place) -> str:
    kinds = {
        "extract": "case records supplied for this report",
        "synthetic": "synthetic records made for demonstration",
    }
    return "; ".join(kinds.get(status, "published figures") for status in place.status)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
