"""Figures that are names or parameters, not findings: the years, the level, the words of a definition."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from reportlib.gates.language import GLOSSARY
from reportlib.measures import MEASURES, PARTS
from reportlib.params import Params
from reportlib.published import PUBLISHED_TABLES
from reportlib.words import MARKS, level_words
from reportlib.years import in_words, year_dates

PERFECT = "a scale on which 1 is perfect"
FIGURE = re.compile(rf"−?\d+(?:[.,]\d+)*%?|\[[{''.join(MARKS)}]\]")


def figures(text: str) -> list[str]:
    """The figures and marks in a text, in order: "1,234", "31%", "[c]"."""
    return FIGURE.findall(text)


def flat(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


class Constants:
    """What a run declares: any of its phrases may stand anywhere, and nothing else that holds a digit."""

    def __init__(self, params: Params) -> None:
        days = [params.publication_date, *year_dates(params.reporting_year)]
        years = {*params.pooled, *params.trend}
        phrases = {
            *(f"{one} to {other}" for one in years for other in years), *years, params.title,
            params.made.title, params.organisation, *params.authors, params.contact, params.correction,
            *map(in_words, days), f"{params.publication_date}", params.disclosure.off or "", PERFECT,
            level_words(params.confidence_level), level_words(params.confidence_level).replace(" confidence", ""),
            *(f"per {measure.per:,}" for measure in MEASURES.values()), *(part.label for part in PARTS.values()),
            *(measure.definition for measure in MEASURES.values()),
            *(text for table in PUBLISHED_TABLES.values() for text in (table.caption, table.source, *table.notes)),
        }  # fmt: skip
        self._declared = _any_of(tuple(phrases), GLOSSARY)

    def stray(self, text: str, own: Iterable[str] = ()) -> list[str]:
        """The words with a digit that are neither declared nor in one of the phrases `own`."""
        if not re.search(r"\d", text):
            return []
        left = self._declared.sub(" ", _any_of(tuple(own)).sub(" ", flat(text)))
        return re.findall(r"\S*\d\S*", left)


@lru_cache(maxsize=512)
def _any_of(phrases: tuple[str, ...], patterns: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Whole phrases that hold a digit, the longest first; a part of a longer figure is none of them."""
    held = sorted({flat(phrase) for phrase in phrases if re.search(r"\d", phrase)}, key=len, reverse=True)
    return re.compile(rf"(?<![\w.,])(?:{'|'.join([*map(re.escape, held), *patterns]) or '(?!)'})(?!\w|[.,]\d)")
