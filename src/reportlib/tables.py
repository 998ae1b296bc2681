"""How figures become a table: the model that every rendition reads, and a fact for every figure in it."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from reportlib.ethnicity import CHINESE_NOTE, label
from reportlib.facts import Fact, fact_id
from reportlib.measures import TableSpec
from reportlib.published import PublishedTable
from reportlib.statistics import METHODS
from reportlib.statistics.verdict import ALPHA
from reportlib.words import (
    MARKS,
    WORDS,
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
    ratio_decimals,
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


@dataclass(frozen=True)
class Place:
    """Where facts are made: the chapter, edition and status that each carries."""

    chapter: str
    edition: str
    status: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table ready to be shown, and the facts that it publishes."""

    id: str
    caption: str
    columns: list[dict[str, str]]
    rows: list[dict[str, Any]]
    facts: list[Fact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    source: str = ""
    status: tuple[str, ...] = ()
    folded: bool = False  # what a reader opens only when in doubt

    def model(self) -> dict[str, Any]:
        """The table as renderers read it."""
        parts = {
            name: getattr(self, name) for name in ("id", "caption", "columns", "rows", "notes", "source", "folded")
        }
        return {"kind": "table", **parts, "status": list(self.status)}

    def html(self) -> str:
        """A plain rendition for JupyterLab."""
        head = "".join(f"<th scope='col'>{html.escape(column['label'])}</th>" for column in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(row[column['key']]['text'])}</td>" for column in self.columns) + "</tr>"
            for row in self.rows
        )
        return f"<table><caption>{html.escape(self.caption)}</caption><tr>{head}</tr>{body}</table>"


def text_cell(text: str) -> dict[str, Any]:
    """A cell of words; one that is nothing but a mark carries it."""
    mark = text[1] if text in [f"[{mark}]" for mark in MARKS] else None
    return {"text": text, "value": None, "mark": mark, "fact": None}


REFERENCE = {
    "ratio": text_cell("1"),
    "ratio_interval": text_cell(f"[{NOT_APPLICABLE}]"),
    "verdict": text_cell("reference"),
}


def code_label(dimension: str, code: str) -> str:
    """The words for a code of a dimension."""
    if code == "all":
        return "All"
    return label(code) if dimension.startswith("ethnicity") and dimension != "ethnicity_source" else code


class _Row:
    """One row of a frame on its way into a table: makes each figure's cell and its fact together."""

    def __init__(self, row: dict[str, Any], spec: TableSpec, place: Place, period: str, places: int) -> None:
        self.row, self.spec, self.place, self.places = row, spec, place, places
        self.period = row["year"] if "year" in spec.by else period
        self.codes = [str(row[name]) for name in spec.by]
        self.facts: list[Fact] = []

    def headers(self) -> dict[str, Any]:
        return {name: text_cell(code_label(name, str(self.row[name]))) for name in self.spec.by}

    def fact(self, statistic: str, value: Any, text: str, unit: str = "", mark: str = "") -> str:
        name = fact_id(self.spec.measure.code, self.spec.by, self.codes, statistic)
        labels = ", ".join(
            code_label(key, code) for key, code in zip(self.spec.by, self.codes, strict=True) if key != "year"
        )
        held = None if missing(value) else value
        self.facts.append(
            Fact(
                name,
                self.period,
                self.place.edition,
                self.place.chapter,
                self.spec.id,
                statistic,
                f"{self.spec.measure.name}: {labels}",
                text,
                held,
                mark,
                unit,
                self.place.status,
            )
        )
        return name

    def figure(self, statistic: str, text: str, unit: str = "", column: str | None = None) -> dict[str, Any]:
        """A cell of one figure; `text` is what is shown if it is there."""
        value = self.row[column or statistic]
        mark = self._mark(value)
        shown = f"[{mark}]" if mark else text
        name = self.fact(statistic, None if mark else value, shown, unit, mark)
        return {"text": shown, "value": None if mark else _plain(value), "mark": mark or None, "fact": name}

    def range(self, lower: str, upper: str, text: str, unit: str = "") -> dict[str, Any]:
        """A cell of two limits, which are two facts."""
        low, high = self.row[lower], self.row[upper]
        mark = self._mark(None if missing(low) and missing(high) else 0)
        shown = f"[{mark}]" if mark else text
        names = [self.fact(name, None if mark else self.row[name], shown, unit, mark) for name in (lower, upper)]
        return {"text": shown, "value": None, "mark": mark or None, "fact": names[0], "facts": names}

    def plain(self, statistic: str, words: Callable[[Any], str], unit: str = "") -> dict[str, Any]:
        """A cell of one figure, in words that say it."""
        value = self.row[statistic]
        return self.figure(statistic, "" if missing(value) else words(value), unit)

    def limits(self, lower: str, upper: str, places: int, unit: str = "") -> dict[str, Any]:
        """A cell of the limits of a figure."""
        text = interval(self.row[lower], self.row[upper], "%" if unit == "%" else "", places, "u")
        return self.range(lower, upper, text.replace("%", ""), unit)

    def ratio(self, value: str, lower: str, upper: str, interval_key: str, unit: str = "") -> dict[str, Any]:
        """Cells of a ratio and its limits."""
        return {
            value: self.plain(value, lambda found: ratio(found, decimals=self.places), unit),
            interval_key: self.limits(lower, upper, self.places),
        }

    def _mark(self, value: Any) -> str:
        if not missing(value):
            return ""
        if self.row["mark"]:
            return str(self.row["mark"])
        return NOT_APPLICABLE if missing(self.row.get("verdict")) else "u"


