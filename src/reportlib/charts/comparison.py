"""Charts of comparisons: relative rates, their intervals and their verdicts."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from reportlib.charts import alt, drawing
from reportlib.charts.drawing import GREY, INK, MARGIN, TEXT, WIDTH, checked, figures
from reportlib.charts.svg import Chart, drawn
from reportlib.prose import BAND, SIGNIFICANT, VERDICTS
from reportlib.words import interval, missing, ratio

MOST_COLUMNS = 6
RATIOS = ("ratio", "ratio_lower", "ratio_upper", "adjusted_ratio", "adjusted_lower", "adjusted_upper")
SIGNS = {  # above and below the reference
    "disproportionate": "▲▼",
    "difference, size uncertain": "△▽",
    "small difference": "~~",
    "parity": "==",
    "inconclusive": "??",
}
SHADES = ("#801650", "#D9B6CB", "#D5E3F0", "#D5E3F0", "#F3F2F1", "#FFFFFF")  # in the order of VERDICTS


def forest(
    frame: pd.DataFrame, title: str, reference: str, level: float = 0.95, band: tuple[float, float] = BAND
) -> Chart:
    """Relative rates with their intervals on a log axis, a row a group, its verdict in words.

    frame: group, label, ratio, ratio_lower, ratio_upper, verdict, mark; adjusted_ratio, adjusted_lower and
    adjusted_upper, where there, are drawn as a thin line below. The row labelled `reference` is left out.
    A filled marker is a significant difference; an end beyond the axis is an arrow.
    """
    rows = checked(frame[frame["label"] != reference], RATIOS)
    records = rows.to_dict("records")
    adjusted = "adjusted_ratio" in rows and bool(rows["adjusted_ratio"].notna().any())
    texts = [(row["label"], _verdict_words(row), not missing(row["ratio"])) for row in records]
    with drawing.style(title):
        figure, ax, tracks = drawing.row_canvas(texts, above=50 if adjusted else 28, below=48)
        drawing.ratio_axis(ax, figures(rows, RATIOS), band)
        ax.set_xlabel(f"Relative rate compared with {reference} (log scale)")
        for y, row in zip(tracks, records, strict=True):
            if not missing(row["ratio"]):
                _ratio_row(ax, y, row, list(rows["group"]), band, adjusted)
        drawing.key(ax, _ratio_key(band, adjusted), columns=3)
        return Chart(drawn(figure, title), alt.forest(rows, title, reference, level, band))


def small_multiples(
    frame: pd.DataFrame, title: str, reference: str, level: float = 0.95, band: tuple[float, float] = BAND
) -> Chart:
    """A small forest for each stratum, all on one scale.

    frame: as for `forest`, with stratum (an establishment type, a region).
    """
    rows = checked(frame[frame["label"] != reference], RATIOS[:3])
    strata = list(dict.fromkeys(rows["stratum"]))
    names = max(drawing.text_width(label) for label in rows["label"])
    columns = 2 if names < 90 else 1
    most = rows.groupby("stratum").size().max()
    depth, lines = 24 * most, math.ceil(len(strata) / columns)
    wide, tall = (WIDTH - MARGIN) / columns, depth + 74
    with drawing.style(title):
        height = lines * tall + 60
        figure = Figure(figsize=(WIDTH / 72, height / 72), facecolor="white")
        for i, stratum in enumerate(strata):
            left, top = MARGIN + (i % columns) * wide, 30 + (i // columns) * tall
            box = (left + names + 8, height - top - 40 - depth, wide - names - 8 - MARGIN, depth)
            ax = figure.add_axes((box[0] / WIDTH, box[1] / height, box[2] / WIDTH, box[3] / height))
            drawing.ratio_axis(ax, figures(rows, RATIOS[:3]), band, width=box[2])
            _panel(ax, rows[rows["stratum"] == stratum], stratum, names, list(rows["group"]), band)
        entries = _ratio_key(band, adjusted=False)
        figure.legend(
            handles=entries,
            ncols=3,
            loc="upper left",
            borderpad=0,
            borderaxespad=0.6,
            handletextpad=0.3,
            columnspacing=0.8,
            handlelength=1.2,
        )
        figure.text(0.5, 10 / height, f"Relative rate compared with {reference} (log scale)", ha="center")
        return Chart(drawn(figure, title), alt.forest(rows, title, reference, level, band))


def verdict_heatmap(frame: pd.DataFrame, title: str, reference: str) -> Chart:
    """The verdict on every group in every stratum: a sign, the relative rate and a shade in each cell.

    frame: stratum, label, ratio, verdict, mark. Raises ValueError beyond six groups.
    """
    rows = checked(frame[frame["label"] != reference], ("ratio",))
    strata, labels = (list(dict.fromkeys(rows[c])) for c in ("stratum", "label"))
    if len(labels) > MOST_COLUMNS:
        raise ValueError(f"at most {MOST_COLUMNS} groups fit side by side; found {len(labels)}")
    cells = {(row["stratum"], row["label"]): row for row in rows.to_dict("records")}
    shades = [
        [VERDICTS.index(cells[s, g]["verdict"]) if (s, g) in cells else 5 for g in labels] for s in strata
    ]
    texts = [[_cell(cells.get((s, g))) for g in labels] for s in strata]
    with drawing.style(title):
        legend = [f"{''.join(dict.fromkeys(sign))}  {verdict}" for verdict, sign in SIGNS.items()]
        figure, ax = drawing.canvas(46 * len(strata) + 34 + 24 * 3 + 14, 138, MARGIN, 34, 24 * 3 + 14)
        sns.heatmap(
            shades,
            annot=texts,
            fmt="",
            cmap=ListedColormap(SHADES),
            vmin=0,
            vmax=5,
            cbar=False,
            linewidths=3,
            linecolor="white",
            ax=ax,
            annot_kws={"fontsize": TEXT},
            square=False,
        )
        ax.set_xticks([i + 0.5 for i in range(len(labels))], labels, rotation=0)
        ax.set_yticks(
            [i + 0.5 for i in range(len(strata))], [textwrap.fill(str(s), 15) for s in strata], rotation=0
        )
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        for label in ax.get_yticklabels():
            label.set(ha="left", x=-128 / (WIDTH - 148))
        for i, text in enumerate(legend):
            ax.annotate(
                text,
                (MARGIN / WIDTH, 0),
                (200 * (i // 3), 24 * (2 - i % 3) + 14),
                "figure fraction",
                "offset points",
            )
        return Chart(drawn(figure, title), alt.heatmap(rows, title, reference))


def _verdict_words(row: Mapping[Hashable, Any]) -> str:
    return str(row["verdict"]) + ("" if missing(row["mark"]) else f" [{row['mark']}]")


def _ratio_row(
    ax: Axes,
    y: float,
    row: Mapping[Hashable, Any],
    among: Sequence[Any],
    band: tuple[float, float],
    adjusted: bool,
) -> None:
    """One comparison on its track, the adjusted one below it."""
    drawing.band_track(ax, y, band)
    colour, marker = drawing.look(row["group"], among)
    above = y - 4 if adjusted else y
    drawing.ranged(ax, above, (row["ratio_lower"], row["ratio_upper"]), colour)
    drawing.point(
        ax, row["ratio"], above, colour, marker, colour if row["verdict"] in SIGNIFICANT else "white"
    )
    if adjusted and not missing(row["adjusted_ratio"]):
        drawing.ranged(ax, y + 8, (row["adjusted_lower"], row["adjusted_upper"]), GREY, width=1.2)
        drawing.point(ax, row["adjusted_ratio"], y + 8, GREY, "|", GREY)


def _ratio_key(band: tuple[float, float], adjusted: bool) -> list[Artist]:
    entries = [
        drawing.shade_key(f"{band[0]:g} to {band[1]:g}"),
        drawing.marker_key("significant", INK, "o", INK),
        drawing.marker_key("not significant", INK, "o", "white"),
    ]
    return entries + ([drawing.marker_key("adjusted", GREY, "|", GREY)] if adjusted else [])


def _panel(
    ax: Axes, rows: pd.DataFrame, title: str, names: float, among: Sequence[Any], band: tuple[float, float]
) -> None:
    """One stratum: its name, then a row a group."""
    drawing.bare(ax)
    ax.set_ylim(24 * len(rows), 0)
    across = ax.get_yaxis_transform()
    ax.annotate(
        textwrap.fill(title, 20), (0, 1), (-names - 8, 6), "axes fraction", "offset points", fontweight="bold"
    )
    for i, row in enumerate(rows.to_dict("records")):
        y = 24 * i + 12
        ax.annotate(row["label"], (0, y), (-names - 8, 0), across, "offset points", va="center_baseline")
        if missing(row["ratio"]):
            ax.text(
                0.5,
                y,
                f"[{row['mark']}]" if not missing(row["mark"]) else "–",
                transform=across,
                ha="center",
                va="center_baseline",
            )
        else:
            _ratio_row(ax, y, row, among, band, adjusted=False)


def _cell(row: Mapping[Hashable, Any] | None) -> str:
    if row is None or missing(row["ratio"]):
        return "–" if row is None or missing(row["mark"]) else f"[{row['mark']}]"
    return f"{ratio(row['ratio'])}\n{SIGNS[row['verdict']][int(row['ratio'] < 1)]}"
