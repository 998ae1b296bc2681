"""How a fact becomes a sentence: direction, size, certainty and unit, as strongly as its verdict allows."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from reportlib.comparison import against_others
from reportlib.figures import ratio_decimals
from reportlib.measures import NOT_RECORDED
from reportlib.statistics import adjust_p, sign_test
from reportlib.statistics.verdict import ALPHA
from reportlib.words import (
    DISPROPORTIONATE,
    INCONCLUSIVE,
    MARKS,
    MOST_NAMED,
    NOT_ASSESSED,
    PARITY,
    PARTS_OF,
    SIZE_UNCERTAIN,
    SMALL,
    VERDICTS,
    MeasureWords,
    all_people,
    capital,
    counted,
    flagged,
    interval,
    listed,
    marked,
    missing,
    number,
    people,
    people_or_number,
    percent_decimals,
    ratio,
)

Row = Mapping[Hashable, Any]
FEWEST_YEARS = 4  # no trend is described on fewer
WAYS = {True: "higher", False: "lower", None: "different"}
UNSURE = "u"  # where a figure has no interval: it rests on too few
BY_ENOUGH = ", by enough to be disproportionate"
AS_COUNTED = "as counted, "
MAY_BE_LEFT = "Chance could account for what is left"
NOT_MADE = "No comparison is made for "
BY_MANY = "but chance could account for it, as several comparisons are made"
MOST_DECIMALS = 3  # a significant difference is never printed as two equal figures, as far as these go


def summary_sentence(frame: pd.DataFrame, words: MeasureWords, reference: str, undone_by: str = "") -> str:
    """What a whole comparison table says: who stands out, who does not, about whom the data cannot tell.

    frame: a comparison frame of one stratum (label, value, denominator, ratio and its limits, judged, verdict, mark),
    with the row of the group labelled `reference`; `undone`, where there, is true of a difference that is gone once
    `undone_by` is allowed for, and `turned` of what is then on the other side of the reference. The weightiest finding
    comes first and in full. Raises ValueError on an unknown verdict.
    """
    base = frame.loc[frame["label"] == reference, "value"]
    rows: list[Row] = [
        {**row, "reference_label": reference, "reference_value": base.iloc[0] if len(base) else None}
        for row in frame[(frame["label"] != reference) & frame["verdict"].notna()].to_dict("records")
    ]
    if unknown := {row["verdict"] for row in rows} - set(VERDICTS):
        raise ValueError(f"unknown verdict {min(unknown)!r}: one of {'; '.join(VERDICTS)}")
    held = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in VERDICTS}
    disproportionate, (*differences, inconclusive, not_assessed) = held[DISPROPORTIONATE], list(held.values())[1:]
    standing = [row for row in disproportionate if not row.get("undone")]
    undone = [row for row in disproportionate if row.get("undone")]
    said = [_claim(some, words, up) for some, up in _sides(standing)]
    for some, up in _sides(undone):
        said.append(f"{AS_COUNTED}{_claim(some, words, up)}; allowing for {undone_by}, chance could account for that")
    if held[PARITY] and not (disproportionate or held[SIZE_UNCERTAIN] or held[SMALL]):
        said = [f"No group was found to differ from {people(reference)} by enough to be disproportionate"]
    for some in differences:
        said += [_shorter(each, words) for gone in (False, True) if (each := _gone(some, gone))]
    turning = [row for row in inconclusive if row.get("turned") and _up(row) is not None]
    for some, up in _sides(turning):
        said += [_turned(each, words, up, undone_by, sure) for sure in (True, False) if (each := _sure(some, sure))]
    inconclusive = [row for row in inconclusive if row not in turning]
    apart = [row for row in inconclusive if may_be_chance(row)]
    if apart:
        said.append(f"the {words.name} was {_ways(apart)}, {BY_MANY}")
    if untold := [row for row in inconclusive if row not in apart]:
        said.append(_untold(untold, words, first=not said))
    if not_assessed:
        who = words.subject.format(people=_who(not_assessed))
        said.append(f"{NOT_MADE}{who}: {_why_not(not_assessed)}")
    return " ".join(f"{capital(sentence)}." for sentence in said)


def parts_sentence(
    frame: pd.DataFrame, words: MeasureWords, reference: str, part: str, outcome: str, level: float
) -> str:
    """What comparisons within the parts of the system say: which stand out, how many there are, what the others show.

    And where relative rates (of `outcome`, if given) differ from those of the other parts together.

    frame: comparison frames of the parts, one below the other, as for `summary_sentence`; the column `part` tells them
    apart; limits are of `level`. Empty if there is no comparison.
    """
    base = frame[frame["label"] == reference].set_index(part)["value"]
    told = frame[(frame["label"] != reference) & frame["verdict"].notna() & frame["mark"].ne("x")]
    told = told.reset_index(drop=True)
    told = told.join(against_others(told, level).add_prefix("others_"))
    told = told[told[part].ne(NOT_RECORDED)]  # which is no part of the system
    rows: list[Row] = [{**row, "reference_value": base.get(row[part])} for row in told.to_dict("records")]
    if not rows:
        return ""
    held = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in VERDICTS}
    found, lacking, made = held[DISPROPORTIONATE], held[NOT_ASSESSED], len(rows) - len(held[NOT_ASSESSED])
    names = list(told[part].unique())
    within = f"across {len(names)} {PARTS_OF[part]}" if len(names) > 1 else f"in {names[0]}"
    comparisons = f"{counted(len(rows), 'comparison')} with {people(reference)} {within}"
    if not made:
        return f"Of {comparisons}, none could be made: {_why_not(lacking)}."
    said, differing = [], held[SIZE_UNCERTAIN] + held[SMALL]
    if few := 2 * made < len(rows):
        few_to_tell = "" if found else ", too few to tell where differences lie"
        said.append(f"of {comparisons}, only {made} could be made{few_to_tell}")
    if found:
        said.append(f"{AS_COUNTED}{_by_side(found, words, part, len(names))}{BY_ENOUGH}")
    elif differing:
        sizes = {"is small": held[SMALL], "may not be": held[SIZE_UNCERTAIN]}
        size = " or ".join(text for text, some in sizes.items() if some) + " small" * (not held[SMALL])
        said.append(f"{AS_COUNTED}{_by_side(differing, words, part, len(names))}, by an amount that {size}")
    others = {
        "there is a difference of uncertain size": len(held[SIZE_UNCERTAIN]),
        "there is a small difference": len(held[SMALL]),
        "no difference was found, and any is likely to be small": len(held[PARITY]),
        "the data cannot tell": len(held[INCONCLUSIVE]),
    }
    tally = [f"{len(found) or 'none'} {'are' if len(found) > 1 else 'is'} disproportionate"]
    tally += [f"in {'all ' * (n == made > 1)}{n} {text}" for text, n in others.items() if n]
    among = (f"these {made}" if made > 1 else "this one") if few else f"the {comparisons}"
    said.append(f"of {among}, {'; '.join(tally)}")
    if apart := [row for row in held[PARITY] + held[INCONCLUSIVE] if may_be_chance(row)]:
        more = f"{len(apart)} more would count as {'differences' if len(apart) > 1 else 'a difference'}"
        said[-1] += f"; if no other comparison were made, {more}"
    if lacking:
        said.append(f"{'the other ' * few}{len(lacking)} could not be made: {_why_not(lacking)}")
    said += [*_one_way(rows, words, part), *_apart(rows, part, len(names), outcome)]
    named = "; parts that are not named may differ as much" if found else ""
    said.append(f"these rates are not adjusted{named}")
    return " ".join(f"{capital(sentence)}." for sentence in said)


def _by_side(rows: Sequence[Row], words: MeasureWords, part: str, parts: int) -> str:
    """For which groups a measure was higher, and for which lower, each with the parts in which it was so."""
    told = [f"{WAYS[up]} {_where(side, part, parts)}" for side, up in _sides(rows)]
    return f"the {words.name} was {'; it was '.join(told)}"


def _one_way(rows: Sequence[Row], words: MeasureWords, part: str) -> list[str]:
    """For which groups the figure is on one side of the reference in more of the parts than chance is likely to give.

    By the sign test, adjusted for the number of groups; verdicts look at each part alone.
    """
    sides: dict[str, list[bool | None]] = {}
    for row in rows:
        if row["verdict"] != NOT_ASSESSED:
            sides.setdefault(str(row["label"]), []).append(_up(row))
    tests = [sign_test(ups.count(True), ups.count(False)).p_value for ups in sides.values()]
    adjusted = np.ravel(adjust_p([math.nan if p is None else p for p in tests]))
    told: dict[str, dict[str, list[str]]] = {}
    for (group, ups), p in zip(sides.items(), adjusted, strict=True):
        n, most = len(ups), max((True, False), key=ups.count)
        if p <= ALPHA:
            of = f"all {n}" if ups.count(most) == n else f"{ups.count(most)} of the {n}"
            told.setdefault(of, {}).setdefault(WAYS[most], []).append(group)
    found = [
        f"{listed([f'{way} for {all_people(groups)}' for way, groups in ways.items()])} in {of}"
        for of, ways in told.items()
    ]
    return [f"large or small, the {words.name} was {listed(found)} {PARTS_OF[part]} compared"] if found else []


def _apart(rows: Sequence[Row], part: str, parts: int, outcome: str) -> list[str]:
    """For which groups a relative rate is higher or lower in a part than in the others together, if any was tested.

    Where a group has parts on both sides the fewer are named, with how many others there are.
    """
    rate = f"relative rate{f' of {outcome}' * bool(outcome)}"
    tested = [row for row in rows if not missing(row["others_p_value"])]
    compared = len({row[part] for row in tested})
    others = f"the other {PARTS_OF[part]} " + ("together" if compared == parts else "that could be compared")
    if compared == 2:
        others = f"the other of the two {PARTS_OF[part]}" + " that could be compared" * (parts > 2)
    apart = [row for row in tested if row["others_p_value"] <= ALPHA]
    if not apart:
        return [f"no {rate} was found to differ from that in {others}"] if 2 * len(tested) >= len(rows) else []
    named: dict[bool, dict[str, str]] = {True: {}, False: {}}  # by side and group, in which parts
    for group in dict.fromkeys(str(row["label"]) for row in apart):
        above, below = (
            [str(row[part]) for row in apart if row["label"] == group and (row["others_value"] > 1) is up]
            for up in (True, False)
        )
        up = bool(above) and (not below or len(above) <= len(below))
        some, others_too = (above, below) if up else (below, above)
        places = "; ".join(some) if len(some) <= MOST_NAMED else f"{len(some)} of {parts} {PARTS_OF[part]}"
        # Beside one part that stands out the others would be said to, since it is among those that they are set against
        beyond = f", and {WAYS[not up]} in {counted(len(others_too), 'other')}" if others_too and len(some) > 1 else ""
        named[up][group] = f"for {people(group)} ({places}{beyond})"
    told = [
        f"{WAYS[up]} {listed([*some.values()]) if len(some) <= MOST_NAMED else f'for {people_or_number([*some])}'}"
        for up, some in named.items()
        if some
    ]
    return [f"by more than chance alone is likely to give, the {rate} was {'; it was '.join(told)} than in {others}"]


def _where(rows: Sequence[Row], part: str, parts: int) -> str:
    """For which groups, each with the parts in which it was so; in numbers, where they are too many to name."""
    places: dict[str, list[str]] = {}
    for row in rows:
        places.setdefault(str(row["label"]), []).append(str(row[part]))
    if len(places) > MOST_NAMED:
        return f"for {people_or_number([*places])}"
    told = []
    for group, some in places.items():
        of = f"{'all' if len(some) == parts else f'{len(some)} of'} {parts} {PARTS_OF[part]}"
        told.append(
            f"for {people(group)} ({of if len(some) == parts > 2 or len(some) > MOST_NAMED else '; '.join(some)})"
        )
    return listed(told)


def beside_sentence(frame: pd.DataFrame, other: pd.DataFrame, beside: str) -> str:
    """Of which groups the verdict changes if an outcome is counted otherwise, with both relative rates.

    frame, other: comparison frames of one stratum, without the reference group, with rates of the same sense (label,
    ratio, verdict); `beside` names the measure of `other`. Empty if no group is assessed by both.
    """
    places, places_other = map(ratio_decimals, (frame, other))
    both = frame.merge(other, on="label", suffixes=("", "_other")).to_dict("records")
    told = [row for row in both if NOT_ASSESSED not in (row["verdict"], row["verdict_other"])]
    changed = [row for row in told if row["verdict"] != row["verdict_other"]]
    same = [row for row in told if row["verdict"] == row["verdict_other"]]
    lacking = [row for row in both if row not in told]
    said = []
    if len(changed) > MOST_NAMED:
        said.append(f"for {_who(changed)} the verdict on the {beside} is another")
    elif changed:
        moves = [
            f"{ratio(row['ratio'], decimals=places)} ({row['verdict']}) instead of "
            f"{ratio(row['ratio_other'], decimals=places_other)} ({row['verdict_other']}) "
            f"for {people(str(row['label']))}"
            for row in changed
        ]
        said.append(f"set beside the {beside}, the relative rate is {listed(moves)}")
    if same:
        said.append(f"for {_who(same)} the verdict on the {beside} is the same")
    if told and lacking:
        said.append(f"for {_who(lacking)} the two cannot be set side by side")
    return " ".join(f"{capital(sentence)}." for sentence in said)


def trend_sentence(
    frame: pd.DataFrame, words: MeasureWords, p: float | None = None, rising: bool = True, even: bool = True
) -> str:
    """What one figure was in the last year, the year before and the first; with a test, whether that is a trend.

    frame: year, label, value, mark; one row a year. `p` and `rising` are the p-value and direction of a trend test;
    `even` says that chance could account for what a steady trend leaves of the differences between years.
    """
    frame = frame.sort_values("year")
    shown = frame[frame["value"].notna()]
    what = f"the {words.name} for {people(str(frame['label'].iloc[0]))}"
    hidden = "".join(
        f" Figures for {listed([str(year) for year in rows['year']])} are {marked([str(mark)])}."
        for mark, rows in frame[frame["value"].isna()].groupby("mark")
    )
    if len(shown) < FEWEST_YEARS:
        return f"There are too few years to describe a trend in {what}.{hidden}"
    rows, share = [shown.iloc[at] for at in (-1, -2, 0)], words.unit == "%"
    figures = [number(row["value"], *(("%", 1) if share else ("", words.decimals))) for row in rows]
    figures[0] += "" if share else f" {words.unit}"
    told = listed([f"{figure} in {row['year']}" for figure, row in zip(figures, rows, strict=True)])
    sure = ""
    if p is not None:
        course = "upward" if rising else "downward"
        years = "the years shown" if hidden else "all years"
        if p <= ALPHA:
            sure = f": the {course} trend over {years} is statistically significant"
            sure += "" if even else ", but it was not steady"
        else:
            sure = ": no clear trend" if even else ": no steady trend, but the years differ by more than chance"
    return f"{capital(what)} was {told}{sure}.{hidden}"


def gap_sentence(frame: pd.DataFrame, reference: str, outcome: str = "") -> str:
    """For which groups the gap to the reference changed over the years, and for which no change was found.

    frame: year, label, ratio, interaction_p (with the last year of a group). Empty if no group was tested.
    """
    tested = frame[frame["interaction_p"].notna()].to_dict("records")
    changed = [row for row in tested if row["interaction_p"] <= ALPHA]
    same = [row for row in tested if row not in changed]
    places, said = ratio_decimals(frame), []
    for row in changed:
        own = frame[frame["label"].eq(row["label"]) & frame["ratio"].notna()].sort_values("year")
        told = listed([f"{ratio(own['ratio'].iloc[at], places)} in {own['year'].iloc[at]}" for at in (0, -1)])
        of = f" of {outcome}" if outcome else ""
        gap = f"the gap between {people(row['label'])} and {people(reference)} has changed"
        said.append(f"{gap}: the relative rate{of} was {told}")
    if same:
        found = f"no clear change in the gap to {people(reference)} was found for {_who(same)}"
        said.append(f"{found}, which does not show that it has stayed the same")
    return " ".join(f"{capital(sentence)}." for sentence in said)


def latest_sentence(frame: pd.DataFrame, words: MeasureWords, part: str) -> str:
    """What a figure of the whole was in the last year and the year before, and in which parts highest and lowest.

    Of one or two parts each is told, since there is no saying that chance did not put them in their order.

    frame: year, value, lower, upper, denominator, mark and the column `part`, "all" for the whole; one row a part and
    year, or of years taken together. Empty where the figure of the whole is not shown.
    """
    *_, before, year = ["", *sorted(frame["year"].unique())]
    share = words.unit == "%"
    unit = "%" if share else ""

    def places(row: Row) -> int:
        return percent_decimals(row["denominator"]) if share else words.decimals

    every = frame[(frame[part] == "all") & frame["value"].notna()].to_dict("records")
    whole = {row["year"]: number(row["value"], unit, places(row)) for row in every}
    if year not in whole:
        return ""
    then = f" ({whole[before]} the year before)" if before in whole else ""
    when = f"{'over' if ' to ' in year else 'in'} {year}"
    said = [f"{when} the {words.name} was {whole[year]}{f' {words.unit}' * (not share)}{then}"]
    parts = frame[(frame["year"] == year) & (frame[part] != "all")].set_index(part)
    shown = parts["value"].dropna().astype(float)
    told = {
        row[part]: f"{number(row['value'], unit, places(row))} "
        f"({interval(row['lower'], row['upper'], unit, places(row), UNSURE)})"
        for row in parts.loc[shown.index].reset_index().to_dict("records")
    }
    if len(told) > 2 and shown.nunique() > 1:
        most, least = shown.idxmax(), shown.idxmin()
        which = f"highest in {most} at {told[most]} and lowest in {least} at {told[least]}"
        said.append(f"of the {PARTS_OF[part]} shown, it was {which}")
    elif told:
        said.append("; ".join(f"{name}: {figure}" for name, figure in told.items()))
    for mark, rows in parts[parts["mark"].isin(["c", "x", "u"])].groupby("mark"):
        said.append(f"figures for {listed([*map(str, rows.index)])} are {marked([str(mark)])}")
    return " ".join(f"{capital(sentence)}." for sentence in said)


def _who(rows: Sequence[Row]) -> str:
    return people_or_number([str(row["label"]) for row in rows])


def _sides(rows: Sequence[Row]) -> list[tuple[list[Row], bool | None]]:
    """Rows above the reference, below it, and level with it, as far as there are any; at parity all are level."""
    if rows and rows[0]["verdict"] == PARITY:
        return [(list(rows), None)]
    sides = [([row for row in rows if _up(row) is up], up) for up in (True, False, None)]
    return [(some, up) for some, up in sides if some]


def may_be_chance(row: Row) -> bool:
    """Whether the interval of an inconclusive row leaves out 1: its p-value is adjusted, and the interval is not."""
    lower, upper = row.get("ratio_lower"), row.get("ratio_upper")
    return not (missing(lower) or missing(upper) or _up(row) is None) and not float(lower or 0) <= 1 <= float(
        upper or 0
    )


def _up(row: Row) -> bool | None:
    """Whether the group's figure is the higher one; None where the two are equal or unknown."""
    value, reference = row.get("value"), row.get("reference_value")
    if missing(value) or missing(reference) or value == reference:  # as printed
        value, reference = row.get("ratio"), 1
        if row.get("judged") == "complement":
            value, reference = reference, value
    same = missing(value) or missing(reference) or value == reference
    return None if same else float(value or 0) > float(reference or 0)


