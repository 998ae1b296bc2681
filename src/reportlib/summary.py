"""What the summary says of the chapters before it in a minute: their facts, as main points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reportlib.comparison_tables import dimensions, lower_first
from reportlib.ethnicity import label, of_detailed
from reportlib.facts import Fact, broad, undone
from reportlib.figures import ratio_decimals
from reportlib.headlines import disproportionate, not_adjusted, verdicts, weightiest
from reportlib.measures import EITHER, MEASURES
from reportlib.presentation import left, turned, what_is_left
from reportlib.prose import BY_ENOUGH, MAY_BE_LEFT
from reportlib.responses import pooled
from reportlib.words import (
    DISPROPORTIONATE,
    INCONCLUSIVE,
    MOST_NAMED,
    NOT_ASSESSED,
    PARITY,
    SIGNIFICANT,
    WORDS,
    capital,
    listed,
    number,
    people,
    people_or_number,
)

FOUND = (
    "Over {}, these differences were disproportionate: greater than chance alone is likely to give, with a relative "
    "rate (one rate divided by the other) outside {:g} to {:g}:"
)
UNDONE = "This was disproportionate as counted, but not once people who are alike in other ways are compared:"
SMALLER = "Chance alone is unlikely to give these differences, but they were not disproportionate:"
FEW = 2  # groups of which cases are told in a sentence each
DETAILED = "Detailed ethnic groups that stand out as their broad group does not; such comparisons are exploratory:"
OTHERS = "Of the other measures:"
TOLD = {  # of measures without a difference, by the weightiest verdict of their table
    INCONCLUSIVE: "The data cannot tell",
    PARITY: "Any difference is likely to be small",
    NOT_ASSESSED: "Not compared",
}

Point = dict[str, str]


def main_points(
    held: Sequence[Fact],
    tables: Sequence[str],
    known: Mapping[str, Mapping[str, Any]],
    band: tuple[float, float],
    period: str,
    reference: str,
    grouping: str,
) -> list[dict[str, Any]]:
    """Lists of points: what was disproportionate, what else differed, detailed groups, and the other measures.

    `tables` are headline tables, of which `known` says what each is adjusted for, and why some could not be made; these
    come last. `reference` is the code of the group of `grouping` that others are compared with. A list has a lead; a
    point has a title, a text, and the chapter and table that tell more, by a name to `see` (empty for several).
    """
    lists: dict[str, list[Point]] = {FOUND.format(period, *band): [], UNDONE: [], SMALLER: []}
    found, vanished, smaller = lists.values()
    others: dict[str, list[str]] = {}
    told: set[str] = set()
    for table in tables:
        facts = {fact.id: fact for fact in held if fact.table == table}
        said = next((fact for fact in facts.values() if fact.statistic == "sentence"), None)
        if said is None or MEASURES[said.measure].instead_of in told:
            continue
        names, verdict = disproportionate(facts), weightiest(facts)
        if names:
            told.add(said.measure)
            vanishes, adjust = all(undone(facts, name, band) for name in names), known[table]["adjust"]
            title, text = (
                _undone(facts, said, adjust, band) if vanishes else _found(facts, said, adjust, band, reference)
            )
            point = _point(said, title, f"{text}{_otherwise(held, tables, said.measure)}")
            (vanished if vanishes else found).append(point)
        elif verdict in SIGNIFICANT:
            title, text = _smaller(facts, said, known[table]["adjust"], band, reference)
            smaller.append(_point(said, title, text))
        else:
            others.setdefault(TOLD[verdict], []).append(lower_first(said.label))
    rest = [_unlinked(title, f"{capital(listed(others[title]))}.") for title in TOLD.values() if title in others]
    if text := _unavailable([known[table] for table in tables if known.get(table, {}).get("unavailable")]):
        rest.append(_unlinked("Not available [x]", text))
    lists |= {DETAILED: _detailed_alone(pooled(held, period), known, band, grouping, reference), OTHERS: rest}
    return [{"kind": "points", "lead": lead, "items": items} for lead, items in lists.items() if items]


def _point(about: Fact, title: str, text: str) -> Point:
    """A point that leads to the table of a fact."""
    return {
        "title": title,
        "text": text,
        "see": about.what,
        "chapter": about.chapter,
        "table": about.table,
    }


def _unlinked(title: str, text: str) -> Point:
    return {"title": title, "text": text, "see": "", "chapter": "", "table": ""}


def _claims(said: Fact) -> list[str]:
    """The sentences of a table on what is disproportionate, without that word."""
    sentences = said.text.removesuffix(".").split(". ")
    return [one.removesuffix(BY_ENOUGH) for one in sentences if one.endswith(BY_ENOUGH)]


def _found(
    facts: Mapping[str, Fact], said: Fact, adjust: Sequence[str], band: tuple[float, float], reference: str
) -> tuple[str, str]:
    """What was disproportionate in a table; then how many cases that is, and what adjustment leaves."""
    names, (first, *more) = disproportionate(facts), _claims(said) or [said.text.removesuffix(".")]
    told = [f"{one}." for one in more] + [_at_the_rate(facts, name, reference) for name in names if len(names) <= FEW]
    told += [what_is_left(_weighty(facts, said, band), adjust, band), not_adjusted(facts, names, adjust)]
    return first, " ".join(filter(None, told))


def _undone(facts: Mapping[str, Fact], said: Fact, adjust: Sequence[str], band: tuple[float, float]) -> tuple[str, str]:
    """That chance could account for what adjustment leaves of all that was disproportionate; then what that was."""
    title = f"Allowing for {dimensions(adjust)}, chance could account for differences in the {WORDS[said.measure].name}"
    then = [text for text in left(_weighty(facts, said, band), band) if not text.startswith(MAY_BE_LEFT)]
    return title, " ".join([*then, *(f"{claim}." for claim in _claims(said))])


def _smaller(
    facts: Mapping[str, Fact], said: Fact, adjust: Sequence[str], band: tuple[float, float], reference: str
) -> tuple[str, str]:
    """For whom a table without disproportionate rows shows a difference, in cases; then what adjustment leaves."""
    told = [f"{capital(_ways(facts, reference))}.", what_is_left(_rows(facts, said.table, band), adjust, band)]
    return f"{_outcome(facts, said)}: {weightiest(facts)}", " ".join(filter(None, told))


def _otherwise(held: Sequence[Fact], tables: Sequence[str], measure: str) -> str:
    """What the table shows in which the outcome of a measure is counted otherwise; empty if there is none."""
    for said in held:
        if said.statistic == "sentence" and said.table in tables and MEASURES[said.measure].instead_of == measure:
            facts = {fact.id: fact for fact in held if fact.table == said.table}
            ways = _ways(facts)
            return f" {_outcome(facts, said)}: {weightiest(facts)}{f' ({ways})' if ways else ''}."
    return ""


def _weighty(facts: Mapping[str, Fact], said: Fact, band: tuple[float, float]) -> pd.DataFrame:
    """The rows of a table that are disproportionate, or that adjustment turns round, before or after it by so much."""
    rows = _rows(facts, said.table, band)
    outside = ~(rows["ratio"].between(*band) & rows["adjusted_ratio"].between(*band))
    return rows[rows["verdict"].eq(DISPROPORTIONATE) | (turned(rows, ratio_decimals(rows)) & outside)]


def _rows(facts: Mapping[str, Fact], table: str, band: tuple[float, float]) -> pd.DataFrame:
    return verdicts([fact for fact in facts.values() if fact.table == table], [table], band)


def _outcome(facts: Mapping[str, Fact], said: Fact) -> str:
    """What the relative rates of a table are of."""
    return capital(next((fact.unit for fact in facts.values() if fact.statistic == "ratio"), "")) or said.label


def _ways(facts: Mapping[str, Fact], reference: str = "") -> str:
    """For whom the relative rates of a table are higher, and for whom lower, by more than chance is likely to give.

    With a `reference` also in cases, where they are known of all.
    """
    names = [fact.row for fact in facts.values() if fact.text in SIGNIFICANT]
    more = {name: _more(facts, name, reference) if reference else None for name in names}
    ways: dict[str, dict[str, float | None]] = {"higher": {}, "lower": {}}
    for name in names:
        ways[_way(facts[f"{name}/ratio"])][facts[f"{name}/verdict"].who] = more[name]
    if not 0 < len(names) <= MOST_NAMED or None in more.values():
        return "; ".join(f"{way} for {people_or_number([*whom])}" for way, whom in ways.items() if whom)
    told = {
        way: listed([f"{people(who)} (about {_about(n)} cases)" for who, n in whom.items() if n is not None])
        for way, whom in ways.items()
    }
    base = people(facts[_base(names[0], reference)].who)
    return "; ".join(f"{way} for {whom}" for way, whom in told.items() if whom) + f", against the rate of {base}"


def _way(ratio: Fact) -> str:
    return "higher" if float(ratio.value or 0) > 1 else "lower"


def _base(name: str, reference: str) -> str:
    """The numerator of the reference group, in the table of a row."""
    return f"{name.rpartition('/')[0]}/{reference}/numerator"


def _more(facts: Mapping[str, Fact], name: str, reference: str) -> float | None:
    """By how many cases the share of the reference group would change a group's numerator.

    None where a count is hidden, or where no one body decided, who could decide otherwise.
    """
    measure = MEASURES[name.partition("/")[0]]
    base = _base(name, reference).removesuffix("/numerator")
    counts = [facts.get(f"{row}/{of}") for row in (base, name) for of in ("numerator", "denominator")]
    held = [fact.value for fact in counts if fact and isinstance(fact.value, int | float)]
    if measure.kind != "proportion" or measure.answers == EITHER or len(held) != 4:
        return None
    events, of, count, nobs = held
    return events / of * nobs - count


def _at_the_rate(facts: Mapping[str, Fact], name: str, reference: str) -> str:
    """How many cases a difference in shares is, in a sentence; empty where that is not known."""
    more, measure = _more(facts, name, reference), MEASURES[name.partition("/")[0]]
    if more is None or not measure.denominator:
        return ""
    base, own, nobs = facts[_base(name, reference)], facts[f"{name}/numerator"], facts[f"{name}/denominator"]
    return (
        f"At the rate of {people(base.who)}, {people(own.who)} would have had about {_about(more)} "
        f"{'more' if more > 0 else 'fewer'} {lower_first(measure.numerator.label)}, out of {nobs.text} "
        f"{lower_first(measure.denominator.label)}."
    )


def _about(cases: float) -> str:
    """A number of cases, to two figures."""
    return number(float(f"{abs(cases):.2g}"))


def _detailed_alone(
    held: Sequence[Fact],
    known: Mapping[str, Mapping[str, Any]],
    band: tuple[float, float],
    grouping: str,
    reference: str,
) -> list[Point]:
    """A point for each measure with detailed groups that are disproportionate where their broad group is not.

    Or where it is, but the other way.
    """
    facts = {fact.id: fact for fact in held}
    found: dict[str, dict[str, str]] = {}  # of each table: the detailed groups, each with its broad one
    for fact in held:
        if fact.statistic == "verdict" and fact.text == DISPROPORTIONATE and fact.by == "detailed-ethnicity":
            name, whole = fact.row, broad(fact, grouping, reference)
            over_all, base = (facts.get(f"{whole}/{statistic}") for statistic in ("verdict", "ratio"))
            rate = facts[f"{name}/ratio"]
            if not (over_all and over_all.text == DISPROPORTIONATE and base and _side(base) == _side(rate)):
                found.setdefault(fact.table, {})[name] = whole or ""
    order = sorted(found, key=lambda table: [*MEASURES].index(next(iter(found[table])).partition("/")[0]))
    return [_detailed_point(found[table], facts, known[table]["adjust"], band) for table in order]


def _detailed_point(
    groups: Mapping[str, str], facts: Mapping[str, Fact], adjust: Sequence[str], band: tuple[float, float]
) -> Point:
    """What is told of some detailed groups of one table, each with its broad group."""
    rates = [facts[f"{name}/ratio"] for name in groups]
    ways: dict[str, list[str]] = {"higher": [], "lower": []}
    for rate in rates:
        limits = facts[f"{rate.id}_lower"].text
        ways[_way(rate)].append(f"{people(rate.who)} ({rate.text}, {limits})")
    told = listed([f"{way} for {listed(some)}" for way, some in ways.items() if some])
    title = f"{capital(rates[0].unit) or rates[0].what}: {told} than for {people(label(of_detailed()))}"
    wholes = [facts[f"{whole}/ratio"] for whole in dict.fromkeys(groups.values()) if f"{whole}/ratio" in facts]
    beside = [f"{rate.text} ({facts[f'{rate.row}/verdict'].text}) for {people(rate.who)}" for rate in wholes]
    rows = _rows(facts, rates[0].table, band)
    own = rows[rows["label"].isin([rate.who for rate in rates])]
    together = f"All together, the relative rate is {listed(beside)}." if beside else ""
    texts = [together, what_is_left(own, adjust, band)]
    point = _point(rates[0], title, " ".join(filter(None, texts)))
    return point | {"see": f"{point['see']} by detailed group"}


def _side(ratio: Fact) -> tuple[str, str]:
    """Of which outcome a relative rate is, and on which side of 1 it lies."""
    return ratio.unit, _way(ratio)


def _unavailable(tables: Sequence[Mapping[str, Any]]) -> str:
    """What some tables measure, and why they could not be made: a sentence for each reason."""
    why: dict[str, list[str]] = {}
    for held in tables:
        why.setdefault(held["unavailable"], []).append(lower_first(MEASURES[held["measure"]].name))
    return " ".join(f"{capital(listed(names))}, because {reason}." for reason, names in why.items())
