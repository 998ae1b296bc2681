"""How large the files may be that people open on a phone and send by mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding
from reportlib.ethnicity import groupings

LARGEST = 1_000_000  # bytes, of a report that compares five groups


def check_size(made: Path) -> Iterator[Finding]:
    """A report on more groups may be larger in the same measure."""
    groups = len(groupings()[KeptRun(made).params.grouping].compared)
    most = LARGEST * max(1, groups // 5)
    for name in ("report.html", "report.pdf"):
        if (size := (made / name).stat().st_size) > most:
            yield Finding(f"the file is {size:,} bytes; at most {most:,} are allowed", name)
