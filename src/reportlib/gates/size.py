"""How large the files may be that people open on a phone and send by mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding
from reportlib.ethnicity import groupings

LARGEST = 1_000_000  # bytes, of a report that compares five groups


def check_size(made: Path) -> Iterator[Finding]:
    """A report on more groups may be larger in the same measure, and by what its owners put into it."""
    run = KeptRun(made)
    groups = len(groupings()[run.params.grouping].compared)
    answers = sum(map(len, run.run["responses"].values()))  # in the register, and in its table to download
    most = LARGEST * max(1, groups // 5) + 4 * answers + 2 * len(run.params.logo or "")
    for name in ("report.html", "report.pdf"):
        if (size := (made / name).stat().st_size) > most:
            yield Finding(f"the file is {size:,} bytes; at most {most:,} are allowed", name)
