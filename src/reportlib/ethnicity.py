"""Ethnicity codes and the groupings that reports use.

The lists are data (`data/codes/`), each with its source; a code that is not listed maps to nothing.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from reportlib.project import CODES

NOT_STATED = "NS"
FIVE = {"A": "Asian", "B": "Black", "M": "Mixed", "W": "White", "O": "Other"}
APART = {"19": "detailed", "5+1": "broad", "two": "combined"}  # groups beside others, as a table names them
TWO = {"EM": "Ethnic minority (including White minorities)", "WB": "White British"}


@dataclass(frozen=True)
class Grouping:
    """A way to group people by ethnicity.

    `labels` maps each group code, in display order, to its label; "not stated" comes last.
    `of` maps each of the 19 detailed codes (and NS) to a group code; `reference` is the group that
    others are compared with.
    """

    labels: dict[str, str]
    of: dict[str, str]
    reference: str

    @property
    def codes(self) -> list[str]:
        """Group codes in display order, "not stated" last."""
        return list(self.labels)

    @property
    def compared(self) -> list[str]:
        """Group codes that a comparison covers: all but "not stated"."""
        return [code for code in self.labels if code != NOT_STATED]

    def members(self, code: str) -> tuple[str, ...]:
        """The detailed codes that make up a group."""
        return tuple(detail for detail, group in self.of.items() if group == code)


@cache
def raw_codes() -> dict[str, str]:
    """Every code that an extract may hold, mapped to its detailed group (one of 19, or NS)."""
    return _columns("ethnicity_codes.csv", "code", "group_19")


@cache
def meanings() -> dict[str, str]:
    """What every code that an extract may hold means, in words."""
    return _columns("ethnicity_codes.csv", "code", "meaning")


@cache
def groupings() -> dict[str, Grouping]:
    """The groupings by the name that the parameter `grouping` takes: 5+1, 19, two."""
    labels, five, two = (_columns("ethnic_groups.csv", "group_19", to) for to in ("label_19", "group_5", "group_2"))
    not_stated = {NOT_STATED: "Not stated"}
    return {
        "5+1": Grouping(FIVE | not_stated, five, reference="W"),
        "19": Grouping(labels, {detail: detail for detail in labels}, reference="W1"),
        "two": Grouping(TWO | not_stated, two, reference="WB"),
    }


def _columns(file: str, key: str, value: str) -> dict[str, str]:
    """One column of a list of codes by another."""
    with (CODES / file).open(encoding="utf-8", newline="") as lines:
        return {row[key]: row[value] for row in csv.DictReader(lines)}


def reference_of(grouping: str, own: str, chosen: str) -> str:
    """The group that others are compared with: `chosen` in the grouping of the report, else the grouping's own."""
    return chosen if grouping == own else groupings()[grouping].reference


def of_detailed() -> str:
    """The group that detailed ones are compared with where they stand beside those of the report."""
    return groupings()["19"].reference


@cache
def label(code: str) -> str:
    """The label of any group code of any grouping; "all" is "All"."""
    named = {code: text for grouping in groupings().values() for code, text in grouping.labels.items()}
    return ({"all": "All"} | named)[code]


CHINESE_NOTE = "Chinese is counted in Asian, as in the 2011 and 2021 Censuses; before 2011 it was in Other."
