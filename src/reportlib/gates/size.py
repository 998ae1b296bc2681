"""How large the files may be that people open on a phone and send by mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reportlib.archive.runs import KeptRun
from reportlib.errors import Finding

LARGEST, FIGURES = 1_000_000, 8_000  # bytes of a report of so many figures
EACH_MORE = 120  # bytes of a figure: on the page, in a picture and in a table to download


def check_size(made: Path) -> Iterator[Finding]:
    """A report of more figures may be larger in the same measure, and by what its owners add."""
    run = KeptRun(made)
    answers = sum(map(len, run.run["responses"].values()))  # in the register, and in its table to download
    figures = (made / "facts.jsonl").read_bytes().count(b"\n")
    most = LARGEST + EACH_MORE * max(0, figures - FIGURES) + 4 * answers + 2 * len(run.params.logo or "")
    for name in ("report.html", "report.pdf"):
        if (size := (made / name).stat().st_size) > most:
            yield Finding(
                f"the file is {size:,} bytes; at most {most:,} are allowed, so take a chart or a table's detail out",
                name,
            )
