"""How figures become a table: the model that every rendition reads, and a fact for every figure in it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from reportlib.ethnicity import CHINESE_NOTE, label
from reportlib.facts import Fact, fact_id
from reportlib.measures import TableSpec
from reportlib.published import PublishedTable
from reportlib.words import WORDS, interval, level_words, missing, number, p_value, percent_decimals, ratio

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
    wide: bool = False

    def model(self) -> dict[str, Any]:
        """The table as renderers read it."""
        parts = {name: getattr(self, name) for name in ("id", "caption", "columns", "rows", "notes", "source", "wide")}
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
    return {"text": text, "value": None, "mark": None, "fact": None}


def code_label(dimension: str, code: str) -> str:
    """The words for a code of a dimension."""
    if code == "all":
        return "All"
    return label(code) if dimension.startswith("ethnicity") and dimension != "ethnicity_source" else code


class _Row:
    """One row of a frame on its way into a table: makes each figure's cell and its fact together."""

    def __init__(self, row: dict[str, Any], spec: TableSpec, place: Place, period: str, table: str) -> None:
        self.row, self.spec, self.place, self.table = row, spec, place, table
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
                self.table,
                statistic,
                f"{self.spec.measure.name}: {labels}",
                text,
                held,
                mark,
                unit,
                self.place.status,
            )  # fmt: skip
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
    compared = "verdict" in frame
    rows, facts = [], []
    for record in frame.to_dict("records"):
        row = _Row({str(k): v for k, v in record.items()}, spec, place, period, spec.id)
        shown = row.headers() | _counts(row) | _measured(row)
        if compared:
            own = record["ethnicity"] == reference
            shown |= (
                {"ratio": text_cell("1 (reference)"), "ratio_interval": text_cell("reference")} if own else _ratio(row)
            )
            shown["verdict"] = text_cell("reference") if own else _verdict(row)
        rows.append(shown | ({"_total": True} if "all" in row.codes else {}))
        facts += row.facts
    columns = [*_header_columns(spec), *_count_columns(spec), *_measure_columns(spec, level)]
    if compared:
        columns += [
            {"key": "ratio", "label": f"Relative rate compared with {label(reference)}", "role": "number"},
            {"key": "ratio_interval", "label": _limits(level), "role": "text"},
            {"key": "verdict", "label": "Verdict", "role": "text"},
        ]
    return Table(
        spec.id, caption(spec, period), columns, rows, facts, _notes(frame, spec), _source(place), place.status,
        wide=len(columns) > 7,
    )  # fmt: skip


def evidence_table(
    frame: pd.DataFrame, spec: TableSpec, place: Place, period: str, reference: str, level: float
) -> Table:
    """How far each comparison can be trusted: what stands behind its verdict."""
    rows, facts = [], []
    compared = frame[frame["verdict"].notna()]
    for record in compared.to_dict("records"):
        row = _Row({str(k): v for k, v in record.items()}, spec, place, period, f"{spec.id}-evidence")
        rows.append(row.headers() | _evidence(row))
        facts += row.facts
    unit = "percentage points" if spec.measure.kind == "proportion" else f"per {spec.measure.per:,}"
    columns = [
        *_header_columns(spec),
        {"key": "gap", "label": f"Gap to {label(reference)}", "unit": unit, "role": "number"},
        {"key": "gap_interval", "label": _limits(level), "role": "text"},
        {"key": "p_adjusted", "label": "Adjusted p-value", "role": "number"},
        {"key": "deff", "label": "Design effect", "role": "number"},
        {"key": "detectable", "label": "Ratio the data could have shown", "role": "text"},
        {"key": "bounds", "label": "Ratio if all missing ethnicity were known", "role": "text"},
        {"key": "adjusted", "label": "Adjusted relative rate", "role": "number"},
        {"key": "adjusted_interval", "label": _limits(level), "role": "text"},
    ]
    held = " and ".join(DIMENSION_LABELS[name].lower() for name in spec.adjust)
    notes = [f"The adjusted relative rate holds {held} equal (Mantel-Haenszel)."] if spec.adjust else []
    notes += [
        "P-values are adjusted for the number of comparisons in the table (Benjamini-Hochberg); intervals are not.",
        "The design effect is how much wider repeat cases make the uncertainty; 1 where each case is a different person.",
        "The ratio the data could have shown is the nearest to 1 that a comparison of this size would find four times "
        "in five.",
    ]
    return Table(
        f"{spec.id}-evidence", f"How sure we can be: {_lower_first(caption(spec, period))}", columns, rows, facts,
        notes, _source(place), place.status, wide=True,
    )  # fmt: skip


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
    unit = "%" if measure.kind == "proportion" else f"per {measure.per:,} average population"
    return [
        {"key": "value", "label": measure.name if unit == "%" else "Rate", "unit": unit, "role": "number"},
        {"key": "interval", "label": _limits(level), "role": "text"},
    ]


def _limits(level: float) -> str:
    return level_words(level)


def _counts(row: _Row) -> dict[str, Any]:
    cells = {"numerator": row.figure("numerator", number_or_blank(row.row["numerator"]))}
    if row.spec.measure.denominator:
        cells["denominator"] = row.figure("denominator", number_or_blank(row.row["denominator"]))
    return cells


