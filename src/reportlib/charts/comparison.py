"""Charts of comparisons: relative rates, their intervals and their verdicts."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from textwrap import fill
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reportlib.charts import alt, drawing
from reportlib.charts.drawing import INK, MARGIN, TEXT, WIDTH, checked, figures
from reportlib.charts.svg import Chart, drawn
from reportlib.statistics import BAND, Band
from reportlib.words import INCONCLUSIVE, POSSIBLE, SIGNIFICANT, UNLIKELY, VERDICTS, missing, ratio

MOST_COLUMNS = 6
CELL, PANEL_ROW, ADJUSTED_ROW, SIGN = 46, 24, 34, 24  # heights of a cell, of rows and of a line of the key
CARD, CARD_UNDER = 300, 34  # width of a picture in a card, and letters in a line under it
NAME = 17  # letters in a line of a name beside a row
KEY = 56  # height of a key of two lines
KEY_BOX = 36  # width of a sign in the key
NAMES, WIDE_NAMES = 128, 168  # widths of the names beside cells
MOST_LINES = 3  # of a name beside cells; the table has it whole
RATIOS = (
    *("ratio", "ratio_lower", "ratio_upper", "adjusted_ratio", "adjusted_lower", "adjusted_upper"),
    "national_ratio",
)
SIGNS = dict(zip(VERDICTS, ("▲▼", "△▽", "~~", "==", "??"), strict=False))  # above and below the reference
WAYS = ("▲△  higher", "▼▽  lower")
UNDONE = "*  only as counted"
CLEAR_OF_1 = "Hollow though clear of 1: chance could account for it, as several comparisons are made."
UNSURE = "u"  # where a cell has no figure though its counts are shown: they are too few
SHADES = ("#801650", "#D9B6CB", "#A9C7E3", "#D9E8F5", "#F3F2F1", "#FFFFFF")  # in the order of VERDICTS


def forest(
    frame: pd.DataFrame, title: str, reference: str, level: float = 0.95, band: Band = BAND, outcome: str = ""
) -> Chart:
    """Relative rates with their intervals on a log axis, a row a group, its verdict in words.

    Of more than six groups the names stand beside their rows, in bold where the verdict is disproportionate.

    frame: group, label, ratio, ratio_lower, ratio_upper, verdict, mark; adjusted_ratio, adjusted_lower and
    adjusted_upper, where there, are drawn as a thin line below, and groups without them are named. The row
    labelled `reference`, and rows without a verdict, are left out. A filled marker is a difference that chance is
    unlikely to give; an end beyond the axis is an arrow. A cross is national_ratio, where there. `outcome` names what
    the relative rate is of, where that is not what the title names ("not completing supervision").
    """
    rows, axis = _compared(frame, reference, RATIOS), _axis(reference, outcome)
    records, adjusted, whole = rows.to_dict("records"), _adjusted(rows), _beside_whole(rows)
    above = KEY + drawing.LINE * (adjusted and whole)
    many = len(records) > MOST_COLUMNS
    under = [_hollow(rows), drawing.not_shown(alt.unadjusted(rows), "No adjusted figure is shown")]
    if many:
        signs = [f"In bold: {VERDICTS[0]}"] if rows["verdict"].eq(VERDICTS[0]).any() else []
        under.append(fill(";  ".join([*signs, *drawing.signs(rows)]), drawing.UNDER))
    label = _under(axis, *under)
    below = 31 + drawing.LINE * (label.count("\n") + 1)
    with drawing.style(title):
        if many:
            figure, ax = _names_beside(rows, band, WIDTH, above, below)
        else:
            texts = [(row["label"], _verdict_words(row), not missing(row["ratio"])) for row in records]
            figure, ax, tracks = drawing.row_canvas(texts, above, below, strong=VERDICTS[0])
            drawing.ratio_axis(ax, figures(rows, RATIOS), band)
            for y, row in zip(tracks, records, strict=True):
                if not missing(row["ratio"]):
                    drawing.band_track(ax, y, band)
                    _ratio_row(ax, y, row, list(rows["group"]), adjusted)
        _labelled(figure, _ratio_key(band, adjusted, whole), label)
        return Chart(drawn(figure, title), alt.forest(rows, title, axis, level, band))


def small_multiples(
    frame: pd.DataFrame, title: str, reference: str, level: float = 0.95, band: Band = BAND, outcome: str = ""
) -> Chart:
    """A small forest for each stratum of which a comparison can be shown, all on one scale; the others are named.

    frame: as for `forest`, with stratum (an establishment type, a region).
    """
    rows, axis = _compared(frame, reference, RATIOS[:3]), _axis(reference, outcome)
    strata = list(dict.fromkeys(rows.loc[rows["ratio"].notna(), "stratum"]))
    empty = [str(stratum) for stratum in dict.fromkeys(rows["stratum"]) if stratum not in strata]
    label = _under(axis, _hollow(rows), drawing.not_shown(empty, "No comparison can be shown"))
    names = drawing.widest(rows["label"]) + 8
    columns = 2 if names < 90 else 1
    deep, wide = PANEL_ROW * max(rows["stratum"].value_counts(), default=0), (WIDTH - MARGIN) / columns
    with drawing.style(title):
        figure = drawing.blank(
            math.ceil(len(strata) / columns) * (deep + 74) + 64 + drawing.LINE * (label.count("\n") + 1)
        )
        for i, stratum in enumerate(strata):
            left, top = MARGIN + (i % columns) * wide + names, 92 + (i // columns) * (deep + 74)
            ax = drawing.panel(figure, left, top, wide - names - MARGIN, deep)
            drawing.ratio_axis(ax, figures(rows, RATIOS[:3]), band, width=wide - names)
            drawing.panel_title(ax, stratum, -names)
            own = rows[rows["stratum"] == stratum]
            _panel(ax, [PANEL_ROW] * len(own), own, names, list(rows["group"]), band)
        _labelled(figure, _ratio_key(band), label)
        return Chart(drawn(figure, title), alt.forest(rows, title, axis, level, band))


def card(
    frame: pd.DataFrame, title: str, reference: str, level: float = 0.95, band: Band = BAND, outcome: str = ""
) -> Chart:
    """A forest so small that it stands beside a sentence: a line a group, without words and without a key.

    frame: as for `forest`, with adjusted_mark, where there, in place of an adjusted figure that is not shown.
    """
    rows, axis = _compared(frame, reference, RATIOS), _axis(reference, outcome)
    with drawing.style(title):
        label = fill(axis, CARD_UNDER)
        figure, _ = _names_beside(rows, band, CARD, 0, 30 + drawing.LINE * (label.count("\n") + 1))
        figure.text(0.5, 8 / (figure.get_figheight() * 72), label, ha="center")
        return Chart(drawn(figure, f"Card: {title}"), alt.forest(rows, title, axis, level, band))


def _names_beside(rows: pd.DataFrame, band: Band, width: float, above: float, below: float) -> tuple[Figure, Axes]:
    """A forest whose names stand beside their rows, `above` and `below` units from the ends of a picture."""
    labels = [fill(str(label), NAME) for label in rows["label"]]
    lines = [label.split("\n") for label in labels]
    names = drawing.widest(chain(*lines), bold=True) + MARGIN
    adjusted = _adjusted(rows)
    heights = [max(ADJUSTED_ROW if adjusted else PANEL_ROW, drawing.LINE * len(some)) for some in lines]
    figure, ax = drawing.canvas(sum(heights) + above + below, names + MARGIN / 2, MARGIN, above, below, width=width)
    drawing.ratio_axis(ax, figures(rows, RATIOS), band, width=width - names)
    _panel(ax, heights, rows.assign(label=labels), names, list(rows["group"]), band, adjusted)
    return figure, ax


def verdict_heatmap(frame: pd.DataFrame, title: str, reference: str, outcome: str = "") -> Chart:
    """The verdict on every group in every stratum: a sign, the relative rate and a shade in each cell.

    frame: stratum, label, ratio, verdict, mark; undone, where there, has a star beside the sign. `outcome` as for
    `forest`. Raises ValueError beyond six groups.
    """
    rows, axis = _compared(frame, reference, ("ratio",)), _axis(reference, outcome)
    strata, labels = list(dict.fromkeys(rows["stratum"])), list(dict.fromkeys(rows["label"]))
    if len(labels) > MOST_COLUMNS:
        raise ValueError(f"at most {MOST_COLUMNS} groups fit side by side; found {len(labels)}")
    cells = {(row["stratum"], row["label"]): row for row in rows.to_dict("records")}
    grid = [[cells.get((stratum, label)) for label in labels] for stratum in strata]
    last = len(SHADES) - 1
    shades = [  # for what is left of what adjustment undoes, chance could account
        [VERDICTS.index(INCONCLUSIVE if cell.get("undone") else cell["verdict"]) if cell else last for cell in line]
        for line in grid
    ]
    plain: dict[str, Any] = {"cmap": ListedColormap(SHADES), "vmin": 0, "vmax": last, "cbar": False, "fmt": ""}
    beside = WIDE_NAMES if len(labels) <= 4 else NAMES
    names = [fill(str(stratum), beside // 8, max_lines=MOST_LINES, placeholder=" …") for stratum in strata]
    told = fill(axis, drawing.UNDER)
    cell = max(CELL, drawing.LINE * max(name.count("\n") + 1 for name in names) + 4)
    stars = [UNDONE] if rows.get("undone", pd.Series()).any() else []
    others = [*WAYS, *stars, *drawing.signs(rows)]
    deep = max(len(SIGNS), len(others))
    below = SIGN * deep + 14 + drawing.LINE * (told.count("\n") + 1)
    with drawing.style(title):
        figure, ax = drawing.canvas(cell * len(strata) + 34 + below, beside + MARGIN, MARGIN, 34, below)
        texts = [[_cell(cell) for cell in line] for line in grid]
        sns.heatmap(shades, annot=texts, annot_kws={"fontsize": TEXT}, linewidths=3, linecolor="white", ax=ax, **plain)
        ax.collections[0].set_clip_on(False)
        ax.set_xticks([i + 0.5 for i in range(len(labels))], labels, rotation=0)
        ax.set_yticks([])
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        for i, name in enumerate(names):
            _beside(ax, name, (0, i + 0.5), (-beside, 0), ("axes fraction", "data"))
        foot = MARGIN / WIDTH, 0
        _beside(ax, told, foot, (0, (SIGN * deep + 6 + below) / 2), "figure fraction")
        for i, (verdict, sign) in enumerate(SIGNS.items()):
            up = SIGN * (deep - 1 - i) + 18
            high = figure.get_figheight() * 72
            box = (MARGIN / WIDTH, (up - 10) / high), KEY_BOX / WIDTH, 20 / high
            figure.add_artist(Rectangle(*box, facecolor=SHADES[i], linewidth=0, zorder=-1))
            pen = {"ha": "center", "color": "white" if i == 0 else INK}
            _beside(ax, "".join(dict.fromkeys(sign)), foot, (KEY_BOX / 2, up), "figure fraction", **pen)
            _beside(ax, verdict, foot, (KEY_BOX + 6, up), "figure fraction")
        for i, text in enumerate(others):
            _beside(ax, text, foot, (232, SIGN * (deep - 1 - i) + 18), "figure fraction")
        return Chart(drawn(figure, title), alt.heatmap(rows, title, axis))


def _beside(ax: Axes, text: str, at: tuple[float, float], away: tuple[float, float], where: Any, **font: Any) -> None:
    ax.annotate(text, at, away, xycoords=where, textcoords="offset points", va="center_baseline", **font)


def _in_place(ax: Axes, mark: str, y: float) -> None:
    """A mark in place of the picture of a row."""
    _beside(ax, f"[{mark}]", (0.5, y), (0, 0), ax.get_yaxis_transform(), ha="center", bbox=drawing.CLEAR)


def _compared(frame: pd.DataFrame, reference: str, drawn: Sequence[str]) -> pd.DataFrame:
    """The rows that are compared, neither the reference nor one without a verdict; each without a figure has a mark."""
    rows = frame[(frame["label"] != reference) & frame["verdict"].notna()]
    if "national_ratio" in rows:  # a cross stands beside a marker
        rows = rows.assign(national_ratio=rows["national_ratio"].mask(rows["mark"].ne("") | rows["ratio"].isna()))
    rows = checked(rows, drawn)
    return rows.assign(mark=rows["mark"].mask(rows["ratio"].isna() & rows["mark"].eq(""), UNSURE))


def _adjusted(rows: pd.DataFrame) -> bool:
    return "adjusted_ratio" in rows and bool(rows["adjusted_ratio"].notna().any())


def _beside_whole(rows: pd.DataFrame) -> bool:
    return "national_ratio" in rows and bool(rows["national_ratio"].notna().any())


def _axis(reference: str, outcome: str) -> str:
    return f"Relative rate{f' of {outcome}' if outcome else ''} compared with {reference}"


def _under(axis: str, *notes: str) -> str:
    """What stands below a picture on a log axis."""
    return "\n\n".join(filter(None, [fill(f"{axis} (log\u00a0scale)", drawing.UNDER), *notes]))


def _hollow(rows: pd.DataFrame) -> str:
    """Why a marker may be hollow though its interval leaves out 1; empty if none is."""
    holds = rows["ratio_lower"].le(1) & rows["ratio_upper"].ge(1)
    some = (rows["verdict"].eq(INCONCLUSIVE) & rows["ratio"].notna() & ~holds).any()
    return fill(CLEAR_OF_1, drawing.UNDER) if some else ""


def _labelled(figure: Figure, entries: Sequence[Artist], label: str) -> None:
    """A key at the top of a picture, and the label of its axis at the foot."""
    drawing.key(figure, entries, 2, loc="upper left", bbox_to_anchor=(MARGIN / WIDTH, 1))
    figure.text(0.5, 12 / (figure.get_figheight() * 72), label, ha="center")


def _verdict_words(row: Mapping[Hashable, Any]) -> str:
    return str(row["verdict"]) + (f" [{row['mark']}]" if row["mark"] else "")


def _ratio_row(ax: Axes, y: float, row: Mapping[Hashable, Any], among: Sequence[Any], adjusted: bool) -> None:
    """One comparison on its track, the adjusted one below it."""
    colour, marker = drawing.look(row["group"], among)
    above = y - 4 if adjusted else y
    drawing.ranged(ax, above, (row["ratio_lower"], row["ratio_upper"]), colour)
    drawing.point(ax, row["ratio"], above, colour, marker, colour if row["verdict"] in SIGNIFICANT else "white")
    if not missing(row.get("national_ratio")):
        drawing.point(ax, row["national_ratio"], above, INK, "x", INK)
    if adjusted and row.get("adjusted_mark"):
        _in_place(ax, row["adjusted_mark"], y + 6)
    elif adjusted and not missing(row["adjusted_ratio"]):
        drawing.ranged(ax, y + 8, (row["adjusted_lower"], row["adjusted_upper"]), INK, width=1.6)
        drawing.point(ax, row["adjusted_ratio"], y + 8, INK, "|", INK)


def _ratio_key(band: Band, adjusted: bool = False, whole: bool = False) -> list[Artist]:
    cross = [drawing.marker_key("England and Wales,\nas counted", INK, "x", INK)] if whole else []
    thin = [drawing.marker_key("adjusted", INK, "|", INK)] if adjusted else []
    return [
        drawing.marker_key(UNLIKELY, INK, "o", INK),
        drawing.marker_key(POSSIBLE, INK, "o", "white"),
        Rectangle((0, 0), 1, 1, color=drawing.SHADE, linewidth=0, label=f"band {band[0]:g} to {band[1]:g}"),
        *thin,
        *cross,
    ]


def _panel(
    ax: Axes,
    heights: Sequence[float],
    rows: pd.DataFrame,
    names: float,
    among: Sequence[Any],
    band: Band,
    adjusted: bool = False,
) -> None:
    """A row a group on one band, each so many units high."""
    deep = sum(heights)
    drawing.bare(ax)
    ax.set_ylim(deep, 0)
    drawing.band_track(ax, deep / 2, band, deep)
    middles = [sum(heights[:i]) + high / 2 for i, high in enumerate(heights)]
    for y, row in zip(middles, rows.to_dict("records"), strict=True):
        weight = "bold" if row["verdict"] == VERDICTS[0] else "normal"
        _beside(ax, row["label"], (0, y), (-names, 0), ax.get_yaxis_transform(), fontweight=weight)
        if missing(row["ratio"]):
            _in_place(ax, row["mark"], y)
        else:
            _ratio_row(ax, y, row, among, adjusted)


def _cell(row: Mapping[Hashable, Any] | None) -> str:
    if row is None or missing(row["ratio"]):
        return f"[{row['mark'] if row else UNSURE}]"
    return f"{ratio(row['ratio'])}\n{SIGNS[row['verdict']][int(row['ratio'] < 1)]}{'*' * bool(row.get('undone'))}"
