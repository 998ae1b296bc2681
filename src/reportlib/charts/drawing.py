"""The parts that charts share: style, canvas, rows of text and tracks, axes, keys, names at lines' ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from textwrap import fill
from typing import Any, cast

import matplotlib
import matplotlib.style
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from reportlib.charts.svg import INK, TEXT
from reportlib.statistics import Band
from reportlib.words import MARKS, capital, listed, missing, number

WIDTH = 400  # units across; text of 14 is then 11.2 px on a screen 320 px wide
MARGIN = 10
UNDER = 46  # letters in a line under a chart
CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # behind a text that a line would cross
TITLE = 38  # height of a title above an axis
LINE, TRACK, SPACE = 19, 24, 8  # heights of a row's text, of its picture, of the gap below
GREY, RULE, SHADE = "#595959", "#C8CDD2", "#E4EAF1"
# the Analysis Function's categorical palette, its teal darkened to stand out from the band, and the middle of its
# sequential one
NAVY, TEAL, PLUM, ORANGE, DARK, LILAC, BLUE = (
    *("#12436D", "#1F8A81", "#801650", "#F46A25", "#3D3D3D", "#A285D1"),
    "#2073BC",
)
GROUPS = {  # one colour and one marker for each group of 5+1, everywhere, in display order
    "A": (NAVY, "o"),
    "B": (TEAL, "s"),
    "M": (PLUM, "^"),
    "W": (ORANGE, "D"),
    "O": (DARK, "P"),
    "NS": (LILAC, "v"),
}
RATIO_TICKS = (0.5, 2, 0.67, 1.5, 0.33, 3, 0.2, 5, 0.1, 10)  # in order of preference where they collide
WIDEST = (0.1, 10.0)  # a relative rate beyond is drawn as an arrow


@contextmanager
def style(salt: str) -> Iterator[None]:
    """The Analysis Function's style, with a pinned font, real text and ids that follow from `salt`."""
    pinned: dict[str, Any] = {
        "svg.fonttype": "none",
        "text.parse_math": False,
        "svg.hashsalt": salt,
        "font.family": ["DejaVu Sans"],
        "xtick.color": RULE,
        "lines.solid_capstyle": "butt",  # a limit ends where it is
        **dict.fromkeys(("font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"), TEXT),
        **dict.fromkeys(("xtick.labelcolor", "ytick.labelcolor", "text.color", "axes.labelcolor"), INK),
    }
    with matplotlib.style.context("afcharts.afcharts"), matplotlib.rc_context(cast(Any, pinned)):
        yield


def blank(height: float, width: float = WIDTH) -> Figure:
    """A white figure; sizes in units."""
    return Figure(figsize=(width / 72, height / 72), facecolor="white")


def canvas(
    height: float, left: float, right: float, top: float, below: float, width: float = WIDTH
) -> tuple[Figure, Axes]:
    """A figure with one set of axes; margins in units."""
    figure = blank(height, width)
    return figure, panel(figure, left, top, width - left - right, height - top - below)


def row_canvas(
    texts: Sequence[tuple[str, str, bool]], above: float = 0, below: float = MARGIN, strong: str = ""
) -> tuple[Figure, Axes, list[float]]:
    """A canvas of rows: (name, text at the right, whether a picture follows).

    Returns the figure, its axes in units downwards, and where each picture goes. A text that does not fit
    beside its name stands a line lower; one that equals `strong` is bold.
    """
    fits = [text_width(name, bold=True) + text_width(text) + 14 < WIDTH - 2 * MARGIN for name, text, _ in texts]
    depths = [LINE * (1 if fit else 2) + (TRACK if drawn else 0) for fit, (*_, drawn) in zip(fits, texts, strict=True)]
    tops = [sum(depths[:i]) + SPACE * i for i in range(len(depths) + 1)]
    figure, ax = canvas(tops[-1] + above + below, MARGIN, MARGIN, above, below)
    ax.set_ylim(max(tops[-1], 1), 0)
    bare(ax)
    across = ax.get_yaxis_transform()
    for (name, text, _), top, fit in zip(texts, tops, fits, strict=False):
        weight = "bold" if text and text == strong else "normal"
        down = top + LINE * (1 if fit else 2) - 5
        ax.text(0, top + LINE - 5, name, transform=across, fontweight="bold")
        ax.text(1, down, text, transform=across, ha="right", fontweight=weight)
    return figure, ax, [top + depth - TRACK / 2 for top, depth in zip(tops, depths, strict=False)]


