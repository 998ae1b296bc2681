"""What the summary reads of the chapters before it: their facts, as main points, cards and a table of verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from reportlib import charts
from reportlib.comparison_tables import dimensions, lower_first
from reportlib.ethnicity import groupings, label, of_detailed
from reportlib.facts import Fact, broad, brought_inside, unadjusted, undone, unknown_could
from reportlib.figures import ratio_decimals
from reportlib.measures import EITHER, MEASURES
from reportlib.presentation import left, moved, turned
from reportlib.prose import BY_ENOUGH, NOT_MADE, may_be_chance
from reportlib.responses import pooled
from reportlib.tables import Table, frame_table
from reportlib.words import (
    DISPROPORTIONATE,
    INCONCLUSIVE,
    NOT_ASSESSED,
    PARITY,
    SHORT,
    SIGNIFICANT,
    SIZE_UNCERTAIN,
    SMALL,
    all_people,
    capital,
    listed,
    number,
    people,
    people_or_number,
)

OTHERS = {  # what stands at the end of the main points, by the weightiest verdict of a table
    **dict.fromkeys(SIGNIFICANT, "Differences, none of them disproportionate"),
    INCONCLUSIVE: "The data cannot tell",
    PARITY: "Any difference is likely to be small",
    NOT_ASSESSED: "Not compared",
}
MAY_BE_CHANCE = "may be chance"  # an inconclusive row whose interval leaves out 1
GROUPS = {  # what is said of a group, by verdict and which way the difference goes
    DISPROPORTIONATE: "disproportionately {}",
    SIZE_UNCERTAIN: "{}, by an amount that is uncertain",
    SMALL: "{}, by a small amount",
    MAY_BE_CHANCE: "{}, but chance could account for it, as several groups are compared",
    INCONCLUSIVE: "the data cannot tell",
    PARITY: "any difference is likely to be small",
    NOT_ASSESSED: "not compared",
}
BY_WEIGHT = (*SIGNIFICANT, INCONCLUSIVE, PARITY, NOT_ASSESSED)  # of a table; parity is said if nothing else is


def main_points(
    held: Sequence[Fact],
    tables: Sequence[str],
    known: Mapping[str, Mapping[str, Any]],
    band: tuple[float, float],
    period: str,
    reference: str,
    grouping: str,
) -> dict[str, Any] | None:
    """A point for each table with a disproportionate comparison; then the others, by the weightiest of their verdicts.

    `tables` are headline tables, of which `known` says what each is adjusted for, and why some could not be made; these
    come last. `reference` is the code of the group of `grouping` that others are compared with. A point has a title, a
    text, and the chapter and table that tell more (empty for several). None if there is none.
    """
    points: list[dict[str, str]] = []
    others: dict[str, list[str]] = {title: [] for title in dict.fromkeys(OTHERS.values())}
    for table in tables:
        facts = {fact.id: fact for fact in held if fact.table == table}
        said = next((fact for fact in facts.values() if fact.statistic == "sentence"), None)
        if said is None:
            continue
        names = _disproportionate(facts)
        verdict, badge = _badge(facts, names, band)
        if names:
            text = _main_point(facts, names, said.text, known[table]["adjust"], band, reference)
            points.append({"title": f"{said.label}: {badge}", "text": text, "chapter": said.chapter, "table": table})
        else:
            others[OTHERS[verdict]].append(lower_first(said.label) + _in_short(facts, verdict))
    for title, some in others.items():
        points += [{"title": title, "text": f"{capital(listed(some))}.", "chapter": "", "table": ""}] if some else []
    points += _detailed_alone(pooled(held, period), grouping, reference)
    if text := _unavailable([known[table] for table in tables if known.get(table, {}).get("unavailable")]):
        points.append({"title": "Not available [x]", "text": text, "chapter": "", "table": ""})
    lead = f"Over {period}, with a band of {band[0]:g} to {band[1]:g}:"
    return {"kind": "points", "lead": lead, "items": points} if points else None


def _detailed_alone(held: Sequence[Fact], grouping: str, reference: str) -> list[dict[str, str]]:
    """A point for each measure with detailed groups that are disproportionate where their broad group is not.

    Or where it is, but the other way.
    """
    facts = {fact.id: fact for fact in held}
    found: dict[str, list[Fact]] = {}
    for fact in held:
        if fact.statistic == "verdict" and fact.text == DISPROPORTIONATE and "/detailed-ethnicity/" in fact.id:
            whole, rate = broad(fact, grouping, reference), facts[f"{fact.id.removesuffix('verdict')}ratio"]
            over_all, base = (facts.get(f"{whole}/{statistic}") for statistic in ("verdict", "ratio"))
            if not (over_all and over_all.text == DISPROPORTIONATE and base and _side(base) == _side(rate)):
                found.setdefault(fact.table, []).append(rate)
    order = sorted(found, key=lambda table: [*MEASURES].index(found[table][0].id.partition("/")[0]))
    return [_detailed_point(found[table], facts) for table in order]


def _detailed_point(rates: Sequence[Fact], facts: Mapping[str, Fact]) -> dict[str, str]:
    """What is told of the relative rates of some detailed groups."""
    first = rates[0]
    ways: dict[str, list[str]] = {"higher": [], "lower": []}
    for rate in rates:
        group, limits = rate.label.partition(": ")[2], facts[f"{rate.id}_lower"].text
        ways["lower" if _side(rate)[1] else "higher"].append(f"{people(group)} ({rate.text}, {limits})")
    told = listed([f"{way} for {listed(some)}" for way, some in ways.items() if some])
    text = (
        f"Compared with {people(label(of_detailed()))}, the rate{f' of {first.unit}' if first.unit else ''} as counted "
        f"was {told}. That is not found for the broad group, or is the other way there. Comparisons of detailed groups "
        "are exploratory."
    )
    title = f"{first.label.partition(': ')[0]} by detailed ethnic group: {DISPROPORTIONATE}"
    return {"title": title, "text": text, "chapter": first.chapter, "table": first.table}


def _side(ratio: Fact) -> tuple[str, bool]:
    """Of which outcome a relative rate is, and whether it lies below 1."""
    return ratio.unit, float(ratio.value or 0) < 1


def _unavailable(tables: Sequence[Mapping[str, Any]]) -> str:
    """What some tables measure, and why they could not be made: a sentence for each reason."""
    why: dict[str, list[str]] = {}
    for held in tables:
        why.setdefault(held["unavailable"], []).append(lower_first(MEASURES[held["measure"]].name))
    return " ".join(f"{capital(listed(names))}, because {reason}." for reason, names in why.items())


def _main_point(
    facts: Mapping[str, Fact],
    names: Sequence[str],
    said: str,
    adjust: Sequence[str],
    band: tuple[float, float],
    reference: str,
) -> str:
    """What was disproportionate in a table, from what it says, how many cases that is, and what adjustment leaves."""
    sentences = said.removesuffix(".").split(". ")
    told = [f"{one.removesuffix(BY_ENOUGH)}." for one in sentences if one.endswith(BY_ENOUGH)]
    told += [_cases(facts, name, reference) for name in names]
    frame = verdicts([*facts.values()], [facts[f"{names[0]}/verdict"].table])
    places = ratio_decimals(frame)
    outside = ~(frame["ratio"].between(*band) & frame["adjusted_ratio"].between(*band))
    found = frame[frame["verdict"].eq(DISPROPORTIONATE) | (turned(frame, places) & outside)]
    known = found["adjusted_ratio"].notna()
    if known.any():
        outcome = next((fact.unit for fact in facts.values() if fact.statistic == "ratio"), "")
        told += [moved(found[known], adjust, outcome, places), *left(found, band)]
    told.append(_not_adjusted(facts, names, adjust))
    told += [f"{one}." for one in sentences if one.startswith(NOT_MADE)]
    return " ".join(filter(None, [*told, _unknown(facts, names)]))


def _not_adjusted(facts: Mapping[str, Fact], names: Sequence[str], adjust: Sequence[str]) -> str:
    """Of which rows that are disproportionate it is not told what adjustment leaves, and why."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(unadjusted(facts, name, adjust), []).append(facts[f"{name}/verdict"].label.partition(": ")[2])
    others = any(fact.statistic == "adjusted_ratio" and not fact.mark for fact in facts.values())
    whom = {text: f" for {all_people(who)}" if others or len(found) > 1 else "" for text, who in found.items()}
    return " ".join(text.format(whom[text]) for text in found if text)