def _plain(value: Any) -> float | int:
    number_ = float(value)
    return int(number_) if number_.is_integer() and abs(number_) < 1e15 else number_


def comparison_table(
    frame: pd.DataFrame, spec: TableSpec, place: Place, period: str, reference: str, level: float
) -> Table:
    """Counts, the measure with its interval, the relative rate with its interval, and the verdict."""
    rows, facts, places = [], [], ratio_decimals(frame)
    for record in frame.to_dict("records"):
        row = _Row({str(k): v for k, v in record.items()}, spec, place, period, places)
        rows.append(row.headers() | _compared(row, reference) | ({"_total": True} if "all" in row.codes else {}))
        facts += row.facts
    columns = _comparison_columns(spec, reference if "verdict" in frame else "", level)
    return Table(
        spec.id, caption(spec, period), [*_header_columns(spec), *columns], rows, facts,
        _notes(frame, spec, level), _source(place), place.status,
    )  # fmt: skip


def _comparison_columns(spec: TableSpec, reference: str, level: float) -> list[dict[str, str]]:
    """The columns that every table of counts has; without a reference group, nothing is compared."""
    columns = [*_count_columns(spec), *_measure_columns(spec, level)]
    if not reference:
        return columns
    return [
        *columns,
        _column("ratio", f"Relative rate ({label(reference)} = 1)"),
        _limits_column("ratio", level),
        {"key": "verdict", "label": "Verdict", "role": "text"},
    ]


def _compared(row: _Row, reference: str) -> dict[str, Any]:
    """The cells of those columns."""
    measured = _counts(row) | _measured(row)
    if "verdict" not in row.row:
        return measured
    own = row.row["ethnicity"] == reference
    return measured | (REFERENCE if own else _ratio(row) | {"verdict": _verdict(row)})


