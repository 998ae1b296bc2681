"""What a notebook sees: protected counts in; tables, charts and sentences out, each figure a fact.

Records never reach a notebook. A chapter can ask only for the tables that its notebook declares, and
what is hidden in them has no number behind its mark.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import pandas as pd
from IPython.display import display

from reportlib import charts, facts
from reportlib.comparison import compare, least, measure
from reportlib.comparison_tables import Comparison, comparison_table
from reportlib.derived_tables import DERIVED, funnel_caption
from reportlib.derived_tables import declared as declared_table
from reportlib.display import MIME, plain
from reportlib.errors import ReportError, known
from reportlib.ethnicity import reference_of
from reportlib.facts import Fact
from reportlib.handoff import Handoff, undeclared
from reportlib.headlines import card, headlines, verdicts_chart, verdicts_table
from reportlib.measures import DIMENSIONS, TableSpec
from reportlib.presentation import (
    FEW_DEATHS,
    NO_AGES,
    NO_COMPARISON,
    adjusted_sentence,
    agreement_sentence,
    beside_sentence,
    draw,
    draw_funnel,
    draw_published,
    funnel_sentence,
    mix_sentence,
    sentence,
    shares,
)
from reportlib.published import PUBLISHED_TABLES
from reportlib.quality import ABOUT
from reportlib.register import Register
from reportlib.results import Results
from reportlib.summary import main_points, scope
from reportlib.tables import Place, Table, published_table
from reportlib.words import listed
from reportlib.years import span, years_to

P = ParamSpec("P")
Step = Callable[Concatenate["Chapter", Comparison, P], None]
KINDS = {"proportion": "a share", "rate": "a rate", "count": "a count"}
ALONE, YEARS = ("ethnicity",), ("year", "ethnicity")
STEPS: dict[str, tuple[str, Callable[[TableSpec], bool]]] = {  # what each step needs, in words and of a table
    "evidence": ("a comparison of ethnic groups", lambda spec: spec.compared),
    **dict.fromkeys(
        ("shares", "beside"), ("a comparison by ethnicity", lambda spec: spec.compared and spec.by == ALONE)
    ),
    "standardised": (
        "a rate by the ethnic groups of the headlines, adjusted for age_band",
        lambda spec: spec.by == ALONE and not spec.apart and "age_band" in DIMENSIONS[spec.measure.numerator.dataset],
    ),
    "gap_over_time": (
        "a share, or a rate of separate events, by year, ethnicity",
        lambda spec: spec.by == YEARS and (spec.measure.kind == "proportion" or spec.measure.separate),
    ),
    "funnel": (
        "a share by ethnicity and one part of the system",
        lambda spec: (
            spec.measure.kind == "proportion" and spec.compared and len(spec.by) == 2 and len(spec.strata) == 1
        ),
    ),
    **dict.fromkeys(
        ("say", "chart"),
        (
            "a share or rate by ethnicity and at most one thing more, or by year, one part of the system or both",
            lambda spec: (
                spec.measure.kind != "count" and (len(spec.by) <= 2 if spec.compared else len(spec.strata) <= 1)
            ),
        ),
    ),
    "agreement": (
        "a count by ethnicity_nomis, ethnicity_ppud",
        lambda spec: spec.measure.kind == "count" and {*spec.by} == {"ethnicity_nomis", "ethnicity_ppud"},
    ),
}


def _step(show: Step[P]) -> Step[P]:
    """A step that shows something of a comparison, and nothing of one that is not available."""

    @wraps(show)
    def step(chapter: Chapter, comparison: Comparison, *args: P.args, **kwargs: P.kwargs) -> None:
        if not _checked(comparison).unavailable:
            _fitting(show.__name__, comparison.spec)
            show(chapter, comparison, *args, **kwargs)

    return step


def _checked(comparison: Comparison) -> Comparison:
    if not isinstance(comparison, Comparison):
        found = repr(comparison) if isinstance(comparison, str) else f"a {type(comparison).__name__}"
        raise ReportError(f"Found {found}: give what chapter.compare or chapter.measure returns.")
    return comparison


def _fitting(step: str, spec: TableSpec) -> None:
    """Raises ReportError for a table of which a step can show nothing."""
    needs, fits = STEPS[step]
    if not fits(spec):
        found = f"{KINDS[spec.measure.kind]} by {', '.join(spec.by)}"
        raise ReportError(f"chapter.{step} needs {needs}; {spec.id!r} is {found}: leave the step out here.")


class Chapter:
    """One chapter of the report, open for writing.

    Made by `open_chapter`. Everything that it shows becomes a fact; `close` writes them.
    """

    def __init__(self, name: str, parameters: dict[str, Any], handoff: Handoff) -> None:
        self.name, self.handoff = name, handoff
        prepared = handoff.giving_way(parameters)
        parameters = parameters | prepared
        self.level: float = parameters["confidence_level"]
        self.band: tuple[float, float] = tuple(parameters["verdict_band"])
        self.edition: str = parameters["edition"]
        self.reference: str = parameters["reference_group"]
        self.grouping: str = parameters["grouping"]
        self._years = {
            "pooled": years_to(parameters["reporting_year"], parameters["pooled_years"]),
            "trend": years_to(parameters["reporting_year"], parameters["trend_years"]),
        }
        self._least = least(handoff.run["disclosure"])
        self._facts: list[Fact] = []
        self._shown: set[str] = set()
        year = parameters["reporting_year"]
        status = handoff.statuses(name)
        _show({"kind": "header", "chapter": name, "status": status, "edition": self.edition, "year": year})
        if prepared:
            told = listed([f"{one} = {value!r}" for one, value in prepared.items()])
            _show_text("prepared", f"The counts were prepared with {told}, which is what this chapter uses.", "note")

    # Figures

    def counts(self, table: str) -> pd.DataFrame:
        """The protected counts of a declared table: one row a cell, `mark` where a count is hidden.

        Raises ReportError for a table that the notebook does not declare.
        """
        return self.handoff.counts(self.name, table)

    def compare(self, table: str) -> Comparison:
        """Compare each ethnic group with the reference group, in every stratum and year of a table."""
        spec = self.handoff.spec(self.name, table)
        if not spec.compared:
            raise ReportError(f"The table {table!r} compares no ethnic groups: use chapter.measure.")
        reference = reference_of(spec.grouping, self.grouping, self.reference)
        side, decimals = self.handoff.complement(table), self.handoff.decimals(table)
        work = partial(compare, reference=reference, band=self.band, complement=side, decimals=decimals)
        return self._comparison(spec, work, reference)

    def measure(self, table: str) -> Comparison:
        """The measure of every row of a table that compares no ethnic groups."""
        spec = self.handoff.spec(self.name, table)
        if spec.compared:
            raise ReportError(f"The table {table!r} compares ethnic groups: use chapter.compare.")
        return self._comparison(spec, measure)

    def _comparison(self, spec: TableSpec, work: Callable[..., pd.DataFrame], reference: str = "") -> Comparison:
        """What is worked out of the counts of a table; plain counts stay as they are."""
        unavailable = self.handoff.unavailable(spec.id)
        frame = pd.DataFrame() if unavailable else self.counts(spec.id)
        if not unavailable and spec.measure.kind != "count":
            frame = work(
                frame, self.handoff.estimates(spec.id), spec,
                years=self._exposure(spec), level=self.level, least=self._least,
            )  # fmt: skip
        complement = "judged" in frame and bool(frame["judged"].eq("complement").any())
        place, period = self._place(spec.id), self.period(spec)
        left_out = tuple(self.handoff.left_out(spec.id))
        bounds = self.level, self.band
        of_whole = self.handoff.family(spec.id), self.handoff.of_part
        return Comparison(spec, frame, place, period, reference, *bounds, unavailable, complement, left_out, *of_whole)

    def agreement(self, table: str) -> None:
        """Say how far the two records of a table agree, over the people whom both know."""
        spec = self.handoff.spec(self.name, table)
        _fitting("agreement", spec)
        if self.handoff.unavailable(table):
            return
        figures, text = agreement_sentence(self.handoff.estimates(table), self.level)
        for statistic, said, value, unit in figures:
            self._fact(spec, statistic, said, value, unit)
        self._say(spec, text, "finding" if figures else "note")

    def period(self, spec: TableSpec) -> str:
        """The years that a table covers, in words."""
        return span(self._years[spec.period])

    def _exposure(self, spec: TableSpec) -> int:
        return 1 if "year" in spec.by else len(self._years[spec.period])

    def _place(self, table: str) -> Place:
        return Place(self.name, self.edition, tuple(self.handoff.table_status(table)))

    # What readers see

    def table(self, comparison: Comparison) -> None:
        """Show a table: the counts, the measure, the relative rate and the verdict of each row.

        One that cannot be made counts as shown when it is said why.
        """
        if not _checked(comparison).unavailable:
            self._publish(comparison_table(comparison))
            if comparison.spec.headline:
                self._derive("national", comparison)
            return
        self._shown.add(comparison.spec.id)
        text = f"{comparison.caption}: not available [x], because {comparison.unavailable}."
        _show_text(f"{comparison.spec.id}-unavailable", text, "note")

    @_step
    def evidence(self, comparison: Comparison) -> None:
        """Show each comparison whole, in one row: what stands behind its verdict, and what adjustment changes."""
        if text := adjusted_sentence(comparison):
            self._fact(comparison.spec, "adjusted_sentence", text)
            _show_text(f"{comparison.spec.id}-adjusted", text, "finding")
        self._derive("evidence", comparison)

    @_step
    def standardised(self, comparison: Comparison) -> None:
        """Show each group against all prisoners of the same age and sex: a description, without a verdict."""
        ages = "age_band" in comparison.spec.adjust
        if not (ages and self._derive("standardised", comparison)):
            _show_text(f"{comparison.spec.id}-not-standardised", FEW_DEATHS if ages else NO_AGES, "note")

    @_step
    def gap_over_time(self, comparison: Comparison) -> None:
        """Show whether each group's gap to the reference group has changed over the years."""
        self._derive("gap", comparison)

    @_step
    def funnel(self, comparison: Comparison) -> None:
        """Show the parts of the system side by side, with the limits within which chance alone would keep them."""
        if comparison.frame["lower_95"].isna().all():
            return
        table, title = comparison.spec.id, funnel_caption(comparison)
        _show_text(f"{table}-outside", funnel_sentence(comparison), "finding")
        _show_chart(f"{table}-funnel-chart", title, draw_funnel(comparison), f"{table}-funnel", comparison.place.status)
        self._derive("funnel", comparison)

    def _derive(self, kind: str, comparison: Comparison) -> bool:
        """Show a table that is made of the comparison of another; False, and nothing, where it would have no rows."""
        table = DERIVED[kind](comparison)
        if table.rows:
            self._publish(table)
        return bool(table.rows)

    def published(self, name: str) -> None:
        """Show a table of published figures: what it finds, its lines over the years, and the table."""
        if name in self.handoff.run["tables"]:
            raise ReportError(f"The table {name!r} is counted: use chapter.compare or chapter.measure.")
        held = known(name, PUBLISHED_TABLES, "published table")
        if name not in self.handoff.declared(self.name):
            raise ReportError(f"The chapter {self.name} does not declare {name!r}: add it to the notebook's metadata.")
        table = published_table(name, held, Place(self.name, self.edition, ("published",)))
        if held.finding:
            _show_text(f"{name}-sentence", held.finding, "finding")
        if chart := draw_published(held):
            _show_chart(f"{name}-chart", held.caption, chart, name, table.status)
        self._publish(table)

    def about(self, name: str) -> None:
        """Show a table of words about the run: inputs, findings, what is hidden, methods, versions."""
        about = known(name, ABOUT, "table of words about the run")
        try:
            table = about.table(name, self.handoff.part(self.name))
        except KeyError:
            raise undeclared(self.name) from None
        _show(table.model())

    def register(self) -> None:
        """Show the explain-or-reform register: every disproportionate comparison, and what is left of it."""
        self._list(Register(self._results).over_all())

    def register_of_unsettled(self) -> None:
        """Show what may be disproportionate, for all that the data can tell."""
        self._list(Register(self._results).unsettled())

    def register_of_parts(self) -> None:
        """Show what was disproportionate within parts, but not of all parts together."""
        self._list(Register(self._results).in_parts_alone())

    @cached_property
    def _results(self) -> Results:
        """What the chapters before it found."""
        run = self.handoff.run
        return Results.of(self.handoff.facts(self.name), run, run["parameters"])

    def _list(self, table: Table) -> None:
        """Show a table in words of what other chapters found."""
        _show(replace(table, status=tuple(self.handoff.run["status"])).model())

    # What the summary reads: the facts of the chapters before it on their headlines, the tables by ethnic group alone

    def main_points(self) -> None:
        """Say in a sentence or two what was disproportionate in the headlines, and where nothing was."""
        if text := scope(self.handoff.run):
            _show_text("scope", text, "note")
        points = main_points(self._results)
        for each in points:
            _show(each)
        if not points:
            _show_text("no-main-points", NO_COMPARISON, "note")

    def headlines(self) -> None:
        """Show the finding of each headline, with its weightiest verdict."""
        if items := list(map(card, headlines(self._results))):
            _show({"kind": "headline", "items": items})
        else:
            _show_text("no-headlines", NO_COMPARISON, "note")

    def verdicts(self) -> None:
        """Show every verdict of the headlines side by side, by measure and ethnic group: a picture and a table."""
        table = verdicts_table(self._results)
        if not table.rows:
            _show_text("no-verdicts", NO_COMPARISON, "note")
            return
        if chart := verdicts_chart(self._results, table.caption):
            _show_chart("verdicts-chart", table.caption, chart, table.id, self.handoff.run["status"])
        self._list(table)

    @_step
    def shares(self, comparison: Comparison, numerator: str, denominator: str) -> None:
        """Show each group's share of the numerator beside its share of the denominator."""
        title = f"Share of {numerator} and of {denominator}, {comparison.period}"
        chart = charts.dumbbell(shares(comparison.frame), title, numerator, denominator)
        if text := mix_sentence(comparison.frame, numerator, denominator):
            _show_text(f"{comparison.spec.id}-mix", text, "finding")
        _show_chart_of(comparison, "shares", title, chart)

    @_step
    def chart(self, comparison: Comparison) -> None:
        """Show the picture that fits the table: a forest of ratios, lines over years, bars for one measure.

        Nothing where there is too much for one picture: the table has it all.
        """
        if chart := draw(comparison):
            _show_chart_of(comparison, "chart", comparison.pictured, chart)

    @_step
    def say(self, comparison: Comparison) -> None:
        """Say in a sentence what the table shows, as strongly as its verdicts allow."""
        if text := sentence(comparison):
            self._say(comparison.spec, text, "verdict")

    @_step
    def beside(self, comparison: Comparison, other: Comparison) -> None:
        """Say whether the verdicts are those of another table, in which the outcome is counted otherwise."""
        if _checked(other).unavailable:
            return
        _fitting("beside", other.spec)
        if text := beside_sentence(comparison, other):
            _show_text(f"{comparison.spec.id}-beside", text, "finding")

    def _say(self, spec: TableSpec, text: str, role: str) -> None:
        """Show a sentence, which is a fact."""
        self._fact(spec, "sentence", text)
        _show_text(f"{spec.id}-sentence", text, role)

    def _fact(self, spec: TableSpec, statistic: str, text: str, value: float | None = None, unit: str = "") -> None:
        """Publish what is told of a whole table."""
        name = facts.fact_id(spec.measure.code, spec.axes, ["all"] * len(spec.by), statistic)
        told = (self.period(spec), spec.id, statistic, spec.measure.name, text, value)
        self._facts.append(self._place(spec.id).fact(name, *told, unit=unit))

    def _publish(self, table: Table) -> None:
        self._shown.add(table.id)
        self._facts += table.facts
        _show(table.model())

    def close(self) -> None:
        """Write the facts.

        Raises ReportError if a declared table was not shown, or one was shown that is not declared; if an adjusted
        headline was shown without its evidence, or two figures by one name.
        """
        declared = set(self.handoff.declared(self.name))
        shown = {declared_table(name) for name in self._shown}
        if missing := sorted(declared - shown):
            raise ReportError(f"The chapter {self.name} declares tables that it does not show: {', '.join(missing)}")
        tables = self.handoff.run["tables"]
        adjusted = [name for name in self.handoff.run["headlines"] if tables[name]["adjust"] and name in declared]
        compared = [name for name in adjusted if not tables[name]["unavailable"]]
        if silent := [name for name in compared if f"{name}-evidence" not in self._shown]:
            raise ReportError(f"What adjustment leaves must be told too: show chapter.evidence of {', '.join(silent)}.")
        named = Counter((fact.id, fact.period, fact.table) for fact in set(self._facts))
        if twice := sorted({name for (name, *_), many in named.items() if many > 1}):
            raise ReportError(f"The chapter {self.name} shows two figures by one name: {', '.join(twice)}.")
        figures = {fact.table for fact in self._facts}
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


def _show_text(identifier: str, text: str, role: str) -> None:
    _show({"kind": "say", "id": identifier, "text": text, "role": role})


def _show_chart_of(comparison: Comparison, kind: str, title: str, chart: charts.Chart) -> None:
    table = comparison.spec.id
    _show_chart(f"{table}-{kind}", title, chart, table, comparison.place.status)


def _show_chart(identifier: str, title: str, chart: charts.Chart, table: str, status: Sequence[str]) -> None:
    model = {"kind": "chart", "id": identifier, "caption": title, "alt": chart.alt, "svg": chart.svg, "table": table}
    _show(model | {"status": list(status)})


def _show(model: dict[str, Any]) -> None:
    display({MIME: json.loads(json.dumps(model, default=str)), **plain(model)}, raw=True)