def _cases(facts: Mapping[str, Fact], name: str, reference: str) -> str:
    """How many cases a difference in shares is: those by which the reference group's share would change the group's."""
    measure = MEASURES[name.partition("/")[0]]
    base = f"{name.rpartition('/')[0]}/{reference}"
    counts = [facts.get(f"{row}/{of}") for row in (base, name) for of in ("numerator", "denominator")]
    held = [fact.value for fact in counts if fact and isinstance(fact.value, int | float)]
    decided = measure.kind == "proportion" and measure.answers != EITHER  # by one body, which could decide otherwise
    if not decided or len(held) != 4 or not measure.denominator:
        return ""
    events, of, count, nobs = held
    more = events / of * nobs - count
    cases = number(float(f"{abs(more):.2g}"))
    labels = [people(facts[f"{row}/numerator"].label.partition(": ")[2]) for row in (base, name)]
    return (
        f"At the rate of {labels[0]}, {labels[1]} would have had about {cases} {'more' if more > 0 else 'fewer'} "
        f"{lower_first(measure.numerator.label)}, out of {number(nobs)} {lower_first(measure.denominator.label)}."
    )


def _in_short(facts: Mapping[str, Fact], verdict: str) -> str:
    """For whom a table without disproportionate comparisons shows a difference, and of whom it makes no comparison."""
    whom: dict[str, list[str]] = {"higher for ": [], "lower for ": [], "not compared: ": []}
    for name, fact in facts.items():
        if fact.text in SIGNIFICANT and fact.statistic == "verdict":
            rate = facts[f"{name.removesuffix('verdict')}ratio"]
            higher = (float(rate.value or 0) > 1) != bool(rate.unit)  # of the outcome that the measure names
            whom["higher for " if higher else "lower for "].append(fact.label.partition(": ")[2])
        elif fact.text == NOT_ASSESSED and verdict != NOT_ASSESSED:
            whom["not compared: "].append(fact.label.partition(": ")[2])
    told = [f"{text}{people_or_number(labels)}" for text, labels in whom.items() if labels]
    return f" ({'; '.join(told)})" if told else ""


