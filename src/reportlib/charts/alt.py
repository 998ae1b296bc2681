"""What a chart shows, in words, from the rows that it was drawn from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from reportlib.figures import ratio_decimals
from reportlib.statistics import Band
from reportlib.words import (
    DISPROPORTIONATE,
    MARKS,
    ONLY_COUNTED,
    flagged,
    interval,
    level_words,
    listed,
    marked,
    missing,
    number,
    percent_decimals,
    ratio,
)

LONGEST = 8  # rows told one by one; beyond, those that stand out and how many do not


def forest(rows: pd.DataFrame, title: str, axis: str, level: float, band: Band) -> str:
    """Alt text of a forest plot, or of small ones by stratum; `axis` says what is compared with whom."""
    shown = rows[rows["ratio"].notna()]
    about = f"{axis}, {level_words(level)}; the band is {band[0]:g} to {band[1]:g}."
    return f"Forest plot: {title}. {about} {_verdicts(shown, ratio_decimals(shown))}{_unadjusted(shown)}{_hidden(rows)}"


def heatmap(rows: pd.DataFrame, title: str, axis: str) -> str:
    """Alt text of a table of verdicts, as pictured: without intervals; `axis` says what is compared with whom."""
    shown = rows.loc[rows["ratio"].notna(), ["stratum", "label", "ratio"]]
    gone = rows.get("undone", pd.Series(False, rows.index)).eq(True)
    shown["verdict"] = rows["verdict"].mask(gone, rows["verdict"] + ONLY_COUNTED)
    return f"Table of verdicts: {title}. {axis}. {_verdicts(shown, 2)}{_hidden(rows)}"


def dumbbell(rows: pd.DataFrame, title: str, share_a: str, share_b: str) -> str:
    """Alt text of shares side by side."""
    shown = rows.dropna(subset=["share_a", "share_b"]).to_dict("records")
    parts = [f"{_name(row)} {number(row['share_a'], '%', 1)} and {number(row['share_b'], '%', 1)}" for row in shown]
    return f"Pairs of points: {title}. Share of {share_a} and share of {share_b}: {_told(parts)}{_hidden(rows)}"


def trend(rows: pd.DataFrame, title: str, unit: str, decimals: int) -> str:
    """Alt text of lines over years: where each begins and ends, and where it is higher or lower than there."""
    parts = []
    for label, line in rows[rows["value"].notna()].groupby("label", sort=False):
        records = line.sort_values("year").to_dict("records")
        told = [f"{_level(row, unit, decimals)} in {row['year']}" for row in records]
        values = [row["value"] for row in records]
        printed = [_level(row, unit, decimals) for row in records]
        turns = {"highest": values.index(max(values)), "lowest": values.index(min(values))}
        beyond = [f", {how} {told[at]}" for how, at in turns.items() if printed[at] not in (printed[0], printed[-1])]
        parts.append(f"{label} {' to '.join(dict.fromkeys([told[0], told[-1]]))}{''.join(beyond)}")
    return f"Line chart: {title}.{_measured(unit)} {_told(parts)}{gaps(rows)}"


def gaps(rows: pd.DataFrame) -> str:
    """Which years of which lines are not shown, and why."""
    every = rows.groupby(["label", "mark"])["year"].transform("nunique").eq(rows["year"].nunique())
    years = rows["year"].mask(every, "every year")
    return _hidden(rows.assign(stratum=rows["label"], label=years).drop_duplicates(["stratum", "label", "mark"]))


def bars(rows: pd.DataFrame, title: str, unit: str, decimals: int) -> str:
    """Alt text of bars."""
    parts = [
        f"{_name(row)} {value_words(row, unit, decimals)}" for row in rows[rows["value"].notna()].to_dict("records")
    ]
    return f"Bar chart: {title}.{_measured(unit)} {_told(parts)}{_hidden(rows)}"


def funnel(rows: pd.DataFrame, outside: Mapping[str, pd.DataFrame], title: str, unit: str, target: float) -> str:
    """Alt text of a funnel plot: how many places, and which lie outside which limits."""
    count = number(int(rows["value"].notna().sum()))
    about = f"{count} places about an average of {number(target, unit, 1)}."
    said = []
    for limits, out in outside.items():
        parts = [f"{_name(row)} {number(row['value'], unit, 1)}" for row in out.to_dict("records")]
        if parts:
            said.append(f"Outside the {limits} limits: {_told(parts)}")
    return f"Funnel plot: {title}. {about} {' '.join(said) or 'None lies outside the limits.'}{_hidden(rows)}"


def value_words(row: Mapping[Hashable, Any], unit: str, decimals: int) -> str:
    """A figure with its interval, "42.1 (40.0 to 45.0)"; or its mark in words."""
    if missing(row["value"]):
        return marked([row["mark"]])
    sign, places = _scale(row, unit, decimals)
    limits = "" if missing(row["lower"]) else f" ({interval(row['lower'], row['upper'], sign, places)})"
    return flagged(_level(row, unit, decimals), row) + limits


def _level(row: Mapping[Hashable, Any], unit: str, decimals: int) -> str:
    """A figure without its interval."""
    return number(row["value"], *_scale(row, unit, decimals))


def _scale(row: Mapping[Hashable, Any], unit: str, decimals: int) -> tuple[str, int]:
    """The sign after a figure, and its decimals: a percentage's follow from what it is of."""
    return ("%", percent_decimals(row.get("denominator", 100))) if unit == "%" else ("", decimals)


