"""Charts of figures: shares side by side, lines over years, bars, funnels."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from itertools import groupby, pairwise
from textwrap import fill
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reportlib.charts import alt, drawing
from reportlib.charts.drawing import BLUE, GREY, INK, MARGIN, NAVY, ORANGE, RULE, WIDTH, checked, figures
from reportlib.charts.svg import Chart, drawn
from reportlib.figures import LIMITS
from reportlib.words import capital, marked, missing, number

T = TypeVar("T", pd.Series, pd.DataFrame)
MOST_LINES = 6
ASIDE = 0.025  # share of the years by which lone points of one year stand apart
PAIR = "◆☐"  # the markers of two shares, as signs that every typeface of the report has
FUNNEL_PENS: dict[str, dict[str, Any]] = {
    "998": {"label": "outer (99.8%)", "color": GREY, "linewidth": 1.3},
    "95": {"label": "inner (95%)", "color": RULE, "linewidth": 7},
}
PANEL = 90  # height of one line's panel


def dumbbell(frame: pd.DataFrame, title: str, share_a: str, share_b: str) -> Chart:
    """One share beside another, a row a group: its share of `share_a` and of `share_b`, each with its figure.

    frame: label, share_a, share_b (fractions of one), mark.
    """
    rows = checked(frame, ("share_a", "share_b"))
    records = rows.to_dict("records")
    most = max(figures(rows, ("share_a", "share_b")), default=1.0)
    texts = [(row["label"], marked([row["mark"]]) if row["mark"] else _both(row), not row["mark"]) for row in records]
    with drawing.style(title):
        figure, ax, tracks = drawing.row_canvas(texts, above=52)
        ax.set_xlim(-0.02 * most, 1.02 * most)
        ax.xaxis.set_visible(False)
        for y, row in zip(tracks, records, strict=True):
            if not row["mark"]:
                _pair(ax, y, row["share_a"], row["share_b"])
        entries = [(f"share of {share_a}", NAVY, "D", NAVY), (f"share of {share_b}", ORANGE, "s", "white")]
        drawing.key(ax, [drawing.marker_key(*entry) for entry in entries])
        return Chart(drawn(figure, title), alt.dumbbell(rows, title, share_a, share_b))


def trend(frame: pd.DataFrame, title: str, unit: str, decimals: int = 1) -> Chart:
    """Lines over the years with interval ribbons, each named at its end; a marked year is a gap.

    More than six lines cannot be told apart, and long names leave no room: each line then has a panel, on one scale.
    frame: year, group, label, value, lower, upper, mark.
    """
    rows = checked(frame, ("value", "lower", "upper"))
    years, groups = sorted(rows["year"].unique()), list(dict.fromkeys(rows["group"]))
    with drawing.style(title):
        wide = drawing.widest(rows["label"]) > WIDTH / 3  # beside which no room is left for lines
        figure = (_panels if wide or len(groups) > MOST_LINES else _lines)(rows, years, groups, unit)
        return Chart(drawn(figure, title), alt.trend(rows, title, unit, decimals))


def _lines(rows: pd.DataFrame, years: list[str], groups: list[str], unit: str) -> Figure:
    last = rows[rows["value"].notna()].groupby("group")["year"].max()  # of a line that ends before, said at its end
    ends_in = last.map(lambda year: "" if year == years[-1] else f" ({year})")
    names = drawing.widest(rows["label"] + rows["group"].map(ends_in).fillna(""))
    under = "\n".join(fill(text, drawing.UNDER) for text in (_shaded(rows, years), alt.gaps(rows)) if text)
    below = 32 + drawing.LINE * (under.count("\n") + 2) + drawing.SPACE
    figure, ax = drawing.canvas(268 + below, 52, names + 32, drawing.TITLE, below)
    figure.text(MARGIN / WIDTH, 8 / (268 + below), under)
    drawing.axis_title(ax, unit)
    drawing.value_axis(ax, figures(rows, ("value", "lower", "upper")), unit)
    drawing.year_axis(ax, years)
    ends = []
    aside = _aside(rows, years)
    for group in groups:
        line = rows[rows["group"] == group]
        colour, marker = drawing.look(group, groups)
        end = _line(ax, line, years, colour, marker, aside[group])
        ends += [(*end, f"{line['label'].iloc[0]}{ends_in[group]}", colour, marker)] if end else []
        _name_alone(ax, line, years, aside[group])
    drawing.name_ends(ax, ends)
    return figure


def _panels(rows: pd.DataFrame, years: list[str], groups: list[str], unit: str) -> Figure:
    top, left, wide = drawing.TITLE, 52, (WIDTH - 52 - MARGIN) / 2
    signs = " ".join(f"{sign}." for sign in drawing.signs(rows))
    under = fill(" ".join(filter(None, [_shaded(rows, years), signs])), drawing.UNDER)
    height = math.ceil(len(groups) / 2) * (PANEL + 72) + top + drawing.LINE * (under.count("\n") + 1)
    figure = drawing.blank(height)
    figure.text(MARGIN / WIDTH, 8 / height, under)
    for i, group in enumerate(groups):
        line, column = rows[rows["group"] == group], i % 2
        above = top + (i // 2) * (PANEL + 72) + 40
        ax = drawing.panel(figure, left + column * (wide + 4), above, wide - 8, PANEL)
        drawing.value_axis(ax, figures(rows, ("value", "lower", "upper")), unit)
        if i == 0:
            drawing.axis_title(ax, unit)
        drawing.panel_title(ax, str(line["label"].iloc[0]), 0)
        ax.tick_params(labelleft=column == 0)
        ax.set_xticks(range(len(years)), [years[0], *[""] * (len(years) - 2), years[-1]][-len(years) :])
        ax.set_xlim(-0.3, len(years) - 0.7)
        labels = ax.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
        _line(ax, line, years, *drawing.look(group, groups))
        _gap_marks(ax, line, years)
    return figure


def _line(
    ax: Axes, rows: pd.DataFrame, years: list[str], colour: str, marker: str, aside: pd.Series | None = None
) -> tuple[float, float] | None:
    """One line with its ribbon, broken where a year is not shown; returns its last point.

    A point between two gaps has its interval as a bar; `aside` says how far from its year each stands.
    """
    line = rows.set_index("year").reindex(years)
    lone = _lone(line["value"]).to_numpy()
    at = np.arange(len(years)) + (0 if aside is None else aside.to_numpy())
    ax.fill_between(at, line["lower"], line["upper"], where=~lone, color=colour, alpha=0.1, linewidth=0)
    edge: dict[str, Any] = {"markersize": 9, "markeredgecolor": "white", "markeredgewidth": 0.8, "clip_on": False}
    ax.plot(at, line["value"], color=colour, marker=marker, **edge)
    for x, lower, upper in zip(at[lone], line["lower"][lone], line["upper"][lone], strict=True):
        ax.plot([x, x], [lower, upper], color=colour, linewidth=2, clip_on=False)
    shown = line["value"].notna().to_numpy().nonzero()[0]
    return (float(at[shown[-1]]), float(line["value"].iloc[shown[-1]])) if len(shown) else None


def _name_alone(ax: Axes, rows: pd.DataFrame, years: list[str], aside: pd.Series) -> None:
    """The name of a line at the top of each interval that stands alone; but the last point is named at its end."""
    line = rows.set_index("year").reindex(years)
    places = np.flatnonzero(_lone(line["value"]))
    for i in places[places < np.flatnonzero(line["value"].notna())[-1:].max(initial=0)]:
        at, end = (i + aside.iloc[i], line["upper"].fillna(line["value"]).iloc[i]), aside.iloc[i] < 0
        spot: dict[str, Any] = {"ha": "right" if end else "left", "va": "top", "textcoords": "offset points"}
        ax.annotate(rows["label"].iloc[0], at, (-5 if end else 5, 0), **spot)


def _lone(values: T) -> T:
    """Which values of a line, or of lines side by side, have none the year before or after to draw a line to."""
    shown = values.notna()
    return shown & ~shown.shift(1, fill_value=False) & ~shown.shift(-1, fill_value=False)


def _aside(rows: pd.DataFrame, years: list[str]) -> pd.DataFrame:
    """How far the interval of each lone point stands inwards of its year, beside lines and others: a column a group."""
    lone = _lone(_by_group(rows, years)) & bool(rows["lower"].notna().any())
    inwards = np.where(np.arange(len(years)) < len(years) / 2, 1, -1) * ASIDE * len(years)
    return lone.cumsum(axis=1).where(lone, 0).mul(inwards, axis=0)


def _by_group(rows: pd.DataFrame, years: list[str]) -> pd.DataFrame:
    """Values with a row a year and a column a group."""
    return rows.pivot(index="year", columns="group", values="value").reindex(years)


def _shaded(rows: pd.DataFrame, years: list[str]) -> str:
    """How a chart of lines draws intervals; empty where it has none."""
    if rows["lower"].isna().all():
        return ""
    lone, some = _lone(_by_group(rows, years)).any(axis=None), (rows["value"].notna() & rows["lower"].isna()).any()
    return f"Shaded{' or barred' * bool(lone)}: confidence intervals{', where they can be shown' * bool(some)}."


def _gap_marks(ax: Axes, rows: pd.DataFrame, years: list[str]) -> None:
    """The mark of each year that is not shown, on the axis; once for years that follow each other."""
    held = rows.set_index("year")
    start = 0
    for mark, run in groupby(held["mark"].where(held["value"].isna(), "").reindex(years, fill_value="")):
        end = start + len(list(run))
        if mark:
            ax.annotate(f"[{mark}]", ((start + end - 1) / 2, 0), (0, 3), textcoords="offset points", ha="center")
        start = end


def bars(frame: pd.DataFrame, title: str, unit: str, decimals: int = 1) -> Chart:
    """A bar for each row's value with its interval; name and figures stand above the bar.

    frame: label, value, lower, upper, mark; denominator, where there, decides the decimals of a percentage.
    """
    rows = checked(frame, ("value", "lower", "upper"))
    records = rows.to_dict("records")
    texts = [(row["label"], alt.value_words(row, unit, decimals), not missing(row["value"])) for row in records]
    with drawing.style(title):
        figure, ax, tracks = drawing.row_canvas(texts, above=MARGIN if unit == "%" else 36)
        limits = ax.get_ylim()
        apart = min((b - a for a, b in pairwise(tracks)), default=1)
        pen: dict[str, Any] = {"color": BLUE, "saturation": 1, "width": 18 / apart}
        sns.barplot(x=rows["value"], y=tracks, orient="h", native_scale=True, errorbar=None, ax=ax, **pen)
        most = max(figures(rows, ("value", "upper")), default=1.0)
        ax.set(xlim=(0, most or 1), ylim=limits, xlabel="", ylabel="")
        ax.xaxis.set_visible(False)
        for y, row in zip(tracks, records, strict=True):
            drawing.ranged(ax, y, (row["lower"], row["upper"]), INK, width=2)
        if unit != "%":
            ax.annotate(capital(unit), (0, 1), (0, 14), "axes fraction", "offset points", color=GREY)
        return Chart(drawn(figure, title), alt.bars(rows, title, unit, decimals))


def funnel(frame: pd.DataFrame, title: str, unit: str, target: float, across: str) -> Chart:
    """Places side by side by size, each with its limits of chance about the target; those outside are named.

    Those outside the outer limits, 99.8%, have another marker.

    Places of one size may differ in how often the same people come again, and then have other limits: no curve over
    size would be that of any of them.

    frame: label, denominator, value, lower_95, upper_95, lower_998, upper_998, mark; `across` says what the
    denominator counts ("complaints decided").
    """
    rows = checked(frame, ("denominator", "value", *LIMITS))
    shown = rows[rows["value"].notna()].sort_values("denominator")
    far, out = (~shown["value"].between(shown[f"lower_{n}"], shown[f"upper_{n}"]) for n in ("998", "95"))
    with drawing.style(title):
        held = [*figures(shown, ("value", *LIMITS)), target]
        least = min(held) if min(held) > max(held) / 2 else 0
        figure, ax = drawing.canvas(340, 52, MARGIN, drawing.TITLE + 24, 52)
        drawing.axis_title(ax, unit, " (the axis does not start at 0)" * bool(least))
        drawing.value_axis(ax, held, unit, least)
        for limit, pen in FUNNEL_PENS.items():
            ends = shown[[f"lower_{limit}", f"upper_{limit}"]].assign(gap=math.nan)  # one path, in as many pieces
            ax.plot(shown["denominator"].repeat(3), ends.to_numpy().ravel(), **pen)
        ax.axhline(target, color=INK, linewidth=1, linestyle="--", label="average")
        dot: dict[str, Any] = {"s": 55, "zorder": 4, "legend": False, "ax": ax}
        for points, colour, marker in ((shown[~far], NAVY, "o"), (shown[far], ORANGE, "D")):
            sns.scatterplot(points, x="denominator", y="value", color=colour, marker=marker, **dot)
        drawing.key(ax, ax.lines, 3)
        ax.set(xlabel=capital(across), ylabel="", xlim=(0, shown["denominator"].max() * 1.03))
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.xaxis.set_major_formatter(lambda x, _: number(x))
        _name_outside(ax, shown[out], shown["denominator"])
        outside = {"99.8%": shown[far], "95%": shown[out & ~far]}
        return Chart(drawn(figure, title), alt.funnel(rows, outside, title, unit, target))


def _both(row: Mapping[Hashable, Any]) -> str:
    """Two shares in figures, each behind a sign like its marker."""
    return "\u2003".join(
        f"{sign} {number(row[name], '%', 1)}" for sign, name in zip(PAIR, ("share_a", "share_b"), strict=True)
    )


def _pair(ax: Axes, y: float, a: float, b: float) -> None:
    """Two shares on one track."""
    ax.plot(ax.get_xlim(), [y, y], color=RULE, linewidth=0.8, zorder=1)
    ax.plot([a, b], [y, y], color=GREY, linewidth=3, zorder=2)
    drawing.point(ax, b, y, ORANGE, "s", "white")
    drawing.point(ax, a, y, NAVY, "D", NAVY)


def _name_outside(ax: Axes, places: pd.DataFrame, sizes: pd.Series) -> None:
    """Names beside the points, on the side where fewer limits stand in their way."""
    ends = ax.get_xlim()
    unit = (ends[1] - ends[0]) / (ax.get_position().width * WIDTH)
    for row in places.to_dict("records"):
        at, wide = (row["denominator"], row["value"]), (drawing.text_width(row["label"]) + 8) * unit
        ways = {("right", -8): (at[0] - wide, at[0]), ("left", 8): (at[0], at[0] + wide)}
        fits = [way for way, (low, high) in ways.items() if ends[0] <= low and high <= ends[1]]
        side, away = min(fits or ways, key=lambda way: sizes.between(*ways[way]).sum())
        ax.annotate(
            row["label"], at, (away, 0), "data", "offset points", ha=side, va="center_baseline", bbox=drawing.CLEAR
        )
