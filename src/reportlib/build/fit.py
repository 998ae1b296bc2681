"""How a table lies on paper: the size of its type, its columns and rows, and whether the page is turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from fontTools.ttLib import TTFont

from reportlib.build.page import Model, heading
from reportlib.look import FONT

UPRIGHT, TURNED = (481, 695), (727, 445)  # points across and down the text of an A4 page
TYPE = (9.5, 8.5, 8)  # sizes to try on an upright page, in points; a turned one takes the second
TIGHT = (8.5, 8, 7.5)  # sizes to try on a turned page once texts may be broken between words
INSET, TIGHT_INSET = 4, 2.5  # points left and right of each column's text
BROKEN = 0.85  # share of a line that is filled, of a text that takes several
SLACK = 1.5  # what a line may be wider than the sum of its letters
STEP = 6  # points by which a column is widened
AT_MOST = (np.inf, 8, 6, 5, 4, 3, 2, 1)  # lines that most texts of a table may take: what is tried
MOST = 0.8  # share of them
CAPITAL, PITCH = 0.66, 1.34  # height of a capital, and from line to line, in the size of the type
LOOSE, CLOSE = 4.2, 3.0  # points above and below a row, of a short and of a long table
SHORT = 14  # lines: a shorter table has room between its rows
WHOLE = 36  # lines: a shorter table stays on one page
UNBROKEN = 19  # letters: no longer text, such as a rate with its interval, is broken
REPEATED = 30  # rows that share a heading: what it takes counts once for each so many
DEEP = 5  # lines: where most rows have more, smaller type or a turned page is worth it
WORTH = 0.3  # of a page, to save by smaller type or by turning it
FILLED = 0.6  # share of the page that a narrow table takes at least

Lines = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Fit:
    """Sizes in points. `heights` holds a row's height, or None where its text takes several lines."""

    size: float
    widths: list[float]
    heights: list[float | None]
    inset: float
    beside: float
    turned: bool
    breakable: bool


@dataclass(frozen=True)
class _Laid:
    """One way to lay a table: columns `widths` points wide, rows of so many `lines`."""

    size: float
    page: tuple[int, int]
    beside: float
    widths: list[float]
    lines: list[int]

    @property
    def inset(self) -> float:
        return LOOSE if sum(self.lines) <= SHORT else CLOSE

    @property
    def deep(self) -> bool:
        return bool(np.median(self.lines) > DEEP)

    @property
    def pages(self) -> float:
        single = CAPITAL * self.size + 2 * self.inset
        return sum(single + (lines - 1) * PITCH * self.size for lines in self.lines) / self.page[1]


def fit(model: Model) -> Fit:
    """The largest type in which the table fits an upright page, else a turned one; another where that saves paper."""
    columns = [_Column(model, column) for column in model["columns"]]
    best = None
    for size, page in [*((size, UPRIGHT) for size in TYPE), (TYPE[1], TURNED)]:
        if best and not best.deep and best.pages - len(model["rows"]) * (CAPITAL * size + 2 * CLOSE) / page[1] < WORTH:
            continue  # not even with each row on one line
        way = _lay(columns, size, page) if page == UPRIGHT else _turned(model, columns)
        if page == TURNED or sum(way.widths) <= page[0]:
            best = way if not best or best.pages - way.pages >= WORTH or best.deep > way.deep else best
    assert best  # a turned page takes any table
    whole = sum(best.widths)
    scale = min(max(1.0, FILLED * best.page[0] / whole), best.page[0] / whole)
    single = round(CAPITAL * best.size + 2 * best.inset, 2)
    heights = [single if lines == 1 and scale >= 1 else None for lines in best.lines]
    widths = [round(width * scale, 1) for width in best.widths]
    return Fit(best.size, widths, heights, best.inset, best.beside, best.page == TURNED, sum(best.lines) > WHOLE)


def _turned(model: Model, columns: Sequence[_Column]) -> _Laid:
    """On a turned page; a table too wide for that has less space beside its texts, which may then be broken."""
    way, sizes = _lay(columns, TYPE[1], TURNED), iter(TIGHT)
    tight: list[_Column] = []
    while sum(way.widths) > TURNED[0] and (size := next(sizes, None)):
        tight = tight or [_Column(model, column, 0, TIGHT_INSET) for column in model["columns"]]
        way = _lay(tight, size, TURNED)
    return way