def _name(row: Mapping[Hashable, Any]) -> str:
    return str(row["label"]) if missing(row.get("stratum")) else f"{row['stratum']}, {row['label']}"


def _told(parts: Sequence[str]) -> str:
    return f"{'; '.join(parts) or 'no figure is shown'}."


def _measured(unit: str) -> str:
    return "" if unit == "%" else f" In {unit}."


def _verdicts(shown: pd.DataFrame, places: int) -> str:
    """Each row with its verdict; of many, the disproportionate ones and how many have each other verdict."""
    told = shown if len(shown) <= LONGEST else shown[shown["verdict"].str.startswith(DISPROPORTIONATE)]
    parts = [
        f"{_name(row)} {_ratio_words(row, 'ratio', 'ratio', places)}, {row['verdict']}"
        f"{_adjusted(row, places)}{_of_whole(row, places)}"
        for row in told.to_dict("records")
    ]
    rest = shown.drop(told.index)["verdict"].value_counts(sort=False).sort_index()
    parts += [f"{count} with verdict {verdict}" for verdict, count in rest.items()]
    return _told(parts)


def _ratio_words(row: Mapping[Hashable, Any], name: str, limits_of: str, places: int) -> str:
    lower, upper = row.get(f"{limits_of}_lower"), row.get(f"{limits_of}_upper")
    limits = "" if missing(lower) or missing(upper) else f" ({interval(lower, upper, decimals=places)})"
    return ratio(row[name], decimals=places) + limits


def _adjusted(row: Mapping[Hashable, Any], places: int) -> str:
    if missing(row.get("adjusted_ratio")):
        return ""
    return f", and {_ratio_words(row, 'adjusted_ratio', 'adjusted', places)} once adjusted"


def _of_whole(row: Mapping[Hashable, Any], places: int) -> str:
    whole = row.get("national_ratio")
    return "" if missing(whole) else f", beside {ratio(whole, decimals=places)} in England and Wales"


def unadjusted(rows: pd.DataFrame, mark: str = "") -> list[str]:
    """The rows that have no adjusted figure, beside others that have: those of this mark, where marks are known."""
    if "adjusted_ratio" not in rows or rows["adjusted_ratio"].isna().all():
        return []
    gone = rows["ratio"].notna() & rows["adjusted_ratio"].isna()
    return list(rows.loc[gone & rows.get("adjusted_mark", pd.Series("", rows.index)).eq(mark), "label"])


def _unadjusted(rows: pd.DataFrame) -> str:
    """Which comparisons have no adjusted figure, and why where that is known."""
    return "".join(
        f" No adjusted figure is shown{f', {marked([mark])}' if mark else ''}: {listed(names)}."
        for mark in ("", *MARKS)
        if (names := unadjusted(rows, mark))
    )


def _hidden(rows: pd.DataFrame) -> str:
    """Which rows have no figure, and why; those of one stratum together."""
    strata = rows["stratum"].fillna("") if "stratum" in rows else [""] * len(rows)
    hidden: dict[str, dict[str, list[str]]] = {mark: {} for mark in MARKS}
    for mark, stratum, label in zip(rows["mark"], strata, rows["label"], strict=True):
        if mark in hidden:
            hidden[mark].setdefault(stratum, []).append(str(label))
    said = []
    for mark, groups in hidden.items():
        names = [f"{stratum} ({listed(labels)})" if stratum else listed(labels) for stratum, labels in groups.items()]
        said += [f" Not shown, {marked([mark])}: {'; '.join(names)}."] if names else []
    return "".join(said)