def evidence_table(
    frame: pd.DataFrame, spec: TableSpec, place: Place, period: str, reference: str, level: float
) -> Table:
    """All that is known of each comparison in one row: the figures of its table, and what stands behind its verdict."""
    share = spec.measure.kind == "proportion"
    scale, decimals = (100, 1) if share else (1, spec.measure.decimals)
    *measured, judged = _comparison_columns(spec, reference, level)
    columns = [
        *measured,
        *_adjusted_columns(spec, level),
        _column("gap", "Gap", "percentage points" if share else f"per {spec.measure.per:,}"),
        *([_limits_column("gap", level)] if share else []),
        _column("p_adjusted", "Adjusted p"),
        _column("deff", "Design effect"),
        {"key": "detectable", "label": "Least ratio shown", "role": "text"},
        _column("cases_needed", "Cases needed"),
        {"key": "bounds", "label": "If all were known", "role": "text"},
        {"key": "tipping", "label": "Tipping point", "role": "text"},
        judged,
    ]

    def cells(row: _Row) -> dict[str, Any]:
        gaps = ("gap", "gap_lower", "gap_upper")
        row.row |= {name: None if missing(row.row[name]) else round(row.row[name] * scale, 6) for name in gaps}
        record = row.row
        could = [ratio(end) for end in (record["detectable_below"], record["detectable_above"]) if not missing(end)]
        whom = "group" if missing(record["ratio"]) or record["ratio"] < 1 else "reference"
        found = {
            "gap": row.plain("gap", lambda value: number(value, "", decimals)),
            "p_adjusted": row.plain("p_adjusted", p_value),
            "deff": row.plain("deff", ratio),
            "detectable": row.range("detectable_below", "detectable_above", " or ".join(could)),
            "cases_needed": row.plain("cases_needed", number),
            "bounds": row.limits("bound_lower", "bound_upper", row.places),
            "tipping": row.plain("tipping", lambda value: f"{number(value, '%')} to the {whom}"),
        }
        found |= {"gap_interval": row.limits("gap_lower", "gap_upper", decimals)} if share else {}
        return _compared(row, reference) | _adjusted(row) | found

    notes = [
        *_notes(frame, spec, level),
        *_adjusted_notes(spec, level),
        *([f"The {level_words(level)} of the gap is {METHODS['difference'].interval}."] if share else []),
        "P-values are adjusted for the number of comparisons in the table (Benjamini-Hochberg); intervals are not.",
        "The design effect is how much repeat cases add to the variance, with an allowance where few people make it "
        "up; 1 where each case is a different person.",
        "The least ratio shown is the nearest to 1, below and above it, that a comparison of this size would find four "
        "times in five.",
        "Cases needed: how large the denominator of the group would have to be to find, four times in five, a ratio at "
        "the edge of what counts as close to parity.",
        "If all were known: how far the ratio could lie if the ethnicity of everyone not stated became known (sharp "
        "bounds, without sampling error).",
        "Tipping point: what share of the events with ethnicity not stated would make the two rates equal if they all "
        "belonged to one side; where it is more than all of them, missing ethnicity cannot explain the difference.",
    ]
    rows = frame[frame["verdict"].notna()]
    return _derived("evidence", "How sure we can be", rows, spec, place, period, columns, cells, notes)


def _adjusted_columns(spec: TableSpec, level: float) -> list[dict[str, str]]:
    """What is left of each relative rate when other characteristics are held equal."""
    if not spec.adjust:
        return []
    columns = [_column("adjusted_ratio", "Adjusted relative rate"), _limits_column("adjusted", level)]
    if spec.measure.kind == "proportion":
        columns.append(_column("homogeneity_p", "Same in every stratum (p)"))
    if _modelled(spec):
        columns += [_column("modelled_ratio", "Modelled relative rate"), _limits_column("modelled", level)]
    return columns


def _adjusted(row: _Row) -> dict[str, Any]:
    if not row.spec.adjust:
        return {}
    found = row.ratio("adjusted_ratio", "adjusted_lower", "adjusted_upper", "adjusted_interval")
    if row.spec.measure.kind == "proportion":
        found["homogeneity_p"] = row.plain("homogeneity_p", p_value)
    if _modelled(row.spec):
        found |= row.ratio("modelled_ratio", "modelled_lower", "modelled_upper", "modelled_interval")
    return found


def _modelled(spec: TableSpec) -> bool:
    return spec.measure.kind == "proportion" and len(spec.adjust) > 1


