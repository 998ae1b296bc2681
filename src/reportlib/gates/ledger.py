"""What the chapters show, held against the ledger: each figure of a table, sentence or chart is a published fact."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

import pandas as pd

from reportlib.charts import Chart, dumbbell
from reportlib.comparison import COUNTS, flags, least
from reportlib.comparison_tables import Comparison, comparison_table
from reportlib.derived_tables import DERIVED, declared
from reportlib.errors import Finding
from reportlib.ethnicity import groupings, reference_of
from reportlib.facts import Fact
from reportlib.figures import FIGURES, STEPS, Of
from reportlib.gates.constants import Constants, figures
from reportlib.handoff import Handoff
from reportlib.headlines import card, headlines, verdicts_chart, verdicts_table
from reportlib.inputs.cube import ETHNICITIES
from reportlib.measures import TableSpec
from reportlib.params import Params
from reportlib.presentation import (
    FEW_DEATHS,
    NO_AGES,
    NO_COMPARISON,
    SENTENCES,
    adjusted_sentence,
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
from reportlib.words import NOT_ASSESSED, missing
from reportlib.years import span

Model = Mapping[str, Any]
SHARES = re.compile(r"Share of (.+) and of (.+), [^,]+")
FACT_ROUNDING = 1e-9
SAID = {"sentence": "sentence", "adjusted": "adjusted_sentence"}  # kind of a sentence: the statistic of its fact
FOLLOWING = ("mix", "beside", "outside")  # sentences that are no facts, but follow from facts


class Ledger:
    """The facts of a run, each to be found at one place, and what can be made of them alone."""

    def __init__(self, facts: Iterable[Fact], params: Params, run: Handoff) -> None:
        self.facts, self.params, self.run = list(facts), params, run
        self.constants = Constants(params)
        self.placed: set[int] = set()
        self._rows: dict[tuple[str, str, str], dict[str, Fact]] = defaultdict(dict)
        for fact in self.facts:
            self._rows[fact.table, fact.row, fact.period][fact.statistic] = fact

    def _of(self, table: str, statistic: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.table == table and fact.statistic == statistic]

    def said(self, table: str, kind: str) -> list[str]:
        """The sentences of a table of this kind that are facts."""
        held = self._of(table, SAID.get(kind, ""))
        self.placed |= {id(fact) for fact in held}
        return [fact.text for fact in held]

    @cached_property
    def results(self) -> Results:
        """What the summary and the register are made of."""
        return Results.of(self.facts, self.run.run, self.params.analysis())

    def spec(self, table: str) -> TableSpec | None:
        """What the run declares of a table of counts; None for any other table."""
        chapters = self.run.run["chapters"]
        chapter = next((name for name, held in chapters.items() if table in held["tables"]), None)
        return self.run.spec(chapter, table) if chapter else None

    def comparison(self, model: Model) -> Comparison:
        """The comparison behind a table, from its facts alone."""
        spec = self.spec(model["id"])
        assert spec
        period, reference = self.context(spec)
        frame = pd.DataFrame([self._record(row, spec, period) for row in model["rows"]])
        wanted = [*FIGURES, "numerator", "denominator"]
        frame = frame.reindex(columns=[*frame.columns.difference(wanted, sort=False), *wanted])
        frame[wanted] = frame[wanted].astype(float)
        frame["flag"] = flags(frame, spec, least(self.run.run["disclosure"]))
        complement = self.complement(spec.id)
        frame["judged"] = "complement" if complement else ""
        place = Place("", self.params.edition, tuple(model["status"]))
        reference = reference if "verdict" in frame else ""
        level, band = self.params.confidence_level, self.params.verdict_band
        also = tuple(self.run.left_out(spec.id)), self.run.family(spec.id), self.run.of_part
        return Comparison(spec, frame, place, period, reference, level, band, "", complement, *also)

    def complement(self, table: str) -> bool:
        """Whether the relative rates of a table are of the opposite outcome, which their facts then name."""
        return any(fact.unit for fact in self._of(table, "ratio"))

    def context(self, spec: TableSpec) -> tuple[str, str]:
        """A table's period and the code of its reference group."""
        years = self.params.pooled if spec.period == "pooled" else self.params.trend
        return span(years), reference_of(spec.grouping, self.params.grouping, self.params.reference_group)

    def _record(self, row: Model, spec: TableSpec, period: str) -> dict[str, Any]:
        groups = {text: code for code, text in groupings()[spec.grouping].labels.items()}
        held = self._rows[
            spec.id, row["numerator"]["fact"].rpartition("/")[0], row["year"]["text"] if "year" in row else period
        ]
        heads = {}
        for name in spec.by:
            codes = {"All": "all"} | (groups if name in ETHNICITIES else {})  # a category may be "Other" as well
            heads[name] = codes.get(row[name]["text"], row[name]["text"])
        values = {statistic: fact.value for statistic, fact in held.items() if statistic not in SENTENCES}
        mark = (held.get("value") or held["numerator"]).mark
        words = {"label": row["ethnicity"]["text"], "verdict": None} if "verdict" in row else {}
        withheld = any(held[name].mark == "c" for name, of in FIGURES.items() if name in held and of.of == Of.STRATA)
        coarse = "adjusted_ratio" in held and held["adjusted_ratio"].unit == STEPS
        return {**heads, **words, **values, "mark": mark, "withheld": withheld, "coarse": coarse}


