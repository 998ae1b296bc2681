"""How a fact becomes a sentence: direction, size, certainty and unit, as strongly as its verdict allows."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from reportlib.words import MARKS as MARKS
from reportlib.words import WORDS as WORDS
from reportlib.words import MeasureWords as MeasureWords
from reportlib.words import counted as counted
from reportlib.words import interval as interval
from reportlib.words import level_words, listed, marked, missing
from reportlib.words import number as number
from reportlib.words import one_in as one_in
from reportlib.words import p_value as p_value
from reportlib.words import people as people
from reportlib.words import percent_decimals as percent_decimals
from reportlib.words import ratio as ratio
from reportlib.words import ratio_decimals as ratio_decimals

Row = Mapping[Hashable, Any]
VERDICTS = (
    "disproportionate",
    "difference, size uncertain",
    "small difference",
    "parity",
    "inconclusive",
    "not assessed",
)
SIGNIFICANT = VERDICTS[:3]
BAND = (0.8, 1.25)  # the four-fifths rule (US Uniform Guidelines on Employee Selection, 1978) and its inverse
FEWEST_YEARS = 4  # no trend is described on fewer


def comparison_sentence(row: Row, words: MeasureWords, level: float = 0.95, band: tuple[float, float] = BAND) -> str:
    """What one comparison says.

    row: label, reference_label, value, reference_value, denominator, ratio, ratio_lower, ratio_upper, gap,
    detectable_below and detectable_above, verdict, mark, and judged = "complement" where the ratio is that
    of the opposite outcome. Raises ValueError on an unknown verdict.
    """
    verdict = row["verdict"]
    if verdict not in VERDICTS:
        raise ValueError(f"unknown verdict {verdict!r}: one of {'; '.join(VERDICTS)}")
    group, reference = _subject([row["label"]], words), _subject([row["reference_label"]], words)
    if verdict == "not assessed":
        return f"No comparison is made between {group} and {reference}: {_why_not([row])}."
    claim = _claim(verdict, group, reference, words, _up(row))
    values = " ".join(filter(None, [_values(row, words), _gap(row, words)]))
    opening = f"{claim}: {values}" if values else claim
    caution = " Treat this with caution: it is based on small numbers [u]." if row.get("mark") == "u" else ""
    return f"{opening}. {_size(row, words, level)}{_certainty(row, band)}{caution}"


def summary_sentence(frame: pd.DataFrame, words: MeasureWords, reference: str) -> str:
    """What a whole comparison table says: who stands out, who does not, about whom the data cannot tell.

    frame: a comparison frame of one stratum, with the row of the group labelled `reference`.
    """
    rows = with_reference(frame, reference)
    found = [_standing_out([row for row in rows if row["verdict"] == v], words) for v in VERDICTS]
    assessed = {row["verdict"] for row in rows} & {*VERDICTS[1:4]}
    if assessed and not found[0]:
        found.insert(0, f"No group was found to differ from {people(reference)} by enough to be disproportionate")
    return " ".join(f"{sentence}." for sentence in found if sentence)


def with_reference(frame: pd.DataFrame, reference: str) -> list[dict[Hashable, Any]]:
    """A comparison frame's rows as `comparison_sentence` reads them; `reference` is a label."""
    base = frame.loc[frame["label"] == reference, "value"]
    shared: Row = {"reference_label": reference, "reference_value": base.iloc[0] if len(base) else None}
    rows = frame[(frame["label"] != reference) & frame["verdict"].notna()].to_dict("records")
    return [{**row, **shared} for row in rows]


def adjusted_sentence(row: Row, allowed_for: str, level: float = 0.95) -> str:
    """What adjustment changed: the crude and the adjusted relative rate side by side."""
    if missing(row["adjusted_ratio"]) or missing(row["ratio"]):
        return f"No comparison could be made that allows for {allowed_for}."
    places = ratio_decimals(row["adjusted_ratio"], row["adjusted_lower"], row["adjusted_upper"])
    crude, adjusted = (ratio(row[name], decimals=places) for name in ("ratio", "adjusted_ratio"))
    limits = interval(row["adjusted_lower"], row["adjusted_upper"], decimals=places)
    change = f"is still {adjusted}" if crude == adjusted else f"changes from {crude} to {adjusted}"
    return f"Allowing for {allowed_for}, the relative rate {change} ({level_words(level)} {limits})."


def trend_sentence(frame: pd.DataFrame, words: MeasureWords, p: float | None = None, level: float = 0.95) -> str:
    """How one group's figure moved over the years and, with a trend test's p-value, how sure that is.

    frame: year, label, value, mark; one row a year.
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
    first, last = shown.iloc[0], shown.iloc[-1]
    start, end = (number(row["value"], words.unit, 1) for row in (first, last))
    moved = f"was the same in {last['year']} as in {first['year']} ({end})"
    if start != end:
        way = "higher" if last["value"] > first["value"] else "lower"
        moved = f"was {way} in {last['year']} ({end}) than in {first['year']} ({start})"
    sure = ""
    if p is not None:
        sure = ", and the trend is statistically significant" if p < 1 - level else ", with no clear trend"
    return f"{_capital(what)} {moved}{sure}.{hidden}"


def share_sentence(row: Row, whole_a: str, whole_b: str, decimals: int = 0) -> str:
    """One share beside another: "Black people made up 18% of complainants and 13% of the population."

    row: label, share_a, share_b (fractions of one), mark.
    """
    who = people(row["label"])
    if missing(row["share_a"]) or missing(row["share_b"]):
        return f"The shares of {whole_a} and of {whole_b} for {who} are {marked([row['mark']])}."
    a, b = (number(row[share], "%", decimals) for share in ("share_a", "share_b"))
    return (
        f"{_capital(who)} made up {a} of "
        + (f"both {whole_a} and" if a == b else f"{whole_a} and {b} of")
        + f" {whole_b}."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _subject(labels: Sequence[str], words: MeasureWords) -> str:
    return words.subject.format(people=listed([people(label) for label in labels]))


def _up(row: Row) -> bool | None:
    """Whether the group's figure is the higher one; None where the two are equal or unknown."""
    value, reference = row.get("value"), row.get("reference_value")
    if missing(value) or missing(reference):
        value, reference = row.get("ratio"), 1
        if row.get("judged") == "complement":
            value, reference = reference, value
    same = missing(value) or missing(reference) or value == reference
    return None if same else float(value or 0) > float(reference or 0)


