"""What the rules are, and the tables and relations that they are applied to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import pandas as pd

from reportlib.errors import ReportError

TOTAL = "all"
PART = "part"  # in a place: what is counted
ZEROS_SHOWN = "Nobody is in them; so a mark hides at least 1, unless what it is out of is hidden too."
ZEROS_HIDDEN = "That nobody of a group did something tells of each of them; so a mark may hide nothing."
Code = str
Place = Mapping[str, Code]  # a code in some dimensions, "all" in the others; or a part
Sum = tuple[tuple[Place, ...], tuple[Place, ...]]  # the places of one side add up to those of the other
Key = tuple[str, ...]  # the part, then one code a dimension, in the system's order of dimensions


@dataclass(frozen=True)
class Exemption:
    """A reviewer's decision to show one table whole."""

    table: str
    reason: str
    reviewer: str


def _rule(default: int, reason: str) -> int:
    return field(default=default, metadata={"reason": reason})  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Policy:
    """The rules of disclosure control; `reasons` says why each is as it is.

    Raises ReportError when a rule is outside what is allowed or an exemption gives no reason or name.
    """

    threshold: int = _rule(5, "A count of 1 to 5 people can be put to a name by someone who knows one of them.")
    protection_width: int = _rule(
        5, "A hidden small count could have at least so many values besides its own, as far as anyone can tell."
    )
    minimum_denominator: int = _rule(
        10, "What all or none of a smaller group did is known of each of them, whatever the count."
    )
    zeros_shown: bool = True
    exemptions: tuple[Exemption, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= 5:
            raise ReportError("The disclosure threshold must be from 1 to 5.")
        if self.protection_width < 1 or self.minimum_denominator < 0:
            raise ReportError("The protection width must be at least 1, the minimum denominator at least 0.")
        for exemption in self.exemptions:
            if not (exemption.reason.strip() and exemption.reviewer.strip()):
                raise ReportError(f"The exemption of table {exemption.table} needs a reason and a name.")

    @property
    def least(self) -> int:
        """The least that a mark can hide, as everybody knows."""
        return 1 if self.zeros_shown else 0

    def exempt(self, table: str) -> bool:
        """Whether a reviewer has exempted the table."""
        return any(exemption.table == table for exemption in self.exemptions)

    def is_small(self, count: int, scale: int) -> bool:
        """Whether a count, added up over so many snapshots, must not be shown."""
        return self.least <= count <= self.threshold * scale

    def reasons(self) -> pd.DataFrame:
        """One row a rule: rule, value, reason; then one an exemption. For the quality page."""
        rules = [
            (rule.name.replace("_", " "), str(getattr(self, rule.name)), rule.metadata["reason"])
            for rule in fields(self)
            if rule.metadata
        ]
        zeros = ZEROS_SHOWN if self.zeros_shown else ZEROS_HIDDEN
        rules.append(("zeros", "shown" if self.zeros_shown else "hidden", zeros))
        rules += [(f"shown whole: {e.table}", f"exempted by {e.reviewer}", e.reason) for e in self.exemptions]
        return pd.DataFrame(rules, columns=["rule", "value", "reason"])


@dataclass(frozen=True)
class CountTable:
    """A table of counts that is to be published, or has been.

    `frame`: one string column a dimension (a code; "all" is the total; a dimension that is not there
    is "all") and `value`, an integer >= 0, or missing where an earlier release hid it.
    `part`: what is counted. Equal part and coordinates are one cell, whatever the table.
    `additive`: False for distinct people: max(parts) <= total <= sum(parts), save over `Relations.fixed`.
    `published`: already known to everyone; never hidden.
    `scale`: how many snapshots were added up; threshold and width grow with it.
    `release`: the earlier release that it is of.
    `below`: of a table that is not shown, but whose counts are known to be from 1 to less than this; 0 of any other.
    An earlier release's counts of this kind are missing.
    """

    name: str
    part: str
    frame: pd.DataFrame
    additive: bool = True
    published: bool = False
    scale: int = 1
    release: str = ""
    below: int = 0


Tables = Sequence[CountTable]


@dataclass(frozen=True)
class Told:
    """What a figure tells of the sum of some cells of a part: the least and the most that it can be."""

    part: str
    places: tuple[Place, ...]
    least: int
    most: int


@dataclass(frozen=True)
class Relations:
    """How cells hang together.

    `hierarchies`: dimension -> parent code -> the ways in which it is divided without remainder.
    `chains`: (whole part, the disjoint parts that make it up), one for each way in which it is divided.
    A code or part that no table shows is still there: what the others leave of the total is an implied cell.
    `nobody`: (part, dimension) -> codes that the part's tables leave out because nobody has them, as readers know.
    `at_most`: (part, part): in each cell the first is at most the second (people, events).
    `fixed`: dimensions in which a person has one value, so that even distinct people add up.
    `sums`: places, and others that hold the same records across dimensions (a code, and the codes that it was made
    from; prisons of no region, and of no type): whatever is counted, in each cell of the other dimensions. Distinct
    people add up over `fixed` dimensions alone; else only of two single places as many are known to be in each.
    `told`: what is known besides of sums of cells.
    """

    hierarchies: Mapping[str, Mapping[Code, list[tuple[Code, ...]]]] = field(default_factory=dict)
    chains: tuple[tuple[str, tuple[str, ...]], ...] = ()
    at_most: tuple[tuple[str, str], ...] = ()
    fixed: tuple[str, ...] = ("ethnicity",)
    nobody: Mapping[tuple[str, str], frozenset[Code]] = field(default_factory=dict)
    sums: tuple[Sum, ...] = ()
    told: tuple[Told, ...] = ()

    def tied(self, part: str) -> frozenset[str]:
        """The parts that hang together with a part, itself among them: no figure of any other says anything of it."""
        groups = [{whole, *parts} for whole, parts in self.chains] + [{*pair} for pair in self.at_most]
        groups += [{place[PART] for side in sides for place in side if PART in place} for sides in self.sums]
        found = {part}
        while more := set[str]().union(*(group for group in groups if group & found)) - found:
            found |= more
        return frozenset(found)