def check_facts(facts: Iterable[Fact]) -> Iterator[Finding]:
    """Each fact is one, and its value the one in its text, no finer; a hidden one has a mark and nothing else."""
    seen: set[tuple[str, str, str, str]] = set()
    for number, fact in enumerate(facts, 1):
        if (name := (fact.id, fact.period, fact.edition, fact.table)) in seen:
            yield Finding(f"{fact.id} is published twice, and not alike", "facts.jsonl", number)
        seen.add(name)
        if fact.mark:
            if fact.value is not None or fact.text != f"[{fact.mark}]":
                yield Finding(f"{fact.id} is hidden and yet says something", "facts.jsonl", number)
        elif isinstance(fact.value, float | int) and not _printed(fact):
            yield Finding(f"{fact.id} has a value that its text does not show", "facts.jsonl", number)


def check_derived(facts: Iterable[Fact]) -> Iterator[Finding]:
    """Nothing that is worked out from a count stands where that count is hidden."""
    rows: dict[tuple[str, str, str], list[tuple[int, Fact]]] = defaultdict(list)
    for number, fact in enumerate(facts, 1):
        rows[fact.table, fact.row, fact.period].append((number, fact))
    for held in rows.values():
        if any(fact.mark == "c" for _, fact in held if fact.statistic in COUNTS):
            for number, fact in held:
                told = fact.text != NOT_ASSESSED if fact.statistic == "verdict" else not fact.mark
                own = not fact.statistic.startswith("national_")
                if told and own and fact.statistic not in (*COUNTS, *SENTENCES):
                    yield Finding(f"{fact.id} is shown where a count behind it is hidden", "facts.jsonl", number)


def _printed(fact: Fact) -> bool:
    text, value = fact.text.replace(",", "").replace("−", "-"), float(fact.value or 0)
    if value in (float("inf"), float("-inf")) or text.startswith(("<", ">")):
        return not missing(value)
    shown = [float(number) / (100 if "%" in text + fact.unit else 1) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]
    return any(abs(number - value) < FACT_ROUNDING for number in shown)


def check_model(model: Model, ledger: Ledger, shown: Mapping[str, Model], where: str) -> Iterator[Finding]:
    """All in one display that no fact and no constant accounts for; `shown` are the run's displays by id."""
    if model["kind"] == "table":
        yield from _table(model, ledger, shown, where)
    elif model["kind"] == "chart":
        yield from _chart(model, ledger, shown, where)
    elif model["kind"] == "say":
        yield from _say(model, ledger, shown, where)
    elif model["kind"] == "points":
        if model not in main_points(ledger.results):
            yield Finding("points that published facts do not give", where)
    elif model["kind"] == "headline":
        made = list(map(card, headlines(ledger.results)))
        for item in model["items"]:
            if item not in made:
                yield Finding("a headline that published sentences do not give", where, column=item["chapter"])


def _table(model: Model, ledger: Ledger, shown: Mapping[str, Model], where: str) -> Iterator[Finding]:
    where = f"{where}, table {model['id']}"
    try:
        made = _made(model, ledger, shown)
    except (AttributeError, KeyError, ValueError):
        yield Finding("it cannot be made of the published facts", where)
        return
    if made is None and ledger.constants.stray(str(model)):
        yield Finding("figures in a table that is neither declared nor made of published facts", where)
    elif made:
        given = made.model() | {"status": model["status"]}
        for key in _differing({**model, "rows": None}, {**given, "rows": None}):
            yield Finding(f"its {key} is not what the published facts give", where)
        for place, (row, own) in enumerate(zip_longest(model["rows"], given["rows"]), 1):
            for key in _differing(row or {}, own or {}):
                yield Finding("this is not what the published facts give", where, place, key)
        facts = {replace(fact, chapter="") for fact in made.facts}
        held = [fact for fact in ledger.facts if fact.table == declared(model["id"])]
        ledger.placed |= {id(fact) for fact in held if replace(fact, chapter="") in facts}


