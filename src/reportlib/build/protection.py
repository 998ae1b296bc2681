"""One pattern of hidden counts for all tables of a report, attacked before anything is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportlib.disclosure import Exemption, Pattern, Policy, Relations, Tables, Told, audit, protect
from reportlib.disclosure.suppress import Progress
from reportlib.errors import Finding, ReportError, nearest_or_all
from reportlib.params import Disclosure


@dataclass(frozen=True)
class Protection:
    """The policy, and the pattern that it gives, from which an attacker finds no count (see `audit`).

    It is of `tables`, as the `relations` tie them with one another and with those that are `carried`.
    """

    policy: Policy
    pattern: Pattern
    tables: Tables
    relations: Relations
    carried: Tables

    def gives_away(self, told: Told) -> bool:
        """Whether a count could be found by who is told this besides."""
        tied = self.relations.tied(told.part)
        tables, carried = ([t for t in some if t.part in tied] for some in (self.tables, self.carried))
        ties = replace(self.relations, told=(told,))
        found = audit(tables, self.policy, ties, self.pattern, carried, linear=False)
        return not found["passed"].astype(bool).all()


def protection(
    disclosure: Disclosure, tables: Tables, relations: Relations, carried: Tables, progress: Progress | None = None
) -> Protection:
    """Protect all tables, and those that earlier reports have published, and attack what is left to see.

    Raises ReportError, naming tables and never a count, where something could be found.
    """
    policy = _policy(disclosure, [table.name for table in tables])
    if not disclosure.on:
        shown = Pattern((), {}, {table.name: table for table in tables})
        return Protection(policy, shown, tables, relations, carried)
    pattern = protect(tables, policy, relations, carried, progress)
    found = audit(tables, policy, relations, pattern, carried, progress, linear=False)
    given_away = found[~found["passed"].astype(bool)]
    if len(given_away):
        raise ReportError(
            "These counts could be found out from the others, so nothing was published. Leave a table out, or pool "
            "more years:",
            [Finding(", ".join(row[["part", *pattern.dimensions]]), row["table"]) for _, row in given_away.iterrows()],
        )
    return Protection(policy, pattern, tables, relations, carried)


def _policy(disclosure: Disclosure, tables: Sequence[str]) -> Policy:
    """The policy of the parameters. Raises ReportError for an exemption of a table that there is not."""
    own: dict[str, list[str]] = {}
    for table in sorted(tables, key=lambda table: table.partition(": ")[0]):
        own.setdefault(table.partition(": ")[0], []).append(table)
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
