"""One pattern of hidden counts for all tables of a report, attacked before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reportlib.disclosure import Bounds, CountTable, Exemption, Pattern, Policy, Relations, audit, protect
from reportlib.disclosure.suppress import Progress
from reportlib.errors import Finding, ReportError, nearest_or_all
from reportlib.params import Disclosure


@dataclass(frozen=True)
class Protection:
    """The policy, the pattern that it gives, and what an attacker finds of each hidden count (see `audit`)."""

    policy: Policy
    pattern: Pattern
    found: pd.DataFrame

    def hidden(self) -> dict[str, dict[str, Any]]:
        """For each table its number of cells, how many each rule hides, and the narrowest range that is left.

        `narrowest`: the fewest steps from the least to the greatest value that fits a small count;
        `narrowest_other`: any other hidden count. Missing where there is none.
        """
        width = self.found["integer_upper"] - self.found["integer_lower"]
        small = self.found["rule"].eq("primary")
        least = {
            name: width[chosen].groupby(self.found["table"]).min()
            for name, chosen in (("narrowest", small), ("narrowest_other", ~small))
        }
        return {
            str(table): {str(rule): int(cells) for rule, cells in held.items()}
            | {name: _whole(by_table.get(table)) for name, by_table in least.items()}
            for table, held in self.pattern.summary().set_index("table").to_dict("index").items()
        }


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def protection(
    disclosure: Disclosure,
    tables: Sequence[CountTable],
    relations: Relations,
    carried: Sequence[CountTable],
    progress: Progress | None = None,
) -> Protection:
    """Protect all tables, and those that earlier reports have published, and attack what is left to see.

    Raises ReportError, naming tables and never a count, where something could be found.
    """
    policy = _policy(disclosure, [table.name for table in tables])
    if not disclosure.on:
        nothing = pd.DataFrame(columns=["table", "rule", *Bounds._fields, "passed"])
        return Protection(policy, Pattern((), {}, {table.name: table for table in tables}), nothing)
    pattern = protect(tables, policy, relations, carried, progress)
    found = audit(tables, policy, relations, pattern, carried, progress, linear=False)
    given_away = found[~found["passed"].astype(bool)]
    if len(given_away):
        raise ReportError(
            "These counts could be found out from the others, so nothing was published. Leave a table out, or pool "
            "more years:",
            [Finding(", ".join(row[["part", *pattern.dimensions]]), row["table"]) for _, row in given_away.iterrows()],
        )
    return Protection(policy, pattern, found)


def _policy(disclosure: Disclosure, tables: Sequence[str]) -> Policy:
    """The policy of the parameters. Raises ReportError for an exemption of a table that there is not."""
    own = {name: [table for table in tables if table.startswith(f"{name}: ")] for name in _ids(tables)}
    unknown = [exemption.table for exemption in disclosure.exemptions if exemption.table not in own]
    if unknown:
        findings = [Finding(f"{name!r}{nearest_or_all(name, own)}") for name in unknown]
        raise ReportError("A table that is not shown cannot be exempted:", findings)
    exemptions = tuple(
        Exemption(table, given.reason, given.reviewer) for given in disclosure.exemptions for table in own[given.table]
    )
    return Policy(
        disclosure.threshold,
        disclosure.protection_width,
        disclosure.minimum_denominator,
        disclosure.zeros == "shown",
        exemptions,
    )


def _ids(tables: Sequence[str]) -> list[str]:
    return sorted({table.partition(": ")[0] for table in tables})