def _claim(rows: Sequence[Row], words: MeasureWords, up: bool | None) -> str:
    """The whole claim about groups that are disproportionate, with their figures."""
    named = all_people([str(row["label"]) for row in rows])
    who, than = words.subject.format(people=named), words.again.format(people=people(rows[0]["reference_label"]))
    more = {True: ("more", "higher"), False: ("less", "lower"), None: ("more or less", "higher or lower")}[up]
    how = f"were {more[0]} likely to {words.verb}" if words.unit == "%" else f"had a {more[1]} {words.name}"
    return f"{who} {how} than {than}{_figures(rows, words)}{BY_ENOUGH}"


def _gone(rows: Sequence[Row], gone: bool) -> list[Row]:
    """Those whose difference adjustment undoes, or the others, as are all at parity."""
    return [row for row in rows if bool(row.get("undone") and row["verdict"] != PARITY) is gone]


def _shorter(rows: Sequence[Row], words: MeasureWords) -> str:
    """A claim by the measure's name, about groups of one verdict whose difference is not disproportionate.

    Adjustment undoes that of all of them, or of none.
    """
    verdict = rows[0]["verdict"]
    if verdict == PARITY:
        return f"any difference in the {words.name} is likely to be small for {_who(rows)}"
    by = ", by an amount that may not be small" if verdict == SIZE_UNCERTAIN else ", by a small amount"
    told = f"the {words.name} was {_ways(rows)}{by * any(_up(row) is not None for row in rows)}"
    return f"{AS_COUNTED}but not once adjusted, {told}" if _gone(rows, gone=True) else told