def group_points(held: Sequence[Fact], tables: Sequence[str], reference: str, period: str) -> dict[str, Any] | None:
    """A point for each ethnic group: what every headline says of it. None if there is none, or too many for words.

    `reference` is the label of the group that others are compared with.
    """
    frame = verdicts(held, tables)
    labels = list(dict.fromkeys(frame["label"]))
    if not 0 < len(labels) <= charts.MOST_COLUMNS:
        return None
    points = [
        {
            "title": capital(people(label)),
            "text": _of_group(frame[frame["label"].eq(label)]),
            "chapter": "",
            "table": "",
        }
        for label in labels
    ]
    return {"kind": "points", "lead": f"As counted, compared with {people(reference)}, over {period}:", "items": points}


def _of_group(rows: pd.DataFrame) -> str:
    """What every headline says of one group, by verdict; differences are told with what adjustment leaves of most."""
    told: dict[str, list[str]] = {}
    for row, other_side in zip(rows.to_dict("records"), turned(rows, ratio_decimals(rows)), strict=True):
        verdict = MAY_BE_CHANCE if row["verdict"] == INCONCLUSIVE and may_be_chance(row) else row["verdict"]
        text = lower_first(str(row["stratum"]))
        if verdict in (*SIGNIFICANT, MAY_BE_CHANCE) or other_side:
            then = (
                f"; {row['adjusted']} once adjusted"
                if row["adjusted"] and (verdict == DISPROPORTIONATE or other_side)
                else ""
            )
            then += (
                ", and chance could account for it"
                if then and row["adjusted_lower"] <= 1 <= row["adjusted_upper"]
                else ""
            )
            text += f" ({row['shown']}{then})"
        told.setdefault(GROUPS[verdict].format("higher" if row["ratio"] > 1 else "lower"), []).append(text)
    order = [title.format(way) for title in dict.fromkeys(GROUPS.values()) for way in ("higher", "lower")]
    return " ".join(f"{capital(title)}: {listed(told[title])}." for title in dict.fromkeys(order) if title in told)