def _differing(one: Model, other: Model) -> list[str]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _made(model: Model, ledger: Ledger, shown: Mapping[str, Model]) -> Table | None:
    """The table as the ledger gives it; None if it can give nothing."""
    name, params = model["id"], ledger.params
    if name in PUBLISHED_TABLES:
        return published_table(name, PUBLISHED_TABLES[name], Place("", params.edition, ("published",)))
    if name in ABOUT:
        return ABOUT[name].table(name, ledger.run.run)
    if name == "register":
        return Register(ledger.results).over_all()
    if name == "register-of-unsettled":
        return Register(ledger.results).unsettled()
    if name == "register-of-parts":
        return Register(ledger.results).in_parts_alone()
    if name == "verdicts":
        return verdicts_table(ledger.results)
    if not (ledger.spec(declared(name)) and declared(name) in shown):
        return None
    comparison = ledger.comparison(shown[declared(name)])
    return comparison_table(comparison) if declared(name) == name else DERIVED[name.rpartition("-")[2]](comparison)


def _chart(model: Model, ledger: Ledger, shown: Mapping[str, Model], where: str) -> Iterator[Finding]:
    where = f"{where}, chart {model['id']}"
    table = shown.get(declared(model["table"]))
    if table is None:
        yield Finding("a chart whose table is not shown", where)
        return
    try:
        chart = _redrawn(model, table, ledger)
    except (ValueError, KeyError):
        chart = None
    if chart is None:
        yield Finding("it cannot be drawn from the published facts", where)
        return
    for part in ("svg", "alt"):
        if model[part] != getattr(chart, part):
            yield Finding(f"redrawn from the published facts, its {part} differs", where)
    if figures(model["caption"]) != figures(table["caption"]):
        yield Finding("a figure in its caption that its table has not", where)


def _redrawn(model: Model, table: Model, ledger: Ledger) -> Chart | None:
    caption = model["caption"]
    if model["id"] == "verdicts-chart":
        return verdicts_chart(ledger.results, caption)
    if held := PUBLISHED_TABLES.get(model["table"]):
        return draw_published(held)
    comparison = ledger.comparison(table)
    if named := model["id"].endswith("-shares") and SHARES.fullmatch(caption):
        return dumbbell(shares(comparison.frame), caption, *named.groups())
    if model["id"].endswith("-funnel-chart"):
        return draw_funnel(comparison)
    return draw(comparison)


def _say(model: Model, ledger: Ledger, shown: Mapping[str, Model], where: str) -> Iterator[Finding]:
    if model["text"] in (NO_COMPARISON, NO_AGES, FEW_DEATHS):
        return
    if model["id"] == "scope" and model["text"] == scope(ledger.run.run):
        return
    where = f"{where}, sentence {model['id']}"
    name, _, kind = model["id"].rpartition("-")
    spec = ledger.spec(name)
    if spec and kind == "unavailable":
        own = [ledger.run.unavailable(name), ledger.context(spec)[0]]
        if ledger.constants.stray(model["text"], own):
            yield Finding("a figure without a fact", where)
    elif spec and name in shown and kind in FOLLOWING:
        if model["text"] not in _sentences(shown[name], shown, ledger):
            yield Finding("a sentence that published facts do not give", where)
    elif not (spec or name in PUBLISHED_TABLES) or model["text"] not in ledger.said(name, kind):
        yield Finding("a sentence that is not published", where)
    elif name in PUBLISHED_TABLES:
        if model["text"] != PUBLISHED_TABLES[name].finding:
            yield Finding("a sentence that the published figures do not give", where)
    elif name not in shown or not _given(model["text"], shown[name], shown, ledger):
        yield Finding("a figure that the published facts of its table do not give", where)


def _given(text: str, table: Model, shown: Mapping[str, Model], ledger: Ledger) -> bool:
    """Whether the figures of a sentence are those that facts give, or are facts that no cell shows."""
    held = figures(text)
    if any(figures(said) == held for said in _sentences(table, shown, ledger)):
        return True
    loose = [fact for fact in ledger.facts if fact.table == table["id"] and id(fact) not in ledger.placed]
    ledger.placed |= {id(fact) for fact in loose if fact.text in text}
    return not ledger.constants.stray(text, [fact.text for fact in loose])


def _sentences(table: Model, shown: Mapping[str, Model], ledger: Ledger) -> Iterator[str]:
    """The sentences that the facts of a table give, alone and beside the other tables that are shown."""
    comparison = ledger.comparison(table)
    yield sentence(comparison)
    if "verdict" not in comparison.frame:
        return
    yield adjusted_sentence(comparison)
    if len(comparison.spec.strata) == 1 and "year" not in comparison.spec.by:
        yield funnel_sentence(comparison)
    pairs = shown.get(f"{table['id']}-shares")
    if pairs and (named := SHARES.fullmatch(pairs["caption"])):
        yield mix_sentence(comparison.frame, *named.groups())
    for name, other in shown.items():
        if (spec := ledger.spec(name)) and spec.compared and spec.by == comparison.spec.by:
            yield beside_sentence(comparison, ledger.comparison(other))
