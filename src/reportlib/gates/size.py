"""How large the files may be that people open on a phone and send by mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding
from reportlib.ethnicity import groupings

LARGEST = 1_000_000  # bytes, of a report that compares five groups in as many tables as the project's own chapters
TABLES = 29


def check_size(made: Path) -> Iterator[Finding]:
    """A report on more groups, or of more tables, may be larger in the same measure, and by what its owners add."""
    run = KeptRun(made)
    groups = len(groupings()[run.params.grouping].compared)
    answers = sum(map(len, run.run["responses"].values()))  # in the register, and in its table to download
    tables = max(TABLES, len(run.run["tables"]))
    most = LARGEST * max(1, groups // 5) * tables // TABLES + 4 * answers + 2 * len(run.params.logo or "")
    for name in ("report.html", "report.pdf"):
        if (size := (made / name).stat().st_size) > most:
            yield Finding(
                f"the file is {size:,} bytes; at most {most:,} are allowed, so take a chart or a table's detail out",
                name,
            )
