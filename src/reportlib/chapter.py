"""What a notebook sees: protected counts in; tables, charts and sentences out, each figure a fact.

Records never reach a notebook. A chapter can ask only for the tables that its notebook declares, and
what is hidden in them has no number behind its mark.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import display

from reportlib import charts, facts, prose
from reportlib.comparison import compare, measure
from reportlib.errors import ReportError
from reportlib.ethnicity import NOT_STATED, groupings, label
from reportlib.facts import Fact
from reportlib.handoff import Handoff
from reportlib.measures import MEASURES, TableSpec
from reportlib.params import years_to
from reportlib.published import PUBLISHED_TABLES
from reportlib.quality import ABOUT
from reportlib.register import register
from reportlib.statistics import VERDICTS, goodness_of_fit, trend
from reportlib.statistics.verdict import ALPHA
from reportlib.tables import (
    DIMENSION_LABELS,
    Place,
    Table,
    caption,
    comparison_table,
    evidence_table,
    frame_table,
    published_table,
)
from reportlib.words import WORDS, interval, level_words, listed, number, p_value, ratio

LEAST_YEARS = 4  # no trend on fewer
MIME = "application/vnd.reportlib+json"


@dataclass(frozen=True, repr=False)
class Comparison:
    """A table's figures, on their way to a table, a chart and a sentence."""

    spec: TableSpec
    frame: pd.DataFrame
    place: Place
    period: str
    reference: str
    unavailable: str = ""

    def __repr__(self) -> str:
        return f"{caption(self.spec, self.period)} ({len(self.frame)} rows): show it with chapter.table()"