class _Column:
    """A column's heading and cells: how wide each runs in type of one point, and the longest word of each."""

    def __init__(self, model: Model, column: Model, unbroken: int = UNBROKEN, beside: float = INSET) -> None:
        self.beside = beside
        number, rows = column["role"] == "number", model["rows"]
        cells = [(row[column["key"]]["text"], bool(row.get("_total"))) for row in rows]
        words = [
            [(text, bold)] if number or len(text) <= unbroken else [(word, bold) for word in text.split()]
            for text, bold in cells
        ]
        words.insert(0, [(word, True) for word in heading(column).split()])
        self.spans = np.array([width(" ".join(w for w, _ in text), text[0][1]) if text else 0.0 for text in words])
        self.words = np.array([max((width(*word) for word in text), default=0.0) for text in words])

    @property
    def around(self) -> float:
        """Points that a column takes beyond its letters."""
        return 2 * self.beside + SLACK

    def least(self, size: float, lines: float = np.inf) -> float:
        """The narrowest that it can be, in points: as wide as its longest word, and most texts on so many lines."""
        broken = np.quantile(self.spans, MOST) / lines / (BROKEN if lines > 1 else 1)
        return float(max(self.words.max(), broken)) * size + self.around

    def steps(self, size: float) -> Lines:
        """Widths, in points, at which some text may take a line less."""
        wanted = [self.spans / lines + self.words * (lines > 1) / 2 for lines in (1, 2, 3, 4)]
        return np.unique(np.ceil((np.concatenate(wanted) * size + self.around) / STEP) * STEP)

    def lines(self, wide: float | Lines, size: float) -> Lines:
        """The lines that its heading and each cell take in a column so wide; beyond one, about so many.

        Several widths, as a column of them, give a row each.
        """
        room = (wide - self.around) / size + 1e-9
        return np.where(self.spans <= room, 1, np.maximum(2, np.ceil(self.spans / np.maximum(room * BROKEN, 1))))


def _lay(columns: Sequence[_Column], size: float, page: tuple[int, int]) -> _Laid:
    """The shortest of the ways that begin with columns as narrow as texts of so many lines at most let them be.

    Where two columns are long in the same rows, neither saves a line unless both are widened.
    """
    starts = [[column.least(size, lines) for column in columns] for lines in AT_MOST]
    held = [widths for widths in starts if sum(widths) <= page[0]] or starts[:1]
    return min((_widened(columns, size, page, np.array(widths)) for widths in held), key=lambda way: way.pages)


def _widened(columns: Sequence[_Column], size: float, page: tuple[int, int], widths: Lines) -> _Laid:
    """What is left of the page goes where it saves most lines."""
    lines = np.array([column.lines(wide, size) for column, wide in zip(columns, widths, strict=True)])
    weights = np.ones(lines.shape[1])
    weights[0] = max(1, (len(weights) - 1) / REPEATED)
    steps = [column.steps(size) for column in columns]
    owner = np.repeat(np.arange(len(columns)), [len(own) for own in steps])
    wide = np.concatenate(steps)
    took = np.concatenate([column.lines(own[:, None], size) for column, own in zip(columns, steps, strict=True)])
    while (room := page[0] - sum(widths)) > 0:
        second, rows = np.sort([*lines, np.ones(len(weights))], axis=0)[-2:]
        others = np.where(lines == rows, second, rows)  # what a row takes but for one column of it
        more = wide - widths[owner]
        can = (more > 0) & (more <= room)
        saved = np.where(can, (rows - np.maximum(others[owner], took)) @ weights, 0) / np.where(can, more, 1)
        most = saved.argmax()
        if saved[most] <= 0:
            break
        widths[owner[most]], lines[owner[most]] = wide[most], took[most]
    return _Laid(size, page, columns[0].beside, widths.tolist(), lines.max(axis=0)[1:].astype(int).tolist())


@cache
def width(text: str, bold: bool = False) -> float:
    """How wide a text runs in type of one point."""
    advances = _advances("Semibold" if bold else "Regular")
    return sum(advances.get(ord(letter), 1.0) for letter in text)


@cache
def _advances(face: str) -> dict[int, float]:
    """The width of each character of a face, in its own size."""
    font = TTFont(str(FONT / f"SourceSansPro-{face}.ttf"), lazy=True)
    metrics, em = font["hmtx"], font["head"].unitsPerEm
    return {code: metrics[name][0] / em for code, name in font.getBestCmap().items()}