def _adjusted_notes(spec: TableSpec, level: float) -> list[str]:
    if not spec.adjust:
        return []
    share, held = spec.measure.kind == "proportion", _listed_dimensions(spec.adjust)
    kind = METHODS["mantel_haenszel" if share else "mantel_haenszel_rate"].interval
    notes = [f"The adjusted relative rate holds {held} equal (Mantel-Haenszel); its {level_words(level)} is {kind}."]
    if share:
        notes.append(
            "Same in every stratum: the p-value of Cochran's test that the relative rate does not differ between "
            "strata, over those with enough cases. A small one means that one figure does not sum them up."
        )
    if _modelled(spec):
        notes.append(
            f"The modelled relative rate comes from a logistic model of {held}, clustered on person; its "
            f"{level_words(level)} is {METHODS['adjusted_risk_ratio'].interval}. Where it agrees with the adjusted "
            "one, the answer does not hang on the method."
        )
    return notes


def standardised_table(
    frame: pd.DataFrame, spec: TableSpec, place: Place, period: str, reference: str, level: float
) -> Table:
    """Each group against all prisoners; a description, from which no verdict is read."""
    unit, places = f"per {spec.measure.per:,}", spec.measure.decimals
    columns = [
        _column("expected_ratio", "Observed to expected"),
        _limits_column("expected", level),
        _column("standardised", "Standardised rate", unit),
        _limits_column("standardised", level),
    ]

    def cells(row: _Row) -> dict[str, Any]:
        return {
            **row.ratio("expected_ratio", "expected_lower", "expected_upper", "expected_interval"),
            "standardised": row.plain("standardised", lambda value: number(value, "", places), unit),
            "standardised_interval": row.limits("standardised_lower", "standardised_upper", places, unit),
        }

    held, first = _listed_dimensions(spec.adjust), _listed_dimensions(spec.adjust[:1])
    notes = [
        f"Observed to expected: the events seen, divided by those expected if each combination of {held} had the rate "
        f"of all prisoners. Its {level_words(level)} is {METHODS['indirect_ratio'].interval}.",
        f"Standardised rate: what the rate would be if the {first} of the group were that of all prisoners in the last "
        f"year of the period. Its {level_words(level)} is {METHODS['direct_rate'].interval}.",
        "Both are descriptions. All prisoners include the group itself, so no verdict is read from them; the adjusted "
        "relative rate compares two groups.",
    ]
    known = frame[frame[["expected_ratio", "standardised"]].notna().any(axis=1)]
    return _derived("standardised", "Against all prisoners", known, spec, place, period, columns, cells, notes)


def gap_table(frame: pd.DataFrame, spec: TableSpec, place: Place, period: str, reference: str, level: float) -> Table:
    """Whether the gap of each group to the reference has changed over the years."""
    columns = [_column("interaction_p", "p"), {"key": "reading", "label": "Has the gap changed?", "role": "text"}]

    def cells(row: _Row) -> dict[str, Any]:
        changed = row.row["interaction_p"] <= ALPHA
        return {
            "interaction_p": row.plain("interaction_p", p_value),
            "reading": text_cell("the gap has changed" if changed else "no clear change"),
        }

    notes = [
        f"The p-value of a test that the gap to {people(label(reference))} is the same in every year: the product of "
        "group and year in a logistic model, clustered on person. It is not adjusted for the number of groups.",
        "No clear change does not mean that the gap has stayed the same.",
    ]
    known = frame[frame["interaction_p"].notna()]
    return _derived("gap", "Has the gap changed", known, spec, place, period, columns, cells, notes, ("ethnicity",))


def funnel_table(
    frame: pd.DataFrame, spec: TableSpec, place: Place, period: str, reference: str, level: float
) -> Table:
    """Which parts of the system lie further from the average than chance, for everybody together."""
    columns = [
        {"key": "warning", "label": "Inner limits", "unit": "%", "role": "text"},
        {"key": "alarm", "label": "Outer limits", "unit": "%", "role": "text"},
        {"key": "reading", "label": "Where it lies", "role": "text"},
    ]

    def cells(row: _Row) -> dict[str, Any]:
        return {
            "warning": row.limits("lower_95", "upper_95", 1, "%"),
            "alarm": row.limits("lower_998", "upper_998", 1, "%"),
            "reading": text_cell(_standing(row.row)),
        }

    notes = [
        f"Inner (95%) and outer (99.8%) limits are {METHODS['funnel_limits'].interval} about the average of all, on "
        "effective numbers, widened to the spread that all parts have in common. By chance, one part in twenty would "
        "lie outside the inner ones.",
        "These are figures of all ethnic groups together. They do not rank the parts.",
    ]
    parts = frame[frame["ethnicity"].eq("all") & frame["lower_95"].notna()]
    found = _derived("funnel", "", parts, spec, place, period, columns, cells, notes, spec.strata)
    return replace(found, caption=funnel_caption(spec, period))