class Chapter:
    """One chapter of the report, open for writing.

    Made by `open_chapter`. Everything that it shows becomes a fact; `close` writes them.
    """

    def __init__(self, name: str, parameters: dict[str, Any], handoff: Handoff) -> None:
        self.name, self.handoff = name, handoff
        handoff.check(parameters)
        self.level: float = parameters["confidence_level"]
        self.band: tuple[float, float] = tuple(parameters["verdict_band"])
        self.edition: str = parameters["edition"]
        self.reference: str = parameters["reference_group"]
        self.grouping: str = parameters["grouping"]
        self._years = {
            "pooled": years_to(parameters["reporting_year"], parameters["pooled_years"]),
            "trend": years_to(parameters["reporting_year"], parameters["trend_years"]),
        }
        self._facts: list[Fact] = []
        self._shown: set[str] = set()
        _show(
            {"kind": "header", "chapter": name, "status": handoff.statuses(name), "draft": True,
             "edition": self.edition, "year": parameters["reporting_year"]},
            {"text/plain": f"{name}, {parameters['reporting_year']}"},
        )  # fmt: skip

    # Figures

    def counts(self, table: str) -> pd.DataFrame:
        """The protected counts of a declared table: one row a cell, `mark` where a count is hidden.

        Raises ReportError for a table that the notebook does not declare.
        """
        return self.handoff.counts(self.name, table)

    def compare(self, table: str) -> Comparison:
        """Compare each ethnic group with the reference group, in every stratum and year of a table."""
        spec = self.handoff.spec(self.name, table)
        if why := self.handoff.unavailable(table):
            return Comparison(spec, pd.DataFrame(), self._place(table), self.period(spec), "", why)
        reference = self.reference if spec.grouping == self.grouping else groupings()[spec.grouping].reference
        frame = compare(
            self.counts(table), self.handoff.estimates(table), spec,
            reference=reference, years=self._exposure(spec), level=self.level, band=self.band,
        )  # fmt: skip
        return Comparison(spec, frame, self._place(table), self.period(spec), reference)

    def measure(self, table: str) -> Comparison:
        """The measure of every row of a table that compares no ethnic groups."""
        spec = self.handoff.spec(self.name, table)
        if why := self.handoff.unavailable(table):
            return Comparison(spec, pd.DataFrame(), self._place(table), self.period(spec), "", why)
        counts = self.counts(table)
        frame = counts if spec.measure.kind == "count" else measure(
            counts, spec, years=self._exposure(spec), level=self.level
        )  # fmt: skip
        return Comparison(spec, frame, self._place(table), self.period(spec), "")

    def agreement(self, table: str) -> None:
        """Say how far the two records of a table agree, over the people whom both know."""
        spec = self.handoff.spec(self.name, table)
        found = self.handoff.estimates(table).set_index("statistic") if not self.handoff.unavailable(table) else None
        if found is None or not {"agreement", "kappa"} <= set(found.index):
            return
        share, kappa = found.loc["agreement"], found.loc["kappa"]
        limits = [interval(row["lower"], row["upper"], unit, places) for row, unit, places in
                  ((share, "%", 1), (kappa, "", 2))]  # fmt: skip
        text = (
            f"Of the people whose ethnicity both systems hold, they agree for {number(share['value'], '%', 1)} "
            f"({level_words(self.level)} {limits[0]}). Beyond what chance would give, agreement is "
            f"{ratio(kappa['value'])} on a scale on which 1 is perfect (Cohen's kappa, {limits[1]})."
        )
        self._say(spec, table, text, "finding")

    def period(self, spec: TableSpec) -> str:
        """The years that a table covers, in words."""
        return self._label(spec.period)

    def _label(self, period: str) -> str:
        years = self._years[period]
        return " to ".join(dict.fromkeys((years[0], years[-1])))

    def _exposure(self, spec: TableSpec) -> int:
        return 1 if "year" in spec.by else len(self._years[spec.period])

    def _place(self, table: str) -> Place:
        return Place(self.name, self.edition, tuple(self.handoff.table_status(table)))

    # What readers see

    def table(self, comparison: Comparison) -> None:
        """Show a table: the counts, the measure, the relative rate and the verdict of each row."""
        if self._unavailable(comparison):
            return
        arguments = (comparison.frame, comparison.spec, comparison.place, comparison.period, comparison.reference)
        self._publish(comparison_table(*arguments, level=self.level))

    def evidence(self, comparison: Comparison) -> None:
        """Show what stands behind the verdicts: gaps, p-values, what could have been seen, adjusted ratios."""
        if comparison.unavailable:
            return
        for text in adjusted_sentences(comparison, self.level):
            _show({"kind": "say", "id": f"{comparison.spec.id}-adjusted", "text": text, "role": "finding"},
                  {"text/markdown": text})  # fmt: skip
        arguments = (comparison.frame, comparison.spec, comparison.place, comparison.period, comparison.reference)
        self._publish(evidence_table(*arguments, level=self.level))

    def published(self, name: str) -> None:
        """Show a table of published figures."""
        self._publish(published_table(name, PUBLISHED_TABLES[name], Place(self.name, self.edition, ("published",))))

    def about(self, name: str) -> None:
        """Show a table of words about the run: inputs, findings, what is hidden, methods, versions."""
        about = ABOUT[name]
        _show_table(frame_table(name, about.caption, about.frame(self.handoff.run), about.header))

    def register(self) -> None:
        """Show the explain-or-reform register: every disproportionate comparison, and what is left of it."""
        period = self._label("pooled")
        frame = register(self.handoff.facts(), period, self.handoff.run["responses"])
        _show_table(frame_table("register", f"Disproportionate comparisons, {period}", frame, "Comparison"))

    # What the summary reads: the facts of the chapters before it

    def headlines(self, *tables: str) -> None:
        """Show the finding of each of these tables, with its weightiest verdict."""
        items = [item for table in tables if (item := _headline(self.handoff.facts(), table))]
        text = "\n".join(f"- **{item['title']}** ({item['verdict']}): {item['text']}" for item in items)
        _show({"kind": "headline", "items": items}, {"text/markdown": text})

    def verdicts(self, *tables: str) -> None:
        """Show every verdict of these tables side by side, by measure and ethnic group."""
        held = [fact for fact in self.handoff.facts() if fact.statistic == "verdict" and fact.table in tables]
        frame = pd.DataFrame(
            [
                {"measure": MEASURES[fact.id.split("/")[0]].name, "label": fact.label.partition(": ")[2],
                 "verdict": fact.text}
                for fact in sorted(held, key=lambda fact: tables.index(fact.table))
            ]
        )  # fmt: skip
        if frame.empty:
            return
        order = [text for text in groupings()[self.grouping].labels.values() if text in set(frame["label"])]
        wide = frame.pivot(index="measure", columns="label", values="verdict")
        wide = wide.reindex(index=frame["measure"].unique(), columns=order).fillna("[x]").reset_index()
        wide = wide.rename(columns={"measure": "Measure"}).rename_axis(columns=None)
        title = f"Verdicts compared with {label(self.reference)}"
        _show_table(frame_table("verdicts", title, wide, "Measure"))

    def shares(self, comparison: Comparison, numerator: str, denominator: str) -> None:
        """Show each group's share of the numerator beside its share of the denominator."""
        if comparison.unavailable:
            return
        frame = shares(comparison.frame)
        title = f"Share of {numerator} and of {denominator}, {comparison.period}"
        chart = charts.dumbbell(frame, title, numerator, denominator)
        if text := mix_sentence(comparison.frame, numerator, denominator):
            _show({"kind": "say", "id": f"{comparison.spec.id}-mix", "text": text, "role": "finding"},
                  {"text/markdown": text})  # fmt: skip
        self._picture(comparison, f"{comparison.spec.id}-shares", title, chart)

    def chart(self, comparison: Comparison) -> None:
        """Show the picture that fits the table: a forest of ratios, lines over years, bars for one measure."""
        if comparison.unavailable:
            return
        title = caption(comparison.spec, comparison.period)
        self._picture(comparison, f"{comparison.spec.id}-chart", title, draw(comparison, self.level, self.band))

    def _picture(self, comparison: Comparison, identifier: str, title: str, chart: charts.Chart) -> None:
        model = {
            "kind": "chart", "id": identifier, "caption": title, "alt": chart.alt, "svg": chart.svg,
            "table": comparison.spec.id, "status": list(comparison.place.status),
        }  # fmt: skip
        _show(model, {"image/svg+xml": chart.svg, "text/plain": chart.alt})

    def say(self, comparison: Comparison) -> None:
        """Say in a sentence what the table shows, as strongly as its verdicts allow."""
        if comparison.unavailable:
            return
        spec, text = comparison.spec, sentence(comparison, self.level, self.band)
        if not text:
            return
        self._say(spec, spec.id, text, "verdict" if "verdict" in comparison.frame else "finding")

    def _say(self, spec: TableSpec, table: str, text: str, role: str) -> None:
        """Show a sentence, which is a fact."""
        identifier = facts.fact_id(spec.measure.code, spec.by, ["all"] * len(spec.by), "sentence")
        place = self._place(table)
        self._facts.append(
            Fact(identifier, self.period(spec), self.edition, self.name, table, "sentence", spec.measure.name, text,
                 status=place.status)
        )  # fmt: skip
        _show({"kind": "say", "id": f"{table}-sentence", "text": text, "role": role}, {"text/markdown": text})

    def _unavailable(self, comparison: Comparison) -> bool:
        """Say why a table cannot be shown; it counts as shown."""
        if not comparison.unavailable:
            return False
        self._shown.add(comparison.spec.id)
        title = caption(comparison.spec, comparison.period)
        text = f"{title}: not available [x], because {comparison.unavailable}."
        _show({"kind": "say", "id": f"{comparison.spec.id}-unavailable", "text": text, "role": "note"},
              {"text/markdown": text})  # fmt: skip
        return True

    def _publish(self, table: Table) -> None:
        self._shown.add(table.id)
        self._facts += table.facts
        _show_table(table)

    def close(self) -> None:
        """Write the facts.

        Raises ReportError if a declared table was not shown, or one was shown that is not declared.
        """
        declared = set(self.handoff.declared(self.name))
        shown = {name.removesuffix("-evidence") for name in self._shown}
        if missing := sorted(declared - shown):
            raise ReportError(f"The chapter {self.name} declares tables that it does not show: {', '.join(missing)}")
        figures = {fact.table.removesuffix("-evidence") for fact in self._facts}
        if extra := sorted(figures - declared):
            raise ReportError(f"The chapter {self.name} shows tables that it does not declare: {', '.join(extra)}")
        facts.write(self._facts, self.handoff.folder / "facts" / f"{self.name}.jsonl")


