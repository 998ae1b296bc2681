"""The counts that a run keeps for later ones: only what its facts show, and a gap where a fact is hidden."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from reportlib.build.released import PATTERN, Published, read
from reportlib.errors import Finding, ReportError
from reportlib.facts import Fact, slug
from reportlib.gates.ledger import Ledger
from reportlib.measures import TableSpec

Cell = tuple[str, ...]  # period, then a code a dimension


def check_published(made: Path, ledger: Ledger) -> Iterator[Finding]:
    """Each count that is kept is a published fact of its table and cell, and each hidden one is a gap."""
    try:
        tables = read(made / PATTERN).tables
    except ReportError:
        yield Finding("it is not as it was written", PATTERN)
        return
    for table in tables:
        spec = ledger.spec(table.name.partition(": ")[0])
        if spec and table.below:
            yield from _left_out(table, spec, ledger)
        elif spec:
            yield from _table(table, spec, ledger)


def _table(table: Published, spec: TableSpec, ledger: Ledger) -> Iterator[Finding]:
    part = {part.code: part for part in spec.measure.parts}[table.part]
    column = "numerator" if part == spec.measure.numerator else "denominator"
    by = [name for name in spec.by if name in table.columns and name != "year"]
    axes = dict(zip(spec.by, spec.axes, strict=True))
    shown = _shown([f for f in ledger.facts if f.table == spec.id and f.statistic == column], [axes[n] for n in by])
    edition = ledger.params.made
    whole = {edition.code: "all"} if len(edition.values) > 1 else {}  # of an edition, its own code is the total
    for row in table.frame().to_dict("records"):
        codes = [whole.get(row[name], row[name]) if name == edition.dimension else row[name] for name in by]
        facts = shown[(str(row["year"]), *map(slug, codes))]
        values = {fact.value for fact in facts if not fact.mark}
        kept = None if row["value"] is None else int(row["value"])
        if bool(values) != (kept is not None) or (part.counts != "stock" and values - {kept}):
            yield Finding(f"a count of {table.name} that is not what its fact shows", PATTERN)


def _left_out(table: Published, spec: TableSpec, ledger: Ledger) -> Iterator[Finding]:
    """Of parts that a table leaves out no more is kept than which they are."""
    rows = table.frame()
    by = [name for name in spec.by if name in rows and name != ledger.params.made.dimension]
    codes = rows[by].to_numpy().ravel()
    if rows["value"].notna().any() or sorted({*codes} - {"all"}) != ledger.run.left_out(spec.id):
        yield Finding(f"{table.name}, are not the parts that the table leaves out, or say how many they are", PATTERN)


def _shown(facts: list[Fact], by: list[str]) -> dict[Cell, list[Fact]]:
    """The facts of each cell; one that stands in several rows of a table has several."""
    found = defaultdict(list)
    for fact in facts:
        held = dict(zip(fact.by.split("+"), fact.codes.split("+"), strict=True))
        found[(fact.period, *(held[name] for name in by))].append(fact)
    return found
