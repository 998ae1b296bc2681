"""The page of the docs on which the benchmarks write, a section each."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmark.md"
HEAD = "# Benchmark\n\nMade by `make bench`, which writes each section anew from what it has just measured.\n"


def write_section(title: str, text: str) -> None:
    """Put a section on the page, in place of the one with the same title or at the end."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    section = f"## {title}\n\n{text.strip()}\n"
    old = re.compile(rf"^## {re.escape(title)}\n.*?(?=\n## |\Z)", re.MULTILINE | re.DOTALL)
    page = old.sub(lambda found: section, page) if old.search(page) else f"{page.rstrip()}\n\n{section}"
    PAGE.write_text(page, encoding="utf-8")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