def funnel_caption(spec: TableSpec, period: str) -> str:
    """What a funnel shows: one measure by parts of the system, all groups together."""
    return f"{spec.measure.name} by {_listed_dimensions(spec.strata)}, all ethnic groups together, {period}"


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
    kind: str,
    title: str,
    frame: pd.DataFrame,
    spec: TableSpec,
    place: Place,
    period: str,
    columns: list[dict[str, str]],
    cells: Callable[[_Row], dict[str, Any]],
    notes: list[str],
    by: Sequence[str] = (),
) -> Table:
    """A table of some of the rows of a comparison, named by all its dimensions or those of `by`."""
    rows, facts, heads, places = [], [], by or spec.by, ratio_decimals(frame)
    for record in frame.to_dict("records"):
        row = _Row({str(k): v for k, v in record.items()}, spec, place, period, places)
        rows.append({head: cell for head, cell in row.headers().items() if head in heads} | cells(row))
        facts += row.facts
    columns = [column for column in _header_columns(spec) if column["key"] in heads] + columns
    title = f"{title}: {_lower_first(caption(spec, period))}"
    return Table(
        f"{spec.id}-{kind}", title, columns, rows, facts, notes, _source(place), place.status, folded=True,
    )  # fmt: skip


def _column(key: str, text: str, unit: str = "") -> dict[str, str]:
    return {"key": key, "label": text, **({"unit": unit} if unit else {}), "role": "number"}


def _limits_column(kind: str, level: float) -> dict[str, str]:
    return {"key": f"{kind}_interval", "label": _interval_label(level), "role": "text"}


def _listed_dimensions(names: Sequence[str]) -> str:
    return listed([DIMENSION_LABELS[name].lower() for name in names])


def _header_columns(spec: TableSpec) -> list[dict[str, str]]:
    return [{"key": name, "label": DIMENSION_LABELS[name], "role": "header"} for name in spec.by]


def _count_columns(spec: TableSpec) -> list[dict[str, str]]:
    return [
        {"key": key, "label": part.label, "role": "number"}
        for key, part in zip(("numerator", "denominator"), spec.measure.parts, strict=False)
    ]


def _measure_columns(spec: TableSpec, level: float) -> list[dict[str, str]]:
    measure = spec.measure
    if measure.kind == "count":
        return []
    unit = "%" if measure.kind == "proportion" else f"per {measure.per:,}"
    columns = [{"key": "value", "label": "Rate", "unit": unit, "role": "number"}]
    if _exploratory(spec):  # the relative rate's interval is what a reader needs there
        return columns
    return [*columns, {"key": "interval", "label": _interval_label(level), "unit": unit, "role": "text"}]


def _counts(row: _Row) -> dict[str, Any]:
    cells = {"numerator": row.figure("numerator", _count_text(row.row["numerator"]))}
    if row.spec.measure.denominator:
        cells["denominator"] = row.figure("denominator", _count_text(row.row["denominator"]))
    return cells


def _exploratory(spec: TableSpec) -> bool:
    """Whether the table compares ethnic groups within parts of the system."""
    return bool(spec.strata) and "ethnicity" in spec.by


def _count_text(value: Any) -> str:
    return "" if missing(value) else number(value, "", 0 if float(value).is_integer() else 1)


def _interval_label(level: float) -> str:
    return level_words(level).replace(" confidence", "")


def _measured(row: _Row) -> dict[str, Any]:
    measure = row.spec.measure
    if measure.kind == "count":
        return {}
    if measure.kind == "proportion":
        unit, decimals = "%", percent_decimals(row.row["denominator"])
    else:
        unit, decimals = "", measure.decimals
    value = "" if missing(row.row["value"]) else flagged(number(row.row["value"], unit, decimals), row.row)
    name = "%" if unit else f"per {measure.per:,}"
    cells = {"value": row.figure("value", value, name)}
    if not _exploratory(row.spec):
        limits = interval(row.row["lower"], row.row["upper"], unit, decimals, mark="u").replace("%", "")
        cells["interval"] = row.range("lower", "upper", limits, name)
    return cells


