"""Charts of figures: shares side by side, lines over years, bars, funnels."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

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

MOST_LINES = 6
PANEL = 90  # height of one line's panel
RIBBON = "Shaded: confidence intervals."


def dumbbell(frame: pd.DataFrame, title: str, share_a: str, share_b: str) -> Chart:
    """One share beside another, a row a group: its share of `share_a` and of `share_b`.

    frame: label, share_a, share_b (fractions of one), mark.
    """
    rows = checked(frame, ("share_a", "share_b"))
    records = rows.to_dict("records")
    most = max(figures(rows, ("share_a", "share_b")), default=1.0)
    texts = [(row["label"], marked([row["mark"]]) if row["mark"] else "", not row["mark"]) for row in records]
    with drawing.style(title):
        figure, ax, tracks = drawing.row_canvas(texts, above=52)
        ax.set_xlim(-0.17 * most, 1.17 * most)
        ax.xaxis.set_visible(False)
        for y, row in zip(tracks, records, strict=True):
            if not row["mark"]:
                _pair(ax, y, row["share_a"], row["share_b"], most)
        entries = [(f"share of {share_a}", NAVY, "o", NAVY), (f"share of {share_b}", ORANGE, "s", "white")]
        drawing.key(ax, [drawing.marker_key(*entry) for entry in entries])
        return Chart(drawn(figure, title), alt.dumbbell(rows, title, share_a, share_b))


def trend(frame: pd.DataFrame, title: str, unit: str, decimals: int = 1) -> Chart:
    """Lines over the years with interval ribbons, each named at its end; a marked year is a gap.

    More than six lines cannot be told apart: each then has a panel of its own, all on one scale.
    frame: year, group, label, value, lower, upper, mark.
    """
    rows = checked(frame, ("value", "lower", "upper"))
    years, groups = sorted(rows["year"].unique()), list(dict.fromkeys(rows["group"]))
    with drawing.style(title):
        together = _lines if len(groups) <= MOST_LINES else _panels
        figure = together(rows, years, groups, unit)
        return Chart(drawn(figure, title), alt.trend(rows, title, unit, decimals))


def _lines(rows: pd.DataFrame, years: list[str], groups: list[str], unit: str) -> Figure:
    names = max((drawing.text_width(label) for label in rows["label"]), default=0)
    hidden = rows.groupby("label", sort=False)["value"].count().eq(0)
    empty = drawing.not_shown([str(name) for name in hidden[hidden].index], "Nothing can be shown")
    under = "\n".join(filter(None, [RIBBON, empty]))
    below = 32 + drawing.LINE * (under.count("\n") + 1) + drawing.SPACE
    figure, ax = drawing.canvas(268 + below, 52, names + 24, 14 if unit == "%" else 38, below)
    figure.text(MARGIN / WIDTH, 8 / (268 + below), under)
    drawing.value_axis(ax, figures(rows, ("value", "lower", "upper")), unit)
    drawing.year_axis(ax, years)
    ends = []
    for group in groups:
        line = rows[rows["group"] == group]
        colour, marker = drawing.look(group, groups)
        last = _line(ax, line, years, colour, marker)
        ends += [(*last, str(line["label"].iloc[0]), colour)] if last else []
    drawing.name_ends(ax, ends)
    return figure


def _panels(rows: pd.DataFrame, years: list[str], groups: list[str], unit: str) -> Figure:
    top, left, wide = (4, 36)[unit != "%"], 52, (WIDTH - 52 - MARGIN) / 2
    height = math.ceil(len(groups) / 2) * (PANEL + 72) + top + drawing.LINE
    figure = drawing.blank(height)
    figure.text(MARGIN / WIDTH, 8 / height, RIBBON)
    for i, group in enumerate(groups):
        line, column = rows[rows["group"] == group], i % 2
        above = top + (i // 2) * (PANEL + 72) + 40
        ax = drawing.panel(figure, left + column * (wide + 4), above, wide - 8, PANEL)
        drawing.value_axis(ax, figures(rows, ("value", "lower", "upper")), unit if i == 0 or unit == "%" else "")
        drawing.panel_title(ax, str(line["label"].iloc[0]), 0)
        ax.tick_params(labelleft=column == 0)
        ax.set_xticks(range(len(years)), [years[0], *[""] * (len(years) - 2), years[-1]][-len(years) :])
        ax.set_xlim(-0.3, len(years) - 0.7)
        labels = ax.get_xticklabels()
        labels[0].set_horizontalalignment("left")
        labels[-1].set_horizontalalignment("right")
        if not _line(ax, line, years, *drawing.look(group, groups)):
            marks = sorted({str(mark) for mark in line["mark"]} - {""})
            why = "\n".join(f"{drawing.brief(mark)} [{mark}]" for mark in marks)
            ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", color=GREY, bbox=drawing.CLEAR)
    return figure


def _line(ax: Axes, rows: pd.DataFrame, years: list[str], colour: str, marker: str) -> tuple[float, float] | None:
    """One line with its ribbon, broken where a year is not shown; returns its last point."""
    line = rows.set_index("year").reindex(years).reset_index()
    ax.fill_between(line.index, line["lower"], line["upper"], color=colour, alpha=0.1, linewidth=0)
    edge: dict[str, Any] = {"markersize": 9, "markeredgecolor": "white", "markeredgewidth": 0.8}
    ax.plot(line.index, line["value"], color=colour, marker=marker, **edge)
    shown = line["value"].dropna()
    return (float(shown.index[-1]), float(shown.iloc[-1])) if len(shown) else None


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
    """Places side by side by size, with the limits of chance about the target; those far outside are named.

    frame: label, denominator, value, lower_95, upper_95, lower_998, upper_998, mark; `across` says what the
    denominator counts ("complaints decided").
    """
    rows = checked(frame, ("denominator", "value", *LIMITS))
    shown = rows[rows["value"].notna()].sort_values("denominator")
    out = (shown["value"] < shown["lower_998"]) | (shown["value"] > shown["upper_998"])
    with drawing.style(title):
        figure, ax = drawing.canvas(320, 52, 82, 14 if unit == "%" else 38, 52)
        drawing.value_axis(ax, [*figures(shown, ("value", *LIMITS)), target], unit)
        for limit, line in (("95", "--"), ("998", "-")):
            for side in ("lower", "upper"):
                ax.plot(shown["denominator"], shown[f"{side}_{limit}"], color=GREY, linewidth=1.3, linestyle=line)
        ax.axhline(target, color=INK, linewidth=1)
        for points, colour, marker in ((shown[~out], NAVY, "o"), (shown[out], ORANGE, "D")):
            sns.scatterplot(
                x=points["denominator"], y=points["value"], color=colour, marker=marker, s=55, ax=ax, zorder=3
            )
        ax.set(xlabel=capital(across), ylabel="", xlim=(0, shown["denominator"].max() * 1.03))
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.xaxis.set_major_formatter(lambda x, _: number(x))
        _name_outside(ax, shown[out])
        last = shown.iloc[-1]
        ends = [(last["upper_95"], "95%", GREY), (last["upper_998"], "99.8%", GREY), (target, "average", INK)]
        drawing.name_ends(ax, [(last["denominator"], y, name, colour) for y, name, colour in ends])
        return Chart(drawn(figure, title), alt.funnel(rows, shown[out], title, unit, target))


def _pair(ax: Axes, y: float, a: float, b: float, most: float) -> None:
    """Two shares on one track, their figures outside."""
    ax.plot([0, most], [y, y], color=RULE, linewidth=0.8, zorder=1)
    ax.plot([a, b], [y, y], color=GREY, linewidth=3, zorder=2)
    drawing.point(ax, b, y, ORANGE, "s", "white")
    drawing.point(ax, a, y, NAVY, "o", NAVY)
    for value, side, away in ((min(a, b), "right", -9), (max(a, b), "left", 9)):
        ax.annotate(
            number(value, "%", 1),
            (value, y),
            (away, 0),
            "data",
            "offset points",
            ha=side,
            va="center_baseline",
            bbox=drawing.CLEAR,
        )


def _name_outside(ax: Axes, places: pd.DataFrame) -> None:
    """Names beside the points, turned inwards."""
    middle = sum(ax.get_xlim()) / 2
    for row in places.to_dict("records"):
        side, away = ("right", -8) if row["denominator"] > middle else ("left", 8)
        at = row["denominator"], row["value"]
        ax.annotate(row["label"], at, (away, 0), "data", "offset points", ha=side, va="center_baseline")
