"""Reporting years, from 1 April to 31 March, and periods of several of them, by their labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

APRIL = 4  # the month in which a reporting year begins


def reporting_year(year: int) -> str:
    """The label of the reporting year that begins in a year: 2024 gives "2024-25"."""
    return f"{year}-{(year + 1) % 100:02}"


def years_to(last: str, number: int) -> tuple[str, ...]:
    """Labels of consecutive reporting years, oldest first: ("2023-24", "2024-25")."""
    end = int(last[:4])
    return tuple(reporting_year(year) for year in range(end - number + 1, end + 1))


def span(years: Sequence[str]) -> str:
    """The label of a period: "2022-23 to 2024-25", or the year alone."""
    return " to ".join(dict.fromkeys((years[0], years[-1])))


def years_between(label: str) -> tuple[str, ...]:
    """The reporting years of a period's label, oldest first: "2022-23 to 2024-25", or one year alone."""
    return years_to(label[-7:], int(label[-7:-3]) - int(label[:4]) + 1)


def in_words(day: date) -> str:
    """A day as it is written in a sentence: "1 April 2024"."""
    return f"{day.day} {day:%B %Y}"


def year_dates(label: str) -> tuple[date, date]:
    """First and last day of a reporting year: 1 April to 31 March."""
    year = int(label[:4])
    return date(year, 4, 1), date(year + 1, 3, 31)