def judged_outcome(spec: TableSpec, row: Mapping[str, Any]) -> str:
    """The outcome that the relative rate is of, where it is not the one that the measure names."""
    return WORDS[spec.measure.code].complement if row["judged"] == "complement" else ""


def _ratio(row: _Row) -> dict[str, Any]:
    return row.ratio("ratio", "ratio_lower", "ratio_upper", "ratio_interval", judged_outcome(row.spec, row.row))


def _verdict(row: _Row) -> dict[str, Any]:
    word = row.row["verdict"]
    if missing(word):
        return text_cell(f"[{NOT_APPLICABLE}]")
    return text_cell(word) | {"fact": row.fact("verdict", word, word)}


def _notes(frame: pd.DataFrame, spec: TableSpec, level: float) -> list[str]:
    notes = [spec.measure.definition]
    if spec.measure.kind != "count":
        own, ratio_ = (METHODS[name].interval for name in METHODS_USED[spec.measure.kind, spec.measure.clustered])
        of_ratio = f" for the rate and {ratio_} for the relative rate" if "verdict" in frame else ""
        notes.append(f"{level_words(level)}s are {own}{of_ratio}; methods and quality explains both.")
    if "judged" in frame and frame["judged"].eq("complement").any():
        notes.append(
            f"The relative rate is that of {WORDS[spec.measure.code].complement}, the rarer side of the outcome."
        )
    if _exploratory(spec):
        notes.append("Comparisons within parts of the system are exploratory: the headline is the table for all.")
    if "establishment_type" in spec.by:
        notes.append(
            "Establishments that the list of types does not hold, and deaths in escort, are in Other or escort."
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


def published_table(name: str, table: PublishedTable, place: Place) -> Table:
    """A table of published figures: never suppressed; what was not published is [x]."""
    frame, (row_dimension, column_dimension) = table.build(), table.by
    header, columns = frame.columns[0], list(frame.columns[1:])
    rows, facts = [], []
    for record in frame.to_dict("records"):
        cells: dict[str, Any] = {header: text_cell(str(record[header]))}
        for column in columns:
            value = record[column]
            mark = "x" if missing(value) else ""
            text = f"[{mark}]" if mark else number(value, "", table.decimals)
            by_year = column_dimension == "year"
            period = str(column) if by_year else str(record[header]) if row_dimension == "year" else "2025-06-30"
            codes = [str(record[header]), str(column)]
            identifier = fact_id(table.measure, table.by, codes, "value")
            held = None if mark else _plain(value)
            facts.append(
                Fact(
                    identifier,
                    period,
                    place.edition,
                    place.chapter,
                    name,
                    "value",
                    f"{table.caption}: {codes[0]}",
                    text,
                    held,
                    mark,
                    table.unit,
                    ("published",),
                )
            )
            cells[column] = {"text": text, "value": held, "mark": mark or None, "fact": identifier}
        rows.append(cells | ({"_total": True} if record[header] in ("All", "all") else {}))
    heads = [{"key": header, "label": table.header, "role": "header"}]
    heads += [{"key": str(column), "label": str(column).capitalize(), "role": "number"} for column in columns]
    return Table(
        name,
        table.caption,
        heads,
        rows,
        facts,
        list(table.notes),
        table.source,
        ("published",),
    )


def frame_table(identifier: str, title: str, frame: pd.DataFrame, header: str, status: Sequence[str] = ()) -> Table:
    """A table of words: every column is text, and `header` names the rows."""
    columns = [
        {"key": str(name), "label": str(name), "role": "header" if name == header else "text"} for name in frame.columns
    ]
    rows = [{str(name): text_cell(str(value)) for name, value in row.items()} for row in frame.to_dict("records")]
    return Table(identifier, title, columns, rows, status=tuple(status))
