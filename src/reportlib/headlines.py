"""What chapters found of their headlines, the tables by ethnic group alone: cards, and all verdicts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from reportlib import charts
from reportlib.ethnicity import groupings
from reportlib.facts import Fact, brought_inside, unadjusted, undone
from reportlib.measures import MEASURES
from reportlib.presentation import what_is_left
from reportlib.tables import Table, words_table
from reportlib.words import (
    DISPROPORTIONATE,
    INCONCLUSIVE,
    NOT_ASSESSED,
    PARITY,
    SHORT,
    SIGNIFICANT,
    all_people,
    capital,
    listed,
    people,
)

AS_COUNTED = " as counted"  # of a verdict that adjustment undoes
BY_WEIGHT = (*SIGNIFICANT, INCONCLUSIVE, PARITY, NOT_ASSESSED)  # of a table; parity is said if nothing else is


def verdicts(held: Sequence[Fact], tables: Sequence[str], band: tuple[float, float]) -> pd.DataFrame:
    """The verdicts of some tables, in their order.

    Columns: stratum (the measure's name), group, label, text, verdict, mark, undone (whether chance could account for
    what adjustment leaves of what is disproportionate), adjusted_mark, and the relative rates with their limits.
    """
    facts = {fact.id: fact for fact in held if fact.table in tables}
    found = [fact for fact in facts.values() if fact.statistic == "verdict"]
    rows = [
        {
            "stratum": capital(ratio_.unit) or MEASURES[fact.measure].name,
            "group": fact.codes,
            "label": fact.who,
            "text": (fact.text if ratio_.mark else f"{ratio_.text} {fact.text}") + AS_COUNTED * vanishes,
            "verdict": fact.text,
            "mark": ratio_.mark,
            "undone": vanishes,
            "adjusted_mark": adjusted.mark if adjusted else "",
            **{name: facts[row + name].value for name in charts.RATIOS if row + name in facts},
        }
        for fact in sorted(found, key=lambda fact: tables.index(fact.table))
        for row in [f"{fact.row}/"]
        for ratio_, adjusted in [(facts[f"{row}ratio"], facts.get(f"{row}adjusted_ratio"))]
        for vanishes in [fact.text == DISPROPORTIONATE and undone(facts, fact.row, band)]
    ]
    told = ["text", "verdict", "mark", "undone", "adjusted_mark"]
    columns = ["stratum", "group", "label", *told, *charts.RATIOS]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(charts.RATIOS, float))


def verdicts_chart(frame: pd.DataFrame, title: str, reference: str) -> charts.Chart:
    """The same as a picture, against the group labelled `reference`."""
    return charts.verdict_heatmap(frame.replace({"label": SHORT}), title, reference)


def verdicts_table(frame: pd.DataFrame, title: str, grouping: str, band: tuple[float, float]) -> Table:
    """Relative rates and verdicts, a row a measure, behind their picture; a row a group where there are many."""
    order = [text for text in groupings()[grouping].labels.values() if text in set(frame["label"])]
    wide = frame.pivot(index="stratum", columns="label", values="text")
    wide = wide.reindex(index=frame["stratum"].unique(), columns=order).fillna("[x]")
    many = len(order) > charts.MOST_COLUMNS
    wide = (wide.T if many else wide).rename_axis(index="Ethnic group" if many else "Measure", columns=None)
    notes = [
        "A relative rate is the rate of a group divided by that of the group that it is compared with: above 1 the "
        f"group's rate is higher. The band is {band[0]:g} to {band[1]:g}.",
        f"Crude rates are compared. Where a verdict is said to be{AS_COUNTED}, chance could account for what is left "
        "of the difference once people who are alike in other ways are compared.",
    ]
    rows = [{str(key): text for key, text in row.items()} for row in wide.reset_index().to_dict("records")]
    return replace(words_table("verdicts", title, rows), notes=notes, folded=not many)


def headline(
    held: Sequence[Fact], table: str, adjust: Sequence[str], reference: str, band: tuple[float, float], level: float
) -> dict[str, Any] | None:
    """The finding of one table with the weightiest of its verdicts; None if there is none.

    `further` says of what the picture is, what adjustment (for `adjust`) leaves of the finding, and what the last year
    alone shows; `chart` shows every group against the one labelled `reference`, if they are not too many. `verdict` is
    what is left of the weightiest once adjusted.
    """
    own = [fact for fact in held if fact.table == table]
    said = [fact for fact in own if fact.statistic == "sentence"]
    if not said:
        return None
    facts = {fact.id: fact for fact in own}
    names = disproportionate(facts)
    verdict, badge = _badge(facts, names, band)
    frame, title = verdicts(own, [table], band), f"{said[0].label}, {said[0].period}"
    outcome = next((fact.unit for fact in own if fact.statistic == "ratio"), "")
    chart = None
    if len(frame) <= charts.MOST_COLUMNS and frame["ratio"].notna().any():
        pictured = frame.drop(columns="stratum").replace({"label": SHORT})
        chart = {
            "kind": "chart",
            "id": f"{table}-card",
            "caption": title,
            **vars(charts.card(pictured, title, reference, level, band, outcome)),
        }
    shown = f"The picture shows relative rates of {outcome}." if chart and outcome else ""
    compared = [fact.row for fact in own if fact.text in BY_WEIGHT[:-1]]
    none = not any(fact.statistic == "adjusted_ratio" and not fact.mark for fact in own)
    left_open = not_adjusted(facts, compared if none else names, adjust) if adjust else ""
    further = [shown, what_is_left(frame, adjust, band), left_open, _last_year(held, said[0], names)]
    return {
        "title": title,
        "verdict": verdict,
        "badge": badge,
        "text": said[0].text,
        "chart": chart,
        "further": [text for text in further if text],
        "chapter": said[0].chapter,
        "table": table,
    }


def weightiest(facts: Mapping[str, Fact]) -> str:
    """The weightiest verdict of a table."""
    held = [fact.text for fact in facts.values() if fact.statistic == "verdict"]
    return next((word for word in BY_WEIGHT if word in held), NOT_ASSESSED)


def _badge(facts: Mapping[str, Fact], names: Sequence[str], band: tuple[float, float]) -> tuple[str, str]:
    """The weightiest verdict, as adjustment leaves it, and how a card puts it; `names` are disproportionate rows."""
    found = weightiest(facts)
    if found == PARITY and any(fact.text == NOT_ASSESSED for fact in facts.values()):
        return found, f"{found}, as far as assessed"
    if names and all(undone(facts, name, band) for name in names):
        return INCONCLUSIVE, f"{found}{AS_COUNTED}; once adjusted, chance could account for it"
    if names and all(brought_inside(facts, name, band) for name in names):
        return found, f"{found}{AS_COUNTED}; once adjusted, a difference remains, but the estimate lies within the band"
    return found, found


def _last_year(held: Sequence[Fact], said: Fact, names: Sequence[str]) -> str:
    """What the last year shows of the rows that are disproportionate in the whole period, or are so in that year."""
    year = said.period.rpartition(" to ")[2]
    alone = {fact.id: fact for fact in held if fact.period == year != said.period and fact.table != said.table}
    rows = []
    for fact in alone.values():
        counts = fact.row in names or fact.text == DISPROPORTIONATE
        if fact.statistic == "verdict" and (fact.measure, fact.by) == (said.measure, said.by) and counts:
            rows.append((fact, alone[f"{fact.row}/ratio"], alone[f"{fact.row}/ratio_lower"]))
    told = [
        f"{value.text} ({limits.text}; {fact.text}) for {people(fact.who)}"
        for fact, value, limits in rows
        if fact.text != NOT_ASSESSED
    ]
    outcome = next((f" of {value.unit}" for _, value, _ in rows if value.unit), "")
    return f"In {year} alone, the crude relative rate{outcome} was {listed(told)}." if told else ""


def disproportionate(facts: Mapping[str, Fact]) -> list[str]:
    """The rows of a table that are disproportionate, as measure/by/codes."""
    return [fact.row for fact in facts.values() if fact.text == DISPROPORTIONATE]


def not_adjusted(facts: Mapping[str, Fact], names: Sequence[str], adjust: Sequence[str]) -> str:
    """Of which rows that are disproportionate it is not told what adjustment leaves, and why."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(unadjusted(facts, name, adjust), []).append(facts[f"{name}/verdict"].who)
    others = any(fact.statistic == "adjusted_ratio" and not fact.mark for fact in facts.values())
    whom = {text: f" for {all_people(who)}" if others or len(found) > 1 else "" for text, who in found.items()}
    return " ".join(text.format(whom[text]) for text in found if text)
