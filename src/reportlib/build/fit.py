"""How a table lies on paper: the size of its type, the widths of its columns, and whether the page is turned."""

from __future__ import annotations

from dataclasses import dataclass

from reportlib.build.page import Model

UPRIGHT, TURNED = 470, 715  # points across the text of an A4 page
TYPE = (9.5, 8.5, 8)  # sizes to try on an upright page, in points; a turned one takes the second
LETTER = 0.5  # mean width of a letter in its own size, in Source Sans Pro
INSET = 10  # points beside each column's text
UNBROKEN = 15  # letters: a shorter text, such as an interval, stays on one line
BROKEN = 12  # letters: a longer one is not broken into shorter lines
LONGEST = 70  # letters: a longer text asks for no more room
FILLED = 0.6  # share of the page that a narrow table takes at least


@dataclass(frozen=True)
class Fit:
    size: float  # of type, in points
    widths: list[float]  # of columns, in points
    turned: bool


def fit(model: Model) -> Fit:
    """The largest type in which the table fits an upright page, else a turned one.

    Each column gets what its longest unbreakable text needs; columns that would break share what is left.
    """
    wanted = [_letters(model, column) for column in model["columns"]]
    tries = [*((size, UPRIGHT) for size in TYPE), (TYPE[1], TURNED)]
    for size, across in tries:
        least = [low * size * LETTER + INSET for low, _ in wanted]
        if sum(least) <= across:
            break
    most = [high * size * LETTER + INSET for _, high in wanted]
    return Fit(size, _share(least, most, across), across == TURNED)


def _letters(model: Model, column: Model) -> tuple[int, int]:
    """The fewest letters across that a column can have, and the most that it can use."""
    texts = [row[column["key"]]["text"] for row in model["rows"]]
    heading = [len(word) for word in column["label"].split()]
    longest = max(map(len, texts), default=0)
    if column["role"] == "number":
        cells = longest
    else:
        cells = max((len(text) if len(text) <= UNBROKEN else max(BROKEN, _word(text)) for text in texts), default=0)
    least = max(cells, *heading)
    return least, max(least, min(longest, LONGEST), min(sum(heading), 2 * max(heading)))


def _word(text: str) -> int:
    return max(len(word) for word in text.split())


def _share(least: list[float], most: list[float], across: float) -> list[float]:
    """Widths between least and most, in all at most `across`; a narrow table is stretched a little."""
    room, wish = across - sum(least), sum(most) - sum(least)
    part = max(0.0, min(1.0, room / wish)) if wish else 0.0
    widths = [low + part * (high - low) for low, high in zip(least, most, strict=True)]
    scale = max(1.0, FILLED * across / sum(widths))
    scale = min(scale, across / sum(widths))
    return [round(width * scale, 1) for width in widths]