def _disproportionate(facts: Mapping[str, Fact]) -> list[str]:
    """The rows of a table that are disproportionate, as measure/by/codes."""
    return [name.removesuffix("/verdict") for name, fact in facts.items() if fact.text == DISPROPORTIONATE]


def verdicts(held: Sequence[Fact], tables: Sequence[str]) -> pd.DataFrame:
    """The verdicts of some tables, in their order.

    Columns: stratum (the measure's name), group, label, text, verdict, mark, the relative rates as they are shown
    (crude and adjusted), adjusted_mark, and as numbers with their limits.
    """
    facts = {fact.id: fact for fact in held if fact.table in tables}
    found = [fact for fact in facts.values() if fact.statistic == "verdict"]
    rows = [
        {
            "stratum": capital(ratio_.unit) or MEASURES[fact.id.split("/")[0]].name,
            "group": fact.id.split("/")[2],
            "label": fact.label.partition(": ")[2],
            "text": fact.text if ratio_.mark else f"{ratio_.text} {fact.text}",
            "verdict": fact.text,
            "mark": ratio_.mark,
            "shown": ratio_.text,
            "adjusted": adjusted.text if adjusted else "",
            "adjusted_mark": adjusted.mark if adjusted else "",
            **{name: facts[row + name].value for name in charts.RATIOS if row + name in facts},
        }
        for fact in sorted(found, key=lambda fact: tables.index(fact.table))
        for row in [fact.id.removesuffix("verdict")]
        for ratio_, adjusted in [(facts[f"{row}ratio"], facts.get(f"{row}adjusted_ratio"))]
    ]
    told = ["text", "verdict", "mark", "shown", "adjusted", "adjusted_mark"]
    columns = ["stratum", "group", "label", *told, *charts.RATIOS]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(charts.RATIOS, float))


def verdicts_chart(frame: pd.DataFrame, title: str, reference: str) -> charts.Chart:
    """The same as a picture, against the group labelled `reference`."""
    return charts.verdict_heatmap(frame.replace({"label": SHORT}), title, reference)


def verdicts_table(frame: pd.DataFrame, title: str, grouping: str, band: tuple[float, float]) -> Table:
    """Relative rates and verdicts, a row a measure; a row a group where there are many."""
    order = [text for text in groupings()[grouping].labels.values() if text in set(frame["label"])]
    wide = frame.pivot(index="stratum", columns="label", values="text")
    wide = wide.reindex(index=frame["stratum"].unique(), columns=order).fillna("[x]")
    many = len(order) > charts.MOST_COLUMNS
    wide = (wide.T if many else wide).rename_axis(index="Ethnic group" if many else "Measure", columns=None)
    wide = wide.reset_index()
    notes = [
        "A relative rate is the rate of a group divided by that of the group that it is compared with: above 1 the "
        f"group's rate is higher. The band is {band[0]:g} to {band[1]:g}.",
        "Crude rates are compared. What is left of a difference once people are alike in other ways is on the cards.",
    ]
    return replace(frame_table("verdicts", title, wide, wide.columns[0]), notes=notes)