def _ways(rows: Sequence[Row]) -> str:
    """For whom a figure was higher, for whom lower, and for whom neither."""
    ways = WAYS | {None: "about the same"}
    return listed([f"{ways[up]} for {_who(side)}" for side, up in _sides(rows)])


def _sure(rows: Sequence[Row], sure: bool) -> list[Row]:
    """Those whose adjusted interval leaves out 1, or holds it."""
    return [row for row in rows if (row["adjusted_lower"] <= 1 <= row["adjusted_upper"]) is not sure]


def _turned(rows: Sequence[Row], words: MeasureWords, up: bool | None, by: str, sure: bool) -> str:
    """That a figure is on one side of the reference as counted, and on the other once adjusted."""
    crude, then = ("higher", "lower") if up else ("lower", "higher")
    told = f"the {words.name} was {crude} for {_who(rows)} as counted"
    if sure:
        return f"{told}, which chance could account for, but {then} allowing for {by}"
    return f"{told}, but {then} allowing for {by}; chance could account for both"


def _untold(rows: Sequence[Row], words: MeasureWords, first: bool) -> str:
    """That the data cannot tell: never that there is no difference."""
    whether = f"whether the {words.name} was higher or lower for {_who(rows)}"
    return f"the data cannot tell {whether}" + (f" than for {people(rows[0]['reference_label'])}" if first else "")