def panel(figure: Figure, left: float, top: float, wide: float, high: float) -> Axes:
    """Axes in a figure, placed in its units from the top left; the figure is their ground."""
    across, down = figure.get_size_inches() * 72
    ax = figure.add_axes((left / across, 1 - (top + high) / down, wide / across, high / down))
    ax.patch.set_visible(False)
    return ax


def panel_title(ax: Axes, title: str, left: float) -> None:
    """A panel's name, on one or two lines above it."""
    ax.annotate(fill(title, 20), (0, 1), (left, 6), "axes fraction", "offset points", fontweight="bold")


def bare(ax: Axes) -> None:
    """No y axis, no grid, no frame."""
    ax.yaxis.set_visible(False)
    ax.spines[:].set_visible(False)
    ax.grid(False)


@cache
def text_width(text: str, bold: bool = False) -> float:
    """Width of a text in the chart's units, by the pinned font's own metrics."""
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(TEXT, 72)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64


def widest(texts: Iterable[str], bold: bool = False) -> float:
    """Width of the widest of some texts; nothing of none."""
    return max((text_width(text, bold) for text in texts), default=0)


def look(group: Any, among: Sequence[Any]) -> tuple[str, str]:
    """Colour and marker of a group; one colour for all where the groups are not those of 5+1."""
    if set(among) <= set(GROUPS):
        return GROUPS[group]
    few = list(dict.fromkeys(among))
    markers = [marker for _, marker in GROUPS.values()]
    return NAVY, markers[few.index(group)] if len(few) <= len(markers) else markers[0]


def point(ax: Axes, x: float, y: float, colour: str, marker: str, face: str) -> None:
    """One marker, if it lies on the axis; filled or, with a white face, hollow."""
    pen: dict[str, Any] = {"markersize": 9, "markeredgewidth": 2, "color": colour, "markerfacecolor": face}
    least, most = ax.get_xlim()
    if least <= x <= most:
        ax.plot([x], [y], marker=marker, zorder=4, clip_on=False, **pen)


def ranged(ax: Axes, y: float, ends: tuple[Any, Any], colour: str, width: float = 2.4) -> None:
    """An interval as a line; an end beyond the axis, or without limit, is an arrow."""
    (least, most), (lower, upper) = ax.get_xlim(), ends
    if missing(lower) or missing(upper):
        return
    ax.plot([max(lower, least), min(upper, most)], [y, y], color=colour, linewidth=width, zorder=3, clip_on=False)
    for beyond, edge, arrow in ((lower < least, least, "<"), (upper > most, most, ">")):
        if beyond:
            ax.plot([edge], [y], marker=arrow, markersize=8, color=colour, clip_on=False, zorder=4)


def ratio_axis(ax: Axes, figures: Sequence[float], band: Band, width: float = WIDTH) -> None:
    """A log axis just wide enough for the figures, the band and 1."""
    ends = [min(max(end, WIDEST[0]), WIDEST[1]) for end in (*figures, *band) if end > 0]
    least, most = min(ends) / 1.08, max(ends) * 1.08
    ax.set_xscale("log")
    ax.set_xlim(least, most)
    ticks: list[float] = []
    for tick in (1, *band, *RATIO_TICKS):
        spare = [
            abs(math.log(tick / other)) / math.log(most / least) * width
            - (text_width(f"{tick:g}") + text_width(f"{other:g}")) / 2
            for other in ticks
        ]
        if least <= tick <= most and min(spare, default=width) > MARGIN:
            ticks.append(tick)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()


def band_track(ax: Axes, y: float, band: Band, high: float = TRACK) -> None:
    """The band of parity and the line of equality behind a picture `high` units high about `y`."""
    low, wide = y - high / 2, band[1] - band[0]
    ax.add_patch(Rectangle((band[0], low), wide, high, color=SHADE, linewidth=0, zorder=0, clip_on=False))
    ax.plot([1, 1], [low, low + high], color=INK, linewidth=1, zorder=1, clip_on=False)


def value_axis(ax: Axes, figures: Sequence[float], unit: str, least: float = 0) -> None:
    """A y axis from `least` to the largest of the figures, its ticks in the unit."""
    most = max(figures, default=1.0)
    spare = (most - least) * 0.06 or 0.1
    ax.set_ylim(least and least - spare, most + spare)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    step = (ax.get_yticks()[1] - ax.get_yticks()[0]) * (100 if unit == "%" else 1)
    places = next(places for places in range(9) if places == 8 or abs(step - round(step, places)) < 1e-9)
    ax.yaxis.set_major_formatter(lambda y, _: number(y, "%" if unit == "%" else "", places))
    ax.tick_params(axis="y", length=0)


