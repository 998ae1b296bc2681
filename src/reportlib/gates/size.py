"""How large the files may be that people open on a phone and send by mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding
from reportlib.ethnicity import groupings

LARGEST = 1_000_000  # bytes, of a report that compares five groups in so many tables
TABLES = 29
EACH_MORE = 60_000  # a table with a heat map and evidence


def check_size(made: Path) -> Iterator[Finding]:
    """A report on more groups, or of more tables, may be larger in the same measure, and by what its owners add."""
    run = KeptRun(made)
    groups = len(groupings()[run.params.grouping].compared)
    answers = sum(map(len, run.run["responses"].values()))  # in the register, and in its table to download
    more = EACH_MORE * max(0, len(run.run["tables"]) - TABLES)
    most = (LARGEST + more) * max(1, groups // 5) + 4 * answers + 2 * len(run.params.logo or "")
    for name in ("report.html", "report.pdf"):
        if (size := (made / name).stat().st_size) > most:
            yield Finding(
                f"the file is {size:,} bytes; at most {most:,} are allowed, so take a chart or a table's detail out",
                name,
            )