def _figures(rows: Sequence[Row], words: MeasureWords) -> str:
    """The figures of some groups, each with its group, and of the reference, in brackets; nothing if one is hidden."""
    values, reference = [row["value"] for row in rows], rows[0]["reference_value"]
    if any(map(missing, [*values, reference])):
        return ""
    share = words.unit == "%"
    coarse = min(percent_decimals(row.get("denominator")) for row in rows) if share else words.decimals
    for decimals in range(coarse, MOST_DECIMALS + 1):
        *own, base = (number(figure, "%" if share else "", decimals) for figure in [*values, reference])
        if base not in own:
            break
    own = [flagged(figure, row) for figure, row in zip(own, rows, strict=True)]
    unit = "" if share else f" {words.unit}"
    if len(set(own)) == 1:
        return f" ({own[0]} compared with {base}{unit})"
    each = listed([f"{row['label']} {figure}" for row, figure in zip(rows, own, strict=True)])
    return f" ({each}, compared with {base}{unit})"


def _why_not(rows: Sequence[Row]) -> str:
    marks = [row["mark"] for row in rows if row.get("mark") in MARKS]
    small = ["rest on too few people or cases"] if len(marks) < len(rows) and "u" not in marks else []
    return f"figures {' or '.join(([f'are {marked(marks)}'] if marks else []) + small)}"