def _claim(verdict: str, group: str, reference: str, words: MeasureWords, up: bool | None) -> str:
    share = words.unit == "%"
    if verdict == "inconclusive":
        how = f"were more or less likely to {words.verb}" if share else f"had a higher or lower {words.name}"
        return f"The data cannot tell whether {group} {how} than {reference}"
    if verdict == "parity" or up is None:
        how = f"were about as likely to {words.verb}" if share else f"had about the same {words.name}"
        return f"{_capital(group)} {how} as {reference}"
    how = f"were {'more' if up else 'less'} likely to {words.verb}"
    if not share:
        how = f"had a {'higher' if up else 'lower'} {words.name}"
    return f"{_capital(group)} {how} than {reference}"


def _values(row: Row, words: MeasureWords) -> str:
    value, reference = row.get("value"), row.get("reference_value")
    if missing(value) or missing(reference):
        return ""
    share = words.unit == "%"
    coarse = percent_decimals(row.get("denominator")) if share else 1
    fine = 3 if row["verdict"] in SIGNIFICANT else coarse  # a significant difference never prints as equal
    pairs = [
        [number(figure, "%" if share else "", decimals) for figure in (value, reference)]
        for decimals in range(coarse, fine + 1)
    ]
    first, second = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
    both = f"both {first}" if first == second else f"{first} compared with {second}"
    return both if share else f"{both} {words.unit}"


def _gap(row: Row, words: MeasureWords) -> str:
    if words.unit != "%" or missing(row.get("gap")) or row["verdict"] not in SIGNIFICANT:
        return ""
    points = int(number(abs(row["gap"]) * 100))
    about = f"about {counted(points, 'percentage point')}" if points else "less than 1 percentage point"
    return f"({about} {'higher' if row['gap'] > 0 else 'lower'})"


def _size(row: Row, words: MeasureWords, level: float) -> str:
    if missing(row.get("ratio")):
        return ""
    if math.isinf(row["ratio"]):
        return "No relative rate can be worked out, because the figure compared with is 0. "
    of = f" of {words.complement}" if row.get("judged") == "complement" else ""
    lower, upper, limits = row.get("ratio_lower"), row.get("ratio_upper"), ""
    places = ratio_decimals(row["ratio"], lower, upper)
    if not missing(lower) and not missing(upper):
        limits = f" ({level_words(level)} {interval(lower, upper, decimals=places)})"
    return f"The relative rate{of} is {ratio(row['ratio'], decimals=places)}{limits}. "


def _certainty(row: Row, band: tuple[float, float]) -> str:
    within = interval(*band)
    if row["verdict"] == "inconclusive":
        return _could_have_shown(row)
    return {
        "disproportionate": "The difference is statistically significant and large enough to count as "
        f"disproportionate: outside the range {within}.",
        "difference, size uncertain": "The difference is statistically significant, but its size is "
        f"uncertain: the interval reaches outside the range {within}.",
        "small difference": "The difference is statistically significant but small: the whole interval "
        f"lies within the range {within}.",
        "parity": f"Any difference is small: the whole interval lies within the range {within}.",
    }[row["verdict"]]


def _could_have_shown(row: Row) -> str:
    ends = [row.get("detectable_below"), row.get("detectable_above")]
    known = [end for end in ends if end is not None and not missing(end) and 0 < end < math.inf]
    if not known:
        return "There are too few cases to show even a large difference, so there may be one."
    limits = " or ".join(f"{'below' if end < 1 else 'above'} {ratio(end)}" for end in known)
    return (
        f"With this many cases, only a relative rate {limits} was likely to be detected; "
        "a smaller difference may exist."
    )


def _why_not(rows: Sequence[Row]) -> str:
    marks = [row["mark"] for row in rows if row.get("mark") in MARKS]
    small = ["the numbers are too small"] if len(marks) < len(rows) else []
    return " or ".join(([f"figures are {marked(marks)}"] if marks else []) + small)


def _standing_out(rows: Sequence[Row], words: MeasureWords) -> str:
    """One sentence on the groups that share a verdict; those above and those below apart."""
    if not rows:
        return ""
    verdict, reference = rows[0]["verdict"], _subject([rows[0]["reference_label"]], words)
    if verdict == "not assessed":
        return f"No comparison is made for {_subject([row['label'] for row in rows], words)}: {_why_not(rows)}"
    if verdict in ("parity", "inconclusive"):
        return _claim(verdict, _subject([row["label"] for row in rows], words), reference, words, None)
    how_much = {
        "disproportionate": "by enough to be disproportionate",
        "difference, size uncertain": "by an amount that is uncertain",
        "small difference": "by a small amount",
    }[verdict]
    sides = [(up, [row["label"] for row in rows if _up(row) is up]) for up in (True, False, None)]
    claims = [_claim(verdict, _subject(labels, words), reference, words, up) for up, labels in sides if labels]
    return ". ".join(f"{claim}, {how_much}" for claim in claims)