def open_chapter(name: str, **parameters: Any) -> Chapter:
    """Open a chapter on the counts that were prepared for it.

    `parameters` are those of the notebook's parameters cell; they must be what the counts were
    prepared with. Raises ReportError if nothing was prepared.
    """
    folder = os.environ.get("REPORTLIB_WORK")
    if not folder:
        raise ReportError("No counts have been prepared: start with `make lab` or `make annual-report`.")
    return Chapter(name, parameters, Handoff(Path(folder)))


def draw(comparison: Comparison, level: float, band: tuple[float, float]) -> charts.Chart:
    """The chart of a comparison; its kind follows from what the table is by."""
    spec, title = comparison.spec, caption(comparison.spec, comparison.period)
    frame = comparison.frame.rename(columns={"ethnicity": "group"})
    unit = WORDS[spec.measure.code].unit
    if "year" in spec.by and "group" in frame:
        return charts.trend(frame[frame["group"].ne("all")], title, unit)
    if "group" in frame and not spec.strata:
        compared = frame[frame["verdict"].notna() | frame["group"].eq(comparison.reference)]
        return charts.forest(compared, title, label(comparison.reference), level, band)
    inner = frame[(frame[list(spec.strata)] != "all").all(axis=1)].assign(stratum=lambda rows: rows[spec.strata[0]])
    if "group" in frame:
        return charts.small_multiples(inner[inner["verdict"].notna()], title, label(comparison.reference), level, band)
    return charts.trend(inner.assign(group=inner["stratum"], label=inner["stratum"]), title, unit)


def shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Each known group's share of the numerator and of the denominator, to three decimals; marks stay."""
    known = frame[~frame["ethnicity"].isin(["all", NOT_STATED])]
    both = pd.DataFrame({"group": known["ethnicity"], "label": known["label"], "mark": known["mark"]})
    for name, column in (("share_a", "numerator"), ("share_b", "denominator")):
        whole = frame.set_index("ethnicity")[column]
        both[name] = (known[column] / (whole["all"] - whole[NOT_STATED])).astype("Float64").round(3)
    hidden = both[["share_a", "share_b"]].isna().any(axis=1)
    both.loc[hidden, ["share_a", "share_b"]] = pd.NA
    return both.assign(mark=both["mark"].mask(hidden & both["mark"].eq(""), "c"))


def mix_sentence(frame: pd.DataFrame, numerator: str, denominator: str) -> str:
    """Whether the mix of groups differs at all, before any group is looked at; empty if a count is hidden."""
    known = frame[~frame["ethnicity"].isin(["all", NOT_STATED])]
    if known[["numerator", "denominator"]].isna().any(axis=None):
        return ""
    share = known["denominator"] / known["denominator"].sum()
    test = goodness_of_fit(known["numerator"], share * known["numerator"].sum())
    if test.p_value is None:
        return ""
    found = "differs from" if test.p_value <= ALPHA else "cannot be told apart from"
    p = p_value(test.p_value)
    return (
        f"Taken together, the ethnic mix of {numerator} {found} that of {denominator} "
        f"(chi-square test of goodness of fit, p {'' if p[0] in '<>' else '= '}{p})."
    )


def sentence(comparison: Comparison, level: float, band: tuple[float, float]) -> str:
    """What the table shows, in a sentence or two; empty for tables that only a picture can sum up."""
    spec, frame = comparison.spec, comparison.frame
    words = WORDS[spec.measure.code]
    if spec.by == ("year", "ethnicity"):
        total = frame[frame["ethnicity"].eq("all")]
        return prose.trend_sentence(total, words, _trend_p(total, spec), level)
    if spec.by == ("ethnicity",):
        return prose.summary_sentence(frame, words, label(comparison.reference))
    return ""


def adjusted_sentences(comparison: Comparison, level: float) -> list[str]:
    """What adjustment changed, in one paragraph; none where nothing was adjusted."""
    spec, frame = comparison.spec, comparison.frame
    rows = prose.with_reference(frame[frame["adjusted_ratio"].notna()], label(comparison.reference))
    if not spec.adjust or not rows:
        return []
    held = listed([DIMENSION_LABELS[name].lower() for name in spec.adjust])
    said = [f"{row['label']}: {prose.adjusted_sentence(row, held, level)}" for row in rows]
    return [" ".join(said)]


def _trend_p(total: pd.DataFrame, spec: TableSpec) -> float | None:
    """The Cochran-Armitage test over the years shown, on effective counts; none for rates."""
    shown = total[total["value"].notna() & total["deff"].notna()]
    if spec.measure.kind != "proportion" or len(shown) < LEAST_YEARS:
        return None
    return trend(shown["numerator"] / shown["deff"], shown["denominator"] / shown["deff"]).p_value


def _headline(held: Sequence[Fact], table: str) -> dict[str, str] | None:
    """The finding of one table, with the weightiest of its verdicts; None if it could not be made."""
    own = [fact for fact in held if fact.table == table]
    said = [fact for fact in own if fact.statistic == "sentence"]
    verdicts = {fact.text for fact in own if fact.statistic == "verdict"}
    if not said:
        return None
    weightiest = next((word for word in VERDICTS if word in verdicts), VERDICTS[-1])
    return {"title": said[0].label, "verdict": weightiest, "text": said[0].text, "chapter": said[0].chapter}


def _show_table(table: Table) -> None:
    _show(table.model(), {"text/html": table.html(), "text/plain": table.caption})


def _show(model: dict[str, Any], plain: dict[str, str]) -> None:
    display({MIME: json.loads(json.dumps(model, default=str)), **plain}, raw=True)
