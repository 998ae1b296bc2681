"""What the summary says of the chapters before it in a minute: their facts, as main points."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reportlib.comparison import COUNTS
from reportlib.ethnicity import NOT_STATED, label, of_detailed
from reportlib.facts import Fact, RowFacts
from reportlib.figures import ratio_decimals
from reportlib.headlines import Headline, could_be_undone, headlines, verdicts
from reportlib.measures import EITHER, MEASURES
from reportlib.presentation import moved, turned_by_much, varying, what_is_left
from reportlib.prose import AS_COUNTED, BY_ENOUGH
from reportlib.responses import disproportionate
from reportlib.results import Results
from reportlib.words import (
    DISPROPORTIONATE,
    INCONCLUSIVE,
    MOST_NAMED,
    NOT_ASSESSED,
    PARITY,
    SIGNIFICANT,
    SIZE_UNCERTAIN,
    WORDS,
    capital,
    counted,
    dimensions,
    level_words,
    listed,
    lower_first,
    number,
    people,
    people_or_number,
)

COUNTED = (
    "Over {}, these differences were disproportionate as counted: greater than chance alone is likely to give, with a "
    "relative rate (one rate divided by the other) outside {:g} to {:g}. "
)
FOUND = "What is left once other things are allowed for follows, with its {}:"
OTHERS_TOO = "Others were disproportionate as counted. "
UNDONE = (
    "Chance could account for what is left of them once people who are alike in other ways are compared, which does "
    "not show that there is no difference:"
)
SMALLER = (
    "Chance alone is unlikely to give these differences either, nor does adjustment, where it is made, undo them, but "
    "the relative rate lies within {:g} to {:g}; the size is uncertain where its interval does not. Cases (orders, "
    "licences or complaints, not people) are how many more or fewer there were, as counted, than at the rate of {}; "
    "the same ones can stand in several lines:"
)
FEW = 2  # groups of which cases are told in a sentence each
MUCH_MORE = 0.02  # of events, of unknown ethnicity, than of the population
DETAILED = (
    "Detailed ethnic groups that stood out, as counted, where their broad group did not; such comparisons are "
    "exploratory:"
)
OTHERS = "Of the other measures, where ethnicity is known:"
RECORDED = "Is the ethnicity data itself right?"
AGREEMENT = ("ethnicity-agreement", "sentence")
ANSWERS = "Those responsible are to explain what is disproportionate with evidence, or to change what gives rise to it:"
TOLD = {  # of measures without a difference, by their verdicts: of all groups, or of some beside others
    INCONCLUSIVE: ("the data cannot tell", "for some groups the data cannot tell"),
    PARITY: ("any difference is likely to be small", "for some groups any difference is likely to be small"),
    NOT_ASSESSED: ("not compared", "some groups could not be compared"),
}

ONLY_BEFORE = "chance could account for what adjustment leaves of differences that were not disproportionate"

SCOPE = {  # what an edition holds, by what it is a part by
    "region": "This edition is of {places}: of those held in {held} there, and of those supervised there",
    "establishment_type": "This edition is of {places}: of those held in {held} of that kind. It holds nothing on "
    "probation",
}
NAMING = "deaths-in-custody"  # the chapter that names the establishments
MEANT = (
    "What is said of all establishments, all prisoners or all ethnic groups together is said of these. Official "
    "figures are national, as is what is said of England and Wales."
)

Point = dict[str, str]


def scope(run: Mapping[str, Any]) -> str:
    """What an edition is of, from the run that it is made in; empty for that of England and Wales."""
    of = run.get("edition", {})
    if not of.get("dimension"):
        return ""
    names = {name for names in run["establishments"].values() for name in names}
    held = counted(len(names), "establishment") if names else "establishments"
    held += " (the chapter on deaths in custody names them)" * (bool(names) and NAMING in run["chapters"])
    return f"{SCOPE[of['dimension']].format(places=listed(of['values']), held=held)}. {MEANT}"


def main_points(results: Results) -> list[dict[str, Any]]:
    """Lists of points: what was disproportionate, what else differed, detailed groups, and the other measures.

    Headlines that could not be made come last, with the reason. A list has a lead; a point has a title, a text, and the
    chapter and table that tell more, by a name to `see`; without it the title leads there, if there is a chapter.
    """
    found: list[Point] = []
    vanished: list[Point] = []
    smaller: list[Point] = []
    others: dict[str, list[str]] = {}
    every = headlines(results)
    otherwise = _counted_otherwise(every)
    for headline in (each for each in every if each not in otherwise.values()):
        said = headline.said
        differing = [row for row in headline.compared if row.verdict in SIGNIFICANT and not row.undone(results.band)]
        less = [row for row in differing if not row.disproportionate]
        if headline.standing:
            found.append(_point(said, *_found(headline, otherwise.get(headline))))
        if headline.undone:
            vanished.append(_point(said, *_undone(headline)))
        if less:
            smaller.append(_point(said, *_smaller(headline, less)) | {"see": ""})
        if not (headline.disproportionate or less):
            others.setdefault(_without_difference(headline), []).append(lower_first(said.label))
    rest = [_unlinked(capital(listed(names)), text) for text, names in others.items()]
    if text := results.unavailable:
        rest.append(_unlinked("Not available [x]", text))
    counted_so = COUNTED.format(results.period, *results.band)
    lists = {
        counted_so + FOUND.format(level_words(results.level)): found,
        (OTHERS_TOO if found else counted_so) + UNDONE: vanished,
        SMALLER.format(*results.band, people(label(results.reference))): smaller,
    }
    lists |= {DETAILED: _detailed_alone(results), OTHERS: rest, RECORDED: _recorded(results, every)}
    lists |= {ANSWERS: _answers(results)}
    return [{"kind": "points", "lead": lead, "items": items} for lead, items in lists.items() if items]


def _counted_otherwise(every: Sequence[Headline]) -> dict[Headline, Headline]:
    """To headlines of which something is disproportionate, that which counts the outcome otherwise.

    Not where that finds something else, of other groups or the other way round, or could not compare one of them: it
    has a point of its own.
    """
    found = {}
    by_measure = {headline.said.measure: headline for headline in every}
    for other in every:
        headline = by_measure.get(MEASURES[other.said.measure].instead_of)
        if headline and headline.standing and not other.undone and other.outcome == headline.outcome:
            held = {row.who: row.way() for row in headline.standing}
            told = {row.who: row for row in other.compared if row.verdict != NOT_ASSESSED}
            finds = {who: row.way() for who, row in told.items() if row.verdict in SIGNIFICANT}
            if finds.items() <= held.items() and held.keys() <= told.keys():
                found[headline] = other
    return found


def _point(about: Fact, title: str, text: str) -> Point:
    """A point that leads to the table of a fact."""
    return {"title": title, "text": text, "see": about.what, "chapter": about.chapter, "table": about.table}


def _without_difference(headline: Headline) -> str:
    """What is told of a measure of which no group is known to differ."""
    held = {row.verdict for row in headline.compared}
    told = [ONLY_BEFORE] if held & {*SIGNIFICANT} else []
    told += [texts[len(held) > 1] for verdict, texts in TOLD.items() if verdict in held]
    return f"{capital('; '.join(told) or TOLD[NOT_ASSESSED][0])}."


def _unlinked(title: str, text: str) -> Point:
    return {"title": title, "text": text, "see": "", "chapter": "", "table": ""}


def _claims(said: Fact, undone: bool) -> list[str]:
    """The sentences of a table on what is disproportionate, without that word: as counted alone, or after all."""
    sentences = [one for one in said.text.split(". ") if BY_ENOUGH in one]
    return [one.partition(BY_ENOUGH)[0] for one in sentences if one.startswith(capital(AS_COUNTED)) is undone]


def _found(headline: Headline, otherwise: Headline | None) -> tuple[str, str]:
    """What was disproportionate in a table; how many cases that is, what adjustment leaves, and what could undo it.

    And what the same groups have where the outcome is counted otherwise.
    """
    rows = headline.standing
    first, *more = _claims(headline.said, undone=False) or [headline.said.text.removesuffix(".")]
    told = [f"{one}." for one in more] + [_at_the_rate(headline, row) for row in rows if len(rows) <= FEW]
    frame = _weighty(headline, without=headline.undone)
    remains = what_is_left(frame, headline.adjust, headline.of.band, figures=len(frame) <= MOST_NAMED)
    told += [_otherwise(otherwise, rows)] if otherwise else []
    told += [_here_and_in_the_whole(headline, rows), remains, headline.not_adjusted(rows)]
    varies = varying(headline.frame, headline.adjust, [row.who for row in rows])
    return first, " ".join(filter(None, [*told, varies, could_be_undone(rows)]))


def _otherwise(other: Headline, rows: Sequence[RowFacts]) -> str:
    """The relative rates and verdicts of some groups where an outcome is counted otherwise."""
    whose = {row.who for row in rows}
    told = [
        f"{row['ratio'].text} ({row['ratio_lower'].text}; {row.verdict}) for {people(row.who)}"
        for row in other.compared
        if row.who in whose
    ]
    return f"Of the {WORDS[other.said.measure].name}, the relative rate is {listed(told)}."


def _here_and_in_the_whole(headline: Headline, rows: Sequence[RowFacts]) -> str:
    """The relative rates of an edition beside those of the whole; empty in the report of the whole."""
    told = [
        f"{row['ratio'].text} here and {row['national_ratio'].text} in England and Wales for {people(row.who)}"
        for row in rows
        if "national_ratio" in row
    ]
    of = f" of {headline.outcome}" if headline.outcome else ""
    return f"The relative rate{of} was {'; '.join(told)}." if told else ""


def _undone(headline: Headline) -> tuple[str, str]:
    """What adjustment undoes of what was disproportionate in a table, and which others it turns round."""
    first, *more = _claims(headline.said, undone=True) or [headline.said.text.removesuffix(".")]
    frame = _weighty(headline, without=headline.standing)
    frame = frame[frame["adjusted_ratio"].notna()]
    own = frame["label"].isin([row.who for row in headline.undone])
    told, places = dimensions(headline.adjust), ratio_decimals(headline.frame)
    moves = {f"Allowing for {told}, ": frame[own]}
    moves |= {} if headline.standing else {"It turns round for others: ": frame[~own]}  # else told with what stands
    said = [f"{lead}{moved(rows, headline.outcome, places)}" for lead, rows in moves.items() if len(rows)]
    said = [*(f"{claim}." for claim in more), *said, *filter(None, [could_be_undone(headline.undone)])]
    return capital(first.removeprefix(capital(AS_COUNTED))), " ".join(said)


def _smaller(headline: Headline, rows: Sequence[RowFacts]) -> tuple[str, str]:
    """For whom a table shows differences that were not disproportionate, and what adjustment makes weightier."""
    frame, band = headline.frame, headline.of.band
    told = frame["label"].isin([row.who for row in rows]) & ~frame["adjusted_ratio"].fillna(1).between(*band)
    if not headline.disproportionate:  # else it is told with that
        told |= turned_by_much(frame, band)
    varies = varying(frame, headline.adjust, [row.who for row in rows])
    changes = [text for text in (what_is_left(frame[told], headline.adjust, band), varies) if text]
    of = [f"Relative rates are of {headline.outcome}."] if changes and headline.outcome else []
    of += filter(None, [could_be_undone(rows, extremes=False)])
    return headline.said.label, " ".join([f"{capital(_ways(headline, rows))}.", *changes, *of])


def _weighty(headline: Headline, without: Sequence[RowFacts]) -> pd.DataFrame:
    """The rows of a table that are disproportionate, or that adjustment turns round, before or after it by so much."""
    rows = headline.frame[~headline.frame["label"].isin([row.who for row in without])]
    return rows[rows["verdict"].eq(DISPROPORTIONATE) | turned_by_much(rows, headline.of.band)]


def _ways(headline: Headline, rows: Sequence[RowFacts]) -> str:
    """For whom what the measure names is higher, and for whom lower; relative rates may be of its opposite."""
    ways = ("lower", "higher") if headline.outcome else ("higher", "lower")
    sides = {
        said: [row for row in rows if row.way() == way] for said, way in zip(("higher", "lower"), ways, strict=True)
    }
    return "; ".join(f"{said} for {_in_cases(headline, own)}" for said, own in sides.items() if own)


def _in_cases(headline: Headline, rows: Sequence[RowFacts]) -> str:
    """The people of some rows; of a few, each with how many cases their difference is, where that is known of all."""
    more = [_more(headline, row) for row in rows]
    told = {}
    for row, cases in zip(rows, more, strict=True):
        notes = [f"about {_about(cases)} cases"] if cases is not None and None not in more else []
        notes += ["size uncertain"] if row.verdict == SIZE_UNCERTAIN else []
        told[row.who] = f" ({', '.join(notes)})" if notes else ""
    if not any(told.values()) or len(rows) > MOST_NAMED:
        return people_or_number([*told])
    return listed([f"{people(who)}{notes}" for who, notes in told.items()])


def _more(headline: Headline, row: RowFacts) -> float | None:
    """By how many cases the share of the reference group would change a group's numerator.

    None where a count is hidden, or where no one body decided, who could decide otherwise.
    """
    measure = MEASURES[row.measure]
    counts = [each.get(of) for each in (headline.base, row) for of in ("numerator", "denominator")]
    held = [fact.value for fact in counts if fact and isinstance(fact.value, int | float)]
    if measure.kind != "proportion" or measure.answers == EITHER or len(held) != 4:
        return None
    events, of, count, nobs = held
    return events / of * nobs - count


def _at_the_rate(headline: Headline, row: RowFacts) -> str:
    """How many cases a difference in shares is, in a sentence; empty where that is not known."""
    more, measure = _more(headline, row), MEASURES[row.measure]
    if more is None or not measure.denominator:
        return ""
    return (
        f"At the rate of {people(label(headline.of.reference))}, {people(row.who)} would have had about {_about(more)} "
        f"{'more' if more > 0 else 'fewer'} {lower_first(measure.numerator.label)}, out of {row['denominator'].text} "
        f"{lower_first(measure.denominator.label)}."
    )


def _about(cases: float) -> str:
    """A number of cases, to two figures."""
    return number(float(f"{abs(cases):.2g}"))


def _detailed_alone(results: Results) -> list[Point]:
    """A point for each measure with detailed groups that are disproportionate where their broad group is not.

    Or where it is, but the other way.
    """
    found: dict[str, list[RowFacts]] = {}  # by table
    for row in results.pooled.values():
        if row.disproportionate and row["verdict"].by == "detailed-ethnicity":
            whole = results.pooled.get(results.broad(row["verdict"]), RowFacts())
            same = whole.disproportionate and (whole["ratio"].unit, whole.way()) == (row["ratio"].unit, row.way())
            if not same:
                found.setdefault(row["verdict"].table, []).append(row)
    groups = sorted(found.values(), key=lambda rows: [*MEASURES].index(rows[0].measure))
    return [_detailed_point(results, rows) for rows in groups]


def _detailed_point(results: Results, groups: Sequence[RowFacts]) -> Point:
    """What is told of some detailed groups of one table."""
    ways: dict[str, list[str]] = {"higher": [], "lower": []}
    for row in groups:
        ways[row.way()].append(f"{people(row.who)} ({row['ratio'].text}, {row['ratio_lower'].text})")
    told = listed([f"{way} for {listed(some)}" for way, some in ways.items() if some])
    first = groups[0]["ratio"]
    title = f"{capital(first.unit) or first.what}: {told} than for {people(label(of_detailed()))}"
    rows = verdicts(results, [first.table])
    own = rows[rows["label"].isin([row.who for row in groups])]
    remains = what_is_left(own, results.tables[first.table]["adjust"], results.band, figures=len(own) <= MOST_NAMED)
    return _point(first, title, remains) | {"see": f"{first.what} by detailed group"}


def _recorded(results: Results, every: Sequence[Headline]) -> list[Point]:
    """How far the two records of a person's ethnicity agree, and what shares of those who are counted have none."""
    said = [fact for fact in results.facts if (fact.measure, fact.statistic) == AGREEMENT]
    unknown: dict[float, str] = {}
    too_low = []
    for headline in every:
        measure, shares = MEASURES[headline.said.measure], _without_ethnicity(headline)
        part, of = (measure.numerator, "numerator") if measure.kind == "rate" else (measure.denominator, "denominator")
        if part and of in shares:
            unknown.setdefault(shares[of], lower_first(part.label))
        if measure.kind == "rate" and shares.get("numerator", 0) - shares.get("denominator", 1) > MUCH_MORE:
            events, population = (number(shares[count], "%", 1) for count in COUNTS)
            told = f"{events} of {lower_first(measure.numerator.label)} but {population} of the population"
            too_low.append(
                f"It is not known of {told}: taken together, the groups’ {WORDS[measure.code].name} is too low."
            )
    ends = dict.fromkeys([min(unknown), max(unknown)]) if unknown else {}
    told = " to ".join(f"{number(share, '%', 1)} ({unknown[share]})" for share in ends)
    text = f"{'From ' * (len(ends) > 1)}{told} of those who are counted have no known ethnicity." if ends else ""
    text = " ".join(filter(None, [text, *too_low]))
    if said:
        return [_point(said[0], re.split("[.;] ", said[0].text)[0].removesuffix("."), text)]
    return [_unlinked(text.removesuffix("."), "")] if text else []


def _without_ethnicity(headline: Headline) -> dict[str, float]:
    """The share of the numerator, and of the denominator, of unknown ethnicity, as far as it is published."""
    named = f"{headline.said.measure}/{headline.said.by}"
    none, whole = (headline.rows.get(f"{named}/{code}", RowFacts()) for code in (NOT_STATED, "all"))
    pairs = {of: [row[of].value for row in (none, whole) if of in row] for of in COUNTS}
    known = {of: [each for each in pair if isinstance(each, int | float)] for of, pair in pairs.items()}
    return {of: pair[0] / pair[1] for of, pair in known.items() if len(pair) == 2 and pair[1]}


def _answers(results: Results) -> list[Point]:
    """How many comparisons the register lists, and how many of them are answered; nothing if it lists none."""
    asked = disproportionate(results.facts, results.period)
    answered = sum(name in results.responses for name in asked)
    if not asked:
        return []
    many = counted(len(asked), "comparison")
    title = f"{number(answered) if answered else 'None'} of {many} in the register answered so far"
    return [Point(title=title, text="", see="", chapter="explain-or-reform", table="register")]