def axis_title(ax: Axes, unit: str, note: str = "") -> None:
    """What the y axis is in, at the top of the picture."""
    spot: dict[str, Any] = {"xycoords": "figure fraction", "textcoords": "offset points", "va": "top"}
    ax.annotate(("Percentage" if unit == "%" else capital(unit)) + note, (MARGIN / WIDTH, 1), (0, -MARGIN), **spot)


def not_shown(names: Sequence[str], why: str) -> str:
    """What stands under a chart of which parts are missing, in lines, or nothing."""
    return fill(f"{why}: {listed(names)}.", UNDER) if names else ""


def signs(rows: pd.DataFrame) -> list[str]:
    """What each mark that there is stands for, in the one or two words for which a chart has room."""
    brief = {mark: told.split(" to ")[0].split(",")[0] for mark, told in MARKS.items()}
    return [f"[{mark}]  {told}" for mark, told in brief.items() if (rows["mark"] == mark).any()]


def year_axis(ax: Axes, years: Sequence[str]) -> None:
    """Every year a tick, named in two lines; where there is no room for all, every other and the last."""
    last = len(years) - 1
    ax.set_xlim(-0.2, last + 0.2)
    room = ax.get_position().width * WIDTH / (last + 0.4)
    step = math.ceil(text_width(years[0][:5]) / room)
    names = [year.replace("-", "-\n") if (last - i) % step == 0 else "" for i, year in enumerate(years)]
    ax.set_xticks(range(len(years)), names)
    ax.tick_params(axis="x", pad=7)  # clear of the lowest value


def name_ends(ax: Axes, ends: Sequence[tuple[float, float, str, str, str]]) -> None:
    """Names right of the axes, beside (x, y, name, colour, marker) and pushed apart until they can be read."""
    low, high = ax.get_ylim()
    apart = (high - low) * (TEXT + 4) / (ax.bbox.height / ax.figure.dpi * 72)
    ends = sorted(ends, key=lambda end: end[1])
    places: list[float] = []
    for _, y, *_ in ends:
        places.append(max(y, places[-1] + apart) if places else y)
    ceiling = high
    for i in reversed(range(len(places))):
        places[i] = min(places[i], ceiling)
        ceiling = places[i] - apart
    right = ax.get_xlim()[1]
    unit = (right - ax.get_xlim()[0]) / (ax.get_position().width * WIDTH)
    for (x, y, name, colour, marker), place in zip(ends, places, strict=True):
        ax.plot([x, right + 8 * unit], [y, place], color=colour, linewidth=1, linestyle=":", clip_on=False)
        ax.plot([right + 14 * unit], [place], color=colour, marker=marker, markersize=7, clip_on=False)
        ax.text(right + 22 * unit, place, name, va="center_baseline", clip_on=False)


def marker_key(label: str, colour: str, marker: str, face: str) -> Artist:
    """An entry of a key: a marker and what it stands for."""
    pen: dict[str, Any] = {"markersize": 9, "markeredgewidth": 2, "markerfacecolor": face}
    return Line2D([], [], color=colour, marker=marker, linestyle="", label=label, **pen)


def key(ax: Axes | Figure, entries: Sequence[Artist], columns: int = 1, **spot: Any) -> None:
    """What each sign stands for, above the axes (or where `spot` says)."""
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderpad": 0, "borderaxespad": 0.7}
    spacing = {"handletextpad": 0.3, "labelspacing": 0.35, "columnspacing": 0.8, "handlelength": 1.2}
    options: dict[str, Any] = {"handles": list(entries), "ncols": columns} | above | spot | spacing
    ax.legend(**options)


def checked(frame: pd.DataFrame, drawn: Sequence[str]) -> pd.DataFrame:
    """The frame with the columns to draw as floats, NaN where missing, and "" for no mark.

    Raises ValueError where a suppressed or unavailable row holds a figure that would be drawn.
    """
    rows = frame.reset_index(drop=True)
    rows = rows.assign(**{c: rows[c].astype("Float64").astype(float) for c in drawn if c in rows})
    rows["mark"] = [mark if mark in MARKS else "" for mark in rows["mark"].astype(object)]
    hidden = rows["mark"].isin(["c", "x"])
    held = [column for column in drawn if column in rows and rows.loc[hidden, column].notna().any()]
    if held:
        raise ValueError(f"rows with a mark hold figures in {listed(held)}")
    return rows


def figures(rows: pd.DataFrame, columns: Sequence[str]) -> list[float]:
    """Every figure shown in these columns, infinite ends left out."""
    shown = rows[[column for column in columns if column in rows]].to_numpy(float).ravel()
    return [float(figure) for figure in shown if math.isfinite(figure)]