def headline(
    held: Sequence[Fact], table: str, adjust: Sequence[str], reference: str, band: tuple[float, float], level: float
) -> dict[str, Any] | None:
    """The finding of one table with the weightiest of its verdicts; None if there is none.

    `further` says of what the picture is, what adjustment (for `adjust`) and missing ethnicity could leave of the
    finding, and what the last year alone shows; `chart` shows every group against the one labelled `reference`, if they
    are not too many.
    """
    own = [fact for fact in held if fact.table == table]
    said = [fact for fact in own if fact.statistic == "sentence"]
    if not said:
        return None
    facts = {fact.id: fact for fact in own}
    names = _disproportionate(facts)
    verdict, badge = _badge(facts, names, band)
    frame, title = verdicts(own, [table]), f"{said[0].label}, {said[0].period}"
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
    compared = [fact.id.removesuffix("/verdict") for fact in own if fact.text in BY_WEIGHT[:-1]]
    none = not any(fact.statistic == "adjusted_ratio" and not fact.mark for fact in own)
    left_open = _not_adjusted(facts, compared if none else names, adjust) if adjust else ""
    further = [shown, _adjusted(frame, adjust, band), left_open, _last_year(held, said[0], names)]
    further.append(_unknown(facts, [name for name in compared if facts[f"{name}/verdict"].text in SIGNIFICANT]))
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


def _adjusted(frame: pd.DataFrame, adjust: Sequence[str], band: tuple[float, float]) -> str:
    """What adjustment leaves of a comparison, without its figures, which the picture shows."""
    remains = " ".join(left(frame, band))
    return f"Allowing for {dimensions(adjust)}, {lower_first(remains)}" if remains else ""


def _badge(held: Mapping[str, Fact], names: Sequence[str], band: tuple[float, float]) -> tuple[str, str]:
    """The weightiest verdict of a table, and how its card puts it; `names` are the rows that are disproportionate."""
    verdicts = [fact.text for fact in held.values() if fact.statistic == "verdict"]
    found = next((word for word in BY_WEIGHT if word in verdicts), NOT_ASSESSED)
    if found == PARITY and NOT_ASSESSED in verdicts:
        return found, f"{found}, as far as assessed"
    if names and all(undone(held, name, band) for name in names):
        return found, f"{found} as counted; once adjusted, chance could account for it"
    if names and all(brought_inside(held, name, band) for name in names):
        return found, f"{found} as counted; once adjusted, a difference remains, but the estimate lies within the band"
    return found, found


def _last_year(held: Sequence[Fact], said: Fact, names: Sequence[str]) -> str:
    """What the last year shows of the rows that are disproportionate in the whole period, or are so in that year."""
    year = said.period.rpartition(" to ")[2]
    alone = {fact.id: fact for fact in held if fact.period == year != said.period and fact.table != said.table}
    measure = said.id.partition("/")[0]
    rows = []
    for fact in alone.values():
        name = fact.id.removesuffix("/verdict")
        counts = name in names or fact.text == DISPROPORTIONATE
        if fact.statistic == "verdict" and fact.id.startswith(f"{measure}/ethnicity/") and counts:
            rows.append((fact, alone[f"{name}/ratio"], alone[f"{name}/ratio_lower"]))
    told = [
        f"{value.text} ({limits.text}; {fact.text}) for {people(fact.label.partition(': ')[2])}"
        for fact, value, limits in rows
        if fact.text != NOT_ASSESSED
    ]
    outcome = next((f" of {value.unit}" for _, value, _ in rows if value.unit), "")
    return f"In {year} alone, the crude relative rate{outcome} was {listed(told)}." if told else ""


def _unknown(held: Mapping[str, Fact], names: Sequence[str]) -> str:
    """Whose difference is within what missing ethnicity could bring about."""
    found: dict[str, list[str]] = {}
    for name in names:
        if could := unknown_could(held, name):
            found.setdefault(could, []).append(held[f"{name}/verdict"].label.partition(": ")[2])
    ends = [f"{text} for {all_people(who)}" for text, who in found.items()]
    return (
        f"Were missing ethnicity divided in the most extreme way, the difference as counted could {listed(ends)}."
        if ends
        else ""
    )