def number_or_blank(value: Any) -> str:
    return "" if missing(value) else number(value, "", 0 if float(value).is_integer() else 1)


def _measured(row: _Row) -> dict[str, Any]:
    measure = row.spec.measure
    if measure.kind == "count":
        return {}
    if measure.kind == "proportion":
        unit, decimals = "%", percent_decimals(row.row["denominator"])
    else:
        unit, decimals = "", measure.decimals
    value = "" if missing(row.row["value"]) else number(row.row["value"], unit, decimals)
    limits = interval(row.row["lower"], row.row["upper"], unit, decimals, mark="u")
    name = "%" if unit else f"per {measure.per:,}"
    return {"value": row.figure("value", value, name), "interval": row.range("lower", "upper", limits, name)}


def _ratio(row: _Row) -> dict[str, Any]:
    text = "" if missing(row.row["ratio"]) else ratio(row.row["ratio"])
    limits = interval(row.row["ratio_lower"], row.row["ratio_upper"], mark="u")
    return {"ratio": row.figure("ratio", text), "ratio_interval": row.range("ratio_lower", "ratio_upper", limits)}


def _verdict(row: _Row) -> dict[str, Any]:
    word = row.row["verdict"]
    if missing(word):
        return {"text": f"[{NOT_APPLICABLE}]", "value": None, "mark": NOT_APPLICABLE, "fact": None}
    return text_cell(word) | {"fact": row.fact("verdict", word, word)}


def _evidence(row: _Row) -> dict[str, Any]:
    share = row.spec.measure.kind == "proportion"
    scale, decimals = (100, 1) if share else (1, row.spec.measure.decimals)
    record = row.row
    gap = {name: None if missing(record[name]) else record[name] * scale for name in ("gap", "gap_lower", "gap_upper")}
    row.row = record | gap
    below, above = record["detectable_below"], record["detectable_above"]
    ends = ([f"{ratio(below)} or less"] if not missing(below) else []) + (
        [f"{ratio(above)} or more"] if not missing(above) else []
    )
    cells = {
        "gap": row.figure("gap", "" if missing(gap["gap"]) else number(gap["gap"], "", decimals)),
        "gap_interval": row.range(
            "gap_lower", "gap_upper", interval(gap["gap_lower"], gap["gap_upper"], "", decimals, "z")
        ),
        "p_adjusted": row.figure("p_adjusted", "" if missing(record["p_adjusted"]) else p_value(record["p_adjusted"])),
        "deff": row.figure("deff", number_2(record["deff"])),
        "detectable": row.range("detectable_below", "detectable_above", "; ".join(ends)),
        "bounds": row.range(
            "bound_lower", "bound_upper", interval(record["bound_lower"], record["bound_upper"], mark="u")
        ),
        "adjusted": row.figure("adjusted_ratio", number_2(record["adjusted_ratio"])),
        "adjusted_interval": row.range(
            "adjusted_lower", "adjusted_upper", interval(record["adjusted_lower"], record["adjusted_upper"], mark="u")
        ),
    }
    return cells


def number_2(value: Any) -> str:
    return "" if missing(value) else ratio(value)


def _notes(frame: pd.DataFrame, spec: TableSpec) -> list[str]:
    notes = [spec.measure.definition]
    if "judged" in frame and frame["judged"].eq("complement").any():
        rarer = frame.loc[frame["judged"].eq("complement") & frame["ratio"].notna(), "label"]
        if len(rarer):
            notes.append(
                f"The relative rate is that of the rarer side, {WORDS[spec.measure.code].complement}, for: "
                f"{', '.join(dict.fromkeys(rarer))}."
            )
    if spec.strata and "verdict" in frame:
        notes.append("Comparisons within parts of the system are exploratory: the headline is the table for all.")
    if any(name.startswith("ethnicity") for name in spec.by):
        notes.append(CHINESE_NOTE)
    return notes


def caption(spec: TableSpec, period: str) -> str:
    """What the table shows, by what and for when."""
    by = [DIMENSION_LABELS[name].lower() for name in spec.by if name != "year"]
    when = f"by year, {period}" if "year" in spec.by else period
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
                )  # fmt: skip
            )
            cells[column] = {"text": text, "value": held, "mark": mark or None, "fact": identifier}
        rows.append(cells | ({"_total": True} if record[header] in ("All", "all") else {}))
    heads = [{"key": header, "label": table.header, "role": "header"}]
    heads += [{"key": str(column), "label": str(column).capitalize(), "role": "number"} for column in columns]
    return Table(
        name, table.caption, heads, rows, facts, list(table.notes), table.source, ("published",), wide=len(columns) > 6
    )


def frame_table(identifier: str, title: str, frame: pd.DataFrame, header: str) -> Table:
    """A table of words: every column is text, and `header` names the rows."""
    columns = [
        {"key": str(name), "label": str(name), "role": "header" if name == header else "text"} for name in frame.columns
    ]
    rows = [{str(name): text_cell(str(value)) for name, value in row.items()} for row in frame.to_dict("records")]
    return Table(identifier, title, columns, rows, wide=len(columns) > 6)
