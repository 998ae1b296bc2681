"""What a run found, as its summary and its register read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reportlib.ethnicity import groupings, of_detailed
from reportlib.facts import Fact, RowFacts, rows_of
from reportlib.measures import MEASURES
from reportlib.responses import pooled
from reportlib.words import capital, listed, lower_first
from reportlib.years import span, years_to


@dataclass(frozen=True)
class Results:
    """The facts of a run, what is known of its tables, and how its comparisons are made.

    `tables` is what the run says of each table; `headlines` are those that the summary is of. `period` is the label of
    the pooled years. `reference` is the code of the group of `grouping` that others are compared with; relative rates
    within `band` are close to parity; intervals are of `level`. `responses` are the answers by comparison. `part` is
    what part of the whole they are of, in words.
    """

    facts: Sequence[Fact]
    tables: Mapping[str, Mapping[str, Any]]
    headlines: Sequence[str]
    responses: Mapping[str, str]
    period: str
    reference: str
    grouping: str
    band: tuple[float, float]
    level: float
    part: str = ""

    @classmethod
    def of(cls, facts: Sequence[Fact], run: Mapping[str, Any], parameters: Mapping[str, Any]) -> Results:
        """The results of a run: its facts, its run.json, and the parameters of its analysis."""
        period = span(years_to(parameters["reporting_year"], parameters["pooled_years"]))
        reference, grouping = parameters["reference_group"], parameters["grouping"]
        band, level = tuple(parameters["verdict_band"]), parameters["confidence_level"]
        part, answers = run.get("edition", {}).get("part", ""), run["responses"]
        return cls(facts, run["tables"], run["headlines"], answers, period, reference, grouping, band, level, part)

    @property
    def extent(self) -> str:
        """Of what and when they are, as titles say it: "London, 2022-23 to 2024-25"."""
        return ", ".join(filter(None, [self.part, self.period]))

    @property
    def unavailable(self) -> str:
        """What the headlines measure that could not be made, and why: a sentence for each reason."""
        why: dict[str, list[str]] = {}
        for held in filter(None, map(self.tables.get, self.headlines)):
            if reason := held.get("unavailable"):
                why.setdefault(reason, []).append(lower_first(MEASURES[held["measure"]].name))
        return " ".join(f"{capital(listed(names))}, because {reason}." for reason, names in why.items())

    @cached_property
    def pooled(self) -> dict[str, RowFacts]:
        """The rows of the tables of the pooled years, measure/by/codes."""
        return rows_of(pooled(self.facts, self.period))

    def broad(self, verdict: Fact) -> str:
        """The comparison that the verdict on a detailed ethnic group is part of, measure/by/group; empty for any other.

        Empty too where the reference group of the report is not the one to which that of detailed groups belongs: the
        two comparisons are then of different things.
        """
        of = groupings()[self.grouping].of
        part = verdict.by == "detailed-ethnicity" and of[of_detailed()] == self.reference
        return f"{verdict.measure}/ethnicity/{of[verdict.codes]}" if part else ""
